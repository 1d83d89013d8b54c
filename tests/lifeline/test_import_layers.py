"""Importing map layers: a hamlet as GeoJSON, files written by geopandas, and the world that pyogrio brings along."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from installed_files import pyogrio_fixture
from worlds import assert_same_system

from lifeline.errors import InvalidInput
from lifeline.importers import Imported
from lifeline.importers.layer_mapping import Origin, read_mapping
from lifeline.importers.layers import read_layers

# 0.001 degrees on the equator are 111.195 m.
STATIONS = [("S1", "plant", 20, 0.0, 0.0), ("S2", "12kV", 5, 0.001, 0.0), ("S3", "12kV", 5, 0.002, 0.0)]
CABLES = [("C1", [(0.0, 0.0), (0.001, 0.0)]), ("C2", [(0.001, 0.0), (0.0015, 0.001), (0.002, 0.0)])]
BLOCKS = [("north", 120, [(0.0, 0.001), (0.002, 0.001), (0.002, 0.003), (0.0, 0.003)])]
MAPPING = """
[settings]
name = "hamlet"

[[layer]]
name = "stations"
table = "nodes"
columns.id = "NO"
columns.kind = "TYPE"
columns.capacity = { column = "MW", times = 1000000 }
columns.source = { column = "TYPE", equals = ["plant"] }
values = { sector = "power" }

[[layer]]
name = "cables"
table = "links"
columns = { id = "NO" }
values = { sector = "power", kind = "cable" }

[[layer]]
name = "blocks"
table = "customers"
columns = { id = "NAME", persons = "PEOPLE", district = "NAME" }
"""


def collection(features: list[tuple[dict[str, Any] | None, dict[str, Any]]], **extra: Any) -> str:
    rows = [{"type": "Feature", "geometry": shape, "properties": row} for shape, row in features]
    return json.dumps({"type": "FeatureCollection", "features": rows, **extra})


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


def line(*places: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(place) for place in places]}


def area(places: list[tuple[float, float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(place) for place in [*places, places[0]]]]}


def write(folder: Path, stations=STATIONS, cables=CABLES, blocks=BLOCKS, mapping: str = MAPPING) -> Path:
    """Write the hamlet as three GeoJSON files and a mapping beside the folder."""
    folder.mkdir(exist_ok=True)
    layers = {
        "stations": [(point(x, y), {"NO": no, "TYPE": kind, "MW": mw}) for no, kind, mw, x, y in stations],
        "cables": [(line(*places), {"NO": no}) for no, places in cables],
        "blocks": [(area(places), {"NAME": name, "PEOPLE": people}) for name, people, places in blocks],
    }
    for name, features in layers.items():
        (folder / f"{name}.geojson").write_text(collection(features), encoding="utf-8")
    folder.with_suffix(".toml").write_text(mapping, encoding="utf-8")
    return folder


def hamlet(folder: Path, **changes: Any) -> Imported:
    folder = write(folder / "hamlet", **changes)
    return read_layers(folder, mapping=folder.with_suffix(".toml"))


def refused(folder: Path, **changes: Any) -> str:
    with pytest.raises(InvalidInput) as bad:
        hamlet(folder, **changes)
    return str(bad.value)


def said(imported: Imported, action: str) -> dict[str, tuple[str, ...]]:
    return {note.sentence: note.items for note in imported.report if note.action == action}


def rows(frame: Any, *columns: str) -> list[tuple[Any, ...]]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


def test_points_are_nodes_with_their_columns_changed_as_asked(tmp_path):
    nodes = hamlet(tmp_path).system.nodes
    assert rows(nodes, "id", "sector", "kind", "capacity", "source", "longitude") == [
        ("S1", "power", "plant", 20_000_000, True, 0.0),
        ("S2", "power", "12kV", 5_000_000, False, 0.001),
        ("S3", "power", "12kV", 5_000_000, False, 0.002),
    ]


def test_lines_join_the_nodes_at_their_ends_and_are_as_long_as_they_bend(tmp_path):
    """C1 is straight and left blank; C2 has two legs of 0.0005 and 0.001 degrees: 2 * 124.32 m."""
    links = hamlet(tmp_path).system.links
    assert rows(links, "id", "from_node", "to_node", "kind") == [
        ("C1", "S1", "S2", "cable"),
        ("C2", "S2", "S3", "cable"),
    ]
    assert np.isnan(links["length_km"][0])
    assert links["length_km"][1] == pytest.approx(2 * 0.124320, abs=1e-5)


def test_areas_are_customers_in_their_middle_served_by_the_nearest_node_that_is_no_source(tmp_path):
    """The middle of the block is at 0.001, 0.002; S2 at 0.001, 0 is nearest."""
    imported = hamlet(tmp_path)
    assert rows(imported.system.customers, "id", "persons", "district", "longitude", "latitude") == [
        ("north", 120, "north", pytest.approx(0.001), pytest.approx(0.002))
    ]
    assert rows(imported.system.supplies, "customer", "service", "node") == [("north", "power", "S2")]
    assert said(imported, "guessed")["power from the nearest power node."] == ("north",)
    assert imported.system.settings.name == "hamlet"
    assert "areas of 'blocks' are the point in their middle." in said(imported, "converted")


def test_a_source_serves_customers_only_where_nothing_else_does(tmp_path):
    """The block lies on the plant S1; S2 is the nearest station that is none."""
    on_plant = [("west", 5, [(-0.0001, -0.0001), (0.0001, -0.0001), (0.0001, 0.0001), (-0.0001, 0.0001)])]
    assert hamlet(tmp_path, blocks=on_plant).system.supplies["node"].tolist() == ["S2"]
    alone = hamlet(tmp_path, blocks=on_plant, stations=STATIONS[:1], cables=[])
    assert alone.system.supplies["node"].tolist() == ["S1"]


def test_customers_are_served_by_the_node_they_name(tmp_path):
    mapping = MAPPING + 'served_by = { power = "NAME" }\n'
    imported = hamlet(tmp_path, blocks=[("S3", 7, BLOCKS[0][2])], mapping=mapping)
    assert rows(imported.system.supplies, "customer", "node") == [("S3", "S3")]


def test_an_area_with_a_hole_has_its_middle_beside_it(tmp_path):
    """A square of 4 by 4 without its right upper quarter: (16 * 2 - 4 * 3) / 12 = 5/3."""
    outline = [(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)]
    hole = [(2, 2), (4, 2), (4, 4), (2, 4), (2, 2)]
    folder = write(tmp_path / "hamlet")
    shape = {"type": "MultiPolygon", "coordinates": [[outline, hole]]}
    (folder / "blocks.geojson").write_text(collection([(shape, {"NAME": "L", "PEOPLE": 1})]))
    customers = read_layers(folder, mapping=folder.with_suffix(".toml")).system.customers
    assert rows(customers, "longitude", "latitude") == [(pytest.approx(5 / 3), pytest.approx(5 / 3))]


def test_a_line_in_two_parts_is_as_long_as_both_and_doubtful(tmp_path):
    """Parts of 0.001 degrees each, 0.001 apart: 2 * 0.111195 km."""
    folder = write(tmp_path / "hamlet")
    shape = {
        "type": "MultiLineString",
        "coordinates": [[[0, 0], [0, 0.001]], [[0.001, 0.001], [0.002, 0.001]]],
    }
    (folder / "cables.geojson").write_text(collection([(shape, {"NO": "C1"})]))
    imported = read_layers(folder, mapping=folder.with_suffix(".toml"))
    assert rows(imported.system.links, "id", "from_node", "to_node", "length_km") == [
        ("C1", "S1", "power:end-1", pytest.approx(2 * 0.111195, abs=1e-6))
    ]
    assert ("C1",) in said(imported, "doubtful").values()


def test_a_line_that_ends_where_it_begins_is_dropped_by_name(tmp_path):
    ring = [*CABLES, ("C3", [(0.0, 0.0), (0.0, 0.001), (0.0, 0.0)])]
    imported = hamlet(tmp_path, cables=ring)
    assert imported.system.links["id"].tolist() == ["C1", "C2"]
    assert said(imported, "dropped")["lines that end where they begin, or nearer than the tolerance."] == (
        "C3",
    )


def test_districts_go_to_the_customers_nearest_their_middle(tmp_path):
    folder = write(tmp_path / "hamlet", mapping=MAPPING.replace(', district = "NAME"', "") + """
[[layer]]
name = "wards"
table = "districts"
columns = { district = "WARD" }
""")  # fmt: skip
    wards = [(point(0.5, 0), {"WARD": "far"}), (point(0.01, 0), {"WARD": "near"})]
    (folder / "wards.geojson").write_text(collection(wards))
    imported = read_layers(folder, mapping=folder.with_suffix(".toml"))
    assert imported.system.customers["district"].tolist() == ["near"]


def test_lines_that_end_in_nothing_get_nodes_numbered_from_west_to_east(tmp_path):
    """C3 leaves S3 for a place without a node, where C4 begins 0.5 m on; both are joined there."""
    away = [("C3", [(0.002, 0.0), (0.003, 0.0)]), ("C4", [(0.003, 0.0000045), (0.004, 0.0)])]
    imported = hamlet(tmp_path, cables=[*CABLES, *away])
    links = imported.system.links
    assert rows(links[links["id"] > "C2"], "id", "from_node", "to_node") == [
        ("C3", "S3", "power:end-1"),
        ("C4", "power:end-1", "power:end-2"),
    ]
    assert rows(imported.system.nodes[:2], "id", "longitude", "latitude") == [
        ("S1", 0.0, 0.0),
        ("S2", 0.001, 0.0),
    ]
    made = imported.system.nodes[imported.system.nodes["id"].str.contains("end")]
    assert rows(made, "longitude", "latitude") == [(0.003, 0.0), (0.004, 0.0)]
    assert said(imported, "guessed")["power lines end with no node within 1 m: a new node there."] == (
        "power:end-1",
        "power:end-2",
    )


def test_the_tolerance_joins_ends_that_lie_beside_a_node_and_tells_of_it(tmp_path):
    """0.00002 degrees are 2.2 m."""
    beside = [("C1", [(0.0, 0.00002), (0.001, 0.0)])]
    imported = hamlet(tmp_path, cables=beside, mapping="snap_metres = 3\n" + MAPPING)
    assert rows(imported.system.links, "from_node", "to_node") == [("S1", "S2")]
    assert said(imported, "doubtful")["power lines end near these nodes, up to 3 m away: joined."] == ("S1",)
    assert len(hamlet(tmp_path, cables=beside).system.nodes) == 4


def test_ends_named_in_columns_need_no_tolerance(tmp_path):
    folder = write(tmp_path / "hamlet", mapping=MAPPING.replace(
        'columns = { id = "NO" }', 'columns = { id = "NO", from_node = "A", to_node = { column = "B", prefix = "S" } }'
    ))  # fmt: skip
    lines = [(line((5, 5), (6, 6)), {"NO": 7, "A": "S1", "B": 3})]
    (folder / "cables.geojson").write_text(collection(lines))
    links = read_layers(folder, mapping=folder.with_suffix(".toml")).system.links
    assert rows(links, "id", "from_node", "to_node") == [("7", "S1", "S3")]


def test_rows_without_an_id_are_named_by_their_place_not_their_order(tmp_path):
    mapping = MAPPING.replace('columns.id = "NO"\n', "").replace('columns = { id = "NO" }\n', "")
    one = hamlet(tmp_path, mapping=mapping).system
    assert one.nodes["id"].tolist() == ["power-1", "power-2", "power-3"]
    assert one.links["id"].tolist() == ["power-1-power-2", "power-2-power-3"]
    other = hamlet(tmp_path, stations=STATIONS[::-1], cables=CABLES[::-1], mapping=mapping).system
    assert_same_system(one, other)


def test_the_order_of_features_does_not_matter(tmp_path):
    away = [(f"D{number}", [(0.002, 0.0), (0.01 * number, 0.02)]) for number in range(9)]
    stations, cables = [*STATIONS], [*CABLES, *away]
    one = hamlet(tmp_path, stations=stations, cables=cables).system
    random.Random(1).shuffle(stations)
    random.Random(2).shuffle(cables)
    assert_same_system(one, hamlet(tmp_path, stations=stations, cables=cables).system)


def test_what_was_not_taken_over_is_told(tmp_path):
    folder = write(tmp_path / "hamlet", mapping=MAPPING.partition('[[layer]]\nname = "blocks"')[0])
    imported = read_layers(folder, mapping=folder.with_suffix(".toml"))
    dropped = {
        (note.table, note.count): note.sentence for note in imported.report if note.action == "dropped"
    }
    assert dropped["blocks", 1] == "layer that the mapping does not name."


# What is wrong is told by layer and feature.


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stations": [*STATIONS, ("S1", "x", 1, 1, 1)]}, "stations, row 4, id = 'S1': repeats this id of row 1"),
        ({"stations": [("S1", "x", -1, 0, 0)]}, "stations, row 1, capacity = '-1000000': is below 0"),
        ({"stations": [("S1", "x", "many", 0, 0)]}, "stations, row 1, MW = 'many': is no finite number"),
        ({"stations": [("S1", "x", 10**400, 0, 0)]}, "stations, row 1, MW"),
        ({"stations": [("S1", "x", 1, 500_000, 4_000_000)]}, "are not on the globe if the coordinates are EPSG:4326"),
        ({"stations": [("S1", "x", 1, float("nan"), 0)]}, "stations, row 1, geometry: has no shape that can be read"),
        ({"blocks": [("north", -5, BLOCKS[0][2])]}, "blocks, row 1, persons = '-5': is below 0"),
        ({"blocks": [(["a"], 5, BLOCKS[0][2])]}, "blocks, row 1, id"),
        ({"mapping": MAPPING.replace('"nodes"', '"node"')}, "layer 1, table = 'node': is no table. Did you mean"),
        ({"mapping": MAPPING.replace('"TYPE"', '"TIPE"')}, "stations: has no column 'TIPE'. It has: NO, TYPE, MW."),
        ({"mapping": MAPPING.replace('"cables"', '"cable"')}, "has no layer 'cable'. Did you mean 'cables'?"),
        ({"mapping": MAPPING.replace("times", "time")}, "layer 1, columns, capacity, time: is not known here"),
        ({"mapping": "snap_metres = nan\n" + MAPPING}, "snap_metres = 'nan': is no number of metres"),
        ({"mapping": MAPPING.replace('values = { sector = "power" }', "")}, "have no sector"),
        ({"mapping": MAPPING.replace('sector = "power", kind', "kind")}, "have no sector"),
        ({"mapping": "layer = 1"}, "layer: is missing"),
        ({"mapping": "x = ["}, "is not TOML"),
    ],
)  # fmt: skip
def test_bad_layers_and_mappings_are_refused(tmp_path, changes, message):
    assert message in refused(tmp_path, **changes)


def test_shapes_that_do_not_fit_their_table_are_refused(tmp_path):
    folder = write(tmp_path / "hamlet")
    (folder / "stations.geojson").write_text(
        collection([(point(0, 0), {}), (None, {}), ({"type": "Curve", "coordinates": [1]}, {})])
    )
    with pytest.raises(InvalidInput, match="stations, row 3, geometry: has no shape that can be read"):
        read_layers(folder, mapping=folder.with_suffix(".toml"))
    (folder / "stations.geojson").write_text(
        collection([(line((0, 0), (1, 1)), {"NO": "S1", "TYPE": "", "MW": 1}), (None, {"NO": "S2"})])
    )
    with pytest.raises(InvalidInput) as bad:
        read_layers(folder, mapping=folder.with_suffix(".toml"))
    assert [str(problem) for problem in bad.value.problems] == [
        "stations, row 1, geometry: is neither point nor area; a line has no one place.",
        "stations, row 2, geometry: has no place; draw it or remove the row.",
    ]


def test_layers_of_a_stranger_need_a_mapping(tmp_path):
    folder = write(tmp_path / "hamlet")
    with pytest.raises(
        InvalidInput, match=r"No layer of .* is called nodes or links .*blocks, cables, stations"
    ):
        read_layers(folder)
    with pytest.raises(InvalidInput, match="There is no file or folder"):
        read_layers(tmp_path / "nowhere.gpkg")
    (tmp_path / "map.vrt").write_text("<OGRVRTDataSource/>")
    with pytest.raises(InvalidInput, match=r"none of \.gpkg, \.shp, \.geojson, \.json"):
        read_layers(tmp_path / "map.vrt")


def test_geojson_called_like_the_tables_needs_none(tmp_path):
    nodes = [
        (point(0, 0), {"id": "a", "sector": "gas"}),
        (point(1, 0), {"id": "b", "sector": "gas", "more": 1}),
    ]
    (tmp_path / "nodes.geojson").write_text(collection(nodes))
    links = [(line((0, 0), (1, 0)), {"id": "l", "sector": "gas"})]
    (tmp_path / "links.geojson").write_text(collection(links))
    imported = read_layers(tmp_path)
    assert rows(imported.system.links, "id", "from_node", "to_node") == [("l", "a", "b")]
    assert any("not named: more" in sentence for sentence in said(imported, "dropped"))


# Files written by geopandas, and one by Natural Earth.


def test_a_geopackage_in_feet_comes_to_its_place(tmp_path):
    """EPSG:2276 (Texas North Central, US feet): its false origin, 1,968,500 ft east, 31 2/3 N, 98.5 W."""
    geopandas = pytest.importorskip("geopandas", reason="the file is written with geopandas (extra geo)")
    shapely = pytest.importorskip("shapely")
    points = geopandas.GeoSeries([shapely.Point(1_968_500, 6_561_666.667)], crs="EPSG:2276")
    frame = geopandas.GeoDataFrame({"id": [7], "sector": ["water"]}, geometry=points)
    frame.to_file(tmp_path / "map.gpkg", layer="nodes")
    nodes = read_layers(tmp_path / "map.gpkg").system.nodes
    assert nodes["id"].tolist() == ["7"]
    assert rows(nodes, "longitude", "latitude") == [
        (pytest.approx(-98.5, abs=1e-4), pytest.approx(31 + 2 / 3, abs=1e-4))
    ]


def test_a_layer_without_a_crs_needs_one(tmp_path):
    geopandas = pytest.importorskip("geopandas", reason="the file is written with geopandas (extra geo)")
    shapely = pytest.importorskip("shapely")
    frame = geopandas.GeoDataFrame({"id": ["a"], "sector": ["water"]}, geometry=[shapely.Point(0, 0)])
    with pytest.warns(UserWarning, match="crs"):
        frame.to_file(tmp_path / "nodes.shp")
    with pytest.raises(InvalidInput, match="does not say what the coordinates of layer 'nodes' are"):
        read_layers(tmp_path / "nodes.shp")
    assert len(read_layers(tmp_path / "nodes.shp", crs="EPSG:3857").system.nodes) == 1


def test_a_wrong_crs_is_told_of_and_followed(tmp_path):
    (tmp_path / "nodes.geojson").write_text(collection([(point(0, 0), {"id": "a", "sector": "gas"})]))
    pytest.importorskip("pyproj", reason="other coordinates need pyproj (extra geo)")
    imported = read_layers(tmp_path, crs="EPSG:3857")
    assert any(
        "taken as EPSG:3857, as asked; the file says EPSG:4326" in note.sentence for note in imported.report
    )
    with pytest.raises(InvalidInput, match="'EPSG:0' is no coordinate reference system"):
        read_layers(tmp_path, crs="EPSG:0")
    with pytest.raises(InvalidInput, match="is no coordinate reference system of a map"):
        read_layers(tmp_path, crs='LOCAL_CS["mine"]')


@pytest.mark.parametrize(
    ("name", "longitude"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 5.0),
        ("EPSG:4326", 5.0),
        ("urn:ogc:def:crs:EPSG::3857", 4.4915764e-05),
    ],
)
def test_an_old_geojson_may_name_its_crs(tmp_path, name, longitude):
    """Web Mercator: 5 m on the equator are 5 / 6378137 radians."""
    if "3857" in name:
        pytest.importorskip("pyproj", reason="other coordinates need pyproj (extra geo)")
    crs = {"type": "name", "properties": {"name": name}}
    (tmp_path / "nodes.geojson").write_text(
        collection([(point(5, 0), {"id": "a", "sector": "gas"})], crs=crs)
    )
    assert read_layers(tmp_path).system.nodes["longitude"].tolist() == [pytest.approx(longitude)]


def test_a_crs_that_could_name_a_file_is_not_followed(tmp_path):
    crs = {"type": "name", "properties": {"name": "+proj=longlat +nadgrids=/etc/passwd"}}
    (tmp_path / "nodes.geojson").write_text(
        collection([(point(5, 0), {"id": "a", "sector": "gas"})], crs=crs)
    )
    with pytest.raises(InvalidInput, match="describes its coordinates in words lifeline does not read"):
        read_layers(tmp_path)


def test_the_mapping_of_the_manual_is_one(tmp_path):
    manual = (Path(__file__).resolve().parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")
    (tmp_path / "map.toml").write_text(manual.partition("```toml\n")[2].partition("```")[0])
    mapping = read_mapping(tmp_path / "map.toml")
    assert [(use.layer, use.table) for use in mapping.uses] == [
        ("substations", "nodes"),
        ("feeders", "links"),
        ("census", "customers"),
    ]
    assert mapping.uses[0].columns["capacity"] == Origin("MW", times=1_000_000)
    assert mapping.uses[2].served_by == {"power": Origin("STATION", prefix="S")}


def test_the_countries_of_the_world_are_customers_in_their_middle(tmp_path):
    """Natural Earth, 177 countries, served by two power stations, as geopandas sees their middles."""
    geopandas = pytest.importorskip("geopandas", reason="a shapefile is read with pyogrio (extra geo)")
    source = pyogrio_fixture("naturalearth_lowres/naturalearth_lowres.shp")
    for part in source.parent.glob("naturalearth_lowres.*"):
        shutil.copy(part, tmp_path / part.name)
    stations = [(point(-100, 40), {"id": "west"}), (point(100, 40), {"id": "east"})]
    (tmp_path / "stations.geojson").write_text(collection(stations))
    (tmp_path / "world.toml").write_text("""
[[layer]]
name = "stations"
table = "nodes"
columns = { id = "id" }
values = { sector = "power" }
[[layer]]
name = "naturalearth_lowres"
table = "customers"
columns = { id = "name", persons = { column = "pop_est", times = 0.1 }, district = "continent" }
""")
    customers = read_layers(tmp_path, mapping=tmp_path / "world.toml").system.customers.set_index("id")
    world = geopandas.read_file(source).set_index("name")
    assert len(customers) == 177
    middles = world.geometry.set_crs(None, allow_override=True).centroid
    assert customers["longitude"].to_dict() == pytest.approx(middles.x.to_dict(), abs=1e-9)
    assert customers.loc["Fiji", "persons"] == round(world.loc["Fiji", "pop_est"] / 10)
    assert customers["district"].to_dict() == world["continent"].to_dict()


def test_geojson_areas_have_the_middle_that_shapely_finds(tmp_path):
    geopandas = pytest.importorskip("geopandas", reason="the GeoJSON is written with geopandas (extra geo)")
    world = geopandas.read_file(pyogrio_fixture("naturalearth_lowres/naturalearth_lowres.shp"))
    (tmp_path / "areas").mkdir()
    world[["name", "geometry"]].to_file(tmp_path / "areas" / "nodes.geojson")
    (tmp_path / "m.toml").write_text(
        '[[layer]]\nname = "nodes"\ntable = "nodes"\ncolumns = { id = "name" }\nvalues = { sector = "gas" }\n'
    )
    nodes = read_layers(tmp_path / "areas", mapping=tmp_path / "m.toml").system.nodes.set_index("id")
    middles = world.set_index("name").geometry.set_crs(None, allow_override=True).centroid
    assert nodes["longitude"].to_dict() == pytest.approx(middles.x.to_dict(), abs=1e-6)
    assert nodes["latitude"].to_dict() == pytest.approx(middles.y.to_dict(), abs=1e-6)


def test_a_geopackage_of_gdals_own_tests_has_blanks_where_it_has_them(tmp_path):
    """Four points with a row of nulls each: the kind is blank there."""
    pytest.importorskip("pyogrio", reason="a GeoPackage is read with pyogrio (extra geo)")
    (tmp_path / "m.toml").write_text(
        '[[layer]]\nname = "test_gpkg_nulls"\ntable = "nodes"\ncolumns = { kind = "col_int64" }\n'
        'values = { sector = "gas" }\n'
    )
    nodes = read_layers(pyogrio_fixture("test_gpkg_nulls.gpkg"), mapping=tmp_path / "m.toml").system.nodes
    assert nodes["kind"].tolist() == ["1", "2", "3", ""]
