"""Plans for problems whose sectors follow service rules: searched under connectivity, judged and bettered under theirs.

The compiled searches and the bounds know connectivity. Their plan is a good start under any other rule, since nobody is
ever served who is not connected; from there `judged_search` goes on under the problem's own rules.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from lifeline.evaluation import evaluate
from lifeline.schedule import schedule
from solvers import judged_search
from solvers.priority import RULES, outlook_on
from solvers.solver import Budget, OnProgress, Progress, Proposal

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from solvers.solver import Solver

PLAIN_SHARE = 0.5
"Part of the seconds that the search under connectivity gets."

MOST_PLAIN_EVALUATIONS = 100_000
"Changes tried under connectivity in a run without a budget: what it would gain with more is not what is asked for."


_PLAIN: WeakKeyDictionary[RepairProblem, RepairProblem] = WeakKeyDictionary()
"What several methods in a row would work out anew: the dark part, the bound's floor and more hang on the problem."


def solve_under_rules(
    problem: RepairProblem,
    solver: Solver,
    method: str,
    *,
    budget: Budget,
    seed: int,
    on_progress: OnProgress | None,
) -> Proposal:
    """Return the best plan found, judged under the problem's rules, with a bound that holds under them."""
    began = time.perf_counter()
    plain = under_connectivity(problem)
    if method == "exhaustive":
        found = solver(problem, budget=budget, seed=seed, on_progress=on_progress)
        return replace(found, bound=outlook_on(plain).floor)
    if method in RULES:
        found = solver(plain, budget=budget, seed=seed, on_progress=on_progress)
        judged = evaluate(problem, found.plan)
        return replace(
            found,
            objective=judged.objective,
            trace=(),
            bound=_bound_of(plain, found),
        )
    best = min((evaluate(problem, plan) for plan in _plans_by_rule(plain)), key=_objective)
    told = _Told(on_progress, best)
    share = None if budget.seconds is None else PLAIN_SHARE * budget.seconds
    count = budget.evaluations if budget.evaluations or share else MOST_PLAIN_EVALUATIONS
    found = solver(plain, budget=Budget(count, share), seed=seed, on_progress=told.of_another_rule)
    best = min(best, evaluate(problem, found.plan), key=_objective)
    told.best = best
    bound = _bound_of(plain, found)
    left = None if budget.seconds is None else max(budget.seconds - (time.perf_counter() - began), 1e-3)
    if found.stopped_by == "cancelled":
        left = 1e-3
    if problem.history:
        # The judge's own search moves whatever is in a plan, and what has happened stays.
        return replace(
            found,
            plan=best.plan,
            objective=best.objective,
            seconds=time.perf_counter() - began,
            trace=(),
            bound=bound,
        )
    better = judged_search.improve(
        problem,
        best.plan,
        budget=Budget(budget.evaluations, left),
        seed=seed,
        on_progress=None if on_progress is None else told.of_this_rule,
    )
    cancelled = "cancelled" in (found.stopped_by, better.stopped_by)
    return replace(
        better,
        method=method,
        evaluations=found.evaluations + better.evaluations,
        seconds=time.perf_counter() - began,
        stopped_by="cancelled" if cancelled else better.stopped_by,
        reproducible=found.reproducible and better.reproducible,
        bound=bound,
    )


def under_connectivity(problem: RepairProblem) -> RepairProblem:
    """Return a problem with connectivity in every sector in which no plan costs more than under the problem's rules.

    Under no rule is anybody served who is not connected. So whoever counts under the rules and is not connected is
    without service under both; here nobody else counts. A bound on this problem is one on the other.
    """
    if problem in _PLAIN:
        return _PLAIN[problem]
    counted = np.minimum(problem.cascade.persons_before, problem.cascade.persons_restored)
    compiled = problem.system.compiled
    portions = replace(compiled.portions, persons=np.minimum(counted, compiled.portions.persons))
    arrays = replace(compiled, portions=portions)
    _PLAIN[problem] = replace(problem, system=problem.system.under_connectivity.with_arrays(arrays))
    return _PLAIN[problem]


def _bound_of(plain: RepairProblem, found: Proposal) -> int:
    return found.bound if found.bound is not None else outlook_on(plain).floor


def _plans_by_rule(plain: RepairProblem) -> list[Plan]:
    return [schedule(plain, outlook_on(plain).sequences(rule)) for rule in RULES]


def _objective(evaluation: Evaluation) -> int:
    return evaluation.objective


class _Told:
    """Tells whoever watches what the best plan so far costs under the problem's own rules."""

    def __init__(self, on_progress: OnProgress | None, best: Evaluation) -> None:
        """Begin with the best rule's plan."""
        self.on_progress, self.best = on_progress, best

    def of_another_rule(self, progress: Progress) -> bool:
        """Pass on how far a search under connectivity is; what its plans cost there is not what they cost here."""
        if self.on_progress is None:
            return True
        known = replace(progress, objective=self.best.objective, bound=None, plan=self.best.plan)
        return self.on_progress(known) is not False

    def of_this_rule(self, progress: Progress) -> bool:
        """Pass on how far the search under the problem's own rules is."""
        return self.on_progress is None or self.on_progress(progress) is not False
