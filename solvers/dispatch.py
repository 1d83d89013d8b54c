"""Dispatching by rule: whoever is free next takes the job the rule likes best among those it can do and reach."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lifeline.plan import Plan, Visit
    from lifeline.repair import RepairProblem

Sequences = dict[str, list[str]]


def dispatch(
    problem: RepairProblem, rank: NDArray[np.float64] | None, *, begun: Sequence[Visit] = ()
) -> Sequences:
    """Return each crew's jobs in order; rank[job] says how early a job is wanted, None means the nearest job first.

    Ties go to the smaller job id. A crew that cannot reach any job of its own waits for the next road to
    open. Visits that have `begun` come first, and crews go on from there.
    """
    desk = _desk_for(problem, rank)
    desk.go_on_from(begun)
    return desk.run()


def hand_out_rest(problem: RepairProblem, plan: Plan, minute: int) -> Sequences:
    """Return the plan's sequences with every job that finishes after a minute handed out anew, the nearest first.

    Nobody waits for those jobs any more; shared out like this they are done sooner than one behind the other.
    """
    desk = _desk_for(problem, None)
    desk.go_on_from([visit for visit in plan.visits if visit.finish <= minute])
    return desk.run()


def _desk_for(problem: RepairProblem, rank: NDArray[np.float64] | None) -> Dispatcher:
    """Return the desk that knows as much as the problem asks for."""
    if problem.conditions.is_empty and all(crew.available_until_minute is None for crew in problem.crews):
        return Dispatcher(problem, rank)
    from solvers.careful_dispatch import CarefulDispatcher

    return CarefulDispatcher(problem, rank)


class Dispatcher:
    """The desk: which crews are free when, which jobs are left, which roads are open."""

    def __init__(self, problem: RepairProblem, rank: NDArray[np.float64] | None) -> None:
        """Begin with the history: every crew is where that left it."""
        self.problem = problem
        self.rank = rank
        self.crews, self.speed_class = problem.crews, problem.travel.speed_class_of_crew
        self.left = np.zeros(len(problem.jobs), bool)
        self.left[[problem.job_index[job.id] for job in problem.to_do]] = True
        self.drives = problem.travel.drives()
        self.opened: set[int] = set()
        self.traps = _has_one_way_roads(problem)
        self.returns = problem.travel.there_and_back() if self.traps else problem.within_reach
        self.sequences: Sequences = {crew.id: [] for crew in self.crews}
        site, minute = problem.starts
        self.site = site.tolist()
        self.free = [(free, number) for number, free in enumerate(minute.tolist())]
        self.waiting: list[tuple[int, int]] = []
        self.opens: list[tuple[int, int]] = []
        self.opening_jobs = problem.travel.opening_jobs
        heapq.heapify(self.free)
        self._note_history()

    def _note_history(self) -> None:
        """Let the roads open that visits of the history open."""
        for job, visit in self.problem.past.items():
            if job in self.opening_jobs:
                heapq.heappush(self.opens, (visit.finish, job))

    def go_on_from(self, visits: Sequence[Visit]) -> None:
        """Take these visits as given; every crew goes on from its last one."""
        free = {number: minute for minute, number in self.free}
        for visit in visits:
            crew, job = self.problem.crew_index[visit.crew], self.problem.job_index[visit.job]
            self.left[job] = False
            self.site[crew] = len(self.crews) + job
            self.sequences[visit.crew].append(visit.job)
            free[crew] = max(free[crew], visit.finish)
            if job in self.opening_jobs and job not in self.problem.past:
                heapq.heappush(self.opens, (visit.finish, job))
        self.free = [(minute, number) for number, minute in free.items()]
        heapq.heapify(self.free)

    def run(self) -> Sequences:
        """Hand out all jobs that can be, and return each crew's in order."""
        while self.left.any() and self._somebody_is_free():
            minute, crew = heapq.heappop(self.free)
            on_shift = self.crews[crew].next_on_shift(minute)
            if on_shift > minute:
                # Somebody else may set out before, and the roads are opened in order of time.
                heapq.heappush(self.free, (on_shift, crew))
                continue
            minutes = self._travel_minutes(crew, minute)
            mine = self.left & self.problem.within_reach[crew]
            able = np.flatnonzero(mine & self.returns[crew] & (minutes >= 0))
            job = self._chosen(crew, able, minute, minutes)
            if job is not None:
                self._send(crew, job, minute, minutes)
            elif mine.any():
                self._wait(crew, minute)
        return self.sequences

    def _chosen(
        self, crew: int, able: NDArray[np.intp], minute: int, minutes: NDArray[np.int32]
    ) -> int | None:
        """Return the job, among those the crew can do and reach now, that is wanted most; None for none."""
        if not len(able):
            return None
        wanted = minutes[able] if self.rank is None else self.rank[able]
        return int(able[np.argmin(wanted)])

    def _somebody_is_free(self) -> bool:
        """Return whether a crew may still be sent; when all wait, they may drive where no road leads back yet."""
        if not self.free and self.waiting and self.traps:
            self.traps, self.returns = False, self.problem.within_reach
            self.free, self.waiting = self.waiting, []
            heapq.heapify(self.free)
        return bool(self.free)

    def _travel_minutes(self, crew: int, minute: int) -> NDArray[np.int32]:
        while self.opens and self.opens[0][0] <= minute:
            job = heapq.heappop(self.opens)[1]
            self.drives.job_done(job)
            self.opened.add(job)
            if self.traps:
                self.returns = self.problem.travel.there_and_back(self.opened)
        return self.drives.minutes_from(int(self.speed_class[crew]), self.site[crew])[len(self.crews) :]

    def _send(self, crew: int, job: int, minute: int, minutes: NDArray[np.int32]) -> None:
        arrive = self.crews[crew].work_until(minute, int(minutes[job]))
        start = self.crews[crew].next_on_shift(arrive)
        finish = self.crews[crew].work_until(start, self.problem.work_minutes(crew, job))
        self.left[job] = False
        self.site[crew] = len(self.crews) + job
        self.sequences[self.crews[crew].id].append(self.problem.jobs[job].id)
        heapq.heappush(self.free, (finish, crew))
        if job in self.opening_jobs:
            heapq.heappush(self.opens, (finish, job))
            for since, other in self.waiting:
                heapq.heappush(self.free, (max(since, finish), other))
            self.waiting.clear()

    def _wait(self, crew: int, minute: int) -> None:
        if self.opens:
            heapq.heappush(self.free, (self.opens[0][0], crew))
        else:
            self.waiting.append((minute, crew))


def _has_one_way_roads(problem: RepairProblem) -> bool:
    links = problem.system.links
    return bool((links["directed"] & (links["sector"] == "road")).any())
