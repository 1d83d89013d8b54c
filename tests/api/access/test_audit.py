"""The audit's chain: every edit, deletion, exchange, insertion and cut, at every position of a short chain."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.access.audit import (
    FIRST_PREVIOUS,
    Action,
    Entry,
    Head,
    Row,
    next_row,
    read_anchor,
    verify,
    write_anchor,
)
from lifeline.errors import InvalidInput

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LENGTH = 7


def chain(length: int, who: str = "key:1") -> list[Row]:
    head, rows = Head(), []
    for number in range(length):
        entry = Entry("east", who, Action.DENIED, f"/v1/{number}", {"n": number}, NOON + timedelta(number))
        rows.append(next_row(head, entry))
        head = Head(rows[-1].number, rows[-1].hash)
    return rows


ROWS = chain(LENGTH)
ANCHOR = Head(LENGTH, ROWS[-1].hash)


def first_fault(rows: list[Row]) -> int | None:
    _, fault = verify(rows, ANCHOR)
    return fault.number if fault else None


def test_a_chain_nobody_touched_holds() -> None:
    assert verify(ROWS, ANCHOR) == (ANCHOR, None)
    assert verify([], Head()) == (Head(), None)
    assert verify(ROWS, None) == (ANCHOR, None)


def test_the_first_hash_is_the_sha256_worked_by_hand() -> None:
    row = next_row(Head(), Entry("east", "key:1", Action.APPROVE, "plan 3", {"b": 2, "a": "x"}, NOON))
    import hashlib

    written = (
        FIRST_PREVIOUS + '\0001\0002026-05-01T12:00:00.000Z\0east\0key:1\0approve\0plan 3\0{"a":"x","b":2}'
    )
    assert row.hash == hashlib.sha256(written.encode()).hexdigest()


@pytest.mark.parametrize("place", range(LENGTH))
@pytest.mark.parametrize("column", Row._fields)
def test_an_edit_of_any_column_of_any_row_is_found_there(place: int, column: str) -> None:
    value = getattr(ROWS[place], column)
    other = value + 1 if isinstance(value, int) else value[:-1] + ("0" if value[-1:] != "0" else "1")
    edited = [*ROWS[:place], ROWS[place]._replace(**{column: other}), *ROWS[place + 1 :]]
    assert first_fault(edited) == place + 1


def test_a_letter_cannot_move_from_one_column_to_the_next() -> None:
    row = next_row(Head(), Entry("east", "key:1\0denied", Action.DENIED, "x", at=NOON))
    assert "\0" not in "".join(row[1:])
    moved = row._replace(who=row.who + "\0denied", action=row.target, target="")
    assert verify([row], None)[1] is None
    assert verify([moved], None)[1] is not None


@pytest.mark.parametrize("place", range(LENGTH))
def test_a_row_taken_out_is_missed_also_when_those_after_it_are_renumbered(place: int) -> None:
    rest = [*ROWS[:place], *ROWS[place + 1 :]]
    assert first_fault(rest) == place + 1
    renumbered = [row._replace(number=place) for place, row in enumerate(rest, 1)]
    assert first_fault(renumbered) == place + 1


@pytest.mark.parametrize("one", range(LENGTH))
@pytest.mark.parametrize("other", range(LENGTH))
def test_two_rows_exchanged_are_found_at_the_first(one: int, other: int) -> None:
    swapped = list(ROWS)
    swapped[one], swapped[other] = ROWS[other], ROWS[one]
    assert first_fault(swapped) == (None if one == other else min(one, other) + 1)


@pytest.mark.parametrize("place", range(LENGTH + 1))
def test_a_row_slipped_in_is_found_even_if_it_follows_the_one_before_it(place: int) -> None:
    before = Head(place, ROWS[place - 1].hash) if place else Head()
    forged = next_row(before, Entry("east", "nobody", Action.APPROVE))
    later = [row._replace(number=row.number + 1) for row in ROWS[place:]]
    found = first_fault([*ROWS[:place], forged, *later])
    # A forged row that follows properly betrays itself by what comes next: the old row, or the anchor, which is row 7.
    assert found in (place + 1, place + 2)


@pytest.mark.parametrize("length", range(LENGTH))
def test_a_chain_cut_off_anywhere_misses_its_anchor(length: int) -> None:
    assert first_fault(ROWS[:length]) == length + 1


def test_a_whole_new_chain_misses_the_anchor_too() -> None:
    assert first_fault(chain(LENGTH, who="key:2")) == LENGTH
    assert first_fault(chain(LENGTH + 3, who="key:2")) == LENGTH


def test_keys_tokens_and_long_texts_never_get_into_a_row() -> None:
    key = "llk_0123456789ab_" + "s3cret" * 7 + "x"
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl"
    row = next_row(
        Head(),
        Entry(
            "east", "key:1", Action.DENIED, f"/v1/{key}", {"said": f"Bearer {token}", "also": token, "n": 3}
        ),
    )
    whole = json.dumps(row)
    assert "s3cret" not in whole
    assert "eyJ" not in whole
    assert "c2lnbmF0dXJl" not in whole
    assert json.loads(row.details)["n"] == 3
    long = next_row(Head(), Entry("east", "key:1", Action.DENIED, "a" * 10_000))
    assert len(long.target) == 200
    assert "\n" not in next_row(Head(), Entry("east", "a\nb\x1b[31m", Action.DENIED)).who


def test_the_anchor_is_kept_in_a_file_and_only_moves_forward(tmp_path: Path) -> None:
    file = tmp_path / "audit.head"
    assert read_anchor(file) is None
    write_anchor(file, ANCHOR)
    write_anchor(file, Head(3, ROWS[2].hash))
    assert read_anchor(file) == ANCHOR
    file.write_text("{}")
    with pytest.raises(InvalidInput, match=r"audit\.head"):
        read_anchor(file)
