"""Shifts: on duty, off duty, and when work is done that pauses in between."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from worlds import town

from lifeline.crews import Crew, Shift, crew_windows, crews_from_tables
from lifeline.errors import InvalidInput

NIGHT = Shift(1320, 1800)


def crew(*shifts: Shift, **columns: Any) -> Crew:
    return Crew("red", frozenset({"power"}), 0.0, 0.0, shifts=shifts, **columns)


def day_crew() -> Crew:
    return crew(Shift(480, 960))


@st.composite
def shift_crews(draw: st.DrawFn) -> Crew:
    """Draw a crew with up to four shifts that do not overlap, some touching, some reaching into the next period."""
    period = draw(st.integers(2, 40))
    cuts = sorted(draw(st.sets(st.integers(0, period - 1), min_size=1, max_size=8)))
    turned = draw(st.integers(0, period - 1))
    gaps = zip(cuts, [*cuts[1:], cuts[0] + period], strict=True)
    spans = [span for span in gaps if draw(st.booleans())] or [(cuts[0], cuts[0] + 1)]
    return crew(*(Shift((a + turned) % period, (a + turned) % period + b - a, period) for a, b in spans))


def on_duty(worker: Crew, minute: int) -> bool:
    """Say by the plain meaning of the word whether some repetition of some shift covers the minute."""
    if not worker.shifts:
        return True
    return any(
        (minute - s.start_minute) % s.every_minutes < s.end_minute - s.start_minute for s in worker.shifts
    )


def test_a_crew_without_shifts_works_round_the_clock() -> None:
    assert crew().work_until(100, 5000) == 5100
    assert crew().next_on_shift(1439) == 1439


def test_work_pauses_at_the_end_of_the_shift_and_goes_on_in_the_next() -> None:
    """From 15:00, two hours: one until 16:00, the other from 8:00 to 9:00 on the next day (1440 + 540)."""
    assert day_crew().work_until(900, 120) == 1980


def test_work_that_just_fits_ends_with_the_shift() -> None:
    assert day_crew().work_until(900, 60) == 960


def test_no_work_takes_no_time_even_off_duty() -> None:
    assert day_crew().work_until(1000, 0) == 1000


def test_after_the_shift_the_next_one_begins_in_the_morning() -> None:
    assert day_crew().next_on_shift(960) == 1440 + 480
    assert not day_crew().is_on_shift(960)
    assert day_crew().is_on_shift(959)


def test_a_night_shift_covers_the_first_hours_of_day_zero_too() -> None:
    """22:00 to 6:00: at minute 0 the shift of the evening before is still on, until minute 360."""
    assert crew(NIGHT).next_on_shift(0) == 0
    assert crew(NIGHT).next_on_shift(360) == 1320
    assert crew(NIGHT).work_until(0, 361) == 1321


def test_years_away_takes_no_longer_to_work_out() -> None:
    """8 hours a day: 1,000,000 days of work from 8:00 on day 0 end at 16:00 on the last of them."""
    assert day_crew().work_until(480, 480 * 1_000_000) == 1440 * 999_999 + 960


@settings(deadline=None)
@given(shift_crews(), st.integers(-100, 200), st.integers(0, 150))
def test_shift_arithmetic_equals_counting_minute_by_minute(worker: Crew, start: int, minutes: int) -> None:
    end, left = start, minutes
    while left:
        left -= on_duty(worker, end)
        end += 1
    first = start
    while not on_duty(worker, first):
        first += 1
    assert worker.work_until(start, minutes) == end
    assert worker.next_on_shift(start) == first


@settings(deadline=None)
@given(st.lists(st.one_of(shift_crews(), st.just(crew())), min_size=1, max_size=3), st.data())
def test_the_compiled_arithmetic_agrees_with_the_crew(workers: list[Crew], data: st.DataObject) -> None:
    from lifeline.crew_kernels import next_on_shift, work_until

    windows = crew_windows(workers)
    arrays = (windows.period, windows.duty, windows.window_start, windows.opens, windows.closes)
    number = data.draw(st.integers(0, len(workers) - 1))
    start, minutes = data.draw(st.integers(-100, 10**7)), data.draw(st.integers(0, 10**7))
    assert work_until(*arrays, number, start, minutes) == workers[number].work_until(start, minutes)
    assert next_on_shift(*arrays, number, start) == workers[number].next_on_shift(start)


def test_windows_of_several_crews_lie_one_behind_the_other() -> None:
    """A night shift is two windows of one day; touching shifts are one."""
    windows = crew_windows([crew(NIGHT), crew(Shift(0, 60), Shift(60, 120))])
    assert windows.window_start.tolist() == [0, 2, 3]
    assert list(zip(windows.opens.tolist(), windows.closes.tolist(), strict=True)) == [
        (0, 360),
        (1320, 1440),
        (0, 120),
    ]
    assert windows.duty.tolist() == [480, 120]
    assert crew_windows([]).window_start.tolist() == [0]


def test_crews_come_out_of_the_tables_in_order_with_their_shifts() -> None:
    system = town(
        power="P1*",
        crews={
            "red": "power; telecom",
            "blue": {"skills": "gas", "speed_kmh": 50.0, "available_from_minute": 30},
        },
        shifts={"red": [(480, 960), (0, 60)]},
    )
    blue, red = crews_from_tables(system.crews, system.shifts)
    assert (blue.id, blue.speed_kmh, blue.available_from_minute, blue.shifts) == ("blue", 50.0, 30, ())
    assert red.skills == {"power", "telecom"}
    assert red.shifts == (Shift(0, 60), Shift(480, 960))


@pytest.mark.parametrize("span", [(-1, 10, 1440), (10, 10, 1440), (10, 9, 1440), (0, 1441, 1440)])
def test_an_impossible_shift_is_refused(span: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidInput, match="is impossible"):
        Shift(*span)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"speed_kmh": 0.0}, "speed_kmh must be positive"),
        ({"speed_kmh": float("nan")}, "speed_kmh must be positive"),
        ({"available_from_minute": -1}, "must not be negative"),
        ({"longitude": 200.0}, "not on Earth"),
        ({"skills": frozenset()}, "at least one skill"),
        ({"id": ""}, "needs an id"),
        ({"shifts": (Shift(0, 10), Shift(5, 20))}, "overlap"),
        ({"shifts": (NIGHT, Shift(300, 400))}, "overlap"),
        ({"shifts": (Shift(0, 10), Shift(20, 30, 720))}, "same every_minutes"),
    ],
)
def test_a_crew_that_makes_no_sense_is_refused(columns: dict[str, Any], message: str) -> None:
    good = {"id": "red", "skills": frozenset({"power"}), "longitude": 0.0, "latitude": 0.0}
    with pytest.raises(InvalidInput, match=message):
        Crew(**{**good, **columns})


def test_windows_are_whole_numbers() -> None:
    assert crew_windows([day_crew()]).opens.dtype == np.int64


def resting(shifts: tuple[Shift, ...], stretch: int, rest: int, comes: int = 0) -> Crew:
    return Crew(
        "red",
        frozenset({"power"}),
        0,
        0,
        comes,
        shifts=shifts,
        longest_stretch_minutes=60 * stretch,
        least_rest_minutes=60 * rest,
    )


@pytest.mark.parametrize(
    ("shifts", "stretch", "rest", "hours"),
    [
        # Round the clock: twelve on, eight off, from when it comes; the period is 20 hours.
        ((), 12, 8, [(5, 17)]),
        # Eight hours at night are shorter than the longest stretch: nothing changes.
        ((Shift(1320, 1800),), 12, 8, [(0, 6), (22, 24)]),
        # Sixteen hours of the day are twelve, and the night is long enough to rest.
        ((Shift(360, 1320),), 12, 11, [(6, 18)]),
        # The break of two hours is no rest: six hours before it and four after it make ten.
        ((Shift(360, 720), Shift(840, 1200)), 10, 11, [(6, 12), (14, 18)]),
        # Always on duty, ten hours at a stretch: a second one would leave less than eight hours before the next day.
        ((Shift(0, 1440),), 10, 8, [(0, 10)]),
        # From two to midnight, ten at a stretch, six of rest: 2 to 12, and 18 to 20, six before the next day's two.
        ((Shift(120, 1440),), 10, 6, [(2, 12), (18, 20)]),
    ],
)
def test_a_rule_of_rest_cuts_the_hours(
    shifts: tuple[Shift, ...], stretch: int, rest: int, hours: list[tuple[int, int]]
) -> None:
    crew = resting(shifts, stretch, rest, comes=300)
    assert [(opens / 60, closes / 60) for opens, closes in crew.windows] == hours


@given(
    st.lists(st.tuples(st.integers(0, 47), st.integers(1, 20)), max_size=3),
    st.integers(1, 20),
    st.integers(1, 15),
    st.integers(0, 60),
)
def test_no_crew_is_on_duty_for_longer_than_its_longest_stretch(
    spans: list[tuple[int, int]], stretch: int, rest: int, comes: int
) -> None:
    """Minute by minute over many days: between two breaks of a rest or more lies no more duty than a stretch."""
    shifts, end = [], 0
    for start, length in sorted(spans):
        start = max(start, end)
        end = start + length
        if end <= 48:
            shifts.append(Shift(30 * start, 30 * end))
    try:
        crew = Crew(
            "red",
            frozenset({"power"}),
            0,
            0,
            30 * comes,
            shifts=tuple(shifts),
            longest_stretch_minutes=30 * stretch,
            least_rest_minutes=30 * rest,
        )
    except InvalidInput:
        assume(False)
    worked = off = 0
    for half_hour in range(60, 60 + 48 * 8):
        if crew.is_on_shift(30 * half_hour):
            worked = 1 if off >= rest else worked + 1
            off = 0
        else:
            off += 1
        assert worked <= stretch
        plain = replace(crew, longest_stretch_minutes=None, least_rest_minutes=None)
        assert not crew.is_on_shift(30 * half_hour) or plain.is_on_shift(30 * half_hour)


def test_a_rest_that_leaves_no_hours_is_refused() -> None:
    with pytest.raises(InvalidInput, match="nothing is left of its shifts"):
        resting((Shift(0, 1440),), 10, 24)
