"""What a child process works out about a plan: JSON in, JSON out; every function is `(argument, report)`.

`problem` tells of the incident as `api.incidents.problem_now.situation_of` takes it, when the plan was made or now.
`plan` is the one that is asked about, as `Plan.to_json` has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation
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
    """Return what `plan` changes against the plan `before` from the minute on at which it was made."""
    from api.documents.differences import plan_difference
    from lifeline.plan import Plan

    before, after = Plan.from_json(argument["before"]), Plan.from_json(argument["plan"])
    minute = int(argument["problem"].get("now") or 0)
    return plan_difference(_problem(argument), before, after, minute=minute).model_dump(mode="json")


def layers(argument: Argument, report: Report) -> dict[str, Any]:
    """Return the map layers of the system, which stay the same while its version and the incident's tables do."""
    from api.documents.system_layers import system_layers

    return system_layers(_system(argument["problem"]))


def now(argument: Argument, report: Report) -> dict[str, Any]:
    """Return how the parts of the incident are now, as `api.documents.layers.Now` has it."""
    from api.documents.at_now import at_first, at_now
    from api.jobs.problem import situation_of
    from lifeline.cascade import propagate
    from lifeline.shock import Shock

    system = _system(argument["problem"])
    if len(system.crews):
        return at_now(situation_of(argument["problem"]))
    return at_first(propagate(system, Shock.from_table(system, system.damage)))


def _evaluation(argument: Argument) -> Evaluation:
    from lifeline.evaluation import evaluate
    from lifeline.plan import Plan

    return evaluate(_problem(argument), Plan.from_json(argument["plan"]))


def _problem(argument: Argument) -> RepairProblem:
    """Return the problem that the plan was made for; what it says of the time before is history."""
    from api.jobs.problem import problem_from_now, situation_of

    return problem_from_now(situation_of({**argument["problem"], "plan": argument["plan"]}))


def _system(problem: Argument) -> System:
    from api.incidents.problem_now import system_with
    from api.jobs.systems import system_at

    return system_with(system_at(problem["system"]), problem)
