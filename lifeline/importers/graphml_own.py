"""Reads back what `lifeline export CITY OUT.graphml` wrote: the graph of a system, with the columns of its tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lifeline.importers.graphml_files import Attributes, GraphmlFile
from lifeline.importers.importer import Imported, Report
from lifeline.system import Settings, System
from lifeline.tables import SETTINGS, TABLES

TABLES_IN_GRAPH = ("nodes", "links", "dependencies", "customers", "supplies")
"What `System.graph()` holds; crews, shifts, damage and repair times are no part of it."

DEPENDENCY_KIND = "dependency_kind"
"In the graph an edge's `kind` tells a dependency and a supply from a link, so the dependency's own has this name."

WAY_BACK = ":back"
"""Ends the name of the second edge of a link that can be used both ways; GraphML wants every edge to have its own.

networkx writes the name of an edge over its attribute `id` when it reads one.
"""

OWN_ATTRIBUTES = frozenset(
    {"table", DEPENDENCY_KIND, *(column for name in TABLES_IN_GRAPH for column in TABLES[name].column_names)}
)


def is_own(file: GraphmlFile) -> bool:
    """Tell whether lifeline wrote the file: its nodes say which table they are from."""
    return {"table", "sector", "longitude", "latitude"} <= file.node_attributes.rows.keys()


def system_of_own(file: GraphmlFile) -> Imported:
    """Make a System of the graph of one; what belongs to none of its tables is left out, and told of."""
    report = Report()
    of_node, of_edge = file.node_column("table"), file.edge_column("table")
    for part, names in (("nodes", of_node), ("edges", of_edge)):
        strange = sum(name not in TABLES_IN_GRAPH for name in names.tolist())
        report.dropped(part, strange, f"{part} of the graph that do not say which table they are from.")
    tables = {
        name: _table(name, file.node_attributes, of_node)
        if name in ("nodes", "customers")
        else _table(name, file.edge_attributes, of_edge)
        for name in TABLES_IN_GRAPH
    }
    tables["links"] = _each_once(file, tables["links"], of_edge)
    for name, table in tables.items():
        report.converted(name, len(table), "read back from the graph of a system.")
    known = {key: text for key, text in file.graph.items() if key in SETTINGS.column_names}
    return Imported(System.from_tables(tables, Settings.of(known)), tuple(report.notes))


def _each_once(file: GraphmlFile, links: pd.DataFrame, of_edge: Any) -> pd.DataFrame:
    """Leave out the second edge of a link that can be used both ways; it is equal to the first but for its name."""
    if not {"id", "from_node"} <= set(links.columns):
        return links
    begins = file.node_column("id")[file.ends[0][of_edge == "links"]]
    is_way_back = begins != links["from_node"].to_numpy(dtype=object)
    links["id"] = [
        name.removesuffix(WAY_BACK) if back and name else name
        for name, back in zip(links["id"].tolist(), is_way_back.tolist(), strict=True)
    ]
    return links.drop_duplicates()


def _table(name: str, attributes: Attributes, tables: Any) -> pd.DataFrame:
    """Return the rows of one table, with those of its columns that some row has."""
    rows = np.flatnonzero(tables == name)
    columns: dict[str, Any] = {}
    for column in TABLES[name].column_names:
        attribute = DEPENDENCY_KIND if (name, column) == ("dependencies", "kind") else column
        values = attributes.column(attribute, len(tables))[rows]
        if any(value is not None for value in values.tolist()):
            columns[column] = values
    return pd.DataFrame(columns)
