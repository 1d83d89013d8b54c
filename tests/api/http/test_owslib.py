"""OWSLib, which knows nothing of lifeline, against a running server: map layers, and long work as jobs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient
from planned_incidents import with_plans
from worlds import town

from api.http.app import create_app
from api.settings import Settings as ServiceSettings
from lifeline import Settings, Shock, build_problem
from lifeline.repair import RepairProblem

JSON = {"Accept": "application/json"}
ORDERS = {"red": ["P1-A", "P1-B"]}


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


@contextmanager
def running(client: TestClient) -> Iterator[str]:
    """The client's service on a port of its own, for programs that know nothing of it; ends within seconds."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    settings = ServiceSettings(**client.app.state.service.settings.model_dump())
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings), host="127.0.0.1", port=port, log_level="error", lifespan="on")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        assert server.started
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[TestClient]:
    settings = ServiceSettings(data_folder=tmp_path / "data", open_docs=True, worker=False, is_warm=False)
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        yield client


def test_owslib_reads_an_incident_as_it_reads_any_other_api(
    on_sqlite: TestClient, problem: RepairProblem
) -> None:
    from owslib.ogcapi.features import Features

    incident = with_plans(on_sqlite, problem, ORDERS)
    with running(on_sqlite) as base:
        read = Features(f"{base}/v1/incidents/{incident}/ogc", headers=dict(JSON))
        names = read.feature_collections()
        described = read.api()
        classes = read.conformance()["conformsTo"]
        box = read.collection_items("components", bbox=[0.9, -0.1, 1.1, 0.1])
        page = read.collection_items("components", limit=2)
        visit = read.collection_item("visits", "P1-A")
        extent = read.collection("components")["extent"]["spatial"]["bbox"]

    assert names == ["components", "damage", "customers", "crews", "visits", "routes"]
    assert described["openapi"].startswith("3.0")
    assert any(name.endswith("/conf/geojson") for name in classes)
    assert [found["id"] for found in box["features"]] == ["A", "P1-A"]
    assert (page["numberMatched"], page["numberReturned"]) == (7, 2)
    assert visit["properties"]["crew"] == "red"
    assert extent == [[0.0, 0.0, 1.0, 1.0]]


def test_owslib_asks_for_a_plan_as_for_any_other_process(
    on_sqlite: TestClient, problem: RepairProblem
) -> None:
    from owslib.ogcapi.processes import Processes

    incident = with_plans(on_sqlite, problem)
    with running(on_sqlite) as base:
        service = Processes(base, headers=dict(JSON))
        offered = [process["id"] for process in service.processes()]
        inputs = service.process("plan")["inputs"]
        job = service.execute("plan", {"incident": incident, "seconds": 1})
        place = service.response_headers["Location"]
        classes = service.conformance()["conformsTo"]

    assert "plan" in offered
    assert inputs["incident"]["schema"]["type"] == "string"
    assert (job["type"], job["processID"]) == ("process", "plan")
    assert place == f"{base}/jobs/{job['jobID']}"
    assert any(name.endswith("ogcapi-processes-1/1.0/conf/core") for name in classes)
