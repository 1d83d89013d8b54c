"""/jobs: long work by OGC API - Processes, how far it is and what came out; `best` and `enough` are ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from api.access.caller import Caller
from api.access.rights import Right
from api.documents import processes
from api.documents.feature_query import BadQuery, Span, span_of
from api.documents.processes import BestSoFar, JobRecord, StatusInfo
from api.http.jobs import job_row, record_of, status_of
from api.http.links import root_of
from api.http.parameters import JobId, Overseer
from api.http.problems import Refusal, not_found
from api.http.routes.processes import OFFERED, Asker, require
from api.http.service import service_of
from api.http.shapes import Cursor, IdempotencyKey, Limit, cursor_of, parts_of
from api.http.who import allowed
from api.jobs import records

router = APIRouter(prefix="/jobs", tags=["jobs"])

Planner = Annotated[Caller, Depends(allowed(Right.plan))]
Seconds = Annotated[float | None, Query(ge=0, le=1e9, allow_inf_nan=False)]


class BestPlan(BestSoFar):
    """The best plan that a running job has told of, with the plan."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "label": "feasible",
                    "objective": 720_000_000,
                    "bound": 660_000_000,
                    "seconds": 1.2,
                    "phase": "search",
                    "plan_sha256": "9f86d081884c7d65" * 4,
                    "plan": {"visits": [], "unassignable": []},
                }
            ]
        }
    )

    phase: str = Field(description="What the search is at.")
    plan_sha256: str
    plan: dict[str, Any] = Field(description="As the command line writes plan.json.")


@router.get("")
async def list_jobs(
    request: Request,
    caller: Overseer,
    limit: Limit = 100,
    cursor: Cursor = None,
    status: Annotated[
        list[Literal["accepted", "running", "successful", "failed", "dismissed"]] | None, Query(max_length=5)
    ] = None,
    process_id: Annotated[list[str] | None, Query(alias="processID", max_length=10)] = None,
    type_: Annotated[Literal["process"], Query(alias="type")] = "process",
    datetime_: Annotated[
        str | None,
        Query(
            alias="datetime", max_length=100, description="When it was asked for: a moment, or two with /."
        ),
    ] = None,
    least_seconds: Annotated[Seconds, Query(alias="minDuration")] = None,
    most_seconds: Annotated[Seconds, Query(alias="maxDuration")] = None,
) -> dict[str, Any]:
    """List jobs, the newest first; a page may hold fewer than `limit` where they are filtered."""
    after = parts_of(cursor, str, str)
    try:
        span = None if datetime_ is None else span_of(datetime_)
    except BadQuery as bad:
        raise Refusal(400, "invalid-input", str(bad)) from None

    def look(connection: Connection) -> Any:
        page = records.page(connection, caller.tenant, after, limit + 1, status or ())
        return page, records.waiting(connection, caller.tenant)

    rows, waiting = await service_of(request).database.look(look)
    found = [record_of(row, waiting) for row in rows[:limit]]
    lasting = (0.0 if least_seconds is None else least_seconds, most_seconds)
    shown = [job for job in found if _is_wanted(job, process_id, span, lasting)]
    here, base = f"{root_of(request)}/jobs", root_of(request)
    given = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    further = None
    if len(rows) > limit:
        last = rows[limit - 1]
        further = f"{here}?{urlencode([*given, ('cursor', cursor_of(last.created_at, last.id))])}"
    this = f"{here}?{request.url.query}" if request.url.query else here
    return processes.job_list(base, shown, this=this, further=further)


@router.get("/{job}", response_model_exclude_none=True)
async def tell_job(request: Request, job: JobId, caller: Overseer) -> StatusInfo:
    """Tell how far a job is."""
    return await status_of(request, caller, job)


@router.get("/{job}/results")
async def results(request: Request, job: JobId, caller: Overseer) -> JSONResponse:
    """Give what came out of a job; 404 while there is nothing yet."""
    row = await job_row(request, caller, job)
    if row.status in records.UNDER_WAY:
        raise Refusal(
            404, processes.NOT_READY, f"Job {job} is {row.status}; ask again when it is successful."
        )
    if row.status == records.DISMISSED:
        raise Refusal(410, processes.NO_SUCH_JOB, f"Job {job} was dismissed; it has no results.")
    if row.status == records.FAILED:
        raise Refusal(409, "conflict", f"Job {job} failed: {row.message}")
    return JSONResponse({row.kind: {"value": row.result, "mediaType": "application/json"}})


@router.delete("/{job}", response_model_exclude_none=True)
async def dismiss(request: Request, job: JobId, caller: Asker) -> StatusInfo:
    """End a job that waits or runs; one that has ended stays as it is."""
    row = await job_row(request, caller, job)
    if row.kind in OFFERED:
        await require(request, caller, OFFERED[row.kind].right)
    service = service_of(request)
    await service.database.write(lambda connection: records.cancel(connection, caller.tenant, job))
    service.wake_worker()
    return await status_of(request, caller, job)


@router.post("/{job}/enough", response_model_exclude_none=True)
async def take_as_good_enough(
    request: Request, job: JobId, caller: Planner, key: IdempotencyKey = None
) -> StatusInfo:
    """End a search for a plan, within a second or two, with the best plan it has; to dismiss it would lose that."""
    row = await job_row(request, caller, job)
    if row.kind != "plan":
        raise Refusal(
            409, "conflict", f"Job {job} is a {row.kind}; only the search for a plan can be good enough."
        )
    database = service_of(request).database
    if not await database.write(lambda connection: records.enough(connection, caller.tenant, job)):
        row = await job_row(request, caller, job)
        why = "it has no plan yet" if row.status in records.UNDER_WAY else f"it is {row.status}"
        raise Refusal(409, "conflict", f"Job {job} cannot be taken as good enough: {why}.")
    return await status_of(request, caller, job)


@router.get("/{job}/best")
async def best(request: Request, job: JobId, caller: Planner) -> BestPlan:
    """Give the best plan so far; 404 while there is none, and of jobs that make no plan."""
    row = await job_row(request, caller, job)
    if row.best is None or "plan" not in row.best:
        raise not_found("plan so far of job", job)
    told = {name: row.best.get(name) for name in BestPlan.model_fields}
    return BestPlan(**{**told, "plan": json.loads(row.best["plan"])})


def _is_wanted(
    job: JobRecord,
    kinds: list[str] | None,
    span: Span | None,
    lasting: tuple[float, float | None],
) -> bool:
    least, most = lasting
    lasts = processes.lasted_seconds(job, now=datetime.now(UTC))
    return (
        (not kinds or job.kind in kinds)
        and (span is None or span[0] <= datetime.fromisoformat(job.created_at) <= span[1])
        and lasts >= least
        and (most is None or lasts <= most)
    )
