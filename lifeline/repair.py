"""What there is to repair, and by whom: jobs, crews and travel as one problem for solvers and the judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.checks import rows_differ
from lifeline.components import component_table
from lifeline.crews import MINUTES_PER_DAY, Crew, CrewWindows, crew_windows, crews_from_tables
from lifeline.districts import Districts
from lifeline.errors import InvalidInput, UnknownComponent
from lifeline.nearest import Nearest
from lifeline.plan import LAST_MINUTE
from lifeline.road_graph import travel_between
from lifeline.roads import RoadTravel
from lifeline.sheets import sheet_of, tidy
from lifeline.tables import PLAIN_WEIGHT_PERMILLE, TABLES
from lifeline.travel import Travel

if TYPE_CHECKING:
    from lifeline.cascade import Cascade
    from lifeline.shock import Shock
    from lifeline.system import System

MOST_OBJECTIVE = 2**63 - 1
MOST_PERSON_MINUTES = 2**53  # Beyond this, JSON readers and spreadsheets no longer tell whole numbers apart.


@dataclass(frozen=True)
class Job:
    """The repair of one broken component: what it takes, and where."""

    id: str
    sector: str
    kind: str
    repair_minutes: int
    skill: str
    longitude: float
    latitude: float
    owner: str = ""

    @property
    def component(self) -> str:
        """Return the id of the broken component, which is the job's id too."""
        return self.id


@dataclass(frozen=True, eq=False)
class RepairProblem:
    """Which crews there are for which jobs, and how long lost service counts; see `build_problem`.

    Crews and jobs are in order of their ids. `jobs` are all the broken components; `unassignable` gives, for
    those that no crew can do or no road can ever reach, the reason.
    """

    system: System
    shock: Shock
    crews: tuple[Crew, ...]
    jobs: tuple[Job, ...]
    horizon_minutes: int
    travel: Travel
    unassignable: Mapping[str, str]

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
        """Return for each job whether it mends a link, and the number of the link or node it mends."""
        compiled = self.system.compiled
        is_link = np.array([job.component in compiled.link_index for job in self.jobs], np.int64)
        parts = [
            (compiled.link_index if link else compiled.node_index)[job.component]
            for job, link in zip(self.jobs, is_link.tolist(), strict=True)
        ]
        return is_link, np.array(parts, np.int64)

    @cached_property
    def can_do(self) -> NDArray[np.bool_]:
        """Tell for each crew and job whether the job is assignable and the crew has the skill for it."""
        assignable = np.array([job.id not in self.unassignable for job in self.jobs], bool)
        can_do: NDArray[np.bool_] = _skilled(self.crews, self.jobs) & assignable
        return can_do

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
) -> RepairProblem:
    """Set crews (the system's own unless given) the task of repairing a shock.

    A DataFrame of crews is one of the format's `crews` table; shifts come from the system's table. Without
    `horizon_minutes` here or in the settings it follows from the jobs and crews, see `long_enough`.
    """
    found_crews = _crews_of(system, crews)
    jobs = _jobs_of(system, shock)
    if jobs and not found_crews:
        raise InvalidInput("There is damage but no crew to repair it. Add rows to the crews table.")
    travel = travel_between(system, found_crews, jobs)
    unassignable = _unassignable(found_crews, jobs, travel)
    if isinstance(travel, RoadTravel):
        travel = travel.without([number for number, job in enumerate(jobs) if job.id in unassignable])
    if horizon_minutes is None:
        horizon_minutes = system.settings.horizon_minutes
    if horizon_minutes is None:
        horizon_minutes = long_enough(
            found_crews, [job for job in jobs if job.id not in unassignable], travel
        )
    _check_sizes(system, horizon_minutes)
    return RepairProblem(system, shock, found_crews, jobs, horizon_minutes, travel, unassignable)


def long_enough(crews: Sequence[Crew], jobs: Sequence[Job], travel: Travel) -> int:
    """Return whole days by which all jobs are done under every plan in which no crew idles.

    Take the visit that finishes last and go back in time: before it its crew finished another visit, or
    waited for a road until a visit of another crew finished, or became available. So a chain of visits, each
    of another job, leads from the latest arrival of a crew to the end, without a break except for time off
    duty. A visit is at most the longest drive and its repair, d minutes on duty. A crew on duty for `duty`
    minutes of every `period` is off for at most period - duty of any `period` minutes in a row; so d = n *
    duty + rest takes at most n * period minutes, and for a rest beyond that rest + period - duty more.
    """
    on_duty = np.array([job.repair_minutes for job in jobs], np.int64) + travel.longest_minutes
    longest = on_duty
    for period, duty in sorted({(crew.period_minutes, crew.duty_minutes) for crew in crews}):
        periods, rest = np.divmod(on_duty, duty)
        longest = np.maximum(longest, periods * period + np.where(rest > 0, rest + period - duty, 0))
    arrival = max((crew.available_from_minute for crew in crews), default=0)
    minutes = arrival + int(longest.sum())
    return max(1, -(-minutes // MINUTES_PER_DAY)) * MINUTES_PER_DAY


def _crews_of(system: System, crews: pd.DataFrame | Sequence[Crew] | None) -> tuple[Crew, ...]:
    if crews is None:
        return crews_from_tables(system.crews, system.shifts)
    if isinstance(crews, pd.DataFrame):
        table = tidy(TABLES["crews"], sheet_of(TABLES["crews"], crews))
        problems = [*table.problems, *rows_differ(table)]
        if problems:
            raise InvalidInput.of(problems, "The crews")
        return crews_from_tables(table.frame, system.shifts)
    ordered = tuple(sorted(crews, key=lambda crew: crew.id))
    for crew, following in pairwise(ordered):
        if crew.id == following.id:
            raise InvalidInput(f"There are two crews called {crew.id!r}; give each its own id.")
    return ordered


def _jobs_of(system: System, shock: Shock) -> tuple[Job, ...]:
    parts = component_table(system, shock.components).set_index("id")
    missing = [component for component in shock.components if component not in parts.index]
    if missing:
        raise UnknownComponent.named(missing[0], [*system.nodes["id"], *system.links["id"]])
    return tuple(
        Job(
            id=component,
            sector=part["sector"],
            kind=part["kind"],
            repair_minutes=shock.repair_minutes(component),
            skill=shock.skill(component),
            longitude=part["longitude"],
            latitude=part["latitude"],
            owner=part["owner"],
        )
        for component, part in zip(
            shock.components, parts.loc[list(shock.components)].to_dict("records"), strict=True
        )
    )


def _skilled(crews: Sequence[Crew], jobs: Sequence[Job]) -> NDArray[np.bool_]:
    """Tell for each crew and job whether the crew has the skill."""
    skills = sorted({job.skill for job in jobs})
    has = np.array([[skill in crew.skills for skill in skills] for crew in crews], bool)
    needed = np.searchsorted(
        np.array(skills, dtype=object), np.array([job.skill for job in jobs], dtype=object)
    )
    return has.reshape(len(crews), len(skills))[:, needed.astype(np.int64)]


def _unassignable(crews: Sequence[Crew], jobs: Sequence[Job], travel: Travel) -> dict[str, str]:
    """Return the jobs that nobody can ever do, each with the reason.

    Jobs that can be done open roads to further ones, round after round, until nothing more opens. A crew
    counts as able to reach a site when it can get back as well: then some plan does all of these jobs,
    whatever one-way roads there are, by letting the crews do one job after the other.
    """
    skilled = _skilled(crews, jobs)
    reached: NDArray[np.bool_] = np.zeros(len(jobs), bool)
    while True:
        doable = travel.there_and_back(np.flatnonzero(reached).tolist()) & skilled
        now = np.asarray(doable.any(axis=0))
        if (now == reached).all():
            break
        reached = now
    reasons = {}
    for number in np.flatnonzero(~reached).tolist():
        job = jobs[number]
        if not skilled[:, number].any():
            reasons[job.id] = f"No crew has the skill {job.skill!r} that {job.id!r} needs."
        else:
            reasons[job.id] = (
                f"No road takes a crew with the skill {job.skill!r} to {job.id!r} "
                f"(longitude {job.longitude:.5f}, latitude {job.latitude:.5f}) and back, "
                "even after all road repairs that can be done."
            )
    return reasons


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
