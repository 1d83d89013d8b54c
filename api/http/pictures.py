"""Pictures and cascades that are worked out in a child, at most about once a second for each incident and instant.

Whoever asks in between gets the last one, which says up to which event of the log it knows.
"""

from __future__ import annotations

import asyncio
import functools
import json
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from api.http.minutes import minute_now
from api.jobs.answers import written
from api.store import incidents, plans
from api.store.situations import situation

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.access.sight import Sight
    from api.http.service import Service

LEAST_SECONDS = 1.0
"Between two pictures of one incident at one instant, while the log grows."

MOST_SECONDS = 3.0
"An older one is not told any more: who asks waits for a new one."

LEAST_SHARE, MOST_SHARE = 4, 12
"In a large city a picture takes seconds: then it is made anew after so many times its cost, and told up to so many."

MOST_PICTURES = 64

NICENESS, UNASKED_NICENESS = 5, 10
"How far a picture steps back behind those who answer: one that somebody waits for, and one that is made beforehand."

Key = tuple[str, str, int | None, bool, str]
"""Incident, function, minute asked for (None: now), whether all components are told of, and whose eyes see it.

`""` are the eyes of who sees all."""


@dataclass
class Kept:
    """A picture with what it knows: the last event, the incident's revision, the minute that was now.

    `cost_seconds` is how long it took to make.
    """

    text: bytes
    seq: int
    revision: int
    minute: int
    made_at: float
    cost_seconds: float

    @cached_property
    def told(self) -> Any:
        """Return what the text says, for those who see only part of it."""
        return json.loads(self.text)


@dataclass
class Pictures:
    """The pictures of a running service."""

    service: Service
    kept: OrderedDict[Key, Kept] = field(default_factory=OrderedDict)
    making: dict[Key, asyncio.Task[Kept]] = field(default_factory=dict)

    async def close(self) -> None:
        """Give up all that is being made; to be awaited while the service's children still run."""
        making = list(self.making.values())
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    async def told(
        self,
        incident: Any,
        function: str,
        minute: int | None,
        *,
        everything: bool = False,
        minutes_kept: int = 0,
        seq: int = 0,
        sight: Sight | None = None,
        audience: str = "",
    ) -> Kept:
        """Return what a function tells of an incident (its row) at a minute; None is now.

        One that is a little old is told at once, and a new one is made meanwhile; who wants one that knows the event
        `seq` waits for it. While nothing is reported, what was told up to `minutes_kept` ago is told again. A `sight`
        goes to the function with the rest; all of one `audience` have the same.
        """
        key = (incident.id, function, minute, everything, audience)
        kept = self.kept.get(key)
        if kept is not None and kept.revision == incident.revision and kept.seq >= seq:
            self.kept.move_to_end(key)
            age = time.monotonic() - kept.made_at
            minutes = minute_now(incident) - kept.minute
            is_fresh = kept.seq == incident.last_seq and 0 <= minutes <= minutes_kept
            # Each process has pictures of its own: that they cost no more together, each makes them more seldom.
            processes = self.service.settings.processes
            if is_fresh or age < processes * max(LEAST_SECONDS, LEAST_SHARE * kept.cost_seconds):
                return kept
            if age < processes * max(MOST_SECONDS, MOST_SHARE * kept.cost_seconds):
                self._begin(key, incident, sight, niceness=UNASKED_NICENESS)
                return kept
        made = await asyncio.shield(self._begin(key, incident, sight))
        if made.seq < min(seq, incident.last_seq):
            # It was begun before that event; the next one knows it.
            made = await asyncio.shield(self._begin(key, incident, sight))
        return made

    async def prepare(self, incident_id: str, function: str) -> None:
        """Have a picture of now made before anybody asks for it, giving way to those that somebody waits for."""

        def look(connection: Connection) -> Any:
            return incidents.of_any_tenant(connection, incident_id)

        incident = await self.service.database.look(look)
        if incident is not None:
            self._begin((incident.id, function, None, False, ""), incident, None, niceness=UNASKED_NICENESS)

    def expect(self, incident: Any, function: str) -> None:
        """Have the first picture of now made: somebody has begun to follow the incident, and will ask for it."""
        key = (incident.id, function, None, False, "")
        if key not in self.kept:
            self._begin(key, incident, None, niceness=UNASKED_NICENESS)

    def _begin(
        self, key: Key, incident: Any, sight: Sight | None, *, niceness: int = NICENESS
    ) -> asyncio.Task[Kept]:
        """Have a picture made, unless it is being made already."""
        making = self.making.get(key)
        if making is None:
            making = self.making[key] = asyncio.create_task(self._made(key, incident, sight, niceness))
            making.add_done_callback(functools.partial(self._ended, key))
        return making

    def _ended(self, key: Key, making: asyncio.Task[Kept]) -> None:
        self.making.pop(key, None)
        if not making.cancelled():
            # Whoever waits for it gets what went wrong; if nobody does, the next one who asks will.
            making.exception()

    async def _made(self, key: Key, incident: Any, sight: Sight | None, niceness: int) -> Kept:
        _, function, at, everything, _ = key
        made_at, now, seq = time.monotonic(), minute_now(incident), incident.last_seq

        def look(connection: Connection) -> Any:
            plan = plans.followed(connection, incident.id)
            about = situation(connection, incident, self.service.database.reported, plan)
            return None if plan is None else plan.version, *about

        version, sha256, argument = await self.service.database.read(look)
        argument |= {
            "system": str(await self.service.spooled(sha256)),
            "now": now,
            "at": at,
            "all_components": everything,
            "sight": None if sight is None else sight.to_json(),
        }
        found = await self.service.ask_for_text(function, argument, niceness=niceness)
        knows = written({"as_of_seq": seq, "plan_version": version, "is_drill": incident.is_drill}).encode()
        # Two objects made one without reading them: some are megabytes, and this thread has others to answer.
        text = knows.removesuffix(b"}") + b"," + found.removeprefix(b"{")
        cost_seconds = time.monotonic() - made_at
        kept = self.kept[key] = Kept(text, seq, incident.revision, now, made_at, cost_seconds)
        self.kept.move_to_end(key)
        while len(self.kept) > MOST_PICTURES:
            self.kept.popitem(last=False)
        return kept
