"""The timeline as a caller of some sectors or owners sees it: what is not its own is left out.

Its people are those of its own customers already, see `timeline_people.people_over`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from api.access.sight import Seen

if TYPE_CHECKING:
    from api.access.sight import Sight

Json = dict[str, Any]
Columns = Mapping[str, Sequence[Any]]


def seen_timeline(told: Json, sight: Sight) -> Json:
    """Return a timeline without what a sight does not hold; of interfaces there are place and states alone."""
    names = told["components"]["id"]
    kept = [place for place, name in enumerate(names) if sight.of_component(name) is not Seen.NOTHING]
    components, new = _rows(told["components"], kept)
    for end in ("from", "to"):
        components[end] = [new.get(place) for place in components[end]]
    changes, _ = _rows(told["changes"], [n for n, of in enumerate(told["changes"]["component"]) if of in new])
    changes["component"] = [new[place] for place in changes["component"]]
    return {
        **told,
        "components": components,
        "changes": changes,
        "facilities": [seen for row in told["facilities"] if (seen := _facility(row, sight))],
        "buffers": [row for row in told["buffers"] if row["component"] in sight.own],
        "crews": [seen for row in told["crews"] if (seen := _crew(row, sight))],
        "unassignable": [row for row in told["unassignable"] if sight.has_job(row["job"])],
        **_customers(told, sight),
    }


def _rows(columns: Columns, kept: Sequence[int]) -> tuple[Json, dict[int, int]]:
    """Return some rows of columns, and for the number of each the one it has now."""
    rows = {name: [column[place] for place in kept] for name, column in columns.items()}
    return rows, {old: place for place, old in enumerate(kept)}


def _facility(row: Json, sight: Sight) -> Json | None:
    """Return a facility with its own services; whether it is up as a whole hangs on others' too, and is not told."""
    services = sight.customers.get(row["customer"], frozenset())
    if not services:
        return None
    lacks = [lacked for lacked in row["lacks"] if lacked["service"] in services]
    return {**row, "lacks": lacks, "up": None, "buffers": []}


def _crew(row: Json, sight: Sight) -> Json | None:
    """Return an own crew, or of another's crew the visits to own jobs; where it starts is its owner's to tell."""
    if row["crew"] in sight.crews:
        return row
    visits = [visit for visit in row["visits"] if sight.has_job(visit["job"])]
    if not visits:
        return None
    return {**row, "skills": [], "longitude": None, "latitude": None, "visits": visits}


def _customers(told: Json, sight: Sight) -> Json:
    """Return the own customers, and the supplies that they get from own nodes."""
    ids = told["customers"]["id"]
    customers, new = _rows(
        told["customers"], [place for place, name in enumerate(ids) if name in sight.customers]
    )
    nodes = told["supplies"]["node"]
    supplies, _ = _rows(told["supplies"], [place for place, node in enumerate(nodes) if node in sight.own])
    supplies["customer"] = [new[place] for place in supplies["customer"]]
    return {"customers": customers, "supplies": supplies}
