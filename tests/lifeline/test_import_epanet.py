"""Importing EPANET files: a made-up hamlet, worked by hand, and the networks that come with WNTR."""

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from data_folder import data_folder
from epanet_worlds import HAMLET, hamlet, wntr_networks
from worlds import assert_same_system

from lifeline.errors import InvalidInput
from lifeline.importers import Imported, epanet_text
from lifeline.importers.epanet import read_epanet
from lifeline.importers.epanet_text import read_inp


@pytest.fixture
def imported(tmp_path: Path) -> Callable[..., Imported]:
    """Import the hamlet, with some of its text exchanged."""
    wntr_networks()

    def run(*changes: tuple[str, str], **options: object) -> Imported:
        return read_epanet(hamlet(tmp_path, *changes), **options)

    return run


def row_of(table: pd.DataFrame, name: str) -> dict[str, object]:
    return table.set_index("id").loc[name].to_dict()


def items(imported: Imported, action: str, words: str) -> tuple[str, ...]:
    """The rows of the one note that says these words."""
    notes = [note for note in imported.report if note.action == action and words in note.sentence]
    assert len(notes) == 1, [str(note) for note in imported.report]
    return notes[0].items


def test_a_junction_draws_in_litres_an_hour_what_its_pattern_says_at_time_0(imported):
    junction = row_of(imported().system.nodes, "J1")
    assert junction["demand"] == 10 * 0.5 * 3600
    assert (junction["elevation_m"], junction["source"], junction["kind"]) == (10, False, "water junction")


def test_people_are_those_of_the_average_demand_not_of_the_night(imported):
    customers = imported().system.customers.set_index("id")["persons"].to_dict()
    # 6 litres an hour a person; J3 draws nothing.
    assert customers == {"people of J1": 6000, "people of J2": 12000, "people of J4": 2400}
    fewer = imported(per_person=60.0).system.customers.set_index("id")["persons"]
    assert fewer["people of J1"] == 600


def test_reservoirs_and_tanks_are_sources_at_their_level(imported):
    nodes = imported().system.nodes
    tower = row_of(nodes, "TOWER")
    assert (tower["source"], tower["head_m"], tower["elevation_m"]) == (True, 53, 50)
    assert (tower["kind"], tower["capacity"]) == ("storage tank", -1)
    assert (row_of(nodes, "LAKE")["source"], row_of(nodes, "LAKE")["head_m"]) == (True, 20)
    assert nodes[nodes["source"]]["id"].tolist() == ["LAKE", "TOWER"]


def test_a_pipe_keeps_its_measures(imported):
    pipe = row_of(imported().system.links, "A")
    assert (pipe["from_node"], pipe["to_node"], pipe["directed"]) == ("J1", "J2", False)
    assert pipe["length_km"] == 1
    assert pipe["diameter_mm"] == pytest.approx(300)
    assert (pipe["roughness"], pipe["minor_loss"], pipe["kind"]) == (120, 0.5, "water main")


def test_pipes_over_20_inches_are_mended_as_trunk_mains_and_check_valves_are_directed(imported):
    result = imported()
    pipe = row_of(result.system.links, "B")
    assert (pipe["kind"], pipe["directed"], pipe["to_node"]) == ("water pipe", True, "TOWER")
    assert items(result, "converted", "check valve") == ("B",)


def test_a_closed_pipe_is_dropped_and_named(imported):
    result = imported()
    assert "C" not in result.system.links["id"].tolist()
    assert items(result, "dropped", "closed") == ("C",)


def test_a_control_that_holds_at_time_0_opens_a_pipe(imported):
    result = imported(("OPEN AT TIME 6", "OPEN IF NODE TOWER ABOVE 2"))
    assert "C" in result.system.links["id"].tolist()
    assert items(result, "converted", "control") == ("C",)
    assert items(result, "dropped", "controls:") == ("row 31: LINK C OPEN IF NODE TOWER ABOVE 2",)


def test_a_pump_becomes_a_node_between_two_links_at_its_inlet(imported):
    system = imported().system
    pump, lake = row_of(system.nodes, "P"), row_of(system.nodes, "LAKE")
    assert (pump["kind"], pump["source"], pump["demand"]) == ("pump", False, 0)
    assert (pump["longitude"], pump["latitude"]) == (lake["longitude"], lake["latitude"])
    into, out = row_of(system.links, "P in"), row_of(system.links, "P out")
    assert (into["from_node"], into["to_node"], into["directed"]) == ("LAKE", "P", True)
    assert (out["from_node"], out["to_node"], out["directed"]) == ("P", "J1", True)


def test_at_half_speed_a_pump_gives_half_the_flow_at_a_quarter_of_the_head(imported):
    # 40 l/s at 60 m.
    assert row_of(imported().system.links, "P out")["head_curve"] == "72000:15"


def test_valves_keep_their_setting(imported):
    links = imported().system.links
    prv, fcv = row_of(links, "V1"), row_of(links, "V2")
    assert (prv["kind"], prv["valve_setting"], prv["directed"], prv["minor_loss"]) == ("PRV", 25, True, 2)
    assert (fcv["kind"], fcv["directed"], fcv["length_km"]) == ("FCV", False, 0)
    assert fcv["valve_setting"] == pytest.approx(5 * 3600)


def test_a_valve_fixed_open_and_one_of_an_unknown_kind_throttle_nothing(imported):
    result = imported(
        ("V2   J2     J4     200     FCV   5      0", "V2 J2 J4 200 PBV 5 0.25"),
        ("[PATTERNS]", "[STATUS]\nV1 OPEN\n[PATTERNS]"),
    )
    for name, loss in (("V1", 2), ("V2", 0.25)):
        valve = row_of(result.system.links, name)
        assert (valve["kind"], valve["valve_setting"], valve["directed"]) == ("TCV", loss, False)
    assert items(result, "converted", "fixed open") == ("V1",)
    assert items(result, "doubtful", "PBV") == ("V2",)


def test_a_link_called_like_a_node_says_what_it_is(imported):
    result = imported()
    assert row_of(result.system.links, "pipe:J3")["to_node"] == "J4"
    assert items(result, "converted", "same name") == ("pipe:J3",)


def test_a_full_tank_takes_no_water_and_an_empty_one_gives_none(imported):
    full = ("TOWER 50    3", "TOWER 50    5")
    into_the_tower = ("500     600   110    0     CV", "500 600 110 0 Open")
    pipe = row_of(imported(full, into_the_tower).system.links, "B")
    assert (pipe["from_node"], pipe["to_node"], pipe["directed"]) == ("TOWER", "J2", True)
    # The check valve leads into the tower: nothing can flow at all.
    assert items(imported(full), "dropped", "closed") == ("B", "C")
    empty = ("TOWER 50    3", "TOWER 50    1")
    pipe = row_of(imported(empty, into_the_tower).system.links, "B")
    assert (pipe["from_node"], pipe["to_node"], pipe["directed"]) == ("J2", "TOWER", True)


def test_who_draws_nothing_at_time_0_is_named(imported):
    result = imported(("day  0.5 1.5", "day  0 2"))
    assert items(result, "doubtful", "at time 0") == ("J1", "J2")
    assert result.system.customers["persons"].sum() == 6000 + 12000 + 2400


def test_what_is_not_used_is_listed_row_by_row(imported):
    result = imported()
    assert items(result, "dropped", "water quality") == ("row 33: J1 0.5",)
    assert items(result, "dropped", "patterns") == ("day",)
    # The curve of the pump is used.
    assert items(result, "dropped", "curves") == ("odd",)


def test_roughness_of_another_formula_is_not_taken_for_hazen_williams(imported):
    result = imported(("Headloss H-W", "Headloss D-W"))
    assert result.system.links["roughness"].isna().all()
    assert items(result, "dropped", "D-W") == ("A", "B", "pipe:J3")


def test_local_coordinates_lie_around_the_origin_in_metres(imported):
    nodes = imported(origin="10,50").system.nodes.set_index("id")
    # J1 and J2 are 1000 m apart, and so are their places: 1 / (111.195 km x cos 50 degrees).
    apart = nodes.loc["J2", "longitude"] - nodes.loc["J1", "longitude"]
    assert apart == pytest.approx(1 / (111.195 * 0.642788), rel=1e-4)
    assert nodes["longitude"].mean() == pytest.approx(10, abs=0.02)


def test_coordinates_in_a_known_system_are_converted(imported):
    pytest.importorskip("pyproj", reason="the extra geo brings pyproj")
    nodes = imported(crs="EPSG:32632").system.nodes.set_index("id")
    # UTM zone 32: 500 km east of the false origin is 9 degrees east; the equator is at 0.
    assert nodes.loc["LAKE", "longitude"] == pytest.approx(4.5113, abs=1e-3)
    assert nodes.loc["LAKE", "latitude"] == pytest.approx(0, abs=1e-6)


def test_a_network_without_coordinates_is_drawn(imported):
    text = HAMLET[HAMLET.index("J1     1000 0") : HAMLET.index("[OPTIONS]")]
    result = imported((text, ""))
    places = result.system.nodes[result.system.nodes["kind"] != "pump"][["longitude", "latitude"]]
    assert not places.duplicated().any()
    assert len(items(result, "guessed", "drawn")) == 6


def test_crews_are_guessed_so_that_a_plan_can_be_made(imported):
    result = imported()
    assert result.system.crews["skills"].tolist() == ["water", "water"]
    assert items(result, "guessed", "crews") == ("water crew 1", "water crew 2")


def test_dummy_diameters_are_brought_to_the_bounds_and_named(imported):
    result = imported(("200     PRV", "25400   PRV"))
    assert row_of(result.system.links, "V1")["diameter_mm"] == 20_000
    assert items(result, "doubtful", "diameters") == ("V1",)


def test_latin_1_and_a_byte_order_mark_are_read(tmp_path):
    wntr_networks()
    plain = read_epanet(hamlet(tmp_path))
    for data in (HAMLET.replace("mill", "Mühle").encode("latin-1"), HAMLET.encode("utf-8-sig")):
        (tmp_path / "hamlet.inp").write_bytes(data)
        assert_same_system(read_epanet(tmp_path / "hamlet.inp").system, plain.system)


def test_the_order_of_rows_does_not_matter(tmp_path):
    # Net2 has an inflow and ky10 pumps of constant power: EPANET is asked for both.
    for name in ("Net2.inp", "ky10.inp"):
        inp = read_inp(wntr_networks() / name)
        copy = tmp_path / name
        lines = {section: [" ".join(line.words) for line in lines] for section, lines in inp.sections.items()}
        for section in ("JUNCTIONS", "TANKS", "PIPES", "PUMPS", "VALVES", "COORDINATES"):
            lines[section].reverse()
        text = "\n".join("\n".join([f"[{section}]", *rows]) for section, rows in lines.items())
        copy.write_text(text, encoding="utf-8")
        assert_same_system(read_epanet(copy).system, read_epanet(wntr_networks() / name).system)


def test_net3_has_the_parts_that_the_file_has_at_time_0():
    result = read_epanet(wntr_networks() / "Net3.inp")
    system = result.system
    # 92 junctions, 3 tanks, 2 reservoirs, and 1 of 2 pumps; 117 pipes less a closed one, and 2 links of the pump.
    assert (len(system.nodes), len(system.links)) == (98, 118)
    assert items(result, "dropped", "closed") == ("pump:10", "330")
    assert sorted(system.nodes[system.nodes["source"]]["id"]) == ["1", "2", "3", "Lake", "River"]
    # Node 101: 189.95 gpm x 1.34 at time 0; a gallon has 3.785411784 litres.
    assert row_of(system.nodes, "101")["demand"] == round(189.95 * 1.34 * 3.785411784 * 60)
    # Tank 1: bottom at 131.9 ft, 13.1 ft of water.
    assert row_of(system.nodes, "1")["head_m"] == pytest.approx((131.9 + 13.1) * 0.3048)


def test_a_pump_of_constant_power_works_at_that_power():
    result = read_epanet(wntr_networks() / "ky4.inp")
    assert items(result, "guessed", "constant power") == ("~@Pump-2",)
    flow, head = map(float, row_of(result.system.links, "~@Pump-2 out")["head_curve"].split(":"))
    # 50 horsepower of 745.7 W; a litre weighs 9.81 N.
    assert flow / 3600 * 9.81 * head == pytest.approx(50 * 745.7, rel=2e-3)


def test_an_inflow_is_a_source_at_the_head_that_epanet_finds():
    result = read_epanet(wntr_networks() / "Net2.inp")
    assert items(result, "guessed", "enters") == ("1",)
    node = row_of(result.system.nodes, "1")
    # -694.4 gpm x 0.96 at time 0.
    assert (node["source"], node["demand"]) == (True, 0)
    assert node["capacity"] == round(694.4 * 0.96 * 3.785411784 * 60)
    assert node["head_m"] > node["elevation_m"]


def test_where_epanet_finds_no_solution_the_inflow_has_no_head_and_nothing_is_left_behind(
    tmp_path, monkeypatch
):
    # Without pipe 8 the inflow of Net2 has nowhere to go.
    lines = (wntr_networks() / "Net2.inp").read_text(encoding="utf-8").splitlines()
    cut = [line for line in lines if line.split()[:3] != ["8", "7", "8"]]
    assert len(cut) == len(lines) - 1
    path = tmp_path / "cut.inp"
    path.write_text("\n".join(cut), encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    result = read_epanet(path)
    assert items(result, "doubtful", "no solution") == ("1",)
    assert pd.isna(row_of(result.system.nodes, "1")["head_m"])
    # EPANET keeps a scratch file where one works until it is closed.
    assert list(work.iterdir()) == []


@pytest.mark.parametrize("name", ["Net1", "ky10", "Net6"])
def test_published_networks_are_read_whole(name):
    system = read_epanet(wntr_networks() / f"{name}.inp").system
    assert len(system.customers)
    assert len(system.nodes) > len(system.customers)


def test_the_networks_of_infrarisk_are_read():
    folder = data_folder() / "infrarisk"
    if not folder.is_dir():
        pytest.skip(f"no InfraRisk data at {folder}; set LIFELINE_DATA to the folder that holds infrarisk/")
    wntr_networks()
    for path in sorted(folder.glob("*/water.inp")):
        assert (read_epanet(path).system.nodes["kind"] == "pump").any()


# What cannot be right. These need no WNTR: the text is refused before.


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "J1   10    10 ",
            "J1   nan   10 ",
            r"\[JUNCTIONS\], row 5, elevation = 'nan': is not a finite number",
        ),
        ("J1   10    10 ", "J1   1e400 10 ", r"row 5, elevation = '1e400': is not a finite"),
        ("J1   10    10 ", "J1   10    lots", r"row 5, demand = 'lots': is not a finite number"),
        ("J1   10    10      day", "J1", r"row 5 = 'J1': is too short; the row needs id, elevation"),
        ("J3   5     0", "J2   5     0", r"row 7, id = 'J2': repeats the name of row 6"),
        ("TOWER 50", "LAKE 50", r"\[TANKS\], row 13, id = 'LAKE': repeats the name of row 10"),
        ("V1   J2", "A    J2", r"\[VALVES\], row 23, id = 'A': repeats the name of row 16"),
        ("A    J1     J2", "A    J1     J9", r"\[PIPES\], row 16, node 2 = 'J9': is no junction"),
        ("A    J1     J2", "A    J1     J1", r"row 16, node 2 = 'J1': is node 1 too"),
        ("LAKE   0    0", "POND   0    0", r"\[COORDINATES\], row 39, node = 'POND': is no junction"),
        ("J1   10    10      day", "J1 10 10 night", r"row 5, pattern = 'night': is no pattern of the file"),
        ("day  0.5 1.5", "day  0.5 -inf", r"\[PATTERNS\], row 26 = '-inf': is not a finite number"),
        ("Units LPS", "Units PINTS", r"\[OPTIONS\], row 42, Units = 'PINTS': is no unit of flow"),
        ("Units LPS", "", r"\[OPTIONS\], Units: is missing; write one of CFS, GPM"),
        ("[CURVES]", "[CURLS]", r"row 27 = '\[CURLS\]': is no section"),
        ("[TITLE]", "Dear all,", r"row 1 = 'Dear': stands before the first section"),
        ("J1   10", f"{'J' * 32}   10", r"is longer than 31 characters"),
        (
            "A    J1     J2     1000",
            "A    J1     J2     1000,5",
            r"length = '1000,5': is not a finite number",
        ),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_column(tmp_path, old, new, message):
    with pytest.raises(InvalidInput, match=message):
        read_epanet(hamlet(tmp_path, (old, new)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no sections"),
        (b"  \n\n", "no sections"),
        (bytes(range(256)) * 50, "is no text"),
        (b"\xff\xfe[\0T\0", "UTF-16"),
        (b"PK\x03\x04rubbish", "before the first section"),
        (b"[TITLE]\nnothing else\n", "no reservoir and no tank"),
        (b"[JUNCTIONS]\n" + b"[" * 100_000, "no section"),
        (b"[PIPES]\n" + b"a b c d\n" * 100_000, "1000 problems"),
        (b"[RUBBISH]\n" * 100_000, "1000 problems"),
    ],
)
def test_what_is_no_network_is_refused(tmp_path, data, message):
    path = tmp_path / "odd.inp"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=message):
        read_epanet(path)


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path, monkeypatch):
    with pytest.raises(InvalidInput, match="There is no file"):
        read_epanet(tmp_path / "nowhere.inp")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_epanet(tmp_path)
    monkeypatch.setattr(epanet_text, "MOST_BYTES", 100)
    with pytest.raises(InvalidInput, match="more than 100 is not read"):
        read_epanet(hamlet(tmp_path))


def test_without_wntr_the_extra_that_brings_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wntr", None)
    with pytest.raises(InvalidInput, match=r"lifeline-recovery\[water\]"):
        read_epanet(hamlet(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("OPEN AT TIME 6", "OPEN WHEN LATE", "cannot be understood by WNTR"),
        ("LINK C OPEN", "LINK Z OPEN", "cannot be understood by WNTR"),
        ("HEAD lift", "HEAD none", "none"),
        ("A    J1     J2     1000", "A    J1     J2     -1000", "negative"),
    ],
)
def test_what_wntr_cannot_understand_is_one_error(imported, old, new, message):
    with pytest.raises(InvalidInput, match=message):
        imported((old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("120    0.5", "0.5    0.5", r"\[PIPES\] A, row 16, roughness = '0.5': is below 1"),
        ("J1   10 ", "J1   1e7 ", r"\[JUNCTIONS\] J1, row 5, elevation_m"),
        ("J1   10    10 ", "J1   10    1e300", r"J1, row 5, demand"),
        ("PRV   25", "PRV   -25", r"\[VALVES\] V1, row 23, valve_setting"),
        ("1000    300", "1e20    300", r"\[PIPES\] A, row 16, length_km"),
    ],
)
def test_a_value_that_no_system_may_hold_is_named_with_its_row(imported, old, new, message):
    with pytest.raises(InvalidInput, match=message):
        imported((old, new))


def test_all_bad_rows_are_told_at_once(tmp_path):
    path = hamlet(tmp_path, ("J1   10    10 ", "J1   nan   10 "), ("A    J1     J2", "A    J1     J9"))
    with pytest.raises(InvalidInput) as caught:
        read_epanet(path)
    assert [problem.row for problem in caught.value.problems] == [5, 16]
