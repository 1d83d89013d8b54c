"""The outcome of a plan as one JSON object, for programs; figures that do not exist are null, never NaN."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from api.horizon import jobs_after_horizon, people_out_at_horizon
from api.left_behind import minute_when_back, most_out, people_still_out, saved_people, stuck_people
from api.wording import MINUTES_PER_HOUR, Clock, weighted_hours
from lifeline.metrics import equivalent_outage_hours, weighted_outage_hours
from lifeline.undoable import undoable_reasons

if TYPE_CHECKING:
    from api.planning import Outcome
    from lifeline.evaluation import Evaluation

FRACTIONS = {"50": 0.5, "90": 0.9, "99": 0.99}


def printed(report: Mapping[str, Any]) -> str:
    """Return a report as the text of one JSON object."""
    return json.dumps(report, indent=2, allow_nan=False)


def outcome_report(outcome: Outcome) -> dict[str, Any]:
    """Return what a plan costs, beside the rules, and how sure that is; the plan itself is in plan.json."""
    evaluation, problem, proposal = outcome.evaluation, outcome.problem, outcome.proposal
    settings = problem.system.settings
    bound = proposal.bound if proposal else None
    plain = outcome.under_connectivity
    return {
        "system": problem.system.name,
        # As it was written, where it has no local time: in the first year of the calendar or after the last.
        "start": Clock(settings).iso(0) or settings.start,
        "timezone": settings.timezone,
        "method": proposal.method if proposal else "given",
        "seed": outcome.seed,
        "person_hours": evaluation.person_hours,
        "objective": evaluation.objective,
        "base_objective": evaluation.base_objective,
        "fairness_term": evaluation.fairness_term,
        "worst_district": evaluation.worst_district,
        "hours_per_person_by_district": {
            loss.district: loss.hours_per_person for loss in evaluation.district_losses
        },
        "service_rules": evaluation.rules,
        "person_hours_under_connectivity": plain.person_hours if plain else evaluation.person_hours,
        "rules": {name: score.person_hours for name, score in outcome.known_rules.items()},
        "rules_objective": {name: score.objective for name, score in outcome.rules.items()},
        "bundles_person_hours": outcome.rules["bundles"].person_hours,
        "bound_person_hours": None if bound is None else weighted_hours(bound),
        "gap": proposal.gap if proposal else None,
        "seconds": proposal.seconds if proposal else None,
        "evaluations": proposal.evaluations if proposal else None,
        "stopped_by": proposal.stopped_by if proposal else None,
        "reproducible": proposal.reproducible if proposal else None,
        "plan_sha256": outcome.plan.sha256,
        "jobs": len(problem.jobs),
        "crews": len(problem.crews),
        "unassignable": dict(problem.unassignable),
        "undoable_reasons": [
            {"reason": reason.sentence, "jobs": list(reason.jobs)} for reason in undoable_reasons(problem)
        ],
        "people_without": problem.cascade.people_without,
        "most_people_without": {service: most_out(evaluation, service) for service in evaluation.by_service},
        "person_hours_by_service": _in_hours(evaluation.by_service),
        "person_hours_by_district": _in_hours(evaluation.by_district),
        **_outage_hours(evaluation),
        **_when_back(evaluation),
        "finish_minute": evaluation.finish_minute,
        "horizon_minutes": problem.horizon_minutes,
        "jobs_after_horizon": jobs_after_horizon(evaluation),
        "people_out_at_horizon": people_out_at_horizon(evaluation),
        "people_still_out": people_still_out(evaluation),
        "stuck_people": stuck_people(evaluation),
        "saved_people": saved_people(evaluation),
        "loops": [list(loop) for loop in problem.cascade.loops],
    }


def _in_hours(person_minutes: Mapping[str, int]) -> dict[str, float]:
    return {name: minutes / MINUTES_PER_HOUR for name, minutes in person_minutes.items()}


def _outage_hours(evaluation: Evaluation) -> dict[str, Any]:
    hours = equivalent_outage_hours(evaluation)
    weighted = weighted_outage_hours(hours)
    return {
        "outage_hours": {sector: asdict(both) for sector, both in hours.items()},
        "outage_hours_weighted": None if weighted is None else asdict(weighted),
    }


def _when_back(evaluation: Evaluation) -> dict[str, int | None]:
    minutes = {
        f"back_{percent}_minute": minute_when_back(evaluation, part) for percent, part in FRACTIONS.items()
    }
    return {name: None if minute < 0 else minute for name, minute in minutes.items()}
