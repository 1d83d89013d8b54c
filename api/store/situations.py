"""What a child is told of an incident as it stands: its system, its tables, what was reported, the plan crews go by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from api.store import plans
from api.store.systems import find


def followed_plan(connection: Connection, incident_id: str) -> tuple[int | None, str | None]:
    """Return the version and the text of the plan that crews go by: the approved one, else the newest."""
    row = plans.approved(connection, incident_id) or plans.newest(connection, incident_id)
    if row is None:
        return None, None
    return row.version, plans.document(connection, incident_id, row.version, "plan")


def situation_without_updates(
    connection: Connection, incident: Any
) -> tuple[dict[str, Any], str, int | None]:
    """Return a child's argument for an incident, but for the updates; the system's hash; the plan's version."""
    system = find(connection, incident.tenant, incident.system, incident.system_version)
    if system is None:
        raise LookupError(f"{incident.system} version {incident.system_version}")
    version, plan = followed_plan(connection, incident.id)
    argument = {
        "started_at": incident.started_at,
        "tables": incident.tables,
        "plan": plan,
    }
    return argument, system.sha256, version
