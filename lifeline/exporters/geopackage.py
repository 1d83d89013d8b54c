"""Writes a system as a GeoPackage: one layer for each table, to look at and to change in a GIS.

`importers.layers` reads it back as the same system. Places are the geometry, not columns, so that a point moved in
a GIS has moved. GeoPackage: OGC 12-128.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lifeline.csv_tables import columns_in_use
from lifeline.errors import InvalidInput, Problem
from lifeline.exporters.exporter import write_whole
from lifeline.extras import needs
from lifeline.tables import SETTINGS, TABLES, Column
from lifeline.values import is_blank

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.system import System

PLACE = ("longitude", "latitude")
WGS84 = "EPSG:4326"

# A fixed date in the contents, so that the bytes depend on the system alone; and no waiting for the disk after every
# layer: the file is made beside its place, and nobody gets to see half of it.
_OPTIONS = {"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z", "OGR_SQLITE_SYNCHRONOUS": "OFF"}


def write_geopackage(system: System, path: Path) -> tuple[str, ...]:
    """Write every table that has rows, and the settings; nothing is left out. The same system gives the same bytes."""
    pyogrio = needs("pyogrio", "geo", "to write a GeoPackage")
    shapely = needs("shapely", "geo", "to write a GeoPackage")
    _refuse_nul(system)

    def write(made: Path) -> None:
        before = {key: pyogrio.get_gdal_config_option(key) for key in _OPTIONS}
        pyogrio.set_gdal_config_options(_OPTIONS)
        try:
            for name, frame in system.tables.items():
                if len(frame):
                    _write_layer(pyogrio, made, name, frame, _shapes_of(shapely, system, name))
            _write_settings(pyogrio, made, system)
        except pyogrio.errors.DataSourceError as trouble:
            raise OSError(str(trouble)) from trouble
        finally:
            pyogrio.set_gdal_config_options(before)

    write_whole(path, write)
    return ()


def _shapes_of(shapely: Any, system: System, name: str) -> Any:
    """Return the geometry of each row as WKB, None where its place is not known, and None for a table without."""
    if name == "links":
        place = system.nodes.set_index("id")[list(PLACE)]
        ends = [place.loc[system.links[end]].to_numpy(dtype=float) for end in ("from_node", "to_node")]
        return shapely.to_wkb(shapely.linestrings(np.stack(ends, axis=1)))
    frame = system.tables[name]
    if not set(PLACE) <= set(frame.columns):
        return None
    places = frame[list(PLACE)].to_numpy(dtype=float)
    shapes = shapely.to_wkb(shapely.points(places))
    shapes[np.isnan(places).any(axis=1)] = None
    return shapes


def _write_layer(pyogrio: Any, path: Path, name: str, frame: pd.DataFrame, shapes: Any) -> None:
    columns = [
        column for column in columns_in_use(TABLES[name], frame) if shapes is None or column.name not in PLACE
    ]
    values = [frame[column.name].to_numpy() for column in columns]
    pyogrio.raw.write(
        path,
        geometry=shapes,
        field_data=values,
        fields=np.array([column.name for column in columns], dtype=object),
        field_mask=[_blank(column, value) for column, value in zip(columns, values, strict=True)],
        layer=name,
        driver="GPKG",
        geometry_type=None if shapes is None else "LineString" if name == "links" else "Point",
        crs=None if shapes is None else WGS84,
    )


def _blank(column: Column, values: Any) -> Any:
    """Mark the cells to leave empty, None where there are none; an empty text is written as one."""
    if column.kind != "integer" or column.required or column.default is not None:
        return None
    blank = np.fromiter((is_blank(column, value) for value in values.tolist()), np.bool_, len(values))
    return blank if blank.any() else None


def _write_settings(pyogrio: Any, path: Path, system: System) -> None:
    """Write the settings as a table of one row, with a column for each that is set."""
    settings = {key: value for key, value in dataclasses.asdict(system.settings).items() if value is not None}
    kinds = {"text": object, "integer": np.int64, "number": np.float64}
    pyogrio.raw.write(
        path,
        geometry=None,
        field_data=[
            np.array([value], dtype=kinds[SETTINGS.column(key).kind]) for key, value in settings.items()
        ],
        fields=np.array(list(settings), dtype=object),
        layer=SETTINGS.name,
        driver="GPKG",
        geometry_type=None,
        crs=None,
    )


def _refuse_nul(system: System) -> None:
    """GDAL ends a text at a NUL, so what comes after it would be lost."""
    tables = {**system.tables, SETTINGS.name: None}
    problems = []
    for name, frame in tables.items():
        columns = (
            {
                column.name: frame[column.name].tolist()
                for column in TABLES[name].columns
                if column.kind == "text"
            }
            if frame is not None
            else {
                key: [value]
                for key, value in dataclasses.asdict(system.settings).items()
                if isinstance(value, str)
            }
        )
        problems += [
            Problem(
                name, None, column, value, "has a NUL character, which a GeoPackage cannot hold; take it out."
            )
            for column, values in columns.items()
            for value in values
            if "\x00" in value
        ]
    if problems:
        raise InvalidInput.of(problems, "what a GeoPackage can hold")
