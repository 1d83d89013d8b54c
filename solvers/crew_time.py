"""What crews can have done by when, at best: earliest finishes, and pools of like crews with what jobs take them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import Longs
from lifeline.plan import LAST_MINUTE
from solvers.first_finishes import UNREACHABLE, first_finishes

if TYPE_CHECKING:
    from lifeline.crews import Crew
    from lifeline.repair import RepairProblem

MOST_SITES_CLOSED = 2000
"Beyond this, shortest ways over other sites are not worked out, and the shortest leg into a site stands for them."

MOST_OPTIONS = 4000
"Beyond this many pairs of a job and a pool, only skills tell pools apart."


@dataclass(frozen=True, eq=False)
class Pool:
    """Some crews, the jobs that any of them can do, and for each job what it takes one of them at least.

    `work` is in minutes on duty, the drive there included; `earliest` is the first minute to be done. `begins` tells
    of each crew when it is free.
    """

    crews: tuple[Crew, ...]
    begins: tuple[int, ...]
    jobs: Longs
    work: Longs
    earliest: Longs

    def on_duty(self, end: int) -> NDArray[np.uint8]:
        """Tell for each minute before `end` whether any of the crews is on duty."""
        anyone = np.zeros(end, np.uint8)
        for crew in self.crews:
            hours = _hours(crew)
            anyone |= np.resize(hours, end) if end else anyone
        return anyone

    def minutes_offered(self, grid: Longs) -> list[int]:
        """Return for each span of the grid: crew minutes on duty before minute t, added up over its minutes t."""
        crews = list(zip(self.crews, self.begins, strict=True))
        sums = [sum(_summed_duty(crew, begin, int(minute)) for crew, begin in crews) for minute in grid]
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
    finish: Longs
    """The first minute at which each crew can be done with each job, as if it were its only one."""
    earliest: Longs
    """The first minute at which each job can be done, by the history or by anybody; UNREACHABLE for never."""

    @classmethod
    def of(cls, problem: RepairProblem) -> CrewTime:
        """Work out the least travel of a problem."""
        crews = len(problem.crews)
        minutes = problem.travel.minutes(problem.travel.opening_jobs).astype(float)
        ways = np.where(minutes < 0, np.inf, minutes)
        speed, start = problem.travel.speed_class_of_crew, problem.starts[0]
        into, travel = (np.full(problem.can_do.shape, np.inf) for _ in range(2))
        # Crews of one speed that can do the same jobs differ in their starts only.
        alike: dict[tuple[int, bytes], NDArray[np.float64]] = {}
        for number in range(crews):
            way, kind = ways[speed[number]], (int(speed[number]), problem.can_do[number].tobytes())
            if kind not in alike:
                alike[kind] = _shortest_from_jobs(way, np.flatnonzero(problem.can_do[number]), crews)
            into[number] = np.minimum(way[start[number], crews:], alike[kind])
        for speed_class in range(len(ways)):
            members = np.flatnonzero(speed == speed_class)
            travel[members] = _from_starts(ways[speed_class], start[members], into[members], crews)
        travel = np.where(problem.can_do & np.isfinite(into), travel, np.inf)
        finish, earliest = first_finishes(problem, travel)
        return cls(problem, finish < UNREACHABLE, travel, into, finish, earliest)

    @cached_property
    def pools(self) -> tuple[Pool, ...]:
        """Return pools of crews that differ in where they start only; each crew is in one.

        Where that makes too many pairs of jobs and pools, crews with the same skills are put together.
        """
        pools = self._pools_by(self._kind)
        if sum(len(pool.jobs) for pool in pools) <= MOST_OPTIONS:
            return pools
        return self._pools_by(lambda number: self.problem.crews[number].skills)

    def _kind(self, number: int) -> object:
        """Return what a crew shares with all others of its pool."""
        problem, crew = self.problem, self.problem.crews[number]
        allowed = None if problem.allowed is None else problem.allowed[number].tobytes()
        return (
            *(crew.skills, crew.speed_kmh, crew.shifts, crew.available_until_minute, crew.windows, allowed),
            *(int(problem.starts[1][number]), int(problem.work_classes[0][number])),
        )

    def _pools_by(self, sort_of: Callable[[int], object]) -> tuple[Pool, ...]:
        members: dict[object, list[int]] = {}
        for number in range(len(self.problem.crews)):
            members.setdefault(sort_of(number), []).append(number)
        pools = (self._pool(np.array(crews, np.int64)) for crews in members.values())
        return tuple(pool for pool in pools if len(pool.jobs))

    def _pool(self, crews: Longs) -> Pool:
        can_do = self.can_do[crews]
        jobs = np.flatnonzero(can_do.any(axis=0))
        work_class, minutes = self.problem.work_classes
        takes = self.into[crews] + minutes[work_class[crews]]
        least = np.where(can_do, takes, np.inf)[:, jobs].min(axis=0, initial=np.inf)
        earliest = self.finish[crews][:, jobs].min(axis=0, initial=UNREACHABLE)
        members = tuple(self.problem.crews[crew] for crew in crews)
        begins = tuple(self.problem.starts[1][crews].tolist())
        return Pool(members, begins, jobs, least.astype(np.int64), earliest)


def _shortest_from_jobs(way: NDArray[np.float64], doable: Longs, crews: int) -> NDArray[np.float64]:
    """Return the shortest leg into each job from another of these jobs."""
    legs = way[crews + doable, crews:]
    legs[np.arange(len(doable)), doable] = np.inf
    shortest: NDArray[np.float64] = legs.min(axis=0, initial=np.inf)
    return shortest


def _from_starts(
    way: NDArray[np.float64], starts: Longs, into: NDArray[np.float64], crews: int
) -> NDArray[np.float64]:
    """Return the least drive from the starts of these crews to each job, through any sites."""
    if len(way) > MOST_SITES_CLOSED:
        return np.asarray(np.minimum(way[starts, crews:], into))
    drives = way[starts]
    for drive in drives:
        while True:
            through = (drive[:, None] + way).min(axis=0)
            if (through >= drive).all():
                break
            np.minimum(drive, through, out=drive)
    return drives[:, crews:]


def _hours(crew: Crew) -> NDArray[np.uint8]:
    """Return for each minute of one period whether the crew is on duty."""
    hours = np.zeros(crew.period_minutes, np.uint8)
    for opens, closes in crew.windows:
        hours[opens:closes] = 1
    return hours


def _summed_duty(crew: Crew, begin: int, end: int) -> int:
    """Return the crew's minutes on duty from `begin` to minute t, added up over all minutes t before `end`.

    A crew that leaves has no more minutes from then on.
    """
    leaves = crew.available_until_minute or LAST_MINUTE
    if leaves <= begin:
        return 0
    if end > leaves:
        whole = _duty_before(crew, leaves) - _duty_before(crew, begin)
        return _summed_duty(crew, begin, leaves) + (end - leaves) * whole
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
