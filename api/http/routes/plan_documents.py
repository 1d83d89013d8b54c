"""/v1/incidents/{id}/plans/{version}/…: the plan itself, work lists, explanations, times of return, differences."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.access.caller import Caller
from api.access.rights import Right
from api.documents.calendars import Issue, work_calendar
from api.documents.differences import PlanDifference
from api.documents.explanations import JobExplanation
from api.documents.features import GEOJSON
from api.documents.maps import work_map
from api.documents.returns import Returns
from api.documents.tables import returns_csv, work_csv
from api.documents.work_lists import WorkLists
from api.http.papers import IN_CHILDREN, argument_of, document, plan_row, returns_of, work_of
from api.http.parameters import IncidentId, Overseer, PlanVersion, Reader
from api.http.problems import Refusal, not_found
from api.http.service import service_of
from api.http.who import allowed, sight_of

router = APIRouter(prefix="/v1/incidents/{incident}/plans/{version}", tags=["plan documents"])

JSON_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {"type": "object"}}}}
}
CSV, CALENDAR = "text/csv; charset=utf-8", "text/calendar; charset=utf-8"

Worker = Annotated[Caller, Depends(allowed(Right.read_incidents, Right.read_own_work, limited=True))]
CrewName = Annotated[
    str | None,
    Query(max_length=200, description="One crew's alone; without it, all crews'.", examples=["red"]),
]
Language = Annotated[Literal["en", "zh"], Query(description="Language of the sentences.")]


def _text(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {"schema": {"type": "string"}}}}}


async def a_plan(request: Request, incident: IncidentId, version: PlanVersion, caller: Overseer) -> Any:
    """Return the row of the plan that is asked about; 404 where there is no such incident or version."""
    service = service_of(request)
    await service.incident(caller.tenant, incident)
    return await plan_row(service, incident, version)


APlan = Annotated[Any, Depends(a_plan)]


@router.get("/plan", response_class=Response, responses=JSON_TEXT)
async def visits(request: Request, plan: APlan) -> Response:
    """Give the plan itself, as the command line writes plan.json: all visits, and what nobody can do."""
    return await _as_json(request, plan, "plan")


@router.get("/summary", response_class=Response, responses=JSON_TEXT)
async def summary(request: Request, plan: APlan) -> Response:
    """Give all figures of the plan, and what dispatchers' rules would have cost."""
    return await _as_json(request, plan, "summary")


@router.get("/recovery", response_class=Response, responses=JSON_TEXT)
async def recovery(request: Request, plan: APlan) -> Response:
    """Give the people without each service over time, as the plan promises."""
    return await _as_json(request, plan, "recovery")


@router.get("/work-lists")
async def work_lists(
    request: Request, incident: IncidentId, version: PlanVersion, caller: Worker, crew: CrewName = None
) -> WorkLists:
    """Tell who goes where, when and why, crew by crew."""
    lists, _ = await _work(request, caller, incident, version, crew)
    return lists


@router.get("/work-lists.csv", response_class=Response, responses=_text("text/csv"))
async def work_lists_as_csv(
    request: Request,
    incident: IncidentId,
    version: PlanVersion,
    caller: Worker,
    crew: CrewName = None,
    language: Language = "en",
) -> Response:
    """Tell the same as CSV; text that a spreadsheet would run as a formula has an apostrophe before it."""
    lists, _ = await _work(request, caller, incident, version, crew)
    return _file(work_csv(lists, language=language), CSV, incident, version, "work-lists.csv")


@router.get("/work-lists.ics", response_class=Response, responses=_text("text/calendar"))
async def work_lists_as_calendar(
    request: Request,
    incident: IncidentId,
    version: PlanVersion,
    caller: Worker,
    crew: CrewName = None,
    language: Language = "en",
) -> Response:
    """Tell the same as iCalendar (RFC 5545), one event a visit; a job keeps its UID while the same crew does it."""
    lists, (event, plan) = await _work(request, caller, incident, version, crew)
    issue = Issue(
        incident=event.id,
        version=plan.version,
        issued_at=datetime.fromisoformat(plan.created_at),
        is_approved=plan.approved_at is not None,
        is_drill=event.is_drill,
        language=language,
    )
    return _file(work_calendar(lists, issue), CALENDAR, incident, version, "work-lists.ics")


@router.get(
    "/work-lists.geojson",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
async def work_lists_as_map(
    request: Request,
    incident: IncidentId,
    version: PlanVersion,
    caller: Worker,
    crew: CrewName = None,
    language: Language = "en",
) -> Response:
    """Tell the same as GeoJSON (RFC 7946): the visits as points, each crew's way as a line."""
    lists, _ = await _work(request, caller, incident, version, crew)
    text = json.dumps(work_map(lists, language=language), ensure_ascii=False, allow_nan=False)
    return _file(text, GEOJSON, incident, version, "work-lists.geojson")


@router.get("/etr")
async def etr(request: Request, incident: IncidentId, version: PlanVersion, caller: Reader) -> Returns:
    """Tell when each customer's services are back by this plan, and what that hangs on."""
    return await _returns(request, caller, incident, version)


@router.get("/etr.csv", response_class=Response, responses=_text("text/csv"))
async def etr_as_csv(
    request: Request, incident: IncidentId, version: PlanVersion, caller: Reader
) -> Response:
    """Tell the same as CSV, with the columns of etr.csv in docs/outputs.md."""
    found = await _returns(request, caller, incident, version)
    return _file(returns_csv(found), CSV, incident, version, "etr.csv")


@router.get("/explanations/{job:path}")
async def explanation(
    request: Request,
    plan: APlan,
    job: Annotated[str, Path(max_length=420, description="The job.", examples=["line_7"])],
) -> JobExplanation:
    """Explain one job: whom it brings back, what it unblocks, what a delay costs, why it is late or left out."""
    service = service_of(request)
    lists = await work_of(service, plan, None)
    known = {visit.job for work in lists.crews for visit in work.visits}
    if job not in known and all(left.job != job for left in lists.left_out):
        raise not_found("job", job)
    argument = {**await argument_of(service, plan), "job": job}
    return JobExplanation.model_validate(await service.ask(f"{IN_CHILDREN}:explanation", argument))


@router.get("/difference")
async def difference(
    request: Request,
    plan: APlan,
    before: Annotated[
        int | None,
        Query(ge=1, lt=2**31, description="The version to compare with; the one before, unless given."),
    ] = None,
) -> PlanDifference:
    """Tell what this version changes against another, in numbers and, crew by crew, in words."""
    other = plan.version - 1 if before is None else before
    if other < 1:
        raise Refusal(
            409, "conflict", "Version 1 has none before it; name the version to compare with as `before`."
        )
    service = service_of(request)
    was = await plan_row(service, plan.incident, other)
    argument = await argument_of(service, plan)
    argument["before"] = await document(service, was, "plan")
    return PlanDifference.model_validate(await service.ask(f"{IN_CHILDREN}:difference", argument))


async def _as_json(request: Request, plan: Any, name: str) -> Response:
    return Response(await document(service_of(request), plan, name), media_type="application/json")


async def _returns(request: Request, caller: Caller, incident: str, version: int) -> Returns:
    service = service_of(request)
    event = await service.incident(caller.tenant, incident)
    plan = await plan_row(service, incident, version)
    return await returns_of(service, plan, await sight_of(request, caller, event))


async def _work(
    request: Request, caller: Caller, incident: str, version: int, crew: str | None
) -> tuple[WorkLists, tuple[Any, Any]]:
    """Return the work lists that were asked for, and the rows of the incident and of the plan.

    Who may read its own work only gets the list of its own crew, and no other is there for it.
    """
    service = service_of(request)
    event = await service.incident(caller.tenant, incident)
    plan = await plan_row(service, incident, version)
    if not caller.may(Right.read_incidents):
        if crew not in (None, caller.crew) or caller.crew is None:
            raise not_found("crew", crew or "")
        crew = caller.crew
    lists = await work_of(service, plan, await sight_of(request, caller, event))
    if crew is None:
        return lists, (event, plan)
    work = lists.crew(crew)
    if work is None:
        raise not_found("crew", crew)
    return lists.model_copy(update={"crews": (work,), "left_out": ()}), (event, plan)


def _file(text: str, media_type: str, incident: str, version: int, name: str) -> Response:
    """Return text as a file with a name that we made."""
    disposition = f'attachment; filename="{incident}-plan-{version}-{name}"'
    return Response(text, media_type=media_type, headers={"Content-Disposition": disposition})
