"""A service on this machine, and a Chromium that looks at its page and forgives nothing.

Every page that a test opens fails the test on a console error, on an error nobody caught, and on any request that
leaves the host.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from watched_pages import Pages

ROOT = Path(__file__).resolve().parents[2]
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


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is; the tests are skipped, saying so, where it or Playwright is absent."""
    pytest.importorskip("playwright", reason="Playwright is absent; install the extra `ui`")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    return path


@pytest.fixture(scope="session")
def served(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with an empty data folder, in a process group of its own."""
    with running_service(tmp_path_factory.mktemp("served")) as address:
        yield address


@pytest.fixture
def fresh_service(chromium_path: str, tmp_path: Path) -> Iterator[str]:
    """As `served`, for a test that needs a service in which nothing ever happened."""
    with running_service(tmp_path / "data") as address:
        yield address


# Of a module, not of the session: while Playwright runs, the thread has an event loop, and a test of another module
# that starts its own would fail.
@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Any]:
    """One Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def pages(chromium: Any, served: str) -> Iterator[Pages]:
    """Opens pages of the service, in a language, a theme and a size; asserts at the end that none complained."""
    opened = Pages(chromium, served)
    yield opened
    opened.close()


@pytest.fixture(params=[("en", "dark"), ("zh", "light")], ids=["en-dark", "zh-light"])
def page(request: pytest.FixtureRequest, pages: Pages) -> Any:
    """The desk's page before it is sent anywhere, in English and dark, and in Chinese and light."""
    language, theme = request.param
    return pages.new(language=language, theme=theme)


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
            pytest.fail(f"lifeline serve did not start: {self.log.read_text(errors='replace')[-2000:]}")
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
