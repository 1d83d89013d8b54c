"""The compiled drives of the search: how long a crew drives once some repairs have opened roads.

Which roads are open differs from trial to trial, in more ways than could be kept. But to one drive only few of them
matter. So with each answer are kept the openers that its way needs, and others of which none may be done: those that
could open a way that is quicker in whole minutes. For every set of openers between the two the answer holds.

It is worked out by Hart, Nilsson and Raphael's A* (IEEE Trans. Syst. Sci. Cybern. 4, 1968) over the ends of blocked
links, between which one drives as if all were closed; what is left to go is never less than with all of them open. Only
opened links that bring one somewhere sooner than what is known by then are gone through: mostly a handful.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import Longs
from lifeline.lean import lean
from lifeline.road_kernels import UNREACHABLE, UNREACHABLE_SECONDS

NOT_AN_OPENER = -1
NOBODYS = -1
"In place of a drive: nothing is kept here."
START = -1
"In place of the passage before: one comes from the start."

Bits = NDArray[np.uint64]


class Roads(NamedTuple):
    """What opens roads, and what has been worked out about drives.

    Jobs that open roads are numbered by `opener`; sets of them are bits of uint64 words. end_gate are the gates at
    which blocked links end that repairs can open; a passage is one direction of such a link, from one of these ends to
    another, passage_from and passage_to, in passage_seconds[class, passage], once the openers passage_needs[passage]
    are done. closed and opened [class, gate, gate] are the ways between gates before anything has opened, and once
    everything has; closed_ends[class, end, end] those between ends.

    drive[slot] is a speed class and two sites in one number. Of its answers answered[slot] have been noted so far; the
    last ones are kept: kept_minutes[slot, answer], while all of kept_needs[slot, answer] are done and none of
    kept_without[slot, answer]. by, to_go, came_by (by end), before and is_open (by passage) are scratch of one drive.

    While all crews are timed together, crew c is at site[c], done with the first place[c] jobs of its sequence, and
    sets out at ready[c]; if it `waits` it has found no way, and tries again then. The jobs opening_job open roads at
    opening_minute; of the openers those are `done` that have done so by then.
    """

    changing: bool
    openers: int
    sites: int
    opener: Longs
    end_gate: Longs
    passage_from: Longs
    passage_to: Longs
    passage_seconds: Longs
    passage_needs: Bits
    access_start: Longs
    access_gate: Longs
    access_seconds: Longs
    closed: Longs
    opened: Longs
    closed_ends: Longs
    drive: Longs
    answered: Longs
    kept_minutes: NDArray[np.int32]
    kept_needs: Bits
    kept_without: Bits
    by: Longs
    to_go: Longs
    came_by: Longs
    before: Longs
    is_open: NDArray[np.bool_]
    ready: Longs
    waits: NDArray[np.bool_]
    place: Longs
    site: Longs
    opening_minute: Longs
    opening_job: Longs
    done: Bits


@lean
def close_all(done: Bits) -> None:
    """Note that no job is done that opens roads."""
    for word in range(len(done)):
        done[word] = 0


@lean
def open_by(roads: Roads, done: Bits, job: int) -> None:
    """Note that a job is done that opens roads."""
    opener = roads.opener[job]
    done[opener // 64] |= np.uint64(1) << np.uint64(opener % 64)


@lean
def travel_between(roads: Roads, done: Bits, speed_class: int, start: int, end: int) -> int:
    """Return the minutes between two sites once these openers are done; -1 when there is no way."""
    if start == end:
        return 0
    drive = (speed_class * roads.sites + start) * roads.sites + end
    slot = np.int64(_mixed(np.uint64(drive)) & np.uint64(len(roads.drive) - 1))
    if roads.drive[slot] != drive:
        roads.drive[slot], roads.answered[slot] = drive, 0
    ways = roads.kept_minutes.shape[1]
    for way in range(min(roads.answered[slot], ways)):
        if _holds(roads, done, slot, way):
            return roads.kept_minutes[slot, way]
    way = roads.answered[slot] % ways
    roads.answered[slot] += 1
    _work_out(roads, done, speed_class, start, end, slot, way)
    return roads.kept_minutes[slot, way]


@lean
def _mixed(number: np.uint64) -> np.uint64:
    """Return a number whose last bits depend on all bits of this one (the last step of splitmix64)."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


@lean
def _holds(roads: Roads, done: Bits, slot: int, way: int) -> bool:
    """Tell whether a kept answer holds once these openers are done."""
    against = np.uint64(0)
    for word in range(len(done)):
        against |= roads.kept_needs[slot, way, word] & ~done[word]
        against |= roads.kept_without[slot, way, word] & done[word]
    return against == 0


@lean
def _work_out(roads: Roads, done: Bits, speed_class: int, start: int, end: int, slot: int, way: int) -> None:
    """Keep the minutes between two sites once these openers are done, and for which others they hold as well."""
    best = _seconds_between(roads, roads.closed, speed_class, start, end)
    last = START
    for place in range(len(roads.end_gate)):
        gate = roads.end_gate[place]
        roads.by[place] = _seconds_to_gate(roads, roads.closed, speed_class, start, gate)
        roads.to_go[place] = _seconds_from_gate(roads, roads.opened, speed_class, gate, end)
        roads.came_by[place] = START
    for passage in range(len(roads.passage_from)):
        roads.is_open[passage] = _is_open(roads, done, passage)
    while True:
        passage = _next_passage(roads, speed_class, best)
        if passage == START:
            break
        here = roads.passage_to[passage]
        roads.before[passage] = roads.came_by[roads.passage_from[passage]]
        by = roads.by[roads.passage_from[passage]] + roads.passage_seconds[speed_class, passage]
        for place in range(len(roads.end_gate)):
            through = by + roads.closed_ends[speed_class, here, place]
            if through < roads.by[place]:
                roads.by[place], roads.came_by[place] = through, passage
        whole = by + _seconds_from_gate(roads, roads.closed, speed_class, roads.end_gate[here], end)
        if whole < best:
            best, last = whole, passage
    roads.kept_minutes[slot, way] = UNREACHABLE if best >= UNREACHABLE_SECONDS else (best + 59) // 60
    _note_needs(roads, last, slot, way)
    _note_without(roads, done, speed_class, start, best, slot, way)


@lean
def _next_passage(roads: Roads, speed_class: int, best: int) -> int:
    """Return the open passage to go through next: one that brings one somewhere sooner, with the least whole way.

    It is START when none could be part of a way quicker than the best, even should all beyond it be open.
    """
    first, least = START, best
    for passage in range(len(roads.passage_from)):
        if roads.is_open[passage]:
            here = roads.passage_to[passage]
            by = roads.by[roads.passage_from[passage]] + roads.passage_seconds[speed_class, passage]
            if by < roads.by[here] and by + roads.to_go[here] < least:
                first, least = passage, by + roads.to_go[here]
    return first


@lean
def _note_needs(roads: Roads, last: int, slot: int, way: int) -> None:
    """Keep the openers of all passages on the way that ends with one of them."""
    for word in range(roads.passage_needs.shape[1]):
        roads.kept_needs[slot, way, word] = 0
    while last != START:
        for word in range(roads.passage_needs.shape[1]):
            roads.kept_needs[slot, way, word] |= roads.passage_needs[last, word]
        last = roads.before[last]


@lean
def _note_without(
    roads: Roads, done: Bits, speed_class: int, start: int, best: int, slot: int, way: int
) -> None:
    """Keep, for each shut passage that could make the way quicker, one opener without which it stays shut.

    Where there is no way yet, those are the passages that one comes to from the start; else those on a way that takes
    fewer whole minutes with everything open.
    """
    for word in range(len(done)):
        roads.kept_without[slot, way, word] = 0
    there_is_none = best >= UNREACHABLE_SECONDS
    # The most seconds that are fewer minutes when rounded up.
    limit = ((best + 59) // 60 - 1) * 60
    if not there_is_none:
        for place in range(len(roads.end_gate)):
            gate = roads.end_gate[place]
            roads.by[place] = _seconds_to_gate(roads, roads.opened, speed_class, start, gate)
    for passage in range(len(roads.passage_from)):
        if roads.is_open[passage]:
            continue
        by = roads.by[roads.passage_from[passage]] + roads.passage_seconds[speed_class, passage]
        whole = by + roads.to_go[roads.passage_to[passage]]
        if whole >= UNREACHABLE_SECONDS or (not there_is_none and whole > limit):
            continue
        for word in range(len(done)):
            missing = roads.passage_needs[passage, word] & ~done[word]
            if missing:
                roads.kept_without[slot, way, word] |= missing & (~missing + np.uint64(1))
                break


@lean
def _is_open(roads: Roads, done: Bits, passage: int) -> bool:
    missing = np.uint64(0)
    for word in range(len(done)):
        missing |= roads.passage_needs[passage, word] & ~done[word]
    return missing == 0


@lean
def _seconds_between(roads: Roads, ways: Longs, speed_class: int, start: int, end: int) -> int:
    best = UNREACHABLE_SECONDS
    for first in range(roads.access_start[start], roads.access_start[start + 1]):
        for last in range(roads.access_start[end], roads.access_start[end + 1]):
            way = ways[speed_class, roads.access_gate[first], roads.access_gate[last]]
            legs = roads.access_seconds[speed_class, first] + roads.access_seconds[speed_class, last]
            best = min(best, way + legs)
    return best


@lean
def _seconds_to_gate(roads: Roads, ways: Longs, speed_class: int, start: int, gate: int) -> int:
    best = UNREACHABLE_SECONDS
    for access in range(roads.access_start[start], roads.access_start[start + 1]):
        way = ways[speed_class, roads.access_gate[access], gate]
        best = min(best, roads.access_seconds[speed_class, access] + way)
    return best


@lean
def _seconds_from_gate(roads: Roads, ways: Longs, speed_class: int, gate: int, end: int) -> int:
    best = UNREACHABLE_SECONDS
    for access in range(roads.access_start[end], roads.access_start[end + 1]):
        way = ways[speed_class, gate, roads.access_gate[access]]
        best = min(best, way + roads.access_seconds[speed_class, access])
    return best
