"""Importing pandapower files: small grids worked by hand, and pandapower's own networks beside its own power flow."""

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from data_folder import data_folder
from dc_flow import dc_flow_mw
from foreign_nets import package_file, write_net
from worlds import assert_same_system

from lifeline.cascade import propagate
from lifeline.errors import InvalidInput
from lifeline.importers import Imported
from lifeline.importers.pandapower import read_pandapower
from lifeline.shock import Shock

# A feeder: an external grid at 110 kV, a transformer, a village and, behind a line with a switch, a farm.
BUSES = [
    {"index": 0, "name": "Grid", "vn_kv": 110.0, "zone": "north"},
    {"index": 1, "name": "Works", "vn_kv": 20.0, "zone": "north"},
    {"index": 5, "name": "Village", "vn_kv": 20.0, "zone": "south"},
    {"index": 9, "name": None, "vn_kv": 20.0, "zone": None},
]
LINES = [
    {
        "index": 2, "name": "Cable", "from_bus": 1, "to_bus": 5, "length_km": 2.0, "x_ohm_per_km": 0.1,
        "max_i_ka": 0.3, "df": 0.5, "parallel": 2, "max_loading_percent": 80.0, "in_service": True,
    },
    {"index": 4, "from_bus": 5, "to_bus": 9, "length_km": 1.0, "x_ohm_per_km": 0.4, "max_i_ka": None},
]  # fmt: skip
TRAFOS = [
    {
        "name": "T1", "hv_bus": 0, "lv_bus": 1, "sn_mva": 25.0, "vn_hv_kv": 110.0, "vn_lv_kv": 20.0, "vk_percent": 10.0,
        "vkr_percent": 6.0, "shift_degree": 150.0, "tap_side": "hv", "tap_neutral": 0, "tap_pos": -2,
        "tap_step_percent": 1.5, "tap_step_degree": 0.0, "tap_changer_type": "Ratio", "parallel": 1, "df": 1.0,
    }
]  # fmt: skip
LOADS = [
    {"name": "houses", "bus": 5, "p_mw": 0.4, "scaling": 0.5, "in_service": True},
    {"name": "mill", "bus": 5, "p_mw": 0.1, "scaling": 1.0, "in_service": True},
    {"name": "farm", "bus": 9, "p_mw": 0.05, "scaling": 1.0, "in_service": True},
    {"name": "closed shop", "bus": 5, "p_mw": 9.0, "scaling": 1.0, "in_service": False},
]
FEEDER: dict[str, Any] = {
    "bus": BUSES,
    "line": LINES,
    "trafo": TRAFOS,
    "load": LOADS,
    "ext_grid": [{"name": "110 kV", "bus": 0, "max_p_mw": None}],
}


def imported(folder: Path, **changes: Any) -> Imported:
    """Import the feeder with some tables exchanged."""
    return read_pandapower(write_net(folder / "feeder.json", {**FEEDER, **changes}))


def column(frame: pd.DataFrame, value: str) -> dict[str, Any]:
    return dict(zip(frame["id"], frame[value].tolist(), strict=True))


def told(result: Imported, action: str, part: str, table: str = "") -> tuple[str, ...]:
    """The names of the rows in the one note of this action (and table) whose sentence holds this part."""
    notes = [note for note in result.report if note.action == action and table in ("", note.table)]
    (note,) = [note for note in notes if part in note.sentence]
    return note.items


def test_rows_go_by_their_names_and_those_without_by_table_and_number(tmp_path):
    result = imported(tmp_path)
    assert list(result.system.nodes["id"]) == ["Grid", "Village", "Works", "bus 9"]
    assert list(result.system.links["id"]) == ["Cable", "T1", "line 4"]
    assert told(result, "converted", "bus rows go by number") == ("bus 9",)


def test_a_name_used_twice_in_the_file_is_nobodys(tmp_path):
    result = imported(tmp_path, line=[{**LINES[0], "name": "T1"}, LINES[1]])
    assert list(result.system.links["id"]) == ["line 2", "line 4", "trafo 0"]


def test_a_line_per_unit_on_100_mva(tmp_path):
    """2 km of 0.1 ohm/km, twice: 0.1 ohm, on 20 kV squared over 100 MVA = 4 ohm; limit 80 % of 20 kV * 0.3 kA."""
    links = imported(tmp_path).system.links
    assert column(links, "reactance_pu")["Cable"] == pytest.approx(0.025)
    assert column(links, "reactance_pu")["line 4"] == pytest.approx(0.1)
    assert column(links, "capacity")["Cable"] == round(math.sqrt(3) * 20 * 0.3 * 0.5 * 2 * 0.8 * 1e6)
    assert column(links, "capacity")["line 4"] == -1
    assert column(links, "length_km")["Cable"] == 2.0


def test_a_transformer_with_its_tap(tmp_path):
    """10 % and 6 % make 8 % of reactance; on 100 instead of 25 MVA 0.32; two steps of 1.5 % off: times 0.97."""
    links = imported(tmp_path).system.links
    assert column(links, "reactance_pu")["T1"] == pytest.approx(0.32 * 0.97)
    assert column(links, "capacity")["T1"] == 25_000_000
    assert column(links, "phase_shift_degrees")["T1"] == 150.0
    assert column(links, "length_km")["T1"] == 0.0


def test_what_is_drawn_is_the_demand_and_the_external_grid_makes_it(tmp_path):
    """0.4 * 0.5 + 0.1 MW in the village, 0.05 at the farm; the shop is closed."""
    result = imported(tmp_path)
    nodes = result.system.nodes
    assert column(nodes, "demand") == {"Grid": 0, "Works": 0, "Village": 300_000, "bus 9": 50_000}
    assert list(nodes.loc[nodes["source"], "id"]) == ["Grid"]
    assert column(nodes, "generation")["Grid"] == 350_000
    assert set(nodes["capacity"]) == {-1}
    assert told(result, "dropped", "out of service") == ("closed shop",)


def test_people_are_guessed_from_the_demand_and_live_in_the_zone_of_the_bus(tmp_path):
    """180 W a person: 300,000 W are 1,667 people, 50,000 W 278."""
    customers = imported(tmp_path).system.customers
    assert column(customers, "persons") == {"people of Village": 1667, "people of bus 9": 278}
    assert column(customers, "district") == {"people of Village": "south", "people of bus 9": ""}
    path = tmp_path / "feeder.json"
    assert read_pandapower(path, per_person=1000).system.customers["persons"].tolist() == [300, 50]


def test_an_open_switch_cuts_its_line_and_a_closed_one_is_part_of_it(tmp_path):
    switches = [
        {"bus": 5, "element": 4, "et": "l", "closed": False},
        {"bus": 1, "element": 2, "et": "l", "closed": True},
    ]
    result = imported(tmp_path, switch=switches)
    assert list(result.system.links["id"]) == ["Cable", "T1"]
    assert told(result, "dropped", "open switch") == ("line 4",)
    assert told(result, "doubtful", "no source reaches them") == ("bus 9",)


def test_an_open_switch_at_a_transformer_leaves_the_feeder_dark(tmp_path):
    result = imported(tmp_path, switch=[{"bus": 1, "element": 0, "et": "t", "closed": False}])
    assert told(result, "dropped", "trafo rows with an open switch") == ("T1",)
    assert told(result, "doubtful", "no source reaches them") == ("Village", "bus 9")


def test_a_closed_switch_between_buses_is_a_link_and_an_open_one_is_none(tmp_path):
    switches = [
        {"name": "S1", "bus": 1, "element": 9, "et": "b", "closed": True},
        {"name": "S2", "bus": 0, "element": 9, "et": "b", "closed": False},
        {"name": "S3", "bus": 1, "element": 5, "et": "b", "closed": True, "z_ohm": 0.04 * math.sqrt(5)},
    ]
    result = imported(tmp_path, switch=switches)
    reactance = column(result.system.links, "reactance_pu")
    assert reactance["S1"] == 0
    # The impedance of a switch is two parts of resistance to one of reactance; 0.04 ohm on 4 ohm.
    assert reactance["S3"] == pytest.approx(0.01)
    assert told(result, "dropped", "between buses that are open") == ("S2",)


def test_what_is_out_of_service_is_left_out_with_all_that_hangs_on_it(tmp_path):
    dead = [*BUSES[:2], {**BUSES[2], "in_service": False}, BUSES[3]]
    result = imported(tmp_path, bus=dead)
    assert list(result.system.nodes["id"]) == ["Grid", "Works", "bus 9"]
    assert list(result.system.links["id"]) == ["T1"]
    assert told(result, "dropped", "bus rows out of service") == ("Village",)
    assert told(result, "dropped", "line rows out of service") == ("Cable", "line 4")
    assert told(result, "dropped", "rows out of service, or at a bus that is.", "load") == (
        "houses", "mill", "closed shop",
    )  # fmt: skip


def test_generators_are_sources_and_the_external_grid_makes_the_rest(tmp_path):
    """350 kW are drawn: 200 from the generator, 30 from the small one, 120 are left for the grid."""
    result = imported(
        tmp_path,
        gen=[{"name": "G", "bus": 1, "p_mw": 0.2, "max_p_mw": 5.0}],
        sgen=[{"name": "C", "bus": 5, "p_mw": 0.06, "scaling": 0.5, "type": "CHP"}],
        ext_grid=[{"bus": 0, "max_p_mw": 40.0}],
    )
    nodes = result.system.nodes
    assert column(nodes, "generation") == {"Grid": 120_000, "Works": 200_000, "Village": 30_000, "bus 9": -1}
    assert column(nodes, "capacity") == {
        "Grid": 40_000_000,
        "Works": 5_000_000,
        "Village": 30_000,
        "bus 9": -1,
    }


def test_solar_and_wind_feed_nobody_alone_and_are_told_of(tmp_path):
    result = imported(tmp_path, sgen=[{"name": "roofs", "bus": 5, "p_mw": 1.0, "type": "PV"}])
    assert told(result, "dropped", "follow the voltage") == ("roofs",)
    dark = propagate(result.system, Shock.of(result.system, ["T1"])).without_service
    assert {"Works", "Village", "bus 9"} <= dark


def test_an_island_that_makes_more_than_it_draws_gives_the_rest_to_the_external_grid(tmp_path):
    """1 MW is made, 0.35 drawn: 0.65 leave the city, and nobody lives on them."""
    result = imported(tmp_path, gen=[{"bus": 1, "p_mw": 1.0}])
    nodes = result.system.nodes
    assert column(nodes, "demand")["Grid"] == 650_000
    assert column(nodes, "threshold_permille") == {"Grid": 0, "Works": 1000, "Village": 1000, "bus 9": 1000}
    assert column(nodes, "generation")["Grid"] == 0
    assert "people of Grid" not in set(result.system.customers["id"])


def test_other_loads_are_added_up_as_a_power_flow_does(tmp_path):
    """Motor 0.9 / 90 % * 50 % = 0.5 MW; shunt 0.01 * 2 * (20/10)^2 = 0.08; ward 0.1 + 0.02; three phases 0.06."""
    result = imported(
        tmp_path,
        load=[],
        motor=[
            {"bus": 5, "pn_mech_mw": 0.9, "efficiency_percent": 90.0, "loading_percent": 50.0, "scaling": 1.0}
        ],
        shunt=[{"bus": 9, "p_mw": 0.01, "q_mvar": 1.0, "step": 2, "vn_kv": 10.0}],
        ward=[{"bus": 1, "ps_mw": 0.1, "pz_mw": 0.02}],
        asymmetric_load=[{"bus": 1, "p_a_mw": 0.01, "p_b_mw": 0.02, "p_c_mw": 0.03}],
    )
    assert column(result.system.nodes, "demand") == {
        "Grid": 0, "Works": 180_000, "Village": 500_000, "bus 9": 80_000,
    }  # fmt: skip


def test_a_load_that_feeds_and_a_generator_that_draws_are_doubted(tmp_path):
    result = imported(
        tmp_path,
        load=[{"name": "odd", "bus": 5, "p_mw": -0.2}],
        gen=[{"name": "pumped store", "bus": 9, "p_mw": -0.3, "max_p_mw": 1.0}],
    )
    nodes = result.system.nodes
    assert list(nodes.loc[nodes["source"], "id"]) == ["Grid", "Village"]
    assert column(nodes, "demand")["bus 9"] == 300_000
    assert told(result, "doubtful", "draw less than nothing") == ("odd",)
    assert told(result, "doubtful", "feed in less than nothing") == ("pumped store",)


def test_points_of_version_3_are_degrees(tmp_path):
    points = ["7.80,48.40", "7.81,48.40", "7.82,48.41", "7.83,48.41"]
    placed = [
        {**bus, "geo": f'{{"type": "Point", "coordinates": [{point}]}}'}
        for bus, point in zip(BUSES, points, strict=True)
    ]
    nodes = imported(tmp_path, bus=placed).system.nodes
    assert column(nodes, "longitude")["Village"] == 7.82
    assert column(nodes, "latitude")["Village"] == 48.41


def test_a_drawing_keeps_its_shape_and_gets_the_size_of_the_lines(tmp_path):
    """Two lines of 2 and 1 km, drawn 100 units each: the median is 15 m a unit, and the drawing spans 300 units."""
    geodata = [{"index": bus["index"], "x": 100.0 * place, "y": 50.0} for place, bus in enumerate(BUSES)]
    path = write_net(tmp_path / "net.json", {**FEEDER, "bus_geodata": geodata})
    longitude = column(read_pandapower(path).system.nodes, "longitude")
    degree_km = 111.195
    assert (longitude["bus 9"] - longitude["Grid"]) * degree_km == pytest.approx(4.5, rel=1e-3)
    elsewhere = column(read_pandapower(path, origin="8.0,0.0").system.nodes, "longitude")
    assert elsewhere["Grid"] == pytest.approx(8.0 + longitude["Grid"])


def test_a_bus_without_a_place_lies_between_its_neighbours(tmp_path):
    geodata = [
        {"index": 0, "x": 0.0, "y": 0.0},
        {"index": 1, "x": 0.0, "y": 0.0},
        {"index": 9, "x": 3000.0, "y": 0.0},
    ]
    result = imported(tmp_path, bus_geodata=geodata)
    longitude = column(result.system.nodes, "longitude")
    assert longitude["Village"] == pytest.approx((longitude["Works"] + longitude["bus 9"]) / 2)
    assert told(result, "guessed", "middle of their neighbours") == ("Village",)


def test_a_grid_without_any_place_is_drawn_and_said_to_be(tmp_path):
    result = imported(tmp_path)
    assert told(result, "guessed", "drawn in rings") == ("Grid", "Works", "Village", "bus 9")
    with pytest.raises(InvalidInput, match="no coordinates, so --crs EPSG:31467 has nothing to convert"):
        read_pandapower(tmp_path / "feeder.json", crs="EPSG:31467")


def test_what_is_not_read_is_told_of(tmp_path):
    result = imported(tmp_path, poly_cost=[{"element": 0}], res_bus=[{"vm_pu": 1.0}], std_types={"line": {}})
    assert ("dropped", "poly_cost", 1) in [(note.action, note.table, note.count) for note in result.report]
    assert not [note for note in result.report if note.table == "res_bus"]
    assert told(result, "dropped", "no tables") == ("std_types",)


def test_the_order_of_rows_changes_nothing(tmp_path):
    turned = {name: list(reversed(rows)) for name, rows in reversed(FEEDER.items())}
    turned["load"] = [LOADS[place] for place in (2, 0, 3, 1)]
    numbered = {**turned, "trafo": [{**TRAFOS[0], "index": 0}], "ext_grid": FEEDER["ext_grid"]}
    assert_same_system(
        read_pandapower(write_net(tmp_path / "feeder.json", numbered)).system, imported(tmp_path).system
    )


BAD_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "a line to nowhere": (
        {"line": [{**LINES[0], "to_bus": 6}]},
        "line, row 2, to_bus = '6': is no row of bus. Did you mean",
    ),
    "a load nowhere": ({"load": [{"bus": 77, "p_mw": 1.0}]}, "load, row 0, bus = '77': is no row of bus."),
    "a number twice": (
        {"bus": [*BUSES, BUSES[0]]},
        "bus, row 0, index = '0': repeats this id of row 0; give it its own or remove the row.",
    ),
    "a negative current": ({"line": [{**LINES[0], "max_i_ka": -1.0}]}, "line, row 2, max_i_ka = '-1.0': is below 0 kA"),
    "no length": ({"line": [{**LINES[0], "length_km": None}]}, "line, row 2, length_km: is blank"),
    "no voltage": ({"bus": [{"index": 0, "vn_kv": 0.0}]}, "bus, row 0, vn_kv = '0.0': is below"),
    "text for a number": ({"load": [{"bus": 5, "p_mw": "much"}]}, "load, row 0, p_mw = 'much': is not a number"),
    "a switch at nothing": (
        {"switch": [{"bus": 1, "element": 3, "et": "l"}]},
        "switch, row 0, element = '3': is no row of line.",
    ),
    "a switch away from its line": (
        {"switch": [{"bus": 0, "element": 2, "et": "l"}]},
        "switch, row 0, bus = '0': is not a bus at an end of line 2",
    ),
    "a switch of no kind": ({"switch": [{"bus": 1, "element": 2, "et": "x"}]}, "switch, row 0, et = 'x': is none of"),
    "more resistance than impedance": (
        {"trafo": [{**TRAFOS[0], "vkr_percent": 11.0}]},
        "trafo, row 0, vkr_percent = '11': is more than vk_percent",
    ),
    "a missing column": ({"line": [{"from_bus": 1, "to_bus": 5, "length_km": 1.0}]}, "x_ohm_per_km: is missing"),
    "a giant": ({"load": [{"bus": 5, "p_mw": 1e9}]}, "load, row 0, p_mw = '1000000000.0': is above 1e+06 MW"),
}  # fmt: skip


@pytest.mark.parametrize("trouble", BAD_ROWS)
def test_a_bad_row_is_named_with_table_row_and_column(tmp_path, trouble):
    changes, said = BAD_ROWS[trouble]
    with pytest.raises(InvalidInput) as bad:
        imported(tmp_path, **changes)
    assert any(said in str(problem) for problem in bad.value.problems), str(bad.value)


def test_all_bad_rows_are_listed_in_one_error(tmp_path):
    with pytest.raises(InvalidInput) as bad:
        imported(
            tmp_path, line=[{**LINES[0], "length_km": -1}, {**LINES[1], "parallel": 0}], load=[{"p_mw": 1.0}]
        )
    assert len(bad.value.problems) == 3


# Networks that come with pandapower, beside what pandapower itself makes of them.

CASES = ("case118", "case300", "GBnetwork")


def power_flow(net: Any) -> None:
    import pandapower

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pandapower.rundcpp(net)


def theirs_and_ours(net: Any, system: Any) -> pd.DataFrame:
    """The MW over each link that we keep, by pandapower's DC flow and by a plain one over the imported tables."""
    flow = dc_flow_mw(system)
    rows = []
    for table, part in (("line", "p_from_mw"), ("trafo", "p_hv_mw"), ("impedance", "p_from_mw")):
        for number, name in zip(net[table].index, net[table]["name"], strict=True):
            link = name if name in flow.index else f"{table} {number}"
            rows.append((link, net[f"res_{table}"].loc[number, part], flow.get(link)))
    for number, name in zip(net.trafo3w.index, net.trafo3w["name"], strict=True):
        for side, sign in (("hv", 1), ("mv", -1), ("lv", -1)):
            rows.append(
                (f"{name} {side}", sign * net.res_trafo3w.loc[number, f"p_{side}_mw"], flow[f"{name} {side}"])
            )
    return pd.DataFrame(rows, columns=["link", "theirs", "ours"])


@pytest.mark.parametrize("case", CASES)
def test_flows_over_published_cases_are_those_of_pandapower(case):
    pandapower = pytest.importorskip(
        "pandapower", reason="pandapower is not installed, to compare flows with"
    )
    path = package_file("pandapower", "networks", "power_system_test_case_jsons", f"{case}.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = pandapower.from_json(str(path))
    power_flow(net)
    both = theirs_and_ours(net, read_pandapower(path).system)
    kept = both["ours"].notna()
    assert kept.sum() == (
        net.line.in_service.sum() + net.trafo.in_service.sum() + net.impedance.in_service.sum()
    )
    assert np.abs(both["theirs"] - both["ours"])[kept].max() <= 1e-6
    assert both["theirs"].abs().max() > 10


def test_flows_over_every_sort_of_element_are_those_of_pandapower(tmp_path):
    """pandapower's example with switches of all sorts, three windings, wards, shunts and an impedance."""
    pandapower = pytest.importorskip(
        "pandapower", reason="pandapower is not installed, to compare flows with"
    )
    networks = pytest.importorskip("pandapower.networks")
    path = tmp_path / "net.json"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = networks.example_multivoltage()
        # Sources all, so that theirs and ours make the same.
        net.sgen["type"] = "CHP"
        # A tap at the star, and one that turns the angle.
        net.trafo3w["tap_at_star_point"] = True
        net.trafo3w["tap_pos"] = 3
        net.trafo["tap_changer_type"] = "Ideal"
        net.trafo["tap_pos"] = 2
        net.trafo["tap_step_percent"] = 0.0
        net.trafo["tap_step_degree"] = 3.0
        pandapower.to_json(net, str(path))
    power_flow(net)
    both = theirs_and_ours(net, read_pandapower(path).system)
    idle = both["ours"].isna()
    assert both.loc[idle, "link"].tolist() == ["line 10"], "the one with an open switch"
    assert both.loc[idle, "theirs"].abs().max() == pytest.approx(0, abs=1e-9)
    assert np.abs(both["theirs"] - both["ours"])[~idle].max() <= 1e-6


def test_oberrhein_has_the_buses_lines_and_loads_that_pandapower_counts():
    networks = pytest.importorskip(
        "pandapower.networks", reason="pandapower is not installed, to compare with"
    )
    path = package_file("pandapower", "networks", "mv_oberrhein.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = networks.mv_oberrhein()
    system = read_pandapower(path).system
    opened = net.switch[~net.switch.closed & (net.switch.et == "l")].element.nunique()
    assert len(system.nodes) == len(net.bus) == 179
    assert len(system.links) == len(net.line) - opened + len(net.trafo)
    assert system.nodes["demand"].sum() == round((net.load.p_mw * net.load.scaling).sum() * 1e6)
    assert system.nodes["source"].sum() == len(net.ext_grid) == 2
    lines = system.links[system.links["kind"] == "feeder line"]
    open_km = net.line.loc[net.switch.loc[~net.switch.closed, "element"].unique(), "length_km"].sum()
    assert lines["length_km"].sum() == pytest.approx(net.line.length_km.sum() - open_km)
    assert system.nodes["longitude"].between(7.7, 8.0).all()
    assert system.nodes["latitude"].between(48.3, 48.5).all()
    assert propagate(system, Shock.of(system, [])).without_service == frozenset()


def test_the_power_grid_of_infrarisk_written_by_pandapower_2():
    path = data_folder() / "infrarisk" / "in2" / "power.json"
    if not path.is_file():
        pytest.skip(f"no InfraRisk data at {path}; set LIFELINE_DATA to the folder that holds infrarisk/")
    system = read_pandapower(path).system
    assert list(system.nodes["id"]) == [f"P_B{number}" for number in range(1, 10)]
    assert len(system.links) == 5 + 2 + 1
    # Three loads of 2 MW, and a motor of 0.23 MW.
    assert system.nodes["demand"].sum() == 6_230_000
    assert column(system.links, "reactance_pu")["P_L1"] == pytest.approx(5 * 0.166 / (110**2 / 100))
