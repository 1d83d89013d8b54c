"""The calendar of a crew, read by a small reader of RFC 5545 that knows nothing of the writer."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from api.documents.calendars import Issue, work_calendar
from api.documents.work_lists import VISIT_EXAMPLE, WorkVisit

ISSUE = Issue(incident="quake", version=3, issued_at=datetime(2026, 3, 2, 6, 5, tzinfo=UTC))


def unescaped(value):
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def events(text):
    """Read the events of a calendar, property by property; refuse what RFC 5545 does not allow."""
    assert text.endswith("\r\n")
    lines = text.split("\r\n")[:-1]
    assert all(len(line.encode()) <= 75 for line in lines)
    assert not any(sign < " " for line in lines for sign in line)
    unfolded = re.sub("\r\n[ \t]", "", text).split("\r\n")[:-1]
    assert unfolded[0] == "BEGIN:VCALENDAR"
    assert unfolded[-1] == "END:VCALENDAR"
    assert "VERSION:2.0" in unfolded
    assert any(line.startswith("PRODID:") for line in unfolded)
    found, event = [], None
    for line in unfolded:
        name, value = line.split(":", 1)
        if line == "BEGIN:VEVENT":
            event = {}
        elif line == "END:VEVENT":
            found.append(event)
            event = None
        elif event is not None:
            assert name not in event
            event[name] = value
    return found


def moment(value):
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def with_visit(lists, **changes):
    visit = WorkVisit.model_validate({**VISIT_EXAMPLE, **changes})
    return lists.model_copy(update={"crews": (lists.crews[0].model_copy(update={"visits": (visit,)}),)})


def test_each_visit_is_an_event_in_utc(lists):
    """C is done from minute 60 to 120 after 06:00 UTC."""
    first, second = events(work_calendar(lists, ISSUE, crew="red"))
    assert moment(second["DTSTART"]) == datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    assert moment(second["DTEND"]) - moment(second["DTSTART"]) == timedelta(hours=1)
    assert moment(second["DTSTAMP"]) == datetime(2026, 3, 2, 6, 5, tzinfo=UTC)
    assert unescaped(second["SUMMARY"]) == "P1-C (red)"
    assert second["GEO"] == "0.500000;0.250000"
    assert unescaped(second["LOCATION"]) == "P1-C (0.500000, 0.250000)"
    assert "90 people" in unescaped(second["DESCRIPTION"])
    assert first["UID"] != second["UID"]
    assert len(events(work_calendar(lists, ISSUE))) == 4


def test_a_job_keeps_its_uid_from_version_to_version_as_long_as_its_crew_has_it(lists):
    later = Issue(incident="quake", version=4, issued_at=datetime(2026, 3, 2, 8, tzinfo=UTC))
    elsewhere = Issue(incident="flood", version=3, issued_at=ISSUE.issued_at)
    old, new, other = (events(work_calendar(lists, issue, crew="red")) for issue in (ISSUE, later, elsewhere))
    assert [event["UID"] for event in old] == [event["UID"] for event in new]
    assert (old[0]["SEQUENCE"], new[0]["SEQUENCE"]) == ("3", "4")
    assert not {event["UID"] for event in old} & {event["UID"] for event in other}


def test_hard_names_come_through_whole_and_lines_are_folded_between_signs(lists):
    name = 'a;b,c\\d\nBEGIN:VEVENT "quoted" ' + "断裂的供水管道" * 20
    (event,) = events(work_calendar(with_visit(lists, job=name), ISSUE))
    assert unescaped(event["SUMMARY"]) == f"{name} (blue)"


def test_control_signs_are_taken_out(lists):
    (event,) = events(work_calendar(with_visit(lists, job="a\x00b\x1b[31m\r\nc"), ISSUE))
    assert unescaped(event["SUMMARY"]) == "ab[31m\nc (blue)"


@pytest.mark.parametrize(
    ("approved", "drill", "status"),
    [(True, False, "CONFIRMED"), (False, False, "TENTATIVE"), (True, True, "TENTATIVE")],
)
def test_only_an_approved_plan_that_is_no_drill_is_confirmed(lists, approved, drill, status):
    issue = Issue("quake", 3, ISSUE.issued_at, is_approved=approved, is_drill=drill)
    event = events(work_calendar(lists, issue))[0]
    assert event["STATUS"] == status
    assert event["SUMMARY"].startswith("DRILL: ") is drill


def test_a_visit_outside_the_calendar_is_left_out_and_one_without_a_place_has_none(lists):
    assert events(work_calendar(with_visit(lists, start=8_000_000_000, finish=8_000_000_060), ISSUE)) == []
    (event,) = events(work_calendar(with_visit(lists, longitude=None, latitude=None), ISSUE))
    assert "GEO" not in event
    assert "LOCATION" not in event


def test_a_calendar_without_visits_still_has_the_one_component_that_it_needs(lists):
    """RFC 5545, 3.6: icalbody = calprops component."""
    text = work_calendar(lists, ISSUE, crew="nobody")
    assert events(text) == []
    assert text.count("BEGIN:VTIMEZONE") == text.count("END:VTIMEZONE") == 1
    assert "VTIMEZONE" not in work_calendar(lists, ISSUE)


def test_years_have_four_digits(lists):
    ancient = lists.model_copy(update={"start": "0033-04-03T12:00:00+00:00"})
    assert events(work_calendar(ancient, ISSUE, crew="red"))[0]["DTSTART"] == "00330403T120000Z"
