"""Reads the streets out of an OpenStreetMap extract, `.osm.pbf` through pyosmium, `.osm` with the standard library."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifeline.errors import InvalidInput, Problem
from lifeline.extras import needs
from lifeline.importers.pbf_blocks import refuse_pbf_bomb
from lifeline.importers.streets import MOST_ROADS_AT_A_NODE, Tags, is_closed_to_cars, street_class
from lifeline.importers.xml_stream import stream_xml

KEYS = (
    "highway",
    "maxspeed",
    "oneway",
    "junction",
    "bridge",
    "area",
    "access",
    "vehicle",
    "motor_vehicle",
    "motorcar",
)
"What is read of the tags."

UNITS_PER_DEGREE = 10_000_000
"OpenStreetMap keeps places to a ten millionth of a degree, about a centimetre."

_DECIMALS = 7
_FIRST_LOOK = 65_536
_DELETED = ("delete", "false")


@dataclass(frozen=True, eq=False)
class Ways:
    """The streets of a file, in order of their id; way i passes the points starts[i] : starts[i + 1].

    `points` are the ids of the nodes it passes; their longitude and latitude are NaN where the file lacks the node.
    `dropped` has the ids of the ways left out, by reason.
    """

    ids: NDArray[np.int64]
    tags: tuple[Tags, ...]
    starts: NDArray[np.int64]
    points: NDArray[np.int64]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    dropped: Mapping[str, tuple[str, ...]]


@dataclass
class _Collected:
    """The streets met so far."""

    where: str
    ids: array[int] = field(default_factory=lambda: array("q"))
    tags: list[Tags] = field(default_factory=list)
    starts: array[int] = field(default_factory=lambda: array("q", [0]))
    points: array[int] = field(default_factory=lambda: array("q"))
    dropped: dict[str, list[str]] = field(default_factory=dict)
    next_look: int = _FIRST_LOOK

    def wants(self, way: int, tags: Tags) -> bool:
        """Tell whether a way is a street for cars; one that is another sort of highway is remembered by its class."""
        highway = tags.get("highway")
        if not highway:
            return False
        if street_class(highway) is None:
            self.dropped.setdefault(highway[:40], []).append(f"way {way}")
        elif is_closed_to_cars(tags):
            self.dropped.setdefault("closed to cars, or a square", []).append(f"way {way}")
        else:
            return True
        return False

    def add(self, way: int, tags: Tags, points: Iterable[int]) -> None:
        """Take a street in."""
        self.ids.append(way)
        self.tags.append(tags)
        self.points.extend(points)
        self.starts.append(len(self.points))
        if len(self.points) > self.next_look:
            self.next_look *= 2
            self.look_for_stars()

    def look_for_stars(self) -> None:
        """Refuse a node that more streets meet in than there can be."""
        points, uses = np.unique(_numbers(self.points), return_counts=True)
        if len(uses) and uses.max() > MOST_ROADS_AT_A_NODE:
            node = int(points[np.argmax(uses)])
            raise InvalidInput(
                f"{self.where}: more than {MOST_ROADS_AT_A_NODE:,} streets meet in node {node}; no crossing has "
                "so many, the file is broken."
            )


def read_ways(path: Path) -> Ways:
    """Read the streets of a file; InvalidInput when it is no OpenStreetMap file, or a broken one."""
    if not path.is_file():
        raise InvalidInput(f"There is no file {str(path)!r}.")
    name = path.name.lower()
    if name.endswith(".pbf"):
        return _ways_of_pbf(path)
    if name.endswith((".osm", ".xml")):
        return _ways_of_xml(path)
    raise InvalidInput(
        f"{str(path)!r} is no OpenStreetMap file by its name; it reads .osm.pbf and .osm, unpacked."
    )


def _ways_of_pbf(path: Path) -> Ways:
    osmium = needs("osmium", "geo", f"to read {path.name}")
    refuse_pbf_bomb(path)
    found = _Collected(repr(str(path)))
    x, y = array("q"), array("q")
    try:
        entities = osmium.osm.NODE | osmium.osm.WAY
        streets = osmium.FileProcessor(str(path), entities).with_locations()
        for way in streets.with_filter(osmium.filter.KeyFilter("highway")):
            if not way.is_way():
                continue
            tags = {key: way.tags[key] for key in KEYS if key in way.tags}
            if found.wants(way.id, tags):
                found.add(way.id, tags, [node.ref for node in way.nodes])
                x.extend(node.x for node in way.nodes)
                y.extend(node.y for node in way.nodes)
    except (RuntimeError, ValueError, OSError) as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read as OpenStreetMap PBF: {trouble}.") from trouble
    longitude, latitude = (_numbers(axis) / UNITS_PER_DEGREE for axis in (x, y))
    # What is not in the file has the largest number there is as its place.
    unknown = np.abs(latitude) > 90
    return _sorted(found, np.where(unknown, np.nan, longitude), np.where(unknown, np.nan, latitude))


class _Reader:
    """Takes the elements of an `.osm` file as they come: nodes with their place, ways with their points and tags."""

    def __init__(self, found: _Collected) -> None:
        self.found = found
        self.nodes, self.x, self.y = array("q"), array("d"), array("d")
        self.is_osm = False
        self.way: int | None = None
        self.points: list[int] = []
        self.tags: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        if name == "node":
            self._node(attributes)
        elif name == "nd" and self.way is not None:
            self.points.append(self._integer("nd", attributes, "ref"))
        elif name == "tag" and self.way is not None:
            if attributes.get("k") in KEYS:
                self.tags[attributes["k"]] = attributes.get("v", "")
        elif name == "way" and self._is_there(attributes):
            self.way, self.points, self.tags = self._integer("way", attributes, "id"), [], {}
        elif not self.is_osm:
            if name != "osm":
                raise InvalidInput(f"{self.found.where} begins with <{name[:40]}>, not with <osm>.")
            self.is_osm = True

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name == "way" and self.way is not None:
            if self.found.wants(self.way, self.tags):
                self.found.add(self.way, self.tags, self.points)
            self.way = None

    def _node(self, attributes: dict[str, str]) -> None:
        if not self._is_there(attributes):
            return
        node = self._integer("node", attributes, "id")
        try:
            longitude, latitude = float(attributes["lon"]), float(attributes["lat"])
        except (KeyError, ValueError):
            longitude = latitude = np.nan
        # NaN fails every comparison, so this refuses it too.
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            place = f"lon={attributes.get('lon')!r:.40}, lat={attributes.get('lat')!r:.40}"
            raise InvalidInput(
                f"{self.found.where}, node {node}: {place} is no place in degrees of longitude and latitude."
            )
        self.nodes.append(node)
        self.x.append(round(longitude, _DECIMALS))
        self.y.append(round(latitude, _DECIMALS))

    def _integer(self, element: str, attributes: dict[str, str], name: str) -> int:
        text = attributes.get(name, "")
        try:
            number = int(text[:20])
        except ValueError:
            number = 2**63
        if abs(number) >= 2**63:
            raise InvalidInput(f"{self.found.where}: <{element}> has {name}={text[:40]!r}, which is no id.")
        return number

    @staticmethod
    def _is_there(attributes: dict[str, str]) -> bool:
        # Editors keep what was deleted in the file, marked so.
        return attributes.get("action") not in _DELETED and attributes.get("visible") not in _DELETED


def _ways_of_xml(path: Path) -> Ways:
    found = _Collected(repr(str(path)))
    reader = _Reader(found)
    stream_xml(path, start=reader.start, end=reader.end)
    nodes, x, y = _numbers(reader.nodes), np.array(reader.x), np.array(reader.y)
    order = np.argsort(nodes, kind="stable")
    nodes, x, y = nodes[order], x[order], y[order]
    again = nodes[1:][(nodes[1:] == nodes[:-1]) & ((x[1:] != x[:-1]) | (y[1:] != y[:-1]))]
    if len(again):
        raise InvalidInput(f"{found.where}: node {again[0]} is there twice, in different places; keep one.")
    points = _numbers(found.points)
    if not len(nodes):
        return _sorted(found, np.full(len(points), np.nan), np.full(len(points), np.nan))
    place = np.minimum(np.searchsorted(nodes, points), len(nodes) - 1)
    known = nodes[place] == points
    return _sorted(found, np.where(known, x[place], np.nan), np.where(known, y[place], np.nan))


def _sorted(found: _Collected, longitude: Any, latitude: Any) -> Ways:
    """Put the ways in order of their id, whatever the order in the file."""
    found.look_for_stars()
    ids, starts = _numbers(found.ids), _numbers(found.starts)
    order = np.argsort(ids, kind="stable")
    again = ids[order][1:][ids[order][1:] == ids[order][:-1]]
    if len(again):
        message = "is there twice, as in a file with the history of each way; take an extract of one day."
        problems = [Problem("ways", None, "id", str(way), message) for way in np.unique(again).tolist()]
        raise InvalidInput.of(problems, found.where)
    counts = np.diff(starts)[order]
    begins = np.concatenate([[0], np.cumsum(counts)])
    take = np.repeat(starts[:-1][order] - begins[:-1], counts) + np.arange(begins[-1])
    dropped = {reason: tuple(ways) for reason, ways in sorted(found.dropped.items())}
    tags = tuple(found.tags[place] for place in order.tolist())
    points = _numbers(found.points)[take]
    return Ways(ids[order], tags, begins, points, longitude[take], latitude[take], dropped)


def _numbers(values: array[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)
