"""Roads closed by order: each has a job that nobody can do, so that it stays shut until it is reported open.

A road that is broken and closed has both: its repair can be done, and does not open it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lifeline.added_rows import records_of
from lifeline.components import component_table
from lifeline.conditions import Lock
from lifeline.jobs import STEP, Job, Work
from lifeline.plan import LAST_MINUTE
from lifeline.road_graph import ROAD, travel_between
from lifeline.shock import Shock

if TYPE_CHECKING:
    from lifeline.crews import Crew
    from lifeline.news import News
    from lifeline.plan import Visit
    from lifeline.repair import RepairProblem
    from lifeline.system import System
    from lifeline.travel import Drives

CLOSED_BY_ORDER = "It is closed by order; it opens when it is reported open."

OPENING = f"{STEP}opening"


def with_closed(
    system: System, shock: Shock, work: Work, links: Collection[str], crews: Sequence[Crew]
) -> tuple[Shock, Work, dict[str, str]]:
    """Return damage and jobs with these road links shut, and the job that would open each: nobody can do it."""
    if not links:
        return shock, work, {}
    taken = {job.id for job in work.jobs}
    openings: dict[str, str] = {}
    for link in sorted(links):
        name = f"{link}{OPENING}"
        while name in taken:
            name += "+"
        openings[link] = name
    skills = {skill for crew in crews for skill in crew.skills}
    # A skill that somebody has: it is not for want of one that nobody does it.
    skill = ROAD if ROAD in skills or not skills else min(skills)
    jobs = [
        replace(job, restores=False) if job.component in openings and job.restores else job
        for job in work.jobs
    ]
    table = component_table(system, sorted(openings))
    jobs += [_opening(row, openings[row["id"]], skill) for row in records_of(table)]
    return (
        _with_shut(system, shock, openings),
        replace(work, jobs=tuple(sorted(jobs, key=lambda job: job.id))),
        openings,
    )


def is_opening(job: Job) -> bool:
    """Tell whether a job stands for the order that keeps a road shut."""
    return job.id.rstrip("+") == f"{job.component}{OPENING}"


def nobody_opens(openings: Mapping[str, str], crews: Sequence[Crew]) -> list[Lock]:
    """Return the orders that keep every crew from opening closed roads."""
    return [Lock(job, "not_crew", crew.id) for job in sorted(openings.values()) for crew in crews]


def _opening(row: Mapping[str, object], name: str, skill: str) -> Job:
    return Job(
        id=name,
        sector=str(row["sector"]),
        kind=str(row["kind"]),
        repair_minutes=1,
        skill=skill,
        longitude=float(str(row["longitude"])),
        latitude=float(str(row["latitude"])),
        owner=str(row["owner"]),
        component=str(row["id"]),
    )


def _with_shut(system: System, shock: Shock, links: Collection[str]) -> Shock:
    rows = [{str(name): value for name, value in row.items()} for row in shock.damage.to_dict("records")]
    shut = sorted(set(links) - set(shock.components))
    return Shock.from_table(system, [*rows, *({"component": link, "repair_minutes": 1} for link in shut)])


class RoadsSoFar:
    """The roads as they were at any minute up to now, by what has been repaired, closed and opened since time zero."""

    def __init__(self, problem: RepairProblem, news: News, named: Mapping[str, str]) -> None:
        """`named` gives for broken components the job with which they are back."""
        self.closures = news.closures
        self.travel = problem.travel
        self._jobs = problem.job_index
        self._openings: dict[str, str] = {}
        self._named = named
        if self.closures:
            from lifeline.jobs import work_of

            work = work_of(problem.system, problem.shock)
            _, work, self._openings = with_closed(
                problem.system, problem.shock, work, self.closures, problem.crews
            )
            self._jobs = {job.id: number for number, job in enumerate(work.jobs)}
            self.travel = travel_between(problem.system, problem.crews, work.jobs)
        self._crews = len(problem.crews)

    def any_shut(self, minute: int) -> bool:
        """Tell whether any road is closed by order at this minute."""
        return any(begins <= minute < ends for spans in self.closures.values() for begins, ends in spans)

    def reopenings(self, after: int) -> list[int]:
        """Return the minutes after this one at which closed roads were opened, in order."""
        ends = {ends for spans in self.closures.values() for _, ends in spans}
        return sorted(end for end in ends if after < end < LAST_MINUTE)

    def site(self, job: str) -> int:
        """Return the number of a job's site."""
        return self._crews + self._jobs[job]

    def drives(self, minute: int, done: Collection[Visit]) -> Drives:
        """Return the drives that are possible at a minute, `done` being the visits that had ended by then."""
        drives = self.travel.drives()
        finished = {visit.job for visit in done if visit.finish <= minute}
        for job in sorted(finished):
            drives.job_done(self._jobs[job])
        for link, opening in self._openings.items():
            shut = any(begins <= minute < ends for begins, ends in self.closures[link])
            if not shut and (link not in self._named or self._named[link] in finished):
                drives.job_done(self._jobs[opening])
        return drives
