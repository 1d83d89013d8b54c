"""The processes that answer beside the first: started by it, replaced when they die, stopped with it.

One Python process answers on one core only. With `lifeline serve --processes N` the first process is the service as it
is alone, its worker included; N - 1 more (`api/http/answerer.py`) listen on the same port and share the database. They
have no worker: a job that is asked for there is told to the first by a line, which is also how either notices that the
other is gone. The kernel kills them when the first dies, whatever it dies of.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.http.answerer import LISTENS, MOST_PACKET_BYTES
from api.http.sockets import Address

if TYPE_CHECKING:
    from api.http.service import Service
    from api.settings import Settings

LEAST_REST_SECONDS, MOST_REST_SECONDS = 0.2, 10.0
"Between the death of one and the next in its place; doubled each time it dies before it listens."

STOP_SECONDS = 8.0
"One that is told to stop ends its answers within five; after so many it is killed."

WARMING_SECONDS = 300.0
"A machine's first start compiles all loops, for two to three minutes; two at once would both do all of it."

LOG = logging.getLogger("lifeline.answerers")


@dataclass
class Answerers:
    """All of them. `start` them in the event loop of the first process, and in its main thread: they die with that.

    `service` is what the first process holds once it runs.
    """

    settings: Settings
    addresses: Sequence[Address]
    service: Callable[[], Service]
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Start them as soon as the first has warmed up: until then they would only hold that up."""
        for number in range(2, self.settings.processes + 1):
            self._keepers.append(asyncio.create_task(self._keep(number)))

    def stop(self) -> None:
        """Tell all to stop."""
        for keeper in self._keepers:
            keeper.cancel()

    async def ended(self) -> None:
        """Wait until all have ended."""
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def _keep(self, number: int) -> None:
        """Have a process in this place until the first one stops."""
        await self._first_is_warm()
        rest = LEAST_REST_SECONDS
        while True:
            answerer = Answerer.started(number, self.settings, self.addresses)
            try:
                has_listened = await answerer.followed(self.service().wake_worker)
            finally:
                await answerer.end()
            rest = LEAST_REST_SECONDS if has_listened else min(2 * rest, MOST_REST_SECONDS)
            LOG.error(
                "Process %s of the service has ended (%s); it is started anew.", number, answerer.status
            )
            await asyncio.sleep(rest)

    async def _first_is_warm(self) -> None:
        if self.settings.is_warm:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.service().children.is_warm.wait(), WARMING_SECONDS)


@dataclass
class Answerer:
    """One of them, and the line to it."""

    process: subprocess.Popen[bytes]
    line: socket.socket

    @classmethod
    def started(cls, number: int, settings: Settings, addresses: Sequence[Address]) -> Answerer:
        """Start one, and tell it what it is to be; its settings may hold a password, and are in no command line."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
            # A process group of its own, so that Ctrl-C in a terminal is the first one's alone; of the same session,
            # as the scheduler shares the machine out by these.
            process = subprocess.Popen(  # noqa: S603 - this Python, and a module of ours
                [sys.executable, "-m", "api.http.answerer", str(theirs.fileno()), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                process_group=0,
                env={**os.environ, "PYTHONPATH": path},
            )
        told = {
            "number": number,
            "settings": settings.model_copy(update={"worker": False}).model_dump(mode="json"),
            "addresses": list(addresses),
        }
        ours.setblocking(False)
        with suppress(OSError):
            ours.send(json.dumps(told).encode())
        return cls(process, ours)

    @property
    def status(self) -> int | None:
        """Return its exit status, or minus the signal that killed it."""
        return self.process.returncode

    async def followed(self, wake_worker: Callable[[], None]) -> bool:
        """Hear what it says until it is gone, and tell whether it has ever listened."""
        loop, has_listened = asyncio.get_running_loop(), False
        with suppress(ConnectionError):
            while said := await loop.sock_recv(self.line, MOST_PACKET_BYTES):
                if said == LISTENS:
                    has_listened = True
                else:
                    wake_worker()
        return has_listened

    async def end(self) -> None:
        """Have it stop, and wait for it."""
        self.line.close()
        self.process.terminate()
        try:
            await asyncio.to_thread(self.process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
