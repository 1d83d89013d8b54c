"""What a child process works out: JSON in, JSON out; every function is `(argument, report)`.

`argument` names the system as a file (`file`) and the `tables` that the incident has in place of its own; `start`
is the clock at time zero. `plan` is as `Plan.to_json` has it; `history` are the visits that had been made or begun.
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


def papers(argument: Argument, report: Report) -> dict[str, Any]:
    """Return all that is kept of a plan: `work_lists` and `returns`."""
    from api.documents.returns import returns_of
    from api.documents.work_lists import work_lists

    evaluation = _evaluation(argument)
    return {
        "work_lists": work_lists(evaluation).model_dump(mode="json"),
        "returns": returns_of(evaluation).model_dump(mode="json"),
    }


def explanation(argument: Argument, report: Report) -> dict[str, Any]:
    """Return the explanation of the job `job`."""
    from api.documents.explanations import job_explanation

    return job_explanation(_evaluation(argument), argument["job"]).model_dump(mode="json")


def difference(argument: Argument, report: Report) -> dict[str, Any]:
    """Return what `plan` changes against the plan `before` from the minute `minute` on."""
    from api.documents.differences import plan_difference

    problem = _problem(argument)
    before, after = _plan(argument["before"]), _plan(argument["plan"])
    return plan_difference(problem, before, after, minute=argument["minute"]).model_dump(mode="json")


def layers(argument: Argument, report: Report) -> dict[str, Any]:
    """Return the map layers of a system, which stay the same while its version and the incident's tables do."""
    from api.documents.system_layers import system_layers

    return system_layers(_system(argument))


def _evaluation(argument: Argument) -> Evaluation:
    from lifeline.evaluation import evaluate

    return evaluate(_problem(argument), _plan(argument["plan"]))


def _problem(argument: Argument) -> RepairProblem:
    from dataclasses import replace

    from api.planning import problem_of
    from lifeline.plan import Visit

    problem = problem_of(_system(argument))
    history = tuple(Visit(**visit) for visit in argument.get("history", ()))
    return replace(problem, history=history) if history else problem


def _system(argument: Argument) -> System:
    from dataclasses import replace

    from lifeline.files import read_system

    system = read_system(argument["file"])
    tables = argument.get("tables") or {}
    settings = system.settings
    if "start" in argument:
        settings = replace(settings, start=argument["start"])
    return system.replace(settings=settings, **tables)


def _plan(content: Mapping[str, Any]) -> Plan:
    from lifeline.plan import Plan

    return Plan.from_json(json.dumps(content))
