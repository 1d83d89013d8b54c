"""Jobs that wait for each other in a circle: nobody could ever begin, so they are refused, with the smallest circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from lifeline.errors import ConflictingOrders, InvalidInput

if TYPE_CHECKING:
    import networkx as nx

    from lifeline.conditions import Lock
    from lifeline.jobs import Job


def refuse_circles(
    jobs: Sequence[Job],
    after: Sequence[tuple[int, int, int]],
    together: Sequence[tuple[int, ...]],
    ordered: Mapping[tuple[int, int], Lock],
) -> None:
    """Refuse jobs that wait for each other, partners counting as one.

    `ordered` are the orders behind (job, job before); what is not there follows from steps. ConflictingOrders names as
    few orders as close a circle, InvalidInput a circle of steps alone.
    """
    import networkx as nx

    one = {job: group[0] for group in together for job in group}
    steps = {
        (one.get(before, before), one.get(job, job))
        for job, before, _ in after
        if (job, before) not in ordered
    }
    # An order costs more than all steps together, so that the shortest circle is the one of the fewest orders.
    dear = len(steps) + 1
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_edges_from(sorted(steps), weight=1)
    for (job, before), lock in sorted(ordered.items()):
        edge = one.get(before, before), one.get(job, job)
        if edge not in steps:
            graph.add_edge(*edge, weight=dear, lock=lock)
    circle = _shortest_circle(graph)
    if not circle:
        return
    names = [jobs[number].id for number in circle]
    locks = [graph.edges[edge]["lock"] for edge in pairwise(circle) if "lock" in graph.edges[edge]]
    said = f"These jobs wait for each other in a circle: {' before '.join(names)}."
    if not locks:
        raise InvalidInput(f"{said} Take one `after` out of steps.")
    orders = "; ".join(map(str, locks))
    what = "Take back the order in it" if len(locks) == 1 else "Take back one of the orders in it"
    raise ConflictingOrders(f"{said} {what} ({orders}).", locks)


def _shortest_circle(graph: nx.DiGraph[int]) -> list[int]:
    """Return the nodes along the lightest circle, the first one again at its end; nothing where there is none."""
    import networkx as nx

    best: tuple[int, list[int]] | None = None
    for knot in sorted(nx.strongly_connected_components(graph), key=min):
        inner = graph.subgraph(knot)
        for tail, head in sorted(inner.edges):
            weight = inner.edges[tail, head]["weight"]
            length, path = nx.single_source_dijkstra(inner, head, tail, weight="weight")
            if best is None or length + weight < best[0]:
                best = length + weight, [*path, head]
    return [] if best is None else best[1]
