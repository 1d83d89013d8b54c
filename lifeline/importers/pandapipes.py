"""Imports a gas or water network of pandapipes (https://www.pandapipes.org) out of its JSON file.

The file is read as plain data: pandapipes is not needed, and nothing in the file is run. `docs/importing.md` says what
becomes of each table.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifeline.importers.importer import Imported, Report
from lifeline.importers.locating import located
from lifeline.importers.node_flows import NodeFlows
from lifeline.importers.pandapipes_files import TABLES, PandapipesNet, ends_of, read_net
from lifeline.importers.people import customers_of
from lifeline.importers.plain_json import INDEX
from lifeline.importers.row_names import Names, row_names
from lifeline.system import Settings, System
from lifeline.tables import MOST_FLOW

Rows = list[dict[str, Any]]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SECONDS_PER_HOUR = 3600
GRAMS_PER_KG = 1000
LITRES_PER_KG = 1.0
"Water is taken to have 1 kg a litre."
METRES_PER_BAR = 1e5 / (1000 * 9.80665)
"Head of a column of water: pressure over density times standard gravity."
WIDE_MM = 508.0
"20 inches, where Hazus and `repair_times` begin to count a pipe as large."
CREWS = 2

# Machines in a pipe become a node, so that they can need power; what drives a gas is a compressor, by any name.
_MACHINES = {
    "compressor": {"gas": "compressor station", "water": "pumping station"},
    "pump": {"gas": "compressor station", "water": "pumping station"},
    "pressure_control": {"gas": "regulator station", "water": "pressure control"},
}
_PASSAGES = {
    "valve": "valve",
    "flow_control": "flow control",
    "heat_exchanger": "heat exchanger",
    "heat_consumer": "heat consumer",
}
_KINDS = {
    "gas": ("gas junction", "gate station", "gas main", "gas pipe"),
    "water": ("water junction", "water source", "water main", "water pipe"),
}
"What a junction is called, one at which the supply starts, a pipe, and one wider than WIDE_MM."


def read_pandapipes(
    path: str | Path, *, crs: str | None = None, origin: str | None = None, per_person: float | None = None
) -> Imported:
    """Make a System of a pandapipes JSON file, and say what was changed on the way.

    `crs` says what the coordinates are, `origin` (LON,LAT) where a drawing belongs, `per_person` how many grams or
    litres an hour one person draws. InvalidInput lists every bad row of the file.
    """
    net = read_net(Path(path))
    report = Report()
    sector = "gas" if net.is_gas else "water"
    names = _names(net, report)
    nodes = _junctions(net, names, sector, report)
    links = _pipes(net, names, sector, report)
    machines, ways = _machines(net, names, sector, report)
    nodes += machines
    links += [*_passages(net, names, sector, report), *ways]
    _locate(net, nodes, links, report, crs, origin)
    tables = {
        "nodes": nodes,
        "links": links,
        **customers_of(nodes, report, per_person=per_person),
        "crews": _crews(nodes, sector, report),
    }
    _tell_of_what_is_not_read(net, report)
    title = net.plain.values.get("name")
    named = title if isinstance(title, str) and title.strip() not in ("", "net") else Path(path).stem
    size = f"{len(nodes):,} nodes and {len(links):,} links of {sector} (fluid {net.fluid})"
    settings = Settings(name=named.strip()[:200], description=f"Imported from a file of pandapipes: {size}.")
    report.guessed("settings", 1, "start is midnight of 1 January 2026, UTC: the file has no date.")
    return Imported(System.from_tables(tables, settings), tuple(report.notes))


def _names(net: PandapipesNet, report: Report) -> Names:
    tables = ("junction", "pipe", *_PASSAGES, *_MACHINES)
    named = {name: (net[name].values("name").tolist(), net[name].values(INDEX).tolist()) for name in tables}
    return row_names(named, report, "ids")


def _of(names: Sequence[str], chosen: Mask) -> list[str]:
    return list(compress(names, chosen.tolist()))


def _junctions(net: PandapipesNet, names: Names, sector: str, report: Report) -> Rows:
    table = net["junction"]
    alive = table.values("in_service")
    report.dropped("nodes", _of(names["junction"], ~alive), "junctions out of service.")
    flows = _flows(net, report)
    per_hour = SECONDS_PER_HOUR * (GRAMS_PER_KG if net.is_gas else LITRES_PER_KG)
    unit = "grams an hour" if net.is_gas else f"litres an hour, at {LITRES_PER_KG:g} kg a litre"
    report.converted("nodes", int((flows.drawn > 0).sum()), f"demands in kg/s became {unit}.")
    junction, start, *_ = _KINDS[sector]
    columns = (table.values("height_m"), flows.source, flows.drawn, flows.most, _heads(net))
    rows: Rows = []
    for name, here, height, source, drawn, most, head in zip(names["junction"], alive, *columns, strict=True):
        if not here:
            continue
        limited = most * per_hour <= MOST_FLOW
        row: dict[str, Any] = {
            "id": name,
            "sector": sector,
            "kind": start if source else junction,
            "source": bool(source),
            "demand": round(drawn * per_hour),
            "capacity": round(most * per_hour) if source and limited else None,
        }
        if sector == "water":
            row |= {"elevation_m": _or_none(height), "head_m": _or_none(head)}
        rows.append(row)
    return rows


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _flows(net: PandapipesNet, report: Report) -> NodeFlows:
    """Sum up sinks, sources and stores in kg/s; external grids give without limit."""
    flows = NodeFlows(len(net["junction"].rows), report)
    for name in ("sink", "mass_storage", "source", "ext_grid"):
        table, on = net[name], net.working(name, "junction")
        numbers = table.values(INDEX).tolist()
        labels = [
            given or f"{name} {number}" for given, number in zip(table.values("name"), numbers, strict=True)
        ]
        report.dropped(name, _of(labels, ~on), "rows out of service, or at a junction that is.")
        place = net.place("junction", table.values("junction")[on])
        if name == "ext_grid":
            flows.balance(place, np.full(len(place), np.inf))
            continue
        amount = (table.values("mdot_kg_per_s") * table.values("scaling"))[on]
        if name == "source":
            flows.feed(name, _of(labels, on), place, amount, amount)
        else:
            flows.draw(name, _of(labels, on), place, amount)
    return flows


def _heads(net: PandapipesNet) -> Floats:
    """Return the head at external grids, which hold a pressure; NaN elsewhere. Of several the highest counts."""
    heights = np.nan_to_num(net["junction"].values("height_m"))
    grids, on = net["ext_grid"], net.working("ext_grid", "junction")
    heads = np.full(len(heights), np.nan)
    place = net.place("junction", grids.values("junction")[on])
    np.fmax.at(heads, place, heights[place] + grids.values("p_bar")[on] * METRES_PER_BAR)
    return heads


def _pipes(net: PandapipesNet, names: Names, sector: str, report: Report) -> Rows:
    table = net["pipe"]
    good = net.working("pipe", *ends_of(net, "pipe"))
    report.dropped("links", _of(names["pipe"], ~good), "pipes out of service, or at a junction that is.")
    shut = _shut_by_valves(net)
    report.dropped("links", _of(names["pipe"], good & shut), "pipes with a closed valve at an end.")
    *_, usual, wide = _KINDS[sector]
    diameter = _diameters(net, "pipe")
    return [
        {
            **row,
            "kind": wide if diameter[place] > WIDE_MM else usual,
            "length_km": float(table.values("length_km")[place]),
        }
        for place, row in _between(net, "pipe", names, good & shut.__invert__(), sector)
    ]


def _diameters(net: PandapipesNet, name: str) -> Floats:
    told = net[name].values("inner_diameter_mm")
    return np.where(np.isnan(told), net[name].values("diameter_m") * 1000, told)


def _shut_by_valves(net: PandapipesNet) -> Mask:
    valve = net["valve"]
    shut = np.zeros(len(net["pipe"].rows), bool)
    closed = (valve.values("et") == "pi") & ~valve.values("opened") & valve.values("in_service")
    shut[net.place("pipe", valve.values("element")[closed])] = True
    return shut


def _between(
    net: PandapipesNet, name: str, names: Names, good: Mask, sector: str
) -> list[tuple[int, dict[str, Any]]]:
    """Return the rows of a table that are good as links between their junctions; water keeps what hydraulics need."""
    table = net[name]
    tail, head = (net.place("junction", table.values(end)) for end in ends_of(net, name))
    junctions = names["junction"]
    hydraulic = sector == "water" and "loss_coefficient" in table.columns
    diameter = _diameters(net, name) if hydraulic else None
    rows = []
    for place in np.flatnonzero(good).tolist():
        row: dict[str, Any] = {
            "id": names[name][place],
            "sector": sector,
            "from_node": junctions[tail[place]],
            "to_node": junctions[head[place]],
        }
        if diameter is not None:
            row["diameter_mm"] = _or_none(diameter[place])
            row["minor_loss"] = float(table.values("loss_coefficient")[place])
        rows.append((place, row))
    return rows


def _passages(net: PandapipesNet, names: Names, sector: str, report: Report) -> Rows:
    """Return valves and the like as links without length; closed ones carry nothing."""
    links: Rows = []
    for name, kind in _PASSAGES.items():
        table = net[name]
        there = np.ones(len(table.rows), bool)
        if name == "valve":
            at_pipe = table.values("et") == "pi"
            report.converted("links", _of(names[name], at_pipe), "open valves at pipes: part of the pipe.")
            shut = ~at_pipe & ~table.values("opened")
            report.dropped("links", _of(names[name], shut), "closed valves: nothing flows there.")
            there = ~at_pipe & ~shut
        good = there.copy()
        good[there] &= _working_between(net, name)[there]
        report.dropped("links", _of(names[name], there & ~good), f"{name} rows out of service.")
        links += [
            {**row, "kind": kind, "length_km": 0.0} for _, row in _between(net, name, names, good, sector)
        ]
    return links


def _working_between(net: PandapipesNet, name: str) -> Mask:
    """Mark rows in service whose two junctions are; a valve at a pipe has one junction only."""
    table, junction = net[name], net["junction"]
    good: Mask = table.values("in_service").copy()
    for end in ends_of(net, name):
        place = np.minimum(net.place("junction", table.values(end)), len(junction.rows) - 1)
        good &= junction.values("in_service")[place]
    return good


def _machines(net: PandapipesNet, names: Names, sector: str, report: Report) -> tuple[Rows, Rows]:
    """Return compressors, pumps and pressure controls: a node each, and the two one-way links through it."""
    nodes: Rows = []
    links: Rows = []
    for name, kinds in _MACHINES.items():
        good = _working_between(net, name)
        report.dropped(
            "nodes", _of(names[name], ~good), f"{name} rows out of service, or at a junction that is."
        )
        said = f"{name} rows became a node, which can need power, between two one-way links."
        report.converted("nodes", _of(names[name], good), said)
        for _, row in _between(net, name, names, good, sector):
            nodes.append({"id": row["id"], "sector": sector, "kind": kinds[sector]})
            way = {"sector": sector, "kind": "station pipe", "directed": True, "length_km": 0.0}
            links.append(
                {**way, "id": f"{row['id']} in", "from_node": row["from_node"], "to_node": row["id"]}
            )
            links.append({**way, "id": f"{row['id']} out", "from_node": row["id"], "to_node": row["to_node"]})
    return nodes, links


def _locate(
    net: PandapipesNet, nodes: Rows, links: Rows, report: Report, crs: str | None, origin: str | None
) -> None:
    """Give every node its place."""
    junction, drawn = net["junction"], net["junction_geodata"]
    numbers = junction.values(INDEX)
    known = np.isin(drawn.values(INDEX), numbers)
    place = net.place("junction", drawn.values(INDEX)[known])
    alive = junction.values("in_service")
    coordinates = []
    for axis in ("x", "y"):
        values = np.full(len(numbers), np.nan)
        values[place] = drawn.values(axis)[known]
        # Machines come after the junctions, without a place of their own.
        coordinates.append(np.append(values[alive], np.full(len(nodes) - int(alive.sum()), np.nan)))
    order = {node["id"]: row for row, node in enumerate(nodes)}
    ends = [np.array([order[link[end]] for link in links], np.int64) for end in ("from_node", "to_node")]
    lengths = np.array([link["length_km"] or np.nan for link in links], float)
    ids = [node["id"] for node in nodes]
    x, y = coordinates
    where = net.plain.where
    longitude, latitude = located(
        ids, x, y, (ends[0], ends[1], lengths), report, crs=crs, origin=origin, where=where
    )
    for node, east, north in zip(nodes, longitude.tolist(), latitude.tolist(), strict=True):
        node |= {"longitude": east, "latitude": north}


def _crews(nodes: Rows, sector: str, report: Report) -> Rows:
    """Return crews at the first source by id, or the first node where there is none."""
    place = min(nodes, key=lambda node: (not node.get("source"), node["id"]))
    report.guessed("crews", CREWS, f"{CREWS} crews at {place['id']}, on duty round the clock.")
    return [
        {
            "id": f"{sector} crew {number}",
            "skills": sector,
            "longitude": place["longitude"],
            "latitude": place["latitude"],
        }
        for number in range(1, CREWS + 1)
    ]


def _tell_of_what_is_not_read(net: PandapipesNet, report: Report) -> None:
    plain = net.plain
    for name in sorted(set(plain.tables) - set(TABLES)):
        if len(plain.tables[name]) and not name.startswith(("res_", "_")):
            report.dropped(name, len(plain.tables[name]), "rows of a table that lifeline has no use for.")
    others = sorted(name for name in plain.objects if not name.startswith("_") and name != "fluid")
    report.dropped("other", others, "objects that are no tables, left alone and not run.")
    unused = {
        f"{name}.{column}"
        for name, table in TABLES.items()
        if name in plain.tables and len(plain.tables[name])
        for column in plain.tables[name].columns
        if column not in table.column_names
    }
    report.dropped(
        "columns", sorted(unused), "columns for pressures, temperatures and friction, which are not read."
    )
