"""Who is out at most, and who stays without service whatever the crews do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.evaluation import NOT_BACK

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation


def most_out(evaluation: Evaluation, service: str | None = None) -> int:
    """Return the most persons who are without a service (None: all added up) at one time, counted or not."""
    portions, switches = evaluation.portions, evaluation.switches
    wanted = _served_before(evaluation)
    if service is not None:
        wanted = wanted & (portions.service == evaluation.problem.system.compiled.services.index(service))
    persons = np.bincount(portions.node[wanted], portions.persons[wanted], len(_dark_at_last(evaluation)))
    change = np.where(switches[:, 2] == 1, -1, 1) * persons[switches[:, 1]]
    # Several switches of one minute are one moment: what counts is how many are out when the minute is over.
    minutes, last = np.unique(switches[::-1, 0], return_index=True)
    out = np.cumsum(change)[len(switches) - 1 - last]
    return int(out.max()) if len(minutes) else 0


def minute_when_back(evaluation: Evaluation, fraction: float, service: str | None = None) -> int:
    """Return when this part of the people is back, as the judge says; NOT_BACK also when none of those out counts.

    The judge's curves hold the counted people alone: without any of them it finds that nobody was out.
    """
    minute = evaluation.minute_when_back(fraction, service=service)
    return minute if minute or not people_not_counted(evaluation, service) else NOT_BACK


def people_not_counted(evaluation: Evaluation, service: str | None = None) -> int:
    """Return the people who are out at some time and left out of all figures, since no repair brings them back."""
    was_out = np.isin(evaluation.portions.node, evaluation.switches[:, 1])
    people = _people(evaluation, _restored_by_no_repair(evaluation) & was_out)
    return sum(people.values()) if service is None else people.get(service, 0)


def stuck_people(evaluation: Evaluation) -> dict[str, int]:
    """Return for each service the people whom nothing brings back, because parts wait for each other for ever."""
    return _people(evaluation, _restored_by_no_repair(evaluation) & _dark_for_good(evaluation))


def saved_people(evaluation: Evaluation) -> dict[str, int]:
    """Return for each service the people who would be among the stuck, had this plan not come in time for them."""
    return _people(evaluation, _restored_by_no_repair(evaluation) & ~_dark_for_good(evaluation))


def people_still_out(evaluation: Evaluation) -> dict[str, int]:
    """Return for each service the people who wait for ever for a job that is not done, the stuck ones apart."""
    return _people(evaluation, evaluation.counted & _dark_for_good(evaluation))


def _people(evaluation: Evaluation, portions_meant: NDArray[np.bool_]) -> dict[str, int]:
    portions = evaluation.portions
    people = {
        service: int(portions.persons[portions_meant & (portions.service == number)].sum())
        for number, service in enumerate(evaluation.problem.system.compiled.services)
    }
    return {service: persons for service, persons in people.items() if persons}


def _served_before(evaluation: Evaluation) -> NDArray[np.bool_]:
    works: NDArray[np.uint8] = evaluation.problem.system.compiled.before.works
    return works[evaluation.portions.node].astype(bool)


def _restored_by_no_repair(evaluation: Evaluation) -> NDArray[np.bool_]:
    return _served_before(evaluation) & ~evaluation.counted


def _dark_for_good(evaluation: Evaluation) -> NDArray[np.bool_]:
    return _dark_at_last(evaluation)[evaluation.portions.node]


def _dark_at_last(evaluation: Evaluation) -> NDArray[np.bool_]:
    """Return which nodes (the hidden ones of alternative supplies too) the plan leaves dark."""
    dark = np.zeros(len(evaluation.problem.system.compiled.before.works), bool)
    # Switches are in order of time, so what stays in the array is each node's last one.
    dark[evaluation.switches[:, 1]] = evaluation.switches[:, 2] == 0
    return dark
