"""One queue of writes, acknowledged when they are on disk, and reads beside it.

A *unit* is a function of a connection that does its writes and returns something. One thread takes all units that wait,
runs each inside a savepoint, unless there is but one, and commits them together: many small writes share one flush to
disk, and a unit that fails takes only its own writes back. With SQLite this thread's connection is the only one of its
process that writes or checkpoints, reads have connections that cannot write, and processes take turns by a lock on a
file beside the database: versions below 3.51.3 could corrupt their log if one wrote while another checkpointed
(sqlite.org/wal.html, section "The WAL-Reset Bug").
"""

from __future__ import annotations

import asyncio
import fcntl
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import NullPool, QueuePool

from api.store.reported import Reported

Answer = TypeVar("Answer")
Unit = Callable[[Connection], Answer]

MOST_IN_A_GROUP = 200
"Units that share one commit: enough to fill a flush, few enough that the last one does not wait long."

BUSY_SECONDS = 5.0
READERS = 8

PRAGMAS = ("PRAGMA foreign_keys=ON", f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")


@dataclass
class _Waiting:
    unit: Callable[[Connection], Any]
    outcome: Future[Any]


class Database:
    """The database of the service; `close` it when done."""

    def __init__(self, url: str) -> None:
        """Open a database by its SQLAlchemy URL; a SQLite file's folder is made where it is missing."""
        self.url = sqlalchemy.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.writer = _sqlite_engine(self.url, writes=True) if self.is_sqlite else _engine(self.url, 2)
        self.reader = _sqlite_engine(self.url, writes=False) if self.is_sqlite else _engine(self.url, READERS)
        self.reported = Reported()
        self.group_sizes: list[int] = []
        self._nearby: Connection | None = None
        self._turns = _Turns(
            Path(f"{self.url.database}-writes") if self.is_sqlite and self.url.database else None
        )
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="writes", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Return how many units wait to be written."""
        return self._queue.qsize()

    def submit(self, unit: Unit[Answer]) -> Future[Answer]:
        """Queue a unit; its future is done when its writes are on disk, or were taken back with its exception."""
        waiting = _Waiting(unit, Future())
        self._queue.put(waiting)
        return waiting.outcome

    async def write(self, unit: Unit[Answer]) -> Answer:
        """Run a unit of writes and return its answer once that is on disk."""
        # Shielded: a client that hangs up must not make us forget what is being written.
        return await asyncio.shield(asyncio.wrap_future(self.submit(unit)))

    def write_now(self, unit: Unit[Answer]) -> Answer:
        """Do the same from a thread that may wait."""
        return self.submit(unit).result()

    async def read(self, query: Unit[Answer]) -> Answer:
        """Run a query in a thread and return its answer."""
        return await asyncio.to_thread(self.read_now, query)

    def read_now(self, query: Unit[Answer]) -> Answer:
        """Do the same from a thread that may wait."""
        with self.reader.connect() as connection:
            return query(connection)

    async def look(self, query: Unit[Answer]) -> Answer:
        """Run a query that takes less than a millisecond or two: a row by its key, a page of a list.

        With SQLite it is answered at once, in this thread: to hand it to another one would take longer. A server is
        waited for in a thread, as by `read`.
        """
        if not self.is_sqlite:
            return await self.read(query)
        if self._nearby is None:
            self._nearby = self.reader.connect().execution_options(isolation_level="AUTOCOMMIT")
        return query(self._nearby)

    def close(self) -> None:
        """Write what waits, then let go of everything."""
        self._queue.put(None)
        self._thread.join()
        with self._turns:
            if self._nearby is not None:
                self._nearby.close()
            # The last connection to go writes back what is still in the log.
            self.reader.dispose()
            self.writer.dispose()
        self._turns.close()

    def _write_all(self) -> None:
        while (first := self._queue.get()) is not None:
            group, goes_on = [first], True
            with suppress(queue.Empty):
                while len(group) < MOST_IN_A_GROUP:
                    waiting = self._queue.get_nowait()
                    if waiting is None:
                        goes_on = False
                        break
                    group.append(waiting)
            self._write_group(
                [waiting for waiting in group if waiting.outcome.set_running_or_notify_cancel()]
            )
            if not goes_on:
                return

    def _write_group(self, group: list[_Waiting]) -> None:
        self.group_sizes.append(len(group))
        del self.group_sizes[:-1000]
        try:
            with self._turns, self.writer.begin() as connection:
                done = _one(connection, group[0]) if len(group) == 1 else _each(connection, group)
        except Exception as failure:
            # Nothing of this group is on disk: whoever has not been told yet must hear of it.
            for waiting in group:
                if not waiting.outcome.done():
                    waiting.outcome.set_exception(failure)
            return
        for outcome, answer in done:
            outcome.set_result(answer)


def _one(connection: Connection, waiting: _Waiting) -> list[tuple[Future[Any], Any]]:
    """Run the only unit of a group: whatever takes it back takes back all of the transaction."""
    return [(waiting.outcome, waiting.unit(connection))]


def _each(connection: Connection, group: list[_Waiting]) -> list[tuple[Future[Any], Any]]:
    """Run the units of a group, each so that only its own writes are taken back where it fails."""
    done = []
    for waiting in group:
        connection.exec_driver_sql("SAVEPOINT unit")
        try:
            done.append((waiting.outcome, waiting.unit(connection)))
        except Exception as failure:
            if connection.invalidated or connection.closed:
                raise
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT unit")
            waiting.outcome.set_exception(failure)
        connection.exec_driver_sql("RELEASE SAVEPOINT unit")
    return done


def read_only_engine(file: Path) -> Engine:
    """Return an engine that reads a SQLite file and cannot write it; `dispose` of it when done."""
    return sqlalchemy.create_engine(
        f"sqlite:///file:{quote(str(file.resolve()))}?mode=ro&uri=true",
        poolclass=NullPool,
    )


class _Turns:
    """Lets one process at a time write; does nothing without a file."""

    def __init__(self, path: Path | None) -> None:
        self._file = None if path is None else path.open("ab")

    def __enter__(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *failure: object) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _engine(url: sqlalchemy.URL, connections: int) -> Engine:
    return sqlalchemy.create_engine(
        url, pool_size=connections, max_overflow=connections, pool_pre_ping=True, hide_parameters=True
    )


def _sqlite_engine(url: sqlalchemy.URL, *, writes: bool) -> Engine:
    engine = sqlalchemy.create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1 if writes else READERS,
        max_overflow=0 if writes else READERS,
        # What is in a row, a reporter's note perhaps, must not get into the log with an error.
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: Any) -> None:
        # sqlite3 begins transactions on its own terms unless told not to; `begin` below does it on ours.
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(pragma)
        if writes:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        else:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A connection that commits by itself must not be left inside a transaction: it would never see anything new.
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
