"""One line of JSON a request, which nobody can forge and which holds nothing about anybody."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from asgi_worlds import ask, echo, post

from api.http.asgi import Receive, Scope, Send
from api.http.logs import AccessLog, configure_logs


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged, as text; the process's own logging is put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    written = io.StringIO()
    configure_logs("INFO", to=written)
    yield written
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_request_is_one_line_with_what_an_operator_needs(log: io.StringIO) -> None:
    answered = post(AccessLog(echo), "/v1/incidents", b"{}")
    (line,) = lines(log)
    assert (line["method"], line["route"], line["status"]) == ("POST", "unmatched", 200)
    assert line["request"] == answered.headers["x-request-id"]
    assert line["timestamp"].endswith("Z")
    assert line["ms"] >= 0


def test_nothing_of_what_was_sent_is_logged(log: io.StringIO) -> None:
    """The canaries stand in the path, the query, the headers, the body and the address."""
    post(
        AccessLog(echo),
        "/v1/CANARY-path",
        b'{"note": "CANARY-note", "phone": "+86 138 CANARY"}',
        ("authorization", "Bearer CANARY-token"),
        ("x-request-id", "CANARY line\r\nforged"),
        client="203.0.113.77",
        query="token=CANARY-query",
    )
    assert "CANARY" not in log.getvalue()
    assert "203.0.113" not in log.getvalue()


def test_a_caller_may_number_its_request_in_plain_signs(log: io.StringIO) -> None:
    answered = ask(AccessLog(echo), headers=[("X-Request-Id", "dispatch-2026-0042")])
    assert answered.headers["x-request-id"] == lines(log)[0]["request"] == "dispatch-2026-0042"


def test_a_failure_is_told_to_the_log_and_not_to_the_caller(log: io.StringIO) -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("SELECT secret FROM /srv/app.db\r\n\x1b[31mforged")

    answered = ask(AccessLog(fails))

    assert answered.status == 500
    assert answered.problem["instance"] == f"urn:lifeline:request:{answered.headers['x-request-id']}"
    assert not [
        word for word in ("SELECT", "app.db", "Traceback", "forged") if word in answered.body.decode()
    ]
    failure, request = lines(log)
    assert "SELECT secret" in failure["exception"]
    assert failure["request"] == request["request"]
    assert request["status"] == 500


def test_line_ends_and_terminal_codes_stay_inside_their_line(log: io.StringIO) -> None:
    evil = 'x\r\n{"event": "forged"}\x1b[2J\u202e'
    structlog.get_logger("a").info("said", who=evil)
    logging.getLogger("b").warning("said %s", evil)
    assert [line["event"] for line in lines(log)] == ["said", f"said {evil}"]
    assert log.getvalue().isascii()
    assert "\x1b" not in log.getvalue()


def test_secrets_that_somebody_logs_by_name_are_left_out(log: io.StringIO) -> None:
    structlog.get_logger("a").info("said", token="CANARY", note="CANARY", tenant="city")
    assert "CANARY" not in log.getvalue()
    assert lines(log)[0]["tenant"] == "city"


def test_a_probe_writes_no_line(log: io.StringIO) -> None:
    ask(AccessLog(echo), "/healthz")
    assert log.getvalue() == ""
