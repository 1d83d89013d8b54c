"""Every plan there is, for the tests: the truth on problems of a few jobs."""

from __future__ import annotations

import time
from itertools import permutations, product
from typing import TYPE_CHECKING

from lifeline.errors import SolverFailure
from lifeline.evaluation import evaluate
from lifeline.schedule import schedule
from solvers.solver import Budget, OnProgress, Proposal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem

MOST_JOBS = 8


def solve(
    problem: RepairProblem, *, budget: Budget, seed: int = 0, on_progress: OnProgress | None = None
) -> Proposal:
    """Return the best plan without idle waiting, by trying every order on every crew; refuses more than 8 jobs."""
    began = time.perf_counter()
    jobs = [job for job in problem.jobs if job.id not in problem.unassignable]
    if len(jobs) > MOST_JOBS:
        raise SolverFailure(
            f"exhaustive tries every order, which ends at {MOST_JOBS} jobs; this problem has {len(jobs)}. "
            "Use method='local_search'."
        )
    best: tuple[int, Plan] | None = None
    count = 0
    for sequences in _all_sequences(problem):
        plan = _scheduled(problem, sequences)
        if plan is None:
            continue
        count += 1
        objective = evaluate(problem, plan).objective
        if best is None or objective < best[0]:
            best = (objective, plan)
    if best is None:
        raise SolverFailure("exhaustive found no order in which every job can be reached.")
    return Proposal(
        plan=best[1],
        objective=best[0],
        method="exhaustive",
        evaluations=count,
        seconds=time.perf_counter() - began,
        stopped_by="finished",
        reproducible=True,
    )


def _scheduled(problem: RepairProblem, sequences: dict[str, list[str]]) -> Plan | None:
    from lifeline.errors import InfeasiblePlan

    try:
        return schedule(problem, sequences)
    except InfeasiblePlan:
        return None


def _all_sequences(problem: RepairProblem) -> Iterator[dict[str, list[str]]]:
    """Yield every way to hand the jobs to crews that can do them, in every order."""
    jobs = [job for job in problem.jobs if job.id not in problem.unassignable]
    able = [[crew.id for crew in problem.crews if job.skill in crew.skills] for job in jobs]
    for crews in product(*able):
        hands: dict[str, list[str]] = {crew.id: [] for crew in problem.crews}
        for job, crew in zip(jobs, crews, strict=True):
            hands[crew].append(job.id)
        for orders in product(*(permutations(hand) for hand in hands.values())):
            yield {crew: list(order) for crew, order in zip(hands, orders, strict=True)}
