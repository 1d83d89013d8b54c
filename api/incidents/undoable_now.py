"""What kind of reason keeps a job from being done, so that whoever reads no English is told it too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation
    from lifeline.repair import RepairProblem

UndoableKind = Literal["no_skill", "closed_by_order", "nobody_may", "waits", "other"]
"""`nobody_may`: crews have the skill, and orders, owners or their being volunteers keep them from it. `waits`: for a
job that nobody can do. `other`: no road, no parts, no time, no partners."""


def undoable_kind(problem: RepairProblem, job: str) -> UndoableKind:
    """Return the kind of reason that nobody can do a job, read off the problem without any search."""
    from lifeline.closed_roads import is_opening

    number = problem.job_index.get(job)
    if number is None:
        return "other"
    if is_opening(problem.jobs[number]):
        return "closed_by_order"
    if not any(problem.jobs[number].skill in crew.skills for crew in problem.crews):
        return "no_skill"
    if not problem.able[:, number].any():
        return "nobody_may"
    befores = problem.conditions.befores.get(number, ())
    if any(problem.jobs[before].id in problem.unassignable for before, _ in befores):
        return "waits"
    return "other"


def undoable_rows(judged: Evaluation) -> list[dict[str, Any]]:
    """Return the jobs that a plan leaves out because nobody can do them, each with its reason."""
    return [
        {"job": job, "reason": reason, "kind": undoable_kind(judged.problem, job)}
        for job, reason in judged.plan.unassignable
    ]
