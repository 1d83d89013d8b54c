"""A layer of a map as it came out of a file: rows with columns, and a shape for each row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lifeline.distance import great_circle_metres
from lifeline.importers.places import degrees_of
from lifeline.values import Raw

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]

NOTHING, POINT, LINE, OTHER = 0, 1, 2, 3
"Sorts of shapes; an area is the point in its middle, OTHER is a collection of several."


@dataclass(frozen=True, eq=False)
class Shapes:
    """The shapes of a layer: that of row i passes the places starts[i] : starts[i + 1] of x and y.

    `jumps` marks places to which no line leads from the place before: where a row or a part of it begins. `from_area`
    marks points that are the middle of an area.
    """

    sort: NDArray[np.int8]
    starts: Longs
    x: Floats
    y: Floats
    jumps: Mask
    from_area: Mask

    def in_degrees(self, crs: str, where: str) -> Shapes:
        """Return the shapes in longitude and latitude; InvalidInput when they are not on the globe."""
        if not len(self.x):
            return self
        x, y = degrees_of(self.x, self.y, crs, where)
        return replace(self, x=x, y=y)

    @property
    def firsts(self) -> tuple[Floats, Floats]:
        """The first place of each row, NaN where it has no shape."""
        return self._at(self.starts[:-1])

    @property
    def lasts(self) -> tuple[Floats, Floats]:
        """The last place of each row, NaN where it has no shape."""
        return self._at(self.starts[1:] - 1)

    def _at(self, places: Longs) -> tuple[Floats, Floats]:
        empty = np.diff(self.starts) == 0
        inside = np.where(empty, len(self.x), places)
        return np.append(self.x, np.nan)[inside], np.append(self.y, np.nan)[inside]

    @property
    def parts(self) -> Longs:
        """How many parts each row has."""
        return np.diff(np.append(0, np.cumsum(self.jumps))[self.starts])

    @property
    def bends(self) -> Longs:
        """How many places each row passes."""
        return np.diff(self.starts)

    def metres(self) -> Floats:
        """Return the length over ground of each row, of shapes in degrees."""
        steps = np.zeros(len(self.x))
        if len(self.x):
            steps[1:] = great_circle_metres(self.x[:-1], self.y[:-1], self.x[1:], self.y[1:])
        row = np.repeat(np.arange(len(self.sort)), np.diff(self.starts))
        added: Floats = np.bincount(
            row, weights=np.where(self.jumps, 0.0, steps), minlength=len(self.sort)
        ).astype(float)
        return added


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: its columns are got by name, so that only those that are asked for are ever made.

    `crs` is blank where the file does not say. `shapes` is None for a table without any.
    """

    name: str
    count: int
    crs: str
    column_names: tuple[str, ...]
    get: Callable[[str], Raw]
    shapes: Shapes | None
