"""What there is to repair, and by whom: jobs, crews and travel as one problem for solvers and the judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.checks import rows_differ
from lifeline.conditions import NO_CONDITIONS, Conditions, Lock, allowed_by, conditions_of, locks_of
from lifeline.crews import (
    MINUTES_PER_DAY,
    USUAL_SPEED,
    Crew,
    CrewWindows,
    common_hours,
    crew_windows,
    crews_from_tables,
)
from lifeline.districts import Districts
from lifeline.errors import InvalidInput, UnknownComponent
from lifeline.facilities import with_facilities
from lifeline.jobs import MENDS_NOTHING, Job, Work, work_of
from lifeline.nearest import Nearest
from lifeline.plan import LAST_MINUTE, Visit
from lifeline.relief import with_relief
from lifeline.road_graph import travel_between
from lifeline.roads import RoadTravel
from lifeline.sheets import sheet_of, tidy
from lifeline.tables import PLAIN_WEIGHT_PERMILLE, TABLES
from lifeline.travel import Travel
from lifeline.unassignable import skilled, unassignable_jobs

if TYPE_CHECKING:
    from lifeline.cascade import Cascade
    from lifeline.shock import Shock
    from lifeline.system import System

MOST_OBJECTIVE = 2**63 - 1
MOST_PERSON_MINUTES = 2**53  # Beyond this, JSON readers and spreadsheets no longer tell whole numbers apart.


@dataclass(frozen=True, eq=False)
class RepairProblem:
    """Which crews there are for which jobs, and how long lost service counts; see `build_problem`.

    Crews and jobs are in order of their ids; `unassignable` gives, for jobs that no crew can do or no road can ever
    reach, the reason. `conditions` are what jobs wait for besides a crew and a road, `locks` the orders among them, and
    `allowed` tells for each crew and job whether orders, owners and volunteers' limits let it (None: all do). `history`
    are visits that have been made or begun: facts that every plan of this problem starts with.
    """

    system: System
    shock: Shock
    crews: tuple[Crew, ...]
    jobs: tuple[Job, ...]
    horizon_minutes: int
    travel: Travel
    unassignable: Mapping[str, str]
    conditions: Conditions = NO_CONDITIONS
    locks: tuple[Lock, ...] = ()
    allowed: NDArray[np.bool_] | None = None
    history: tuple[Visit, ...] = ()

    @cached_property
    def cascade(self) -> Cascade:
        """Return what the shock does while nothing is repaired."""
        from lifeline.cascade import propagate

        return propagate(self.system, self.shock)

    @cached_property
    def under_connectivity(self) -> RepairProblem:
        """Return the same problem with connectivity deciding who is served in every sector."""
        if self.system.settings.is_plain:
            return self
        return replace(self, system=self.system.under_connectivity)

    @cached_property
    def districts(self) -> Districts:
        """Return the districts in which people are counted."""
        return Districts.of(self)

    @cached_property
    def job_index(self) -> dict[str, int]:
        """Return the number of each job by its id."""
        return {job.id: number for number, job in enumerate(self.jobs)}

    @cached_property
    def crew_index(self) -> dict[str, int]:
        """Return the number of each crew by its id."""
        return {crew.id: number for number, crew in enumerate(self.crews)}

    @cached_property
    def mended(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return for each job whether it mends a link, and the number of the link or node, or MENDS_NOTHING."""
        compiled = self.system.compiled
        mends = [job.component if job.restores else "" for job in self.jobs]
        is_link = np.array([component in compiled.link_index for component in mends], np.int64)
        parts = [
            (compiled.link_index if link else compiled.node_index).get(component, MENDS_NOTHING)
            for component, link in zip(mends, is_link.tolist(), strict=True)
        ]
        return is_link, np.array(parts, np.int64)

    @cached_property
    def past(self) -> dict[int, Visit]:
        """Return the visits of `history` by the number of their job."""
        return {self.job_index[visit.job]: visit for visit in self.history}

    @cached_property
    def past_of_crew(self) -> tuple[tuple[Visit, ...], ...]:
        """Return the visits of `history` of each crew, in order of time."""
        visits: list[list[Visit]] = [[] for _ in self.crews]
        for visit in sorted(self.history, key=lambda visit: (visit.start, visit.finish, visit.job)):
            visits[self.crew_index[visit.crew]].append(visit)
        return tuple(map(tuple, visits))

    @cached_property
    def starts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return for each crew the site from which it goes on (see `travel`) and the minute from which it can."""
        site, minute = np.arange(len(self.crews)), np.zeros(len(self.crews), np.int64)
        for number, (crew, past) in enumerate(zip(self.crews, self.past_of_crew, strict=True)):
            minute[number] = max([crew.available_from_minute, *(visit.finish for visit in past)])
            if past:
                site[number] = len(self.crews) + self.job_index[past[-1].job]
        return site.astype(np.int64), minute

    @cached_property
    def work_classes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return for each crew its class of working speed, and the minutes on duty by class and job."""
        skills = {job.skill for job in self.jobs}
        speeds = [tuple(row for row in crew.speed_permille if row[0] in skills) for crew in self.crews]
        classes = {speed: number for number, speed in enumerate(dict.fromkeys([(), *speeds]))}
        usual = np.array([job.repair_minutes for job in self.jobs], np.int64)
        minutes = np.tile(usual, (len(classes), 1))
        for speed, number in classes.items():
            for skill, permille in speed:
                has = np.array([job.skill == skill for job in self.jobs], bool)
                minutes[number, has] = -(-usual[has] * USUAL_SPEED // permille)
        return np.array([classes[speed] for speed in speeds], np.int64), minutes

    def work_minutes(self, crew: int, job: int) -> int:
        """Return the minutes on duty that this crew takes for this job."""
        work_class, minutes = self.work_classes
        return int(minutes[work_class[crew], job])

    @cached_property
    def can_do(self) -> NDArray[np.bool_]:
        """Tell for each crew and job whether the job is assignable, still to do, and the crew may and can do it."""
        left = np.array([job.id not in self.unassignable for job in self.jobs], bool)
        left[list(self.past)] = False
        can_do: NDArray[np.bool_] = self.able & left
        return can_do

    @cached_property
    def able(self) -> NDArray[np.bool_]:
        """Tell for each crew and job whether the crew has the skill and nothing forbids it."""
        has_skill = skilled(self.crews, self.jobs)
        return has_skill if self.allowed is None else has_skill & self.allowed

    @cached_property
    def to_do(self) -> tuple[Job, ...]:
        """Return the jobs that a plan still has to hand out."""
        return tuple(
            job
            for number, job in enumerate(self.jobs)
            if job.id not in self.unassignable and number not in self.past
        )

    @cached_property
    def within_reach(self) -> NDArray[np.bool_]:
        """Tell for each crew and job whether it can do it and, once all roads are open that can be, get there and back.

        Every assignable job is within reach of some crew. Sequences that keep to it may still have crews wait for
        each other's roads, but some order of the same jobs always works.
        """
        all_done = self.travel.opening_jobs
        within: NDArray[np.bool_] = self.can_do & self.travel.there_and_back(all_done)
        return within

    @cached_property
    def crew_windows(self) -> CrewWindows:
        """Return the shifts of the crews as arrays, for compiled loops."""
        return crew_windows(self.crews)

    def job(self, job: str) -> Job:
        """Return the job of this id; UnknownComponent when nothing of that id is broken."""
        if job not in self.job_index:
            guess = Nearest(self.job_index).to(job)
            hint = "" if guess is None else f" Did you mean {guess!r}?"
            raise UnknownComponent(f"{job!r} is not damaged, so there is no such job.{hint}")
        return self.jobs[self.job_index[job]]


def build_problem(
    system: System,
    shock: Shock,
    *,
    crews: pd.DataFrame | Sequence[Crew] | None = None,
    horizon_minutes: int | None = None,
    locks: Sequence[Lock] | None = None,
    history: Sequence[Visit] = (),
    work: Work | None = None,
) -> RepairProblem:
    """Set crews (the system's own unless given) the task of repairing a shock.

    A DataFrame of crews is one of the format's `crews` table; shifts come from the system's table, and so do the
    orders in `locks` unless given. `work` are the jobs, where they are not simply those that the shock makes. Without
    `horizon_minutes` here or in the settings it follows from the jobs and crews, see `long_enough`. Tasks that give
    relief and facilities become nodes of the problem's own `system`.
    """
    system = with_relief(with_facilities(system))
    found_crews = _crews_of(system, crews)
    work = work_of(system, shock) if work is None else work
    jobs = work.jobs
    if jobs and not found_crews:
        raise InvalidInput("There is damage but no crew to repair it. Add rows to the crews table.")
    orders = locks_of(system.locks) if locks is None else tuple(sorted(locks))
    conditions = conditions_of(system, work, orders)
    allowed = allowed_by(orders, work, found_crews, own_only=system.settings.command == "own")
    travel = travel_between(system, found_crews, jobs, history)
    done = frozenset(visit.job for visit in history)
    unassignable = unassignable_jobs(found_crews, jobs, travel, conditions, allowed, done, orders)
    if isinstance(travel, RoadTravel):
        travel = travel.without([number for number, job in enumerate(jobs) if job.id in unassignable])
    if horizon_minutes is None:
        horizon_minutes = system.settings.horizon_minutes
    if horizon_minutes is None:
        possible = [job for job in jobs if job.id not in unassignable]
        horizon_minutes = long_enough(found_crews, possible, travel, conditions)
    _check_sizes(system, horizon_minutes)
    return RepairProblem(
        system,
        shock,
        found_crews,
        jobs,
        horizon_minutes,
        travel,
        unassignable,
        conditions,
        orders,
        None if allowed.all() else allowed,
        tuple(history),
    )


def long_enough(
    crews: Sequence[Crew], jobs: Sequence[Job], travel: Travel, conditions: Conditions = NO_CONDITIONS
) -> int:
    """Return whole days by which all jobs are done under every plan in which no crew idles.

    Take the visit that finishes last and go back in time: before it its crew finished another visit, or
    waited for a road until a visit of another crew finished, or became available. So a chain of visits, each
    of another job, leads from the latest arrival of a crew to the end, without a break except for time off
    duty. A visit is at most the longest drive and its repair, d minutes on duty. A crew on duty for `duty`
    minutes of every `period` is off for at most period - duty of any `period` minutes in a row; so d = n *
    duty + rest takes at most n * period minutes, and for a rest beyond that rest + period - duty more.
    """
    slowest = _slowest(crews)
    on_duty = (
        np.array([-(-job.repair_minutes * USUAL_SPEED // slowest[job.skill]) for job in jobs], np.int64)
        + travel.longest_minutes
    )
    longest = on_duty
    hours = {(crew.period_minutes, crew.duty_minutes) for crew in crews}
    if conditions.together:
        hours |= _shared_hours(crews)
    for period, duty in sorted(hours):
        periods, rest = np.divmod(on_duty, duty)
        longest = np.maximum(longest, periods * period + np.where(rest > 0, rest + period - duty, 0))
    arrival = max((crew.available_from_minute for crew in crews), default=0)
    minutes = arrival + int(longest.sum()) + conditions.longest_wait
    return max(1, -(-minutes // MINUTES_PER_DAY)) * MINUTES_PER_DAY


def _slowest(crews: Sequence[Crew]) -> defaultdict[str, int]:
    """Return the slowest speed of work by skill."""
    slowest: defaultdict[str, int] = defaultdict(lambda: USUAL_SPEED)
    for crew in crews:
        for skill, permille in crew.speed_permille:
            slowest[skill] = min(slowest[skill], permille)
    return slowest


def _shared_hours(crews: Sequence[Crew]) -> set[tuple[int, int]]:
    """Return period and minutes on duty of the hours that two crews share, for every two kinds of hours."""
    kinds = {(crew.period_minutes, crew.windows) for crew in crews}
    shared = (common_hours([first, second]) for first in kinds for second in kinds)
    return {
        (period, sum(closes - opens for opens, closes in windows))
        for period, windows in filter(None, shared)
        if windows
    }


def _crews_of(system: System, crews: pd.DataFrame | Sequence[Crew] | None) -> tuple[Crew, ...]:
    if crews is None:
        return crews_from_tables(system.crews, system.shifts, system.crew_speeds)
    if isinstance(crews, pd.DataFrame):
        table = tidy(TABLES["crews"], sheet_of(TABLES["crews"], crews))
        problems = [*table.problems, *rows_differ(table)]
        if problems:
            raise InvalidInput.of(problems, "The crews")
        return crews_from_tables(table.frame, system.shifts, system.crew_speeds)
    ordered = tuple(sorted(crews, key=lambda crew: crew.id))
    for crew, following in pairwise(ordered):
        if crew.id == following.id:
            raise InvalidInput(f"There are two crews called {crew.id!r}; give each its own id.")
    return ordered


def _check_sizes(system: System, horizon_minutes: int) -> None:
    """Refuse horizons and numbers of people with which the objective could not be counted exactly."""
    if not 1 <= horizon_minutes <= LAST_MINUTE:
        raise InvalidInput(
            f"horizon_minutes must be from 1 to {LAST_MINUTE:,}, got {horizon_minutes:,}. Without one it is as long as "
            "all repairs one after the other: shorten repair_minutes, or let the crews work longer shifts."
        )
    portions = system.compiled.portions
    persons = sum(portions.persons.tolist())
    # In Python's long integers, which do not overflow.
    weights = zip(portions.persons.tolist(), portions.weight_permille.tolist(), strict=True)
    weight = sum(people * permille for people, permille in weights) + _most_fairness(system)
    if persons * horizon_minutes >= MOST_PERSON_MINUTES or weight * horizon_minutes > MOST_OBJECTIVE:
        raise InvalidInput(
            f"{persons} persons (each counted once a service) over horizon_minutes = {horizon_minutes} "
            "cannot be counted exactly. Set a shorter horizon_minutes, or smaller weights."
        )


def _most_fairness(system: System) -> int:
    """Return what the worst-served district can add to the objective in a minute, at most.

    Nobody loses more a minute than a customer's services weigh together, so no district does on the average.
    """
    permille, compiled = system.settings.fairness_permille, system.compiled
    portions = compiled.portions
    if not permille or not len(portions):
        return 0
    heaviest = np.zeros((len(compiled.customer_ids), len(compiled.services)), np.int64)
    np.maximum.at(heaviest, (portions.customer, portions.service), portions.weight_permille)
    people: int = sum(system.customers["persons"].tolist())
    return -(-permille * people * int(heaviest.sum(axis=1).max()) // PLAIN_WEIGHT_PERMILLE)
