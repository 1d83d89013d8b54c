"""Dispatching where jobs wait for more than a crew and a road, or where crews leave for good."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.crews import common_hours
from lifeline.hours import work_within
from lifeline.plan import LAST_MINUTE
from solvers.dispatch import Dispatcher

if TYPE_CHECKING:
    from lifeline.plan import Visit
    from lifeline.repair import RepairProblem


@dataclass(frozen=True)
class _Way:
    """A crew that sets out at a minute and arrives at another."""

    crew: int
    depart: int
    arrive: int


@dataclass(frozen=True)
class _Offer:
    """A way to do a job, with its partners: who does which, and from when to when they work.

    `arrive` is when the crew that was asked is there.
    """

    members: tuple[int, ...]
    crews: tuple[int, ...]
    arrive: int
    start: int
    finish: int


class CarefulDispatcher(Dispatcher):
    """A desk that sends crews where nothing holds them up, and to wait on site only when there is nothing else.

    A job is handed out once all it waits for has been, so that no crews ever wait for each other for ever.
    """

    def __init__(self, problem: RepairProblem, rank: NDArray[np.float64] | None) -> None:
        """Note what the history has used, and which crews have appointments."""
        super().__init__(problem, rank)
        self.conditions = problem.conditions
        self.finish = {job: visit.finish for job, visit in problem.past.items()}
        self.used: dict[tuple[str, str], int] = {}
        self.ready = dict(enumerate(problem.starts[1].tolist()))
        for job, visit in problem.past.items():
            self._take_parts(job, problem.crew_index[visit.crew])
        self.waits = np.zeros(len(problem.jobs), np.int64)
        for job, befores in self.conditions.befores.items():
            self.waits[job] = sum(before not in self.finish for before, _ in befores)
        self.appointments = self._appointments()

    def _appointments(self) -> list[list[int]]:
        """Return for each crew the jobs, shared out beforehand, that have to start by some minute or before others."""
        shared: list[list[int]] = [[] for _ in self.crews]
        due = sorted(
            {*self.conditions.not_after, *self.conditions.first},
            key=lambda job: (self.conditions.not_after.get(job, -1), job),
        )
        for job in due:
            able = np.flatnonzero(self.problem.within_reach[:, job]).tolist()
            if able and self.left[job]:
                drives = [self._drive(crew, job) for crew in able]
                crew = min(zip(drives, able, strict=True))[1]
                shared[crew].append(job)
        return shared

    def _drive(self, crew: int, job: int) -> int:
        return int(self.drives.minutes(int(self.speed_class[crew]), self.site[crew], len(self.crews) + job))

    def go_on_from(self, visits: Sequence[Visit]) -> None:
        """Take these visits as given; every crew goes on from its last one."""
        super().go_on_from(visits)
        for visit in sorted(visits, key=lambda visit: (visit.start, visit.job)):
            job, crew = self.problem.job_index[visit.job], self.problem.crew_index[visit.crew]
            if job not in self.finish:
                self._decide(job, crew, visit.finish)
        for minute, crew in self.free:
            self.ready[crew] = minute

    def _decide(self, job: int, crew: int, finish: int) -> None:
        self.left[job] = False
        self.finish[job] = finish
        self._take_parts(job, crew)
        for follower in self.conditions.followers.get(job, ()):
            self.waits[follower] -= sum(before == job for before, _ in self.conditions.befores[follower])
        for jobs in self.appointments:
            if job in jobs:
                jobs.remove(job)

    def _take_parts(self, job: int, crew: int) -> None:
        depot = self.crews[crew].depot
        for part, pieces in self.conditions.uses.get(job, ()):
            self.used[depot, part] = self.used.get((depot, part), 0) + pieces

    def _chosen(
        self, crew: int, able: NDArray[np.intp], minute: int, minutes: NDArray[np.int32]
    ) -> int | None:
        """Return the most wanted job that nothing holds up; if there is none, the one that begins first."""
        appointments = self.appointments[crew]
        firsts = [job for job in appointments if job in self.conditions.first]
        # A job that is to be first is for the crew it has been given to, and comes before all others of that.
        wanted_now = set(firsts) if firsts else set(able.tolist()) - self.conditions.first
        able = np.array([job for job in able.tolist() if job in wanted_now], np.intp)
        able = able[self.waits[able] == 0]
        wanted = minutes[able] if self.rank is None else self.rank[able]
        next_due = min(appointments, key=lambda job: self.conditions.not_after.get(job, -1), default=None)
        held_up: list[tuple[int, int]] = []
        for job in able[np.argsort(wanted, kind="stable")].tolist():
            offer = self._offer(crew, job, minute, int(minutes[job]))
            if offer is None or (next_due not in (None, job) and self._would_be_late(crew, offer, next_due)):
                continue
            if offer.start <= self.crews[crew].next_on_shift(offer.arrive):
                return int(job)
            held_up.append((offer.start, job))
        return min(held_up)[1] if held_up else None

    def _would_be_late(self, crew: int, offer: _Offer, due: int | None) -> bool:
        """Tell whether a crew would come too late to its next appointment if it did this before."""
        if due is None or due in offer.members:
            return False
        drive = self.drives.minutes(
            int(self.speed_class[crew]),
            len(self.crews) + offer.members[offer.crews.index(crew)],
            len(self.crews) + due,
        )
        arrive = self.crews[crew].work_until(self.crews[crew].next_on_shift(offer.finish), max(drive, 0))
        start = self.crews[crew].next_on_shift(max(arrive, self.conditions.not_before.get(due, 0)))
        return start > self.conditions.not_after.get(due, LAST_MINUTE)

    def _offer(self, crew: int, job: int, minute: int, drive: int) -> _Offer | None:
        """Return how a crew, with the first partners there where it needs some, would do a job from now.

        None if they cannot: then no choice of partners can, as far as is known now.
        """
        group = self.conditions.group_of.get(job, (job,))
        if any(self.waits[member] for member in group):
            return None
        me = _Way(crew, minute, self.crews[crew].work_until(minute, drive))
        others = [[me] if member == job else self._partners(member) for member in group]
        for ways in product(*others):
            if len({way.crew for way in ways}) == len(group):
                offer = self._work(group, ways, job)
                if offer is not None:
                    return offer
        return None

    def _work(self, group: Sequence[int], ways: Sequence[_Way], job: int) -> _Offer | None:
        """Return when crews that are on these ways would do the jobs of a group; None if they cannot."""
        crews = [self.crews[way.crew] for way in ways]
        begin = max(way.arrive for way in ways)
        for member, who in zip(group, crews, strict=True):
            there = self.conditions.parts_there(member, who.depot, self.used)
            if there is None:
                return None
            lags = (self.finish[before] + lag for before, lag in self.conditions.befores.get(member, ()))
            begin = max(chain((begin, there, self.conditions.not_before.get(member, 0)), lags))
        hours = common_hours([(who.period_minutes, who.windows) for who in crews])
        if hours is None or not hours[1]:
            return None
        takes = max(
            self.problem.work_minutes(way.crew, member) for way, member in zip(ways, group, strict=True)
        )
        start, finish = work_within(hours, self.conditions.closed.get(job, ()), begin, takes)
        if any(finish > (who.available_until_minute or LAST_MINUTE) for who in crews):
            return None
        if any(start > self.conditions.not_after.get(member, LAST_MINUTE) for member in group):
            return None
        arrive = next(way.arrive for way, member in zip(ways, group, strict=True) if member == job)
        return _Offer(tuple(group), tuple(way.crew for way in ways), arrive, start, finish)

    def _partners(self, job: int) -> list[_Way]:
        """Return the ways of all crews that could come to a job, whoever is there first first; ties by number."""
        ways = []
        for crew in np.flatnonzero(self.problem.within_reach[:, job]).tolist():
            if any(first in self.conditions.first for first in self.appointments[crew] if first != job):
                continue
            if job in self.conditions.first and self.sequences[self.crews[crew].id]:
                continue
            drive = self._drive(crew, job)
            if drive >= 0:
                depart = self.crews[crew].next_on_shift(self.ready[crew])
                ways.append(_Way(crew, depart, self.crews[crew].work_until(depart, drive)))
        return sorted(ways, key=lambda way: (way.arrive, way.crew))

    def _send(self, crew: int, job: int, minute: int, minutes: NDArray[np.int32]) -> None:
        offer = self._offer(crew, job, minute, int(minutes[job]))
        if offer is None:
            return
        for member, who in zip(offer.members, offer.crews, strict=True):
            self._decide(member, who, offer.finish)
            self.site[who] = len(self.crews) + member
            self.sequences[self.crews[who].id].append(self.problem.jobs[member].id)
            self.ready[who] = offer.finish
            self.free = [entry for entry in self.free if entry[1] != who]
            self.waiting = [entry for entry in self.waiting if entry[1] != who]
            self.free.append((offer.finish, who))
            if member in self.opening_jobs:
                heapq.heappush(self.opens, (offer.finish, member))
        # Whoever found nothing to do may find something now that more has been handed out.
        self.free += [(max(since, minute), other) for since, other in self.waiting]
        self.waiting = []
        heapq.heapify(self.free)

    def _wait(self, crew: int, minute: int) -> None:
        if self.opens:
            heapq.heappush(self.free, (max(self.opens[0][0], minute), crew))
        else:
            self.waiting.append((minute, crew))
