"""API keys and tenants in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from api.access.caller import Caller
from api.access.keys import ApiKey, KeysKept
from api.store.tables import api_key, moment_of, now, tenant


def any_keys(connection: Connection) -> bool:
    """Tell whether a key was ever made; one that was taken back counts, or its end would open the service."""
    return connection.execute(select(api_key.c.id).limit(1)).first() is not None


def keys_kept(connection: Connection) -> KeysKept:
    """Return the keys that live, for a KeyRing."""
    rows = connection.execute(
        select(api_key).where(
            api_key.c.revoked_at.is_(None), or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > now())
        )
    )
    live = tuple(key_of(row) for row in rows)
    return KeysKept(live, ever_any=bool(live) or any_keys(connection))


def add(connection: Connection, key: ApiKey) -> None:
    """Keep a new key, and its tenant where this is the first one of it."""
    holder = key.caller
    if connection.execute(select(tenant.c.id).where(tenant.c.id == holder.tenant)).first() is None:
        connection.execute(insert(tenant).values(id=holder.tenant, name=holder.tenant, created_at=now()))
    connection.execute(
        insert(api_key).values(
            id=key.id,
            tenant=holder.tenant,
            name=holder.name,
            secret_sha256=key.secret_sha256,
            roles=sorted(holder.roles),
            sectors=None if holder.sectors is None else sorted(holder.sectors),
            owners=None if holder.owners is None else sorted(holder.owners),
            crew=holder.crew,
            created_at=moment_of(key.created_at),
            created_by=key.created_by,
            expires_at=None if holder.expires_at is None else moment_of(holder.expires_at),
            revoked_at=None,
        )
    )


def find(connection: Connection, tenant_id: str | None, key_id: str) -> Row[Any] | None:
    """Return a key of a tenant (None: of any); None where there is none."""
    here = api_key.c.id == key_id
    if tenant_id is not None:
        here &= api_key.c.tenant == tenant_id
    return connection.execute(select(api_key).where(here)).first()


def revoke(connection: Connection, tenant_id: str | None, key_id: str) -> Row[Any] | None:
    """Take a key back and return it; None where the tenant (None: any) has none. Taken back twice is taken back."""
    if find(connection, tenant_id, key_id) is not None:
        here = (api_key.c.id == key_id) & api_key.c.revoked_at.is_(None)
        connection.execute(update(api_key).where(here).values(revoked_at=now()))
    return find(connection, tenant_id, key_id)


def page(
    connection: Connection, tenant_id: str | None, after: tuple[str, str] | None, most: int
) -> Sequence[Row[Any]]:
    """Return keys of a tenant (None: of all) after the one of this (created_at, id), the oldest first."""
    query = select(api_key)
    if tenant_id is not None:
        query = query.where(api_key.c.tenant == tenant_id)
    if after is not None:
        created_at, key_id = after
        later = api_key.c.created_at > created_at
        query = query.where(later | ((api_key.c.created_at == created_at) & (api_key.c.id > key_id)))
    return connection.execute(query.order_by(api_key.c.created_at, api_key.c.id).limit(most)).all()


def key_of(row: Any) -> ApiKey:
    """Return the key that a row holds."""
    caller = Caller(
        tenant=row.tenant,
        id=f"key:{row.id}",
        name=row.name,
        roles=frozenset(row.roles),
        sectors=None if row.sectors is None else frozenset(row.sectors),
        owners=None if row.owners is None else frozenset(row.owners),
        crew=row.crew,
        expires_at=_instant(row.expires_at),
    )
    created_at = _instant(row.created_at) or datetime.now(UTC)
    return ApiKey(row.id, row.secret_sha256, caller, created_at, row.created_by, _instant(row.revoked_at))


def _instant(moment: str | None) -> datetime | None:
    return None if moment is None else datetime.fromisoformat(moment)
