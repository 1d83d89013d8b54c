"""What a child process works out about a plan: JSON in, JSON out; every function is `(argument, report)`.

`argument` tells of the problem as `api.jobs.problem` reads it: `system` is a file, `settings` and `tables` go in place
of the system's own; a plan that was made at the minute `now` has the `updates` known by then as well. `plan` is as
`Plan.to_json` has it.
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
    """Return all that is kept of the plan, as JSON text: `work_lists` and `returns`."""
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
        _problem(argument, after), _plan(argument["before"]), after, minute=argument.get("now", 0)
    )
    return changed.model_dump(mode="json")


def layers(argument: Argument, report: Report) -> dict[str, Any]:
    """Return the map layers of a system, which stay the same while its version and the incident's tables do."""
    from api.documents.system_layers import system_layers

    return system_layers(_system(argument))


def _evaluation(argument: Argument) -> Evaluation:
    from lifeline.evaluation import evaluate

    plan = _plan(argument["plan"])
    return evaluate(_problem(argument, plan), plan)


def _problem(argument: Argument, plan: Plan) -> RepairProblem:
    """Return the problem that the plan was made for: at time zero, or at the minute `now` with what had happened."""
    from api.planning import problem_of
    from lifeline.carry_on import carry_on
    from lifeline.news import News, updates_from_table

    problem = problem_of(_system(argument))
    if "now" not in argument:
        return problem
    news = News(argument["now"], updates_from_table(list(argument.get("updates") or ())))
    return carry_on(problem, plan, news).problem


def _system(argument: Argument) -> System:
    from dataclasses import fields

    from lifeline.files import read_system
    from lifeline.system import Settings

    system = read_system(argument["system"])
    own = {field.name: getattr(system.settings, field.name) for field in fields(system.settings)}
    settings = Settings.of({**own, **(argument.get("settings") or {})})
    return system.replace(settings=settings, **(argument.get("tables") or {}))


def _plan(content: Mapping[str, Any]) -> Plan:
    from lifeline.plan import Plan

    return Plan.from_json(json.dumps(content))
