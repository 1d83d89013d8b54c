"""How large a request's body may be, and of what kind: by the class of route it goes to.

A JSON body is read whole (it is small by then) and checked before the service parses it; an upload is only
counted while the route streams it to disk. Compressed bodies are refused: nothing can blow up on the way in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from api.http.asgi import App, Message, Receive, Scope, Send, answer, header
from api.http.limits.json_text import check_json
from api.http.problems import Refusal
from api.jobs.intake import ENDINGS

KIBIBYTE = 1024
MEBIBYTE = 1024**2

JSON_KIND = "application/json"


@dataclass(frozen=True)
class BodyClass:
    """The routes whose path matches, how many bytes a body may have there, and which content types.

    JSON of a class that is not `streamed` is checked here; who streams must check what it parses.
    """

    path: re.Pattern[str]
    most_bytes: int
    kinds: tuple[str, ...] = (JSON_KIND,)
    streamed: bool = False


# The first that matches counts; the last matches everything.
BODY_CLASSES = (
    BodyClass(re.compile(r"/v1/incidents/[^/]+/updates/?"), 64 * KIBIBYTE),
    BodyClass(re.compile(r"/v1/(incidents/[^/]+/)?reports/?"), 16 * KIBIBYTE),
    BodyClass(re.compile(r"/v1/systems/?"), 64 * MEBIBYTE, tuple(ENDINGS), streamed=True),
    BodyClass(re.compile(r".*", re.DOTALL), MEBIBYTE),
)


class BodyLimits:
    """Refuses a body that is too large (413), of the wrong kind (415), or JSON nobody should parse (400, 422)."""

    def __init__(self, app: App, classes: tuple[BodyClass, ...] = BODY_CLASSES) -> None:
        """Stand before `app`."""
        self.app, self.classes = app, classes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through whose body is in order."""
        if scope["type"] != "http" or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        try:
            wanted = next(kind for kind in self.classes if kind.path.fullmatch(scope["path"]))
            _check_envelope(scope, wanted)
            if not wanted.streamed:
                receive = await _checked_whole(receive, wanted.most_bytes)
        except Refusal as refusal:
            await answer(refusal, scope, receive, send)
            return
        except ClientLeft:
            return
        if wanted.streamed:
            await _run_counting(self.app, wanted.most_bytes, scope, receive, send)
        else:
            await self.app(scope, receive, send)


class ClientLeft(Exception):  # noqa: N818 - it is news, not a fault
    """The client closed the connection in the middle of its request."""


def _has_body(scope: Scope) -> bool:
    return header(scope, b"transfer-encoding") is not None or header(scope, b"content-length") not in (
        None,
        b"0",
    )


def _check_envelope(scope: Scope, wanted: BodyClass) -> None:
    """Refuse by the headers alone what need not be read."""
    length = header(scope, b"content-length")
    if length is not None and (not length.isdigit() or len(length) > 18):
        raise Refusal(400, "invalid-input", "Content-Length is no number of bytes.")
    if length is not None and int(length) > wanted.most_bytes:
        raise _too_large(wanted.most_bytes)
    if (header(scope, b"content-encoding") or b"identity").lower() != b"identity":
        raise Refusal(
            415, "wrong-kind", "A compressed body is not accepted; send it without Content-Encoding."
        )
    kind = (header(scope, b"content-type") or b"").partition(b";")[0].strip().lower().decode("latin-1")
    if kind not in wanted.kinds:
        told = f"is {kind[:80]!r}" if kind else "is missing"
        raise Refusal(415, "wrong-kind", f"Content-Type {told}; this route takes {', '.join(wanted.kinds)}.")


async def _checked_whole(receive: Receive, most_bytes: int) -> Receive:
    """Read the body, stopping where it grows too large; check it; return a `receive` that gives it again."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most_bytes:
            raise _too_large(most_bytes)
        more = message.get("more_body", False)
    body = b"".join(parts)
    if body:
        check_json(body)
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _run_counting(app: App, most_bytes: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Run the app on a body that is cut off where it grows too large; its answer is then a 413.

    Whatever the app makes of the cut (an answer of its own, an exception) is dropped, unless its answer had begun.
    """
    size, begun = 0, False

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most_bytes:
            raise _too_large(most_bytes)
        return message

    async def unless_cut(message: Message) -> None:
        nonlocal begun
        if begun or size <= most_bytes:
            begun = True
            await send(message)

    try:
        await app(scope, counted, unless_cut)
    except Exception:
        if size <= most_bytes or begun:
            raise
    if size > most_bytes and not begun:
        await answer(_too_large(most_bytes), scope, receive, send)


def _too_large(most_bytes: int) -> Refusal:
    return Refusal(
        413, "too-large", f"This route takes at most {most_bytes:,} bytes; send less, or in parts."
    )
