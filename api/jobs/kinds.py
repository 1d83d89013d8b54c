"""The kinds of jobs: for each, what its child is told, and what its answer becomes in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from api.jobs.answers import written
from api.store import plans, systems
from api.store.events import Happening, append
from api.store.reported import Reported
from api.store.situations import situation
from api.store.tables import incident

SETTINGS = ("fairness_permille", "vulnerable_weight_permille", "horizon_minutes")
SITUATION = ("started_at", "now", "tables", "settings", "locks", "updates")
"What of the argument is kept with a plan, so that its papers can be made of the same situation later."

KNOWN_PLANS: dict[str, Callable[[Connection, str], Any]] = {
    "approved": plans.approved,
    "newest": plans.newest,
    "none": lambda connection, incident_id: None,
}
"The plan that crews know, by what a request for a plan says is to be kept."

PASSED_ON = ("seconds", "evaluations", "seed", "method", "stay_hours", "locks")


@dataclass(frozen=True)
class Loaded:
    """What a job is about: the SHA-256 of a system, and all else that its child is told."""

    system_sha256: str
    argument: dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of job: its function, one for when time is short, and its ways out of the database and in.

    `load` reads what the job is about as it is now. `publish` writes an answer down and returns the job's result,
    `fail` tells of one that failed, both in the unit of writes that ends the job. `fallback` is the result where
    nothing at all was found in time, None where there is none.
    """

    function: str
    understudy: str
    load: Callable[[Connection, Any, Reported], Loaded]
    publish: Callable[[Connection, Any, Loaded, Mapping[str, Any]], dict[str, Any]]
    fail: Callable[[Connection, Any, str, str], None]
    fallback: Callable[[Connection, Any], dict[str, Any] | None]


def load_plan(connection: Connection, job: Any, reported: Reported) -> Loaded:
    """Return an incident as it stands, with what was asked for and the plan that crews know."""
    about = connection.execute(select(incident).where(incident.c.id == job.incident)).one()
    asked = job.request
    known = KNOWN_PLANS[asked.get("keep") or "approved"](connection, job.incident)
    sha256, argument = situation(connection, about, reported, known)
    settings = {f"{sector}_rule": rule for sector, rule in (asked.get("rules") or {}).items()}
    settings |= {name: asked[name] for name in SETTINGS if asked.get(name) is not None}
    argument |= {
        **{name: asked.get(name) for name in PASSED_ON},
        "now": asked["minute"],
        "settings": settings,
        "made_at_seq": about.last_seq,
    }
    return Loaded(sha256, argument)


def publish_plan(
    connection: Connection, job: Any, loaded: Loaded, answer: Mapping[str, Any]
) -> dict[str, Any]:
    """Make the answer the incident's next plan."""
    told = {name: value for name, value in answer.items() if name != "documents"}
    problem = {name: loaded.argument[name] for name in SITUATION} | {"sha256": loaded.system_sha256}
    row = plans.publish(
        connection,
        job.incident,
        job.id,
        told=told,
        documents={**answer["documents"], "problem": written(problem)},
        made_at_seq=loaded.argument["made_at_seq"],
        made_at_minute=loaded.argument["now"],
        who=job.created_by,
    )
    return {"version": row.version, "sha256": row.sha256, "label": row.label}


def tell_of_no_plan(connection: Connection, job: Any, status: str, message: str) -> None:
    """Put down in the incident's log that there is no plan, and why."""
    body = {"job": job.id, "message": message}
    happening = Happening(
        f"~{status}-{job.id}", f"plan.{status}", job.request["minute"], job.created_by, body
    )
    append(connection, job.incident, [happening])


def last_approved(connection: Connection, job: Any) -> dict[str, Any] | None:
    """Return the plan that crews follow already."""
    row = plans.approved(connection, job.incident)
    return None if row is None else {"version": row.version, "sha256": row.sha256, "label": "last approved"}


def load_what_if(connection: Connection, job: Any, reported: Reported) -> Loaded:
    """Return what a what-if starts from: an incident as it stands, or a system with tables of its own."""
    asked = job.request
    argument: dict[str, Any] = {
        **{name: asked.get(name) for name in ("variants", *PASSED_ON)},
        "settings": {f"{sector}_rule": rule for sector, rule in (asked.get("rules") or {}).items()},
        "now": asked["minute"],
    }
    if job.incident is not None:
        about = connection.execute(select(incident).where(incident.c.id == job.incident)).one()
        sha256, standing = situation(connection, about, reported, plans.followed(connection, job.incident))
        return Loaded(sha256, argument | standing)
    system = systems.find(connection, job.tenant, asked["system"], asked["system_version"])
    if system is None:
        raise LookupError(f"the system of job {job.id}")
    return Loaded(system.sha256, argument | {"tables": asked["tables"]})


def publish_what_if(
    connection: Connection, job: Any, loaded: Loaded, answer: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the answer as the job's result; the incident hears nothing of it."""
    return dict(answer)


def say_nothing(connection: Connection, job: Any, status: str, message: str) -> None:
    """Leave the incident's log as it is."""


def nothing_instead(connection: Connection, job: Any) -> None:
    """Return that there is nothing to fall back on."""


KINDS: dict[str, Kind] = {
    "what-if": Kind(
        function="api.incidents.what_ifs:what_ifs",
        understudy="api.incidents.what_ifs:what_ifs_at_once",
        load=load_what_if,
        publish=publish_what_if,
        fail=say_nothing,
        fallback=nothing_instead,
    ),
    "plan": Kind(
        function="api.jobs.work:plan",
        understudy="api.jobs.work:plan_at_once",
        load=load_plan,
        publish=publish_plan,
        fail=tell_of_no_plan,
        fallback=last_approved,
    ),
}
