"""POST /v1/incidents/{id}/plans: a plan is asked for, and worked out as a job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from api.access.caller import Caller
from api.access.rights import Right
from api.http.minutes import minute_at, minute_now
from api.http.parameters import IncidentId
from api.http.problems import Refusal
from api.http.routes.incidents import Moment
from api.http.service import service_of
from api.http.shapes import IdempotencyKey, Sent, Told, answer_once, answered
from api.http.who import allowed
from api.jobs import records
from api.store import plans
from api.store.events import Happening, append

router = APIRouter(prefix="/v1/incidents", tags=["plans"])

MOST_SECONDS = 600.0
LAST_PERMILLE = 1_000_000
REPLAN_SECONDS = 5.0
"What a re-plan that nobody asked for by hand may take."

HOLD_ON = (
    "locks",
    "rules",
    "method",
    "seed",
    "fairness_permille",
    "vulnerable_weight_permille",
    "horizon_minutes",
    "stay_hours",
)
"What a re-plan takes over from the request of the plan before."

SLACK_SECONDS = 30.0
"Between the end of a search and the deadline: for reading, judging and writing down."


class LockSent(Sent):
    """An order about one job, as in the table `locks` of docs/orders-and-crews.md."""

    job: str = Field(min_length=1, max_length=200, examples=["line_7"])
    kind: Literal["crew", "not_crew", "start", "not_before", "not_after", "after", "first"]
    value: str = Field("", max_length=200, examples=["crew_2"])


class PlanRequest(Sent):
    """A plan that is asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"seconds": 10, "locks": [{"job": "line_7", "kind": "crew", "value": "crew_2"}]},
                {"evaluations": 50000, "seed": 7, "method": "local_search", "rules": {"water": "flow"}},
            ]
        }
    )

    seconds: float | None = Field(None, gt=0, le=MOST_SECONDS, description="Stop searching after this long.")
    evaluations: int | None = Field(
        None, ge=1, lt=2**40, description="Stop after this many changes tried; makes the plan reproducible."
    )
    seed: int = Field(0, ge=0, lt=2**32)
    method: str = Field("auto", max_length=40, examples=["auto", "local_search", "cp_sat", "bundles"])
    rules: dict[str, str] = Field(
        default_factory=dict,
        max_length=10,
        description="Service rule by sector.",
        examples=[{"water": "flow"}],
    )
    fairness_permille: int | None = Field(None, ge=0, le=LAST_PERMILLE)
    vulnerable_weight_permille: int | None = Field(None, ge=0, le=LAST_PERMILLE)
    horizon_minutes: int | None = Field(None, ge=1, lt=2**31)
    locks: list[LockSent] = Field(default_factory=list, max_length=5000)
    keep: Literal["approved", "newest", "none"] = Field(
        "approved",
        description="The plan that crews know: what has started stays, and the rest moves only where that gains. "
        "'none' plans from time zero.",
    )
    stay_hours: int = Field(
        24, ge=0, le=10_000, description="Hours whose jobs had better stay where they are."
    )
    at: Moment | None = Field(None, description="The minute of the plan; now, unless given.")
    is_urgent: bool = Field(False, description="Goes before plans that are not.")


class PlanAccepted(Told):
    """A plan is being worked out; `/jobs/{job}` tells how far it is."""

    job: str = Field(examples=["5f1d7a84c0ffee00"])
    status: str = Field(examples=["accepted"])


@router.post("/{incident}/plans", status_code=202, response_model=PlanAccepted)
async def ask_for(
    request: Request,
    incident: IncidentId,
    sent: PlanRequest,
    caller: Annotated[Caller, Depends(allowed(Right.plan))],
    key: IdempotencyKey = None,
) -> Response:
    """Ask for a plan; with a plan that crews know, for one that goes on from it."""
    service = service_of(request)
    row = await service.incident(caller.tenant, incident)
    refuse_unknown_method(sent.method)
    if row.is_closed:
        raise Refusal(409, "conflict", f"Incident {incident} is closed; open it again to plan.")
    minute = minute_at(row, sent.at or datetime.now(UTC), "at")
    asked = {**sent.model_dump(mode="json", exclude={"at"}), "minute": minute}

    def act(connection: Connection) -> Any:
        job = submit(connection, caller.tenant, incident, asked, caller.id)
        content = PlanAccepted(job=job, status="accepted")
        return answered(202, content, Location=f"/jobs/{job}", **{"Preference-Applied": "respond-async"})

    response = await answer_once(request, caller, key, act)
    service.streams.tell(incident)
    service.wake_worker()
    return response


def submit(connection: Connection, tenant: str, incident: str, asked: dict[str, Any], who: str) -> str:
    """Put a planning job down, with the event that tells of it, and return its id."""
    job = records.submit(
        connection,
        tenant=tenant,
        incident=incident,
        kind="plan",
        request=asked,
        deadline=deadline_after(asked["seconds"]),
        is_urgent=asked["is_urgent"],
        who=who,
    )
    append(
        connection,
        incident,
        [Happening(f"~asked-{job}", "plan.requested", asked["minute"], who, {"job": job})],
    )
    return job


def replan(connection: Connection, row: Any, who: str) -> str | None:
    """Put a re-plan of an incident down, unless one is under way or there is nothing to go on from; return its id.

    The orders, rules and terms that the plan before was asked for with hold on.
    """
    followed = plans.followed(connection, row.id)
    if followed is None or records.is_planning(connection, row.id):
        return None
    asked = PlanRequest(
        seconds=REPLAN_SECONDS, keep="approved" if followed.approved_at else "newest"
    ).model_dump(mode="json", exclude={"at"})
    before = records.request(connection, followed.job)
    asked |= {name: before[name] for name in HOLD_ON if name in before}
    return submit(connection, row.tenant, row.id, {**asked, "minute": minute_now(row)}, who)


def deadline_after(seconds: float | None) -> datetime:
    """Return when the answer to a search of so many seconds has to be there."""
    return datetime.now(UTC) + timedelta(seconds=(seconds or MOST_SECONDS / 10) + SLACK_SECONDS)


def refuse_unknown_method(method: str) -> None:
    """Refuse a method that there is none of."""
    from solvers import SOLVERS

    if method not in SOLVERS and method != "auto":
        raise Refusal(
            422, "invalid-input", f"method: there is no {method!r}; there are {', '.join(SOLVERS)}."
        )
