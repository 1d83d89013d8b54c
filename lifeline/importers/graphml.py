"""Imports GraphML: a graph of streets as OSMnx writes it, or a system that lifeline itself exported.

`docs/importing.md` says what becomes of each attribute. Which of the two it is shows in the file: lifeline's nodes
say their `table`, OSMnx's have `x` and `y`.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.graphml_files import GraphmlFile, read_graphml_file
from lifeline.importers.graphml_own import OWN_ATTRIBUTES, is_own, system_of_own
from lifeline.importers.importer import Imported, Report
from lifeline.importers.osm import ROAD_NODE
from lifeline.importers.places import Floats, degrees_of, look_like_degrees
from lifeline.importers.streets import (
    CLASS_KMH,
    MOST_ROADS_AT_A_NODE,
    kind_of,
    metres_as_km,
    said_kmh,
    street_class,
)
from lifeline.system import Settings, System

STREET_ATTRIBUTES = ("x", "y", "highway", "maxspeed", "speed_kph", "oneway", "length", "bridge", "from", "to")
_ONE_WAY = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, order=True)
class _Street:
    """What makes two edges the same street, but for its direction; -1 where a number is not said."""

    kind: str
    metres: float
    kmh: float


@dataclass(frozen=True)
class _Link:
    """One link to be, with its ends as the ids of the file; `says_one_way` is None where the edge does not say."""

    tail: str
    head: str
    directed: bool
    street: _Street
    says_one_way: bool | None


def read_graphml(path: str | Path, *, crs: str | None = None) -> Imported:
    """Make a System of a GraphML file, and say what was changed on the way.

    `crs` is what x and y are, where the file does not say or is wrong. InvalidInput names the nodes and edges that
    cannot be used.
    """
    path = Path(path)
    file = read_graphml_file(path, {*STREET_ATTRIBUTES, *OWN_ATTRIBUTES})
    if is_own(file):
        if crs is not None:
            raise InvalidInput("--crs is for graphs of streets; a system that lifeline exported is in WGS84.")
        return system_of_own(file)
    report = Report()
    nodes = _nodes(file, crs, report)
    links = _links(file, report)
    sizes = f"{len(nodes)} nodes and {len(links)} links"
    settings = Settings(
        name=file.graph.get("name", "") or path.stem, description=f"Roads imported from GraphML: {sizes}."
    )
    return Imported(System.from_tables({"nodes": nodes, "links": links}, settings), tuple(report.notes))


def _nodes(file: GraphmlFile, crs: str | None, report: Report) -> pd.DataFrame:
    names = file.node_names
    if not names:
        raise InvalidInput(f"{file.where} has no nodes.")
    problems: list[Problem] = []
    x, y = (_floats(file.node_column(axis), names, "nodes", axis, problems) for axis in ("x", "y"))
    for axis, values in (("x", x), ("y", y)):
        told = {problem.value for problem in problems}
        problems += [
            Problem("nodes", None, axis, name, "has no place: every node needs x and y.")
            for name, value in zip(names, values.tolist(), strict=True)
            if math.isnan(value) and name not in told
        ]
    if problems:
        raise InvalidInput.of(problems, file.where)
    longitude, latitude = degrees_of(x, y, _crs_of(file, crs, x, y, report), file.where)
    report.converted("nodes", len(names), "the id is 'road:' and that of the node in the file.")
    return pd.DataFrame(
        {
            "id": [f"road:{name}" for name in names],
            "sector": "road",
            "kind": ROAD_NODE,
            "longitude": longitude,
            "latitude": latitude,
        }
    )


def _crs_of(file: GraphmlFile, crs: str | None, x: Floats, y: Floats, report: Report) -> str:
    said = file.graph.get("crs", "")
    if crs is not None:
        if said and said.upper() != crs.upper():
            report.doubtful("nodes", len(x), f"x and y taken as {crs}, as asked; the file says {said[:80]}.")
        return crs
    if said:
        return said
    if not look_like_degrees(x, y):
        raise InvalidInput(
            f"{file.where} does not say what x and y are. Say it with --crs, for example --crs EPSG:32633."
        )
    report.guessed("nodes", len(x), "x and y are degrees: the file does not say it, but they could be.")
    return "EPSG:4326"


def _links(file: GraphmlFile, report: Report) -> pd.DataFrame:
    found = list(_one_for_both_ways(file, list(_streets(file, report)), report))
    if not found:
        raise InvalidInput(f"{file.where} has no edges that are streets for cars.")
    between: Counter[tuple[str, str]] = Counter()
    rows = []
    for link in sorted(found, key=lambda link: (link.tail, link.head, link.directed, link.street)):
        ends = (link.tail, link.head)
        between[ends] += 1
        again = f"#{between[ends]}" if between[ends] > 1 else ""
        rows.append(
            {
                "id": f"road:{link.tail}-{link.head}{again}",
                "sector": "road",
                "from_node": f"road:{link.tail}",
                "to_node": f"road:{link.head}",
                "kind": link.street.kind,
                "directed": link.directed,
                "length_km": metres_as_km(link.street.metres) if link.street.metres >= 0 else None,
                "speed_kmh": link.street.kmh if link.street.kmh >= 0 else None,
            }
        )
    report.converted(
        "links", len(rows), "the id is that of both ends, with a number where streets run in parallel."
    )
    lengthless = [str(row["id"]) for row in rows if row["length_km"] is None]
    report.guessed("links", lengthless, "no length: the straight line between the ends.")
    report.dropped("links", 1, "geometries, lanes, names and every other attribute.")
    return pd.DataFrame(rows)


def _streets(file: GraphmlFile, report: Report) -> Iterator[_Link]:
    """Yield one link for each edge that is a street, one-way unless the edge or the graph says otherwise."""
    names = file.node_names
    tails, heads = (ends.tolist() for ends in file.ends)
    labels = [f"{names[tail]}-{names[head]}" for tail, head in zip(tails, heads, strict=True)]
    problems: list[Problem] = []
    metres = _floats(file.edge_column("length"), labels, "edges", "length", problems, least=0)
    imputed = _floats(file.edge_column("speed_kph"), labels, "edges", "speed_kph", problems, least=0)
    if problems:
        raise InvalidInput.of(problems, file.where)
    _refuse_stars(file, tails, heads, names)
    columns = [
        file.edge_column(name).tolist() for name in ("highway", "maxspeed", "oneway", "bridge", "from")
    ]
    dropped: dict[str, list[str]] = defaultdict(list)
    guessed: dict[str, list[str]] = defaultdict(list)
    for row, (highway, maxspeed, oneway, bridge, begin) in enumerate(zip(*columns, strict=True)):
        street = street_class(highway) if highway else "road"
        if street is None:
            dropped[f"highway {highway[:40]}, which is no street for cars."].append(labels[row])
            continue
        if tails[row] == heads[row]:
            dropped["edges from a node to itself: a link has two ends."].append(labels[row])
            continue
        kmh = said_kmh(maxspeed or "")
        if kmh is None and imputed[row] >= 1:
            kmh = round(float(imputed[row]), 3)
            guessed["no maxspeed: the speed_kph of the file, which OSMnx guesses."].append(labels[row])
        elif kmh is None:
            kmh = CLASS_KMH[street]
            guessed[f"no maxspeed: {kmh:g} km/h for {street} (OSRM, profiles/car.lua)."].append(labels[row])
        tail, head = names[tails[row]], names[heads[row]]
        said = _ONE_WAY.get((oneway or "").strip().lower())
        one_way = file.is_directed if said is None else said
        # An undirected edge names its ends in any order; OSMnx keeps that of a one-way street in `from`.
        if not file.is_directed and one_way and begin == head:
            tail, head = head, tail
        length = -1.0 if np.isnan(metres[row]) else round(float(metres[row]), 3)
        yield _Link(
            tail, head, one_way, _Street(kind_of({"bridge": bridge or "no"}, street), length, kmh), said
        )
    for sentence, edges in sorted(dropped.items()):
        report.dropped("links", edges, sentence)
    for sentence, edges in sorted(guessed.items()):
        report.guessed("links", edges, sentence)


def _one_for_both_ways(file: GraphmlFile, streets: list[_Link], report: Report) -> Iterator[_Link]:
    """Make one link of the two edges that a directed graph has for a street one can drive both ways."""
    if not file.is_directed:
        yield from streets
        return
    ways: Counter[tuple[str, str, _Street, bool | None]] = Counter()
    for link in streets:
        if link.says_one_way:
            yield link
        else:
            ways[link.tail, link.head, link.street, link.says_one_way] += 1
    merged = []
    for (tail, head, street, said), there in ways.items():
        back = ways.get((head, tail, street, said), 0)
        if tail < head:
            merged += [f"{head}-{tail}"] * min(there, back)
        # A street that says it is not one-way is two-way even where the file lacks the edge back.
        both = max(there, back) if said is False else min(there, back)
        if tail < head or not back:
            yield from [_Link(min(tail, head), max(tail, head), False, street, said)] * both
        if said is None:
            yield from [_Link(tail, head, True, street, said)] * (there - both)
    report.converted("links", merged, "edges back that are equal to the edge there: one link for both ways.")


def _refuse_stars(file: GraphmlFile, tails: list[int], heads: list[int], names: list[str]) -> None:
    uses = np.bincount(np.array([*tails, *heads], dtype=np.int64), minlength=len(names))
    # Each street both ways is two edges.
    if len(uses) and uses.max() > 2 * MOST_ROADS_AT_A_NODE:
        raise InvalidInput(
            f"{file.where}: {int(uses.max()):,} edges meet in node {names[int(np.argmax(uses))][:80]!r}; no "
            "crossing has so many, the file is broken."
        )


def _floats(
    column: Any,
    names: list[str],
    table: str,
    attribute: str,
    problems: list[Problem],
    least: float = -math.inf,
) -> Floats:
    """Read an attribute as numbers, NaN where there is none; what is no finite number becomes a problem."""
    values = np.full(len(column), np.nan)
    for row, text in enumerate(column.tolist()):
        if text is None or not text.strip():
            continue
        try:
            number = float(text[:100])
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number >= least):
            message = f"has {attribute} {text[:40]!r}, which is no finite number{' from 0 on' if not least else ''}."
            problems.append(Problem(table, None, attribute, names[row], message))
        values[row] = number
    return values
