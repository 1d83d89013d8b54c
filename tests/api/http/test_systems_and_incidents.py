"""Systems are taken in whole, in versions; an incident is opened on one, and is changed only as it was read."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO

from fastapi.testclient import TestClient


def load(client: TestClient, **sent: object) -> dict[str, object]:
    response = client.post("/v1/scenarios/three_towns/incidents", json=sent)
    assert response.status_code == 201, response.text
    return response.json()


def test_a_scenario_is_loaded_as_a_drill_with_its_system_as_version_one(client: TestClient) -> None:
    incident = load(client)

    assert incident["is_drill"] is True
    assert (incident["system"], incident["system_version"]) == ("three_towns", 1)
    system = client.get("/v1/systems/three_towns").json()
    assert system["summary"]["rows"]["damage"] == 3
    assert client.get(f"/v1/incidents/{incident['id']}").headers["ETag"] == '"1"'


def test_a_system_comes_back_as_it_was_sent_and_the_same_bytes_are_no_new_version(client: TestClient) -> None:
    load(client)
    zipped = client.get("/v1/systems/three_towns/versions/1/file").content
    as_zip = {"Content-Type": "application/zip"}

    first = client.post("/v1/systems?name=mine", content=zipped, headers=as_zip)
    again = client.post("/v1/systems?name=mine", content=zipped, headers=as_zip)

    assert first.status_code == again.status_code == 201
    assert first.headers["Location"] == again.headers["Location"] == "/v1/systems/mine/versions/1"
    assert client.get("/v1/systems/mine/versions/1/file").content == zipped


def test_a_corrected_system_is_version_two_and_an_incident_can_be_moved_to_it(client: TestClient) -> None:
    incident = load(client)
    zipped = client.get("/v1/systems/three_towns/versions/1/file").content
    corrected = BytesIO()
    with zipfile.ZipFile(BytesIO(zipped)) as old, zipfile.ZipFile(corrected, "w") as new:
        for name in old.namelist():
            lines = old.read(name).decode().splitlines(keepends=True)
            new.writestr(name, "".join(lines[:-1] if name == "damage.csv" else lines))
    as_zip = {"Content-Type": "application/zip"}

    added = client.post("/v1/systems?name=three_towns", content=corrected.getvalue(), headers=as_zip)
    url = f"/v1/incidents/{incident['id']}"
    too_far = client.patch(url, json={"system_version": 3}, headers={"If-Match": '"1"'})
    moved = client.patch(url, json={"system_version": 2}, headers={"If-Match": '"1"'})

    assert added.json()["version"] == 2
    assert added.json()["summary"]["rows"]["damage"] == 2
    assert too_far.status_code == 404
    assert moved.json()["system_version"] == 2
    assert client.get(f"{url}/log").json()["items"][-1]["body"] == {"system_version": 2}


def test_a_bad_table_is_refused_whole_and_names_the_row(client: TestClient) -> None:
    content = json.dumps({"nodes": [{"id": "a"}]}).encode()

    response = client.post("/v1/systems", content=content, headers={"Content-Type": "application/json"})

    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["problems"][0] == {
        "where": "nodes, row 1, sector",
        "message": "is missing; the table needs this column.",
    }
    assert client.get("/v1/systems").json()["items"] == []


def test_a_change_needs_the_etag_that_was_read_and_refuses_an_old_one(client: TestClient) -> None:
    url = f"/v1/incidents/{load(client)['id']}"

    without = client.patch(url, json={"name": "a"})
    first = client.patch(url, json={"name": "b"}, headers={"If-Match": '"1"'})
    late = client.patch(url, json={"name": "c"}, headers={"If-Match": '"1"'})

    assert (without.status_code, first.status_code, late.status_code) == (428, 200, 412)
    assert client.get(url).json()["name"] == "b"


def test_damage_that_names_no_component_is_refused_and_nothing_changes(client: TestClient) -> None:
    url = f"/v1/incidents/{load(client)['id']}"
    tables = {"damage": [{"component": "nowhere"}]}

    response = client.patch(url, json={"tables": tables}, headers={"If-Match": '"1"'})

    assert response.status_code == 422
    assert "damage, row 2, component" in response.json()["problems"][0]["where"]
    assert client.get(url).headers["ETag"] == '"1"'


def test_lists_are_paged_to_their_end_without_doubles(client: TestClient) -> None:
    ids = [load(client, name=f"drill {number}")["id"] for number in range(3)]
    seen: list[str] = []
    url = "/v1/incidents?limit=2"
    page = client.get(url).json()
    while True:
        seen += [incident["id"] for incident in page["items"]]
        if "next" not in page:
            break
        page = client.get(f"{url}&cursor={page['next']}").json()

    assert seen == ids[::-1]


def test_what_is_not_in_the_model_is_refused(client: TestClient) -> None:
    response = client.post("/v1/scenarios/three_towns/incidents", json={"tenant": "other"})

    assert response.status_code == 422
    assert response.json()["problems"][0]["where"] == "body → tenant"


def test_a_repeated_post_with_its_key_is_answered_the_same_and_opens_one_incident(client: TestClient) -> None:
    key = {"Idempotency-Key": "drill-1"}

    first = client.post("/v1/scenarios/three_towns/incidents", json={}, headers=key)
    again = client.post("/v1/scenarios/three_towns/incidents", json={}, headers=key)
    other = client.post("/v1/scenarios/three_towns/incidents", json={"is_drill": False}, headers=key)

    assert first.text == again.text
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 422
    assert len(client.get("/v1/incidents").json()["items"]) == 1
