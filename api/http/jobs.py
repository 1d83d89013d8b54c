"""A job, as several routes get at it and tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import Request

from api.access.caller import Caller
from api.documents.processes import NO_SUCH_JOB, BestSoFar, JobRecord, StatusInfo, status_info
from api.http.links import root_of
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


async def status_of(request: Request, caller: Caller, job: str) -> StatusInfo:
    """Return how far a job of the caller's tenant is; 404 where it has none of this id."""
    row = await job_row(request, caller, job)
    waiting = await service_of(request).database.look(
        lambda connection: records.waiting(connection, caller.tenant)
    )
    return status_info(root_of(request), record_of(row, waiting))


def record_of(row: Any, waiting: Sequence[str]) -> JobRecord:
    """Return a job's row as it is told of; `waiting` are the jobs of its tenant that wait, in their order."""
    return JobRecord(
        id=row.id,
        kind=row.kind,
        status=row.status,
        message=_place(waiting.index(row.id)) if row.id in waiting else row.message,
        progress=row.progress,
        created_at=row.created_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        best=_best_of(row.best),
    )


def _place(before: int) -> str:
    """Say how many jobs go before one that waits; those of other tenants, who take turns with it, are not counted."""
    if before == 0:
        return "Waits for its turn; it is the next one of its tenant."
    return f"Waits for its turn; jobs of its tenant that go before it: {before}."


def _best_of(told: dict[str, Any] | None) -> BestSoFar | None:
    """Return what is told of the best plan so far: how good it is, without the plan; None where there is no plan."""
    if told is None or "plan" not in told:
        return None
    return BestSoFar(
        label=told["label"], objective=told["objective"], bound=told.get("bound"), seconds=told["seconds"]
    )
