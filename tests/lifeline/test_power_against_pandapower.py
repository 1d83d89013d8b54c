"""DC flows of the published cases, and the lines that trip on one of them, beside pandapower's."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any

import networkx as nx
import numpy as np
import pytest
from power_worlds import MEGAWATT, grid

from lifeline.service.dc_flow import dc_flow
from lifeline.service.overload import trip_overloads
from lifeline.service.rule import SectorNetwork

pandapower = pytest.importorskip(
    "pandapower", reason="pandapower is not installed: pip install 'lifeline-recovery[power]'"
)
networks = pytest.importorskip("pandapower.networks", reason="pandapower is not installed")

# Its own old cases make it warn of itself.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:pandapower", "ignore::FutureWarning:pandapower"
)

# Columns of MATPOWER's bus, branch and generator tables.
LOAD, SHUNT = 2, 4
FROM, TO, REACTANCE, TAP, SHIFT, FLOW = 0, 1, 3, 8, 9, 13
AT, MADE = 0, 1


def solved(name: str) -> Any:
    """Return a case with its DC power flow."""
    net = getattr(networks, name)()
    pandapower.rundcpp(net)
    return net


def world(net: Any, **columns: dict[int, dict[str, Any]]) -> SectorNetwork:
    """Build the network of a solved case; bus and branch n are named by their place in its tables."""
    bus, branch, base = net._ppc["bus"], net._ppc["branch"].real, net._ppc["baseMVA"]
    nodes = {f"bus {n:04d}": columns.get("nodes", {}).get(n, {}) for n in range(len(bus))}
    for generator in net._ppc["gen"]:
        nodes[f"bus {int(generator[AT]):04d}"]["source"] = True
    links = [
        {
            "id": f"branch {n:04d}",
            "ends": f"bus {int(row[FROM]):04d}-bus {int(row[TO]):04d}",
            "x": row[REACTANCE] * (row[TAP] or 1.0) * 100.0 / base,
            "phase_shift_degrees": row[SHIFT],
            **columns.get("links", {}).get(n, {}),
        }
        for n, row in enumerate(branch)
    ]
    return grid(nodes, links)


def injections(net: Any) -> np.ndarray:
    """What is put in at each bus, in W: pandapower's slack makes what the others leave over."""
    bus = net._ppc["bus"]
    power = -(bus[:, LOAD] + bus[:, SHUNT])
    np.add.at(power, net._ppc["gen"][:, AT].astype(int), net._ppc["gen"][:, MADE])
    return np.asarray(power * MEGAWATT)


@pytest.mark.parametrize("name", ["case9", "case14", "case30", "case39", "case57", "case118", "case300"])
def test_r19_flows_are_those_of_pandapower_within_a_watt(name: str) -> None:
    net = solved(name)
    network = world(net)
    able, intact = np.ones(len(network.demand), bool), np.ones(len(network.tail), bool)
    given = injections(net)
    flow = dc_flow(network, able, intact, given)
    assert np.abs(flow / MEGAWATT - net._ppc["branch"][:, FLOW].real).max() <= 1e-6
    out = np.bincount(network.tail, flow, len(able)) - np.bincount(network.head, flow, len(able))
    assert np.abs(given - out).max() / 1e8 <= 1e-9


# The cascade on case118 -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def net() -> Any:
    return solved("case118")


def branch_flows(net: Any) -> np.ndarray:
    """Flows over the lines and then the transformers, in MW: the order of the branch table."""
    return np.concatenate([net.res_line["p_from_mw"].to_numpy(), net.res_trafo["p_hv_mw"].to_numpy()])


def ratings(net: Any, margin: float) -> np.ndarray:
    """Whole watts, at least 20 MW."""
    return np.ceil(np.maximum(margin * np.abs(branch_flows(net)), 20.0) * MEGAWATT).astype(np.int64)


def by_bus(net: Any) -> tuple[dict[int, float], dict[int, float], dict[int, float]]:
    """What is made, drawn and can be made at each bus, in MW; the transformers of case118 shift no phase."""
    made: dict[int, float] = {}
    most: dict[int, float] = {}
    for kind in ("gen", "ext_grid"):
        table, result = getattr(net, kind), getattr(net, f"res_{kind}")
        for row in table.index:
            at = int(table.at[row, "bus"])
            made[at] = made.get(at, 0.0) + result.at[row, "p_mw"]
            most[at] = most.get(at, 0.0) + max(table.at[row, "max_p_mw"], result.at[row, "p_mw"])
    drawn = net.load.groupby("bus")["p_mw"].sum().to_dict()
    return made, {int(bus): load for bus, load in drawn.items()}, most


class Loop:
    """The same rule as a loop over pandapower: an external grid in each island, fixed injections everywhere else."""

    def __init__(self, net: Any) -> None:
        self.made, self.drawn, self.most = by_bus(net)
        self.net = copy.deepcopy(net)
        for kind in ("gen", "ext_grid", "sgen", "load"):
            self.net[kind] = self.net[kind].iloc[:0]
        for bus in self.made:
            pandapower.create_sgen(self.net, bus, p_mw=0.0)
            pandapower.create_ext_grid(self.net, bus)
        for bus in self.drawn:
            pandapower.create_load(self.net, bus, p_mw=0.0)
        self.ends = [
            *zip(net.line["from_bus"].tolist(), net.line["to_bus"].tolist(), strict=True),
            *zip(net.trafo["hv_bus"].tolist(), net.trafo["lv_bus"].tolist(), strict=True),
        ]

    def balance(self, island: set[int]) -> None:
        made = sum(self.made.get(bus, 0.0) for bus in island)
        drawn = sum(self.drawn.get(bus, 0.0) for bus in island)
        spare = {bus: self.most[bus] - self.made[bus] for bus in island if bus in self.made}
        if made > drawn:
            for bus in spare:
                self.made[bus] *= drawn / made
        elif drawn - made <= sum(spare.values()):
            for bus in spare:
                self.made[bus] += (drawn - made) * spare[bus] / sum(spare.values()) if drawn > made else 0.0
        else:
            for bus in spare:
                self.made[bus] = self.most[bus]
            for bus in island & set(self.drawn):
                self.drawn[bus] *= (made + sum(spare.values())) / drawn

    def flows(self, closed: np.ndarray) -> np.ndarray:
        graph = nx.Graph()
        graph.add_nodes_from(int(bus) for bus in self.net.bus.index)
        graph.add_edges_from(end for end, shut in zip(self.ends, closed, strict=True) if shut)
        net, slack, dead = self.net, set(), set()
        for island in nx.connected_components(graph):
            self.balance(island)
            sources = sorted(bus for bus in island if bus in self.made)
            slack |= set(sources[:1])
            dead |= set() if sources else island
        net.line["in_service"], net.trafo["in_service"] = closed[: len(net.line)], closed[len(net.line) :]
        net.bus["in_service"] = ~net.bus.index.isin(dead)
        net.ext_grid["in_service"] = net.ext_grid["bus"].isin(slack)
        net.sgen["p_mw"] = list(self.made.values())
        net.load["p_mw"] = list(self.drawn.values())
        pandapower.rundcpp(net)
        return np.nan_to_num(branch_flows(net))

    def steps(self, closed: np.ndarray, rating: np.ndarray) -> Iterator[list[int]]:
        """Yield the branches that trip in each step."""
        while True:
            over = np.flatnonzero(np.abs(self.flows(closed)) * MEGAWATT > rating + 1.0)
            if not len(over):
                return
            yield over.tolist()
            closed[over] = False


def case_with_ratings(net: Any, rating: np.ndarray) -> SectorNetwork:
    made, drawn, most = by_bus(net)
    place = net._pd2ppc_lookups["bus"]
    nodes: dict[int, dict[str, Any]] = {}
    for bus, power in made.items():
        most_watts = math.ceil(most[bus] * MEGAWATT)
        nodes[int(place[bus])] = {"generation": round(power * MEGAWATT), "capacity": most_watts}
    for bus, power in drawn.items():
        nodes.setdefault(int(place[bus]), {})["demand"] = round(power * MEGAWATT)
    return world(net, nodes=nodes, links={n: {"capacity": int(most)} for n, most in enumerate(rating)})


@pytest.mark.parametrize(
    ("margin", "lost"), [(1.1, [7]), (1.2, [2, 50]), (1.2, [7, 8]), (1.3, [30, 37]), (1.1, [96])]
)
def test_the_lines_that_trip_on_case118_are_those_of_the_loop_step_by_step(
    net: Any, margin: float, lost: list[int]
) -> None:
    rating = ratings(net, margin)
    closed = np.ones(len(rating), bool)
    closed[lost] = False
    cascade = trip_overloads(case_with_ratings(net, rating), np.ones(len(net.bus), bool), closed)
    ours: dict[int, list[int]] = {}
    for trip in cascade.trips:
        ours.setdefault(trip.step, []).append(int(trip.link.removeprefix("branch ")))
    theirs = list(Loop(net).steps(closed.copy(), rating))
    assert list(ours.values()) == theirs
    assert theirs
