"""The map layers of an incident, put together from its system, how things stand, and its plan."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.access.seen import seen_features
from api.access.sight import Seen
from api.documents.layers import Layer, Now, Work, incident_layers
from api.http.papers import IN_CHILDREN, plan_on_the_map, work_of
from api.http.service import MOST_LAYERS
from api.store.systems import find

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.access.sight import Sight
    from api.http.service import Service


async def layers_for(service: Service, incident: Any, sight: Sight | None) -> dict[str, Layer]:
    """Return the layers of an incident as they are now, by their ids, as far as they are seen."""
    ground = await _ground(service, incident)
    system, now = ground["layers"], Now(**ground["at_first"])
    if sight is not None:
        system, now = _seen(system, sight), _seen_now(now, sight)
    plan = await plan_on_the_map(service, incident.id)
    work = None
    if plan is not None:
        work = Work(
            lists=await work_of(service, plan, sight),
            version=plan.version,
            label=plan.label,
            is_approved=plan.approved_at is not None,
            started_at=datetime.fromisoformat(incident.started_at),
        )
    return incident_layers(system, now, work)


def _seen(system: dict[str, Any], sight: Sight) -> dict[str, Any]:
    """Return the layers of a system as they are seen; of a customer, the services that come from own nodes."""
    seen = {name: list(seen_features(features, sight)) for name, features in system.items()}
    for customer in seen["customers"]:
        own = sight.customers.get(customer["id"], frozenset())
        services = [name for name in customer["properties"]["services"] if name in own]
        customer["properties"] = {**customer["properties"], "services": services}
    return seen


def _seen_now(now: Now, sight: Sight) -> Now:
    """Return how things are without what is known of others' damage and crews; states are told of interfaces too."""
    damage = {
        name: more if sight.of_component(name) is Seen.ALL else {}
        for name, more in now.damage.items()
        if sight.of_component(name) is not Seen.NOTHING
    }
    crews = {name: more for name, more in now.crews.items() if name in sight.crews}
    return replace(now, damage=damage, crews=crews)


async def _ground(service: Service, incident: Any) -> dict[str, Any]:
    """Return the layers of the system with the incident's own tables, and how it is at first; made once."""

    def look(connection: Connection) -> Any:
        return find(connection, incident.tenant, incident.system, incident.system_version)

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
