"""Turns nodes, links and capacities into the vertices and arcs of a flow problem."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import starts_of
from lifeline.service.flow_kernels import NOBODY, FlowGraph, FlowRoom, FlowState
from lifeline.service.rule import UNLIMITED

Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]

PLENTY = 2**60
"What flows over an arc without a limit: more than any demand, and sums of two of it still fit into 64 bits."


def flow_graph(
    *,
    source: Mask,
    demand: Whole,
    value: Whole,
    capacity: Whole,
    tail: Whole,
    head: Whole,
    directed: Mask,
    link: Whole,
    link_capacity: Whole,
) -> FlowGraph:
    """Build the graph of nodes 0 to n - 1 and of links with their ends and numbers.

    A source can give as much as its capacity. A node that is none and has a capacity becomes two vertices with an arc
    between them, so that no more passes through it, what is drawn at it included. `value` is what serving a node in
    full is worth; the rank goes by worth per unit of demand, exactly, ties by number.
    """
    count = len(source)
    limited = np.flatnonzero(~source & (capacity != UNLIMITED))
    supply = count + len(limited)
    drawn_at = np.arange(count)
    drawn_at[limited] = count + np.arange(len(limited))
    sources = np.flatnonzero(source)
    start = np.concatenate([drawn_at[tail], np.full(len(sources), supply), limited])
    end = np.concatenate([head, sources, drawn_at[limited]])
    forward = np.concatenate([_plenty(link_capacity), _plenty(capacity[sources]), capacity[limited]])
    # An undirected link between limited nodes enters each by its first vertex and leaves it by its second one, so its
    # two ways are two arcs with a pair each; elsewhere they are each other's pair.
    apart = ~directed & ((drawn_at[tail] != tail) | (drawn_at[head] != head))
    back = np.flatnonzero(apart)
    start = np.concatenate([start, drawn_at[head[back]]])
    end = np.concatenate([end, tail[back]])
    forward = np.concatenate([forward, _plenty(link_capacity[back])])
    own_link = np.concatenate([link, np.full(len(sources) + len(limited), NOBODY), link[back]])
    backward = np.zeros(len(start), np.int64)
    both = np.flatnonzero(~directed & ~apart)
    backward[both] = forward[both]
    return FlowGraph(
        **_arcs(start, end, forward, backward, own_link, supply + 1),
        vertex_node=np.concatenate([np.arange(count), limited, [NOBODY]]).astype(np.int32),
        drawn_at=drawn_at.astype(np.int32),
        rank=_ranks(demand, value),
        demand=demand.astype(np.int64),
    )


def room_for(graph: FlowGraph) -> FlowRoom:
    """Return room for searches in this graph."""
    vertices = len(graph.vertex_node)
    return FlowRoom(
        seen=np.zeros(vertices, np.int64),
        by_arc=np.zeros(vertices, np.int32),
        queue=np.zeros(vertices, np.int32),
        dead=np.zeros(vertices, np.int64),
        stamp=np.zeros(1, np.int64),
    )


def nothing_flows(graph: FlowGraph) -> FlowState:
    """Return the state in which nobody is served."""
    return FlowState(graph.arc_capacity.copy(), np.zeros(len(graph.demand), np.int64))


def in_order_of_rank(graph: FlowGraph, nodes: Whole) -> NDArray[np.int32]:
    """Return those of these nodes that draw, the worthiest first."""
    drawing = nodes[graph.rank[nodes] != NOBODY]
    ordered: NDArray[np.int32] = drawing[np.argsort(graph.rank[drawing], kind="stable")].astype(np.int32)
    return ordered


def _plenty(capacity: Whole) -> Whole:
    return np.where(capacity == UNLIMITED, PLENTY, capacity)


def _arcs(
    start: Whole, end: Whole, forward: Whole, backward: Whole, link: Whole, vertices: int
) -> dict[str, NDArray[Any]]:
    """Return the arcs there and back, sorted by the vertex they leave."""
    count = len(start)
    tails = np.concatenate([start, end])
    order = np.argsort(tails, kind="stable")
    place = np.empty(2 * count, np.int64)
    place[order] = np.arange(2 * count)
    pair = np.concatenate([place[count:], place[:count]])
    return {
        "arc_start": starts_of(tails, vertices),
        "arc_head": np.concatenate([end, start])[order].astype(np.int32),
        "arc_pair": pair[order].astype(np.int32),
        "arc_link": np.concatenate([link, link])[order].astype(np.int32),
        "arc_capacity": np.concatenate([forward, backward])[order].astype(np.int64),
    }


def _ranks(demand: Whole, value: Whole) -> NDArray[np.int32]:
    """Return the rank of each node that draws, NOBODY for the others."""
    drawing = np.flatnonzero(demand > 0).tolist()
    worth = {node: Fraction(int(value[node]), int(demand[node])) for node in drawing}
    rank = np.full(len(demand), NOBODY, np.int32)
    for place, node in enumerate(sorted(drawing, key=lambda node: (-worth[node], node))):
        rank[node] = place
    return rank
