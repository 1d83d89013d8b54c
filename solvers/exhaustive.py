"""Every plan there is, for the tests: the truth on problems of a few jobs."""

from __future__ import annotations

import time
from itertools import permutations, product
from math import inf
from typing import TYPE_CHECKING

from lifeline.condition_check import could_still_be_done
from lifeline.errors import InfeasiblePlan, InvalidInput
from lifeline.evaluation import evaluate
from lifeline.schedule import schedule
from solvers.conflicts import refuse_conflicts
from solvers.solver import Budget, OnProgress, Progress, Proposal, StoppedBy
from solvers.stock_left import most_by, stock_left

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem

MOST_JOBS = 8

Hands = tuple[tuple[int, ...], ...]
"For each crew the jobs it does, by number; in order, once they have one."


def solve(
    problem: RepairProblem, *, budget: Budget, seed: int = 0, on_progress: OnProgress | None = None
) -> Proposal:
    """Return the best plan without idle waiting, by trying every order on every crew; refuses more than 8 jobs.

    Where parts are short, every order in which jobs may get them is tried too. Stopped early by its budget or by
    `on_progress`, it returns the best plan so far. InfeasiblePlan where no order keeps what has been ordered.
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
    worth: dict[tuple[tuple[str, int], ...], int] = {}
    for plan in _plans(problem):
        count += 1
        finishes = tuple(sorted((visit.job, visit.finish) for visit in plan.visits))
        if finishes not in worth:
            worth[finishes] = evaluate(problem, plan).objective
        objective = worth[finishes]
        if best is None or objective < best[0]:
            best = (objective, plan)
        seconds = time.perf_counter() - began
        progress = Progress("trying", best[0], count, seconds, plan=best[1])
        if on_progress is not None and on_progress(progress) is False:
            stopped_by = "cancelled"
        elif count >= (budget.evaluations or inf):
            stopped_by = "evaluations"
        elif seconds >= (budget.seconds or inf):
            stopped_by = "seconds"
        if stopped_by != "finished":
            break
    if best is None:
        refuse_conflicts(problem)
        raise InfeasiblePlan(
            "In no order can every job be reached and everything kept that has been ordered (`start`, `not_after`, "
            "`first`). Take back one of the orders, or give the jobs they are about to other crews."
        )
    return Proposal(
        plan=best[1],
        objective=best[0],
        method="exhaustive",
        evaluations=count,
        seconds=time.perf_counter() - began,
        stopped_by=stopped_by,
        reproducible=stopped_by in ("finished", "evaluations"),
    )


def _plans(problem: RepairProblem) -> Iterator[Plan]:
    """Yield every plan that keeps all orders and leaves no job out that could still be put behind all others."""
    names = [job.id for job in problem.jobs]
    for hands in _all_hands(problem):
        for claims in _all_claims(problem, hands):
            sequences = {
                crew.id: [names[job] for job in hand] for crew, hand in zip(problem.crews, hands, strict=True)
            }
            order = None if claims is None else [names[job] for job in claims]
            try:
                plan = schedule(problem, sequences, claims=order)
            except InfeasiblePlan:
                continue
            if not _forgets_a_job(problem, plan):
                yield plan


def _forgets_a_job(problem: RepairProblem, plan: Plan) -> bool:
    planned = {visit.job for visit in plan.visits}
    return any(
        could_still_be_done(problem, plan, job.id)
        for job in problem.to_do
        if job.id not in planned and not job.is_optional
    )


def _all_hands(problem: RepairProblem) -> Iterator[Hands]:
    """Yield every way to hand the jobs to crews that can do them, in every order that a crew can keep to."""
    numbers = [problem.job_index[job.id] for job in problem.to_do]
    able = [_may_have(problem, number) for number in numbers]
    for crews in product(*able):
        hands: list[list[int]] = [[] for _ in problem.crews]
        for number, crew in zip(numbers, crews, strict=True):
            if crew is not None:
                hands[crew].append(number)
        if all(len(hand) == len(_groups_in(problem, hand)) for hand in hands):
            yield from product(*(list(_orders(problem, hand)) for hand in hands))


def _may_have(problem: RepairProblem, job: int) -> list[int | None]:
    """Return the crews that may have a job; None stands for nobody, where a job need not be done.

    That is not the same as doing it after all others where there are orders for it, or under rules of service under
    which more in service is not always better.
    """
    able: list[int | None] = [crew for crew, can in enumerate(problem.within_reach[:, job].tolist()) if can]
    ordered = job in problem.conditions.not_after or job in problem.conditions.first
    may_do_harm = ordered or not problem.system.settings.is_plain
    return [*able, None] if problem.jobs[job].is_optional and may_do_harm else able


def _groups_in(problem: RepairProblem, hand: Sequence[int]) -> set[tuple[int, ...]]:
    """Return the groups of partners that these jobs are of; a job without partners is one of its own."""
    return {problem.conditions.group_of.get(job, (job,)) for job in hand}


def _orders(problem: RepairProblem, hand: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the orders of one crew's jobs in which none waits for a later one."""
    pairs = [(before, job) for job in hand for before in _all_before(problem, job) if before in hand]
    firsts = problem.conditions.first
    pairs += [(job, other) for job in hand for other in hand if job in firsts and other not in firsts]
    for order in permutations(hand):
        if all(order.index(before) < order.index(job) for before, job in pairs):
            yield order


def _all_before(problem: RepairProblem, job: int) -> frozenset[int]:
    """Return all jobs that have to be done before this one begins, partners of these among them."""
    group = problem.conditions.group_of.get(job, (job,))
    befores = [before for member in group for before, _ in problem.conditions.befores.get(member, ())]
    return problem.conditions.needed_before(befores)


def _all_claims(problem: RepairProblem, hands: Hands) -> Iterator[list[int] | None]:
    """Yield every order in which jobs may get their parts that makes a difference; None where none does.

    Only jobs that go for parts of one depot, of which there are at first fewer than all of them take, get in each
    other's way.
    """
    uses = problem.conditions.uses
    waits: dict[str, list[int]] = {}
    rest: list[int] = []
    for number, hand in enumerate(hands):
        for job in hand:
            if job in uses:
                waits.setdefault(problem.crews[number].depot, []).append(job)
    for depot, jobs in sorted(waits.items()):
        if not _are_short(problem, depot, jobs):
            rest += jobs
            waits[depot] = []
    if len(rest) == sum(job in uses for hand in hands for job in hand):
        yield None
        return
    for orders in product(*(permutations(jobs) for jobs in waits.values())):
        named = [*rest, *(job for order in orders for job in order)]
        yield [*named, *(job for job in uses if job not in named)]


def _are_short(problem: RepairProblem, depot: str, jobs: Sequence[int]) -> bool:
    wanted: dict[str, int] = {}
    for job in jobs:
        for part, pieces in problem.conditions.uses[job]:
            wanted[part] = wanted.get(part, 0) + pieces
    now = int(problem.starts[1].min())
    return len(jobs) > 1 and any(
        most_by(now, stock_left(problem, depot, part)) < pieces for part, pieces in wanted.items()
    )
