"""The service rule `hydraulic`: water flows by pressure, and a node gets what its pressure lets through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lifeline.extras import needs
from lifeline.service.connectivity import hanging_on_sources
from lifeline.service.rule import Mask, SectorNetwork, Served, Whole
from lifeline.service.water_model import model_of, refuse_curves_that_cannot_be_fitted, solved
from lifeline.service.water_parts import LITRES_PER_HOUR, WaterParts, parts_of

if TYPE_CHECKING:
    from lifeline.system import Settings

Floats = NDArray[np.float64]

FULL = 1e-6
"How much of its demand a node may lack and still count as served in full: what the solver leaves over."
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, eq=False)
class SteadyState:
    """Heads, flows and deliveries in SI units.

    `head_m` is NaN at nodes without water (and at pumps, which lie between two heads). `flow_m3_s` counts from
    `from_node` to `to_node`; both links of a pump carry its flow.
    """

    head_m: Floats
    flow_m3_s: Floats
    delivered_m3_s: Floats


@dataclass(frozen=True, eq=False)
class Hydraulic:
    """Decides who gets water, and how much, by the pressure in the pipes.

    It reads elevation_m, head_m and demand of nodes, and diameter_mm, roughness, length_km, minor_loss, valve_setting,
    head_curve and directed of links. Capacities have no part in it. What was worked out once is remembered.
    """

    parts: WaterParts
    wntr: Any
    remembered: dict[tuple[bytes, bytes], Served] = field(default_factory=dict)

    @classmethod
    def of(cls, network: SectorNetwork, settings: Settings) -> Hydraulic:
        """Take the network apart; InvalidInput says what is missing, WNTR included, before a plan is under way."""
        del settings
        parts = parts_of(network)
        wntr = needs("wntr", "water", "for the water rule hydraulic")
        refuse_curves_that_cannot_be_fitted(
            parts, model_of(wntr, parts, np.ones(len(network.links), np.bool_))
        )
        return cls(parts, wntr)

    def serve(self, able: Mask, intact: Mask) -> Served:
        """Return who is reached and the litres an hour that each node gets; SolverFailure where none can be found."""
        network = self.parts.network
        reached = hanging_on_sources(network, able, intact)
        open_links = intact & reached[network.tail] & reached[network.head]
        key = reached.tobytes(), open_links.tobytes()
        if key not in self.remembered:
            if len(self.remembered) >= _MOST_REMEMBERED:
                del self.remembered[next(iter(self.remembered))]
            delivered = self._solve(reached, open_links).delivered_m3_s
            self.remembered[key] = Served(reached, _whole_litres(delivered, network.demand))
        found = self.remembered[key]
        return Served(found.reached.copy(), found.flow.copy())

    def steady_state(self, able: Mask, intact: Mask) -> SteadyState:
        """Return the heads and flows behind `serve`."""
        network = self.parts.network
        reached = hanging_on_sources(network, able, intact)
        return self._solve(reached, intact & reached[network.tail] & reached[network.head])

    def _solve(self, reached: Mask, open_links: Mask) -> SteadyState:
        parts = self.parts
        wet_source = reached & parts.network.source
        head, flow = np.where(wet_source, parts.head, np.nan), np.zeros(len(open_links))
        # What stands at a source has its water without any pipe.
        delivered = np.where(wet_source, parts.demand, 0.0)
        if (reached & ~parts.network.source & ~parts.pump_node).any():
            solution = solved(self.wntr, model_of(self.wntr, parts, open_links))
            for name, metres in solution.head.items():
                head[int(name)] = metres
                delivered[int(name)] = solution.delivered[name]
            links_of_pump = {pump.links[-1]: pump.links for pump in parts.pumps}
            for name, through in solution.flow.items():
                flow[list(links_of_pump.get(int(name), (int(name),)))] = through
        return SteadyState(head, flow, delivered)


def _whole_litres(delivered: Floats, demand: Whole) -> Whole:
    """Return the deliveries in m3/s as whole litres an hour, full where all but the solver's remainder is there."""
    litres = np.floor(delivered * LITRES_PER_HOUR * (1 + FULL))
    return np.minimum(litres.astype(np.int64), demand)
