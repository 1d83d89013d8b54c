"""Why a job is done when it is: whom it brings back, or what would go wrong without it.

A job that brings nobody back by itself is explained by leaving it out: the plan without it is put before the
judge, and what then does not come back is what the job was for. A road is explained by the drives it makes
shorter as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from api.wording import Clock, counted, duration, hours_figure, plain
from lifeline.evaluation import MINUTES_PER_HOUR, evaluate

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.evaluation import Evaluation
    from lifeline.plan import Visit

MOST_DRIVES = 60
"How many of the drives after a road's repair are looked at: the later they are, the less it is the reason."


MOST_REPLAYS = 300
MOST_REPLAYED_PARTS = 3_000_000
"How many plans are put before the judge for the reasons of a whole plan: fewer where the city is large."


@dataclass(frozen=True, eq=False)
class Reasons:
    """The reasons for the visits of one plan; each is worked out when it is asked for."""

    evaluation: Evaluation
    clock: Clock

    def of(self, visit: Visit) -> str:
        """Return the reason for one visit, in a few words; a road that is there for another job too says so."""
        way = self._opens_the_way(visit)
        if visit.job in self._persons_back:
            return _both(_brought_back(self._persons_back[visit.job]), way)
        without = self._without(visit)
        return _both(self._needed_before(visit, without), way) or self._saves(without)

    def of_all(self) -> dict[str, str]:
        """Return the reasons by job; the later jobs that would take more replays than are allowed have none."""
        system = self.evaluation.problem.system
        parts = max(len(system.nodes) + len(system.links), 1)
        replays = min(MOST_REPLAYS, MOST_REPLAYED_PARTS // parts)
        found = {}
        for visit in sorted(self.evaluation.plan.visits, key=lambda visit: (visit.start, visit.job)):
            if visit.job not in self._persons_back:
                if not replays:
                    continue
                replays -= 1
            found[visit.job] = self.of(visit)
        return found

    @cached_property
    def _persons_back(self) -> dict[str, dict[str, int]]:
        """Return for each job the persons it brings back by service, the larger figure first."""
        evaluation = self.evaluation
        changes = evaluation.changes
        back = changes[(changes["visit"] >= 0) & (changes["change"] < 0)].assign(persons=-changes["change"])
        totals: pd.DataFrame = back.groupby(["visit", "service"], as_index=False)[["persons"]].sum()
        found: dict[str, dict[str, int]] = {}
        ordered = totals.sort_values(["visit", "persons"], ascending=[True, False], kind="stable")
        for visit, service, persons in ordered.itertuples(index=False, name=None):
            found.setdefault(evaluation.visit_jobs[visit], {})[str(service)] = int(persons)
        return found

    def _without(self, visit: Visit) -> Evaluation:
        """Return what the plan is worth when this visit never happens."""
        plan = self.evaluation.plan
        others = tuple(other for other in plan.visits if other != visit)
        return evaluate(self.evaluation.problem, replace(plan, visits=others))

    def _needed_before(self, visit: Visit, without: Evaluation) -> str:
        """Name the first job that would bring fewer people back without this one, and how many fewer."""
        jobs = self.evaluation.jobs
        then = dict(zip(without.jobs["job"], without.jobs["persons_back"].tolist(), strict=True))
        rows = zip(jobs["job"], jobs["finish"].tolist(), jobs["persons_back"].tolist(), strict=True)
        missing = {
            job: (finish, persons - then[job])
            for job, finish, persons in rows
            if job != visit.job and persons > then[job]
        }
        if not missing:
            return ""
        first = min(missing, key=lambda job: (missing[job][0], job))
        finish, persons = missing[first]
        when = f"{counted(persons, 'person', 'people')} at {self.clock.short(finish)}"
        more = f", and {counted(len(missing) - 1, 'more job')}" if len(missing) > 1 else ""
        return f"needed before {plain(first, 40)}, which brings back {when}{more}"

    def _opens_the_way(self, visit: Visit) -> str:
        """Name the first later drive that would be longer, or impossible, without this road."""
        problem = self.evaluation.problem
        job = problem.job_index[visit.job]
        if not problem.travel.changes_with_repairs or problem.jobs[job].sector != "road":
            return ""
        for other, leg in self._drives_after(visit)[:MOST_DRIVES]:
            opened = self._done_by(other.depart)
            now, never = problem.travel.minutes(opened)[leg], problem.travel.minutes(opened - {job})[leg]
            drive = f"way to {plain(other.job, 40)} for {plain(other.crew, 20)}"
            if never < 0 <= now:
                return f"opens the only {drive}"
            if never > now:
                return f"shortens the {drive} by {duration(int(never - now))}"
        return ""

    def _done_by(self, minute: int) -> frozenset[int]:
        """Return the numbers of the jobs that are done at this minute."""
        numbers = self.evaluation.problem.job_index
        return frozenset(
            numbers[visit.job] for visit in self.evaluation.plan.visits if visit.finish <= minute
        )

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

    def _saves(self, without: Evaluation) -> str:
        """Say what service the job keeps up; some jobs are for nobody, and done because they are broken."""
        lost = without.person_minutes - self.evaluation.person_minutes
        lost += self.evaluation.saved_person_minutes - without.saved_person_minutes
        if lost > 0:
            return (
                f"keeps {hours_figure(lost / MINUTES_PER_HOUR)} person-hours of service from being lost later"
            )
        return "brings nobody back"


def _both(reason: str, way: str) -> str:
    return "; ".join(part for part in (reason, way) if part)


def _brought_back(persons_by_service: dict[str, int]) -> str:
    (first, persons), *others = persons_by_service.items()
    more = "".join(f", {service} for {number:,}" for service, number in others)
    return f"brings back {first} for {counted(persons, 'person', 'people')}{more}"
