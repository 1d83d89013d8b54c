"""/healthz, /readyz and /metrics: what watches over the service asks these; none of them tells of an incident."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Literal

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy import Connection, func, select, text

from api.http.metrics import CONTENT_TYPE, Metrics, is_on_this_machine
from api.http.problems import DEFINED, Refusal
from api.http.service import Check, Service, service_of
from api.http.shapes import Told
from api.http.who import caller_of
from api.store.migrations import HEAD, revision_of
from api.store.tables import job

router = APIRouter(tags=["health"])

CHECK_SECONDS = 2.0
"A check that takes longer has failed: who asks would give up soon after."


OPEN = ("accepted", "running")
"Statuses of jobs that have not ended."


class Alive(Told):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(Told):
    """Whether the service can do its work, and which part of it cannot."""

    status: Literal["ready", "not ready"] = Field(examples=["ready"])
    checks: dict[str, str] = Field(
        description="Each part: `ok`, or what is wrong with it.", examples=[{"database": "ok"}]
    )


@router.get("/healthz", responses=DEFINED)
async def healthz() -> Alive:
    """Tell that the process is alive; it says nothing about its database. Restart it where this fails."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Ready, "description": "Not ready"}})
async def readyz(request: Request, response: Response) -> Ready:
    """Tell whether the service can do its work: send no traffic where this is not 200."""
    checks = await told_by_all(service_of(request))
    ready = all(told == "ok" for told in checks.values())
    response.status_code = 200 if ready else 503
    return Ready(status="ready" if ready else "not ready", checks=checks)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request) -> Response:
    """Count what goes on, for Prometheus: for callers on this machine, and for keys of the role admin."""
    if not is_on_this_machine(request.scope):
        await _require_admin(request)
    counters: Metrics = request.app.state.metrics
    counters.set_jobs(await service_of(request).database.read(_jobs_by_status))
    return Response(counters.text(), media_type=CONTENT_TYPE)


async def _require_admin(request: Request) -> None:
    caller = await caller_of(request)
    if "admin" not in caller.roles:
        raise Refusal(
            403, "not-allowed", f"{caller.name!r} may not read the metrics; use a key of the role admin."
        )


async def told_by_all(service: Service) -> dict[str, str]:
    """Return what each part of the service says of itself."""
    checks: dict[str, Check] = {
        "database": _writes,
        "migrations": _is_up_to_date,
        "worker": _works,
        **service.checks,
    }
    told = await asyncio.gather(*(_in_time(check(service)) for check in checks.values()))
    return dict(zip(checks, told, strict=True))


async def _in_time(check: Awaitable[str]) -> str:
    try:
        return await asyncio.wait_for(check, CHECK_SECONDS)
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:g} s"
    except Exception as trouble:
        # What exactly is for the log; here stands only of which kind it is.
        structlog.get_logger("lifeline.health").warning("not ready", exc_info=trouble)
        return f"failed ({type(trouble).__name__})"


async def _writes(service: Service) -> str:
    """Take a turn in the queue of writes: it stops where the disk is full or somebody else holds the file."""
    await service.database.write(lambda connection: connection.execute(text("SELECT 1")).scalar())
    return "ok"


async def _is_up_to_date(service: Service) -> str:
    found = await service.database.read(revision_of)
    return "ok" if found == HEAD else f"is at {found}, this version needs {HEAD}"


async def _works(service: Service) -> str:
    """Look whether this process's worker looks after its jobs; where others work for it, those are theirs to watch."""
    if not service.settings.worker:
        return "ok"
    return "ok" if service.worker is not None and service.worker.is_tending else "has stopped"


def _jobs_by_status(connection: Connection) -> dict[str, int]:
    """Count the jobs that have not ended; the ended ones would be counted longer with every day."""
    query = select(job.c.status, func.count()).where(job.c.status.in_(OPEN)).group_by(job.c.status)
    return dict.fromkeys(OPEN, 0) | {row[0]: row[1] for row in connection.execute(query)}
