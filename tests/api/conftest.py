"""What tests of the command line and of the service ask.

The command line runs inside the test's own process, on small worlds made here. Services are there twice, on SQLite and
on PostgreSQL: the same tests run on both.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from postgres_server import NAMED, fresh_database, programs, running_server
from typer.testing import CliRunner
from worlds import town

from api.command_line import app
from api.http.app import create_app
from api.settings import Settings
from api.store.database import Database
from api.store.migrations import bring_up_to_date
from lifeline import write_system


class Answer:
    """What a command printed and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(scope="session")
def lifeline() -> Callable[..., Answer]:
    """Run `lifeline` with these words; what they stand for is turned into text first."""

    def run(*words: object) -> Answer:
        result = CliRunner().invoke(app, [str(word) for word in words], prog_name="lifeline")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def two_lines(tmp_path: Path) -> Path:
    """A folder with two customers, each behind a broken line of its own, and one crew that stands on both.

    Both repairs take 60 minutes and there is no way between them: P2 (30 persons) first costs 30 * 1 + 10 * 2 = 50
    person-hours, P3 (10 persons) first costs 10 * 1 + 30 * 2 = 70.
    """
    system = town(
        power="P1*-P2 P1-P3",
        people={"P2": 30, "P3": 10},
        places={"P1": (0.0, 0.0), "P2": (0.0, 0.0), "P3": (0.0, 0.0)},
        crews={"sparks": "power"},
        damage={"P1-P2": 60, "P1-P3": 60},
    )
    folder = tmp_path / "two_lines"
    write_system(system, folder)
    return folder


ALL = "LIFELINE_TEST_ALL_DATABASES"
ALWAYS_ON_BOTH = (
    "test_database",
    "test_plans",
    "test_state",
    "test_streams",
    "test_systems_and_incidents",
    "test_updates",
    "test_worker",
)
"Where the two kinds of database could differ; the rest is tried on both when the environment says ALL."


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


def _with_all_tables(url: str) -> None:
    database = Database(url)
    bring_up_to_date(database)
    database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables: to copy it takes a millisecond, to take every step of migration half a second."""
    path = tmp_path_factory.mktemp("template") / "app.db"
    _with_all_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> Iterator[str]:
    """The same on the server; its name."""
    with fresh_database(postgresql_server) as url:
        _with_all_tables(url)
        yield url.rsplit("/", 1)[1]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of either kind, with its tables and nothing in them."""
    if request.param == "sqlite":
        path = tmp_path / "data" / "app.db"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    if request.module.__name__.rpartition(".")[2] not in ALWAYS_ON_BOTH and ALL not in os.environ:
        pytest.skip(f"tried on SQLite only; {ALL}=1 tries it on PostgreSQL too")
    server = request.getfixturevalue("postgresql_server")
    with fresh_database(server, request.getfixturevalue("postgresql_template")) as url:
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
