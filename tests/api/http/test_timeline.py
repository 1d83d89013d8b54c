"""The timeline over HTTP; what it says is tried in tests/api/incidents/test_timeline.py."""

import asyncio
from typing import Any

import pytest
from fastapi.testclient import TestClient
from incident_worlds import three_towns
from planned_incidents import no_children, with_plans

from api.http.routes.timeline import TIMELINE, TimelineTold
from api.http.service import Service
from api.incidents.timeline_answers import Timeline
from lifeline import Shock, build_problem

__all__ = ["no_children"]

pytestmark = pytest.mark.usefixtures("no_children")


@pytest.fixture
def incident(client: TestClient) -> str:
    system = three_towns()
    problem = build_problem(system, Shock.from_table(system, system.damage))
    by_hand = {"red": ["line-ash-brook", "cliff-substation"], "blue": ["main-brook-cliff"]}
    late = {"red": ["cliff-substation", "line-ash-brook"], "blue": ["main-brook-cliff"]}
    return with_plans(client, problem, by_hand, late)


def power(told: dict[str, Any]) -> list[list[int]]:
    return next(row["points"] for row in told["curves"] if row["service"] == "power")


def test_each_version_of_the_plan_has_a_timeline_of_its_own(client: TestClient, incident: str) -> None:
    """The best plan has Brook back at 60; the other one mends the line last, so all are dark for longer."""
    best, late = (client.get(f"/v1/incidents/{incident}/plans/{version}/timeline") for version in (1, 2))

    for response in (best, late):
        assert response.status_code == 200, response.text
        Timeline.model_validate(response.json())
    assert power(best.json()) == [[0, 3000], [60, 1000], [240, 0]]
    assert power(late.json())[1][0] > 60


def test_a_version_s_timeline_is_worked_out_once(
    client: TestClient, incident: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/v1/incidents/{incident}/plans/1/timeline"
    first = client.get(url)

    async def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("asked again")

    monkeypatch.setattr(Service, "ask", never)
    assert client.get(url).content == first.content


def test_the_incident_s_timeline_follows_the_newest_plan_and_says_so(
    client: TestClient, incident: str
) -> None:
    told = client.get(f"/v1/incidents/{incident}/timeline")

    assert told.status_code == 200, told.text
    TimelineTold.model_validate(told.json())
    assert told.json()["plan_version"] == 2
    assert told.json()["now_minute"] > 0


def test_a_timeline_that_was_prepared_is_there_when_it_is_asked_for(
    client: TestClient, incident: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]

    async def prepared(name: str) -> None:
        await service.pictures.prepare(name, TIMELINE)
        await asyncio.gather(*service.pictures.making.values())

    client.portal.call(prepared, "0123456789abcdef")
    assert not service.pictures.kept
    client.portal.call(prepared, incident)
    monkeypatch.setattr(Service, "ask_for_text", None)

    told = client.get(f"/v1/incidents/{incident}/timeline").json()
    again = client.get(f"/v1/incidents/{incident}/timeline?seq={told['as_of_seq']}")

    assert told["plan_version"] == 2
    assert again.status_code == 200


def test_what_is_not_there_has_no_timeline(client: TestClient, incident: str) -> None:
    assert client.get("/v1/incidents/0123456789abcdef/timeline").status_code == 404
    assert client.get(f"/v1/incidents/{incident}/plans/9/timeline").status_code == 404
