"""Plans in the database: numbered versions for an incident, at most one of them approved at a time."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from api.store.events import Happening, append
from api.store.tables import event, incident, now, plan

MAKES_STALE = (
    "job_finished",
    "job_takes",
    "job_left",
    "job_blocked",
    "job_unblocked",
    "damage_found",
    "damage_ruled_out",
    "crew_off_duty",
    "crew_on_duty",
    "road_closed",
    "road_opened",
    "buffer_refilled",
    "incident.changed",
)
"Kinds of events that a plan made before does not know of. That a job has begun as planned is no such news."

ABOUT = [column for column in plan.columns if column is not plan.c.documents]
"All columns but the documents, which may be large."

_MAKE_STALE = (
    update(plan)
    .where(plan.c.incident == bindparam("log"), plan.c.stale_since.is_(None))
    .values(stale_since=bindparam("at"))
    .returning(plan.c.version)
)


def publish(
    connection: Connection,
    incident_id: str,
    job_id: str,
    *,
    told: Mapping[str, Any],
    documents: Mapping[str, str],
    made_at_seq: int,
    made_at_minute: int,
    who: str,
) -> Row[Any]:
    """Add a plan as the incident's next version, tell its log, and return its row.

    `told` are the figures of how it was found, with `plan_sha256` and `label`. What was reported after `made_at_seq`
    makes it stale at once.
    """
    known = connection.execute(
        # Locked first, as by `append`: two plans of one incident get two numbers.
        update(incident).where(incident.c.id == incident_id).values(last_seq=incident.c.last_seq)
    )
    if known.rowcount != 1:
        raise LookupError(incident_id)
    version = 1 + (
        connection.execute(select(func.max(plan.c.version)).where(plan.c.incident == incident_id)).scalar()
        or 0
    )
    values = {
        "id": secrets.token_hex(8),
        "incident": incident_id,
        "version": version,
        "job": job_id,
        "sha256": told["plan_sha256"],
        "label": told["label"],
        "summary": dict(told),
        "documents": dict(documents),
        "made_at_seq": made_at_seq,
        "made_at_minute": made_at_minute,
        "created_at": now(),
        "created_by": who,
        "stale_since": _missed_news(connection, incident_id, made_at_seq),
    }
    connection.execute(insert(plan).values(values))
    body = {"version": version, "job": job_id, "sha256": values["sha256"], "label": values["label"]}
    body |= {name: told[name] for name in ("objective", "bound", "gap") if name in told}
    append(connection, incident_id, [Happening(f"~plan-{version}", "plan.ready", made_at_minute, who, body)])
    return require(connection, incident_id, version)


def make_stale(connection: Connection, incident_id: str, kinds: Sequence[str], who: str) -> list[int]:
    """Mark the incident's fresh plans as stale if any of these kinds of events makes them so; return their versions."""
    if not any(kind in MAKES_STALE for kind in kinds):
        return []
    at = now()
    versions = sorted(connection.execute(_MAKE_STALE, {"log": incident_id, "at": at}).scalars())
    if versions:
        happenings = [
            Happening(f"~stale-{version}", "plan.stale", 0, who, {"version": version}) for version in versions
        ]
        append(connection, incident_id, happenings)
    return versions


def approve(connection: Connection, row: Any, who: str, *, although_stale: bool) -> Row[Any]:
    """Approve a plan in place of the one approved before, tell the log, and return its row."""
    connection.execute(
        update(plan)
        .where(plan.c.incident == row.incident, plan.c.version == row.version)
        .values(approved_at=now(), approved_by=who)
    )
    body = {"version": row.version, "sha256": row.sha256, "although_stale": although_stale}
    append(
        connection,
        row.incident,
        [Happening(f"~approved-{row.version}", "plan.approved", row.made_at_minute, who, body)],
    )
    return require(connection, row.incident, row.version)


def find(connection: Connection, incident_id: str, version: int) -> Row[Any] | None:
    """Return a plan without its documents, None where there is none of this version."""
    query = select(*ABOUT).where(plan.c.incident == incident_id, plan.c.version == version)
    return connection.execute(query).first()


def require(connection: Connection, incident_id: str, version: int) -> Row[Any]:
    """Return a plan that is known to be there."""
    row = find(connection, incident_id, version)
    if row is None:
        raise LookupError(f"{incident_id} version {version}")
    return row


def newest(connection: Connection, incident_id: str) -> Row[Any] | None:
    """Return the newest plan of an incident."""
    query = select(*ABOUT).where(plan.c.incident == incident_id).order_by(plan.c.version.desc()).limit(1)
    return connection.execute(query).first()


def approved(connection: Connection, incident_id: str) -> Row[Any] | None:
    """Return the plan that is dispatched: the one that was approved last."""
    query = (
        select(*ABOUT)
        .where(plan.c.incident == incident_id, plan.c.approved_at.is_not(None))
        .order_by(plan.c.approved_at.desc(), plan.c.version.desc())
        .limit(1)
    )
    return connection.execute(query).first()


def followed(connection: Connection, incident_id: str) -> Row[Any] | None:
    """Return the plan that crews go by: the approved one, else the newest."""
    return approved(connection, incident_id) or newest(connection, incident_id)


def page(connection: Connection, incident_id: str, after: int, most: int) -> Sequence[Row[Any]]:
    """Return the plans of an incident with versions below `after`, the newest first."""
    query = (
        select(*ABOUT)
        .where(plan.c.incident == incident_id, plan.c.version < after)
        .order_by(plan.c.version.desc())
        .limit(most)
    )
    return connection.execute(query).all()


def document(connection: Connection, incident_id: str, version: int, name: str) -> str | None:
    """Return one document of a plan as JSON text, None where it has none of this name."""
    query = select(plan.c.documents).where(plan.c.incident == incident_id, plan.c.version == version)
    documents = connection.execute(query).scalar_one_or_none()
    found: str | None = (documents or {}).get(name)
    return found


def text(connection: Connection, row: Any) -> str | None:
    """Return a plan (its row, or None where there is none) as `Plan.to_json` writes it."""
    return None if row is None else document(connection, row.incident, row.version, "plan")


def _missed_news(connection: Connection, incident_id: str, seq: int) -> str | None:
    """Return when the first news came that a plan made at this number does not know, None where there is none."""
    query = (
        select(event.c.reported_at)
        .where(event.c.incident == incident_id, event.c.seq > seq, event.c.kind.in_(MAKES_STALE))
        .order_by(event.c.seq)
        .limit(1)
    )
    found: str | None = connection.execute(query).scalar()
    return found
