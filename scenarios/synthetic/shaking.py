"""The earthquake that strikes a city: lifeline's own, on uneven ground, scaled to the damage asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from lifeline.components import component_table
from lifeline.hazards.earthquake import Earthquake
from lifeline.shock import Shock, draw_shock
from lifeline.system import System
from scenarios.synthetic.land import EARTH_RADIUS_KM, Floats, Land

MAGNITUDE = 6.6
# Within one earthquake the logarithm of the shaking scatters by about 0.5 and is alike over some kilometres:
# Jayaram and Baker, "Correlation model for spatially distributed ground-motion intensities", 2009. This is the
# part that districts share; the rest, from house to house, is in the fragility curves.
UNEVENNESS = 0.3
ALIKE_OVER_KM = 4.0
WAVES = 64
# Small things break like a short piece of the pipe, wire or street that runs past them.
SMALL_THINGS = ("feeder pole", "water junction", "gas junction", "road node", "cell tower")
SMALL_KM = 0.05
STRENGTHENED_SHARE = 0.6  # of stations, treatment plants, tanks and bridges: our assumption
CALIBRATION_SAMPLE = 5_000
CALIBRATED_TO = 1e-3  # of the logarithm of the factor
STRONGEST_FACTOR = 100.0
REPAIR_TIME_SPREAD = 0.4  # standard deviation of the logarithm of repair minutes around the table's figure
ROUNDED_TO_MINUTES = 15


@dataclass(frozen=True, eq=False)
class UnevenShaking:
    """An earthquake on uneven ground, `factor` times as strong as its magnitude says.

    The unevenness is a sum of waves over the plane, so that places close together shake alike.
    """

    earthquake: Earthquake
    factor: float
    east: Floats
    north: Floats
    phase: Floats

    @classmethod
    def drawn(cls, land: Land, rng: np.random.Generator) -> UnevenShaking:
        """Draw an epicentre off the centre of the city, and the ground."""
        angle = float(rng.uniform(0.0, math.tau))
        distance = float(rng.uniform(0.45, 0.65)) * land.radius_km
        x, y = np.array([distance * math.cos(angle)]), np.array([distance * math.sin(angle)])
        longitude, latitude = land.longitude_latitude(x, y)
        return cls.of(Earthquake(float(longitude[0]), float(latitude[0]), MAGNITUDE), rng)

    @classmethod
    def of(cls, earthquake: Earthquake, rng: np.random.Generator) -> UnevenShaking:
        """Draw the ground that an earthquake shakes."""
        east, north = rng.normal(0.0, 1.0 / ALIKE_OVER_KM, (2, WAVES))
        return cls(earthquake, 1.0, east, north, rng.uniform(0.0, math.tau, WAVES))

    def intensity_at(self, longitude: Floats, latitude: Floats) -> Floats:
        """Return the peak ground acceleration at each place, in g."""
        km_per_degree = math.tau * EARTH_RADIUS_KM / 360.0
        y = (latitude - self.earthquake.latitude) * km_per_degree
        narrowing = math.cos(math.radians(self.earthquake.latitude))
        x = (longitude - self.earthquake.longitude) * km_per_degree * narrowing
        ground = np.zeros_like(x)
        for east, north, phase in zip(self.east, self.north, self.phase, strict=True):
            ground += np.cos(east * x + north * y + phase)
        ground *= UNEVENNESS * math.sqrt(2.0 / WAVES)
        median = self.earthquake.intensity_at(longitude, latitude)
        return np.asarray(self.factor * median * np.exp(ground), dtype=np.float64)

    def failure_probability(self, components: pd.DataFrame, intensity: Floats) -> Floats:
        """Return the chance that each component breaks: lifeline's curves, in a city that took some care."""
        small = components["kind"].isin(SMALL_THINGS).to_numpy()
        as_pieces = components.assign(
            is_link=components["is_link"].to_numpy() | small,
            length_km=np.where(small, SMALL_KM, components["length_km"]),
        )
        built = ~as_pieces["is_link"].to_numpy() | (components["kind"] == "bridge").to_numpy()
        weakened = np.where(built, 1.0 - STRENGTHENED_SHARE, 1.0)
        return weakened * self.earthquake.failure_probability(as_pieces, intensity)

    def scaled_to(self, share: float, system: System, rng: np.random.Generator) -> UnevenShaking:
        """Return the earthquake, as strong as breaks this share of the components on average."""
        everything = component_table(system)
        # Drawn, not every so-many-th: the numbers of ids follow the street grid, and that has a rhythm.
        drawn = rng.permutation(len(everything))[:CALIBRATION_SAMPLE]
        components = everything.iloc[np.sort(drawn)].reset_index(drop=True)
        place = (components[name].to_numpy(dtype=float) for name in ("longitude", "latitude"))
        as_is = replace(self, factor=1.0).intensity_at(*place)

        def excess(log_factor: float) -> float:
            chance = self.failure_probability(components, math.exp(log_factor) * as_is)
            return float(chance.mean()) - share

        weakest, strongest = -math.log(STRONGEST_FACTOR), math.log(STRONGEST_FACTOR)
        if excess(strongest) <= 0.0:
            return replace(self, factor=STRONGEST_FACTOR)
        log_factor = brentq(excess, weakest, strongest, xtol=CALIBRATED_TO)
        return replace(self, factor=math.exp(log_factor))


def strike(
    system: System, shaking: UnevenShaking, damage_share: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the damage table of an earthquake: at least one component breaks, unless the share is nought."""
    if damage_share == 0.0:
        return Shock.of(system, []).damage
    shaking = shaking.scaled_to(damage_share, system, rng)
    shock = draw_shock(system, shaking, rng)
    if not shock.components:
        shock = Shock.of(system, [_likeliest(system, shaking)])
    scatter = rng.lognormal(0.0, REPAIR_TIME_SPREAD, len(shock.damage))
    quarters = np.maximum(1, np.round(shock.damage["repair_minutes"] * scatter / ROUNDED_TO_MINUTES))
    return shock.damage.assign(repair_minutes=(quarters * ROUNDED_TO_MINUTES).astype(np.int64))


def _likeliest(system: System, shaking: UnevenShaking) -> str:
    components = component_table(system)
    place = (components[name].to_numpy(dtype=float) for name in ("longitude", "latitude"))
    chance = shaking.failure_probability(components, shaking.intensity_at(*place))
    return str(components["id"].iloc[int(np.argmax(chance))])
