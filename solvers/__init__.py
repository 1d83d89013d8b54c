"""Ways to choose a Plan: each takes a RepairProblem and a Budget and returns a Proposal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lifeline.errors import InvalidInput
from lifeline.nearest import Nearest
from solvers import auto, cp_sat, exhaustive, local_search, priority
from solvers.priority import outlook_on
from solvers.solver import Budget, OnProgress, Progress, Proposal, Solver

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

__all__ = ["KNOWN_RULES", "SOLVERS", "Budget", "OnProgress", "Progress", "Proposal", "Solver", "solve"]

KNOWN_RULES = priority.KNOWN_RULES

SOLVERS: dict[str, Solver] = {
    "auto": auto.solve,
    "nearest": priority.nearest,
    "most_customers": priority.most_customers,
    "customers_per_crew_hour": priority.customers_per_crew_hour,
    "upstream": priority.upstream,
    "critical_first": priority.critical_first,
    "bundles": priority.bundles,
    "exhaustive": exhaustive.solve,
    "cp_sat": cp_sat.solve,
    "local_search": local_search.solve,
}


def solve(
    problem: RepairProblem,
    *,
    method: str = "auto",
    budget: Budget | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Proposal:
    """Return the plan that a method proposes; without a budget each method uses its own, which is reproducible."""
    if method not in SOLVERS:
        guess = Nearest(SOLVERS).to(method)
        hint = f" Did you mean {guess!r}?" if guess else ""
        raise InvalidInput(f"There is no method {method!r}.{hint} Known methods: {', '.join(SOLVERS)}.")
    if seed < 0:
        raise InvalidInput(f"The seed must be 0 or more, got {seed}.")
    budget = budget or Budget()
    if problem.system.settings.fairness_permille:
        from solvers.fair import solve_fairly

        return solve_fairly(problem, _without_term, method, budget=budget, seed=seed, on_progress=on_progress)
    return _without_term(problem, method=method, budget=budget, seed=seed, on_progress=on_progress)


def _without_term(
    problem: RepairProblem, *, method: str, budget: Budget, seed: int, on_progress: OnProgress | None
) -> Proposal:
    """Return a method's plan for a problem in which the objective is a sum over people."""
    if not problem.system.settings.is_plain:
        from solvers.under_rules import solve_under_rules

        return solve_under_rules(
            problem, SOLVERS[method], method, budget=budget, seed=seed, on_progress=on_progress
        )
    proposal = SOLVERS[method](problem, budget=budget, seed=seed, on_progress=on_progress)
    return proposal if proposal.bound is not None else replace(proposal, bound=outlook_on(problem).floor)
