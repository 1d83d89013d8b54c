"""What a child process works out about a plan: JSON in, JSON out; every function is `(argument, report)`.

`problem` tells what the plan is for: `system` is a file, `settings` and `tables` go in place of the system's own; a
plan that was made at the minute `now` has the `updates` known by then as well. `plan` is as `Plan.to_json` has it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from lifeline.system import System

Argument = Mapping[str, Any]
Report = Callable[..., None]


def papers(argument: Argument, report: Report) -> dict[str, str]:
    """Return all that is kept of the plan, as JSON text: `work_lists` and `etr`."""
    from api.documents.papers import papers_of

    return papers_of(_evaluation(argument))


def explanation(argument: Argument, report: Report) -> dict[str, Any]:
    """Return the explanation of the job `job`."""
    from api.documents.explanations import job_explanation

    return job_explanation(_evaluation(argument), argument["job"]).model_dump(mode="json")


def difference(argument: Argument, report: Report) -> dict[str, Any]:
    """Return what `plan` changes against the plan `before` from the minute `now` on."""
    from api.documents.differences import plan_difference

    after = _plan(argument["plan"])
    changed = plan_difference(
        _problem(argument["problem"], after),
        _plan(argument["before"]),
        after,
        minute=argument["problem"].get("now", 0),
    )
    return changed.model_dump(mode="json")


def layers(argument: Argument, report: Report) -> dict[str, Any]:
    """Return the map `layers` of a system, and how its parts are `at_first`; both stay while its tables do."""
    from api.documents.at_first import at_first
    from api.documents.system_layers import system_layers

    system = _system(argument["problem"])
    return {"layers": system_layers(system), "at_first": at_first(system)}


def _evaluation(argument: Argument) -> Evaluation:
    from lifeline.evaluation import evaluate

    plan = _plan(argument["plan"])
    return evaluate(_problem(argument["problem"], plan), plan)


def _problem(told: Argument, plan: Plan) -> RepairProblem:
    """Return the problem that the plan was made for: at time zero, or at the minute `now` with what had happened."""
    from api.planning import problem_of
    from lifeline.carry_on import carry_on
    from lifeline.news import News, updates_from_table

    if "started_at" in told:
        from api.jobs.problem import situation_of

        found = situation_of({**told, "plan": plan.to_json()})
        return carry_on(found.problem, found.plan, found.news).problem
    problem = problem_of(_system(told))
    if "now" not in told:
        return problem
    news = News(told["now"], updates_from_table(list(told.get("updates") or ())))
    return carry_on(problem, plan, news).problem


def _system(told: Argument) -> System:
    from dataclasses import fields

    from lifeline.files import read_system
    from lifeline.system import Settings

    system = read_system(told["system"])
    own = {field.name: getattr(system.settings, field.name) for field in fields(system.settings)}
    settings = Settings.of({**own, **(told.get("settings") or {})})
    return system.replace(settings=settings, **(told.get("tables") or {}))


def _plan(content: Mapping[str, Any]) -> Plan:
    from lifeline.plan import Plan

    return Plan.from_json(json.dumps(content))
