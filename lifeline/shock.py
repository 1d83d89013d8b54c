"""What is broken at time zero, and how a hazard breaks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.checks import rows_differ
from lifeline.components import component_table
from lifeline.errors import InvalidInput, Problem, UnknownComponent
from lifeline.nearest import Nearest
from lifeline.repair_times import repair_minutes_of
from lifeline.sheets import Rows, Tidy, sheet_of, tidy
from lifeline.tables import TABLES

if TYPE_CHECKING:
    from lifeline.system import System

Floats = NDArray[np.float64]


class Hazard(Protocol):
    """A danger that says how hard it strikes at a place, and what that breaks."""

    def intensity_at(self, longitude: Floats, latitude: Floats) -> Floats:
        """Return the intensity at each place, in the hazard's own unit."""
        ...

    def failure_probability(self, components: pd.DataFrame, intensity: Floats) -> Floats:
        """Return for each component (rows of `components.component_table`) the chance that it breaks."""
        ...


@dataclass(frozen=True, eq=False)
class Shock:
    """The damage at time zero: one row a broken component, by id, with its repair minutes and skill settled.

    Build it with `Shock.of`, `Shock.from_table` or `draw_shock`; the bare constructor checks nothing.
    """

    damage: pd.DataFrame

    @classmethod
    def of(cls, system: System, components: Iterable[str]) -> Self:
        """Break these components; repair times come from the tables, skills are the sectors' names."""
        wanted = sorted(set(components))
        known = _ids(system)
        for component in wanted:
            if component not in known:
                raise UnknownComponent.named(component, known)
        return cls.from_table(system, pd.DataFrame({"component": pd.Series(wanted, dtype=object)}))

    @classmethod
    def from_table(cls, system: System, damage: Rows) -> Self:
        """Break what a damage table names; blank minutes are looked up by type and length.

        Raises one InvalidInput that lists every row that is unreadable, unknown or there twice.
        """
        table = tidy(TABLES["damage"], sheet_of(TABLES["damage"], damage))
        problems = [*table.problems, *rows_differ(table), *_unknown(system, table)]
        if problems:
            raise InvalidInput.of(sorted(problems, key=lambda problem: problem.row or 0), "The damage")
        return cls(_settled(system, table.frame))

    @cached_property
    def components(self) -> tuple[str, ...]:
        """Return the ids of all broken components, sorted."""
        return tuple(self.damage["component"])

    def repair_minutes(self, component: str) -> int:
        """Return the minutes of work it takes to repair this broken component."""
        return self._minutes_and_skill(component)[0]

    def skill(self, component: str) -> str:
        """Return the skill a crew needs to repair this broken component."""
        return self._minutes_and_skill(component)[1]

    @cached_property
    def simple(self) -> frozenset[str]:
        """Return the broken components that volunteers may repair too."""
        return frozenset(self.damage["component"][self.damage["simple"]])

    def _minutes_and_skill(self, component: str) -> tuple[int, str]:
        if component not in self._by_component:
            raise UnknownComponent(f"{component!r} is not damaged by this shock.")
        return self._by_component[component]

    @cached_property
    def _by_component(self) -> dict[str, tuple[int, str]]:
        columns = (self.damage[name].tolist() for name in ("component", "repair_minutes", "skill"))
        return {component: (minutes, skill) for component, minutes, skill in zip(*columns, strict=True)}


def draw_shock(system: System, hazard: Hazard, rng: np.random.Generator) -> Shock:
    """Let a hazard strike once: every component breaks, or not, with the probability the hazard gives it.

    The draw depends on the generator and on the ids of the components, not on the order of rows.
    """
    components = component_table(system)
    place = (components[name].to_numpy(dtype=float) for name in ("longitude", "latitude"))
    probability = hazard.failure_probability(components, hazard.intensity_at(*place))
    if not ((probability >= 0) & (probability <= 1)).all():
        raise InvalidInput(f"{type(hazard).__name__} gives a component a probability outside 0 to 1.")
    broken = rng.random(len(components)) < probability
    return Shock.of(system, components["id"][broken])


def _ids(system: System) -> set[str]:
    return set(system.nodes["id"]) | set(system.links["id"])


def _unknown(system: System, table: Tidy) -> Iterator[Problem]:
    known = pd.Index(system.nodes["id"]).append(pd.Index(system.links["id"]))
    components = table.frame["component"].to_numpy()
    unknown = table.readable("component") & (known.get_indexer(pd.Index(components)) < 0)
    nearest = Nearest(known) if unknown.any() else None
    for place in np.flatnonzero(unknown).tolist():
        component = str(components[place])
        guess = nearest.to(component) if nearest else None
        message = "is no node or link of the system." + (f" Did you mean {guess!r}?" if guess else "")
        yield Problem("damage", int(table.rows[place]), "component", component, message)


def _settled(system: System, damage: pd.DataFrame) -> pd.DataFrame:
    """Fill in the minutes and skills that were left blank."""
    ids = damage["component"].tolist()
    parts = component_table(system, ids).set_index("id").loc[ids]
    minutes = damage["repair_minutes"].to_numpy(dtype=np.int64, copy=True)
    blank = minutes < 0
    lookup: dict[str, Any] = {
        column: parts[column].to_numpy()[blank] for column in ("sector", "kind", "length_km")
    }
    if blank.any():
        minutes[blank] = repair_minutes_of(system.repair_times, *lookup.values())
    skill = damage["skill"].to_numpy(dtype=object)
    skill = np.where(skill == "", parts["sector"].to_numpy(dtype=object), skill)
    settled = {
        "component": damage["component"].to_numpy(dtype=object),
        "repair_minutes": minutes,
        "skill": skill,
        "simple": damage["simple"].to_numpy(dtype=bool),
    }
    return pd.DataFrame({name: pd.Series(value, dtype=value.dtype) for name, value in settled.items()})
