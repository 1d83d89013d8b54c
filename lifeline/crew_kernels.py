"""The shift arithmetic of `Crew`, compiled: the same answers, for loops over many plans.

Every function takes the five arrays of `crews.CrewWindows` and the crew's number.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Longs = NDArray[np.int64]


@njit(cache=True)
def worked_before(
    period: Longs, duty: Longs, window_start: Longs, opens: Longs, closes: Longs, crew: int, minute: int
) -> int:
    """Count the crew's minutes on duty from minute 0 up to, not including, `minute`."""
    periods = minute // period[crew]
    rest = minute - periods * period[crew]
    worked: int = periods * duty[crew]
    for window in range(window_start[crew], window_start[crew + 1]):
        if opens[window] < rest:
            worked += min(rest, closes[window]) - opens[window]
    return worked


@njit(cache=True)
def minute_of(
    period: Longs, duty: Longs, window_start: Longs, opens: Longs, closes: Longs, crew: int, count: int
) -> int:
    """Return the minute on duty that has exactly `count` minutes on duty between minute 0 and itself."""
    periods = count // duty[crew]
    rest = count - periods * duty[crew]
    window = window_start[crew]
    while rest >= closes[window] - opens[window]:
        rest -= closes[window] - opens[window]
        window += 1
    minute: int = periods * period[crew] + opens[window] + rest
    return minute


@njit(cache=True)
def next_on_shift(
    period: Longs, duty: Longs, window_start: Longs, opens: Longs, closes: Longs, crew: int, minute: int
) -> int:
    """Return the first minute, this one or later, in which the crew is on duty."""
    if duty[crew] == period[crew]:
        return minute
    worked = worked_before(period, duty, window_start, opens, closes, crew, minute)
    on_shift: int = minute_of(period, duty, window_start, opens, closes, crew, worked)
    return on_shift


@njit(cache=True)
def work_until(
    period: Longs,
    duty: Longs,
    window_start: Longs,
    opens: Longs,
    closes: Longs,
    crew: int,
    start: int,
    minutes: int,
) -> int:
    """Return when `minutes` on duty have passed since `start`; zero minutes pass at once."""
    if minutes == 0 or duty[crew] == period[crew]:
        return start + minutes
    worked = worked_before(period, duty, window_start, opens, closes, crew, start)
    last: int = minute_of(period, duty, window_start, opens, closes, crew, worked + minutes - 1)
    return last + 1
