"""/v1/audit: who did what in this tenant, for its admins."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from api.access.audit import Action, Entry
from api.access.audit_table import as_json, rows_of
from api.access.caller import Caller
from api.access.rights import Right
from api.http.door import door_of
from api.http.service import service_of
from api.http.shapes import Cursor, Limit, Page, Told, cursor_of, page_of, parts_of
from api.http.who import allowed

router = APIRouter(prefix="/v1/audit", tags=["audit"])


class AuditTold(Told):
    """One row of the audit. Its hash follows from the row before, which may be another tenant's."""

    number: int = Field(examples=[17])
    at: str = Field(examples=["2026-11-23T06:00:00.000Z"])
    tenant: str = Field(examples=["east"])
    who: str = Field(examples=["key:0123456789ab"])
    action: str = Field(examples=["approve"])
    target: str = Field(examples=["/v1/incidents/5f1d7a84c0ffee00/plans/3"])
    details: dict[str, Any]
    previous: str = Field(description="Hash of the row before.")
    hash: str


@router.get("")
async def list_all(
    request: Request,
    caller: Annotated[Caller, Depends(allowed(Right.read_audit))],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AuditTold]:
    """List what was written down about this tenant, the first row first. Reading it is written down too."""
    after = (parts_of(cursor, int) or (0,))[0]
    rows = await service_of(request).database.look(
        lambda connection: rows_of(connection, caller.tenant, after, limit + 1)
    )
    if cursor is None:
        await door_of(request).audit.write(Entry(caller.tenant, caller.id, Action.EXPORT, "audit"))
    return page_of(rows, limit, lambda row: AuditTold(**as_json(row)), lambda row: cursor_of(row.number))
