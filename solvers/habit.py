"""A plan that crews know already: a search may be asked to leave its next jobs where they are unless it pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lifeline.crews import MINUTES_PER_DAY

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from solvers.search_kernels import Habit


@dataclass(frozen=True)
class KnownPlan:
    """The plan people know, the jobs of it that had better stay, and what moving one of them costs.

    `price` is in the unit of the objective: persons x thousandths x minutes. A job has moved when another crew does it
    or it ends on another day; days begin at `day_begins`, in minutes after time zero.
    """

    plan: Plan
    jobs: frozenset[str]
    price: int
    day_begins: int = 0

    def moved(self, plan: Plan) -> tuple[str, ...]:
        """Return the jobs among those that had better stay that another plan moves, by id."""
        known, new = self._places(self.plan), self._places(plan)
        return tuple(sorted(job for job in self.jobs if job in known and new.get(job) != known[job]))

    def _places(self, plan: Plan) -> dict[str, tuple[str, int]]:
        return {visit.job: (visit.crew, self.day(visit.finish)) for visit in plan.visits}

    def day(self, minute: int) -> int:
        """Return the number of the day in which a minute lies."""
        return (minute - self.day_begins) // MINUTES_PER_DAY


def habit_of(problem: RepairProblem, known: KnownPlan | None) -> Habit:
    """Return a known plan as the search reads it; None costs nothing."""
    from solvers.search_kernels import Habit

    crew, day = (np.full(len(problem.jobs), -1, np.int64) for _ in range(2))
    if known is None:
        return Habit(0, 0, crew, day)
    for visit in known.plan.visits:
        if visit.job in known.jobs and visit.job in problem.job_index and visit.crew in problem.crew_index:
            job = problem.job_index[visit.job]
            crew[job], day[job] = problem.crew_index[visit.crew], known.day(visit.finish)
    return Habit(known.price, known.day_begins, crew, day)
