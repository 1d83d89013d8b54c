"""What-ifs over HTTP, as jobs; their figures are tried in tests/api/incidents."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

AID = {"name": "Aid", "changes": [{"kind": "more_crews", "like": "red"}]}


def base(client: TestClient) -> str:
    response = client.post("/v1/scenarios/three_towns/incidents", json={})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def answer(client: TestClient, job: str) -> Any:
    for _ in range(600):
        status = client.get(f"/jobs/{job}").json()["status"]
        if status not in ("accepted", "running"):
            break
        time.sleep(0.1)
    response = client.get(f"/v1/what-ifs/{job}")
    assert response.status_code == 200, response.text
    return response.json()


def test_what_ifs_of_an_incident_leave_it_as_it_is(client: TestClient) -> None:
    """A second red saves 3,000 of 12,000 person-hours."""
    incident = base(client)
    before = client.get(f"/v1/incidents/{incident}").json()

    accepted = client.post("/v1/what-ifs", json={"incident": incident, "variants": [AID], "evaluations": 100})
    assert accepted.status_code == 202, accepted.text
    told = answer(client, accepted.json()["job"])

    assert accepted.headers["Location"] == f"/jobs/{accepted.json()['job']}"
    assert told["base"]["objective"] == 12_000 * 60_000
    assert told["variants"][0]["difference"]["objective"] == -3_000 * 60_000
    assert client.get(f"/v1/incidents/{incident}").json() == before


def test_the_base_may_be_a_system_with_damage_of_its_own(client: TestClient) -> None:
    """The main alone: 1,000 people without water for two hours."""
    base(client)
    tables = {"damage": [{"component": "main-brook-cliff", "repair_minutes": 110}]}
    sent = {"system": "three_towns", "tables": tables, "variants": [AID], "evaluations": 50}

    told = answer(client, client.post("/v1/what-ifs", json=sent).json()["job"])

    assert told["base"]["objective"] == 2_000 * 60_000
    assert told["variants"][0]["difference"]["objective"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"incident": "0" * 16, "system": "three_towns"},
        {"incident": "", "variants": []},
        {"system": "three_towns", "variants": [AID, AID]},
        {"system": "three_towns", "method": "magic"},
        {"system": "three_towns", "variants": [{"name": "x", "changes": [{"kind": "magic"}]}]},
        {"system": "three_towns", "tables": {"damage": [{"component": "nowhere"}]}},
    ],
)
def test_what_makes_no_sense_is_refused(client: TestClient, wrong: dict[str, Any]) -> None:
    base(client)

    assert client.post("/v1/what-ifs", json={"variants": [AID], **wrong}).status_code == 422


def test_what_is_not_there_is_not_found(client: TestClient) -> None:
    for sent in ({"incident": "0" * 16}, {"system": "nowhere"}):
        assert client.post("/v1/what-ifs", json={"variants": [AID], **sent}).status_code == 404
    assert client.get(f"/v1/what-ifs/{'0' * 16}").status_code == 404
