"""API keys: what is kept, what is refused, and how soon a key taken back stops working."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.access.keys import REREAD_SECONDS, SHOWN_KEY, ApiKey, KeyRing, KeysKept, make_key
from api.access.rights import Role
from lifeline.errors import InvalidInput

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def a_key(**given: Any) -> tuple[ApiKey, str]:
    return make_key(
        **{
            "tenant": "east",
            "name": "desk",
            "roles": [Role.DISPATCHER],
            "created_by": "key:0",
            "now": NOON,
            **given,
        }
    )


class Clocks:
    """Two clocks that stand still until moved, and the keys as they are in the store."""

    def __init__(self, *keys: ApiKey) -> None:
        self.seconds, self.keys, self.reads = 0.0, list(keys), 0
        self.ring = KeyRing(
            self.read, monotonic=lambda: self.seconds, now=lambda: NOON + timedelta(seconds=self.seconds)
        )

    def read(self) -> KeysKept:
        self.reads += 1
        return KeysKept(tuple(self.keys), ever_any=True)


def test_a_key_is_shown_once_and_kept_as_a_hash_only() -> None:
    key, shown = a_key()
    parts = SHOWN_KEY.fullmatch(shown)
    assert parts is not None
    assert parts[1] == key.id
    assert len(parts[2]) == 43
    assert parts[2] not in repr(key)


def test_two_keys_are_never_alike() -> None:
    assert len({a_key()[1] for _ in range(100)}) == 100


def test_the_holder_of_a_key_is_known_and_a_wrong_letter_is_nobody() -> None:
    key, shown = a_key()
    other, _ = a_key()
    ring = Clocks(key, other).ring
    assert ring.caller_of(shown) == key.caller
    wrong = shown[:-1] + ("A" if shown[-1] != "A" else "B")
    for text in (
        wrong,
        shown + "A",
        shown[:-1],
        shown.replace(key.id, other.id),
        "",
        "llk_",
        shown + "\n",
        "é" * 60,
    ):
        assert ring.caller_of(text) is None


def test_a_key_taken_back_is_refused_within_five_seconds_also_on_an_open_stream() -> None:
    key, shown = a_key()
    clocks = Clocks(key)
    caller = clocks.ring.caller_of(shown)
    assert caller is not None
    clocks.keys.clear()
    clocks.seconds += REREAD_SECONDS - 0.1
    assert clocks.ring.still_valid(caller)
    clocks.seconds += 0.1
    assert not clocks.ring.still_valid(caller)
    assert clocks.ring.caller_of(shown) is None
    assert REREAD_SECONDS <= 5


def test_taking_back_in_this_process_counts_at_once() -> None:
    key, shown = a_key()
    clocks = Clocks(key)
    assert clocks.ring.caller_of(shown)
    clocks.keys[0] = dataclasses.replace(key, revoked_at=NOON)
    clocks.ring.forget()
    assert clocks.ring.caller_of(shown) is None


def test_a_key_runs_out_between_two_reads() -> None:
    key, shown = a_key(expires_at=NOON + timedelta(seconds=1))
    clocks = Clocks(key)
    caller = clocks.ring.caller_of(shown)
    assert caller is not None
    clocks.seconds = 1.0
    assert clocks.ring.caller_of(shown) is None
    assert not clocks.ring.still_valid(caller)
    assert clocks.reads == 1


def test_ten_thousand_guesses_and_two_hundred_streams_cost_one_read() -> None:
    key, shown = a_key()
    clocks = Clocks(key)
    caller = clocks.ring.caller_of(shown)
    assert caller is not None
    for guess in range(10_000):
        assert clocks.ring.caller_of(f"llk_{guess:012x}_{'A' * 43}") is None
    assert all(clocks.ring.still_valid(caller) for _ in range(200))
    assert clocks.reads == 1


def test_when_keys_cannot_be_read_nobody_is_let_in() -> None:
    key, shown = a_key()
    clocks = Clocks(key)
    clocks.ring.caller_of(shown)
    clocks.seconds = REREAD_SECONDS

    def broken() -> KeysKept:
        raise OSError("disk")

    clocks.ring._read = broken
    with pytest.raises(OSError, match="disk"):
        clocks.ring.caller_of(shown)


def test_a_crews_key_ends_within_a_day() -> None:
    key, _ = a_key(roles=[Role.CREW], crew="red")
    assert key.caller.expires_at == NOON + timedelta(hours=24)
    with pytest.raises(InvalidInput, match="24 hours"):
        a_key(roles=[Role.CREW], crew="red", expires_at=NOON + timedelta(hours=24, seconds=1))


def test_a_key_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'king' is no role"):
        a_key(roles=["king"])
    with pytest.raises(InvalidInput, match="has no role"):
        a_key(roles=[])
    with pytest.raises(InvalidInput, match="already"):
        a_key(expires_at=NOON)
    with pytest.raises(InvalidInput, match="no other role"):
        a_key(roles=[Role.CREW, Role.DISPATCHER], crew="red")
