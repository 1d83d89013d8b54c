"""What watches over the service is told the truth, and nobody else is told much."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, select, text

from api.http.app import create_app
from api.http.metrics import is_on_this_machine
from api.http.routes import health
from api.http.service import Service
from api.settings import Settings
from api.store.database import Database
from api.store.migrations import bring_up_to_date
from api.store.tables import answer


def test_alive_and_ready_say_so(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    told = client.get("/readyz")
    assert (told.status_code, told.json()) == (
        200,
        {"status": "ready", "checks": {"database": "ok", "migrations": "ok", "worker": "ok"}},
    )


def test_not_ready_names_the_part_that_is_not(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(service: Service) -> str:
        raise TimeoutError

    async def broken(service: Service) -> str:
        raise OSError("/srv/lifeline/app.db: disk full")

    monkeypatch.setattr(health, "CHECK_SECONDS", 30.0)
    service = client.app.state.service
    service.checks.update(spool=silent, disk=broken)
    service.settings, service.worker = service.settings.model_copy(update={"worker": True}), None
    service.database.write_now(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num='0000'"))
    )

    told = client.get("/readyz")

    assert told.status_code == 503
    checks = told.json()["checks"]
    assert checks["database"] == "ok"
    assert checks["migrations"].startswith("is at 0000, this version needs ")
    assert checks["worker"] == "has stopped"
    assert checks["spool"] == "no answer within 30 s"
    assert checks["disk"] == "failed (OSError)"


def test_metrics_count_by_route_and_not_by_name(client: TestClient) -> None:
    for name in ("a", "b", "c"):
        client.get(f"/v1/systems/{name}")
    client.get("/nowhere/x")
    client.get("/nowhere/y")
    told = client.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    assert 'lifeline_requests_total{method="GET",route="/v1/systems/{name}",status="404"} 3.0' in told.text
    assert 'lifeline_requests_total{method="GET",route="unmatched",status="404"} 2.0' in told.text
    for name in ("write_queue_length", "group_commit_units", "open_streams", "stream_lag_seconds"):
        assert f"\nlifeline_{name} " in told.text
    assert 'lifeline_jobs{status="running"} 0.0' in told.text
    assert "nowhere" not in told.text


@pytest.mark.parametrize(
    ("peer", "header", "local"),
    [
        ("127.0.0.1", b"accept", True),
        ("::1", b"accept", True),
        ("192.0.2.1", b"accept", False),
        ("not an address", b"accept", False),
        # A proxy on this machine speaks for somebody else.
        ("127.0.0.1", b"x-forwarded-for", False),
        ("127.0.0.1", b"forwarded", False),
    ],
)
def test_metrics_are_for_this_machine(peer: str, header: bytes, local: bool) -> None:
    assert is_on_this_machine({"client": (peer, 1), "headers": [(header, b"x")]}) is local


def test_the_health_of_a_service_names_no_path(client: TestClient, tmp_path: Path) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert str(tmp_path) not in client.get(path).text


def test_answers_that_are_kept_no_longer_are_forgotten_when_the_service_starts(settings: Settings) -> None:
    database = Database(settings.database)
    bring_up_to_date(database)
    content = {"request_sha256": "", "status": 200, "headers": {}, "body": ""}
    old = insert(answer).values(tenant="t", key="old", created_at="2020-01-01T00:00:00.000Z", **content)
    database.write_now(lambda connection: connection.execute(old))
    try:
        with TestClient(create_app(settings)):
            for _ in range(600):
                if not database.read_now(lambda connection: connection.execute(select(answer)).all()):
                    return
                time.sleep(0.05)
    finally:
        database.close()
    raise AssertionError("The answer of 2020 is still kept.")
