"""The map layers of one incident: the parts of its system, how they are now, and what the crews are to do."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from api.documents.feature_query import FeatureQuery, Span
from api.documents.maps import Feature, feature, route_features, visit_features
from api.documents.work_lists import WorkLists

More = Mapping[str, Mapping[str, Any]]
"Properties that change as an incident goes on, by the id of the feature."


@dataclass(frozen=True)
class Now:
    """How an incident's parts are at one moment, by their ids; what is not named is as ever.

    `states`: the state of a component that does not work as ever. `damage`: what is known of a broken component.
    `services`: of a customer, the state of each service that is not as ever. `crews`: what is known of a crew.
    """

    states: Mapping[str, str] = field(default_factory=dict)
    damage: More = field(default_factory=dict)
    services: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    crews: More = field(default_factory=dict)


WORKS = "works"


@dataclass(frozen=True)
class Work:
    """The plan whose visits are on the map; `started_at` is the incident's time zero."""

    lists: WorkLists
    version: int
    label: str
    is_approved: bool
    started_at: datetime


@dataclass(frozen=True, eq=False)
class Layer:
    """One collection of features in order of their ids; `complete` adds what is true of a feature now."""

    id: str
    title: str
    description: str
    features: Sequence[Feature]
    complete: Callable[[Feature], Feature] = lambda found: found
    span: Callable[[Feature], Span | None] = lambda found: None

    @cached_property
    def ids(self) -> list[str]:
        """Return the ids, in order."""
        return [str(found["id"]) for found in self.features]

    def matching(self, query: FeatureQuery) -> Sequence[Feature]:
        """Return all features that a query is about, whatever its page."""
        if query.box is None and query.span is None:
            return self.features
        return [found for found in self.features if query.takes(found["geometry"], self.span(found))]

    def page(self, query: FeatureQuery) -> tuple[list[Feature], int, bool]:
        """Return a page of features, how many there are on all pages, and whether there is a further page."""
        matching = self.matching(query)
        ids = self.ids if matching is self.features else [str(found["id"]) for found in matching]
        first = 0 if query.after is None else bisect_right(ids, query.after)
        shown = [self.complete(found) for found in matching[first : first + query.limit]]
        return shown, len(matching), first + query.limit < len(matching)

    def one(self, feature_id: str) -> Feature | None:
        """Return one feature; None where there is none of this id."""
        place = bisect_right(self.ids, feature_id) - 1
        if place < 0 or self.ids[place] != feature_id:
            return None
        return self.complete(self.features[place])

    @cached_property
    def box(self) -> list[float] | None:
        """Return west, south, east and north of all features; None where no place is known."""
        places = [
            place for found in self.features if found["geometry"] for place in _positions(found["geometry"])
        ]
        if not places:
            return None
        longitudes, latitudes = zip(*places, strict=True)
        return [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]

    @cached_property
    def times(self) -> Span | None:
        """Return the first and the last moment of all features; None where they have none."""
        spans = [span for found in self.features if (span := self.span(found)) is not None]
        return (min(start for start, _ in spans), max(end for _, end in spans)) if spans else None


def incident_layers(system: Mapping[str, list[Feature]], now: Now, work: Work | None) -> dict[str, Layer]:
    """Return all layers of an incident by their ids, from the layers of its system, its picture and its plan."""
    layers = (
        _components(system["components"], now),
        _damage(system["components"], now),
        _customers(system["customers"], now),
        _crews(system["crews"], now),
        _visits(work),
        _routes(work),
    )
    return {layer.id: layer for layer in layers}


def _components(features: Sequence[Feature], now: Now) -> Layer:
    return Layer(
        "components",
        "Components",
        "All nodes and links of the networks, with their state now.",
        features,
        lambda found: _with(found, {"state": now.states.get(found["id"], WORKS)}),
    )


def _damage(features: Sequence[Feature], now: Now) -> Layer:
    broken = [found for found in features if found["id"] in now.damage]
    return Layer(
        "damage",
        "Damage",
        "The components that are known to be broken.",
        broken,
        lambda found: _with(
            found, {"layer": "damage", "state": now.states.get(found["id"], WORKS), **now.damage[found["id"]]}
        ),
    )


def _customers(features: Sequence[Feature], now: Now) -> Layer:
    def complete(found: Feature) -> Feature:
        states = now.services.get(found["id"], {})
        services = found["properties"]["services"]
        more = {f"service_{service}": states.get(service, WORKS) for service in services}
        is_served = all(state == WORKS for state in more.values())
        return _with(found, {**more, "has_all_services": is_served}, without="services")

    return Layer(
        "customers", "Customers", "Customers, and which of their services they have now.", features, complete
    )


def _crews(features: Sequence[Feature], now: Now) -> Layer:
    def complete(found: Feature) -> Feature:
        more = dict(now.crews.get(found["id"], {}))
        place = more.pop("longitude", None), more.pop("latitude", None)
        moved = _with(found, more)
        if None not in place:
            moved["geometry"] = {"type": "Point", "coordinates": list(place)}
        return moved

    placed = [complete(found) for found in features]
    return Layer("crews", "Crews", "The crews, where they are now and what they do.", placed)


def _visits(work: Work | None) -> Layer:
    features = [] if work is None else list(visit_features(list(work.lists.crews)))
    return _of_plan("visits", "Visits", "Who works where and when, by the plan.", features, work)


def _routes(work: Work | None) -> Layer:
    features = [] if work is None else list(route_features(list(work.lists.crews)))
    return _of_plan("routes", "Routes", "The way of each crew from job to job.", features, work)


def _of_plan(name: str, title: str, about: str, features: list[Feature], work: Work | None) -> Layer:
    """Return a layer of a plan, whose features have a time."""
    if work is None:
        return Layer(name, title, f"{about} There is no plan yet.", [])
    plan = {"plan_version": work.version, "plan_label": work.label, "is_approved": work.is_approved}

    def span(found: Feature) -> Span | None:
        return _span(work.started_at, found["properties"]["start"], found["properties"]["finish"])

    def complete(found: Feature) -> Feature:
        times = span(found)
        more = {} if times is None else {"begins_at": _written(times[0]), "ends_at": _written(times[1])}
        return _with(found, {**plan, **more})

    in_order = sorted(features, key=lambda found: str(found["id"]))
    return Layer(name, title, about, in_order, complete, span)


def _span(started_at: datetime, start: int, finish: int) -> Span | None:
    try:
        moments = [(started_at + timedelta(minutes=minute)).astimezone(UTC) for minute in (start, finish)]
    except OverflowError:
        return None
    return moments[0], moments[1]


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _with(found: Feature, more: Mapping[str, Any], without: str = "") -> Feature:
    properties = {name: value for name, value in found["properties"].items() if name != without}
    return feature(found["id"], found["geometry"], {**properties, **more})


def _positions(geometry: Mapping[str, Any]) -> Iterator[Sequence[float]]:
    if geometry["type"] == "Point":
        yield geometry["coordinates"]
    elif geometry["type"] == "LineString":
        yield from geometry["coordinates"]
    else:
        for line in geometry["coordinates"]:
            yield from line
