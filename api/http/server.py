"""The server of `lifeline serve`: uvicorn, which looks for garbage when it is told to and stops without delay."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.http.answerers import Answerers
    from api.settings import Settings

SWITCH_SECONDS = 0.001
"""How long a thread waits for its turn: with Python's 5 ms those that read and write hold up the one that answers."""

YOUNG, OLDER, NEVER = 10_000, 20, 1_000_000
"""Objects, and collections of the younger, before garbage is looked for (Python's own: 700, 10, 10).

All of them are looked through once in TIDY_SECONDS instead of in the middle of a rush: that takes some 0.1 s.
"""

TIDY_SECONDS = 120.0


class Server(uvicorn.Server):
    """Serves until it is told to stop; then `on_stop` is called first, so that nobody waits for endless answers.

    `on_start` is called when it listens. `others` answer beside it: they are started then, and stop when it does.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        on_stop: Callable[[], None],
        on_start: Callable[[], None] | None = None,
        others: Answerers | None = None,
    ) -> None:
        """Take what uvicorn takes, what ends the streams, who wants to know that it listens, and the others."""
        super().__init__(config)
        self._on_stop, self._on_start, self._others = on_stop, on_start, others
        self._tidying: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and set apart what is loaded by now: it stays."""
        sys.setswitchinterval(SWITCH_SECONDS)
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG, OLDER, NEVER)
        self._tidying = asyncio.create_task(_tidy())
        if self._on_start is not None:
            self._on_start()
        if self._others is not None:
            self._others.start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, all at the same time."""
        if self._others is not None:
            self._others.stop()
        self._on_stop()
        if self._tidying is not None:
            self._tidying.cancel()
        await super().shutdown(sockets)
        if self._others is not None:
            await self._others.ended()


def server_of(
    app: FastAPI,
    settings: Settings,
    *,
    on_start: Callable[[], None] | None = None,
    others: Answerers | None = None,
) -> Server:
    """Return the server of a service, with the limits that its settings ask for."""
    from api.http.limits.connections import ConnectionLimits, uvicorn_options

    limits = ConnectionLimits(header_seconds=settings.header_seconds, most=settings.most_connections)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        timeout_graceful_shutdown=5,
        **uvicorn_options(limits),
    )
    return Server(config, lambda: app.state.service.streams.close(), on_start, others)


async def _tidy() -> None:
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        gc.collect()
