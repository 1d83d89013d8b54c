"""A search that asks the judge about every plan it tries: for problems whose service rule no compiled search knows.

Simulated annealing (Kirkpatrick, Gelatt and Vecchi 1983) on the crews' sequences. A trial moves one job to another
place, or lets two jobs change places; it costs a whole replay, so there are hundreds a second, not hundreds of
thousands.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from math import log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.evaluation import cost_of_finishes, evaluate
from lifeline.schedule import schedule
from solvers.annealing import desk_of, order_of
from solvers.solver import Budget, OnProgress, Progress, Proposal, StoppedBy

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem

Sequences = dict[str, list[str]]
Whole = NDArray[np.int64]

EVALUATIONS_PER_JOB, FEWEST_EVALUATIONS, MOST_EVALUATIONS = 100, 500, 8_000
"Plans tried without a budget."

MOST_SECONDS = 20.0
"A run without a budget is stopped by the clock after so long: some rules take a second for a plan."

WARMEST, COLDEST = 0.01, 0.0002
"Temperature at first and at last, as a share of what the first plan costs."

SWAP_SHARE = 0.4
NEAR_SHARE = 0.6
"Part of the moves within a sequence that go only a few places on, where most gains are."

FEW_PLACES = 3
TOLD_EVERY = 16


def improve(
    problem: RepairProblem,
    plan: Plan,
    *,
    budget: Budget,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Proposal:
    """Return a plan that the judge finds no worse than the one given, and what was spent on it."""
    run = _Run(problem, plan, budget, np.random.default_rng(seed), on_progress)
    run.anneal()
    return Proposal(
        plan=run.best_plan,
        objective=run.best,
        method="judged_search",
        evaluations=run.tried,
        seconds=run.seconds,
        stopped_by=run.stopped_by,
        reproducible=run.stopped_by in ("finished", "evaluations"),
        trace=tuple(run.trace),
    )


class _Run:
    """One search: the plan it stands on, the best it has seen, and what it has spent."""

    def __init__(
        self,
        problem: RepairProblem,
        plan: Plan,
        budget: Budget,
        rng: np.random.Generator,
        on_progress: OnProgress | None,
    ) -> None:
        """Start from a plan."""
        self.problem, self.budget, self.rng, self.on_progress = problem, budget, rng, on_progress
        self.began = time.perf_counter()
        self.sequences: Sequences = {crew.id: [] for crew in problem.crews} | plan.sequences()
        self.clock = _Clock(problem, plan)
        self.best_plan = plan
        self.best = self.current = evaluate(problem, plan).objective
        self.tried = 0
        self.trace: list[tuple[int, int]] = [(0, self.best)]
        self.stopped_by: StoppedBy = "finished"
        self.allowed = budget.evaluations or min(
            MOST_EVALUATIONS, max(FEWEST_EVALUATIONS, EVALUATIONS_PER_JOB * len(problem.jobs))
        )
        if budget.evaluations is None and budget.seconds is not None:
            self.allowed = 2**62

    @property
    def seconds(self) -> float:
        """Return the seconds since the search began."""
        return time.perf_counter() - self.began

    def anneal(self) -> None:
        """Try moves until the budget is spent, nothing can be moved, or nothing can be gained."""
        warmest, coldest = WARMEST * self.best, COLDEST * self.best
        while self.best > 0 and self._may_go_on():
            change = self._move()
            if change is None:
                return
            self.tried += 1
            cost = self.clock.cost_with(change)
            temperature = warmest * (coldest / warmest) ** self._share_spent()
            if cost is None or cost - self.current > -temperature * log(max(self.rng.random(), 1e-300)):
                self.clock.take_back()
                continue
            self.sequences |= change
            self.current = cost
            if cost < self.best:
                self._keep_best()

    def _keep_best(self) -> None:
        """Keep the current order as the best, as the judge and the schedule see it."""
        plan = schedule(self.problem, self.sequences)
        cost = evaluate(self.problem, plan).objective
        if cost < self.best:
            self.best, self.best_plan = cost, plan
            self.trace.append((self.tried, cost))

    def _share_spent(self) -> float:
        share = self.tried / self.allowed
        if self.budget.seconds is not None:
            share = max(share, self.seconds / self.budget.seconds)
        return min(share, 1.0)

    def _may_go_on(self) -> bool:
        if self.tried >= self.allowed:
            self.stopped_by = "evaluations" if self.budget.evaluations is not None else "finished"
            return False
        most = MOST_SECONDS if self.budget == Budget() else self.budget.seconds
        if most is not None and self.seconds >= most:
            self.stopped_by = "seconds"
            return False
        if self.on_progress is not None and self.tried % TOLD_EVERY == 0:
            progress = Progress("judged search", self.best, self.tried, self.seconds, plan=self.best_plan)
            if self.on_progress(progress) is False:
                self.stopped_by = "cancelled"
                return False
        return True

    def _move(self) -> Mapping[str, list[str]] | None:
        """Return new sequences for one or two crews; None when nobody has anything that could be moved."""
        for _ in range(100):
            change = self._swap() if self.rng.random() < SWAP_SHARE else self._relocation()
            if change is not None:
                return change
        return None

    def _random_job(self) -> tuple[str, int] | None:
        total = sum(len(jobs) for jobs in self.sequences.values())
        if not total:
            return None
        place = int(self.rng.integers(total))
        for crew, jobs in self.sequences.items():
            if place < len(jobs):
                return crew, place
            place -= len(jobs)
        return None

    def _relocation(self) -> Mapping[str, list[str]] | None:
        found = self._random_job()
        if found is None:
            return None
        crew, place = found
        job = self.sequences[crew][place]
        rest = [*self.sequences[crew][:place], *self.sequences[crew][place + 1 :]]
        able = np.flatnonzero(self.problem.within_reach[:, self.problem.job_index[job]])
        other = self.problem.crews[int(self.rng.choice(able))].id
        if other != crew:
            jobs = self.sequences[other]
            to = int(self.rng.integers(len(jobs) + 1))
            return {crew: rest, other: [*jobs[:to], job, *jobs[to:]]}
        if not rest:
            return None
        to = int(self.rng.integers(len(rest) + 1))
        if self.rng.random() < NEAR_SHARE:
            to = min(max(place + int(self.rng.integers(-FEW_PLACES, FEW_PLACES + 1)), 0), len(rest))
        return None if to == place else {crew: [*rest[:to], job, *rest[to:]]}

    def _swap(self) -> Mapping[str, list[str]] | None:
        first, second = self._random_job(), self._random_job()
        if first is None or second is None or first == second:
            return None
        one, other = (self.sequences[crew][place] for crew, place in (first, second))
        numbers, reach = self.problem.job_index, self.problem.within_reach
        crews = self.problem.crew_index
        if not (reach[crews[first[0]], numbers[other]] and reach[crews[second[0]], numbers[one]]):
            return None
        changed = {crew: list(self.sequences[crew]) for crew in (first[0], second[0])}
        changed[first[0]][first[1]], changed[second[0]][second[1]] = other, one
        return changed


class _Clock:
    """Times orders with the search's compiled clock, and asks the judge what they cost."""

    def __init__(self, problem: RepairProblem, plan: Plan) -> None:
        """Time the order of a plan."""
        from solvers.search_roads import roads_of

        self.problem = problem
        self.desk, self.roads = desk_of(problem), roads_of(problem)
        self.order = order_of(problem, plan, np.ones(len(problem.jobs), bool))
        self._jobs: Whole = np.sort(self.order.by_finish).astype(np.int64)
        self._before: tuple[dict[int, list[int]], Whole] = ({}, self.order.finish.copy())
        self._retime(range(len(problem.crews)))

    def cost_with(self, change: Mapping[str, list[str]]) -> int | None:
        """Return what the order costs with these crews' jobs exchanged; None if some job cannot be reached then."""
        order, numbers = self.order, self.problem.job_index
        crews = [self.problem.crew_index[crew] for crew in change]
        old = {crew: order.sequence[crew, : order.length[crew]].tolist() for crew in crews}
        self._before = (old, order.finish.copy())
        for crew, sequence in zip(crews, change.values(), strict=True):
            self._write(crew, [numbers[job] for job in sequence])
        if not self._retime(crews):
            return None
        return cost_of_finishes(self.problem, self._jobs, order.finish[self._jobs])

    def take_back(self) -> None:
        """Undo the last change."""
        sequences, finish = self._before
        for crew, jobs in sequences.items():
            self._write(crew, jobs)
        self.order.finish[:] = finish

    def _write(self, crew: int, jobs: list[int]) -> None:
        self.order.length[crew] = len(jobs)
        self.order.sequence[crew, : len(jobs)] = jobs

    def _retime(self, crews: Iterable[int]) -> bool:
        from solvers.timing_kernels import retime, retime_all

        if self.roads.changing:
            return bool(retime_all(self.desk, self.roads, self.order, 0))
        return all(retime(self.desk, self.order, crew, 0) for crew in crews)
