"""Reads the layers of a GeoPackage or shapefile through pyogrio, after a look at what is to be read.

GDAL opens whatever it recognises, other files and addresses included, so the first bytes of the file have to be those
of the format its name claims. A GeoPackage is an SQLite database: views and computed columns can be programs that
never end, and are refused.
"""

from __future__ import annotations

import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from lifeline.errors import InvalidInput
from lifeline.extras import needs
from lifeline.importers.layer import LINE, NOTHING, OTHER, POINT, Layer, Shapes

MOST_ROWS = 2_000_000
"Rows of all layers of a file together."

_MARKS = {".gpkg": b"SQLite format 3\x00", ".shp": b"\x00\x00\x27\x0a"}
_POINT, _LINE, _POLYGON, _MULTIPOINT, _MULTILINE, _MULTIPOLYGON = 0, 1, 3, 4, 5, 6
_ORDINARY, _HIDDEN_OF_TABLE_XINFO = 0, 6


def read_ogr_layers(path: Path) -> list[Layer]:
    """Read all layers of a file, in its order; InvalidInput when it is not what its name says."""
    pyogrio = needs("pyogrio", "geo", f"to read {path.name}")
    shapely = needs("shapely", "geo", f"to read {path.name}")
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        begins = file.read(16)
    if not begins.startswith(_MARKS[suffix]):
        raise InvalidInput(f"{str(path)!r} is no {suffix} file: it begins like something else.")
    if suffix == ".gpkg":
        _refuse_programs(path)
    try:
        with warnings.catch_warnings():
            # GDAL tells in warnings of measures (M) and curves it changes; a network has no use for them.
            warnings.simplefilter("ignore")
            layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
            _refuse_too_many(pyogrio, path, layers)
            return [_layer(pyogrio, shapely, path, name) for name in layers]
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
        pyogrio.errors.FieldError,
        pyogrio.errors.GeometryError,
        shapely.errors.ShapelyError,
        UnicodeDecodeError,
        ValueError,
    ) as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {str(trouble)[:300]}.") from trouble


def _refuse_programs(path: Path) -> None:
    """Raise InvalidInput when a table of the GeoPackage is no plain table."""
    try:
        address = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            parts = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            views = sorted(str(name) for kind, name, _ in parts if kind == "view")
            tables = [str(name) for kind, name, _ in parts if kind == "table"]
            virtual = {
                str(name) for _, name, sql in parts if str(sql).upper().startswith("CREATE VIRTUAL TABLE")
            }
            odd = sorted(name for name in virtual if not name.startswith("rtree_"))
            computed = [] if odd or views else _computed_columns(database, tables, virtual)
    except sqlite3.Error as trouble:
        raise InvalidInput(f"{str(path)!r} is no GeoPackage, or a broken one: {trouble}.") from None
    found = [*views, *odd, *computed]
    if found:
        raise InvalidInput(
            f"{str(path)!r}: {found[0]!r} is a view or is computed, which can be a program without end; "
            "save it as a layer of its own."
        )


def _computed_columns(database: sqlite3.Connection, tables: list[str], virtual: set[str]) -> list[str]:
    return [
        f"{table}.{column[1]}"
        for table in tables
        if table not in virtual
        for column in database.execute("SELECT * FROM pragma_table_xinfo(?)", (table,)).fetchall()
        if column[_HIDDEN_OF_TABLE_XINFO] != _ORDINARY
    ]


def _refuse_too_many(pyogrio: Any, path: Path, layers: list[str]) -> None:
    rows = sum(
        max(0, pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"]) for layer in layers
    )
    if rows > MOST_ROWS:
        raise InvalidInput(
            f"{str(path)!r} has {rows:,} rows, more than {MOST_ROWS:,}, the most that is read."
        )


def _layer(pyogrio: Any, shapely: Any, path: Path, name: str) -> Layer:
    meta, _, shapes, values = pyogrio.raw.read(path, layer=name, force_2d=True, datetime_as_string=True)
    columns = dict(zip(map(str, meta["fields"]), values, strict=True))
    count = len(values[0]) if values else 0 if shapes is None else len(shapes)
    if shapes is None:
        return Layer(name, count, "", tuple(columns), columns.__getitem__, None)
    found = _shapes(shapely, shapely.from_wkb(shapes))
    return Layer(name, count, meta["crs"] or "", tuple(columns), columns.__getitem__, found)


def _shapes(shapely: Any, geometries: Any) -> Shapes:
    sort = shapely.get_type_id(geometries)
    is_area = np.isin(sort, (_POLYGON, _MULTIPOLYGON))
    to_point = is_area | (sort == _MULTIPOINT)
    geometries = np.where(to_point, shapely.centroid(geometries), geometries)
    known = np.isin(sort, (_POINT, _LINE, _POLYGON, _MULTIPOINT, _MULTILINE, _MULTIPOLYGON))
    sorts = np.where(np.isin(sort, (_LINE, _MULTILINE)), LINE, np.where(known, POINT, OTHER))
    nothing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    sorts[nothing] = NOTHING
    geometries = np.where(sorts == OTHER, None, geometries)
    parts, row_of_part = shapely.get_parts(geometries, return_index=True)
    places, part = shapely.get_coordinates(parts, return_index=True)
    starts = np.searchsorted(row_of_part[part], np.arange(len(sorts) + 1))
    jumps = np.append(True, part[1:] != part[:-1]) if len(part) else np.empty(0, np.bool_)
    return Shapes(sorts.astype(np.int8), starts, places[:, 0], places[:, 1], jumps, is_area & ~nothing)
