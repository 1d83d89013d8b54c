"""What the warm host does before it forks: one tiny plan, by which all compiled loops are loaded."""

from __future__ import annotations

CITY = "three_towns"
"Nine components: it takes no time, and goes through every loop that a large city does."

ENOUGH_FOR_TWO_CHAINS = 10_000
"Evaluations from which on a search goes on two cores."


def warm() -> None:
    """Plan, prove, re-plan and judge under another rule; no thread is left, so that forking stays safe.

    CP-SAT is left out: it works in a process of its own anyhow.
    """
    from dataclasses import replace

    from lifeline.etr import returns
    from lifeline.evaluation import evaluate
    from lifeline.news import News
    from lifeline.repair import build_problem
    from lifeline.shock import Shock
    from scenarios import load_scenario
    from solvers import KNOWN_RULES, Budget, solve
    from solvers.bounds import lower_bound
    from solvers.replan import replan

    system = load_scenario(CITY)
    problem = build_problem(system, Shock.from_table(system, system.damage))
    for rule in (*KNOWN_RULES, "bundles"):
        solve(problem, method=rule)
    proposal = solve(problem, method="local_search", budget=Budget(evaluations=ENOUGH_FOR_TWO_CHAINS))
    lower_bound(problem, rounds=1, best=proposal.plan)
    returns(evaluate(problem, proposal.plan))
    replan(problem, proposal.plan, News(now=60), budget=Budget(evaluations=100))
    flowing = system.replace(settings=replace(system.settings, water_rule="flow"))
    evaluate(build_problem(flowing, Shock.from_table(flowing, flowing.damage)), proposal.plan)
