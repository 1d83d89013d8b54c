"""/v1/incidents/{id}/state and /cascade: the picture at any instant, and who is dark because of what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.http.minutes import minute_at
from api.http.parameters import IncidentId, Reader
from api.http.problems import Refusal
from api.http.service import service_of
from api.http.who import sight_of
from api.incidents.picture_answers import CascadeNow, Picture
from api.incidents.seen_picture import seen_cascade, seen_picture
from api.incidents.updates import moment_of

router = APIRouter(prefix="/v1/incidents", tags=["state"])

At = Annotated[
    str | None,
    Query(
        max_length=40,
        description="The instant, in RFC 3339 with an offset; now, unless given. After now: what the plan promises.",
        examples=["2026-11-23T09:00:00+08:00"],
        json_schema_extra={"format": "date-time"},
    ),
]

Seq = Annotated[
    int,
    Query(
        ge=0, lt=2**53, description="The number of an event that the answer must know; it may take longer."
    ),
]

PICTURE, CASCADE = "api.incidents.picture:picture", "api.incidents.cascade_now:cascade"


class StateTold(Picture):
    """The picture of an incident, and what it knows of."""

    as_of_seq: int = Field(description="The last event of the log that it knows.")
    plan_version: int | None = Field(
        description="The plan that it goes by: the approved one, or else the newest."
    )
    is_drill: bool


class CascadeTold(CascadeNow):
    """The cascade of an incident, and what it knows of."""

    as_of_seq: int = Field(description="The last event of the log that it knows.")
    plan_version: int | None = Field(
        description="The plan that it goes by: the approved one, or else the newest."
    )
    is_drill: bool


@router.get("/{incident}/state", response_model=StateTold)
async def state(
    request: Request,
    incident: IncidentId,
    caller: Reader,
    at: At = None,
    all_components: Annotated[bool, Query(description="Also those that work as ever.")] = False,
    seq: Seq = 0,
) -> Any:
    """Give the picture at an instant: as reported and carried on before now, as the plan promises after now.

    It is worked out at most about once a second; `as_of_seq` says what it knows.
    """
    row = await service_of(request).incident(caller.tenant, incident)
    kept = await service_of(request).pictures.told(
        row, PICTURE, _minute(row, at), everything=all_components, seq=seq
    )
    sight = await sight_of(request, caller, row)
    if sight is None:
        return Response(kept.text, media_type="application/json")
    return JSONResponse(seen_picture(kept.told, sight))


@router.get("/{incident}/cascade", response_model=CascadeTold)
async def cascade(request: Request, incident: IncidentId, caller: Reader, at: At = None, seq: Seq = 0) -> Any:
    """Say how the shock spread, who is dark at an instant, and because of what, down to what is broken."""
    row = await service_of(request).incident(caller.tenant, incident)
    kept = await service_of(request).pictures.told(row, CASCADE, _minute(row, at), seq=seq)
    sight = await sight_of(request, caller, row)
    if sight is None:
        return Response(kept.text, media_type="application/json")
    return JSONResponse(seen_cascade(kept.told, sight))


def _minute(row: Any, at: str | None) -> int | None:
    """Return the minute of an incident that a moment stands for; None for now."""
    if at is None:
        return None
    try:
        moment = moment_of(at)
    except ValueError as wrong:
        raise Refusal(422, "invalid-input", f"query → at: {wrong}.") from None
    return minute_at(row, moment, "query → at")
