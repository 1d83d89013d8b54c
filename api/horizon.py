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
    people = at_last.groupby("service").sum()
    return {str(service): int(persons) for service, persons in people.items() if persons}


def horizon_sentence(evaluation: Evaluation) -> str:
    """Say up to when is counted, and what comes later; empty when nothing does."""
    horizon = evaluation.problem.horizon_minutes
    jobs, people = jobs_after_horizon(evaluation), sum(people_out_at_horizon(evaluation).values())
    changes_later = bool((evaluation.curves["minute"] > horizon).any())
    if not (jobs or people or changes_later):
        return ""
    clock = Clock(evaluation.problem.system.settings, horizon)
    parts = [f"Counted up to {clock.short(horizon)} ({duration(horizon)}), the horizon"]
    if jobs:
        parts.append(f"{counted(jobs, 'job')} finished later")
    if people:
        parts.append(f"{counted(people, 'person', 'people')} still without service then")
    marks = f" {MARK} marks later times." if jobs or changes_later else ""
    return f"{'; '.join(parts)}.{marks}"
