"""An incident as it stands, as a child of the service is told of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.store import plans, systems

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.http.service import Service


def minute_now(incident: Any) -> int:
    """Return the minute of an incident at this moment, 0 before its time zero."""
    elapsed = datetime.now(UTC) - datetime.fromisoformat(incident.started_at)
    return max(0, int(elapsed.total_seconds() // 60))


async def situation_now(service: Service, incident: Any, minute: int) -> dict[str, Any]:
    """Return what `api.incidents.problem_now.situation_of` takes, with the plan that was approved, if any."""

    def look(connection: Connection) -> tuple[str, list[dict[str, Any]], str | None]:
        system = systems.find(connection, incident.tenant, incident.system, incident.system_version)
        if system is None:
            raise LookupError(f"{incident.system} version {incident.system_version}")
        _, updates = service.database.reported.updates(connection, incident)
        plan = plans.approved(connection, incident.id)
        text = None if plan is None else plans.document(connection, incident.id, plan.version, "plan")
        return system.sha256, updates, text

    sha256, reported, plan = await service.database.read(look)
    return {
        "system": str(await service.spooled(sha256)),
        "started_at": incident.started_at,
        "now": minute,
        "tables": dict(incident.tables),
        "updates": reported,
        "plan": plan,
    }
