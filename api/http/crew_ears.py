"""What a crew's key hears of an incident: its own work by the plan that is followed, whichever that is by now."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from api.access.reach import jobs_of_crew
from api.access.seen import seen_by_crew, seen_event
from api.access.sight import Sight, limits_of
from api.http.streams import Sees, whole_event
from api.store.events import last_seq
from api.store.situations import followed_plan

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.access.caller import Caller
    from api.http.service import Service

OTHER_JOBS = (b"event: plan.ready\n", b"event: plan.approved\n")
"After these the crew's jobs may be others. They stand at the beginning of a line: JSON has no line breaks inside."

_NUMBER = re.compile(rb"^id: (\d+)$", re.MULTILINE)


async def crew_eyes(
    service: Service, caller: Caller, incident: str, sight: Sight | None
) -> tuple[Sees, str, int]:
    """Return how a crew's key sees events by the plan of this moment, a name for all who see them so, the last number.

    A plan that comes after that number is not the one meant.
    """
    crew = caller.crew or ""

    def look(connection: Connection) -> tuple[int, int | None, str | None]:
        return last_seq(connection, incident), *followed_plan(connection, incident)

    last, version, text = await service.database.read(look)
    jobs = frozenset() if text is None else jobs_of_crew(json.loads(text), crew)

    def sees(row: Any) -> dict[str, Any] | None:
        told = seen_by_crew(whole_event(row), crew, jobs)
        return told if told is None or sight is None else seen_event(told, sight)

    return sees, json.dumps(["crew", crew, version, limits_of(caller)]), last


async def heard_by_crew(
    service: Service, caller: Caller, incident: str, after: int | None, sight: Sight | None
) -> AsyncIterator[bytes]:
    """Yield what a crew hears after a number; when there is another plan it goes on listening by that one."""
    while True:
        sees, audience, last = await crew_eyes(service, caller, incident, sight)
        after = last if after is None else after
        listening = service.streams.listen(incident, after, sees=sees, audience=audience)
        async with aclosing(listening) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                yield chunk
                numbers = _NUMBER.findall(chunk)
                if numbers:
                    after = int(numbers[-1])
                if any(mark in chunk for mark in OTHER_JOBS):
                    break
            else:
                return
