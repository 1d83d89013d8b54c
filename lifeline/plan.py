"""What a plan promises: who repairs what, and when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from lifeline.errors import InvalidInput

TIMES = ("depart", "arrive", "start", "finish")
LAST_MINUTE = 2_000_000_000  # 3,800 years; the judge counts minutes in 32 bits.


@dataclass(frozen=True)
class Visit:
    """One crew does one job; times are minutes after time zero.

    The crew leaves the place before at `depart`, reaches the site at `arrive`, works from `start` on, and is
    done by `finish`. Travel and work pause while the crew is off duty. A crew that waits departs or starts
    later.
    """

    crew: str
    job: str
    depart: int
    arrive: int
    start: int
    finish: int

    def __post_init__(self) -> None:
        """Refuse times that run backwards or begin before time zero."""
        if not 0 <= self.depart <= self.arrive <= self.start < self.finish <= LAST_MINUTE:
            times = ", ".join(f"{name} {getattr(self, name)}" for name in TIMES)
            raise InvalidInput(
                f"The visit of crew {self.crew!r} to {self.job!r} has impossible times ({times}): "
                f"it must be 0 <= depart <= arrive <= start < finish <= {LAST_MINUTE}."
            )


@dataclass(frozen=True)
class Plan:
    """All visits, in order of crew and departure, and the jobs that nobody can do, each with the reason."""

    visits: tuple[Visit, ...]
    unassignable: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Put visits and unassignable jobs in their canonical order."""
        object.__setattr__(self, "visits", tuple(sorted(self.visits, key=_order)))
        object.__setattr__(self, "unassignable", tuple(sorted((job, why) for job, why in self.unassignable)))

    def sequences(self) -> dict[str, list[str]]:
        """Return the jobs of each crew that has any, in the order in which it does them."""
        jobs: dict[str, list[str]] = {}
        for visit in self.visits:
            jobs.setdefault(visit.crew, []).append(visit.job)
        return jobs

    def to_json(self) -> str:
        """Return the plan as canonical text: equal plans have equal bytes."""
        content = {
            "visits": [asdict(visit) for visit in self.visits],
            "unassignable": [{"job": job, "reason": reason} for job, reason in self.unassignable],
        }
        return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read what `to_json` wrote; InvalidInput says what is not as it should be."""
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"The plan is not JSON: {error}.") from None
        _check_keys(content, {"visits", "unassignable"}, "The plan")
        visits = tuple(
            _visit_of(entry, f"Visit {number} of the plan")
            for number, entry in enumerate(_list(content["visits"], "'visits' of the plan"), 1)
        )
        unassignable = []
        for number, entry in enumerate(_list(content["unassignable"], "'unassignable' of the plan"), 1):
            where = f"Unassignable job {number} of the plan"
            _check_keys(entry, {"job", "reason"}, where)
            unassignable.append((_text(entry["job"], where), _text(entry["reason"], where)))
        return cls(visits, tuple(unassignable))

    @property
    def sha256(self) -> str:
        """Return a fingerprint of the plan: the SHA-256 of its canonical text."""
        return hashlib.sha256(self.to_json().encode("utf-8")).hexdigest()


def _order(visit: Visit) -> tuple[str, int, str, int, int, int]:
    return (visit.crew, visit.depart, visit.job, visit.arrive, visit.start, visit.finish)


def _visit_of(entry: Any, where: str) -> Visit:
    _check_keys(entry, {field.name for field in fields(Visit)}, where)
    for name in TIMES:
        if type(entry[name]) is not int:
            raise InvalidInput(f"{where}: {name} must be a whole number of minutes, got {entry[name]!r}.")
    for name in ("crew", "job"):
        _text(entry[name], where)
    return Visit(**entry)


def _check_keys(entry: Any, wanted: set[str], where: str) -> None:
    if not isinstance(entry, Mapping) or set(entry) != wanted:
        found = sorted(entry) if isinstance(entry, Mapping) else type(entry).__name__
        raise InvalidInput(f"{where} must be an object with the keys {sorted(wanted)}, not {found}.")


def _list(entry: Any, where: str) -> list[Any]:
    if not isinstance(entry, list):
        raise InvalidInput(f"{where} must be a list, not {type(entry).__name__}.")
    return entry


def _text(entry: Any, where: str) -> str:
    if not isinstance(entry, str):
        raise InvalidInput(f"{where}: {entry!r} must be text.")
    return entry
