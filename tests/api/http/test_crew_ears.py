"""What a crew's phone hears as it happens: its own work and duty, roads and plans, and of the rest only numbers.

three_towns: red mends line-ash-brook, then cliff-substation; blue mends main-brook-cliff.
"""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from planned_incidents import add_plan
from service_worlds import incident_in, said

from api.access.caller import LOCAL_TENANT, Caller
from api.http import streams
from api.http.crew_ears import CrewEars
from api.http.streams import Streams
from api.store.events import Happening, append, last_seq
from lifeline import build_problem, schedule
from lifeline.shock import Shock
from scenarios.scenario import load_scenario

BLUE = Caller(LOCAL_TENANT, "key:1", "blue's phone", frozenset({"crew"}), crew="blue")
FIRST = {"red": ["line-ash-brook", "cliff-substation"], "blue": ["main-brook-cliff"]}
NEWS = [
    said("1", "job_takes", job="main-brook-cliff", minutes=90, note="two valves"),
    said("2", "job_takes", job="line-ash-brook", minutes=90, note="secret"),
    said("3", "crew_off_duty", crew="red"),
    said("4", "crew_on_duty", crew="blue"),
    said("5", "damage_found", component="main-brook-cliff", minutes=30),
    said("6", "damage_found", component="cliff-tank", minutes=30),
    said("7", "job_finished", job="main-brook-cliff", crew="red"),
]


@pytest.fixture
def incident(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(streams, "TICK_SECONDS", 0.001)
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.02)
    made = incident_in(client)
    plan(client, made, 1, FIRST)
    return made


def plan(client: TestClient, incident: str, version: int, order: dict[str, list[str]]) -> None:
    system = load_scenario("three_towns")
    problem = build_problem(system, Shock.from_table(system, system.damage))
    add_plan(client, incident, version, schedule(problem, order))


def happens(client: TestClient, incident: str, kind: str, **body: Any) -> None:
    database = client.app.state.service.database  # type: ignore[attr-defined]
    happening = Happening(f"{kind} {body}", kind, 0, "somebody", body)
    database.write_now(lambda connection: append(connection, incident, [happening]))


def events_in(chunk: bytes) -> list[tuple[int, str, Any]]:
    found = []
    for block in chunk.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "id" in lines:
            found.append((int(lines["id"]), lines["event"], json.loads(lines["data"])))
    return found


def hears(
    client: TestClient, incident: str, after: int | None, up_to: int, meanwhile: Any = None
) -> list[tuple[int, str, Any]]:
    """Return what blue hears up to a number; `meanwhile` happens once it listens."""
    database = client.app.state.service.database  # type: ignore[attr-defined]
    service: Any = SimpleNamespace(database=database, streams=Streams(database))

    async def story() -> list[tuple[int, str, Any]]:
        found: list[tuple[int, str, Any]] = []
        listening = CrewEars(service, BLUE, incident).hear(after)
        has_begun = False
        async with asyncio.timeout(20):
            async for chunk in listening:
                found += events_in(chunk)
                if not has_begun and meanwhile is not None:
                    await asyncio.to_thread(meanwhile)
                has_begun = True
                if found and found[-1][0] >= up_to:
                    break
        await listening.aclose()
        return found

    return asyncio.run(story())


def test_a_crew_hears_of_its_own_work_and_nothing_of_others(client: TestClient, incident: str) -> None:
    assert client.post(f"/v1/incidents/{incident}/updates", json={"updates": NEWS}).status_code == 201

    heard = hears(client, incident, 1, 8)

    assert [kind for _, kind, _ in heard[:7]] == [
        "job_takes",
        "hidden",
        "hidden",
        "crew_on_duty",
        "damage_found",
        "hidden",
        "job_finished",
    ]
    assert heard[0][2]["body"] | {"happened_at": ""} == {
        "job": "main-brook-cliff",
        "minutes": 90,
        "note": "two valves",
        "happened_at": "",
    }
    told = json.dumps(heard)
    assert "who" not in heard[0][2]
    assert [name for name in ("red", "local", "secret", "cliff-tank") if f'"{name}"' in told] == []


def test_of_plans_and_the_incident_it_hears_that_something_happened_and_the_version(
    client: TestClient, incident: str
) -> None:
    begin = last(client, incident)
    happens(client, incident, "plan.stale", version=1, objective=77)
    happens(client, incident, "incident.changed", is_closed=True)
    happens(client, incident, "road_closed", link="bridge-3")

    heard = hears(client, incident, begin, begin + 3)

    assert [(kind, told["body"]) for _, kind, told in heard] == [
        ("plan.stale", {"version": 1}),
        ("incident.changed", {}),
        ("road_closed", {"link": "bridge-3"}),
    ]


def test_after_a_new_plan_it_hears_of_the_jobs_that_are_its_own_then(
    client: TestClient, incident: str
) -> None:
    """The new plan gives blue's main to nobody; heard once each, in order, on the same stream."""
    begin = last(client, incident)

    def meanwhile() -> None:
        happens(client, incident, "job_blocked", job="main-brook-cliff")
        plan(client, incident, 2, {"red": ["line-ash-brook", "cliff-substation"]})
        happens(client, incident, "plan.ready", version=2, job="j")

    heard = hears(client, incident, None, begin + 2, meanwhile)
    assert [(number - begin, kind) for number, kind, _ in heard] == [(1, "job_blocked"), (2, "plan.ready")]

    happens(client, incident, "job_unblocked", job="main-brook-cliff")
    heard = hears(client, incident, begin, begin + 3)
    assert [(number - begin, kind) for number, kind, _ in heard][-1] == (3, "hidden")


def test_the_plan_changes_under_an_open_stream(client: TestClient, incident: str) -> None:
    begin = last(client, incident)
    steps = iter(
        [
            lambda: (
                plan(client, incident, 2, {"red": ["line-ash-brook", "cliff-substation"]}),
                happens(client, incident, "plan.ready", version=2),
            ),
            lambda: happens(client, incident, "job_blocked", job="main-brook-cliff"),
        ]
    )
    database = client.app.state.service.database  # type: ignore[attr-defined]
    service: Any = SimpleNamespace(database=database, streams=Streams(database))

    async def story() -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        listening = CrewEars(service, BLUE, incident).hear(None)
        async with asyncio.timeout(20):
            async for chunk in listening:
                new = [(number - begin, kind) for number, kind, _ in events_in(chunk)]
                found += new
                if len(found) == 2:
                    break
                # Once it listens there is another plan; once it has heard of that, something about its old job.
                if not found or new:
                    step = next(steps, None)
                    if step is not None:
                        await asyncio.to_thread(step)
        await listening.aclose()
        return found

    assert asyncio.run(story()) == [(1, "plan.ready"), (2, "hidden")]


def last(client: TestClient, incident: str) -> int:
    database = client.app.state.service.database  # type: ignore[attr-defined]
    found: int = database.read_now(lambda connection: last_seq(connection, incident))
    return found
