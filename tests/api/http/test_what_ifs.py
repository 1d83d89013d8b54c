"""What-ifs over HTTP, as jobs; their figures are tried in tests/api/incidents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from service_worlds import incident_in

from api.incidents.what_ifs import what_ifs
from api.jobs import records
from api.jobs.kinds import KINDS
from api.jobs.solving import Solved
from api.jobs.worker import ended
from api.store.tables import moment_of

AID = {"name": "Aid", "changes": [{"kind": "more_crews", "like": "red"}]}


def answer(client: TestClient, job: str, *, worked_out: int | None = None) -> Any:
    """Do the job as the worker does, without a child, and return what the service tells of it.

    Of one that is `worked_out` only so far, the time was up.
    """
    database, spool = client.app.state.service.database, client.app.state.service.settings.spool
    kind = KINDS["what-if"]
    row = database.write_now(lambda connection: records.get(connection, job))
    loaded = database.write_now(lambda connection: kind.load(connection, row, database.reported))
    path = spool / f"{loaded.system_sha256}.zip"
    reports: list[Any] = []
    found = Solved("answered", what_ifs({**loaded.argument, "system": str(path)}, reports.append))
    if worked_out is not None:
        so_far = next(report for report in reports if report.get("worked_out") == worked_out)
        database.write_now(lambda connection: records.tell(connection, job, best=so_far))
        found = Solved("so far", so_far["answer"], "Its time was up.")
    assert database.write_now(lambda connection: ended(connection, row, kind, loaded, found))
    response = client.get(f"/v1/what-ifs/{job}")
    assert response.status_code == 200, response.text
    return response.json()


def test_what_ifs_of_an_incident_leave_it_as_it_is(client: TestClient) -> None:
    """A second red saves 3,000 of 12,000 person-hours."""
    incident = incident_in(client, started_at=moment_of(datetime.now(UTC)))
    before = client.get(f"/v1/incidents/{incident}").json()

    accepted = client.post("/v1/what-ifs", json={"incident": incident, "variants": [AID], "evaluations": 100})
    assert accepted.status_code == 202, accepted.text
    early = client.get(f"/v1/what-ifs/{accepted.json()['job']}")
    assert (early.status_code, "is accepted" in early.json()["detail"]) == (404, True)
    told = answer(client, accepted.json()["job"])

    assert accepted.headers["Location"] == f"/jobs/{accepted.json()['job']}"
    assert told["base"]["objective"] == 12_000 * 60_000
    assert told["variants"][0]["difference"]["objective"] == -3_000 * 60_000
    assert client.get(f"/v1/incidents/{incident}").json() == before


def test_the_base_may_be_a_system_with_damage_of_its_own(client: TestClient) -> None:
    """The main alone: 1,000 people without water for two hours."""
    incident_in(client)
    tables = {"damage": [{"component": "main-brook-cliff", "repair_minutes": 110}]}
    sent = {"system": "three_towns", "tables": tables, "variants": [AID], "evaluations": 50}

    told = answer(client, client.post("/v1/what-ifs", json=sent).json()["job"])

    assert told["base"]["objective"] == 2_000 * 60_000
    assert told["variants"][0]["difference"]["objective"] == 0


def test_of_what_ifs_that_run_out_of_time_those_worked_out_are_told(client: TestClient) -> None:
    """Both save 3,000 of 12,000 person-hours; the second one's turn never came."""
    incident = incident_in(client, started_at=moment_of(datetime.now(UTC)))
    variants = [AID, {**AID, "name": "Later"}]
    sent = {"incident": incident, "variants": variants, "evaluations": 100}
    job = client.post("/v1/what-ifs", json=sent).json()["job"]

    told = answer(client, job, worked_out=1)

    assert told["variants"][0]["difference"]["objective"] == -3_000 * 60_000
    late = {"name": "Later", "refused": None, "result": None, "difference": {"how_sure": "not_worked_out"}}
    assert {name: told["variants"][1][name] for name in late} == late
    status = client.get(f"/jobs/{job}").json()
    assert (status["status"], status["message"], "best" in status) == (
        "successful",
        "Its time was up.",
        False,
    )
    assert client.get(f"/jobs/{job}/best").status_code == 404


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
    incident_in(client)

    assert client.post("/v1/what-ifs", json={"variants": [AID], **wrong}).status_code == 422


def test_what_is_not_there_is_not_found(client: TestClient) -> None:
    for sent in ({"incident": "0" * 16}, {"system": "nowhere"}):
        assert client.post("/v1/what-ifs", json={"variants": [AID], **sent}).status_code == 404
    assert client.get(f"/v1/what-ifs/{'0' * 16}").status_code == 404
