"""Clocks that run only in hours that count, and the real minutes that they stand for.

A span number s of such hours begins when `first[s]` minutes that count have passed, at minute `opens[s]` of the real
clock: work that begins with `count` of them behind it begins at minute opens[s] + count - first[s] of the last span
with first[s] <= count; work that ends with `count` behind it, all told, ends at that minute of the last span with
first[s] < count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifeline.crews import Crew

Span = tuple[int, int]


@dataclass(frozen=True)
class Calendar:
    """The spans of hours that count up to the horizon; see above."""

    first: tuple[int, ...]
    opens: tuple[int, ...]

    @property
    def is_real_time(self) -> bool:
        """Return whether the clock is the real one."""
        return self.first == (0,) and self.opens == (0,)

    def minute(self, count: int) -> int:
        """Return the minute at which work is done with `count` minutes behind it."""
        return self.minute_in(self.span_of_end(count), count)

    def begins(self, count: int) -> int:
        """Return the minute at which work begins with `count` minutes behind it."""
        return self.minute_in(self.span_of_start(count), count)

    def minute_in(self, span: int, count: int) -> int:
        """Return the minute for which a count stands in a span."""
        return self.opens[span] + count - self.first[span]

    def span_of_end(self, count: int) -> int:
        """Return the span in which work ends."""
        return max((s for s, first in enumerate(self.first) if first < count), default=0)

    def span_of_start(self, count: int) -> int:
        """Return the span in which work begins."""
        return max((s for s, first in enumerate(self.first) if first <= count), default=0)

    def count_at(self, minute: int) -> int:
        """Return how many minutes that count have passed before a minute."""
        span = max((s for s, opens in enumerate(self.opens) if opens <= minute), default=None)
        if span is None:
            return 0
        count = self.first[span] + minute - self.opens[span]
        return min(count, *self.first[span + 1 : span + 2]) if span + 1 < len(self.first) else count

    def spans(self, horizon: int) -> list[Span]:
        """Return the spans before the horizon as minutes, [opens, closes)."""
        lengths = [late - early for early, late in pairwise(self.first)]
        closes = [opens + length for opens, length in zip(self.opens, lengths, strict=False)]
        spans = zip(self.opens, [*closes, horizon], strict=True)
        return [(opens, min(until, horizon)) for opens, until in spans if opens < horizon]


def calendar_of(crew: Crew, horizon: int) -> Calendar:
    """Return the crew's spans of duty up to the horizon; spans that touch are one."""
    spans = []
    for period in range(0, horizon, crew.period_minutes):
        spans += [(period + opens, period + closes) for opens, closes in crew.windows]
    return calendar(spans, horizon)


def calendar(spans: Sequence[Span], horizon: int) -> Calendar:
    """Return a calendar of these spans, which are in order and apart or touch.

    Work that is not done in them is done after the horizon: it falls into a last span that opens there.
    """
    first: list[int] = []
    opens_at: list[int] = []
    gone, ends = 0, -1
    for opens, closes in spans:
        if opens >= horizon:
            break
        if opens > ends:
            first.append(gone)
            opens_at.append(opens)
        gone += closes - opens
        ends = closes
    if ends < horizon:
        first.append(gone)
        opens_at.append(horizon)
    return Calendar(tuple(first), tuple(opens_at))


def shared(calendars: Sequence[Calendar], shut: Sequence[Span], horizon: int) -> Calendar:
    """Return the hours that all calendars have in common and that are in none of the spans of `shut`."""
    common: list[Span] = [(0, horizon)]
    for one in calendars:
        both = ((max(a, c), min(b, d)) for a, b in common for c, d in one.spans(horizon))
        common = sorted((opens, closes) for opens, closes in both if opens < closes)
    for begins, ends in shut:
        pieces = ((opens, min(closes, begins)) for opens, closes in common)
        rest = ((max(opens, ends), closes) for opens, closes in common)
        common = sorted((opens, closes) for opens, closes in (*pieces, *rest) if opens < closes)
    return calendar(common, horizon)


def duty_before(crew: Crew, minute: int) -> int:
    """Return the crew's minutes on duty before a minute."""
    periods, rest = divmod(minute, crew.period_minutes)
    inside = sum(min(rest, closes) - opens for opens, closes in crew.windows if opens < rest)
    return periods * crew.duty_minutes + inside
