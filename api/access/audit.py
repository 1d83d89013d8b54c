"""The record of who did what: rows chained by hashes, so that nobody changes, takes out or slips in one unseen.

Each row's hash is the SHA-256 of the hash before it and of everything in the row. The last hash, the head, is anchored
outside the database: in a file beside it and in the log. The chain shows every edit, deletion, exchange and insertion;
the anchor shows what was cut off or added at the end. Somebody who can write database, file and log at once can make a
new chain; so send the log to another machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from lifeline.errors import InvalidInput

FIRST_PREVIOUS = "0" * 64
"What stands in place of the hash before the first row."

MOST_CHARACTERS = 200
"An audit names things; whole texts are none of its business."

_SECRETS = re.compile(
    r"llk_[0-9a-f]*_?[A-Za-z0-9_-]*|eyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)*|[Bb]earer\s+\S+"
)
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode


class Action(StrEnum):
    """What is worth a row."""

    LOGIN_FAILED = "login.failed"
    DENIED = "denied"
    KEY_CREATED = "key.created"
    KEY_REVOKED = "key.revoked"
    OVERRIDE = "override"
    APPROVE = "approve"
    EXPORT = "export"
    REANCHORED = "audit.reanchored"


@dataclass(frozen=True)
class Entry:
    """What is to be recorded: who (a Caller's id, never a key or token) did what to which thing, and when (UTC).

    `details` are short facts by name. Whatever looks like a key or token is taken out, and all text is cut off.
    """

    tenant: str
    who: str
    action: Action
    target: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Row(NamedTuple):
    """One row as it is stored. `number` counts from 1 without gaps; `at` is RFC 3339 in UTC; `details` is JSON text.

    A tuple, not a dataclass: a million are walked at a time.
    """

    number: int
    at: str
    tenant: str
    who: str
    action: str
    target: str
    details: str
    previous: str
    hash: str


@dataclass(frozen=True)
class Head:
    """The last row of a chain: its number and its hash; of an empty one 0 and FIRST_PREVIOUS."""

    number: int = 0
    hash: str = FIRST_PREVIOUS


@dataclass(frozen=True)
class Fault:
    """What is wrong with a chain, and from which row on."""

    number: int
    message: str


def next_row(head: Head, entry: Entry) -> Row:
    """Return the row that records this entry after that head."""
    number = head.number + 1
    columns = (
        entry.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        _clean(entry.tenant),
        _clean(entry.who),
        str(entry.action),
        _clean(entry.target),
        _encode({_clean(name): _fact(value) for name, value in entry.details.items()}),
    )
    return Row(number, *columns, previous=head.hash, hash=_hash(head.hash, number, columns))


def verify(rows: Iterable[Row], anchor: Head | None) -> tuple[Head, Fault | None]:
    """Walk the whole chain in order of number; return its last good row and the first thing that is wrong, if any.

    `anchor` is the head that was written down outside; None checks the chain alone, which cannot see its end cut off.
    """
    number, last, at_anchor = 0, FIRST_PREVIOUS, FIRST_PREVIOUS
    anchored = anchor.number if anchor else 0
    for row in rows:
        fault = _fault(number, last, row)
        if fault:
            return Head(number, last), Fault(number + 1, fault)
        number, last = row.number, row.hash
        if number == anchored:
            at_anchor = last
    head = Head(number, last)
    return head, None if anchor is None else _fault_at_the_end(head, at_anchor, anchor)


def read_anchor(file: Path) -> Head | None:
    """Return the head that the file beside the database holds, or None if there is no such file."""
    try:
        read = json.loads(file.read_text(encoding="ascii"))
        return Head(int(read["number"]), str(read["hash"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise InvalidInput(
            f"{file}: this is no anchor of an audit; it was written by something else."
        ) from None


def write_anchor(file: Path, head: Head, *, also_back: bool = False) -> None:
    """Write this head down, on disk when this returns, unless a later one stands there; several processes may.

    `also_back` writes it in any case, for a database that was restored to an earlier day.
    """
    with open(file.with_name(file.name + ".lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = read_anchor(file)
        if known is not None and known.number >= head.number and not also_back:
            return
        fresh = file.with_name(file.name + ".new")
        with open(fresh, "w", encoding="ascii") as written:
            written.write(_encode({"number": head.number, "hash": head.hash}) + "\n")
            written.flush()
            os.fsync(written.fileno())
        os.replace(fresh, file)


def _hash(previous: str, number: int, columns: Sequence[str]) -> str:
    """Hash the hash before a row, its number and its columns from `at` to `details`, with NUL between.

    `_clean` leaves no NUL in a column, so no letter can move from one into the next without changing the hash.
    """
    return hashlib.sha256(
        "\0".join((previous, str(number), *columns)).encode("utf-8", "surrogatepass")
    ).hexdigest()


def _fault(number: int, last: str, row: Row) -> str:
    if row.number != number + 1:
        return f"is missing; row {row.number} comes in its place."
    if row.previous != last:
        return "does not follow the row before it: one of the two was exchanged, slipped in or taken out."
    if _hash(last, row.number, row[1:-2]) != row.hash:
        return "was changed after it was written."
    return ""


def _fault_at_the_end(head: Head, at_anchor: str, anchor: Head) -> Fault | None:
    if head.number < anchor.number:
        return Fault(head.number + 1, f"is missing: rows were anchored up to {anchor.number}, cut off here.")
    if at_anchor != anchor.hash:
        return Fault(
            anchor.number, "is not the row that was anchored: the chain was written anew up to here."
        )
    if head.number > anchor.number:
        extra = head.number - anchor.number
        return Fault(
            anchor.number + 1,
            f"was never anchored ({extra} such): added by hand, or the service was killed just then.",
        )
    return None


def _clean(text: str) -> str:
    """Take out keys, tokens and control signs, and cut off what is no name any more."""
    shown = _SECRETS.sub("[secret]", text[:2_000])
    if not shown.isprintable():
        shown = "".join(sign if sign.isprintable() else "?" for sign in shown)
    return shown if len(shown) <= MOST_CHARACTERS else shown[: MOST_CHARACTERS - 1] + "…"


def _fact(value: str | int) -> str | int:
    return _clean(value) if isinstance(value, str) else value
