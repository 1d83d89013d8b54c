"""What the warm host does before it forks: small plans, by which all compiled loops are loaded, and all modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

COMPONENTS, DAMAGE_SHARE = 300, 0.05
"A grown city with all five sectors: it takes no time, and goes through every loop that a large one does."

ENOUGH_FOR_TWO_CHAINS = 10_000
"Evaluations from which on a search goes on two cores."


def warm() -> None:
    """Plan, prove, re-plan and judge under another rule; no thread is left, so that forking stays safe.

    CP-SAT is loaded only: it works in a process of its own, which a child that solves has forked.
    """
    import api.incidents.cascade_now
    import api.incidents.picture
    import api.jobs.intake
    import api.jobs.work  # noqa: F401 - what is loaded here need not be loaded in every child
    from api.documents.papers import papers_of
    from api.planning import problem_of
    from lifeline.evaluation import evaluate
    from lifeline.news import News
    from scenarios.synthetic import grow_city
    from solvers import Budget, solve
    from solvers.bounds import lower_bound
    from solvers.child_host import load
    from solvers.replan import replan

    load()
    problem = problem_of(grow_city(components=COMPONENTS, seed=1, damage_share=DAMAGE_SHARE))
    solve(problem, method="bundles")
    proposal = solve(problem, method="local_search", budget=Budget(evaluations=ENOUGH_FOR_TWO_CHAINS))
    lower_bound(problem, rounds=1, best=proposal.plan)
    papers_of(evaluate(problem, proposal.plan))
    replan(problem, proposal.plan, News(now=60), budget=Budget(evaluations=100))
    evaluate(under_flow(problem), proposal.plan)


def under_flow(problem: RepairProblem) -> RepairProblem:
    """Return the problem with water that flows, which is judged by loops of its own."""
    from dataclasses import replace

    from api.planning import problem_of

    settings = replace(problem.system.settings, water_rule="flow")
    return problem_of(problem.system.replace(settings=settings))
