"""Jobs in the database: asked for, under way, and ended once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, tuple_, update

from api.store.tables import job, moment_of, now

ACCEPTED, RUNNING, SUCCESSFUL, FAILED, DISMISSED = (
    "accepted",
    "running",
    "successful",
    "failed",
    "dismissed",
)
"Where a job can stand, in the words of OGC API – Processes."

UNDER_WAY = (ACCEPTED, RUNNING)

MOST_UNDER_WAY = 20
"Jobs of one tenant that may wait or run; two of them run at a time."

NORMAL, URGENT = 2, 1
"Priorities; the lower number goes first."


class QuotaExceeded(Exception):  # noqa: N818 - what it is
    """A tenant has as many jobs under way as it may have; the argument is how many."""


def submit(
    connection: Connection,
    *,
    tenant: str,
    incident: str | None,
    kind: str,
    request: Mapping[str, Any],
    deadline: datetime,
    is_urgent: bool,
    who: str,
) -> str:
    """Put a job down as accepted and return its id. Raises QuotaExceeded."""
    under_way = connection.execute(
        select(func.count()).select_from(job).where(job.c.tenant == tenant, job.c.status.in_(UNDER_WAY))
    ).scalar_one()
    if under_way >= MOST_UNDER_WAY:
        raise QuotaExceeded(under_way)
    at = now()
    row = {
        "id": secrets.token_hex(8),
        "tenant": tenant,
        "incident": incident,
        "kind": kind,
        "status": ACCEPTED,
        "progress": 0,
        "message": "",
        "priority": URGENT if is_urgent else NORMAL,
        "request": dict(request),
        "created_at": at,
        "created_by": who,
        "updated_at": at,
        "deadline_at": moment_of(deadline),
    }
    connection.execute(insert(job).values(row))
    return str(row["id"])


def is_planning(connection: Connection, incident: str) -> bool:
    """Tell whether a plan of this incident is waiting or being worked out."""
    query = select(job.c.id).where(
        job.c.incident == incident, job.c.kind == "plan", job.c.status.in_(UNDER_WAY)
    )
    return connection.execute(query.limit(1)).first() is not None


def find(connection: Connection, tenant: str, job_id: str) -> Row[Any] | None:
    """Return a job of a tenant, None where it has none of this id."""
    return connection.execute(select(job).where(job.c.id == job_id, job.c.tenant == tenant)).first()


def page(
    connection: Connection,
    tenant: str,
    after: tuple[str, str] | None,
    most: int,
    statuses: Sequence[str] = (),
) -> Sequence[Row[Any]]:
    """Return jobs of a tenant, the newest first, after the one of this (created_at, id)."""
    query = select(job).where(job.c.tenant == tenant)
    if statuses:
        query = query.where(job.c.status.in_(statuses))
    if after is not None:
        query = query.where(tuple_(job.c.created_at, job.c.id) < tuple_(*after))
    return connection.execute(query.order_by(job.c.created_at.desc(), job.c.id.desc()).limit(most)).all()


def tell(connection: Connection, job_id: str, **values: Any) -> bool:
    """Put down how far a job is, and tell whether it was still under way."""
    told = connection.execute(
        update(job).where(job.c.id == job_id, job.c.status.in_(UNDER_WAY)).values(**values, updated_at=now())
    )
    return told.rowcount == 1


def under_way(connection: Connection) -> Sequence[Row[Any]]:
    """Return all jobs that have not ended, of every tenant, without what is large in them."""
    light = [column for column in job.columns if column.name not in ("best", "result")]
    query = select(*light).where(job.c.status.in_(UNDER_WAY))
    return connection.execute(query.order_by(job.c.priority, job.c.created_at, job.c.id)).all()


def get(connection: Connection, job_id: str) -> Row[Any] | None:
    """Return a job of whichever tenant, None where there is none of this id."""
    return connection.execute(select(job).where(job.c.id == job_id)).first()


def request(connection: Connection, job_id: str) -> dict[str, Any]:
    """Return what a job was asked to do."""
    asked: dict[str, Any] = connection.execute(select(job.c.request).where(job.c.id == job_id)).scalar_one()
    return asked


def waiting(connection: Connection, tenant: str) -> Sequence[str]:
    """Return the jobs of a tenant that wait, in the order in which they are taken: MOST_UNDER_WAY at most."""
    query = select(job.c.id).where(job.c.tenant == tenant, job.c.status == ACCEPTED)
    return connection.execute(query.order_by(job.c.priority, job.c.created_at, job.c.id)).scalars().all()


def deadline(connection: Connection, job_id: str) -> str | None:
    """Return the deadline of a job that is to go on; None where it has ended."""
    row = connection.execute(select(job.c.status, job.c.deadline_at).where(job.c.id == job_id)).first()
    return None if row is None or row.status not in UNDER_WAY else str(row.deadline_at)


def begin(connection: Connection, job_id: str, *, only_if: str | None = None) -> bool:
    """Put down that a job runs, and tell whether it may: it has not ended, and stands at `only_if` if that is given."""
    at = now()
    begun = connection.execute(
        update(job)
        .where(job.c.id == job_id, job.c.status.in_((only_if,) if only_if else UNDER_WAY))
        .values(status=RUNNING, started_at=func.coalesce(job.c.started_at, at), updated_at=at)
    )
    return begun.rowcount == 1


def cancel(connection: Connection, tenant: str, job_id: str) -> bool:
    """Dismiss a job, and tell whether it was still under way; whoever works on it stops within a second."""
    return find(connection, tenant, job_id) is not None and end(connection, job_id, DISMISSED, "Dismissed.")


def enough(connection: Connection, tenant: str, job_id: str) -> bool:
    """Bring a job's deadline to now if it runs and has a plan, which becomes its result; tell whether it did."""
    at = now()
    hurried = connection.execute(
        update(job)
        .where(job.c.id == job_id, job.c.tenant == tenant, job.c.status == RUNNING, job.c.best.is_not(None))
        .values(deadline_at=at, updated_at=at)
    )
    return hurried.rowcount == 1


def end(connection: Connection, job_id: str, status: str, message: str) -> bool:
    """End a job, and tell whether this was its end: only the first one is."""
    at = now()
    ended = connection.execute(
        update(job)
        .where(job.c.id == job_id, job.c.status.in_(UNDER_WAY))
        .values(
            status=status,
            message=message,
            progress=100 if status == SUCCESSFUL else job.c.progress,
            finished_at=at,
            updated_at=at,
        )
    )
    return ended.rowcount == 1


def keep_result(connection: Connection, job_id: str, result: Mapping[str, Any]) -> None:
    """Put down what came of a job, in the unit of writes that ends it."""
    connection.execute(update(job).where(job.c.id == job_id).values(result=dict(result)))
