"""What many answers have in common: strict models, pages with a cursor, answers given once, ETags."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.access.caller import Caller
from api.http.problems import Refusal
from api.http.service import service_of
from api.store.once import Answered, ReusedKey, once, request_sha256

MOST_ON_A_PAGE = 1000


class Sent(BaseModel):
    """What is sent to the service: nothing is converted, nothing unknown is accepted."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Told(BaseModel):
    """What the service answers."""

    model_config = ConfigDict(extra="forbid")


Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """Some of a list; `next` asks for what follows and is absent at its end."""

    items: list[Item]
    next: str | None = Field(None, description="Pass it as `cursor` for what follows.")


Limit = Annotated[int, Query(ge=1, le=MOST_ON_A_PAGE, description="Most items in one answer.")]
Cursor = Annotated[str | None, Query(max_length=400, description="The `next` of the page before.")]

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Yours to choose; a repeated request with the same key is done once. Kept for seven days.",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(max_length=100, description="The ETag you read; the change is refused if it is another now."),
]


def cursor_of(*parts: str | int) -> str:
    """Return a cursor for what follows the item with these keys."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def parts_of(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """Return the keys in a cursor; one that is not ours is refused."""
    if cursor is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        parts = None
    if (
        not isinstance(parts, list)
        or len(parts) != len(kinds)
        or any(type(part) is not kind for part, kind in zip(parts, kinds, strict=True))
        or any(isinstance(part, int) and not 0 <= part < 2**53 for part in parts)
    ):
        raise Refusal(
            422, "invalid-input", "query → cursor: is not one that this service gave; leave it out."
        )
    return tuple(parts)


def page_of(
    rows: Sequence[Any], limit: int, item: Callable[[Any], Item], key: Callable[[Any], str]
) -> Page[Item]:
    """Return a page of at most `limit` of the rows, of which one more was asked for than is shown."""
    return Page(
        items=[item(row) for row in rows[:limit]],
        next=key(rows[limit - 1]) if len(rows) > limit else None,
    )


def answered(status: int, content: BaseModel | None, **headers: str) -> Answered:
    """Return an answer as it goes out."""
    return Answered(status, "" if content is None else content.model_dump_json(exclude_none=True), headers)


async def answer_once(
    request: Request,
    caller: Caller,
    key: str | None,
    act: Callable[[Connection], Answered],
    *,
    body: bytes | None = None,
) -> Response:
    """Do what a POST asks for, once for each Idempotency-Key, and answer it when that is on disk.

    `body` stands for a body that was streamed elsewhere, as its SHA-256: the same one for the same request.
    """
    service = service_of(request)
    fingerprint = ""
    if key is not None:
        target = request.url.path + ("?" + request.url.query if request.url.query else "")
        sent = await request.body() if body is None else body
        fingerprint = request_sha256(request.method, target, sent)
    try:
        given = await service.database.write(
            lambda connection: once(connection, caller.tenant, key, fingerprint, act)
        )
    except ReusedKey:
        raise Refusal(
            422,
            "reused-key",
            f"The Idempotency-Key {key!r} came with another request before; take a new key for a new request.",
        ) from None
    headers = dict(given.headers)
    if given.is_repeat:
        headers["Idempotency-Replayed"] = "true"
    return Response(given.body, given.status, headers, "application/json")


def etag_of(revision: int) -> str:
    """Return the ETag of something at this revision."""
    return f'"{revision}"'


def revision_in(if_match: str | None) -> int:
    """Return the revision that an If-Match header names; without one a change is refused."""
    if if_match is None:
        raise Refusal(
            428,
            "stale",
            "If-Match is missing: read what you want to change, and send its ETag with the change.",
        )
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise Refusal(412, "stale", f"If-Match {if_match[:40]!r} is no ETag of this; read it again.")
    return int(text)
