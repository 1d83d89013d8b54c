"""A service that is told to stop does so at once, whoever still listens, and says nothing of a fault."""

from __future__ import annotations

import asyncio
import os
import signal
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from access_matrix import running
from page_service import running_service

from api.http.app import create_app
from api.http.service import Service
from api.settings import Settings

AS_JSON = {"content-type": "application/json"}


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


def test_a_service_that_stops_gives_up_the_pictures_it_is_making(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never_made(*_: Any, **__: Any) -> bytes:
        await asyncio.Event().wait()
        return b""

    monkeypatch.setattr(Service, "ask_for_text", never_made)
    with running(create_app(Settings(data_folder=tmp_path / "data", worker=False))) as service:
        answer = service.ask(
            "POST", "/v1/scenarios/three_towns/incidents", body=b'{"is_drill": true}', headers=AS_JSON
        )
        service.ask("GET", f"/v1/incidents/{answer.json['id']}/events")
        [picture] = service.app.state.service.pictures.making.values()

    assert picture.cancelled()
