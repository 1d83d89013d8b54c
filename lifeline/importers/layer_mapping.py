"""The small TOML file that says what the layers of a map are: which table, and which column is what.

`docs/importing.md` has an example. A key that is not known is refused with the nearest one that is.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lifeline.csv_tables import decoded
from lifeline.errors import InvalidInput, Problem
from lifeline.importers.layer import Layer
from lifeline.nearest import Nearest
from lifeline.system import Settings
from lifeline.tables import SECTORS, SETTINGS, TABLES

DISTRICTS = "districts"
"No table of lifeline's: its rows give customers near them a district."

DEFAULT_SNAP_METRES = 1.0
_MOST_SNAP_METRES = 10_000.0

_TOP = ("crs", "snap_metres", "settings", "layer")
_OF_LAYER = ("name", "table", "columns", "values", "served_by", "served_by_nearest")
_OF_COLUMN = ("column", "times", "prefix", "equals")


@dataclass(frozen=True)
class Origin:
    """Where the values of one column come from: a column of the layer, changed on the way if asked.

    `times` multiplies numbers (and rounds where whole ones are wanted), `prefix` goes before a name, `equals` makes
    a column of true and false: whether the value is one of these.
    """

    column: str
    times: float | None = None
    prefix: str = ""
    equals: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayerUse:
    """What one layer is: rows of a table, with columns out of the layer's and constants that hold for all its rows.

    For customers, `served_by` names the layer's column with the node of a sector that serves the row, and
    `served_by_nearest` the sectors whose nearest node does.
    """

    layer: str
    table: str
    columns: Mapping[str, Origin]
    constants: Mapping[str, Any] = field(default_factory=dict)
    served_by: Mapping[str, Origin] = field(default_factory=dict)
    served_by_nearest: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayerMapping:
    """What all layers of a map are."""

    uses: tuple[LayerUse, ...]
    crs: str | None = None
    snap_metres: float = DEFAULT_SNAP_METRES
    settings: Settings | None = None


def read_mapping(path: Path) -> LayerMapping:
    """Read a mapping; one InvalidInput lists everything that is wrong with it."""
    try:
        text, problems = decoded(path.name, path.read_bytes())
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {trouble.strerror or trouble}.") from trouble
    if problems:
        raise InvalidInput.of(problems, str(path))
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as trouble:
        raise InvalidInput(f"{str(path)!r} is not TOML: {str(trouble)[:200]}.") from None
    reader = _Reader(path.name)
    mapping = reader.mapping(document)
    if reader.problems:
        raise InvalidInput.of(reader.problems, str(path))
    return mapping


def own_mapping(layers: Iterable[Layer]) -> LayerMapping:
    """Return the mapping of lifeline's own exports: layers called like the tables, columns like theirs."""
    uses = [
        LayerUse(
            layer.name,
            layer.name,
            {name: Origin(name) for name in layer.column_names if name in TABLES[layer.name].column_names},
        )
        for layer in layers
        if layer.name in TABLES
    ]
    return LayerMapping(tuple(uses))


class _Reader:
    """Takes a document apart and remembers all that is wrong with it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []

    def mapping(self, document: Mapping[str, Any]) -> LayerMapping:
        self.known(document, _TOP, "")
        crs = document.get("crs")
        if crs is not None and not isinstance(crs, str):
            self.wrong("crs", crs, "is no text; write it like 'EPSG:2276'.")
        snap = document.get("snap_metres", DEFAULT_SNAP_METRES)
        if not _is_number(snap) or not 0 <= snap <= _MOST_SNAP_METRES:
            self.wrong("snap_metres", snap, f"is no number of metres from 0 to {_MOST_SNAP_METRES:,g}.")
            snap = DEFAULT_SNAP_METRES
        layers = document.get("layer", [])
        if not isinstance(layers, list) or not layers or not all(isinstance(entry, dict) for entry in layers):
            self.wrong("layer", None, "is missing; write one [[layer]] for each layer to take over.")
            layers = []
        uses = tuple(self.use(entry, number) for number, entry in enumerate(layers, 1))
        return LayerMapping(uses, crs, float(snap), self.settings(document.get("settings")))

    def settings(self, given: Any) -> Settings | None:
        if given is None:
            return None
        if not isinstance(given, dict):
            self.wrong(
                "settings", given, f"is no table of settings; known are {', '.join(SETTINGS.column_names)}."
            )
            return None
        try:
            return Settings.of(given)
        except InvalidInput as bad:
            self.problems += bad.problems
            return None

    def use(self, entry: Mapping[str, Any], number: int) -> LayerUse:
        where = f"layer {number}"
        self.known(entry, _OF_LAYER, where)
        name, table = entry.get("name"), entry.get("table")
        if not isinstance(name, str):
            self.wrong(f"{where}, name", name, "has to be the name of a layer of the file.")
        tables = [*TABLES, DISTRICTS]
        if table not in tables:
            self.wrong(f"{where}, table", table, f"is no table. {Nearest(tables).advice(str(table))}")
            return LayerUse(str(name), "nodes", {})
        columns = ("district",) if table == DISTRICTS else TABLES[table].column_names
        origins = self.origins(entry.get("columns", {}), columns, f"{where}, columns")
        values = entry.get("values", {})
        if not isinstance(values, dict):
            self.wrong(f"{where}, values", values, "is no table such as { sector = 'power' }.")
            values = {}
        self.known(values, columns, f"{where}, values")
        served = self.origins(entry.get("served_by", {}), SECTORS, f"{where}, served_by")
        nearest = entry.get("served_by_nearest", [])
        if not isinstance(nearest, list) or any(sector not in SECTORS for sector in nearest):
            self.wrong(f"{where}, served_by_nearest", nearest, f"is no list of {', '.join(SECTORS)}.")
            nearest = []
        if (served or nearest) and table != "customers":
            self.wrong(where, table, "has served_by, which only customers have.")
        return LayerUse(str(name), table, origins, values, served, tuple(dict.fromkeys(nearest)))

    def origins(self, given: Any, names: Collection[str], where: str) -> dict[str, Origin]:
        if not isinstance(given, dict):
            self.wrong(where, given, "is no table such as { id = 'STATION_ID' }.")
            return {}
        self.known(given, names, where)
        return {name: self.origin(value, f"{where}, {name}") for name, value in given.items()}

    def origin(self, given: Any, where: str) -> Origin:
        if isinstance(given, str):
            return Origin(given)
        if not isinstance(given, dict) or not isinstance(given.get("column"), str):
            self.wrong(
                where, given, "is neither the name of a column nor a table such as { column = 'MVA' }."
            )
            return Origin("")
        self.known(given, _OF_COLUMN, where)
        times, prefix, equals = given.get("times"), given.get("prefix", ""), given.get("equals", [])
        if times is not None and (not _is_number(times) or not math.isfinite(times)):
            self.wrong(f"{where}, times", times, "is no finite number.")
            times = None
        if not isinstance(prefix, str):
            self.wrong(f"{where}, prefix", prefix, "is no text.")
            prefix = ""
        if not isinstance(equals, list):
            self.wrong(f"{where}, equals", equals, "is no list of values.")
            equals = []
        return Origin(given["column"], times, prefix, tuple(map(str, equals)))

    def known(self, entry: Mapping[str, Any], names: Collection[str], where: str) -> None:
        nearest = Nearest(names)
        for name in entry:
            if name not in names:
                key = f"{where}, {name}" if where else name
                self.wrong(key, None, f"is not known here. {nearest.advice(name)}")

    def wrong(self, key: str, value: Any, message: str) -> None:
        self.problems.append(Problem(self.name, None, key, None if value is None else str(value), message))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
