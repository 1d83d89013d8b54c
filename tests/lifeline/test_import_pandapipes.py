"""Importing pandapipes files: small networks worked by hand, and pandapipes' own beside its own tables."""

import warnings
from pathlib import Path
from typing import Any

import pytest
from foreign_nets import package_file, write_net

from lifeline.cascade import propagate
from lifeline.errors import InvalidInput
from lifeline.importers import Imported
from lifeline.importers.pandapipes import read_pandapipes
from lifeline.shock import Shock

GAS = {
    "_module": "pandapipes.properties.fluids",
    "_class": "Fluid",
    "_object": '{"name": "lgas", "is_gas": true}',
}
WATER = {"_module": "x", "_class": "Fluid", "_object": {"name": "water", "fluid_type": "liquid"}}

# A gate, a main to a compressor, behind it a main to a village and, behind a valve, a farm.
JUNCTIONS = [
    {"index": 1, "name": "Gate", "height_m": 100.0},
    {"index": 2, "name": "South", "height_m": 90.0},
    {"index": 4, "name": "North", "height_m": 90.0},
    {"index": 6, "name": "Village", "height_m": 80.0},
    {"index": 8, "name": None, "height_m": None},
]
MAIN = {
    "fluid": GAS,
    "junction": JUNCTIONS,
    "pipe": [
        {"name": "P1", "from_junction": 1, "to_junction": 2, "length_km": 1.5, "inner_diameter_mm": 600.0},
        {"name": "P2", "from_junction": 4, "to_junction": 6, "length_km": 0.5, "diameter_m": 0.2},
    ],
    "compressor": [{"name": "C", "from_junction": 2, "to_junction": 4, "pressure_ratio": 1.2}],
    "valve": [{"name": "V", "from_junction": 6, "to_junction": 8, "diameter_m": 0.05, "opened": True}],
    "ext_grid": [{"junction": 1, "p_bar": 1.0}],
    "sink": [
        {"name": "houses", "junction": 6, "mdot_kg_per_s": 0.002, "scaling": 0.5},
        {"name": "farm", "junction": 8, "mdot_kg_per_s": 0.0001, "scaling": 1.0},
        {"name": "closed", "junction": 6, "mdot_kg_per_s": 1.0, "in_service": False},
    ],
}


def imported(folder: Path, **changes: Any) -> Imported:
    """Import the main with some tables exchanged."""
    return read_pandapipes(write_net(folder / "main.json", {**MAIN, **changes}, kind="pandapipes"))


def column(frame: Any, value: str) -> dict[str, Any]:
    return dict(zip(frame["id"], frame[value].tolist(), strict=True))


def told(result: Imported, action: str, part: str) -> tuple[str, ...]:
    (note,) = [note for note in result.report if note.action == action and part in note.sentence]
    return note.items


def test_junctions_become_nodes_of_gas_and_sinks_their_demand(tmp_path):
    """0.002 kg/s at half load are 3,600 g/h, 0.0001 are 360."""
    result = imported(tmp_path)
    nodes = result.system.nodes
    assert list(nodes["id"]) == ["C", "Gate", "North", "South", "Village", "junction 8"]
    assert set(nodes["sector"]) == {"gas"}
    assert column(nodes, "demand")["Village"] == 3600
    assert column(nodes, "demand")["junction 8"] == 360
    assert list(nodes.loc[nodes["source"], "id"]) == ["Gate"]
    assert column(nodes, "kind")["Gate"] == "gate station"
    assert told(result, "dropped", "rows out of service") == ("closed",)
    assert column(result.system.customers, "persons") == {
        "people of Village": 225,
        "people of junction 8": 22,
    }


def test_pipes_keep_their_length_and_wide_ones_have_another_kind(tmp_path):
    links = imported(tmp_path).system.links
    assert column(links, "length_km")["P1"] == 1.5
    assert (column(links, "kind")["P1"], column(links, "kind")["P2"]) == ("gas pipe", "gas main")
    assert column(links, "kind")["V"] == "valve"


def test_a_compressor_is_a_node_between_two_one_way_links_so_that_it_can_need_power(tmp_path):
    system = imported(tmp_path).system
    assert column(system.nodes, "kind")["C"] == "compressor station"
    ways = system.links[system.links["directed"]]
    assert ways[["id", "from_node", "to_node"]].to_numpy().tolist() == [
        ["C in", "South", "C"],
        ["C out", "C", "North"],
    ]
    dark = propagate(system, Shock.of(system, ["C"])).without_service
    assert dark == {"C", "North", "Village", "junction 8"}


def test_water_is_counted_in_litres_and_keeps_what_hydraulics_need(tmp_path):
    """1 bar is 10.197 m of water, so the head at the gate, 100 m high, is 110.197 m."""
    pump = [{"name": "C", "from_junction": 2, "to_junction": 4, "std_type": "P1"}]
    system = imported(tmp_path, fluid=WATER, compressor=[], pump=pump).system
    assert set(system.nodes["sector"]) == {"water"}
    # 0.001 kg/s are 3.6 litres an hour, rounded to 4.
    assert column(system.nodes, "demand")["Village"] == 4
    assert column(system.nodes, "kind")["C"] == "pumping station"
    assert column(system.nodes, "elevation_m")["Village"] == 80.0
    assert column(system.nodes, "head_m")["Gate"] == pytest.approx(110.197, abs=5e-4)
    assert column(system.links, "diameter_mm")["P2"] == 200.0


def test_closed_valves_and_pipes_behind_them_carry_nothing(tmp_path):
    shut = [{"name": "V", "from_junction": 6, "to_junction": 8, "opened": False}]
    result = imported(tmp_path, valve=shut)
    assert told(result, "dropped", "closed valves") == ("V",)
    assert "V" not in set(result.system.links["id"])


def test_valves_of_newer_versions_sit_at_a_pipe_or_between_junctions(tmp_path):
    valves = [
        {"name": "at P2", "junction": 4, "element": 1, "et": "pi", "opened": False},
        {"name": "at P1", "junction": 1, "element": 0, "et": "pi", "opened": True},
        {"name": "between", "junction": 6, "element": 8, "et": "ju", "opened": True},
    ]
    result = imported(tmp_path, valve=valves)
    assert list(result.system.links["id"]) == ["C in", "C out", "P1", "between"]
    assert told(result, "dropped", "pipes with a closed valve") == ("P2",)


def test_sources_have_a_limit_and_external_grids_none(tmp_path):
    result = imported(
        tmp_path, source=[{"junction": 6, "mdot_kg_per_s": 0.01}, {"junction": 2, "mdot_kg_per_s": -1.0}]
    )
    nodes = result.system.nodes
    assert column(nodes, "capacity")["Village"] == 36_000
    assert column(nodes, "capacity")["Gate"] == -1
    assert column(nodes, "demand")["South"] == 3_600_000
    assert told(result, "doubtful", "feed in less than nothing") == ("source 1",)


def test_what_is_out_of_service_is_left_out_with_all_that_hangs_on_it(tmp_path):
    dead = [{**junction, "in_service": junction["index"] != 4} for junction in JUNCTIONS]
    result = imported(tmp_path, junction=dead)
    assert list(result.system.nodes["id"]) == ["Gate", "South", "Village", "junction 8"]
    assert list(result.system.links["id"]) == ["P1", "V"]
    assert told(result, "dropped", "junctions out of service") == ("North",)
    assert told(result, "dropped", "compressor rows") == ("C",)


BAD_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "a pipe to nowhere": (
        {"pipe": [{**MAIN["pipe"][0], "to_junction": 3}]},
        "pipe, row 0, to_junction = '3': is no row of junction. Did you mean",
    ),
    "a sink nowhere": ({"sink": [{"junction": 9, "mdot_kg_per_s": 1.0}]}, "sink, row 0, junction = '9': is no row"),
    "a valve at no pipe": (
        {"valve": [{"junction": 6, "element": 7, "et": "pi"}]},
        "valve, row 0, element = '7': is no row of pipe.",
    ),
    "a valve nowhere": ({"valve": [{"from_junction": 6, "to_junction": 7}]}, "valve, row 0, to_junction = '7': is no"),
    "no length": ({"pipe": [{"from_junction": 1, "to_junction": 2}]}, "pipe, row 1, length_km: is missing"),
    "a negative length": ({"pipe": [{**MAIN["pipe"][0], "length_km": -1.0}]}, "length_km = '-1.0': is below 0 km"),
    "a torrent": ({"sink": [{"junction": 6, "mdot_kg_per_s": 1e9}]}, "mdot_kg_per_s = '1000000000.0': is above"),
    "text": ({"sink": [{"junction": 6, "mdot_kg_per_s": "x"}]}, "sink, row 0, mdot_kg_per_s = 'x': is not a number"),
    "a number twice": ({"junction": [*JUNCTIONS, JUNCTIONS[0]]}, "junction, row 1, index = '1': repeats this id"),
    "nothing": ({"junction": []}, "junction: has no rows"),
}  # fmt: skip


@pytest.mark.parametrize("trouble", BAD_ROWS)
def test_a_bad_row_is_named_with_table_row_and_column(tmp_path, trouble):
    changes, said = BAD_ROWS[trouble]
    with pytest.raises(InvalidInput) as bad:
        imported(tmp_path, **changes)
    assert any(said in str(problem) for problem in bad.value.problems), str(bad.value)


@pytest.mark.parametrize(
    "fluid", [None, {"_class": "Fluid", "_object": "{}"}, {"_class": "Fluid", "_object": "[1]"}]
)
def test_a_network_of_who_knows_what_is_refused(tmp_path, fluid):
    with pytest.raises(InvalidInput, match="does not say whether its fluid is a gas or a liquid"):
        imported(tmp_path, fluid=fluid)


def test_a_network_of_heat_is_refused():
    path = package_file("pandapipes", "networks", "network_files", "sw_heat.json")
    with pytest.raises(InvalidInput, match="network of heat"):
        read_pandapipes(path)


# Networks that come with pandapipes, beside its own tables.


def schutterwald() -> Path:
    return package_file("pandapipes", "networks", "network_files", "gas_net_schutterwald_1bar.json")


def test_schutterwald_has_the_pipes_and_houses_that_pandapipes_counts():
    networks = pytest.importorskip(
        "pandapipes.networks", reason="pandapipes is not installed, to compare with"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = networks.schutterwald_gas()
    system = read_pandapipes(schutterwald()).system
    assert len(system.nodes) == len(net.junction) == 2559
    assert len(system.links) == len(net.pipe) == 2559
    assert len(system.customers) == len(net.sink) == 1506
    assert system.links["length_km"].sum() == pytest.approx(net.pipe.length_km.sum())
    grams = (net.sink.mdot_kg_per_s * net.sink.scaling).sum() * 3.6e6
    assert system.nodes["demand"].sum() == pytest.approx(grams, abs=len(net.sink) / 2)
    assert propagate(system, Shock.of(system, [])).without_service == frozenset()


def test_schutterwald_lies_in_its_town_once_one_says_what_its_coordinates_are():
    """Gauss-Krüger zone 3; the town is at 48.46 north, 7.88 east (pandapower's grid of it says so as well)."""
    pytest.importorskip("pyproj", reason="pyproj is not installed, to convert coordinates")
    nodes = read_pandapipes(schutterwald(), crs="EPSG:31467").system.nodes
    assert nodes["longitude"].between(7.86, 7.91).all()
    assert nodes["latitude"].between(48.44, 48.47).all()


def test_every_network_that_comes_with_pandapipes_can_be_read():
    folder = schutterwald().parent
    networks = sorted(path for path in folder.rglob("*.json") if path.name != "sw_heat.json")
    assert len(networks) > 90
    for path in networks[::5]:
        system = read_pandapipes(path).system
        sector = "water" if "water" in str(path.relative_to(folder)) or "heat_" in str(path) else "gas"
        assert set(system.nodes["sector"]) == {sector}, path
