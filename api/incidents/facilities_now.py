"""What is left in the buffers at an instant, and how critical facilities are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifeline.dark_now import Instant


def facilities_at(instant: Instant) -> list[dict[str, Any]]:
    """Return each critical customer and facility: the services it lacks, whether it is up, and how long it lasts.

    `buffer_left_minutes` is the least of what is left of its own buffers for services that it lacks.
    """
    from lifeline.added_rows import records_of
    from lifeline.facilities import FACILITY
    from lifeline.facility_times import NEVER

    judged = instant.evaluation
    system = judged.problem.system
    portions = system.compiled.portions
    lacking: dict[str, set[str]] = {}
    for place in (instant.persons_without > 0).nonzero()[0].tolist():
        customer = str(system.compiled.customer_ids[portions.customer[place]])
        lacking.setdefault(customer, set()).add(system.compiled.services[portions.service[place]])
    facility_nodes: dict[str, str] = dict(
        system.supplies.loc[system.supplies["service"] == FACILITY, ["customer", "node"]].itertuples(
            index=False
        )
    )
    whole = {row["customer"]: row for row in records_of(judged.facilities)}
    rows = []
    for about in records_of(system.customers):
        name = about["id"]
        if not about["critical"] and name not in facility_nodes:
            continue
        node = facility_nodes.get(name)
        services = sorted(lacking.get(name, set()) - {FACILITY})
        up_minute = None if node is None else whole.get(name, {}).get("up_minute", NEVER)
        rows.append(
            {
                "customer": name,
                "name": about["name"],
                "kind": about["kind"],
                "district": about["district"],
                "persons": about["persons"],
                "without": services,
                "is_up": not services
                if node is None
                else bool(instant.works[system.compiled.node_index[node]]),
                "buffer_left_minutes": None if node is None else _least_left(instant, node),
                "up_minute": None if up_minute in (None, NEVER) else up_minute,
            }
        )
    return rows


def buffers_at(instant: Instant) -> list[dict[str, Any]]:
    """Return the buffers that drain at this instant, the one that ends first before the others."""
    compiled = instant.cascade.compiled
    network = compiled.network
    rows = []
    for group in (network.group_buffer > 0).nonzero()[0].tolist():
        node = int(network.group_dependent[group])
        if not instant.works[node] or instant.is_provided(group):
            continue
        left = instant.buffer_left(group)
        if left:
            rows.append(
                {
                    "component": str(compiled.node_ids[node]),
                    "group": instant.name_of(group),
                    "left_minutes": left,
                    "ends_minute": instant.minute + left,
                }
            )
    return sorted(rows, key=lambda row: (row["left_minutes"], row["component"], row["group"]))


def _least_left(instant: Instant, node: str) -> int | None:
    """Return the least of what is left of a node's buffers that drain, or have run out; None where none does."""
    compiled = instant.cascade.compiled
    network = compiled.network
    number = compiled.node_index[node]
    left = [
        instant.buffer_left(group)
        for group in range(network.group_start[number], network.group_start[number + 1])
        if not instant.is_provided(group)
    ]
    return min(left, default=None)
