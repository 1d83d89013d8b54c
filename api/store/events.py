"""The append-only log of an incident: what the field reported and what the service did, numbered without gaps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from api.store.tables import event, incident, now

# Built once: hundreds of updates a second are put down by them.
_COUNT_ON = (
    update(incident)
    .where(incident.c.id == bindparam("log"))
    .values(last_seq=incident.c.last_seq + bindparam("more"))
    .returning(incident.c.last_seq)
)
_KNOWN = select(event.c.id, event.c.seq, event.c.kind, event.c.body).where(
    event.c.incident == bindparam("log"), event.c.id.in_(bindparam("ids", expanding=True))
)
_PUT_DOWN = insert(event)


class OtherContent(Exception):  # noqa: N818 - what it is
    """An update's id is in the log already, with other content; the argument is the id."""


@dataclass(frozen=True)
class Happening:
    """One thing to be put down in the log; `id` is the reporter's own, so that it is put down once."""

    id: str
    kind: str
    happened_minute: int
    who: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class PutDown:
    """Where a happening stands in the log, and whether it stood there before."""

    id: str
    seq: int
    is_repeat: bool


def append(connection: Connection, incident_id: str, happenings: Sequence[Happening]) -> list[PutDown]:
    """Put happenings down at the end of an incident's log; those whose id is there already stay as they are.

    The incident's row is locked first, so numbers appear in the log in their order, for every reader and with any
    number of processes: a reader that has seen number n has seen all before it. Raises OtherContent.
    """
    if connection.dialect.name != "sqlite":
        # Taken first: this row's lock makes the others wait. With SQLite whoever writes is alone from the beginning.
        connection.execute(_COUNT_ON, {"log": incident_id, "more": 0}).close()
    known = _known(connection, incident_id, [happening.id for happening in happenings])
    fresh = list({happening.id: happening for happening in happenings if happening.id not in known}.values())
    for happening in happenings:
        there = known.get(happening.id)
        if there is not None and (there.kind != happening.kind or there.body != dict(happening.body)):
            raise OtherContent(happening.id)
    last = 0
    if fresh:
        last = connection.execute(_COUNT_ON, {"log": incident_id, "more": len(fresh)}).scalar_one()
        reported_at = now()
        rows = [
            {
                "incident": incident_id,
                "seq": last - len(fresh) + 1 + place,
                "id": happening.id,
                "kind": happening.kind,
                "happened_minute": happening.happened_minute,
                "reported_at": reported_at,
                "who": happening.who,
                "body": dict(happening.body),
            }
            for place, happening in enumerate(fresh)
        ]
        connection.execute(_PUT_DOWN, rows)
    numbers = {happening.id: last - len(fresh) + 1 + place for place, happening in enumerate(fresh)}
    return [
        PutDown(happening.id, known[happening.id].seq, True)
        if happening.id in known
        else PutDown(happening.id, numbers[happening.id], False)
        for happening in happenings
    ]


def _known(connection: Connection, incident_id: str, ids: Sequence[str]) -> dict[str, Any]:
    return {row.id: row for row in connection.execute(_KNOWN, {"log": incident_id, "ids": ids})}


def events_after(
    connection: Connection, incident_id: str, seq: int, most: int, kinds: Collection[str] | None = None
) -> Sequence[Any]:
    """Return the next events of an incident after a number, in order; those of some kinds only, if given."""
    query = select(event).where(event.c.incident == incident_id, event.c.seq > seq)
    if kinds is not None:
        query = query.where(event.c.kind.in_(kinds))
    return connection.execute(query.order_by(event.c.seq).limit(most)).all()


def last_seq(connection: Connection, incident_id: str) -> int:
    """Return the number of the last event of an incident, 0 where there is none."""
    found = connection.execute(
        select(incident.c.last_seq).where(incident.c.id == incident_id)
    ).scalar_one_or_none()
    return found or 0
