"""Imports the roads of a transportation network test problem (TNTP), such as Sioux Falls or Anaheim.

`docs/importing.md` says what becomes of each column, and how the unit of length is found where the file names none.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lifeline.distance import METRES_PER_KM, great_circle_metres
from lifeline.errors import InvalidInput
from lifeline.importers.importer import Imported, Report
from lifeline.importers.osm import ROAD_NODE
from lifeline.importers.places import Floats, degrees_of, drawn, local_of, look_like_degrees, origin_of
from lifeline.importers.tntp_files import (
    ENDS,
    KM_PER_UNIT,
    MINUTES_PER_UNIT,
    SAME,
    TntpFiles,
    read_tntp_files,
)
from lifeline.system import Settings, System
from lifeline.tables import DEFAULT_ROAD_KMH, MOST_FLOW

NOWHERE = (0.0, 0.0)
"Where a network lies whose place nobody knows: on the equator, where a metre is a metre both ways."

USUAL_DETOUR = 1.2
"A road is a fifth longer than the straight line between its ends (Barthelemy 2011, Physics Reports 499, 1-101)."

_DRAWN_METRES = 1000.0
_MOST_DRAWN = 50_000
_FEWEST_KMH, _MOST_KMH = 0.1, 1000.0
_LIKELY_KMH = (20.0, 130.0)
_DOUBTFUL_KMH = (5.0, 150.0)
_LIKELY_DETOUR = (0.8, 2.5)

Rows = list[dict[str, Any]]


@dataclass(frozen=True, eq=False)
class _Places:
    """Where the nodes lie; `are_real` unless they were drawn, or have only a scale of their own."""

    names: list[str]
    longitude: Floats
    latitude: Floats
    are_real: bool


class _Drive(NamedTuple):
    """How long a link is, and how fast one drives on it."""

    km: float
    kmh: float


def read_tntp(path: str | Path, *, crs: str | None = None, origin: str | None = None) -> Imported:
    """Make a System of a net file, or of the folder that holds it, and say what was changed on the way.

    `crs` is what the coordinates of the node file are; `origin` (`LON,LAT`) is where a network with coordinates of
    its own, or with none, is put. InvalidInput lists every bad row of both files.
    """
    return _read(Path(path), crs, origin, join_ways=True)


def read_one_way(path: str | Path, *, crs: str) -> Imported:
    """Make a System as `read_tntp` does, but keep each link one way, for files that refer to links by name."""
    return _read(Path(path), crs, None, join_ways=False)


def _read(path: Path, crs: str | None, origin: str | None, *, join_ways: bool) -> Imported:
    if crs is not None and origin is not None:
        raise InvalidInput("Give --crs for coordinates of a map or --origin for local ones, not both.")
    files = read_tntp_files(path)
    report = Report()
    places = _places(files, crs, origin, report)
    names = _names(files)
    drives = _drives(files, names, places, report)
    tables = {
        "nodes": _nodes(files, places, report),
        "links": _links(files, names, drives, report, join_ways),
    }
    sizes = f"{len(tables['nodes'])} nodes and {len(tables['links'])} links"
    settings = Settings(
        name=files.net.name.lower().removesuffix(".tntp").removesuffix("_net") or "roads",
        description=f"Roads imported from TNTP files: {sizes}.",
    )
    return Imported(System.from_tables(tables, settings), tuple(report.notes))


def _places(files: TntpFiles, crs: str | None, origin: str | None, report: Report) -> _Places:
    if files.nodes is None:
        names = sorted({name for end in ENDS for name in files.links.column(end)})
        if len(names) > _MOST_DRAWN:
            raise InvalidInput(
                f"{files.net.name} has {len(names):,} nodes and no _node.tntp file beside it; more than "
                f"{_MOST_DRAWN:,} are not drawn without their places."
            )
        place = {name: number for number, name in enumerate(names)}
        tails, heads = ([place[name] for name in files.links.column(end)] for end in ENDS)
        x, y = drawn(len(names), tails, heads, _DRAWN_METRES)
        said = "there is no node file: drawn in rings around the node with most neighbours, which is no map."
        report.guessed("nodes", _ids(names), said)
        return _Places(names, *local_of(x, y, _origin(origin), files.net.name), False)
    names = files.nodes.column("node")
    x, y = (np.array(files.nodes.column(axis), dtype=float) for axis in ("x", "y"))
    where = files.nodes.name
    if crs is not None:
        return _Places(names, *degrees_of(x, y, crs, where), True)
    if origin is None and look_like_degrees(x, y):
        report.guessed(
            "nodes", _ids(names), "x and y are degrees: the file does not say it, but they could be."
        )
        return _Places(names, *degrees_of(x, y, "EPSG:4326", where), True)
    middle = _origin(origin)
    said = (
        f"x and y are metres east and north, with the middle at {middle[0]:g},{middle[1]:g}; "
        "if they are those of a map, say which with --crs."
    )
    report.guessed("nodes", _ids(names), said)
    return _Places(names, *local_of(x, y, middle, where), False)


def _origin(origin: str | None) -> tuple[float, float]:
    return NOWHERE if origin is None else origin_of(origin)


def _ids(names: Sequence[str]) -> list[str]:
    return [f"road:{name}" for name in names]


def _nodes(files: TntpFiles, places: _Places, report: Report) -> Rows:
    thru = files.first_thru_node or 0
    zones = [name for name in places.names if name.isdecimal() and len(name) < 10 and int(name) < thru]
    report.converted("nodes", len(places.names), "the id is 'road:' and the name of the node.")
    said = (
        "zones that traffic may not pass through, which lifeline cannot forbid: a way may lead through them."
    )
    report.doubtful("nodes", _ids(zones), said)
    is_zone = set(zones)
    return [
        {
            "id": f"road:{name}",
            "sector": "road",
            "kind": "zone" if name in is_zone else ROAD_NODE,
            "longitude": longitude,
            "latitude": latitude,
        }
        for name, longitude, latitude in zip(
            places.names, places.longitude.tolist(), places.latitude.tolist(), strict=True
        )
    ]


def _drives(files: TntpFiles, names: list[str], places: _Places, report: Report) -> list[_Drive]:
    """Return length and speed of each link, such that an empty road takes the file's free-flow time to drive."""
    scale = MINUTES_PER_UNIT[files.time_unit or "minutes"]
    hours = [minutes * scale / 60 for minutes in files.links.column("free flow time")]
    if not files.time_unit:
        report.guessed(
            "links", len(hours), "free-flow times are minutes, as is usual: the file does not say it."
        )
    lengths = files.links.column("length")
    km_per_unit = KM_PER_UNIT.get(_unit(files, places, lengths, hours, report), 0.0)
    kilometres = [length * km_per_unit for length in lengths]
    usual = [km / hour for km, hour in zip(kilometres, hours, strict=True) if hour > 0 and km > 0]
    typical = min(_MOST_KMH, max(_FEWEST_KMH, statistics.median(usual))) if usual else DEFAULT_ROAD_KMH
    drives = []
    told: dict[str, list[str]] = defaultdict(list)
    for name, km, hour in zip(names, kilometres, hours, strict=True):
        drive, said = _drive(km, hour, typical)
        drives.append(drive)
        if said:
            told[said].append(name)
    for said, links in sorted(told.items()):
        report.guessed("links", links, said)
    low, high = _DOUBTFUL_KMH
    odd = [name for name, drive in zip(names, drives, strict=True) if not low <= drive.kmh <= high]
    report.doubtful("links", odd, f"speed below {low:g} or above {high:g} km/h, as length and time have it.")
    return drives


def _drive(km: float, hours: float, typical_kmh: float) -> tuple[_Drive, str]:
    """Return length and speed of a link, and what of them was guessed."""
    if hours <= 0:
        return _Drive(
            km, typical_kmh
        ), f"no free-flow time: {typical_kmh:.3g} km/h, the middle of the others."
    if km <= 0:
        return _Drive(hours * DEFAULT_ROAD_KMH, DEFAULT_ROAD_KMH), (
            f"no length: that which {DEFAULT_ROAD_KMH:g} km/h make of the free-flow time."
        )
    kmh = km / hours
    if _FEWEST_KMH <= kmh <= _MOST_KMH:
        return _Drive(km, kmh), ""
    kmh = min(_MOST_KMH, max(_FEWEST_KMH, kmh))
    return _Drive(hours * kmh, kmh), f"length changed so that the free-flow time holds at {kmh:g} km/h."


def _unit(files: TntpFiles, places: _Places, lengths: list[float], hours: list[float], report: Report) -> str:
    """Return the unit of length: as the header says, else as fits the map, else as gives likely speeds."""
    if files.length_unit:
        report.converted("links", len(lengths), f"lengths are {files.length_unit}, as the header says.")
        return files.length_unit
    if places.are_real:
        detours = _detours(files, places, lengths)
        if detours:
            middle = statistics.median(detours)
            fits = {unit: middle * km for unit, km in KM_PER_UNIT.items()}
            unit = min(fits, key=lambda unit: abs(math.log(fits[unit] / USUAL_DETOUR)))
            if _LIKELY_DETOUR[0] <= fits[unit] <= _LIKELY_DETOUR[1]:
                said = f"lengths are {unit}: so they are {fits[unit]:.2f} times the straight line, in the middle."
                report.guessed("links", len(lengths), said)
                return unit
    rates = [length / hour for length, hour in zip(lengths, hours, strict=True) if length > 0 and hour > 0]
    for unit, km in KM_PER_UNIT.items() if rates else ():
        kmh = statistics.median(rates) * km
        if _LIKELY_KMH[0] <= kmh <= _LIKELY_KMH[1]:
            report.guessed(
                "links", len(lengths), f"lengths are {unit}: so the speed is {kmh:.0f} km/h, in the middle."
            )
            return unit
    said = f"lengths fit the free-flow times in no unit: replaced by what {DEFAULT_ROAD_KMH:g} km/h make of those."
    report.dropped("links", len(lengths), said)
    return ""


def _detours(files: TntpFiles, places: _Places, lengths: list[float]) -> list[float]:
    """Return the length in the file's unit per kilometre of straight line, of each link that has both."""
    number = {name: place for place, name in enumerate(places.names)}
    tails, heads = (np.array([number[name] for name in files.links.column(end)]) for end in ENDS)
    lon, lat = places.longitude, places.latitude
    straight = great_circle_metres(lon[tails], lat[tails], lon[heads], lat[heads]) / METRES_PER_KM
    return [
        length / km
        for length, km in zip(lengths, straight.tolist(), strict=True)
        if length > 0 and km > 0.001
    ]


def _names(files: TntpFiles) -> list[str]:
    """Return the id of each link: its name in the file if no other has it, else its ends, parallel ones numbered."""
    taken = Counter(files.links.column("id"))
    taken.update({name for end in ENDS for name in files.links.column(end)})
    between: Counter[tuple[str, str]] = Counter()
    names = []
    for said, tail, head in zip(*(files.links.column(column) for column in ("id", *ENDS)), strict=True):
        if said and taken[said] == 1:
            names.append(f"road:{said}")
            continue
        between[tail, head] += 1
        again = f"#{between[tail, head]}" if between[tail, head] > 1 else ""
        names.append(f"road:{tail}-{head}{again}")
    return names


def _links(files: TntpFiles, names: list[str], drives: list[_Drive], report: Report, join_ways: bool) -> Rows:
    tails, heads = (files.links.column(end) for end in ENDS)
    same = list(zip(*(files.links.column(column) for column in SAME), strict=True))
    loops = [name for name, tail, head in zip(names, tails, heads, strict=True) if tail == head]
    report.dropped("links", loops, "links from a node to itself.")
    waiting: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    both_ways: set[int] = set()
    merged = []
    kept = []
    for row in sorted(range(len(names)), key=names.__getitem__):
        if tails[row] == heads[row]:
            continue
        back = waiting[heads[row], tails[row], same[row]]
        if back and join_ways:
            first = back.pop(0)
            both_ways.add(first)
            merged.append(f"{names[row]} (in {names[first]})")
        else:
            waiting[tails[row], heads[row], same[row]].append(row)
            kept.append(row)
    report.converted("links", merged, "links back that are equal to the link there: one link for both ways.")
    _tell_of_columns(files, report)
    return [
        {
            "id": names[row],
            "sector": "road",
            "from_node": f"road:{tails[row]}",
            "to_node": f"road:{heads[row]}",
            "kind": "road",
            "directed": row not in both_ways,
            "length_km": drives[row].km,
            "speed_kmh": drives[row].kmh,
            "capacity": _capacity(same[row][0]),
        }
        for row in kept
    ]


def _capacity(vehicles: float) -> int | None:
    """Return a capacity in whole vehicles; a road of none would be no road, so 0 stands for one not known."""
    return min(MOST_FLOW, max(1, round(vehicles))) if vehicles > 0 else None


def _tell_of_columns(files: TntpFiles, report: Report) -> None:
    report.dropped("links", files.repeated, "rows that repeat another word for word.")
    count = len(files.links.read.rows) + len(files.repeated)
    if files.said_links not in (None, count):
        report.doubtful(
            "links", count, f"the file says that it has {files.said_links:,} links, and has {count:,}."
        )
    twice = sorted(name for name, times in Counter(files.links.column("id")).items() if name and times > 1)
    report.doubtful("links", twice, "names that several links have: these are called by their ends.")
    report.converted(
        "links", count, "capacity is rounded to whole vehicles, in the unit of time of the file."
    )
    report.dropped(
        "links", count, "columns of the volume-delay function, toll, speed and type; trips and flows."
    )
