"""Dispatching by rule: whoever is free next takes the job the rule likes best among those it can do and reach."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

Sequences = dict[str, list[str]]


def dispatch(problem: RepairProblem, rank: NDArray[np.float64] | None) -> Sequences:
    """Return each crew's jobs in order; rank[job] says how early a job is wanted, None means the nearest job first.

    Ties go to the smaller job id. A crew that cannot reach any job of its own waits for the next road to
    open.
    """
    return _Dispatcher(problem, rank).run()


class _Dispatcher:
    """The desk: which crews are free when, which jobs are left, which roads are open."""

    def __init__(self, problem: RepairProblem, rank: NDArray[np.float64] | None) -> None:
        self.problem = problem
        self.rank = rank
        self.crews, self.travel = problem.crews, problem.travel
        self.left = np.array([job.id not in problem.unassignable for job in problem.jobs], bool)
        self.can_do = problem.can_do
        self.sequences: Sequences = {crew.id: [] for crew in self.crews}
        self.site = list(range(len(self.crews)))
        self.free = [(crew.available_from_minute, number) for number, crew in enumerate(self.crews)]
        self.waiting: list[tuple[int, int]] = []
        self.opens: dict[int, int] = {}
        self.is_road = np.array([job.sector == "road" for job in problem.jobs], bool)
        heapq.heapify(self.free)

    def run(self) -> Sequences:
        while self.free and self.left.any():
            minute, crew = heapq.heappop(self.free)
            minute = self.crews[crew].next_on_shift(minute)
            minutes = self._travel_minutes(crew, minute)
            mine = self.left & self.can_do[crew]
            able = np.flatnonzero(mine & (minutes >= 0))
            if len(able):
                wanted = minutes[able] if self.rank is None else self.rank[able]
                self._send(crew, int(able[np.argmin(wanted)]), minute, minutes)
            elif mine.any():
                self._wait(crew, minute)
        return self.sequences

    def _travel_minutes(self, crew: int, minute: int) -> NDArray[np.int32]:
        opened = frozenset(job for job, finish in self.opens.items() if finish <= minute)
        speed_class = self.travel.speed_class_of_crew[crew]
        return self.travel.minutes(opened)[speed_class, self.site[crew], len(self.crews) :]

    def _send(self, crew: int, job: int, minute: int, minutes: NDArray[np.int32]) -> None:
        arrive = self.crews[crew].work_until(minute, int(minutes[job]))
        start = self.crews[crew].next_on_shift(arrive)
        finish = self.crews[crew].work_until(start, self.problem.jobs[job].repair_minutes)
        self.left[job] = False
        self.site[crew] = len(self.crews) + job
        self.sequences[self.crews[crew].id].append(self.problem.jobs[job].id)
        heapq.heappush(self.free, (finish, crew))
        if self.travel.changes_with_repairs and self.is_road[job]:
            self.opens[job] = finish
            for since, other in self.waiting:
                heapq.heappush(self.free, (max(since, finish), other))
            self.waiting.clear()

    def _wait(self, crew: int, minute: int) -> None:
        later = [finish for finish in self.opens.values() if finish > minute]
        if later:
            heapq.heappush(self.free, (min(later), crew))
        else:
            self.waiting.append((minute, crew))
