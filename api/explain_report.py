"""Explanations as one JSON object, for programs: exact whole numbers, and sentences in the language asked for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from api.explanation import job_sentences
from lifeline.evaluation import NOT_BACK
from lifeline.explain import UndoneExplained

if TYPE_CHECKING:
    import pandas as pd

    from api.wording import Clock
    from api.words import Words
    from lifeline.evaluation import Evaluation
    from lifeline.explain import PlanExplained, VisitExplained


def job_report(
    evaluation: Evaluation, explained: VisitExplained | UndoneExplained, words: Words, clock: Clock
) -> dict[str, Any]:
    """Return one job: its figures, and the sentences about it."""
    figures = asdict(explained)
    is_undone = isinstance(explained, UndoneExplained)
    job = explained.job if isinstance(explained, UndoneExplained) else explained.visit.job
    return {
        **_plan_figures(evaluation),
        "job": job,
        "in_plan": not is_undone,
        **figures,
        "sentences": job_sentences(words, clock, explained),
    }


def plan_report(
    evaluation: Evaluation,
    explained: PlanExplained,
    returns: pd.DataFrame,
    words: Words,
    clock: Clock,
    *,
    rule: str,
    rule_objective: int,
) -> dict[str, Any]:
    """Return the decisions, all jobs and all returns of a plan."""
    decisions = [
        {**asdict(decision), "sentence": words.decision(decision, clock)} for decision in explained.decisions
    ]
    undone = [
        {"job": job, **asdict(binding), "sentence": words.binding(binding, clock)}
        for job, binding in explained.undone
    ]
    return {
        **_plan_figures(evaluation),
        "rule": rule,
        "rule_objective": rule_objective,
        "decisions": decisions,
        "decisions_tried": explained.decisions_tried,
        "decisions_open": explained.decisions_open,
        "jobs": [asdict(line) for line in explained.jobs],
        "undone": undone,
        "etr": return_rows(returns),
    }


def _plan_figures(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "system": evaluation.problem.system.name,
        "plan_sha256": evaluation.plan.sha256,
        "objective": evaluation.objective,
        "person_minutes": evaluation.person_minutes,
        "horizon_minutes": evaluation.problem.horizon_minutes,
    }


def return_rows(returns: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row each; the minute is null for who is never back."""
    rows = returns.astype(object).to_dict("records")
    return [
        {
            **{str(name): list(value) if isinstance(value, tuple) else value for name, value in row.items()},
            "minute": None if row["minute"] == NOT_BACK else int(row["minute"]),
            "persons": int(row["persons"]),
            "critical": bool(row["critical"]),
        }
        for row in rows
    ]
