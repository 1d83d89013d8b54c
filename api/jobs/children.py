"""Runs functions in child processes that may crash, hang or take all memory without harm to the service.

Children are forked by a warm host (`api/jobs/host.py`), so that work begins within milliseconds. While the host is
loading, or if it should die, a child is started the slow way instead. Each child leads a process group of its own;
the whole group is killed when its request ends, however it ends. When the service is killed, its children end by
themselves.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from api.jobs.child import OUT_OF_MEMORY
from api.jobs.processes import ColdChild, Newborn, WarmHost

Ending = Literal["finished", "refused", "crashed", "memory", "seconds", "cancelled"]

WARMING = "api.jobs.warming:warm"
"What the host calls to load everything."

HOST_PATIENCE_SECONDS = 20.0
"How long a request waits for a host that is still loading before it starts a child of its own."

FORK_PATIENCE_SECONDS = 3.0
"How long it waits for a host that has loaded, and may be reading a system."

MOST_LINE_BYTES = 1 << 28
"One answer; more is taken for a fault."

MOST_KEPT_BYTES = 4 << 20
"Of a system that the host reads: a zip of 20,000 components has 0.3 MB, and takes 0.2 s."

LEAST_REST_SECONDS, MOST_REST_SECONDS = 0.1, 10.0
"Between the death of a host and the next one; doubled each time it dies before it has loaded."


@dataclass(frozen=True)
class Outcome:
    """How a request ended, what its function returned if it did (`finished`), and why not in words.

    `problems` are the bad places of what was `refused`, as JSON objects; `kind` the name of the error.
    """

    ending: Ending
    value: Any = None
    message: str = ""
    problems: tuple[dict[str, Any], ...] = ()
    kind: str = ""


@dataclass
class Children:
    """The service's children. Use it in the event loop in which it was started.

    One that was not started has no host: each child is started the slow way.
    """

    warming: str = WARMING
    is_warm: asyncio.Event = field(default_factory=asyncio.Event)
    _host: WarmHost | None = None
    _keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the host; it is warm some seconds later (`is_warm`)."""
        self._keeper = asyncio.create_task(self._keep_a_host())

    @property
    def host_pid(self) -> int | None:
        """Return the number of the host's process."""
        return None if self._host is None else self._host.process.pid

    async def close(self) -> None:
        """End the host and every child."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    def keep(self, system_file: str) -> None:
        """Have the host read a system, so that the children to come have it already; not a large one.

        While the host reads, nobody is born.
        """
        if self._host is not None and self.is_warm.is_set() and file_size(system_file) <= MOST_KEPT_BYTES:
            self._host.say(keep=system_file)

    async def run(
        self,
        function: str,
        argument: Any,
        *,
        seconds: float,
        memory_bytes: int | None = None,
        niceness: int = 0,
        as_text: bool = False,
        on_report: Callable[[Any], None] | None = None,
        cancel: asyncio.Event | None = None,
    ) -> Outcome:
        """Call `module:name` with a JSON argument in a child, and return how that went; it never raises for it.

        After `seconds`, or when `cancel` is set, the child and all that it has started are killed. `on_report` is
        called with everything that the function reports. `memory_bytes` is what it may take beyond what the host has.
        With `as_text` the outcome's value is JSON in bytes.
        """
        request = {
            "function": function,
            "argument": argument,
            "memory_bytes": memory_bytes,
            "as_text": as_text,
        }
        work = asyncio.ensure_future(self._done_in_a_child(request, niceness, on_report))
        call = asyncio.ensure_future(cancel.wait()) if cancel is not None else None
        both = [task for task in (work, call) if task is not None]
        try:
            await asyncio.wait(both, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            return Outcome("seconds" if call is None or not call.done() else "cancelled")
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _done_in_a_child(
        self, request: dict[str, Any], niceness: int, on_report: Callable[[Any], None] | None
    ) -> Outcome:
        child = await self._born(niceness)
        try:
            return await _followed(child, request, on_report)
        finally:
            child.kill()

    async def _born(self, niceness: int) -> Newborn:
        """Return a child of the host, or one started the slow way where there is no host in time."""
        if self._keeper is None:
            return ColdChild.started(niceness)
        with suppress(asyncio.TimeoutError, ConnectionError):
            await asyncio.wait_for(self.is_warm.wait(), HOST_PATIENCE_SECONDS)
            if self._host is not None:
                return await self._host.fork(niceness, FORK_PATIENCE_SECONDS)
        return ColdChild.started(niceness)

    async def _keep_a_host(self) -> None:
        """Start a host, and another one whenever it dies."""
        rest = LEAST_REST_SECONDS
        while True:
            self._host = WarmHost.started(self.warming, on_ready=self.is_warm.set)
            try:
                await self._host.gone.wait()
            finally:
                was_warm = self.is_warm.is_set()
                self.is_warm.clear()
                self._host.close()
            rest = LEAST_REST_SECONDS if was_warm else min(2 * rest, MOST_REST_SECONDS)
            await asyncio.sleep(rest)


def file_size(path: str) -> int:
    """Return the bytes of a file, 0 where there is none."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


async def _followed(
    child: Newborn, request: dict[str, Any], on_report: Callable[[Any], None] | None
) -> Outcome:
    """Ask a child, pass on what it reports, and return what it answers last."""
    reader, writer = await asyncio.open_unix_connection(sock=child.voice, limit=MOST_LINE_BYTES)
    try:
        with suppress(ConnectionError):
            writer.write(json.dumps(request, allow_nan=False).encode() + b"\n")
            await writer.drain()
        async for message in _messages(reader):
            if "value" in message:
                return Outcome("finished", message["value"])
            if "refused" in message:
                refused = message["refused"]
                problems = tuple(refused["problems"])
                return Outcome("refused", None, refused["message"], problems, refused["kind"])
            if "failure" in message:
                return Outcome("crashed", message=message["failure"])
            if "report" in message and on_report is not None:
                on_report(message["report"])
    except ValueError:
        return Outcome("crashed", message="The child process said what cannot be read.")
    finally:
        writer.close()
    return _obituary(await child.ended())


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[dict[str, Any]]:
    """Yield what a child says until it is silent for ever; half a line is what a killed child leaves."""
    with suppress(ConnectionError):
        while (line := await reader.readline()).endswith(b"\n"):
            message = json.loads(line)
            if "text_bytes" in message:
                with suppress(asyncio.IncompleteReadError):
                    yield {"value": await reader.readexactly(message["text_bytes"])}
            else:
                yield message


def _obituary(status: int) -> Outcome:
    """Return how a child ended that closed its mouth without an answer."""
    if status == OUT_OF_MEMORY:
        return Outcome("memory", message="The child process ran out of memory.")
    how = f"by signal {-status}" if status < 0 else f"with exit status {status}"
    return Outcome("crashed", message=f"The child process was ended {how}.")
