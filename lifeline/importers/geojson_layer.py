"""Reads GeoJSON (RFC 7946) with the standard library alone: features one by one, in any order, nothing evaluated."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.layer import LINE, NOTHING, OTHER, POINT, Layer, Shapes
from lifeline.importers.places import WGS84_NAMES

MOST_BYTES = 64 * 2**20
"JSON takes ten times its size in memory; a layer that is larger belongs in a GeoPackage."

_DECLARED_BY_STANDARD = "EPSG:4326"
_LONGEST_INTEGER = 300

Pieces = list[list[tuple[float, float]]]


def read_geojson(path: Path) -> Layer:
    """Read a FeatureCollection as a layer named like the file; InvalidInput lists the features that are none."""
    where = repr(str(path))
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInput(
            f"{where} has more than {MOST_BYTES:,} bytes, the most that is read of JSON; save it as a GeoPackage."
        )
    document = _document(path.read_bytes(), where)
    features = document.get("features") if document.get("type") == "FeatureCollection" else None
    if not isinstance(features, list):
        raise InvalidInput(f"{where} is JSON, but no GeoJSON FeatureCollection.")
    shapes, problems = _shapes(features, path.stem)
    if problems:
        raise InvalidInput.of(problems, where)
    rows = [feature.get("properties") or {} for feature in features]
    bad = [number for number, row in enumerate(rows, 1) if not isinstance(row, dict)]
    if bad:
        raise InvalidInput(f"{where}: feature {bad[0]} has properties that are no object.")

    def get(name: str) -> Any:
        return np.fromiter((row.get(name) for row in rows), dtype=object, count=len(rows))

    names = tuple(dict.fromkeys(str(name) for row in rows for name in row))
    return Layer(path.stem, len(rows), _crs_of(document), names, get, shapes)


def _document(data: bytes, where: str) -> dict[str, Any]:
    try:
        document = json.loads(data, parse_int=_integer)
    except RecursionError:
        raise InvalidInput(f"{where} is nested too deeply to be GeoJSON.") from None
    except (ValueError, UnicodeDecodeError) as trouble:
        raise InvalidInput(f"{where} is not JSON: {str(trouble)[:200]}.") from None
    if not isinstance(document, dict):
        raise InvalidInput(f"{where} is JSON, but no GeoJSON FeatureCollection.")
    return document


def _integer(digits: str) -> int | float:
    # Python refuses to read integers of thousands of digits.
    return int(digits) if len(digits) <= _LONGEST_INTEGER else math.inf


def _crs_of(document: dict[str, Any]) -> str:
    """Return the system named by a `crs` member, which GeoJSON had until 2016, or that of the standard."""
    said = document.get("crs")
    named = said.get("properties") if isinstance(said, dict) else None
    name = named.get("name") if isinstance(named, dict) else None
    if not isinstance(name, str) or name.upper() in WGS84_NAMES:
        return _DECLARED_BY_STANDARD
    return name[:200]


def _shapes(features: list[Any], name: str) -> tuple[Shapes, list[Problem]]:
    sorts, counts, x, y, jumps, areas = [], [], [], [], [], []
    problems = []
    for number, feature in enumerate(features, 1):
        try:
            sort, pieces, is_area = _shape(feature)
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError):
            message = "has no shape that can be read: coordinates are lists of finite numbers, x first."
            problems.append(Problem(name, number, "geometry", None, message))
            continue
        sorts.append(sort)
        areas.append(is_area)
        counts.append(sum(map(len, pieces)))
        for piece in pieces:
            jumps += [True] + [False] * (len(piece) - 1)
            x += [place[0] for place in piece]
            y += [place[1] for place in piece]
    starts = np.concatenate([[0], np.cumsum(np.array(counts, dtype=np.int64))])
    xs, ys = np.array(x, dtype=float), np.array(y, dtype=float)
    shapes = Shapes(
        np.array(sorts, np.int8), starts, xs, ys, np.array(jumps, np.bool_), np.array(areas, np.bool_)
    )
    return shapes, problems


def _shape(feature: Any) -> tuple[int, Pieces, bool]:
    """Return the sort of a feature's shape, its pieces, and whether it is an area; ValueError and others if none."""
    if feature.get("type") != "Feature":
        raise ValueError
    geometry = feature.get("geometry")
    if geometry is None:
        return NOTHING, [], False
    kind = geometry["type"]
    if kind == "GeometryCollection":
        return OTHER, [], False
    coordinates = geometry["coordinates"]
    if not isinstance(coordinates, list):
        raise ValueError
    if not coordinates:
        return NOTHING, [], False
    if kind == "Point":
        return POINT, [[_place(coordinates)]], False
    if kind == "MultiPoint":
        places = [_place(place) for place in coordinates]
        return POINT, [[_mean(places)]], False
    if kind == "LineString":
        return LINE, [_line(coordinates)], False
    if kind == "MultiLineString":
        return LINE, [_line(line) for line in coordinates], False
    if kind in ("Polygon", "MultiPolygon"):
        polygons = [coordinates] if kind == "Polygon" else coordinates
        return POINT, [[_middle([[_line(ring) for ring in rings] for rings in polygons])]], True
    raise ValueError


def _place(coordinates: Any) -> tuple[float, float]:
    x, y = coordinates[0], coordinates[1]
    if isinstance(x, bool | str) or isinstance(y, bool | str):
        raise ValueError
    place = float(x), float(y)
    if not (math.isfinite(place[0]) and math.isfinite(place[1])):
        raise ValueError
    return place


def _line(coordinates: Any) -> list[tuple[float, float]]:
    places = [_place(place) for place in coordinates]
    if len(places) < 2:
        raise ValueError
    return places


def _mean(places: list[tuple[float, float]]) -> tuple[float, float]:
    return sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)


def _middle(polygons: list[Pieces]) -> tuple[float, float]:
    """Return the centroid of areas; the first ring of each is its outline, the others are holes."""
    total = moment_x = moment_y = 0.0
    left, bottom = polygons[0][0][0]
    for rings in polygons:
        for number, ring in enumerate(rings):
            area = sum_x = sum_y = 0.0
            for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True):
                # From a corner of the area, so that no digits are lost to coordinates of seven.
                ax, ay, bx, by = x0 - left, y0 - bottom, x1 - left, y1 - bottom
                cross = ax * by - bx * ay
                area += cross / 2
                sum_x += (ax + bx) * cross / 6
                sum_y += (ay + by) * cross / 6
            sign = math.copysign(1.0, area) * (1.0 if number == 0 else -1.0)
            total, moment_x, moment_y = total + sign * area, moment_x + sign * sum_x, moment_y + sign * sum_y
    if total <= 0 or not math.isfinite(total):
        return _mean(polygons[0][0])
    return left + moment_x / total, bottom + moment_y / total
