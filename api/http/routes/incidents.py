"""/v1/incidents: one event each, with its system, its damage, its crews and its log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AfterValidator, ConfigDict, Field
from sqlalchemy import Connection

from api.access.caller import Caller
from api.access.rights import Right
from api.http.parameters import IncidentId, Reader
from api.http.problems import Refusal
from api.http.routes.systems import require as require_system
from api.http.service import service_of
from api.http.shapes import (
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    Page,
    Sent,
    Told,
    answer_once,
    answered,
    cursor_of,
    etag_of,
    page_of,
    parts_of,
    revision_in,
)
from api.http.who import allowed
from api.incidents import updates
from api.store import incidents
from api.store.tables import moment_of

router = APIRouter(prefix="/v1/incidents", tags=["incidents"])

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"Moments outside are mistakes, and would not fit the minutes that plans count in."

MOST_ROWS = 20_000


def _in_range(moment: datetime) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError("must be between the years 1900 and 2200")
    return moment


Moment = Annotated[updates.Moment, AfterValidator(_in_range), Field(examples=["2026-11-23T06:00:00+08:00"])]
Cell = str | int | float | bool | None
Rows = Annotated[list[dict[str, Cell]], Field(max_length=MOST_ROWS)]


class IncidentTables(Sent):
    """Tables that replace those of the system; columns as in docs/data-format.md."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"damage": [{"component": "line_7", "repair_minutes": 240}]}]}
    )

    damage: Rows | None = Field(None, description="What is known to be broken at time zero.")
    crews: Rows | None = None
    shifts: Rows | None = None


class OpenIncident(Sent):
    """An incident to be opened."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Earthquake of 23 November", "system": "three_towns", "is_drill": False}]
        }
    )

    name: str = Field(min_length=1, max_length=200)
    system: str = Field(max_length=80, description="A system that was uploaded.")
    system_version: int | None = Field(None, ge=1, lt=2**31, description="The newest one, unless given.")
    started_at: Moment | None = Field(None, description="Its time zero; now, unless given.")
    is_drill: bool = Field(False, description="A drill is never dispatched.")
    replans: bool = Field(False, description="Whether a finished job starts a re-plan.")
    tables: IncidentTables = IncidentTables()


class ChangeIncident(Sent):
    """What is to be changed of an incident; what is absent stays. Whether it is a drill never changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"system_version": 2}]})

    name: str | None = Field(None, min_length=1, max_length=200)
    system_version: int | None = Field(None, ge=1, lt=2**31, description="Move it to a corrected version.")
    is_closed: bool | None = None
    replans: bool | None = None
    tables: IncidentTables | None = None


class IncidentTold(Told):
    """An incident."""

    id: str = Field(examples=["5f1d7a84c0ffee00"])
    name: str = Field(examples=["Earthquake of 23 November"])
    system: str = Field(examples=["three_towns"])
    system_version: int = Field(examples=[1])
    started_at: str = Field(description="Time zero.", examples=["2026-11-22T22:00:00.000Z"])
    is_drill: bool
    is_closed: bool
    replans: bool
    rows: dict[str, int] = Field(
        description="Rows that replace the system's own; empty for who sees some sectors or owners only.",
        examples=[{"damage": 12}],
    )
    revision: int = Field(description="Its ETag.", examples=[1])
    last_seq: int = Field(description="Number of the last event of its log.", examples=[1])
    created_at: str = Field(examples=["2026-11-22T22:03:00.000Z"])
    created_by: str = Field(examples=["local"])


def told(row: Any, caller: Caller | None = None) -> IncidentTold:
    """Return an incident as it is answered to this caller; None may see all."""
    tables = {} if caller is not None and caller.is_limited else row.tables
    return IncidentTold(
        id=row.id,
        name=row.name,
        system=row.system,
        system_version=row.system_version,
        started_at=row.started_at,
        is_drill=row.is_drill,
        is_closed=row.is_closed,
        replans=row.replans,
        rows={name: len(rows) for name, rows in tables.items()},
        revision=row.revision,
        last_seq=row.last_seq,
        created_at=row.created_at,
        created_by=row.created_by,
    )


def started_of(started_at: datetime | None) -> str:
    """Return a time zero as it is stored, at a whole minute: this one, unless given."""
    return moment_of((started_at or datetime.now(UTC)).replace(second=0, microsecond=0))


@router.post("", status_code=201, response_model=IncidentTold)
async def open_one(
    request: Request,
    sent: OpenIncident,
    caller: Annotated[Caller, Depends(allowed(Right.manage_incidents))],
    key: IdempotencyKey = None,
) -> Response:
    """Open an incident on a system; its damage and crews are those of the system unless tables are sent."""
    system = await require_system(request, caller, sent.system, sent.system_version)
    tables = sent.tables.model_dump(exclude_none=True)
    await check_tables(request, system.sha256, tables)

    def act(connection: Connection) -> Any:
        row = incidents.open_incident(
            connection,
            caller.tenant,
            caller.id,
            {
                "name": sent.name,
                "system": system.name,
                "system_version": system.version,
                "started_at": started_of(sent.started_at),
                "is_drill": sent.is_drill,
                "replans": sent.replans,
                "tables": tables,
            },
        )
        return answered(201, told(row), Location=f"/v1/incidents/{row.id}", ETag=etag_of(row.revision))

    service = service_of(request)
    # Somebody will ask for its picture or a plan next: the children to come have it read by then.
    service.children.keep(str(await service.spooled(system.sha256)))
    return await answer_once(request, caller, key, act)


@router.get("", response_model_exclude_none=True)
async def list_all(
    request: Request,
    caller: Reader,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[IncidentTold]:
    """List the incidents, the newest first."""
    after = parts_of(cursor, str, str)
    rows = await service_of(request).database.look(
        lambda connection: incidents.page(connection, caller.tenant, after, limit + 1)
    )
    return page_of(rows, limit, lambda row: told(row, caller), lambda row: cursor_of(row.created_at, row.id))


@router.get("/{incident}")
async def tell(
    request: Request,
    response: Response,
    incident: IncidentId,
    caller: Reader,
) -> IncidentTold:
    """Tell of an incident."""
    row = await service_of(request).incident(caller.tenant, incident)
    response.headers["ETag"] = etag_of(row.revision)
    return told(row, caller)


@router.patch("/{incident}", response_model=IncidentTold)
async def change(
    request: Request,
    incident: IncidentId,
    sent: ChangeIncident,
    caller: Annotated[Caller, Depends(allowed(Right.manage_incidents))],
    if_match: IfMatch = None,
) -> Response:
    """Change an incident that is still as you read it; its plans are stale then."""
    service = service_of(request)
    row = await service.incident(caller.tenant, incident)
    revision = revision_in(if_match)
    values = sent.model_dump(exclude_none=True)
    version = values.get("system_version", row.system_version)
    tables = values.get("tables", row.tables)
    if "system_version" in values or "tables" in values:
        system = await require_system(request, caller, row.system, version)
        await check_tables(request, system.sha256, tables)
    changed = await service.database.write(
        lambda connection: incidents.change(connection, caller.tenant, incident, revision, caller.id, values)
    )
    if changed is None:
        raise Refusal(
            412, "stale", f"Incident {incident} is at revision {row.revision}, not {revision}; read it again."
        )
    service.lately.pop((caller.tenant, incident), None)
    service.streams.tell(incident)
    content = answered(200, told(changed))
    return Response(content.body, headers={"ETag": etag_of(changed.revision)}, media_type="application/json")


async def check_tables(request: Request, sha256: str, tables: dict[str, Any]) -> None:
    """Refuse tables that make no problem with their system."""
    service = service_of(request)
    if tables:
        path = await service.spooled(sha256)
        await service.ask("api.jobs.intake:check_tables", {"file": str(path), "tables": tables})
