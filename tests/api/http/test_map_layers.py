"""An incident as an OGC API - Features."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from planned_incidents import no_children, with_plans
from worlds import town

from lifeline import Settings, Shock, build_problem
from lifeline.repair import RepairProblem

ORDERS = {"red": ["P1-A", "P1-B"]}

__all__ = ["no_children"]
pytestmark = pytest.mark.usefixtures("no_children")


@pytest.fixture(scope="module")
def problem() -> RepairProblem:
    """A is 1° east of P1, B 1° north; red stands on P1."""
    system = town(
        power="P1*-A P1*-B P1-C",
        people={"A": 20, "B": 20},
        places={"P1": (0.0, 0.0), "A": (1.0, 0.0), "B": (0.0, 1.0), "C": (0.5, 0.5)},
        crews={"red": "power"},
        damage={"P1-A": 60, "P1-B": 60},
        settings=Settings(name="town", start="2026-03-02T06:00:00+00:00", horizon_minutes=2880),
    )
    return build_problem(system, Shock.from_table(system, system.damage))


def test_every_link_of_an_incident_leads_somewhere(client: TestClient, problem: RepairProblem) -> None:
    incident = with_plans(client, problem, ORDERS)
    root = f"http://127.0.0.1/v1/incidents/{incident}/ogc"
    to_do, seen = [root, f"{root}/"], set()
    while to_do:
        url = to_do.pop()
        if url in seen:
            continue
        seen.add(url)
        response = client.get(url)
        assert response.status_code == 200, url
        told = response.json()
        for one in [
            *told.get("links", []),
            *(link for c in told.get("collections", []) for link in c["links"]),
        ]:
            assert one["href"].startswith(root)
            to_do.append(one["href"])
        for found in told.get("features", [])[:2]:
            to_do.append(f"{url.partition('?')[0]}/{found['id']}")
    assert len(seen) > 20


def test_pages_boxes_and_moments_work_over_http(client: TestClient, problem: RepairProblem) -> None:
    url = f"/v1/incidents/{with_plans(client, problem, ORDERS)}/ogc/collections"

    first = client.get(f"{url}/components/items?limit=4")
    onward = next(link["href"] for link in first.json()["links"] if link["rel"] == "next")
    rest = client.get(onward)
    north = client.get(f"{url}/customers/items?bbox=-0.5,0.5,0.5,1.5")
    before = client.get(f"{url}/visits/items?datetime=../2026-03-02T05:00:00Z")

    assert first.headers["Content-Type"] == "application/geo+json"
    assert (first.json()["numberMatched"], first.json()["numberReturned"]) == (7, 4)
    ids = [found["id"] for page in (first, rest) for found in page.json()["features"]]
    assert ids == ["A", "B", "C", "P1", "P1-A", "P1-B", "P1-C"]
    states = {found["id"]: found["properties"]["state"] for found in rest.json()["features"]}
    assert states == {"P1-A": "broken", "P1-B": "broken", "P1-C": "works"}
    assert [found["id"] for found in north.json()["features"]] == ["people of B"]
    assert north.json()["features"][0]["properties"]["service_power"] == "dark"
    assert before.json()["numberMatched"] == 0


def test_a_bad_parameter_is_a_400_and_an_unknown_layer_or_feature_a_404(
    client: TestClient, problem: RepairProblem
) -> None:
    url = f"/v1/incidents/{with_plans(client, problem)}/ogc/collections"

    for query in ("limit=0", "limit=many", "bbox=1,2", "datetime=soon", "colour=red"):
        refused = client.get(f"{url}/crews/items?{query}")
        assert refused.status_code == 400, query
        assert refused.headers["Content-Type"] == "application/problem+json"
    assert client.get(f"{url}/rivers").status_code == 404
    assert client.get(f"{url}/rivers/items").status_code == 404
    assert client.get(f"{url}/crews/items/green").status_code == 404
    assert client.get(f"{url}/visits/items").json()["features"] == []
