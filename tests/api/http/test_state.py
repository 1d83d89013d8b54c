"""The picture and the cascade over HTTP; what they say is tried in tests/api/incidents."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from fastapi.testclient import TestClient
from incident_worlds import best_plan
from planned_incidents import add_plan
from service_worlds import incident_in

from api.http import pictures
from api.http.routes.state import CascadeTold, StateTold
from api.http.service import Service
from api.store.tables import moment_of
from lifeline import Plan


@pytest.fixture
def opened(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Three towns, begun an hour and a half ago, with its best plan; what a child is asked is answered here."""

    async def ask(self: Service, function: str, argument: dict[str, Any], **_: Any) -> Any:
        module, name = function.split(":")
        return getattr(import_module(module), name)(argument, lambda _: None)

    monkeypatch.setattr(Service, "ask", ask)
    incident = incident_in(client, started_at=moment_of(datetime.now(UTC) - timedelta(minutes=90)))
    add_plan(client, incident, 1, Plan.from_json(best_plan()))
    return dict(client.get(f"/v1/incidents/{incident}").json())


def at(incident: dict[str, Any], minute: int) -> dict[str, str]:
    moment = datetime.fromisoformat(str(incident["started_at"])) + timedelta(minutes=minute)
    return {"at": moment.isoformat()}


def without(told: dict[str, Any]) -> dict[tuple[str, str], int]:
    return {
        (row["service"], row["district"]): row["persons_without"]
        for row in told["people"]
        if row["persons_without"]
    }


def test_the_picture_is_told_of_the_past_now_and_to_come(client: TestClient, opened: dict[str, Any]) -> None:
    """Brook is back at 60; at 130 Cliff has water again, and no telecom since 120."""
    url = f"/v1/incidents/{opened['id']}/state"

    past, now, later = (client.get(url, params=when) for when in (at(opened, 30), {}, at(opened, 130)))

    for response in (past, now, later):
        assert response.status_code == 200, response.text
        StateTold.model_validate(response.json())
    assert without(past.json())["power", "Brook"] == 2000
    assert without(now.json()) == {("power", "Cliff"): 1000, ("water", "Cliff"): 1000}
    assert without(later.json()) == {("power", "Cliff"): 1000, ("telecom", "Cliff"): 1000}
    assert [response.json()["is_promise"] for response in (past, now, later)] == [False, False, True]
    assert (now.json()["now_minute"], now.json()["plan_version"], now.json()["is_drill"]) == (90, 1, False)


def test_a_cascade_names_what_is_broken(client: TestClient, opened: dict[str, Any]) -> None:
    told = client.get(f"/v1/incidents/{opened['id']}/cascade", params=at(opened, 30)).json()

    CascadeTold.model_validate(told)
    assert told["causes"][0] == {"broken": "line-ash-brook", "components": 2, "persons": 4000}


def test_a_picture_is_kept_for_a_second_and_says_what_it_knows(
    client: TestClient, opened: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update comes: the picture is the old one, as of the event before, until the next one has been made."""
    url = f"/v1/incidents/{opened['id']}"
    monkeypatch.setattr(pictures, "LEAST_SECONDS", 3600.0)
    first = client.get(f"{url}/state").json()
    moment = at(opened, 70)["at"]
    update = {"id": "u1", "kind": "damage_ruled_out", "happened_at": moment, "component": "main-brook-cliff"}
    assert client.post(f"{url}/updates", json={"updates": [update]}).status_code == 201

    second = client.get(f"{url}/state").json()
    monkeypatch.setattr(pictures, "LEAST_SECONDS", 0.0)
    third = client.get(f"{url}/state").json()
    for _ in range(600):
        if third["as_of_seq"] > first["as_of_seq"]:
            break
        time.sleep(0.05)
        third = client.get(f"{url}/state").json()

    assert second == first
    assert third["as_of_seq"] > first["as_of_seq"]
    assert without(third) == {("power", "Cliff"): 1000}


def test_of_64_processes_each_makes_pictures_64_times_more_seldom(
    client: TestClient, opened: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone it would be made anew after 0.1 s, so that 0.2 s later one would be in the making."""
    url = f"/v1/incidents/{opened['id']}"
    monkeypatch.setattr(pictures, "LEAST_SECONDS", 0.1)
    monkeypatch.setattr(pictures, "LEAST_SHARE", 0)
    service = client.app.state.service
    service.settings = service.settings.model_copy(update={"processes": 64})
    first = client.get(f"{url}/state").json()
    update = {
        "id": "u1",
        "kind": "damage_ruled_out",
        "happened_at": at(opened, 70)["at"],
        "component": "main-brook-cliff",
    }
    assert client.post(f"{url}/updates", json={"updates": [update]}).status_code == 201

    time.sleep(0.2)
    assert client.get(f"{url}/state").json() == first
    assert not service.pictures.making


@pytest.mark.parametrize("wrong", ["now", "2026-03-02T06:00:00", "1999-01-01T00:00:00Z"])
def test_a_moment_that_is_none_or_before_time_zero_is_refused(
    client: TestClient, opened: dict[str, Any], wrong: str
) -> None:
    response = client.get(f"/v1/incidents/{opened['id']}/state", params={"at": wrong})

    assert response.status_code == 422
    assert response.json()["detail"].startswith("query → at: ")


def test_an_incident_that_is_not_there_has_no_picture(client: TestClient) -> None:
    assert client.get("/v1/incidents/0123456789abcdef/state").status_code == 404


def test_who_begins_to_follow_an_incident_finds_its_picture_made(
    client: TestClient, opened: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, url = client.app.state.service, f"/v1/incidents/{opened['id']}"  # type: ignore[attr-defined]

    async def soon_over(*_: Any, **__: Any) -> AsyncIterator[bytes]:
        yield b": \n\n"

    monkeypatch.setattr(service.streams, "listen", soon_over)

    async def all_made() -> None:
        await asyncio.gather(*service.pictures.making.values())

    assert client.get(f"{url}/events").status_code == 200
    client.portal.call(all_made)
    monkeypatch.setattr(Service, "ask_for_text", None)
    told = client.get(f"{url}/state")

    assert told.status_code == 200, told.text
