"""Pictures and cascades that are worked out in a child, at most about once a second for each incident and instant.

Whoever asks in between gets the last one, which says up to which event of the log it knows. What was reported is read
from the log once and kept, so that a picture costs the same after fifty thousand updates as after fifty.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.incidents.standing import SUBJECT
from api.incidents.updates import minutes_after
from api.store.situations import reported, situation_without_updates

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.http.service import Service

LEAST_SECONDS = 1.0
"Between two pictures of one incident at one instant, while the log grows."

MOST_PICTURES, MOST_LOGS = 64, 16

Key = tuple[str, str, int | None, bool]
"Incident, function, minute asked for (None: now), and whether all components are told of."


@dataclass
class _Kept:
    """A picture with what it knows: the last event, the incident's revision, the minute that was now."""

    told: dict[str, Any]
    seq: int
    revision: int
    minute: int
    made_at: float


@dataclass
class Pictures:
    """The pictures of a running service."""

    service: Service
    kept: OrderedDict[Key, _Kept] = field(default_factory=OrderedDict)
    logs: OrderedDict[str, tuple[int, list[dict[str, Any]]]] = field(default_factory=OrderedDict)
    locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def told(
        self,
        incident: Any,
        function: str,
        minute: int | None,
        *,
        everything: bool = False,
        minutes_kept: int = 0,
    ) -> dict[str, Any]:
        """Return what a function tells of an incident (its row) at a minute; None is now.

        While nothing is reported, what was told up to `minutes_kept` ago is told again.
        """
        key = (incident.id, function, minute, everything)
        found = self._good(key, incident, minutes_kept)
        if found is None:
            # One child at a time for an incident; who waited looks again at what the one before has made.
            async with self.locks.setdefault(incident.id, asyncio.Lock()):
                found = self._good(key, incident, minutes_kept)
                if found is None:
                    found = await self._made(key, incident)
        return found

    def _good(self, key: Key, incident: Any, minutes_kept: int) -> dict[str, Any] | None:
        """Return what is kept if nothing has happened since, or too little time has gone by."""
        kept = self.kept.get(key)
        if kept is None or kept.revision != incident.revision:
            return None
        age = minute_now(incident) - kept.minute
        is_fresh = kept.seq == incident.last_seq and 0 <= age <= minutes_kept
        if not is_fresh and time.monotonic() - kept.made_at >= LEAST_SECONDS:
            return None
        self.kept.move_to_end(key)
        return kept.told

    async def _made(self, key: Key, incident: Any) -> dict[str, Any]:
        _, function, at, everything = key
        made_at, now, seq = time.monotonic(), minute_now(incident), incident.last_seq
        updates = await self._updates(incident)

        def look(connection: Connection) -> Any:
            return situation_without_updates(connection, incident)

        argument, sha256, version = await self.service.database.read(look)
        argument |= {
            "system": str(await self.service.spooled(sha256)),
            "updates": updates,
            "now": now,
            "at": at,
            "all_components": everything,
        }
        told = {
            **await self.service.ask(function, argument),
            "as_of_seq": seq,
            "plan_version": version,
            "is_drill": incident.is_drill,
        }
        self.kept[key] = _Kept(told, seq, incident.revision, now, made_at)
        self.kept.move_to_end(key)
        while len(self.kept) > MOST_PICTURES:
            self.kept.popitem(last=False)
        return told

    async def _updates(self, incident: Any) -> list[dict[str, Any]]:
        """Return all updates up to the event that the incident's row knows of, reading only what is new."""
        last, updates = self.logs.get(incident.id, (0, []))

        def look(connection: Connection) -> Any:
            return reported(connection, incident.id, SUBJECT, last)

        seen, new = await self.service.database.read(look)
        updates = [*updates, *new]
        self.logs[incident.id] = (seen, updates)
        self.logs.move_to_end(incident.id)
        while len(self.logs) > MOST_LOGS:
            gone, _ = self.logs.popitem(last=False)
            self.locks.pop(gone, None)
        return updates


def minute_now(incident: Any) -> int:
    """Return the minute of an incident that is now; 0 before it begins."""
    return max(0, minutes_after(datetime.fromisoformat(incident.started_at), datetime.now(UTC)))
