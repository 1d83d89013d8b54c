"""Trees that follow the streets from a station to every corner: feeders and gas mains are drawn alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.synthetic.graphs import nearest, shortest_path_trees, tidied
from scenarios.synthetic.land import Floats, Integers, Land
from scenarios.synthetic.sector_network import SectorBuilder


@dataclass(frozen=True)
class StreetTrees:
    """How such trees are called, how many start at a station, and how much longer a river crossing feels."""

    node: str
    node_kind: str
    link: str
    link_kind: str
    trees_per_station: int
    crossing_cost: float

    def grow(
        self,
        network: SectorBuilder,
        land: Land,
        count: int,
        stations: Integers,
        x: Floats,
        y: Floats,
        rng: np.random.Generator,
    ) -> None:
        """Add `count` nodes and links, so that each node has one way, a short one, to a station at (x, y)."""
        streets = land.lattice(count, rng)
        corners = streets.places
        exits = nearest(x, y, corners.x, corners.y, count=self.trees_per_station)
        # The corners are numbered 0 to count - 1 and the stations after them.
        roots = np.arange(count, count + len(x))
        edges = tidied(
            np.concatenate([streets.start, np.repeat(roots, exits.shape[1])]),
            np.concatenate([streets.end, exits.ravel()]),
        )
        all_x, all_y = np.concatenate([corners.x, x]), np.concatenate([corners.y, y])
        beyond = land.is_beyond_river(all_x, all_y)
        cost = edges.lengths(all_x, all_y) * rng.uniform(0.9, 1.1, edges.total) + 1e-6
        cost[beyond[edges.start] != beyond[edges.end]] *= self.crossing_cost
        forest = shortest_path_trees(count + len(x), edges, cost, roots)

        fed_by = stations[forest.root[:count] - count]
        nodes = network.add_nodes(
            self.node, corners.x, corners.y, kind=self.node_kind, serves=True, fed_by=fed_by
        )
        upstream = np.concatenate([nodes, stations])[forest.parent[:count]]
        network.add_links(self.link, (upstream, nodes), kind=self.link_kind)
