"""Large neighbourhoods: a plan improved window by window with CP-SAT, in a child process."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lifeline.evaluation import evaluate
from solvers.cp_sat import CpRun
from solvers.solver import Budget, OnProgress, Proposal

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem

SEARCH = "solvers.cp_windows:improve_in_child"
"What the child process calls."


def improve(
    problem: RepairProblem,
    plan: Plan,
    *,
    budget: Budget,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Proposal:
    """Return a plan no worse than the one given, re-optimised window by window; it proves no bound.

    See `cp_windows` for what a window is, and `cp_sat.EVALUATIONS_PER_SECOND` for what evaluations mean.
    """
    run = CpRun(problem, budget, on_progress, plan.sequences(), with_rules=False)
    if run.has_something_to_do:
        run.look(seed, SEARCH)
    proposal = run.proposal("windows")
    given = evaluate(problem, plan).objective
    # The given plan may do without jobs that ours does, or wait where ours does not.
    return replace(proposal, plan=plan, objective=given) if given < proposal.objective else proposal
