"""What jobs wait for besides a crew and a road: other jobs, partners, parts, safe hours and orders given.

A job's crew sets out as it always does; on site it waits until all conditions of the job hold. `Conditions` says
them by the numbers of the jobs; a problem without any has `NO_CONDITIONS` and is timed crew by crew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lifeline.circles import refuse_circles
from lifeline.hours import joined
from lifeline.jobs import Job, Work
from lifeline.plan import LAST_MINUTE
from lifeline.work_checks import minutes_in

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.crews import Crew
    from lifeline.system import System

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, order=True)
class Lock:
    """An order that every plan keeps: a row of the `locks` table, whose kinds it explains."""

    job: str
    kind: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.job}: {self.kind.replace('_', ' ')} {self.value}".strip()


@dataclass(frozen=True)
class Conditions:
    """All conditions of a problem; jobs are numbers, minutes count from time zero.

    `after`: (job, job before, minutes between the end of that and the start of this). `together`: jobs whose crews
    start at the same minute and work side by side, in minutes in which all are on duty. `closed`: by job, the spans in
    which nobody may be on its site. `uses`: by job, how many of which parts it takes as it starts; `stock`: by depot
    and part, (minute, pieces) of what is there or comes, in order of time.
    """

    after: tuple[tuple[int, int, int], ...] = ()
    together: tuple[tuple[int, ...], ...] = ()
    not_before: Mapping[int, int] = field(default_factory=dict)
    not_after: Mapping[int, int] = field(default_factory=dict)
    first: frozenset[int] = frozenset()
    closed: Mapping[int, Spans] = field(default_factory=dict)
    uses: Mapping[int, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    stock: Mapping[tuple[str, str], Spans] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Tell whether no job waits for anything but its crew and the roads."""
        return not (
            self.after
            or self.together
            or self.not_before
            or self.not_after
            or self.first
            or self.closed
            or self.uses
        )

    @cached_property
    def befores(self) -> dict[int, tuple[tuple[int, int], ...]]:
        """Return for each job that waits for others those jobs, with the minutes between."""
        befores: dict[int, list[tuple[int, int]]] = {}
        for job, before, lag in self.after:
            befores.setdefault(job, []).append((before, lag))
        return {job: tuple(others) for job, others in befores.items()}

    @cached_property
    def followers(self) -> dict[int, tuple[int, ...]]:
        """Return for each job those that wait for it."""
        followers: dict[int, list[int]] = {}
        for job, before, _ in self.after:
            followers.setdefault(before, []).append(job)
        return {job: tuple(sorted(set(others))) for job, others in followers.items()}

    @cached_property
    def group_of(self) -> dict[int, tuple[int, ...]]:
        """Return for each job with partners all jobs of its group, itself among them."""
        return {job: group for group in self.together for job in group}

    def in_stock(self, depot: str, part: str) -> Spans:
        """Return when how many of a part come to a depot."""
        return self.stock.get((depot, part), ())

    def minute_of_stock(self, depot: str, part: str, pieces: int) -> int | None:
        """Return the first minute by which so many of a part have come to a depot in all; None for never."""
        come = 0
        for minute, quantity in self.in_stock(depot, part):
            come += quantity
            if come >= pieces:
                return minute
        return None

    def parts_there(self, job: int, depot: str, used: Mapping[tuple[str, str], int]) -> int | None:
        """Return the minute from which a depot has a job's parts when so many of each, by depot and part, are gone.

        None for never, 0 for a job that needs none.
        """
        there = 0
        for part, pieces in self.uses.get(job, ()):
            minute = self.minute_of_stock(depot, part, used.get((depot, part), 0) + pieces)
            if minute is None:
                return None
            there = max(there, minute)
        return there

    def needed_before(self, jobs: Sequence[int]) -> frozenset[int]:
        """Return these jobs with all that have to be done before them or with them."""
        found: set[int] = set()
        to_do = list(jobs)
        while to_do:
            job = to_do.pop()
            if job not in found:
                found.add(job)
                to_do += [before for before, _ in self.befores.get(job, ())]
                to_do += self.group_of.get(job, ())
        return frozenset(found)

    @property
    def longest_wait(self) -> int:
        """Return minutes that all waits for conditions together never exceed, other jobs' own time apart."""
        lags = sum(lag for _, _, lag in self.after)
        shut = {span for spans in self.closed.values() for span in spans}
        latest = max(
            [*self.not_before.values(), *(minute for spans in self.stock.values() for minute, _ in spans)],
            default=0,
        )
        return lags + sum(until - start for start, until in shut) + latest


NO_CONDITIONS = Conditions()


def locks_of(table: pd.DataFrame) -> tuple[Lock, ...]:
    """Return the rows of a canonical `locks` table."""
    rows = zip(*(table[name].tolist() for name in ("job", "kind", "value")), strict=True)
    return tuple(sorted(Lock(*row) for row in rows))


def conditions_of(system: System, work: Work, locks: Sequence[Lock]) -> Conditions:
    """Return the conditions of the jobs a shock makes; orders for jobs that are not there are passed over.

    InvalidInput where jobs wait for each other in a circle: it names the circle.
    """
    index = {job.id: number for number, job in enumerate(work.jobs)}
    partners = {group[0]: group for group in work.together}
    after = {(index[job], index[before], lag) for job, before, lag in work.after}
    not_before: dict[int, int] = {}
    not_after: dict[int, int] = {}
    first: set[int] = set()
    ordered: dict[tuple[int, int], Lock] = {}
    for lock in locks:
        name = work.named.get(lock.job, lock.job)
        if name not in index:
            continue
        for member in partners.get(name, (name,)):
            number = index[member]
            if lock.kind in ("start", "not_before"):
                not_before[number] = max(not_before.get(number, 0), minutes_in(lock.value))
            if lock.kind in ("start", "not_after"):
                not_after[number] = min(not_after.get(number, LAST_MINUTE), minutes_in(lock.value))
            if lock.kind == "first":
                first.add(number)
        before = work.named.get(lock.value, lock.value)
        if lock.kind == "after" and before in index:
            after.add((index[name], index[before], 0))
            ordered[index[name], index[before]] = lock
    together = tuple(tuple(index[job] for job in group) for group in work.together)
    refuse_circles(work.jobs, sorted(after), together, ordered)
    return Conditions(
        after=tuple(sorted(after)),
        together=together,
        not_before=dict(sorted(not_before.items())),
        not_after=dict(sorted(not_after.items())),
        first=frozenset(first),
        closed=_closed(system, work.jobs),
        uses=_uses(system, work, index),
        stock=_stock(system),
    )


def allowed_by(
    locks: Sequence[Lock], work: Work, crews: Sequence[Crew], *, own_only: bool
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Tell for each crew and job whether orders, owners and the limits of volunteers let it do that job."""
    index = {job.id: number for number, job in enumerate(work.jobs)}
    number_of = {crew.id: number for number, crew in enumerate(crews)}
    allowed = np.ones((len(crews), len(work.jobs)), bool)
    simple = np.array([job.simple for job in work.jobs], bool)
    owner = np.array([job.owner for job in work.jobs], object)
    for number, crew in enumerate(crews):
        if crew.is_volunteer:
            allowed[number] &= simple
        if own_only:
            allowed[number] &= (owner == crew.owner) | (owner == "")
    for lock in locks:
        name = work.named.get(lock.job, lock.job)
        if name not in index or lock.kind not in ("crew", "not_crew"):
            continue
        this = np.arange(len(crews)) == number_of.get(lock.value, -1)
        allowed[:, index[name]] &= this if lock.kind == "crew" else ~this
    return allowed


def _closed(system: System, jobs: Sequence[Job]) -> dict[int, Spans]:
    """Return by job the spans in which its site is closed, joined where they meet, in order of time."""
    from lifeline.distance import METRES_PER_KM, great_circle_metres

    closed: dict[int, list[tuple[int, int]]] = {}
    longitude = np.array([job.longitude for job in jobs], float)
    latitude = np.array([job.latitude for job in jobs], float)
    for row in system.closures.to_dict("records"):
        if row["component"]:
            shut = [number for number, job in enumerate(jobs) if job.component == row["component"]]
        else:
            here = np.full(len(jobs), row["longitude"], float), np.full(len(jobs), row["latitude"], float)
            metres = great_circle_metres(here[0], here[1], longitude, latitude)
            shut = np.flatnonzero(metres <= row["radius_km"] * METRES_PER_KM).tolist()
        for number in shut:
            closed.setdefault(number, []).append((row["from_minute"], row["until_minute"]))
    return {number: joined(sorted(spans)) for number, spans in sorted(closed.items())}


def _uses(system: System, work: Work, index: Mapping[str, int]) -> dict[int, tuple[tuple[str, int], ...]]:
    uses: dict[int, Counter[str]] = {}
    for row in system.uses.to_dict("records"):
        number = index.get(work.named.get(row["job"], row["job"]))
        if number is not None:
            uses.setdefault(number, Counter())[row["part"]] += row["quantity"]
    return {number: tuple(sorted(parts.items())) for number, parts in sorted(uses.items())}


def _stock(system: System) -> dict[tuple[str, str], Spans]:
    stock: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row in system.stock.to_dict("records"):
        stock.setdefault((row["depot"], row["part"]), []).append((row["from_minute"], row["quantity"]))
    return {key: tuple(sorted(rows)) for key, rows in sorted(stock.items())}
