"""Every route of the service with the rights it declares, and a client that asks it as anybody.

The client speaks ASGI itself: it hangs up on an event stream once it has begun, and needs no socket.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import JSON, BigInteger, Boolean, Integer, Table

from api.access.rights import Right
from api.http.document import gate_of
from api.store.tables import now


@dataclass(frozen=True)
class Operation:
    """One method of one path; `rights` is None where the route declares none."""

    method: str
    path: str
    rights: tuple[Right, ...] | None
    limited: bool
    spec: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def has_ids(self) -> bool:
        return "{" in self.path

    def path_with(self, things: Mapping[str, str]) -> str:
        """Return the path with these ids in it, by name, or by what stands before and name: `explanations/job`."""
        before, parts = "", []
        for part in self.path.split("/"):
            if part.startswith("{"):
                name = part[1:-1].split(":")[0]
                value = things.get(f"{before}/{name}", things.get(name))
                assert value is not None, f"{self}: no case for {part}; make one in `things_of`"
                parts.append(value)
            else:
                parts.append(part)
            before = part
        return "/".join(parts)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def operations(app: FastAPI) -> list[Operation]:
    """Return all operations, those that the OpenAPI document leaves out too."""
    paths = app.openapi()["paths"]
    found = []
    for route in app.routes:
        gate = gate_of(route.dependant) if isinstance(route, APIRoute) else None
        for method in sorted((getattr(route, "methods", None) or {"GET"}) - {"HEAD"}):
            spec = paths.get(route.path, {}).get(method.lower(), {})
            rights, limited = (gate.rights, gate.limited) if gate else (None, False)
            found.append(Operation(method, route.path, rights, limited, spec))
    return found


def takes_model(operation: Operation) -> bool:
    """Tell whether a JSON object of a model is sent, and not a file or nothing."""
    content = operation.spec.get("requestBody", {}).get("content", {})
    return "$ref" in content.get("application/json", {}).get("schema", {})


def example_body(operation: Operation, components: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return a body as the document's own example gives it, with its media type; blank where none is sent."""
    content = operation.spec.get("requestBody", {}).get("content", {})
    if not takes_model(operation):
        return ("application/zip", b"PK") if content else ("", b"")
    schema = content["application/json"]["schema"]
    examples = components["schemas"][schema["$ref"].rsplit("/", 1)[1]].get("examples")
    assert examples, f"{operation}: give its body an example"
    return "application/json", json.dumps(examples[0]).encode()


def filled(table: Table, **given: Any) -> dict[str, Any]:
    """Return a row with something in every column that needs it, whatever columns there are by now."""
    blank = {JSON: {}, Boolean: False, Integer: 0, BigInteger: 0}
    needed = {
        column.name: blank.get(type(column.type), now()) for column in table.columns if not column.nullable
    }
    return {**needed, **given}


class Caller:
    """Asks an app whose lifespan runs on a loop of its own."""

    def __init__(self, app: FastAPI, loop: asyncio.AbstractEventLoop) -> None:
        self.app, self.loop = app, loop

    def wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(400)

    def ask(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        client: str = "127.0.0.1",
    ) -> Answer:
        sent = {"host": "127.0.0.1", **(headers or {})}
        if body:
            sent["content-length"] = str(len(body))
        if key is not None:
            sent["authorization"] = f"Bearer {key}"
        answer: Answer = self.wait_for(self._ask(method, path, body, sent, client))
        return answer

    async def _ask(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], client: str
    ) -> Answer:
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": (client, 50000),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        incoming = [{"type": "http.request", "body": body, "more_body": False}]
        outgoing: list[Any] = []
        begun = asyncio.Event()

        async def receive() -> Any:
            if incoming:
                return incoming.pop()
            await begun.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            outgoing.append(message)
            if message.get("body") or not message.get("more_body", True):
                begun.set()

        await asyncio.wait_for(self.app(scope, receive, send), 390)
        start = outgoing[0]
        return Answer(
            start["status"],
            {name.decode().lower(): value.decode() for name, value in start["headers"]},
            b"".join(message.get("body", b"") for message in outgoing[1:]),
        )


@contextmanager
def running(app: FastAPI) -> Iterator[Caller]:
    """Run an app's lifespan on a loop of its own, and yield who asks it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    caller = Caller(app, loop)
    life = app.router.lifespan_context(app)
    try:
        caller.wait_for(life.__aenter__())
        yield caller
        caller.wait_for(life.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
