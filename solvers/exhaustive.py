"""Every plan there is, for the tests: the truth on problems of a few jobs."""

from __future__ import annotations

import time
from itertools import permutations, product
from math import inf
from typing import TYPE_CHECKING

from lifeline.errors import InfeasiblePlan, InvalidInput, SolverFailure
from lifeline.evaluation import evaluate
from lifeline.schedule import schedule
from solvers.solver import Budget, OnProgress, Progress, Proposal, StoppedBy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem

MOST_JOBS = 8


def solve(
    problem: RepairProblem, *, budget: Budget, seed: int = 0, on_progress: OnProgress | None = None
) -> Proposal:
    """Return the best plan without idle waiting, by trying every order on every crew; refuses more than 8 jobs.

    Stopped early by its budget or by `on_progress`, it returns the best plan so far.
    """
    began = time.perf_counter()
    if len(problem.to_do) > MOST_JOBS:
        raise InvalidInput(
            f"exhaustive tries every order, which ends at {MOST_JOBS} jobs; this problem has {len(problem.to_do)}. "
            "Use method='local_search'."
        )
    best: tuple[int, Plan] | None = None
    count = 0
    stopped_by: StoppedBy = "finished"
    for sequences in _all_sequences(problem):
        plan = _scheduled(problem, sequences)
        if plan is None:
            continue
        count += 1
        objective = evaluate(problem, plan).objective
        if best is None or objective < best[0]:
            best = (objective, plan)
        seconds = time.perf_counter() - began
        told = on_progress(Progress("trying", best[0], count, seconds)) if on_progress else None
        if told is False:
            stopped_by = "cancelled"
        elif count >= (budget.evaluations or inf):
            stopped_by = "evaluations"
        elif seconds >= (budget.seconds or inf):
            stopped_by = "seconds"
        if stopped_by != "finished":
            break
    if best is None:
        raise SolverFailure("exhaustive found no order in which every job can be reached.")
    return Proposal(
        plan=best[1],
        objective=best[0],
        method="exhaustive",
        evaluations=count,
        seconds=time.perf_counter() - began,
        stopped_by=stopped_by,
        reproducible=stopped_by in ("finished", "evaluations"),
    )


def _scheduled(problem: RepairProblem, sequences: dict[str, list[str]]) -> Plan | None:
    try:
        return schedule(problem, sequences)
    except InfeasiblePlan:
        return None


def _all_sequences(problem: RepairProblem) -> Iterator[dict[str, list[str]]]:
    """Yield every way to hand the jobs to crews that can do them, or to nobody where they may be left out."""
    numbers = [problem.job_index[job.id] for job in problem.to_do]
    able: list[list[str | None]] = [
        [
            *(
                crew.id
                for crew, can in zip(problem.crews, problem.within_reach[:, number], strict=True)
                if can
            ),
            *([None] if _may_be_in_the_way(problem, number) else []),
        ]
        for number in numbers
    ]
    for crews in product(*able):
        hands: dict[str, list[str]] = {crew.id: [] for crew in problem.crews}
        for number, crew in zip(numbers, crews, strict=True):
            if crew is not None:
                hands[crew].append(problem.jobs[number].id)
        for orders in product(*(permutations(hand) for hand in hands.values())):
            yield {crew: list(order) for crew, order in zip(hands, orders, strict=True)}


def _may_be_in_the_way(problem: RepairProblem, job: int) -> bool:
    """Tell whether leaving a job out may be better than doing it after all others.

    That is so for one that may be left out and takes parts that others need, or under rules of service under which
    more in service is not always better.
    """
    in_the_way = job in problem.conditions.uses or not problem.system.settings.is_plain
    return problem.jobs[job].is_optional and in_the_way
