"""Puts jobs back where people know them to be, where that costs nothing.

A search moves what makes no difference as gladly as what does; every such move would have to be told to a crew.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from lifeline.errors import InfeasiblePlan
from lifeline.evaluation import evaluate
from lifeline.plan import Plan
from lifeline.schedule import schedule

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem
    from solvers.dispatch import Sequences
    from solvers.habit import KnownPlan


def put_back(
    problem: RepairProblem, known: KnownPlan, plan: Plan, objective: int, seconds: float | None
) -> tuple[Plan, int, bool]:
    """Return a plan no worse, the price of moved jobs included, with its objective, and whether the time was enough.

    First each crew gets its jobs back in the order it knows, then each moved job goes back to its crew, then the order
    is looked at once more. Every trial is put before the judge.
    """
    ends = time.perf_counter() + (inf if seconds is None else seconds)
    cost = objective + known.price * len(known.moved(plan))
    for step in (_orders, _jobs, _orders):
        for trial_of in list(step(known.plan, plan)):
            if time.perf_counter() > ends:
                return plan, objective, False
            sequences = (
                _reordered(known.plan, plan, trial_of)
                if step is _orders
                else _returned(known.plan, plan, trial_of)
            )
            found = _judged(problem, sequences)
            if found is None or len(found[0].visits) < len(plan.visits):
                continue
            trial, trial_objective = found
            trial_cost = trial_objective + known.price * len(known.moved(trial))
            if trial_cost <= cost:
                plan, objective, cost = trial, trial_objective, trial_cost
    return plan, objective, True


def _judged(problem: RepairProblem, sequences: Sequences) -> tuple[Plan, int] | None:
    try:
        plan = schedule(problem, sequences)
    except InfeasiblePlan:
        return None
    return plan, evaluate(problem, plan).objective


def _orders(known: Plan, plan: Plan) -> Iterator[str]:
    """Yield the crews that do jobs of theirs in another order than they know."""
    old = known.sequences()
    for crew, jobs in sorted(plan.sequences().items()):
        own = [job for job in old.get(crew, ()) if job in set(jobs)]
        if own != [job for job in jobs if job in set(own)]:
            yield crew


def _reordered(known: Plan, plan: Plan, crew: str) -> Sequences:
    """Return the sequences with a crew's own jobs in the order it knows, in the places they have among the others."""
    sequences = plan.sequences()
    own = [job for job in known.sequences()[crew] if job in set(sequences[crew])]
    in_order = iter(own)
    sequences[crew] = [next(in_order) if job in set(own) else job for job in sequences[crew]]
    return sequences


def _jobs(known: Plan, plan: Plan) -> Iterator[str]:
    """Yield the jobs that another crew does, in the order in which people expect them to start."""
    crew_of = {visit.job: visit.crew for visit in plan.visits}
    for visit in sorted(known.visits, key=lambda visit: (visit.start, visit.job)):
        if crew_of.get(visit.job, visit.crew) != visit.crew:
            yield visit.job


def _returned(known: Plan, plan: Plan, job: str) -> Sequences:
    """Return the sequences with a job back at its crew, behind the last of those it is to follow that is there too."""
    sequences = {crew: [other for other in jobs if other != job] for crew, jobs in plan.sequences().items()}
    crew = next(visit.crew for visit in known.visits if visit.job == job)
    before = known.sequences()[crew]
    earlier = set(before[: before.index(job)])
    jobs = sequences.setdefault(crew, [])
    place = max((number + 1 for number, other in enumerate(jobs) if other in earlier), default=0)
    jobs.insert(place, job)
    return sequences
