"""How much flow a link can usefully carry: the numbers that make the flow model of INDP tight."""

from __future__ import annotations

from solvers.indp.problem import IndpNetwork


def useful_capacities(network: IndpNetwork) -> tuple[tuple[float, float], ...]:
    """Return for each link the most that a cheapest flow sends from u to v, and from v to u, in any state.

    Where all nodes of a layer have the same penalties, flow runs from supply to demand only: a unit made up or
    thrown away on its way would cost no less at its own end. So no link carries more than all supply or all
    demand, and one whose loss parts the layer no more than the supply behind it or the demand before it.
    """
    alike = {
        layer
        for layer in network.layers
        if len({(n.penalty_over, n.penalty_under) for n in network.nodes if n.layer == layer}) == 1
    }
    limits = []
    for number, link in enumerate(network.links):
        if network.nodes[link.u].layer not in alike:
            limits.append((link.capacity, link.capacity))
            continue
        beside_u, beside_v = _side(network, number, link.u), _side(network, number, link.v)
        forth = min(link.capacity, _supply(network, beside_u), _demand(network, beside_v))
        back = min(link.capacity, _supply(network, beside_v), _demand(network, beside_u))
        limits.append((forth, back))
    return tuple(limits)


def _side(network: IndpNetwork, without: int, start: int) -> set[int]:
    """Return the nodes that are joined to `start` by the other links."""
    neighbours: dict[int, list[int]] = {}
    for number, link in enumerate(network.links):
        if number != without:
            neighbours.setdefault(link.u, []).append(link.v)
            neighbours.setdefault(link.v, []).append(link.u)
    seen, queue = {start}, [start]
    while queue:
        for node in neighbours.get(queue.pop(), ()):
            if node not in seen:
                seen.add(node)
                queue.append(node)
    return seen


def _supply(network: IndpNetwork, nodes: set[int]) -> float:
    return sum(max(network.nodes[node].balance, 0.0) for node in nodes)


def _demand(network: IndpNetwork, nodes: set[int]) -> float:
    return sum(max(-network.nodes[node].balance, 0.0) for node in nodes)
