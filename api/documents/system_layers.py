"""The parts of a system as map features: what stays the same however an incident goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from api.documents.maps import Feature, feature

if TYPE_CHECKING:
    from lifeline.shapes import Position
    from lifeline.system import System


def system_layers(system: System) -> dict[str, list[Feature]]:
    """Return the features of components, customers and crews, each in order of id."""
    return {
        "components": sorted([*_nodes(system), *_links(system)], key=lambda part: str(part["id"])),
        "customers": sorted(_customers(system), key=lambda customer: str(customer["id"])),
        "crews": sorted(_crews(system), key=lambda crew: str(crew["id"])),
    }


def _rows(frame: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.astype(object).to_dict("records")
    return rows


def _place(row: Mapping[str, Any]) -> Position | None:
    place = (float(row["longitude"]), float(row["latitude"]))
    return None if any(map(math.isnan, place)) else place


def _nodes(system: System) -> Iterator[Feature]:
    from lifeline.shapes import point

    for row in _rows(system.nodes):
        place = _place(row)
        about = {**_about(row), "is_link": False, "source": bool(row["source"])}
        yield feature(row["id"], None if place is None else point(place), about)


def _links(system: System) -> Iterator[Feature]:
    from lifeline.shapes import line

    places = {row["id"]: _place(row) for row in _rows(system.nodes)}
    for row in _rows(system.links):
        ends = [places[row["from_node"]], places[row["to_node"]]]
        path = [place for place in ends if place is not None]
        about = {**_about(row), "is_link": True, "from_node": row["from_node"], "to_node": row["to_node"]}
        yield feature(row["id"], line(path) if len(path) == len(ends) else None, about)


def _about(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"layer": "component", **{name: row[name] for name in ("sector", "kind", "owner")}}


def _customers(system: System) -> Iterator[Feature]:
    from lifeline.shapes import point

    services: dict[str, list[str]] = {}
    for row in _rows(system.supplies):
        if row["service"] not in services.setdefault(row["customer"], []):
            services[row["customer"]].append(row["service"])
    for row in _rows(system.customers):
        place = _place(row)
        about = {"layer": "customer", **{name: row[name] for name in ("name", "kind", "district")}}
        about |= {
            "persons": int(row["persons"]),
            "critical": bool(row["critical"]),
            "services": sorted(services.get(row["id"], ())),
        }
        yield feature(row["id"], None if place is None else point(place), about)


def _crews(system: System) -> Iterator[Feature]:
    from lifeline.crews import crews_from_tables
    from lifeline.shapes import point

    for crew in crews_from_tables(system.crews, system.shifts):
        about = {
            "layer": "crew",
            "skills": sorted(crew.skills),
            "owner": crew.owner,
            "available_from_minute": crew.available_from_minute,
            "available_until_minute": crew.available_until_minute,
        }
        yield feature(crew.id, point((crew.longitude, crew.latitude)), about)
