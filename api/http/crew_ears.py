"""What a crew's key hears of an incident: its own work by the plan that is followed, whichever that is by now."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.access.reach import jobs_of_crew
from api.access.seen import seen_by_crew, seen_event
from api.access.sight import Sight, limits_of
from api.http.streams import MayGoOn, Sees, for_ever, whole_event
from api.store import plans
from api.store.events import last_seq

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.access.caller import Caller
    from api.http.service import Service

OTHER_JOBS = (b"event: plan.ready\n", b"event: plan.approved\n")
"After these the crew's jobs may be others. They stand at the beginning of a line: JSON has no line breaks inside."

_NUMBER = re.compile(rb"^id: (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class CrewEars:
    """The key of one crew (`caller`), listening to an incident for as long as it may."""

    service: Service
    caller: Caller
    incident: str
    sight: Sight | None = None
    may_go_on: MayGoOn = for_ever

    async def hear(self, after: int | None) -> AsyncGenerator[bytes, None]:
        """Yield what concerns it after a number (None: from now on); when there is another plan, by that one."""
        while True:
            last, sees, audience = await self._eyes()
            after = last if after is None else after
            listening = self.service.streams.listen(
                self.incident, after, sees=sees, audience=audience, may_go_on=self.may_go_on
            )
            async with aclosing(listening):
                async for chunk in listening:
                    yield chunk
                    numbers = _NUMBER.findall(chunk)
                    if numbers:
                        after = int(numbers[-1])
                    if any(mark in chunk for mark in OTHER_JOBS):
                        break
                else:
                    return

    async def _eyes(self) -> tuple[int, Sees, str]:
        """Return how it sees events by the plan of this moment, and a name for all who see them so.

        Before them comes the last number of the log: a plan after that one is not the one meant.
        """
        crew = self.caller.crew or ""

        def look(connection: Connection) -> tuple[int, Any, str | None]:
            last = last_seq(connection, self.incident)
            plan = plans.followed(connection, self.incident)
            return last, plan, plans.text(connection, plan)

        last, plan, text = await self.service.database.read(look)
        version = None if plan is None else plan.version
        jobs = frozenset() if text is None else jobs_of_crew(json.loads(text), crew)

        def sees(row: Any) -> dict[str, Any] | None:
            told = seen_by_crew(whole_event(row), crew, jobs)
            return told if told is None or self.sight is None else seen_event(told, self.sight)

        return last, sees, json.dumps(["crew", crew, version, limits_of(self.caller)])
