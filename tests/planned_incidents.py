"""An incident with a plan in the database, without a search: what routes that read plans are tried on."""

import importlib
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, select

from api.http.service import Service
from api.jobs.answers import written
from api.store.tables import incident, job, now, plan, system
from lifeline import Plan, schedule
from lifeline.repair import RepairProblem


@pytest.fixture
def no_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are answered in the test's own process, by way of JSON: starting a child for each takes seconds."""

    async def ask(
        service: Service, function: str, argument: dict[str, Any], *, seconds: float | None = None
    ) -> Any:
        module, name = function.split(":")
        work = getattr(importlib.import_module(module), name)
        return json.loads(json.dumps(work(json.loads(json.dumps(argument)), print)))

    async def ask_for_text(
        service: Service, function: str, argument: dict[str, Any], *, niceness: int = 0
    ) -> bytes:
        return written(await ask(service, function, argument)).encode()

    monkeypatch.setattr(Service, "ask", ask)
    monkeypatch.setattr(Service, "ask_for_text", ask_for_text)


def with_plans(client: TestClient, problem: RepairProblem, *orders: dict[str, list[str]]) -> str:
    """Upload the problem's system, open an incident at its time zero, and give it a plan for each of these orders."""
    from lifeline.json_tables import system_to_json

    text = system_to_json(problem.system)
    as_json = {"Content-Type": "application/json"}
    added = client.post("/v1/systems?name=town", content=text, headers=as_json)
    assert added.status_code == 201, added.text
    opened = client.post(
        "/v1/incidents",
        json={"name": "Storm", "system": "town", "started_at": problem.system.settings.start},
    )
    assert opened.status_code == 201, opened.text
    for number, sequences in enumerate(orders, 1):
        add_plan(client, opened.json()["id"], number, schedule(problem, sequences))
    return str(opened.json()["id"])


def add_plan(client: TestClient, incident_id: str, version: int, made: Plan, **values: Any) -> None:
    """Put a plan into the database as a worker does: the plan, and what it was made for."""
    database = client.app.state.service.database

    def put(connection: Any) -> None:
        row = connection.execute(select(incident).where(incident.c.id == incident_id)).one()
        sha256 = connection.execute(select(system.c.sha256).where(system.c.name == row.system)).scalar_one()
        problem = {"sha256": sha256, "started_at": row.started_at, "now": 0, "tables": row.tables}
        connection.execute(insert(job).values(_job(row, f"job-{version}")))
        connection.execute(
            insert(plan).values(
                id=f"{incident_id}-{version}",
                incident=incident_id,
                version=version,
                job=f"job-{version}",
                sha256=made.sha256,
                label="feasible",
                summary={},
                documents={"plan": made.to_json(), "problem": json.dumps(problem)},
                made_at_seq=1,
                made_at_minute=0,
                created_at=now(),
                created_by="local",
                **values,
            )
        )

    database.write_now(put)


def _job(row: Any, job_id: str) -> dict[str, Any]:
    return {
        "id": job_id,
        "tenant": row.tenant,
        "incident": row.id,
        "kind": "plan",
        "status": "successful",
        "progress": 100,
        "message": "",
        "priority": 0,
        "request": {},
        "best": None,
        "result": None,
        "created_at": now(),
        "created_by": "local",
        "updated_at": now(),
        "deadline_at": now(),
    }
