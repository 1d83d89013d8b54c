"""Importing OpenStreetMap roads: a hamlet by hand, and a piece of Hatfield that pyogrio brings along."""

import random
from pathlib import Path

import pytest
from installed_files import pyogrio_fixture
from worlds import assert_same_system

from lifeline.errors import InvalidInput
from lifeline.importers import Imported
from lifeline.importers.osm import read_osm
from lifeline.importers.streets import CLASS_KMH, said_kmh

# 0.001 degrees on the equator, on a sphere of 6,371,008.8 m.
STEP_KM = 0.111195
# Nodes 1 to 6 lie 0.001 degrees apart along the equator, 7 and 8 north of 3.
NODES = {number: (0.001 * number, 0.0) for number in range(1, 7)} | {7: (0.003, 0.001), 8: (0.003, 0.002)}
MAIN = (10, (1, 2, 3, 4), {"highway": "primary", "maxspeed": "30 mph"})
SIDE = (20, (3, 7, 8), {"highway": "residential"})


def osm(path: Path, *ways: tuple, nodes=NODES) -> Path:
    """Write an .osm file of these ways: id, the nodes passed, tags."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    lines += [f'<node id="{node}" lon="{lon}" lat="{lat}"/>' for node, (lon, lat) in nodes.items()]
    for way, points, tags in ways:
        lines.append(f'<way id="{way}">')
        lines += [f'<nd ref="{point}"/>' for point in points]
        lines += [f'<tag k="{key}" v="{value}"/>' for key, value in tags.items()]
        lines.append("</way>")
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def links(imported: Imported) -> dict[str, tuple[str, str, bool]]:
    """Ends and direction of each link."""
    columns = ("id", "from_node", "to_node", "directed")
    rows = zip(*(imported.system.links[column] for column in columns), strict=True)
    return {name.removeprefix("road:"): (tail[5:], head[5:], directed) for name, tail, head, directed in rows}


def column(imported: Imported, name: str) -> dict[str, object]:
    return dict(
        zip(imported.system.links["id"].str.removeprefix("road:"), imported.system.links[name], strict=True)
    )


def said(imported: Imported, action: str) -> dict[str, tuple[str, ...]]:
    return {note.sentence: note.items for note in imported.report if note.action == action}


def test_streets_are_cut_where_they_meet_and_measured_along_their_bends(tmp_path):
    """The main street is cut at node 3, where the side street leaves; node 2 is only a bend in it."""
    imported = read_osm(osm(tmp_path / "hamlet.osm", MAIN, SIDE))
    assert links(imported) == {
        "10#1": ("1", "3", False),
        "10#2": ("3", "4", False),
        "20#1": ("3", "8", False),
    }
    assert column(imported, "length_km") == {
        "10#1": pytest.approx(2 * STEP_KM, abs=1e-6),
        "10#2": pytest.approx(STEP_KM, abs=1e-6),
        "20#1": pytest.approx(2 * STEP_KM, abs=1e-6),
    }
    assert imported.system.settings.sources.startswith("(c) OpenStreetMap contributors, ODbL")


def test_the_speed_is_the_limit_or_else_that_of_the_class(tmp_path):
    """30 mph are 48.28032 km/h; a residential street without a limit has 25."""
    imported = read_osm(osm(tmp_path / "hamlet.osm", MAIN, SIDE))
    assert column(imported, "speed_kmh") == {"10#1": 48.28032, "10#2": 48.28032, "20#1": 25.0}
    assert said(imported, "guessed") == {
        "no maxspeed: 25 km/h for residential (OSRM, profiles/car.lua).": ("road:20#1",)
    }


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50),
        ("50 km/h", 50),
        ("20 mph", 32.18688),
        ("60;40", 40),
        ("['30 mph', '40 mph']", 48.28032),
        ("none", None),
        ("RU:urban", None),
        ("", None),
        ("0", None),
        ("nan", None),
        ("1e400", None),
        ("9" * 5000, None),
    ],
)
def test_a_limit_is_read_where_it_is_a_number(text, kmh):
    assert said_kmh(text) == kmh


@pytest.mark.parametrize(
    ("tags", "ends"),
    [
        ({"oneway": "yes"}, ("1", "2", True)),
        ({"oneway": "-1"}, ("2", "1", True)),
        ({"oneway": "no"}, ("1", "2", False)),
        ({"junction": "roundabout"}, ("1", "2", True)),
        ({"highway": "motorway"}, ("1", "2", True)),
        ({"highway": "motorway", "oneway": "no"}, ("1", "2", False)),
        ({"oneway": "reversible"}, ("1", "2", False)),
    ],
)
def test_one_way_streets_lead_one_way(tmp_path, tags, ends):
    imported = read_osm(osm(tmp_path / "street.osm", (1, (1, 2), {"highway": "primary", **tags})))
    assert links(imported) == {"1#1": ends}
    assert bool(said(imported, "doubtful")) == (tags.get("oneway") == "reversible")


def test_a_bridge_is_a_bridge_and_other_streets_are_of_their_class(tmp_path):
    viaduct = (30, (4, 5), {"highway": "trunk_link", "bridge": "viaduct"})
    solid = (40, (5, 6), {"highway": "trunk_link", "bridge": "no"})
    kinds = column(read_osm(osm(tmp_path / "bridge.osm", viaduct, solid)), "kind")
    assert kinds == {"30#1": "bridge", "40#1": "trunk_link"}


def test_what_no_car_drives_on_is_dropped_by_name(tmp_path):
    path = (50, (4, 5), {"highway": "footway"})
    closed = (60, (4, 6), {"highway": "residential", "access": "no"})
    buses = (61, (4, 6), {"highway": "residential", "access": "no", "motor_vehicle": "yes"})
    square = (70, (4, 5), {"highway": "residential", "area": "yes"})
    house = (80, (4, 5, 6, 4), {"building": "yes"})
    imported = read_osm(osm(tmp_path / "hamlet.osm", MAIN, path, closed, buses, square, house))
    assert set(links(imported)) == {"10#1", "61#1"}
    dropped = said(imported, "dropped")
    assert dropped["ways that are no street for cars: footway."] == ("way 50",)
    assert dropped["ways that are no street for cars: closed to cars, or a square."] == ("way 60", "way 70")


def test_a_loop_that_leads_nowhere_else_is_dropped_and_one_with_a_branch_is_cut(tmp_path):
    """A turning circle at 4 hangs on one node; the ring 5-6-7 is left at 6 by way 90."""
    ring = (95, (5, 6, 7, 5), {"highway": "residential"})
    imported = read_osm(
        osm(
            tmp_path / "loops.osm",
            (90, (6, 8), {"highway": "residential"}),
            (94, (4, 1, 2, 4), {"highway": "residential"}),
            ring,
        )
    )
    assert links(imported) == {
        "90#1": ("6", "8", False),
        "95#1": ("5", "6", False),
        "95#2": ("6", "5", False),
    }
    (names,) = (
        items for sentence, items in said(imported, "dropped").items() if "only lead back" in sentence
    )
    assert names == ("way 94",)


def test_a_way_that_leaves_the_extract_is_cut_where_it_leaves(tmp_path):
    """Node 99 is not in the file: the street has two pieces, 1-2 and 3-4."""
    imported = read_osm(osm(tmp_path / "edge.osm", (10, (1, 2, 99, 3, 4), {"highway": "primary"})))
    assert links(imported) == {"10#1": ("1", "2", False), "10#2": ("3", "4", False)}
    assert list(said(imported, "doubtful").values()) == [("way 10",)]


def test_the_order_of_ways_does_not_matter(tmp_path):
    ways = [MAIN, SIDE, (30, (4, 5, 6), {"highway": "tertiary"}), (5, (8, 6), {"highway": "tertiary"})]
    first = read_osm(osm(tmp_path / "a" / "x.osm" if (tmp_path / "a").mkdir() is None else tmp_path, *ways))
    random.Random(3).shuffle(ways)
    (tmp_path / "b").mkdir()
    backwards = dict(reversed(NODES.items()))
    second = read_osm(osm(tmp_path / "b" / "x.osm", *ways, nodes=backwards))
    assert_same_system(first.system, second.system)


def test_what_an_editor_deleted_is_not_there(tmp_path):
    path = osm(tmp_path / "draft.osm", MAIN, SIDE)
    path.write_text(path.read_text().replace('<way id="20"', '<way id="20" action="delete"'))
    assert set(links(read_osm(path))) == {"10#1"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('lon="0.001"', 'lon="nan"', "node 1: lon='nan', lat='0.0' is no place"),
        ('lat="0.002"', 'lat="1e400"', "node 8: .* is no place in degrees"),
        ('lat="0.002"', 'lat="91"', "node 8: .* is no place in degrees"),
        ('<node id="2"', '<node id="x"', "<node> has id='x', which is no id"),
        ('<way id="20"', f'<way id="{2**70}"', "which is no id"),
        ('<nd ref="7"', "<nd", "<nd> has ref='', which is no id"),
        ('<way id="20"', '<way id="10"', "ways, id = '10': is there twice"),
        ('<node id="2"', '<node id="1"', "node 1 is there twice, in different places"),
        ("</way>", "", "is not XML: mismatched tag"),
        ("<osm ", "<gpx ", "begins with <gpx>, not with <osm>"),
    ],
)
def test_broken_files_are_refused(tmp_path, old, new, message):
    path = osm(tmp_path / "broken.osm", MAIN, SIDE)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InvalidInput, match=message):
        read_osm(path)


def test_a_file_without_streets_or_of_another_sort_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="has no streets for cars"):
        read_osm(osm(tmp_path / "paths.osm", (1, (1, 2), {"highway": "path"})))
    with pytest.raises(InvalidInput, match="There is no file"):
        read_osm(tmp_path / "nowhere.osm")
    packed = tmp_path / "hamlet.osm.bz2"
    packed.write_bytes(b"BZh9")
    with pytest.raises(InvalidInput, match=r"it reads \.osm\.pbf and \.osm, unpacked"):
        read_osm(packed)


# A file that no one here wrote: some streets of Hatfield, and the A1(M) in its tunnel below them.


def test_the_streets_of_hatfield():
    """36 ways with a highway tag: 13 for feet, bicycles and services, 23 streets, of which one is a motorway."""
    pytest.importorskip("osmium", reason="PBF is read with osmium (extra geo)")
    imported = read_osm(pyogrio_fixture("sample.osm.pbf"))
    dropped = sum(len(items) for items in said(imported, "dropped").values())
    assert dropped == 13
    assert {name.partition("#")[0] for name in links(imported)} == {
        "3084923", "4673618", "8361329", "8361331", "16945846", "16945926", "16946553", "16946559", "16946584",
        "16946600", "16946620", "49161817", "49161822", "49161823", "50772651", "54932035", "54932036", "54932037",
        "54932038", "54932039", "54932042", "54932044", "156255508",
    }  # fmt: skip
    assert links(imported)["156255508#1"] == ("45169425", "1606957353", True)
    # The Hatfield Tunnel is 1,150 m long (Wikipedia); the way includes its mouths.
    assert column(imported, "length_km")["156255508#1"] == pytest.approx(1.16, abs=0.01)
    assert set(column(imported, "kind").values()) <= CLASS_KMH.keys()


def test_pbf_and_xml_of_the_same_streets_are_the_same_system(tmp_path):
    """The XML is written by osmium."""
    osmium = pytest.importorskip("osmium", reason="PBF is read with osmium (extra geo)")
    packed = pyogrio_fixture("sample.osm.pbf")
    plain = tmp_path / "sample.osm"
    with osmium.SimpleWriter(str(plain)) as writer:
        for thing in osmium.FileProcessor(str(packed)):
            writer.add(thing)
    assert_same_system(read_osm(packed).system, read_osm(plain).system)


def test_a_pbf_that_is_none_is_refused(tmp_path):
    pytest.importorskip("osmium", reason="PBF is read with osmium (extra geo)")
    whole = pyogrio_fixture("sample.osm.pbf").read_bytes()
    for data in (
        b"",
        b"\x80\x04K\x01.",
        whole[:5000],
        whole[:9000] + b"\xff" * (len(whole) - 9000),
        b"<osm/>",
    ):
        (tmp_path / "broken.osm.pbf").write_bytes(data)
        with pytest.raises(
            InvalidInput, match=r"is not an OpenStreetMap PBF|cannot be read as OpenStreetMap PBF"
        ):
            read_osm(tmp_path / "broken.osm.pbf")
