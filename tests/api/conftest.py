"""Services to ask: one on SQLite, one on PostgreSQL, the same tests on both."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from postgres_server import NAMED, fresh_database, programs, running_server

from api.http.app import create_app
from api.settings import Settings


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server; tests that need one skip where none is installed."""
    if NAMED in os.environ:
        yield os.environ[NAMED]
    elif programs() is None:
        pytest.skip(f"PostgreSQL is not installed, and {NAMED} names no server")
    else:
        with running_server() as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'app.db'}"
        return
    with fresh_database(request.getfixturevalue("postgresql_server")) as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a service in a folder of its own."""
    return Settings(
        data_folder=tmp_path / "data", database_url=database_url, open_docs=True, worker=False, is_warm=False
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A running service."""
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        yield client
