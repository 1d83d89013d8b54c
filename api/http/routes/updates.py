"""/v1/incidents/{id}/updates: what the field reports, put down once and for good."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from api.access.caller import Caller
from api.access.reach import jobs_of_crew, out_of_reach
from api.access.rights import Right
from api.http.door import door_of
from api.http.parameters import IncidentId
from api.http.problems import BadPlace, Refusal
from api.http.routes.events import EventTold, eyes, seen_page
from api.http.routes.plans import replan as start_replan
from api.http.service import Service, service_of
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
from api.http.who import allowed, sight_of
from api.incidents.subjects import SUBJECT
from api.incidents.updates import FieldUpdate, minutes_after
from api.store import plans
from api.store.events import Happening, OtherContent, append, events_after

router = APIRouter(prefix="/v1/incidents", tags=["updates"])

MOST_UPDATES = 100
AHEAD_MINUTES = 5
"How far a reporter's clock may go before ours."


class SendUpdates(Sent):
    """What the field reports: all of it is put down, or nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "updates": [
                        {
                            "id": "tablet-7:1",
                            "kind": "job_started",
                            "happened_at": "2026-11-23T07:15:00+08:00",
                            "job": "line-ash-brook",
                            "crew": "red",
                        }
                    ]
                }
            ]
        }
    )

    updates: list[FieldUpdate] = Field(min_length=1, max_length=MOST_UPDATES)


class UpdateTaken(Told):
    """Where an update stands in the incident's log."""

    id: str = Field(examples=["tablet-7:1"])
    seq: int = Field(examples=[17])
    is_repeat: bool = Field(description="Whether it stood there before.", examples=[False])


class UpdatesTaken(Told):
    """Where the updates stand, and which plans they have made stale."""

    taken: list[UpdateTaken]
    stale_plans: list[int] = Field(description="Versions that were fresh until now.", examples=[[2]])
    replan: str | None = Field(None, description="The job that plans anew, where the incident asks for that.")


@router.post("/{incident}/updates", status_code=201, response_model=UpdatesTaken)
async def report(
    request: Request,
    incident: IncidentId,
    sent: SendUpdates,
    caller: Annotated[Caller, Depends(allowed(Right.report_updates, Right.report_own_crew, limited=True))],
    key: IdempotencyKey = None,
) -> Response:
    """Put down what the field reports; it is on disk when this is answered. The same id again changes nothing."""
    service = service_of(request)
    row = await service.incident_lately(caller.tenant, incident)
    if row.is_closed:
        raise Refusal(409, "conflict", f"Incident {incident} is closed; open it again to report.")
    happenings = _happenings(row, sent.updates, caller)
    await _check_names(service, row, sent.updates)
    await _check_reach(request, row, sent.updates, caller)
    kinds = [update.kind for update in sent.updates]

    def act(connection: Connection) -> Any:
        try:
            put_down = append(connection, incident, happenings)
        except OtherContent as other:
            raise Refusal(
                409, "conflict", f"Update {other.args[0]!r} is in the log with other content; take a new id."
            ) from None
        fresh = [kind for kind, put in zip(kinds, put_down, strict=True) if not put.is_repeat]
        stale = plans.make_stale(connection, incident, fresh, caller.id)
        replan = start_replan(connection, row, caller.id) if row.replans and stale else None
        taken = [UpdateTaken(id=put.id, seq=put.seq, is_repeat=put.is_repeat) for put in put_down]
        return answered(201, UpdatesTaken(taken=taken, stale_plans=stale, replan=replan))

    response = await answer_once(request, caller, key, act)
    service.streams.tell(incident)
    if row.replans:
        service.wake_worker()
    return response


@router.get("/{incident}/updates", response_model_exclude_none=True)
async def list_all(
    request: Request,
    incident: IncidentId,
    caller: Annotated[Caller, Depends(allowed(Right.read_incidents, limited=True))],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[EventTold]:
    """List what the field has reported, as it came."""
    service = service_of(request)
    sees, _ = await eyes(request, caller, await service.incident(caller.tenant, incident))
    after = (parts_of(cursor, int) or (0,))[0]
    rows = await service.database.look(
        lambda connection: events_after(connection, incident, after, limit + 1, SUBJECT)
    )
    return seen_page(page_of(rows, limit, sees, lambda row: cursor_of(row.seq)))


def _happenings(row: Any, updates: Sequence[FieldUpdate], caller: Caller) -> list[Happening]:
    """Return updates on the incident's clock; what is before its time zero, or still to come, is refused."""
    started_at = datetime.fromisoformat(row.started_at)
    latest = minutes_after(started_at, datetime.now(UTC)) + AHEAD_MINUTES
    happenings, places = [], []
    for place, update in enumerate(updates):
        minute = minutes_after(started_at, update.happened_at)
        where = f"body → updates → {place} → happened_at"
        if minute < 0:
            places.append(
                BadPlace(where=where, message=f"is before the incident's time zero, {row.started_at}.")
            )
        elif minute > latest and not row.is_drill:
            places.append(BadPlace(where=where, message="is still to come; check the clock."))
        body = update.model_dump(mode="json", exclude={"id", "kind"}, exclude_none=True)
        happenings.append(Happening(update.id, update.kind, minute, caller.id, body))
    _refuse(places)
    return happenings


async def _check_names(service: Service, row: Any, updates: Sequence[FieldUpdate]) -> None:
    """Refuse jobs, crews and components that the incident does not have."""
    names = await service.names(row)
    places = []
    for place, update in enumerate(updates):
        for field, known, what in _named(update, names):
            name = getattr(update, field)
            if name and name not in known:
                message = f"{name[:80]!r} is no {what} of this incident."
                places.append(BadPlace(where=f"body → updates → {place} → {field}", message=message))
    _refuse(places)


async def _check_reach(request: Request, row: Any, updates: Sequence[FieldUpdate], caller: Caller) -> None:
    """Refuse what a crew reports about others' work, and a utility about others' components."""
    sight = await sight_of(request, caller, row)
    crew, jobs = caller.crew, frozenset[str]()
    if crew is not None:
        text = await service_of(request).database.read(lambda connection: _plan_of_crews(connection, row))
        jobs = frozenset() if text is None else jobs_of_crew(json.loads(text), crew)
    places = []
    for place, update in enumerate(updates):
        beyond = out_of_reach(update.model_dump(), caller, sight=sight, jobs=jobs)
        if beyond is not None:
            where = f"body → updates → {place} → {beyond[0]}"
            places.append(BadPlace(where=where, message=beyond[1]))
    if places:
        await door_of(request).denied(request, caller, f"to report, {places[0].where}")
        raise Refusal(403, "not-allowed", f"{places[0].where}: {places[0].message}", places=places[:200])


def _plan_of_crews(connection: Connection, row: Any) -> str | None:
    """Return the plan whose jobs crews report about: the approved one; in a drill, which has none, the newest."""
    find = plans.followed if row.is_drill else plans.approved
    return plans.text(connection, find(connection, row.id))


def _named(update: FieldUpdate, names: Any) -> Iterator[tuple[str, Any, str]]:
    if hasattr(update, "job"):
        yield "job", names.jobs, "component, step or task"
    if hasattr(update, "component"):
        yield "component", names.components, "component or facility"
    if hasattr(update, "link"):
        yield "link", names.roads, "road link"
    if hasattr(update, "crew"):
        yield "crew", names.crews, "crew"


def _refuse(places: list[BadPlace]) -> None:
    if places:
        more = f", and {len(places) - 1} more" if len(places) > 1 else ""
        raise Refusal(
            422, "invalid-input", f"{places[0].where}: {places[0].message}{more}", places=places[:200]
        )
