"""What planning jobs do inside a child: JSON in, JSON out, and the best plan so far on the way.

Every function takes (argument, report); `api/jobs/problem.py` says how an argument tells of a problem. Besides, `seconds`
is the time until the answer is wanted, of which a little is kept to write it down; `evaluations`, `seed` and `method` are as
on the command line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from api.jobs.problem import Argument, news_of, problem_of
from api.jobs.telling import Report, Telling

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation
    from lifeline.repair import RepairProblem
    from solvers import Budget

FIRST_RULE = "customers_per_crew_hour"
"The plan told of at once: of the rules that take no time it is mostly the best."

SHARE_TO_WRITE, MOST_SECONDS_TO_WRITE = 0.15, 5.0
"Part of the seconds in which the answer is worked out and written down, and the most of it."

LEAST_SECONDS = 0.01


def plan(argument: Argument, report: Report) -> dict[str, Any]:
    """Plan the repairs: a rule's plan at once, the other rules', then the search, which is never worse than any."""
    from api.jobs.answers import outcome_told
    from api.planning import SEARCHES, Outcome, Score
    from lifeline.evaluation import evaluate
    from solvers import solve
    from solvers.conflicts import refuse_conflicts

    telling = Telling(report, label="rule")
    problem = problem_of(argument)
    refuse_conflicts(problem)
    rules = _judged_rules(problem, telling)
    method, seed = argument.get("method") or "auto", argument.get("seed") or 0
    telling.label = "feasible"
    budget = _budget(argument, telling)
    proposal = solve(problem, method=method, budget=budget, seed=seed, on_progress=telling)
    best = min(rules.values(), key=lambda judged: judged.objective)
    if method in SEARCHES and best.objective < proposal.objective:
        proposal = replace(proposal, plan=best.plan, objective=best.objective)
    telling.plan("writing", proposal.plan, proposal.objective, proposal.bound)
    scores = {rule: Score(judged.person_hours, judged.objective) for rule, judged in rules.items()}
    return outcome_told(Outcome(evaluate(problem, proposal.plan), scores, proposal, seed))


def plan_by_rule(argument: Argument, report: Report) -> dict[str, Any]:
    """Plan by the first rule alone: what there is left to do when the time is nearly up."""
    from api.jobs.answers import proposal_told
    from solvers import solve

    telling = Telling(report, label="rule")
    proposal = solve(problem_of(argument), method=FIRST_RULE)
    telling.plan("rules", proposal.plan, proposal.objective, proposal.bound)
    return {**proposal_told(proposal), "documents": {"plan": proposal.plan.to_json()}}


def replan(argument: Argument, report: Report) -> dict[str, Any]:
    """Plan anew from the minute `now` on, out of the plan that crews follow (`plan`, as `Plan.to_json` has it).

    `stay_hours` and `language` are as on the command line. The first plan told of is the old one carried on.
    """
    from api.crew_message import crew_message
    from api.jobs.answers import plan_documents, proposal_told
    from api.replan_report import replan_report
    from lifeline.evaluation import evaluate
    from lifeline.plan import Plan
    from solvers.replan import SHORT, STAY_HOURS
    from solvers.replan import replan as replanned

    telling = Telling(report)
    problem, news = problem_of(argument), news_of(argument)
    budget = _budget(argument, telling)
    outcome = replanned(
        problem,
        Plan.from_json(argument["plan"]),
        news,
        budget=SHORT if budget.seconds is None and budget.evaluations is None else budget,
        seed=argument.get("seed") or 0,
        stay_hours=argument.get("stay_hours") or STAY_HOURS,
        on_progress=telling,
    )
    message = crew_message(outcome, language=argument.get("language") or "en")
    summary = replan_report(outcome, message)
    documents = plan_documents(evaluate(outcome.problem, outcome.plan), summary)
    return {
        **proposal_told(outcome.proposal),
        "moved": len(outcome.moved),
        "next_jobs": len(outcome.next_jobs),
        "carried_on_objective": outcome.carried_cost,
        "message": message,
        "documents": documents,
    }


def replan_at_once(argument: Argument, report: Report) -> dict[str, Any]:
    """Return the plan that crews follow, carried on with what is known now: no search."""
    return replan({**argument, "seconds": None, "evaluations": 1}, report)


def _judged_rules(problem: RepairProblem, telling: Telling) -> dict[str, Evaluation]:
    """Return each rule's plan, judged, the quick one first; every one is told of that is better than those before."""
    from api.planning import OUR_RULE
    from lifeline.evaluation import evaluate
    from solvers import KNOWN_RULES, solve

    judged = {}
    for rule in (FIRST_RULE, *(rule for rule in KNOWN_RULES if rule != FIRST_RULE), OUR_RULE):
        judged[rule] = evaluate(problem, solve(problem, method=rule).plan)
        telling.plan("rules", judged[rule].plan, judged[rule].objective)
    return {rule: judged[rule] for rule in (*KNOWN_RULES, OUR_RULE)}


def _budget(argument: Argument, telling: Telling) -> Budget:
    """Return what is left for a search: the seconds less those gone by and those for writing the answer down."""
    from solvers import Budget

    seconds = argument.get("seconds")
    if seconds is not None:
        to_write = min(SHARE_TO_WRITE * seconds, MOST_SECONDS_TO_WRITE)
        seconds = max(seconds - to_write - telling.seconds, LEAST_SECONDS)
    return Budget(argument.get("evaluations"), seconds)
