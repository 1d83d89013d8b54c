"""Critical facilities: customers that are up while they get all their services, or their own buffer lasts.

`with_facilities` turns the table `facilities` into plain tables: a node that needs every service of its customer, each
with the facility's buffer, and that serves the customer's people with a service of its own, `facility`. So "back before
the buffer ends, or at this price" is the objective itself, and nothing else has to know of facilities.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lifeline.added_rows import records_of, with_rows

if TYPE_CHECKING:
    from lifeline.system import System

FACILITY = "facility"
"The sector of the nodes that stand for facilities, and the service that they give."

Row = dict[str, Any]


def with_facilities(system: System) -> System:
    """Return the system with a node for each facility; itself where there is none, or they are there already."""
    there = set(system.supplies["customer"][system.supplies["service"] == FACILITY])
    rows = [row for row in records_of(system.facilities) if row["customer"] not in there]
    if not rows:
        return system
    added: dict[str, list[Row]] = {"nodes": [], "supplies": [], "dependencies": []}
    taken = {*system.nodes["id"], *system.links["id"], *system.tasks["id"]}
    customers = {row["id"]: row for row in records_of(system.customers)}
    for row in rows:
        name = f"{FACILITY} {row['customer']}"
        while name in taken:
            name += "+"
        taken.add(name)
        supplies = records_of(system.supplies[system.supplies["customer"] == row["customer"]])
        added["nodes"].append(_node(system, name, customers[row["customer"]], supplies))
        added["supplies"].append(
            {
                "customer": row["customer"],
                "service": FACILITY,
                "node": name,
                "weight_permille": row["price_permille"],
            }
        )
        added["dependencies"] += _needs(name, supplies, row["buffer_minutes"])
    return with_rows(system, added)


def _node(system: System, name: str, customer: Row, supplies: list[Row]) -> Row:
    """Return the node of a facility, at its customer's place or, where that has none, at that of a node it needs."""
    place = customer
    if customer["longitude"] != customer["longitude"]:
        (place,) = records_of(system.nodes[system.nodes["id"] == supplies[0]["node"]])
    return {
        "id": name,
        "sector": FACILITY,
        "kind": customer["kind"],
        "longitude": place["longitude"],
        "latitude": place["latitude"],
        "source": True,
    }


def _needs(name: str, supplies: list[Row], buffer_minutes: int) -> Iterator[Row]:
    """Yield what a facility needs: each node that serves it, or one of each set of alternatives.

    `kind` is the service; a service that comes in several portions needs each of them.
    """
    groups: dict[tuple[str, str, bool], list[str]] = {}
    for row in supplies:
        key = (row["service"], row["alternative"] or row["node"], bool(row["alternative"]))
        groups.setdefault(key, []).append(row["node"])
    for number, ((service, _, _), providers) in enumerate(sorted(groups.items()), 1):
        for provider in providers:
            yield {
                "dependent": name,
                "provider": provider,
                "group": f"{service} {number}",
                "buffer_minutes": buffer_minutes,
                "kind": service,
                "source": FACILITY,
            }
