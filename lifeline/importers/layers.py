"""Imports the layers of a map: GeoPackage, shapefile or GeoJSON, with a small TOML file that says what is what.

`docs/importing.md` has the mapping. Without one the layers have to be lifeline's own export, with its names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.geojson_layer import read_geojson
from lifeline.importers.importer import Imported, Report
from lifeline.importers.layer import Layer
from lifeline.importers.layer_links import links_of
from lifeline.importers.layer_mapping import DISTRICTS, LayerMapping, own_mapping, read_mapping
from lifeline.importers.layer_people import district_customers, supplies_of
from lifeline.importers.layer_rows import PLACE, LayerRows, TableRows, named, rows_of
from lifeline.importers.ogr_layers import MOST_ROWS, read_ogr_layers
from lifeline.nearest import Nearest
from lifeline.system import Settings, System
from lifeline.tables import SETTINGS, TABLES

OGR_SUFFIXES = (".gpkg", ".shp")
JSON_SUFFIXES = (".geojson", ".json")


def read_layers(path: str | Path, *, mapping: str | Path | None = None, crs: str | None = None) -> Imported:
    """Make a System of the layers in a file or folder, and say what was changed on the way.

    `mapping` is a TOML file; without it the layers are called like lifeline's tables. `crs` is what the coordinates
    are, where the file does not say or is wrong. InvalidInput lists the features that cannot be used.
    """
    path = Path(path)
    layers = _layers_in(path)
    plan = own_mapping(layers) if mapping is None else read_mapping(Path(mapping))
    report = Report()
    found = _used(plan, layers, path, report)
    problems: list[Problem] = []
    parts: dict[str, list[LayerRows]] = defaultdict(list)
    for use, layer in found:
        asked = crs or plan.crs
        if asked and layer.crs and layer.shapes is not None and asked.upper() != layer.crs.upper():
            said = (
                f"coordinates of {layer.name!r} taken as {asked}, as asked; the file says {layer.crs[:60]}."
            )
            report.doubtful(use.table, layer.count, said)
        parts[use.table].append(rows_of(use, layer, asked, repr(str(path)), problems))
    if problems:
        raise InvalidInput.of(problems, str(path))
    for part in parts["nodes"] + parts["customers"] + parts["crews"]:
        _name_rows(part, report)
    tables = _tables(parts, plan, report, path)
    system = _checked(tables, _settings(parts, plan, layers, path, report), path)
    return Imported(system, tuple(report.notes))


def _layers_in(path: Path) -> list[Layer]:
    """Read all layers of a file, or of the files of a folder, in order of their names."""
    suffixes = (*OGR_SUFFIXES, *JSON_SUFFIXES)
    if path.is_dir():
        files = sorted(
            entry for entry in path.iterdir() if entry.suffix.lower() in suffixes and entry.is_file()
        )
        if not files:
            raise InvalidInput(f"{str(path)!r} holds no layers: no file that ends in {', '.join(suffixes)}.")
    elif not path.is_file():
        raise InvalidInput(f"There is no file or folder {str(path)!r}.")
    elif path.suffix.lower() not in suffixes:
        raise InvalidInput(
            f"{str(path)!r} is none of {', '.join(suffixes)}; save the layers as one of these."
        )
    else:
        files = [path]
    try:
        layers = [layer for file in files for layer in _layers_of(file)]
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {trouble.strerror or trouble}.") from trouble
    names = [layer.name for layer in layers]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(f"{str(path)!r} has two layers called {twice[0]!r}; give each a name of its own.")
    if sum(layer.count for layer in layers) > MOST_ROWS:
        raise InvalidInput(f"{str(path)!r} has more than {MOST_ROWS:,} rows, the most that is read.")
    return layers


def _layers_of(file: Path) -> list[Layer]:
    return [read_geojson(file)] if file.suffix.lower() in JSON_SUFFIXES else read_ogr_layers(file)


def _used(plan: LayerMapping, layers: list[Layer], path: Path, report: Report) -> list[tuple[Any, Layer]]:
    """Pair what the mapping says with the layers it says it of, and tell of the layers and columns left out."""
    by_name = {layer.name: layer for layer in layers}
    if not any(use.table in ("nodes", "links") for use in plan.uses):
        raise InvalidInput(
            f"No layer of {str(path)!r} is called nodes or links (there are: {', '.join(sorted(by_name)) or 'none'}). "
            "Say with --mapping which layer is what; docs/importing.md has an example."
        )
    missing = [use.layer for use in plan.uses if use.layer not in by_name]
    if missing:
        advice = Nearest(by_name).advice(missing[0])
        raise InvalidInput(f"{str(path)!r} has no layer {missing[0]!r}. {advice}")
    used = {use.layer for use in plan.uses}
    for layer in layers:
        if layer.name not in used and layer.name != SETTINGS.name:
            report.dropped(layer.name, layer.count, "layer that the mapping does not name.")
    for use in plan.uses:
        layer = by_name[use.layer]
        origins = [*use.columns.values(), *use.served_by.values()]
        unused = sorted(set(layer.column_names) - {origin.column for origin in origins})
        if unused:
            report.dropped(
                use.table, layer.count, f"columns of {use.layer!r} not named: {', '.join(unused)[:300]}."
            )
    # Named layers first to last by name: the order of the mapping is no part of what it says.
    return sorted(
        ((use, by_name[use.layer]) for use in plan.uses), key=lambda pair: (pair[0].table, pair[0].layer)
    )


def _name_rows(part: LayerRows, report: Report) -> None:
    """Give rows without an id one that their place decides, not their order."""
    sector = part.use.constants.get("sector")
    name = str(sector) if isinstance(sector, str) else part.layer.name
    made = named(part.frame, name, lambda: [part.frame[axis].to_numpy(dtype=float) for axis in PLACE])
    report.guessed(
        part.use.table, made, f"no column of {part.layer.name!r} is the id: numbered from west to east."
    )


def _tables(
    parts: dict[str, list[LayerRows]], plan: LayerMapping, report: Report, path: Path
) -> dict[str, TableRows]:
    tables = {
        name: TableRows.of(parts[name], [part.frame for part in parts[name]])
        for name in TABLES
        if parts[name] and name != "links"
    }
    _refuse_unfit_sectors(tables, path)
    if parts["links"]:
        nodes, links = links_of(tables.get("nodes"), parts["links"], plan.snap_metres, report)
        tables["nodes"], tables["links"] = nodes, links
    for table, rows in tables.items():
        if table in TABLES:
            report.converted(table, len(rows.frame), f"rows of {', '.join(map(repr, rows.layers))}.")
    if parts["customers"]:
        frame = tables["customers"].frame
        if parts[DISTRICTS]:
            district_customers(frame, parts[DISTRICTS], report)
        if "supplies" not in tables:
            supplies = supplies_of(tables["nodes"].frame, parts["customers"], report)
            tables["supplies"] = TableRows(supplies, (), ())
    return tables


def _refuse_unfit_sectors(tables: dict[str, TableRows], path: Path) -> None:
    """Nodes have to say their sector and id before lines can be joined to them."""
    nodes = tables.get("nodes")
    if nodes is not None and "sector" not in nodes.frame:
        raise InvalidInput(
            f"{str(path)!r}: the nodes of {nodes.layers[0]!r} have no sector; "
            "write values = { sector = 'power' } or name a column."
        )


def _settings(
    parts: dict[str, list[LayerRows]], plan: LayerMapping, layers: Iterable[Layer], path: Path, report: Report
) -> Settings:
    """Return the settings of the mapping, or those of a layer `settings`, or a name."""
    if plan.settings is not None:
        return plan.settings
    for layer in layers:
        if layer.name == SETTINGS.name and layer.shapes is None and layer.count == 1:
            values = {name: layer.get(name)[0] for name in layer.column_names}
            plain = {
                name: value.item() if isinstance(value, np.generic) else value
                for name, value in values.items()
            }
            return Settings.of({name: value for name, value in plain.items() if value is not None})
    report.guessed("settings", 1, "start is midnight of 1 January 2026: the layers have no date.")
    names = ", ".join(sorted({part.layer.name for table in parts.values() for part in table}))
    return Settings(name=path.stem or "layers", description=f"Imported from map layers: {names}."[:10_000])


def _checked(tables: dict[str, TableRows], settings: Settings, path: Path) -> System:
    """Make the tables a System; what is wrong is told of by layer and feature."""
    frames: dict[str, pd.DataFrame] = {name: rows.frame for name, rows in tables.items() if name in TABLES}
    try:
        return System.from_tables(frames, settings)
    except InvalidInput as bad:
        told = [
            tables[problem.table].told_by_layer(problem) if problem.table in tables else replace(problem)
            for problem in bad.problems
        ]
        raise InvalidInput.of(told, str(path)) from None
