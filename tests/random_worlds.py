"""Random small worlds: stories of damage and repair, and repair tasks, one by one or thousands side by side.

Given hypothesis' own Random they shrink towards fewer nodes and fewer features; given `random.Random(seed)` they
are made by the thousand, and `union` puts them side by side into one System, so that a single check of the
tables and a single cascade covers them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from random_tables import (
    EVERYTHING,
    Features,
    Row,
    Tables,
    random_crews,
    random_damage,
    random_finishes,
    random_tables,
)

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem
    from lifeline.shock import Shock
    from lifeline.system import System

__all__ = [
    "EVERYTHING",
    "Features",
    "Row",
    "Story",
    "Tables",
    "Task",
    "problems",
    "random_story",
    "random_task",
    "stories",
    "systems",
    "tasks",
    "union",
]

ID_COLUMNS = ("id", "from_node", "to_node", "dependent", "provider", "customer", "node", "component", "crew")
ID_COLUMNS += ("alternative",)  # ties between portions break by these names, so they must sort as node ids do


def union(worlds: Sequence[Tables]) -> Tables:
    """Put worlds side by side; each keeps its ids behind its own number, so nothing touches."""
    joined: Tables = {}
    for number, tables in enumerate(worlds):
        for name, rows in tables.items():
            joined.setdefault(name, []).extend(renamed(row, f"{number}:") for row in rows)
    return joined


def renamed(row: Row, prefix: str) -> Row:
    return {key: f"{prefix}{value}" if key in ID_COLUMNS else value for key, value in row.items()}


@dataclass(frozen=True)
class Story:
    """A city, what broke, and when which repair finishes."""

    tables: Tables
    damage: list[Row]
    finished: dict[str, int]
    horizon: int

    @property
    def damaged(self) -> list[str]:
        return [str(row["component"]) for row in self.damage]

    def system(self) -> System:
        from lifeline.system import System

        return System.from_tables(self.tables)

    def shock(self, system: System) -> Shock:
        from lifeline.shock import Shock

        return Shock.of(system, self.damaged)


def random_story(rng: Random, features: Features = EVERYTHING) -> Story:
    tables = random_tables(rng, features)
    damage = random_damage(rng, tables)
    finished = random_finishes(rng, [str(row["component"]) for row in damage])
    return Story(tables, damage, finished, horizon=rng.choice([480, 30, 1440]))


@st.composite
def stories(draw: st.DrawFn, *, monotone: bool = False, **features: int) -> Story:
    """Draw a city with damage and finished repairs; keywords are the fields of `Features`."""
    rng = draw(st.randoms(use_true_random=False))
    return random_story(rng, Features.of(monotone=monotone, **features))


def systems(*, monotone: bool = False, **features: int) -> st.SearchStrategy[System]:
    return stories(monotone=monotone, **features).map(Story.system)


@dataclass(frozen=True)
class Task:
    """The tables of a repair problem, for a test to change before it builds the problem."""

    tables: Tables
    horizon: int

    @property
    def damaged(self) -> list[str]:
        return [str(row["component"]) for row in self.tables["damage"]]

    def changed(self, **tables: list[Row]) -> Task:
        """Return the same task with some tables exchanged."""
        return replace(self, tables={**self.tables, **tables})

    def problem(self) -> RepairProblem:
        from lifeline.repair import build_problem
        from lifeline.shock import Shock
        from lifeline.system import System

        system = System.from_tables(self.tables)
        shock = Shock.from_table(system, system.damage)
        return build_problem(system, shock, horizon_minutes=self.horizon)


def random_task(
    rng: Random,
    features: Features = EVERYTHING,
    max_jobs: int = 6,
    max_crews: int = 3,
) -> Task:
    tables = random_tables(rng, features)
    tables["damage"] = random_damage(rng, tables, most=max_jobs, least=(max_jobs + 1) // 2)
    tables["crews"], tables["shifts"] = random_crews(rng, tables, max_crews, features)
    return Task(tables, horizon=60 * rng.randint(2, 60))


@st.composite
def tasks(
    draw: st.DrawFn, *, max_jobs: int = 6, max_crews: int = 3, monotone: bool = False, **features: int
) -> Task:
    rng = draw(st.randoms(use_true_random=False))
    return random_task(rng, Features.of(monotone=monotone, **features), max_jobs, max_crews)


def problems(
    max_jobs: int = 6,
    max_crews: int = 3,
    *,
    with_roads: bool = False,
    with_shifts: bool = False,
    **features: int,
) -> st.SearchStrategy[RepairProblem]:
    """Draw repair problems; keywords as for `stories`."""
    chosen = tasks(max_jobs=max_jobs, max_crews=max_crews, roads=with_roads, shifts=with_shifts, **features)
    return chosen.map(Task.problem)
