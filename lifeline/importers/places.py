"""Where imported nodes lie: coordinates turned into WGS84 once, at the border, or a drawing where there are none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifeline.distance import EARTH_RADIUS_METRES
from lifeline.errors import InvalidInput

Floats = NDArray[np.float64]

FARTHEST_METRES = 1_000_000.0
"Local coordinates beyond a thousand kilometres are not those of a city."


def origin_of(text: str) -> tuple[float, float]:
    """Read `LON,LAT` in degrees."""
    parts = text.split(",")
    try:
        longitude, latitude = (float(part) for part in parts)
    except ValueError:
        raise InvalidInput(f"An origin is LON,LAT in degrees such as 13.4,52.5; got {text!r}.") from None
    # NaN fails every comparison, so this refuses it too.
    if not (-180 <= longitude <= 180 and -85 <= latitude <= 85):
        raise InvalidInput(
            f"The origin {text!r} is not on the map: longitude -180 to 180, latitude -85 to 85."
        )
    return longitude, latitude


def wgs84_of(x: Floats, y: Floats, crs: str, where: str) -> tuple[Floats, Floats]:
    """Return longitude and latitude of places in another coordinate reference system, for example EPSG:2276.

    InvalidInput when the system is unknown, or when its coordinates are not: a wrong CRS mostly shows so.
    """
    from lifeline.extras import needs

    pyproj = needs("pyproj", "geo", f"to convert the coordinates of {where}")
    try:
        transformer = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except pyproj.exceptions.ProjError:
        raise InvalidInput(
            f"{crs[:100]!r} is no coordinate reference system of a map; write it like EPSG:2276."
        ) from None
    longitude, latitude = transformer.transform(np.asarray(x, float), np.asarray(y, float))
    longitude, latitude = np.asarray(longitude, float), np.asarray(latitude, float)
    bad = ~(np.isfinite(longitude) & np.isfinite(latitude))
    if bad.any():
        place = int(np.argmax(bad))
        raise InvalidInput(
            f"{where}: {int(bad.sum()):,} places, the first at x = {float(x[place]):g}, y = {float(y[place]):g}, "
            f"are nowhere in {crs}. Is that the coordinate reference system of the file?"
        )
    return longitude, latitude


def local_of(x: Floats, y: Floats, origin: tuple[float, float], where: str) -> tuple[Floats, Floats]:
    """Return longitude and latitude of places in metres east and north, with the middle of them at the origin."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InvalidInput(f"{where}: some coordinates are not finite numbers.")
    if not len(x):
        return x, y
    east, north = x - (x.min() + x.max()) / 2, y - (y.min() + y.max()) / 2
    if max(np.abs(east).max(), np.abs(north).max()) > FARTHEST_METRES:
        raise InvalidInput(
            f"{where}: local coordinates span more than {2 * FARTHEST_METRES / 1000:g} km. "
            "Say with --crs what they are, for example --crs EPSG:4326 for degrees."
        )
    degree = math.radians(1) * EARTH_RADIUS_METRES
    longitude = origin[0] + east / (degree * math.cos(math.radians(origin[1])))
    return (longitude + 180) % 360 - 180, np.clip(origin[1] + north / degree, -90, 90)


def drawn(
    count: int, tails: Sequence[int] | NDArray[Any], heads: Sequence[int] | NDArray[Any], metres: float
) -> tuple[Floats, Floats]:
    """Return local coordinates for a network that has none: rings around the node with most neighbours.

    Each node lies on the ring of its distance in links, about `metres` apart, in the sector of the circle that its
    branch of the breadth-first tree gets by its number of leaves, so branches do not cross. Parts that do not hang
    together lie side by side.
    """
    import networkx as nx

    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(zip(np.asarray(tails).tolist(), np.asarray(heads).tolist(), strict=True))
    x, y = np.zeros(count), np.zeros(count)
    left = 0.0
    for part in sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part))):
        root = min(part, key=lambda node: (-graph.degree(node), node))
        tree = nx.bfs_tree(graph, root, sort_neighbors=sorted)
        order = list(tree)
        leaves = dict.fromkeys(order, 0)
        for node in reversed(order):
            children = list(tree.successors(node))
            leaves[node] = sum(leaves[child] for child in children) or 1
        begin, ring = {root: 0.0}, {root: 0}
        for node in order:
            turn = begin[node]
            angle = 2 * math.pi * (begin[node] + leaves[node] / 2) / leaves[root]
            x[node], y[node] = ring[node] * math.cos(angle), ring[node] * math.sin(angle)
            for child in tree.successors(node):
                begin[child], ring[child] = turn, ring[node] + 1
                turn += leaves[child]
        radius = max(ring.values())
        for node in order:
            x[node] += left + radius
        left += 2 * radius + 1
    return x * metres, y * metres


_CODE = re.compile(r"(urn:ogc:def:crs:)?[a-z]{2,10}:[0-9.]{0,10}:?[a-z0-9]{1,20}", re.IGNORECASE)

WGS84_NAMES = frozenset(
    {
        "EPSG:4326",
        "OGC:CRS84",
        "CRS84",
        "WGS84",
        "WGS 84",
        "URN:OGC:DEF:CRS:OGC:1.3:CRS84",
        "URN:OGC:DEF:CRS:OGC::CRS84",
        "URN:OGC:DEF:CRS:EPSG::4326",
    }
)
"Names of longitude and latitude in degrees, x first as in RFC 7946, for which no package is needed."


def degrees_of(x: Floats, y: Floats, crs: str, where: str) -> tuple[Floats, Floats]:
    """Return longitude and latitude of places in a coordinate reference system, checked to be on the globe.

    InvalidInput when they are not, which mostly means that the system is another one.
    """
    if crs.upper() in WGS84_NAMES:
        longitude, latitude = np.asarray(x, float), np.asarray(y, float)
    else:
        longitude, latitude = wgs84_of(x, y, crs, where)
    # NaN fails every comparison, so this finds it too.
    off = ~((np.abs(longitude) <= 180) & (np.abs(latitude) <= 90))
    if off.any():
        place = int(np.argmax(off))
        raise InvalidInput(
            f"{where}: {int(off.sum()):,} places, the first at x = {float(x[place]):g}, y = {float(y[place]):g}, "
            f"are not on the globe if the coordinates are {crs}. "
            "Say with --crs what they are, for example --crs EPSG:3857."
        )
    return longitude, latitude


def crs_named_in(text: str, where: str) -> str:
    """Return the coordinate reference system that a file names by its code; other texts could name files to open."""
    if not _CODE.fullmatch(text):
        raise InvalidInput(
            f"{where} describes its coordinates in words lifeline does not read ({text[:60]!r}). "
            "Say with --crs what they are, for example --crs EPSG:32633."
        )
    return text


def look_like_degrees(x: Floats, y: Floats) -> bool:
    """Tell whether coordinates could be degrees: in metres they would be a city of less than 360 m."""
    return bool(len(x)) and bool((np.abs(x) <= 180).all() and (np.abs(y) <= 90).all())
