"""Files made to hurt whoever reads them: bombs, pickles, endless nests, stars, and numbers that are none.

Each case writes its file at full size for the benchmark (`size=1`), or smaller for the tests.
"""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 2**20
STAR = 1_000_000
DEPTH = 100_000
SYSTEM = "system"
"Stands for lifeline's own formats, read with `read_system`; other names are those of importers."

Write = Callable[[Path, float], None]


class Payload:
    """A pickle that runs a command when it is loaded: it makes a file that tests then look for."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("it-was-run"),))


@dataclass(frozen=True)
class Hostile:
    """One file: the importer it is handed to, its name, how it is written and what is said to it.

    `says` is part of the refusal; blank where the right answer is a system. `needs` is a package that has to be there.
    """

    what: str
    reader: str
    name: str
    write: Write
    says: str
    needs: str = ""


def times(count: int, size: float) -> int:
    """Return a smaller count for a smaller file."""
    return max(1, int(count * size))


def of_bytes(data: bytes) -> Write:
    return lambda path, size: _put(path, data)


def _put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def of_text(make: Callable[[float], str]) -> Write:
    return lambda path, size: _put(path, make(size).encode())


# lifeline's own formats.


def zip_of(*entries: tuple[str, bytes]) -> Write:
    def write(path: Path, size: float) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in entries:
                archive.writestr(name, data)

    return write


def zip_bomb(path: Path, size: float) -> None:
    """A gigabyte of zeros in a megabyte."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("nodes.csv", "w") as entry:
        for _ in range(times(1024, size)):
            entry.write(b"0" * MEGABYTE)


def zip_in_zip(path: Path, size: float) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nodes.csv", b"0" * times(64 * MEGABYTE, size))
    zip_of(("nodes.csv", inner.getvalue()))(path, size)


def zip_of_many(path: Path, size: float) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(times(DEPTH, size)):
            archive.writestr(f"{number}.csv", b"")


def star_system(path: Path, size: float) -> None:
    """One hub with a million links: the right answer is a system."""
    count = times(STAR, size)
    nodes = "id,sector,longitude,latitude,source\nhub,telecom,0,0,true\n"
    nodes += "".join(f"n{number},telecom,0.1,0.1,\n" for number in range(count))
    links = "id,sector,from_node,to_node\n" + "".join(
        f"l{number},telecom,hub,n{number}\n" for number in range(count)
    )
    zip_of(("nodes.csv", nodes.encode()), ("links.csv", links.encode()))(path, size)


def nodes_json(row: str) -> Write:
    node = f'{{"id": "a", "sector": "gas", "longitude": {row}, "latitude": 0}}'
    return of_text(lambda size: f'{{"nodes": [{node}]}}')


def strange_keys(size: float) -> str:
    """Rows with a key of its own each: a table as wide as it is long."""
    rows = [{"id": f"n{number}", f"k{number}": 1} for number in range(times(20_000, size))]
    return json.dumps({"nodes": rows})


def keys_twice(size: float) -> str:
    keys = ", ".join(f'"k{number}": 1' for number in range(times(DEPTH, size)))
    return f'{{"nodes": [{{{keys}, "k0": 2}}]}}'


def wide_csv(path: Path, size: float) -> None:
    header = ",".join(f"idd{number}" for number in range(times(DEPTH, size)))
    zip_of(("nodes.csv", f"{header}\n".encode()))(path, size)


# Roads.


def tntp_star(size: float) -> str:
    return "<END OF METADATA>\n" + "".join(
        f"\t0\t{number}\t1\t1\t1\t;\n" for number in range(1, times(STAR, size))
    )


def billion_laughs(root: str) -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY l0 "lol">{entities}]><{root}>&l9;</{root}>'


def outside_entity(root: str) -> str:
    return f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY x SYSTEM "file:///etc/passwd">]><{root}>&x;</{root}>'


def deep_xml(root: str) -> Callable[[float], str]:
    return lambda size: f"<{root}>" + "<a>" * times(DEPTH, size)


def long_token(root: str) -> Callable[[float], str]:
    return lambda size: f'<{root} x="' + "a" * times(100 * MEGABYTE, size) + '"/>'


def osm_star(size: float) -> str:
    count = times(STAR, size)
    ways = (
        f'<way id="{number}"><nd ref="0"/><nd ref="{number}"/><tag k="highway" v="primary"/></way>\n'
        for number in range(1, count)
    )
    return '<osm version="0.6"><node id="0" lon="0" lat="0"/>\n' + "".join(ways) + "</osm>"


def pbf_bomb(path: Path, size: float) -> None:
    """Blocks of 32 MB of zeros in 32 kB each; the first is a header, as libosmium wants one."""
    head = _pbf_block(b"OSMHeader", b"\x22\x0eOsmSchema-V0.6")
    bomb = _pbf_block(b"OSMData", bytes(31 * MEGABYTE))
    path.write_bytes(head + bomb * times(100, max(size, 0.1)))


def _pbf_block(kind: bytes, data: bytes) -> bytes:
    packed = zlib.compress(data, 9)
    blob = b"\x10" + _varint(len(data)) + b"\x1a" + _varint(len(packed)) + packed
    header = b"\x0a" + _varint(len(kind)) + kind + b"\x18" + _varint(len(blob))
    return struct.pack(">I", len(header)) + header + blob


def _varint(number: int) -> bytes:
    data = bytearray()
    while number > 127:
        data.append(number & 127 | 128)
        number >>= 7
    return bytes([*data, number])


def graphml_star(size: float) -> str:
    count = times(STAR, size)
    nodes = "".join(f'<node id="{number}"/>' for number in range(count))
    edges = "".join(f'<edge source="0" target="{number}"/>' for number in range(1, count))
    return f"<graphml><graph>{nodes}{edges}</graph></graphml>"


def graphml_defaults(size: float) -> str:
    """A thousand keys of one name with a default each, for a hundred thousand nodes."""
    keys = "".join(
        f'<key id="d{number}" for="node" attr.name="x"><default>{"9" * 90}</default></key>'
        for number in range(1000)
    )
    nodes = "".join(f'<node id="{number}"/>' for number in range(times(DEPTH, size)))
    return f"<graphml>{keys}<graph>{nodes}</graph></graphml>"


# Map layers.


def geojson(coordinates: str, kind: str = "Point") -> str:
    geometry = f'{{"type": "{kind}", "coordinates": {coordinates}}}'
    feature = f'{{"type": "Feature", "geometry": {geometry}, "properties": {{"id": "a", "sector": "gas"}}}}'
    return f'{{"type": "FeatureCollection", "features": [{feature}]}}'


def geojson_star(size: float) -> str:
    line = (
        '{"type":"Feature","geometry":{"type":"LineString","coordinates":[[0,0],[%.5f,1]]},"properties":%s}'
    )
    properties = '{"id":"%d","sector":"gas"}'
    features = (line % (number * 1e-5, properties % number) for number in range(times(STAR, size)))
    return '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}"


def strange_properties(size: float) -> str:
    feature = '{"type":"Feature","geometry":{"type":"Point","coordinates":[0,0]},"properties":{"k%d":1}}'
    features = ",".join(feature % number for number in range(times(DEPTH, size)))
    return f'{{"type":"FeatureCollection","features":[{features}]}}'


def geopackage(*statements: str) -> Write:
    """A GeoPackage by hand, with a table `nodes` that the statements make."""

    def write(path: Path, size: float) -> None:
        with closing(sqlite3.connect(path)) as database:
            database.executescript(
                f"""
                PRAGMA application_id = 1196444487; PRAGMA user_version = 10300;
                CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
                    organization_coordsys_id INTEGER, definition TEXT, description TEXT);
                CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT,
                    description TEXT, last_change TEXT, min_x, min_y, max_x, max_y, srs_id INTEGER);
                INSERT INTO gpkg_contents (table_name, data_type) VALUES ('nodes', 'attributes');
                {" ".join(statements)}
                """
            )

    return write


ENDLESS_VIEW = (
    "CREATE VIEW nodes AS WITH RECURSIVE n(fid) AS (SELECT 1 UNION ALL SELECT fid + 1 FROM n) "
    "SELECT fid, zeroblob(100000000) AS id FROM n;"
)
COMPUTED_COLUMN = (
    "CREATE TABLE nodes (fid INTEGER PRIMARY KEY, id TEXT AS (hex(zeroblob(400000000)))); "
    "INSERT INTO nodes VALUES (1);"
)


def geopackage_star(path: Path, size: float) -> None:
    """A million lines out of one place, without nodes: the right answer is a system."""
    import numpy as np
    import pyogrio
    import shapely

    count = times(STAR, size)
    ends = np.zeros((count, 2, 2))
    ends[:, 1, 0], ends[:, 1, 1] = np.arange(count) * 1e-5, 1.0
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(shapely.linestrings(ends)),
        field_data=[np.arange(count), np.full(count, "gas", dtype=object)],
        fields=np.array(["id", "sector"], dtype=object),
        layer="links",
        driver="GPKG",
        geometry_type="LineString",
        crs="EPSG:4326",
    )
