"""Numbers, times and names as people read them: thousands apart, with units, safe to print on a terminal."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifeline.system import Settings, System

MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 1440
WEEKDAYS_ARE_CLEAR_FOR_MINUTES = 6 * MINUTES_PER_DAY
PERMILLE = 1000

# What one row and many rows of a table are called, where that is more than an s.
ROWS = {
    "dependencies": ("dependency", "dependencies"),
    "supplies": ("supply", "supplies"),
    "damage": ("broken component",),
}

# Signs that turn the direction of the text around them: what stands in a line is then not what one reads.
TURNS_TEXT_AROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def counted(number: int, one: str, many: str = "") -> str:
    """Return a count with its noun: `1 job`, `12,345 jobs`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def hours_figure(person_hours: float) -> str:
    """Return person-hours without a unit, with a decimal only where it still says something."""
    return f"{person_hours:,.0f}" if abs(person_hours) >= 100 or person_hours == 0 else f"{person_hours:,.1f}"


def weighted_hours(objective: int) -> float:
    """Return an objective (persons x thousandths x minutes) as weighted person-hours."""
    return objective / (MINUTES_PER_HOUR * PERMILLE)


def duration(minutes: int) -> str:
    """Return a span of time in its two largest units: `45 min`, `7 h 40 min`, `3 d 4 h`."""
    days, rest = divmod(minutes, MINUTES_PER_DAY)
    hours, left = divmod(rest, MINUTES_PER_HOUR)
    if days >= 2:
        return f"{days} d {hours} h" if hours else f"{days} d"
    hours += days * 24
    if hours:
        return f"{hours} h {left} min" if left else f"{hours} h"
    return f"{left} min"


def plain(text: str, most: int = 0) -> str:
    """Return text from a file without what could steer a terminal, cut to `most` characters (0: whole)."""
    safe = "".join("�" if _steers(sign) else sign for sign in text)
    return safe if not most or len(safe) <= most else safe[: most - 1] + "…"


def _steers(sign: str) -> bool:
    return sign in TURNS_TEXT_AROUND or unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")


def table_counts(system: System) -> str:
    """Return what a system holds: `167 nodes, 217 links, 1 crew`; empty tables are left out."""
    return ", ".join(
        counted(len(frame), *ROWS.get(name, (name.removesuffix("s").replace("_", " "),)))
        for name, frame in system.tables.items()
        if len(frame)
    )


@dataclass(frozen=True)
class Clock:
    """The local clock of a system; `last_minute` says how far it has to tell days apart."""

    settings: Settings
    last_minute: int = 0

    def short(self, minute: int) -> str:
        """Return day and time in a few characters; the weekday while that is clear, else the date."""
        pattern = "%a %H:%M" if self.weekday_is_clear else "%d %b %H:%M"
        moment = self.moment(minute)
        return moment.strftime(pattern) if moment else f"minute {minute:,}"

    def long(self, minute: int) -> str:
        """Return weekday, date, time and zone."""
        moment = self.moment(minute)
        written = moment.strftime("%a %d %b %Y %H:%M") if moment else f"minute {minute:,}"
        return f"{written} ({self.settings.timezone})"

    def iso(self, minute: int) -> str:
        """Return the time as ISO 8601 with its offset; nothing outside the years a calendar has."""
        moment = self.moment(minute)
        return moment.isoformat() if moment else ""

    @property
    def weekday_is_clear(self) -> bool:
        """Tell whether all there is to tell happens within so few days that the weekday names each."""
        return self.last_minute < WEEKDAYS_ARE_CLEAR_FOR_MINUTES

    def moment(self, minute: int) -> datetime | None:
        """Return the local time; None outside the years a calendar has."""
        try:
            return self.settings.clock(minute)
        except OverflowError:
            return None
