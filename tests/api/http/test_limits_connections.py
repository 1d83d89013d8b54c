"""A real server lets nobody hold its connections by being slow; the times are short here, the rules the same."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn
from asgi_worlds import echo

from api.http.asgi import Receive, Scope, Send
from api.http.limits.bodies import BodyLimits
from api.http.limits.connections import ConnectionLimits, uvicorn_options

PATIENCE_SECONDS = 20.0
QUICK = ConnectionLimits(header_seconds=0.3, body_seconds=0.3, reading_seconds=0.3, lingering_seconds=0.3)
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def service(scope: Scope, receive: Receive, send: Send) -> None:
    """Echo; `/endless` answers as long as somebody reads."""
    if scope["path"] != "/endless":
        await echo(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while (await receive())["type"] != "http.disconnect":
        for _ in range(1000):
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})


@contextmanager
def served(limits: ConnectionLimits, *, places: int | None = None) -> Iterator[Callable[[], socket.socket]]:
    """Run a server in a thread; what comes back connects to it."""
    options = uvicorn_options(limits)
    if places is not None:
        options["http"].places = places
    config = uvicorn.Config(BodyLimits(service), port=0, lifespan="off", log_config=None, **options)
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield lambda: socket.create_connection(listener.getsockname(), timeout=PATIENCE_SECONDS)
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        listener.close()


def all_of(connection: socket.socket) -> bytes:
    """Read until the server closes; fails by its own time limit if it never does."""
    read = b""
    try:
        while more := connection.recv(65536):
            read += more
    except ConnectionResetError:
        pass
    return read


def answer_on(connection: socket.socket, request: bytes = GET) -> bytes:
    connection.sendall(request)
    return connection.recv(65536).split(b"\r\n")[0]


@pytest.fixture
def connect() -> Iterator[Callable[[], socket.socket]]:
    with served(QUICK) as connect:
        yield connect


@pytest.mark.parametrize(
    "half",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", b"\r\n\r\n"],
    ids=["nothing", "half a line", "half a header", "empty lines"],
)
def test_who_does_not_finish_its_headers_is_closed(connect: Callable[[], socket.socket], half: bytes) -> None:
    with connect() as connection:
        connection.sendall(half)
        assert all_of(connection) == b""


def test_also_on_a_connection_that_has_been_served(connect: Callable[[], socket.socket]) -> None:
    with connect() as connection:
        assert answer_on(connection) == b"HTTP/1.1 200 OK"
        connection.sendall(b"\r\n")
        all_of(connection)


def test_who_does_not_finish_its_body_is_closed(connect: Callable[[], socket.socket]) -> None:
    with connect() as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        assert all_of(connection) == b""


def test_a_drip_of_headers_earns_no_time(connect: Callable[[], socket.socket]) -> None:
    with connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        connection.settimeout(0.05)
        closed = False
        for _ in range(200):
            try:
                connection.sendall(b"X-A: a\r\n")
                closed = closed or connection.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                closed = True
            if closed:
                break
        assert closed


def test_a_body_that_comes_fast_enough_has_all_the_time_it_needs() -> None:
    """20 pieces of 1 KiB, one each 0.05 s, are 20 KiB/s for 1 s: 10 KiB/s are asked for after 0.3 s."""
    limits = ConnectionLimits(body_seconds=0.3, body_bytes_per_second=4096)
    with served(limits) as connect, connect() as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20480\r\n\r\n"
        )
        for part in [b'"' + b"a" * 1023, *[b"a" * 1024] * 18, b"a" * 1023 + b'"']:
            connection.sendall(part)
            time.sleep(0.05)
        assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_who_does_not_read_its_answer_is_closed(connect: Callable[[], socket.socket]) -> None:
    with connect() as connection:
        connection.sendall(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(1.0)
        read = all_of(connection)
        assert read.startswith(b"HTTP/1.1 200 OK")


def test_headers_without_end_are_cut_off(connect: Callable[[], socket.socket]) -> None:
    with connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-A: " + b"a" * 20_000)
        assert all_of(connection).startswith(b"HTTP/1.1 400 ")


def test_who_sends_too_much_gets_to_read_why_before_it_is_closed(
    connect: Callable[[], socket.socket],
) -> None:
    with connect() as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n"
        )
        connection.sendall(bytes(500_000))
        assert all_of(connection).startswith(b"HTTP/1.1 413 ")


def test_x_forwarded_for_does_not_reach_the_service_as_an_address() -> None:
    """uvicorn's default believes every peer on the loopback."""
    assert uvicorn_options()["proxy_headers"] is False


def test_500_half_open_connections_keep_nobody_waiting_and_are_gone_after_their_time() -> None:
    limits = ConnectionLimits(header_seconds=2.0)
    with served(limits) as connect, ExitStack() as stack:
        half_open = [stack.enter_context(connect()) for _ in range(500)]
        for connection in half_open:
            connection.sendall(b"GET / HTTP/1.1\r\nX-A: a")
        served_ones = [answer_on(stack.enter_context(connect())) for _ in range(20)]
        assert set(served_ones) == {b"HTTP/1.1 200 OK"}
        assert {all_of(connection) for connection in half_open} == {b""}


def test_when_all_places_are_taken_the_oldest_half_open_one_makes_room() -> None:
    with served(ConnectionLimits(), places=3) as connect, ExitStack() as stack:
        busy = stack.enter_context(connect())
        assert answer_on(busy) == b"HTTP/1.1 200 OK"
        first, second = (stack.enter_context(connect()) for _ in range(2))
        first.sendall(b"GET")
        newcomer = stack.enter_context(connect())
        assert answer_on(newcomer) == b"HTTP/1.1 200 OK"
        assert all_of(first) == b""
        assert answer_on(second) == b"HTTP/1.1 200 OK"
