"""The flow rule for one sector: limited capacities, and the worthiest demands first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lifeline.service.connectivity import hanging_on_sources
from lifeline.service.flow_graph import flow_graph, in_order_of_rank, nothing_flows, room_for
from lifeline.service.flow_kernels import FlowGraph, serve_in_order
from lifeline.service.rule import Mask, SectorNetwork, Served

if TYPE_CHECKING:
    from lifeline.system import Settings


@dataclass(frozen=True, eq=False)
class Flow:
    """Serves demands in order of their worth per unit (persons times weight), ties by id, each as fully as possible.

    Flow is conserved, no link or node carries more than its capacity and no source gives more than its own; where
    it runs apart from that is free, as valves and switches would have it. The total worth is the greatest there is.
    """

    network: SectorNetwork
    graph: FlowGraph

    @classmethod
    def of(cls, network: SectorNetwork, settings: Settings) -> Flow:
        """Make the rule for one sector; it has no settings."""
        del settings
        graph = flow_graph(
            source=network.source,
            demand=network.demand,
            value=network.value,
            capacity=network.capacity,
            tail=network.tail,
            head=network.head,
            directed=network.directed,
            link=np.arange(len(network.tail)),
            link_capacity=network.link_capacity,
        )
        return cls(network, graph)

    def serve(self, able: Mask, intact: Mask) -> Served:
        """Return who is reached and the units that each node gets."""
        flow = nothing_flows(self.graph)
        drawing = in_order_of_rank(self.graph, np.arange(len(able)))
        passing, whole = able.astype(np.uint8), intact.astype(np.uint8)
        serve_in_order(self.graph, flow, room_for(self.graph), passing, whole, drawing)
        return Served(hanging_on_sources(self.network, able, intact), flow.served)
