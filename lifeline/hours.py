"""Work through hours that open and close: when it starts and ends if it pauses outside of them.

`Crew.work_until` answers for one crew's own shifts. Here hours may be what several crews share, and single spans may be
shut besides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

Span = tuple[int, int]
Hours = tuple[int, tuple[Span, ...]]
"A period and the windows in it, in order, that come again every period."


def work_within(hours: Hours, shut: Sequence[Span], begin: int, minutes: int) -> Span:
    """Return the first minute of work and the minute at which `minutes` of it are done, from `begin` on.

    Work goes on in minutes that lie in the hours and in none of the spans of `shut`, which are in order and apart.
    """
    start: int | None = None
    now, left = begin, minutes
    while True:
        opens, closes = next_window(hours, now)
        now = opens
        place = bisect_right(shut, (now, now)) - 1
        if place >= 0 and shut[place][1] > now:
            now = shut[place][1]
            continue
        following = place + 1
        if following < len(shut):
            if shut[following][0] <= now:
                now = shut[following][1]
                continue
            closes = min(closes, shut[following][0])
        if start is None:
            start = now
        done = min(left, closes - now)
        left -= done
        now += done
        if not left:
            return start, now


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans, given in order of their starts, as spans apart: those that meet or overlap are one."""
    apart: list[Span] = []
    for start, end in spans:
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return tuple(apart)


def next_window(hours: Hours, minute: int) -> Span:
    """Return what is left, from this minute on, of the window it lies in; else the next window."""
    period, windows = hours
    turn, rest = divmod(minute, period)
    for opens, closes in windows:
        if rest < closes:
            return turn * period + max(opens, rest), turn * period + closes
    opens, closes = windows[0]
    return (turn + 1) * period + opens, (turn + 1) * period + closes
