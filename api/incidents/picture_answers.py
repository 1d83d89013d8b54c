"""What the picture and the cascade of an incident answer: minutes count from time zero, people are whole."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.incidents.undoable_now import UndoableKind
from api.incidents.updates import strict

Persons = Annotated[int, Field(ge=0)]
Minute = Annotated[int, Field(ge=0)]

State = Literal["works", "dark", "broken", "under_repair", "repaired", "closed", "unused"]
"""`dark`: intact and without service. `repaired`: was broken and is mended; `works` says whether it has service again.
`closed`: a road closed by order. `unused`: had no service before either, or stands by."""


class ComponentNow(BaseModel):
    """A component at the instant."""

    model_config = strict(
        component="line-ash-brook",
        sector="power",
        kind="transmission line",
        owner="",
        state="under_repair",
        works=False,
        crews=["red"],
    )
    component: str
    sector: str
    kind: str
    owner: str
    state: State
    works: bool | None = Field(description="Null for others' components, of which the state alone is seen.")
    crews: list[str] = Field(description="Who is at work on it.")


class Count(BaseModel):
    """How many components of a sector are in a state."""

    model_config = strict(sector="power", state="dark", components=1)
    sector: str
    state: State
    components: int


class PeopleNow(BaseModel):
    """People of a district: how many had a service before, and how many of them are without it."""

    model_config = strict(service="power", district="Brook", persons=2000, persons_without=2000)
    service: str
    district: str
    persons: Persons
    persons_without: Persons


class FacilityNow(BaseModel):
    """A critical customer or facility."""

    model_config = strict(
        customer="hospital",
        name="Hospital",
        kind="hospital",
        district="Brook",
        persons=300,
        without=["power"],
        is_up=True,
        buffer_left_minutes=75,
        up_minute=None,
    )
    customer: str
    name: str
    kind: str
    district: str
    persons: Persons
    without: list[str] = Field(description="Services it lacks.")
    is_up: bool | None = Field(description="Null for who sees only some of its services.")
    buffer_left_minutes: Minute | None = Field(description="Null where it drains none, or has none.")
    up_minute: Minute | None = Field(
        description="From when it is up for good; null: never down, or not by the plan."
    )


class BufferNow(BaseModel):
    """A buffer that drains."""

    model_config = strict(component="cliff-mast", group="cliff-substation", left_minutes=60, ends_minute=120)
    component: str
    group: str
    left_minutes: Minute
    ends_minute: Minute


class CrewNow(BaseModel):
    """Where a crew is and what it does; on a drive, the place it has left."""

    model_config = strict(
        crew="red",
        owner="",
        doing="working",
        on_duty=True,
        job="line-ash-brook",
        until_minute=60,
        next_job="cliff-substation",
        next_departure_minute=60,
        at_job="line-ash-brook",
        longitude=20.0,
        latitude=47.04495,
    )
    crew: str
    owner: str
    doing: Literal["driving", "waiting", "working", "idle"]
    on_duty: bool = Field(description="Off duty, what it does pauses.")
    job: str | None
    until_minute: Minute | None
    next_job: str | None
    next_departure_minute: Minute | None
    at_job: str | None = Field(description="Where it is; null: where it started.")
    longitude: float
    latitude: float


class Curve(BaseModel):
    """From which minute on how many people who had a service are without it: [minute, persons], thinned where long."""

    model_config = strict(service="power", points=[[0, 3000], [60, 1000], [240, 0]])
    service: str
    points: list[Annotated[list[int], Field(min_length=2, max_length=2)]]


class Undoable(BaseModel):
    """A job that nobody can do, and why."""

    model_config = strict(
        job="bridge-3/opening",
        reason="It is closed by order; it opens when it is reported open.",
        kind="closed_by_order",
    )
    job: str
    reason: str
    kind: UndoableKind = Field("other", description="The kind of reason, for other languages.")


class NotHeeded(BaseModel):
    """An update (by id) or a visit that could not be heeded, and why."""

    model_config = strict(what="tablet-7:12", why="'line-9' is not damaged, so there is no such job.")
    what: str
    why: str


class Supposed(BaseModel):
    """A job begun by nobody said whom, and the crew it is counted for."""

    model_config = strict(job="line-brook-cliff", crew="red")
    job: str
    crew: str


class AcceptedJob(BaseModel):
    """A job that its crew has said it takes."""

    model_config = strict(job="line-ash-brook", crew="red", since_minute=12)
    job: str
    crew: str
    since_minute: Minute


class Picture(BaseModel):
    """An incident at an instant: before now as reported and carried on, after now as the plan promises."""

    model_config = strict(
        now_minute=30,
        at_minute=60,
        at_clock="2026-03-02T07:00:00+00:00",
        is_promise=True,
        components=[ComponentNow.model_config["json_schema_extra"]["examples"][0]],  # type: ignore[index]
        counts=[{"sector": "power", "state": "under_repair", "components": 1}],
        people=[{"service": "power", "district": "Brook", "persons": 2000, "persons_without": 0}],
        facilities=[],
        buffers=[],
        crews=[],
        curve=[{"service": "power", "points": [[0, 3000], [60, 1000], [240, 0]]}],
        unassignable=[],
        set_aside=[],
        supposed=[],
        accepted=[{"job": "line-ash-brook", "crew": "red", "since_minute": 12}],
    )
    now_minute: Minute
    at_minute: Minute
    at_clock: str | None = Field(description="Local time of the instant.")
    is_promise: bool = Field(description="Whether the instant is still to come.")
    components: list[ComponentNow] = Field(description="Those that do not simply work, or all of them.")
    counts: list[Count]
    people: list[PeopleNow]
    facilities: list[FacilityNow]
    buffers: list[BufferNow]
    crews: list[CrewNow]
    curve: list[Curve]
    unassignable: list[Undoable]
    set_aside: list[NotHeeded]
    supposed: list[Supposed]
    accepted: list[AcceptedJob] = Field(
        [], description="Jobs of the plan that their crews take, and have not finished."
    )


class WaveRow(BaseModel):
    """One component that goes dark while nothing is repaired."""

    model_config = strict(
        minute=0,
        wave=1,
        component="brook-substation",
        sector="power",
        why="cut off",
        cause="line-ash-brook",
        persons=2000,
    )
    minute: Minute
    wave: int
    component: str
    sector: str
    why: str
    cause: str
    persons: Persons


class ChainStep(BaseModel):
    """One step upstream."""

    model_config = strict(component="brook-substation", because="cut off", upstream="line-ash-brook")
    component: str
    because: str
    upstream: str | None


class DarkNow(BaseModel):
    """A dark component, and the chain from it to what is broken."""

    model_config = strict(
        component="brook-pump",
        persons=2000,
        broken="line-ash-brook",
        is_loop=False,
        chain=[
            {"component": "brook-pump", "because": "lost its providers", "upstream": "brook-substation"},
            {"component": "brook-substation", "because": "cut off", "upstream": "line-ash-brook"},
            {"component": "line-ash-brook", "because": "broken", "upstream": None},
        ],
    )
    component: str
    persons: Persons
    broken: str | None
    is_loop: bool = Field(description="It waits, in the end, for itself.")
    chain: list[ChainStep]


class CauseNow(BaseModel):
    """Something broken, and how much is dark because of it."""

    model_config = strict(broken="line-ash-brook", components=2, persons=4000)
    broken: str
    components: int
    persons: Persons


class CascadeNow(BaseModel):
    """Who is dark at an instant, and because of what."""

    model_config = strict(
        now_minute=30,
        at_minute=30,
        is_promise=False,
        waves=[],
        dark=[],
        causes=[{"broken": "line-ash-brook", "components": 2, "persons": 4000}],
        people=[],
        stuck=[],
    )
    now_minute: Minute
    at_minute: Minute
    is_promise: bool
    waves: list[WaveRow] = Field(
        description="How the shock, as it is known now, spread and spreads if left alone."
    )
    dark: list[DarkNow]
    causes: list[CauseNow]
    people: list[PeopleNow]
    stuck: list[list[str]] = Field(description="Loops of parts that wait for each other for ever.")


def checked(model: type[BaseModel], answer: dict[str, Any]) -> BaseModel:
    """Return an answer of a child as its model, which refuses what the model does not know."""
    return model.model_validate(answer)
