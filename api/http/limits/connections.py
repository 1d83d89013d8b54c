"""How long a connection may take over what it sends and reads: uvicorn's own protocol knows no such limits.

Times are wall seconds. A slow-loris that opens sockets and never finishes its headers is closed after
`header_seconds`; one that drips its body after `body_seconds` plus a second for each `body_bytes_per_second` of body
it did send; one that never reads its answer after `reading_seconds`. When all places are taken, the oldest
connection that has not finished its headers makes room: a client that means well is through in milliseconds.
"""

from __future__ import annotations

import asyncio
import itertools
import resource
from dataclasses import dataclass
from typing import Any, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

KEEP_ALIVE_SECONDS = 5
# Headers that have not ended by then; `envelope` looks at those that came at once.
MOST_HEADER_BYTES = 16 * 1024
# Files the process needs besides sockets: databases, logs, the pipes of its children.
FILES_FOR_OTHERS = 128
# What a client has to finish next: its headers, its body, or the rest of a body that we answered early.
Phase = Literal["headers", "body", "rest"]

_numbers = itertools.count()


@dataclass(frozen=True)
class ConnectionLimits:
    """The limits of one server. The defaults suit a crew's telephone on a bad line."""

    header_seconds: float = 20.0
    body_seconds: float = 20.0
    body_bytes_per_second: int = 16 * 1024
    reading_seconds: float = 30.0
    lingering_seconds: float = 5.0
    most: int = 4000


def uvicorn_options(limits: ConnectionLimits | None = None) -> dict[str, Any]:
    """Return what uvicorn.Config is to be told: strict limits, no proxy headers, no name of the server.

    Proxy headers stay off because uvicorn would believe X-Forwarded-For of every peer on the loopback;
    `addresses.client_address` believes configured proxies only.
    """
    return {
        "http": guarded_protocol(limits or ConnectionLimits()),
        "ws": "none",
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
        "backlog": 512,
    }


def guarded_protocol(limits: ConnectionLimits) -> type[HttpToolsProtocol]:
    """Return the protocol class that keeps these limits; as many connections as the process may open files."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    places = max(1, min(limits.most, files - FILES_FOR_OTHERS))
    return type("BoundGuardedProtocol", (GuardedProtocol,), {"limits": limits, "places": places})


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, with a deadline on everything the client has to do."""

    limits = ConnectionLimits()
    places = ConnectionLimits.most

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what uvicorn gives to a protocol."""
        super().__init__(*args, **options)
        self._number = next(_numbers)
        self._due: Phase | None = None
        self._due_since = 0.0
        self._header_bytes = 0
        self._body_bytes = 0
        self._due_timer: asyncio.TimerHandle | None = None
        self._reading_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock of the first request, and make room for it."""
        super().connection_made(transport)
        self._wait_for("headers")
        if len(self.connections) > self.places:
            oldest = self._oldest_without_headers()
            oldest._wait_for(None)  # so that the next newcomer does not choose it again
            oldest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes in, and see that they come to something."""
        super().data_received(data)
        if self._due == "headers":
            self._header_bytes += len(data)
            if self._header_bytes > MOST_HEADER_BYTES:
                self.send_400_response("Headers too large.")
        elif self._due is None and (self.cycle is None or self.cycle.response_complete):
            # Empty lines before a request begin nothing, but have stopped uvicorn's keep-alive clock.
            self._wait_for("headers")

    def on_message_begin(self) -> None:
        """Wait for the headers of the request that begins."""
        super().on_message_begin()
        if self._due != "headers":
            self._wait_for("headers")

    def on_headers_complete(self) -> None:
        """Wait for the body."""
        super().on_headers_complete()
        self._wait_for("body")

    def on_body(self, body: bytes) -> None:
        """Count what came: it earns the client time."""
        super().on_body(body)
        self._body_bytes += len(body)

    def on_message_complete(self) -> None:
        """Wait for nothing: now it is our turn."""
        super().on_message_complete()
        self._wait_for(None)

    def on_response_complete(self) -> None:
        """Read on for a moment what the client still sends: to close at once could eat our answer."""
        super().on_response_complete()
        if self._due == "body":
            self._wait_for("rest")

    def pause_writing(self) -> None:
        """Start the clock of a client that does not read."""
        super().pause_writing()
        self._reading_timer = self.loop.call_later(self.limits.reading_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the clock of a client that reads again."""
        super().resume_writing()
        self._forget_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all clocks."""
        super().connection_lost(exc)
        self._wait_for(None)
        self._forget_reading()

    def _wait_for(self, due: Phase | None) -> None:
        if self._due_timer is not None:
            self._due_timer.cancel()
        self._due, self._due_since = due, self.loop.time()
        self._header_bytes = self._body_bytes = 0
        self._due_timer = self.loop.call_later(self._allowed_seconds(), self._look) if due else None

    def _allowed_seconds(self) -> float:
        if self._due == "headers":
            return self.limits.header_seconds
        if self._due == "rest":
            return self.limits.lingering_seconds
        return self.limits.body_seconds + self._body_bytes / self.limits.body_bytes_per_second

    def _forget_reading(self) -> None:
        if self._reading_timer is not None:
            self._reading_timer.cancel()

    def _look(self) -> None:
        """Close the connection if its time is up; a body that keeps coming has earned itself more."""
        left = self._due_since + self._allowed_seconds() - self.loop.time()
        if left > 0:
            self._due_timer = self.loop.call_later(left, self._look)
        else:
            self.transport.abort()

    def _oldest_without_headers(self) -> GuardedProtocol:
        waiting = [
            connection
            for connection in self.connections
            if isinstance(connection, GuardedProtocol) and connection._due == "headers"
        ]
        # The loop's clock may stand still while several are accepted: the number tells them apart.
        return min(waiting, key=lambda connection: (connection._due_since, connection._number))
