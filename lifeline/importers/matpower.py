"""Imports a power grid out of a MATPOWER case (.m, format version 2). `docs/importing.md` says what becomes of what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lifeline.importers.importer import Imported, Report
from lifeline.importers.matpower_files import ISOLATED, REFERENCE, MatpowerCase, read_case
from lifeline.importers.node_flows import NodeFlows
from lifeline.importers.power_grid import (
    TRANSMISSION_KV,
    PowerGrid,
    bus_kinds,
    limit,
    line_kinds,
    system_of,
    watts,
)
from lifeline.importers.row_names import row_names
from lifeline.system import Settings

Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]

BASE_MVA = 100.0


def read_matpower(
    path: str | Path, *, crs: str | None = None, origin: str | None = None, per_person: float | None = None
) -> Imported:
    """Make a System of a MATPOWER case, and say what was changed on the way.

    A case has no coordinates: the grid is drawn around `origin` (LON,LAT). `per_person` is how many W one person
    draws. InvalidInput lists every bad row.
    """
    case = read_case(Path(path))
    report = Report()
    grid = _grid(case, report)
    report.dropped(
        "mpc", [f"mpc.{name}" for name in case.others], "parts of the case that lifeline has no use for."
    )
    report.guessed("settings", 1, "start is midnight of 1 January 2026, UTC: the file has no date.")
    size = f"{len(grid.ids):,} nodes and {len(grid.link_ids):,} links of power"
    settings = Settings(name=Path(path).stem, description=f"Imported from a MATPOWER case: {size}.")
    system = system_of(
        grid, settings, report, where=case.where, crs=crs, origin=origin, per_person=per_person
    )
    return Imported(system, tuple(report.notes))


def _grid(case: MatpowerCase, report: Report) -> PowerGrid:
    bus, branch = case.bus, case.branch
    numbers = bus.values("bus_i")
    alive = bus.values("type") != ISOLATED
    kept = np.flatnonzero(alive)
    place = np.cumsum(alive) - 1
    ids, link_ids = _ids(case, report)
    report.dropped("nodes", _of(ids, ~alive), "buses of type 4, which are isolated.")
    power = _powers(case, alive, ids, report)
    tail, head = (np.searchsorted(numbers, branch.values(end)) for end in ("fbus", "tbus"))
    inside = alive[tail] & alive[head]
    working = (branch.values("status") > 0) & inside & (tail != head)
    report.dropped(
        "links", _of(link_ids, branch.values("status") == 0), "branches out of service (status 0)."
    )
    dangling = ~inside | (tail == head)
    report.dropped("links", _of(link_ids, dangling), "branches at an isolated bus, or from a bus to itself.")
    rows = np.flatnonzero(working)
    ratio = branch.values("ratio")[rows]
    reactance = branch.values("x")[rows] * np.where(ratio == 0, 1, ratio) * BASE_MVA / case.base_mva
    rated = branch.values("rateA")[rows]
    links = _of(link_ids, working)
    report.doubtful(
        "links", [links[row] for row in np.flatnonzero(reactance == 0)], "have no reactance, like a switch."
    )
    kilovolts = _kilovolts(case, ids, report)
    # A ratio that is given, be it 1, is what tells a transformer from a line.
    kinds = np.where(ratio != 0, "transformer", np.array(line_kinds(kilovolts[tail[rows]]), dtype=object))
    return PowerGrid(
        ids=[ids[row] for row in kept.tolist()],
        kinds=bus_kinds(kilovolts[kept]),
        districts=[""] * len(kept),
        x=np.full(len(kept), np.nan),
        y=np.full(len(kept), np.nan),
        demand=watts(power.drawn)[kept],
        source=power.source[kept],
        slack=power.slack[kept],
        generation=watts(power.fed)[kept],
        capacity=limit(power.most)[kept],
        link_ids=links,
        link_kinds=kinds.tolist(),
        tail=place[tail[rows]],
        head=place[head[rows]],
        length_km=np.where(ratio != 0, 0.0, np.nan),
        link_capacity=limit(np.where(rated == 0, np.inf, rated)),
        reactance_pu=reactance,
        shift_degrees=branch.values("angle")[rows],
    )


def _ids(case: MatpowerCase, report: Report) -> tuple[list[str], list[str]]:
    """Return ids of buses by name or number, and of branches by their row in the matrix, counted from 1."""
    numbers = case.bus.values("bus_i").tolist()
    names = [case.bus_names.get(number, "") for number in numbers]
    rows = (case.branch.values("line") + 1).tolist()
    found = row_names({"bus": (names, numbers), "branch": ([""] * len(rows), rows)}, report, "ids")
    return found["bus"], found["branch"]


def _of(names: list[str], chosen: Mask) -> list[str]:
    return [names[row] for row in np.flatnonzero(chosen).tolist()]


def _kilovolts(case: MatpowerCase, ids: list[str], report: Report) -> NDArray[np.float64]:
    told = case.bus.values("baseKV")
    said = f"have no base voltage, and count as {TRANSMISSION_KV:g} kV."
    report.guessed("nodes", _of(ids, told == 0), said)
    return np.where(told == 0, TRANSMISSION_KV, told)


def _powers(case: MatpowerCase, alive: Mask, ids: list[str], report: Report) -> NodeFlows:
    """Sum up what is drawn (Pd, and Gs at 1 per unit) and fed in at each bus; the reference bus is the slack."""
    bus, gen = case.bus, case.gen
    power = NodeFlows(len(bus.rows), report)
    there = np.flatnonzero(alive)
    for column in ("Pd", "Gs"):
        power.draw("bus", [ids[row] for row in there.tolist()], there, bus.values(column)[there])
    place = np.searchsorted(bus.values("bus_i"), gen.values("bus"))
    labels = [f"gen {row}" for row in (gen.values("line") + 1).tolist()]
    on = (gen.values("status") > 0) & alive[place]
    report.dropped("gen", _of(labels, ~on), "generators out of service, or at an isolated bus.")
    power.feed("gen", _of(labels, on), place[on], gen.values("Pg")[on], gen.values("Pmax")[on])
    power.slack |= power.source & (bus.values("type") == REFERENCE)
    return power
