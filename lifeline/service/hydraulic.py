"""The service rule `hydraulic`: water flows by pressure, and a node gets what its pressure lets through.

One steady state with pressure-dependent demand, computed by the WNTRSimulator of WNTR (Klise and others 2017, Environ.
Model. Softw. 95:420-431). Not by EPANET 2.2, which goes on supplying from what no longer has a source.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lifeline.errors import InvalidInput, Problem, SolverFailure
from lifeline.importers.extras import needs, quietly
from lifeline.service.connectivity import hanging_on_sources
from lifeline.service.rule import Mask, SectorNetwork, Served, Whole
from lifeline.service.water_parts import LITRES_PER_HOUR, WaterParts, parts_of

if TYPE_CHECKING:
    from lifeline.system import Settings

Floats = NDArray[np.float64]

REQUIRED_PRESSURE_M = 14.06
"""Pressure at which a node gets all it asks for: 20 psi at ground level, which Recommended Standards for Water
Works (Great Lakes - Upper Mississippi River Board, 2012, 8.2.1) want everywhere under all conditions of flow."""
MINIMUM_PRESSURE_M = 0.0
PRESSURE_EXPONENT = 0.5
"Between the two, flow goes with the root of the pressure: Wagner, Shamir and Marks (1988), J. Water Res. Pl. 114:276."

FULL = 1e-6
"How much of its demand a node may lack and still count as served in full: what the solver leaves over."

_MOST_REMEMBERED = 10_000
# In m and m3/s; WNTR's own 1e-6 would let 3.6 litres an hour disappear at a node.
_TOLERANCE = 1e-8
_MOST_TRIALS = 100

# Full Newton steps first: with WNTR's line search from the start, the published network ky10 never settles. Where
# full steps go in circles, the line search gets there in up to a thousand, or does with the other formula of friction.
_ATTEMPTS = (
    ("default", {"BT_START_ITER": 60, "MAXITER": 120}),
    ("default", {"MAXITER": 3000}),
    ("piecewise", {"MAXITER": 3000}),
)


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
        _curves_can_be_fitted(wntr, parts)
        return cls(parts, wntr)

    def serve(self, able: Mask, intact: Mask) -> Served:
        """Return who is reached and the litres an hour that each node gets; SolverFailure where WNTR finds none."""
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
        head = np.where(reached & parts.network.source, parts.head, np.nan)
        flow = np.zeros(len(parts.network.links))
        # What stands at a source has its water without any pipe.
        delivered = np.where(reached & parts.network.source, parts.demand, 0.0)
        junctions = np.flatnonzero(reached & ~parts.network.source & ~parts.pump_node)
        if not len(junctions):
            return SteadyState(head, flow, delivered)
        network = _network_of(self.wntr, parts, reached, open_links)
        _run(self.wntr, network)
        for node in junctions.tolist():
            junction = network.get_node(str(node))
            if not junction._is_isolated:
                head[node] = junction.head
                delivered[node] = min(max(junction.demand, 0.0), parts.demand[node])
        links_of_pump = {pump.links[-1]: pump.links for pump in parts.pumps}
        for name, link in network.links():
            flow[list(links_of_pump.get(int(name), (int(name),)))] = link.flow
        return SteadyState(head, flow, delivered)


def _whole_litres(delivered: Floats, demand: Whole) -> Whole:
    """Return the deliveries in m3/s as whole litres an hour, full where all but the solver's remainder is there."""
    litres = np.floor(delivered * LITRES_PER_HOUR * (1 + FULL))
    return np.minimum(litres.astype(np.int64), demand)


def _network_of(wntr: Any, parts: WaterParts, reached: Mask, open_links: Mask) -> Any:
    """Build WNTR's model of what is reached, with nodes and links called by their numbers."""
    network = wntr.network.WaterNetworkModel()
    options = network.options
    options.time.duration = 0
    options.hydraulic.demand_model = "PDD"
    options.hydraulic.required_pressure = REQUIRED_PRESSURE_M
    options.hydraulic.minimum_pressure = MINIMUM_PRESSURE_M
    options.hydraulic.pressure_exponent = PRESSURE_EXPONENT
    options.hydraulic.trials = _MOST_TRIALS
    source = parts.network.source
    tail, head = parts.network.tail, parts.network.head
    pipes, valves = parts.pipes[open_links[parts.pipes]], parts.valves[open_links[parts.valves]]
    pumps = [pump for pump in parts.pumps if open_links[list(pump.links)].all()]
    # WNTR stumbles over a source that nothing leads to.
    linked = {end for pump in pumps for end in (pump.start, pump.end)}
    linked.update(tail[pipes].tolist(), head[pipes].tolist(), tail[valves].tolist(), head[valves].tolist())
    for node in sorted(linked):
        if source[node]:
            network.add_reservoir(str(node), float(parts.head[node]))
        else:
            network.add_junction(str(node), float(parts.demand[node]), None, float(parts.elevation[node]))
    for link in pipes.tolist():
        network.add_pipe(
            str(link),
            str(tail[link]),
            str(head[link]),
            float(parts.length[link]),
            float(parts.diameter[link]),
            float(parts.roughness[link]),
            float(parts.minor_loss[link]),
            "OPEN",
            bool(parts.network.directed[link]),
        )
    for link in valves.tolist():
        network.add_valve(
            str(link),
            str(tail[link]),
            str(head[link]),
            float(parts.diameter[link]),
            parts.valve_kind[link],
            float(parts.minor_loss[link]),
            float(parts.setting[link]),
        )
    for pump in pumps:
        name = str(pump.links[-1])
        network.add_curve(name, "HEAD", list(pump.curve))
        network.add_pump(name, str(pump.start), str(pump.end), "HEAD", name)
    return network


def _curves_can_be_fitted(wntr: Any, parts: WaterParts) -> None:
    """Refuse the head curves to which WNTR finds no `head = A - B flow^C`."""
    everything = np.ones(len(parts.network.nodes), np.bool_), np.ones(len(parts.network.links), np.bool_)
    network = _network_of(wntr, parts, *everything)
    problems = []
    for name, pump in network.head_pumps():
        try:
            with quietly("wntr"):
                pump.get_head_curve_coefficients()
        except (RuntimeError, ValueError, ZeroDivisionError) as trouble:
            link = parts.network.links["id"].iloc[int(name)]
            curve = parts.network.links["head_curve"].iloc[int(name)]
            message = f"of {link!r} fits no curve head = A - B flow^C ({trouble}); give one point or three."
            problems.append(Problem("links", None, "head_curve", curve, message))
    if problems:
        raise InvalidInput.of(problems, "the water network, for the rule hydraulic")


def _run(wntr: Any, network: Any) -> None:
    """Let WNTR find the steady state; SolverFailure where it finds none."""
    from scipy.sparse.linalg import MatrixRankWarning

    reason = ""
    for friction, options in _ATTEMPTS:
        network.reset_initial_values()
        with quietly("wntr"), _without_garbage_collection():
            # WNTR tells a singular step by this warning being an error.
            warnings.simplefilter("error", MatrixRankWarning)
            try:
                wntr.sim.WNTRSimulator(network).run_sim(
                    solver_options={"TOL": _TOLERANCE, **options}, convergence_error=True, HW_approx=friction
                )
                return
            except RuntimeError as trouble:
                reason = str(trouble)
    raise SolverFailure(f"WNTR finds no steady state of the water network: {reason}")


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Let WNTR make its half a million objects in peace: looking for garbage among them takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
