"""A crew's work list as a calendar: iCalendar of RFC 5545, one event a visit, for any phone or desk.

A job keeps its UID from one version of the plan to the next as long as the same crew does it, and `SEQUENCE` is the
version: a calendar that is read again moves the event instead of showing it twice.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from api.documents.work_lists import CrewWork, WorkLists, WorkVisit

LONGEST_LINE_OCTETS = 75
"RFC 5545, 3.1, without the line break."

PRODUCT = "-//lifeline//work lists//EN"

NO_EVENTS = (
    "BEGIN:VTIMEZONE",
    "TZID:UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
)
"A calendar has at least one component (RFC 5545, 3.6); one without events has the zone of its times."


@dataclass(frozen=True)
class Issue:
    """Which plan a calendar is of, and how binding it is; `issued_at` is when that version was made."""

    incident: str
    version: int
    issued_at: datetime
    is_approved: bool = False
    is_drill: bool = False
    language: str = "en"


def work_calendar(lists: WorkLists, issue: Issue, *, crew: str | None = None) -> str:
    """Return the visits of one crew, or of all, as the text of one iCalendar object.

    A visit outside the years of a calendar cannot stand in one and is left out.
    """
    works = [work for work in lists.crews if crew in (None, work.crew)]
    events = [line for work in works for visit in work.visits for line in _event(lists, work, visit, issue)]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines = [*head, *(events or NO_EVENTS), "END:VCALENDAR"]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _event(lists: WorkLists, work: CrewWork, visit: WorkVisit, issue: Issue) -> Iterator[str]:
    start, finish = lists.moment(visit.start), lists.moment(visit.finish)
    if start is None or finish is None:
        return
    yield "BEGIN:VEVENT"
    yield f"UID:{_uid(issue.incident, work.crew, visit.job)}"
    yield f"DTSTAMP:{_utc(issue.issued_at)}"
    yield f"SEQUENCE:{issue.version}"
    yield f"DTSTART:{_utc(start)}"
    yield f"DTEND:{_utc(finish)}"
    yield f"SUMMARY:{_text(_summary(work, visit, issue))}"
    yield f"DESCRIPTION:{_text(_description(lists, work, visit, issue))}"
    yield from _place(visit)
    yield f"STATUS:{'CONFIRMED' if issue.is_approved and not issue.is_drill else 'TENTATIVE'}"
    yield "END:VEVENT"


def _uid(incident: str, crew: str, job: str) -> str:
    """Return a name that is the same whenever this crew has this job in this incident."""
    told_apart = "\0".join((incident, crew, job)).encode()
    return f"{hashlib.sha256(told_apart).hexdigest()[:32]}@lifeline"


def _summary(work: CrewWork, visit: WorkVisit, issue: Issue) -> str:
    mark = {"en": "DRILL: ", "zh": "【演练】"}[issue.language] if issue.is_drill else ""
    return f"{mark}{visit.job} ({work.crew})"


def _description(lists: WorkLists, work: CrewWork, visit: WorkVisit, issue: Issue) -> str:
    """Return what else the crew needs to know, a line each."""
    phrases = PHRASES[issue.language]
    lines = [
        phrases["what"].format(sector=visit.sector, kind=visit.kind or "–", skill=visit.skill),
        phrases["way"].format(depart=visit.depart_clock, arrive=visit.arrive_clock),
        getattr(visit.reason, issue.language),
        phrases["place"].format(position=visit.position, jobs=len(work.visits), crew=work.crew),
        phrases["plan"].format(version=issue.version, sha256=lists.plan_sha256[:12]),
    ]
    return "\n".join(line for line in lines if line)


PHRASES = {
    "en": {
        "what": "{sector}: {kind}; skill {skill}",
        "way": "Leave {depart}, on site {arrive}",
        "place": "Job {position} of {jobs} of {crew}",
        "plan": "Plan version {version}, {sha256}",
    },
    "zh": {
        "what": "{sector}:{kind};技能 {skill}",
        "way": "出发 {depart},到达 {arrive}",
        "place": "{crew}第{position}项,共{jobs}项",
        "plan": "计划第{version}版,{sha256}",
    },
}


def _place(visit: WorkVisit) -> Iterator[str]:
    if visit.longitude is None or visit.latitude is None:
        return
    yield f"LOCATION:{_text(f'{visit.component or visit.job} ({visit.latitude:.6f}, {visit.longitude:.6f})')}"
    yield f"GEO:{visit.latitude:.6f};{visit.longitude:.6f}"


def _utc(moment: datetime) -> str:
    there = moment.astimezone(UTC)
    return f"{there.year:04}{there:%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Return a TEXT value (RFC 5545, 3.3.11): what has a meaning is escaped, other control signs are taken out."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    safe = "".join(sign for sign in lines if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cs"))
    escaped = safe.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Yield a content line in pieces of at most 75 octets, no sign cut in two; all but the first after a blank."""
    piece, octets = "", 0
    for sign in line:
        size = len(sign.encode())
        if octets + size > LONGEST_LINE_OCTETS:
            yield piece
            piece, octets = " ", 1
        piece += sign
        octets += size
    yield piece
