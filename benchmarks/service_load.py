"""Load on the service: field updates, reads and event streams at a fixed rate, while plans are worked out.

    python service_load.py [--seconds 300] [--updates 167] [--reads 50] [--streams 200] [--plans 2] [--runs 3]
        [--processes 1]

An open model: requests leave when they are due, whatever became of those before, and latency counts from the minute
they were due. The generator runs in this process; its own CPU time is told, as it shares the machine with the service.
Every stream checks that the numbers of its events have no gap and no doubles.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from machine import header

HOST = "127.0.0.1"
IDLE_SECONDS = 2.0
JSON_BODY = "Content-Type: application/json\r\n"


class Connections:
    """Kept-alive connections to the service; as many as are needed at once."""

    def __init__(self, port: int) -> None:
        """Take the port on loopback."""
        self.port = port
        self.idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter, float]] = deque()

    async def ask(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes]:
        """Send a request and return its answer's status and body."""
        reader, writer = await self._connection()
        try:
            writer.write(
                f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{headers or JSON_BODY}"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head[9:12])
            length = 0
            for line in head.split(b"\r\n")[1:]:
                if line.lower().startswith(b"content-length:"):
                    length = int(line[15:])
            content = await reader.readexactly(length)
        except BaseException:
            writer.close()
            raise
        self.idle.append((reader, writer, time.monotonic()))
        return status, content

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # The service closes what is idle for long: such a connection is not taken, as no client should. They take
        # turns, as those of many devices do: each stays with one process of the service.
        while self.idle:
            reader, writer, since = self.idle.popleft()
            if time.monotonic() - since < IDLE_SECONDS:
                return reader, writer
            writer.close()
        return await asyncio.open_connection(HOST, self.port)

    async def json(self, method: str, path: str, sent: object = None, headers: str = "") -> dict:
        """Send and get JSON; a refusal is an error."""
        body = b"" if sent is None else json.dumps(sent).encode()
        status, content = await self.ask(method, path, body, headers)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {content[:400]!r}")
        return json.loads(content)


@dataclass
class Figures:
    """What one run measured."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: {"update": [], "read": []})
    statuses: Counter[str] = field(default_factory=Counter)
    gaps: int = 0
    doubles: int = 0
    streamed: int = 0
    reconnected: int = 0


async def stream(port: int, incident: str, first: int, figures: Figures, stop: asyncio.Event) -> int:
    """Follow an incident's events from a number on, and return the last number seen."""
    seen = first
    while not stop.is_set():
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            writer.write(
                f"GET /v1/incidents/{incident}/events HTTP/1.1\r\nHost: {HOST}\r\n"
                f"Last-Event-ID: {seen}\r\n\r\n".encode()
            )
            rest = b""
            while not stop.is_set():
                data = await reader.read(65536)
                if not data:
                    break
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    if line.startswith(b"id: "):
                        number = int(line[4:])
                        figures.gaps += number > seen + 1
                        figures.doubles += number <= seen
                        figures.streamed += 1
                        seen = max(seen, number)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
        if not stop.is_set():
            figures.reconnected += 1
            await asyncio.sleep(0.5)
    return seen


async def at_rate(per_second: float, seconds: float, send) -> None:
    """Call `send(due)` at a steady rate without waiting for its end."""
    began = time.perf_counter()
    tasks = set()
    for number in range(int(per_second * seconds)):
        due = began + number / per_second
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(send(number, due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def load(port: int, asked: argparse.Namespace) -> dict:
    connections = Connections(port)
    figures = Figures()
    incident = await connections.json(
        "POST", f"/v1/scenarios/{asked.scenario}/incidents", {"is_drill": False}
    )
    about = f"/v1/incidents/{incident['id']}"
    system = await connections.json("GET", f"/v1/systems/{incident['system']}")
    first = await connections.json("POST", f"{about}/plans", {"seconds": 5})
    await finished(connections, first["job"])
    jobs = [visit["job"] for visit in (await connections.json("GET", f"{about}/plans/1/plan"))["visits"]]
    chance = random.Random(asked.seed)
    stop = asyncio.Event()
    seq = (await connections.json("GET", about))["last_seq"]
    streams = [
        asyncio.create_task(stream(port, incident["id"], seq, figures, stop)) for _ in range(asked.streams)
    ]
    await asyncio.sleep(1)

    async def timed(what: str, due: float, method: str, path: str, sent: object = None) -> None:
        body = b"" if sent is None else json.dumps(sent).encode()
        try:
            status, content = await connections.ask(method, path, body)
        except (OSError, asyncio.IncompleteReadError) as trouble:
            figures.statuses[f"{what} {type(trouble).__name__}"] += 1
            return
        figures.statuses[f"{what} {status}"] += 1
        if status >= 400 and figures.statuses[f"{what} {status}"] < 4:
            print(f"{what} {path}: {status} {content[:300]!r}", file=sys.stderr)
        figures.milliseconds[what].append(1000 * (time.perf_counter() - due))
        if "LIFELINE_SHOW" in os.environ and figures.milliseconds[what][-1] > 300:
            print(f"{due:.1f} {what} {path} {figures.milliseconds[what][-1]:.0f}", file=sys.stderr)

    async def update(number: int, due: float) -> None:
        kind = chance.choice(("job_started", "job_takes", "job_blocked", "job_unblocked", "job_left"))
        sent = {
            "id": f"load-{number}",
            "kind": kind,
            "job": chance.choice(jobs),
            "happened_at": datetime.now(UTC).isoformat(),
        }
        if kind in ("job_takes", "job_left"):
            sent["minutes"] = chance.randrange(10, 600)
        await timed("update", due, "POST", f"{about}/updates", {"updates": [sent]})

    reads = [
        about,
        f"{about}/state",
        f"{about}/plans",
        f"{about}/plans/1",
        f"{about}/log?limit=50",
        f"{about}/updates?limit=50",
    ]

    async def read(number: int, due: float) -> None:
        await timed("read", due, "GET", chance.choice(reads))

    planned: Counter[str] = Counter()

    # Reports at random soon leave nothing to plan: every other planner has an incident of its own, so that there always
    # is a search that takes its 30 s.
    quiet = await connections.json("POST", f"/v1/scenarios/{asked.scenario}/incidents", {"is_drill": False})

    async def plans(place: int) -> None:
        where = f"/v1/incidents/{quiet['id']}" if place % 2 else about
        while not stop.is_set():
            asked_for = {"seconds": 30, "seed": planned.total(), "keep": "none"}
            job = await connections.json("POST", f"{where}/plans", asked_for)
            await finished(connections, job["job"], stop)
            told = await connections.json("GET", f"/jobs/{job['job']}")
            planned[told["status"]] += 1
            if "LIFELINE_SHOW" in os.environ:
                print(told, file=sys.stderr)

    planners = [asyncio.create_task(plans(place)) for place in range(asked.plans)]
    began_cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(
        at_rate(asked.updates, asked.seconds, update), at_rate(asked.reads, asked.seconds, read)
    )
    seconds = time.perf_counter() - began
    cpu = time.process_time() - began_cpu
    await asyncio.sleep(2)
    stop.set()
    await asyncio.gather(*planners)
    last = (await connections.json("GET", about))["last_seq"]
    for task in streams:
        task.cancel()
    return {
        "system": system["summary"]["rows"],
        "seconds": round(seconds, 1),
        "plans": dict(planned),
        "statuses": dict(sorted(figures.statuses.items())),
        **{f"{what}_ms": quantiles(values) for what, values in figures.milliseconds.items()},
        "update_p99_ms_by_sixth": p99_by_sixth(figures.milliseconds["update"]),
        "events": last,
        "streamed": figures.streamed,
        "gaps": figures.gaps,
        "doubles": figures.doubles,
        "reconnected": figures.reconnected,
        "generator_cpu_share": round(cpu / seconds, 2),
    }


async def finished(connections: Connections, job: str, stop: asyncio.Event | None = None) -> None:
    while stop is None or not stop.is_set():
        told = await connections.json("GET", f"/jobs/{job}")
        if told["status"] not in ("accepted", "running"):
            return
        await asyncio.sleep(0.5)


def p99_by_sixth(values: list[float]) -> list[float]:
    """Return the 99th percentile of each sixth of a run: whether it grows with the incident's log."""
    size = max(1, -(-len(values) // 6))
    return [quantiles(values[begin : begin + size])["p99"] for begin in range(0, len(values), size)]


def quantiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    at = lambda share: round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 1)  # noqa: E731
    return {"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999), "max": round(ordered[-1], 1)}


def start(folder: str, port: int, database: str = "", processes: int = 1) -> subprocess.Popen:
    """Start `lifeline serve` in a process group of its own."""
    environment = {**os.environ, "LIFELINE_DATA_FOLDER": folder, "LIFELINE_PORT": str(port)}
    environment["LIFELINE_PROCESSES"] = str(processes)
    environment |= {f"LIFELINE_RATE_OF_{who}": "100000" for who in ("ADDRESS", "KEY", "TENANT")}
    if database:
        environment["LIFELINE_DATABASE_URL"] = database
    return subprocess.Popen(
        [sys.executable, "-c", "from api.command_line import main; main()", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if "LIFELINE_SHOW" not in os.environ else None,
        start_new_session=True,
    )


async def ready(port: int, seconds: float = 60) -> float:
    """Wait until the service says that it is ready, and return how long that took."""
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        try:
            status, _ = await Connections(port).ask("GET", "/readyz")
            if status == 200:
                return time.perf_counter() - began
        except OSError:
            pass
        await asyncio.sleep(0.02)
    raise RuntimeError("the service did not become ready")


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind((HOST, 0))
        return found.getsockname()[1]


async def one_run(asked: argparse.Namespace) -> dict:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        service = start(folder, port, asked.database, asked.processes)
        try:
            await ready(port)
            await all_answer(service.pid, port, asked.processes)
            before, began = cpu_seconds(service.pid), time.perf_counter()
            figures = await load(port, asked)
            seconds = time.perf_counter() - began
            after = cpu_seconds(service.pid)
            # One of each process that answers, the first one first; children that solve and draw are not in them.
            figures["service_cpu_shares"] = [
                round((after[pid] - before.get(pid, 0.0)) / seconds, 2) for pid in sorted(after)
            ]
            figures["service_peaks_mib"] = [peak_mebibytes(pid) for pid in answering(service.pid)]
            figures["service_peak_mib"] = sum(figures["service_peaks_mib"])
            return figures
        finally:
            os.killpg(service.pid, signal.SIGTERM)
            try:
                service.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(service.pid, signal.SIGKILL)
                service.wait()


async def all_answer(service: int, port: int, processes: int, seconds: float = 60) -> None:
    """Wait until every process of the service answers: those beside the first come when that has warmed up."""
    seen: set[bytes] = set()
    ends = time.monotonic() + seconds
    while processes > 1 and len(seen) < processes:
        if time.monotonic() > ends:
            raise RuntimeError(f"only {len(seen)} of {processes} processes answer")
        connections = Connections(port)
        _, told = await connections.ask("GET", "/metrics")
        connections.idle.pop()[1].close()
        seen.add(told.partition(b'lifeline_open_streams{process="')[2].partition(b'"')[0])
        await asyncio.sleep(0.05)


def answering(service: int) -> list[int]:
    """Return the processes of a service that answer: the first, and those that it has started beside it."""
    beside = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_its_child = parent_of(int(folder.name)) == service
            if is_its_child and b"api.http.answerer" in (folder / "cmdline").read_bytes():
                beside.append(int(folder.name))
    return [service, *sorted(beside)]


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def cpu_seconds(service: int) -> dict[int, float]:
    """Return the processor time of each process of a service that answers."""
    ticks = os.sysconf("SC_CLK_TCK")
    spent = {}
    for pid in answering(service):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent[pid] = (int(fields[11]) + int(fields[12])) / ticks
    return spent


def peak_mebibytes(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--updates", type=float, default=167)
    parser.add_argument("--reads", type=float, default=50)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--plans", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--scenario", default="aldermouth")
    parser.add_argument("--database", default="")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    print(header(), file=sys.stderr)
    for _ in range(asked.runs):
        print(json.dumps(asyncio.run(one_run(asked))), flush=True)


if __name__ == "__main__":
    main()
