"""Numbers and times as people read them."""

import pytest

from api.wording import Clock, counted, duration, hours_figure, plain
from lifeline import Settings


@pytest.mark.parametrize(
    ("minutes", "written"),
    [
        (0, "0 min"),
        (59, "59 min"),
        (60, "1 h"),
        (460, "7 h 40 min"),
        (47 * 60 + 59, "47 h 59 min"),
        (2 * 1440, "2 d"),
        (2 * 1440 + 61, "2 d 1 h"),
    ],
)
def test_durations_are_written_in_their_two_largest_units(minutes, written):
    assert duration(minutes) == written


@pytest.mark.parametrize(
    ("figure", "written"), [(0, "0"), (5.5, "5.5"), (99.94, "99.9"), (100.4, "100"), (1234567.8, "1,234,568")]
)
def test_person_hours_have_a_decimal_only_while_it_matters(figure, written):
    assert hours_figure(figure) == written


def test_counts_agree_with_their_nouns():
    assert (counted(1, "job"), counted(1200, "job")) == ("1 job", "1,200 jobs")
    assert counted(2, "person", "people") == "2 people"


@pytest.mark.parametrize("sign", ["\x1b", "\n", "\x00", "\u202e", "\u2066", "\u2028", "\x9b"])
def test_signs_that_steer_a_terminal_or_turn_text_round_are_taken_out(sign):
    assert plain(f"a{sign}b") == "a\ufffdb"


def test_names_in_any_script_stay_as_they_are():
    assert plain("東京 Żółć می‌خواهم") == "東京 Żółć می‌خواهم"


def test_long_names_are_cut():
    assert plain("substation", 5) == "subs…"


def test_the_clock_names_the_weekday_for_six_days_and_then_the_date():
    settings = Settings(start="2026-03-02T06:00:00-06:00", timezone="America/Chicago")
    assert Clock(settings, 6 * 1440 - 1).short(90) == "Mon 07:30"
    assert Clock(settings, 6 * 1440).short(90) == "02 Mar 07:30"
    assert Clock(settings).long(0) == "Mon 02 Mar 2026 06:00 (America/Chicago)"


def test_the_clock_keeps_to_the_hour_that_is_left_out_in_spring():
    """On 8 March 2026 clocks in Chicago go from 02:00 to 03:00: 90 minutes after 01:00 it is 03:30."""
    settings = Settings(start="2026-03-08T01:00:00-06:00", timezone="America/Chicago")
    assert Clock(settings).iso(90) == "2026-03-08T03:30:00-05:00"


def test_a_time_beyond_the_last_year_of_the_calendar_is_named_by_its_minute():
    clock = Clock(Settings(start="9999-12-31T00:00:00+00:00"))
    assert (clock.short(10_000), clock.iso(10_000)) == ("minute 10,000", "")
