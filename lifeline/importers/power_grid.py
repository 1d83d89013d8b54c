"""A power grid out of a foreign file, on its way to a System: buses and branches in W, per unit and km.

What pandapower's and MATPOWER's files have in common is here: what a bus or a branch is called by its voltage, what
the slack has to make, where the buses lie, who the customers are and where the crews start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifeline.importers.importer import Report
from lifeline.importers.locating import located
from lifeline.importers.people import customers_of
from lifeline.service.rule import UNLIMITED
from lifeline.system import Settings, System
from lifeline.tables import MOST_FLOW

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]

WATTS_PER_MEGAWATT = 1_000_000
CREWS = 2

TRANSMISSION_KV = 60.0
"From here on a grid counts as transmission (high voltage in Europe: 60 kV and more)."
LOW_VOLTAGE_KV = 1.0
"Up to here voltage is low (IEC 60038)."
_BUS_KINDS = ("feeder pole", "distribution substation", "transmission substation")
_LINE_KINDS = ("feeder line", "feeder line", "transmission line")
"By level of voltage: low, medium, high; names from `repair_times`."

MOST_REACTANCE_PU = 1000.0
ALL_USES_WATTS = 630.0
ALL_USES = (
    "industry and trade too, as on high voltage (about 5.5 MWh a year in the EU, Eurostat nrg_cb_e 2022)"
)


@dataclass(frozen=True, eq=False)
class PowerGrid:
    """Nodes and links of a grid by columns; links name their ends by the place in `ids`.

    Powers are W, `capacity` and `link_capacity` UNLIMITED where no limit is told. `slack` marks the sources that make
    up for what the others leave over. `x` and `y` are NaN where the file has no place.
    """

    ids: Sequence[str]
    kinds: Sequence[str]
    districts: Sequence[str]
    x: Floats
    y: Floats
    demand: Whole
    source: Mask
    slack: Mask
    generation: Whole
    capacity: Whole
    link_ids: Sequence[str]
    link_kinds: Sequence[str]
    tail: Whole
    head: Whole
    length_km: Floats
    link_capacity: Whole
    reactance_pu: Floats
    shift_degrees: Floats


def watts(megawatts: Floats) -> Whole:
    """Return MW as whole W, halves to even."""
    return np.rint(megawatts * WATTS_PER_MEGAWATT).astype(np.int64)


def limit(megawatts: Floats) -> Whole:
    """Return a limit in MW as whole W; what is infinite, or above all that lifeline counts, is no limit."""
    told = np.abs(megawatts) <= MOST_FLOW / WATTS_PER_MEGAWATT
    return np.where(told, watts(np.where(told, megawatts, 0)), UNLIMITED)


def bus_kinds(kilovolts: Floats) -> list[str]:
    """Return what buses are called by their voltage, in the words of `repair_times`."""
    return [_BUS_KINDS[level] for level in _level(kilovolts).tolist()]


def line_kinds(kilovolts: Floats) -> list[str]:
    """Return what lines are called by their voltage, in the words of `repair_times`."""
    return [_LINE_KINDS[level] for level in _level(kilovolts).tolist()]


def _level(kilovolts: Floats) -> Whole:
    return (kilovolts > LOW_VOLTAGE_KV).astype(np.int64) + (kilovolts >= TRANSMISSION_KV)


def system_of(
    grid: PowerGrid,
    settings: Settings,
    report: Report,
    *,
    where: str,
    crs: str | None,
    origin: str | None,
    per_person: float | None,
) -> System:
    """Make a System of a grid; what is missing is guessed and reported."""
    links = (grid.tail, grid.head, np.where(grid.length_km > 0, grid.length_km, np.nan))
    longitude, latitude = located(
        grid.ids, grid.x, grid.y, links, report, crs=crs, origin=origin, where=where
    )
    generation, export, capacity = _balanced(grid, report)
    nodes: list[dict[str, Any]] = [
        {
            "id": one,
            "sector": "power",
            "kind": kind,
            "longitude": float(east),
            "latitude": float(north),
            "source": bool(source),
            "demand": int(demand),
            "capacity": _or_blank(capacity),
            "generation": _or_blank(made),
        }
        for one, kind, east, north, source, demand, capacity, made in zip(
            grid.ids,
            grid.kinds,
            longitude,
            latitude,
            grid.source,
            grid.demand,
            capacity,
            generation,
            strict=True,
        )
    ]
    report.guessed(
        "nodes",
        len(nodes),
        f"kind is chosen by voltage (up to {LOW_VOLTAGE_KV:g} kV, below {TRANSMISSION_KV:g} kV, above).",
    )
    people = _people(nodes, grid, report, per_person)
    # Nobody of this city draws what goes out through an external grid, and it works without.
    for place in np.flatnonzero(export).tolist():
        nodes[place]["demand"] += int(export[place])
        nodes[place]["threshold_permille"] = 0
    tables = {"nodes": nodes, "links": _links(grid, report), **people, "crews": _crews(nodes, report)}
    return System.from_tables(tables, settings)


def _people(
    nodes: Sequence[dict[str, Any]], grid: PowerGrid, report: Report, per_person: float | None
) -> dict[str, list[dict[str, Any]]]:
    rows = [{**node, "district": district} for node, district in zip(nodes, grid.districts, strict=True)]
    high = sum(node["demand"] for node in nodes if node["kind"] == _BUS_KINDS[-1])
    if per_person is None and 2 * high > sum(node["demand"] for node in nodes):
        return customers_of(rows, report, per_person=ALL_USES_WATTS, because=ALL_USES)
    return customers_of(rows, report, per_person=per_person)


def _or_blank(amount: int) -> int | None:
    return None if amount == UNLIMITED else int(amount)


def _links(grid: PowerGrid, report: Report) -> list[dict[str, Any]]:
    beyond = np.abs(grid.reactance_pu) > MOST_REACTANCE_PU
    weak = [grid.link_ids[place] for place in np.flatnonzero(beyond).tolist()]
    report.doubtful(
        "links", weak, f"reactance above {MOST_REACTANCE_PU:g} per unit on 100 MVA, taken as that."
    )
    reactance = np.clip(grid.reactance_pu, -MOST_REACTANCE_PU, MOST_REACTANCE_PU)
    # Whole turns of the angle are none.
    shift = np.remainder(grid.shift_degrees + 180, 360) - 180
    rows = zip(
        grid.link_ids,
        grid.link_kinds,
        grid.tail,
        grid.head,
        grid.length_km,
        grid.link_capacity,
        reactance,
        shift,
        strict=True,
    )
    return [
        {
            "id": link,
            "sector": "power",
            "from_node": grid.ids[tail],
            "to_node": grid.ids[head],
            "kind": kind,
            "length_km": None if np.isnan(length) else float(length),
            "capacity": _or_blank(capacity),
            "reactance_pu": float(x),
            "phase_shift_degrees": float(turn) if turn else None,
        }
        for link, kind, tail, head, length, capacity, x, turn in rows
    ]


def _balanced(grid: PowerGrid, report: Report) -> tuple[Whole, Whole, Whole]:
    """Return what each source makes, what leaves the city at it, and its limit, in W.

    The only slack of an island makes what the island lacks, or takes out what is left over. With several in an island
    the parts depend on the flow: they stay blank, and go by capacity.
    """
    island = _islands(grid)
    count = int(island.max(initial=0)) + 1
    lack = np.zeros(count, np.int64)
    np.add.at(lack, island, grid.demand)
    np.subtract.at(lack, island, np.where(grid.source, grid.generation, 0))
    slacks = np.bincount(island[grid.slack], minlength=count)
    generation = np.where(grid.source, grid.generation, UNLIMITED)
    alone = grid.slack & (slacks[island] == 1)
    generation[alone] += lack[island[alone]]
    export = np.where(alone & (generation < 0), -generation, 0)
    generation[alone] = np.maximum(generation[alone], 0)
    generation[grid.slack & ~alone] = UNLIMITED
    said = (
        "external grids make what their island lacks before the shock; where several share one, by capacity."
    )
    report.converted("nodes", _named(grid, grid.slack), said)
    said = (
        "external grids that take what their island makes and does not draw: a demand of nobody in the city."
    )
    report.converted("nodes", _named(grid, export > 0), said)
    over = (grid.capacity != UNLIMITED) & (generation > grid.capacity)
    said = "external grids that must make more than their limit before the shock, which is taken to be that."
    report.doubtful("nodes", _named(grid, over), said)
    sources = np.bincount(island[grid.source], minlength=count)
    dead = (sources[island] == 0) & (grid.demand > 0)
    report.doubtful(
        "nodes", _named(grid, dead), "draw power, but no source reaches them even before the shock."
    )
    unled = (slacks[island] == 0) & grid.source
    said = (
        "generators of an island without external grid, which a load flow counts as dead; here they feed it."
    )
    report.doubtful("nodes", _named(grid, unled), said)
    capacity = np.where(over, generation, grid.capacity)
    return generation, export, np.where(grid.source, capacity, UNLIMITED)


def _islands(grid: PowerGrid) -> Whole:
    """Return the number of the island that each node is in."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(grid.ids)
    joined = coo_array((np.ones(len(grid.tail)), (grid.tail, grid.head)), shape=(count, count))
    return np.asarray(connected_components(joined, directed=False)[1], np.int64)


def _named(grid: PowerGrid, chosen: Mask) -> list[str]:
    return [grid.ids[place] for place in np.flatnonzero(chosen).tolist()]


def _crews(nodes: Sequence[dict[str, Any]], report: Report) -> list[dict[str, Any]]:
    """Return crews at the source that makes most, or that may give most; ties by id."""

    def weight(node: dict[str, Any]) -> tuple[bool, int, int, str]:
        return not node["source"], -(node["generation"] or 0), -(node["capacity"] or 0), node["id"]

    place = min(nodes, key=weight)
    rows = [
        {
            "id": f"power crew {number}",
            "skills": "power",
            "longitude": place["longitude"],
            "latitude": place["latitude"],
        }
        for number in range(1, CREWS + 1)
    ]
    report.guessed(
        "crews", len(rows), f"{CREWS} crews at the largest source, {place['id']}, on duty round the clock."
    )
    return rows
