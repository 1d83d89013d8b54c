"""How the parts of a system are at minute 0, once failures have spread and before anything is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifeline.cascade import Cascade
    from lifeline.system import System

BROKEN, DARK, SHORT = "broken", "dark", "short"
"""What is not as ever: hit itself, without service because of others, or served with less than before."""


def at_first(system: System) -> dict[str, Any]:
    """Return `states`, `damage` and `services` as `api.documents.layers.Now` has them."""
    from lifeline.cascade import propagate
    from lifeline.shock import Shock

    cascade = propagate(system, Shock.from_table(system, system.damage))
    broken = {row["component"]: row for row in system.damage.to_dict("records")}
    states = {**dict.fromkeys(cascade.without_service, DARK), **dict.fromkeys(broken, BROKEN)}
    damage = {
        component: {
            "repair_minutes": int(row["repair_minutes"]) if row["repair_minutes"] >= 0 else None,
            "skill": row["skill"],
        }
        for component, row in broken.items()
    }
    return {"states": states, "damage": damage, "services": _services(cascade)}


def _services(cascade: Cascade) -> dict[str, dict[str, str]]:
    """Return for each customer the services that somebody lacks who had them before."""
    import numpy as np

    compiled, portions = cascade.compiled, cascade.compiled.portions
    there = cascade.persons_of(np.arange(len(portions)), cascade.levels_after[portions.node])
    totals: dict[tuple[str, str], list[int]] = {}
    rows = (portions.customer, portions.service, cascade.persons_before, there)
    for customer, service, before, after in zip(*(row.tolist() for row in rows), strict=True):
        key = str(compiled.customer_ids[customer]), compiled.services[service]
        total = totals.setdefault(key, [0, 0])
        total[0] += before
        total[1] += after
    found: dict[str, dict[str, str]] = {}
    for (customer, service), (before, after) in totals.items():
        if after < before:
            found.setdefault(customer, {})[service] = DARK if after == 0 else SHORT
    return found
