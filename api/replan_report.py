"""A re-plan as one JSON object, for programs; the plan itself is in plan.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from api.wording import weighted_hours

if TYPE_CHECKING:
    from solvers.replan import Replanned


def replan_report(outcome: Replanned, message: str) -> dict[str, Any]:
    """Return what a re-plan costs, what it moves and what crews are told."""
    return {
        "now": outcome.news.now,
        "objective": outcome.proposal.objective,
        "carried_on_objective": outcome.carried_cost,
        "promised_objective": outcome.promised,
        "weighted_person_hours": weighted_hours(outcome.proposal.objective),
        "carried_on_weighted_person_hours": weighted_hours(outcome.carried_cost),
        "promised_weighted_person_hours": weighted_hours(outcome.promised),
        "why_not_carried_on": outcome.why_not or None,
        "next_jobs": list(outcome.next_jobs),
        "moved": list(outcome.moved),
        "seconds": outcome.proposal.seconds,
        "stopped_by": outcome.proposal.stopped_by,
        "reproducible": outcome.proposal.reproducible,
        "plan_sha256": outcome.plan.sha256,
        "unassignable": dict(outcome.plan.unassignable),
        "updates_not_known_yet": outcome.news.later,
        "diff": asdict(outcome.diff),
        "message": message,
    }
