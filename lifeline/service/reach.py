"""The rule of roads for logistics: a zone is served when a hub that works is near enough by road."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.service.rule import Mask, SectorNetwork, Served
from lifeline.tables import DEFAULT_ROAD_KMH
from lifeline.travel import driving_seconds

if TYPE_CHECKING:
    from lifeline.system import Settings

METRES_PER_KM = 1000
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, eq=False)
class Reach:
    """Hubs are the sector's sources; the way from a hub to a place runs over passable links between able nodes.

    A link takes its length at its own speed, in whole seconds. A place at exactly the limit is served.
    """

    network: SectorNetwork
    seconds: NDArray[np.int64]
    most_seconds: int

    @classmethod
    def of(cls, network: SectorNetwork, settings: Settings) -> Reach:
        """Read lengths and speeds out of the sector's links."""
        metres = network.lengths_km * METRES_PER_KM
        kmh = network.links["speed_kmh"].to_numpy(dtype=float)
        seconds = driving_seconds(metres, np.where(np.isnan(kmh), DEFAULT_ROAD_KMH, kmh))
        return cls(network, seconds, settings.reach_minutes * SECONDS_PER_MINUTE)

    def serve(self, able: Mask, intact: Mask) -> Served:
        """Return who has an able hub within the limit; nothing is counted in units of flow."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import dijkstra

        network, count = self.network, len(able)
        nothing = np.zeros(count, np.int64)
        hubs = np.flatnonzero(able & network.source)
        if not len(hubs):
            return Served(np.zeros(count, bool), nothing)
        passable = intact & able[network.tail] & able[network.head]
        back = passable & ~network.directed
        tail = np.concatenate([network.tail[passable], network.head[back]])
        head = np.concatenate([network.head[passable], network.tail[back]])
        seconds = np.concatenate([self.seconds[passable], self.seconds[back]])
        # Of parallel links the quickest; a sparse matrix would add them up.
        order = np.lexsort((seconds, head, tail))
        tail, head, seconds = tail[order], head[order], seconds[order]
        first = np.ones(len(order), bool)
        first[1:] = (np.diff(tail) != 0) | (np.diff(head) != 0)
        start = np.concatenate([[0], np.cumsum(np.bincount(tail[first], minlength=count))])
        graph = csr_array((seconds[first].astype(float), head[first], start), shape=(count, count))
        found = dijkstra(graph, directed=True, indices=hubs, min_only=True, limit=float(self.most_seconds))
        return Served(np.isfinite(found), nothing)
