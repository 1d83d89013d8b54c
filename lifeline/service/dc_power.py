"""Power by the DC model: lines have limits, flow follows the angles, and where not all can be served least weight goes.

An operator may set every source between nothing and its capacity and serve any part of each demand, so long as flow
obeys the DC model (`dc_flow`) and no line or node carries more than it can. Islands are on their own. Where everything
can be served with the sources in proportion to their capacities, it is; else a linear program decides (`shedding`).

The rule is not monotone: an intact line can force load to be shed that its loss would allow to be served.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from lifeline.service.dc_flow import Floats, PowerGrid, Wiring
from lifeline.service.dispatch import balanced
from lifeline.service.rule import UNLIMITED, Mask, SectorNetwork, Served, Whole
from lifeline.service.shedding import WATTS_ABOVE, overloaded_links, shed_least_weight, through

if TYPE_CHECKING:
    from lifeline.system import Settings

MOST_REMEMBERED_BYTES = 32_000_000
"How much of what was worked out is kept, oldest out first."


class DcPower:
    """The power rule `dc_power` for one network; it remembers what it has worked out."""

    def __init__(self, network: SectorNetwork) -> None:
        """Read the network; InvalidInput for a link without a reactance or with a direction."""
        self.network = network
        self.grid = PowerGrid.of(network)
        limit = np.where(network.capacity == UNLIMITED, network.demand.sum(), network.capacity)
        self._most = np.where(network.source, limit, 0).astype(np.float64)
        self._known: OrderedDict[bytes, Served] = OrderedDict()
        self._kept = max(16, MOST_REMEMBERED_BYTES // (10 * len(network.demand) + len(network.tail) + 1))

    @classmethod
    def of(cls, network: SectorNetwork, settings: Settings) -> DcPower:
        """Make the rule for one sector; it has no settings."""
        del settings
        return cls(network)

    def serve(self, able: Mask, intact: Mask) -> Served:
        """Return who is reached and how much each node gets; the same for the same state, whatever was asked before."""
        state = np.packbits(np.concatenate([able, intact])).tobytes()
        served = self._known.get(state)
        if served is not None:
            self._known.move_to_end(state)
            return served
        served = self._worked_out(self.grid.wired(able, intact))
        served.reached.flags.writeable = served.flow.flags.writeable = False
        self._known[state] = served
        if len(self._known) > self._kept:
            self._known.popitem(last=False)
        return served

    def _worked_out(self, wiring: Wiring) -> Served:
        network, at = self.network, wiring.reached
        demand = np.where(at, network.demand, 0)
        wanted = demand.astype(np.float64)
        made, drawn = balanced(wiring, np.zeros(len(wanted)), wanted, self._most)
        flow = wiring.flows(made - drawn)
        crowded = overloaded_links(network, np.flatnonzero(wiring.live), flow)
        short = np.zeros(wiring.islands, bool)
        short[wiring.island[network.tail[crowded]]] = True
        short[wiring.island[at & (wanted - drawn > WATTS_ABOVE)]] = True
        short[wiring.island[self._crammed(wiring, flow, drawn)]] = True
        for island in np.flatnonzero(short).tolist():
            nodes = np.flatnonzero(wiring.island == island)
            if not at[nodes[0]]:
                continue
            here = crowded[wiring.island[network.tail[crowded]] == island]
            demand[nodes] = shed_least_weight(wiring, nodes, here, np.sign(flow[here]))
        return Served(at, demand)

    def _crammed(self, wiring: Wiring, flow: Floats, drawn: Floats) -> Whole:
        """Return the nodes through which more passes than can."""
        network = self.network
        limited = wiring.reached & ~network.source & (network.capacity != UNLIMITED)
        return np.flatnonzero(limited & (through(network, flow, drawn) > network.capacity + WATTS_ABOVE))
