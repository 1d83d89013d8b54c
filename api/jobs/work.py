"""What planning jobs do inside a child: JSON in, JSON out, and the best plan so far on the way.

Every function takes (argument, report); `api/jobs/problem.py` says how an argument tells of an incident. Besides,
`seconds` is the time until the answer is wanted, of which a little is kept to write it down; `evaluations`, `seed`,
`method`, `stay_hours` and `language` are as on the command line.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from api.jobs.problem import Argument, problem_from_now, situation_of
from api.jobs.telling import Report, Telling

if TYPE_CHECKING:
    from api.incidents.problem_now import Situation
    from lifeline.evaluation import Evaluation
    from lifeline.repair import RepairProblem
    from solvers import Budget

FIRST_RULE = "customers_per_crew_hour"
"The plan told of at once: of the rules that take no time it is mostly the best."

SHARE_TO_WRITE, MOST_SECONDS_TO_WRITE = 0.15, 5.0
"Part of the seconds in which the answer is worked out and written down, and the most of it."

LEAST_SECONDS = 0.01


def plan(argument: Argument, report: Report) -> dict[str, Any]:
    """Plan from `now` on: anew where crews know no `plan`, else out of that one, never worse than it carried on."""
    telling = Telling(report)
    found = situation_of(argument)
    answer = _replanned if found.plan.visits else _planned
    return {**answer(found, argument, telling), "set_aside": [asdict(aside) for aside in found.set_aside]}


def plan_at_once(argument: Argument, report: Report) -> dict[str, Any]:
    """Plan without a search, for when time is short: by the first rule, or the plan that crews know carried on."""
    from api.jobs.answers import proposal_told
    from lifeline.carry_on import carry_on
    from lifeline.evaluation import evaluate
    from solvers import solve
    from solvers.replan import carried_plan

    telling = Telling(report, label="rule")
    found = situation_of(argument)
    if found.plan.visits:
        now_on = carry_on(found.problem, found.plan, found.news)
        carried, _ = carried_plan(now_on, found.plan)
        proposal = replace(
            solve(now_on.problem, method=FIRST_RULE),
            plan=carried,
            objective=evaluate(now_on.problem, carried).objective,
            method="carried on",
            bound=None,
        )
    else:
        proposal = solve(problem_from_now(found), method=FIRST_RULE)
    telling.plan("rules", proposal.plan, proposal.objective, proposal.bound)
    told = {**proposal_told(proposal), "label": "rule"}
    return {**told, "documents": {"plan": proposal.plan.to_json()}}


def _planned(found: Situation, argument: Argument, telling: Telling) -> dict[str, Any]:
    """Plan by the first rule, which is told of at once, then by the others, then search; never worse than any."""
    from api.jobs.answers import outcome_told
    from api.planning import SEARCHES, Outcome, Score
    from lifeline.evaluation import evaluate
    from solvers import solve
    from solvers.conflicts import refuse_conflicts

    problem = problem_from_now(found)
    refuse_conflicts(problem)
    telling.label = "rule"
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


def _replanned(found: Situation, argument: Argument, telling: Telling) -> dict[str, Any]:
    """Plan anew out of the plan that crews know; the first plan told of is that one carried on."""
    from api.crew_message import crew_message
    from api.jobs.answers import plan_documents, proposal_told, written
    from api.replan_report import replan_report
    from lifeline.evaluation import evaluate
    from solvers.replan import SHORT, STAY_HOURS, replan

    budget, stay_hours = _budget(argument, telling), argument.get("stay_hours")
    outcome = replan(
        found.problem,
        found.plan,
        found.news,
        budget=SHORT if budget.seconds is None and budget.evaluations is None else budget,
        seed=argument.get("seed") or 0,
        stay_hours=STAY_HOURS if stay_hours is None else stay_hours,
        on_progress=telling,
    )
    message = crew_message(outcome, language=argument.get("language") or "en")
    summary = replan_report(outcome, message)
    changes = {**summary["diff"], "messages": {"en": message, "zh": crew_message(outcome, language="zh")}}
    documents = plan_documents(evaluate(outcome.problem, outcome.plan), summary)
    return {
        **proposal_told(outcome.proposal),
        "moved": len(outcome.moved),
        "next_jobs": len(outcome.next_jobs),
        "carried_on_objective": outcome.carried_cost,
        "why_not_carried_on": outcome.why_not or None,
        "documents": {**documents, "changes": written(changes)},
    }


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
