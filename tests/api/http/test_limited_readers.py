"""What callers of some sectors, and crews, read of plans and maps: their own, and nothing of the others'."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from planned_incidents import no_children, with_plans
from service_worlds import asked_by
from worlds import town

from api.access.caller import LOCAL_ADMIN, Caller
from api.incidents.timeline_answers import Timeline
from lifeline import Settings, Shock, build_problem
from lifeline.repair import RepairProblem

WATER = replace(LOCAL_ADMIN, roles=frozenset({"viewer"}), sectors=frozenset({"water"}))
BLUE = replace(LOCAL_ADMIN, roles=frozenset({"crew"}), crew="blue")

__all__ = ["no_children"]
pytestmark = pytest.mark.usefixtures("no_children")


@pytest.fixture(scope="module")
def problem() -> RepairProblem:
    """Red mends the power line to A, blue the pipe to W; the pump at W1 runs on A."""
    system = town(
        power="P1*-A-B",
        water="W1*-W",
        dependencies=[("W1", "A")],
        people={"A": 20, "W": 30},
        places=dict.fromkeys(("P1", "A", "B", "W1", "W"), (0.0, 0.0)),
        crews={"red": "power", "blue": "water"},
        damage={"P1-A": 60, "W1-W": 60},
        settings=Settings(name="town", start="2026-03-02T06:00:00+00:00", horizon_minutes=2880),
    )
    return build_problem(system, Shock.from_table(system, system.damage))


@pytest.fixture
def url(client: TestClient, problem: RepairProblem) -> str:
    return f"/v1/incidents/{with_plans(client, problem, {'red': ['P1-A'], 'blue': ['W1-W']})}"


@contextmanager
def asking(client: TestClient, caller: Caller) -> Any:
    with asked_by(caller):
        yield client.get


def names(get: Callable[[str], Any], url: str) -> list[str]:
    return [found["id"] for found in get(url).json()["features"]]


def test_a_water_utility_sees_its_own_network_and_where_power_meets_it(client: TestClient, url: str) -> None:
    with asking(client, WATER) as get:
        layers = f"{url}/ogc/collections"
        parts = get(f"{layers}/components/items").json()
        customers = get(f"{layers}/customers/items").json()["features"]
        others = names(get, f"{layers}/damage/items"), names(get, f"{layers}/crews/items")
        visits = names(get, f"{layers}/visits/items")
        foreign = get(f"{layers}/components/items/B").status_code

    assert [part["id"] for part in parts["features"]] == ["A", "W", "W1", "W1-W"]
    assert parts["numberMatched"] == 4
    # Of the substation that its pump hangs on: what it is and how it is.
    assert parts["features"][0]["properties"] == {
        "layer": "component",
        "sector": "power",
        "kind": "",
        "owner": "",
        "is_link": False,
        "state": "dark",
    }
    assert [customer["id"] for customer in customers] == ["people of W"]
    assert others == (["W1-W"], ["blue"])
    assert visits == ["W1-W"]
    assert foreign == 404


def test_a_water_utility_reads_its_own_work_and_returns_and_no_explanations(
    client: TestClient, url: str
) -> None:
    plan = f"{url}/plans/1"
    with asking(client, WATER) as get:
        lists = get(f"{plan}/work-lists").json()
        table = get(f"{plan}/work-lists.csv").text
        back = get(f"{plan}/etr").json()["returns"]
        closed = [
            get(f"{plan}/{path}").status_code for path in ("explanations/W1-W", "difference?before=1", "plan")
        ]

    assert [work["crew"] for work in lists["crews"]] == ["blue"]
    assert "P1-A" not in table
    assert [row["customer"] for row in back] == ["people of W"]
    # It needs the power line too; which one that is, is not the utility's to know.
    assert back[0]["needs"] == ["W1-W"]
    assert closed == [403, 403, 403]


def test_a_water_utility_finds_the_incident_and_its_plans_without_what_they_cost_all(
    client: TestClient, url: str
) -> None:
    with asking(client, WATER) as get:
        incident = get(url).json()
        listed = get("/v1/incidents").json()["items"]
        plan = get(f"{url}/plans/1").json()
        plans = get(f"{url}/plans").json()["items"]

    assert (incident["name"], incident["rows"]) == ("Storm", {})
    assert listed == [incident]
    assert (plan["version"], plan["status"], plan["figures"]) == (1, "proposed", {})
    assert "locks" not in plan
    assert plans == [plan]
    with asking(client, LOCAL_ADMIN) as get:
        assert get(f"{url}/plans/1").json()["locks"] == []


@pytest.mark.parametrize("path", ["timeline", "plans/1/timeline"])
def test_a_water_utility_goes_through_time_by_its_own_network_and_its_own_people(
    client: TestClient, url: str, path: str
) -> None:
    """Its 30 people have water at 60, with the pipe and the power; of the 20 of A, and of red, it reads nothing."""
    with asking(client, WATER) as get:
        told = get(f"{url}/{path}").json()
    whole = client.get(f"{url}/{path}").json()
    Timeline.model_validate({name: told[name] for name in Timeline.model_fields})

    columns = told["components"]
    assert columns["id"] == ["A", "W", "W1", "W1-W"]
    assert [columns["from"][3], columns["to"][3]] == [2, 1]
    lives = {
        (minute, columns["id"][component], told["states"][state])
        for minute, component, state in zip(*told["changes"].values(), strict=True)
    }
    assert {name for _, name, _ in lives} == {"A", "W", "W1", "W1-W"}
    assert (60, "A", "works") in lives
    assert [(row["service"], row["persons"], row["points"]) for row in told["curves"]] == [
        ("water", 30, [[0, 30], [60, 0]])
    ]
    (district,) = told["districts"]
    assert (district["persons"], district["points"]) == (30, [[0, 30], [60, 0]])
    assert [(crew["crew"], len(crew["visits"])) for crew in told["crews"]] == [("blue", 1)]
    assert told["customers"]["id"] == ["people of W"]
    assert told["supplies"] == {"customer": [0], "service": ["water"], "node": ["W"]}
    assert [secret for secret in ('"red"', '"P1"', '"B"', "people of A") if secret in json.dumps(told)] == []
    # Who sees all still does, although a smaller one was told before.
    assert [row["service"] for row in whole["curves"]] == ["power", "water"]
    assert len(whole["components"]["id"]) == 8


def test_a_crew_reads_its_own_work_list_and_nothing_else(client: TestClient, url: str) -> None:
    plan = f"{url}/plans/1"
    with asking(client, BLUE) as get:
        lists = get(f"{plan}/work-lists").json()
        calendar = get(f"{plan}/work-lists.ics?crew=blue").text
        other = get(f"{plan}/work-lists?crew=red").status_code
        closed = [
            get(f"{url}/{path}").status_code
            for path in ("plans/1/etr", "plans/1/explanations/W1-W", "ogc", "ogc/collections/visits/items")
        ]

    assert [work["crew"] for work in lists["crews"]] == ["blue"]
    assert lists["left_out"] == []
    assert "W1-W" in calendar
    assert "P1-A" not in calendar
    assert other == 404
    assert closed == [403, 403, 403, 403]
