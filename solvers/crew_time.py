"""What crews can have done by when, at best: earliest finishes, and pools of crews with the jobs only they can do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import Longs
from solvers.bound_kernels import UNREACHABLE, earliest_finishes

if TYPE_CHECKING:
    from lifeline.crews import Crew
    from lifeline.repair import RepairProblem

MOST_SITES_CLOSED = 2000
"Beyond this, shortest ways over other sites are not worked out, and the shortest leg into a site stands for them."

MOST_POOLS = 60


@dataclass(frozen=True, eq=False)
class Pool:
    """Crews, and jobs that nobody else can do, each with the least minutes on duty it takes one of them."""

    crews: tuple[Crew, ...]
    jobs: Longs
    work: Longs

    def on_duty(self, end: int) -> NDArray[np.uint8]:
        """Tell for each minute before `end` whether any of the crews is on duty."""
        anyone = np.zeros(end, np.uint8)
        for crew in self.crews:
            hours = _hours(crew)
            anyone |= np.resize(hours, end) if end else anyone
        return anyone

    def minutes_offered(self, grid: Longs) -> list[int]:
        """Return for each span of the grid: crew minutes on duty before minute t, added up over its minutes t."""
        sums = [sum(_summed_duty(crew, int(minute)) for crew in self.crews) for minute in grid]
        return [late - early for early, late in pairwise(sums)]


@dataclass(frozen=True, eq=False)
class CrewTime:
    """Lower limits on travel and finishes, over roads that are all open from the start.

    Roads only ever open, so a drive is never shorter than that. `travel[crew, job]` is the least drive from
    the crew's start, through any other sites, `into[crew, job]` the least last leg.
    """

    problem: RepairProblem
    can_do: NDArray[np.bool_]
    travel: NDArray[np.float64]
    into: NDArray[np.float64]

    @classmethod
    def of(cls, problem: RepairProblem) -> CrewTime:
        """Work out the least travel of a problem."""
        crews = len(problem.crews)
        minutes = problem.travel.minutes(problem.travel.opening_jobs).astype(float)
        ways = np.where(minutes < 0, np.inf, minutes)
        speed = problem.travel.speed_class_of_crew
        into, travel = (np.full(problem.can_do.shape, np.inf) for _ in range(2))
        for number in range(crews):
            way = ways[speed[number]]
            doable = np.flatnonzero(problem.can_do[number])
            into[number] = _shortest_leg(way, number, doable, crews)
        for speed_class in range(len(ways)):
            members = np.flatnonzero(speed == speed_class)
            travel[members] = _from_starts(ways[speed_class], members, into[members], crews)
        return cls(problem, problem.can_do & np.isfinite(travel), travel, into)

    @cached_property
    def earliest(self) -> Longs:
        """Return the first minute at which anybody can be done with each job; UNREACHABLE for nobody."""
        if not self.can_do.size:
            return np.full(self.can_do.shape[1], UNREACHABLE, np.int64)
        windows = self.problem.crew_windows
        finish = earliest_finishes(
            windows.period,
            windows.duty,
            windows.window_start,
            windows.opens,
            windows.closes,
            np.array([crew.available_from_minute for crew in self.problem.crews], np.int64),
            np.where(self.can_do, self.travel, float(UNREACHABLE)),
            np.array([job.repair_minutes for job in self.problem.jobs], np.int64),
        )
        earliest: Longs = finish.min(axis=0)
        return earliest

    @cached_property
    def pools(self) -> tuple[Pool, ...]:
        """Return the pools: crews that can do the same jobs, unions of two that overlap, and all that hang together."""
        jobs = np.flatnonzero(self.can_do.any(axis=0))
        kinds = {frozenset(np.flatnonzero(self.can_do[:, job]).tolist()) for job in jobs}
        ordered = sorted(kinds, key=sorted)
        pools = dict.fromkeys(ordered)
        pools.update(dict.fromkeys(_hanging_together(ordered)))
        for first in ordered:
            for second in ordered:
                if len(pools) < MOST_POOLS and first & second:
                    pools[first | second] = None
        repair = np.array([job.repair_minutes for job in self.problem.jobs], np.int64)
        return tuple(self._pool(sorted(crews), jobs, repair) for crews in pools)

    def _pool(self, crews: list[int], jobs: Longs, repair: Longs) -> Pool:
        others = np.setdiff1d(np.arange(len(self.can_do)), crews)
        only = jobs[~self.can_do[np.ix_(others, jobs)].any(axis=0)]
        legs = np.where(self.can_do[np.ix_(crews, only)], self.into[np.ix_(crews, only)], np.inf)
        work = repair[only] + legs.min(axis=0, initial=np.inf).astype(np.int64)
        return Pool(tuple(self.problem.crews[crew] for crew in crews), only, work)


def _shortest_leg(way: NDArray[np.float64], crew: int, doable: Longs, crews: int) -> NDArray[np.float64]:
    """Return the shortest last leg into each job: from the crew's start or from another job the crew can do."""
    legs = way[:, crews:].copy()
    jobs = np.arange(legs.shape[1])
    legs[crews + jobs, jobs] = np.inf
    from_elsewhere: NDArray[np.float64] = legs[np.concatenate([[crew], crews + doable])].min(axis=0)
    return from_elsewhere


def _from_starts(
    way: NDArray[np.float64], members: Longs, into: NDArray[np.float64], crews: int
) -> NDArray[np.float64]:
    """Return the least drive from the starts of these crews to each job, through any sites."""
    if len(way) > MOST_SITES_CLOSED:
        return np.asarray(np.minimum(way[members, crews:], into))
    drives = way[members]
    for drive in drives:
        while True:
            through = (drive[:, None] + way).min(axis=0)
            if (through >= drive).all():
                break
            np.minimum(drive, through, out=drive)
    return drives[:, crews:]


def _hanging_together(kinds: list[frozenset[int]]) -> list[frozenset[int]]:
    """Return the unions of sets that share members, directly or through others."""
    unions: list[frozenset[int]] = []
    for kind in kinds:
        touching = [union for union in unions if union & kind]
        unions = [union for union in unions if not union & kind]
        unions.append(kind.union(*touching))
    return sorted(unions, key=sorted)


def _hours(crew: Crew) -> NDArray[np.uint8]:
    """Return for each minute of one period whether the crew is on duty."""
    hours = np.zeros(crew.period_minutes, np.uint8)
    for opens, closes in crew.windows:
        hours[opens:closes] = 1
    return hours


def _summed_duty(crew: Crew, end: int) -> int:
    """Return the crew's minutes on duty from its first to minute t, added up over all minutes t before `end`."""
    begin = crew.available_from_minute
    if end <= begin:
        return 0
    before = _duty_sum(crew, end) - _duty_sum(crew, begin)
    return before - (end - begin) * _duty_before(crew, begin)


def _duty_before(crew: Crew, minute: int) -> int:
    periods, rest = divmod(minute, crew.period_minutes)
    inside = sum(min(rest, closes) - opens for opens, closes in crew.windows if opens < rest)
    return periods * crew.duty_minutes + inside


def _duty_sum(crew: Crew, end: int) -> int:
    """Return the minutes on duty before minute t, added up over all minutes t before `end`.

    A minute m on duty counts once for every later minute t before `end`: end - 1 - m times.
    """
    periods, rest = divmod(end, crew.period_minutes)
    total = 0
    for opens, closes in crew.windows:
        length = closes - opens
        firsts = sum_of_first(periods) * crew.period_minutes * length
        total += periods * (length * (end - 1) - _sum_between(opens, closes)) - firsts
        if opens < rest:
            last = min(closes, rest)
            offset = end - 1 - periods * crew.period_minutes
            total += (last - opens) * offset - _sum_between(opens, last)
    return total


def sum_of_first(count: int) -> int:
    """Return 0 + 1 + ... + (count - 1)."""
    return count * (count - 1) // 2


def _sum_between(first: int, behind: int) -> int:
    return sum_of_first(behind) - sum_of_first(first)
