"""What stands on the outside of a request and of an answer."""

from __future__ import annotations

import pytest
from asgi_worlds import ask, echo

from api.http.asgi import Receive, Scope, Send
from api.http.limits.envelope import Envelope
from api.http.limits.safe_answers import SafeAnswers

SERVICE = Envelope(echo)
HOST = ("Host", "localhost:8765")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8765", "127.0.0.1:1", "[::1]:8765"])
def test_the_service_answers_under_its_own_names(host: str) -> None:
    assert ask(SERVICE, headers=[("Host", host)]).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.2", "", "localhost:80@evil"]
)
def test_and_under_no_other(host: str) -> None:
    """A page whose name is made to point at 127.0.0.1 (DNS rebinding) asks under its own name."""
    refused = ask(SERVICE, headers=[("Host", host)])
    assert refused.status == 400
    assert "`allowed_hosts`" in refused.problem["detail"]


def test_without_host_or_with_two_nothing_is_answered() -> None:
    assert ask(SERVICE).status == 400
    assert ask(SERVICE, headers=[HOST, HOST]).status == 400


def test_a_star_stands_for_any_name_and_a_probe_may_use_any() -> None:
    assert ask(Envelope(echo, ["*"]), headers=[("Host", "city.example")]).status == 200
    assert ask(SERVICE, "/readyz", headers=[("Host", "10.1.2.3:8765")]).status == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://localhost:8765", 200), ("https://evil.example", 403), ("null", 403), ("http://[", 403)],
)
def test_a_browser_uses_the_service_from_its_own_pages_only(origin: str, status: int) -> None:
    assert ask(SERVICE, headers=[HOST, ("Origin", origin)]).status == status


@pytest.mark.parametrize(
    "path",
    [
        "/v1/systems/../../etc/passwd",
        "/v1/systems/..",
        "/v1/./systems",
        "/v1/systems/..\\..\\boot.ini",
        "/v1/systems/a\0.zip",
        "/v1/systems/a\r\nSet-Cookie: x",
        "/v1/systems/\x1b[31m",
    ],
)
def test_names_that_mean_something_to_a_file_system_or_terminal_are_refused(path: str) -> None:
    assert ask(SERVICE, path, headers=[HOST]).problem["status"] == 404


def test_nul_in_the_query_is_refused() -> None:
    assert ask(SERVICE, headers=[HOST], query="name=a%00b").status == 404
    assert ask(SERVICE, headers=[HOST], query="name=a%20b").status == 200


def test_names_with_dots_and_in_any_script_pass() -> None:
    assert ask(SERVICE, "/v1/systems/扬州.v1..2", headers=[HOST]).status == 200


def test_headers_and_addresses_have_an_end() -> None:
    assert ask(SERVICE, headers=[HOST, *[("X-A", "a")] * 100]).status == 431
    assert ask(SERVICE, headers=[HOST, ("X-A", "a" * 16_384)]).status == 431
    assert ask(SERVICE, headers=[HOST], query="a" * 8_192).status == 414


def test_every_answer_keeps_a_browser_in() -> None:
    told = ask(SafeAnswers(echo)).headers
    assert told["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in told["content-security-policy"]
    assert told["x-content-type-options"] == "nosniff"
    assert told["referrer-policy"] == "no-referrer"
    assert told["cache-control"] == "no-store"
    assert not [name for name in told if name.startswith("access-control")]


def test_what_an_answer_says_itself_stands() -> None:
    async def cached(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"Cache-Control", b"max-age=60")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    told = ask(SafeAnswers(cached)).headers
    assert told["Cache-Control"] == "max-age=60"
    assert "cache-control" not in told
