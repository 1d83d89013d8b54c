"""The compiled loops of travel: update shortest ways as links open, and read off minutes."""

from math import asin, ceil, sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.travel import ROUNDING_SECONDS

Longs = NDArray[np.int64]

UNREACHABLE_SECONDS = 2**40
"Stands for 'no way' between two gates: longer than any way, and three of it still fit an int64."

UNREACHABLE = -1
"Minutes between two sites that no passable road joins."


@njit(cache=True)
def open_way(seconds: Longs, tail: int, head: int, link_seconds: int) -> None:
    """Let traffic pass from gate `tail` to gate `head`; shorten, in place, every way that gains by it.

    `seconds` holds the shortest ways between all gates, and does so again afterwards. Only pairs can gain
    whose start reaches `head` sooner through the new link, and whose end is reached from `tail` sooner
    through it.
    """
    gates = len(seconds)
    ends = np.empty(gates, np.int64)
    count = 0
    for end in range(gates):
        if link_seconds + seconds[head, end] < seconds[tail, end]:
            ends[count] = end
            count += 1
    if count == 0:
        return
    for start in range(gates):
        through = seconds[start, tail] + link_seconds
        if through >= seconds[start, head]:
            continue
        for place in range(count):
            end = ends[place]
            way = through + seconds[head, end]
            if way < seconds[start, end]:
                seconds[start, end] = way


@njit(cache=True)
def minutes_from(
    seconds: Longs,
    access_start: Longs,
    access_gate: Longs,
    access_seconds: Longs,
    here: int,
    minutes: NDArray[np.int32],
) -> None:
    """Fill `minutes` with the quickest ways from one site to all, over any of their gates, rounded up."""
    row = np.full(len(seconds), UNREACHABLE_SECONDS, np.int64)
    for access in range(access_start[here], access_start[here + 1]):
        leg, gate = access_seconds[access], access_gate[access]
        for other in range(len(seconds)):
            row[other] = min(row[other], leg + seconds[gate, other])
    for there in range(len(minutes)):
        best = UNREACHABLE_SECONDS
        for access in range(access_start[there], access_start[there + 1]):
            best = min(best, row[access_gate[access]] + access_seconds[access])
        minutes[there] = UNREACHABLE if best >= UNREACHABLE_SECONDS else (best + 59) // 60
    minutes[here] = 0


@njit(cache=True)
def drive_minutes(
    seconds: Longs, access_start: Longs, access_gate: Longs, access_seconds: Longs, here: int, there: int
) -> int:
    """Return what `minutes_from` would say of these two sites."""
    if here == there:
        return 0
    best = UNREACHABLE_SECONDS
    for out in range(access_start[here], access_start[here + 1]):
        for back in range(access_start[there], access_start[there + 1]):
            way = access_seconds[out] + seconds[access_gate[out], access_gate[back]] + access_seconds[back]
            best = min(best, way)
    return UNREACHABLE if best >= UNREACHABLE_SECONDS else (best + 59) // 60


@njit(cache=True)
def straight_minutes(
    places: NDArray[np.float64], seconds_per_radian: float, minutes: NDArray[np.int32]
) -> None:
    """Fill `minutes` with the time between all pairs of places on the unit sphere, seconds and minutes rounded up."""
    for start in range(len(places)):
        minutes[start, start] = 0
        for end in range(start):
            chord = sqrt(
                (places[start, 0] - places[end, 0]) ** 2
                + (places[start, 1] - places[end, 1]) ** 2
                + (places[start, 2] - places[end, 2]) ** 2
            )
            seconds = ceil(2 * asin(min(chord / 2, 1.0)) * seconds_per_radian - ROUNDING_SECONDS)
            minutes[start, end] = minutes[end, start] = (seconds + 59) // 60
