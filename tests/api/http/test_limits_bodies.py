"""A body is refused by its size, its kind and its JSON before the service sees it."""

from __future__ import annotations

import json
import zlib

import pytest
from asgi_worlds import echo, post

from api.http.asgi import Message, Receive, Scope, Send
from api.http.limits.bodies import KIBIBYTE, MEBIBYTE, BodyLimits

UPDATES = "/v1/incidents/i1/updates"
SERVICE = BodyLimits(echo)


def text_of(size: int) -> bytes:
    """Return a JSON string of exactly so many bytes."""
    return b'"' + b"a" * (size - 2) + b'"'


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (UPDATES, 64 * KIBIBYTE),
        ("/v1/incidents/i1/reports", 16 * KIBIBYTE),
        ("/v1/systems", 64 * MEBIBYTE),
        ("/v1/what-ifs", MEBIBYTE),
    ],
)
def test_each_class_of_route_takes_its_own_size_and_not_a_byte_more(path: str, most: int) -> None:
    assert post(SERVICE, path, text_of(most)).status == 200
    refused = post(SERVICE, path, text_of(most + 1))
    assert refused.problem["title"] == "More was sent than is taken here"
    assert f"{most:,} bytes" in refused.problem["detail"]
    assert refused.status == 413
    assert refused.taken == 0


def test_a_chunked_body_is_cut_off_at_the_first_chunk_that_is_too_much() -> None:
    """5 chunks of 16 KiB: the fifth passes 64 KiB, and the 95 after it are never asked for."""
    refused = post(SERVICE, UPDATES, [b"[" + b" " * (16 * KIBIBYTE - 1)] * 100)
    assert (refused.status, refused.taken) == (413, 5)


def test_a_chunked_upload_is_cut_off_whatever_the_route_makes_of_it() -> None:
    class OurError(Exception):
        pass

    async def swallows(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await echo(scope, receive, send)
        except Exception:
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"Traceback"})
            raise OurError from None

    chunks = [bytes(MEBIBYTE)] * 100
    refused = post(BodyLimits(swallows), "/v1/systems", chunks, ("content-type", "application/zip"))
    assert (refused.status, refused.taken) == (413, 65)
    assert refused.problem["title"] == "More was sent than is taken here"


def test_a_compressed_body_is_refused_unread() -> None:
    bomb = zlib.compress(bytes(MEBIBYTE))
    refused = post(SERVICE, UPDATES, bomb, ("content-encoding", "gzip"))
    assert (refused.status, refused.taken) == (415, 0)
    assert post(SERVICE, UPDATES, b"{}", ("content-encoding", "identity")).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/xml", ""])
def test_a_body_of_another_kind_is_refused(kind: str) -> None:
    refused = post(SERVICE, UPDATES, b"{}", ("content-type", kind))
    assert refused.status == 415
    assert "application/json" in refused.problem["detail"]
    assert post(SERVICE, UPDATES, b"{}", ("content-type", "Application/JSON; charset=utf-8")).status == 200


def test_a_zip_goes_to_systems_only() -> None:
    zipped = ("content-type", "application/zip")
    assert post(SERVICE, "/v1/systems", b"PK", zipped).body == b"PK"
    assert post(SERVICE, "/v1/incidents", b"PK", zipped).status == 415


def test_a_request_without_a_body_needs_no_kind() -> None:
    assert post(SERVICE, "/v1/incidents/i1/plans", b"", ("content-type", "")).status == 200


def test_the_service_reads_the_body_that_was_checked() -> None:
    assert post(SERVICE, UPDATES, [b'{"kind"', b': "job.', b'finished"}']).body == b'{"kind": "job.finished"}'


def test_after_the_body_the_service_hears_that_the_client_left() -> None:
    heard: list[Message] = []

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        heard.extend([await receive(), await receive()])
        await echo(scope, receive, send)

    post(BodyLimits(waits), UPDATES, b"{}")
    assert [message["type"] for message in heard] == ["http.request", "http.disconnect"]


DEEP = b"[" * 200_000
HOSTILE = {
    "200,000 brackets": (DEEP, 422, "nested more than 32 deep"),
    "200,000 closed brackets": (DEEP[:30_000] + b"]" * 30_000, 422, "nested more than 32 deep"),
    "20,001 arrays": (b"[" + b"[]," * 20_000 + b"1]", 422, "more than 20,000 objects"),
    "an integer of 5,000 digits": (b"9" * 5000, 422, "at most 64 bits"),
    "2^63": (b"9223372036854775808", 422, "at most 64 bits"),
    "below -2^63": (b"[-9223372036854775809]", 422, "at most 64 bits"),
    "1e400": (b'{"minutes": 1e400}', 422, "has the number 1e400"),
    "-1e400": (b"-1e400", 422, "has the number -1e400"),
    "NaN": (b'{"minutes": NaN}', 400, "NaN is no JSON value"),
    "Infinity": (b"[Infinity]", 400, "Infinity is no JSON value"),
    "a key twice": (b'{"a": {"kind": 1, "kind": 2}}', 422, 'the key "kind" twice'),
    "NUL in a string": (b'["\\u0000"]', 422, "NUL"),
    "half a surrogate pair": (b'{"\\ud800": 1}', 422, "surrogate"),
    "no JSON": (b"kind=job.finished", 400, "line 1, column 1"),
    "UTF-16": ('{"a": 1}'.encode("utf-16-le"), 400, "not JSON"),
    "Latin-1": (b'["\xe9"]', 400, "not UTF-8"),
    "half a string": (b'["', 400, "Unterminated"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_json_that_nobody_who_means_well_sends_is_refused(what: str) -> None:
    body, status, says = HOSTILE[what]
    refused = post(SERVICE, "/v1/what-ifs", body)
    assert says in refused.problem["detail"]
    assert refused.status == status


def test_depth_is_counted_outside_strings_and_32_is_allowed() -> None:
    deep = b"[" * 32 + b"]" * 32
    assert post(SERVICE, UPDATES, deep).status == 200
    assert post(SERVICE, UPDATES, b"[" + deep + b"]").status == 422
    assert post(SERVICE, UPDATES, json.dumps({"note": "[" * 1000 + '\\"{' * 1000}).encode()).status == 200


def test_the_ends_of_64_bits_pass_and_so_does_a_pair_of_surrogates() -> None:
    assert post(SERVICE, UPDATES, b"[9223372036854775807, -9223372036854775808, -0]").status == 200
    assert post(SERVICE, UPDATES, b'["\\ud83d\\ude92 \\u00e9"]').status == 200
