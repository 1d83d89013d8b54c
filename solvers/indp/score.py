"""The judge of INDP plans: flow at least cost in every step, one linear program per layer and state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lifeline.errors import SolverFailure
from solvers.indp.problem import IndpNetwork, IndpPlan, IndpProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Flow:
    """The cheapest flow of one layer: USD for moving it, USD of penalties, units of demand left unmet."""

    cost: float
    penalty: float
    unmet: float


@dataclass(frozen=True)
class StepScore:
    """What one step costs, in USD, and the units of demand that each layer leaves unmet."""

    flow: float
    penalty: float
    repair: float
    space: float
    unmet: Mapping[str, float]

    @property
    def cost(self) -> float:
        """The four costs together."""
        return self.flow + self.penalty + self.repair + self.space


@dataclass(frozen=True)
class IndpScore:
    """What a plan costs: before any repair, and in each step up to the horizon."""

    before: StepScore
    steps: tuple[StepScore, ...]

    @property
    def objective(self) -> float:
        """USD over all steps up to the horizon; the state before any repair is not charged."""
        return sum(step.cost for step in self.steps)

    @property
    def unmet_area(self) -> float:
        """Units of demand left unmet, summed over layers and steps."""
        return sum(sum(step.unmet.values()) for step in self.steps)


def score(problem: IndpProblem, plan: IndpPlan) -> IndpScore:
    """Return what a plan costs, as the literature counts it; InvalidInput when the plan breaks a rule.

    Each step is charged for the flow after its own repairs; steps after the last repair go on like it. A
    space is paid for anew in every step in which a link across it is repaired.
    """
    plan.check(problem)
    return Judge(problem).score(plan)


class Judge:
    """Scores plans of one problem, keeping the flow of every state it has met."""

    def __init__(self, problem: IndpProblem) -> None:
        """Set the layers up once."""
        self.problem = problem
        self.layers = [Layer(problem.network, name) for name in problem.network.layers]
        self.known: dict[tuple[int, frozenset[int], frozenset[int]], Flow] = {}

    def score(self, plan: IndpPlan) -> IndpScore:
        """Return what a plan costs; the plan is one that `check` accepts."""
        steps = (*plan.steps, *[()] * (self.problem.horizon - len(plan.steps)))
        left = set(range(len(self.problem.elements)))
        scores = [self._step((), left)]
        for step in steps:
            repaired = [self.problem.element_index[name] for name in step]
            left -= set(repaired)
            scores.append(self._step(repaired, left))
        return IndpScore(scores[0], tuple(scores[1:]))

    def _step(self, repaired: list[int] | tuple[()], left: set[int]) -> StepScore:
        elements, network = self.problem.elements, self.problem.network
        working = network.working_nodes(elements[k].place for k in left if elements[k].is_node)
        cut = frozenset(elements[k].place for k in left if not elements[k].is_node)
        flows = {layer.name: self._flow(number, working, cut) for number, layer in enumerate(self.layers)}
        spaces = {space for k in repaired for space in elements[k].spaces}
        return StepScore(
            sum(flow.cost for flow in flows.values()),
            sum(flow.penalty for flow in flows.values()),
            sum(elements[k].cost for k in repaired),
            sum(network.space_costs[space] for space in spaces),
            {name: flow.unmet for name, flow in flows.items()},
        )

    def _flow(self, number: int, working: frozenset[int], cut: frozenset[int]) -> Flow:
        layer = self.layers[number]
        key = (number, working & layer.nodes, cut & layer.links)
        if key not in self.known:
            self.known[key] = layer.cheapest_flow(key[1], key[2])
        return self.known[key]


class Layer:
    """One layer as a linear program: two directions per link, then a unit too much, then a unit missing, per node."""

    def __init__(self, network: IndpNetwork, name: str) -> None:
        """Pick the layer's nodes and links out of the network."""
        self.name, self.network = name, network
        self.node_places = [place for place, node in enumerate(network.nodes) if node.layer == name]
        self.nodes = frozenset(self.node_places)
        self.link_places = [place for place, link in enumerate(network.links) if link.u in self.nodes]
        self.links = frozenset(self.link_places)

    @cached_property
    def balance(self) -> NDArray[np.float64]:
        """Units that enter at each node."""
        return np.array([self.network.nodes[place].balance for place in self.node_places])

    @cached_property
    def prices(self) -> NDArray[np.float64]:
        """USD per unit of every variable."""
        nodes = [self.network.nodes[place] for place in self.node_places]
        links = [self.network.links[place].flow_cost for place in self.link_places]
        over, under = [node.penalty_over for node in nodes], [node.penalty_under for node in nodes]
        return np.array([*links, *links, *over, *under])

    @cached_property
    def law(self) -> Any:
        """The matrix of flow balance: out - in + too much - missing = balance, at each node."""
        from scipy.sparse import coo_array

        row = {place: number for number, place in enumerate(self.node_places)}
        ends = [self.network.links[place] for place in self.link_places]
        u, v = [row[link.u] for link in ends], [row[link.v] for link in ends]
        every, count = list(range(len(row))), len(ends)
        rows = [*u, *v, *v, *u, *every, *every]
        columns = [*range(count), *range(count), *range(count, 2 * count), *range(count, 2 * count)]
        columns += range(2 * count, 2 * count + 2 * len(row))
        signs = [1.0] * count + [-1.0] * count + [1.0] * count + [-1.0] * count
        signs += [1.0] * len(row) + [-1.0] * len(row)
        return coo_array((signs, (rows, columns)), shape=(len(row), 2 * count + 2 * len(row))).tocsr()

    def cheapest_flow(self, working: frozenset[int], cut: frozenset[int]) -> Flow:
        """Return the cheapest flow while these nodes work and these links are cut."""
        from scipy.optimize import linprog

        links = [(place, self.network.links[place]) for place in self.link_places]
        open_up_to = [
            link.capacity if place not in cut and link.u in working and link.v in working else 0.0
            for place, link in links
        ]
        upper = np.array([*open_up_to, *open_up_to, *[np.inf] * (2 * len(self.node_places))])
        bounds: Any = np.column_stack((np.zeros_like(upper), upper))
        found = linprog(self.prices, A_eq=self.law, b_eq=self.balance, bounds=bounds, method="highs-ds")
        if not found.success or found.x is None:
            raise SolverFailure(f"The cheapest flow of {self.name} was not found: {found.message}")
        amounts, flows = found.x, 2 * len(links)
        spent = self.prices * amounts
        missing = amounts[flows + len(self.node_places) :]
        return Flow(float(spent[:flows].sum()), float(spent[flows:].sum()), float(missing.sum()))
