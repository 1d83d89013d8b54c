"""Plans for problems in which the worst-served district has a say of its own (`fairness_permille`).

The problem without that term is solved first; then the search goes on with districts re-weighted (`reweighting.py`),
and at last with the judge itself. Every plan is judged by the true objective and the best is kept: it is never worse
than any rule's, nor than the plan without the term.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from lifeline.evaluation import evaluate
from lifeline.schedule import schedule
from solvers import exhaustive, judged_search
from solvers.fair_bound import bound_with_term
from solvers.priority import RULES, outlook_on
from solvers.reweighting import judged_search_knows, voted_plans, with_fairness
from solvers.solver import Budget, OnProgress, Progress, Proposal, StoppedBy
from solvers.spending import Spending
from solvers.under_rules import under_connectivity

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation
    from lifeline.repair import RepairProblem

FIRST_SHARE, ROUNDS_SHARE, POLISH_SHARE = 0.4, 0.5, 0.1
"Parts of a budget for the problem without the term, for all re-weightings together, and for the judge."

ROUNDS = 10

LEAST_EVALUATIONS, MOST_EVALUATIONS = 200, 80_000
"Bounds on the evaluations of a re-weighting in a run without a budget; in between, what the first search spent."

POLISH_EVALUATIONS = 1_000
"Plans that the judge is asked about at last, at most: it is a thousand times slower than the compiled search."


class LinearSolve(Protocol):
    """A way to solve a problem without the term by any method; see `solvers.solve`."""

    def __call__(
        self,
        problem: RepairProblem,
        *,
        method: str,
        budget: Budget,
        seed: int,
        on_progress: OnProgress | None,
    ) -> Proposal:
        """Return a plan and a bound."""
        ...


def solve_fairly(
    problem: RepairProblem,
    solve: LinearSolve,
    method: str,
    *,
    budget: Budget,
    seed: int,
    on_progress: OnProgress | None,
) -> Proposal:
    """Return the best plan found by the objective with the term, and a bound that holds for it."""
    linear = with_fairness(problem, 0)
    searched = searched_in(linear)
    if method == "exhaustive":
        found = exhaustive.solve(problem, budget=budget, seed=seed, on_progress=on_progress)
        return replace(found, bound=bound_with_term(problem, searched, outlook_on(searched).floor))
    if method in RULES:
        found = solve(linear, method=method, budget=budget, seed=seed, on_progress=on_progress)
        bound = bound_with_term(problem, searched, found.bound or 0)
        return replace(found, objective=evaluate(problem, found.plan).objective, trace=(), bound=bound)
    run = _Run(problem, linear, searched, budget, seed, on_progress)
    run.solve_without_term(solve, method)
    run.reweight()
    run.polish()
    return run.proposal(method)


def searched_in(linear: RepairProblem) -> RepairProblem:
    """Return the problem that the compiled searches take: under connectivity, where no plan costs more."""
    return linear if linear.system.settings.is_plain else under_connectivity(linear)


@dataclass(frozen=True)
class _Shares:
    """What each step of a run may spend."""

    first: Budget
    round: Budget
    rounds: int


def _shares(budget: Budget) -> _Shares:
    seconds, evaluations = budget.seconds, budget.evaluations
    rounds, each, first = ROUNDS, None, None
    if evaluations is not None:
        in_rounds = int(ROUNDS_SHARE * evaluations)
        each = max(in_rounds // ROUNDS, 1)
        rounds, first = min(ROUNDS, in_rounds), max(int(FIRST_SHARE * evaluations), 1)
    if seconds is None:
        return _Shares(Budget(first), Budget(each), rounds)
    return _Shares(
        Budget(first, FIRST_SHARE * seconds), Budget(each, ROUNDS_SHARE * seconds / ROUNDS), rounds
    )


class _Run:
    """One run: the best plan by the true objective, and what has been spent."""

    def __init__(
        self,
        problem: RepairProblem,
        linear: RepairProblem,
        searched: RepairProblem,
        budget: Budget,
        seed: int,
        on_progress: OnProgress | None,
    ) -> None:
        """Start the clock with the best rule's plan."""
        self.problem, self.linear, self.searched = problem, linear, searched
        self.budget, self.seed, self.on_progress = budget, seed, on_progress
        self.shares = _shares(budget)
        self.spent, self.bound = Spending(budget), 0
        outlook = outlook_on(self.searched)
        plans = [schedule(self.searched, outlook.sequences(rule)) for rule in RULES]
        self.best = min((evaluate(problem, plan) for plan in plans), key=_objective)
        self.trace = [(0, self.best.objective)]

    @property
    def is_over(self) -> bool:
        """Tell whether nothing may follow: the best is proven, the time is up, or somebody said stop."""
        return self.spent.is_over or self.best.objective == self.bound

    def solve_without_term(self, solve: LinearSolve, method: str) -> None:
        """Solve the problem as if no district had a say of its own; its bound becomes one with the term."""
        found = solve(
            self.linear,
            method=method,
            budget=self.shares.first,
            seed=self.seed,
            on_progress=self._told_of_another_objective(),
        )
        self._take(found, evaluate(self.problem, found.plan))
        self.bound = bound_with_term(self.problem, self.searched, found.bound or 0)

    def reweight(self) -> None:
        """Search on with the say of the worst-served districts raised round by round."""
        if self.is_over or len(self.best.district_losses) < 2:
            return
        each = self.shares.round
        if self.budget == Budget():
            searched = self.spent.evaluations // ROUNDS
            each = Budget(min(max(searched, LEAST_EVALUATIONS), MOST_EVALUATIONS))
        rounds = voted_plans(
            self.problem,
            self.searched,
            self.best,
            rounds=self.shares.rounds,
            budget=each,
            seed=self.seed,
            on_progress=self._told_of_another_objective(),
        )
        for found, judged in rounds:
            self._take(found, judged)
            if self.is_over:
                return

    def polish(self) -> None:
        """Let the judge look at changes of the best plan: it alone knows plans that no re-weighting makes the best."""
        if self.is_over or len(self.best.district_losses) < 2 or not judged_search_knows(self.problem):
            return
        found = judged_search.improve(
            self.problem,
            self.best.plan,
            budget=self._budget_of_polish(),
            seed=self.seed,
            on_progress=self.on_progress,
        )
        self._take(found, evaluate(self.problem, found.plan))

    def _budget_of_polish(self) -> Budget:
        seconds = None if self.budget.seconds is None else max(self.budget.seconds - self.spent.seconds, 1e-3)
        if not self.problem.system.settings.is_plain:
            # Under other rules of service this is the search that knows them.
            return Budget(self.budget.evaluations, seconds)
        if self.budget.evaluations is None:
            return Budget(POLISH_EVALUATIONS if seconds is None else None, seconds)
        left = max(int(POLISH_SHARE * self.budget.evaluations), 1)
        return Budget(min(left, POLISH_EVALUATIONS), seconds)

    def _take(self, found: Proposal, judged: Evaluation) -> None:
        self.spent.add(found)
        if judged.objective < self.best.objective:
            self.best = judged
            self.trace.append((self.spent.evaluations, judged.objective))

    def _told_of_another_objective(self) -> OnProgress | None:
        """Return what passes on how far a search is whose plans cost there what they do not cost here."""
        on_progress = self.on_progress
        if on_progress is None:
            return None

        def tell(progress: Progress) -> bool:
            told = replace(
                progress,
                objective=self.best.objective,
                bound=None,
                seconds=self.spent.seconds,
                plan=self.best.plan,
            )
            return on_progress(told) is not False

        return tell

    def proposal(self, method: str) -> Proposal:
        """Return the best plan and how it was found."""
        proven = self.best.objective == self.bound and not self.spent.cancelled
        stopped_by: StoppedBy = "finished" if proven else self.spent.stopped_by
        return Proposal(
            plan=self.best.plan,
            objective=self.best.objective,
            method=method,
            evaluations=self.spent.evaluations,
            seconds=self.spent.seconds,
            stopped_by=stopped_by,
            reproducible=self.spent.reproducible,
            trace=tuple(self.trace),
            bound=self.bound,
        )


def _objective(evaluation: Evaluation) -> int:
    return evaluation.objective
