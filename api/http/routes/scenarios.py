"""/v1/scenarios: the library's stories, each of which can be loaded as an incident."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from api.access.caller import Caller
from api.access.rights import Right
from api.http.problems import not_found
from api.http.routes.incidents import IncidentTold, Moment, started_of
from api.http.routes.incidents import told as incident_told
from api.http.service import service_of
from api.http.shapes import IdempotencyKey, Page, Sent, Told, answer_once, answered, etag_of
from api.http.who import allowed
from api.store import incidents, systems

router = APIRouter(prefix="/v1/scenarios", tags=["scenarios"])

ScenarioName = Annotated[str, Path(max_length=80, examples=["three_towns"])]


class ScenarioTold(Told):
    """A story of the library."""

    name: str = Field(examples=["three_towns"])
    story: str = Field(examples=["An earthquake breaks the river crossing between three towns."])


class ScenarioTalk(ScenarioTold):
    """A story with its whole text."""

    readme: str = Field(description="Markdown.", examples=["# Three towns"])


class LoadScenario(Sent):
    """How a scenario is to be loaded; it is a drill unless said otherwise."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Tuesday's drill", "is_drill": True}]})

    name: str | None = Field(None, min_length=1, max_length=200, description="Instead of the scenario's own.")
    started_at: Moment | None = Field(None, description="Its time zero; now, unless given.")
    is_drill: bool = True


@router.get("")
async def list_all(caller: Annotated[Caller, Depends(allowed(Right.read_systems))]) -> Page[ScenarioTold]:
    """List the scenarios of the library, in order of name."""
    from scenarios.scenario import list_scenarios

    return Page(items=[ScenarioTold(name=one.name, story=one.story.strip()) for one in list_scenarios()])


@router.get("/{name}")
async def tell(
    name: ScenarioName, caller: Annotated[Caller, Depends(allowed(Right.read_systems))]
) -> ScenarioTalk:
    """Tell a scenario's whole story."""
    one = _scenario(name)
    return ScenarioTalk(name=one.name, story=one.story.strip(), readme=one.readme)


@router.post("/{name}/incidents", status_code=201, response_model=IncidentTold)
async def load(
    request: Request,
    name: ScenarioName,
    sent: LoadScenario,
    caller: Annotated[Caller, Depends(allowed(Right.manage_incidents))],
    key: IdempotencyKey = None,
) -> Response:
    """Load a scenario as an incident: its system is taken in, its damage and crews are those of the incident."""
    service = service_of(request)
    one = _scenario(name)
    taken = await service.ask(
        "api.jobs.intake:take_in",
        {"scenario": one.name, "spool": str(service.settings.spool), "ticket": secrets.token_hex(8)},
    )
    path = await service.spooled(taken["sha256"])
    service.children.keep(str(path))
    data = path.read_bytes()

    def act(connection: Connection) -> Any:
        system = systems.add_version(connection, caller.tenant, one.name, data, taken["summary"], caller.id)
        row = incidents.open_incident(
            connection,
            caller.tenant,
            caller.id,
            {
                "name": sent.name or one.name,
                "system": system.name,
                "system_version": system.version,
                "started_at": started_of(sent.started_at),
                "is_drill": sent.is_drill,
                "replans": False,
                "tables": {},
            },
        )
        return answered(
            201, incident_told(row), Location=f"/v1/incidents/{row.id}", ETag=etag_of(row.revision)
        )

    return await answer_once(request, caller, key, act)


def _scenario(name: str) -> Any:
    from scenarios.scenario import list_scenarios

    for one in list_scenarios():
        if one.name == name:
            return one
    raise not_found("scenario", name)
