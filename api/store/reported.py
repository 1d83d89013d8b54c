"""What the field has reported in an incident, read from its log once, and as much of it as still has a say.

Of updates about the same thing only the one that happened last counts (see `api.incidents.standing`), so what is handed
to planners stays small however long the log grows. What crews and buffers did is kept whole: there earlier updates
matter too. In a drill updates may be ahead of the clock, so everything is kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from api.incidents.subjects import SUBJECT
from api.store.events import events_after

MOST_AT_ONCE, MOST_LOGS = 5000, 32

KEPT_WHOLE = ("duty", "buffer")
"Topics on which earlier updates have their say too."


@dataclass
class _Read:
    seq: int = 0
    last: dict[tuple[str, str], tuple[int, str, dict[str, Any]]] = field(default_factory=dict)
    whole: list[dict[str, Any]] = field(default_factory=list)

    def add(self, row: Any, *, keeps_all: bool) -> None:
        """Take the next row of the log."""
        self.seq = row.seq
        update = {**row.body, "id": row.id, "kind": row.kind}
        topic, subject = SUBJECT[row.kind]
        if keeps_all or topic in KEPT_WHOLE:
            self.whole.append(update)
            return
        key = (topic, str(row.body[subject]))
        known = self.last.get(key)
        if known is None or known[:2] < (row.happened_minute, row.id):
            self.last[key] = (row.happened_minute, row.id, update)


class Reported:
    """What was read of the logs of some incidents; safe to use from several threads."""

    def __init__(self) -> None:
        """Have read nothing yet."""
        self._read: OrderedDict[str, _Read] = OrderedDict()
        self._lock = threading.Lock()

    def updates(self, connection: Connection, incident: Any) -> tuple[int, list[dict[str, Any]]]:
        """Return the number of the last update of an incident (its row), and those that have a say.

        They are as `FieldUpdate` has them. What came since the last call is read, no more.
        """
        with self._lock:
            read = self._read.setdefault(incident.id, _Read())
            self._read.move_to_end(incident.id)
            while len(self._read) > MOST_LOGS:
                self._read.popitem(last=False)
            while True:
                rows = events_after(connection, incident.id, read.seq, MOST_AT_ONCE, SUBJECT)
                for row in rows:
                    read.add(row, keeps_all=incident.is_drill)
                if len(rows) < MOST_AT_ONCE:
                    break
            return read.seq, [*(update for _, _, update in read.last.values()), *read.whole]
