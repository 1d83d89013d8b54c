"""What must happen once although it is asked for again: answers kept by Idempotency-Key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from api.store.tables import answer, moment_of, now

KEPT_DAYS = 7

FORGOTTEN_AT_ONCE = 1_000
"So many answers are forgotten in one unit of writes at most: others wait for it."


class ReusedKey(Exception):  # noqa: N818 - what it is
    """An Idempotency-Key came with another request than the first time."""


@dataclass(frozen=True)
class Answered:
    """An answer as it goes out: status, body as JSON text, headers; `is_repeat` if it was given before."""

    status: int
    body: str
    headers: dict[str, str]
    is_repeat: bool = False


def request_sha256(method: str, path: str, body: bytes) -> str:
    """Return the fingerprint of a request: two are the same if method, path and every byte of the body are."""
    fingerprint = hashlib.sha256(f"{method} {path}\n".encode())
    fingerprint.update(body)
    return fingerprint.hexdigest()


def once(
    connection: Connection,
    tenant: str,
    key: str | None,
    fingerprint: str,
    act: Callable[[Connection], Answered],
) -> Answered:
    """Do what a request asks for, unless a request with its key was answered before: then repeat that answer.

    All in one unit of writes, so that the effect and the kept answer are on disk together or not at all. A request that
    is refused leaves nothing behind; it is looked at again when it is repeated. Raises ReusedKey.
    """
    if key is None:
        return act(connection)
    kept = connection.execute(
        select(answer.c.request_sha256, answer.c.status, answer.c.body, answer.c.headers).where(
            answer.c.tenant == tenant, answer.c.key == key
        )
    ).first()
    if kept is not None:
        if kept.request_sha256 != fingerprint:
            raise ReusedKey(key)
        return Answered(kept.status, kept.body, dict(kept.headers), is_repeat=True)
    # The key is taken before anything is done: of two processes that come with the same key, the second one waits here
    # until the first is through, and then fails on it.
    fresh = {
        "tenant": tenant,
        "key": key,
        "request_sha256": fingerprint,
        "status": 0,
        "headers": {},
        "body": "",
        "created_at": now(),
    }
    connection.execute(insert(answer).values(fresh))
    answered = act(connection)
    connection.execute(
        answer.update()
        .where(answer.c.tenant == tenant, answer.c.key == key)
        .values(status=answered.status, body=answered.body, headers=answered.headers)
    )
    return answered


def forget_old_answers(connection: Connection) -> int:
    """Forget the oldest of the answers that are older than KEPT_DAYS, and return how many; 0 when there are none."""
    before = moment_of(datetime.now(UTC) - timedelta(days=KEPT_DAYS))
    oldest = select(answer.c.created_at).where(answer.c.created_at < before).order_by(answer.c.created_at)
    last = connection.execute(oldest.offset(FORGOTTEN_AT_ONCE - 1).limit(1)).scalar()
    # Of the same moment as the last one go all.
    old = answer.c.created_at < before if last is None else answer.c.created_at <= last
    return connection.execute(delete(answer).where(old)).rowcount
