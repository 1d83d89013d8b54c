"""Crews, and the arithmetic of their shifts: when work that pauses at every shift's end is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.errors import InvalidInput

if TYPE_CHECKING:
    import pandas as pd

MINUTES_PER_DAY = 1440
ROUND_THE_CLOCK = ((0, MINUTES_PER_DAY),)


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
        if sum(shift.end_minute - shift.start_minute for shift in self.shifts) != self.duty_minutes * bool(
            self.shifts
        ):
            raise InvalidInput(f"Crew {self.id!r}: its shifts overlap; join them or move them apart.")

    @property
    def period_minutes(self) -> int:
        """Return after how many minutes the crew's shifts come round again."""
        return self.shifts[0].every_minutes if self.shifts else MINUTES_PER_DAY

    @cached_property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """Return the spans on duty within one period, [opens, closes), in order, apart from each other."""
        if not self.shifts:
            return ROUND_THE_CLOCK
        spans: list[tuple[int, int]] = []
        for shift in self.shifts:
            opens = shift.start_minute % self.period_minutes
            closes = opens + shift.end_minute - shift.start_minute
            spans.append((opens, min(closes, self.period_minutes)))
            if closes > self.period_minutes:
                spans.append((0, closes - self.period_minutes))
        return _joined(sorted(spans))

    @cached_property
    def duty_minutes(self) -> int:
        """Return the minutes on duty in one period."""
        return sum(closes - opens for opens, closes in self.windows)

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

    def minutes_on_duty(self, start: int, end: int) -> int:
        """Count the minutes from `start` up to, not including, `end` in which the crew is on duty."""
        return self._worked_before(end) - self._worked_before(start)

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


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for opens, closes in spans:
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return tuple(joined)


def crews_from_tables(crews: pd.DataFrame, shifts: pd.DataFrame) -> tuple[Crew, ...]:
    """Return the crews of canonical tables, in order of their ids; shifts of other crews are left alone."""
    windows: dict[str, list[Shift]] = {}
    columns = ("crew", "start_minute", "end_minute", "every_minutes")
    for crew, start, end, every in zip(*(shifts[name].tolist() for name in columns), strict=True):
        windows.setdefault(crew, []).append(Shift(start, end, every))
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
        )
        for row in crews.sort_values("id").to_dict("records")
    )


def skills_of(text: str) -> frozenset[str]:
    """Return the skills written as `power;telecom`."""
    return frozenset(skill.strip() for skill in text.split(";") if skill.strip())


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
