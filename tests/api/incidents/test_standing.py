"""How things stand: the same updates give the same standing, in whatever order and however often they come."""

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from api.incidents.standing import Report, Standing
from api.incidents.subjects import SUBJECT

KINDS = sorted(SUBJECT)


@st.composite
def reports(draw):
    """Draw reports with few minutes and subjects, so that many are about the same thing in the same minute."""
    count = draw(st.integers(0, 25))
    return [
        Report(
            minute=draw(st.integers(0, 3)),
            id=f"u{number}",
            kind=draw(st.sampled_from(KINDS)),
            subject=draw(st.sampled_from(["a", "b"])),
            crew=draw(st.sampled_from(["", "red"])),
            minutes=draw(st.sampled_from([None, 30])),
            group=draw(st.sampled_from(["", "drive"])),
        )
        for number in range(count)
    ]


@settings(max_examples=100, deadline=None)
@given(reports(), st.data())
def test_any_order_and_any_repetition_give_the_same_hash(log, data):
    shuffled = data.draw(st.permutations(log))
    again = data.draw(st.lists(st.sampled_from(log), max_size=10)) if log else []
    place = data.draw(st.integers(0, len(shuffled)))
    one = Standing.of(log)
    other = Standing.of([*shuffled[:place], *again, *shuffled[place:], *again])
    assert one.canonical == other.canonical
    assert one.sha256 == other.sha256


def test_the_later_of_two_counts_and_of_two_in_a_minute_the_one_with_the_greater_id():
    closed = Report(10, "b", "road_closed", "bridge")
    opened = Report(10, "a", "road_opened", "bridge")
    assert Standing.of([closed, opened]).content["roads_closed"] == {"bridge": {"since_minute": 10}}
    later = Report(11, "0", "road_opened", "bridge")
    assert Standing.of([later, closed, opened]).content["roads_closed"] == {}


def test_a_job_is_open_then_blocked_then_begun_then_done():
    """Blocked at 5 until 60, unblocked at 8, begun by red at 10, 90 minutes in all at 20, 30 left at 40, done at 75."""
    log = [
        Report(5, "1", "job_blocked", "line", meant_minute=60),
        Report(8, "2", "job_unblocked", "line"),
        Report(10, "3", "job_started", "line", crew="red"),
        Report(20, "4", "job_takes", "line", minutes=90),
        Report(40, "5", "job_left", "line", minutes=30),
        Report(75, "6", "job_finished", "line"),
    ]
    told = [Standing.of(log[:count]).content["jobs"].get("line") for count in range(7)]
    assert told[0] is None
    assert [job["status"] for job in told[1:]] == [
        "blocked",
        "open",
        "started",
        "started",
        "started",
        "finished",
    ]
    assert [job["since_minute"] for job in told[1:]] == [5, None, 10, 10, 10, 75]
    assert told[1]["blocked_until_minute"] == 60
    assert (told[5]["minutes"], told[5]["minutes_left"], told[5]["left_at_minute"]) == (90, 30, 40)
    assert (told[6]["crew"], told[6]["minutes_left"]) == ("red", None)


def test_a_standing_is_not_changed_by_the_next():
    first = Standing.of([Report(1, "1", "damage_found", "P1", minutes=30)])
    text = first.canonical
    second = first.with_update(Report(2, "2", "damage_ruled_out", "P1"))
    assert first.updates == 1
    assert Standing.of([Report(1, "1", "damage_found", "P1", minutes=30)]).canonical == text
    assert second.content["found"] == {}
    assert second.content["ruled_out"] == {"P1": {"since_minute": 2}}


def test_the_same_id_again_changes_nothing():
    first = Standing.of([Report(1, "1", "crew_off_duty", "red")])
    assert first.with_update(Report(1, "1", "crew_off_duty", "red")) is first


def test_the_hash_is_that_of_the_canonical_text():
    standing = Standing.of([Report(3, "1", "buffer_refilled", "mast", group="mains")])
    assert standing.sha256 == hashlib.sha256(standing.canonical.encode()).hexdigest()
    assert '"buffers_refilled":[{"component":"mast","group":"mains","minute":3}]' in standing.canonical
    assert '"counts":{"buffer_refilled":1}' in standing.canonical
