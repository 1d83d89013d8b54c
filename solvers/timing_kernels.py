"""The compiled clock of the search: when each crew is done with each of its jobs.

It times what `lifeline.schedule` times, without sharing code with it; tests hold the two equal. Where repairs
open roads, crews wait for each other, so all are timed together, and ways between gates are kept for each set
of open roads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import Ints, Longs
from lifeline.crew_kernels import minute_of, next_on_shift, worked_before
from lifeline.lean import lean
from lifeline.road_kernels import UNREACHABLE_SECONDS, open_way

NOT_AN_OPENER = -1
WAITS = -1
"A crew's minute while nothing that has been timed yet opens a way to its next job."


class Desk(NamedTuple):
    """What a crew may do and how long it takes: the problem as the search reads it.

    travel[speed class, from site, to site] in minutes; sites are the crews' starts, then the jobs. The first `fixed`
    jobs of a crew's sequence are history and stay as they were. repair[work class, job] is in minutes on duty; class 0
    works at the usual speed.
    """

    travel: NDArray[np.int32]
    speed_class: NDArray[np.int64]
    work_class: NDArray[np.int64]
    fixed: NDArray[np.int64]
    available: NDArray[np.int64]
    period: NDArray[np.int64]
    duty: NDArray[np.int64]
    window_start: NDArray[np.int64]
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    repair: NDArray[np.int64]
    able: NDArray[np.uint8]
    horizon: int


class Order(NamedTuple):
    """Who does what, in which order: sequence[crew, place], with the crew and finish minute of each job."""

    sequence: NDArray[np.int32]
    length: NDArray[np.int64]
    crew_of: NDArray[np.int32]
    finish: NDArray[np.int64]
    by_finish: NDArray[np.int32]
    gain: NDArray[np.int64]


class Roads(NamedTuple):
    """The ways between gates for each set of opened roads that has come up, and what opens them.

    Jobs that open roads are numbered by `opener`; `blocks` lists the links that opener o helps to open from
    blocks_start[o] on. Kept state s has the openers done in the bits of key[s] and the ways in seconds[s];
    `used[s]` is when it was last asked for, `used[-1]` the clock of that. State 0 is the one in which nothing
    has opened.
    """

    changing: bool
    opener: NDArray[np.int64]
    blocks_start: NDArray[np.int64]
    blocks: NDArray[np.int64]
    blocked_from: NDArray[np.int64]
    blocked_to: NDArray[np.int64]
    blocked_seconds: NDArray[np.int64]
    blocked_directed: NDArray[np.bool_]
    blocker_start: NDArray[np.int64]
    blocker_job: NDArray[np.int64]
    access_start: NDArray[np.int64]
    access_gate: NDArray[np.int64]
    access_seconds: NDArray[np.int64]
    key: NDArray[np.uint64]
    seconds: NDArray[np.int64]
    used: NDArray[np.int64]
    following: NDArray[np.int64]


@lean
def retime(desk: Desk, order: Order, crew: int, place: int) -> bool:
    """Time a crew's visits from a place in its sequence on; return False when no road leads on."""
    crews = len(desk.available)
    minute, site = desk.available[crew], crew
    if place > 0:
        before = order.sequence[crew, place - 1]
        minute, site = order.finish[before], crews + before
    work_class, speed_class = desk.work_class[crew], desk.speed_class[crew]
    worked = _worked_before(desk, crew, minute)
    for position in range(place, order.length[crew]):
        job = order.sequence[crew, position]
        travel = desk.travel[speed_class, site, crews + job]
        if travel < 0:
            return False
        worked += travel + desk.repair[work_class, job]
        order.finish[job] = _finish_of(desk, crew, worked, desk.repair[work_class, job])
        order.crew_of[job] = crew
        site = crews + job
    return True


@lean
def visit(desk: Desk, crew: int, minute: int, travel: int, repair: int) -> int:
    """Return when a visit is finished for which a crew sets out at a minute, or when it is next on shift."""
    return _finish_of(desk, crew, _worked_before(desk, crew, minute) + travel + repair, repair)


@lean
def _worked_before(desk: Desk, crew: int, minute: int) -> int:
    """Return a crew's minutes on duty before a minute: in these alone, drives and repairs simply add up."""
    if desk.duty[crew] == desk.period[crew]:
        return minute
    return worked_before(desk.period, desk.duty, desk.window_start, desk.opens, desk.closes, crew, minute)


@lean
def _finish_of(desk: Desk, crew: int, worked: int, repair: int) -> int:
    """Return the minute after the last minute of a repair that ends with so many minutes on duty since minute 0."""
    if desk.duty[crew] == desk.period[crew]:
        return worked
    if repair == 0:
        # It is over as soon as the crew is there and on duty.
        return minute_of(desk.period, desk.duty, desk.window_start, desk.opens, desk.closes, crew, worked)
    return minute_of(desk.period, desk.duty, desk.window_start, desk.opens, desk.closes, crew, worked - 1) + 1


@lean
def sort_by_finish(finish: Longs, jobs: Ints, begin: int) -> None:
    """Put jobs in order of finish from a place on, ties by number; quick when they nearly are already."""
    for position in range(begin + 1, len(jobs)):
        job = jobs[position]
        minute = finish[job]
        place = position
        while place > begin:
            other = jobs[place - 1]
            if finish[other] < minute or (finish[other] == minute and other < job):
                break
            jobs[place] = other
            place -= 1
        jobs[place] = job


@njit(cache=True, nogil=True)
def retime_all(desk: Desk, roads: Roads, order: Order) -> bool:
    """Time all crews together where repairs open roads; return False when some crew waits for ever."""
    crews = len(desk.available)
    ready = np.empty(crews, np.int64)
    place, site = desk.fixed.copy(), start_sites(desk, order)
    opening_minute = np.empty(len(roads.blocks_start), np.int64)
    opening_job = np.empty(len(roads.blocks_start), np.int64)
    openings, opened, state = 0, 0, 0
    for crew in range(crews):
        ready[crew] = on_shift(desk, crew, desk.available[crew])
        for position in range(desk.fixed[crew]):
            job = order.sequence[crew, position]
            if roads.opener[job] != NOT_AN_OPENER:
                openings = note_opening(opening_minute, opening_job, openings, opened, order.finish[job], job)
    while True:
        crew = _next_crew(order, place, ready)
        if crew < 0:
            break
        minute = ready[crew]
        while opened < openings and opening_minute[opened] <= minute:
            state = state_with(roads, state, opening_job[opened])
            opened += 1
        job = order.sequence[crew, place[crew]]
        travel = travel_between(roads, state, desk.speed_class[crew], site[crew], crews + job)
        if travel < 0:
            ready[crew] = (
                on_shift(desk, crew, opening_minute[opened]) if opened < openings else WAITS - minute
            )
            continue
        order.finish[job] = visit(desk, crew, minute, travel, desk.repair[desk.work_class[crew], job])
        order.crew_of[job] = crew
        site[crew] = crews + job
        place[crew] += 1
        ready[crew] = on_shift(desk, crew, order.finish[job])
        if roads.opener[job] == NOT_AN_OPENER:
            continue
        openings = note_opening(opening_minute, opening_job, openings, opened, order.finish[job], job)
        for other in range(crews):
            if ready[other] <= WAITS:
                ready[other] = on_shift(desk, other, max(WAITS - ready[other], order.finish[job]))
    return np.all(place == order.length)


@njit(cache=True, nogil=True)
def start_sites(desk: Desk, order: Order) -> Longs:
    """Return the site from which each crew goes on: its start, or that of the last job of its history."""
    crews = len(desk.available)
    site = np.arange(crews)
    for crew in range(crews):
        if desk.fixed[crew] > 0:
            site[crew] = crews + order.sequence[crew, desk.fixed[crew] - 1]
    return site


@njit(cache=True, nogil=True)
def retime_on_known_roads(desk: Desk, roads: Roads, order: Order, crew: int, place: int) -> bool:
    """Time a crew's visits from a place on, where none of them opens a road; False when no road ever leads on.

    All other crews' finish minutes, and with them the roads, stay as they are.
    """
    crews = len(desk.available)
    minute, site = desk.available[crew], crew
    if place > 0:
        before = order.sequence[crew, place - 1]
        minute, site = order.finish[before], crews + before
    opening, state = _next_opening(roads, order, 0), 0
    position = place
    while position < order.length[crew]:
        minute = on_shift(desk, crew, minute)
        while opening < len(order.by_finish) and order.finish[order.by_finish[opening]] <= minute:
            state = state_with(roads, state, order.by_finish[opening])
            opening = _next_opening(roads, order, opening + 1)
        job = order.sequence[crew, position]
        travel = travel_between(roads, state, desk.speed_class[crew], site, crews + job)
        if travel < 0:
            if opening == len(order.by_finish):
                return False
            minute = order.finish[order.by_finish[opening]]
            continue
        minute = visit(desk, crew, minute, travel, desk.repair[desk.work_class[crew], job])
        order.finish[job] = minute
        order.crew_of[job] = crew
        site = crews + job
        position += 1
    return True


@lean
def _next_opening(roads: Roads, order: Order, place: int) -> int:
    """Return the place, this one or later, of a job that opens roads among the jobs by finish; else their number."""
    while place < len(order.by_finish) and roads.opener[order.by_finish[place]] == NOT_AN_OPENER:
        place += 1
    return place


@lean
def opens_roads_from(roads: Roads, order: Order, crew: int, place: int) -> bool:
    """Tell whether a crew has a job that opens roads at a place or later."""
    for position in range(place, order.length[crew]):
        if roads.opener[order.sequence[crew, position]] != NOT_AN_OPENER:
            return True
    return False


@lean
def on_shift(desk: Desk, crew: int, minute: int) -> int:
    """Return the first minute, this one or later, in which a crew is on duty."""
    return next_on_shift(desk.period, desk.duty, desk.window_start, desk.opens, desk.closes, crew, minute)


@lean
def _next_crew(order: Order, place: Longs, ready: Longs) -> int:
    """Return the crew that can set out first, ties by number; -1 when all are done or wait."""
    first = -1
    for crew in range(len(ready)):
        if (
            place[crew] < order.length[crew]
            and ready[crew] >= 0
            and (first < 0 or ready[crew] < ready[first])
        ):
            first = crew
    return first


@lean
def note_opening(
    opening_minute: Longs, opening_job: Longs, openings: int, opened: int, minute: int, job: int
) -> int:
    """Put an opening in its place among those still to come, by minute; return how many there are now."""
    place = openings
    while place > opened and opening_minute[place - 1] > minute:
        opening_minute[place], opening_job[place] = opening_minute[place - 1], opening_job[place - 1]
        place -= 1
    opening_minute[place], opening_job[place] = minute, job
    return openings + 1


@lean
def travel_between(roads: Roads, state: int, speed_class: int, start: int, end: int) -> int:
    """Return the minutes between two sites in a state of the roads; -1 when there is no way."""
    if start == end:
        return 0
    best = UNREACHABLE_SECONDS
    for first in range(roads.access_start[start], roads.access_start[start + 1]):
        for last in range(roads.access_start[end], roads.access_start[end + 1]):
            ways = roads.seconds[state, speed_class, roads.access_gate[first], roads.access_gate[last]]
            legs = roads.access_seconds[speed_class, first] + roads.access_seconds[speed_class, last]
            best = min(best, ways + legs)
    return -1 if best >= UNREACHABLE_SECONDS else (best + 59) // 60


@njit(cache=True, nogil=True)
def state_with(roads: Roads, state: int, job: int) -> int:
    """Return the number of the state in which one more job is done, working it out if it is not kept."""
    opener = roads.opener[job]
    known = roads.following[state, opener]
    if known >= 0 and _is_state_with(roads, known, state, opener):
        roads.used[-1] += 1
        roads.used[known] = roads.used[-1]
        return known
    found = _find_state_with(roads, state, opener)
    roads.following[state, opener] = found
    return found


@lean
def _is_state_with(roads: Roads, known: int, state: int, opener: int) -> bool:
    """Tell whether a kept state is another one with one more opener done."""
    for word in range(roads.key.shape[1]):
        bit = np.uint64(1) << np.uint64(opener % 64) if word == opener // 64 else np.uint64(0)
        if roads.key[known, word] != roads.key[state, word] | bit:
            return False
    return True


@njit(cache=True, nogil=True)
def _find_state_with(roads: Roads, state: int, opener: int) -> int:
    wanted = roads.key[state].copy()
    wanted[opener // 64] |= np.uint64(1) << np.uint64(opener % 64)
    roads.used[-1] += 1
    oldest = 1
    for known in range(len(roads.key)):
        if roads.used[known] > 0 and np.array_equal(roads.key[known], wanted):
            roads.used[known] = roads.used[-1]
            return known
        # The state it grows from must stay until it has grown.
        if known > 0 and known != state and (oldest == state or roads.used[known] < roads.used[oldest]):
            oldest = known
    roads.used[oldest] = roads.used[-1]
    roads.key[oldest] = wanted
    roads.seconds[oldest] = roads.seconds[state]
    for entry in range(roads.blocks_start[opener], roads.blocks_start[opener + 1]):
        link = roads.blocks[entry]
        if _is_open(roads, link, wanted):
            tail, head = roads.blocked_from[link], roads.blocked_to[link]
            for speed_class in range(roads.seconds.shape[1]):
                ways, link_seconds = (
                    roads.seconds[oldest, speed_class],
                    roads.blocked_seconds[speed_class, link],
                )
                open_way(ways, tail, head, link_seconds)
                if not roads.blocked_directed[link]:
                    open_way(ways, head, tail, link_seconds)
    return oldest


@lean
def _is_open(roads: Roads, link: int, done: NDArray[np.uint64]) -> bool:
    for entry in range(roads.blocker_start[link], roads.blocker_start[link + 1]):
        job = roads.blocker_job[entry]
        if job < 0:
            return False
        opener = roads.opener[job]
        if opener < 0 or not (done[opener // 64] >> np.uint64(opener % 64)) & np.uint64(1):
            return False
    return True
