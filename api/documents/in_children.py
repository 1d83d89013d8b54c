"""What a child process works out: JSON in, JSON out; every function is `(argument, report)`.

`argument` names the system as a file (`system`, as `lifeline.files.write_system` writes it) and has the plan as
`Plan.to_json` has it (`plan`); `history` are the visits that have been made or begun, where there are any.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem

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
    """Return the map layers of a system, which stay the same for as long as its version is used."""
    from api.documents.system_layers import system_layers
    from lifeline.files import read_system

    return system_layers(read_system(argument["system"]))


def _evaluation(argument: Argument) -> Evaluation:
    from lifeline.evaluation import evaluate

    return evaluate(_problem(argument), _plan(argument["plan"]))


def _problem(argument: Argument) -> RepairProblem:
    from dataclasses import replace

    from api.planning import problem_of
    from lifeline.files import read_system
    from lifeline.plan import Visit

    problem = problem_of(read_system(argument["system"]))
    history = tuple(Visit(**visit) for visit in argument.get("history", ()))
    return replace(problem, history=history) if history else problem


def _plan(content: Mapping[str, Any]) -> Plan:
    from lifeline.plan import Plan

    return Plan.from_json(json.dumps(content))
