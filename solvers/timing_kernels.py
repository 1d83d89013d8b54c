"""The compiled clock of the search: when each crew is done with each of its jobs.

It times what `lifeline.schedule` times, without sharing code with it; tests hold the two equal. Where repairs
open roads, crews wait for each other, so all are timed together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import Ints, Longs
from lifeline.crew_kernels import minute_of, next_on_shift, worked_before
from lifeline.lean import lean
from solvers.drive_kernels import NOT_AN_OPENER, Roads, close_all, open_by, travel_between

NOT_YET = np.int64(2**62)
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


@lean
def retime_all(desk: Desk, roads: Roads, order: Order, begin: int) -> bool:
    """Time all crews together where repairs open roads, from a minute on; return False when some crew waits for ever.

    What ends before that minute, by the order's own times, stays as it is; what is under way then is timed anew, with
    the same result. So nothing may change that begins before it.
    """
    crews = len(desk.available)
    ready, waits, place, site = roads.ready, roads.waits, roads.place, roads.site
    openings, opened = _look_back(desk, roads, order, begin), 0
    while True:
        crew = _next_crew(order, place, ready)
        if crew < 0:
            return _jobs_left(order, place) == 0
        minute = ready[crew]
        while opened < openings and roads.opening_minute[opened] <= minute:
            open_by(roads, roads.done, roads.opening_job[opened])
            opened += 1
        job = order.sequence[crew, place[crew]]
        travel = travel_between(roads, roads.done, desk.speed_class[crew], site[crew], crews + job)
        waits[crew] = travel < 0
        if waits[crew]:
            ready[crew] = on_shift(desk, crew, roads.opening_minute[opened]) if opened < openings else NOT_YET
            continue
        order.finish[job] = visit(desk, crew, minute, travel, desk.repair[desk.work_class[crew], job])
        order.crew_of[job] = crew
        site[crew] = crews + job
        place[crew] += 1
        ready[crew] = on_shift(desk, crew, order.finish[job])
        if roads.opener[job] == NOT_AN_OPENER:
            continue
        openings = note_opening(
            roads.opening_minute, roads.opening_job, openings, opened, order.finish[job], job
        )
        for other in range(crews):
            # It may be sooner than the opening that a crew was waiting for.
            if waits[other]:
                ready[other] = min(ready[other], on_shift(desk, other, order.finish[job]))


@lean
def _look_back(desk: Desk, roads: Roads, order: Order, begin: int) -> int:
    """Put every crew where it is at a minute; return how many openings of roads are noted by then."""
    crews, openings = len(desk.available), np.int64(0)
    close_all(roads.done)
    for crew in range(crews):
        minute, site, place = desk.available[crew], crew, np.int64(0)
        while place < order.length[crew]:
            job = order.sequence[crew, place]
            if place >= desk.fixed[crew]:
                if order.finish[job] >= begin:
                    break
                minute = order.finish[job]
            if roads.opener[job] != NOT_AN_OPENER:
                openings = note_opening(
                    roads.opening_minute, roads.opening_job, openings, 0, order.finish[job], job
                )
            site = crews + job
            place += 1
        roads.ready[crew], roads.waits[crew] = on_shift(desk, crew, minute), False
        roads.place[crew], roads.site[crew] = place, site
    return openings


@lean
def _jobs_left(order: Order, place: Longs) -> int:
    left = np.int64(0)
    for crew in range(len(place)):
        left += order.length[crew] - place[crew]
    return left


@njit(cache=True, nogil=True)
def start_sites(desk: Desk, order: Order) -> Longs:
    """Return the site from which each crew goes on: its start, or that of the last job of its history."""
    crews = len(desk.available)
    site = np.arange(crews)
    for crew in range(crews):
        if desk.fixed[crew] > 0:
            site[crew] = crews + order.sequence[crew, desk.fixed[crew] - 1]
    return site


@lean
def retime_on_known_roads(desk: Desk, roads: Roads, order: Order, crew: int, place: int) -> bool:
    """Time a crew's visits from a place on, where none of them opens a road; False when no road ever leads on.

    All other crews' finish minutes, and with them the roads, stay as they are.
    """
    crews = len(desk.available)
    minute, site = desk.available[crew], crew
    if place > 0:
        before = order.sequence[crew, place - 1]
        minute, site = order.finish[before], crews + before
    close_all(roads.done)
    opening = _next_opening(roads, order, 0)
    position = place
    while position < order.length[crew]:
        minute = on_shift(desk, crew, minute)
        while opening < len(order.by_finish) and order.finish[order.by_finish[opening]] <= minute:
            open_by(roads, roads.done, order.by_finish[opening])
            opening = _next_opening(roads, order, opening + 1)
        job = order.sequence[crew, position]
        travel = travel_between(roads, roads.done, desk.speed_class[crew], site, crews + job)
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
            and ready[crew] < NOT_YET
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
