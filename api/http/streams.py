"""Events of incidents as they happen, to any number of listeners.

For each incident that somebody listens to, one task reads what is new in its log, at most every TICK_SECONDS, and
writes it out once for all listeners of the same sight. The log is the truth: a listener first gets what it missed
from there, then what the task brings, and numbers tell the two apart, so nothing is lost or doubled. Other processes'
events are found by looking, every LOOK_SECONDS.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from api.store.database import Database
from api.store.events import events_after, last_seq

TICK_SECONDS = 0.25
"Events of this long go out together: 167 a second to 200 listeners would else be 33,000 writes a second."

LOOK_SECONDS = 0.5
QUIET_SECONDS = 15.0
"After this long without an event a comment is sent, so that a dead connection is noticed."

ASK_SECONDS = 2.0
"Between two questions whether a listener may go on."

MOST_AT_ONCE = 500
MOST_CHUNKS = 200
"Chunks that a listener may be behind before it is cut off; it comes back with its last number."

Sees = Callable[[Any], "dict[str, Any] | None"]
"Tells what a listener sees of an event: its content, or None for nothing."

MayGoOn = Callable[[], Awaitable[bool]]
"Tells whether a listener may still listen."


async def for_ever() -> bool:
    """Let a listener go on for as long as it likes."""
    return True


@dataclass(eq=False)
class _Listener:
    sees: Sees
    audience: str
    may_go_on: MayGoOn = for_ever
    asked_at: float = field(default_factory=time.monotonic)
    heard_at: float = field(default_factory=time.monotonic)
    chunks: asyncio.Queue[tuple[int, int, bytes] | None] = field(
        default_factory=lambda: asyncio.Queue(MOST_CHUNKS)
    )


@dataclass(eq=False)
class _Channel:
    incident: str
    seq: int
    listeners: set[_Listener] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Streams:
    """All channels of one process."""

    def __init__(self, database: Database) -> None:
        """Take the database with the logs."""
        self.database = database
        self.channels: dict[str, _Channel] = {}
        self.open = 0
        self.lag_seconds = 0.0
        self._is_closed = False
        self._lock = asyncio.Lock()

    def close(self) -> None:
        """End all streams, and those still to be asked for; their listeners come back elsewhere, or later."""
        self._is_closed = True
        for channel in self.channels.values():
            for listener in channel.listeners:
                _end(listener)

    def tell(self, incident: str) -> None:
        """Say that an incident's log has grown."""
        channel = self.channels.get(incident)
        if channel is not None:
            channel.news.set()

    async def listen(
        self,
        incident: str,
        after: int | None,
        *,
        sees: Sees,
        audience: str,
        may_go_on: MayGoOn = for_ever,
    ) -> AsyncGenerator[bytes, None]:
        """Yield an incident's events after a number (None: from now on) as server-sent events, while it may.

        Listeners of the same audience see the same; each event is written out once for them all.
        """
        listener = _Listener(sees, audience, may_go_on)
        channel = await self._join(incident, listener)
        self.open += 1
        try:
            seq = channel.seq if after is None else after
            yield f"retry: 2000\n: listening from {seq}\n\n".encode()
            up_to = channel.seq
            async for chunk in self._missed(incident, seq, up_to, sees):
                yield chunk
            seq = max(seq, up_to)
            # No time-out here: the channel's one task wakes its listeners, also to give a sign of life.
            while (brought := await listener.chunks.get()) is not None:
                first, last, chunk = brought
                if first > seq:
                    yield chunk
                elif last > seq:
                    # It had seen more than this process when it came: only the rest is new to it.
                    async for rest in self._missed(incident, seq, last, sees):
                        yield rest
                seq = max(seq, last)
        finally:
            self.open -= 1
            self._leave(channel, listener)

    async def _join(self, incident: str, listener: _Listener) -> _Channel:
        async with self._lock:
            channel = self.channels.get(incident)
            if channel is None:
                seq = await self.database.look(lambda connection: last_seq(connection, incident))
                channel = _Channel(incident, seq)
                channel.task = asyncio.create_task(self._follow(channel))
                self.channels[incident] = channel
            channel.listeners.add(listener)
            if self._is_closed:
                _end(listener)
            return channel

    def _leave(self, channel: _Channel, listener: _Listener) -> None:
        channel.listeners.discard(listener)
        if not channel.listeners and self.channels.get(channel.incident) is channel:
            del self.channels[channel.incident]
            if channel.task is not None:
                channel.task.cancel()

    async def _missed(self, incident: str, after: int, up_to: int, sees: Sees) -> AsyncIterator[bytes]:
        while after < up_to:
            rows = [row for row in await self._after(incident, after) if row.seq <= up_to]
            if not rows:
                return
            after = rows[-1].seq
            yield _written(rows, sees)

    async def _after(self, incident: str, seq: int) -> Sequence[Any]:
        return await self.database.look(
            lambda connection: events_after(connection, incident, seq, MOST_AT_ONCE)
        )

    async def _follow(self, channel: _Channel) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(channel.news.wait(), LOOK_SECONDS)
            channel.news.clear()
            seen = channel.seq
            try:
                await self._look_after(channel)
                rows = await self._after(channel.incident, seen)
            except SQLAlchemyError:
                # The database is away for a moment; what is missed now is read when it is back.
                await asyncio.sleep(LOOK_SECONDS)
                continue
            if not rows:
                continue
            if len(rows) == MOST_AT_ONCE:
                channel.news.set()
            channel.seq = rows[-1].seq
            self.lag_seconds = _age_seconds(rows[-1].reported_at)
            written: dict[str, bytes] = {}
            for listener in list(channel.listeners):
                if listener.audience not in written:
                    written[listener.audience] = _written(rows, listener.sees)
                _bring(listener, seen + 1, channel.seq, written[listener.audience])
            await asyncio.sleep(TICK_SECONDS)

    async def _look_after(self, channel: _Channel) -> None:
        """End those who may not go on, and give a sign of life to those who have not heard anything for long."""
        now = time.monotonic()
        for listener in list(channel.listeners):
            if now - listener.asked_at >= ASK_SECONDS:
                listener.asked_at = now
                if not await listener.may_go_on():
                    _end(listener)
                    continue
            if now - listener.heard_at >= QUIET_SECONDS:
                _bring(listener, channel.seq + 1, channel.seq, b": quiet\n\n")


def _bring(listener: _Listener, first: int, last: int, chunk: bytes) -> None:
    if listener.chunks.full():
        # It does not read; whoever is behind comes back and gets what it missed from the log.
        _end(listener)
        return
    listener.heard_at = time.monotonic()
    listener.chunks.put_nowait((first, last, chunk))


def _age_seconds(moment: str) -> float:
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())


def _end(listener: _Listener) -> None:
    while not listener.chunks.empty():
        listener.chunks.get_nowait()
    listener.chunks.put_nowait(None)


def _written(rows: Any, sees: Sees) -> bytes:
    """Return events as text/event-stream; of what is not seen only the number, so that it is not asked for again."""
    parts = []
    for row in rows:
        content = sees(row)
        if content is None:
            parts.append(f"id: {row.seq}\nevent: hidden\ndata: {{}}\n\n")
            continue
        data = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        parts.append(f"id: {row.seq}\nevent: {row.kind}\ndata: {data}\n\n")
    return "".join(parts).encode()


def whole_event(row: Any) -> dict[str, Any]:
    """Return all of an event, as listeners without limits see it."""
    return {
        "seq": row.seq,
        "id": row.id,
        "kind": row.kind,
        "happened_minute": row.happened_minute,
        "reported_at": row.reported_at,
        "who": row.who,
        "body": row.body,
    }
