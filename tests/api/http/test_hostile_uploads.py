"""Uploads that are made to hurt are refused over HTTP, in words, and cost the service itself next to nothing."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hostile_cases import CASES
from hostile_files import SYSTEM, Hostile, star_system

from api.http.app import create_app
from api.settings import Settings

MEBIBYTE = 2**20
ROOT = Path(__file__).resolve().parents[3]
MEDIA = {".zip": "application/zip", ".json": "application/json"}
SMALL = 0.02
INSIDES = ("Traceback", 'File "', "/tmp", "SELECT", "INSERT", ".py", "sqlalchemy")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(data_folder=tmp_path_factory.mktemp("hostile"), worker=False)
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        yield client


def symlink_zip() -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("nodes.csv")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return made.getvalue()


def ten_gibibytes_in_ten_mebibytes() -> bytes:
    """A real zip of zeros, made of one packed mebibyte over and over: a deflate stream may be cut after each."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(MEBIBYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    stream = piece * 10240 + zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    name, size = b"nodes.csv", 10240 * MEBIBYTE
    sizes = struct.pack("<HHQQ", 1, 16, size, len(stream))
    start = struct.pack("<HHHHHIIIHH", 45, 0, 8, 0, 0, 0, 2**32 - 1, 2**32 - 1, len(name), len(sizes))
    local = b"PK\x03\x04" + start + name + sizes + stream
    listed = (
        b"PK\x01\x02" + struct.pack("<H", 45) + start + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name + sizes
    )
    return local + listed + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(listed), len(local), 0)


def refused(client: TestClient, data: bytes, media: str, says: str) -> None:
    answer = client.post("/v1/systems", content=data, headers={"Content-Type": media})
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert says in answer.text.replace('\\"', '"')
    assert not [word for word in INSIDES if word in answer.text]


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.reader == SYSTEM and case.says and not case.needs],
    ids=lambda case: case.what,
)
def test_a_hostile_system_is_refused_in_words(client: TestClient, tmp_path: Path, case: Hostile) -> None:
    file = tmp_path / case.name
    case.write(file, SMALL)
    says = "columns nodes does not have" if "more are columns" in case.says else case.says
    refused(client, file.read_bytes(), MEDIA[file.suffix], says)


def test_a_link_in_a_zip_is_refused(client: TestClient) -> None:
    refused(client, symlink_zip(), "application/zip", "symbolic link")


def test_ten_gibibytes_in_ten_mebibytes_are_refused_by_what_they_say_of_themselves(
    client: TestClient,
) -> None:
    bomb = ten_gibibytes_in_ten_mebibytes()
    assert len(bomb) < 11 * MEBIBYTE
    with zipfile.ZipFile(BytesIO(bomb)) as archive, archive.open("nodes.csv") as real:
        assert real.read(3 * MEBIBYTE) == bytes(3 * MEBIBYTE)
    refused(client, bomb, "application/zip", "unpacks to more than 268,435,456 bytes")


def test_a_zip_that_says_less_than_it_holds_is_unpacked_no_further_than_it_says(client: TestClient) -> None:
    bomb = ten_gibibytes_in_ten_mebibytes().replace(
        struct.pack("<Q", 10240 * MEBIBYTE), struct.pack("<Q", 20 * MEBIBYTE)
    )
    refused(client, bomb, "application/zip", "cannot be read as a zip: Bad CRC-32")


def test_a_star_of_20000_nodes_is_taken_in(client: TestClient, tmp_path: Path) -> None:
    star_system(tmp_path / "star.zip", SMALL)
    answer = client.post(
        "/v1/systems?name=star",
        content=(tmp_path / "star.zip").read_bytes(),
        headers={"Content-Type": "application/zip"},
    )
    assert answer.status_code == 201, answer.text


def test_nothing_of_what_was_refused_stays_on_disk(client: TestClient) -> None:
    refused(client, b"PK", "application/zip", "cannot be read as a zip")
    spool = client.app.state.service.settings.spool
    assert not [file.name for file in spool.iterdir() if file.name.startswith("sent-")]


def test_xml_is_not_accepted_at_all(client: TestClient) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    for media in ("application/xml", "text/xml", "application/soap+xml"):
        for path in ("/v1/systems", "/v1/incidents"):
            assert client.post(path, content=laughs, headers={"Content-Type": media}).status_code == 415


def test_the_same_upload_with_the_same_key_is_answered_again(client: TestClient, tmp_path: Path) -> None:
    star_system(tmp_path / "star.zip", SMALL)
    data = (tmp_path / "star.zip").read_bytes()
    headers = {"Content-Type": "application/zip", "Idempotency-Key": "once"}
    first = client.post("/v1/systems?name=s", content=data, headers=headers)
    again = client.post("/v1/systems?name=s", content=data, headers=headers)
    other = client.post("/v1/systems?name=s", content=data + b"\0", headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 422


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, int]]:
    """Run `lifeline serve` as a process of its own; what comes back is its port and its process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from api.command_line import app; app(['serve', '--data', {str(folder)!r}, '--port', '{port}'])"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(30)


def peak_bytes(pid: int) -> int:
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line)
    return int(line.split()[1]) * 1024


def chunked_status(port: int, path: str, media: str, mebibytes: int) -> int:
    """Send so much without Content-Length, as long as it is taken, and return the status."""

    def parts() -> Iterator[bytes]:
        for _ in range(mebibytes):
            yield bytes(MEBIBYTE)

    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data=parts(), headers={"Content-Type": media}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:  # the server stopped reading before we stopped sending
        return 413


def test_bodies_without_end_are_cut_off_and_leave_the_service_small(tmp_path: Path) -> None:
    """An upload of 70 MiB ends at 64, an update of 20 MiB at 64 KiB; neither is ever in memory whole."""
    with served(tmp_path / "data") as (port, pid):
        before = peak_bytes(pid)
        assert chunked_status(port, "/v1/incidents/i1/updates", "application/json", 20) == 413
        after_update = peak_bytes(pid)
        assert chunked_status(port, "/v1/systems", "application/zip", 70) == 413
        after_upload = peak_bytes(pid)
    assert after_update - before < 8 * MEBIBYTE
    assert after_upload - after_update < 32 * MEBIBYTE
