"""Work lists as a map layer: GeoJSON of RFC 7946, the visits as points and each crew's way as a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.documents.work_lists import CrewWork, WorkLists, WorkVisit

Feature = dict[str, Any]


def work_map(lists: WorkLists, *, crew: str | None = None, language: str = "en") -> dict[str, Any]:
    """Return the visits and routes of one crew, or of all, as a FeatureCollection; `layer` tells the two apart."""
    works = [work for work in lists.crews if crew in (None, work.crew)]
    features = [*visit_features(works, language=language), *route_features(works)]
    return {"type": "FeatureCollection", "features": features}


def visit_features(works: list[CrewWork], *, language: str = "en") -> Iterator[Feature]:
    """Yield a feature for each visit, crew by crew in order of work; a job's id is its name."""
    for work in works:
        for visit in work.visits:
            properties = visit.model_dump(exclude={"longitude", "latitude", "reason", "roads_near"})
            properties |= {"crew": work.crew, "reason": getattr(visit.reason, language)}
            yield feature(visit.job, _point(visit), {"layer": "visit", **properties})


def route_features(works: list[CrewWork]) -> Iterator[Feature]:
    """Yield the way of each crew that has work: from its start, straight from site to site."""
    from lifeline.shapes import line

    for work in works:
        if not work.visits:
            continue
        places = [
            (work.longitude, work.latitude),
            *((visit.longitude, visit.latitude) for visit in work.visits),
        ]
        path = [(x, y) for x, y in places if x is not None and y is not None]
        properties = {
            "layer": "route",
            "crew": work.crew,
            "skills": list(work.skills),
            "jobs": [visit.job for visit in work.visits],
            "start": work.visits[0].depart,
            "finish": work.visits[-1].finish,
            "start_clock": work.visits[0].depart_clock,
            "finish_clock": work.visits[-1].finish_clock,
        }
        shape = line(path) if len(path) > 1 else None
        yield feature(f"route/{work.crew}", shape, properties)


def feature(name: str, geometry: dict[str, Any] | None, properties: dict[str, Any]) -> Feature:
    """Return a Feature; what has no known place is told of without one, which the standard allows."""
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": properties}


def _point(visit: WorkVisit) -> dict[str, Any] | None:
    from lifeline.shapes import point

    if visit.longitude is None or visit.latitude is None:
        return None
    return point((visit.longitude, visit.latitude))
