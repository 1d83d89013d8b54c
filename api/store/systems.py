"""Systems in the database: named, numbered versions of an inventory, kept as the zip that `write_system` makes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from api.store.tables import blob, now, system


def add_version(
    connection: Connection,
    tenant: str,
    name: str,
    data: bytes,
    summary: Mapping[str, Any],
    who: str,
) -> Row[Any]:
    """Add a version of a system and return its row; the same bytes as the newest version's add nothing."""
    sha256 = hashlib.sha256(data).hexdigest()
    newest = find(connection, tenant, name, None)
    if newest is not None and newest.sha256 == sha256:
        return newest
    if connection.execute(select(blob.c.sha256).where(blob.c.sha256 == sha256)).first() is None:
        connection.execute(insert(blob).values(sha256=sha256, size=len(data), data=data))
    version = 1 if newest is None else newest.version + 1
    row = {
        "tenant": tenant,
        "name": name,
        "version": version,
        "sha256": sha256,
        "summary": dict(summary),
        "created_at": now(),
        "created_by": who,
    }
    connection.execute(insert(system).values(row))
    added = find(connection, tenant, name, version)
    assert added is not None  # noqa: S101 - it was inserted above, in the same transaction
    return added


def find(connection: Connection, tenant: str, name: str, version: int | None) -> Row[Any] | None:
    """Return a version of a system, the newest without a number; None where there is none of this tenant's."""
    query = select(system).where(system.c.tenant == tenant, system.c.name == name)
    if version is not None:
        query = query.where(system.c.version == version)
    return connection.execute(query.order_by(system.c.version.desc()).limit(1)).first()


def newest_of_each(connection: Connection, tenant: str, after: str, most: int) -> Sequence[Row[Any]]:
    """Return the newest version of each system of a tenant whose name comes after `after`, in order of name."""
    newest = (
        select(system.c.name, func.max(system.c.version).label("version"))
        .where(system.c.tenant == tenant, system.c.name > after)
        .group_by(system.c.name)
        .order_by(system.c.name)
        .limit(most)
        .subquery()
    )
    query = (
        select(system)
        .join(newest, (system.c.name == newest.c.name) & (system.c.version == newest.c.version))
        .where(system.c.tenant == tenant)
        .order_by(system.c.name)
    )
    return connection.execute(query).all()


def versions_of(connection: Connection, tenant: str, name: str, after: int, most: int) -> Sequence[Row[Any]]:
    """Return the versions of a system with numbers above `after`, in order."""
    query = (
        select(system)
        .where(system.c.tenant == tenant, system.c.name == name, system.c.version > after)
        .order_by(system.c.version)
        .limit(most)
    )
    return connection.execute(query).all()


def bytes_of(connection: Connection, sha256: str) -> bytes:
    """Return the zip of a system by its fingerprint."""
    data: bytes = connection.execute(select(blob.c.data).where(blob.c.sha256 == sha256)).scalar_one()
    return bytes(data)
