"""/jobs/{id}/best and /jobs/{id}/stop: the best plan so far of a job that runs, and to have it as it is.

Everything else about jobs is as OGC API – Processes has it, in `processes.py`.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from api.access.caller import Caller
from api.access.rights import Right
from api.http.problems import Refusal, not_found
from api.http.routes.processes import JobId
from api.http.service import service_of
from api.http.shapes import IdempotencyKey, Told, answer_once, answered
from api.http.who import allowed
from api.jobs import records

router = APIRouter(prefix="/jobs", tags=["processes"])


class BestSoFar(Told):
    """The best plan that a running job has told of."""

    objective: int = Field(examples=[720000000])
    bound: int | None = Field(description="No plan is below it.", examples=[660000000])
    label: str = Field(examples=["feasible"])
    phase: str = Field(description="What the search is at.", examples=["search"])
    seconds: float = Field(description="Since the work began.", examples=[1.2])
    plan_sha256: str = Field(examples=["9f86d081884c7d65"])
    plan: dict[str, Any] = Field(
        description="As the command line writes plan.json.", examples=[{"visits": [], "unassignable": []}]
    )


class Stopped(Told):
    """A job that is to end with the best it has."""

    job: str = Field(examples=["5f1d7a84c0ffee00"])
    status: str = Field(examples=["running"])


@router.get("/{job}/best")
async def best(
    request: Request, job: JobId, caller: Annotated[Caller, Depends(allowed(Right.plan))]
) -> BestSoFar:
    """Give the best plan so far; 404 while there is none, and of jobs that make no plan."""
    row = await _job(request, caller, job)
    if row.best is None:
        raise not_found("plan so far of job", job)
    told = {name: row.best.get(name) for name in BestSoFar.model_fields}
    return BestSoFar(**{**told, "plan": json.loads(row.best["plan"])})


@router.post("/{job}/stop", status_code=202, response_model=Stopped)
async def stop(
    request: Request,
    job: JobId,
    caller: Annotated[Caller, Depends(allowed(Right.plan))],
    key: IdempotencyKey = None,
) -> Response:
    """End the search because the plan is good enough: the best so far is the plan. DELETE would throw it away."""
    row = await _job(request, caller, job)
    if row.status not in records.UNDER_WAY:
        raise Refusal(409, "conflict", f"Job {job} has ended already: it is {row.status}.")

    def act(connection: Connection) -> Any:
        records.end_soon(connection, caller.tenant, job)
        return answered(202, Stopped(job=job, status=row.status))

    response = await answer_once(request, caller, key, act)
    service_of(request).wake_worker()
    return response


async def _job(request: Request, caller: Caller, job: str) -> Any:
    row = await service_of(request).database.look(
        lambda connection: records.find(connection, caller.tenant, job)
    )
    if row is None:
        raise not_found("job", job)
    return row
