"""What the model is written from: crews on their own clocks, drives, work and needs, all as plain numbers.

A crew's own clock runs only while it is on duty, so on it a drive and a repair simply add up; see `cp_hours`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from solvers.buffer_ends import buffer_ends
from solvers.cp_hours import Calendar, calendar_of, duty_before
from solvers.cp_waits import Waits, asked_for, waits_of
from solvers.crew_time import CrewTime
from solvers.folding import folded
from solvers.needs import NOTHING, Event, Need, Needs, needs_of
from solvers.settling import settled

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem
    from solvers.dark import Dark

NO_WAY = -1
STAYS = -1
"Stands for the minutes on duty after which a crew leaves, of one that does not."

MOST_CLOSED_DRIVES = 2_000_000
"Drives looked up to see what jobs that open roads are good for; with more of them the bound is only weaker."


@dataclass(frozen=True)
class TaskCrew:
    """A crew: the site where it begins, the minutes on duty gone by then and when it leaves, and its possible jobs.

    Further the numbers of its calendar, of its speed class and of its class of working speed.
    """

    site: int
    gone: int
    leaves: int
    calendar: int
    speed_class: int
    work_class: int
    jobs: tuple[int, ...]


@dataclass(frozen=True)
class Closed:
    """Drives while one job that opens roads is not done yet, whatever else is: at least these minutes."""

    job: int
    drives: tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True)
class Task:
    """A repair problem as plain numbers; `drives`[speed class][from][to] with all roads open that can be.

    `closed` tells what they are without some of them, as far as that was looked at. `work`[class][job] are minutes on
    duty.
    """

    roads_change: bool
    horizon: int
    work: tuple[tuple[int, ...], ...]
    crews: tuple[TaskCrew, ...]
    calendars: tuple[Calendar, ...]
    drives: tuple[tuple[tuple[int, ...], ...], ...]
    closed: tuple[Closed, ...]
    needs: Needs
    waits: Waits

    @property
    def is_exact(self) -> bool:
        """Return whether the cost of the task is the judge's for every order; else it is never more."""
        return self.needs.is_exact and self.waits.is_exact and not self.roads_change

    def takes(self, crew: int, job: int) -> int:
        """Return the minutes on duty that a crew takes for a job."""
        return self.work[self.crews[crew].work_class][job]

    @classmethod
    def from_plain(cls, content: dict[str, Any]) -> Task:
        """Read what `dataclasses.asdict` makes of a task, also after it has been JSON."""
        return cls(
            roads_change=content["roads_change"],
            horizon=content["horizon"],
            work=_nested(content["work"]),
            crews=tuple(TaskCrew(**{**crew, "jobs": tuple(crew["jobs"])}) for crew in content["crews"]),
            calendars=tuple(
                Calendar(tuple(entry["first"]), tuple(entry["opens"])) for entry in content["calendars"]
            ),
            drives=_nested(content["drives"]),
            closed=tuple(Closed(entry["job"], _nested(entry["drives"])) for entry in content["closed"]),
            needs=Needs(
                tuple(_event(entry) for entry in content["needs"]["events"]),
                content["needs"]["is_exact"],
                content["needs"]["fixed_cost"],
            ),
            waits=Waits.from_plain(content["waits"]),
        )


def _event(entry: dict[str, Any]) -> Event:
    needs = tuple(
        Need(tuple((other, job) for other, job in need["ways"]), need["is_feed"]) for need in entry["needs"]
    )
    return Event(**{**entry, "needs": needs})


def _nested(value: Any) -> Any:
    return tuple(_nested(part) for part in value) if isinstance(value, list) else value


def task_of(problem: RepairProblem, dark: Dark) -> Task:
    """Return a problem as plain numbers, with only the jobs that somebody waits for or that change the roads."""
    horizon, openers = problem.horizon_minutes, sorted(problem.travel.opening_jobs)
    drives = problem.travel.minutes(openers)
    earliest = np.minimum(CrewTime.of(problem).earliest, horizon)
    ends = buffer_ends(problem, dark, earliest)
    needs = folded(settled(needs_of(dark, ends, horizon), earliest.tolist()))
    wanted = {job for event in needs.events for job in (event.job, *_jobs_on_ways(event))} - {NOTHING}
    if any(job.sector == "road" for job in problem.jobs):
        # A job that nobody waits for may be a good place to wait for a road, or a way past a one-way road.
        wanted = set(range(len(problem.jobs)))
    wanted = asked_for(problem, wanted)
    own = [calendar_of(crew, horizon) for crew in problem.crews]
    calendars = sorted(set(own), key=_by_spans)
    looked_at = openers if len(openers) * drives.size <= MOST_CLOSED_DRIVES else []
    return Task(
        roads_change=bool(openers),
        horizon=horizon,
        work=_nested(problem.work_classes[1].tolist()),
        crews=tuple(
            _crew(problem, number, calendars.index(own[number]), wanted) for number in range(len(own))
        ),
        calendars=tuple(calendars),
        drives=_nested(drives.tolist()),
        closed=tuple(_closed(problem, openers, job) for job in looked_at),
        needs=needs,
        waits=waits_of(problem, wanted, calendars, [calendars.index(one) for one in own]),
    )


def _crew(problem: RepairProblem, number: int, calendar: int, wanted: set[int]) -> TaskCrew:
    crew, (site, minute) = problem.crews[number], problem.starts
    leaves = crew.available_until_minute
    return TaskCrew(
        site=int(site[number]),
        gone=duty_before(crew, int(minute[number])),
        leaves=STAYS if leaves is None else duty_before(crew, leaves),
        calendar=calendar,
        speed_class=int(problem.travel.speed_class_of_crew[number]),
        work_class=int(problem.work_classes[0][number]),
        jobs=tuple(job for job in np.flatnonzero(problem.can_do[number]).tolist() if job in wanted),
    )


def _jobs_on_ways(event: Event) -> set[int]:
    return {job for need in event.needs for _, job in need.ways}


def _closed(problem: RepairProblem, openers: list[int], job: int) -> Closed:
    others = [other for other in openers if other != job]
    return Closed(job, _nested(problem.travel.minutes(others).tolist()))


def _by_spans(calendar: Calendar) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return calendar.first, calendar.opens
