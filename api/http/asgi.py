"""The few words of ASGI that the middleware shares: its types, header look-up, an answer in problem+json."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from api.http.problems import Refusal, instance_of, problem_response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the first header of this (lower-case) name, or None."""
    return next((value for key, value in scope["headers"] if key == name), None)


async def answer(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request with a refusal, without asking the app."""
    await problem_response(refusal, instance_of(scope))(scope, receive, send)


def route_template(scope: Scope) -> str:
    """Return the template of the route that served a request, as `/v1/incidents/{incident}`; call it afterwards.

    What no route took is `unmatched`: so whoever asks for a thousand names makes one line in the metrics.
    """
    route = scope.get("route")
    template = getattr(route, "path_format", None) or getattr(route, "path", None)
    return str(template) if template else "unmatched"
