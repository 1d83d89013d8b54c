"""/v1/incidents/{id}/plans: plans are asked for, come in versions, and are dispatched once somebody approves one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from api.access.audit import Action, Entry
from api.access.audit_table import record
from api.access.caller import Caller
from api.access.rights import Right
from api.http.door import door_of
from api.http.problems import Refusal, not_found
from api.http.routes.incidents import IncidentId, Moment
from api.http.service import service_of
from api.http.shapes import (
    Cursor,
    IdempotencyKey,
    Limit,
    Page,
    Sent,
    Told,
    answer_once,
    answered,
    cursor_of,
    page_of,
    parts_of,
)
from api.http.who import allowed
from api.jobs import records
from api.store import plans
from api.store.events import Happening, append

router = APIRouter(prefix="/v1/incidents", tags=["plans"])

JSON_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {"type": "object"}}}}
}

PlanVersion = Annotated[int, Path(ge=1, lt=2**31, examples=[1])]

LAST_VERSION = 2**31 - 1
MOST_SECONDS = 600.0
LAST_PERMILLE = 1_000_000
REPLAN_SECONDS = 5.0
"What a re-plan that nobody asked for by hand may take."

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


class PlanTold(Told):
    """A version of an incident's plan."""

    version: int = Field(examples=[3])
    sha256: str = Field(description="What is approved.", examples=["9f86d081884c7d65"])
    label: str = Field(description="optimal, feasible, rule or last approved.", examples=["feasible"])
    status: str = Field(description="proposed, approved or superseded.", examples=["proposed"])
    is_drill: bool = Field(description="A drill's plan is never dispatched.", examples=[False])
    stale_since: str | None = Field(None, description="When news came that it does not know.")
    figures: dict[str, Any] = Field(examples=[{"objective": 120000, "bound": 100000, "gap": 0.17}])
    job: str = Field(examples=["5f1d7a84c0ffee00"])
    made_at_seq: int = Field(description="The last event it knows.", examples=[17])
    made_at_minute: int = Field(examples=[95])
    created_at: str = Field(examples=["2026-11-23T00:36:12.345Z"])
    created_by: str = Field(examples=["local"])
    approved_at: str | None = None
    approved_by: str | None = None


class Approval(Sent):
    """What is approved, by its hash: nobody approves what they have not read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sha256": "9f86d081884c7d65" * 4}]})

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    although_stale: bool = Field(
        False, description="Approve it although there is news that it does not know."
    )


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
    minute = minute_of(row, sent.at or datetime.now(UTC))
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
    """Put a re-plan of an incident down, unless one is under way or there is nothing to go on from; return its id."""
    followed = plans.approved(connection, row.id) or plans.newest(connection, row.id)
    if followed is None or records.is_planning(connection, row.id):
        return None
    asked = PlanRequest(
        seconds=REPLAN_SECONDS, keep="approved" if followed.approved_at else "newest"
    ).model_dump(mode="json", exclude={"at"})
    return submit(connection, row.tenant, row.id, {**asked, "minute": minute_of(row, datetime.now(UTC))}, who)


def minute_of(row: Any, moment: datetime) -> int:
    """Return the minute of an incident at a moment; one before its time zero is refused."""
    minutes = int((moment - datetime.fromisoformat(row.started_at)).total_seconds() // 60)
    if minutes < 0:
        raise Refusal(
            422,
            "invalid-input",
            f"at: {moment.isoformat()} is before the incident's time zero, {row.started_at}.",
        )
    return minutes


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


@router.get("/{incident}/plans", response_model_exclude_none=True)
async def list_all(
    request: Request,
    incident: IncidentId,
    caller: Annotated[Caller, Depends(allowed(Right.read_incidents))],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[PlanTold]:
    """List the plans of an incident, the newest first."""
    service = service_of(request)
    about = await service.incident(caller.tenant, incident)
    after = min((parts_of(cursor, int) or (LAST_VERSION,))[0], LAST_VERSION)

    def look(connection: Connection) -> Any:
        return plans.page(connection, incident, after, limit + 1), plans.approved(connection, incident)

    rows, followed = await service.database.look(look)
    return page_of(rows, limit, lambda row: told(about, row, followed), lambda row: cursor_of(row.version))


@router.get("/{incident}/plans/{version}", response_model_exclude_none=True)
async def tell(
    request: Request,
    incident: IncidentId,
    version: PlanVersion,
    caller: Annotated[Caller, Depends(allowed(Right.read_incidents))],
) -> PlanTold:
    """Tell of a version of the plan: its figures, its label, and whether it is approved or stale."""
    return told(*await require(request, caller, incident, version))


@router.get("/{incident}/plans/{version}/plan", response_class=Response, responses=JSON_TEXT)
async def tell_visits(
    request: Request,
    incident: IncidentId,
    version: PlanVersion,
    caller: Annotated[Caller, Depends(allowed(Right.read_incidents))],
) -> Response:
    """Give the plan itself, as the command line writes plan.json: all visits, and what nobody can do."""
    return await _document(request, caller, incident, version, "plan")


@router.get("/{incident}/plans/{version}/summary", response_class=Response, responses=JSON_TEXT)
async def tell_summary(
    request: Request,
    incident: IncidentId,
    version: PlanVersion,
    caller: Annotated[Caller, Depends(allowed(Right.read_incidents))],
) -> Response:
    """Give all figures of the plan, and what dispatchers' rules would have cost."""
    return await _document(request, caller, incident, version, "summary")


@router.get("/{incident}/plans/{version}/recovery", response_class=Response, responses=JSON_TEXT)
async def tell_recovery(
    request: Request,
    incident: IncidentId,
    version: PlanVersion,
    caller: Annotated[Caller, Depends(allowed(Right.read_incidents))],
) -> Response:
    """Give the people without each service over time, as the plan promises."""
    return await _document(request, caller, incident, version, "recovery")


async def _document(request: Request, caller: Caller, incident: str, version: int, name: str) -> Response:
    await require(request, caller, incident, version)
    text = await service_of(request).database.read(
        lambda connection: plans.document(connection, incident, version, name)
    )
    if text is None:
        raise not_found(f"document of plan {version}", name)
    return Response(text, media_type="application/json")


@router.post("/{incident}/plans/{version}/approval", response_model=PlanTold)
async def approve(
    request: Request,
    incident: IncidentId,
    version: PlanVersion,
    sent: Approval,
    caller: Annotated[Caller, Depends(allowed(Right.approve))],
    key: IdempotencyKey = None,
) -> Response:
    """Approve the plan with this hash: it is what crews follow from now on."""
    service = service_of(request)
    about, _, _ = await require(request, caller, incident, version)
    if about.is_drill:
        raise Refusal(409, "conflict", f"Incident {incident} is a drill; a drill is never dispatched.")

    def act(connection: Connection) -> Any:
        current = plans.require(connection, incident, version)
        newest = plans.newest(connection, incident)
        if current.sha256 != sent.sha256:
            raise Refusal(
                409,
                "stale",
                f"Plan {version} has the hash {current.sha256}, not {sent.sha256}; read it again.",
            )
        if newest is not None and newest.version != version:
            raise Refusal(409, "stale", f"Plan {version} is not the newest one; that is {newest.version}.")
        if current.stale_since and not sent.although_stale:
            raise Refusal(
                409,
                "stale",
                f"Since {current.stale_since} there is news that plan {version} does not know: ask for a new plan, or "
                "approve it with although_stale.",
            )
        if current.approved_at is None:
            current = plans.approve(connection, current, caller.id, although_stale=bool(current.stale_since))
            action = Action.OVERRIDE if current.stale_since else Action.APPROVE
            target = f"incident {incident}, plan {version}"
            record(connection, Entry(caller.tenant, caller.id, action, target, {"sha256": sent.sha256}))
        return answered(200, told(about, current, current))

    response = await answer_once(request, caller, key, act)
    await door_of(request).audit.anchor()
    service.streams.tell(incident)
    return response


async def require(request: Request, caller: Caller, incident: str, version: int) -> tuple[Any, Any, Any]:
    """Return the rows of the incident, a plan, and the plan that crews follow; 404 where there is no such plan."""
    service = service_of(request)
    about = await service.incident(caller.tenant, incident)

    def look(connection: Connection) -> Any:
        return plans.find(connection, incident, version), plans.approved(connection, incident)

    row, followed = await service.database.look(look)
    if row is None:
        raise not_found(f"plan of incident {incident}, version", str(version))
    return about, row, followed


def told(about: Any, row: Any, followed: Any) -> PlanTold:
    """Return a plan of the incident `about` as it is answered; `followed` is the one that crews follow."""
    is_followed = followed is not None and followed.version == row.version
    status = "approved" if is_followed else "superseded" if row.approved_at else "proposed"
    return PlanTold(
        version=row.version,
        sha256=row.sha256,
        label=row.label,
        status=status,
        is_drill=about.is_drill,
        stale_since=row.stale_since,
        figures=dict(row.summary),
        job=row.job,
        made_at_seq=row.made_at_seq,
        made_at_minute=row.made_at_minute,
        created_at=row.created_at,
        created_by=row.created_by,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
    )
