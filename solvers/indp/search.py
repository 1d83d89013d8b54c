"""Local search for INDP plans: moves elements between steps, with an exact compiled cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lifeline.errors import InvalidInput
from solvers.indp.arrays import Layout, lay_out
from solvers.indp.flow_kernels import Longs, new_desk, new_memory
from solvers.indp.problem import IndpPlan, IndpProblem
from solvers.indp.search_kernels import Order, Tools, Work, anneal, descend, look_again

MEMORY_BITS = 20


class IndpSearch:
    """A search for one problem; what it learns of states serves all its runs. Every repair must take one unit."""

    def __init__(self, problem: IndpProblem) -> None:
        """Lay the problem out."""
        if any(element.units != 1 for element in problem.elements):
            raise InvalidInput("The search moves repairs of one unit each; use the program alone for others.")
        self.problem = problem
        layout = lay_out(problem)
        self.work = _work(problem, layout)
        spaces = len(problem.network.space_costs)
        self.tools = Tools(
            new_desk(len(layout.net.balance), len(layout.net.capacity)),
            new_memory(MEMORY_BITS),
            layout.intact[0].copy(),
            layout.intact[1].copy(),
            np.zeros(spaces + 1, np.int64),
            np.zeros(len(problem.network.layers), np.bool_),
            np.zeros((problem.horizon, len(problem.network.layers)), np.bool_),
        )

    def anneal(self, plan: IndpPlan, *, tries: int, seed: int, hot: float, cold: float) -> IndpPlan:
        """Return the best plan met while trying so many changes, from temperature `hot` down to `cold` (USD)."""
        order, cost = self._order(self._row(plan))
        trial, _ = self._order(order.row)
        best, random = order.row.copy(), np.array([seed], np.uint64)
        anneal(self.work, self.tools, order, trial, best, cost, random, tries, hot, cold)
        return self._plan(best)

    def descend(self, plan: IndpPlan) -> IndpPlan:
        """Return the plan after exchanging two repairs, or moving one, as long as that helps."""
        order, cost = self._order(self._row(plan))
        trial, _ = self._order(order.row)
        descend(self.work, self.tools, order, trial, cost)
        return self._plan(order.row)

    def cost(self, plan: IndpPlan) -> float:
        """Return the objective of a plan, USD, as the search counts it."""
        return self._order(self._row(plan))[1]

    def _order(self, row: Longs) -> tuple[Order, float]:
        work = self.work
        order = Order(
            row.copy(),
            np.full(len(self.problem.elements), -1, np.int64),
            np.zeros((work.horizon, len(self.problem.network.layers))),
            np.zeros(work.horizon),
        )
        cost = look_again(work, self.tools, order, 0, len(row) - 1, np.inf, True)
        return order, cost

    def _row(self, plan: IndpPlan) -> Longs:
        work, index = self.work, self.problem.element_index
        row = np.full(work.horizon * work.units + len(self.problem.elements), -1, np.int64)
        left = set(range(len(self.problem.elements)))
        for step, names in enumerate(plan.steps):
            for offset, name in enumerate(names):
                row[step * work.units + offset] = index[name]
                left.discard(index[name])
        row[work.horizon * work.units :][: len(left)] = sorted(left)
        return row

    def _plan(self, row: Longs) -> IndpPlan:
        names = [element.name for element in self.problem.elements]
        rows = row[: self.work.horizon * self.work.units].reshape(self.work.horizon, self.work.units)
        return IndpPlan(trimmed([tuple(names[k] for k in sorted(step) if k >= 0) for step in rows.tolist()]))


def trimmed(steps: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return the steps up to the last in which something is repaired."""
    last = max((number for number, step in enumerate(steps, start=1) if step), default=0)
    return tuple(steps[:last])


def _work(problem: IndpProblem, layout: Layout) -> Work:
    nodes, links = layout.intact
    spaces, starts = layout.spaces
    return Work(
        layout.net,
        nodes,
        links,
        layout.element_node,
        layout.element_link,
        layout.touches,
        layout.repair_cost,
        spaces,
        starts,
        np.array(problem.network.space_costs, float),
        problem.units_per_step,
        problem.horizon,
    )
