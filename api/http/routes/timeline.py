"""/v1/incidents/{id}/timeline: all that changes from the shock on, so that a page goes through time by itself."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.http.papers import argument_of, kept
from api.http.parameters import IncidentId, Overseer
from api.http.routes.plan_documents import APlan
from api.http.routes.state import Seq
from api.http.service import service_of
from api.incidents.timeline_answers import Timeline
from api.store.papers import keep_papers

router = APIRouter(prefix="/v1/incidents", tags=["state"])

TIMELINE, PLAN_TIMELINE = "api.incidents.timeline:timeline", "api.incidents.timeline:plan_timeline"
PAPER = "timeline"

MINUTES_KEPT = 10
"An open page has it for as long while nothing is reported; a city of 20,000 components takes seconds to work out."


class TimelineTold(Timeline):
    """The timeline of an incident, and what it knows of."""

    as_of_seq: int = Field(description="The last event of the log that it knows.")
    plan_version: int | None = Field(
        description="The plan that it goes by: the approved one, or else the newest."
    )
    is_drill: bool


@router.get("/{incident}/timeline", response_model=TimelineTold)
async def incident_timeline(request: Request, incident: IncidentId, caller: Overseer, seq: Seq = 0) -> Any:
    """Give everything that changes from the shock on: before now as reported, after now as the plan promises.

    While nothing is reported it is kept for ten minutes; `as_of_seq` and `now_minute` say what it knows.
    """
    row = await service_of(request).incident(caller.tenant, incident)
    pictures = service_of(request).pictures
    kept = await pictures.told(row, TIMELINE, None, minutes_kept=MINUTES_KEPT, seq=seq)
    return Response(kept.text, media_type="application/json")


@router.get("/{incident}/plans/{version}/timeline", response_model=Timeline)
async def plan_timeline(request: Request, plan: APlan) -> Response:
    """Give the same by one version of the plan, as things were known when it was made."""
    service = service_of(request)
    text = await kept(service, plan, PAPER)
    if text is None:
        text = (await service.ask_for_text(PLAN_TIMELINE, await argument_of(service, plan))).decode()
        papers = {PAPER: text}
        await service.database.write(lambda connection: keep_papers(connection, plan.id, papers))
    return Response(text, media_type="application/json")
