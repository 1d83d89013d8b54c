"""/processes and /jobs: long work by OGC API - Processes; and /, where both are found."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from api.access.caller import Caller
from api.access.rights import Right
from api.documents import processes
from api.documents.feature_query import BadQuery, Span, span_of
from api.documents.processes import BestSoFar, JobRecord, Process, StatusInfo, status_info
from api.http.door import door_of
from api.http.links import root_of
from api.http.problems import MOST_PLACES, BadPlace, Refusal
from api.http.routes import plans, what_ifs
from api.http.service import service_of
from api.http.shapes import Cursor, IdempotencyKey, Limit, Sent, cursor_of, parts_of
from api.http.who import allowed
from api.incidents.what_if_answers import WhatIfs
from api.jobs import records

router = APIRouter(tags=["jobs"])

Anybody = Annotated[Caller, Depends(allowed(Right.read_incidents, Right.read_own_work, limited=True))]
Reader = Annotated[Caller, Depends(allowed(Right.read_incidents))]
Asker = Annotated[Caller, Depends(allowed(Right.plan))]
Dismisser = Annotated[Caller, Depends(allowed(Right.plan, Right.ask_what_if))]
ProcessId = Annotated[str, Path(max_length=40, examples=["plan"])]
JobId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", examples=["9f1d7a84c0ffee00"])]
Seconds = Annotated[float | None, Query(ge=0, le=1e9, allow_inf_nan=False)]


class PlanInputs(plans.PlanRequest):
    """A plan that is asked for, and the incident that it is for."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"incident": "5f1d7a84c0ffee00", "seconds": 10}]}
    )

    incident: str = Field(pattern=r"^[0-9a-f]{16}$", description="The incident.")


@dataclass(frozen=True)
class Offered:
    """A process, the right that it takes, and the route that it is another way to: it answers with a job's id."""

    process: Process
    right: Right
    ask: Callable[[Request, Any, Caller, str | None], Awaitable[Response]]


async def _ask_for_plan(request: Request, inputs: PlanInputs, caller: Caller, key: str | None) -> Response:
    sent = plans.PlanRequest.model_validate(inputs.model_dump(exclude={"incident"}))
    return await plans.ask_for(request, inputs.incident, sent, caller, key)


async def _ask_what_if(
    request: Request, inputs: what_ifs.WhatIfRequest, caller: Caller, key: str | None
) -> Response:
    return await what_ifs.ask(request, inputs, caller, key)


OFFERED: dict[str, Offered] = {
    "what-if": Offered(
        Process(
            id="what-if",
            title="Put what-ifs side by side",
            description="Plans a base and up to a dozen variants of it with the same budget and seed, and says what "
            "each variant changes and how sure that is. The live incident is not touched.",
            inputs=what_ifs.WhatIfRequest,
            outputs={"what-if": WhatIfs},
        ),
        Right.ask_what_if,
        _ask_what_if,
    ),
    "plan": Offered(
        Process(
            id="plan",
            title="Plan the repairs of an incident",
            description="Looks for the order of work that leaves people without service for as few hours as possible.",
            inputs=PlanInputs,
            outputs={"plan": plans.PlanTold},
        ),
        Right.plan,
        _ask_for_plan,
    ),
}
"Everything that can be asked for as a job; its id is the kind of the job."


class Execute(Sent):
    """A process is to be carried out."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"inputs": {"incident": "5f1d7a84c0ffee00", "seconds": 10}}]}
    )

    inputs: dict[str, Any] = Field(description="As the description of the process has them.")
    outputs: dict[str, Any] = Field(
        default_factory=dict, description="All outputs are given, whatever is named."
    )
    response: Literal["document", "raw"] = "document"


@router.get("/")
async def landing_page(request: Request, caller: Anybody) -> dict[str, Any]:
    """Say where everything is."""
    return processes.landing_page(
        root_of(request), title=request.app.title, description=request.app.description
    )


@router.get("/conformance")
async def conformance(caller: Anybody) -> dict[str, Any]:
    """Say what this service conforms to; each incident's map layers say so themselves."""
    return {"conformsTo": list(processes.CONFORMS_TO)}


@router.get("/processes")
async def list_processes(request: Request, caller: Anybody) -> dict[str, Any]:
    """List what can be asked for."""
    return processes.process_list(root_of(request), [offered.process for offered in OFFERED.values()])


@router.get("/processes/{process}")
async def describe(request: Request, process: ProcessId, caller: Anybody) -> dict[str, Any]:
    """Describe a process with the schemas of its inputs and outputs."""
    return processes.process_description(root_of(request), _offered(process).process)


@router.post("/processes/{process}/execution", status_code=201, response_model=StatusInfo)
async def execute(
    request: Request, process: ProcessId, sent: Execute, caller: Asker, key: IdempotencyKey = None
) -> Response:
    """Ask for a process: always as a job, whose place is in Location."""
    offered = _offered(process)
    await _require(request, caller, offered.right)
    try:
        # Strict models take times as text only from JSON.
        inputs = offered.process.inputs.model_validate_json(json.dumps(sent.inputs))
    except ValidationError as error:
        raise _refusal(error) from None
    try:
        answer = await offered.ask(request, inputs, caller, key)
    except Refusal as refused:
        if refused.status != 404:
            raise
        # The process is there; what its inputs name is not.
        raise Refusal(422, "invalid-input", f"inputs: {refused.detail}") from None
    accepted = json.loads(bytes(answer.body))
    row = await _job(request, caller, accepted["job"])
    content = status_info(root_of(request), record_of(row)).model_dump_json(exclude_none=True)
    headers = {name: answer.headers[name] for name in ("Idempotency-Replayed",) if name in answer.headers}
    headers |= {"Location": f"{root_of(request)}/jobs/{row.id}", "Preference-Applied": "respond-async"}
    return Response(content, 201, headers, "application/json")


@router.get("/jobs")
async def list_jobs(
    request: Request,
    caller: Reader,
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
        return records.page(connection, caller.tenant, after, limit + 1, status or ())

    rows = await service_of(request).database.look(look)
    found = [record_of(row) for row in rows[:limit]]
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


@router.get("/jobs/{job}", response_model_exclude_none=True)
async def tell_job(request: Request, job: JobId, caller: Reader) -> StatusInfo:
    """Tell how far a job is."""
    return status_info(root_of(request), record_of(await _job(request, caller, job)))


@router.get("/jobs/{job}/results")
async def results(request: Request, job: JobId, caller: Reader) -> JSONResponse:
    """Give what came out of a job; 404 while there is nothing yet."""
    row = await _job(request, caller, job)
    if row.status in records.UNDER_WAY:
        raise Refusal(
            404, processes.NOT_READY, f"Job {job} is {row.status}; ask again when it is successful."
        )
    if row.status == records.DISMISSED:
        raise Refusal(410, processes.NO_SUCH_JOB, f"Job {job} was dismissed; it has no results.")
    if row.status == records.FAILED:
        raise Refusal(409, "conflict", f"Job {job} failed: {row.message}")
    return JSONResponse({row.kind: {"value": row.result, "mediaType": "application/json"}})


@router.delete("/jobs/{job}", response_model_exclude_none=True)
async def dismiss(request: Request, job: JobId, caller: Dismisser) -> StatusInfo:
    """End a job that waits or runs; one that has ended stays as it is."""
    row = await _job(request, caller, job)
    if row.kind in OFFERED:
        await _require(request, caller, OFFERED[row.kind].right)
    service = service_of(request)
    await service.database.write(lambda connection: records.cancel(connection, caller.tenant, job))
    service.wake_worker()
    return status_info(root_of(request), record_of(await _job(request, caller, job)))


@router.post("/jobs/{job}/enough", response_model_exclude_none=True)
async def take_as_good_enough(
    request: Request, job: JobId, caller: Asker, key: IdempotencyKey = None
) -> StatusInfo:
    """End a search for a plan, within a second or two, with the best plan it has; to dismiss it would lose that."""
    row = await _job(request, caller, job)
    service = service_of(request)
    if row.kind != "plan":
        raise Refusal(
            409, "conflict", f"Job {job} is a {row.kind}; only the search for a plan can be good enough."
        )
    if not await service.database.write(lambda connection: records.enough(connection, caller.tenant, job)):
        row = await _job(request, caller, job)
        why = "it has no plan yet" if row.status in records.UNDER_WAY else f"it is {row.status}"
        raise Refusal(409, "conflict", f"Job {job} cannot be taken as good enough: {why}.")
    return status_info(root_of(request), record_of(await _job(request, caller, job)))


def record_of(row: Any) -> JobRecord:
    """Return a job's row as it is told of."""
    return JobRecord(
        id=row.id,
        kind=row.kind,
        status=row.status,
        message=row.message,
        progress=row.progress,
        created_at=row.created_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        best=None if row.best is None else _best_of(row.best),
    )


def _best_of(told: dict[str, Any]) -> BestSoFar:
    """Return what is told of the best plan so far: how good it is, without the plan."""
    return BestSoFar(
        label=told["label"], objective=told["objective"], bound=told.get("bound"), seconds=told["seconds"]
    )


def _offered(process: str) -> Offered:
    if process not in OFFERED:
        raise Refusal(
            404,
            processes.NO_SUCH_PROCESS,
            f"There is no process {process!r}. There are {', '.join(OFFERED)}.",
        )
    return OFFERED[process]


async def _job(request: Request, caller: Caller, job: str) -> Any:
    def look(connection: Connection) -> Any:
        return records.find(connection, caller.tenant, job)

    row = await service_of(request).database.look(look)
    if row is None:
        raise Refusal(404, processes.NO_SUCH_JOB, f"There is no job {job!r}.")
    return row


async def _require(request: Request, caller: Caller, right: Right) -> None:
    if not caller.may(right):
        await door_of(request).denied(request, caller, right)
        raise Refusal(403, "not-allowed", f"{caller.name!r} has not the right {right}.")


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


def _refusal(error: ValidationError) -> Refusal:
    places = [
        BadPlace(where=" → ".join(["inputs", *map(str, place["loc"])])[:200], message=place["msg"][:300])
        for place in error.errors(include_url=False, include_context=False)[:MOST_PLACES]
    ]
    return Refusal(422, "invalid-input", f"{places[0].where}: {places[0].message}.", places=places)
