"""Writes share commits, fail alone, and are told of when they are on disk; reads cannot write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy
from access_matrix import filled
from sqlalchemy import Connection, func, insert, select

from api.store import migrations
from api.store.database import Database
from api.store.migrations import HEAD, bring_up_to_date, revision_of
from api.store.once import Answered, ReusedKey, forget_old_answers, once
from api.store.tables import answer, blob, incident, job, metadata, now, plan, system, tenant


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An up-to-date database."""
    opened = Database(database_url)
    bring_up_to_date(opened)
    yield opened
    opened.close()


def add(name: str, connection: Connection) -> str:
    connection.execute(insert(tenant).values(id=name, name=name, created_at=now()))
    return name


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(tenant)).scalar_one()


def test_a_write_that_was_acknowledged_is_read_by_another_connection(database: Database) -> None:
    assert database.write_now(lambda connection: add("a", connection)) == "a"

    assert database.read_now(count) == 1


def test_in_a_group_the_unit_that_fails_takes_only_its_own_writes_back(database: Database) -> None:
    def doubled(connection: Connection) -> None:
        add("half", connection)
        add("half", connection)

    # A unit that waits until the others are queued behind it, so that they make one group.
    from threading import Event

    gate = Event()
    first = database.submit(lambda connection: gate.wait(10))
    units = [
        database.submit(lambda connection: add("a", connection)),
        database.submit(doubled),
        database.submit(lambda connection: add("b", connection)),
    ]
    gate.set()

    assert first.result() is True
    assert units[0].result() == "a"
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        units[1].result()
    assert units[2].result() == "b"
    assert database.read_now(count) == 2
    assert database.group_sizes[-1] >= 3


def test_a_reader_of_sqlite_cannot_write(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("a rule of SQLite's file")

    with pytest.raises(sqlalchemy.exc.OperationalError, match="readonly"):
        database.read_now(lambda connection: add("a", connection))


def test_sqlite_flushes_every_commit_to_disk(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("a setting of SQLite")

    def pragmas(connection: Connection) -> tuple[object, ...]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return tuple(connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names)

    assert database.write_now(pragmas) == ("wal", 2, 1)


def test_the_steps_of_migration_lead_to_the_tables_as_they_are_declared(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert database.write_now(differences) == []
    assert database.read_now(revision_of) == HEAD
    assert not bring_up_to_date(database)


def test_a_step_of_migration_leaves_the_jobs_that_plans_refer_to(database: Database) -> None:
    """SQLite would drop and make anew a table that is changed in a batch, which plans of its jobs forbid."""
    from alembic import command
    from alembic.config import Config

    def step(connection: Connection, verb: Callable[..., None], revision: str) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        verb(config, revision)

    rows = {
        blob: {"sha256": "a", "data": b""},
        system: {"tenant": "t", "name": "s", "version": 1, "sha256": "a"},
        incident: {"id": "i", "tenant": "t", "system": "s", "system_version": 1},
        job: {"id": "j", "tenant": "t", "incident": "i", "status": "successful"},
        plan: {"id": "p", "incident": "i", "version": 1, "job": "j", "label": "rule"},
    }
    for table, row in rows.items():
        database.write_now(
            lambda connection, table=table, row=row: connection.execute(
                insert(table).values(filled(table, **row))
            )
        )
    database.write_now(lambda connection: step(connection, command.downgrade, "0001"))
    assert database.read_now(revision_of) == "0001"

    assert bring_up_to_date(database)

    found = select(plan.c.job, job.c.id, job.c.tenant).join(job, job.c.id == plan.c.job)
    assert database.read_now(lambda connection: [*connection.execute(found)]) == [("j", "j", "t")]


def test_fifty_requests_with_one_key_have_one_effect_and_one_answer(database: Database) -> None:
    def act(connection: Connection) -> Answered:
        number = count(connection)
        add(f"tenant-{number}", connection)
        return Answered(201, f'{{"number":{number}}}', {})

    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(
                lambda _: database.write_now(lambda connection: once(connection, "t", "key", "same", act)),
                range(50),
            )
        )

    assert {answer.body for answer in answers} == {'{"number":0}'}
    assert sum(not answer.is_repeat for answer in answers) == 1
    assert database.read_now(count) == 1


def test_the_same_key_in_another_tenant_is_another_key(database: Database) -> None:
    def act(connection: Connection) -> Answered:
        return Answered(201, str(count(connection)), {})

    first = database.write_now(lambda connection: once(connection, "a", "key", "x", act))
    second = database.write_now(lambda connection: once(connection, "b", "key", "y", act))

    assert not first.is_repeat
    assert not second.is_repeat


def test_a_key_with_another_request_is_refused_and_a_refused_request_leaves_the_key_free(
    database: Database,
) -> None:
    def refuse(connection: Connection) -> Answered:
        raise ValueError("no")

    def act(connection: Connection) -> Answered:
        return Answered(201, "{}", {})

    with pytest.raises(ValueError, match="no"):
        database.write_now(lambda connection: once(connection, "t", "key", "first", refuse))
    database.write_now(lambda connection: once(connection, "t", "key", "second", act))
    with pytest.raises(ReusedKey):
        database.write_now(lambda connection: once(connection, "t", "key", "third", act))


def keep_answer(connection: Connection, key: str, at: str) -> None:
    content = {"request_sha256": "", "status": 200, "headers": {}, "body": ""}
    connection.execute(insert(answer).values(tenant="t", key=key, created_at=at, **content))


def kept_answers(database: Database) -> list[str]:
    return list(database.read_now(lambda connection: connection.execute(select(answer.c.key)).scalars()))


def test_answers_are_forgotten_after_seven_days_the_oldest_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.store.once.FORGOTTEN_AT_ONCE", 2)
    moments = {"new": now(), **{f"old {year}": f"{year}-01-01T00:00:00.000Z" for year in (2022, 2020, 2021)}}
    for key, at in moments.items():
        database.write_now(partial(keep_answer, key=key, at=at))

    assert database.write_now(forget_old_answers) == 2
    assert sorted(kept_answers(database)) == ["new", "old 2022"]
    assert database.write_now(forget_old_answers) == 1
    assert database.write_now(forget_old_answers) == 0
    assert kept_answers(database) == ["new"]


def test_two_processes_on_one_file_take_turns_to_write(tmp_path: Path) -> None:
    """Each adds 40 rows while the other does; with SQLite a lock beside the file keeps them apart."""
    import subprocess
    import sys

    url = f"sqlite:///{tmp_path / 'app.db'}"
    opened = Database(url)
    bring_up_to_date(opened)
    script = (
        "import sys\n"
        "from sqlalchemy import insert\n"
        "from api.store.database import Database\n"
        "from api.store.tables import now, tenant\n"
        "database = Database(sys.argv[1])\n"
        "for n in range(40):\n"
        "    values = dict(id=f'other{n}', name='x', created_at=now())\n"
        "    database.write_now(lambda c: c.execute(insert(tenant).values(**values)) and None)\n"
        "database.close()\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    other = subprocess.Popen([sys.executable, "-c", script, url], env=environment)
    for number in range(40):
        opened.write_now(lambda connection, number=number: add(f"mine{number}", connection))

    assert other.wait(60) == 0
    assert opened.read_now(count) == 80
    assert (
        opened.read_now(lambda connection: connection.exec_driver_sql("PRAGMA integrity_check").scalar())
        == "ok"
    )
    opened.close()


def test_a_quick_look_sees_what_was_written_since_the_last_one(database: Database) -> None:
    import asyncio

    async def looks() -> list[int]:
        found = [await database.look(count)]
        for name in ("a", "b"):
            await database.write(lambda connection, name=name: add(name, connection))
            found.append(await database.look(count))
        return found

    assert asyncio.run(looks()) == [0, 1, 2]
