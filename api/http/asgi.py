"""The few words of ASGI that the middleware shares: its types, header look-up, an answer in problem+json."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """A request that gets a short answer instead of being served."""

    def __init__(
        self, status: int, title: str, detail: str, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        """Take the HTTP status, what is wrong in two words, which thing and what to try, further headers."""
        super().__init__(detail)
        self.status, self.title, self.detail, self.headers = status, title, detail, headers


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the first header of this (lower-case) name, or None."""
    return next((value for key, value in scope["headers"] if key == name), None)


async def answer(refused: Refused, send: Send) -> None:
    """Send a refusal as application/problem+json (RFC 9457)."""
    body = json.dumps(
        {"type": "about:blank", "title": refused.title, "status": refused.status, "detail": refused.detail}
    ).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        *refused.headers,
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def route_template(scope: Scope) -> str:
    """Return the template of the route that served a request, as `/v1/incidents/{incident}`; call it afterwards.

    What no route took is `unmatched`: so whoever asks for a thousand names makes one line in the metrics.
    """
    # FastAPI keeps the prefixes of routers that include routers beside the route, not in it.
    context = scope.get("fastapi", {}).get("effective_route_context")
    for known in (context, scope.get("route")):
        template = getattr(known, "path_format", None) or getattr(known, "path", None)
        if template:
            return str(template)
    return "unmatched"
