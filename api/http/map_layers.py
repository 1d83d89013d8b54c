"""The map layers of an incident, put together from its system, how things stand, and its plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.access.seen import seen_features
from api.access.sight import Seen
from api.documents.layers import Layer, Now, Work, incident_layers
from api.http.minutes import minute_now
from api.http.papers import IN_CHILDREN, work_of
from api.http.service import MOST_LAYERS
from api.store import plans
from api.store.situations import situation

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.access.sight import Sight
    from api.http.service import Service


async def layers_for(service: Service, incident: Any, sight: Sight | None) -> dict[str, Layer]:
    """Return the layers of an incident as they are now, by their ids, as far as they are seen."""
    minute = minute_now(incident)

    def look(connection: Connection) -> Any:
        # What was approved is under way; a plan that is only proposed shows as work, not as what is done by now.
        dispatched = plans.approved(connection, incident.id)
        about = situation(connection, incident, service.database.reported, dispatched)
        return *about, plans.followed(connection, incident.id)

    sha256, problem, plan = await service.database.read(look)
    problem |= {"system": str(await service.spooled(sha256)), "now": minute}
    system = await _worked_out(service, "layers", (incident.id, incident.revision), problem)
    key = (incident.id, incident.revision, incident.last_seq, minute)
    now = Now(**await _worked_out(service, "now", key, problem))
    if sight is not None:
        system, now = _seen(system, sight), _seen_now(now, sight)
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


async def _worked_out(service: Service, what: str, key: tuple[Any, ...], problem: dict[str, Any]) -> Any:
    """Return what a child makes of an incident, kept for as long as nothing in its key changes."""
    if (what, key) not in service.layers:
        service.layers[what, key] = await service.ask(f"{IN_CHILDREN}:{what}", {"problem": problem})
    service.layers.move_to_end((what, key))
    while len(service.layers) > MOST_LAYERS:
        service.layers.popitem(last=False)
    return service.layers[what, key]
