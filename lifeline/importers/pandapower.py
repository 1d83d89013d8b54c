"""Imports a network of pandapower (https://www.pandapower.org), versions 2 and 3, out of its JSON file.

The file is read as plain data: pandapower is not needed, and nothing in the file is run. `docs/importing.md` says what
becomes of each table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifeline.importers.importer import Imported, Report
from lifeline.importers.pandapower_branches import (
    SIDES,
    Branches,
    bus_switches,
    impedances,
    lines,
    three_windings,
    transformers,
)
from lifeline.importers.pandapower_files import TABLES, PandapowerNet, read_net, rows_with
from lifeline.importers.pandapower_injections import injections
from lifeline.importers.plain_json import INDEX, json_value
from lifeline.importers.power_grid import PowerGrid, bus_kinds, limit, line_kinds, system_of, watts
from lifeline.importers.row_names import Names, row_names
from lifeline.system import Settings

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

# Tables whose rows become nodes or links, and so need ids.
_NAMED = ("bus", "line", "trafo", "trafo3w", "impedance", "switch")
_UNUSED = (
    "columns for reactive power, losses, set points, short circuits and costs, which lifeline has no use for."
)


def read_pandapower(
    path: str | Path, *, crs: str | None = None, origin: str | None = None, per_person: float | None = None
) -> Imported:
    """Make a System of a pandapower JSON file, and say what was changed on the way.

    `crs` says what the coordinates are, `origin` (LON,LAT) where a drawing belongs, `per_person` how many W one
    person draws. InvalidInput lists every bad row of the file.
    """
    net = read_net(Path(path))
    report = Report()
    names = _names(net, report)
    links = _links(net, names, report)
    grid = _grid(net, names, links, report)
    _tell_of_what_is_not_read(net, report)
    title = net.plain.values.get("name")
    named = title if isinstance(title, str) and title.strip() else Path(path).stem
    size = f"{len(grid.ids):,} nodes and {len(grid.link_ids):,} links of power"
    description = f"Imported from a file of pandapower: {size}."
    settings = Settings(name=named.strip()[:200], description=description)
    report.guessed("settings", 1, "start is midnight of 1 January 2026, UTC: the file has no date.")
    system = system_of(
        grid, settings, report, where=net.plain.where, crs=crs, origin=origin, per_person=per_person
    )
    return Imported(system, tuple(report.notes))


def _names(net: PandapowerNet, report: Report) -> Names:
    tables = {name: (net[name].values("name").tolist(), net.numbers(name).tolist()) for name in _NAMED}
    # Only switches between buses become links and need names.
    between = (net["switch"].values("et") == "b").tolist()
    named, numbers = tables["switch"]
    tables["switch"] = list(compress(named, between)), list(compress(numbers, between))
    names = dict(row_names(tables, report, "ids"))
    placed = iter(names["switch"])
    names["switch"] = [next(placed) if one else "" for one in between]
    return names


@dataclass(frozen=True, eq=False)
class _Link:
    """Links of one table with their ids and kinds."""

    ids: list[str]
    kinds: list[str]
    branches: Branches


def _links(net: PandapowerNet, names: Names, report: Report) -> list[_Link]:
    """Return all links that carry something; the others are told of one by one."""
    cut = _cut_by_switches(net)

    def carrying(table: str, *ends: str) -> Whole:
        good, bad = rows_with(net, table, *ends)
        opened = np.isin(good, cut.get(table, []))
        report.dropped("links", _of(names[table], bad), f"{table} rows out of service, or at a bus that is.")
        said = f"{table} rows with an open switch at an end: nothing flows there."
        report.dropped("links", _of(names[table], good[opened]), said)
        return good[~opened]

    line_rows = carrying("line", "from_bus", "to_bus")
    trafo_rows = carrying("trafo", "hv_bus", "lv_bus")
    impedance_rows = carrying("impedance", "from_bus", "to_bus")
    along = lines(net, line_rows)
    found = [
        _Link(_of(names["line"], line_rows), line_kinds(net["bus"].values("vn_kv")[along.tail]), along),
        _link("transformer", names["trafo"], transformers(net, trafo_rows)),
        _link("impedance", names["impedance"], impedances(net, impedance_rows)),
        _link("switch", names["switch"], _closed_switches(net, names, report)),
        *_three_winding_legs(net, names, cut["trafo3w"], report),
    ]
    zero = [
        link
        for part in found[:3]
        for link, x in zip(part.ids, part.branches.reactance_pu, strict=True)
        if x == 0
    ]
    report.doubtful("links", zero, "have no reactance, like a closed switch.")
    dependent = [
        name
        for table in ("trafo", "trafo3w")
        for name in compress(names[table], net[table].values("tap_dependency_table").tolist())
    ]
    report.dropped(
        "links", dependent, "tables of how reactance goes with the tap position; the rated one is taken."
    )
    return found


def _cut_by_switches(net: PandapowerNet) -> dict[str, Any]:
    """Return the rows of lines and transformers that an open switch cuts; of trafo3w pairs of row and bus."""
    switch = net["switch"]
    opened = ~switch.values("closed")
    cut: dict[str, Any] = {}
    for kind, table in (("l", "line"), ("t", "trafo")):
        here = opened & (switch.values("et") == kind)
        cut[table] = net.place(table, switch.values("element")[here])
    here = opened & (switch.values("et") == "t3")
    rows = net.place("trafo3w", switch.values("element")[here])
    cut["trafo3w"] = set(zip(rows.tolist(), switch.values("bus")[here].tolist(), strict=True))
    return cut


def _closed_switches(net: PandapowerNet, names: Names, report: Report) -> Branches:
    switch = net["switch"]
    between = np.flatnonzero(switch.values("et") == "b")
    alive = net["bus"].values("in_service")
    ends = [net.place("bus", switch.values(end)[between]) for end in ("bus", "element")]
    closed = switch.values("closed")[between]
    working = closed & alive[ends[0]] & alive[ends[1]] & (ends[0] != ends[1])
    report.dropped(
        "links", _of(names["switch"], between[~closed]), "switch rows between buses that are open."
    )
    report.dropped(
        "links", _of(names["switch"], between[closed & ~working]), "switch rows at a bus out of service."
    )
    others = len(switch.rows) - len(between)
    report.converted(
        "links", others, "switch rows at lines and transformers: closed ones are part of what they switch."
    )
    return bus_switches(net, between[working])


def _three_winding_legs(
    net: PandapowerNet, names: Names, cut: set[tuple[int, int]], report: Report
) -> list[_Link]:
    """Return transformers with three windings as a star of three links around a node of their own."""
    table = net["trafo3w"]
    good, bad = rows_with(net, "trafo3w")
    report.dropped("links", _of(names["trafo3w"], bad), "trafo3w rows out of service.")
    star = len(net["bus"].rows) + np.arange(len(table.rows))
    alive = net["bus"].values("in_service")
    found = []
    for side, branches in three_windings(net, good, star[good]).items():
        buses = table.values(f"{side}_bus")[good]
        ids = [f"{name} {side}" for name in _of(names["trafo3w"], good)]
        opened = np.array(
            [pair in cut for pair in zip(good.tolist(), buses.tolist(), strict=True)], dtype=bool
        )
        kept = alive[net.place("bus", buses)] & ~opened
        report.dropped(
            "links",
            _of(ids, np.flatnonzero(~kept)),
            "sides of trafo3w rows with an open switch or a dead bus.",
        )
        found.append(
            _Link(_of(ids, np.flatnonzero(kept)), ["transformer"] * int(kept.sum()), _taken(branches, kept))
        )
    said = f"trafo3w rows became a node in the middle and a link to each of {', '.join(SIDES)}."
    report.converted("nodes", _of(names["trafo3w"], good), said)
    return found


def _taken(branches: Branches, kept: Any) -> Branches:
    return Branches(**{name: values[kept] for name, values in vars(branches).items()})


def _link(kind: str, names: list[str], branches: Branches) -> _Link:
    return _Link(_of(names, branches.rows), [kind] * len(branches.rows), branches)


def _of(names: list[str], rows: Any) -> list[str]:
    return [names[row] for row in rows.tolist()]


def _grid(net: PandapowerNet, names: Names, links: list[_Link], report: Report) -> PowerGrid:
    """Put nodes, links and powers together; buses out of service, and stars without a leg, are left out."""
    bus = net["bus"]
    power = injections(net, report)
    stars = len(net["trafo3w"].rows)
    tail, head = (np.concatenate([getattr(part.branches, end) for part in links]) for end in ("tail", "head"))
    alive = np.append(bus.values("in_service"), np.zeros(stars, bool))
    alive[np.append(tail, head)] = True
    kept = np.flatnonzero(alive)
    place = np.cumsum(alive) - 1
    report.dropped(
        "nodes", _of(names["bus"], np.flatnonzero(~bus.values("in_service"))), "bus rows out of service."
    )
    x, y = _coordinates(net)
    nothing = np.zeros(stars, np.int64)

    def column(name: str) -> Any:
        return np.concatenate([getattr(part.branches, name) for part in links])

    def of_nodes(values: Any, of_star: Any) -> Any:
        return np.append(values, of_star)[kept]

    return PowerGrid(
        ids=_of([*names["bus"], *names["trafo3w"]], kept),
        kinds=_of([*bus_kinds(bus.values("vn_kv")), *["transformer"] * stars], kept),
        districts=_of([*bus.values("zone").tolist(), *[""] * stars], kept),
        x=of_nodes(x, np.full(stars, np.nan)),
        y=of_nodes(y, np.full(stars, np.nan)),
        demand=of_nodes(watts(power.drawn), nothing),
        source=of_nodes(power.source, nothing.astype(bool)),
        slack=of_nodes(power.slack, nothing.astype(bool)),
        generation=of_nodes(watts(power.fed), nothing),
        capacity=of_nodes(limit(power.most), nothing),
        link_ids=[link for part in links for link in part.ids],
        link_kinds=[kind for part in links for kind in part.kinds],
        tail=place[tail],
        head=place[head],
        length_km=column("length_km"),
        link_capacity=limit(column("capacity_mva")),
        reactance_pu=column("reactance_pu"),
        shift_degrees=column("shift_degrees"),
    )


def _coordinates(net: PandapowerNet) -> tuple[Floats, Floats]:
    """Return x and y of the buses: GeoJSON points in `geo` (version 3), or the table bus_geodata (version 2)."""
    numbers = net.numbers("bus")
    x, y = np.full(len(numbers), np.nan), np.full(len(numbers), np.nan)
    drawn = net["bus_geodata"]
    if len(drawn.rows):
        known = np.isin(drawn.values(INDEX), numbers)
        place = net.place("bus", drawn.values(INDEX)[known])
        x[place], y[place] = drawn.values("x")[known], drawn.values("y")[known]
    for row, text in enumerate(net["bus"].values("geo").tolist()):
        point = _point(json_value(text)) if text else None
        if point is not None:
            x[row], y[row] = point
    return x, y


def _point(geometry: Any) -> tuple[float, float] | None:
    """Return the place of a GeoJSON point, None when it is none."""
    coordinates = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        return None
    x, y = coordinates[:2]
    if type(x) not in (int, float) or type(y) not in (int, float):
        return None
    return (float(x), float(y)) if max(abs(x), abs(y)) <= 1e9 else None


def _tell_of_what_is_not_read(net: PandapowerNet, report: Report) -> None:
    plain = net.plain
    for name in sorted(set(plain.tables) - set(TABLES)):
        if len(plain.tables[name]) and not name.startswith(("res_", "_")):
            report.dropped(name, len(plain.tables[name]), "rows of a table that lifeline has no use for.")
    others = sorted(name for name in plain.objects if not name.startswith("_"))
    report.dropped("other", others, "objects that are no tables, left alone and not run.")
    unused = {
        f"{name}.{column}"
        for name, table in TABLES.items()
        if name in plain.tables and len(plain.tables[name])
        for column in plain.tables[name].columns
        if column not in table.column_names
    }
    report.dropped("columns", sorted(unused), _UNUSED)
