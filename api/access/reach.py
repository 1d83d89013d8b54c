"""What a caller may report about: a crew about itself, its own work and roads, a utility about what is its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.access.caller import Caller
from api.access.sight import Seen, Sight

_COMPONENTS = ("component", "link")


def jobs_of_crew(plan: Mapping[str, Any], crew: str) -> frozenset[str]:
    """Return the jobs that a plan, as `Plan.to_json` writes it, gives to this crew."""
    return frozenset(visit["job"] for visit in plan["visits"] if visit["crew"] == crew)


def out_of_reach(
    update: Mapping[str, Any], caller: Caller, *, sight: Sight | None, jobs: Iterable[str]
) -> tuple[str, str] | None:
    """Return the field of an update that its reporter may not report about, and why; None where it may.

    `jobs` are those of the crew that the caller speaks for; a crew reports damage at their components only, and any
    road, since it drives on all of them.
    """
    if caller.crew is not None:
        return _beyond_the_crew(update, caller.crew, frozenset(jobs))
    if sight is not None:
        return _beyond_the_sight(update, sight)
    return None


def _beyond_the_crew(update: Mapping[str, Any], crew: str, jobs: frozenset[str]) -> tuple[str, str] | None:
    # Blank is the crew that the plan names.
    if (update.get("crew") or crew) != crew:
        return "crew", f"is not {crew!r}, the only crew that this key reports for."
    if update.get("job") is not None and update["job"] not in jobs:
        return "job", f"is no job of crew {crew!r} in the approved plan."
    at = update.get("component")
    if at is not None and not is_site(at, jobs):
        return "component", f"is no site of crew {crew!r} in the approved plan."
    return None


def is_site(component: str, jobs: Iterable[str]) -> bool:
    """Tell whether one of these jobs is at this component: mends it, or is a step of that."""
    return any(job == component or job.startswith(f"{component}/") for job in jobs)


def _beyond_the_sight(update: Mapping[str, Any], sight: Sight) -> tuple[str, str] | None:
    job, crew = update.get("job"), update.get("crew")
    if job is not None and not sight.has_job(job):
        return "job", "is not yours to report about."
    for field in _COMPONENTS:
        if update.get(field) is not None and sight.of_component(update[field]) is not Seen.ALL:
            return field, "is not yours to report about."
    # Whoever mends what is its own may be named; that a crew comes or goes is for its owner to say.
    if job is None and crew is not None and crew not in sight.crews:
        return "crew", "is not yours to report about."
    return None
