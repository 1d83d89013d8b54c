"""Who leans on whom: power, water, gas and telecom each need the others, some with a buffer or a second way.

One function a law. What would lean on a sector that is not in the city works without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scenarios.synthetic.graphs import nearest
from scenarios.synthetic.land import Integers
from scenarios.synthetic.sector_network import SectorNetwork

HOUR = 60
BY_HAND = 12 * HOUR
OFFICE_BATTERIES = (4 * HOUR, 8 * HOUR)
EXCHANGE_DIESEL = 48 * HOUR
TOWER_BATTERIES, TOWER_SHARES = (0, 2 * HOUR, 4 * HOUR, 8 * HOUR), (0.15, 0.25, 0.40, 0.20)
TANK_STORAGES = (6 * HOUR, 8 * HOUR, 12 * HOUR)
PUMP_DIESEL, PUMP_DIESEL_SHARE = 8 * HOUR, 0.3
PLANT_DIESEL = 6 * HOUR
COOLING_POND = 4 * HOUR
OIL_RESERVE = 12 * HOUR
ENGINE_EVERY = 4  # every fourth pump and office can also run on gas
REMOTE_EVERY = 3  # every third transmission substation has nobody on site


@dataclass(frozen=True, eq=False)
class Sites:
    """Some nodes of one sector, by their numbers."""

    sector: str
    nodes: Integers

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.nodes)

    def every(self, step: int) -> Sites:
        """Return the first and every `step`-th one after it."""
        return Sites(self.sector, self.nodes[::step])


class Leanings:
    """Collects the rows of the dependencies table."""

    def __init__(self, networks: Mapping[str, SectorNetwork], rng: np.random.Generator) -> None:
        """Start without dependencies."""
        self.networks = networks
        self.rng = rng
        self._rows: list[pd.DataFrame] = []

    def sites(self, sector: str, *roles: str) -> Sites:
        """Return the sector's nodes of these roles, none when the sector is not in the city."""
        nodes = self.networks[sector].having(*roles) if sector in self.networks else np.zeros(0, np.int64)
        return Sites(sector, nodes)

    def corners(self, sector: str) -> Sites:
        """Return the sector's nodes that customers hang on, none when the sector is not in the city."""
        nodes = self.networks[sector].serving if sector in self.networks else np.zeros(0, np.int64)
        return Sites(sector, nodes)

    def add(
        self,
        group: str,
        dependents: Sites,
        providers: Sites,
        *,
        either_of: int = 1,
        buffer_minutes: int | Integers = 0,
        kind: str = "physical",
    ) -> None:
        """Let each dependent lean on the nearest provider, or on either of the nearest few.

        Adding more rows under the same group name makes them alternatives of the first ones.
        """
        if not dependents.count or not providers.count:
            return
        leaning, giving = self.networks[dependents.sector], self.networks[providers.sector]
        here = leaning.nodes.x[dependents.nodes], leaning.nodes.y[dependents.nodes]
        there = giving.nodes.x[providers.nodes], giving.nodes.y[providers.nodes]
        found = providers.nodes[nearest(*here, *there, count=either_of)]
        buffers = np.full(dependents.count, buffer_minutes, np.int64)
        self._rows.append(
            pd.DataFrame(
                {
                    "dependent": np.repeat(leaning.ids[dependents.nodes], found.shape[1]),
                    "provider": giving.ids[found.ravel()],
                    "group": group,
                    "buffer_minutes": np.repeat(buffers, found.shape[1]),
                    "kind": kind,
                }
            )
        )

    def table(self) -> pd.DataFrame:
        """Return the dependencies table."""
        columns = ["dependent", "provider", "group", "buffer_minutes", "kind"]
        return pd.concat(self._rows, ignore_index=True) if self._rows else pd.DataFrame(columns=columns)


def lean(networks: Mapping[str, SectorNetwork], rng: np.random.Generator) -> pd.DataFrame:
    """Return the dependencies table of a city."""
    leanings = Leanings(networks, rng)
    for law in LAWS:
        law(leanings)
    return leanings.table()


def pumps_need_power(city: Leanings) -> None:
    """A pump runs off its feeder. Its tank or a diesel lasts for some hours; some also have a gas engine."""
    pumps = city.sites("water", "pump")
    if not pumps.count or "power" not in city.networks:
        return
    mains = city.networks["water"].links
    has_tank = np.isin(pumps.nodes, mains.start[np.isin(mains.end, city.sites("water", "tank").nodes)])
    storage = city.rng.choice(TANK_STORAGES, pumps.count)
    diesel = np.where(city.rng.random(pumps.count) < PUMP_DIESEL_SHARE, PUMP_DIESEL, 0)
    buffer = np.where(has_tank, storage, diesel)
    city.add("drive", pumps, city.corners("power"), buffer_minutes=buffer)
    with_engine = pumps.every(ENGINE_EVERY)
    city.add("drive", with_engine, city.corners("gas"), buffer_minutes=buffer[::ENGINE_EVERY])


def treatment_plants_need_power_and_control(city: Leanings) -> None:
    """A treatment plant hangs on either of two substations, with a diesel, and is supervised from afar."""
    plants = city.sites("water", "treatment")
    city.add("drive", plants, city.sites("power", "substation"), either_of=2, buffer_minutes=PLANT_DIESEL)
    _control(city, plants)


def generators_need_fuel_and_cooling(city: Leanings) -> None:
    """Gas stations have some oil in reserve; steam stations burn gas too and are cooled with city water."""
    regulators = city.sites("gas", "regulator")
    city.add("fuel", city.sites("power", "gas-station"), regulators, buffer_minutes=OIL_RESERVE)
    steam = city.sites("power", "steam-station")
    city.add("fuel", steam, regulators)
    city.add("cooling", steam, city.corners("water"), buffer_minutes=COOLING_POND)


def the_grid_needs_control(city: Leanings) -> None:
    """Burning stations and every third transmission substation are run from afar."""
    _control(city, city.sites("power", "gas-station", "steam-station"))
    _control(city, city.sites("power", "grid-substation").every(REMOTE_EVERY))


def compressors_need_power_and_cooling(city: Leanings) -> None:
    """Every second compressor is electric, and cooled with city water; the others burn their own gas."""
    electric = city.sites("gas", "compressor").every(2)
    city.add("drive", electric, city.sites("power", "substation"), either_of=2)
    city.add("cooling", electric, city.corners("water"), buffer_minutes=COOLING_POND)


def gates_need_control(city: Leanings) -> None:
    """A gate station's valves are worked from afar."""
    _control(city, city.sites("gas", "gate"))


def offices_need_power(city: Leanings) -> None:
    """Offices have batteries, every fourth a gas engine; exchanges two substations and a diesel."""
    substations = city.sites("power", "substation")
    exchanges = city.sites("telecom", "exchange")
    city.add("mains", exchanges, substations, either_of=2, buffer_minutes=EXCHANGE_DIESEL)
    offices = city.sites("telecom", "office")
    if not offices.count or "power" not in city.networks:
        return
    battery = city.rng.choice(OFFICE_BATTERIES, offices.count)
    city.add("mains", offices, city.corners("power"), buffer_minutes=battery)
    with_engine = offices.every(ENGINE_EVERY)
    city.add("mains", with_engine, city.corners("gas"), buffer_minutes=battery[::ENGINE_EVERY])


def towers_need_power(city: Leanings) -> None:
    """A cell tower lives on its battery, if it has one, when its feeder is dead."""
    towers = city.sites("telecom", "tower")
    battery = city.rng.choice(TOWER_BATTERIES, towers.count, p=TOWER_SHARES)
    city.add("mains", towers, city.corners("power"), buffer_minutes=battery)


def _control(city: Leanings, controlled: Sites) -> None:
    """Let these be run over either of two offices or an exchange, or for half a day by hand."""
    for offices, count in ((city.sites("telecom", "office"), 2), (city.sites("telecom", "exchange"), 1)):
        city.add("control", controlled, offices, either_of=count, buffer_minutes=BY_HAND, kind="cyber")


LAWS: tuple[Callable[[Leanings], None], ...] = (
    pumps_need_power,
    treatment_plants_need_power_and_control,
    generators_need_fuel_and_cooling,
    the_grid_needs_control,
    compressors_need_power_and_cooling,
    gates_need_control,
    offices_need_power,
    towers_need_power,
)
