"""A backup is whole, is taken while the service writes, and comes back only where nothing is lost by it."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http.app import create_app
from api.settings import Settings
from api.store.in_use import only_user


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def running(folder: Path) -> Iterator[TestClient]:
    """A service with one incident, and a key, which makes the first row of the audit."""
    with TestClient(
        create_app(Settings(data_folder=folder, worker=False, is_warm=False)), base_url="http://127.0.0.1"
    ) as client:
        assert client.post("/v1/scenarios/three_towns/incidents", json={}).status_code == 201
        yield client


def incidents(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT count(*) FROM incident").fetchone()[0]


def hold(folder: Path, told: Any, until: Any) -> None:
    with only_user(folder):
        told.set()
        until.wait(30)


def test_a_backup_of_a_running_service_has_all_it_acknowledged(
    running: TestClient, folder: Path, tmp_path: Path, lifeline: Callable[..., Any]
) -> None:
    made = lifeline("keys", "create", "control room", "--role", "admin", "--data", folder)
    assert made.code == 0
    answer = lifeline("backup", tmp_path / "copy.db", "--data", folder)

    assert answer.code == 0, answer.err
    assert "whole; the audit in it has 1 rows" in answer.out
    assert incidents(tmp_path / "copy.db") == 1
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_writes_over_nothing_unless_told(
    running: TestClient, folder: Path, tmp_path: Path, lifeline: Callable[..., Any]
) -> None:
    (tmp_path / "copy.db").write_text("mine")
    refused = lifeline("backup", tmp_path / "copy.db", "--data", folder)
    assert refused.code == 2
    assert (tmp_path / "copy.db").read_text() == "mine"
    assert lifeline("backup", tmp_path / "copy.db", "--data", folder, "--force").code == 0


def test_a_backup_comes_back_into_an_empty_folder_and_is_served(
    running: TestClient, folder: Path, tmp_path: Path, lifeline: Callable[..., Any]
) -> None:
    lifeline("backup", tmp_path / "copy.db", "--data", folder)
    restored = lifeline("restore", tmp_path / "copy.db", "--data", tmp_path / "new")
    assert restored.code == 0, restored.err
    with TestClient(
        create_app(Settings(data_folder=tmp_path / "new", worker=False, is_warm=False)),
        base_url="http://127.0.0.1",
    ) as client:
        assert len(client.get("/v1/incidents").json()["items"]) == 1


def test_where_a_database_is_it_stays_unless_told_and_is_kept_even_then(
    running: TestClient, folder: Path, tmp_path: Path, lifeline: Callable[..., Any]
) -> None:
    lifeline("backup", tmp_path / "copy.db", "--data", folder)
    running.post("/v1/scenarios/three_towns/incidents", json={})
    running.__exit__(None, None, None)
    (folder / "jobs.db").write_bytes(b"")

    refused = lifeline("restore", tmp_path / "copy.db", "--data", folder)
    assert (refused.code, incidents(folder / "app.db")) == (2, 2)
    assert "has a database already; --replace" in refused.err

    assert lifeline("restore", tmp_path / "copy.db", "--data", folder, "--replace").code == 0
    (kept,) = folder.glob("replaced-*")
    assert (incidents(folder / "app.db"), incidents(kept / "app.db")) == (1, 2)
    assert (kept / "jobs.db").exists()
    assert not (folder / "jobs.db").exists()


def test_nothing_is_restored_under_a_service_that_runs(folder: Path, lifeline: Callable[..., Any]) -> None:
    spawn = multiprocessing.get_context("spawn")
    told, until = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(folder, told, until))
    other.start()
    try:
        assert told.wait(30)
        refused = lifeline("restore", folder / "none.db", "--data", folder, "--replace")
        assert refused.code == 2
        assert f"in use by another process of lifeline ({other.pid})" in refused.err
    finally:
        until.set()
        other.join()


def test_a_torn_or_foreign_file_is_not_restored(
    running: TestClient, folder: Path, tmp_path: Path, lifeline: Callable[..., Any]
) -> None:
    lifeline("backup", tmp_path / "copy.db", "--data", folder)
    data = bytearray((tmp_path / "copy.db").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8192] = b"\xff" * 8192
    (tmp_path / "torn.db").write_bytes(data)
    (tmp_path / "text.db").write_text("no database" * 1000)
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as connection:
        connection.execute("CREATE TABLE a (b)")
    for name, says in (
        ("torn", ""),
        ("text", "is no database of lifeline"),
        ("foreign", "another program"),
        ("absent", "There is no file"),
    ):
        refused = lifeline("restore", tmp_path / f"{name}.db", "--data", tmp_path / "new")
        assert refused.code == 2, name
        assert says in refused.err
        assert not (tmp_path / "new" / "app.db").exists()


def test_a_backup_whose_audit_was_changed_is_not_restored(
    running: TestClient, folder: Path, tmp_path: Path, lifeline: Callable[..., Any]
) -> None:
    lifeline("keys", "create", "control room", "--role", "admin", "--data", folder)
    lifeline("backup", tmp_path / "copy.db", "--data", folder)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        connection.execute("UPDATE audit SET who = 'somebody else'")
        connection.commit()
    refused = lifeline("restore", tmp_path / "copy.db", "--data", tmp_path / "new")
    assert refused.code == 2
    assert "audit in" in refused.err
    assert "is not whole: row 1" in refused.err


def test_with_postgresql_its_own_tools_are_named(
    monkeypatch: pytest.MonkeyPatch, lifeline: Callable[..., Any]
) -> None:
    monkeypatch.setenv("LIFELINE_DATABASE_URL", "postgresql+psycopg://me:CANARY@db/lifeline")
    for verb, tool in (("backup", "pg_dump --format=custom"), ("restore", "pg_restore --clean")):
        refused = lifeline(verb, "copy.dump")
        assert refused.code == 2
        assert tool in refused.err
        assert "CANARY" not in refused.err
