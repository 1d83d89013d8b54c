"""/jobs/{id}/best: the best plan so far of a job that runs.

Everything else about jobs is as OGC API – Processes has it, in `processes.py`.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from api.access.caller import Caller
from api.access.rights import Right
from api.http.problems import not_found
from api.http.routes.processes import JobId
from api.http.service import service_of
from api.http.shapes import Told
from api.http.who import allowed
from api.jobs import records

router = APIRouter(prefix="/jobs", tags=["processes"])


class BestPlan(Told):
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


@router.get("/{job}/best")
async def best(
    request: Request, job: JobId, caller: Annotated[Caller, Depends(allowed(Right.plan))]
) -> BestPlan:
    """Give the best plan so far; 404 while there is none, and of jobs that make no plan."""
    row = await _job(request, caller, job)
    if row.best is None:
        raise not_found("plan so far of job", job)
    told = {name: row.best.get(name) for name in BestPlan.model_fields}
    return BestPlan(**{**told, "plan": json.loads(row.best["plan"])})


async def _job(request: Request, caller: Caller, job: str) -> Any:
    row = await service_of(request).database.look(
        lambda connection: records.find(connection, caller.tenant, job)
    )
    if row is None:
        raise not_found("job", job)
    return row
