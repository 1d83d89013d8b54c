"""/v1/incidents/{id}/plans: they come in versions, and one is dispatched once somebody approves it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from api.access.audit import Action, Entry
from api.access.audit_table import record
from api.access.caller import Caller
from api.access.rights import Right
from api.http.door import door_of
from api.http.papers import plan_row
from api.http.parameters import IncidentId, PlanVersion, Reader
from api.http.problems import Refusal
from api.http.routes.plans import LockSent
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

router = APIRouter(prefix="/v1/incidents", tags=["plans"])

LAST_VERSION = 2**31 - 1


class PlanTold(Told):
    """A version of an incident's plan."""

    version: int = Field(examples=[3])
    sha256: str = Field(description="What is approved.", examples=["9f86d081884c7d65"])
    label: str = Field(description="optimal, feasible, rule or last approved.", examples=["feasible"])
    status: str = Field(description="proposed, approved or superseded.", examples=["proposed"])
    is_drill: bool = Field(description="A drill's plan is never dispatched.", examples=[False])
    stale_since: str | None = Field(None, description="When news came that it does not know.")
    figures: dict[str, Any] = Field(
        description="What it costs and how good it is; empty for who sees some sectors or owners only.",
        examples=[{"objective": 120000, "bound": 100000, "gap": 0.17}],
    )
    job: str = Field(examples=["5f1d7a84c0ffee00"])
    made_at_seq: int = Field(description="The last event it knows.", examples=[17])
    made_at_minute: int = Field(examples=[95])
    created_at: str = Field(examples=["2026-11-23T00:36:12.345Z"])
    created_by: str = Field(examples=["local"])
    approved_at: str | None = None
    approved_by: str | None = None
    locks: list[LockSent] | None = Field(
        None,
        description="The orders that it was asked for with; told where one version is read, not in lists.",
        examples=[[{"job": "line_7", "kind": "crew", "value": "crew_2"}]],
    )


class Approval(Sent):
    """What is approved, by its hash: nobody approves what they have not read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sha256": "9f86d081884c7d65" * 4}]})

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    although_stale: bool = Field(
        False, description="Approve it although there is news that it does not know."
    )


@router.get("/{incident}/plans", response_model_exclude_none=True)
async def list_all(
    request: Request,
    incident: IncidentId,
    caller: Reader,
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

    def item(row: Any) -> PlanTold:
        told_of = told(about, row, followed)
        return _in_part(told_of) if caller.is_limited else told_of

    return page_of(rows, limit, item, lambda row: cursor_of(row.version))


@router.get("/{incident}/plans/{version}", response_model_exclude_none=True)
async def tell(
    request: Request,
    incident: IncidentId,
    version: PlanVersion,
    caller: Reader,
) -> PlanTold:
    """Tell of a version of the plan: its figures, its label, its orders, and whether it is approved or stale."""
    about, row, followed = await _version(request, caller, incident, version)
    if caller.is_limited:
        return _in_part(told(about, row, followed))
    asked = await service_of(request).database.look(lambda connection: records.request(connection, row.job))
    locks = [LockSent.model_validate(lock) for lock in asked.get("locks", ())]
    return told(about, row, followed).model_copy(update={"locks": locks})


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
    about, _, _ = await _version(request, caller, incident, version)
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


async def _version(request: Request, caller: Caller, incident: str, version: int) -> tuple[Any, Any, Any]:
    """Return the rows of the incident, a plan, and the plan that is dispatched; 404 where there is no such plan."""
    service = service_of(request)
    about = await service.incident(caller.tenant, incident)
    row = await plan_row(service, incident, version)
    return about, row, await service.database.look(lambda connection: plans.approved(connection, incident))


def _in_part(plan: PlanTold) -> PlanTold:
    """Return a plan without what it costs everybody, for who sees some sectors or owners only."""
    return plan.model_copy(update={"figures": {}})


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
