"""What is drawn and fed in at each bus of a pandapower file, as its `rundcpp` counts it at a voltage of 1 per unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifeline.importers.importer import Report
from lifeline.importers.node_flows import NodeFlows
from lifeline.importers.pandapower_files import PandapowerNet, rows_with

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

FOLLOWERS = ("pv", "solar", "wp", "wind", "wka")
"Types of static generators that follow the grid's voltage and cannot hold one up alone, by pandapower's usage."


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of one table that are in service, with their names for the report."""

    read: Callable[[str], Any]
    labels: list[str]

    def among(self, chosen: NDArray[np.bool_]) -> _Rows:
        named = [label for label, taken in zip(self.labels, chosen.tolist(), strict=True) if taken]
        return _Rows(lambda name: self.read(name)[chosen], named)


@dataclass(frozen=True, eq=False)
class _Adding:
    net: PandapowerNet
    total: NodeFlows

    def rows(self, table: str, *ends: str) -> _Rows:
        """Return the rows in service; the others are told of."""
        good, bad = rows_with(self.net, table, *(ends or ("bus",)))
        names, numbers = self.net[table].values("name"), self.net.numbers(table)
        good_labels, bad_labels = (
            [names[row] or f"{table} {numbers[row]}" for row in rows.tolist()] for rows in (good, bad)
        )
        self.total.report.dropped(table, bad_labels, "rows out of service, or at a bus that is.")
        values = self.net[table].values
        return _Rows(lambda name: values(name)[good], good_labels)

    def draw(self, table: str, rows: _Rows, megawatts: Floats, end: str = "bus") -> None:
        self.total.draw(table, rows.labels, self.net.place("bus", rows.read(end)), megawatts)

    def feed(self, table: str, rows: _Rows, megawatts: Floats, most: Floats, end: str = "bus") -> None:
        self.total.feed(table, rows.labels, self.net.place("bus", rows.read(end)), megawatts, most)


def injections(net: PandapowerNet, report: Report) -> NodeFlows:
    """Sum up all that is drawn and fed in at each bus."""
    adding = _Adding(net, NodeFlows(len(net["bus"].rows), report))
    _loads(adding)
    _shunts_and_wards(adding)
    _generators(adding)
    _dc_lines(adding)
    rows = adding.rows("ext_grid")
    most = rows.read("max_p_mw")
    adding.total.balance(net.place("bus", rows.read("bus")), np.where(np.isnan(most), np.inf, most))
    return adding.total


def _loads(adding: _Adding) -> None:
    for table in ("load", "storage", "motor"):
        rows = adding.rows(table)
        adding.draw(table, rows, drawn_megawatts(table, rows.read))
    rows = adding.rows("asymmetric_load")
    adding.draw("asymmetric_load", rows, _three_phases(rows))


def drawn_megawatts(table: str, read: Callable[[str], Any]) -> Floats:
    """Return what rows of the tables load, storage or motor draw; `read` gives their columns."""
    if table == "motor":
        loading = read("loading_percent") * read("scaling")
        return np.asarray(read("pn_mech_mw") / read("efficiency_percent") * loading, float)
    return np.asarray(read("p_mw") * read("scaling"), float)


def _three_phases(rows: _Rows) -> Floats:
    megawatts: Floats = (rows.read("p_a_mw") + rows.read("p_b_mw") + rows.read("p_c_mw")) * rows.read(
        "scaling"
    )
    return megawatts


def _shunts_and_wards(adding: _Adding) -> None:
    """Add what goes with the square of the voltage as it is at 1 per unit."""
    net = adding.net
    rows = adding.rows("shunt")
    at_bus = net["bus"].values("vn_kv")[net.place("bus", rows.read("bus"))]
    rated = np.where(np.isnan(rows.read("vn_kv")), at_bus, rows.read("vn_kv"))
    adding.draw("shunt", rows, rows.read("p_mw") * rows.read("step") * (at_bus / rated) ** 2)
    for table in ("ward", "xward"):
        rows = adding.rows(table)
        adding.draw(table, rows, rows.read("ps_mw") + rows.read("pz_mw"))


def _generators(adding: _Adding) -> None:
    rows = adding.rows("gen")
    adding.feed("gen", rows, rows.read("p_mw") * rows.read("scaling"), rows.read("max_p_mw"))
    slack = rows.among(rows.read("slack"))
    adding.total.slack[adding.net.place("bus", slack.read("bus"))] = True
    rows = _leaders(adding, "sgen")
    adding.feed("sgen", rows, rows.read("p_mw") * rows.read("scaling"), rows.read("max_p_mw"))
    rows = _leaders(adding, "asymmetric_sgen")
    adding.feed("asymmetric_sgen", rows, _three_phases(rows), _three_phases(rows))


def _leaders(adding: _Adding, table: str) -> _Rows:
    """Return static generators but for those that cannot feed anybody alone, which are told of."""
    rows = adding.rows(table)
    follows = np.array([kind.casefold() in FOLLOWERS for kind in rows.read("type").tolist()], dtype=bool)
    said = "solar and wind follow the voltage of the grid and feed nobody alone; no sources."
    adding.total.report.dropped(table, rows.among(follows).labels, said)
    return rows.among(~follows)


def _dc_lines(adding: _Adding) -> None:
    """Count a direct-current line as pandapower does: drawn at one end, fed in less its losses at the other."""
    rows = adding.rows("dcline", "from_bus", "to_bus")
    megawatts = rows.read("p_mw")
    arriving = megawatts * (1 - rows.read("loss_percent") / 100) - rows.read("loss_mw")
    said = "a load at one end and a source at the other, which goes on when the first end is dark."
    adding.total.report.doubtful("dcline", rows.labels, said)
    adding.draw("dcline", rows, megawatts, "from_bus")
    adding.feed("dcline", rows, arriving, arriving, "to_bus")
