"""What a what-if changes: one model for each kind of change, told apart by `kind`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from api.incidents.updates import Name, Text, Work, strict

MOST_VARIANTS = 12
MOST_CHANGES = 20
MOST_CREWS = 100
MOST_NAMED = 5000
MOST_MINUTE = 10_000_000

Names = Annotated[list[Name], Field(min_length=1, max_length=MOST_NAMED)]
Sector = Literal["power", "water", "gas", "telecom", "road"]


class MoreCrews(BaseModel):
    """Copies of a crew: with its skills, place, speed and shifts."""

    model_config = strict(kind="more_crews", like="red", count=2)
    kind: Literal["more_crews"]
    like: Name
    count: int = Field(1, ge=1, le=MOST_CREWS)


class MutualAid(BaseModel):
    """Copies of a crew that come later: so many minutes after time zero."""

    model_config = strict(kind="mutual_aid", like="red", count=2, arrives_minute=720)
    kind: Literal["mutual_aid"]
    like: Name
    count: int = Field(1, ge=1, le=MOST_CREWS)
    arrives_minute: int = Field(ge=0, le=MOST_MINUTE)
    leaves_minute: int | None = Field(None, ge=1, le=MOST_MINUTE)


class NewCrew(BaseModel):
    """A crew that is not there yet; it works round the clock."""

    model_config = strict(
        id="aid-1", skills=["power"], longitude=20.0, latitude=47.0, speed_kmh=40.0, arrives_minute=720
    )
    id: Name
    skills: Annotated[list[Name], Field(min_length=1, max_length=50)]
    longitude: float = Field(ge=-180, le=180)
    latitude: float = Field(ge=-90, le=90)
    speed_kmh: float = Field(30.0, gt=0, le=300)
    arrives_minute: int = Field(0, ge=0, le=MOST_MINUTE)
    leaves_minute: int | None = Field(None, ge=1, le=MOST_MINUTE)
    owner: Text = ""


class NewCrews(BaseModel):
    """Crews that are not there yet."""

    model_config = strict(
        kind="new_crews",
        crews=[
            {"id": "aid-1", "skills": ["power"], "longitude": 20.0, "latitude": 47.0, "arrives_minute": 720}
        ],
    )
    kind: Literal["new_crews"]
    crews: Annotated[list[NewCrew], Field(min_length=1, max_length=MOST_CREWS)]


class CrewGone(BaseModel):
    """Crews that leave now."""

    model_config = strict(kind="crew_gone", crews=["blue"])
    kind: Literal["crew_gone"]
    crews: Names


class ComponentFirst(BaseModel):
    """A job, or the repair of a component, that its crew does before all others."""

    model_config = strict(kind="component_first", component="cliff-substation")
    kind: Literal["component_first"]
    component: Name


class CustomerFirst(BaseModel):
    """A customer, such as a hospital, for whom the plan is made before anybody else; judged as all others are."""

    model_config = strict(kind="customer_first", customer="cliff")
    kind: Literal["customer_first"]
    customer: Name


class Damage(BaseModel):
    """Something broken."""

    model_config = strict(component="line-brook-cliff", minutes=60, skill="power")
    component: Name
    minutes: Work | None = None
    skill: Text = ""


class OtherDamage(BaseModel):
    """Damage besides what is known, or, before anything has happened, in its place."""

    model_config = strict(kind="other_damage", damage=[{"component": "line-brook-cliff", "minutes": 60}])
    kind: Literal["other_damage"]
    damage: Annotated[list[Damage], Field(max_length=MOST_NAMED)]
    instead: bool = Field(False, description="In place of what is known.")


class Unharmed(BaseModel):
    """Components that turn out to be whole."""

    model_config = strict(kind="unharmed", components=["main-brook-cliff"])
    kind: Literal["unharmed"]
    components: Names


class RoadClosedToo(BaseModel):
    """Road links that are closed from now on, for good."""

    model_config = strict(kind="road_closed", links=["bridge-3"])
    kind: Literal["road_closed"]
    links: Names


class ServiceRule(BaseModel):
    """Another rule for who is served in a sector."""

    model_config = strict(kind="service_rule", sector="water", rule="flow")
    kind: Literal["service_rule"]
    sector: Sector
    rule: Name


class Search(BaseModel):
    """Another method or budget; all variants have the base's otherwise."""

    model_config = strict(kind="search", method="nearest")
    kind: Literal["search"]
    method: Name | None = None
    evaluations: int | None = Field(None, ge=1, lt=2**40)
    seconds: float | None = Field(None, gt=0, le=600)


Change = Annotated[
    MoreCrews
    | MutualAid
    | NewCrews
    | CrewGone
    | ComponentFirst
    | CustomerFirst
    | OtherDamage
    | Unharmed
    | RoadClosedToo
    | ServiceRule
    | Search,
    Field(discriminator="kind"),
]


class Variant(BaseModel):
    """One what-if: a name and what is different."""

    model_config = strict(name="Two more crews", changes=[{"kind": "more_crews", "like": "red", "count": 2}])
    name: Annotated[Name, Field(max_length=100)]
    changes: Annotated[list[Change], Field(min_length=1, max_length=MOST_CHANGES)]


class Variants(BaseModel):
    """The what-ifs that are put side by side, beside the base."""

    model_config = strict(
        variants=[
            {
                "name": "Aid at noon",
                "changes": [{"kind": "mutual_aid", "like": "red", "arrives_minute": 360}],
            },
            {"name": "Cliff first", "changes": [{"kind": "customer_first", "customer": "cliff"}]},
        ]
    )
    variants: Annotated[list[Variant], Field(min_length=1, max_length=MOST_VARIANTS)]

    @model_validator(mode="after")
    def _names_differ(self) -> Variants:
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise ValueError("two variants have the same name; give each its own")
        return self
