"""What a planning job answers, as JSON: figures to look at, and documents as text, which nobody need read to keep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.planning import Outcome
    from lifeline.evaluation import Evaluation
    from solvers import Proposal

OPTIMAL, FEASIBLE, BY_RULE, LAST_APPROVED = "optimal", "feasible", "rule", "last approved"
"What a plan is called: proven best; good, with the gap that is left; a rule of thumb's; the last one approved."


def label_of(proposal: Proposal) -> str:
    """Return what a proposal's plan is called."""
    from solvers.priority import RULES

    if proposal.bound == proposal.objective:
        return OPTIMAL
    return BY_RULE if proposal.method in RULES else FEASIBLE


def proposal_told(proposal: Proposal) -> dict[str, Any]:
    """Return what is said of how a plan was found and how good it is."""
    return {
        "label": label_of(proposal),
        "method": proposal.method,
        "objective": proposal.objective,
        "bound": proposal.bound,
        "gap": proposal.gap,
        "stopped_by": proposal.stopped_by,
        "reproducible": proposal.reproducible,
        "evaluations": proposal.evaluations,
        "seconds": round(proposal.seconds, 3),
        "plan_sha256": proposal.plan.sha256,
    }


def plan_documents(evaluation: Evaluation, summary: dict[str, Any]) -> dict[str, str]:
    """Return the plan, its summary, the recovery curves and the times of return, each as JSON text.

    Work lists with their reasons are made when somebody asks: for 500 jobs they take six seconds.
    """
    from api.documents.returns import returns_of
    from lifeline.added_rows import records_of

    return {
        "plan": evaluation.plan.to_json(),
        "summary": written(summary),
        "recovery": written(records_of(evaluation.curves)),
        "returns": returns_of(evaluation).model_dump_json(),
    }


def outcome_told(outcome: Outcome) -> dict[str, Any]:
    """Return everything about a plan that was looked for."""
    from api.json_report import outcome_report

    if outcome.proposal is None:
        raise ValueError("A plan that was handed in was not looked for.")
    documents = plan_documents(outcome.evaluation, outcome_report(outcome))
    return {**proposal_told(outcome.proposal), "seed": outcome.seed, "documents": documents}


def written(content: Any) -> str:
    """Return JSON text without blanks; NaN is refused."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
