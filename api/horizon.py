"""What happens after the horizon, the minute up to which lost service is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.wording import Clock, counted, duration

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation

MARK = "†"
"Stands in the summary behind every time after the horizon."


def jobs_after_horizon(evaluation: Evaluation) -> int:
    """Return how many jobs are finished later than what is counted."""
    return sum(visit.finish > evaluation.problem.horizon_minutes for visit in evaluation.plan.visits)


def people_out_at_horizon(evaluation: Evaluation) -> dict[str, int]:
    """Return for each service the counted people who are without it when the counting ends."""
    curves = evaluation.curves[evaluation.curves["minute"] <= evaluation.problem.horizon_minutes]
    at_last = curves.groupby(["service", "district"])["persons_without"].last()
    people: dict[str, int] = at_last.groupby("service").sum().to_dict()
    return {service: int(persons) for service, persons in people.items() if persons}


def is_cut(evaluation: Evaluation) -> bool:
    """Tell whether anything lies beyond the horizon: a job's end, somebody's return, or people still out."""
    last_change = evaluation.curves["minute"].max() if len(evaluation.curves) else 0
    return bool(
        max(evaluation.finish_minute, last_change) > evaluation.problem.horizon_minutes
        or people_out_at_horizon(evaluation)
    )


def horizon_sentence(evaluation: Evaluation) -> str:
    """Say up to when is counted, and what comes later; empty when nothing does."""
    if not is_cut(evaluation):
        return ""
    horizon = evaluation.problem.horizon_minutes
    clock = Clock(evaluation.problem.system.settings, horizon)
    parts = [f"Counted up to {clock.short(horizon)} ({duration(horizon)}), the horizon"]
    jobs, people = jobs_after_horizon(evaluation), sum(people_out_at_horizon(evaluation).values())
    if jobs:
        parts.append(f"{counted(jobs, 'job')} finished later")
    if people:
        parts.append(f"{counted(people, 'person', 'people')} still without service then")
    return f"{'; '.join(parts)}. {MARK} marks later times."
