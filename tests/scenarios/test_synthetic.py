"""A grown city holds what an engineer would look for on its map."""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from lifeline.cascade import propagate
from lifeline.components import component_table
from lifeline.distance import great_circle_metres
from lifeline.errors import InvalidInput
from lifeline.files import write_system
from lifeline.repair_times import default_table
from lifeline.shock import Shock
from lifeline.system import System
from lifeline.tables import SECTORS
from scenarios.synthetic import CityRecipe, grow, grow_city

CENTRE = (CityRecipe.longitude, CityRecipe.latitude)
SUBSETS = [subset for size in range(1, 6) for subset in itertools.combinations(SECTORS, size)]


@pytest.fixture(scope="module")
def city() -> System:
    return grow_city(seed=3)


def network(system: System, sector: str, *, without: tuple[str, ...] = ()) -> nx.MultiGraph[Any]:
    """Return one sector's nodes and links as an undirected graph, without links of these kinds."""
    nodes, links = system.nodes, system.links
    graph: nx.MultiGraph[Any] = nx.MultiGraph()
    graph.add_nodes_from(nodes.loc[nodes["sector"] == sector, "id"])
    kept = links[(links["sector"] == sector) & ~links["kind"].isin(without)]
    graph.add_edges_from(zip(kept["from_node"], kept["to_node"], strict=True))
    return graph


def cycle_rank(graph: nx.MultiGraph[Any]) -> int:
    """Return how many links could go without cutting anything off."""
    return graph.number_of_edges() - graph.number_of_nodes() + nx.number_connected_components(graph)


def km_from(frame: pd.DataFrame, place: tuple[float, float]) -> np.ndarray[Any, Any]:
    return great_circle_metres(frame["longitude"], frame["latitude"], *place) / 1000


def digest(system: System, folder: Path) -> str:
    write_system(system, folder / "city.json")
    return hashlib.sha256((folder / "city.json").read_bytes()).hexdigest()


# The city before the earthquake


def test_everybody_has_every_service_before(city: System) -> None:
    served_before = city.compiled.before.works[city.compiled.portions.node]

    assert served_before.all()
    assert propagate(city, Shock.of(city, [])).without_service == frozenset()


@pytest.mark.parametrize("sector", SECTORS)
def test_every_part_of_a_network_hangs_on_a_source(city: System, sector: str) -> None:
    sources = set(city.nodes.loc[city.nodes["source"], "id"])

    for part in nx.connected_components(network(city, sector)):
        assert part & sources


def test_transmission_is_meshed_and_has_several_stations(city: System) -> None:
    """Six generating stations, and any transmission line can go without an outage: a cycle rank above zero."""
    kinds = city.nodes.set_index("id")["kind"]
    grid = network(city, "power").subgraph(kinds.index[kinds == "transmission substation"])

    assert (kinds == "generating station").sum() == 6
    assert nx.is_connected(grid)
    assert cycle_rank(grid) >= 5


def test_feeders_are_radial(city: System) -> None:
    """Without the transmission lines, each distribution substation heads one tree, and every pole is in one."""
    kinds = city.nodes.set_index("id")["kind"]
    feeders = network(city, "power", without=("transmission line",))
    trees = [tree for tree in nx.connected_components(feeders) if len(tree) > 1]

    assert cycle_rank(feeders) == 0
    for tree in trees:
        assert sum(kinds[node] == "distribution substation" for node in tree) == 1
    assert sum(len(tree) - 1 for tree in trees) == (kinds == "feeder pole").sum()


def test_water_mains_are_looped(city: System) -> None:
    """One main in ten or more closes a loop."""
    water = network(city, "water")

    assert cycle_rank(water) > 0.1 * water.number_of_edges()


def test_a_dead_pump_without_tank_leaves_its_own_zone_dry_and_no_other_pump(city: System) -> None:
    pump = city.nodes.loc[city.nodes["kind"] == "pumping station", "id"].iloc[1]
    dry = propagate(city, Shock.of(city, [pump])).without_service

    assert 5 < len(dry) < 150
    assert [node for node in dry if node.startswith("pump")] == [pump]


def test_gas_is_a_tree(city: System) -> None:
    gas = network(city, "gas")

    assert cycle_rank(gas) == 0
    assert nx.is_connected(gas)


def test_without_its_bridges_the_city_falls_into_two_banks(city: System) -> None:
    assert 3 <= (city.links["kind"] == "bridge").sum() <= 12
    assert nx.is_connected(network(city, "road"))

    banks = sorted(
        len(bank) / len(network(city, "road"))
        for bank in nx.connected_components(network(city, "road", without=("bridge",)))
    )
    assert len(banks) == 2
    assert banks[0] > 0.15


def test_offices_are_on_fibre_rings(city: System) -> None:
    """No single cable cuts off an office: every fibre between offices is in a cycle."""
    kinds = city.nodes.set_index("id")["kind"]
    offices = network(city, "telecom").subgraph(kinds.index[kinds == "central office"])

    assert nx.is_connected(offices)
    assert not list(nx.bridges(nx.Graph(offices)))


def test_population_thins_outwards_as_clark_found(city: System) -> None:
    """Clark (1951): density falls exponentially; here as exp(-2.6 r / 8.5 km), 0.31 per km."""
    zones = city.customers[city.customers["kind"] == "zone"]
    distance = km_from(zones, CENTRE)
    rings = np.array([0.0, 2.0, 4.0, 6.0])
    people, _ = np.histogram(distance, rings, weights=zones["persons"])
    density = people / (np.pi * np.diff(rings**2))

    assert (np.diff(density) < 0).all()
    slope = np.polyfit(rings[:-1] + 1.0, np.log(density), 1)[0]
    assert slope == pytest.approx(-2.6 / 8.5, rel=0.25)
    assert zones["persons"].sum() == 300_000


def test_ten_thousand_components_are_fifteen_to_twenty_km_across(city: System) -> None:
    roads = city.nodes[city.nodes["sector"] == "road"]
    west_to_east = great_circle_metres(
        roads["longitude"].min(), CENTRE[1], roads["longitude"].max(), CENTRE[1]
    )
    assert 14_000 < west_to_east < 20_000


def test_networks_lean_on_each_other_both_ways(city: System) -> None:
    sector = city.nodes.set_index("id")["sector"]
    leaning = set(
        zip(
            city.dependencies["provider"].map(sector), city.dependencies["dependent"].map(sector), strict=True
        )
    )
    one_way = {
        ("power", "water"),
        ("power", "gas"),
        ("power", "telecom"),
        ("water", "gas"),
        ("gas", "telecom"),
    }
    assert one_way <= leaning
    assert {(dependent, provider) for provider, dependent in one_way} <= leaning


def test_some_dependencies_have_alternatives_and_some_have_buffers(city: System) -> None:
    sizes = city.dependencies.groupby(["dependent", "group"]).size()

    assert (sizes > 1).any()
    assert (city.dependencies["buffer_minutes"] == 0).any()
    assert city.dependencies["buffer_minutes"].max() == 48 * 60
    assert city.nodes["black_start"].any()


def test_hospitals_have_every_service_and_two_ways_to_most(city: System) -> None:
    hospitals = city.customers[city.customers["kind"] == "hospital"]
    supplies = city.supplies[city.supplies["customer"].isin(hospitals["id"])]

    assert len(hospitals) == 5
    assert hospitals["critical"].all()
    assert supplies.groupby("customer")["service"].nunique().eq(5).all()
    assert (supplies["alternative"] != "").mean() > 0.5
    assert (city.customers["kind"] == "shelter").sum() == 12


def test_no_hospital_gets_its_power_from_one_substation_only(city: System) -> None:
    """Cut at the substations, the feeders fall into trees; a hospital's two poles stand in different ones."""
    feeders = network(city, "power", without=("transmission line",))
    tree = {node: number for number, nodes in enumerate(nx.connected_components(feeders)) for node in nodes}
    hospitals = city.supplies[
        city.supplies["customer"].str.startswith("hospital") & (city.supplies["service"] == "power")
    ]
    assert hospitals["node"].map(tree).groupby(hospitals["customer"]).nunique().eq(2).all()


# What breaks, and who repairs it


def test_damage_gathers_around_the_epicentre(city: System) -> None:
    """Broken parts lie nearer to the middle of the damage than parts do on the whole, by a fifth or more."""
    parts = component_table(city)
    broken = parts[parts["id"].isin(city.damage["component"])]
    middle = (float(broken["longitude"].median()), float(broken["latitude"].median()))

    assert km_from(broken, middle).mean() < 0.8 * km_from(parts, middle).mean()


@pytest.mark.parametrize("share", [0.02, 0.04])
def test_as_much_breaks_as_was_asked_for(share: float) -> None:
    """On 5,000 components, 100 or 200: the draw scatters by about 10 or 14."""
    damaged = len(grow_city(seed=1, components=5_000, damage_share=share).damage)

    assert damaged == pytest.approx(5_000 * share, rel=0.35)


def test_nothing_breaks_when_nothing_is_to_break() -> None:
    calm = grow_city(seed=1, components=100, damage_share=0.0)

    assert len(calm.damage) == 0
    assert len(calm.crews)


def test_repair_minutes_scatter_around_the_table(city: System) -> None:
    """The median ratio of drawn to tabled minutes is 1, with a logarithmic scatter of 0.4, in quarters of an hour."""
    tabled = Shock.of(city, city.damage["component"]).damage.set_index("component")["repair_minutes"]
    drawn = city.damage.set_index("component")["repair_minutes"]
    ratio = np.log((drawn / tabled).to_numpy())

    assert abs(np.median(ratio)) < 0.1
    assert ratio.std() == pytest.approx(0.4, rel=0.2)
    assert (drawn % 15 == 0).all()


def test_kinds_are_those_of_the_repair_time_table(city: System) -> None:
    """Only bare junctions of mains are "any other kind" there."""
    known = {kind.casefold() for kind in default_table()["kind"]} | {"water junction", "gas junction"}

    assert {kind.casefold() for kind in component_table(city)["kind"]} <= known


def test_every_sector_has_crews_some_on_shifts_and_mutual_aid_comes_later(city: System) -> None:
    skills = set(";".join(city.crews["skills"]).split(";"))
    late = city.crews[city.crews["available_from_minute"] > 0]

    assert skills == set(SECTORS)
    assert 15 <= len(city.crews) <= 40
    assert 0 < city.shifts["crew"].nunique() < len(city.crews)
    assert set(city.shifts["end_minute"] - city.shifts["start_minute"]) == {720}
    assert list(late["available_from_minute"].unique()) == [1440]


# Any size, any sectors, always the same


@pytest.mark.parametrize("sectors", SUBSETS, ids=["+".join(subset) for subset in SUBSETS])
def test_every_choice_of_sectors_grows_a_whole_city(sectors: tuple[str, ...]) -> None:
    """Also at 97 components: its size is right, all are served, and all comes back once all is repaired."""
    town = grow_city(seed=len(sectors), components=97, sectors=sectors)
    cascade = propagate(town, Shock.from_table(town, town.damage))

    assert set(town.nodes["sector"]) == set(sectors)
    assert len(town.nodes) + len(town.links) == pytest.approx(97, rel=0.05)
    assert town.compiled.before.works.all()
    assert len(town.damage)
    assert cascade.stuck == frozenset()


@pytest.mark.parametrize("components", [40, 53, 200, 1_500, 10_000])
def test_cities_have_the_size_that_was_asked_for(components: int) -> None:
    town = grow_city(seed=components, components=components)

    assert len(town.nodes) + len(town.links) == pytest.approx(components, rel=0.05)
    assert town.compiled.before.works.all()


def test_the_same_recipe_grows_the_same_city_whatever_the_hash_seed(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from lifeline.files import write_system;"
        "from scenarios.synthetic import grow_city;"
        "write_system(grow_city(seed=8, components=400), Path(sys.argv[1]))"
    )
    bytes_written = []
    for hash_seed in ("1", "2"):
        target = tmp_path / f"{hash_seed}.json"
        subprocess.run(
            [sys.executable, "-c", script, str(target)],
            check=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
        bytes_written.append(target.read_bytes())

    assert bytes_written[0] == bytes_written[1]


def test_another_seed_grows_another_city(tmp_path: Path) -> None:
    one, same, other = (digest(grow(CityRecipe(components=80, seed=seed)), tmp_path) for seed in (5, 5, 6))
    assert one == same
    assert one != other


def test_a_sector_left_out_leaves_the_others_where_they_were() -> None:
    """Each step has its own stream of chance: the land and its people do not depend on the sectors."""
    whole, part = (grow_city(seed=4, components=300, sectors=sectors) for sectors in (SECTORS, ("power",)))

    pd.testing.assert_frame_equal(whole.customers, part.customers)


@pytest.mark.parametrize(
    ("nonsense", "complaint"),
    [
        ({"components": 39}, "components must be a whole number from 40"),
        ({"components": 1e4}, "components must be a whole number"),
        ({"components": True}, "components must be a whole number"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"sectors": ()}, "sectors must be one or more"),
        ({"sectors": ("power", "steam")}, "sectors must be one or more"),
        ({"sectors": ("power", "power")}, "each once"),
        ({"damage_share": 0.7}, "damage_share must be from 0 to 0.5"),
        ({"damage_share": float("nan")}, "damage_share must be a number"),
        ({"persons_per_component": -3}, "persons_per_component must be from 0"),
        ({"latitude": 89.0}, "latitude must be from -75"),
        ({"repair_days": 0}, "repair_days must be from"),
    ],
)
def test_a_recipe_from_which_nothing_can_grow_is_refused(nonsense: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        CityRecipe(**nonsense)
