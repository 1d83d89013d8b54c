"""Long work by OGC API - Processes: asked for, looked at, dismissed, and what came out; no worker runs here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from planned_incidents import no_children
from service_worlds import asked_by
from sqlalchemy import Connection

from api.access.caller import LOCAL_ADMIN, Caller
from api.jobs import records

__all__ = ["no_children"]
pytestmark = pytest.mark.usefixtures("no_children")


@pytest.fixture
def incident(client: TestClient) -> str:
    return str(client.post("/v1/scenarios/three_towns/incidents", json={}).json()["id"])


def asked(client: TestClient, incident: str, **inputs: Any) -> Any:
    return client.post("/processes/plan/execution", json={"inputs": {"incident": incident, **inputs}})


def ended(client: TestClient, job: str, status: str, **result: Any) -> None:
    """End a job as the worker does: with its result, if this was its end."""

    def act(connection: Connection) -> None:
        if records.end(connection, job, status, "Out of luck.") and result:
            records.keep_result(connection, job, result)

    client.app.state.service.database.write_now(act)  # type: ignore[attr-defined]


def test_a_plan_is_asked_for_as_a_job_whose_place_is_told(client: TestClient, incident: str) -> None:
    answer = asked(client, incident, seconds=2)

    assert answer.status_code == 201, answer.text
    job = answer.json()
    assert answer.headers["Location"] == f"http://127.0.0.1/jobs/{job['jobID']}"
    assert (job["processID"], job["status"], job["progress"], job["type"]) == (
        "plan",
        "accepted",
        0,
        "process",
    )
    assert client.get(answer.headers["Location"]).json() == job
    log = client.get(f"/v1/incidents/{incident}/log").json()["items"]
    assert log[-1]["kind"] == "plan.requested"
    assert log[-1]["body"] == {"job": job["jobID"]}


def test_a_process_describes_the_inputs_that_it_takes(client: TestClient) -> None:
    offered = {process["id"] for process in client.get("/processes").json()["processes"]}
    told = client.get("/processes/plan").json()

    assert offered == {"plan", "what-if"}
    assert told["inputs"]["incident"]["minOccurs"] == 1
    assert told["inputs"]["locks"]["schema"]["items"]["properties"]["job"]["type"] == "string"
    unknown = client.get("/processes/brew")
    assert unknown.status_code == 404
    assert unknown.json()["type"].endswith("/1.0/no-such-process")
    classes = client.get("/conformance").json()["conformsTo"]
    assert any(name.endswith("/conf/dismiss") for name in classes)
    assert client.get("/").json()["title"] == "lifeline"


def test_a_job_that_waits_tells_how_many_go_before_it(client: TestClient, incident: str) -> None:
    """An urgent one goes first, whenever it came; what runs or has ended is not in the queue."""
    first, second = (asked(client, incident).json() for _ in range(2))
    urgent = asked(client, incident, is_urgent=True).json()["jobID"]

    def message(job: str) -> str:
        return str(client.get(f"/jobs/{job}").json()["message"])

    assert first["message"] == "Waits for its turn; it is the next one of its tenant."
    assert message(second["jobID"]) == "Waits for its turn; jobs of its tenant that go before it: 2."
    assert message(urgent) == "Waits for its turn; it is the next one of its tenant."
    assert [job["message"] for job in client.get("/jobs").json()["jobs"]] == [
        message(job) for job in (urgent, second["jobID"], first["jobID"])
    ]
    ended(client, urgent, records.SUCCESSFUL)
    database = client.app.state.service.database  # type: ignore[attr-defined]
    database.write_now(lambda connection: records.begin(connection, first["jobID"]))

    assert message(second["jobID"]) == "Waits for its turn; it is the next one of its tenant."
    assert message(first["jobID"]) == ""
    assert message(urgent) == "Out of luck."


def test_an_approver_asks_what_ifs_but_no_plans(client: TestClient, incident: str) -> None:
    changes = [{"kind": "more_crews", "like": "red"}]
    what_if = {"inputs": {"incident": incident, "variants": [{"name": "Aid", "changes": changes}]}}
    approver = replace(LOCAL_ADMIN, roles=frozenset({"approver"}))
    with asked_by(approver):
        accepted = client.post("/processes/what-if/execution", json=what_if)
        refused = asked(client, incident)
        dismissed = client.delete(f"/jobs/{accepted.json()['jobID']}")

    assert (accepted.status_code, accepted.json()["processID"]) == (201, "what-if")
    assert (refused.status_code, "has not the right plan" in refused.json()["detail"]) == (403, True)
    assert dismissed.json()["status"] == "dismissed"


@pytest.mark.parametrize(
    ("inputs", "where"),
    [
        ({"seconds": -1}, "inputs → seconds"),
        ({"colour": "red"}, "inputs → colour"),
        ({"incident": "nowhere"}, "inputs → incident"),
        ({"at": "soon"}, "inputs → at"),
    ],
)
def test_inputs_that_are_no_good_are_named(
    client: TestClient, incident: str, inputs: dict[str, Any], where: str
) -> None:
    answer = client.post("/processes/plan/execution", json={"inputs": {"incident": incident, **inputs}})

    assert answer.status_code == 422
    assert answer.json()["problems"][0]["where"] == where
    assert client.get("/jobs").json()["jobs"] == []


def test_only_a_search_that_has_a_plan_can_be_good_enough(client: TestClient, incident: str) -> None:
    job = asked(client, incident).json()["jobID"]
    early = client.post(f"/jobs/{job}/enough")
    ended(client, job, records.SUCCESSFUL, version=1)
    late = client.post(f"/jobs/{job}/enough")

    assert (early.status_code, late.status_code) == (409, 409)
    assert early.json()["detail"] == f"Job {job} cannot be taken as good enough: it has no plan yet."
    assert late.json()["detail"] == f"Job {job} cannot be taken as good enough: it is successful."


def test_an_incident_that_is_not_there_is_a_bad_input(client: TestClient) -> None:
    answer = asked(client, "0" * 16)

    assert answer.status_code == 422
    assert answer.json()["detail"] == "inputs: There is no incident '0000000000000000'."


def test_the_same_key_asks_once(client: TestClient, incident: str) -> None:
    body, key = {"inputs": {"incident": incident}}, {"Idempotency-Key": "once"}

    first = client.post("/processes/plan/execution", json=body, headers=key)
    again = client.post("/processes/plan/execution", json=body, headers=key)

    assert first.json()["jobID"] == again.json()["jobID"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(client.get("/jobs").json()["jobs"]) == 1


def test_results_are_there_when_the_job_is_successful(client: TestClient, incident: str) -> None:
    job = asked(client, incident).json()["jobID"]

    early = client.get(f"/jobs/{job}/results")
    ended(client, job, records.SUCCESSFUL, version=1)
    status, results = client.get(f"/jobs/{job}").json(), client.get(f"/jobs/{job}/results")

    assert early.status_code == 404
    assert early.json()["type"].endswith("/1.0/result-not-ready")
    assert (status["status"], status["progress"]) == ("successful", 100)
    assert results.json() == {"plan": {"value": {"version": 1}, "mediaType": "application/json"}}


def test_a_failed_job_has_no_results_but_a_reason(client: TestClient, incident: str) -> None:
    job = asked(client, incident).json()["jobID"]
    ended(client, job, records.FAILED)

    answer = client.get(f"/jobs/{job}/results")

    assert answer.status_code == 409
    assert "Out of luck." in answer.json()["detail"]


def test_a_job_is_dismissed_once_and_stays_so(client: TestClient, incident: str) -> None:
    job = asked(client, incident).json()["jobID"]

    first = client.delete(f"/jobs/{job}")
    ended(client, job, records.SUCCESSFUL, version=1)
    again = client.delete(f"/jobs/{job}")

    assert first.json()["status"] == again.json()["status"] == "dismissed"
    assert client.get(f"/jobs/{job}/results").status_code == 410
    assert client.get(f"/jobs/{'0' * 16}").json()["type"].endswith("/1.0/no-such-job")


def test_jobs_are_listed_by_status_process_and_time_page_by_page(client: TestClient, incident: str) -> None:
    jobs = [asked(client, incident).json()["jobID"] for _ in range(3)]
    client.delete(f"/jobs/{jobs[1]}")

    def listed(query: str) -> list[str]:
        return [job["jobID"] for job in client.get(f"/jobs?{query}").json()["jobs"]]

    assert listed("") == jobs[::-1]
    assert listed("status=dismissed") == [jobs[1]]
    assert listed("status=dismissed&status=accepted") == jobs[::-1]
    assert listed("processID=what-if") == []
    assert listed("processID=plan&type=process") == jobs[::-1]
    assert listed("datetime=../2000-01-01T00:00:00Z") == []
    assert listed("minDuration=1") == []
    assert listed("maxDuration=1") == jobs[::-1]
    assert client.get("/jobs?datetime=soon").status_code == 400
    first = client.get("/jobs?limit=2").json()
    onward = next(link["href"] for link in first["links"] if link["rel"] == "next")
    rest = client.get(onward).json()
    assert [job["jobID"] for page in (first, rest) for job in page["jobs"]] == jobs[::-1]
    assert [link["rel"] for link in rest["links"]] == ["self"]


def test_jobs_of_others_are_not_there_and_viewers_only_look(client: TestClient, incident: str) -> None:
    job = asked(client, incident).json()["jobID"]

    def answers(caller: Caller) -> list[int]:
        with asked_by(caller):
            return [
                client.get(f"/jobs/{job}").status_code,
                client.get(f"/jobs/{job}/results").status_code,
                client.delete(f"/jobs/{job}").status_code,
                asked(client, incident).status_code,
                len(client.get("/jobs").json().get("jobs", ())),
            ]

    assert answers(replace(LOCAL_ADMIN, tenant="other")) == [404, 404, 404, 422, 0]
    assert answers(replace(LOCAL_ADMIN, roles=frozenset({"viewer"}))) == [200, 404, 403, 403, 1]
    # Who approves may ask what-ifs, which are jobs too, but neither plan nor end a plan.
    assert answers(replace(LOCAL_ADMIN, roles=frozenset({"approver"}))) == [200, 404, 403, 403, 1]
    assert client.get(f"/jobs/{job}").json()["status"] == "accepted"
