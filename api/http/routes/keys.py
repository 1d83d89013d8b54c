"""/v1/keys: API keys of the tenant, made, listed and taken back by its admins."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from api.access import key_table
from api.access.audit import Action, Entry
from api.access.audit_table import record
from api.access.caller import Caller
from api.access.keys import ApiKey, make_key
from api.access.rights import Right, Role
from api.http.door import door_of
from api.http.problems import not_found
from api.http.routes.incidents import Moment
from api.http.service import service_of
from api.http.shapes import (
    Cursor,
    IdempotencyKey,
    Limit,
    Page,
    Sent,
    Told,
    answer_once,
    answered,
    cursor_of,
    page_of,
    parts_of,
)
from api.http.who import allowed
from api.store.once import Answered
from lifeline.tables import SECTORS

router = APIRouter(prefix="/v1/keys", tags=["keys"])

KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$", examples=["0123456789ab"])]
Admin = Annotated[Caller, Depends(allowed(Right.manage_keys))]
Name = Annotated[str, Field(min_length=1, max_length=80)]
RoleName = Annotated[str, Field(pattern=f"^({'|'.join(Role)})$", examples=["dispatcher"])]
SectorName = Annotated[str, Field(pattern=f"^({'|'.join(SECTORS)})$", examples=["power"])]


class NewKey(Sent):
    """A key to be made. A crew's ends within 24 hours, and at the latest then if nothing is said."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "control room, desk 2", "roles": ["dispatcher"]}]}
    )

    name: Name
    roles: list[RoleName] = Field(min_length=1, max_length=len(Role))
    sectors: list[SectorName] | None = Field(
        None, max_length=20, description="Limit to sectors; absent: none."
    )
    owners: list[Name] | None = Field(None, max_length=100, description="Limit to owners; absent: none.")
    crew: Name | None = Field(None, description="The crew that a key of role crew speaks for.")
    expires_at: Moment | None = Field(None, description="When it ends by itself; absent: never.")


class KeyTold(Told):
    """A key, without its secret, which is kept nowhere."""

    id: str = Field(examples=["0123456789ab"])
    name: str = Field(examples=["control room, desk 2"])
    roles: list[str] = Field(examples=[["dispatcher"]])
    sectors: list[str] | None = None
    owners: list[str] | None = None
    crew: str | None = None
    created_at: str = Field(examples=["2026-11-23T06:00:00.000Z"])
    created_by: str = Field(examples=["key:fedcba987654"])
    expires_at: str | None = None
    revoked_at: str | None = None


class KeyShown(KeyTold):
    """A new key with its text, shown this once."""

    key: str | None = Field(
        None, examples=["llk_0123456789ab_…"], description="Hand it over; absent in a repeated answer."
    )


def told(row: Any) -> KeyTold:
    """Return a key as it is answered."""
    return KeyTold(**{name: getattr(row, name) for name in KeyTold.model_fields})


@router.post("", status_code=201, response_model=KeyShown)
async def create(request: Request, sent: NewKey, caller: Admin, key: IdempotencyKey = None) -> Response:
    """Make a key for this tenant. Its text is in this answer and never again, also not in a repeated one."""
    new, shown = make_key(
        tenant=caller.tenant, created_by=caller.id, now=datetime.now(UTC), **sent.model_dump()
    )

    def act(connection: Connection) -> Answered:
        key_table.add(connection, new)
        record(connection, entry_of(Action.KEY_CREATED, new, caller))
        row = key_table.find(connection, caller.tenant, new.id)
        # What is kept for a repeat is this, without the text.
        return answered(201, told(row), Location=f"/v1/keys/{new.id}")

    response = await answer_once(request, caller, key, act)
    await settle(request)
    response.headers["Cache-Control"] = "no-store"
    if "Idempotency-Replayed" in response.headers:
        return response
    location = {name: response.headers[name] for name in ("Location", "Cache-Control")}
    return JSONResponse({**json.loads(bytes(response.body)), "key": shown}, 201, location)


@router.get("", response_model_exclude_none=True)
async def list_all(
    request: Request, caller: Admin, limit: Limit = 100, cursor: Cursor = None
) -> Page[KeyTold]:
    """List the tenant's keys, those taken back too, the oldest first."""
    after = parts_of(cursor, str, str)
    rows = await service_of(request).database.look(
        lambda connection: key_table.page(connection, caller.tenant, after, limit + 1)
    )
    return page_of(rows, limit, told, lambda row: cursor_of(row.created_at, row.id))


@router.delete("/{key}", response_model_exclude_none=True)
async def revoke(request: Request, key: KeyId, caller: Admin) -> KeyTold:
    """Take a key back: refused from now on here, within five seconds everywhere, open streams included."""

    def act(connection: Connection) -> Any:
        row = key_table.revoke(connection, caller.tenant, key)
        if row is not None:
            record(connection, entry_of(Action.KEY_REVOKED, key_table.key_of(row), caller))
        return row

    row = await service_of(request).database.write(act)
    if row is None:
        raise not_found("key", key)
    await settle(request)
    return told(row)


def entry_of(action: Action, key: ApiKey, caller: Caller) -> Entry:
    """Return what the audit says of a key that was made or taken back."""
    details = {"name": key.caller.name, "roles": " ".join(sorted(key.caller.roles))}
    return Entry(caller.tenant, caller.id, action, f"key:{key.id}", details)


async def settle(request: Request) -> None:
    """Have the change known in this process, and the audit anchored."""
    door = door_of(request)
    door.ring.forget()
    await door.audit.anchor()
