"""Schutterwald: a real town's power and gas, the region's medium voltage, and water and roads laid over it.

The README of `scenarios/library/schutterwald` says what is from where, and what is made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from lifeline.errors import InvalidInput
from lifeline.extras import file_of, needs
from lifeline.hazards.earthquake import Earthquake
from lifeline.importers.epanet import read_epanet
from lifeline.importers.importer import Report
from lifeline.importers.pandapipes import read_pandapipes
from lifeline.importers.pandapower import read_pandapower
from lifeline.importers.people import DEMAND_OF_ONE_PERSON
from lifeline.linking import link_by_nearest
from lifeline.merging import merge
from lifeline.nearest import Nearest
from lifeline.system import Settings, System
from scenarios.built.town import (
    crews_for,
    fitted,
    nearest_of,
    quarters,
    roads_over,
    shared_out,
)
from scenarios.synthetic.shaking import UnevenShaking, strike

TOWN = "Schutterwald"

GAUSS_KRUEGER_3 = "EPSG:31467"
"What the gas grid's coordinates are: German zone 3; they lie on the houses of the power grid then."

# The low-voltage grid's own stations are those of the medium-voltage grid; the farthest is 29 m off. One is additional.
SAME_STATION_METRES = 50.0
CABLE_OHM_PER_KM = 0.117
"NA2XS2Y 1x185, the commonest cable of the medium-voltage grid."
MEDIUM_KV = 20.0

# What the towers of the water network hold, until its pump is missed: our assumption.
TANKS_LAST_MINUTES = 8 * 60
ROADS_EVERY_METRES = 60.0


@dataclass(frozen=True)
class TownRecipe:
    """What is chosen in `scenario.toml`: the people of the town, the earthquake and the clock."""

    persons: int
    seed: int
    longitude: float
    latitude: float
    magnitude: float
    damage_share: float
    repair_days: float
    start: str
    timezone: str

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Build a recipe from the `[recipe]` of a scenario.toml; unknown and missing keys are refused."""
        names = [field.name for field in fields(cls)]
        nearest = Nearest(names)
        for key in values:
            if key not in names:
                raise InvalidInput(f"The recipe of a town has no {key!r}. {nearest.advice(key)}")
        missing = [name for name in names if name not in values]
        if missing:
            raise InvalidInput(f"The recipe of a town lacks {', '.join(missing)}.")
        return cls(**values)


@dataclass(frozen=True)
class Files:
    """The network files, where the packages that bring them are installed."""

    low_voltage: Path
    medium_voltage: Path
    gas: Path
    water: Path

    @classmethod
    def found(cls) -> Self:
        """Look for the files without importing the packages; InvalidInput says what to install."""
        what_for, extra = "for the scenario 'schutterwald'", "networks"
        needs("pyproj", extra, what_for)
        return cls(
            file_of("pandapower", extra, "networks", "lv_schutterwald.json", what_for=what_for),
            file_of("pandapower", extra, "networks", "mv_oberrhein.json", what_for=what_for),
            file_of(
                "pandapipes",
                extra,
                "networks",
                "network_files",
                "gas_net_schutterwald_1bar.json",
                what_for=what_for,
            ),
            file_of("wntr", extra, "library", "networks", "ky4.inp", what_for=what_for),
        )


def build(values: Mapping[str, Any]) -> System:
    """Put the town together; the same recipe and files give the same tables."""
    recipe = TownRecipe.of(values)
    files = Files.found()
    town = read_pandapower(files.low_voltage).system
    houses = town.nodes[town.nodes["demand"] > 0]
    # The villages around get as many people for each watt as the town has.
    watts_per_person = float(houses["demand"].sum()) / recipe.persons
    region = read_pandapower(files.medium_voltage, per_person=watts_per_person).system
    gas = read_pandapipes(files.gas, crs=GAUSS_KRUEGER_3).system
    middle = (float(houses["longitude"].mean()), float(houses["latitude"].mean()))
    water = read_epanet(files.water, origin=f"{middle[0]},{middle[1]}").system
    stations = _stations(town, region)
    parts = [
        _medium_voltage(region, stations, middle),
        _low_voltage(town),
        _gas(gas),
        _water(water, houses),
        _roads(gas, region),
    ]
    whole = merge(parts).system
    whole = whole.replace(
        settings=_settings(recipe),
        links=pd.concat([whole.links, _feeds(stations)], ignore_index=True),
    )
    whole = _with_people(whole, houses, quarters(houses, middle, TOWN), recipe.persons)
    whole = _leaning(whole)
    rng = np.random.default_rng(recipe.seed)
    quake = Earthquake(recipe.longitude, recipe.latitude, recipe.magnitude)
    whole = whole.replace(damage=strike(whole, UnevenShaking.of(quake, rng), recipe.damage_share, rng))
    hubs = region.nodes.loc[region.nodes["source"], ["longitude", "latitude"]].to_numpy().tolist()
    return whole.replace(crews=crews_for(whole, recipe.repair_days, power_depots=hubs, yard=middle))


def _stations(town: System, region: System) -> pd.DataFrame:
    """Return for each source of the low-voltage grid (`low`) the station of the region (`medium`) that it hangs on."""
    low = town.nodes[town.nodes["source"]]
    place, metres = nearest_of(low, region.nodes)
    return pd.DataFrame(
        {"low": low["id"].to_numpy(), "medium": region.nodes["id"].to_numpy()[place], "metres": metres}
    )


def _feeds(stations: pd.DataFrame) -> pd.DataFrame:
    """Return the links by which the town hangs on the region: a switch, or a cable where it is some way."""
    far = (stations["metres"] > SAME_STATION_METRES).to_numpy()
    km = np.where(far, stations["metres"] / 1000, 0.0)
    return pd.DataFrame(
        {
            "id": "feed of " + stations["low"],
            "sector": "power",
            "from_node": stations["medium"],
            "to_node": stations["low"],
            "kind": np.where(far, "feeder line", "switch"),
            "length_km": km,
            "capacity": -1,
            "reactance_pu": CABLE_OHM_PER_KM * km / (MEDIUM_KV**2 / 100),
        }
    )


def _medium_voltage(region: System, stations: pd.DataFrame, middle: tuple[float, float]) -> System:
    """Return the region without the loads that stand for the town, whose grid takes their place."""
    nodes = region.nodes.copy()
    replaced = nodes["id"].isin(stations.loc[stations["metres"] <= SAME_STATION_METRES, "medium"])
    nodes.loc[replaced, "demand"] = 0
    # What the two grids above have to make follows from the town's demand now.
    nodes["generation"] = -1
    gone = {f"people of {node}" for node in nodes.loc[replaced, "id"]}
    customers = region.customers[~region.customers["id"].isin(gone)].copy()
    customers["district"] = quarters(customers, middle, "around the town")
    supplies = region.supplies[~region.supplies["customer"].isin(gone)]
    return region.replace(nodes=nodes, customers=customers, supplies=supplies)


def _low_voltage(town: System) -> System:
    """Return the town's grid fed from above, without people of its own making."""
    nodes = town.nodes.assign(source=False, generation=-1, capacity=-1)
    return town.replace(nodes=nodes, customers=[], supplies=[])


def _gas(gas: System) -> System:
    """Return the gas grid, which enters the town at a regulator station, without people of its own making."""
    nodes = gas.nodes.assign(kind=gas.nodes["kind"].replace("gate station", "regulator station"))
    return gas.replace(nodes=nodes, customers=[], supplies=[])


def _water(water: System, houses: pd.DataFrame) -> System:
    """Return the water network made as small as the town, fed by its pump alone."""
    nodes, factor = fitted(water.nodes, houses)
    # As sources that never run dry its towers would hide that the pump stands still.
    nodes["source"] = nodes["source"] & (nodes["kind"] != "storage tank")
    nodes["demand"] = 0
    links = water.links.assign(length_km=water.links["length_km"] * factor)
    return water.replace(nodes=nodes, links=links, customers=[], supplies=[])


def _roads(gas: System, region: System) -> System:
    """Return streets along the gas mains of the town and to the stations of the region."""
    mains = gas.nodes[gas.nodes["demand"] == 0]
    hubs = region.nodes[region.nodes["source"]]
    nodes, links = roads_over(pd.concat([mains, region.nodes]), hubs, ROADS_EVERY_METRES)
    return System.from_tables({"nodes": nodes, "links": links}, Settings(name="roads"))


def _with_people(whole: System, houses: pd.DataFrame, districts: list[str], persons: int) -> System:
    """Return the city with the town's people: in each house some, with power, gas and the nearest water."""
    pipes = whole.nodes[(whole.nodes["sector"] == "water") & (whole.nodes["kind"] == "water junction")]
    tap = pipes["id"].to_numpy()[nearest_of(houses, pipes)[0]]
    ids = "house " + houses["id"].to_numpy()
    people = shared_out(persons, len(houses))
    customers = pd.DataFrame(
        {
            "id": ids,
            "kind": "house",
            "persons": people,
            "district": districts,
            "longitude": houses["longitude"].to_numpy(),
            "latitude": houses["latitude"].to_numpy(),
        }
    )
    supplies = pd.concat(
        [
            pd.DataFrame({"customer": ids, "service": service, "node": nodes})
            for service, nodes in (
                ("power", houses["id"].to_numpy()),
                ("gas", "house_" + houses["id"].to_numpy()),
                ("water", tap),
            )
        ]
    )
    drawn = pd.Series(people * DEMAND_OF_ONE_PERSON["water"][0]).groupby(tap).sum()
    nodes = whole.nodes.copy()
    at_tap = nodes["id"].map(drawn)
    nodes["demand"] = nodes["demand"].where(at_tap.isna(), at_tap.fillna(0)).astype(np.int64)
    return whole.replace(
        nodes=nodes,
        customers=pd.concat([whole.customers, customers], ignore_index=True),
        supplies=pd.concat([whole.supplies, supplies], ignore_index=True),
    )


def _leaning(whole: System) -> System:
    """Return the city with pumps and regulators on the nearest power node, as `lifeline merge` links them."""
    linked = link_by_nearest(whole, Report())
    rows = linked.dependencies.copy()
    pumps = set(linked.nodes.loc[linked.nodes["kind"] == "pump", "id"])
    rows.loc[rows["dependent"].isin(pumps), "buffer_minutes"] = TANKS_LAST_MINUTES
    return linked.replace(dependencies=rows)


def _settings(recipe: TownRecipe) -> Settings:
    return Settings(
        name=TOWN,
        description=(
            f"A town of {recipe.persons:,} people in Baden after an earthquake. Power and gas are the published grids "
            "of that town and region; the water network is one of Kentucky made as small as the town, the roads are "
            "drawn along the gas mains, and the earthquake and its damage are made up."
        ),
        start=recipe.start,
        timezone=recipe.timezone,
        sources=(
            "Low voltage and gas: Kisse, Braun, Letzgus, Kneiske (2020), Energies 13, 4052, as in pandapower "
            "(lv_schutterwald) and pandapipes (schutterwald_gas). Medium voltage: mv_oberrhein of pandapower. "
            "Water: ky4, Jolly, Lothes, Bryson, Ormsbee (2014), Research Database of Water Distribution System Models, "
            "J. Water Resour. Plann. Manage. 140(4), as in wntr."
        ),
    )
