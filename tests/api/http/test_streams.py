"""A stream brings every event once and in order: what was missed, then what happens, wherever it was cut."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection, insert

from api.http import streams
from api.http.streams import Streams, whole_event
from api.store.database import Database
from api.store.events import Happening, append
from api.store.migrations import bring_up_to_date
from api.store.tables import blob, incident, now, system


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(streams, "TICK_SECONDS", 0.001)
    opened = Database(database_url)
    bring_up_to_date(opened)
    opened.write_now(an_incident)
    yield opened
    opened.close()


def an_incident(connection: Connection) -> None:
    connection.execute(insert(blob).values(sha256="0" * 64, size=0, data=b""))
    made = {"tenant": "t", "created_at": now(), "created_by": "me"}
    connection.execute(insert(system).values(name="s", version=1, sha256="0" * 64, summary={}, **made))
    values = {"id": "i", "name": "i", "system": "s", "system_version": 1, "started_at": now(), "tables": {}}
    flags = {"is_drill": False, "is_closed": False, "replans": False, "revision": 1, "last_seq": 0}
    connection.execute(insert(incident).values(**values, **flags, **made))


def put_down(database: Database, *ids: str) -> None:
    happenings = [Happening(name, "job_started", 0, "me", {"job": name}) for name in ids]
    database.write_now(lambda connection: append(connection, "i", happenings))


def numbers_in(chunk: bytes) -> list[int]:
    return [int(line[4:]) for line in chunk.decode().splitlines() if line.startswith("id: ")]


async def heard(all_streams: Streams, after: int | None, up_to: int, **options: object) -> list[int]:
    """Return the numbers that a listener hears until it has heard one of at least `up_to`."""
    numbers: list[int] = []
    listening = all_streams.listen("i", after, sees=whole_event, audience="", **options)
    async with asyncio.timeout(20):
        async for chunk in listening:
            numbers += numbers_in(chunk)
            if numbers and numbers[-1] >= up_to:
                break
    await listening.aclose()
    return numbers


def test_who_comes_late_gets_what_it_missed_and_then_what_happens(database: Database) -> None:
    async def story() -> list[int]:
        all_streams = Streams(database)
        put_down(database, "a", "b", "c")
        listener = asyncio.create_task(heard(all_streams, 1, 5))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(put_down, database, "d", "e")
        all_streams.tell("i")
        return await listener

    assert asyncio.run(story()) == [2, 3, 4, 5]


def test_listeners_that_come_and_go_while_events_pour_in_hear_each_once_and_in_order(
    database: Database,
) -> None:
    async def story() -> list[list[int]]:
        all_streams = Streams(database)

        async def pour() -> None:
            for number in range(60):
                await asyncio.to_thread(put_down, database, f"n{number}a", f"n{number}b", f"n{number}c")
                all_streams.tell("i")

        async def come_and_go() -> list[int]:
            seen: list[int] = []
            for stop in (40, 90, 180):
                seen += await heard(all_streams, seen[-1] if seen else 0, stop)
            return seen

        pouring = asyncio.create_task(pour())
        found = await asyncio.gather(*(come_and_go() for _ in range(5)))
        await pouring
        return list(found)

    assert asyncio.run(story()) == [list(range(1, 181))] * 5


def test_events_of_another_process_are_found_by_looking(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.02)

    async def story() -> list[int]:
        listener = asyncio.create_task(heard(Streams(database), None, 1))
        await asyncio.sleep(0.05)
        # Nobody tells the streams: it is as if another process had written this.
        await asyncio.to_thread(put_down, database, "a")
        return await listener

    assert asyncio.run(story()) == [1]


def test_who_does_not_read_is_cut_off_and_misses_nothing_when_it_is_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_CHUNKS", 2)
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.01)

    async def story() -> tuple[list[int], list[int]]:
        all_streams = Streams(database)
        put_down(database, "first")
        slow = all_streams.listen("i", 0, sees=whole_event, audience="")
        first = numbers_in(await anext(slow)) + numbers_in(await anext(slow))
        for number in range(6):
            await asyncio.to_thread(put_down, database, f"n{number}")
            await asyncio.sleep(0.05)
        async for chunk in slow:
            first += numbers_in(chunk)
        return first, await heard(all_streams, first[-1], 7)

    before, after = asyncio.run(story())
    assert before == [1]
    assert after == [2, 3, 4, 5, 6, 7]


def test_of_what_a_listener_may_not_see_it_gets_the_number_only() -> None:
    row = SimpleNamespace(seq=7, kind="job_started")

    assert streams._written([row], lambda event: None) == b"id: 7\nevent: hidden\ndata: {}\n\n"


def test_who_begins_to_listen_while_the_service_stops_is_sent_elsewhere_at_once(database: Database) -> None:
    async def story() -> list[int]:
        all_streams = Streams(database)
        put_down(database, "a", "b")
        all_streams.close()
        return await heard(all_streams, 0, 3)

    assert asyncio.run(story()) == [1, 2]
