"""The town put together out of networks that come with other packages."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from library import loaded

from lifeline.cascade import propagate
from lifeline.components import component_table
from lifeline.distance import great_circle_metres
from lifeline.errors import InvalidInput
from lifeline.shock import Shock
from lifeline.system import System
from scenarios import list_scenarios, load_scenario
from scenarios.built.schutterwald import TownRecipe


@pytest.fixture(scope="module")
def town() -> System:
    return loaded("schutterwald")


RECIPE = {
    "persons": 10,
    "seed": 1,
    "longitude": 7.9,
    "latitude": 48.4,
    "magnitude": 6.0,
    "damage_share": 0.01,
    "repair_days": 3.0,
    "start": "2026-01-01T00:00:00+01:00",
    "timezone": "Europe/Berlin",
}


@pytest.mark.parametrize("package", ["pandapower", "pandapipes", "wntr", "pyproj"])
def test_without_a_package_one_sentence_says_what_to_install(monkeypatch, package: str) -> None:
    """What is not there is looked for, not imported."""
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == package else find(name))
    monkeypatch.setitem(sys.modules, "pyproj", None if package == "pyproj" else sys)
    with pytest.raises(InvalidInput) as bad:
        load_scenario("schutterwald")
    if package not in str(bad.value):
        pytest.skip(f"another package is missing here as well: {bad.value}")
    assert "for the scenario 'schutterwald', and is not installed. Install it with" in str(bad.value)
    assert str(bad.value).endswith("pip install 'lifeline-recovery[networks]'")


def test_a_recipe_names_everything_and_nothing_else() -> None:
    assert TownRecipe.of(RECIPE).persons == 10
    with pytest.raises(InvalidInput, match=r"has no 'sead'\. Did you mean 'seed'"):
        TownRecipe.of({**RECIPE, "sead": 2})
    with pytest.raises(InvalidInput, match="lacks persons, seed"):
        TownRecipe.of({key: value for key, value in RECIPE.items() if key not in ("persons", "seed")})


def test_pandapower_and_pandapipes_are_read_and_not_imported(town: System) -> None:
    asked = (
        "import sys; from scenarios.built.schutterwald import Files, read_pandapipes, read_pandapower; "
        "files = Files.found(); read_pandapower(files.medium_voltage); read_pandapipes(files.gas); "
        "print(sorted({'pandapower', 'pandapipes'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert answer.stdout.strip() == "[]"


def test_it_is_what_its_readme_says(town: System) -> None:
    scenario = next(scenario for scenario in list_scenarios() if scenario.name == "schutterwald")
    parts = component_table(town)
    broken = town.damage.merge(parts, left_on="component", right_on="id")
    for sector, rows in parts.groupby("sector"):
        work = broken.loc[broken["sector"] == sector, "repair_minutes"]
        links = int(rows["is_link"].sum())
        row = f"| {sector} | {len(rows) - links:,} | {links:,} | {len(work)} | {round(work.sum() / 60):,} |"
        assert row in scenario.readme
    cascade = propagate(town, Shock.from_table(town, town.damage))
    for service, people in cascade.people_without.items():
        assert f"| {service} | {people:,} | {cascade.people_without_later[service]:,} |" in scenario.readme
    assert f"{town.customers['persons'].sum():,} people in all" in scenario.readme
    kinds = broken.loc[broken["sector"] == "power", "kind"].value_counts()
    assert f"{kinds['distribution substation']} local stations and a transformer" in scenario.readme
    assert set(broken.loc[broken["kind"] == "transmission substation", "id"]) == {"Bus 38"}
    assert f"{len(broken)} broken parts" in scenario.story
    assert f"{len(town.crews)} crews" in scenario.story
    assert f"{len(town.crews)} crews on duty" in scenario.readme


def test_each_house_has_power_and_gas_of_its_own_and_water_from_nearby(town: System) -> None:
    """7,200 people in 1,506 houses: 4 in each, and one more in 1,176."""
    houses = town.customers[town.customers["kind"] == "house"]
    assert len(houses) == 1506
    assert houses["persons"].value_counts().to_dict() == {5: 1176, 4: 330}
    supplies = town.supplies.merge(houses, left_on="customer", right_on="id")
    assert supplies.groupby("service").size().to_dict() == {"gas": 1506, "power": 1506, "water": 1506}
    places = supplies.merge(town.nodes, left_on="node", right_on="id", suffixes=("", "_node"))
    places["metres"] = great_circle_metres(
        places["longitude"], places["latitude"], places["longitude_node"], places["latitude_node"]
    )
    metres = places.groupby("service")["metres"]
    assert metres.max()["power"] == 0
    assert metres.max()["gas"] < 25
    assert metres.median()["water"] < 100
    # At the northern edge there is no water main: the network from Kentucky is flatter than the town.
    assert metres.max()["water"] < 750


def test_the_town_hangs_on_fourteen_stations_of_the_region(town: System) -> None:
    feeds = town.links[town.links["id"].str.startswith("feed of ")]
    assert len(feeds) == 14
    (cable,) = feeds[feeds["kind"] == "feeder line"].itertuples()
    assert cable.length_km == pytest.approx(0.355, abs=0.001)
    assert set(feeds.loc[feeds["kind"] == "switch", "reactance_pu"]) == {0.0}
    sources = town.nodes[town.nodes["source"]]
    assert sources["sector"].value_counts().to_dict() == {"gas": 1, "power": 2, "road": 2, "water": 1}


def test_the_pump_and_the_regulator_lean_on_power_by_rule(town: System) -> None:
    rows = town.dependencies.merge(town.nodes, left_on="dependent", right_on="id")
    assert rows.set_index("kind_y")["buffer_minutes"].to_dict() == {"pump": 480, "regulator station": 720}
    assert set(rows["source_x"]) == {"rule"}


def test_water_is_as_large_as_the_town(town: System) -> None:
    water = town.nodes[town.nodes["sector"] == "water"]
    houses = town.customers[town.customers["kind"] == "house"]
    for name in ("longitude", "latitude"):
        assert water[name].min() >= houses[name].min() - 0.002
        assert water[name].max() <= houses[name].max() + 0.002
    assert water["demand"].sum() == 7200 * 6


def test_the_same_recipe_gives_the_same_town(town: System) -> None:
    again = load_scenario("schutterwald")
    for name, table in town.tables.items():
        assert table.equals(getattr(again, name)), name
