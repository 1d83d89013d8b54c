"""Puts a network on the map out of whatever coordinates its file has: degrees, a known system, a drawing or none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lifeline.distance import METRES_PER_KM, great_circle_metres
from lifeline.errors import InvalidInput
from lifeline.importers.importer import Report
from lifeline.importers.places import FARTHEST_METRES, drawn, local_of, origin_of, wgs84_of

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

NOWHERE = "0,0"
"Where a network goes that nobody said the place of."
_USUAL_KM = 1.0
"How long a link is drawn where no link says its length."

# Links away from a node with a place; beyond, its place says nothing.
_FARTHEST_NEIGHBOUR = 50

# A line cannot be shorter than the straight line; three times covers rounding and coarse coordinates.
_TOO_FAR = 3.0
# Lines are longer than the straight line by a third or so; beyond twice, the scale is another one.
_ANOTHER_SCALE = 2.0


def located(
    ids: Sequence[str],
    x: Floats,
    y: Floats,
    links: tuple[Whole, Whole, Floats],
    report: Report,
    *,
    crs: str | None,
    origin: str | None,
    where: str,
) -> tuple[Floats, Floats]:
    """Return longitude and latitude of all nodes; a coordinate that is not known is NaN in `x` or `y`.

    `links` are the places of both ends and the length in km, NaN where unknown. With `crs` the coordinates are in
    that system. Without, they are degrees if they can be: on the globe, and with most links not much shorter than the
    straight line between their ends. What is no map is a drawing: it keeps its shape, is scaled to the lengths of
    the links, and lies around `origin` (LON,LAT).
    """
    tails, heads, lengths = links
    known = np.isfinite(x) & np.isfinite(y)
    where_to = origin_of(NOWHERE if origin is None else origin)
    lost = [one for one, found in zip(ids, known, strict=True) if not found]
    if not known.any():
        if crs is not None:
            raise InvalidInput(f"{where} has no coordinates, so --crs {crs} has nothing to convert.")
        usual = _typical(lengths) * METRES_PER_KM
        said = f"places are drawn in rings around {_around(origin)}: the file has none."
        report.guessed("nodes", lost, said)
        east, north = drawn(len(ids), tails, heads, 1.0)
        # A chain of a hundred thousand nodes would leave the map.
        size = min(usual, FARTHEST_METRES / max(float(np.ptp(east)), float(np.ptp(north)), 1.0))
        return local_of(east * size, north * size, where_to, where)
    x, y = x.copy(), y.copy()
    _fill_from_neighbours(x, y, known, tails, heads)
    report.guessed("nodes", lost, "have no place in the file, and lie in the middle of their neighbours.")
    if crs is not None:
        report.converted("nodes", len(ids), f"coordinates in {crs} became degrees (WGS84).")
        return wgs84_of(x, y, crs, where)
    if origin is None and _are_degrees(x, y, links):
        report.guessed("nodes", len(ids), "coordinates are degrees (WGS84); say with --crs if they are not.")
        return x, y
    scale = _scale(x, y, links)
    unit = "metres" if scale == 1.0 else f"a drawing, one unit being {scale:.4g} metres by the links' lengths"
    said = f"coordinates are {unit}, around {_around(origin)}; or say with --crs what they are."
    report.guessed("nodes", len(ids), said)
    return local_of(x * scale, y * scale, where_to, where)


def _around(origin: str | None) -> str:
    return (
        f"{origin} (LON,LAT)" if origin is not None else f"{NOWHERE} (say with --origin LON,LAT where it is)"
    )


def _typical(lengths: Floats) -> float:
    told = lengths[np.isfinite(lengths) & (lengths > 0)]
    return float(np.median(told)) if len(told) else _USUAL_KM


def _fill_from_neighbours(x: Floats, y: Floats, known: NDArray[np.bool_], tails: Whole, heads: Whole) -> None:
    """Put nodes without a place in the middle of their neighbours, ring by ring; the rest in the middle of all."""
    known = known.copy()
    middle = x[known].mean(), y[known].mean()
    ends, others = np.append(tails, heads), np.append(heads, tails)
    for _ in range(_FARTHEST_NEIGHBOUR):
        reached = known[others] & ~known[ends]
        count = np.bincount(ends[reached], minlength=len(x))
        new = count > 0
        if not new.any():
            break
        for values in (x, y):
            total = np.bincount(ends[reached], weights=values[others[reached]], minlength=len(x))
            values[new] = total[new] / count[new]
        known |= new
    x[~known], y[~known] = middle


def _are_degrees(x: Floats, y: Floats, links: tuple[Whole, Whole, Floats]) -> bool:
    """Tell whether x and y can be longitude and latitude: on the globe, and no drawing beside the links' lengths."""
    if np.abs(x).max() > 180 or np.abs(y).max() > 90:
        return False
    tails, heads, lengths = links
    told = np.isfinite(lengths) & (lengths > 0)
    if not told.any():
        return True
    tails, heads = tails[told], heads[told]
    straight_km = great_circle_metres(x[tails], y[tails], x[heads], y[heads]) / METRES_PER_KM
    return float(np.median(straight_km / lengths[told])) <= _TOO_FAR


def _scale(x: Floats, y: Floats, links: tuple[Whole, Whole, Floats]) -> float:
    """Return how many metres a unit of the coordinates is: 1 unless the links' lengths say otherwise."""
    tails, heads, lengths = links
    drawn_units = np.hypot(x[tails] - x[heads], y[tails] - y[heads])
    told = np.isfinite(lengths) & (lengths > 0) & (drawn_units > 0)
    if not told.any():
        return 1.0
    scale = float(np.median(lengths[told] * METRES_PER_KM / drawn_units[told]))
    return 1.0 if 1 / _ANOTHER_SCALE <= scale <= _ANOTHER_SCALE else scale
