"""Who goes where, when and why: the work list of each crew of a plan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field

from api.documents.document import Clock, Document, Minute, Said
from api.incidents.undoable_now import UndoableKind, undoable_kind

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation

VISIT_EXAMPLE: dict[str, Any] = {
    "position": 1,
    "job": "substation-7",
    "component": "substation-7",
    "sector": "power",
    "kind": "12kV Substation",
    "skill": "power",
    "owner": "city power",
    "longitude": -89.9712,
    "latitude": 35.1183,
    "depart": 0,
    "arrive": 14,
    "start": 14,
    "finish": 254,
    "depart_clock": "2026-03-01T06:00:00-06:00",
    "arrive_clock": "2026-03-01T06:14:00-06:00",
    "start_clock": "2026-03-01T06:14:00-06:00",
    "finish_clock": "2026-03-01T10:14:00-06:00",
    "after_horizon": False,
    "reason": {
        "en": "brings back power for 1,250 people",
        "zh": "恢复供电1,250人",
    },
    "roads_near": ["bridge-3"],
}


class WorkVisit(Document):
    """One crew goes to one job; times are those of the plan."""

    model_config = ConfigDict(json_schema_extra={"examples": [VISIT_EXAMPLE]})

    position: int = Field(ge=1, description="The crew's how-manieth job this is.")
    job: str
    component: str = Field(description='What is mended; "" for a task that mends nothing.')
    sector: str
    kind: str
    skill: str
    owner: str
    longitude: float | None
    latitude: float | None
    depart: Minute
    arrive: Minute
    start: Minute
    finish: Minute
    depart_clock: Clock
    arrive_clock: Clock
    start_clock: Clock
    finish_clock: Clock
    after_horizon: bool = Field(description="It is done only after lost service is counted no more.")
    reason: Said = Field(description='Why it is done when it is; "" where that was not worked out.')
    roads_near: tuple[str, ...] = Field((), description="Road links next to the site, the nearest first.")


class CrewWork(Document):
    """All that one crew does, in order of work."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "crew": "red",
                    "skills": ["power"],
                    "owner": "city power",
                    "longitude": -89.98,
                    "latitude": 35.11,
                    "visits": [VISIT_EXAMPLE],
                }
            ]
        }
    )

    crew: str
    skills: tuple[str, ...]
    owner: str
    longitude: float | None = Field(
        description="Where the crew starts at time zero; null where that is not told."
    )
    latitude: float | None
    visits: tuple[WorkVisit, ...]


class LeftOut(Document):
    """A job that is in no crew's list, and why."""

    job: str
    reason: str = Field(description='In English; "" where somebody could do it.')
    kind: UndoableKind = Field("other", description="The kind of reason, for other languages.")


class WorkLists(Document):
    """The work of every crew of one plan, in order of crews' ids; crews without work have an empty list."""

    plan_sha256: str = Field(description="Fingerprint of the plan; what is approved is this.")
    system: str
    start: str = Field(description="The clock at time zero, ISO 8601 with offset.")
    timezone: str = Field(description="IANA name of the time zone of all clocks.")
    horizon_minutes: int
    crews: tuple[CrewWork, ...]
    left_out: tuple[LeftOut, ...]

    def crew(self, name: str) -> CrewWork | None:
        """Return the work of one crew; None when there is no such crew."""
        return next((work for work in self.crews if work.crew == name), None)

    def moment(self, minute: int) -> datetime | None:
        """Return the time of a minute in UTC; None outside the years of a calendar."""
        try:
            return (datetime.fromisoformat(self.start) + timedelta(minutes=minute)).astimezone(UTC)
        except OverflowError:
            return None


def work_lists(evaluation: Evaluation) -> WorkLists:
    """Return the work lists of a judged plan; the reasons replay it, so this is for a child process."""
    from api.documents.roads_near import RoadsNear
    from lifeline.plan_files import worklists

    problem, plan = evaluation.problem, evaluation.plan
    settings = problem.system.settings
    rows = [
        {str(name): value for name, value in row.items()}
        for row in worklists(problem, plan).to_dict("records")
    ]
    reasons, roads = _reasons(evaluation), RoadsNear.of(problem.system)
    visits: dict[str, list[WorkVisit]] = {}
    for row in rows:
        job = problem.job(row["job"])
        near = roads.of_site(job.longitude, job.latitude)
        about = {"component": job.component, "owner": job.owner, "roads_near": near}
        visits.setdefault(row.pop("crew"), []).append(_visit(row, about, reasons))
    return WorkLists(
        plan_sha256=plan.sha256,
        system=problem.system.name,
        start=settings.start,
        timezone=settings.timezone,
        horizon_minutes=problem.horizon_minutes,
        crews=tuple(
            CrewWork(
                crew=crew.id,
                skills=tuple(sorted(crew.skills)),
                owner=crew.owner,
                longitude=crew.longitude,
                latitude=crew.latitude,
                visits=tuple(visits.get(crew.id, ())),
            )
            for crew in problem.crews
        ),
        left_out=tuple(_left_out(evaluation)),
    )


def _visit(row: Mapping[str, Any], about: Mapping[str, Any], reasons: Mapping[str, Said]) -> WorkVisit:
    """Return a visit of a row of the table of work lists, whose blanks and texts become null and booleans."""
    cells = {name: _or_none(value) for name, value in row.items()}
    cells |= {name: _clock(value) for name, value in cells.items() if name.endswith("_clock")}
    cells["after_horizon"] = row["after_horizon"] == "true"
    cells["reason"] = reasons.get(row["job"], Said(en="", zh=""))
    return WorkVisit.model_validate({**cells, **about})


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _clock(text: str) -> str | None:
    return text if text[:1].isdigit() else None


def _reasons(evaluation: Evaluation) -> dict[str, Said]:
    """Return the reasons in both languages."""
    from api.reasons import Reasons
    from api.wording import Clock as LocalClock
    from api.words import LANGUAGES

    clock = LocalClock(evaluation.problem.system.settings, evaluation.finish_minute)
    return {
        job: Said(**{language: why.said(words, clock) for language, words in LANGUAGES.items()})
        for job, why in Reasons(evaluation, clock).why_all().items()
    }


def _left_out(evaluation: Evaluation) -> Iterator[LeftOut]:
    """Yield the jobs that nobody does, with the reason as far as the problem or the plan knows one."""
    problem, plan = evaluation.problem, evaluation.plan
    reasons = {**dict(plan.unassignable), **problem.unassignable}
    done = {visit.job for visit in plan.visits}
    for job in problem.jobs:
        if job.id not in done:
            yield LeftOut(job=job.id, reason=reasons.get(job.id, ""), kind=undoable_kind(problem, job.id))
