"""/v1/systems: inventories of networks, taken in whole, in versions that never change."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as InPath
from pydantic import Field
from sqlalchemy import Connection

from api.access.audit import Action, Entry
from api.access.caller import Caller
from api.access.rights import Right
from api.http.door import door_of
from api.http.problems import Refusal, not_found
from api.http.service import service_of
from api.http.shapes import (
    Cursor,
    IdempotencyKey,
    Limit,
    Page,
    Told,
    answer_once,
    answered,
    cursor_of,
    page_of,
    parts_of,
)
from api.http.who import allowed
from api.jobs.intake import ENDINGS
from api.store import systems

router = APIRouter(prefix="/v1/systems", tags=["systems"])

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$"
SystemName = Annotated[str, InPath(pattern=NAME, examples=["three_towns"])]
SystemVersion = Annotated[int, InPath(ge=1, lt=2**31)]


class SystemSummary(Told):
    """What is in a system."""

    name: str = Field(examples=["three_towns"])
    start: str = Field(description="Time zero of its own settings.", examples=["2026-03-01T06:00:00+08:00"])
    timezone: str = Field(examples=["Asia/Shanghai"])
    rows: dict[str, int] = Field(description="Rows of each table.", examples=[{"nodes": 31, "links": 40}])
    sectors: list[str] = Field(examples=[["power", "road", "water"]])
    services: list[str] = Field(examples=[["power", "water"]])
    persons: int = Field(description="People in its customers.", examples=[21000])
    rules: dict[str, str] = Field(
        description="Service rule of each sector.", examples=[{"power": "connectivity"}]
    )


class SystemTold(Told):
    """One version of a system."""

    name: str = Field(examples=["three_towns"])
    version: int = Field(examples=[1])
    sha256: str = Field(description="Of the zip that `/file` gives.", examples=["9f86d081884c7d65"])
    summary: SystemSummary
    created_at: str = Field(examples=["2026-11-23T06:00:00.000Z"])
    created_by: str = Field(examples=["local"])


def told(row: Any) -> SystemTold:
    """Return a version of a system as it is answered."""
    return SystemTold(
        name=row.name,
        version=row.version,
        sha256=row.sha256,
        summary=SystemSummary(**row.summary),
        created_at=row.created_at,
        created_by=row.created_by,
    )


@router.post(
    "",
    status_code=201,
    response_model=SystemTold,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in ENDINGS},
        }
    },
)
async def upload(
    request: Request,
    caller: Annotated[Caller, Depends(allowed(Right.write_systems))],
    key: IdempotencyKey = None,
    name: Annotated[
        str | None, Query(pattern=NAME, description="Instead of the name in its settings.")
    ] = None,
) -> Response:
    """Take in a system: a zip of CSV and system.toml, a JSON, or a GeoPackage. It is checked whole or refused."""
    service = service_of(request)
    media = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media not in ENDINGS:
        raise Refusal(415, "invalid-input", f"Content-Type {media[:60]!r} is none of {', '.join(ENDINGS)}.")
    spool = service.settings.spool
    spool.mkdir(parents=True, exist_ok=True)
    ticket = secrets.token_hex(8)
    sent = spool / f"sent-{ticket}{ENDINGS[media]}"
    try:
        body_sha256 = await _put_down(request, sent)
        taken = await service.ask(
            "api.jobs.intake:take_in", {"file": str(sent), "spool": str(spool), "ticket": ticket}
        )
    finally:
        sent.unlink(missing_ok=True)
    data = (spool / f"{taken['sha256']}.zip").read_bytes()
    chosen = name or _as_name(taken["name"])

    def act(connection: Connection) -> Any:
        row = systems.add_version(connection, caller.tenant, chosen, data, taken["summary"], caller.id)
        return answered(201, told(row), Location=f"/v1/systems/{row.name}/versions/{row.version}")

    return await answer_once(request, caller, key, act, body=body_sha256)


@router.get("", response_model_exclude_none=True)
async def list_systems(
    request: Request,
    caller: Annotated[Caller, Depends(allowed(Right.read_systems))],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[SystemTold]:
    """List the newest version of each system, in order of name."""
    after = (parts_of(cursor, str) or ("",))[0]
    rows = await service_of(request).database.read(
        lambda connection: systems.newest_of_each(connection, caller.tenant, after, limit + 1)
    )
    return page_of(rows, limit, told, lambda row: cursor_of(row.name))


@router.get("/{name}")
async def newest(
    request: Request, name: SystemName, caller: Annotated[Caller, Depends(allowed(Right.read_systems))]
) -> SystemTold:
    """Tell of the newest version of a system."""
    return told(await require(request, caller, name, None))


@router.get("/{name}/versions", response_model_exclude_none=True)
async def list_versions(
    request: Request,
    name: SystemName,
    caller: Annotated[Caller, Depends(allowed(Right.read_systems))],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[SystemTold]:
    """List the versions of a system, the first one first."""
    await require(request, caller, name, None)
    after = min((parts_of(cursor, int) or (0,))[0], 2**31 - 1)
    rows = await service_of(request).database.read(
        lambda connection: systems.versions_of(connection, caller.tenant, name, after, limit + 1)
    )
    return page_of(rows, limit, told, lambda row: cursor_of(row.version))


@router.get("/{name}/versions/{version}")
async def one_version(
    request: Request,
    name: SystemName,
    version: SystemVersion,
    caller: Annotated[Caller, Depends(allowed(Right.read_systems))],
) -> SystemTold:
    """Tell of one version of a system."""
    return told(await require(request, caller, name, version))


@router.get(
    "/{name}/versions/{version}/file",
    response_class=Response,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def download(
    request: Request,
    name: SystemName,
    version: SystemVersion,
    caller: Annotated[Caller, Depends(allowed(Right.read_systems))],
) -> Response:
    """Give a version of a system back, as a zip of CSV and system.toml."""
    row = await require(request, caller, name, version)
    data = await service_of(request).database.read(
        lambda connection: systems.bytes_of(connection, row.sha256)
    )
    # The whole inventory of a city's networks leaves the house here.
    target = f"system {row.name}, version {row.version}"
    await door_of(request).audit.write(Entry(caller.tenant, caller.id, Action.EXPORT, target))
    headers = {
        "ETag": f'"{row.sha256}"',
        "Content-Disposition": f'attachment; filename="{row.name}-{row.version}.zip"',
    }
    return Response(data, headers=headers, media_type="application/zip")


async def require(request: Request, caller: Caller, name: str, version: int | None) -> Any:
    """Return the row of a version of a system, the newest without a number; 404 where there is none."""
    row = await service_of(request).database.look(
        lambda connection: systems.find(connection, caller.tenant, name, version)
    )
    if row is None:
        raise not_found("system", name if version is None else f"{name} version {version}")
    return row


async def _put_down(request: Request, file: Path) -> bytes:
    """Write a body to disk as it comes, so that large ones are never in memory whole, and return its SHA-256."""
    digest = hashlib.sha256()
    with open(file, "wb") as out:
        async for chunk in request.stream():
            digest.update(chunk)
            out.write(chunk)
    return digest.digest()


def _as_name(text: str) -> str:
    """Return a name that can stand in a URL."""
    kept = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "_.-") else "_" for letter in text
    )
    return kept.strip("_.-")[:80] or "system"
