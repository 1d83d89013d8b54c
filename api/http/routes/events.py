"""/v1/incidents/{id}/events: what happens in an incident, streamed as it happens; /log: the same, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.access.caller import Caller
from api.access.rights import Right
from api.access.seen import seen_event
from api.access.sight import limits_of
from api.http.crew_ears import CrewEars
from api.http.door import door_of
from api.http.parameters import IncidentId
from api.http.problems import Refusal
from api.http.routes.state import PICTURE
from api.http.service import service_of
from api.http.shapes import Cursor, Limit, Page, Told, cursor_of, page_of, parts_of
from api.http.streams import Sees, whole_event
from api.http.who import allowed, sight_of
from api.store.events import events_after

router = APIRouter(prefix="/v1/incidents", tags=["events"])

EVENT_STREAM = "text/event-stream"


class EventTold(Told):
    """One entry of an incident's log."""

    seq: int = Field(description="Its number in this incident, without gaps.", examples=[17])
    id: str = Field(examples=["7c9e6679-7425-40de-944b-e07fc1f90ae7"])
    kind: str = Field(examples=["job_finished"])
    happened_minute: int = Field(description="Minutes after time zero.", examples=[95])
    reported_at: str = Field(examples=["2026-11-23T00:36:12.345Z"])
    who: str | None = Field(None, description="Absent where it is about others.", examples=["local"])
    body: dict[str, Any] = Field(examples=[{"job": "line_7"}])


@router.get(
    "/{incident}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}},
)
async def stream(
    request: Request,
    incident: IncidentId,
    caller: Annotated[Caller, Depends(allowed(Right.read_incidents, Right.read_own_work, limited=True))],
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=20)] = None,
    after: Annotated[
        int | None, Query(ge=0, lt=2**53, description="As Last-Event-ID, for a first call.")
    ] = None,
) -> StreamingResponse:
    """Stream what happens after Last-Event-ID (without one: from now on) as server-sent events, id = number.

    What the caller does not see comes as an event `hidden`. A crew's key hears of its own jobs and duty, of roads and
    of plans.
    """
    service = service_of(request)
    row = await service.incident(caller.tenant, incident)
    if last_event_id is not None:
        if not last_event_id.isascii() or not last_event_id.isdecimal():
            raise Refusal(
                422, "invalid-input", "Last-Event-ID: must be the number of an event; leave it out."
            )
        after = int(last_event_id)
    open_streams, holder = request.app.state.open_streams, {"key": caller.id, "tenant": caller.tenant}
    open_streams.refuse_if_full(**holder)

    async def may_go_on() -> bool:
        return await door_of(request).still_valid(caller)

    if caller.may(Right.read_incidents):
        sees, audience = await eyes(request, caller, row)
        listening = service.streams.listen(incident, after, sees=sees, audience=audience, may_go_on=may_go_on)
        service.pictures.expect(row, PICTURE)
    else:
        sight = await sight_of(request, caller, row)
        ears = CrewEars(service, caller, incident, sight, may_go_on)
        listening = ears.hear(after)

    async def chunks() -> AsyncIterator[bytes]:
        with open_streams.held(**holder):
            async with aclosing(listening):
                async for chunk in listening:
                    yield chunk

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(chunks(), headers=headers, media_type=EVENT_STREAM)


@router.get("/{incident}/log", response_model_exclude_none=True)
async def log(
    request: Request,
    incident: IncidentId,
    caller: Annotated[Caller, Depends(allowed(Right.read_incidents, limited=True))],
    limit: Limit = 100,
    cursor: Cursor = None,
    kind: Annotated[str | None, Query(max_length=40, pattern=r"^[a-z_.]+$")] = None,
) -> Page[EventTold]:
    """List the log of an incident, the first entry first."""
    service = service_of(request)
    sees, _ = await eyes(request, caller, await service.incident(caller.tenant, incident))
    after = (parts_of(cursor, int) or (0,))[0]
    rows = await service.database.look(
        lambda connection: events_after(
            connection, incident, after, limit + 1, None if kind is None else [kind]
        )
    )
    return seen_page(page_of(rows, limit, sees, lambda row: cursor_of(row.seq)))


def seen_page(page: Page[dict[str, Any] | None]) -> Page[EventTold]:
    """Return a page of events without those that are not seen."""
    return Page(items=[EventTold(**told) for told in page.items if told is not None], next=page.next)


async def eyes(request: Request, caller: Caller, incident: Any) -> tuple[Sees, str]:
    """Return how the caller sees events, and a name for all who see them so."""
    sight = await sight_of(request, caller, incident)
    if sight is None:
        return whole_event, ""
    return lambda row: seen_event(whole_event(row), sight), str(limits_of(caller))
