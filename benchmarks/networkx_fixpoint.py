"""The same cascade as anyone would write it with networkx: rounds over the whole city until nothing changes."""

from collections import deque

import networkx as nx

from lifeline import System


def working_after(system: System, broken: set[str]) -> set[str]:
    """Return the nodes that work when these components are broken and no buffer is left."""
    graph = nx.DiGraph()
    graph.add_nodes_from(system.nodes["id"])
    ends = zip(*(system.links[name] for name in ("id", "from_node", "to_node", "directed")), strict=True)
    for link, tail, head, directed in ends:
        if link not in broken:
            graph.add_edge(tail, head)
            if not directed:
                graph.add_edge(head, tail)
    sources = set(system.nodes.loc[system.nodes["source"], "id"])
    groups: dict[tuple[str, str], list[str]] = {}
    rows = zip(*(system.dependencies[name] for name in ("dependent", "provider", "group")), strict=True)
    for dependent, provider, group in rows:
        groups.setdefault((dependent, group), []).append(provider)
    works = set(graph.nodes) - broken
    while True:
        supplied = works - {
            dependent
            for (dependent, _), providers in groups.items()
            if not any(provider in works for provider in providers)
        }
        reached = _reached(graph.subgraph(supplied), sources & supplied)
        if reached == works:
            return works
        works = reached


def _reached(graph: nx.DiGraph, sources: set[str]) -> set[str]:
    reached, queue = set(sources), deque(sources)
    while queue:
        for node in graph.successors(queue.popleft()):
            if node not in reached:
                reached.add(node)
                queue.append(node)
    return reached
