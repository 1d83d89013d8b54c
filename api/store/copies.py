"""Copies of the service's SQLite database: taken while it runs, looked at, and put back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from api.store.migrations import HEAD, revision_of
from lifeline.errors import InvalidInput

if TYPE_CHECKING:
    from api.access.audit import Head

DATABASE_FILES = ("app.db", "app.db-wal", "app.db-shm", "jobs.db", "jobs.db-wal", "jobs.db-shm")
MODE = 0o600  # hashed keys and what the field wrote are in it


@dataclass(frozen=True)
class Copy:
    """What is known of a copy that is whole: its step of migration and the end of its audit."""

    file: Path
    bytes: int
    revision: str
    audit: Head


def take_copy(database: Path, out: Path) -> Copy:
    """Write a whole, compact copy of a database that may be in use; it appears under its name when it is on disk.

    The connection cannot write: with SQLite before 3.51.3 a second one that wrote or checkpointed could harm the log.
    """
    if not database.exists():
        raise InvalidInput(f"There is no database {str(database)!r}; give the service's folder with --data.")
    beside = out.with_name(f"{out.name}.part")
    beside.unlink(missing_ok=True)
    # The copy is nobody else's to read from its first byte on.
    os.close(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_EXCL, MODE))
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(beside),))
        copy = look_at(beside)
        with open(beside, "rb") as file:
            os.fsync(file.fileno())
        beside.replace(out)
    except sqlite3.Error as trouble:
        raise InvalidInput(f"{str(database)!r} cannot be copied to {str(out)!r}: {trouble}.") from None
    finally:
        beside.unlink(missing_ok=True)
    return Copy(out, copy.bytes, copy.revision, copy.audit)


def look_at(file: Path) -> Copy:
    """Check a copy: pages, tables of ours and of no later version, the chain of its audit; or InvalidInput."""
    from api.access.audit import verify
    from api.access.audit_table import all_rows
    from api.store.database import read_only_engine

    if not file.is_file():
        raise InvalidInput(f"There is no file {str(file)!r}.")
    with _told_as_bad(file):
        engine = read_only_engine(file)
        try:
            with engine.connect() as connection:
                found = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar())
                if found != "ok":
                    raise InvalidInput(f"{str(file)!r} is damaged: {found}. Take an earlier backup.")
                revision = revision_of(connection)
                if revision is None or revision > HEAD:
                    raise InvalidInput(
                        f"{str(file)!r} was written by another program or a later version ({revision or 'no version'});"
                        f" this one knows {HEAD}."
                    )
                head, fault = verify(all_rows(connection), None)
                if fault is not None:
                    raise InvalidInput(
                        f"The audit in {str(file)!r} is not whole: row {fault.number} {fault.message}"
                    )
        finally:
            engine.dispose()
    return Copy(file, file.stat().st_size, revision, head)


def put_back(copy: Copy, folder: Path) -> Path | None:
    """Make a copy the database of a folder; what was there is kept in a folder of its own, which is returned.

    The job engine's own file goes there too: what it was about to do belongs to a log that is no longer so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    there = [folder / name for name in DATABASE_FILES if (folder / name).exists()]
    arriving = folder / "app.db.part"
    shutil.copyfile(copy.file, arriving)
    arriving.chmod(MODE)
    with open(arriving, "rb") as file:
        os.fsync(file.fileno())
    kept = folder / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}" if there else None
    if kept is not None:
        kept.mkdir(mode=0o700)
        for path in there:
            path.replace(kept / path.name)
    arriving.replace(folder / "app.db")
    return kept


@contextmanager
def _told_as_bad(file: Path) -> Iterator[None]:
    from sqlalchemy.exc import DatabaseError

    try:
        yield
    except DatabaseError as trouble:
        raise InvalidInput(f"{str(file)!r} is no database of lifeline: {trouble.orig}.") from None
