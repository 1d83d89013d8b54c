"""One sector's network while a city grows: nodes and links as columns, and the builder that numbers them."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from scenarios.synthetic.graphs import Edges
from scenarios.synthetic.land import Flags, Floats, Integers, Land, Texts

FED_BY_NONE = -1


class Nodes(NamedTuple):
    """The columns of a sector's nodes.

    `role` is the word in a node's id. Customers hang on the nodes that `serve`. `fed_by` numbers the station
    whose feeder, pressure zone or tree of mains a node belongs to (-1: none).
    """

    role: Texts
    kind: Texts
    x: Floats
    y: Floats
    source: Flags
    black_start: Flags
    serves: Flags
    fed_by: Integers


class Links(NamedTuple):
    """The columns of a sector's links; speeds are NaN outside the road sector."""

    role: Texts
    kind: Texts
    start: Integers
    end: Integers
    speed_kmh: Floats


class SectorNetwork(NamedTuple):
    """A sector's finished network; links name nodes by their number."""

    sector: str
    ids: Texts
    nodes: Nodes
    link_ids: Texts
    links: Links

    @property
    def components(self) -> int:
        """Return how many nodes and links there are."""
        return len(self.ids) + len(self.link_ids)

    @property
    def serving(self) -> Integers:
        """Return the numbers of the nodes that customers hang on."""
        return np.flatnonzero(self.nodes.serves)

    def having(self, *roles: str) -> Integers:
        """Return the numbers of the nodes with one of these roles."""
        return np.flatnonzero(np.isin(self.nodes.role.astype(str), roles))

    def node_columns(self, land: Land) -> dict[str, object]:
        """Return the rows of the nodes table as columns."""
        longitude, latitude = land.longitude_latitude(self.nodes.x, self.nodes.y)
        return {
            "id": self.ids,
            "sector": repeated(self.sector, len(self.ids)),
            "kind": self.nodes.kind,
            "longitude": longitude,
            "latitude": latitude,
            "source": self.nodes.source,
            "black_start": self.nodes.black_start,
            "owner": repeated(f"city {self.sector}", len(self.ids)),
        }

    def link_columns(self) -> dict[str, object]:
        """Return the rows of the links table as columns; without a length a link is a straight line."""
        return {
            "id": self.link_ids,
            "sector": repeated(self.sector, len(self.link_ids)),
            "from_node": self.ids[self.links.start],
            "to_node": self.ids[self.links.end],
            "kind": self.links.kind,
            "speed_kmh": self.links.speed_kmh,
            "owner": repeated(f"city {self.sector}", len(self.link_ids)),
        }


class SectorBuilder:
    """Collects a sector's parts; ids such as `pump-07` are numbered when everything is there."""

    def __init__(self, sector: str) -> None:
        """Start an empty network."""
        self.sector = sector
        self._nodes: list[Nodes] = []
        self._links: list[Links] = []
        self._node_count = 0
        self._link_count = 0

    @property
    def components(self) -> int:
        """Return how many nodes and links have been added."""
        return self._node_count + self._link_count

    def add_nodes(
        self,
        role: str,
        x: Floats,
        y: Floats,
        *,
        kind: str,
        source: Flags | bool = False,
        black_start: Flags | bool = False,
        serves: bool = False,
        fed_by: Integers | int = FED_BY_NONE,
    ) -> Integers:
        """Add nodes of one role and return their numbers."""
        count = len(x)
        self._nodes.append(
            Nodes(
                role=repeated(role, count),
                kind=repeated(kind, count),
                x=x,
                y=y,
                source=np.full(count, source, dtype=np.bool_),
                black_start=np.full(count, black_start, dtype=np.bool_),
                serves=np.full(count, serves, dtype=np.bool_),
                fed_by=np.full(count, fed_by, dtype=np.int64),
            )
        )
        self._node_count += count
        return np.arange(self._node_count - count, self._node_count)

    def add_links(
        self, role: str, edges: tuple[Integers, Integers] | Edges, *, kind: str, speed_kmh: float = np.nan
    ) -> None:
        """Add links of one role between node numbers."""
        start, end = edges
        count = len(start)
        speeds = np.full(count, speed_kmh)
        self._links.append(Links(repeated(role, count), repeated(kind, count), start, end, speeds))
        self._link_count += count

    def finish(self) -> SectorNetwork:
        """Number the parts and return the network."""
        nodes = Nodes(*(np.concatenate(column) for column in zip(*self._nodes, strict=True)))
        links = Links(*(np.concatenate(column) for column in zip(*self._links, strict=True)))
        return SectorNetwork(self.sector, numbered(nodes.role), nodes, numbered(links.role), links)


def repeated(text: str, count: int) -> Texts:
    """Return a column that says the same in every row."""
    return np.full(count, text, dtype=np.object_)


def numbered(roles: Texts) -> Texts:
    """Number the parts of each role from 1, with leading zeros so that ids sort as they count."""
    counts = Counter(roles.tolist())
    width = {role: len(str(count)) for role, count in counts.items()}
    reached: Counter[str] = Counter()
    ids = np.empty(len(roles), dtype=np.object_)
    for row, role in enumerate(roles.tolist()):
        reached[role] += 1
        ids[row] = f"{role}-{reached[role]:0{width[role]}d}"
    return ids
