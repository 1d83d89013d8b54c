"""What docs/integrating.md shows, run as it stands against a service on loopback."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from lifeline.files import write_system
from scenarios.scenario import load_scenario

REPOSITORY = Path(__file__).parents[3]
PAGE = REPOSITORY / "docs" / "integrating.md"
PATIENCE_SECONDS = 300
"A first run compiles every loop before it plans."


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("service")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "LIFELINE_DATA_FOLDER": str(folder), "LIFELINE_PORT": str(port)}
    serve = [sys.executable, "-c", "from api.command_line import main; main()", "serve"]
    process = subprocess.Popen(
        serve, cwd=REPOSITORY, env=environment, stderr=subprocess.DEVNULL, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(10 * PATIENCE_SECONDS):
            try:
                urllib.request.urlopen(f"{url}/readyz", timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                break
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def test_the_five_calls_with_curl(service: str, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    write_system(load_scenario("three_towns"), tmp_path / "our-city.zip")
    script = "set -euo pipefail\n" + "\n".join(blocks("sh"))

    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "LIFELINE": service},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )

    assert done.returncode == 0, done.stderr + done.stdout
    assert len(blocks("sh")) == 5
    assert "event: plan.ready" in done.stdout
    assert "event: job_takes" in done.stdout


def test_the_five_calls_with_python(service: str, tmp_path: Path) -> None:
    write_system(load_scenario("three_towns"), tmp_path / "our-city.zip")
    (tmp_path / "integrate.py").write_text("\n".join(blocks("python")), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "integrate.py"],
        cwd=tmp_path,
        env={**os.environ, "LIFELINE": service},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )

    assert done.returncode == 0, done.stderr
    # 12,000 person-hours, as the scenario's README works out by hand.
    assert " 720000000 " in done.stdout.splitlines()[0], done.stdout
    assert "event: plan.ready" in done.stdout
