"""What jobs wait for besides a crew and a road, as plain numbers for the model: see `lifeline.conditions`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from lifeline.plan import LAST_MINUTE
from solvers.cp_hours import Calendar, shared
from solvers.stock_left import most_by, stock_left

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

MOST_KINDS_OF_HOURS = 60
"Of so many choices of calendars for partners the common hours are worked out; with more they only begin together."


@dataclass(frozen=True)
class Hours:
    """The minutes that count for a unit, when its jobs are done by crews with these calendars.

    `behind`[job of the unit][span] is what the clock of the job's crew shows more than the count of these minutes.
    """

    calendars: tuple[int, ...]
    minutes: Calendar
    behind: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Unit:
    """A job that waits for something, or a group of partners; they start and end together, in any of `hours`.

    `is_due`: the job cannot be left for after the horizon, as it has to start at `not_after` at the latest.
    """

    jobs: tuple[int, ...]
    hours: tuple[Hours, ...]
    not_before: int
    not_after: int
    is_due: bool


@dataclass(frozen=True)
class Store:
    """A part at a depot: the crews that take it there, what is there from when on in all, and what jobs use of it."""

    crews: tuple[int, ...]
    left: tuple[tuple[int, int], ...]
    uses: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Waits:
    """All conditions; `past` are (job, minute) of the history, `same_start` jobs that begin at the same minute.

    Of the jobs in `first`, those in `first_or_idle` keep their crew from all others also when they are late. Where
    not `is_exact`, the model lets plans pass that the judge would not.
    """

    past: tuple[tuple[int, int], ...] = ()
    after: tuple[tuple[int, int, int], ...] = ()
    units: tuple[Unit, ...] = ()
    same_start: tuple[tuple[int, ...], ...] = ()
    first: tuple[int, ...] = ()
    first_or_idle: tuple[int, ...] = ()
    stores: tuple[Store, ...] = ()
    uses_parts: tuple[int, ...] = ()
    is_exact: bool = True

    @classmethod
    def from_plain(cls, content: dict[str, Any]) -> Waits:
        """Read what `dataclasses.asdict` makes of it, also after it has been JSON."""
        units = (
            Unit(
                jobs=tuple(unit["jobs"]),
                hours=tuple(
                    Hours(tuple(kind["calendars"]), _calendar(kind["minutes"]), _nested(kind["behind"]))
                    for kind in unit["hours"]
                ),
                not_before=unit["not_before"],
                not_after=unit["not_after"],
                is_due=unit["is_due"],
            )
            for unit in content["units"]
        )
        stores = (
            Store(*(_nested(store[name]) for name in ("crews", "left", "uses")))
            for store in content["stores"]
        )
        names = ("past", "after", "same_start", "first", "first_or_idle", "uses_parts")
        return cls(
            units=tuple(units),
            stores=tuple(stores),
            is_exact=content["is_exact"],
            **{name: _nested(content[name]) for name in names},
        )


def _calendar(entry: dict[str, Any]) -> Calendar:
    return Calendar(tuple(entry["first"]), tuple(entry["opens"]))


def _nested(value: Any) -> Any:
    return tuple(_nested(part) for part in value) if isinstance(value, (list, tuple)) else value


def asked_for(problem: RepairProblem, wanted: Collection[int]) -> set[int]:
    """Return the jobs that somebody waits for, those under orders, and all that come before or beside these."""
    conditions = problem.conditions
    ordered = {*conditions.first, *conditions.not_after}
    return set(conditions.needed_before(sorted({*wanted, *ordered})))


def waits_of(
    problem: RepairProblem, wanted: Collection[int], calendars: Sequence[Calendar], calendar: Sequence[int]
) -> Waits:
    """Return what the wanted jobs wait for; `calendar`[crew] is the number of each crew's calendar."""
    return _Translation(problem, wanted, calendars, calendar).waits()


class _Translation:
    """One problem on its way to plain numbers."""

    def __init__(
        self,
        problem: RepairProblem,
        wanted: Collection[int],
        calendars: Sequence[Calendar],
        calendar: Sequence[int],
    ) -> None:
        """Note which wanted jobs are still to do, and by whom."""
        self.problem, self.conditions = problem, problem.conditions
        self.calendars, self.calendar = calendars, calendar
        self.horizon = problem.horizon_minutes
        self.jobs = [job for job in sorted(wanted) if problem.can_do[:, job].any()]
        self.able = {job: np.flatnonzero(problem.can_do[:, job]).tolist() for job in self.jobs}
        self.is_exact = True

    def waits(self) -> Waits:
        """Return all conditions."""
        stores = tuple(self._stores())
        short = {job for store in stores for job, _ in store.uses}
        units: list[Unit] = []
        same_start = []
        for group in self._groups(short):
            if self._kinds_of_hours(group) > MOST_KINDS_OF_HOURS:
                self.is_exact = False
                same_start.append(group)
                units += [self._unit((job,)) for job in group]
            else:
                units.append(self._unit(group))
        first = [job for job in self.jobs if job in self.conditions.first]
        firm = [job for job in first if not self._may_be_left_out(job)]
        self.is_exact = self.is_exact and first == firm
        known = {*self.jobs, *self.problem.past}
        return Waits(
            past=tuple(
                (job, min(visit.finish, self.horizon)) for job, visit in sorted(self.problem.past.items())
            ),
            after=tuple(row for row in self.conditions.after if row[0] in self.jobs and row[1] in known),
            units=tuple(units),
            same_start=tuple(same_start),
            first=tuple(first),
            first_or_idle=tuple(firm),
            stores=stores,
            uses_parts=tuple(job for job in self.jobs if job in self.conditions.uses),
            is_exact=self.is_exact,
        )

    def _groups(self, short: Collection[int]) -> Iterator[tuple[int, ...]]:
        """Yield the jobs that wait for something on site, with their partners."""
        conditions = self.conditions
        waiting = {
            *conditions.befores,
            *conditions.not_before,
            *conditions.not_after,
            *conditions.closed,
            *short,
        }
        for job in self.jobs:
            group = tuple(other for other in conditions.group_of.get(job, (job,)) if other in self.able)
            if job == group[0] and (len(group) > 1 or job in waiting):
                yield group

    def _kinds_of_hours(self, group: Sequence[int]) -> int:
        kinds = 1
        for job in group:
            kinds *= len({self.calendar[crew] for crew in self.able[job]})
        return kinds

    def _unit(self, group: tuple[int, ...]) -> Unit:
        conditions = self.conditions
        numbers = [sorted({self.calendar[crew] for crew in self.able[job]}) for job in group]
        not_after = min(conditions.not_after.get(job, LAST_MINUTE) for job in group)
        hours = tuple(
            self._hours(choice, conditions.closed.get(group[0], ())) for choice in product(*numbers)
        )
        is_due = False
        if not_after < LAST_MINUTE:
            longest = max(self.problem.work_minutes(crew, job) for job in group for crew in self.able[job])
            ends = [kind.minutes.minute(kind.minutes.count_at(not_after) + 1 + longest) for kind in hours]
            left_out = any(self._may_be_left_out(job) for job in group)
            is_due = not left_out and max(ends) < self.horizon
            self.is_exact = self.is_exact and is_due
        return Unit(
            jobs=group,
            hours=hours,
            not_before=max(conditions.not_before.get(job, 0) for job in group),
            not_after=not_after,
            is_due=is_due,
        )

    def _hours(self, choice: tuple[int, ...], shut: Sequence[tuple[int, int]]) -> Hours:
        minutes = shared([self.calendars[number] for number in choice], shut, self.horizon)
        behind = tuple(
            tuple(
                self.calendars[number].count_at(opens) - first
                for first, opens in zip(minutes.first, minutes.opens, strict=True)
            )
            for number in choice
        )
        return Hours(choice, minutes, behind)

    def _may_be_left_out(self, job: int) -> bool:
        """Tell whether a plan may do without a job: it, or what it waits for, needs parts or a crew that leaves."""
        problem = self.problem
        return any(
            other in self.conditions.uses
            or problem.jobs[other].is_optional
            or any(
                problem.crews[crew].available_until_minute is not None for crew in self.able.get(other, ())
            )
            for other in self.conditions.needed_before([job])
        )

    def _stores(self) -> Iterator[Store]:
        """Yield the parts of which a depot has, at first, fewer than all jobs that may take them there."""
        problem = self.problem
        now = int(problem.starts[1].min(initial=LAST_MINUTE))
        parts = sorted({part for job in self.jobs for part, _ in self.conditions.uses.get(job, ())})
        for depot in sorted({crew.depot for crew in problem.crews}):
            crews = tuple(number for number, crew in enumerate(problem.crews) if crew.depot == depot)
            for part in parts:
                uses = tuple(
                    (job, pieces)
                    for job in self.jobs
                    for other, pieces in self.conditions.uses.get(job, ())
                    if other == part and not set(crews).isdisjoint(self.able[job])
                )
                left = stock_left(problem, depot, part)
                if sum(pieces for _, pieces in uses) > most_by(now, left):
                    # What the history uses after somebody else could begin, the model counts for nobody before.
                    self.is_exact &= all(visit.start <= now for visit in problem.history)
                    yield Store(crews, left, uses)
