"""Importing TNTP roads: a village by hand, and the roads of two published testbeds."""

import random
from pathlib import Path

import pytest
from data_folder import data_folder
from worlds import assert_same_system

from lifeline.errors import InvalidInput
from lifeline.importers import Imported
from lifeline.importers.tntp import read_tntp

HEADER = "~\tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\tlink_type\t;\n"
# A and B 2 km apart in 4 minutes both ways, B to C in 6 minutes one way, C to A slower than A to C.
VILLAGE = """\
<NUMBER OF ZONES> 1
<FIRST THRU NODE> 1
<NUMBER OF LINKS> 5
<END OF METADATA>

{header}\tA\tB\t1800.4\t2\t4\t0.15\t4\t0\t0\t1\t;
\tB\tA\t1800.4\t2\t4\t0.15\t4\t0\t0\t1\t;
\tB\tC\t900\t3\t6\t0.15\t4\t0\t0\t1\t;
\tA\tC\t900\t3\t6\t0.15\t4\t0\t0\t1\t;
\tC\tA\t900\t3\t9\t0.15\t4\t0\t0\t1\t;
"""
PLACES = "Node\tX\tY\t;\nA\t0\t0\t;\nB\t2000\t0\t;\nC\t2000\t2000\t;\n"


@pytest.fixture
def village(tmp_path: Path) -> Path:
    """The village's files, for a test to import or to spoil."""
    return write(tmp_path, VILLAGE.format(header=HEADER), PLACES)


def write(folder: Path, net: str, node: str | None = None) -> Path:
    """Write a net file, and a node file beside it."""
    folder.mkdir(exist_ok=True)
    (folder / "village_net.tntp").write_text(net, encoding="utf-8")
    if node is not None:
        (folder / "village_node.tntp").write_text(node, encoding="utf-8")
    return folder


def said(imported: Imported, action: str) -> dict[str, tuple[str, ...]]:
    """What the report tells, with the rows it tells it of."""
    return {note.sentence: note.items for note in imported.report if note.action == action}


def links(imported: Imported) -> dict[str, tuple[float, float, bool]]:
    """Length, speed and direction of each link."""
    columns = ("id", "length_km", "speed_kmh", "directed")
    rows = zip(*(imported.system.links[column] for column in columns), strict=True)
    return {name: (km, kmh, directed) for name, km, kmh, directed in rows}


def one_link(folder: Path, row: str, header: str = HEADER) -> tuple[float, float]:
    """Length and speed of a network of one link."""
    imported = read_tntp(write(folder, f"<END OF METADATA>\n{header}\t1\t2\t{row}\t0.15\t4\t0\t0\t1\t;\n"))
    (km, kmh, _directed) = links(imported)["road:1-2"]
    return km, kmh


def test_equal_links_there_and_back_are_one_and_others_stay_one_way(village):
    """2 km in 4 minutes are 30 km/h, 3 in 6 too; 3 in 9 are 20."""
    imported = read_tntp(village)
    assert links(imported) == {
        "road:A-B": (2, pytest.approx(30), False),
        "road:A-C": (3, pytest.approx(30), True),
        "road:B-C": (3, pytest.approx(30), True),
        "road:C-A": (3, pytest.approx(20), True),
    }
    assert said(imported, "converted")[
        "links back that are equal to the link there: one link for both ways."
    ] == ("road:B-A (in road:A-B)",)


def test_capacity_is_whole_vehicles(village):
    assert sorted(read_tntp(village).system.links["capacity"]) == [900, 900, 900, 1800]


def test_a_network_of_its_own_scale_lies_around_the_origin_asked_for(village):
    """The middle of the village, 1 km north and east of A, is put at 10 E 50 N."""
    nodes = read_tntp(village, origin="10,50").system.nodes.set_index("id")
    assert nodes.loc["road:A", "latitude"] == pytest.approx(50 - 1000 / 111_195.08, abs=1e-6)
    assert nodes["longitude"].mean() == pytest.approx(10, abs=0.01)


def test_degrees_are_taken_as_such(tmp_path):
    """Sioux Falls lies at 43.6 N 96.8 W."""
    node = "Node X Y ;\nA -96.77 43.61 ;\nB -96.71 43.60 ;\nC -96.77 43.57 ;\n"
    imported = read_tntp(write(tmp_path, VILLAGE.format(header=HEADER), node))
    assert imported.system.nodes["longitude"].tolist() == [-96.77, -96.71, -96.77]
    assert "x and y are degrees: the file does not say it, but they could be." in said(imported, "guessed")


def test_without_a_node_file_the_network_is_drawn_and_that_is_told(tmp_path):
    imported = read_tntp(write(tmp_path, VILLAGE.format(header=HEADER)))
    assert (
        len(set(zip(imported.system.nodes["longitude"], imported.system.nodes["latitude"], strict=True))) == 3
    )
    assert any("no node file" in sentence for sentence in said(imported, "guessed"))


def test_the_unit_of_the_header_counts(tmp_path):
    """The first row of Anaheim: 5280 ft, a mile, in 1.090458488 minutes, for which it says 4842 ft/min = 55.02 mph."""
    header = "~ \tTail\tHead\tCapacity (veh/h)\tLength (ft)\tFree Flow Time (min)\tB\tPower\tSpeed\tToll\tType\t;\n"
    km, kmh = one_link(tmp_path, "9000\t5280\t1.090458488", header)
    assert km == pytest.approx(1.609344)
    assert kmh == pytest.approx(4842 * 0.3048 * 60 / 1000, rel=1e-4)


def test_the_unit_of_the_original_header_counts_too(tmp_path):
    original = "<ORIGINAL HEADER>~ \tTail\tHead\tCapacity\tLength (miles)\tFree Flow Time (hours)\tB\t;\n"
    assert one_link(tmp_path, "9000\t2\t0.1", original + HEADER) == (
        pytest.approx(3.218688),
        pytest.approx(32.18688),
    )


@pytest.mark.parametrize(
    ("length", "minutes", "km", "kmh"),
    [
        (1, 1, 1, 60),  # 60 km/h
        (1000, 1, 1, 60),  # metres: in km it were 60,000 km/h, in miles more
        (0.2, 1, 0.3218688, 19.312128 * 1.0),  # neither fits: 12 km/h, 19.3 in miles
        (4000, 1, 1.2192, 73.152),  # feet: in metres 240 km/h
    ],
)
def test_without_a_unit_the_first_that_gives_likely_speeds_is_taken(tmp_path, length, minutes, km, kmh):
    """Likely are 20 to 130 km/h; where no unit fits, the time is kept and 40 km/h make the length."""
    got = one_link(tmp_path, f"900\t{length}\t{minutes}")
    if kmh < 20:
        assert got == (pytest.approx(40 / 60 * minutes), 40)
    else:
        assert got == (pytest.approx(km), pytest.approx(kmh))


def test_a_map_tells_the_unit_of_length(tmp_path):
    """0.01 degrees on the equator are 1.112 km; a length of 0.8 fits in miles (1.16 times), not in km."""
    node = "Node X Y ;\n1 0 0 ;\n2 0.01 0 ;\n"
    write(tmp_path, f"<END OF METADATA>\n{HEADER}\t1\t2\t900\t0.8\t1\t0\t0\t0\t0\t1\t;\n", node)
    assert links(read_tntp(tmp_path))["road:1-2"] == (
        pytest.approx(1.2874752),
        pytest.approx(77.248512),
        True,
    )


def test_a_link_without_a_time_is_driven_at_the_middle_speed_and_one_without_a_length_keeps_its_time(
    tmp_path,
):
    rows = "\t1\t2\t9\t1\t1\t;\n\t2\t3\t9\t5\t0\t;\n\t3\t4\t9\t0\t3\t;\n"
    imported = read_tntp(write(tmp_path, f"<END OF METADATA>\n{rows}"))
    assert links(imported) == {
        "road:1-2": (1, 60, True),
        "road:2-3": (5, 60, True),
        "road:3-4": (pytest.approx(2), 40, True),
    }
    guessed = said(imported, "guessed")
    assert guessed["no free-flow time: 60 km/h, the middle of the others."] == ("road:2-3",)


def test_zones_are_told_of_as_lifeline_cannot_keep_traffic_out(tmp_path):
    net = "<FIRST THRU NODE> 2\n<END OF METADATA>\n\t1\t2\t9\t1\t1\t;\n\t2\t3\t9\t1\t1\t;\n"
    imported = read_tntp(write(tmp_path, net))
    (zones,) = (items for sentence, items in said(imported, "doubtful").items() if "zones" in sentence)
    assert zones == ("road:1",)
    assert imported.system.nodes["kind"].tolist() == ["zone", "road node", "road node"]


def test_the_order_of_rows_does_not_matter(village, tmp_path):
    rows = VILLAGE.format(header=HEADER).splitlines(keepends=True)
    data = rows[6:]
    random.Random(7).shuffle(data)
    other = write(tmp_path / "other", "".join(rows[:6] + data), PLACES)
    assert_same_system(read_tntp(village).system, read_tntp(other).system)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A\tB\t1\tnan\t1", "length = 'nan': is not a number"),
        ("A\tB\t1\t1e400\t1", "length = '1e400': is not a finite number"),
        ("A\tB\t-1\t1\t1", "capacity = '-1': is below 0"),
        ("A\tB\t1\t1", "has 4 values where at least 5 are needed"),
        ("A\tZ\t1\t1\t1", "term node = 'Z': is no node of village_node.tntp"),
        (f"A\tB\t{'9' * 5000}\t1\t1", "capacity"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path, row, message):
    write(tmp_path, f"<END OF METADATA>\n{HEADER}\tA\tB\t1\t1\t1\t;\n\t{row}\t;\n", PLACES)
    with pytest.raises(InvalidInput) as bad:
        read_tntp(tmp_path)
    assert message in str(bad.value)
    assert "village_net.tntp, row 4" in str(bad.value)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ("A inf 0 ;\nB 1 1 ;\nC 2 2 ;\n", "is not a number"),
        ("A 0 0 ;\nA 1 1 ;\nB 1 1 ;\nC 2 2 ;\n", "repeats this id of row 1"),
        ("A 0 0 ;\nB 1e9 1 ;\nC 2 2 ;\n", "local coordinates span more than 2000 km"),
    ],
)
def test_bad_places_are_refused(tmp_path, node, message):
    with pytest.raises(InvalidInput, match=message):
        read_tntp(write(tmp_path, VILLAGE.format(header=HEADER), node))


def test_a_folder_without_or_with_two_nets_is_refused(tmp_path, village):
    with pytest.raises(InvalidInput, match="holds no file called"):
        read_tntp(tmp_path / "empty" if (tmp_path / "empty").mkdir() is None else tmp_path)
    (village / "b_net.tntp").write_text("")
    with pytest.raises(InvalidInput, match=r"holds 2 files called \.\.\._net\.tntp"):
        read_tntp(village)
    with pytest.raises(InvalidInput, match="There is no file or folder"):
        read_tntp(tmp_path / "nowhere")
    with pytest.raises(InvalidInput, match="not both"):
        read_tntp(village / "village_net.tntp", crs="EPSG:3857", origin="0,0")


# Files that no one here wrote.


def roads_of(name: str) -> Path:
    folder = data_folder() / "infrarisk" / name
    if not folder.is_dir():
        pytest.skip(f"no InfraRisk data at {folder}; set LIFELINE_DATA to the folder that holds infrarisk/")
    return folder


def test_the_small_testbed_has_11_roads_both_ways():
    """22 directed links between 9 nodes; the first takes 6 minutes for a length of 6."""
    imported = read_tntp(roads_of("in2"), origin="103.82,1.35")
    found = links(imported)
    assert (len(imported.system.nodes), len(found)) == (9, 11)
    assert not any(directed for *_, directed in found.values())
    assert found["road:T_L1"] == (6, pytest.approx(60), False)


def test_the_roads_of_shelby_county_keep_their_free_flow_times():
    """The file says 590 links and has 589: 294 pairs, and one of them (T_L285) a second time."""
    pytest.importorskip("pyproj", reason="web Mercator needs pyproj (extra geo)")
    folder = roads_of("shelby")
    imported = read_tntp(folder, crs="EPSG:3857")
    found = links(imported)
    assert (len(imported.system.nodes), len(found)) == (191, 294)
    assert [name for name, (*_, directed) in found.items() if directed] == []
    assert imported.system.nodes["longitude"].between(-90.4, -89.5).all()
    assert imported.system.nodes["latitude"].between(34.9, 35.5).all()
    times = {}
    for line in (folder / "transpo_net.tntp").read_text().splitlines():
        cells = line.split()
        if len(cells) == 12 and cells[0].startswith("T_J"):
            times[f"road:{cells[10]}"] = float(cells[4])
    kept = {name: 60 * km / kmh for name, (km, kmh, _) in found.items() if name in times}
    assert len(kept) == 294
    assert kept == {name: pytest.approx(times[name], rel=1e-12) for name in kept}
    assert any(
        "lengths are km: so they are 1.23 times the straight line" in note.sentence
        for note in imported.report
    )
    assert said(imported, "dropped")["rows that repeat another word for word."] == ("T_L285",)
