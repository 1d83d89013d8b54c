"""What a reader of map features asks for: how many, where, when (OGC API - Features, Part 1: Core 1.0.1, 7.15)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.incidents.updates import moment_of

DEFAULT_LIMIT, MOST_LIMIT = 100, 10_000
"Features on one page; a larger limit than the most is cut to it, as the standard has it (7.15.2)."

PARAMETERS = ("limit", "bbox", "datetime", "after")
LONGEST_ID = 400
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

Box = tuple[float, float, float, float]
Span = tuple[datetime, datetime]


class BadQuery(ValueError):  # noqa: N818 - what it is
    """A parameter is unknown or cannot be read; the text says which, what is wrong, and what to try."""


@dataclass(frozen=True)
class FeatureQuery:
    """A page of features: at most `limit`, after the one with the id `after`, that touch `box` in `span`."""

    limit: int = DEFAULT_LIMIT
    box: Box | None = None
    span: Span | None = None
    after: str | None = None

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> FeatureQuery:
        """Read the parameters of a URL; BadQuery also where one is unknown, as the standard wants it (7.15.1)."""
        for name in parameters:
            if name not in PARAMETERS:
                raise BadQuery(
                    f"query → {name[:40]}: is not a parameter here. There are {', '.join(PARAMETERS)}."
                )
        after = parameters.get("after")
        if after is not None and len(after) > LONGEST_ID:
            raise BadQuery("query → after: is no feature's id; follow the link `next` of the page before.")
        return cls(
            limit=_limit(parameters["limit"]) if "limit" in parameters else DEFAULT_LIMIT,
            box=_box(parameters["bbox"]) if "bbox" in parameters else None,
            span=span_of(parameters["datetime"]) if "datetime" in parameters else None,
            after=after,
        )

    def takes(self, geometry: Mapping[str, Any] | None, span: Span | None) -> bool:
        """Tell whether something there and then is asked for; what has no time is there at all times (7.15.4)."""
        wanted = self.span
        if wanted is not None and span is not None and (span[1] < wanted[0] or wanted[1] < span[0]):
            return False
        return self.box is None or (geometry is not None and touches(geometry, self.box))


def touches(geometry: Mapping[str, Any], box: Box) -> bool:
    """Tell whether a Point, LineString or MultiLineString has a point in a box; one with west > east crosses 180°."""
    west, south, east, north = box
    if west > east:
        return touches(geometry, (west, south, 180.0, north)) or touches(
            geometry, (-180.0, south, east, north)
        )
    if geometry["type"] == "Point":
        longitude, latitude = geometry["coordinates"]
        return bool(west <= longitude <= east and south <= latitude <= north)
    return any(_crosses(start, end, box) for start, end in _legs(geometry))


def _legs(geometry: Mapping[str, Any]) -> Iterator[tuple[list[float], list[float]]]:
    lines = geometry["coordinates"]
    for line in [lines] if geometry["type"] == "LineString" else lines:
        yield from itertools.pairwise(line)


def _crosses(start: list[float], end: list[float], box: Box) -> bool:
    """Tell whether a straight leg has a point in a box: cut it at one side after the other (Liang and Barsky 1984)."""
    first, last = 0.0, 1.0
    across, up = end[0] - start[0], end[1] - start[1]
    for step, room in (
        (-across, start[0] - box[0]),
        (across, box[2] - start[0]),
        (-up, start[1] - box[1]),
        (up, box[3] - start[1]),
    ):
        if step == 0:
            if room < 0:
                return False
        elif step < 0:
            first = max(first, room / step)
        else:
            last = min(last, room / step)
    return first <= last


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise BadQuery(f"query → limit: must be a whole number from 1 to {MOST_LIMIT}.")
    return min(int(text), MOST_LIMIT)


def _box(text: str) -> Box:
    """Read a box in CRS84; of one with heights only the plane counts."""
    advice = "write west,south,east,north in degrees, like -90.1,35.0,-89.8,35.2."
    try:
        numbers = [float(number) for number in text[:200].split(",")]
    except ValueError:
        raise BadQuery(f"query → bbox: has something that is no number; {advice}") from None
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise BadQuery(f"query → bbox: must be four numbers, or six with heights; {advice}")
    west, south, east, north = (
        numbers[place] for place in ((0, 1, 2, 3) if len(numbers) == 4 else (0, 1, 3, 4))
    )
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
        raise BadQuery(f"query → bbox: is not on Earth, or has its south above its north; {advice}")
    return west, south, east, north


def span_of(text: str) -> Span:
    """Read an instant, or two of them with a slash between; `..` or nothing is open."""
    start, slash, end = text[:100].partition("/")
    if not slash:
        moment = _moment(start)
        return moment, moment
    if start in ("", "..") and end in ("", ".."):
        raise BadQuery("query → datetime: is open on both sides; leave it out.")
    span = (
        EARLIEST if start in ("", "..") else _moment(start),
        LATEST if end in ("", "..") else _moment(end),
    )
    if span[0] > span[1]:
        raise BadQuery("query → datetime: ends before it begins; write the earlier moment first.")
    return span


def _moment(text: str) -> datetime:
    advice = "write a moment like 2026-03-01T06:00:00Z, or two with a slash between."
    try:
        # A plus sign in a URL that nobody escaped arrives as a blank.
        moment: datetime = moment_of(text.replace(" ", "+"))
    except ValueError:
        raise BadQuery(f"query → datetime: is no moment of the calendar with an offset; {advice}") from None
    return moment.astimezone(UTC)
