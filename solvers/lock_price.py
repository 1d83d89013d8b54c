"""What orders cost: the person-hours that a plan without them saves, order by order and for all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lifeline.errors import InfeasiblePlan
from lifeline.evaluation import evaluate
from lifeline.plan_check import check_plan
from lifeline.schedule import schedule
from solvers.conflicts import Orders
from solvers.solver import Budget

if TYPE_CHECKING:
    from lifeline.conditions import Lock
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem


@dataclass(frozen=True)
class LockPrices:
    """The best plan found with all orders, and what it costs more than the best found without one, and without any.

    Prices are in the unit of the objective (persons x thousandths x minutes), never negative: a plan with an order is
    one without it too, and each search begins with what the others found. Prices of single orders need not add up: of
    two orders that cost an hour together, each may cost nothing while the other stands, or each the whole hour.
    """

    plan: Plan
    objective: int
    without: Mapping[Lock, int]
    without_any: int

    def price(self, lock: Lock) -> int:
        """Return what one order costs while the others stand."""
        return self.objective - self.without[lock]

    @property
    def price_of_all(self) -> int:
        """Return what all orders together cost."""
        return self.objective - self.without_any


def lock_prices(
    problem: RepairProblem, plan: Plan, *, budget: Budget | None = None, seed: int = 0
) -> LockPrices:
    """Search once without each order and once without any, each time with this budget and from the best plan so far.

    `plan` keeps all orders. What costs nothing by the best plans found may still cost something by the best there are,
    and the other way round; a proof is only where a search ends in one.
    """
    orders = Orders(problem)
    best = _Best(problem, plan)
    without: dict[Lock, int] = {}
    freest: Sequence[Plan] = [plan]
    for lock in problem.locks:
        free = orders.under([other for other in problem.locks if other != lock])
        found = _Best(free, plan)
        found.search([best.plan], budget or Budget(), seed)
        without[lock] = found.objective
        freest = [*freest, found.plan]
        best.take(found.plan)
    free_of_all = _Best(orders.without_any, plan)
    free_of_all.search([*freest, best.plan], budget or Budget(), seed)
    best.take(free_of_all.plan)
    # What keeps more orders keeps fewer: no plan without an order is worse than the best with it.
    without = {lock: min(objective, best.objective) for lock, objective in without.items()}
    least = min([free_of_all.objective, best.objective, *without.values()])
    return LockPrices(best.plan, best.objective, without, least)


class _Best:
    """The best plan of one problem so far."""

    def __init__(self, problem: RepairProblem, plan: Plan) -> None:
        """Begin with a plan that keeps more orders, as it is."""
        self.problem, self.plan = problem, plan
        self.objective = evaluate(problem, plan).objective

    def take(self, plan: Plan) -> None:
        """Take another plan's order of work, if it can be kept here and is better."""
        try:
            timed = schedule(self.problem, _possible(self.problem, plan))
        except InfeasiblePlan:
            return
        objective = evaluate(self.problem, timed).objective
        if objective < self.objective and not check_plan(self.problem, timed):
            self.plan, self.objective = timed, objective

    def search(self, starts: Sequence[Plan], budget: Budget, seed: int) -> None:
        """Search from the best of these plans."""
        from solvers import judged_search, local_search

        for plan in starts:
            self.take(plan)
        if self.problem.system.settings.is_plain:
            start = _possible(self.problem, self.plan)
            found = local_search.solve(self.problem, budget=budget, seed=seed, start=start)
        else:
            found = judged_search.improve(self.problem, self.plan, budget=budget, seed=seed)
        if found.objective < self.objective:
            self.plan, self.objective = found.plan, found.objective


def _possible(problem: RepairProblem, plan: Plan) -> dict[str, list[str]]:
    """Return a plan's sequences without what nobody can do in this problem."""
    return {
        crew: [job for job in jobs if job not in problem.unassignable]
        for crew, jobs in plan.sequences().items()
    }
