"""What the service writes about itself: one JSON object a line on stderr, without personal data.

JSON escapes line ends and terminal codes, so nobody can forge a line by what he sends. Bodies, notes, tokens,
addresses of people and of machines, and query strings are never logged; a key is named by its id.
"""

from __future__ import annotations

import logging
import random
import re
import sys
import time
from typing import TYPE_CHECKING, Any, TextIO

from api.http.asgi import App, Message, Receive, Scope, Send, answer, header, route_template
from api.http.problems import our_fault

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

# What others may call their request, so that theirs and our log lines can be laid side by side.
_NUMBER = re.compile(rb"[A-Za-z0-9._-]{8,64}")
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
# Names under which somebody might log what is nobody's business.
SECRETS = frozenset({"authorization", "token", "key_secret", "password", "body", "note", "phone"})


def configure_logs(level: str = "INFO", *, to: TextIO | None = None) -> None:
    """Send all of structlog's and the standard library's lines through one JSON writer, once per process."""
    import structlog

    stream = to or sys.stderr
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
    ]
    last: list[Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=True),
    ]
    # Straight to the stream: by way of the standard library each line would cost three times as much.
    structlog.configure(
        processors=[*before, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"  # AccessLog writes those lines


def _without_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    for name in SECRETS & event.keys():
        event[name] = "(not logged)"
    return event


class AccessLog:
    """Numbers each request, writes one line when it has been answered, and answers what nobody foresaw."""

    def __init__(self, app: App) -> None:
        """Stand before `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request under a number that its answer carries too."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        import structlog

        number = _number_of(scope)
        scope.setdefault("state", {})["number"] = number
        begun, status = time.perf_counter(), 0

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                told = [*message.get("headers", []), (b"x-request-id", number.encode())]
                message = {**message, "headers": told}
            await send(message)

        with structlog.contextvars.bound_contextvars(request=number):
            try:
                await self.app(scope, receive, numbered)
            except Exception:
                structlog.get_logger("lifeline.http").exception("the fault is ours")
                if status:  # the answer had begun: to break it off is all that is left
                    raise
                await answer(our_fault(), scope, receive, numbered)
            finally:
                milliseconds = round((time.perf_counter() - begun) * 1000, 1)
                _write(scope, status or 499, milliseconds)


def _number_of(scope: Scope) -> str:
    told = header(scope, b"x-request-id")
    if told is not None and _NUMBER.fullmatch(told):
        return told.decode()
    return f"{random.getrandbits(128):032x}"


def _write(scope: Scope, status: int, milliseconds: float) -> None:
    import structlog

    caller = scope["state"].get("caller")
    logger = structlog.get_logger("lifeline.access")
    write = logger.debug if scope["path"] in QUIET and status < 500 else logger.info
    write(
        "request",
        method=scope["method"],
        route=route_template(scope),
        status=status,
        ms=milliseconds,
        tenant=getattr(caller, "tenant", None),
        key=getattr(caller, "id", None),
    )
