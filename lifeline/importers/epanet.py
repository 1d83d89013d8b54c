"""Imports a water network of EPANET (.inp) as it stands at time 0; `docs/importing.md` says what becomes of what.

EPANET 2.2 User Manual: Rossman, Woo, Tryby, Shang, Janke and Haxton (2020), EPA/600/R-20/133.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lifeline.distance import METRES_PER_KM
from lifeline.errors import InvalidInput, Problem
from lifeline.importers.epanet_links import LinkReader
from lifeline.importers.epanet_state import (
    LITRES_PER_HOUR,
    StartState,
    WorkingPoints,
    start_state,
    tidied,
    working_points,
)
from lifeline.importers.epanet_text import LAYOUTS, InpText, Line, read_inp
from lifeline.importers.importer import Imported, Report
from lifeline.importers.locating import located
from lifeline.importers.people import customers_of
from lifeline.system import Settings, System
from lifeline.tables import MOST_FLOW, TABLES
from lifeline.values import read_cells

Rows = list[dict[str, Any]]

CREWS = 2
_LONGEST_DESCRIPTION = 500

_UNUSED = {
    "CONTROLS": "controls: what they do later in the day; what holds at time 0 is taken over.",
    "RULES": "rules: what they do later in the day; what holds at time 0 is taken over.",
    "PATTERNS": "patterns: demands and heads are those of time 0, people are those of the average.",
    "CURVES": "curves, apart from the head curves of pumps.",
    "EMITTERS": "emitters, which let out more the higher the pressure is.",
    "ENERGY": "prices and efficiencies of pumps.",
    "QUALITY": "water quality.",
    "SOURCES": "water quality.",
    "REACTIONS": "water quality.",
    "MIXING": "water quality.",
    "VERTICES": "bends of pipes; their lengths are those of the file.",
    "LABELS": "labels on the map.",
    "TAGS": "tags.",
    "BACKDROP": "the picture behind the map.",
    "OPTIONS": "settings of EPANET's own calculation.",
    "TIMES": "how long EPANET runs, and in what steps.",
    "REPORT": "what EPANET reports.",
}


def read_epanet(
    path: str | Path,
    *,
    crs: str | None = None,
    origin: str | None = None,
    per_person: float | None = None,
) -> Imported:
    """Make a System of an EPANET file, and say what was changed on the way.

    `crs` is what the coordinates are (EPSG:2276); without it they are a drawing around `origin` (LON,LAT), scaled to
    the lengths of the pipes. `per_person` is what one person draws in litres an hour. InvalidInput lists every bad row.
    """
    inp = read_inp(Path(path))
    state = start_state(inp)
    report = Report()
    points = _points_if_needed(inp, state)
    reader = LinkReader(state, points, report)
    nodes, pumps, links = _nodes(state, points, report), reader.pumps(), reader.rows()
    _refuse_what_is_out_of_bounds(inp, reader.ids, [*nodes, *pumps], links, report)
    _place(inp, state, nodes, report, crs=crs, origin=origin)
    _place_pumps(pumps, nodes, links)
    tables = {
        "nodes": [*nodes, *pumps],
        "links": links,
        **customers_of(_average_demands(state, nodes), report, per_person=per_person),
        "crews": _crews(nodes, report),
    }
    _tell_what_is_not_used(inp, state, report)
    return Imported(System.from_tables(tables, _settings(inp, state, report)), tuple(report.notes))


def _points_if_needed(inp: InpText, state: StartState) -> WorkingPoints | None:
    """Ask EPANET for flows and heads where the file leaves them open: pumps of constant power, and inflows."""
    open_pumps = (pump for _, pump in state.network.pumps() if not state.is_closed(pump))
    if any(pump.pump_type == "POWER" for pump in open_pumps):
        return working_points(inp)
    if any(state.demands(junction)[0] < 0 for _, junction in state.network.junctions()):
        return working_points(inp)
    return None


def _nodes(state: StartState, points: WorkingPoints | None, report: Report) -> Rows:
    network = state.network
    rows = [
        *(_junction(name, junction, state, points) for name, junction in network.junctions()),
        *(_tank(name, tank) for name, tank in network.tanks()),
        *(_reservoir(name, reservoir, state) for name, reservoir in network.reservoirs()),
    ]
    rows.sort(key=lambda row: row["id"])
    drawn = [row["id"] for row in rows if row["demand"]]
    report.converted("nodes", drawn, "demand is that of time 0, by the patterns, in litres an hour.")
    inflows = [row for row in rows if row["kind"] == "inflow"]
    said = (
        "water enters here (a demand below 0): a source of that capacity, at the head EPANET finds at time 0."
    )
    report.guessed("nodes", [row["id"] for row in inflows if "head_m" in row], said)
    said = "water enters here (a demand below 0): a source without head_m, since EPANET finds no solution at time 0."
    report.doubtful("nodes", [row["id"] for row in inflows if "head_m" not in row], said)
    tanks = sorted(name for name, _ in network.tanks())
    said = "tanks are sources at their level of time 0 that never run dry; head_m is elevation and level."
    report.guessed("nodes", tanks, said)
    reservoirs = sorted(name for name, _ in network.reservoirs())
    report.converted("nodes", reservoirs, "reservoirs are sources; head_m is the head at time 0.")
    silent = [
        name
        for name, junction in sorted(network.junctions())
        if state.demands(junction)[0] == 0 < state.demands(junction)[1]
    ]
    said = (
        "draw nothing at time 0, but do later: people who ask for no water under the rules that count flows."
    )
    report.doubtful("nodes", silent, said)
    return rows


def _junction(name: str, junction: Any, state: StartState, points: WorkingPoints | None) -> dict[str, Any]:
    flow = _litres_per_hour(state.demands(junction)[0])
    row = {
        "id": name,
        "sector": "water",
        "kind": "water junction",
        "source": False,
        "demand": max(0, flow),
        "elevation_m": tidied(float(junction.elevation)),
    }
    if flow < 0:
        row |= {"kind": "inflow", "source": True, "capacity": -flow}
        if points is not None and name in points.head:
            row["head_m"] = tidied(points.head[name])
    return row


def _tank(name: str, tank: Any) -> dict[str, Any]:
    elevation = float(tank.elevation)
    return {
        "id": name,
        "sector": "water",
        "kind": "storage tank",
        "source": True,
        "demand": 0,
        "elevation_m": tidied(elevation),
        "head_m": tidied(elevation + float(tank.init_level)),
    }


def _reservoir(name: str, reservoir: Any, state: StartState) -> dict[str, Any]:
    head = float(reservoir.head_timeseries.at(state.start))
    return {
        "id": name,
        "sector": "water",
        "kind": "reservoir",
        "source": True,
        "demand": 0,
        "head_m": tidied(head),
    }


def _litres_per_hour(flow: float) -> int:
    """Return a flow in m3/s as whole litres an hour; one beyond all bounds stays so, to be refused by name."""
    return round(max(-2.0 * MOST_FLOW, min(2.0 * MOST_FLOW, flow * LITRES_PER_HOUR)))


def _place(
    inp: InpText, state: StartState, nodes: Rows, report: Report, *, crs: str | None, origin: str | None
) -> None:
    """Write longitude and latitude into the rows of nodes."""
    at = {line.words[0]: line.words[1:] for line in inp.sections.get("COORDINATES", ())}
    number = {row["id"]: place for place, row in enumerate(nodes)}
    x, y = (np.array([float(at[name][axis]) if name in at else np.nan for name in number]) for axis in (0, 1))
    # Closed pipes are drawn too; pumps and valves have no length to tell the scale by, but hold the parts together.
    lines = sorted(
        (
            number[link.start_node_name],
            number[link.end_node_name],
            link.length / METRES_PER_KM if link.link_type == "Pipe" else 0.0,
        )
        for _, link in state.network.links()
    )
    ends = np.array([line[:2] for line in lines], np.int64).reshape(-1, 2)
    lengths = np.array([line[2] for line in lines], float)
    longitude, latitude = located(
        list(number),
        x,
        y,
        (ends[:, 0], ends[:, 1], lengths),
        report,
        crs=crs,
        origin=origin,
        where=inp.name,
    )
    for place, row in enumerate(nodes):
        row["longitude"], row["latitude"] = float(longitude[place]), float(latitude[place])


def _place_pumps(pumps: Rows, nodes: Rows, links: Rows) -> None:
    """Put each pump where its inlet is."""
    place = {row["id"]: (row["longitude"], row["latitude"]) for row in nodes}
    inlet = {link["to_node"]: link["from_node"] for link in links if link["kind"] == "pump connection"}
    for pump in pumps:
        pump["longitude"], pump["latitude"] = place[inlet[pump["id"]]]


def _average_demands(state: StartState, nodes: Rows) -> Rows:
    """Return the nodes with their demand averaged over the day: people are there at night too."""
    junctions = dict(state.network.junctions())
    return [
        {**row, "demand": _litres_per_hour(state.demands(junctions[row["id"]])[1])}
        for row in nodes
        if row["id"] in junctions
    ]


def _crews(nodes: Rows, report: Report) -> Rows:
    middle = {axis: float(np.median([row[axis] for row in nodes])) for axis in ("longitude", "latitude")}
    names = [f"water crew {number}" for number in range(1, CREWS + 1)]
    report.guessed("crews", names, f"{CREWS} crews in the middle of the network, on duty round the clock.")
    return [{"id": name, "skills": "water", **middle} for name in names]


def _refuse_what_is_out_of_bounds(
    inp: InpText, ids: Mapping[str, str], nodes: Rows, links: Rows, report: Report
) -> None:
    """Name the rows of the file whose values no system may hold; dummy diameters are brought to the bounds.

    Networks hold pipes of a hair's width in place of none, and valves of 25 metres in place of one without losses.
    """
    bounds = TABLES["links"].column("diameter_mm")
    least, most = float(bounds.minimum or 0), float(bounds.maximum or np.inf)
    dummies = []
    for row in links:
        diameter = row.get("diameter_mm", least)
        if diameter > 0 and not least <= diameter <= most:
            row["diameter_mm"] = min(max(diameter, least), most)
            dummies.append(row["id"])
    said = f"diameters outside {least:g} to {most:g} mm were brought to the nearer of the two."
    report.doubtful("links", dummies, said)
    lines = _lines_of(inp, ids)
    problems = []
    for table, rows in (("nodes", nodes), ("links", links)):
        for column in TABLES[table].columns:
            written = [(row["id"], row[column.name]) for row in rows if column.name in row]
            values = np.fromiter((value for _, value in written), dtype=object, count=len(written))
            for place, message in read_cells(values, column).bad.items():
                name, value = written[place]
                section, number = lines.get(name, ("", None))
                where = f"{inp.name}{section} {name}"
                problems.append(Problem(where, number, column.name, str(value), message))
    if problems:
        in_order = sorted(problems, key=lambda problem: (problem.row or 0, problem.table))
        raise InvalidInput.of(in_order, f"{str(inp.path)!r}")


def _lines_of(inp: InpText, ids: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """Return section and row of every node and link, by its id in the system."""
    lines = {}
    for section, layout in LAYOUTS.items():
        for line in inp.sections.get(section, ()) if layout.names else ():
            name = line.words[0]
            lines[ids[name] if layout.names == "links" else name] = (f" [{section}]", line.number)
    return lines


def _tell_what_is_not_used(inp: InpText, state: StartState, report: Report) -> None:
    used = {pump.pump_curve_name for _, pump in state.network.pumps() if pump.pump_type == "HEAD"}
    for section, said in _UNUSED.items():
        lines = inp.sections.get(section, ())
        if section == "OPTIONS":
            lines = tuple(line for line in lines if not _is_used(line))
        if section in ("CURVES", "PATTERNS"):
            named = sorted({line.words[0] for line in lines} - (used if section == "CURVES" else set()))
            report.dropped(section.lower(), named, said)
        else:
            report.dropped(section.lower(), [str(line) for line in lines], said)


def _is_used(option: Line) -> bool:
    words = " ".join(option.words[:2]).upper()
    return words == "DEMAND MULTIPLIER" or words.split()[0] in ("UNITS", "HEADLOSS", "PATTERN")


def _settings(inp: InpText, state: StartState, report: Report) -> Settings:
    if inp.encoding != "UTF-8":
        said = f"the file is not UTF-8 and was read as {inp.encoding}; names with accents may have come out wrong."
        report.doubtful("settings", 1, said)
    report.guessed("settings", 1, "start is midnight of 1 January 2026: the file has no date.")
    title = " ".join(" ".join(line.words) for line in inp.sections.get("TITLE", ()))
    network = state.network
    size = f"{network.num_nodes} nodes and {network.num_links} links"
    return Settings(
        name=inp.path.stem or "water",
        description=f"Imported from EPANET: {size}, at time 0. {title}"[:_LONGEST_DESCRIPTION].strip(),
    )
