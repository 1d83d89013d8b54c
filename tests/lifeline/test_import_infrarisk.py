"""Importing InfraRisk testbeds: a hamlet written here, the two published ones, and files that are refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from data_folder import data_folder
from foreign_nets import write_net
from worlds import assert_same_system

from lifeline.cascade import propagate
from lifeline.errors import InvalidInput
from lifeline.evaluation import evaluate
from lifeline.importers.importer import Imported, Report
from lifeline.importers.infrarisk import read_infrarisk
from lifeline.importers.infrarisk_files import layer_and_prefix, read_infrarisk_files, repair_minutes
from lifeline.importers.infrarisk_power import Appliances
from lifeline.importers.pandapower import read_pandapower
from lifeline.metrics import equivalent_outage_hours
from lifeline.plan_check import check_plan
from lifeline.repair import build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock

# An external grid and a generator at P_B1, a line to P_B2 with a load and the motor of the pump.
POWER: dict[str, Any] = {
    "bus": [
        {"index": 0, "name": "P_B1", "vn_kv": 10.0},
        {"index": 1, "name": "P_B2", "vn_kv": 10.0},
        {"index": 2, "name": "P_B3", "vn_kv": 10.0},
    ],
    "line": [
        {"name": f"P_L{number}", "from_bus": number - 1, "to_bus": number, "length_km": 1.0, "x_ohm_per_km": 0.1}
        for number in (1, 2)
    ],
    "load": [{"name": "P_LO1", "bus": 1, "p_mw": 0.9, "scaling": 1.0}],
    "motor": [
        {
            "name": "P_MP1", "bus": 1, "pn_mech_mw": 0.08, "efficiency_percent": 80.0, "loading_percent": 100.0,
            "scaling": 1.0, "cos_phi": 0.9,
        }
    ],
    "gen": [{"name": "P_G1", "bus": 2, "p_mw": 0.3, "scaling": 1.0}],
    "ext_grid": [{"name": "P_EG1", "bus": 0}],
    "bus_geodata": [{"index": place, "x": x, "y": 0.0} for place, x in enumerate((0.0, 600.0, 900.0))],
}  # fmt: skip
WATER = """\
[JUNCTIONS]
 W_J1  10  0
 W_J2  10  36
[RESERVOIRS]
 W_R1  5
[PIPES]
 W_P1  W_J1  W_J2  1000  300  100  0  Open
[PUMPS]
 W_WP1  W_R1  W_J1  HEAD 1
[CURVES]
 1  50  30
[OPTIONS]
 Units  LPS
 Headloss  H-W
[COORDINATES]
 W_J1  600  100
 W_J2  1200  100
 W_R1  600  0
[END]
"""
ROADS = """\
<NUMBER OF ZONES> 3
<NUMBER OF NODES> 3
<FIRST THRU NODE> 1
<NUMBER OF LINKS> 4
<END OF METADATA>
~\tInit node\tTerm node\tCapacity\tLength\tFree Flow Time\tB\tPower\tSpeed limit\tToll\tType\tid\t;
\tT_J1\tT_J2\t1000\t1\t1\t0.15\t4\t0\t0\t1\tT_L1\t;
\tT_J2\tT_J1\t1000\t1\t1\t0.15\t4\t0\t0\t1\tT_L2\t;
\tT_J2\tT_J8\t1000\t2\t2\t0.15\t4\t0\t0\t1\tT_L3\t;
\tT_J8\tT_J2\t1000\t2\t2\t0.15\t4\t0\t0\t1\tT_L4\t;
"""
HAMLET = {
    "water.inp": WATER,
    "transpo_net.tntp": ROADS,
    "transpo_node.tntp": "Node X Y ;\nT_J1 0 0 ;\nT_J2 600 0 ;\nT_J8 1200 0 ;\n",
    "dependencies.csv": "water_id,power_id\nW_WP1,P_MP1\nW_R1,P_G1\nW_R1,P_G7\n",
    "disruption_storm.csv": "time_stamp,components,fail_perc\n3600,P_L1,50\n3600,W_P1,25\n7200,T_L4,100\n3600,W_J2,0\n",
    "repair_times_hours.csv": "network,prefix,name,code,repair_time_h\n"
    "water,WP,Pump,pumps,12\nwater,P,Pipe,pipes,12\nwater,R,Reservoir,reservoirs,24\nwater,J,Junction,junctions,5\n"
    "power,L,Line,line,10\npower,MP,Motor,motor,24\npower,G,Generator,gen,24\npower,EG,External Grid,ext_grid,10\n"
    "power,LO,Load,load,5\ntransport,L,Link,link,12\n",
}


@pytest.fixture
def extras() -> None:
    """Skip a test, saying so, where the packages that read a testbed are not installed."""
    pytest.importorskip("wntr", reason="water.inp is read with wntr (extra water)")
    pytest.importorskip("pyproj", reason="coordinates are converted with pyproj (extra geo)")


def hamlet(folder: Path, changes: Mapping[str, str | None] | None = None) -> Path:
    """Write the hamlet with some files exchanged, or left out."""
    write_net(folder / "power.json", POWER)
    for name, text in {**HAMLET, **(changes or {})}.items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def published(name: str) -> Path:
    """Return a published testbed; the test is skipped, saying so, where the data are absent."""
    folder = data_folder() / "infrarisk" / name
    if not folder.is_dir():
        pytest.skip(f"no InfraRisk data at {folder}; set LIFELINE_DATA to the folder that holds infrarisk/")
    return folder


def told(imported: Imported, action: str, part: str) -> tuple[str, ...]:
    (note,) = [note for note in imported.report if note.action == action and part in note.sentence]
    return note.items


def rows(frame: Any, *columns: str) -> list[tuple[Any, ...]]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


@pytest.mark.usefixtures("extras")
def test_a_hamlet_s_three_layers_become_one_system_under_their_own_names(tmp_path: Path) -> None:
    system = read_infrarisk(hamlet(tmp_path)).system
    assert set(system.nodes["id"]) == {
        *("P_B1", "P_B2", "P_B3", "P_MP1", "P_G1", "W_J1", "W_J2", "W_R1", "W_WP1", "T_J1", "T_J2", "T_J8")
    }
    assert {"P_L1", "W_P1", "T_L1", "T_L2", "T_L3", "T_L4"} <= set(system.links["id"])
    road = system.links[system.links["sector"] == "road"]
    assert road["directed"].all()
    assert rows(road, "id", "from_node", "to_node")[3] == ("T_L4", "T_J8", "T_J2")


@pytest.mark.usefixtures("extras")
def test_all_layers_lie_in_one_frame_around_the_origin(tmp_path: Path) -> None:
    """P_B2, W_R1 and T_J2 share x = 600, the middle of the roads; W_J1 is 100 m north of it: 0.000904 degrees."""
    nodes = read_infrarisk(hamlet(tmp_path), origin="10,0").system.nodes.set_index("id")
    for name in ("P_B2", "W_R1", "T_J2"):
        assert nodes.loc[name, "longitude"] == pytest.approx(10.0, abs=1e-9)
        assert nodes.loc[name, "latitude"] == pytest.approx(0.0, abs=1e-9)
    assert nodes.loc["W_J1", "latitude"] == pytest.approx(100 / 110_574, rel=1e-4)


@pytest.mark.usefixtures("extras")
def test_the_pump_needs_its_motor_and_the_generator_its_reservoir(tmp_path: Path) -> None:
    imported = read_infrarisk(hamlet(tmp_path))
    found = rows(imported.system.dependencies, "dependent", "provider", "buffer_minutes")
    assert found == [("P_G1", "W_R1", 0), ("W_WP1", "P_MP1", 0)]
    assert told(imported, "dropped", "one of the two") == ("P_G7 on W_R1: no P_G7",)
    cascade = propagate(imported.system, Shock.of(imported.system, ["P_L1", "P_L2"]))
    assert {"P_MP1", "W_WP1", "W_J1", "W_J2"} <= cascade.without_service
    # The generator behind P_L2 keeps its own bus, until its reservoir fails.
    assert "P_B3" not in cascade.without_service
    cascade = propagate(imported.system, Shock.of(imported.system, ["P_L2", "W_R1"]))
    assert {"P_G1", "P_B3"} <= cascade.without_service
    assert "P_B2" not in cascade.without_service


@pytest.mark.usefixtures("extras")
def test_repairs_take_as_much_of_the_full_time_as_failed(tmp_path: Path) -> None:
    """Half of a line's 10 h, a quarter of a pipe's 12 h, all of a road's 12 h; what fails by 0 % is not broken."""
    imported = read_infrarisk(hamlet(tmp_path))
    found = rows(imported.system.damage, "component", "repair_minutes")
    assert found == [("P_L1", 300), ("T_L4", 720), ("W_P1", 180)]
    assert told(imported, "doubtful", "fail in part") == ("P_L1 50 %", "W_P1 25 %")
    assert told(imported, "doubtful", "fail later") == ("T_L4",)
    assert told(imported, "dropped", "fail_perc is 0") == ("W_J2",)


@pytest.mark.usefixtures("extras")
def test_one_crew_of_each_sector_starts_at_t_j8(tmp_path: Path) -> None:
    crews = read_infrarisk(hamlet(tmp_path), origin="10,0").system.crews
    assert rows(crews, "id", "skills") == [
        ("power crew 01", "power"),
        ("road crew 01", "road"),
        ("water crew 01", "water"),
    ]
    assert crews["longitude"].tolist() == pytest.approx([10 + 600 / 111_320] * 3, abs=1e-5)
    assert set(crews["speed_kmh"]) == {60.0}


def test_a_motor_is_taken_out_of_its_bus_with_its_part_of_the_demand_and_people(tmp_path: Path) -> None:
    """The motor draws 0.08 / 0.8 = 0.1 MW of P_B2's 1 MW: a tenth of the people was guessed out of it."""
    path = write_net(tmp_path / "power.json", POWER)
    grid, report = read_pandapower(path).system, Report()
    assert rows(grid.customers, "id", "persons") == [("people of P_B2", 5556)]
    system = Appliances.of(path, {"P_MP1"}).apart(grid, report)
    demand = dict(rows(system.nodes, "id", "demand"))
    assert (demand["P_B2"], demand["P_MP1"]) == (900_000, 100_000)
    assert rows(system.customers, "id", "persons") == [("people of P_B2", 5000)]
    assert rows(system.links[system.links["id"] == "P_MP1 connection"], "from_node", "to_node") == [
        ("P_B2", "P_MP1")
    ]


def test_the_only_one_that_feeds_in_takes_the_bus_s_supply_along(tmp_path: Path) -> None:
    path = write_net(tmp_path / "power.json", POWER)
    system = Appliances.of(path, {"P_G1", "P_EG1"}).apart(read_pandapower(path).system, Report())
    source = dict(rows(system.nodes, "id", "source"))
    assert {node for node in source if source[node]} == {"P_G1", "P_EG1"}


def test_where_several_feed_in_the_bus_stays_a_source(tmp_path: Path) -> None:
    both = {**POWER, "gen": [{"name": "P_G1", "bus": 0, "p_mw": 0.3, "scaling": 1.0}]}
    path, report = write_net(tmp_path / "power.json", both), Report()
    system = Appliances.of(path, {"P_G1"}).apart(read_pandapower(path).system, report)
    source = dict(rows(system.nodes, "id", "source"))
    assert source["P_G1"]
    assert source["P_B1"]
    assert [note.items for note in report.notes if note.action == "doubtful"] == [("P_G1",)]


def test_a_name_is_layer_and_letters_whatever_stands_between_them() -> None:
    assert layer_and_prefix("W_PMA44") == ("W", "PMA")
    assert layer_and_prefix("P_TF1EG") == ("P", "TFEG")
    assert layer_and_prefix("X_L1") == layer_and_prefix("L1") == ("", "")


def test_minutes_are_rounded_up_but_not_by_a_hair() -> None:
    assert repair_minutes(12, 10) == 72
    assert repair_minutes(5, 33) == 99
    assert repair_minutes(0.01, 50) == 1


BAD = {
    "no network": ({"water.inp": None}, "has no water.inp"),
    "no repair times": ({"repair_times_hours.csv": None}, "no repair_times_hours.csv"),
    "unknown layer": ({"dependencies.csv": "water_id,power_id\nX_WP1,P_MP1\n"}, "row 2, water_id = 'X_WP1'"),
    "swapped": ({"dependencies.csv": "water_id,power_id\nP_MP1,W_WP1\n"}, "begins with W_"),
    "unknown prefix": (
        {"disruption_storm.csv": "time_stamp,components,fail_perc\n0,W_QQ1,50\n"},
        "prefix 'QQ'",
    ),
    "more than all": (
        {"disruption_storm.csv": "time_stamp,components,fail_perc\n0,P_L1,150\n"},
        "fail_perc = '150'",
    ),
    "infinite": ({"disruption_storm.csv": "time_stamp,components,fail_perc\n1e400,P_L1,50\n"}, "time_stamp"),
    "no number": ({"disruption_storm.csv": "time_stamp,components,fail_perc\n0,P_L1,nan\n"}, "fail_perc"),
    "twice": ({"disruption_storm.csv": "time_stamp,components,fail_perc\n0,P_L1,5\n0,P_L1,6\n"}, "row 3"),
    "no column": ({"disruption_storm.csv": "time_stamp,fail_perc\n0,5\n"}, "components"),
    "negative hours": (
        {"repair_times_hours.csv": "network,prefix,name,repair_time_h\npower,L,Line,-1\n"},
        "-1",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused_with_file_row_and_column(tmp_path: Path, case: str) -> None:
    changes, message = BAD[case]
    folder = tmp_path / "deep" / "inside"
    folder.mkdir(parents=True)
    with pytest.raises(InvalidInput) as refused:
        read_infrarisk(hamlet(folder, changes))
    assert message in str(refused.value)


def test_scenarios_are_chosen_by_name_or_file_and_those_of_sensors_passed_over(tmp_path: Path) -> None:
    flood = "time_stamp,component,fail_perc\n60,P_L2,20\n"
    hamlet(
        tmp_path, {"disruption_flood.csv": flood, "disruption_x_cyber.csv": "time_stamp,cyber_component\n"}
    )

    def components(**options: Any) -> list[str]:
        files = read_infrarisk_files(tmp_path, options.get("damage"), options.get("scenario"))
        assert files.disruption is not None
        return files.disruption.components

    assert components(scenario="flood") == components(damage=tmp_path / "disruption_flood.csv") == ["P_L2"]
    assert "T_L4" in components(scenario="storm")
    with pytest.raises(InvalidInput, match=r"2 scenarios.*flood, storm"):
        components()
    with pytest.raises(InvalidInput, match=r"no scenario 'flod'. Did you mean 'flood'"):
        components(scenario="flod")
    with pytest.raises(InvalidInput, match="not both"):
        components(scenario="flood", damage=tmp_path / "disruption_flood.csv")
    assert read_infrarisk_files(hamlet(tmp_path), None, "storm").disruption is not None


@pytest.mark.usefixtures("extras")
def test_a_component_that_no_layer_has_is_refused_and_a_closed_one_passed_over(tmp_path: Path) -> None:
    head = "time_stamp,components,fail_perc\n"
    folder = hamlet(tmp_path, {"disruption_storm.csv": f"{head}0,W_P7,50\n"})
    with pytest.raises(InvalidInput, match=r"row 2, components = 'W_P7'.*none of the three networks"):
        read_infrarisk(folder)
    closed = WATER.replace("[CURVES]", "[STATUS]\n W_WP1 Closed\n[CURVES]")
    imported = read_infrarisk(
        hamlet(tmp_path, {"water.inp": closed, "disruption_storm.csv": f"{head}0,W_WP1,50\n"})
    )
    assert imported.system.damage.empty
    assert told(imported, "dropped", "nothing is missing") == ("W_WP1",)


def test_coordinates_are_either_those_of_a_map_or_local(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not both"):
        read_infrarisk(hamlet(tmp_path), crs="EPSG:3857", origin="1,2")


@pytest.mark.usefixtures("extras")
def test_the_published_in2_is_imported_and_can_be_planned() -> None:
    imported = read_infrarisk(published("in2"))
    system = imported.system
    assert rows(system.damage, "component", "repair_minutes") == [
        ("P_L5", 300),
        ("T_L2", 360),
        ("W_P21", 360),
        ("W_WP9", 72),
    ]
    assert rows(system.dependencies, "dependent", "provider") == [("W_WP9", "P_MP1")]
    assert told(imported, "dropped", "one of the two") == ("P_G3 on W_R9: no P_G3",)
    nodes = system.nodes.set_index("id")
    # T_J5 lies at (300, 325), W_J21 at (300, 400): 75 m north of it.
    assert nodes.loc["W_J21", "longitude"] == pytest.approx(nodes.loc["T_J5", "longitude"])
    north = nodes.loc["W_J21", "latitude"] - nodes.loc["T_J5", "latitude"]
    assert north == pytest.approx(75 / 110_574, rel=1e-4)
    problem = build_problem(system, Shock.from_table(system, system.damage))
    assert not problem.unassignable
    plan = schedule(
        problem,
        {"power crew 01": ["P_L5"], "road crew 01": ["T_L2"], "water crew 01": ["W_WP9", "W_P21"]},
    )
    assert check_plan(problem, plan) == ()


@pytest.mark.usefixtures("extras")
def test_shelby_s_power_loses_as_many_hours_here_as_infrarisk_says() -> None:
    """InfraRisk: 0.475 h (by demand) and 0.319 h (by consumer) with ten crews, whatever the order.

    It adds ten minutes to each trip, which lifeline does not: of some five hours that is 3 % at most.
    """
    system = read_infrarisk(published("shelby")).system
    assert len(system.crews) == 30
    problem = build_problem(system, Shock.from_table(system, system.damage))
    power = [job.id for job in problem.jobs if job.sector == "power"]
    water = [job.id for job in problem.jobs if job.sector == "water"]
    sequences = {f"power crew {number:02}": [job] for number, job in enumerate(power, 1)}
    sequences |= {f"water crew {number:02}": [job] for number, job in enumerate(water, 1)}
    hours = equivalent_outage_hours(evaluate(problem, schedule(problem, sequences)))
    assert hours["power"].pcs == pytest.approx(0.475, rel=0.03)
    assert hours["power"].ecs == pytest.approx(0.319, rel=0.03)
    # Its water is hydraulic: leaks and pressure. By connectivity nobody is without.
    assert hours["water"].pcs == 0


@pytest.mark.usefixtures("extras")
def test_the_same_files_give_the_same_system(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    disruption = HAMLET["disruption_storm.csv"].splitlines()
    backwards = "\n".join([disruption[0], *reversed(disruption[1:])]) + "\n"
    one = read_infrarisk(hamlet(tmp_path / "a")).system
    other = read_infrarisk(hamlet(tmp_path / "b", {"disruption_storm.csv": backwards})).system
    assert_same_system(one, other.replace(settings=one.settings))
