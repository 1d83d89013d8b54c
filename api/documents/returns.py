"""When each customer's services are back, and what that hangs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict, Field

from api.documents.document import Clock, Document, Persons, Said

if TYPE_CHECKING:
    from api.wording import Clock as LocalClock
    from lifeline.evaluation import Evaluation

RETURN_EXAMPLE: dict[str, Any] = {
    "customer": "hospital-1",
    "name": "General hospital",
    "kind": "hospital",
    "district": "north",
    "persons": 400,
    "critical": True,
    "service": "power",
    "minute": 254,
    "clock": "2026-03-01T10:14:00-06:00",
    "after_horizon": False,
    "job": "substation-7",
    "crew": "red",
    "needs": ["substation-7"],
    "because": "",
    "waits_for": [],
    "said": {"en": "", "zh": ""},
}


class Return(Document):
    """When one service of one customer is full again and stays, and because of what."""

    model_config = ConfigDict(json_schema_extra={"examples": [RETURN_EXAMPLE]})

    customer: str
    name: str
    kind: str
    district: str
    persons: Persons
    critical: bool
    service: str
    minute: int | None = Field(
        description="From when on it is full and stays; 0: never out; null: never back."
    )
    clock: Clock
    after_horizon: bool
    job: str = Field(description='Whose end brings it back; "" where it never was out or never is back.')
    crew: str
    needs: tuple[str, ...] = Field(description="The jobs without any one of which it is not back by then.")
    because: Literal["", "undone", "loop", "short"] = Field(description="Why it is never back.")
    waits_for: tuple[str, ...]
    said: Said = Field(description='Why it is never back, in words; "" where it is.')


class Returns(Document):
    """The times of return (ETR) of one plan, in order of customer and service."""

    plan_sha256: str
    system: str
    timezone: str
    horizon_minutes: int
    returns: tuple[Return, ...]


def returns_of(evaluation: Evaluation) -> Returns:
    """Return the times of return of a judged plan; needs replay it, so this is for a child process."""
    from api.explain_report import return_rows
    from api.wording import Clock as LocalClock
    from lifeline.etr import returns

    problem = evaluation.problem
    settings, horizon = problem.system.settings, problem.horizon_minutes
    clock = LocalClock(settings)
    return Returns(
        plan_sha256=evaluation.plan.sha256,
        system=problem.system.name,
        timezone=settings.timezone,
        horizon_minutes=horizon,
        returns=tuple(_return(row, clock, horizon) for row in return_rows(returns(evaluation))),
    )


def _return(row: Mapping[str, Any], clock: LocalClock, horizon: int) -> Return:
    from api.words import LANGUAGES

    minute, because = row["minute"], row["because"]
    said = {
        language: words.never(because, row["waits_for"]) if because else ""
        for language, words in LANGUAGES.items()
    }
    more = {
        "clock": None if minute is None else clock.iso(minute) or None,
        "after_horizon": minute is not None and minute > horizon,
        "said": said,
    }
    return Return.model_validate({**row, **more})
