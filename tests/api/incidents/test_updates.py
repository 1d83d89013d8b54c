"""What the field may report: strict in every field, whether it comes as JSON text or as what FastAPI has read."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from api.incidents.subjects import SUBJECT
from api.incidents.updates import FIELD_UPDATE, happened_minute, meant_minute
from lifeline import InvalidInput

ZERO = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def started(**more):
    return {
        "kind": "job_started",
        "id": "tablet-7:1",
        "happened_at": "2026-03-02T07:15:59+01:00",
        "job": "P1-P2",
    } | more


@pytest.mark.parametrize(
    "read", [FIELD_UPDATE.validate_python, lambda body: FIELD_UPDATE.validate_json(json.dumps(body))]
)
def test_a_moment_is_text_with_an_offset(read):
    """A quarter past seven an hour east of Greenwich is a quarter past six: minute 15, rounded down."""
    assert happened_minute(read(started()), ZERO) == 15
    for wrong in (1772431200, "2026-03-02T07:15:00", "2026-03-02", "now", None, "2026-02-30T07:15:00Z", True):
        with pytest.raises(ValidationError):
            read(started(happened_at=wrong))


def test_every_kind_has_an_example_that_is_one():
    schema = FIELD_UPDATE.json_schema()
    kinds = set()
    for model in schema["$defs"].values():
        (example,) = model["examples"]
        kinds.add(FIELD_UPDATE.validate_python(example).kind)
    assert kinds == set(SUBJECT)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "x" * 65},
        {"id": "a b"},
        {"id": ""},
        {"job": ""},
        {"job": "a\x00"},
        {"job": "x" * 201},
        {"note": "x" * 501},
        {"note": "\x1b[31m"},
        {"tenant": "other"},
        {"kind": "job_done"},
        {"crew": 7},
    ],
)
def test_what_is_not_as_it_should_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        FIELD_UPDATE.validate_python(started(**wrong))


@pytest.mark.parametrize("minutes", [0, -1, 1.5, "60", True, float("nan"), 10**7])
def test_minutes_are_whole_and_bounded(minutes):
    body = started(minutes=minutes) | {"kind": "job_takes"}
    with pytest.raises(ValidationError):
        FIELD_UPDATE.validate_python(body)


def test_nothing_happens_before_time_zero():
    early = FIELD_UPDATE.validate_python(started(happened_at="2026-03-02T05:59:59Z"))
    with pytest.raises(
        InvalidInput, match=r"'tablet-7:1': happened_at .* is before the incident's time zero"
    ):
        happened_minute(early, ZERO)


def test_a_moment_meant_before_time_zero_is_time_zero():
    body = started(from_when="2026-03-01T00:00:00Z", crew="red") | {"kind": "crew_on_duty"}
    del body["job"]
    assert meant_minute(FIELD_UPDATE.validate_python(body), ZERO) == 0
