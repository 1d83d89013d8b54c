"""Every hostile file with the reader it is handed to and what is said to it."""

from __future__ import annotations

import pickle
from pathlib import Path

from hostile_files import (
    COMPUTED_COLUMN,
    DEPTH,
    ENDLESS_VIEW,
    MEGABYTE,
    STAR,
    SYSTEM,
    Hostile,
    Payload,
    Write,
    billion_laughs,
    deep_xml,
    geojson,
    geojson_star,
    geopackage,
    geopackage_star,
    graphml_defaults,
    graphml_star,
    keys_twice,
    long_token,
    nodes_json,
    of_bytes,
    of_text,
    osm_star,
    outside_entity,
    pbf_bomb,
    star_system,
    strange_keys,
    strange_properties,
    times,
    tntp_star,
    wide_csv,
    zip_bomb,
    zip_in_zip,
    zip_of,
    zip_of_many,
)


def cases(reader: str, name: str, *rows: tuple[str, str, Write | bytes]) -> tuple[Hostile, ...]:
    """Return the cases of one reader and name of file: what it is, what is said to it, how it is written."""
    needs = {".gpkg": "pyogrio", ".pbf": "osmium"}.get(Path(name).suffix, "")
    return tuple(
        Hostile(what, reader, name, of_bytes(data) if isinstance(data, bytes) else data, says, needs)
        for what, says, data in rows
    )


PICKLE = pickle.dumps(Payload())
OTHER_FORMAT = b'<OGRVRTDataSource><OGRVRTLayer name="nodes"><SrcDataSource>/etc/passwd</SrcDataSource>'
TORN = b"SQLite format 3\0" + bytes(2000)
ONE_LINE = of_text(lambda size: "1" * times(100 * MEGABYTE, size))
STAR_SAYS = f"star of degree {STAR:,}"
DEEP = f"nested {DEPTH:,} deep"

CASES = (
    *cases(
        SYSTEM,
        "city.json",
        ("pickle called .json", "is not", PICKLE),
        (f"JSON {DEEP}", "nested too deeply", of_text(lambda size: "[" * DEPTH)),
        ("NaN as a place", "longitude = 'NaN': is NaN, not a number", nodes_json("NaN")),
        ("1e400 as a place", "is not a finite number", nodes_json("1e400")),
        (f"integer of {DEPTH:,} digits", "longitude = ", nodes_json("9" * DEPTH)),
        ("20,000 rows with a key each", "more are columns nodes does not have", of_text(strange_keys)),
        (f"{DEPTH:,} keys, one twice", "is there twice in one object", of_text(keys_twice)),
    ),
    *cases(
        SYSTEM,
        "city.zip",
        ("pickle called .zip", "cannot be read as a zip", PICKLE),
        ("zip bomb, 1 GB in 1 MB", "unpacks to more than 100 times", zip_bomb),
        ("zip in zip", "nodes.csv", zip_in_zip),
        (f"zip of {DEPTH:,} files", "files", zip_of_many),
        ("zip that points outside", "points out of the zip", zip_of(("../nodes.csv", b"x"))),
        (f"CSV of {DEPTH:,} columns", "more are columns nodes does not have", wide_csv),
        (STAR_SAYS, "", star_system),
    ),
    *cases(
        "tntp",
        "x_net.tntp",
        ("pickle", "is no TNTP file", PICKLE),
        ("100 MB in one line", "is not a line", ONE_LINE),
        ("NaN as a length", "length = 'nan'", b"<END OF METADATA>\n1 2 9 nan 1 ;"),
        (STAR_SAYS, "links meet in node '0'", of_text(tntp_star)),
    ),
    *cases(
        "osm",
        "x.osm",
        ("pickle", "is not XML", PICKLE),
        ("billion laughs", "a document type", billion_laughs("osm").encode()),
        ("entity of another file", "a document type", outside_entity("osm").encode()),
        (f"elements {DEEP}", "are nested more than 32 deep", of_text(deep_xml("osm"))),
        ("attribute of 100 MB", "is longer than 1,048,576 bytes", of_text(long_token("osm"))),
        ("NaN as a place", "is no place", b'<osm><node id="1" lon="nan" lat="0"/></osm>'),
        (STAR_SAYS, "streets meet in node 0", of_text(osm_star)),
    ),
    *cases(
        "osm",
        "x.osm.pbf",
        ("pickle called .pbf", "is not an OpenStreetMap PBF", PICKLE),
        ("PBF bomb, 3 GB in 3 MB", "more than 50 times its size", pbf_bomb),
    ),
    *cases(
        "graphml",
        "x.graphml",
        ("pickle", "is not XML", PICKLE),
        ("billion laughs", "a document type", billion_laughs("graphml").encode()),
        (f"elements {DEEP}", "nested more than 32 deep", of_text(deep_xml("graphml"))),
        ("attribute of 100 MB", "is longer than", of_text(long_token("graphml"))),
        (f"1,000 defaults of {DEPTH:,} nodes", "nodes, y", of_text(graphml_defaults)),
        (STAR_SAYS, "has more than 500,000 nodes", of_text(graphml_star)),
    ),
    *cases(
        "layers",
        "nodes.gpkg",
        ("pickle called .gpkg", "is no .gpkg file", PICKLE),
        ("another format called .gpkg", "is no .gpkg file", OTHER_FORMAT),
        ("SQLite that is torn", "is no GeoPackage", TORN),
        ("GeoPackage with an endless view", "'nodes' is a view", geopackage(ENDLESS_VIEW)),
        ("GeoPackage with a computed column", "'nodes.id' is", geopackage(COMPUTED_COLUMN)),
        (f"GeoPackage {STAR_SAYS}", "", geopackage_star),
    ),
    *cases(
        "layers",
        "nodes.geojson",
        ("pickle called .geojson", "is not JSON", PICKLE),
        (f"JSON {DEEP}", "nested too deeply", of_text(lambda size: geojson("[" * DEPTH))),
        ("NaN as a place", "has no shape that can be read", geojson("[NaN, 0]").encode()),
        ("1e400 as a place", "has no shape that can be read", geojson("[1e400, 0]").encode()),
        ("metres where degrees belong", "not on the globe", geojson("[5e5, 4e6]").encode()),
        (f"{DEPTH:,} features with a key each", "have no sector", of_text(strange_properties)),
    ),
    *cases(
        "layers",
        "links.geojson",
        (f"GeoJSON {STAR_SAYS}", "has more than 67,108,864 bytes", of_text(geojson_star)),
    ),
)
