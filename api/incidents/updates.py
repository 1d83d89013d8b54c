"""What the field reports: one model for each kind of update, told apart by `kind`.

An update says what happened, to what, and when; who reported it, and when that was, the service writes beside it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
)

from lifeline.errors import InvalidInput
from lifeline.plan import LAST_MINUTE

LONGEST_ID = 64
LONGEST_NAME = 200
LONGEST_NOTE = 500
MOST_WORK_MINUTES = 1_000_000
"About two years of work."

MINUTE_SECONDS = 60

NO_CONTROL = r"^[^\x00-\x1f\x7f]*$"
"Names and notes go to logs, calendars and tables: no control characters in them."

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def moment_of(value: Any) -> Any:
    """Return the moment that a text of RFC 3339 with its offset stands for; ValueError where it is none."""
    if not isinstance(value, str):
        return value
    if not _RFC_3339.fullmatch(value):
        raise ValueError("write the moment as in RFC 3339, with an offset: 2026-03-02T07:15:00+01:00")
    try:
        moment = datetime.fromisoformat(value.upper())
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such day, hour or offset") from None
    return moment


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(moment_of),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"A moment with its offset; FastAPI reads JSON before it validates, so text is taken here and nothing else."

UpdateId = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_ID, pattern=r"^[A-Za-z0-9_.:\-]+$")
]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Text = Annotated[str, StringConstraints(max_length=LONGEST_NAME, pattern=NO_CONTROL)]
Work = Annotated[int, Field(ge=1, le=MOST_WORK_MINUTES)]


def strict(**example: Any) -> ConfigDict:
    """Return how all models of the service are read: nothing coerced, nothing unknown, no NaN; with an example."""
    return ConfigDict(
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        frozen=True,
        json_schema_extra={"examples": [example]},
    )


def _example(kind: str, **more: Any) -> ConfigDict:
    return strict(kind=kind, id=f"tablet-7:{kind}:1", happened_at="2026-03-02T07:15:00+00:00", **more)


class _Update(BaseModel):
    id: UpdateId = Field(description="Made by the sender; the same update sent again has the same id.")
    happened_at: Moment = Field(description="When it happened, with an offset from UTC.")
    note: Annotated[
        str, StringConstraints(max_length=LONGEST_NOTE, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")
    ] = ""


class JobAccepted(_Update):
    """A crew says that it takes a job next; that changes no plan and no picture of service."""

    model_config = _example("job_accepted", job="line-ash-brook", crew="red")
    kind: Literal["job_accepted"]
    job: Name
    crew: Text = Field("", description="Blank: the crew that the plan names.")


class JobStarted(_Update):
    """A crew has begun a job."""

    model_config = _example("job_started", job="line-ash-brook", crew="red")
    kind: Literal["job_started"]
    job: Name
    crew: Text = Field("", description="Blank: the crew that the plan names.")


class JobFinished(_Update):
    """A job is done."""

    model_config = _example("job_finished", job="line-ash-brook", crew="red", note="Two spans replaced.")
    kind: Literal["job_finished"]
    job: Name
    crew: Text = Field("", description="Blank: the crew that the plan names.")


class JobTakes(_Update):
    """A job takes so many minutes of work in all, begun or not."""

    model_config = _example("job_takes", job="line-ash-brook", minutes=90)
    kind: Literal["job_takes"]
    job: Name
    minutes: Work


class JobLeft(_Update):
    """So many minutes of work are left of a job under way."""

    model_config = _example("job_left", job="line-ash-brook", minutes=45)
    kind: Literal["job_left"]
    job: Name
    minutes: Work


class JobBlocked(_Update):
    """A job cannot begin: before a moment, or until it is reported unblocked."""

    model_config = _example("job_blocked", job="cliff-substation", until="2026-03-02T12:00:00+00:00")
    kind: Literal["job_blocked"]
    job: Name
    until: Moment | None = Field(None, description="Without it: until further news.")


class JobUnblocked(_Update):
    """A job can begin again."""

    model_config = _example("job_unblocked", job="cliff-substation")
    kind: Literal["job_unblocked"]
    job: Name


class DamageFound(_Update):
    """A component is broken too."""

    model_config = _example("damage_found", component="line-brook-cliff", minutes=60, skill="power")
    kind: Literal["damage_found"]
    component: Name
    minutes: Work | None = Field(None, description="Work it takes; without it, by its type.")
    skill: Text = Field("", description="Skill a crew needs; blank: its sector.")


class DamageRuledOut(_Update):
    """A component turned out to be whole: it never was broken."""

    model_config = _example("damage_ruled_out", component="main-brook-cliff")
    kind: Literal["damage_ruled_out"]
    component: Name


class CrewOffDuty(_Update):
    """A crew leaves; what it has begun stays undone."""

    model_config = _example("crew_off_duty", crew="red")
    kind: Literal["crew_off_duty"]
    crew: Name
    from_when: Moment | None = Field(None, description="When it leaves; without it, when it happened.")


class CrewOnDuty(_Update):
    """A crew is there from a moment on, and not before."""

    model_config = _example("crew_on_duty", crew="red", from_when="2026-03-02T13:00:00+00:00")
    kind: Literal["crew_on_duty"]
    crew: Name
    from_when: Moment | None = Field(None, description="Without it, when it happened.")


class RoadClosed(_Update):
    """A road link is closed by order until it is reported open."""

    model_config = _example("road_closed", link="bridge-3")
    kind: Literal["road_closed"]
    link: Name


class RoadOpened(_Update):
    """A road link is open again."""

    model_config = _example("road_opened", link="bridge-3")
    kind: Literal["road_opened"]
    link: Name


class BufferRefilled(_Update):
    """The buffers of a component or facility are full again: a battery charged, diesel delivered."""

    model_config = _example("buffer_refilled", component="cliff-mast", group="mains")
    kind: Literal["buffer_refilled"]
    component: Name
    group: Text = Field("", description="The dependency group, or a facility's service; blank: all.")


FieldUpdate = Annotated[
    JobAccepted
    | JobStarted
    | JobFinished
    | JobTakes
    | JobLeft
    | JobBlocked
    | JobUnblocked
    | DamageFound
    | DamageRuledOut
    | CrewOffDuty
    | CrewOnDuty
    | RoadClosed
    | RoadOpened
    | BufferRefilled,
    Field(discriminator="kind"),
]
"One thing that the field reported."

FIELD_UPDATE: TypeAdapter[FieldUpdate] = TypeAdapter(FieldUpdate)


def minutes_after(started_at: datetime, moment: datetime) -> int:
    """Return the whole minutes from an incident's time zero to a moment, rounded down; negative before it."""
    return int((moment - started_at).total_seconds() // MINUTE_SECONDS)


def happened_minute(update: FieldUpdate, started_at: datetime) -> int:
    """Return the minute after time zero at which it happened; InvalidInput before time zero, or 3,800 years after."""
    return _minute(update.happened_at, started_at, f"Update {update.id!r}: happened_at")


def meant_minute(update: FieldUpdate, started_at: datetime) -> int | None:
    """Return the minute that `until` or `from_when` names, at the earliest time zero; None where nothing does."""
    moment = getattr(update, "until", None) or getattr(update, "from_when", None)
    return None if moment is None else max(0, min(minutes_after(started_at, moment), LAST_MINUTE))


def _minute(moment: datetime, started_at: datetime, what: str) -> int:
    minute = minutes_after(started_at, moment)
    if not 0 <= minute < LAST_MINUTE:
        raise InvalidInput(
            f"{what} {moment.isoformat()} is before the incident's time zero, {started_at.isoformat()}. Give the "
            "moment at which it became known, or correct the clock."
        )
    return minute
