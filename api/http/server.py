"""The server of `lifeline serve`: uvicorn, which looks for garbage when it is told to and stops without delay."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Callable

import uvicorn

SWITCH_SECONDS = 0.001
"""How long a thread waits for its turn: with Python's 5 ms those that read and write hold up the one that answers."""

YOUNG, OLDER, NEVER = 10_000, 20, 1_000_000
"""Objects, and collections of the younger, before garbage is looked for (Python's own: 700, 10, 10).

All of them are looked through once in TIDY_SECONDS instead of in the middle of a rush: that takes some 0.1 s.
"""

TIDY_SECONDS = 120.0


class Server(uvicorn.Server):
    """Serves until it is told to stop; then `on_stop` is called first, so that nobody waits for endless answers."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        """Take what uvicorn takes, and what ends the streams."""
        super().__init__(config)
        self._on_stop = on_stop
        self._tidying: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and set apart what is loaded by now: it stays."""
        sys.setswitchinterval(SWITCH_SECONDS)
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG, OLDER, NEVER)
        self._tidying = asyncio.create_task(_tidy())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        self._on_stop()
        if self._tidying is not None:
            self._tidying.cancel()
        await super().shutdown(sockets)


async def _tidy() -> None:
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        gc.collect()
