"""How things stand: the log of an incident folded, whatever the order in which the updates came, and how often.

Of updates about the same thing the one that happened later counts, of several in one minute the one with the greatest
id. So the fold is commutative and idempotent: the same updates give the same standing, and the same SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from api.incidents.buckets import Buckets
from api.incidents.subjects import SUBJECT
from api.incidents.updates import FieldUpdate, happened_minute, meant_minute

TOPICS = tuple(dict.fromkeys(topic for topic, _ in SUBJECT.values()))


@dataclass(frozen=True, order=True)
class Report:
    """An update as the log holds it: the minute after time zero at which it happened, its id, and what it says.

    `meant_minute` is the minute that it speaks of, if another; `who` is the one who reported it.
    """

    minute: int
    id: str
    kind: str = field(compare=False)
    subject: str = field(compare=False)
    crew: str = field(default="", compare=False)
    minutes: int | None = field(default=None, compare=False)
    meant_minute: int | None = field(default=None, compare=False)
    skill: str = field(default="", compare=False)
    group: str = field(default="", compare=False)
    note: str = field(default="", compare=False)
    who: str = field(default="", compare=False)

    @classmethod
    def of(cls, update: FieldUpdate, started_at: datetime, who: str = "") -> Report:
        """Return an update on the incident's clock; InvalidInput where it happened before time zero."""
        _, about = SUBJECT[update.kind]
        return cls(
            minute=happened_minute(update, started_at),
            id=update.id,
            kind=update.kind,
            subject=getattr(update, about),
            crew="" if about == "crew" else getattr(update, "crew", ""),
            minutes=getattr(update, "minutes", None),
            meant_minute=meant_minute(update, started_at),
            skill=getattr(update, "skill", ""),
            group=getattr(update, "group", ""),
            note=update.note,
            who=who,
        )

    @property
    def topic(self) -> str:
        """Return on what it has its say."""
        return SUBJECT[self.kind][0]

    @property
    def key(self) -> str:
        """Return the name under which a standing keeps it: whom it is about, and for a buffer its group."""
        return json.dumps([self.subject, self.group], ensure_ascii=False) if self.group else self.subject


Register = Buckets[Report]


@dataclass(frozen=True, eq=False)
class Standing:
    """How things stand after a set of updates; the empty one is that of time zero.

    `kinds` gives for each update its kind, by id; `registers` by topic the last report about each subject.
    """

    kinds: Buckets[str] = field(default_factory=Buckets)
    registers: tuple[Register, ...] = field(default_factory=lambda: tuple(Buckets() for _ in TOPICS))

    @classmethod
    def of(cls, reports: Iterable[Report]) -> Standing:
        """Fold these reports."""
        standing = cls()
        for report in reports:
            standing = standing.with_update(report)
        return standing

    def with_update(self, report: Report) -> Standing:
        """Return the standing with one more report; itself where it has one of this id. Ids are the log's to guard."""
        if report.id in self.kinds:
            return self
        place = TOPICS.index(report.topic)
        register = self.registers[place]
        last = register.get(report.key)
        kinds = self.kinds.with_item(report.id, report.kind)
        if last is not None and report < last:
            return replace(self, kinds=kinds)
        changed = register.with_item(report.key, report)
        registers = (*self.registers[:place], changed, *self.registers[place + 1 :])
        return Standing(kinds, registers)

    def last(self, topic: str) -> Mapping[str, Report]:
        """Return the last report about each subject on a topic."""
        return self.registers[TOPICS.index(topic)]

    @property
    def updates(self) -> int:
        """Return how many different updates there were."""
        return len(self.kinds)

    @cached_property
    def content(self) -> dict[str, Any]:
        """Return the standing as plain data: what `canonical` is the text of."""
        counts: dict[str, int] = {}
        for kind in self.kinds.values():
            counts[kind] = counts.get(kind, 0) + 1
        damage, road, duty = self.last("damage"), self.last("road"), self.last("duty")
        return {
            "updates": self.updates,
            "counts": counts,
            "jobs": {job: self._job(job) for job in self._jobs()},
            "found": {
                name: {"since_minute": row.minute, "minutes": row.minutes, "skill": row.skill}
                for name, row in damage.items()
                if row.kind == "damage_found"
            },
            "ruled_out": {
                name: {"since_minute": row.minute}
                for name, row in damage.items()
                if row.kind == "damage_ruled_out"
            },
            "crews": {
                crew: {"on_duty": row.kind == "crew_on_duty", "from_minute": _meant(row)}
                for crew, row in duty.items()
            },
            "roads_closed": {
                link: {"since_minute": row.minute} for link, row in road.items() if row.kind == "road_closed"
            },
            "roads_opened": {
                link: {"since_minute": row.minute} for link, row in road.items() if row.kind == "road_opened"
            },
            "buffers_refilled": [
                {"component": row.subject, "group": row.group, "minute": row.minute}
                for row in sorted(self.last("buffer").values(), key=lambda row: (row.subject, row.group))
            ],
            "last": {
                topic: {key: row.id for key, row in self.last(topic).items()}
                for topic in TOPICS
                if self.last(topic)
            },
        }

    def _jobs(self) -> set[str]:
        return {
            job for topic in ("started", "finished", "takes", "left", "block") for job in self.last(topic)
        }

    def _job(self, job: str) -> dict[str, Any]:
        """Return a job's status: done once reported done, else begun, else blocked or not."""
        started, finished, left = (self.last(topic).get(job) for topic in ("started", "finished", "left"))
        block = self.last("block").get(job)
        takes = self.last("takes").get(job)
        begun = [row for row in (started, left) if row is not None]
        # What is left was counted before a later word on how long it takes in all.
        if left is not None and takes is not None and takes > left:
            left = None
        crew = next((row.crew for row in (finished, started) if row is not None and row.crew), "")
        if finished is not None:
            status, since = "finished", finished.minute
        elif begun:
            status, since = "started", min(row.minute for row in begun)
        elif block is not None and block.kind == "job_blocked":
            status, since = "blocked", block.minute
        else:
            status, since = "open", None
        return {
            "status": status,
            "since_minute": since,
            "crew": crew,
            "minutes": None if takes is None else takes.minutes,
            "minutes_left": None if left is None or finished is not None else left.minutes,
            "left_at_minute": None if left is None or finished is not None else left.minute,
            "blocked_until_minute": block.meant_minute if status == "blocked" and block is not None else None,
        }

    @cached_property
    def canonical(self) -> str:
        """Return the standing as canonical JSON: equal standings have equal text."""
        return json.dumps(
            self.content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
        )

    @cached_property
    def sha256(self) -> str:
        """Return a fingerprint of the standing: the SHA-256 of its canonical JSON."""
        return hashlib.sha256(self.canonical.encode("utf-8")).hexdigest()


def _meant(report: Report) -> int:
    return report.minute if report.meant_minute is None else report.meant_minute
