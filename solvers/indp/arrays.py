"""Lays an INDP out in arrays for the compiled search."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from solvers.indp.flow_kernels import Bytes, Floats, Longs, Net
from solvers.indp.problem import IndpNetwork, IndpProblem


@dataclass(frozen=True)
class Layout:
    """A problem as arrays; `node_place` and `link_place` say where the network's own nodes and links went."""

    problem: IndpProblem
    net: Net
    node_place: Longs
    link_place: Longs

    @cached_property
    def element_node(self) -> Longs:
        """The node each element is, -1 for links."""
        return np.array(
            [self.node_place[e.place] if e.is_node else -1 for e in self.problem.elements], np.int64
        )

    @cached_property
    def element_link(self) -> Longs:
        """The link each element is, -1 for nodes."""
        return np.array(
            [-1 if e.is_node else self.link_place[e.place] for e in self.problem.elements], np.int64
        )

    @cached_property
    def touches(self) -> NDArray[np.bool_]:
        """Whether an element's repair can change a layer, directly or by what needs it: [element, layer]."""
        network = self.problem.network
        touched = np.zeros((len(self.problem.elements), len(network.layers)), np.bool_)
        for number, element in enumerate(self.problem.elements):
            own = element.place if element.is_node else network.links[element.place].u
            reached = {own} if element.is_node else set()
            while more := {n.depender for n in network.needs if n.dependee in reached} - reached:
                reached |= more
            for node in {own, *reached}:
                touched[number, network.layers.index(network.nodes[node].layer)] = True
        return touched

    @cached_property
    def repair_cost(self) -> Floats:
        """USD for the repair of each element."""
        return np.array([element.cost for element in self.problem.elements], float)

    @cached_property
    def spaces(self) -> tuple[Longs, Longs]:
        """The spaces each element crosses, in a row, and where each element's begin."""
        crossed = [element.spaces for element in self.problem.elements]
        return (
            np.array([space for spaces in crossed for space in spaces], np.int64),
            np.cumsum([0, *map(len, crossed)]).astype(np.int64),
        )

    @cached_property
    def intact(self) -> tuple[Bytes, Bytes]:
        """Which nodes and which links are not broken."""
        nodes = np.ones(len(self.net.balance), np.uint8)
        links = np.ones(len(self.net.capacity), np.uint8)
        nodes[self.element_node[self.element_node >= 0]] = 0
        links[self.element_link[self.element_link >= 0]] = 0
        return nodes, links


def lay_out(problem: IndpProblem) -> Layout:
    """Return the arrays of a problem; nodes and links are sorted by layer, and else keep their order."""
    network = problem.network
    nodes = sorted(range(len(network.nodes)), key=lambda place: network.nodes[place].layer)
    links = sorted(range(len(network.links)), key=lambda place: network.nodes[network.links[place].u].layer)
    node_place, link_place = np.argsort(nodes).astype(np.int64), np.argsort(links).astype(np.int64)
    return Layout(problem, _net(network, nodes, links, node_place), node_place, link_place)


def _net(network: IndpNetwork, nodes: list[int], links: list[int], node_place: Longs) -> Net:
    told = [network.nodes[place] for place in nodes]
    ends = [network.links[place] for place in links]
    u = np.array([node_place[link.u] for link in ends], np.int64)
    v = np.array([node_place[link.v] for link in ends], np.int64)
    ends_of = list(zip(u.tolist(), v.tolist(), strict=True))
    ways = sorted(way for k, (a, b) in enumerate(ends_of) for way in ((a, k, b), (b, k, a)))
    needs = [network.needs_of.get(place, ()) for place in nodes]
    words = np.random.Generator(np.random.PCG64(0)).integers(1, 2**63, len(nodes) + len(links), np.uint64)
    return Net(
        _starts([node.layer for node in told], network.layers),
        _starts([network.nodes[link.u].layer for link in ends], network.layers),
        np.array([node.balance for node in told], float),
        np.array([node.penalty_over for node in told], float),
        np.array([node.penalty_under for node in told], float),
        u,
        v,
        np.array([link.capacity for link in ends], float),
        np.array([link.flow_cost for link in ends], float),
        np.searchsorted([way[0] for way in ways], np.arange(len(nodes) + 1)).astype(np.int64),
        np.array([way[1] for way in ways], np.int64),
        np.array([way[2] for way in ways], np.int64),
        np.cumsum([0, *map(len, needs)]).astype(np.int64),
        np.array([node_place[need.dependee] for several in needs for need in several], np.int64),
        np.array([need.gamma for several in needs for need in several], float),
        words[: len(nodes)],
        words[len(nodes) :],
    )


def _starts(layers: list[str], names: tuple[str, ...]) -> Longs:
    return np.array([*(sum(layer < name for layer in layers) for name in names), len(layers)], np.int64)
