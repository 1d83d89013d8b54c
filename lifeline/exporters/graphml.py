"""Writes the graph of a system as GraphML, for Gephi, igraph, networkx and whatever else reads graphs."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lifeline.errors import InvalidInput, Problem
from lifeline.exporters.exporter import write_whole
from lifeline.importers.graphml_own import DEPENDENCY_KIND, TABLES_IN_GRAPH, WAY_BACK
from lifeline.tables import TABLES
from lifeline.values import is_blank

if TYPE_CHECKING:
    import networkx as nx

    from lifeline.system import System

# What XML 1.0 cannot hold at all, not even as a reference (section 2.2), and a carriage return, which it changes.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def write_graphml(system: System, path: Path) -> tuple[str, ...]:
    """Write `System.graph()` with plain types; return what a graph cannot hold of this system."""
    import networkx as nx

    graph = plain_graph(system)
    write_whole(path, lambda made: nx.write_graphml_xml(graph, made))
    left_out = [name for name in TABLES if name not in TABLES_IN_GRAPH and len(system.tables[name])]
    return tuple(
        f"GraphML has no place for {name}: {len(system.tables[name]):,} rows left out." for name in left_out
    )


def plain_graph(system: System) -> nx.MultiDiGraph[Any]:
    """Return `System.graph()` with text for names and keys, and without the columns in which nothing stands.

    A customer's node is called `customer:ID`, with more colons if a node has that name already. The settings are
    attributes of the graph. InvalidInput names the text that XML cannot hold.
    """
    import networkx as nx

    graph = system.graph()
    settings = {key: value for key, value in dataclasses.asdict(system.settings).items() if value is not None}
    plain: nx.MultiDiGraph[Any] = nx.MultiDiGraph(**settings)
    problems: list[Problem] = []
    colons = ":"
    taken = set(system.nodes["id"])
    while any(f"customer{colons}{customer}" in taken for customer in system.customers["id"]):
        colons += ":"

    def name_of(node: Any) -> str:
        return f"customer{colons}{node[1]}" if isinstance(node, tuple) else str(node)

    for node, attributes in graph.nodes(data=True):
        plain.add_node(name_of(node), **_plain(attributes, problems))
    for tail, head, key, attributes in graph.edges(keys=True, data=True):
        plain.add_edge(
            name_of(tail), name_of(head), _key(tail, key, attributes), **_plain(attributes, problems)
        )
    problems += [
        Problem("settings", None, key, value, _UNFIT)
        for key, value in settings.items()
        if isinstance(value, str) and _NOT_IN_XML.search(value)
    ]
    if problems:
        raise InvalidInput.of(dict.fromkeys(problems), "what GraphML can hold")
    return plain


_UNFIT = "has a control character, which XML cannot hold; take it out, or export another format."


def _key(tail: Any, key: Any, attributes: dict[str, Any]) -> str:
    """Return the name of an edge, which GraphML wants to differ from that of every other edge."""
    if isinstance(key, tuple):
        return ":".join(
            [*map(str, key), str(attributes.get("dependent", attributes.get("customer"))), str(tail)]
        )
    return str(key) if tail == attributes["from_node"] else f"{key}{WAY_BACK}"


def _plain(attributes: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    table = TABLES[attributes["table"]]
    kept = {}
    for name, value in attributes.items():
        column = "kind" if name == DEPENDENCY_KIND else name
        is_column = column in table.column_names and not (name == "kind" and table.name == "dependencies")
        if is_column and is_blank(table.column(column), value):
            continue
        if isinstance(value, str) and _NOT_IN_XML.search(value):
            problems.append(Problem(table.name, None, column, value, _UNFIT))
        kept[name] = value
    return kept
