"""The part of a process that works: its worker and the children it has, from their start to their end."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from api.jobs.worker import Worker

if TYPE_CHECKING:
    from api.jobs.children import Children
    from api.settings import Settings
    from api.store.database import Database


@asynccontextmanager
async def warm(children: Children, settings: Settings) -> AsyncIterator[None]:
    """Keep a warm host for the children until the block ends, unless the settings say otherwise."""
    try:
        if settings.is_warm:
            await children.start()
        yield
    finally:
        await children.close()


@asynccontextmanager
async def working(
    settings: Settings,
    database: Database,
    children: Children,
    *,
    spooled: Callable[[str], Awaitable[Path]],
    told: Callable[[str | None], None],
    role: str = "serve",
) -> AsyncIterator[Worker]:
    """Run a worker until the block ends.

    With SQLite there is one, and it finds its work again wherever it is started. On PostgreSQL each machine and role
    has one.
    """
    name = role if settings.is_sqlite else f"{socket.gethostname()}-{role}"
    worker = Worker(settings, database, children, spooled, told, name)
    try:
        await worker.start()
        yield worker
    finally:
        await worker.close()
