"""Motors, loads, generators and external grids of a power grid as nodes of their own, where somebody names them.

The importer of power grids adds up at each bus what is drawn and fed in there. A pump that needs its motor, or a
disruption that breaks a generator, means one row of that sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lifeline.importers.importer import Report
from lifeline.importers.pandapower_files import WATTS_PER_MEGAWATT, PandapowerNet, read_net, rows_with
from lifeline.importers.pandapower_injections import drawn_megawatts
from lifeline.service.rule import UNLIMITED
from lifeline.system import System

DRAWING = ("load", "motor", "storage")
FEEDING = ("gen", "sgen", "ext_grid")


@dataclass(frozen=True)
class Appliance:
    """One row of a power grid's file that hangs on a bus: how many watts it draws, or that it feeds in."""

    name: str
    kind: str
    bus: str
    watts: int
    feeds: bool


@dataclass(frozen=True, eq=False)
class Appliances:
    """The appliances that are to be nodes of their own, and how many feed in at each bus."""

    wanted: Mapping[str, Appliance]
    feeding: Mapping[str, int]

    @classmethod
    def of(cls, path: Path, names: Set[str]) -> Appliances:
        """Read the appliances of these names out of a pandapower file; what is out of service is not among them."""
        net = read_net(path)
        wanted: dict[str, Appliance] = {}
        feeding: Counter[str] = Counter()
        for table in (*DRAWING, *FEEDING):
            for appliance in _rows(net, table):
                feeding[appliance.bus] += appliance.feeds
                if appliance.name in names:
                    wanted[appliance.name] = appliance
        return cls(wanted, feeding)

    def apart(self, system: System, report: Report) -> System:
        """Take each appliance out of its bus: a node beside it, joined to it, with its part of demand or supply."""
        taken = {*system.nodes["id"], *system.links["id"]}
        chosen = [
            appliance
            for _, appliance in sorted(self.wanted.items())
            if appliance.name not in taken and appliance.bus in taken
        ]
        if not chosen:
            return system
        nodes: dict[str, Any] = {row["id"]: row for row in system.nodes.to_dict("records")}
        drawn_before = {bus: int(row["demand"]) for bus, row in nodes.items()}
        links = []
        for appliance in chosen:
            bus = nodes[appliance.bus]
            nodes[appliance.name] = self._beside(appliance, bus)
            links.append(_join(appliance))
        said = "are nodes of their own, joined to their bus, with their part of its demand or supply."
        report.converted("nodes", [f"{one.name} at {one.bus}" for one in chosen], said)
        several = [one.name for one in chosen if one.feeds and self.feeding[one.bus] > 1]
        said = "share their bus with others that feed in: the bus stays a source without them."
        report.doubtful("nodes", several, said)
        customers, supplies = _people_left(system, nodes, drawn_before, report)
        return system.replace(
            nodes=pd.DataFrame(list(nodes.values())),
            links=pd.concat([system.links, pd.DataFrame(links)], ignore_index=True),
            customers=customers,
            supplies=supplies,
        )

    def _beside(self, appliance: Appliance, bus: dict[Any, Any]) -> dict[Any, Any]:
        node = {**bus, "id": appliance.name, "kind": appliance.kind, "demand": 0, "source": False}
        node |= {"capacity": UNLIMITED, "generation": UNLIMITED}
        if not appliance.feeds:
            part = min(appliance.watts, int(bus["demand"]))
            bus["demand"] = int(bus["demand"]) - part
            return node | {"demand": part}
        node["source"] = True
        if self.feeding[appliance.bus] == 1:
            node |= {"capacity": bus["capacity"], "generation": bus["generation"]}
            bus |= {"source": False, "capacity": UNLIMITED, "generation": UNLIMITED}
        return node


def _rows(net: PandapowerNet, table: str) -> list[Appliance]:
    good, _ = rows_with(net, table, "bus")

    def read(column: str) -> Any:
        return net[table].values(column)[good]

    buses = net["bus"].values("name")[net.place("bus", read("bus"))]
    feeds = table in FEEDING
    megawatts = [0.0] * len(good) if feeds else drawn_megawatts(table, read).tolist()
    return [
        Appliance(name, table.replace("_", " "), bus, round(max(0.0, amount) * WATTS_PER_MEGAWATT), feeds)
        for name, bus, amount in zip(read("name").tolist(), buses.tolist(), megawatts, strict=True)
    ]


def _join(appliance: Appliance) -> dict[Any, Any]:
    return {
        "id": f"{appliance.name} connection",
        "sector": "power",
        "from_node": appliance.bus,
        "to_node": appliance.name,
        "kind": "connection",
        "length_km": 0.0,
        "reactance_pu": 0.0,
        "directed": False,
        "capacity": UNLIMITED,
    }


def _people_left(
    system: System, nodes: Mapping[Any, Mapping[Any, Any]], drawn_before: Mapping[Any, int], report: Report
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return customers and supplies with those people taken away who were guessed out of an appliance's demand."""
    node_of = dict(zip(system.supplies["customer"], system.supplies["node"], strict=True))
    persons, changed = [], []
    for customer, before in zip(system.customers["id"], system.customers["persons"], strict=True):
        node = node_of[customer]
        whole, rest = drawn_before[node], int(nodes[node]["demand"])
        left = before if whole == rest else round(before * rest / whole)
        persons.append(left)
        if left != before:
            changed.append(f"{customer}: {before:,} are {left:,}")
    report.converted(
        "customers", changed, "without those who were guessed out of the demand of motors and the like."
    )
    customers = system.customers.assign(persons=persons)
    customers = customers[customers["persons"] > 0]
    supplies = system.supplies[system.supplies["customer"].isin(customers["id"])]
    return customers, supplies
