"""Links out of lines: ends by the columns that name them, or by the node that lies there, or a new node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.importer import Report
from lifeline.importers.layer import NOTHING, Floats, Longs, Mask
from lifeline.importers.layer_rows import PLACE, LayerRows, TableRows
from lifeline.importers.snapping import NONE, nearest_nodes, new_nodes
from lifeline.importers.streets import metres_as_km

ENDS = ("from_node", "to_node")
_STRAIGHT = 2
_MOVED_METRES = 0.01


def links_of(
    nodes: TableRows | None, parts: Sequence[LayerRows], snap_metres: float, report: Report
) -> tuple[TableRows, TableRows]:
    """Return nodes and links: lines joined to the nodes, and new nodes where they end in nothing."""
    links = TableRows.of(parts, [part.frame for part in parts])
    frame = links.frame
    if "sector" not in frame:
        raise InvalidInput(
            f"The links of {parts[0].layer.name!r} have no sector; write values = {{ sector = 'power' }}."
        )
    columns = {end: _named_ends(frame, end) for end in ENDS}
    places = {end: _places(parts, end) for end in ENDS}
    _refuse_lost(links, columns, places)
    made = _join(nodes, frame, columns, places, snap_metres, report)
    for end in ENDS:
        frame[end] = columns[end]
    frame["length_km"] = _lengths(frame, parts, report)
    if "id" not in frame:
        _name_by_ends(frame, report)
    loops = np.array(
        [tail == head for tail, head in zip(columns[ENDS[0]], columns[ENDS[1]], strict=True)], bool
    )
    names = [str(name) for name in frame["id"].to_numpy(dtype=object)[loops].tolist()]
    report.dropped("links", names, "lines that end where they begin, or nearer than the tolerance.")
    jumping = np.concatenate([_jumps(part) for part in parts]) & ~loops
    names = [str(name) for name in frame["id"].to_numpy(dtype=object)[jumping].tolist()]
    report.doubtful(
        "links", names, "lines in several parts: from the first place to the last, without the gaps."
    )
    links = TableRows(frame[~loops], links.layers, links.counts)
    if nodes is None:
        return TableRows(made.set_axis(range(1, len(made) + 1), axis=0), (), ()), links
    if not len(made):
        return nodes, links
    together = pd.concat([nodes.frame, made], ignore_index=True).set_axis(
        pd.RangeIndex(1, len(nodes.frame) + len(made) + 1, name=nodes.frame.index.name), axis=0
    )
    return TableRows(together, nodes.layers, nodes.counts), links


def _named_ends(frame: pd.DataFrame, end: str) -> list[Any]:
    if end not in frame:
        return [None] * len(frame)
    return [None if name == "" or name != name else name for name in frame[end].tolist()]


def _places(parts: Sequence[LayerRows], end: str) -> Floats:
    """Return longitude and latitude of one end of every line, NaN where there is no line."""
    found = []
    for part in parts:
        if part.shapes is None:
            found.append(np.full((part.layer.count, 2), np.nan))
        else:
            found.append(np.column_stack(part.shapes.firsts if end == ENDS[0] else part.shapes.lasts))
    return np.concatenate(found)


def _refuse_lost(links: TableRows, columns: dict[str, list[Any]], places: dict[str, Floats]) -> None:
    """Every end needs a name or a place."""
    problems = []
    for end in ENDS:
        lost = np.array([name is None for name in columns[end]], bool) & np.isnan(places[end][:, 0])
        message = "is blank, and the row has no line to find its end by."
        problems += [
            links.told_by_layer(Problem("links", row + 1, end, None, message))
            for row in np.flatnonzero(lost).tolist()
        ]
    if problems:
        raise InvalidInput.of(problems, "the links")


def _join(
    nodes: TableRows | None,
    frame: pd.DataFrame,
    columns: dict[str, list[Any]],
    places: dict[str, Floats],
    snap_metres: float,
    report: Report,
) -> pd.DataFrame:
    """Fill in the blank ends, sector by sector, and return the nodes that had to be made."""
    made = []
    sectors = frame["sector"].to_numpy(dtype=object)
    for sector in sorted({str(sector) for sector in sectors.tolist()}):
        asking = {
            end: np.flatnonzero((sectors == sector) & np.array([name is None for name in columns[end]], bool))
            for end in ENDS
        }
        ends = np.concatenate([places[end][asking[end]] for end in ENDS])
        if not len(ends):
            continue
        names = _node_names(nodes, sector, ends, snap_metres, report)
        alone = np.array([name is None for name in names], bool)
        if alone.any():
            new = new_nodes(ends[alone, 0], ends[alone, 1], snap_metres)
            fresh = _fresh_names(nodes, sector, len(new.longitude))
            for place, number in zip(np.flatnonzero(alone).tolist(), new.number.tolist(), strict=True):
                names[place] = fresh[number]
            rows = {"id": fresh, "sector": sector, PLACE[0]: new.longitude, PLACE[1]: new.latitude}
            made.append(pd.DataFrame(rows))
            report.guessed(
                "nodes", fresh, f"{sector} lines end with no node within {snap_metres:g} m: a new node there."
            )
        for place, row in enumerate([*asking[ENDS[0]].tolist(), *asking[ENDS[1]].tolist()]):
            end = ENDS[0] if place < len(asking[ENDS[0]]) else ENDS[1]
            columns[end][row] = names[place]
    return pd.concat(made, ignore_index=True) if made else pd.DataFrame({"id": []})


def _node_names(
    nodes: TableRows | None, sector: str, ends: Floats, snap_metres: float, report: Report
) -> list[str | None]:
    """Return the name of the nearest node of the sector to each end, None where none is within the tolerance."""
    if nodes is None:
        return [None] * len(ends)
    there = nodes.frame[nodes.frame["sector"] == sector]
    there = there.iloc[np.argsort(there["id"].astype(str).to_numpy(dtype=object), kind="stable")]
    at = there[list(PLACE)].to_numpy(dtype=float)
    number, metres = nearest_nodes(ends[:, 0], ends[:, 1], at[:, 0], at[:, 1], snap_metres)
    found: Mask = number != NONE
    ids = there["id"].to_numpy(dtype=object)
    report.converted("links", int(found.sum()), f"ends of {sector} lines are the node that lies there.")
    moved: Longs = np.flatnonzero(found & (metres > _MOVED_METRES))
    said = sorted({str(ids[place]) for place in number[moved].tolist()})
    report.doubtful(
        "nodes", said, f"{sector} lines end near these nodes, up to {snap_metres:g} m away: joined."
    )
    return [
        str(ids[place]) if known else None
        for place, known in zip(number.tolist(), found.tolist(), strict=True)
    ]


def _fresh_names(nodes: TableRows | None, sector: str, count: int) -> list[str]:
    """Return names of new nodes that no node has."""
    taken = set() if nodes is None else set(nodes.frame["id"].tolist())
    stem = f"{sector}:end"
    while any(f"{stem}-{number}" in taken for number in range(1, count + 1)):
        stem += "-"
    return [f"{stem}-{number}" for number in range(1, count + 1)]


def _lengths(frame: pd.DataFrame, parts: Sequence[LayerRows], report: Report) -> Any:
    """Return the length of each link: as said, else along its bends; blank where it is straight."""
    said = (
        frame["length_km"].to_numpy(dtype=object, copy=True)
        if "length_km" in frame
        else np.full(len(frame), None)
    )
    along: list[float | None] = []
    for part in parts:
        if part.shapes is None:
            along += [None] * part.layer.count
            continue
        bent = (part.shapes.bends > _STRAIGHT).tolist()
        metres = part.shapes.metres().tolist()
        along += [metres_as_km(far) if is_bent else None for far, is_bent in zip(metres, bent, strict=True)]
    lengths = [
        line if value is None or value == "" or value != value else value
        for value, line in zip(said.tolist(), along, strict=True)
    ]
    measured = sum(line is length is not None for line, length in zip(along, lengths, strict=True))
    report.converted("links", measured, "length along the line, on a sphere of the mean radius of the earth.")
    return np.array([*lengths, None], dtype=object)[:-1]


def _name_by_ends(frame: pd.DataFrame, report: Report) -> None:
    """Call links by their ends, parallel ones numbered from short to long."""
    keys = [
        (str(tail), str(head), -1.0 if length is None else float(length), place)
        for place, (tail, head, length) in enumerate(
            zip(frame[ENDS[0]].tolist(), frame[ENDS[1]].tolist(), frame["length_km"].tolist(), strict=True)
        )
    ]
    between: Counter[tuple[str, str]] = Counter()
    ids = [""] * len(keys)
    for tail, head, _, place in sorted(keys):
        between[tail, head] += 1
        again = f"#{between[tail, head]}" if between[tail, head] > 1 else ""
        ids[place] = f"{tail}-{head}{again}"
    frame["id"] = ids
    report.guessed("links", sorted(ids), "no column is the id: called by their ends, parallel ones numbered.")


def _jumps(part: LayerRows) -> Mask:
    if part.shapes is None:
        return np.zeros(part.layer.count, bool)
    several: Mask = (part.shapes.sort != NOTHING) & (part.shapes.parts > 1)
    return several
