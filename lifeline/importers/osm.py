"""Imports the roads of an OpenStreetMap extract: streets cut where they meet, each part with length and speed.

`docs/importing.md` says what becomes of each tag. The data are (c) OpenStreetMap contributors, under the ODbL 1.0,
which the settings of the system say.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.distance import great_circle_metres
from lifeline.errors import InvalidInput
from lifeline.importers.importer import Imported, Report
from lifeline.importers.osm_files import Ways, read_ways
from lifeline.importers.streets import CLASS_KMH, direction_of, kind_of, metres_as_km, said_kmh, street_class
from lifeline.system import Settings, System

ROAD_NODE = "road node"
SOURCES = "(c) OpenStreetMap contributors, ODbL 1.0, https://www.openstreetmap.org/copyright"

Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Parts:
    """Streets cut where they meet: part i of way `way[i]` runs from point `first[i]` to `last[i]` of all points."""

    way: Longs
    number: Longs
    first: Longs
    last: Longs
    kilometres: list[float]


def read_osm(path: str | Path) -> Imported:
    """Make a System of the roads in an `.osm.pbf` or `.osm` file, and say what was changed on the way."""
    path = Path(path)
    ways = read_ways(path)
    report = Report()
    for reason, dropped in ways.dropped.items():
        report.dropped("links", dropped, f"ways that are no street for cars: {reason}.")
    parts = _without_loops(ways, _parts_of(ways, report), report)
    if not len(parts.way):
        raise InvalidInput(
            f"{str(path)!r} has no streets for cars: no way with a highway class that is kept."
        )
    tables = {"nodes": _nodes(ways, parts), "links": _links(ways, parts, report)}
    _say_what_is_missing(report)
    name = path.name.removesuffix(".pbf").removesuffix(".xml").removesuffix(".osm")
    sizes = f"{len(tables['nodes'])} nodes and {len(tables['links'])} links"
    settings = Settings(
        name=name or "roads", description=f"Roads imported from OpenStreetMap: {sizes}.", sources=SOURCES
    )
    return Imported(System.from_tables(tables, settings), tuple(report.notes))


def _parts_of(ways: Ways, report: Report) -> _Parts:
    """Cut the streets at their ends and at every node that is passed more than once."""
    way = np.repeat(np.arange(len(ways.ids)), np.diff(ways.starts))
    known = ~np.isnan(ways.longitude)
    cut = sorted({f"way {ways.ids[number]}" for number in way[~known].tolist()})
    report.doubtful(
        "links", cut, "ways with nodes that the file lacks (it was cut out of a larger one): only the rest."
    )
    # A new piece begins with each way and behind each gap; a node told twice in a row is told once.
    begins = np.zeros(len(way) + 1, dtype=bool)
    begins[ways.starts] = True
    begins[1:][~known] = True
    piece = np.cumsum(begins[:-1])
    again = np.zeros(len(way), dtype=bool)
    again[1:] = (ways.points[1:] == ways.points[:-1]) & (piece[1:] == piece[:-1])
    kept = np.flatnonzero(known & ~again)
    way, piece = way[kept], piece[kept]
    same_piece = piece[1:] == piece[:-1]
    if not same_piece.any():
        nothing = np.empty(0, dtype=np.int64)
        return _Parts(nothing, nothing, nothing, nothing, [])
    is_end = np.ones(len(kept), dtype=bool)
    is_end[:-1] &= ~same_piece
    is_start = np.append(True, ~same_piece)
    _, number, uses = np.unique(ways.points[kept], return_inverse=True, return_counts=True)
    is_junction = (uses[number] > 1) | is_start | is_end
    longitude, latitude = ways.longitude[kept], ways.latitude[kept]
    steps = great_circle_metres(longitude[:-1], latitude[:-1], longitude[1:], latitude[1:])
    along = np.append(0.0, np.cumsum(np.where(same_piece, steps, 0.0)))
    junctions = np.flatnonzero(is_junction)
    joined = piece[junctions[1:]] == piece[junctions[:-1]]
    first, last = junctions[:-1][joined], junctions[1:][joined]
    numbered = 1 + np.array(pd.Series(way[first]).groupby(way[first]).cumcount(), dtype=np.int64)
    kilometres = list(map(metres_as_km, (along[last] - along[first]).tolist()))
    return _Parts(way[first], numbered, kept[first], kept[last], kilometres)


def _without_loops(ways: Ways, parts: _Parts, report: Report) -> _Parts:
    loop = ways.points[parts.first] == ways.points[parts.last]
    names = [f"way {ways.ids[way]}" for way in parts.way[loop].tolist()]
    report.dropped("links", names, "streets that only lead back to where they leave: a link has two ends.")
    left = np.flatnonzero(~loop)
    kilometres = [parts.kilometres[place] for place in left.tolist()]
    return _Parts(parts.way[left], parts.number[left], parts.first[left], parts.last[left], kilometres)


def _node_ids(points: Longs) -> list[str]:
    return [f"road:{point}" for point in points.tolist()]


def _nodes(ways: Ways, parts: _Parts) -> pd.DataFrame:
    ends = np.concatenate([parts.first, parts.last])
    points, place = np.unique(ways.points[ends], return_index=True)
    return pd.DataFrame(
        {
            "id": _node_ids(points),
            "sector": "road",
            "kind": ROAD_NODE,
            "longitude": ways.longitude[ends][place],
            "latitude": ways.latitude[ends][place],
        }
    )


def _links(ways: Ways, parts: _Parts, report: Report) -> pd.DataFrame:
    used = sorted(set(parts.way.tolist()))
    streets = {way: street_class(ways.tags[way]["highway"]) or "" for way in used}
    said = {way: said_kmh(ways.tags[way].get("maxspeed", "")) for way in used}
    speeds = {way: said[way] or CLASS_KMH[streets[way]] for way in used}
    directions = {way: direction_of(ways.tags[way]) for way in used}
    kinds = {way: kind_of(ways.tags[way], streets[way]) for way in used}
    ids = [
        f"road:{ways.ids[way]}#{number}"
        for way, number in zip(parts.way.tolist(), parts.number.tolist(), strict=True)
    ]
    links = pd.DataFrame(
        {
            "id": ids,
            "sector": "road",
            "from_node": _node_ids(ways.points[parts.first]),
            "to_node": _node_ids(ways.points[parts.last]),
            "kind": [kinds[way] for way in parts.way.tolist()],
            "directed": [directions[way] != 0 for way in parts.way.tolist()],
            "length_km": parts.kilometres,
            "speed_kmh": [speeds[way] for way in parts.way.tolist()],
        }
    )
    against = np.array([directions[way] < 0 for way in parts.way.tolist()])
    links.loc[against, ["from_node", "to_node"]] = links.loc[against, ["to_node", "from_node"]].to_numpy()
    _say_what_was_read(ways, parts, ids, said, streets, report)
    return links


def _say_what_was_read(
    ways: Ways,
    parts: _Parts,
    ids: list[str],
    said: dict[int, float | None],
    streets: dict[int, str],
    report: Report,
) -> None:
    report.converted(
        "links", len(ids), "streets cut where they meet; the id is that of the way and the part's number."
    )
    by_class: dict[str, list[str]] = {}
    for link, way in zip(ids, parts.way.tolist(), strict=True):
        if said[way] is None:
            by_class.setdefault(streets[way], []).append(link)
    for street, links in sorted(by_class.items()):
        report.guessed(
            "links", links, f"no maxspeed: {CLASS_KMH[street]:g} km/h for {street} (OSRM, profiles/car.lua)."
        )
    odd = {
        way: ways.tags[way]["oneway"]
        for way in said
        if ways.tags[way].get("oneway") in ("reversible", "alternating")
    }
    changing = [link for link, way in zip(ids, parts.way.tolist(), strict=True) if way in odd]
    report.doubtful("links", changing, "one-way in a direction that changes with the hour: both ways here.")
    bridges = Counter(kind_of(ways.tags[way], "") for way in parts.way.tolist())["bridge"]
    report.converted("links", bridges, "bridges have the kind 'bridge' instead of the class of the street.")


def _say_what_is_missing(report: Report) -> None:
    report.dropped("links", 1, "turn restrictions, heights and weights, lanes, and names of streets.")
