"""`lifeline serve --processes 2`, a real one on loopback: which of the two answers makes no difference but to speed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest
from page_service import LIFELINE, ROOT

from api.http.metrics import Metrics
from api.http.sockets import addresses_of, bound_beside, bound_first, port_of
from lifeline.errors import InvalidInput

PATIENCE_SECONDS = 30.0
JSON = {"Content-Type": "application/json"}


class Service:
    """A service of two processes, of which connections can be asked for by number."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)

    def connected_to(self, number: int) -> HTTPConnection:
        """Return a connection that this process answers: a new one goes to either, by its own port."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            connection = self.connection()
            with suppress(OSError, HTTPException):
                if process_of(connection) == number:
                    return connection
            connection.close()
            time.sleep(0.02)
        raise AssertionError(f"process {number} does not answer")

    def others(self) -> list[int]:
        """Return the numbers of the processes that answer beside the first."""
        return [pid for pid in living(self.process.pid) if b"api.http.answerer" in command_of(pid)]


def asked(connection: HTTPConnection, method: str, path: str, sent: object = None, **headers: str) -> Any:
    body = None if sent is None else json.dumps(sent)
    connection.request(method, path, body, JSON | headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status < 300, content
    return json.loads(content)


def process_of(connection: HTTPConnection) -> int:
    connection.request("GET", "/metrics")
    found = re.search(rb'lifeline_open_streams\{process="(\d+)"\}', connection.getresponse().read())
    assert found is not None
    return int(found[1])


def command_of(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def living(session: int) -> list[int]:
    """Return the processes of a session that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, of = stat.read_text().rpartition(")")[2].split()[:4]
            if int(of) == session and state != "Z":
                found.append(int(stat.parent.name))
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def two_processes(folder: Path) -> Iterator[Service]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*LIFELINE, "serve", "--data", str(folder / "data"), "--port", "0", "--processes", "2"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LIFELINE_IS_WARM": "false", "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        told = b""
        while (address := re.search(rb"127\.0\.0\.1:(\d+)/v1", told)) is None:
            line = process.stdout.readline()
            assert line, (folder / "log").read_text()[-2000:]
            told += line
        yield Service(process, int(address[1]), folder / "log")
    finally:
        for pid in living(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with two_processes(tmp_path_factory.mktemp("two")) as service:
        yield service


@pytest.fixture
def one(service: Service) -> Iterator[HTTPConnection]:
    connection = service.connected_to(1)
    yield connection
    connection.close()


@pytest.fixture
def two(service: Service) -> Iterator[HTTPConnection]:
    connection = service.connected_to(2)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def incident(service: Service) -> str:
    with closing(service.connected_to(2)) as connection:
        made = asked(connection, "POST", "/v1/scenarios/three_towns/incidents", {"is_drill": True})
    return f"/v1/incidents/{made['id']}"


def found_damage(name: str) -> dict[str, Any]:
    update = {
        "id": name,
        "kind": "job_blocked",
        "job": "line-ash-brook",
        "happened_at": "2030-01-01T00:00:00Z",
    }
    return {"updates": [update]}


def test_what_one_has_acknowledged_the_other_tells_at_once(
    one: HTTPConnection, two: HTTPConnection, incident: str
) -> None:
    before: int = asked(one, "GET", incident)["last_seq"]
    for number, (writes, reads) in enumerate([(one, two), (two, one)] * 5, start=before + 1):
        name = f"tablet:{number}"
        taken = asked(writes, "POST", f"{incident}/updates", found_damage(name))["taken"]
        assert taken == [{"id": name, "seq": number, "is_repeat": False}]
        assert asked(reads, "GET", incident)["last_seq"] == number
        assert asked(reads, "GET", f"{incident}/log")["items"][-1]["id"] == name


def test_an_event_told_to_one_goes_out_on_a_stream_of_the_other(
    one: HTTPConnection, two: HTTPConnection, incident: str
) -> None:
    two.request("GET", f"{incident}/events")
    stream = two.getresponse()
    assert stream.readline().startswith(b"retry")
    asked(one, "POST", f"{incident}/updates", found_damage("told-to-one"))
    said = stream.readline()
    while not said.startswith(b"data"):
        said = stream.readline()
    assert json.loads(said[5:])["id"] == "told-to-one"


def test_fifty_posts_at_once_with_one_key_have_one_effect_whoever_takes_them(
    service: Service, one: HTTPConnection, two: HTTPConnection, incident: str
) -> None:
    connections = [service.connection() for _ in range(50)]
    processes = [process_of(connection) for connection in connections]
    assert set(processes) == {1, 2}

    def post(connection: HTTPConnection) -> str:
        made: str = asked(
            connection, "POST", f"{incident}/plans", {"seconds": 1}, **{"Idempotency-Key": "once"}
        )["job"]
        return made

    with ThreadPoolExecutor(50) as pool:
        jobs = list(pool.map(post, connections))
    for connection in connections:
        connection.close()
    assert len(set(jobs)) == 1
    assert [job["jobID"] for job in asked(two, "GET", "/jobs")["jobs"]] == [jobs[0]]


def test_a_job_asked_for_at_the_second_is_taken_up_by_the_first_and_known_to_both(
    one: HTTPConnection, two: HTTPConnection, incident: str
) -> None:
    job = asked(two, "POST", f"{incident}/plans", {"seconds": 600})["job"]
    wait_until(lambda: bool(asked(one, "GET", f"/jobs/{job}")["status"] == "running"))
    asked(two, "DELETE", f"/jobs/{job}")
    assert asked(one, "GET", f"/jobs/{job}")["status"] == "dismissed"


def test_one_that_is_killed_is_replaced_while_the_first_goes_on(
    service: Service, one: HTTPConnection
) -> None:
    [killed] = service.others()
    os.kill(killed, signal.SIGKILL)
    assert process_of(one) == 1
    service.connected_to(2).close()
    [fresh] = service.others()
    assert fresh != killed


def test_told_to_stop_it_stops_all_in_good_order(
    service: Service, two: HTTPConnection, incident: str
) -> None:
    two.request("GET", f"{incident}/events")
    stream = two.getresponse()
    assert stream.readline().startswith(b"retry")
    service.process.send_signal(signal.SIGTERM)
    # To its end: cut off in the middle of a chunk this would be an IncompleteRead.
    stream.read()
    service.process.wait(PATIENCE_SECONDS)
    assert service.others() == []
    # What a broken-off solve had started is killed, and may take a moment to go.
    wait_until(lambda: living(service.process.pid) == [])
    log = service.log.read_text()
    assert log.count("Application shutdown complete") == 2
    assert "fault is ours" not in log


def test_when_the_first_is_killed_nobody_is_left_behind(tmp_path: Path) -> None:
    with two_processes(tmp_path) as service:
        service.connected_to(2).close()
        assert len(service.others()) == 1
        service.process.kill()
        service.process.wait()
        wait_until(lambda: living(service.process.pid) == [])


def test_a_port_that_somebody_listens_on_is_refused_also_where_that_one_shares_it() -> None:
    first = bound_first("127.0.0.1", 0)
    port = port_of(first)
    first[0].listen()
    [beside] = bound_beside(addresses_of(first))
    with first[0], beside:
        assert port_of([beside]) == port
        with pytest.raises(InvalidInput, match=rf"127\.0\.0\.1, port {port}: Address already in use"):
            bound_first("127.0.0.1", port)


def test_a_port_of_all_addresses_of_a_host_is_the_same() -> None:
    sockets = bound_first("localhost", 0)
    assert {listener.getsockname()[1] for listener in sockets} == {port_of(sockets)}
    for listener in sockets:
        listener.close()


def test_the_metrics_of_several_processes_are_told_apart_and_of_one_alone_are_not() -> None:
    alone, second = Metrics(), Metrics(process="2")
    for metrics in (alone, second):
        metrics.requests.labels("GET", "/healthz", "200").inc()
    told = 'lifeline_requests_total{method="GET",%sroute="/healthz",status="200"} 1.0'
    assert told % "" in alone.text().decode()
    assert told % 'process="2",' in second.text().decode()
