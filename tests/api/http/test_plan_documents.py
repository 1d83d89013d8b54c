"""The documents of a plan over HTTP; their content is tried in tests/api/documents."""

from __future__ import annotations

import csv
import io

import pytest
from fastapi.testclient import TestClient
from planned_incidents import no_children, with_plans
from service_worlds import asked_by
from worlds import town

from lifeline import Settings, Shock, build_problem
from lifeline.repair import RepairProblem

SLOWLY = {"red": ["P1-A", "P1-C"], "blue": ["P1-B"]}
BETTER = {"red": ["P1-C", "P1-A"], "blue": ["P1-B"]}

__all__ = ["no_children"]
pytestmark = pytest.mark.usefixtures("no_children")


@pytest.fixture(scope="module")
def problem() -> RepairProblem:
    """Each line takes an hour, nobody drives; A and B have 20 people each, C 90. D's line is in no plan below."""
    system = town(
        power="P1*-A P1*-B P1*-C P1*-D",
        people={"A": 20, "B": 20, "C": 90, "D": 10},
        places=dict.fromkeys(("P1", "A", "B", "C", "D"), (0.0, 0.0)),
        crews={"blue": "power", "red": "power"},
        damage={f"P1-{name}": 60 for name in "ABCD"},
        settings=Settings(name="town", start="2026-03-02T06:00:00+00:00", horizon_minutes=2880),
    )
    return build_problem(system, Shock.from_table(system, system.damage))


def test_a_plan_is_read_as_work_lists_calendar_map_and_times_of_return(
    client: TestClient, problem: RepairProblem
) -> None:
    url = f"/v1/incidents/{with_plans(client, problem, SLOWLY)}/plans/1"

    told = client.get(f"{url}/work-lists?crew=red")
    table = client.get(f"{url}/work-lists.csv")
    calendar = client.get(f"{url}/work-lists.ics?crew=red&language=zh")
    layer = client.get(f"{url}/work-lists.geojson")
    returns = client.get(f"{url}/etr")
    as_csv = client.get(f"{url}/etr.csv")

    assert told.status_code == 200, told.text
    (red,) = told.json()["crews"]
    assert [visit["start_clock"] for visit in red["visits"]] == [
        "2026-03-02T06:00:00+00:00",
        "2026-03-02T07:00:00+00:00",
    ]
    assert len(list(csv.DictReader(io.StringIO(table.text)))) == 3
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in table.headers["Content-Disposition"]
    assert calendar.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert calendar.text.count("BEGIN:VEVENT") == 2
    assert layer.headers["Content-Type"] == "application/geo+json"
    assert len(layer.json()["features"]) == 5
    back = {row["customer"]: row["minute"] for row in returns.json()["returns"]}
    assert back == {"people of A": 60, "people of B": 60, "people of C": 120, "people of D": None}
    assert as_csv.text.splitlines()[4].endswith("undone,P1-D")


def test_jobs_are_explained_and_versions_compared(client: TestClient, problem: RepairProblem) -> None:
    """C before A saves 90 x 60 person-minutes and costs 20 x 60."""
    url = f"/v1/incidents/{with_plans(client, problem, SLOWLY, BETTER)}/plans"

    done = client.get(f"{url}/1/explanations/P1-C")
    undone = client.get(f"{url}/1/explanations/P1-D")
    changed = client.get(f"{url}/2/difference")
    first = client.get(f"{url}/1/difference")
    backwards = client.get(f"{url}/1/difference?before=2")

    assert done.json()["delay"]["price"]["person_minutes"] == 90 * 60
    assert undone.json()["left_out"]["kind"] == "left_out"
    both = changed.json()["before_person_minutes"], changed.json()["after_person_minutes"]
    assert both[0] - both[1] == 4200
    assert changed.json()["crews"][0]["said"]["en"].startswith("red: Your order is now P1-C, then P1-A.")
    assert first.status_code == 409
    assert "before" in first.json()["detail"]
    assert backwards.json()["after_person_minutes"] == both[0]


@pytest.mark.parametrize(
    "path",
    [
        "plans/2/work-lists",
        "plans/1/work-lists?crew=green",
        "plans/1/explanations/P1-Z",
        "plans/1/difference?before=7",
    ],
)
def test_what_is_not_there_is_said_to_be_so(client: TestClient, problem: RepairProblem, path: str) -> None:
    url = f"/v1/incidents/{with_plans(client, problem, SLOWLY)}"

    response = client.get(f"{url}/{path}")

    assert response.status_code == 404, response.text
    assert response.headers["Content-Type"] == "application/problem+json"


def test_another_tenant_finds_no_documents(client: TestClient, problem: RepairProblem) -> None:
    from dataclasses import replace

    from api.access.caller import LOCAL_ADMIN

    url = f"/v1/incidents/{with_plans(client, problem, SLOWLY)}"
    with asked_by(replace(LOCAL_ADMIN, tenant="other")):
        answers = [
            client.get(f"{url}/{path}").status_code
            for path in (
                "plans/1/work-lists",
                "plans/1/work-lists.ics",
                "plans/1/etr",
                "plans/1/explanations/P1-A",
                "plans/1/difference?before=1",
                "ogc",
                "ogc/api",
                "ogc/conformance",
                "ogc/collections",
                "ogc/collections/visits/items",
                "ogc/collections/visits/items/P1-A",
            )
        ]
    assert set(answers) == {404}
