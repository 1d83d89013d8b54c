"""The picture and the cascade as a caller of some sectors or owners sees them: what is not its own is left out.

People are counted over everybody, so such a caller gets no counts of people but those of its own customers' services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.access.sight import Sight

Json = dict[str, Any]


def seen_picture(told: Json, sight: Sight) -> Json:
    """Return a picture without what a sight does not hold; of interfaces there is the state alone."""
    from api.access.seen import seen_components

    components = [{"works": None, "crews": [], **row} for row in seen_components(told["components"], sight)]
    for row in components:
        row["crews"] = [crew for crew in row["crews"] if crew in sight.crews]
    return {
        **told,
        "components": components,
        "counts": [],
        "people": [],
        "curve": [],
        "facilities": [seen for row in told["facilities"] if (seen := _facility(row, sight))],
        "buffers": [row for row in told["buffers"] if row["component"] in sight.own],
        "crews": [row for row in told["crews"] if row["crew"] in sight.crews],
        "unassignable": [row for row in told["unassignable"] if sight.has_job(row["job"])],
        "set_aside": [],
        "supposed": [
            row for row in told["supposed"] if sight.has_job(row["job"]) and row["crew"] in sight.crews
        ],
        "accepted": [
            row for row in told["accepted"] if sight.has_job(row["job"]) or row["crew"] in sight.crews
        ],
    }


def _facility(row: Json, sight: Sight) -> Json | None:
    """Return a facility with its own services; whether it is up as a whole hangs on others' too, and is not told."""
    services = sight.customers.get(row["customer"], frozenset())
    if not services:
        return None
    without = [service for service in row["without"] if service in services]
    return {**row, "without": without, "is_up": None, "buffer_left_minutes": None, "up_minute": None}


def seen_cascade(told: Json, sight: Sight) -> Json:
    """Return a cascade without what a sight does not hold; a cause that is not seen becomes null."""
    dark = [_chain(row, sight) for row in told["dark"] if row["component"] in sight.own]
    totals: dict[str, list[int]] = {}
    for row in dark:
        if row["broken"] is not None:
            total = totals.setdefault(row["broken"], [0, 0])
            total[0] += 1
            total[1] += row["persons"]
    return {
        **told,
        "waves": [
            {**row, "cause": row["cause"] if _is_seen(row["cause"], sight) else ""}
            for row in told["waves"]
            if row["component"] in sight.own
        ],
        "dark": dark,
        "causes": [
            {"broken": name, "components": components, "persons": persons}
            for name, (components, persons) in sorted(totals.items())
        ],
        "people": [],
        "stuck": [loop for loop in told["stuck"] if all(part in sight.own for part in loop)],
    }


def _chain(row: Json, sight: Sight) -> Json:
    chain = [
        {**step, "upstream": step["upstream"] if _is_seen(step["upstream"], sight) else None}
        for step in row["chain"]
        if _is_seen(step["component"], sight)
    ]
    return {**row, "chain": chain, "broken": row["broken"] if _is_seen(row["broken"], sight) else None}


def _is_seen(component: str | None, sight: Sight) -> bool:
    return component in sight.own or component in sight.interfaces
