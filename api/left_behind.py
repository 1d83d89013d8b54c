"""Who is out at most, and who stays without service whatever the crews do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.evaluation import NOT_BACK
from lifeline.steps import more_without

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation


def most_out(evaluation: Evaluation, service: str | None = None) -> int:
    """Return the most persons who are without a service (None: all added up) at one time, counted or not."""
    steps = evaluation.steps
    more = more_without(steps, evaluation.problem.cascade.persons_before)
    wanted = np.ones(len(steps.portion), bool)
    if service is not None:
        number = evaluation.problem.system.compiled.services.index(service)
        wanted = evaluation.portions.service[steps.portion] == number
    # Several changes of one minute are one moment: what counts is how many are out when the minute is over.
    minutes, moment = np.unique(steps.minute[wanted], return_inverse=True)
    change = np.zeros(len(minutes), np.int64)
    np.add.at(change, moment, more[wanted])
    return int(np.cumsum(change).max(initial=0))


def minute_when_back(evaluation: Evaluation, fraction: float, service: str | None = None) -> int:
    """Return when this part of the people is back, as the judge says; NOT_BACK also when none of those out counts.

    The judge's curves hold the counted people alone: without any of them it finds that nobody was out.
    """
    minute = evaluation.minute_when_back(fraction, service=service)
    return minute if minute or not people_not_counted(evaluation, service) else NOT_BACK


def people_not_counted(evaluation: Evaluation, service: str | None = None) -> int:
    """Return the people who are out at some time and left out of all figures, since no repair brings them back."""
    was_out = np.zeros(len(evaluation.portions), bool)
    was_out[evaluation.steps.portion] = True
    people = _people(evaluation, np.where(was_out, _not_counted(evaluation), 0))
    return sum(people.values()) if service is None else people.get(service, 0)


def stuck_people(evaluation: Evaluation) -> dict[str, int]:
    """Return for each service the people whom nothing brings back, because parts wait for each other for ever."""
    return _people(evaluation, _stuck(evaluation))


def saved_people(evaluation: Evaluation) -> dict[str, int]:
    """Return for each service the people who would be among the stuck, had this plan not come in time for them."""
    return _people(evaluation, _not_counted(evaluation) - _stuck(evaluation))


def people_still_out(evaluation: Evaluation) -> dict[str, int]:
    """Return for each service the people who wait for ever for a job that is not done, the stuck ones apart."""
    return _people(evaluation, np.maximum(evaluation.people_counted - evaluation.persons_at_last, 0))


def _people(evaluation: Evaluation, persons: NDArray[np.int64]) -> dict[str, int]:
    """Add up persons of portions by service; services without any are left out."""
    people = {
        service: int(persons[evaluation.portions.service == number].sum())
        for number, service in enumerate(evaluation.problem.system.compiled.services)
    }
    return {service: persons for service, persons in people.items() if persons}


def _not_counted(evaluation: Evaluation) -> NDArray[np.int64]:
    """Return for each portion the persons who were served before the shock and whom no repair brings back."""
    return evaluation.problem.cascade.persons_before - evaluation.people_counted


def _stuck(evaluation: Evaluation) -> NDArray[np.int64]:
    """Return those of them who are without service when nothing changes any more."""
    beyond = np.maximum(evaluation.persons_at_last - evaluation.people_counted, 0)
    stuck: NDArray[np.int64] = np.maximum(_not_counted(evaluation) - beyond, 0)
    return stuck
