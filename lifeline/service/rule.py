"""What a service rule is: given what is able to work in one sector, who is reached and how much each node gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.components import link_lengths_km

if TYPE_CHECKING:
    from lifeline.system import System

Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]

UNLIMITED = -1
"A capacity that is not given."


@dataclass(frozen=True, eq=False)
class SectorNetwork:
    """One sector on its own: its nodes and links in order of their ids, numbered from 0 within the sector.

    `nodes` and `links` are its rows of the system's tables. `demand`, `capacity` and `link_capacity` are whole units
    of flow (`tables.FLOW_UNITS`), UNLIMITED where none is given. `value` is what serving a node in full is worth:
    persons times weight in thousandths, over all customers it serves. `tail` and `head` are the ends of each link.
    """

    sector: str
    nodes: pd.DataFrame
    links: pd.DataFrame
    source: Mask
    demand: Whole
    capacity: Whole
    value: Whole
    tail: Whole
    head: Whole
    directed: Mask
    link_capacity: Whole
    lengths_km: NDArray[np.float64]

    @classmethod
    def of(cls, system: System, sector: str) -> SectorNetwork:
        """Read one sector out of a system."""
        nodes = system.nodes[system.nodes["sector"] == sector].sort_values("id", ignore_index=True)
        links = system.links[system.links["sector"] == sector].sort_values("id", ignore_index=True)
        numbers = pd.Index(nodes["id"])
        compiled = system.compiled
        total = np.zeros(len(compiled.before.works), np.int64)
        np.add.at(total, compiled.portions.node, compiled.portions.weight)
        place = pd.Index(compiled.node_ids).get_indexer(numbers)
        return cls(
            sector=sector,
            nodes=nodes,
            links=links,
            source=nodes["source"].to_numpy(dtype=bool),
            demand=nodes["demand"].to_numpy(dtype=np.int64),
            capacity=nodes["capacity"].to_numpy(dtype=np.int64),
            value=total[place],
            tail=numbers.get_indexer(pd.Index(links["from_node"])).astype(np.int64),
            head=numbers.get_indexer(pd.Index(links["to_node"])).astype(np.int64),
            directed=links["directed"].to_numpy(dtype=bool),
            link_capacity=links["capacity"].to_numpy(dtype=np.int64),
            lengths_km=link_lengths_km(system, links),
        )


class Served(NamedTuple):
    """Who is reached from a source over what is able to work, and the whole units of flow that each node gets."""

    reached: Mask
    flow: Whole


class ServiceRule(Protocol):
    """Decides who is served in one sector; made of a SectorNetwork, it may keep what it has worked out for it."""

    def serve(self, able: Mask, intact: Mask) -> Served:
        """Return who is served when these nodes are able to work and these links are intact.

        A node is able when it is itself intact and all that it depends on works. Only nodes that are reached get
        anything, and none gets more than its demand.
        """
        ...
