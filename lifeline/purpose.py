"""What a job is for: whom it brings back, which later jobs need it, whose way it opens, what it keeps up.

A job that brings nobody back by itself is understood by leaving it out: the plan without it is put before the
judge, and what then does not come back is what the job was for. A road is for the drives it makes shorter as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from lifeline.evaluation import MINUTES_PER_HOUR, Evaluation, evaluate

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.plan import Visit
    from lifeline.repair import RepairProblem

MOST_DRIVES = 60
"How many of the drives after a road's repair are looked at: the later they are, the less it is the reason."

MOST_REPLAYS = 300
MOST_REPLAYED_PARTS = 3_000_000
"How many plans are put before the judge to explain a whole plan: fewer where the city is large."


def most_replays(problem: RepairProblem) -> int:
    """Return how many plans may be put before the judge for one question about a plan, by the city's size alone."""
    parts = max(len(problem.system.nodes) + len(problem.system.links), 1)
    return min(MOST_REPLAYS, MOST_REPLAYED_PARTS // parts)


@dataclass(frozen=True, order=True)
class Price:
    """What one plan costs more than another, as the judge counts it: exact, and negative where it costs less.

    `objective` is in persons x thousandths x minutes, which plans are compared by; `person_minutes` is without weights.
    """

    objective: int
    person_minutes: int

    @classmethod
    def between(cls, other: Evaluation, one: Evaluation) -> Price:
        """Return what the other plan costs more than the one."""
        return cls(other.objective - one.objective, other.person_minutes - one.person_minutes)

    @property
    def person_hours(self) -> float:
        """Return the person-hours without service."""
        return self.person_minutes / MINUTES_PER_HOUR


@dataclass(frozen=True)
class Needed:
    """A later job that would bring back fewer people without an earlier one: when, and how many fewer."""

    job: str
    finish: int
    persons: int


@dataclass(frozen=True)
class Way:
    """A later drive to a job that a repaired road makes possible (`minutes_saved` None) or shorter."""

    job: str
    crew: str
    minutes_saved: int | None


@dataclass(frozen=True, eq=False)
class Purposes:
    """What the visits of one plan are for; each is worked out when it is asked for."""

    evaluation: Evaluation

    def persons_back(self, job: str) -> dict[str, int]:
        """Return the persons the job brings back by service, the larger figure first; empty when nobody."""
        return self._persons_back.get(job, {})

    @cached_property
    def _persons_back(self) -> dict[str, dict[str, int]]:
        evaluation = self.evaluation
        changes = evaluation.changes
        back = changes[(changes["visit"] >= 0) & (changes["change"] < 0)].assign(persons=-changes["change"])
        totals: pd.DataFrame = back.groupby(["visit", "service"], as_index=False)[["persons"]].sum()
        found: dict[str, dict[str, int]] = {}
        ordered = totals.sort_values(["visit", "persons"], ascending=[True, False], kind="stable")
        for visit, service, persons in ordered.itertuples(index=False, name=None):
            found.setdefault(evaluation.visit_jobs[visit], {})[str(service)] = int(persons)
        return found

    def without(self, visit: Visit) -> Evaluation:
        """Return what the plan is worth without this visit and those that wait for it, all others at their times."""
        return evaluate_without(self.evaluation, visit.job)

    def needed_by(self, visit: Visit, without: Evaluation) -> tuple[Needed, ...]:
        """Return the other jobs that bring fewer people back `without` this visit, in order of time."""
        jobs = self.evaluation.jobs
        then: Mapping[str, int] = dict(
            zip(without.jobs["job"], without.jobs["persons_back"].tolist(), strict=True)
        )
        rows = zip(jobs["job"], jobs["finish"].tolist(), jobs["persons_back"].tolist(), strict=True)
        found = [
            Needed(job, finish, persons - then.get(job, 0))
            for job, finish, persons in rows
            if job != visit.job and persons > then.get(job, 0)
        ]
        return tuple(sorted(found, key=lambda needed: (needed.finish, needed.job)))

    def kept(self, without: Evaluation) -> int:
        """Return the person-minutes of service lost `without` a visit, those of people whom nothing brings back too."""
        lost = without.person_minutes - self.evaluation.person_minutes
        return lost + self.evaluation.saved_person_minutes - without.saved_person_minutes

    def way_opened(self, visit: Visit) -> Way | None:
        """Return the first later drive that would be longer, or impossible, without this road."""
        problem = self.evaluation.problem
        job = problem.job_index[visit.job]
        if not problem.travel.changes_with_repairs or problem.jobs[job].sector != "road":
            return None
        for other, leg in self._drives_after(visit)[:MOST_DRIVES]:
            opened = done_by(self.evaluation, other.depart)
            now, never = problem.travel.minutes(opened)[leg], problem.travel.minutes(opened - {job})[leg]
            if never < 0 <= now:
                return Way(other.job, other.crew, None)
            if never > now:
                return Way(other.job, other.crew, int(never - now))
        return None

    def _drives_after(self, visit: Visit) -> list[tuple[Visit, tuple[int, int, int]]]:
        """Return the visits that set out later, in order, with (speed class, site left, site reached)."""
        problem = self.evaluation.problem
        drives = []
        site = list(range(len(problem.crews)))
        for other in self.evaluation.plan.visits:
            crew = problem.crew_index[other.crew]
            reached = len(problem.crews) + problem.job_index[other.job]
            if other.depart >= visit.finish:
                drives.append((other, (int(problem.travel.speed_class_of_crew[crew]), site[crew], reached)))
            site[crew] = reached
        return sorted(drives, key=lambda drive: (drive[0].depart, drive[0].job))


def evaluate_without(evaluation: Evaluation, job: str) -> Evaluation:
    """Return what a plan is worth without one job and those that wait for it, all others at their times."""
    gone = waiting_for(evaluation.problem, job)
    others = tuple(visit for visit in evaluation.plan.visits if visit.job not in gone)
    return evaluate(evaluation.problem, replace(evaluation.plan, visits=others))


def waiting_for(problem: RepairProblem, job: str) -> frozenset[str]:
    """Return the job with all that cannot be done without it: steps and orders after it, partners beside it."""
    conditions = problem.conditions
    found: set[int] = set()
    to_do = [problem.job_index[job]]
    while to_do:
        number = to_do.pop()
        if number not in found:
            found.add(number)
            to_do += [*conditions.followers.get(number, ()), *conditions.group_of.get(number, ())]
    return frozenset(problem.jobs[number].id for number in found)


def done_by(evaluation: Evaluation, minute: int) -> frozenset[int]:
    """Return the numbers of the jobs that a plan has done at this minute."""
    numbers = evaluation.problem.job_index
    return frozenset(numbers[visit.job] for visit in evaluation.plan.visits if visit.finish <= minute)
