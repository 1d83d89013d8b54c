"""The audit in the database: rows put at its end, read from its start, and its head written down outside."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from api.access.audit import Action, Entry, Fault, Head, Row, next_row, read_anchor, verify, write_anchor
from api.store.database import Database
from api.store.tables import audit

ROWS_AT_ONCE = 10_000
COLUMNS = tuple(audit.c[name] for name in Row._fields)

SERVICE = "service"
"Who acts where nobody asked."

log = logging.getLogger("lifeline.audit")


def record(connection: Connection, *entries: Entry) -> Head:
    """Put entries at the end of the chain, within the unit of writes that they are about, and return the new head.

    Call `AuditLog.anchor` once that unit is on disk.
    """
    if connection.dialect.name == "postgresql":
        # Two processes must not continue the same row; SQLite has one writer at a time anyway.
        connection.exec_driver_sql("LOCK TABLE audit IN EXCLUSIVE MODE")
    head = head_of(connection)
    for entry in entries:
        row = next_row(head, entry)
        connection.execute(insert(audit).values(row._asdict()))
        head = Head(row.number, row.hash)
    return head


def head_of(connection: Connection) -> Head:
    """Return the number and hash of the last row."""
    last = connection.execute(
        select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
    ).first()
    return Head(last.number, last.hash) if last else Head()


def all_rows(connection: Connection) -> Iterator[Row]:
    """Yield all rows in order, some thousands in memory at a time."""
    after, there_is_more = -1, True
    cursor = connection.connection.cursor()
    while there_is_more:
        query = select(*COLUMNS).where(audit.c.number > after).order_by(audit.c.number).limit(ROWS_AT_ONCE)
        # Straight from the driver: making SQLAlchemy's rows of a million takes longer than checking them.
        cursor.execute(str(query.compile(connection, compile_kwargs={"literal_binds": True})))
        found = cursor.fetchall()
        yield from map(Row._make, found)
        there_is_more = len(found) == ROWS_AT_ONCE
        after = found[-1][0] if found else after
    cursor.close()


def rows_of(connection: Connection, tenant: str, after: int, most: int) -> list[Row]:
    """Return rows of one tenant after a number, in order."""
    query = select(*COLUMNS).where(audit.c.tenant == tenant, audit.c.number > after)
    return [Row._make(values) for values in connection.execute(query.order_by(audit.c.number).limit(most))]


def as_json(row: Row) -> dict[str, Any]:
    """Return a row as it is exported: all that is hashed, with the details as an object."""
    return {**row._asdict(), "details": json.loads(row.details)}


def verify_table(database: Database, anchor_file: Path) -> tuple[Head, Fault | None]:
    """Check the whole chain against the anchor, also while the service goes on writing."""
    # Without a file nothing was anchored: whoever deletes it is found out by every row there is.
    anchor = read_anchor(anchor_file) or Head()
    with database.reader.connect() as connection:
        head, fault = verify(all_rows(connection), anchor)
    later = read_anchor(anchor_file) or Head()
    if fault is None or later == anchor or fault.number <= anchor.number:
        return head, fault
    # Rows beyond the first anchor came while we read, if a later anchor knows of them.
    with database.reader.connect() as connection:
        head, fault = verify((row for row in all_rows(connection) if row.number <= later.number), later)
    return head, fault


class AuditLog:
    """The audit of a running service: the database's chain and the file that anchors it."""

    def __init__(self, database: Database, anchor_file: Path) -> None:
        """Take both."""
        self._database, self._file = database, anchor_file

    async def write(self, *entries: Entry) -> None:
        """Record entries in a unit of their own; on disk and anchored when this returns."""
        import asyncio

        head = await self._database.write(lambda connection: record(connection, *entries))
        await asyncio.to_thread(self._anchor, head)

    def write_now(self, *entries: Entry) -> None:
        """Do the same from a thread that may wait."""
        self._anchor(self._database.write_now(lambda connection: record(connection, *entries)))

    async def anchor(self) -> None:
        """Write down the head that is on disk by now; for those who `record` in units of their own."""
        import asyncio

        head = await self._database.read(head_of)
        await asyncio.to_thread(self._anchor, head)

    def start(self) -> int:
        """Anchor rows that were written just before the service was killed; return how many, and record that too."""
        anchored, head = read_anchor(self._file) or Head(), self._database.read_now(head_of)
        unanchored = head.number - anchored.number
        if unanchored > 0:
            log.warning("audit: %s rows were not anchored when the service ended", unanchored)
            self.write_now(Entry("-", SERVICE, Action.REANCHORED, details={"rows": unanchored}))
        return max(0, unanchored)

    def anchor_anew(self, reason: str) -> Head:
        """Record that the anchor is to be this database's head whatever it was, as after a restored backup."""
        before = read_anchor(self._file) or Head()
        details: dict[str, str | int] = {
            "reason": reason,
            "was_number": before.number,
            "was_hash": before.hash,
        }
        entry = Entry("-", SERVICE, Action.REANCHORED, details=details)
        head = self._database.write_now(lambda connection: record(connection, entry))
        write_anchor(self._file, head, also_back=True)
        return head

    def _anchor(self, head: Head) -> None:
        write_anchor(self._file, head)
        # The log is the second place outside the database: on another machine, if it is sent there.
        log.info("audit head %s %s", head.number, head.hash)
