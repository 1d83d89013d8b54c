"""The compiled loops of the flow rule: the most worthwhile service that limited capacities let through.

One commodity, from sources over arcs with capacities to nodes with demands. The amounts that can be served together
form a polymatroid (Megiddo 1974, Optimal flows in networks with multiple sources and sinks, Math. Programming 7), so
serving the demands one after the other, the worthiest first, each as fully as the ones before it leave room for,
gives the greatest total worth (Edmonds 1970). Each is served by augmenting paths (Ford and Fulkerson 1956).
"""

from __future__ import annotations

from typing import NamedTuple

from lifeline.compiled import Flags, Ints, Longs
from lifeline.lean import lean

NOBODY = -1
"Rank of a vertex at which nothing is drawn."


class FlowGraph(NamedTuple):
    """Vertices and arcs of a flow problem; arc a of vertex v is one of arc_start[v] to arc_start[v + 1].

    `arc_pair` names the arc the other way round: what flows over one adds to what the other can carry. `arc_link` is
    the link an arc lies on, or NOBODY. `vertex_node` is the node a vertex belongs to, NOBODY for the last vertex, which
    stands for all supply. `drawn_at` is the vertex at which a node draws its demand. `rank` orders the nodes that draw:
    lower goes first.
    """

    arc_start: Ints
    arc_head: Ints
    arc_pair: Ints
    arc_link: Ints
    arc_capacity: Longs
    vertex_node: Ints
    drawn_at: Ints
    rank: Ints
    demand: Longs


class FlowState(NamedTuple):
    """What each arc can still carry, and what each node gets."""

    left: Longs
    served: Longs


class FlowRoom(NamedTuple):
    """Room for searches: who was seen in which search, by which arc, and who can get nothing more."""

    seen: Longs
    by_arc: Ints
    queue: Ints
    dead: Longs
    stamp: Longs


@lean
def forget_flow(graph: FlowGraph, flow: FlowState, drawing: Ints, nodes: Ints) -> None:
    """Start again from nothing served at these nodes; `drawing` are those among them that draw."""
    for node in nodes:
        for vertex in (node, graph.drawn_at[node]):
            for arc in range(graph.arc_start[vertex], graph.arc_start[vertex + 1]):
                flow.left[arc] = graph.arc_capacity[arc]
                flow.left[graph.arc_pair[arc]] = graph.arc_capacity[graph.arc_pair[arc]]
    for node in drawing:
        flow.served[node] = 0


@lean
def serve_in_order(
    graph: FlowGraph,
    flow: FlowState,
    room: FlowRoom,
    passing: Flags,
    link_intact: Flags,
    drawing: Ints,
) -> bool:
    """Serve the nodes that draw, in order of rank, each as fully as possible; tell whether anybody's service changed.

    What lower ranks get now may be taken from them. A search that fails has seen all from where the node can be
    reached; neither supply nor anybody of lower rank who gets something is among them, nor will be later on, so those
    vertices are not looked at again.
    """
    supply = len(graph.vertex_node) - 1
    room.stamp[0] += 1
    pass_stamp = room.stamp[0]
    changed = False
    for node in drawing:
        while passing[node] and flow.served[node] < graph.demand[node]:
            if room.dead[graph.drawn_at[node]] == pass_stamp:
                break
            giver = _find_giver(graph, flow, room, passing, link_intact, node, supply, pass_stamp)
            if giver == NOBODY:
                break
            _augment(graph, flow, room, node, giver)
            changed = True
    return changed


@lean
def _find_giver(
    graph: FlowGraph,
    flow: FlowState,
    room: FlowRoom,
    passing: Flags,
    link_intact: Flags,
    node: int,
    supply: int,
    pass_stamp: int,
) -> int:
    """Search backwards from a node for supply, or for somebody of lower rank who gets something; NOBODY if neither."""
    room.stamp[0] += 1
    stamp = room.stamp[0]
    start = graph.drawn_at[node]
    room.seen[start] = stamp
    room.by_arc[start] = NOBODY
    room.queue[0] = start
    length, position = 1, 0
    while position < length:
        vertex = room.queue[position]
        position += 1
        for arc in range(graph.arc_start[vertex], graph.arc_start[vertex + 1]):
            before = graph.arc_head[arc]
            towards = graph.arc_pair[arc]
            if room.seen[before] == stamp or flow.left[towards] <= 0 or room.dead[before] == pass_stamp:
                continue
            if graph.arc_link[arc] >= 0 and not link_intact[graph.arc_link[arc]]:
                continue
            owner = graph.vertex_node[before]
            if owner >= 0 and not passing[owner]:
                continue
            room.seen[before] = stamp
            room.by_arc[before] = towards
            if before == supply:
                return before
            lower = graph.rank[owner] > graph.rank[node] and flow.served[owner] > 0
            if lower and graph.drawn_at[owner] == before:
                return before
            room.queue[length] = before
            length += 1
    for place in range(length):
        room.dead[room.queue[place]] = pass_stamp
    return NOBODY


@lean
def _augment(graph: FlowGraph, flow: FlowState, room: FlowRoom, node: int, giver: int) -> None:
    """Send as much as possible from the giver to the node along the way that the search found."""
    amount = graph.demand[node] - flow.served[node]
    owner = graph.vertex_node[giver]
    if owner >= 0:
        amount = min(amount, flow.served[owner])
    vertex = giver
    while room.by_arc[vertex] != NOBODY:
        amount = min(amount, flow.left[room.by_arc[vertex]])
        vertex = graph.arc_head[room.by_arc[vertex]]
    vertex = giver
    while room.by_arc[vertex] != NOBODY:
        arc = room.by_arc[vertex]
        flow.left[arc] -= amount
        flow.left[graph.arc_pair[arc]] += amount
        vertex = graph.arc_head[arc]
    flow.served[node] += amount
    if owner >= 0:
        flow.served[owner] -= amount
