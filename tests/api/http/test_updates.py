"""What the field reports is put down once, whole or not at all, under names that the incident has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from service_worlds import incident_in, said

LINE = "line-ash-brook"


@pytest.fixture
def about(client: TestClient) -> str:
    return f"/v1/incidents/{incident_in(client)}"


def test_an_update_gets_the_next_number_of_the_log_and_is_there_when_it_is_answered(
    client: TestClient, about: str
) -> None:
    sent = {
        "updates": [said("a", "job_started", job=LINE, crew="red"), said("b", "job_blocked", job="x/none")]
    }
    sent["updates"][1]["job"] = "main-brook-cliff"

    taken = client.post(f"{about}/updates", json=sent)

    assert taken.status_code == 201, taken.text
    assert [row["seq"] for row in taken.json()["taken"]] == [2, 3]
    assert [row["id"] for row in client.get(f"{about}/updates").json()["items"]] == ["a", "b"]
    assert client.get(about).json()["last_seq"] == 3


def test_the_same_update_again_changes_nothing_and_another_one_of_its_id_is_refused(
    client: TestClient, about: str
) -> None:
    update = said("a", "job_started", job=LINE)

    first = client.post(f"{about}/updates", json={"updates": [update]}).json()
    again = client.post(f"{about}/updates", json={"updates": [update, update]}).json()
    other = client.post(f"{about}/updates", json={"updates": [update | {"job": "main-brook-cliff"}]})

    assert first["taken"] == [{"id": "a", "seq": 2, "is_repeat": False}]
    assert {row["seq"] for row in again["taken"]} == {2}
    assert other.status_code == 409
    assert client.get(about).json()["last_seq"] == 2


@pytest.mark.parametrize(
    ("update", "message"),
    [
        (
            said("a", "job_started", job="nowhere"),
            "'nowhere' is no component, step or task of this incident.",
        ),
        (said("a", "crew_off_duty", crew="pink"), "'pink' is no crew of this incident."),
        (said("a", "road_closed", link=LINE), f"{LINE!r} is no road link of this incident."),
        (said("a", "job_started", minutes_ago=-60, job=LINE), "is still to come; check the clock."),
        (said("a", "job_started", minutes_ago=600, job=LINE), "is before the incident's time zero"),
        (said("a", "job_takes", job=LINE, minutes=True), "Input should be a valid integer"),
        (said("a", "job_takes", job=LINE, minutes=0), "Input should be greater than or equal to 1"),
        (said("a", "job_takes", job=LINE, minutes=5, approved_by="me"), "Extra inputs are not permitted"),
        ({"id": "a", "kind": "job_started", "job": LINE, "happened_at": "2026-11-23T06:00:00"}, "RFC 3339"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_of_the_request_is_put_down(
    client: TestClient, about: str, update: dict[str, object], message: str
) -> None:
    good = said("good", "job_started", job=LINE)

    refused = client.post(f"{about}/updates", json={"updates": [good, update]})

    assert refused.status_code == 422
    assert message in refused.json()["problems"][0]["message"]
    assert "1" in refused.json()["problems"][0]["where"]
    assert client.get(f"{about}/updates").json()["items"] == []


def test_what_is_still_to_come_may_be_reported_in_a_drill(client: TestClient) -> None:
    about = f"/v1/incidents/{incident_in(client, is_drill=True)}"

    taken = client.post(
        f"{about}/updates", json={"updates": [said("a", "job_started", minutes_ago=-600, job=LINE)]}
    )

    assert taken.status_code == 201


def test_a_closed_incident_takes_no_more_updates(client: TestClient, about: str) -> None:
    client.patch(about, json={"is_closed": True}, headers={"If-Match": '"1"'})

    refused = client.post(f"{about}/updates", json={"updates": [said("a", "job_started", job=LINE)]})

    assert refused.status_code == 409
    assert "closed" in refused.json()["detail"]


def test_a_hundred_reporters_at_once_leave_a_log_without_gaps(client: TestClient, about: str) -> None:
    def send(number: int) -> int:
        sent = {"updates": [said(f"r{number}", "job_takes", job=LINE, minutes=number + 1)]}
        return client.post(f"{about}/updates", json=sent).json()["taken"][0]["seq"]

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(send, range(100)))

    assert sorted(numbers) == list(range(2, 102))
    pages = [client.get(f"{about}/log?limit=60").json()]
    pages.append(client.get(f"{about}/log?limit=60&cursor={pages[0]['next']}").json())
    assert [row["seq"] for page in pages for row in page["items"]] == list(range(1, 102))


def test_minutes_count_from_time_zero(client: TestClient) -> None:
    started_at = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    about = f"/v1/incidents/{incident_in(client, started_at='2026-03-02T06:00:00.000Z')}"
    update = {"id": "a", "kind": "job_started", "job": LINE}
    moment = started_at + timedelta(minutes=95, seconds=59)

    client.post(f"{about}/updates", json={"updates": [update | {"happened_at": moment.isoformat()}]})

    assert client.get(f"{about}/updates").json()["items"][0]["happened_minute"] == 95
