"""When each crew can be done with each job at the earliest, as if it and what comes before were all there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import Longs
from lifeline.hours import work_within
from lifeline.plan import LAST_MINUTE
from solvers.stock_left import first_minute_with, stock_left

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

UNREACHABLE = np.int64(2**40)
"Finish of a job that a crew never does."


def first_finishes(problem: RepairProblem, travel: NDArray[np.float64]) -> tuple[Longs, Longs]:
    """Return minutes by crew and job that no plan is before, UNREACHABLE for never; and the least of each job.

    `travel` are the least drives by crew and job, infinite where a crew does not do a job. Every job waits for the
    first minute of its parts, for when those before it are done at the earliest, and for its slowest partner.
    """
    first = _First(problem, travel)
    for jobs in _levels(problem):
        first.work_out(jobs)
    return first.finish, first.of_job


@dataclass(eq=False)
class _First:
    """What has been worked out so far: `begin` is when a crew may begin, `finish` when it can be done."""

    problem: RepairProblem
    travel: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Begin with what each job waits for by itself; what the history did is done."""
        problem = self.problem
        shape = self.travel.shape
        self.finish = np.full(shape, UNREACHABLE, np.int64)
        self.of_job = np.full(shape[1], UNREACHABLE, np.int64)
        for job, visit in problem.past.items():
            self.of_job[job] = visit.finish
        self.begin = np.zeros(shape, np.int64)
        for job, minute in problem.conditions.not_before.items():
            self.begin[:, job] = minute
        self._wait_for_parts()

    def _wait_for_parts(self) -> None:
        problem = self.problem
        depots = sorted({crew.depot for crew in problem.crews})
        for job, parts in problem.conditions.uses.items():
            there = {
                depot: [first_minute_with(self._stock[depot, part], pieces) for part, pieces in parts]
                for depot in depots
            }
            for number, crew in enumerate(problem.crews):
                for minute in there[crew.depot]:
                    earliest = UNREACHABLE if minute is None else minute
                    self.begin[number, job] = max(self.begin[number, job], earliest)

    @cached_property
    def _stock(self) -> dict[tuple[str, str], tuple[tuple[int, int], ...]]:
        depots = {crew.depot for crew in self.problem.crews}
        parts = {part for uses in self.problem.conditions.uses.values() for part, _ in uses}
        return {(depot, part): stock_left(self.problem, depot, part) for depot in depots for part in parts}

    @cached_property
    def _work(self) -> Longs:
        work_class, minutes = self.problem.work_classes
        return np.ascontiguousarray(minutes[work_class])

    @cached_property
    def _leaves(self) -> Longs:
        leaves = (crew.available_until_minute for crew in self.problem.crews)
        return np.array([LAST_MINUTE if minute is None else minute for minute in leaves], np.int64)

    def work_out(self, jobs: Longs) -> None:
        """Work out these jobs; all that they wait for has been."""
        conditions = self.problem.conditions
        for job in jobs.tolist():
            for before, lag in conditions.befores.get(job, ()):
                self.begin[:, job] = np.maximum(self.begin[:, job], self.of_job[before] + lag)
        self.finish[:, jobs] = self._at_least(jobs)
        for job in jobs.tolist():
            if job in conditions.closed and job not in conditions.group_of:
                self._work_in_safe_hours((job,))
        for group in conditions.together:
            if group[0] in jobs:
                self._work_in_safe_hours([job for job in group if job not in self.problem.past])
        self.finish[:, jobs] = np.where(
            self.finish[:, jobs] <= self._leaves[:, None], self.finish[:, jobs], UNREACHABLE
        )
        left = np.array([job for job in jobs.tolist() if job not in self.problem.past], np.int64)
        self.of_job[left] = self.finish[:, left].min(axis=0, initial=UNREACHABLE)

    def _at_least(self, jobs: Longs) -> Longs:
        """Return when crews are done with jobs on sites that are always open, without partners."""
        from solvers.bound_kernels import earliest_finishes

        windows, minute = self.problem.crew_windows, self.problem.starts[1]
        can = np.isfinite(self.travel[:, jobs]) & (self.begin[:, jobs] < UNREACHABLE)
        finish: Longs = earliest_finishes(
            windows.period,
            windows.duty,
            windows.window_start,
            windows.opens,
            windows.closes,
            minute,
            np.where(can, self.travel[:, jobs], float(UNREACHABLE)),
            np.ascontiguousarray(self._work[:, jobs]),
            np.where(can, self.begin[:, jobs], 0),
        )
        return finish

    def _work_in_safe_hours(self, group: Sequence[int]) -> None:
        """Let partners begin when the last of them can, and end when the slowest does, each on a site open to it."""
        if not group:
            return
        never = int(UNREACHABLE)
        together = max(min(self._spans(job, 0).values(), default=(never, never))[0] for job in group)
        ends = {job: self._spans(job, together) for job in group}
        last = max(min((finish for _, finish in ends[job].values()), default=never) for job in group)
        for job in group:
            self.finish[:, job] = UNREACHABLE
            if last < never:
                for crew, (_, finish) in ends[job].items():
                    self.finish[crew, job] = max(finish, last)

    def _spans(self, job: int, begin: int) -> dict[int, tuple[int, int]]:
        """Return for each crew that can do a job from when to when it would at the earliest."""
        problem = self.problem
        spans: dict[int, tuple[int, int]] = {}
        if begin >= UNREACHABLE:
            return spans
        for number in np.flatnonzero(self.finish[:, job] < UNREACHABLE).tolist():
            crew = problem.crews[number]
            depart = crew.next_on_shift(int(problem.starts[1][number]))
            arrive = crew.work_until(depart, int(self.travel[number, job]))
            first = max(arrive, begin, int(self.begin[number, job]))
            hours = crew.period_minutes, crew.windows
            shut = problem.conditions.closed.get(job, ())
            spans[number] = work_within(hours, shut, first, int(self._work[number, job]))
        return spans


def _levels(problem: RepairProblem) -> Iterator[Longs]:
    """Yield all jobs in such an order that none waits for a later one; those that may come together, together."""
    conditions = problem.conditions
    level = np.zeros(len(problem.jobs), np.int64)
    changed = bool(conditions.after)
    while changed:
        changed = False
        for job, before, _ in conditions.after:
            group = conditions.group_of.get(job, (job,))
            lowest = max(level[before] + 1, *(level[member] for member in group))
            for member in group:
                changed = changed or level[member] < lowest
                level[member] = lowest
    for number in range(int(level.max(initial=0)) + 1):
        yield np.flatnonzero(level == number)
