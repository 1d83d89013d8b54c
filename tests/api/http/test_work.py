"""A crew's work as it stands, over HTTP: by the approved plan or else the newest, and how far it is.

three_towns: red mends line-ash-brook, then cliff-substation; blue mends main-brook-cliff.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from planned_incidents import add_plan, no_children, with_plans
from service_worlds import incident_in, said
from worlds import town

from api.access import key_table
from api.access.keys import make_key
from lifeline import Settings, build_problem, schedule
from lifeline.shock import Shock
from scenarios.scenario import load_scenario

__all__ = ["no_children"]
pytestmark = pytest.mark.usefixtures("no_children")

ORDER = {"red": ["line-ash-brook", "cliff-substation"], "blue": ["main-brook-cliff"]}


def planned(client: TestClient, version: int = 1, **values: Any) -> str:
    incident = incident_in(client, **values)
    system = load_scenario("three_towns")
    problem = build_problem(system, Shock.from_table(system, system.damage))
    add_plan(client, incident, version, schedule(problem, ORDER))
    return incident


def key_of(client: TestClient, role: str, crew: str | None = None) -> dict[str, str]:
    made, shown = make_key(
        tenant="local",
        name=f"{role} {crew}",
        roles=[role],
        created_by="test",
        now=datetime.now(UTC),
        crew=crew,
    )
    client.app.state.service.database.write_now(lambda connection: key_table.add(connection, made))  # type: ignore[attr-defined]
    return {"X-API-Key": shown}


def report(client: TestClient, incident: str, *updates: dict[str, Any], **asked: Any) -> int:
    return client.post(f"/v1/incidents/{incident}/updates", json={"updates": updates}, **asked).status_code


def test_a_crews_jobs_are_told_in_order_with_how_far_they_are(client: TestClient) -> None:
    incident = planned(client)
    report(client, incident, said("a", "job_started", job="line-ash-brook", minutes_ago=60))
    report(client, incident, said("b", "job_takes", job="line-ash-brook", minutes=90))
    report(client, incident, said("c", "job_started", job="main-brook-cliff"))

    told = client.get(f"/v1/incidents/{incident}/work?crew=red").json()

    assert [visit["job"] for visit in told["work"]["visits"]] == ORDER["red"]
    assert {job: row["kind"] for job, row in told["reported"].items()} == {"line-ash-brook": "job_started"}
    assert told["reported"]["line-ash-brook"]["happened_minute"] == 60
    assert (told["plan_version"], told["plan_status"]) == (1, "proposed")
    assert told["crews"] == ["blue", "red"]
    assert told["as_of_seq"] == client.get(f"/v1/incidents/{incident}").json()["last_seq"]


def test_what_is_finished_stays_finished_whatever_comes_late(client: TestClient) -> None:
    incident = planned(client)
    report(client, incident, said("z", "job_finished", job="line-ash-brook", minutes_ago=30))
    report(client, incident, said("a", "job_blocked", job="line-ash-brook", minutes_ago=10))

    told = client.get(f"/v1/incidents/{incident}/work?crew=red").json()

    assert told["reported"]["line-ash-brook"]["kind"] == "job_finished"


def test_without_a_plan_there_is_no_work_yet_and_no_crew_of_another_name(client: TestClient) -> None:
    bare, incident = incident_in(client), planned(client)
    assert client.get(f"/v1/incidents/{bare}/work?crew=red").json()["work"] is None
    assert client.get(f"/v1/incidents/{incident}/work").json()["work"] is None
    assert client.get(f"/v1/incidents/{incident}/work?crew=pink").status_code == 404


def test_a_crews_key_finds_its_incidents_and_reads_its_own_work_only(client: TestClient) -> None:
    incident, bare = planned(client), incident_in(client)
    red, green = key_of(client, "crew", "red"), key_of(client, "crew", "green")

    me = client.get("/v1/me", headers=red).json()

    assert (me["crew"], [row["id"] for row in me["incidents"]]) == ("red", [incident])
    assert me["rights"] == ["read_own_work", "report_own_crew"]
    assert client.get("/v1/me", headers=green).json()["incidents"] == []
    told = client.get(f"/v1/incidents/{incident}/work", headers=red).json()
    assert (told["work"]["crew"], told["crews"]) == ("red", ["red"])
    assert client.get(f"/v1/incidents/{incident}/work?crew=blue", headers=red).status_code == 404
    assert client.get(f"/v1/incidents/{bare}/work", headers=red).json()["work"] is None


def test_in_a_drill_a_crew_reports_on_the_newest_plan_and_else_on_the_approved_one_only(
    client: TestClient,
) -> None:
    drill, real = planned(client, is_drill=True), planned(client, version=2)
    red = key_of(client, "crew", "red")
    update = said("a", "job_started", job="line-ash-brook", crew="red")
    other = said("b", "job_started", job="main-brook-cliff", crew="red")

    assert report(client, drill, update, headers=red) == 201
    assert report(client, drill, other, headers=red) == 403
    assert report(client, real, update, headers=red) == 403


def test_a_job_counts_as_accepted_by_the_crew_that_said_so_last_and_is_as_open_as_before(
    client: TestClient,
) -> None:
    incident = planned(client)
    report(client, incident, said("a", "job_accepted", job="line-ash-brook", crew="red", minutes_ago=60))
    report(client, incident, said("b", "job_accepted", job="cliff-substation", crew="blue"))

    told = client.get(f"/v1/incidents/{incident}/work?crew=red").json()

    assert told["accepted"] == {"line-ash-brook": 60}
    assert told["reported"] == {}
    assert told["stale_since"] is None


def test_a_crew_accepts_its_own_jobs_only_and_that_makes_no_plan_stale(client: TestClient) -> None:
    drill = planned(client, is_drill=True)
    red = key_of(client, "crew", "red")
    about = f"/v1/incidents/{drill}/updates"
    own, others = (
        client.post(about, json={"updates": [said(job, "job_accepted", job=job, crew="red")]}, headers=red)
        for job in ("line-ash-brook", "main-brook-cliff")
    )
    assert (own.status_code, own.json()["stale_plans"]) == (201, [])
    assert others.status_code == 403


def test_a_crew_reports_any_road_and_reads_which_of_those_near_its_sites_are_closed(
    client: TestClient,
) -> None:
    """R1-R2 is next to red's line at 0.02 degrees, R9-R10 the farthest of five links; both are reported closed."""
    roads = "R1-R2-R3-R4-R5 R9-R10"
    places = {f"R{number}": (0.02 * number, 0.0) for number in (1, 2, 3, 4, 5, 9, 10)}
    system = town(
        power="P1*-A",
        road=roads,
        places={"P1": (0.02, 0.0), "A": (0.02, 0.0), **places},
        people={"A": 20},
        crews={"red": "power"},
        damage={"P1-A": 60},
        settings=Settings(name="town", start="2026-03-02T06:00:00+00:00", horizon_minutes=2880),
    )
    problem = build_problem(system, Shock.from_table(system, system.damage))
    incident = with_plans(client, problem, {"red": ["P1-A"]})
    closed = [said(link, "road_closed", link=link) for link in ("R1-R2", "R2-R3", "R9-R10")]
    red = key_of(client, "crew", "red")
    client.app.state.door.ring.forget()  # type: ignore[attr-defined]

    sent = report(client, incident, *closed, headers=red)
    opened = report(client, incident, said("again", "road_opened", link="R2-R3"), headers=red)
    told = client.get(f"/v1/incidents/{incident}/work", headers=red).json()

    assert (sent, opened) == (201, 201)
    assert told["work"]["visits"][0]["roads_near"] == ["R1-R2", "R2-R3", "R3-R4", "R4-R5"]
    assert told["roads_closed"] == ["R1-R2"]
