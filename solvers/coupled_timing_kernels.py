"""The compiled clock of the search where jobs wait for each other, for partners, parts, safe hours or orders.

It times all crews together, event by event, as `lifeline.schedule` does, without sharing code with it; tests hold the
two equal. Jobs that cannot be done in an order are put UNDONE minutes away, beyond every horizon.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import Longs
from lifeline.lean import lean
from solvers.timing_kernels import (
    NOT_AN_OPENER,
    WAITS,
    Desk,
    Order,
    Roads,
    note_opening,
    on_shift,
    start_sites,
    state_with,
    travel_between,
)

UNDONE = 2**40
"Finish of a job that is not done."

NEVER = -1
AT_WORK = 2**62
"A crew's minute while it is on its way to a job that is not timed yet."

LONGEST_SEARCH = 100 * 7 * 1440
"Crews that are never on duty together for so long never work side by side."

UNSEEN, ON_THE_WAY, TIMED, GIVEN_UP = range(4)
"What has become of a job so far."

WAIT, DO, DROP, FAIL = range(4)
"What can be said of a job whose crew is on its way: nothing yet, that it is timed, is never done, breaks an order."


class Terms(NamedTuple):
    """What jobs wait for besides a crew and a road: `lifeline.conditions.Conditions` as arrays.

    Job j waits for before_job[before_start[j] : before_start[j + 1]] and as many minutes as `before_lag` says more; it
    is followed by `follower_job`, has the partners `member_job` (itself among them; none where it works alone), may not
    be entered in the spans of `closed_from` and `closed_until`, and uses `use_pieces` of the parts `use_part`. Of part
    p at depot d, stock_total[k] pieces have come by stock_minute[k] for k from stock_start[d * parts + p] on.
    """

    is_coupled: bool
    before_start: Longs
    before_job: Longs
    before_lag: Longs
    follower_start: Longs
    follower_job: Longs
    member_start: Longs
    member_job: Longs
    not_before: Longs
    not_after: Longs
    first: NDArray[np.uint8]
    closed_start: Longs
    closed_from: Longs
    closed_until: Longs
    use_start: Longs
    use_part: Longs
    use_pieces: Longs
    depot: Longs
    parts: int
    stock_start: Longs
    stock_minute: Longs
    stock_total: Longs
    until: Longs


class Clock(NamedTuple):
    """Where everybody is while an order is timed."""

    ready: Longs
    site: Longs
    place: Longs
    what: NDArray[np.uint8]
    depart: Longs
    arrive: Longs
    used: Longs
    queue: Longs
    opening_minute: Longs
    opening_job: Longs
    openings: Longs


@njit(cache=True, nogil=True)
def retime_coupled(desk: Desk, roads: Roads, terms: Terms, order: Order) -> bool:
    """Time all crews together; return False when an order of work breaks an order given or waits for itself."""
    clock = _new_clock(desk, roads, terms, order)
    return _firsts_come_first(desk, terms, order) and _run(desk, roads, terms, order, clock)


@njit(cache=True, nogil=True)
def _run(desk: Desk, roads: Roads, terms: Terms, order: Order, clock: Clock) -> bool:
    """Play all events in order of time; return False when an order given is broken or somebody waits for ever."""
    state = 0
    while True:
        crew = _next_crew(order, clock)
        if crew < 0:
            return _all_done(order, clock)
        opening = _opening_by(clock, crew)
        while opening >= 0:
            state = state_with(roads, state, opening)
            opening = _opening_by(clock, crew)
        if not _leave(desk, roads, terms, order, clock, crew, state):
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
def _leave(desk: Desk, roads: Roads, terms: Terms, order: Order, clock: Clock, crew: int, state: int) -> bool:
    """Let a crew set out for its next job, or wait for a road; return False when an order given is broken."""
    minute, opened = clock.ready[crew], clock.openings[1]
    job = order.sequence[crew, clock.place[crew]]
    if clock.what[job] == GIVEN_UP:
        clock.place[crew] += 1
        return True
    travel = _drive(desk, roads, state, crew, clock.site[crew], job)
    if travel >= 0:
        clock.place[crew] += 1
        clock.what[job] = ON_THE_WAY
        clock.depart[job] = minute
        clock.arrive[job] = _worked_off(desk, crew, minute, travel)
        clock.ready[crew] = AT_WORK
        return _settle(desk, roads, terms, order, clock, job, minute, False)
    if _is_hopeless(terms, clock, job):
        clock.place[crew] += 1
        clock.what[job] = GIVEN_UP
        order.finish[job] = UNDONE
        return _settle(desk, roads, terms, order, clock, job, minute, True)
    if opened < clock.openings[0]:
        clock.ready[crew] = on_shift(desk, crew, clock.opening_minute[opened])
    else:
        clock.ready[crew] = WAITS - minute
    return True


@njit(cache=True, nogil=True)
def _new_clock(desk: Desk, roads: Roads, terms: Terms, order: Order) -> Clock:
    crews, jobs = len(desk.available), len(order.finish)
    clock = Clock(
        np.empty(crews, np.int64),
        start_sites(desk, order),
        desk.fixed.copy(),
        np.full(jobs, GIVEN_UP, np.uint8),
        np.zeros(jobs, np.int64),
        np.zeros(jobs, np.int64),
        np.zeros(max(1, len(terms.stock_start) - 1), np.int64),
        np.empty(3 * jobs + len(terms.follower_job) + len(terms.member_job) + 1, np.int64),
        np.empty(len(roads.blocks_start) + 1, np.int64),
        np.empty(len(roads.blocks_start) + 1, np.int64),
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
            _take_parts(terms, clock, job, crew)
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
        may_leave = clock.place[crew] < order.length[crew] and minute >= 0 and minute < AT_WORK
        if may_leave and (first < 0 or minute < clock.ready[first]):
            first = crew
    return first


@lean
def _drive(desk: Desk, roads: Roads, state: int, crew: int, site: int, job: int) -> int:
    there = len(desk.available) + job
    if roads.changing:
        return travel_between(roads, state, desk.speed_class[crew], site, there)
    return desk.travel[desk.speed_class[crew], site, there]


@lean
def _worked_off(desk: Desk, crew: int, minute: int, minutes: int) -> int:
    """Return when so many minutes on duty have passed."""
    while minutes > 0:
        minute = on_shift(desk, crew, minute)
        done = min(minutes, _closing(desk, crew, minute) - minute)
        minute += done
        minutes -= done
    return minute


@lean
def _closing(desk: Desk, crew: int, minute: int) -> int:
    """Return when the window closes that a minute on duty lies in."""
    period = desk.period[crew]
    begin = minute - minute % period
    for window in range(desk.window_start[crew], desk.window_start[crew + 1]):
        if minute - begin < desk.closes[window]:
            return begin + desk.closes[window]
    return begin + period


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
        answer = _verdict(desk, terms, order, clock, job)
        if answer == WAIT:
            continue
        if answer == FAIL:
            return False
        first, last = terms.member_start[job], terms.member_start[job + 1]
        for entry in range(first, max(last, first + 1)):
            member = terms.member_job[entry] if last > first else job
            if answer == DO:
                _note_work(desk, roads, terms, order, clock, member)
            else:
                _give_up(desk, order, clock, member, now)
        for entry in range(first, max(last, first + 1)):
            member = terms.member_job[entry] if last > first else job
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
def _is_hopeless(terms: Terms, clock: Clock, job: int) -> bool:
    """Tell whether something before or beside a job is never done."""
    first, last = terms.member_start[job], terms.member_start[job + 1]
    for entry in range(first, max(last, first + 1)):
        member = terms.member_job[entry] if last > first else job
        if clock.what[member] == GIVEN_UP:
            return True
        for before in range(terms.before_start[member], terms.before_start[member + 1]):
            if clock.what[terms.before_job[before]] == GIVEN_UP:
                return True
    return False


@lean
def _verdict(desk: Desk, terms: Terms, order: Order, clock: Clock, job: int) -> int:
    """Say what becomes of a job whose crew is on its way; if it is done, its and its partners' finish is noted."""
    if _is_hopeless(terms, clock, job):
        return DROP
    first, last = terms.member_start[job], terms.member_start[job + 1]
    begin, takes = _soonest(terms, order, clock, job), np.int64(0)
    if begin == NEVER:
        return WAIT
    for entry in range(first, max(last, first + 1)):
        member = terms.member_job[entry] if last > first else job
        takes = max(takes, desk.repair[desk.work_class[order.crew_of[member]], member])
    for entry in range(first, max(last, first + 1)):
        member = terms.member_job[entry] if last > first else job
        there = _parts_there(terms, clock, member, order.crew_of[member])
        if there == NEVER:
            return DROP
        begin = max(begin, there)
    start, finish = _work(desk, terms, order, job, begin, takes)
    if start < 0:
        return FAIL
    for entry in range(first, max(last, first + 1)):
        member = terms.member_job[entry] if last > first else job
        if start > terms.not_after[member]:
            return FAIL
    for entry in range(first, max(last, first + 1)):
        member = terms.member_job[entry] if last > first else job
        if finish > terms.until[order.crew_of[member]]:
            return DROP
    for entry in range(first, max(last, first + 1)):
        member = terms.member_job[entry] if last > first else job
        order.finish[member] = finish
    return DO


@lean
def _soonest(terms: Terms, order: Order, clock: Clock, job: int) -> int:
    """Return when all crews are there and all jobs before are done, parts apart; NEVER while that is not known."""
    first, last = terms.member_start[job], terms.member_start[job + 1]
    begin = np.int64(0)
    for entry in range(first, max(last, first + 1)):
        member = terms.member_job[entry] if last > first else job
        if clock.what[member] != ON_THE_WAY:
            return NEVER
        begin = max(begin, clock.arrive[member], terms.not_before[member])
        for before in range(terms.before_start[member], terms.before_start[member + 1]):
            other = terms.before_job[before]
            if clock.what[other] != TIMED:
                return NEVER
            begin = max(begin, order.finish[other] + terms.before_lag[before])
    return begin


@lean
def _work(desk: Desk, terms: Terms, order: Order, job: int, begin: int, takes: int) -> tuple[int, int]:
    """Return when the crews of a job and its partners start and end; (NEVER, NEVER) if they never share an hour."""
    first, last = terms.member_start[job], terms.member_start[job + 1]
    now, start, left = begin, np.int64(NEVER), takes
    shut, shut_end = terms.closed_start[job], terms.closed_start[job + 1]
    while True:
        since = now
        while True:
            before = now
            for entry in range(first, max(last, first + 1)):
                member = terms.member_job[entry] if last > first else job
                now = on_shift(desk, order.crew_of[member], now)
            while shut < shut_end and terms.closed_until[shut] <= now:
                shut += 1
            if shut < shut_end and terms.closed_from[shut] <= now:
                now = terms.closed_until[shut]
            if now == before:
                break
            if now - since > LONGEST_SEARCH and last > first + 1:
                return NEVER, NEVER
        closes = terms.closed_from[shut] if shut < shut_end else AT_WORK
        for entry in range(first, max(last, first + 1)):
            member = terms.member_job[entry] if last > first else job
            closes = min(closes, _closing(desk, order.crew_of[member], now))
        if start == NEVER:
            start = now
        done = min(left, closes - now)
        left -= done
        now += done
        if left == 0:
            return start, now


@lean
def _parts_there(terms: Terms, clock: Clock, job: int, crew: int) -> int:
    """Return the minute from which all parts of a job are there, after what others have taken; NEVER for never."""
    there = np.int64(0)
    for entry in range(terms.use_start[job], terms.use_start[job + 1]):
        kind = terms.depot[crew] * terms.parts + terms.use_part[entry]
        wanted = clock.used[kind] + terms.use_pieces[entry]
        place = terms.stock_start[kind]
        while place < terms.stock_start[kind + 1] and terms.stock_total[place] < wanted:
            place += 1
        if place == terms.stock_start[kind + 1]:
            return NEVER
        there = max(there, terms.stock_minute[place])
    return there


@lean
def _take_parts(terms: Terms, clock: Clock, job: int, crew: int) -> None:
    for entry in range(terms.use_start[job], terms.use_start[job + 1]):
        clock.used[terms.depot[crew] * terms.parts + terms.use_part[entry]] += terms.use_pieces[entry]


@lean
def _note_work(desk: Desk, roads: Roads, terms: Terms, order: Order, clock: Clock, job: int) -> None:
    """Let a crew that has been timed go on when its job is done, and roads open by it."""
    crew = order.crew_of[job]
    clock.what[job] = TIMED
    clock.site[crew] = len(desk.available) + job
    _take_parts(terms, clock, job, crew)
    clock.ready[crew] = on_shift(desk, crew, order.finish[job])
    if not roads.changing or roads.opener[job] == NOT_AN_OPENER:
        return
    clock.openings[0] = note_opening(
        clock.opening_minute, clock.opening_job, clock.openings[0], clock.openings[1], order.finish[job], job
    )
    for other in range(len(clock.ready)):
        if clock.ready[other] <= WAITS:
            clock.ready[other] = on_shift(desk, other, max(WAITS - clock.ready[other], order.finish[job]))


@lean
def _give_up(desk: Desk, order: Order, clock: Clock, job: int, now: int) -> None:
    """Note that a job is not done; a crew that was on its way had not left, and goes on."""
    if clock.what[job] == ON_THE_WAY:
        crew = order.crew_of[job]
        clock.ready[crew] = on_shift(desk, crew, max(clock.depart[job], now))
    clock.what[job] = GIVEN_UP
    order.finish[job] = UNDONE
