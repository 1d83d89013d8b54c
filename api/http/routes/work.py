"""/v1/me and /v1/incidents/{id}/work: who is asking, and a crew's work as it stands, for a phone in its van."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Connection, select

from api.access.caller import Caller
from api.access.reach import jobs_of_crew
from api.access.rights import Right, rights_of
from api.documents.work_lists import CrewWork, WorkLists
from api.http.papers import work_of
from api.http.parameters import IncidentId
from api.http.problems import not_found
from api.http.routes.plan_documents import CrewName
from api.http.routes.plan_versions import told as plan_told
from api.http.service import service_of
from api.http.shapes import Told
from api.http.who import allowed, sight_of
from api.store import incidents, plans
from api.store.tables import event

router = APIRouter(prefix="/v1", tags=["work"])

MOST_INCIDENTS = 20
"Of the newest incidents, those in which a crew's work is looked for."

SAYS_HOW_FAR = ("job_started", "job_finished", "job_blocked", "job_unblocked")
"How long a job takes says nothing of how far it is."


class WorksIn(Told):
    """An incident that is open, and has work for the crew that asks."""

    id: str = Field(examples=["5f1d7a84c0ffee00"])
    name: str = Field(examples=["Earthquake of 23 November"])
    is_drill: bool


class Me(Told):
    """Who is asking, and what they may do."""

    name: str = Field(examples=["red's phone"])
    rights: list[str] = Field(examples=[["read_own_work", "report_own_crew"]])
    crew: str | None = Field(description="The one crew that it speaks for.", examples=["red"])
    incidents: list[WorksIn] = Field(
        description="For a key of one crew: where the plan that is followed gives it work, the newest first."
    )


class JobReported(Told):
    """What was last said of a job."""

    kind: str = Field(examples=["job_started"])
    happened_minute: int = Field(examples=[95])


class WorkNow(Told):
    """The work of one crew by the plan that crews go by: the approved one, else the newest."""

    id: str = Field(description="The incident.", examples=["5f1d7a84c0ffee00"])
    name: str = Field(examples=["Earthquake of 23 November"])
    started_at: str = Field(examples=["2026-11-22T22:00:00.000Z"])
    is_drill: bool
    is_closed: bool
    timezone: str = Field(
        description="Of all clocks; blank while there is no plan.", examples=["Asia/Shanghai"]
    )
    plan_version: int | None = Field(examples=[3])
    plan_status: str | None = Field(description="proposed or approved.", examples=["approved"])
    stale_since: str | None = Field(description="When news came that the plan does not know.")
    crews: list[str] = Field(description="Crews whose work may be asked for.", examples=[["red"]])
    work: CrewWork | None = Field(description="Null while there is no plan, or no crew was named.")
    reported: dict[str, JobReported] = Field(description="By job of this crew.")
    as_of_seq: int = Field(description="The last event of the log that it knows.", examples=[17])


@router.get("/me")
async def me(request: Request, caller: Annotated[Caller, Depends(allowed(*Right, limited=True))]) -> Me:
    """Tell who is asking, and what they may do."""
    found: list[WorksIn] = []
    if caller.crew is not None:
        crew = caller.crew
        rows = await service_of(request).database.read(
            lambda connection: _with_work(connection, caller.tenant, crew)
        )
        found = [WorksIn(id=row.id, name=row.name, is_drill=row.is_drill) for row in rows]
    return Me(name=caller.name, rights=sorted(rights_of(caller.roles)), crew=caller.crew, incidents=found)


@router.get("/incidents/{incident}/work")
async def work_now(
    request: Request,
    incident: IncidentId,
    caller: Annotated[Caller, Depends(allowed(Right.read_incidents, Right.read_own_work, limited=True))],
    crew: CrewName = None,
) -> WorkNow:
    """Tell a crew's work by the plan that crews go by, and what was reported of it. A crew's key reads its own."""
    service = service_of(request)
    row = await service.incident(caller.tenant, incident)
    if not caller.may(Right.read_incidents):
        if caller.crew is None or crew not in (None, caller.crew):
            raise not_found("crew", crew or "")
        crew = caller.crew

    def look(connection: Connection) -> tuple[Any, Any, dict[str, JobReported]]:
        followed, approved = plans.followed(connection, row.id), plans.approved(connection, row.id)
        return followed, approved, _last_said(connection, row.id)

    followed, approved, reported = await service.database.read(look)
    lists = None
    if followed is not None:
        lists = await work_of(service, followed, await sight_of(request, caller, row))
    work = _of_crew(lists, crew)
    plan = None if followed is None else plan_told(row, followed, approved)
    mine = {visit.job for visit in work.visits} if work else set()
    return WorkNow(
        id=row.id,
        name=row.name,
        started_at=row.started_at,
        is_drill=row.is_drill,
        is_closed=row.is_closed,
        timezone=lists.timezone if lists else "",
        plan_version=plan.version if plan else None,
        plan_status=plan.status if plan else None,
        stale_since=plan.stale_since if plan else None,
        crews=[one.crew for one in lists.crews if caller.speaks_for(one.crew)] if lists else [],
        work=work,
        reported={job: said for job, said in reported.items() if job in mine},
        as_of_seq=row.last_seq,
    )


def _of_crew(lists: WorkLists | None, crew: str | None) -> CrewWork | None:
    if lists is None or crew is None:
        return None
    work = lists.crew(crew)
    if work is None:
        raise not_found("crew", crew)
    return work


def _last_said(connection: Connection, incident_id: str) -> dict[str, JobReported]:
    """Return for each job what happened to it last, of several in one minute what came last; finished stays so."""
    query = (
        select(event.c.kind, event.c.happened_minute, event.c.body)
        .where(event.c.incident == incident_id, event.c.kind.in_(SAYS_HOW_FAR))
        .order_by(event.c.kind == "job_finished", event.c.happened_minute, event.c.seq)
    )
    return {
        row.body["job"]: JobReported(kind=row.kind, happened_minute=row.happened_minute)
        for row in connection.execute(query)
    }


def _with_work(connection: Connection, tenant: str, crew: str) -> list[Any]:
    """Return the newest open incidents whose plan gives the crew work."""
    found = []
    for row in incidents.page(connection, tenant, None, MOST_INCIDENTS):
        if row.is_closed:
            continue
        text = plans.text(connection, plans.followed(connection, row.id))
        if text is not None and jobs_of_crew(json.loads(text), crew):
            found.append(row)
    return found
