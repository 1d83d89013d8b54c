"""A service that is told to stop does so at once, whoever still listens, and says nothing of a fault."""

from __future__ import annotations

import os
import signal
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from page_service import running_service


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_an_open_stream_ends_with_the_service_and_leaves_no_fault_in_the_log(
    tmp_path: Path, told: signal.Signals
) -> None:
    service = running_service(tmp_path / "data")
    with service as address:
        request = Request(
            f"{address}/v1/scenarios/three_towns/incidents",
            data=b'{"is_drill": true}',
            headers={"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=60) as answer:
            incident = answer.headers["Location"]
        stream = HTTPConnection(urlsplit(address).netloc, timeout=60)
        stream.request("GET", f"{incident}/events")
        listening = stream.getresponse()
        assert b"retry" in listening.readline()
        os.kill(service.process.pid, told)
        # To its end: cut off in the middle of a chunk this would be an IncompleteRead.
        assert listening.read().startswith(b": listening")
        service.process.wait(60)
        stream.close()
    log = service.log.read_text()
    assert "Application shutdown complete" in log
    assert "Traceback" not in log
