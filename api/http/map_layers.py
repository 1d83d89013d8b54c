"""The map layers of an incident, put together from its system, how things stand, and its plan."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.documents.layers import Layer, Now, Work, incident_layers
from api.http.papers import IN_CHILDREN, current_plan, work_of
from api.http.service import MOST_LAYERS
from api.store.systems import find

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.access.caller import Caller
    from api.http.service import Service


async def layers_for(service: Service, caller: Caller, incident: Any) -> dict[str, Layer]:
    """Return the layers of an incident as they are now, by their ids."""
    ground = await _ground(service, caller, incident)
    plan = await current_plan(service, incident.id)
    work = None
    if plan is not None:
        work = Work(
            lists=await work_of(service, plan),
            version=plan.version,
            label=plan.label,
            is_approved=plan.approved_at is not None,
            started_at=datetime.fromisoformat(incident.started_at),
        )
    return incident_layers(ground["layers"], Now(**ground["at_first"]), work)


async def _ground(service: Service, caller: Caller, incident: Any) -> dict[str, Any]:
    """Return the layers of the system with the incident's own tables, and how it is at first; made once."""

    def look(connection: Connection) -> Any:
        return find(connection, caller.tenant, incident.system, incident.system_version)

    sha256 = (await service.database.read(look)).sha256
    tables = json.dumps(incident.tables, sort_keys=True)
    key = hashlib.sha256(f"{sha256}\n{tables}".encode()).hexdigest()
    if key not in service.layers:
        path = await service.spooled(sha256)
        argument = {"problem": {"system": str(path), "tables": incident.tables}}
        service.layers[key] = await service.ask(f"{IN_CHILDREN}:layers", argument)
    service.layers.move_to_end(key)
    while len(service.layers) > MOST_LAYERS:
        service.layers.popitem(last=False)
    return service.layers[key]
