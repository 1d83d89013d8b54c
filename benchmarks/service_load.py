"""Load on the service: field updates, reads and event streams at a fixed rate, while plans are worked out.

    python service_load.py [--seconds 300] [--updates 167] [--reads 50] [--streams 200] [--plans 2] [--runs 3]
        [--processes 1] [--folder FOLDER]

An open model: requests leave when they are due, whatever became of those before, and latency counts from the minute
they were due. The generator runs in this process; its own CPU time is told, as it shares the machine with the service.
Every stream checks that the numbers of its events have no gap and no doubles.

An update is acknowledged when it is on disk, so that none is faster than the disk: beside the load a probe writes 4 KiB
to another file in the same folder and waits until they are on disk, ten times a second, and tells how long that took.
With --folder on a disk in memory the figures are those of the service alone.
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
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from machine import header
from service_under_test import (
    HOST,
    Connections,
    all_answer,
    answering,
    cpu_seconds,
    free_port,
    peak_mebibytes,
    ready,
    start,
)


@dataclass
class Figures:
    """What one run measured."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: {"update": [], "read": []})
    statuses: Counter[str] = field(default_factory=Counter)
    gaps: int = 0
    doubles: int = 0
    streamed: int = 0
    reconnected: int = 0


class DiskProbe:
    """Asks the disk beside the load how long it takes until a few bytes are kept."""

    REST_SECONDS = 0.1
    PAGE = b"\0" * 4096

    def __init__(self, folder: str) -> None:
        """Take the folder that the service writes to; begin at once."""
        self.milliseconds: list[float] = []
        self._path = Path(folder) / "probe"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        handle = os.open(self._path, os.O_CREAT | os.O_WRONLY)
        try:
            while not self._stop.wait(self.REST_SECONDS):
                began = time.perf_counter()
                os.pwrite(handle, self.PAGE, 0)
                os.fdatasync(handle)
                self.milliseconds.append(1000 * (time.perf_counter() - began))
        finally:
            os.close(handle)

    def ended(self) -> list[float]:
        """Stop asking, and return how many milliseconds each answer took."""
        self._stop.set()
        self._thread.join()
        return self.milliseconds


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


async def load(port: int, folder: str, asked: argparse.Namespace) -> dict:
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
    probe = DiskProbe(folder)
    began_cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(
        at_rate(asked.updates, asked.seconds, update), at_rate(asked.reads, asked.seconds, read)
    )
    seconds = time.perf_counter() - began
    cpu = time.process_time() - began_cpu
    disk_ms = quantiles(probe.ended())
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
        "disk_ms": disk_ms,
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


async def one_run(asked: argparse.Namespace) -> dict:
    port = free_port()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        service = start(folder, port, asked.database, asked.processes)
        try:
            await ready(port)
            await all_answer(port, asked.processes)
            before, began = cpu_seconds(service.pid), time.perf_counter()
            figures = await load(port, folder, asked)
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
    parser.add_argument(
        "--folder", help="where the service keeps its database, instead of the temporary folder"
    )
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    print(header(), file=sys.stderr)
    for _ in range(asked.runs):
        print(json.dumps(asyncio.run(one_run(asked))), flush=True)


if __name__ == "__main__":
    main()
