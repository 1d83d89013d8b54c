"""The compiled clock of the search where jobs wait for each other, for partners, parts, safe hours or orders.

It times all crews together, event by event, as `lifeline.schedule` does, without sharing code with it; tests hold the
two equal. What becomes of each job is said in `verdict_kernels`. Jobs that cannot be done in an order are put UNDONE
minutes away, beyond every horizon.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lifeline.compiled import Longs
from lifeline.lean import lean
from solvers.drive_kernels import NOT_AN_OPENER, Roads, close_all, open_by, travel_between
from solvers.timing_kernels import NOT_YET, Desk, Order, note_opening, on_shift, start_sites
from solvers.verdict_kernels import (
    AT_WORK,
    DO,
    FAIL,
    GIVEN_UP,
    ON_THE_WAY,
    TIMED,
    UNSEEN,
    WAIT,
    Clock,
    Terms,
    is_hopeless,
    take_parts,
    verdict,
    worked_off,
)

UNDONE = 2**40
"Finish of a job that is not done."


@njit(cache=True, nogil=True)
def retime_coupled(desk: Desk, roads: Roads, terms: Terms, order: Order) -> bool:
    """Time all crews together; return False when an order of work breaks an order given or waits for itself."""
    clock = _new_clock(desk, roads, terms, order)
    return _firsts_come_first(desk, terms, order) and _run(desk, roads, terms, order, clock)


@lean
def _run(desk: Desk, roads: Roads, terms: Terms, order: Order, clock: Clock) -> bool:
    """Play all events in order of time; return False when an order given is broken or somebody waits for ever."""
    close_all(roads.done)
    while True:
        crew = _next_crew(order, clock)
        if crew < 0:
            return _all_done(order, clock)
        opening = _opening_by(clock, crew)
        while opening >= 0:
            open_by(roads, roads.done, opening)
            opening = _opening_by(clock, crew)
        if not _leave(desk, roads, terms, order, clock, crew):
            return False


@lean
def _all_done(order: Order, clock: Clock) -> bool:
    """Tell whether every crew has come to the end of its sequence and waits for nothing."""
    for crew in range(len(clock.ready)):
        if clock.place[crew] < order.length[crew] or clock.ready[crew] == AT_WORK:
            return False
    return True


@lean
def _opening_by(clock: Clock, crew: int) -> int:
    """Return a job that has opened roads by the minute a crew sets out, and was not told of yet; -1 for none."""
    opened = clock.openings[1]
    if opened == clock.openings[0] or clock.opening_minute[opened] > clock.ready[crew]:
        return -1
    clock.openings[1] = opened + 1
    return clock.opening_job[opened]


@lean
def _leave(desk: Desk, roads: Roads, terms: Terms, order: Order, clock: Clock, crew: int) -> bool:
    """Let a crew set out for its next job, or wait for a road; return False when an order given is broken."""
    minute, opened = clock.ready[crew], clock.openings[1]
    job = order.sequence[crew, clock.place[crew]]
    if clock.what[job] == GIVEN_UP:
        clock.place[crew] += 1
        return True
    travel = _drive(desk, roads, crew, clock.site[crew], job)
    clock.waits[crew] = False
    if travel >= 0:
        clock.place[crew] += 1
        clock.what[job] = ON_THE_WAY
        clock.depart[job] = minute
        clock.arrive[job] = worked_off(desk, crew, minute, travel)
        clock.ready[crew] = AT_WORK
        return _settle(desk, roads, terms, order, clock, job, minute, False)
    if is_hopeless(terms, clock, job):
        clock.place[crew] += 1
        clock.what[job] = GIVEN_UP
        order.finish[job] = UNDONE
        return _settle(desk, roads, terms, order, clock, job, minute, True)
    clock.waits[crew] = True
    if opened < clock.openings[0]:
        clock.ready[crew] = on_shift(desk, crew, clock.opening_minute[opened])
    else:
        clock.ready[crew] = NOT_YET
    return True


@njit(cache=True, nogil=True)
def _new_clock(desk: Desk, roads: Roads, terms: Terms, order: Order) -> Clock:
    crews, jobs = len(desk.available), len(order.finish)
    clock = Clock(
        np.empty(crews, np.int64),
        np.zeros(crews, np.bool_),
        start_sites(desk, order),
        desk.fixed.copy(),
        np.full(jobs, GIVEN_UP, np.uint8),
        np.zeros(jobs, np.int64),
        np.zeros(jobs, np.int64),
        np.zeros(max(1, len(terms.stock_start) - 1), np.int64),
        np.empty(3 * jobs + len(terms.follower_job) + len(terms.member_job) + 1, np.int64),
        np.empty(roads.openers, np.int64),
        np.empty(roads.openers, np.int64),
        np.zeros(2, np.int64),
    )
    for crew in range(crews):
        clock.ready[crew] = on_shift(desk, crew, desk.available[crew])
        for position in range(order.length[crew]):
            job = order.sequence[crew, position]
            # Also of a job that is given up before its crew's turn comes: moves look for it in this crew's sequence.
            order.crew_of[job] = crew
            if position >= desk.fixed[crew]:
                clock.what[job] = UNSEEN
                continue
            clock.what[job] = TIMED
            take_parts(terms, clock, job, crew)
            if roads.changing and roads.opener[job] != NOT_AN_OPENER:
                clock.openings[0] = note_opening(
                    clock.opening_minute, clock.opening_job, clock.openings[0], 0, order.finish[job], job
                )
    return clock


@lean
def _firsts_come_first(desk: Desk, terms: Terms, order: Order) -> bool:
    for crew in range(len(order.length)):
        passed = False
        for position in range(desk.fixed[crew], order.length[crew]):
            if not terms.first[order.sequence[crew, position]]:
                passed = True
            elif passed:
                return False
    return True


@lean
def _next_crew(order: Order, clock: Clock) -> int:
    first = -1
    for crew in range(len(clock.ready)):
        minute = clock.ready[crew]
        may_leave = clock.place[crew] < order.length[crew] and minute < AT_WORK
        if may_leave and (first < 0 or minute < clock.ready[first]):
            first = crew
    return first


@lean
def _drive(desk: Desk, roads: Roads, crew: int, site: int, job: int) -> int:
    there = len(desk.available) + job
    if roads.changing:
        return travel_between(roads, roads.done, desk.speed_class[crew], site, there)
    return desk.travel[desk.speed_class[crew], site, there]


@lean
def _settle(
    desk: Desk, roads: Roads, terms: Terms, order: Order, clock: Clock, job: int, now: int, is_told: bool
) -> bool:
    """Time a job, and whatever waits for it, as far as all is known; False when an order given is broken.

    With `is_told` only those that wait for it are looked at.
    """
    queue = clock.queue
    head, tail = 0, 0
    if is_told:
        tail = _ask_others(terms, queue, tail, job)
    else:
        queue[0] = job
        tail = 1
    while head < tail:
        job = queue[head]
        head += 1
        if clock.what[job] != ON_THE_WAY:
            continue
        answer = verdict(desk, terms, order, clock, job)
        if answer == WAIT:
            continue
        if answer == FAIL:
            return False
        first, last = terms.member_start[job], terms.member_start[job + 1]
        for entry in range(first, last):
            member = terms.member_job[entry]
            if answer == DO:
                _note_work(desk, roads, terms, order, clock, member)
            else:
                _give_up(desk, order, clock, member, now)
        for entry in range(first, last):
            member = terms.member_job[entry]
            tail = _ask_others(terms, queue, tail, member)
    return True


@lean
def _ask_others(terms: Terms, queue: Longs, tail: int, job: int) -> int:
    """Put those in the queue for which it makes a difference what becomes of a job; return where it ends."""
    for entry in range(terms.follower_start[job], terms.follower_start[job + 1]):
        queue[tail] = terms.follower_job[entry]
        tail += 1
    for entry in range(terms.member_start[job], terms.member_start[job + 1]):
        queue[tail] = terms.member_job[entry]
        tail += 1
    return tail


@lean
def _note_work(desk: Desk, roads: Roads, terms: Terms, order: Order, clock: Clock, job: int) -> None:
    """Let a crew that has been timed go on when its job is done, and roads open by it."""
    crew = order.crew_of[job]
    clock.what[job] = TIMED
    clock.site[crew] = len(desk.available) + job
    take_parts(terms, clock, job, crew)
    clock.ready[crew] = on_shift(desk, crew, order.finish[job])
    if not roads.changing or roads.opener[job] == NOT_AN_OPENER:
        return
    clock.openings[0] = note_opening(
        clock.opening_minute, clock.opening_job, clock.openings[0], clock.openings[1], order.finish[job], job
    )
    for other in range(len(clock.ready)):
        # It may be sooner than the opening that a crew was waiting for.
        if clock.waits[other]:
            clock.ready[other] = min(clock.ready[other], on_shift(desk, other, order.finish[job]))


@lean
def _give_up(desk: Desk, order: Order, clock: Clock, job: int, now: int) -> None:
    """Note that a job is not done; a crew that was on its way had not left, and goes on."""
    if clock.what[job] == ON_THE_WAY:
        crew = order.crew_of[job]
        clock.ready[crew] = on_shift(desk, crew, max(clock.depart[job], now))
    clock.what[job] = GIVEN_UP
    order.finish[job] = UNDONE
