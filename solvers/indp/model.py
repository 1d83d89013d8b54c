"""The INDP over time as a mixed-integer program in PuLP: one function for each law of the published model.

González, Dueñas-Osorio, Sánchez-Silva and Medaglia (2016), Comput.-Aided Civ. Infrastruct. Eng. 31:334-350. Two
things are added that cut off no plan: links are held to the flow that can be useful (`limits`), and a node that is
down misses all its balance. Money is counted in units of 10,000 USD, so that solvers meet numbers of like size.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulp

from solvers.indp.limits import useful_capacities

if TYPE_CHECKING:
    from solvers.indp.problem import IndpProblem

USD = 1e-4
"What a dollar counts in the program's objective."


@dataclass(frozen=True)
class Stage:
    """A state that the networks are brought to: units there are to get there, and the steps it then lasts."""

    units: int
    lasts: float = 1.0


@dataclass
class IndpModel:
    """The program while its laws are written down.

    `state[stage][element]` is 1 once an element is repaired: a variable for `candidates`, 1 for `done`, 0 for
    the rest.
    """

    problem: IndpProblem
    stages: Sequence[Stage]
    done: Collection[int]
    candidates: Sequence[int]
    repair_share: float = 1.0
    program: pulp.LpProblem = field(default_factory=lambda: pulp.LpProblem("INDP", pulp.LpMinimize))
    state: list[dict[int, pulp.LpVariable]] = field(default_factory=list)
    working: list[list[pulp.LpVariable | float]] = field(default_factory=list)
    costs: list[pulp.LpAffineExpression] = field(default_factory=list)

    def repaired_by(self, stage: int) -> set[int]:
        """Return the elements that the solved program has repaired in a stage, `done` ones included."""
        values = self.state[stage].items()
        return {*self.done, *(k for k, variable in values if (variable.varValue or 0.0) > 0.5)}


def build_model(
    problem: IndpProblem,
    stages: Sequence[Stage],
    *,
    done: Collection[int] = (),
    candidates: Sequence[int] | None = None,
    must: Collection[int] = (),
    repair_share: float = 1.0,
) -> IndpModel:
    """Return the program that brings the networks through stages at the least cost.

    `done` elements work from the start, `candidates` (all others, if not said) may be repaired, `must` are in
    the end. Repairs and preparations are charged `repair_share` of their price.
    """
    if candidates is None:
        candidates = [k for k in range(len(problem.elements)) if k not in set(done)]
    model = IndpModel(problem, stages, done, candidates, repair_share)
    what_is_repaired_stays_repaired(model)
    repairs_take_units(model)
    nodes_work_when_whole_and_provided_for(model)
    flow_balances_within_capacity(model)
    links_repaired_in_a_space_pay_for_it(model)
    all_of_these_are_repaired(model, must)
    minimise_cost(model)
    return model


def what_is_repaired_stays_repaired(model: IndpModel) -> None:
    """Write state[stage - 1] <= state[stage]."""
    for stage in range(len(model.stages)):
        model.state.append(
            {k: model.program.add_variable(f"state_{k}_{stage}", cat="Binary") for k in model.candidates}
        )
        if stage:
            for k in model.candidates:
                model.program += model.state[stage - 1][k] <= model.state[stage][k]


def repairs_take_units(model: IndpModel) -> None:
    """Write sum of units x (state[stage] - state[stage - 1]) <= units of the stage."""
    elements = model.problem.elements
    for number, stage in enumerate(model.stages):
        new = pulp.lpSum(elements[k].units * _newly(model, k, number) for k in model.candidates)
        if model.candidates:
            model.program += new <= stage.units


def nodes_work_when_whole_and_provided_for(model: IndpModel) -> None:
    """Write works <= state, and works <= sum of gamma x works of its dependees, for nodes that have any."""
    problem = model.problem
    nodes = {element.place: k for k, element in enumerate(problem.elements) if element.is_node}
    left = {place: k for place, k in nodes.items() if k not in set(model.done)}
    worst = problem.network.working_nodes(left)
    best = problem.network.working_nodes(place for place, k in left.items() if k not in set(model.candidates))
    for stage in range(len(model.stages)):
        works: list[pulp.LpVariable | float] = [float(n in worst) for n in range(len(problem.network.nodes))]
        for place in sorted(best - worst):
            own = model.state[stage][left[place]] if place in left else None
            if own is not None and place not in problem.network.needs_of:
                works[place] = own
            else:
                works[place] = model.program.add_variable(f"works_{place}_{stage}", 0, 1)
                if own is not None:
                    model.program += works[place] <= own
        for place in sorted(best - worst):
            needs = problem.network.needs_of.get(place, ())
            if needs:
                model.program += works[place] <= pulp.lpSum(n.gamma * works[n.dependee] for n in needs)
        model.working.append(works)


def flow_balances_within_capacity(model: IndpModel) -> None:
    """Write out - in = balance - too much + missing at each node, and flow <= capacity x state x works of both ends."""
    limits = useful_capacities(model.problem.network)
    for stage in range(len(model.stages)):
        outflow = _flows_along_links(model, stage, limits)
        _balances_at_nodes(model, stage, outflow)


def _flows_along_links(
    model: IndpModel, stage: int, limits: Sequence[tuple[float, float]]
) -> list[list[pulp.LpAffineExpression]]:
    """Add the flows of a stage and what they cost; return for each node what flows out of it, less what flows in."""
    network, works = model.problem.network, model.working[stage]
    broken = {
        e.place: k for k, e in enumerate(model.problem.elements) if not e.is_node and k not in set(model.done)
    }
    outflow: list[list[pulp.LpAffineExpression]] = [[] for _ in network.nodes]
    costs = []
    for number, link in enumerate(network.links):
        whole = model.state[stage].get(broken[number], 0.0) if number in broken else 1.0
        gates = [gate for gate in (whole, works[link.u], works[link.v]) if not _is_one(gate)]
        if any(isinstance(gate, float) for gate in gates):
            continue
        forth = model.program.add_variable(f"flow_{number}_{stage}", 0, limits[number][0])
        back = model.program.add_variable(f"back_{number}_{stage}", 0, limits[number][1])
        for flow, most in ((forth, limits[number][0]), (back, limits[number][1])):
            for gate in gates:
                model.program += flow <= most * gate
            costs.append(link.flow_cost * USD * flow)
        outflow[link.u] += [forth, -back]
        outflow[link.v] += [back, -forth]
    model.costs.append(pulp.lpSum(costs))
    return outflow


def _balances_at_nodes(model: IndpModel, stage: int, outflow: list[list[pulp.LpAffineExpression]]) -> None:
    costs = []
    for place, node in enumerate(model.problem.network.nodes):
        works = model.working[stage][place]
        if works == 0.0 and isinstance(works, float):
            penalty = node.penalty_over if node.balance > 0 else node.penalty_under
            costs.append(abs(node.balance) * penalty * USD)
            continue
        over = model.program.add_variable(f"over_{place}_{stage}", 0)
        under = model.program.add_variable(f"under_{place}_{stage}", 0)
        model.program += pulp.lpSum(outflow[place]) + over - under == node.balance
        costs += [node.penalty_over * USD * over, node.penalty_under * USD * under]
        if not _is_one(works) and node.balance:
            missed = over if node.balance > 0 else under
            model.program += missed >= abs(node.balance) * (1 - works)
    model.costs[stage] += pulp.lpSum(costs)


def links_repaired_in_a_space_pay_for_it(model: IndpModel) -> None:
    """Write state[stage] - state[stage - 1] <= prepared, for each space that a repaired link crosses."""
    elements, prices = model.problem.elements, model.problem.network.space_costs
    for stage in range(len(model.stages)):
        prepared: dict[int, pulp.LpVariable] = {}
        for k in model.candidates:
            for space in elements[k].spaces:
                if space not in prepared:
                    prepared[space] = model.program.add_variable(f"prepared_{space}_{stage}", 0, 1)
                model.program += _newly(model, k, stage) <= prepared[space]
        spent = (prices[space] * model.repair_share * USD * z for space, z in prepared.items())
        model.program.setObjective((model.program.objective or 0) + pulp.lpSum(spent))


def all_of_these_are_repaired(model: IndpModel, must: Collection[int]) -> None:
    """Write state[last stage] = 1."""
    for k in sorted(must):
        model.program += model.state[-1][k] == 1


def minimise_cost(model: IndpModel) -> None:
    """Minimise preparation + repair + each stage's flow and penalties for as long as it lasts."""
    elements = model.problem.elements
    repairs = pulp.lpSum(
        elements[k].cost * model.repair_share * USD * model.state[-1][k] for k in model.candidates
    )
    lasting = pulp.lpSum(stage.lasts * cost for stage, cost in zip(model.stages, model.costs, strict=True))
    model.program.setObjective((model.program.objective or 0) + repairs + lasting)


def _newly(model: IndpModel, k: int, stage: int) -> pulp.LpAffineExpression:
    before = model.state[stage - 1][k] if stage else 0
    return model.state[stage][k] - before


def _is_one(gate: pulp.LpVariable | float) -> bool:
    return isinstance(gate, float) and gate == 1.0
