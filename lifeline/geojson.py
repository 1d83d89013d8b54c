"""A plan as a map layer: GeoJSON as RFC 7946 has it, for any map program.

Three kinds of features, told apart by the property `layer`: `damage` (broken components with their job),
`route` (where each crew goes) and `customer` (when each service is back). Positions are WGS84 longitude,
latitude; times are ISO 8601 with an offset, and minutes after time zero beside them.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from lifeline.evaluation import NOT_BACK
from lifeline.shapes import Position, line, point

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation
    from lifeline.jobs import Job
    from lifeline.plan import Visit
    from lifeline.repair import RepairProblem
    from lifeline.system import Settings

Feature = dict[str, Any]


def plan_geojson(evaluation: Evaluation) -> str:
    """Return a plan and what it does for people as the text of a GeoJSON FeatureCollection."""
    collection = {"type": "FeatureCollection", "features": plan_features(evaluation)}
    return json.dumps(collection, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def plan_features(evaluation: Evaluation) -> list[Feature]:
    """Return the features: damaged components by id, then routes by crew, then customers by id."""
    return [*_damaged(evaluation), *_routes(evaluation), *_customers(evaluation)]


def _damaged(evaluation: Evaluation) -> list[Feature]:
    problem = evaluation.problem
    visits = {visit.job: visit for visit in evaluation.plan.visits}
    reasons = problem.unassignable
    jobs = evaluation.jobs
    back = dict(zip(jobs["job"], jobs["persons_back"].tolist(), strict=True))
    ends = _link_ends(problem)
    features = []
    for job in problem.jobs:
        shape = line(ends[job.component]) if job.component in ends else point((job.longitude, job.latitude))
        visit = visits.get(job.id)
        doing = _unassigned(reasons.get(job.id)) if visit is None else _assigned(problem, visit, back[job.id])
        features.append(_feature("damage", job.id, shape, {**_about(job), **doing}))
    return features


def _about(job: Job) -> dict[str, Any]:
    return {
        "component": job.component,
        "sector": job.sector,
        "kind": job.kind,
        "skill": job.skill,
        "repair_minutes": job.repair_minutes,
    }


def _assigned(problem: RepairProblem, visit: Visit, persons_back: int) -> dict[str, Any]:
    settings = problem.system.settings
    return {
        "crew": visit.crew,
        "arrive": _time(settings, visit.arrive),
        "start": _time(settings, visit.start),
        "finish": _time(settings, visit.finish),
        "start_minute": visit.start,
        "finish_minute": visit.finish,
        "after_horizon": visit.finish > problem.horizon_minutes,
        "persons_back": persons_back,
    }


def _unassigned(reason: str | None) -> dict[str, Any]:
    return {"crew": None, "unassignable": reason}


def _routes(evaluation: Evaluation) -> list[Feature]:
    problem = evaluation.problem
    features = []
    for crew in problem.crews:
        visits = [visit for visit in evaluation.plan.visits if visit.crew == crew.id]
        if not visits:
            continue
        jobs = [problem.jobs[problem.job_index[visit.job]] for visit in visits]
        path = [(crew.longitude, crew.latitude), *((job.longitude, job.latitude) for job in jobs)]
        properties = {
            "crew": crew.id,
            "skills": sorted(crew.skills),
            "jobs": [job.id for job in jobs],
            "work_minutes": sum(job.repair_minutes for job in jobs),
            "finish": _time(problem.system.settings, visits[-1].finish),
            "finish_minute": visits[-1].finish,
            "after_horizon": visits[-1].finish > problem.horizon_minutes,
        }
        features.append(_feature("route", crew.id, line(path), properties))
    return features


def _customers(evaluation: Evaluation) -> list[Feature]:
    system = evaluation.problem.system
    back: dict[str, dict[str, int]] = {}
    for customer, service, minute in evaluation.etr.itertuples(index=False, name=None):
        back.setdefault(customer, {})[service] = int(minute)
    features = []
    for row in system.customers.to_dict("records"):
        place = (float(row["longitude"]), float(row["latitude"]))
        properties = {
            "customer": row["id"],
            "name": row["name"],
            "kind": row["kind"],
            "district": row["district"],
            "persons": int(row["persons"]),
            "critical": bool(row["critical"]),
        }
        for service, minute in back.get(row["id"], {}).items():
            properties[f"{service}_back_minute"] = None if minute == NOT_BACK else minute
            properties[f"{service}_back"] = None if minute == NOT_BACK else _time(system.settings, minute)
        # A customer whose place is not known is told of without one, which the standard allows.
        shape = None if any(map(math.isnan, place)) else point(place)
        features.append(_feature("customer", row["id"], shape, properties))
    return features


def _feature(layer: str, name: str, geometry: Feature | None, properties: dict[str, Any]) -> Feature:
    return {
        "type": "Feature",
        "id": f"{layer}/{name}",
        "geometry": geometry,
        "properties": {"layer": layer, **properties},
    }


def _time(settings: Settings, minute: int) -> str | None:
    """Return the local time as ISO 8601, None outside the years a calendar has."""
    try:
        return settings.clock(minute).isoformat()
    except OverflowError:
        return None


def _link_ends(problem: RepairProblem) -> dict[str, tuple[Position, Position]]:
    """Return both ends of every damaged link."""
    system = problem.system
    broken = system.links[system.links["id"].isin([job.component for job in problem.jobs])]
    places = system.nodes.set_index("id")[["longitude", "latitude"]]
    tails = places.loc[broken["from_node"]].to_numpy(dtype=float).tolist()
    heads = places.loc[broken["to_node"]].to_numpy(dtype=float).tolist()
    return {
        link: ((tail[0], tail[1]), (head[0], head[1]))
        for link, tail, head in zip(broken["id"], tails, heads, strict=True)
    }
