"""The service that a benchmark starts and stops, and the client it asks with, both in as few lines as they can have.

The client is one of our own because the generator shares the machine with what it measures: a request of `httpx` costs
more processor time than the answer does.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

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
    with socket.socket() as found:
        found.bind((HOST, 0))
        return found.getsockname()[1]


async def all_answer(port: int, processes: int, seconds: float = 180) -> None:
    """Wait until every process of the service answers: those beside the first come when that has warmed up.

    On a machine on which nothing has been compiled yet that takes more than a minute.
    """
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
