"""The plainest rule: who hangs on a source is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lifeline.service.rule import Mask, SectorNetwork, Served

if TYPE_CHECKING:
    from lifeline.system import Settings


def hanging_on_sources(network: SectorNetwork, able: Mask, intact: Mask) -> Mask:
    """Tell which nodes are reached from an able source over able nodes and intact links."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    count = len(able)
    over = intact & able[network.tail] & able[network.head]
    back = over & ~network.directed
    sources = np.flatnonzero(able & network.source)
    start = np.concatenate([np.full(len(sources), count), network.tail[over], network.head[back]])
    end = np.concatenate([sources, network.head[over], network.tail[back]])
    ones = np.ones(len(start), np.int8)
    graph = coo_array((ones, (start, end)), shape=(count + 1, count + 1)).tocsr()
    reached = np.zeros(count + 1, bool)
    reached[breadth_first_order(graph, count, return_predecessors=False)] = True
    return reached[:count]


@dataclass(frozen=True, eq=False)
class Connectivity:
    """Whoever is reached is served in full."""

    network: SectorNetwork

    @classmethod
    def of(cls, network: SectorNetwork, settings: Settings) -> Connectivity:
        """Make the rule for one sector; it has no settings."""
        del settings
        return cls(network)

    def serve(self, able: Mask, intact: Mask) -> Served:
        """Return who is reached, with all that they draw."""
        reached = hanging_on_sources(self.network, able, intact)
        return Served(reached, np.where(reached, self.network.demand, 0))
