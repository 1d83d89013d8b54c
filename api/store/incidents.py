"""Incidents in the database: one event each, with its system's version and its log."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, tuple_, update

from api.store import plans
from api.store.events import Happening, append
from api.store.tables import incident, now

# Built once: with every request that names an incident it is asked, and to build it takes longer than to answer it.
_FIND = select(incident).where(
    incident.c.id == bindparam("incident"), incident.c.tenant == bindparam("owner")
)


def open_incident(connection: Connection, tenant: str, who: str, values: Mapping[str, Any]) -> Row[Any]:
    """Open an incident with its first event in the log, and return its row."""
    new = secrets.token_hex(8)
    row = {
        "id": new,
        "tenant": tenant,
        "is_closed": False,
        "revision": 1,
        "last_seq": 0,
        "created_at": now(),
        "created_by": who,
        **values,
    }
    connection.execute(insert(incident).values(row))
    body = {"system": values["system"], "system_version": values["system_version"]}
    append(connection, new, [Happening("~opened", "incident.opened", 0, who, body)])
    return require(connection, tenant, new)


def find(connection: Connection, tenant: str, incident_id: str) -> Row[Any] | None:
    """Return an incident of a tenant, None where it has none of this id."""
    return connection.execute(_FIND, {"incident": incident_id, "owner": tenant}).first()


def of_any_tenant(connection: Connection, incident_id: str) -> Row[Any] | None:
    """Return an incident for what the service does by itself, where nobody asks."""
    return connection.execute(select(incident).where(incident.c.id == incident_id)).first()


def require(connection: Connection, tenant: str, incident_id: str) -> Row[Any]:
    """Return an incident that is known to be there."""
    row = find(connection, tenant, incident_id)
    if row is None:
        raise LookupError(incident_id)
    return row


def change(
    connection: Connection, tenant: str, incident_id: str, revision: int, who: str, values: Mapping[str, Any]
) -> Row[Any] | None:
    """Change an incident that is still at this revision, put it down in its log, and return it; None if it is not."""
    changed = connection.execute(
        update(incident)
        .where(incident.c.id == incident_id, incident.c.tenant == tenant, incident.c.revision == revision)
        .values(**values, revision=revision + 1)
    )
    if changed.rowcount != 1:
        return None
    told = {name: value for name, value in values.items() if name != "tables"}
    told |= {name: len(rows) for name, rows in values.get("tables", {}).items()}
    append(connection, incident_id, [Happening(f"~changed-{revision + 1}", "incident.changed", 0, who, told)])
    if "system_version" in values or "tables" in values:
        plans.make_stale(connection, incident_id, ["incident.changed"], who)
    return require(connection, tenant, incident_id)


def page(connection: Connection, tenant: str, after: tuple[str, str] | None, most: int) -> Sequence[Row[Any]]:
    """Return incidents of a tenant, the newest first, after the one of this (created_at, id)."""
    query = select(incident).where(incident.c.tenant == tenant)
    if after is not None:
        query = query.where(tuple_(incident.c.created_at, incident.c.id) < tuple_(*after))
    return connection.execute(
        query.order_by(incident.c.created_at.desc(), incident.c.id.desc()).limit(most)
    ).all()
