"""What the model is written from: crews on their own clocks, drives, repairs and needs, all as plain numbers.

A crew's own clock runs only while it is on duty, so on it a drive and a repair simply add up. A span of duty
number s begins when `first[s]` minutes on duty have passed, at minute `opens[s]` of the real clock: work that is
done with `count` minutes on duty behind it, all told, is done at minute opens[s] + count - first[s] of the last
span with first[s] < count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from solvers.buffer_ends import buffer_ends
from solvers.folding import folded
from solvers.needs import Event, Need, Needs, needs_of
from solvers.settling import settled

if TYPE_CHECKING:
    from lifeline.crews import Crew
    from lifeline.repair import RepairProblem
    from lifeline.travel import Minutes
    from solvers.dark import Dark

NO_WAY = -1
NEVER_YET = -1

MOST_CLOSED_DRIVES = 2_000_000
"Drives looked up to see what jobs that open roads are good for; with more of them the bound is only weaker."


@dataclass(frozen=True)
class Calendar:
    """The spans of duty of a crew up to the horizon; see above."""

    first: tuple[int, ...]
    opens: tuple[int, ...]

    @property
    def is_real_time(self) -> bool:
        """Return whether the crew's clock is the real one."""
        return self.first == (0,) and self.opens == (0,)

    def minute(self, count: int) -> int:
        """Return the minute at which work is done with `count` minutes on duty behind it."""
        span = max((s for s, first in enumerate(self.first) if first < count), default=0)
        return self.opens[span] + count - self.first[span]


@dataclass(frozen=True)
class TaskCrew:
    """A crew: the minutes on duty gone when it becomes available, its calendar, speed class and possible jobs."""

    gone: int
    calendar: int
    speed_class: int
    jobs: tuple[int, ...]


@dataclass(frozen=True)
class Closed:
    """Drives while one job that opens roads is not done yet, whatever else is: at least these minutes."""

    job: int
    drives: tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True)
class Task:
    """A repair problem as plain numbers; `drives`[speed class][from][to] with all roads open that can be.

    `closed` tells what they are without some of them, as far as that was looked at.
    """

    roads_change: bool
    horizon: int
    repair: tuple[int, ...]
    crews: tuple[TaskCrew, ...]
    calendars: tuple[Calendar, ...]
    drives: tuple[tuple[tuple[int, ...], ...], ...]
    closed: tuple[Closed, ...]
    needs: Needs

    @property
    def is_exact(self) -> bool:
        """Return whether the cost of the task is the judge's for every order; else it is never more."""
        return self.needs.is_exact and not self.roads_change

    @classmethod
    def from_plain(cls, content: dict[str, Any]) -> Task:
        """Read what `dataclasses.asdict` makes of a task, also after it has been JSON."""
        return cls(
            roads_change=content["roads_change"],
            horizon=content["horizon"],
            repair=tuple(content["repair"]),
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
    openers = sorted(problem.travel.opening_jobs)
    drives = problem.travel.minutes(openers)
    earliest = _earliest(problem, drives)
    ends = buffer_ends(problem, dark, earliest)
    needs = folded(settled(needs_of(dark, ends, problem.horizon_minutes), earliest.tolist()))
    wanted = {job for event in needs.events for job in (event.job, *_jobs_on_ways(event))}
    if any(job.sector == "road" for job in problem.jobs):
        # A job that nobody waits for may be a good place to wait for a road, or a way past a one-way road.
        wanted = set(range(len(problem.jobs)))
    calendars = sorted({_calendar(crew, problem.horizon_minutes) for crew in problem.crews}, key=_by_spans)
    speed_class = problem.travel.speed_class_of_crew.tolist()
    crews = tuple(
        TaskCrew(
            gone=_gone(crew),
            calendar=calendars.index(_calendar(crew, problem.horizon_minutes)),
            speed_class=speed_class[number],
            jobs=tuple(job for job in np.flatnonzero(problem.can_do[number]).tolist() if job in wanted),
        )
        for number, crew in enumerate(problem.crews)
    )
    looked_at = openers if len(openers) * drives.size <= MOST_CLOSED_DRIVES else []
    return Task(
        roads_change=bool(openers),
        horizon=problem.horizon_minutes,
        repair=tuple(job.repair_minutes for job in problem.jobs),
        crews=crews,
        calendars=tuple(calendars),
        drives=_nested(drives.tolist()),
        closed=tuple(_closed(problem, openers, job) for job in looked_at),
        needs=needs,
    )


def _jobs_on_ways(event: Event) -> set[int]:
    return {job for need in event.needs for _, job in need.ways}


def _earliest(problem: RepairProblem, drives: Minutes) -> NDArray[np.int64]:
    """Return for each job a minute before which no crew has it done: each goes there straight from its start."""
    earliest = np.full(len(problem.jobs), problem.horizon_minutes, np.int64)
    crews = len(problem.crews)
    for number, crew in enumerate(problem.crews):
        calendar, gone = _calendar(crew, problem.horizon_minutes), _gone(crew)
        direct = drives[problem.travel.speed_class_of_crew[number]]
        for job in np.flatnonzero(problem.can_do[number]).tolist():
            # By way of other sites it may be quicker: minutes are rounded up on every leg, and roads are one-way.
            shortest = int(min(way for way in direct[:, crews + job].tolist() if way != NO_WAY))
            minute = calendar.minute(gone + shortest + problem.jobs[job].repair_minutes)
            earliest[job] = min(earliest[job], minute)
    return earliest


def _closed(problem: RepairProblem, openers: list[int], job: int) -> Closed:
    others = [other for other in openers if other != job]
    return Closed(job, _nested(problem.travel.minutes(others).tolist()))


def _gone(crew: Crew) -> int:
    """Return the minutes on duty from minute 0 until the crew becomes available."""
    periods, rest = divmod(crew.available_from_minute, crew.period_minutes)
    gone = sum(min(rest, closes) - opens for opens, closes in crew.windows if opens < rest)
    return periods * crew.duty_minutes + gone


def _calendar(crew: Crew, horizon: int) -> Calendar:
    """Return the crew's spans of duty up to the horizon; spans that touch are one.

    Work that is not done in them is done after the horizon: it falls into a last span that opens there.
    """
    if crew.duty_minutes == crew.period_minutes:
        return Calendar((0,), (0,))
    first: list[int] = []
    opens_at: list[int] = []
    gone, ends = 0, NEVER_YET
    for period in range(0, horizon, crew.period_minutes):
        for opens, closes in crew.windows:
            if period + opens >= horizon:
                break
            if period + opens > ends:
                first.append(gone)
                opens_at.append(period + opens)
            gone += closes - opens
            ends = period + closes
    if ends < horizon:
        first.append(gone)
        opens_at.append(horizon)
    return Calendar(tuple(first), tuple(opens_at))


def _by_spans(calendar: Calendar) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return calendar.first, calendar.opens
