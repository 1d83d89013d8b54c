"""All that is kept of a plan for others to read, as JSON text by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation


def papers_of(evaluation: Evaluation) -> dict[str, str]:
    """Return `work_lists` and `etr` of a judged plan; they replay it often, so this is for a child process."""
    from api.documents.returns import returns_of
    from api.documents.work_lists import work_lists

    return {
        "work_lists": work_lists(evaluation).model_dump_json(),
        "etr": returns_of(evaluation).model_dump_json(),
    }
