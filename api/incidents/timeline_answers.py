"""What the timeline of an incident answers: columns and change events, minutes from time zero, whole persons."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.incidents.picture_answers import Minute, Persons, State, Undoable

Point = Annotated[list[int], Field(min_length=2, max_length=2)]
Points = Annotated[
    list[Point],
    Field(
        description="[minute, value from then on], the first at minute 0.", examples=[[[0, 3000], [60, 0]]]
    ),
]
Number = Annotated[int, Field(ge=0)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ComponentColumns(_Answer):
    """All components in order of id, column by column."""

    id: list[str] = Field(examples=[["line-ash-brook"]])
    sector: list[str]
    kind: list[str]
    owner: list[str]
    longitude: list[float | None] = Field(description="WGS84; of a link, halfway between its ends.")
    latitude: list[float | None]
    from_: list[Number | None] = Field(
        alias="from", description="Of a link, the number of the node it begins at."
    )
    to: list[Number | None]
    state: list[Number] = Field(description="At minute 0, after the shock: its place in `states`.")


class ChangeColumns(_Answer):
    """Changes of state in order of time, column by column."""

    minute: list[Minute]
    component: list[Number] = Field(description="Its place in the columns of components.")
    state: list[Number]


class ServiceCurve(_Answer):
    """People without a service who had it before."""

    service: str
    persons: Persons = Field(description="Who had it before the shock.")
    points: Points


class DistrictTimeline(_Answer):
    """A district: `points` count each person once who lacks at least one service."""

    district: str
    persons: Persons
    points: Points
    services: list[ServiceCurve]


class LackedService(_Answer):
    """When a facility lacks a service: points of 0 and 1."""

    service: str
    points: Points


class FacilityBuffer(_Answer):
    """A buffer: it drains while `provided` is 0, for `minutes` in all."""

    group: str
    minutes: Minute
    provided: Points


class ComponentBuffer(FacilityBuffer):
    """A buffer of a component that is no facility."""

    component: str


class FacilityTimeline(_Answer):
    """A critical customer or facility."""

    customer: str
    name: str
    kind: str
    district: str
    persons: Persons
    lacks: list[LackedService]
    up: Points | None = Field(
        description="1 while it is up; null for a customer that is only marked critical."
    )
    buffers: list[FacilityBuffer]


class TimelineVisit(_Answer):
    """A crew's visit."""

    job: str
    component: str
    depart: Minute
    arrive: Minute
    start: Minute
    finish: Minute
    longitude: float | None
    latitude: float | None
    accepted_minute: Minute | None = Field(
        None, description="When the crew said that it takes the job; null: it did not."
    )


class CrewTimeline(_Answer):
    """A crew, where it starts, and its visits in order."""

    crew: str
    owner: str
    skills: list[str]
    longitude: float | None
    latitude: float | None
    visits: list[TimelineVisit]


class CustomerColumns(_Answer):
    """All customers, column by column."""

    id: list[str]
    name: list[str]
    kind: list[str]
    district: list[str]
    persons: list[Persons]
    critical: list[bool]


class SupplyColumns(_Answer):
    """Which node serves which customer, column by column."""

    customer: list[Number] = Field(description="Its place in the columns of customers.")
    service: list[str]
    node: list[str]


class Timeline(_Answer):
    """An incident from the shock to the end of the plan: before now as reported, after now as the plan promises."""

    started_at: str = Field(description="Local time of minute 0.", examples=["2026-03-02T06:00:00+00:00"])
    now_minute: Minute = Field(description="Up to when it is as reported.")
    last_change_minute: Minute
    end_minute: Minute = Field(description="Where a slider ends: a little after the last change.")
    states: list[State]
    components: ComponentColumns
    changes: ChangeColumns
    curves: list[ServiceCurve]
    districts: list[DistrictTimeline]
    facilities: list[FacilityTimeline]
    buffers: list[ComponentBuffer] = Field(
        description="Those of other components, as far as they ever drain."
    )
    crews: list[CrewTimeline]
    unassignable: list[Undoable]
    customers: CustomerColumns
    supplies: SupplyColumns
