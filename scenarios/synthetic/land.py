"""The ground a city stands on: its outline, its river, its districts, and how its people thin outwards.

Everything is drawn on a flat plane in kilometres, x to the east and y to the north of the city's centre, and
turned into WGS84 longitude and latitude once, when the tables are written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scenarios.synthetic.recipe import CityRecipe

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]

EARTH_RADIUS_KM = 6371.0088
RADIUS_OF_TEN_THOUSAND_KM = 8.5  # a city of 10,000 components is about 17 km across
PEOPLE_THINNING = (
    2.6  # people per km2 fall as exp(-2.6 r / radius): Clark, "Urban population densities", 1951
)
NETWORK_THINNING = 1.6  # pipes, wires and streets thin out more slowly than people do
GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))
STREETS_PER_ARTERIAL = 4
LATTICE_JITTER = 0.22  # of the distance between neighbours, at most
RIVER_BENDS_KM = 9.0
COMPASS = ("East", "Northeast", "North", "Northwest", "West", "Southwest", "South", "Southeast")


class Places(NamedTuple):
    """Points of the plane in kilometres, with the area in km2 that each stands for."""

    x: Floats
    y: Floats
    area: Floats


class Lattice(NamedTuple):
    """A street pattern: crossings, the streets between them (start, end), which of these are arterials."""

    places: Places
    start: Integers
    end: Integers
    arterial: Flags


@dataclass(frozen=True)
class Land:
    """One city's ground: a blob of about `radius_km` with a river through it."""

    longitude: float
    latitude: float
    radius_km: float
    bearing: float
    lobes: tuple[tuple[int, float, float], ...]
    river_bearing: float
    river_offset_km: float
    river_swing_km: float

    @classmethod
    def drawn(cls, recipe: CityRecipe, rng: np.random.Generator) -> Land:
        """Draw the outline, the lie of the streets and the river's course."""
        radius = RADIUS_OF_TEN_THOUSAND_KM * math.sqrt(recipe.components / 10_000)
        lobes = tuple(
            (waves, float(rng.uniform(0.03, 0.11)), float(rng.uniform(0, math.tau))) for waves in (2, 3)
        )
        return cls(
            longitude=recipe.longitude,
            latitude=recipe.latitude,
            radius_km=radius,
            bearing=float(rng.uniform(0, math.pi / 2)),
            lobes=lobes,
            river_bearing=float(rng.uniform(0, math.tau)),
            river_offset_km=float(rng.uniform(0.12, 0.28)) * radius,
            river_swing_km=min(0.08 * radius, 0.9),
        )

    def people_per_km2(self, x: Floats, y: Floats) -> Floats:
        """Say how densely people live there, as a share of the density at the centre."""
        return np.asarray(np.exp(-PEOPLE_THINNING * np.hypot(x, y) / self.radius_km), dtype=np.float64)

    def is_beyond_river(self, x: Floats, y: Floats) -> Flags:
        """Say which points lie on the far bank, the one without the centre."""
        along, across = self._seen_from_river(x, y)
        bend = np.sin(math.tau * along / max(RIVER_BENDS_KM, self.radius_km))
        return np.asarray(across > self.river_offset_km + self.river_swing_km * bend, dtype=np.bool_)

    def kilometres_downriver(self, x: Floats, y: Floats) -> Floats:
        """Say how far along the river's general course a point lies."""
        return self._seen_from_river(x, y)[0]

    def longitude_latitude(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Turn kilometres into WGS84 degrees, rounded to about a tenth of a metre."""
        degrees_per_km = 360.0 / (math.tau * EARTH_RADIUS_KM)
        latitude = self.latitude + y * degrees_per_km
        longitude = self.longitude + x * degrees_per_km / math.cos(math.radians(self.latitude))
        return np.round(longitude, 6), np.round(latitude, 6)

    def districts(self, x: Floats, y: Floats) -> Texts:
        """Name the district of each point: the centre, then eight inner and eight outer ones by compass."""
        distance = np.hypot(x, y) / self.radius_km
        octant = np.floor(np.arctan2(y, x) / (math.tau / 8) + 0.5).astype(np.int64) % 8
        ring = np.digitize(distance, (0.2, 0.6))
        names = np.array(
            [["Centre"] * 8, list(COMPASS), [f"Outer {name}" for name in COMPASS]], dtype=np.object_
        )
        return names[ring, octant]

    def sites(self, count: int, rng: np.random.Generator, *, thinning: float = NETWORK_THINNING) -> Places:
        """Spread sites evenly over a city that thins outwards: a sunflower's spiral, a bit displaced."""
        rank = (np.arange(count) + 0.5) / max(count, 1)
        displaced = np.clip(rank + rng.uniform(-0.3, 0.3, count) / max(count, 1), 0.0, 1.0)
        angle = np.arange(count, dtype=np.float64) * GOLDEN_ANGLE + rng.uniform(0, math.tau)
        return self._placed(np.sqrt(displaced), angle, count, thinning)

    def lattice(self, count: int, rng: np.random.Generator) -> Lattice:
        """Lay a grid of `count` street crossings over the city, close in the centre and wide at the edge."""
        half = math.ceil(math.sqrt(count / math.pi)) + 2
        steps = np.arange(-half, half)
        column, row = (grid.ravel() for grid in np.meshgrid(steps, steps))
        distance = np.hypot(column + 0.5, row + 0.5)
        nearest = np.lexsort((column, row, np.round(distance, 9)))[:count]
        column, row, distance = column[nearest], row[nearest], distance[nearest]

        number = np.full((2 * half + 1, 2 * half + 1), -1, dtype=np.int64)
        number[column + half, row + half] = np.arange(count)
        eastward = number[column + half + 1, row + half]
        northward = number[column + half, row + half + 1]
        here = np.arange(count)
        start = np.concatenate([here[eastward >= 0], here[northward >= 0]])
        end = np.concatenate([eastward[eastward >= 0], northward[northward >= 0]])
        on_arterial_row = row[eastward >= 0] % STREETS_PER_ARTERIAL == 0
        on_arterial_column = column[northward >= 0] % STREETS_PER_ARTERIAL == 0

        across = column + 0.5 + rng.uniform(-LATTICE_JITTER, LATTICE_JITTER, count)
        up = row + 0.5 + rng.uniform(-LATTICE_JITTER, LATTICE_JITTER, count)
        edge = max(math.sqrt(count / math.pi), float(distance.max()))
        angle = np.arctan2(up, across) + self.bearing
        places = self._placed(np.hypot(across, up) / edge, angle, count, NETWORK_THINNING)
        return Lattice(places, start, end, np.concatenate([on_arterial_row, on_arterial_column]))

    def _placed(self, rank: Floats, angle: Floats, count: int, thinning: float) -> Places:
        """Map the unit disc onto the city so that places thin outwards as exp(-thinning r)."""
        grid = np.linspace(0.0, 1.2, 4097)
        filled = 1.0 - (1.0 + thinning * grid) * np.exp(-thinning * grid)
        filled /= 1.0 - (1.0 + thinning) * math.exp(-thinning)
        radius = np.interp(np.square(rank), filled, grid)
        outline = np.ones_like(radius)
        for waves, depth, phase in self.lobes:
            outline += depth * np.cos(waves * angle + phase)
        distance = radius * outline * self.radius_km
        room = np.exp(thinning * radius) * outline**2
        area = room * (math.pi * self.radius_km**2 / room.sum() if count else 1.0)
        return Places(distance * np.cos(angle), distance * np.sin(angle), area)

    def _seen_from_river(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        cosine, sine = math.cos(self.river_bearing), math.sin(self.river_bearing)
        return x * cosine + y * sine, y * cosine - x * sine
