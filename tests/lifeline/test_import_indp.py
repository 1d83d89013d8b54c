"""Importing interdependent network design files: made-up folders, and the real Shelby County."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from data_folder import shelby
from worlds import assert_same_system

from lifeline.cascade import propagate
from lifeline.errors import InvalidInput
from lifeline.files import read_system, write_system
from lifeline.importers import IMPORTERS, Imported
from lifeline.importers.indp import read_indp
from lifeline.shock import Shock

# Two substations, joined by two lines in parallel. The pump needs either of them, the mast the first one.
VILLAGE = {
    "nodes.csv": """\
layer,node,type,role,balance,population,lon,lat,repair_cost
power,0,Gate Station,supply,3,300,10.00,50.00,9
power,1,12kV Substation,demand,-1,100,10.01,50.00,9
power,2,12kV Substation,demand,-2,200,10.02,50.01,9
power,3,Intersections point,transit,0,,10.03,50.00,9
water,0,Pumping Station,supply,1,150,10.00,50.02,9
water,1,Distribution Node,demand,-1,150,10.03,50.02,9
telecom,0,Fiber or Microwave Node,demand,-1,40,10.00,50.03,9
telecom,1,Fiber or Microwave Node,supply,1,160,10.01,50.03,9
""",
    "arcs.csv": """\
layer,arc,u,v,capacity,length_km,type
power,0,0,1,5,1.2,Transmission Line
power,1,2,1,5,1.4,Transmission Line
power,2,1,2,5,1.5,Transmission Line
power,3,2,3,5,1.4,Transmission Line
water,0,0,1,5,2.5,Water pipe
telecom,0,0,1,5,0.2,Microwave
""",
    "interdependencies.csv": """\
dependee_layer,dependee,depender_layer,depender,gamma,type
power,1,water,0,1,physical
power,2,water,0,1,physical
power,1,telecom,1,1,physical
telecom,1,power,1,1,cyber
""",
}
SCENARIOS = """\
scenario,kind,layer,a,b
EQ-1,node,water,1,
EQ-1,arc,power,2,1
EQ-2,arc,power,0,1
"""


@pytest.fixture
def village(tmp_path: Path) -> Path:
    """The village's files, for a test to import or to spoil."""
    for name, text in VILLAGE.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "quakes.csv").write_text(SCENARIOS, encoding="utf-8")
    return tmp_path


def spoil(folder: Path, name: str, *changes: tuple[str, str]) -> None:
    """Replace parts of a file; each must be there."""
    text = (folder / name).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / name).write_text(text, encoding="utf-8")


def said(imported: Imported, action: str, table: str) -> list[tuple[int, str]]:
    """What the report tells about a table."""
    notes = [note for note in imported.report if (note.action, note.table) == (action, table)]
    return [(note.count, note.sentence) for note in notes]


def problems(folder: Path, **options) -> list[str]:
    """What an import is refused for, one line each."""
    with pytest.raises(InvalidInput) as bad:
        read_indp(folder, **options)
    return [str(problem) for problem in bad.value.problems]


def column(frame: pd.DataFrame, key: str, value: str) -> Mapping[str, object]:
    """A column of a table by its key."""
    return dict(zip(frame[key], frame[value], strict=True))


def test_layer_and_number_become_one_name_and_the_supply_a_source(village):
    """Telecom runs backwards: its demand node 0 is the hub."""
    nodes = read_indp(village).system.nodes
    assert list(nodes["id"]) == [
        "power:0", "power:1", "power:2", "power:3", "telecom:0", "telecom:1", "water:0", "water:1",
    ]  # fmt: skip
    assert list(nodes.loc[nodes["source"], "id"]) == ["power:0", "telecom:0", "water:0"]
    assert column(nodes, "id", "kind")["power:3"] == "Intersections point"


def test_people_are_customers_of_demand_nodes_only_and_in_telecom_of_supply_nodes(village):
    system = read_indp(village).system
    assert column(system.customers, "id", "persons") == {
        "people of power:1": 100,
        "people of power:2": 200,
        "people of telecom:1": 160,
        "people of water:1": 150,
    }
    assert column(system.supplies, "customer", "node")["people of telecom:1"] == "telecom:1"
    assert set(system.supplies["share"]) == {1.0}


def test_the_people_of_sources_are_told_of_and_left_out(village):
    """300 + 40 + 150 = 490 persons at three sources."""
    assert said(read_indp(village), "dropped", "customers") == [
        (3, "population of sources: their 490 persons are the customers', told a second time.")
    ]


def test_links_in_parallel_are_both_kept_and_told_apart_by_their_number(village):
    imported = read_indp(village)
    links = imported.system.links
    assert list(links["id"])[:4] == ["power:0-1#0", "power:1-2#2", "power:2-1#1", "power:2-3#3"]
    assert column(links, "id", "length_km")["power:1-2#2"] == 1.5
    assert not links["directed"].any()
    assert (
        2,
        "parallel links, all kept (the authors' loader keeps the last): power:1-2#2, power:2-1#1.",
    ) in said(imported, "converted", "links")


def test_a_link_shorter_than_the_straight_line_is_kept_and_told_of(village):
    """A hundredth of a degree of longitude at 50.03 degrees north is 111.195 * 0.01 * 0.642 = 0.71 km."""
    imported = read_indp(village)
    assert column(imported.system.links, "id", "length_km")["telecom:0-1#0"] == 0.2
    ((count, sentence),) = said(imported, "doubtful", "links")
    assert count == 1
    assert sentence.endswith("telecom:0-1#0 (0.2 km, straight 0.7 km).")


def test_a_pump_with_two_feeders_stops_when_both_are_gone_and_not_before(village):
    """The two rows of water:0 are one group of alternatives."""
    system = read_indp(village).system
    assert "water:0" not in propagate(system, Shock.of(system, ["power:2"])).without_service
    assert "water:0" in propagate(system, Shock.of(system, ["power:1", "power:2"])).without_service


def test_cyber_dependencies_come_only_when_all_are_asked_for_and_let_power_black_start(village):
    physical, everything = read_indp(village), read_indp(village, dependencies="all")
    assert set(physical.system.dependencies["kind"]) == {"physical"}
    assert not physical.system.nodes["black_start"].any()
    assert [count for count, _ in said(physical, "dropped", "dependencies")] == [1]
    cyber = everything.system.dependencies.query("kind == 'cyber'")
    assert cyber[["dependent", "provider", "group"]].to_numpy().tolist() == [
        ["power:1", "telecom:1", "cyber telecom"]
    ]
    nodes = everything.system.nodes
    assert list(nodes.loc[nodes["black_start"], "id"]) == ["power:1"]


def test_a_substation_and_its_mast_that_wait_for_each_other_come_back(village):
    """power:1 needs telecom:1 and the other way round; broken and repaired, neither may stay dark."""
    system = read_indp(village, dependencies="all").system
    assert propagate(system, Shock.of(system, ["power:1"])).stuck == frozenset()


def test_dependencies_told_twice_count_once(village):
    spoil(
        village, "interdependencies.csv", ("power,2,water,0,1,physical\n", "power,2,water,0,1,physical\n" * 2)
    )
    imported = read_indp(village)
    assert len(imported.system.dependencies) == 3
    assert (1, "rows that repeat an earlier one.") in said(imported, "dropped", "dependencies")


def test_two_crews_of_each_sector_start_at_its_largest_source(village):
    spoil(
        village, "nodes.csv", ("power,3,Intersections point,transit,0,", "power,3,Gate Station,supply,4,10")
    )
    crews = read_indp(village).system.crews
    assert list(crews["id"]) == [
        "power crew 1", "power crew 2", "telecom crew 1", "telecom crew 2", "water crew 1", "water crew 2",
    ]  # fmt: skip
    assert list(crews["skills"]) == ["power", "power", "telecom", "telecom", "water", "water"]
    assert list(crews["longitude"]) == [10.03, 10.03, 10.0, 10.0, 10.0, 10.0]


def test_quarters_cut_the_people_in_halves(village):
    """Half of the 610 persons are 305.

    From west to east 260 live up to 10.01 and 460 up to 10.02; from south to north 100, 300 and, up to 50.02,
    450. So 10.02 and 50.02 are where the cuts are.
    """
    customers = read_indp(village).system.customers
    assert column(customers, "id", "district") == {
        "people of power:1": "south-west",
        "people of power:2": "south-west",
        "people of telecom:1": "north-west",
        "people of water:1": "south-east",
    }


def test_a_scenario_breaks_nodes_and_both_of_two_parallel_links_whichever_end_comes_first(village):
    imported = read_indp(village, damage=village / "quakes.csv", scenario="EQ-1")
    damage = imported.system.damage
    assert list(damage["component"]) == ["power:1-2#2", "power:2-1#1", "water:1"]
    assert set(damage["repair_minutes"]) == {-1}
    assert imported.system.settings.description.endswith("damage scenario EQ-1.")
    assert [count for count, _ in said(imported, "guessed", "damage")] == [2, 3]


def test_damage_told_from_both_ends_counts_once(village):
    spoil(village, "quakes.csv", ("EQ-2,arc,power,0,1\n", "EQ-2,arc,power,0,1\nEQ-2,arc,power,1,0\n"))
    imported = read_indp(village, damage=village / "quakes.csv", scenario="EQ-2")
    assert list(imported.system.damage["component"]) == ["power:0-1#0"]
    assert [count for count, _ in said(imported, "dropped", "damage")] == [1]


def test_the_only_scenario_of_a_file_needs_no_name(village):
    spoil(village, "quakes.csv", ("EQ-2,arc,power,0,1\n", ""))
    assert len(read_indp(village, damage=village / "quakes.csv").system.damage) == 3


def test_a_file_of_several_scenarios_wants_to_know_which(village):
    with pytest.raises(InvalidInput, match=r"holds 2 scenarios; say which one to import: EQ-1, EQ-2\."):
        read_indp(village, damage=village / "quakes.csv")


def test_an_unknown_scenario_is_answered_with_the_nearest(village):
    with pytest.raises(InvalidInput, match=r"no scenario 'EQ3' among its 2\. Did you mean 'EQ-[12]'\?"):
        read_indp(village, damage=village / "quakes.csv", scenario="EQ3")


def test_a_scenario_without_a_file_is_refused(village):
    with pytest.raises(InvalidInput, match="give the damage file"):
        read_indp(village, scenario="EQ-1")


def test_a_file_without_a_row_holds_no_scenario(village):
    (village / "quakes.csv").write_text("scenario,kind,layer,a,b\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="holds no scenario"):
        read_indp(village, damage=village / "quakes.csv")


def test_all_damage_that_is_not_in_the_network_is_listed_whatever_scenario_is_wanted(village):
    (village / "quakes.csv").write_text(
        "scenario,kind,layer,a,b\nA,node,power,1,\nA,node,power,9,\nB,arc,power,0,2\nB,arc,power,0,\n"
        "B,node,power,1,2\nB,arc,water,0,7\n",
        encoding="utf-8",
    )
    assert problems(village, damage=village / "quakes.csv", scenario="A") == [
        "quakes.csv, row 3, a = '9': power:9 is not in nodes.csv. Did you mean 'power:3'?",
        "quakes.csv, row 4, a = '0': no arc joins power:0 and power:2; arcs join power:0 to power:1.",
        "quakes.csv, row 5, b: is blank; an arc has two ends.",
        "quakes.csv, row 6, b = '2': is filled in; a node has only a.",
        "quakes.csv, row 7, a = '0': water:7 is not in nodes.csv. Did you mean 'water:1'?",
    ]


def test_every_bad_row_of_the_network_is_listed_in_one_error(village):
    spoil(
        village,
        "nodes.csv",
        ("power,2,12kV Substation,demand,-2,200", "power,2,12kV Substation,demand,2,"),
        ("water,0,Pumping Station,supply,1", "water,0,Pumping Station,transit,0"),
    )
    spoil(village, "arcs.csv", ("power,3,2,3", "power,2,2,8"), ("water,0,0,1", "water,0,1,1"))
    spoil(
        village,
        "interdependencies.csv",
        ("power,1,water,0,1,physical", "power,1,water,6,0.5,physical"),
        ("telecom,1,power,1,", "power,1,power,1,"),
    )
    assert problems(village) == [
        "nodes.csv, role: no node of water has the role 'supply', where its supply starts; mark one.",
        "nodes.csv, row 4, balance = '2.0': does not fit the role 'demand', which needs one below 0.",
        "nodes.csv, row 4, population: is blank, but people are served at power:2; write how many, or 0.",
        (
            "arcs.csv, row 5, layer = 'power': repeats the same layer, arc of row 4; "
            "give it its own or remove the row."
        ),
        "arcs.csv, row 5, v = '8': power:8 is not in nodes.csv. Did you mean 'power:3'?",
        "arcs.csv, row 6, v = '1': is the same node as u; an arc joins two.",
        "interdependencies.csv, row 2, depender = '6': water:6 is not in nodes.csv. Did you mean 'water:1'?",
        (
            "interdependencies.csv, row 2, gamma = '0.5': is below 1: a need that only several dependees "
            "together cover cannot be said in lifeline."
        ),
        "interdependencies.csv, row 5, depender = '1': is the dependee itself; remove the row.",
    ]


def test_cells_that_cannot_be_read_are_listed_with_file_row_and_column(village):
    spoil(village, "nodes.csv", ("power,1,", "gass,1,"), ("demand,-2,200,10.02", "demand,-2,200,"))
    spoil(village, "arcs.csv", ("5,1.2,", "5,one,"))
    assert problems(village) == [
        "nodes.csv, row 3, layer = 'gass': is none of power, water, gas, road, telecom. Did you mean 'gas'?",
        "nodes.csv, row 4, lon = '': is blank; it has to be filled in.",
        "arcs.csv, row 2, length_km = 'one': is not a number; write digits such as 12.5.",
    ]


def test_a_missing_column_is_named(village):
    spoil(village, "arcs.csv", ("length_km", "miles"))
    assert problems(village) == ["arcs.csv, row 1, length_km: is missing; the table needs this column."]


def test_a_network_without_people_and_places_is_refused_with_the_reason(village):
    spoil(village, "nodes.csv", ("population", "b_source"), ("10.00,50.00", ","), ("10.01,50.00", ","))
    with pytest.raises(InvalidInput, match=r"no column 'population', and 2 of its 8 nodes.*td-INDP"):
        read_indp(village)


def test_a_folder_with_no_network_in_it_points_at_those_that_are(village, tmp_path):
    with pytest.raises(InvalidInput, match=r"has no nodes\.csv; .* Give one of the folders in it: .*"):
        read_indp(village.parent)
    (village / "arcs.csv").unlink()
    with pytest.raises(InvalidInput, match=r"has no arcs\.csv"):
        read_indp(village)
    with pytest.raises(InvalidInput, match="There is no folder"):
        read_indp(tmp_path / "nowhere")


def test_dependencies_are_physical_or_all(village):
    with pytest.raises(InvalidInput, match="'physical' or 'all', not 'both'"):
        read_indp(village, dependencies="both")


def test_what_the_flow_problem_has_over_is_told_of(village):
    (village / "spaces.csv").write_text("space,prep_cost\n1,5\n2,6\n", encoding="utf-8")
    report = read_indp(village).report_table()
    dropped = report[report["action"] == "dropped"]
    assert dropped[["table", "count"]].to_numpy().tolist() == [
        ["nodes", 8],
        ["dependencies", 1],
        ["customers", 3],
        ["spaces.csv", 2],
    ]
    assert dropped["sentence"].iloc[0].endswith(": repair_cost.")


def test_a_place_that_is_not_shelby_county_gets_neither_its_citation_nor_its_clock(village):
    settings = read_indp(village).system.settings
    assert (settings.name, settings.timezone, settings.sources) == (village.name, "UTC", "")


def test_the_order_of_rows_changes_nothing(village, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / village.name
    other.mkdir()
    for name, text in VILLAGE.items():
        header, *rows = text.splitlines()
        (other / name).write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8")
    assert_same_system(read_indp(village).system, read_indp(other).system)


def test_an_imported_system_is_written_and_read_again_unchanged(village, tmp_path_factory):
    system = read_indp(village, damage=village / "quakes.csv", scenario="EQ-1").system
    folder = tmp_path_factory.mktemp("out") / "village"
    write_system(system, folder)
    assert_same_system(system, read_system(folder))


def test_importers_are_found_by_name(village):
    imported = IMPORTERS["indp"].load()(village)
    assert imported.system.name == village.name
    assert all(name == importer.name for name, importer in IMPORTERS.items())


# The real city. Its README gives the counts.


@pytest.fixture(scope="module")
def real_city() -> Imported:
    """Extended Shelby County without damage."""
    return read_indp(shelby() / "extended")


def test_the_real_city_is_as_large_as_its_readme_says(real_city):
    system = real_city.system
    assert (len(system.nodes), len(system.links), len(system.dependencies)) == (167, 217, 50)
    assert system.nodes["sector"].value_counts().to_dict() == {
        "power": 75,
        "water": 49,
        "telecom": 27,
        "gas": 16,
    }
    assert {"power:5-64#40", "power:5-64#41"} <= set(system.links["id"])
    assert len(read_indp(shelby() / "extended", dependencies="all").system.dependencies) == 73


def test_the_real_citys_people_are_those_of_the_file(real_city):
    """Summed from nodes.csv: demand of water, gas and power; the 22 supply nodes of telecom, not hub 9."""
    system = real_city.system
    served = system.supplies.merge(system.customers, left_on="customer", right_on="id")
    assert served.groupby("service")["persons"].agg(["size", "sum"]).T.to_dict("list") == {
        "gas": [13, 923_649],
        "power": [42, 924_339],
        "telecom": [22, 895_129],
        "water": [34, 923_648],
    }
    assert column(system.customers, "id", "persons")["people of power:24"] == 54_524
    assert "people of telecom:9" not in set(system.customers["id"])


def test_the_real_citys_crews_start_at_the_largest_sources(real_city):
    """Water 3 (144.833), gas 1 (702.7) and power 1 (258) have the largest balances; telecom's hub is 9."""
    system = real_city.system
    place = column(system.nodes, "id", "longitude")
    assert column(system.crews, "id", "longitude") == {
        f"{node.split(':')[0]} crew {number}": place[node]
        for node in ("water:3", "gas:1", "power:1", "telecom:9")
        for number in (1, 2)
    }


def test_a_node_of_the_real_city_with_several_feeders_needs_any_one_of_them(real_city):
    """Water 1 has the feeders power 26 and 27. 50 rows make 44 groups: one for each node with feeders."""
    dependencies = real_city.system.dependencies
    assert len(dependencies[["dependent", "group"]].drop_duplicates()) == 44
    assert list(dependencies.loc[dependencies["dependent"] == "water:1", "provider"]) == [
        "power:26",
        "power:27",
    ]


def test_the_real_city_says_where_it_is_from_and_keeps_its_own_clock(real_city):
    settings = real_city.system.settings
    assert "Dec2py" in settings.sources
    assert settings.clock(0).isoformat() == "2026-01-01T00:00:00-06:00"
    assert "Wu" not in settings.sources


@pytest.mark.parametrize(("name", "count"), [("extended_wu", 36), ("extended_random", 20)])
def test_all_scenarios_of_the_real_city_import_and_break_what_their_rows_say(name, count):
    """No row repeats another; the random file breaks the two parallel links 5-64 in five of its scenarios."""
    path = shelby() / "dev" / f"{name}.csv"
    rows = pd.read_csv(path).groupby("scenario").size().to_dict()
    assert len(rows) == count
    more = {"RND-067", "RND-158", "RND-245", "RND-252", "RND-286"}
    for scenario, broken in rows.items():
        system = read_indp(shelby() / "extended", damage=path, scenario=scenario).system
        assert len(system.damage) == broken + (scenario in more)
        shock = Shock.of(system, system.damage["component"])
        assert min(map(shock.repair_minutes, shock.components)) >= 240


@pytest.mark.parametrize("dependencies", ["physical", "all"])
def test_nothing_of_the_real_city_stays_dark_for_ever_in_its_worst_scenario(dependencies):
    path = shelby() / "dev" / "extended_wu.csv"
    imported = read_indp(shelby() / "extended", damage=path, scenario="WU-s48-c53", dependencies=dependencies)
    system = imported.system
    assert propagate(system, Shock.of(system, system.damage["component"])).stuck == frozenset()
    assert "Wu (2017)" in system.settings.sources


def test_the_classic_network_is_refused_with_the_reason():
    with pytest.raises(
        InvalidInput, match=r"no column 'population', and 60 of its 125 nodes have no lon and lat"
    ):
        read_indp(shelby() / "classic")


def test_damage_of_the_classic_network_does_not_pass_for_damage_of_the_extended_one():
    with pytest.raises(InvalidInput, match=r"no arc joins"):
        read_indp(shelby() / "extended", damage=shelby() / "dev" / "classic_M6.csv", scenario="D-M6-01")


def test_under_flow_as_much_goes_unmet_before_the_shock_as_its_authors_files_say():
    """The data's README: undamaged, water lacks 35.8 units, gas 38.7, power 2.8 and telecom 17.3.

    In telecom, which runs backwards, the hub would take 0.1 more than the customers draw in all; here it gives
    17.2 less than they want.
    """
    system = read_indp(shelby() / "extended").system
    rules = {f"{sector}_rule": "flow" for sector in ("power", "water", "gas", "telecom")}
    limited = system.replace(settings=dataclasses.replace(system.settings, **rules))
    nodes = limited.nodes
    served = limited.service.before.flow.served[: len(nodes)]
    unmet = (nodes["demand"] - served).groupby(nodes["sector"]).sum() / 1000
    assert unmet.round(1).to_dict() == {"gas": 38.7, "power": 2.8, "telecom": 17.2, "water": 35.8}
