"""Places and ways as GeoJSON geometries (RFC 7946): WGS84 longitude and latitude, to a centimetre."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

DECIMALS = 7  # of a degree: about a centimetre
HALF_TURN = 180.0

Position = tuple[float, float]
Geometry = dict[str, Any]


def point(place: Position) -> Geometry:
    """Return a place as a Point."""
    return {"type": "Point", "coordinates": _rounded(place)}


def line(path: Sequence[Position]) -> Geometry:
    """Return a path as a LineString, or cut in two where it crosses the antimeridian (RFC 7946, 3.1.9)."""
    pieces: list[list[Position]] = [[path[0]]]
    for start, end in itertools.pairwise(path):
        if abs(end[0] - start[0]) > HALF_TURN:
            edge = math.copysign(HALF_TURN, start[0])
            latitude = _latitude_at_edge(start, end)
            pieces[-1].append((edge, latitude))
            pieces.append([(-edge, latitude)])
        pieces[-1].append(end)
    lines = [[_rounded(place) for place in piece] for piece in pieces]
    if len(lines) == 1:
        return {"type": "LineString", "coordinates": lines[0]}
    return {"type": "MultiLineString", "coordinates": lines}


def _latitude_at_edge(start: Position, end: Position) -> float:
    to_edge = HALF_TURN - abs(start[0])
    beyond = HALF_TURN - abs(end[0])
    part = to_edge / (to_edge + beyond) if to_edge + beyond else 0.5
    return start[1] + part * (end[1] - start[1])


def _rounded(place: Position) -> list[float]:
    return [round(place[0], DECIMALS), round(place[1], DECIMALS)]
