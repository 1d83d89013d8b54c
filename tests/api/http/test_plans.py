"""Plans come in versions; one is dispatched when somebody has approved its hash, and news makes them stale."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from service_worlds import incident_in, plan_for, said

from api.http.routes.plans import REPLAN_SECONDS
from api.jobs import records

LINE = "line-ash-brook"


@pytest.fixture
def incident(client: TestClient) -> str:
    return incident_in(client)


def approve(client: TestClient, incident: str, version: int, sha256: str, **sent: object) -> object:
    return client.post(f"/v1/incidents/{incident}/plans/{version}/approval", json={"sha256": sha256, **sent})


def kinds_in_log(client: TestClient, incident: str) -> list[str]:
    return [entry["kind"] for entry in client.get(f"/v1/incidents/{incident}/log").json()["items"]]


def test_a_plan_is_proposed_until_its_hash_is_approved(client: TestClient, incident: str) -> None:
    sha256 = plan_for(client, incident)
    url = f"/v1/incidents/{incident}/plans/1"

    before = client.get(url).json()
    wrong = approve(client, incident, 1, "0" * 64)
    right = approve(client, incident, 1, sha256)

    assert (before["status"], before["sha256"], before["is_drill"]) == ("proposed", sha256, False)
    assert wrong.status_code == 409
    assert sha256 in wrong.json()["detail"]
    assert right.json()["status"] == "approved"
    assert client.get(url).json()["approved_by"] == "local"
    assert kinds_in_log(client, incident) == ["incident.opened", "plan.ready", "plan.approved"]
    assert client.get(f"{url}/plan").json()["visits"]


def test_a_version_tells_the_orders_that_it_was_made_with(client: TestClient, incident: str) -> None:
    locks = [{"job": LINE, "kind": "crew", "value": "red"}, {"job": LINE, "kind": "first", "value": ""}]
    plan_for(client, incident)
    plan_for(client, incident, request={"locks": locks})
    url = f"/v1/incidents/{incident}/plans"

    assert client.get(f"{url}/1").json()["locks"] == []
    assert client.get(f"{url}/2").json()["locks"] == locks
    assert all("locks" not in plan for plan in client.get(url).json()["items"])


def test_approving_twice_is_put_down_once(client: TestClient, incident: str) -> None:
    sha256 = plan_for(client, incident)

    assert approve(client, incident, 1, sha256).status_code == 200
    assert approve(client, incident, 1, sha256).status_code == 200
    assert kinds_in_log(client, incident).count("plan.approved") == 1


def test_an_older_plan_cannot_be_approved_once_there_is_a_newer_one(
    client: TestClient, incident: str
) -> None:
    first = plan_for(client, incident)
    second = plan_for(client, incident)

    refused = approve(client, incident, 1, first)

    assert refused.status_code == 409
    assert "not the newest one; that is 2" in refused.json()["detail"]
    assert approve(client, incident, 2, second).status_code == 200


def test_a_newly_approved_plan_takes_the_place_of_the_one_before(client: TestClient, incident: str) -> None:
    approve(client, incident, 1, plan_for(client, incident))
    approve(client, incident, 2, plan_for(client, incident))

    items = client.get(f"/v1/incidents/{incident}/plans").json()["items"]

    assert [(plan["version"], plan["status"]) for plan in items] == [(2, "approved"), (1, "superseded")]


def test_the_plan_of_a_drill_is_never_approved(client: TestClient) -> None:
    drill = incident_in(client, is_drill=True)
    sha256 = plan_for(client, drill)

    refused = approve(client, drill, 1, sha256)

    assert refused.status_code == 409
    assert "a drill is never dispatched" in refused.json()["detail"]
    assert client.get(f"/v1/incidents/{drill}/plans/1").json()["is_drill"] is True


def test_news_makes_a_plan_stale_and_it_is_approved_only_by_who_says_so(
    client: TestClient, incident: str
) -> None:
    sha256 = plan_for(client, incident)
    sent = {"updates": [said("a", "job_takes", job=LINE, minutes=500)]}

    told = client.post(f"/v1/incidents/{incident}/updates", json=sent).json()
    refused = approve(client, incident, 1, sha256)
    forced = approve(client, incident, 1, sha256, although_stale=True)

    assert told["stale_plans"] == [1]
    assert refused.status_code == 409
    assert "although_stale" in refused.json()["detail"]
    assert forced.status_code == 200
    log = client.get(f"/v1/incidents/{incident}/log").json()["items"]
    assert log[-1]["body"]["although_stale"] is True


def test_that_a_job_began_as_planned_makes_no_plan_stale(client: TestClient, incident: str) -> None:
    plan_for(client, incident)
    sent = {"updates": [said("a", "job_started", job=LINE)]}

    assert client.post(f"/v1/incidents/{incident}/updates", json=sent).json()["stale_plans"] == []


def test_a_plan_that_missed_news_while_it_was_made_is_stale_from_the_start(
    client: TestClient, incident: str
) -> None:
    from api.store import plans

    sent = {"updates": [said("a", "job_finished", job=LINE)]}
    client.post(f"/v1/incidents/{incident}/updates", json=sent)
    plan_for(client, incident)
    database = client.app.state.service.database

    assert database.read_now(lambda connection: plans.find(connection, incident, 1)).stale_since is None
    assert database.read_now(lambda connection: plans._missed_news(connection, incident, 1)) is not None


def test_other_tables_make_the_plan_stale_another_name_does_not(client: TestClient, incident: str) -> None:
    plan_for(client, incident)
    url = f"/v1/incidents/{incident}"

    client.patch(url, json={"name": "b"}, headers={"If-Match": '"1"'})
    assert "stale_since" not in client.get(f"{url}/plans/1").json()

    tables = {"damage": [{"component": LINE}]}
    client.patch(url, json={"tables": tables}, headers={"If-Match": '"2"'})
    assert "stale_since" in client.get(f"{url}/plans/1").json()


def test_where_an_incident_asks_for_it_news_starts_one_replan(client: TestClient) -> None:
    incident = incident_in(client, replans=True)
    locks = [{"job": LINE, "kind": "crew", "value": "red"}]
    plan_for(client, incident, request={"locks": locks, "rules": {"water": "flow"}, "seconds": 60.0})
    url = f"/v1/incidents/{incident}/updates"

    first = client.post(url, json={"updates": [said("a", "job_finished", job=LINE)]}).json()
    second = client.post(url, json={"updates": [said("b", "job_takes", job=LINE, minutes=9)]}).json()

    assert first["replan"]
    assert "replan" not in second
    assert kinds_in_log(client, incident).count("plan.requested") == 1
    database = client.app.state.service.database  # type: ignore[attr-defined]
    asked = database.read_now(lambda connection: records.find(connection, "local", first["replan"]).request)
    assert (asked["locks"], asked["rules"], asked["seconds"]) == (locks, {"water": "flow"}, REPLAN_SECONDS)


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"seconds": 0}, "body → seconds"),
        ({"seconds": 1e9}, "body → seconds"),
        ({"method": "magic"}, "method"),
        ({"locks": [{"job": LINE, "kind": "loves", "value": "red"}]}, "body → locks → 0 → kind"),
        ({"at": "1999-01-01T00:00:00Z"}, "before the incident's time zero"),
        ({"status": "approved"}, "body → status"),
    ],
)
def test_what_cannot_be_planned_is_refused_and_no_job_is_put_down(
    client: TestClient, incident: str, sent: dict[str, object], where: str
) -> None:
    refused = client.post(f"/v1/incidents/{incident}/plans", json=sent)

    assert refused.status_code == 422
    assert where in refused.json()["detail"]
    assert "plan.requested" not in kinds_in_log(client, incident)
