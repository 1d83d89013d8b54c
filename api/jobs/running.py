"""The part of a process that works: its children and its worker, from their start to their end."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from api.jobs.children import Children
from api.jobs.worker import Worker

if TYPE_CHECKING:
    from api.settings import Settings
    from api.store.database import Database


@asynccontextmanager
async def running_worker(
    settings: Settings,
    database: Database,
    *,
    spooled: Callable[[str], Awaitable[Path]],
    told: Callable[[str], None],
    role: str = "serve",
) -> AsyncIterator[Worker]:
    """Run a worker, and the children it needs, until the block ends.

    With the setting `worker` off it only hands jobs over, to workers elsewhere. Its name is that of the machine and
    the role: two workers on one machine need two roles.
    """
    children = Children()
    name = f"{socket.gethostname()}-{role}"
    await children.start()
    worker = Worker(settings, database, children, spooled, told, name, takes_work=settings.worker)
    try:
        await worker.start()
        yield worker
    finally:
        await worker.close()
        await children.close()
