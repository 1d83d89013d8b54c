"""A job, as several routes get at it and tell of it."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from api.access.caller import Caller
from api.documents.processes import NO_SUCH_JOB, BestSoFar, JobRecord
from api.http.problems import Refusal
from api.http.service import service_of
from api.jobs import records


async def job_row(request: Request, caller: Caller, job: str) -> Any:
    """Return the row of a job of the caller's tenant; 404 where it has none of this id."""
    row = await service_of(request).database.look(
        lambda connection: records.find(connection, caller.tenant, job)
    )
    if row is None:
        raise Refusal(404, NO_SUCH_JOB, f"There is no job {job!r}.")
    return row


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
