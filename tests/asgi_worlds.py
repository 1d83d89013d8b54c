"""A client and a service of a few lines each, to try middleware between them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from api.http.asgi import App, Message, Receive, Scope, Send


@dataclass(frozen=True)
class Answer:
    """What came back, and how many messages of the body the service side had taken by then."""

    status: int
    headers: dict[str, str]
    body: bytes
    taken: int

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json"
        told: dict[str, Any] = json.loads(self.body)
        assert told["status"] == self.status
        return told


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 200 with the body that came."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


def ask(
    app: App,
    path: str = "/",
    *,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    body: Iterable[bytes] = (),
    client: str = "203.0.113.7",
    query: str = "",
) -> Answer:
    """Send one request of which the body comes in these parts."""
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "client": (client, 50000),
    }
    parts = list(body) or [b""]
    taken = 0
    sent: list[Message] = []

    async def receive() -> Message:
        nonlocal taken
        taken += 1
        if taken > len(parts):
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": parts[taken - 1], "more_body": taken < len(parts)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    start, rest = sent[0], sent[1:]
    return Answer(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(message["body"] for message in rest),
        taken,
    )


def post(app: App, path: str, body: bytes | list[bytes], *headers: tuple[str, str], **more: Any) -> Answer:
    """Post a body as JSON: in one piece with its length, or in chunks without."""
    parts = body if isinstance(body, list) else [body]
    length = (
        ("transfer-encoding", "chunked") if isinstance(body, list) else ("content-length", str(len(body)))
    )
    named = {name for name, _ in headers}
    kind = () if "content-type" in named else (("content-type", "application/json"),)
    return ask(app, path, method="POST", headers=[length, *kind, *headers], body=parts, **more)
