"""Reads a GraphML file as it streams by: nodes and edges with those of their attributes that somebody asks for.

networkx's reader hands the file to an XML parser that expands entities and holds all of it; this one does neither.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.xml_stream import stream_xml
from lifeline.tables import LONGEST_TEXT

MOST_NODES = 500_000
"Ten times the crossings of a large city; larger systems go in a GeoPackage or lifeline's own files."

MOST_EDGES_AT_A_NODE = 200_000
_REFUSED = ("hyperedge", "port")


@dataclass
class Attributes:
    """The attributes of all nodes, or of all edges: by name the rows that have it, and its text there."""

    rows: dict[str, array[int]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def put(self, name: str, row: int, text: str) -> None:
        """Note the text of one attribute of one row."""
        self.rows.setdefault(name, array("q")).append(row)
        self.texts.setdefault(name, []).append(text)

    def column(self, name: str, count: int) -> NDArray[Any]:
        """Return one attribute of all rows, None where a row has none."""
        values = np.full(count, None, dtype=object)
        if name in self.rows:
            values[np.array(self.rows[name], dtype=np.int64)] = self.texts[name]
        return values


@dataclass(eq=False)
class GraphmlFile:
    """What stands in a GraphML file; an edge joins node numbers, in the order in which ids are first named."""

    where: str
    graph: dict[str, str] = field(default_factory=dict)
    is_directed: bool = True
    numbers: dict[str, int] = field(default_factory=dict)
    nodes: list[int] = field(default_factory=list)
    tails: array[int] = field(default_factory=lambda: array("q"))
    heads: array[int] = field(default_factory=lambda: array("q"))
    node_attributes: Attributes = field(default_factory=Attributes)
    edge_attributes: Attributes = field(default_factory=Attributes)

    @property
    def node_names(self) -> list[str]:
        """The ids of the nodes, in the order of the file."""
        names = list(self.numbers)
        return [names[number] for number in self.nodes]

    def node_column(self, name: str) -> NDArray[Any]:
        """Return one attribute of all nodes, None where a node has none."""
        return self.node_attributes.column(name, len(self.nodes))

    def edge_column(self, name: str) -> NDArray[Any]:
        """Return one attribute of all edges, None where an edge has none."""
        return self.edge_attributes.column(name, len(self.tails))

    @property
    def ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where in `nodes` each edge begins and ends."""
        row = np.full(len(self.numbers), -1, dtype=np.int64)
        row[np.array(self.nodes, dtype=np.int64)] = np.arange(len(self.nodes))
        return row[np.array(self.tails, dtype=np.int64)], row[np.array(self.heads, dtype=np.int64)]


@dataclass(frozen=True)
class _Key:
    owner: str
    name: str


class _Reader:
    """Takes the elements as they come."""

    def __init__(self, file: GraphmlFile, wanted: Collection[str]) -> None:
        self.file, self.wanted = file, wanted
        self.keys: dict[str, _Key] = {}
        # By what they stand at and are called, so that a thousand keys of one name put down one text, not a thousand.
        self.defaults: dict[_Key, str] = {}
        self.inside: list[str] = []
        self.owner = "graph"
        self.key: str | None = None
        self.pieces: list[str] = []
        self.length = 0
        self.uses: Counter[int] = Counter()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        name = name.rpartition(":")[2]
        if not self.inside and name != "graphml":
            raise InvalidInput(f"{self.file.where} begins with <{name[:40]}>, not with <graphml>.")
        if name == "node":
            self._node(attributes)
        elif name == "edge":
            self._edge(attributes)
        elif name == "data":
            key = self.keys.get(attributes.get("key", ""))
            wanted = key is not None and (self.owner == "graph" or key.name in self.wanted)
            self.key = attributes["key"] if wanted else None
            self.pieces, self.length = [], 0
        elif name == "key":
            self.key = attributes.get("id", "")
            self.keys[self.key] = _Key(attributes.get("for", "all"), attributes.get("attr.name", self.key))
        elif name == "default":
            self.pieces, self.length = [], 0
        elif name == "graph":
            if "graph" in self.inside or self.file.nodes:
                raise InvalidInput(
                    f"{self.file.where} has a graph in a graph, or several; give one with one."
                )
            self.file.is_directed = attributes.get("edgedefault") != "undirected"
        elif name in _REFUSED:
            raise InvalidInput(f"{self.file.where} has a <{name}>, which is not read; use nodes and edges.")
        self.inside.append(name)

    def text(self, characters: str) -> None:
        """Take text, of which only that of wanted attributes is kept."""
        if self.key is None or self.inside[-1] not in ("data", "default"):
            return
        self.length += len(characters)
        if self.length > LONGEST_TEXT:
            raise InvalidInput(
                f"{self.file.where}: {self.keys[self.key].name!r} of a {self.owner} is longer than "
                f"{LONGEST_TEXT:,} characters."
            )
        self.pieces.append(characters)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        name = self.inside.pop()
        if name == "data" and self.key is not None:
            self._put(self.keys[self.key].name, "".join(self.pieces))
            self.key = None
        elif name == "default" and self.key is not None:
            self.defaults[self.keys[self.key]] = "".join(self.pieces)
        elif name in ("node", "edge"):
            self.owner = "graph"
        elif name == "key":
            self.key = None

    def _put(self, name: str, text: str) -> None:
        if self.owner == "node":
            self.file.node_attributes.put(name, len(self.file.nodes) - 1, text)
        elif self.owner == "edge":
            self.file.edge_attributes.put(name, len(self.file.tails) - 1, text)
        else:
            self.file.graph[name] = text

    def _node(self, attributes: dict[str, str]) -> None:
        name = attributes.get("id")
        if name is None:
            raise InvalidInput(f"{self.file.where}: a <node> has no id.")
        self.file.nodes.append(self.file.numbers.setdefault(name, len(self.file.numbers)))
        if len(self.file.nodes) > MOST_NODES:
            raise InvalidInput(
                f"{self.file.where} has more than {MOST_NODES:,} nodes, the most that is read."
            )
        self.owner = "node"
        self._put_defaults()

    def _edge(self, attributes: dict[str, str]) -> None:
        for end, numbers in (("source", self.file.tails), ("target", self.file.heads)):
            name = attributes.get(end)
            if name is None:
                raise InvalidInput(f"{self.file.where}: an <edge> has no {end}.")
            number = self.file.numbers.setdefault(name, len(self.file.numbers))
            numbers.append(number)
            self.uses[number] += 1
            if self.uses[number] > MOST_EDGES_AT_A_NODE:
                raise InvalidInput(
                    f"{self.file.where}: node {name[:80]!r} has more than {MOST_EDGES_AT_A_NODE:,} edges, "
                    "which is more than is read."
                )
        self.owner = "edge"
        self._put_defaults()

    def _put_defaults(self) -> None:
        for key, text in self.defaults.items():
            if key.owner in (self.owner, "all") and key.name in self.wanted:
                self._put(key.name, text)


def read_graphml_file(path: Path, wanted: Collection[str]) -> GraphmlFile:
    """Read a file, of the attributes of nodes and edges only those wanted; InvalidInput when it is not sound."""
    if not path.is_file():
        raise InvalidInput(f"There is no file {str(path)!r}.")
    file = GraphmlFile(repr(str(path)))
    reader = _Reader(file, frozenset(wanted))
    stream_xml(path, start=reader.start, end=reader.end, text=reader.text)
    names, times = list(file.numbers), Counter(file.nodes)
    twice = [names[number] for number, count in times.items() if count > 1]
    problems = [
        Problem("nodes", None, "id", name, "is there twice; give each node its own.") for name in twice
    ]
    dangling = [name for name, number in file.numbers.items() if number not in times]
    problems += [
        Problem("edges", None, None, name, "is an end of an edge, but no node of the file.")
        for name in dangling
    ]
    if problems:
        raise InvalidInput.of(problems, file.where)
    return file
