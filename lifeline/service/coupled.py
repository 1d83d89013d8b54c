"""Compiles a system's sectors and their rules into what the coupled loops read."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import NOT_DRAINING, NOT_FED, CompiledSystem, Ints, starts_of
from lifeline.service import COMPILED_RULES, COUNTS_NO_FLOW, RULES, TRIPS
from lifeline.service.coupled_kernels import CHANGED, CONNECTIVITY, FLOW, OUTSIDE, Coupled, Room, Sectors
from lifeline.service.flow_graph import flow_graph, in_order_of_rank, nothing_flows, room_for
from lifeline.service.flow_kernels import FlowGraph
from lifeline.service.rule import UNLIMITED, SectorNetwork, ServiceRule
from lifeline.tables import SECTORS

if TYPE_CHECKING:
    from lifeline.service import TripsLines
    from lifeline.system import System

PERMILLE = 1000
HIDDEN_SECTOR = len(SECTORS)
"Number of the sector of hidden nodes, behind the real ones."


class Outside(NamedTuple):
    """A sector whose rule is not compiled: the rule, its network, and the numbers of its nodes and links in the system.

    `trips`, where the rule has it, tells which lines trip after a shock.
    """

    rule: ServiceRule
    trips: TripsLines | None
    network: SectorNetwork
    nodes: NDArray[np.intp]
    links: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class CoupledSystem:
    """A system as the coupled loops read it: its network, its sectors with their rules, and where flow can run."""

    compiled: CompiledSystem
    sectors: Sectors
    graph: FlowGraph
    buffered: Ints
    outside: dict[int, Outside]

    @classmethod
    def of(cls, system: System, compiled_rules: Set[str] = COMPILED_RULES) -> CoupledSystem:
        """Compile a system's sectors, and make the rules that are not compiled."""
        compiled = system.compiled
        sector = _sector_of_nodes(system)
        # A sector without a node needs no rule.
        rules = [
            system.settings.rules[name] if (sector == number).any() else "connectivity"
            for number, name in enumerate(SECTORS)
        ]
        code = np.array([_code(rule, compiled_rules) for rule in rules] + [CONNECTIVITY], np.int32)
        counts = np.array([rule not in COUNTS_NO_FLOW for rule in rules] + [False])
        graph = _graph(system, code[sector] == FLOW, counts[sector])
        order = np.argsort(sector, kind="stable")
        drawing = [
            in_order_of_rank(graph, np.flatnonzero(sector == number)) if code[number] == FLOW else order[:0]
            for number in range(len(code))
        ]
        threshold = _padded(system.nodes["threshold_permille"], len(sector), PERMILLE)
        sectors = Sectors(
            sector=sector,
            code=code,
            sector_start=starts_of(sector, len(code)),
            sector_nodes=order.astype(np.int32),
            drawing_start=np.concatenate([[0], np.cumsum([len(nodes) for nodes in drawing])]).astype(
                np.int32
            ),
            drawing=np.concatenate(drawing).astype(np.int32),
            enough=-(-graph.demand * threshold // PERMILLE),
            hidden_from=compiled.node_count,
        )
        buffered = np.flatnonzero(compiled.network.group_buffer > 0).astype(np.int32)
        return cls(compiled, sectors, graph, buffered, _outside(system, rules, code))

    def all_at_work(self) -> Coupled:
        """Return the state in which every node is at work, nothing has been worked out and no buffer holds anything."""
        network, sectors = self.compiled.network, self.sectors
        nodes, groups, count = len(network.source), len(network.group_dependent), len(sectors.code)
        return Coupled(
            works=np.ones(nodes, np.uint8),
            node_intact=np.ones(nodes, np.uint8),
            link_intact=np.ones(len(network.link_from), np.uint8),
            able=np.ones(nodes, np.uint8),
            reached=np.zeros(nodes, np.uint8),
            outside_reached=np.zeros(nodes, np.uint8),
            feed_link=np.full(nodes, NOT_FED, np.int32),
            providers_working=np.diff(network.provider_start).astype(np.int32),
            unmet=np.zeros(nodes, np.int32),
            buffer_left=np.zeros(groups, np.int32),
            drains_since=np.full(groups, NOT_DRAINING, np.int32),
            waived=np.zeros(nodes, np.uint8),
            falls=np.zeros(nodes, np.uint8),
            dirty=np.full(count, CHANGED, np.int32),
            answered=np.zeros(count, np.uint8),
            changed=np.ones(count, np.uint8),
            level=np.zeros(nodes, np.int64),
            flow=nothing_flows(self.graph),
        )

    def room(self) -> Room:
        """Return room for the loops."""
        nodes = len(self.compiled.network.source)
        return Room(
            queue=np.zeros(nodes, np.int32),
            flipped=np.zeros(nodes, np.int32),
            old_feed=np.zeros(nodes, np.int32),
            passing=np.zeros(nodes, np.uint8),
            search=room_for(self.graph),
        )


def copy_of(state: Coupled) -> Coupled:
    """Return the same state in arrays of its own."""
    parts: dict[str, Any] = {name: array.copy() for name, array in state._asdict().items() if name != "flow"}
    return Coupled(**parts, flow=type(state.flow)(*(array.copy() for array in state.flow)))


def _code(rule: str, compiled_rules: Set[str]) -> int:
    if rule not in compiled_rules:
        return OUTSIDE
    return FLOW if rule == "flow" else CONNECTIVITY


def _sector_of_nodes(system: System) -> Ints:
    total = len(system.compiled.network.source)
    sector = np.full(total, HIDDEN_SECTOR, np.int32)
    names = system.nodes["sector"].to_numpy(dtype=object)
    for number, name in enumerate(SECTORS):
        sector[: len(names)][names == name] = number
    return sector


def _padded(column: Any, total: int, hidden: int) -> NDArray[np.int64]:
    """Return a column of the nodes, with one value for the hidden nodes behind them."""
    values = np.full(total, hidden, np.int64)
    values[: len(column)] = column.to_numpy(dtype=np.int64)
    return values


def _graph(system: System, flows: NDArray[np.bool_], counts: NDArray[np.bool_]) -> FlowGraph:
    compiled, total = system.compiled, len(flows)
    nodes, links, network = system.nodes, system.links, system.compiled.network
    value = np.zeros(total, np.int64)
    np.add.at(value, compiled.portions.node, compiled.portions.weight)
    link = np.flatnonzero(flows[network.link_from])
    return flow_graph(
        source=(network.source > 0) & flows,
        demand=np.where(counts, _padded(nodes["demand"], total, 0), 0),
        value=value,
        capacity=np.where(flows, _padded(nodes["capacity"], total, UNLIMITED), UNLIMITED),
        tail=network.link_from[link].astype(np.int64),
        head=network.link_to[link].astype(np.int64),
        directed=links["directed"].to_numpy(dtype=bool)[link],
        link=link.astype(np.int64),
        link_capacity=links["capacity"].to_numpy(dtype=np.int64)[link],
    )


def _outside(system: System, rules: list[str], code: Ints) -> dict[int, Outside]:
    """Make the rules that are not compiled."""
    found = {}
    for number, (sector, rule) in enumerate(zip(SECTORS, rules, strict=True)):
        if code[number] == OUTSIDE:
            nodes = np.flatnonzero(system.nodes["sector"].to_numpy() == sector)
            links = np.flatnonzero(system.links["sector"].to_numpy() == sector)
            network = SectorNetwork.of(system, sector)
            trips = TRIPS[rule]() if rule in TRIPS else None
            made = RULES[rule]()(network, system.settings)
            found[number] = Outside(made, trips, network, nodes, links)
    return found
