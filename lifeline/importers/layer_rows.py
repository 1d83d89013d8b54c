"""Rows of lifeline's tables out of the features of layers: cells by the mapping, places by the shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.layer import LINE, NOTHING, POINT, Layer, Shapes
from lifeline.importers.layer_mapping import DISTRICTS, LayerUse, Origin
from lifeline.sheets import ROW_INDEX
from lifeline.tables import TABLES, Column, Kind
from lifeline.values import Raw

PLACE = ("longitude", "latitude")
PLACED = ("nodes", "customers", "crews", "tasks", "closures", DISTRICTS)
"Tables whose rows lie at a point."

_WITHOUT_PLACE_TOO = ("customers", "tasks", "closures")


@dataclass(frozen=True, eq=False)
class LayerRows:
    """The rows that one layer gives to one table; row i of `frame` is feature i + 1 of the layer."""

    use: LayerUse
    layer: Layer
    shapes: Shapes | None
    frame: pd.DataFrame


@dataclass(frozen=True, eq=False)
class TableRows:
    """The rows of one table out of all its layers, numbered from 1 on; `whence` tells the layer and feature of each."""

    frame: pd.DataFrame
    layers: tuple[str, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, parts: Sequence[LayerRows], frames: Sequence[pd.DataFrame]) -> TableRows:
        """Put the rows of several layers one after the other."""
        frame = pd.concat(frames, ignore_index=True) if len(frames) != 1 else frames[0]
        frame = frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name=ROW_INDEX), axis=0)
        return cls(frame, tuple(part.layer.name for part in parts), tuple(map(len, frames)))

    def told_by_layer(self, problem: Problem) -> Problem:
        """Return a problem with a row of the table as one with a feature of its layer."""
        if len(self.layers) == 1:
            return replace(problem, table=self.layers[0])
        if problem.row is None or not 0 < problem.row <= sum(self.counts):
            return problem
        number, feature = 0, problem.row
        while feature > self.counts[number]:
            feature -= self.counts[number]
            number += 1
        whence = f"{problem.message} (feature {feature} of the layer {self.layers[number]!r})"
        return replace(problem, message=whence)


def rows_of(use: LayerUse, layer: Layer, crs: str | None, where: str, problems: list[Problem]) -> LayerRows:
    """Read what a layer gives to its table; what cannot be is added to the problems."""
    shapes = layer.shapes
    columns = _columns(use, layer, problems)
    if shapes is not None and use.table in (*PLACED, "links"):
        system = crs or layer.crs
        if not system:
            raise InvalidInput(
                f"{where} does not say what the coordinates of layer {layer.name!r} are. "
                "Say it with --crs, for example --crs EPSG:2276."
            )
        shapes = shapes.in_degrees(system, f"{where}, layer {layer.name!r}")
    if use.table in PLACED and not set(PLACE) <= columns.keys():
        columns.update(zip(PLACE, _places(use, layer, shapes, problems), strict=True))
    if use.table == "links":
        problems += _strange_shapes(layer, shapes, LINE, "no line; a link is a line between two places.")
    frame = pd.DataFrame(columns, index=pd.RangeIndex(layer.count))
    return LayerRows(use, layer, shapes, frame)


def _columns(use: LayerUse, layer: Layer, problems: list[Problem]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, origin in use.columns.items():
        if not layer.count:
            # GeoJSON without features has no columns at all.
            columns[name] = np.empty(0, dtype=object)
        elif origin.column not in layer.column_names:
            known = ", ".join(layer.column_names) or "none"
            message = f"has no column {origin.column!r}. It has: {known[:500]}."
            problems.append(Problem(layer.name, None, None, None, message))
        elif use.table == DISTRICTS:
            columns[name] = texts_of(layer.get(origin.column))
        else:
            columns[name] = _cells(layer, origin, TABLES[use.table].column(name), problems)
    columns.update(use.constants)
    return columns


def _cells(layer: Layer, origin: Origin, column: Column, problems: list[Problem]) -> Raw:
    raw = layer.get(origin.column)
    if origin.equals:
        return np.array([text in origin.equals for text in texts_of(raw).tolist()], dtype=np.bool_)
    if column.kind == "text":
        texts = texts_of(raw)
        if not origin.prefix:
            return texts
        return np.array(
            [text if text is None else origin.prefix + text for text in texts.tolist()], dtype=object
        )
    return raw if origin.times is None else _multiplied(layer, origin, raw, column.kind, problems)


def _multiplied(layer: Layer, origin: Origin, raw: Raw, kind: Kind, problems: list[Problem]) -> Raw:
    times = origin.times or 0.0
    values = np.full(len(raw), None, dtype=object)
    for row, value in enumerate(raw.tolist()):
        if value is None or value == "" or value != value:
            continue
        try:
            number = float(value) * times
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            message = "is no finite number, and cannot be multiplied."
            problems.append(Problem(layer.name, row + 1, origin.column, str(value), message))
            continue
        values[row] = round(number) if kind == "integer" else number
    return values


def texts_of(raw: Raw) -> Raw:
    """Return names and words as text, None where nothing stands: a whole number is written as one."""
    if raw.dtype == object and pd.api.types.infer_dtype(raw, skipna=False) == "string":
        return raw
    return np.array([_text_of(value) for value in raw.tolist()] + [None], dtype=object)[:-1]


def _text_of(value: Any) -> Any:
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    # Anything else, such as a list, is left for the table to refuse.
    return str(value) if isinstance(value, int | float) else value


def _places(
    use: LayerUse, layer: Layer, shapes: Shapes | None, problems: list[Problem]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return where the rows of a layer lie; NaN where a row may do without a place and has none."""
    problems += _strange_shapes(layer, shapes, POINT, "neither point nor area; a line has no one place.")
    if shapes is None:
        nowhere = np.full(layer.count, np.nan)
        if use.table not in _WITHOUT_PLACE_TOO and layer.count:
            message = "has no shapes, and no columns for longitude and latitude are named."
            problems.append(Problem(layer.name, None, None, None, message))
        return nowhere, nowhere
    if use.table not in _WITHOUT_PLACE_TOO:
        problems += [
            Problem(layer.name, row + 1, "geometry", None, "has no place; draw it or remove the row.")
            for row in np.flatnonzero(shapes.sort == NOTHING).tolist()
        ]
    return shapes.firsts


def _strange_shapes(layer: Layer, shapes: Shapes | None, sort: int, what: str) -> list[Problem]:
    if shapes is None:
        return []
    strange = np.flatnonzero((shapes.sort != sort) & (shapes.sort != NOTHING)).tolist()
    return [Problem(layer.name, row + 1, "geometry", None, f"is {what}") for row in strange]


def named(frame: pd.DataFrame, name: str, sort_by: Callable[[], Sequence[Raw]]) -> list[str]:
    """Give rows without an id one, `name` and their number in an order of their own; return the ids made up."""
    if "id" in frame:
        return []
    order = np.lexsort(list(reversed(sort_by())))
    numbers = np.empty(len(frame), dtype=np.int64)
    numbers[order] = np.arange(1, len(frame) + 1)
    frame["id"] = [f"{name}-{number}" for number in numbers.tolist()]
    return list(frame["id"])
