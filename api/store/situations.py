"""What a child is told of an incident as it stands: its system, its tables, what was reported, the plan crews go by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from api.store import plans
from api.store.reported import Reported
from api.store.systems import find


def situation(
    connection: Connection, incident: Any, reported: Reported, plan: Any
) -> tuple[str, dict[str, Any]]:
    """Return the SHA-256 of an incident's system, and the rest of what `situation_of` takes but for `now`.

    `incident` is its row, `plan` that of the plan it goes by, None where there is none.
    """
    system = find(connection, incident.tenant, incident.system, incident.system_version)
    if system is None:
        raise LookupError(f"{incident.system} version {incident.system_version}")
    argument = {
        "started_at": incident.started_at,
        "tables": dict(incident.tables),
        "updates": reported.updates(connection, incident)[1],
        "plan": plans.text(connection, plan),
    }
    return system.sha256, argument
