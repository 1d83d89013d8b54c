"""`lifeline serve` on this machine, for as long as a block takes, and how Chromium is started to look at it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
LIFELINE = (sys.executable, "-c", "from api.command_line import main; main()")

# No sandbox in a container without user namespaces; the rest keeps the browser itself from calling home.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class running_service:  # noqa: N801 - a context manager reads as a verb
    """`lifeline serve` on a free port of the loopback, until the block ends."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = data.with_suffix(".log")

    def __enter__(self) -> str:
        port = _free_port()
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*LIFELINE, "serve", "--data", str(self.data), "--port", str(port)],
                cwd=self.data,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_until(lambda: self.process.poll() is not None or _is_ready(address), START_SECONDS)
            assert self.process.poll() is None
        except AssertionError:
            self.__exit__()
            told = self.log.read_text(errors="replace")[-2000:]
            raise AssertionError(f"lifeline serve did not start: {told}") from None
        return address

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        # What the service left behind, its children, is in its group.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _wait_until(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(f"not so within {seconds} s")
