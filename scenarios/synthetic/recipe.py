"""What a synthetic city is grown from; the same recipe always grows the same city."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from lifeline.errors import InvalidInput
from lifeline.nearest import Nearest
from lifeline.tables import SECTORS

FEWEST_COMPONENTS = 40
MOST_COMPONENTS = 5_000_000


@dataclass(frozen=True)
class CityRecipe:
    """The size, the sectors, the seed and the earthquake of a synthetic city.

    `components` counts nodes and links together. The earthquake is scaled to break `damage_share` of them, on
    average over its chances. `persons_per_component` times `components` people live in the city. Crews are as
    many as make the work, without travel, last about `repair_days`.
    """

    components: int = 10_000
    seed: int = 0
    sectors: tuple[str, ...] = SECTORS
    name: str = "Synthetic city"
    longitude: float = -123.05
    latitude: float = 44.3
    start: str = "2026-01-01T00:00:00+00:00"
    timezone: str = "UTC"
    persons_per_component: float = 30.0
    damage_share: float = 0.03
    repair_days: float = 7.0

    def __post_init__(self) -> None:
        """Refuse a recipe from which no city can grow."""
        _refuse_unless_whole("components", self.components, FEWEST_COMPONENTS, MOST_COMPONENTS)
        _refuse_unless_whole("seed", self.seed, 0, 2**63 - 1)
        unknown = [sector for sector in self.sectors if sector not in SECTORS]
        if unknown or not self.sectors or len(set(self.sectors)) != len(self.sectors):
            raise InvalidInput(
                f"sectors must be one or more of {', '.join(SECTORS)}, each once; got {list(self.sectors)}."
            )
        _refuse_outside("longitude", self.longitude, -180.0, 180.0)
        # Near the poles a degree of longitude shrinks to nothing and the plane of kilometres no longer holds.
        _refuse_outside("latitude", self.latitude, -75.0, 75.0)
        _refuse_outside("persons_per_component", self.persons_per_component, 0.0, 10_000.0)
        _refuse_outside("damage_share", self.damage_share, 0.0, 0.5)
        _refuse_outside("repair_days", self.repair_days, 0.05, 1_000.0)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Build a recipe from a mapping such as a `[recipe]` of TOML; an unknown key is refused."""
        names = [field.name for field in fields(cls)]
        nearest = Nearest(names)
        for key in values:
            if key not in names:
                guess = nearest.to(key) or ", ".join(names)
                raise InvalidInput(f"A city's recipe has no {key!r}. Did you mean {guess}?")
        given: dict[str, Any] = dict(values)
        if "sectors" in given:
            given["sectors"] = tuple(given["sectors"])
        return cls(**given)

    @property
    def persons(self) -> int:
        """Return how many people live in the city."""
        return round(self.persons_per_component * self.components)


def _refuse_unless_whole(name: str, value: int, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidInput(f"{name} must be a whole number from {least:,} to {most:,}, got {value!r}.")


def _refuse_outside(name: str, value: float, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput(f"{name} must be a number, got {value!r}.")
    if not least <= value <= most:
        raise InvalidInput(f"{name} must be from {least:g} to {most:g}, got {value!r}.")
