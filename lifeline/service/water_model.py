"""Pressures and flows of a water network: WNTR's model of what is reached, and the ways to solve it.

Klise, Bynum, Moriarty and Murray (2017), A software framework for assessing the resilience of drinking water systems to
disasters (WNTR), Environ. Model. Softw. 95:420-431.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from lifeline.epanet_engine import run_epanet
from lifeline.errors import InvalidInput, Problem, SolverFailure
from lifeline.extras import quietly
from lifeline.service.rule import Mask
from lifeline.service.water_parts import WaterParts

REQUIRED_PRESSURE_M = 14.06
"""Pressure at which a node gets all it asks for: 20 psi at ground level, which Recommended Standards for Water
Works (Great Lakes - Upper Mississippi River Board, 2012, 8.2.1) want everywhere under all conditions of flow."""
MINIMUM_PRESSURE_M = 0.0
PRESSURE_EXPONENT = 0.5
"Between the two, flow goes with the root of the pressure: Wagner, Shamir and Marks (1988), J. Water Res. Pl. 114:276."

# In m and m3/s; WNTR's own 1e-6 would let 3.6 litres an hour disappear at a node.
_TOLERANCE = 1e-8
_MOST_TRIALS = 100
# What EPANET hands over in 32 bits is not balanced to the last digit.
_MOST_UNBALANCED_M3_S = 1e-6
_EPANET_ACCURACY = 1e-6
_EPANET_TRIALS = 1000


class Solution(NamedTuple):
    """Heads in m (NaN without water), deliveries and flows in m3/s, by the numbers of nodes and links as text."""

    head: dict[str, float]
    delivered: dict[str, float]
    flow: dict[str, float]


def model_of(wntr: Any, parts: WaterParts, open_links: Mask) -> Any:
    """Build WNTR's model of these links and all at their ends, called by their numbers."""
    network = wntr.network.WaterNetworkModel()
    options = network.options
    options.time.duration = 0
    options.hydraulic.demand_model = "PDD"
    options.hydraulic.required_pressure = REQUIRED_PRESSURE_M
    options.hydraulic.minimum_pressure = MINIMUM_PRESSURE_M
    options.hydraulic.pressure_exponent = PRESSURE_EXPONENT
    options.hydraulic.trials = _MOST_TRIALS
    tail, head = parts.network.tail, parts.network.head
    pipes, valves = parts.pipes[open_links[parts.pipes]], parts.valves[open_links[parts.valves]]
    pumps = [pump for pump in parts.pumps if open_links[list(pump.links)].all()]
    # Only what is at a link: WNTR stumbles over a source that nothing leads to.
    linked = {end for pump in pumps for end in (pump.start, pump.end)}
    linked.update(tail[pipes].tolist(), head[pipes].tolist(), tail[valves].tolist(), head[valves].tolist())
    for node in sorted(linked):
        if parts.network.source[node]:
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


def refuse_curves_that_cannot_be_fitted(parts: WaterParts, network: Any) -> None:
    """Refuse the head curves to which WNTR finds no `head = A - B flow^C`."""
    problems = []
    for name, pump in network.head_pumps():
        try:
            with quietly("wntr"):
                pump.get_head_curve_coefficients()
        except (RuntimeError, ValueError, ZeroDivisionError) as trouble:
            link, curve = (parts.network.links[column].iloc[int(name)] for column in ("id", "head_curve"))
            message = f"of {link!r} fits no curve head = A - B flow^C ({trouble}); give one point or three."
            problems.append(Problem("links", None, "head_curve", curve, message))
    if problems:
        raise InvalidInput.of(problems, "the water network, for the rule hydraulic")


def solved(wntr: Any, network: Any) -> Solution:
    """Return the steady state with pressure-dependent demand; SolverFailure where no way of solving finds one."""
    for solve in WAYS:
        network.reset_initial_values()
        solution = solve(wntr, network)
        if solution is not None and _is_balanced(network, solution):
            return solution
    raise SolverFailure(
        "No steady state of the water network was found, neither by WNTR nor by EPANET. Look for pipes of odd "
        "measures and for valves that work against each other, or take the water rule flow."
    )


def by_wntr(wntr: Any, network: Any, *, steps: dict[str, Any]) -> Solution | None:
    """Let WNTR's own simulator solve it; None where it does not converge."""
    from scipy.sparse.linalg import MatrixRankWarning

    with quietly("wntr"), _without_garbage_collection():
        # WNTR tells a singular step by this warning being an error.
        warnings.simplefilter("error", MatrixRankWarning)
        try:
            options = {"TOL": _TOLERANCE, **steps}
            wntr.sim.WNTRSimulator(network).run_sim(solver_options=options, convergence_error=True)
        except RuntimeError:
            return None
    wet = {name: junction for name, junction in network.junctions() if not junction._is_isolated}
    return Solution(
        {name: float(junction.head) for name, junction in wet.items()},
        {name: _possible(junction, float(junction.demand)) for name, junction in wet.items()},
        {name: float(link.flow) for name, link in network.links()},
    )


def _possible(junction: Any, delivered: float) -> float:
    """Return what is delivered, which is neither below 0 nor above the demand.

    Far below any pressure that can be, WNTR's smooth law of demand lets water come out of nothing.
    """
    return min(max(delivered, 0.0), float(junction.base_demand))


def by_epanet(wntr: Any, network: Any) -> Solution | None:
    """Let EPANET solve it; None where it does not.

    Its fault in this mode, that it goes on supplying from drained tanks, cannot show: all sources are reservoirs
    here, and what none of them reaches is not in the model.
    """
    options = network.options.hydraulic
    options.accuracy, options.trials, options.unbalanced = _EPANET_ACCURACY, _EPANET_TRIALS, "STOP"
    options.inpfile_units = "CMH"
    results = run_epanet(wntr, network)
    if results is None:
        return None
    head, demand, flow = (
        {str(name): float(value) for name, value in table.iloc[0].items()}
        for table in (results.node["head"], results.node["demand"], results.link["flowrate"])
    )
    # EPANET's demands are approximate; where there is pressure enough they are met.
    delivered = {
        name: float(junction.base_demand)
        if head[name] - junction.elevation >= REQUIRED_PRESSURE_M
        else _possible(junction, demand[name])
        for name, junction in network.junctions()
    }
    return Solution({name: head[name] for name in delivered}, delivered, flow)


def _is_balanced(network: Any, solution: Solution) -> bool:
    """Tell whether at every junction as much arrives as goes on and is delivered."""
    left = {name: solution.delivered.get(name, 0.0) for name in network.junction_name_list}
    for name, link in network.links():
        for end, sign in ((link.start_node_name, 1), (link.end_node_name, -1)):
            if end in left:
                left[end] += sign * solution.flow[name]
    return all(abs(rest) <= _MOST_UNBALANCED_M3_S for rest in left.values())


# Full Newton steps first: they get there within thirty or go in circles, and with WNTR's line search from the start the
# published network ky10 never settles. EPANET gets nearly all others at once. The line search is the last resort: it
# takes hundreds of steps, and how many hangs on where in memory WNTR happens to keep its equations.
WAYS: tuple[Callable[[Any, Any], Solution | None], ...] = (
    partial(by_wntr, steps={"BACKTRACKING": False, "MAXITER": 40}),
    by_epanet,
    partial(by_wntr, steps={"MAXITER": 1000}),
)


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
