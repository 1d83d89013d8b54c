"""What what-ifs answer: the base, each variant, and what each changes. Objectives are weighted in 1/1000."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.incidents.picture_answers import Curve, Minute, Undoable
from api.incidents.updates import strict

_RESULT: dict[str, Any] = {
    "objective": 720_000_000,
    "bound": 720_000_000,
    "gap_permille": 0,
    "person_minutes": 720_000,
    "by_service": {"power": 360_000, "telecom": 120_000, "water": 240_000},
    "by_district": {"Ash": 0, "Brook": 240_000, "Cliff": 480_000},
    "worst_district": "Cliff",
    "finish_minute": 240,
    "everybody_back_minute": 240,
    "facilities": [],
    "returns": [],
    "crews": 2,
    "jobs": 3,
    "unassignable": [],
    "curve": [{"service": "power", "points": [[0, 3000], [60, 1000], [240, 0]]}],
    "method": "auto",
    "evaluations": 200,
    "stopped_by": "finished",
    "reproducible": True,
    "plan_sha256": "9f86d081884c7d65" * 4,
}

_DIFFERENCE: dict[str, Any] = {
    "objective": -180_000_000,
    "person_minutes": -180_000,
    "by_service": {"power": -90_000, "telecom": -90_000, "water": 0},
    "by_district": {"Ash": 0, "Brook": 0, "Cliff": -180_000},
    "finish_minutes": -90,
    "how_sure": "exact",
}


class FacilityDown(BaseModel):
    """How long a facility is down within the horizon, and from when on it is up for good."""

    model_config = strict(customer="hospital", down_minutes=180, down_minute=120, up_minute=300)
    customer: str
    down_minutes: Minute
    down_minute: Minute | None
    up_minute: Minute | None


class Return(BaseModel):
    """When a service of a critical customer is back for good: 0: never out; null: never back in full."""

    model_config = strict(customer="hospital", service="power", minute=200)
    customer: str
    service: str
    minute: Minute | None


class Result(BaseModel):
    """What the best plan found costs, and how good it is."""

    model_config = strict(**_RESULT)
    objective: int
    bound: int | None = Field(description="No plan costs less.")
    gap_permille: int | None = Field(
        description="What a better plan might still save, in 1/1000, rounded up."
    )
    person_minutes: int
    by_service: dict[str, int]
    by_district: dict[str, int]
    worst_district: str = Field(description="The one that loses most a person.")
    finish_minute: Minute
    everybody_back_minute: Minute | None
    facilities: list[FacilityDown]
    returns: list[Return]
    crews: int
    jobs: int
    unassignable: list[Undoable]
    curve: list[Curve]
    method: str
    evaluations: int
    stopped_by: str
    reproducible: bool
    plan_sha256: str


class Difference(BaseModel):
    """What a variant changes: below zero it is better than the base.

    `how_sure`: `exact`: both are proven best, or two ways to plan the same are compared. `surely_better`,
    `surely_worse`: proven, whatever better plans there may be. `within_the_gap`: it may be the search's doing.
    """

    model_config = strict(**_DIFFERENCE)
    objective: int
    person_minutes: int
    by_service: dict[str, int]
    by_district: dict[str, int]
    finish_minutes: int
    how_sure: Literal["exact", "surely_better", "surely_worse", "within_the_gap"]


class NotWorkedOut(BaseModel):
    """In place of a difference: the time was up before the variant's turn came."""

    model_config = strict(how_sure="not_worked_out")
    how_sure: Literal["not_worked_out"]


class VariantTold(BaseModel):
    """A variant: its result and difference; or why it cannot be; or that it was not worked out in time."""

    model_config = strict(
        name="One more crew",
        changes=[{"kind": "more_crews", "like": "red", "count": 1}],
        refused=None,
        result=_RESULT | {"objective": 540_000_000, "bound": 540_000_000},
        difference=_DIFFERENCE,
    )
    name: str
    changes: list[dict[str, Any]]
    refused: str | None
    result: Result | None
    difference: Difference | NotWorkedOut | None


class WhatIfs(BaseModel):
    """The base and the variants side by side, all planned with the same seed and budget up to the same horizon."""

    model_config = strict(base=_RESULT, variants=[], horizon_minutes=1440, seed=0)
    base: Result
    variants: list[VariantTold]
    horizon_minutes: int
    seed: int
