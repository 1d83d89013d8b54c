"""How the parts of an incident's system are at a minute, as its map shows them: by the picture of the incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.incidents.problem_now import Situation
    from lifeline.cascade import Cascade
    from lifeline.repair import RepairProblem

WORKS, DARK, SHORT, BROKEN = "works", "dark", "short", "broken"
"""A service of a customer is as ever, gone, or there for fewer people than before; a component may be broken too."""

KNOWN_AS_BROKEN = ("broken", "under_repair", "repaired")


def at_now(situation: Situation) -> dict[str, Any]:
    """Return `states`, `damage`, `services` and `crews` as `api.documents.layers.Now` has them."""
    from api.incidents.crews_now import crews_at
    from api.incidents.picture import promised, states_at
    from lifeline.dark_now import Instant

    judged, minute = promised(situation), situation.news.now
    instant = Instant(judged, minute)
    rows = states_at(situation, instant)
    work = _work_of(judged.problem)
    return {
        "states": {row["component"]: row["state"] for row in rows if row["state"] != WORKS},
        "damage": {
            row["component"]: {
                "works": row["works"],
                "crews": row["crews"],
                "repair_minutes": work.get(row["component"]),
            }
            for row in rows
            if row["state"] in KNOWN_AS_BROKEN
        },
        "services": services_of(instant.cascade, instant.persons_without.tolist()),
        "crews": {row["crew"]: row for row in crews_at(situation, judged, minute)},
    }


def at_first(cascade: Cascade) -> dict[str, Any]:
    """Return the same for minute 0 of a shock that nobody is there to mend."""
    import numpy as np

    portions = cascade.compiled.portions
    there = cascade.persons_of(np.arange(len(portions)), cascade.levels_after[portions.node])
    broken = cascade.shock.components
    return {
        "states": {**dict.fromkeys(cascade.without_service, DARK), **dict.fromkeys(broken, BROKEN)},
        "damage": {component: {"works": False, "crews": [], "repair_minutes": None} for component in broken},
        "services": services_of(cascade, np.maximum(cascade.persons_before - there, 0).tolist()),
        "crews": {},
    }


def services_of(cascade: Cascade, persons_without: Sequence[int]) -> dict[str, dict[str, str]]:
    """Return for each customer the services that somebody lacks who had them before."""
    compiled, portions = cascade.compiled, cascade.compiled.portions
    totals: dict[tuple[int, int], list[int]] = {}
    columns = (portions.customer.tolist(), portions.service.tolist(), cascade.persons_before.tolist())
    for customer, service, before, without in zip(*columns, persons_without, strict=True):
        total = totals.setdefault((customer, service), [0, 0])
        total[0] += before
        total[1] += without
    found: dict[str, dict[str, str]] = {}
    for (customer, service), (before, without) in totals.items():
        if without:
            state = DARK if without == before else SHORT
            found.setdefault(str(compiled.customer_ids[customer]), {})[compiled.services[service]] = state
    return found


def _work_of(problem: RepairProblem) -> Mapping[str, int]:
    """Return the minutes of work on each component, all steps and partners together."""
    minutes: dict[str, int] = {}
    for job in problem.jobs:
        minutes[job.component] = minutes.get(job.component, 0) + job.repair_minutes
    return minutes
