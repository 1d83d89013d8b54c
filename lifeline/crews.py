"""Crews, and the arithmetic of their shifts: when work that pauses at every shift's end is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, lcm
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.errors import InvalidInput
from lifeline.hours import joined

if TYPE_CHECKING:
    import pandas as pd

MINUTES_PER_DAY = 1440
MOST_COMMON_MINUTES = 100 * 7 * MINUTES_PER_DAY
"Crews whose hours come together less often than every 100 weeks are not planned side by side."

USUAL_SPEED = 1000
"A crew of this speed, in thousandths, takes as long for a job as the tables say."


@dataclass(frozen=True, order=True)
class Shift:
    """A span of working minutes that has always come round, and will come round again, every period.

    The span covers the minutes from `start_minute` up to, not including, `end_minute`. A night shift may
    reach past the end of its period: (1320, 1800) every 1440 is on duty from minute 0 to 360 as well.
    """

    start_minute: int
    end_minute: int
    every_minutes: int = MINUTES_PER_DAY

    def __post_init__(self) -> None:
        """Refuse a shift that is empty or longer than its period."""
        if not 0 <= self.start_minute < self.end_minute <= self.start_minute + self.every_minutes:
            raise InvalidInput(
                f"A shift from minute {self.start_minute} to {self.end_minute}, every {self.every_minutes}, "
                "is impossible: it must start at 0 or later and end after that, within one period."
            )


@dataclass(frozen=True)
class Crew:
    """A team that repairs: what it can do, where it starts, how fast it drives and when it is on duty."""

    id: str
    skills: frozenset[str]
    longitude: float
    latitude: float
    available_from_minute: int = 0
    speed_kmh: float = 30.0
    shifts: tuple[Shift, ...] = ()
    owner: str = ""
    available_until_minute: int | None = None
    longest_stretch_minutes: int | None = None
    least_rest_minutes: int | None = None
    is_volunteer: bool = False
    depot: str = ""
    speed_permille: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a crew that could never do anything, and shifts that overlap or disagree on their period."""
        if not self.id or not self.skills or not all(self.skills):
            raise InvalidInput(f"Crew {self.id!r} needs an id and at least one skill.")
        if not (isfinite(self.speed_kmh) and self.speed_kmh > 0):
            raise InvalidInput(f"Crew {self.id!r}: speed_kmh must be positive, got {self.speed_kmh}.")
        if self.available_from_minute < 0:
            minute = self.available_from_minute
            raise InvalidInput(f"Crew {self.id!r}: available_from_minute must not be negative, got {minute}.")
        if not (abs(self.longitude) <= 180 and abs(self.latitude) <= 90):
            raise InvalidInput(
                f"Crew {self.id!r} starts at ({self.longitude}, {self.latitude}), not on Earth."
            )
        if len({shift.every_minutes for shift in self.shifts}) > 1:
            raise InvalidInput(
                f"Crew {self.id!r}: all its shifts must come round after the same every_minutes."
            )
        if self.shifts and sum(shift.end_minute - shift.start_minute for shift in self.shifts) != sum(
            closes - opens for opens, closes in self._shift_windows
        ):
            raise InvalidInput(f"Crew {self.id!r}: its shifts overlap; join them or move them apart.")
        if (self.longest_stretch_minutes is None) != (self.least_rest_minutes is None):
            raise InvalidInput(
                f"Crew {self.id!r}: longest_stretch_minutes and least_rest_minutes go together; give both or neither."
            )
        if not self.duty_minutes:
            raise InvalidInput(
                f"Crew {self.id!r}: with a rest of {self.least_rest_minutes} minutes nothing is left of its shifts, "
                f"which come again every {self.period_minutes}. Shorten least_rest_minutes or the shifts."
            )
        leaves = self.available_until_minute
        if leaves is not None and leaves <= self.available_from_minute:
            raise InvalidInput(
                f"Crew {self.id!r} leaves at minute {leaves}, not after it comes at {self.available_from_minute}."
            )

    @cached_property
    def period_minutes(self) -> int:
        """Return after how many minutes the crew's hours on duty come round again."""
        if self.shifts:
            return self.shifts[0].every_minutes
        if self.longest_stretch_minutes is not None and self.least_rest_minutes is not None:
            return self.longest_stretch_minutes + self.least_rest_minutes
        return MINUTES_PER_DAY

    @cached_property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """Return the spans on duty within one period, [opens, closes), in order, apart from each other.

        The rule of rest is kept by the hours themselves: a crew without shifts works its longest stretch and rests,
        over and over from when it comes; shifts are cut short or begin later where they would go against it (see
        `rested`).
        """
        if self.longest_stretch_minutes is None or self.least_rest_minutes is None:
            return self._shift_windows
        return rested(
            self._shift_windows,
            self.period_minutes,
            self.longest_stretch_minutes,
            self.least_rest_minutes,
            begins=0 if self.shifts else self.available_from_minute % self.period_minutes,
        )

    @cached_property
    def _shift_windows(self) -> tuple[tuple[int, int], ...]:
        if not self.shifts:
            return ((0, self.period_minutes),)
        spans: list[tuple[int, int]] = []
        for shift in self.shifts:
            opens = shift.start_minute % self.period_minutes
            closes = opens + shift.end_minute - shift.start_minute
            spans.append((opens, min(closes, self.period_minutes)))
            if closes > self.period_minutes:
                spans.append((0, closes - self.period_minutes))
        return joined(sorted(spans))

    @cached_property
    def duty_minutes(self) -> int:
        """Return the minutes on duty in one period."""
        return sum(closes - opens for opens, closes in self.windows)

    def work_minutes(self, skill: str, minutes: int) -> int:
        """Return how long the crew takes for work that takes `minutes` at the usual speed, rounded up."""
        speed = self._speeds.get(skill, USUAL_SPEED)
        return -(-minutes * USUAL_SPEED // speed)

    @cached_property
    def _speeds(self) -> dict[str, int]:
        return dict(self.speed_permille)

    def is_on_shift(self, minute: int) -> bool:
        """Tell whether the crew is on duty in the minute that begins now."""
        return self.next_on_shift(minute) == minute

    def next_on_shift(self, minute: int) -> int:
        """Return the first minute, this one or later, in which the crew is on duty."""
        return self._minute_of(self._worked_before(minute))

    def work_until(self, start: int, minutes: int) -> int:
        """Return when `minutes` on duty have passed since `start`; zero minutes pass at once.

        Travel and repairs both go on while the crew is on duty and pause while it is not.
        """
        if minutes == 0:
            return start
        return self._minute_of(self._worked_before(start) + minutes - 1) + 1

    def _worked_before(self, minute: int) -> int:
        """Count the minutes on duty from minute 0 up to, not including, `minute`."""
        periods, rest = divmod(minute, self.period_minutes)
        return periods * self.duty_minutes + sum(
            min(rest, closes) - opens for opens, closes in self.windows if opens < rest
        )

    def _minute_of(self, count: int) -> int:
        """Return the minute on duty that has exactly `count` minutes on duty between minute 0 and itself."""
        periods, rest = divmod(count, self.duty_minutes)
        for opens, closes in self.windows:
            if rest < closes - opens:
                return periods * self.period_minutes + opens + rest
            rest -= closes - opens
        raise AssertionError("a remainder is smaller than the windows together")  # pragma: no cover


def rested(
    windows: tuple[tuple[int, int], ...], period: int, stretch: int, rest: int, *, begins: int
) -> tuple[tuple[int, int], ...]:
    """Return hours within these in which no `stretch` minutes on duty go by without `rest` minutes off before more.

    The same hours every period. A stretch is the minutes on duty between two breaks of `rest` minutes or more, however
    many shorter breaks lie in it. From the longest break on (round the clock: from `begins`), each stretch is as long
    as it may be; what is left of a shift when it is full is time off, and the next begins `rest` later, if the rest
    before the same minute of the next period is kept too.
    """
    if windows == ((0, period),):
        ahead = [(begins, begins + period)]
    else:
        closed_before = [windows[-1][1] - period, *(closes for _, closes in windows)]
        breaks = [opens - closed for (opens, _), closed in zip(windows, closed_before, strict=False)]
        turn = breaks.index(max(breaks))
        ahead = [*windows[turn:], *((opens + period, closes + period) for opens, closes in windows[:turn])]
    kept: list[tuple[int, int]] = []
    rest_before = ahead[0][0] + period - rest
    worked, off_since = 0, ahead[0][0] - rest
    for opens, closes in ahead:
        start = opens
        while start < closes:
            if start - off_since >= rest:
                worked = 0
            if worked >= stretch:
                start = off_since + rest
                continue
            end = min(closes, start + stretch - worked, rest_before)
            if end <= start:
                return _wrapped(kept, period)
            kept.append((start, end))
            worked += end - start
            start = off_since = end
    return _wrapped(kept, period)


def _wrapped(spans: Iterable[tuple[int, int]], period: int) -> tuple[tuple[int, int], ...]:
    """Return spans that may reach past a period's end as spans within it."""
    within: list[tuple[int, int]] = []
    for opens, closes in spans:
        opens, closes = opens % period, opens % period + closes - opens
        within.append((opens, min(closes, period)))
        if closes > period:
            within.append((0, closes - period))
    return joined(sorted(within))


def crews_from_tables(
    crews: pd.DataFrame, shifts: pd.DataFrame, speeds: pd.DataFrame | None = None
) -> tuple[Crew, ...]:
    """Return the crews of canonical tables, in order of their ids; shifts and speeds of other crews are left alone."""
    windows: dict[str, list[Shift]] = {}
    columns = ("crew", "start_minute", "end_minute", "every_minutes")
    for crew, start, end, every in zip(*(shifts[name].tolist() for name in columns), strict=True):
        windows.setdefault(crew, []).append(Shift(start, end, every))
    fast: dict[str, list[tuple[str, int]]] = {}
    if speeds is not None:
        for crew, skill, permille in zip(
            *(speeds[name].tolist() for name in ("crew", "skill", "speed_permille")), strict=True
        ):
            fast.setdefault(crew, []).append((skill, permille))
    return tuple(
        Crew(
            id=row["id"],
            skills=skills_of(row["skills"]),
            longitude=row["longitude"],
            latitude=row["latitude"],
            available_from_minute=row["available_from_minute"],
            speed_kmh=row["speed_kmh"],
            shifts=tuple(sorted(windows.get(row["id"], ()))),
            owner=row["owner"],
            available_until_minute=_filled(row["available_until_minute"]),
            longest_stretch_minutes=_filled(row["longest_stretch_minutes"]),
            least_rest_minutes=_filled(row["least_rest_minutes"]),
            is_volunteer=bool(row["volunteer"]),
            depot=row["depot"],
            speed_permille=tuple(sorted(fast.get(row["id"], ()))),
        )
        for row in crews.sort_values("id").to_dict("records")
    )


def _filled(minutes: int) -> int | None:
    """Return None for a cell that was left blank."""
    return None if minutes < 0 else minutes


def skills_of(text: str) -> frozenset[str]:
    """Return the skills written as `power;telecom`."""
    return frozenset(skill.strip() for skill in text.split(";") if skill.strip())


def common_hours(
    hours: Iterable[tuple[int, tuple[tuple[int, int], ...]]],
) -> tuple[int, tuple[tuple[int, int], ...]] | None:
    """Return the period and the windows in which all of these (period, windows) are on duty.

    None where their periods come together only after more than MOST_COMMON_MINUTES.
    """
    period = 1
    windows: tuple[tuple[int, int], ...] = ((0, 1),)
    for other_period, other in hours:
        both = lcm(period, other_period)
        if both > MOST_COMMON_MINUTES:
            return None
        windows = _shared(_repeated(windows, period, both), _repeated(other, other_period, both))
        period = both
    return period, windows


def _repeated(windows: tuple[tuple[int, int], ...], period: int, end: int) -> tuple[tuple[int, int], ...]:
    # Every visit is timed this way, so what is round the clock, or as it should be, is not laid out turn by turn.
    if windows == ((0, period),):
        return ((0, end),)
    if period == end:
        return windows
    return joined(
        (begin + opens, begin + closes) for begin in range(0, end, period) for opens, closes in windows
    )


def _shared(
    first: tuple[tuple[int, int], ...], second: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    shared: list[tuple[int, int]] = []
    mine = theirs = 0
    while mine < len(first) and theirs < len(second):
        opens = max(first[mine][0], second[theirs][0])
        closes = min(first[mine][1], second[theirs][1])
        if opens < closes:
            shared.append((opens, closes))
        if first[mine][1] < second[theirs][1]:
            mine += 1
        else:
            theirs += 1
    return joined(shared)


@dataclass(frozen=True, eq=False)
class CrewWindows:
    """The duty windows of all crews as arrays, for the compiled loops in `crew_kernels`.

    Crew c has the windows window_start[c] to window_start[c + 1] of `opens` and `closes` (minutes within its
    period).
    """

    period: NDArray[np.int64]
    duty: NDArray[np.int64]
    window_start: NDArray[np.int64]
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]


def crew_windows(crews: Iterable[Crew]) -> CrewWindows:
    """Return the duty windows of these crews as arrays, in the order given."""
    crews = tuple(crews)
    counts = [len(crew.windows) for crew in crews]
    spans = np.array([span for crew in crews for span in crew.windows], np.int64).reshape(-1, 2)
    return CrewWindows(
        period=np.array([crew.period_minutes for crew in crews], np.int64),
        duty=np.array([crew.duty_minutes for crew in crews], np.int64),
        window_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        opens=np.ascontiguousarray(spans[:, 0]),
        closes=np.ascontiguousarray(spans[:, 1]),
    )
