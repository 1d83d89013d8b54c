"""Documents as a caller of some sectors or owners reads them: what its `Sight` does not hold is left out of each.

Each document has a list of what may stay; what is not in the list goes, so that a new field is unseen until somebody
decides otherwise. All documents are JSON-able values and are not changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from api.access.reach import is_site
from api.access.sight import Seen, Sight

Json = dict[str, Any]

STATE_FIELDS = frozenset({"id", "component", "layer", "sector", "kind", "owner", "is_link", "state"})
"What is told of another's component: what it is and how it is. The place of a map feature stays too."

_ABOUT_ALL = frozenset({"seq", "id", "kind", "happened_at", "happened_minute", "reported_at", "drill"})
"What is told of what happened to the incident as a whole, such as a plan being ready: that it did, and when."

_TOLD_A_CREW = frozenset(
    {
        *("job", "component", "link", "crew", "happened_at"),
        *("minutes", "until", "from_when", "skill", "group", "note"),
    }
)
"What is told a crew of an event that concerns it."

_CAUSES = ("cause", "because_of", "root")
_JOB_LISTS = ("needs", "waits_for", "jobs", "unblocks")


def seen_components(rows: Iterable[Json], sight: Sight, *, key: str = "component") -> Iterator[Json]:
    """Yield the rows about components, as in a picture or a cascade: own in full, of interfaces the state.

    A cause that is not seen becomes null: it is known that there is one, and not which.
    """
    for row in rows:
        seen = sight.of_component(row[key])
        if seen is Seen.NOTHING:
            continue
        kept = dict(row) if seen is Seen.ALL else {k: v for k, v in row.items() if k in STATE_FIELDS}
        for cause in _CAUSES:
            if kept.get(cause) and sight.of_component(kept[cause]) is Seen.NOTHING:
                kept[cause] = None
        yield kept


def seen_features(features: Iterable[Json], sight: Sight) -> Iterator[Json]:
    """Yield the map features: components as in `seen_components`, own customers, visits and crews, nothing else.

    What a feature is about is what its properties name: customer, job, crew or component, in this order; a feature of a
    component has its id.
    """
    for feature in features:
        properties = {"id": feature.get("id"), **feature["properties"]}
        if "customer" in properties or properties.get("layer") == "customer":
            kept = list(seen_returns([{"customer": properties["id"], **properties}], sight))
        elif "job" in properties:
            kept = [properties] if _is_own_visit(properties, properties.get("crew", ""), sight) else []
        elif "crew" in properties or properties.get("layer") in ("crew", "route"):
            kept = [properties] if properties.get("crew", properties["id"]) in sight.crews else []
        else:
            kept = list(seen_components([properties], sight, key="id"))
        for found in kept:
            named = {name: value for name, value in found.items() if name in feature["properties"]}
            yield {**feature, "properties": named}


def seen_returns(rows: Iterable[Json], sight: Sight) -> Iterator[Json]:
    """Yield the times of return, or other rows by customer and service, of the services that come from own nodes.

    Jobs and crews of others in them are blanked, and so are the sentences that might name them.
    """
    for row in rows:
        services = sight.customers.get(row["customer"], frozenset())
        if row.get("service", next(iter(services), "")) not in services:
            continue
        kept = {**row, **{name: _own_jobs(row[name], sight) for name in _JOB_LISTS if name in row}}
        if row.get("job") and not sight.has_job(row["job"]):
            kept |= {"job": "", "crew": ""}
        if "said" in row and kept != dict(row):
            kept["said"] = _silence(row["said"])
        yield kept


def seen_work(lists: Json, sight: Sight) -> Json:
    """Return the work lists: all that own crews do, and of others' crews the visits to own jobs."""
    crews = []
    for work in lists["crews"]:
        own = work["crew"] in sight.crews
        visits = [
            {**visit, "roads_near": _seen_names(visit.get("roads_near", ()), sight)}
            for visit in work["visits"]
            if _is_own_visit(visit, work["crew"], sight)
        ]
        if own:
            crews.append({**work, "visits": visits})
        elif visits:
            # Where another's crew stands and what else it can do is its owner's to tell.
            crews.append({**work, "skills": [], "longitude": None, "latitude": None, "visits": visits})
    left_out = [job for job in lists["left_out"] if sight.has_job(job["job"])]
    return {**lists, "crews": crews, "left_out": left_out}


def seen_event(event: Json, sight: Sight) -> Json | None:
    """Return an event of the incident's log, or None where it is about others.

    Own: what its body names (job, component, crew) is own. Of an interface: which component, and what kind of event. Of
    the incident as a whole: that it happened. Numbers of events therefore have gaps for a limited caller.
    """
    body: Mapping[str, Any] = event.get("body") or {}
    if _is_about_all(event):
        # A plan's `job` is the one that made it, and none of a crew.
        body = {}
    things = [
        sight.has_job(str(body["job"])) if body.get("job") else None,
        sight.of_component(str(body["component"])) is Seen.ALL if body.get("component") else None,
        str(body["crew"]) in sight.crews if body.get("crew") else None,
    ]
    if True in things:
        return dict(event)
    bare = {name: value for name, value in event.items() if name in _ABOUT_ALL}
    if things == [None, None, None]:
        return {**bare, "body": {}}
    component = str(body.get("component") or body.get("job") or "")
    if sight.of_component(component) is Seen.STATE:
        return {**bare, "body": {"component": component}}
    return None


def seen_by_crew(event: Json, crew: str, jobs: Collection[str]) -> Json | None:
    """Return an event as a crew with these jobs hears it, or None where it is no concern of its own.

    Its duty, its jobs and damage at their sites are told, and every road; of plans and of the incident that something
    happened, and which version. Who reported it, and other crews, are not.
    """
    body: Mapping[str, Any] = event.get("body") or {}
    bare = {name: value for name, value in event.items() if name in _ABOUT_ALL}
    if _is_about_all(event):
        return {**bare, "body": {name: value for name, value in body.items() if name == "version"}}
    if body.get("job"):
        is_own = is_site(str(body["job"]), jobs)
    elif body.get("component"):
        is_own = is_site(str(body["component"]), jobs)
    else:
        is_own = bool(body.get("link")) or body.get("crew") == crew
    if not is_own:
        return None
    told = {name: value for name, value in body.items() if name in _TOLD_A_CREW}
    if told.get("crew") not in (None, "", crew):
        del told["crew"]
    return {**bare, "body": told}


def _is_about_all(event: Json) -> bool:
    """Tell whether an event is about the incident as a whole: what the service did, and not the field."""
    return "." in event["kind"]


def _is_own_visit(visit: Mapping[str, Any], crew: str, sight: Sight) -> bool:
    return crew in sight.crews or sight.has_job(visit["job"])


def _seen_names(components: Iterable[str], sight: Sight) -> list[str]:
    return [name for name in components if sight.of_component(name) is not Seen.NOTHING]


def _own_jobs(jobs: Iterable[str], sight: Sight) -> list[str]:
    return [job for job in jobs if sight.has_job(job)]


def _silence(said: object) -> object:
    return dict.fromkeys(said, "") if isinstance(said, Mapping) else ""
