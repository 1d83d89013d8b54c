"""What becomes of one job in the compiled clock that times all crews together: when it is done, or that it never is.

Like `lifeline.schedule`, without sharing code with it: its crew and those of its partners are there, the jobs before it
are done, its parts have come, its hours are safe, and the orders given are kept.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import Longs
from lifeline.lean import lean
from solvers.timing_kernels import Desk, Order, on_shift

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
    is followed by `follower_job`, is done side by side with `member_job` (itself, and partners if it has any), may not
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
    """Where everybody is while an order is timed; a crew that `waits` has found no way, and tries again when ready."""

    ready: Longs
    waits: NDArray[np.bool_]
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


@lean
def verdict(desk: Desk, terms: Terms, order: Order, clock: Clock, job: int) -> int:
    """Say what becomes of a job whose crew is on its way; if it is done, its and its partners' finish is noted."""
    if is_hopeless(terms, clock, job):
        return DROP
    first, last = terms.member_start[job], terms.member_start[job + 1]
    begin, takes = _soonest(terms, order, clock, job), np.int64(0)
    if begin == NEVER:
        return WAIT
    for entry in range(first, last):
        member = terms.member_job[entry]
        takes = max(takes, desk.repair[desk.work_class[order.crew_of[member]], member])
    for entry in range(first, last):
        member = terms.member_job[entry]
        there = _parts_there(terms, clock, member, order.crew_of[member])
        if there == NEVER:
            return DROP
        begin = max(begin, there)
    start, finish = _work(desk, terms, order, job, begin, takes)
    if start < 0:
        return FAIL
    for entry in range(first, last):
        member = terms.member_job[entry]
        if start > terms.not_after[member]:
            return FAIL
    for entry in range(first, last):
        member = terms.member_job[entry]
        if finish > terms.until[order.crew_of[member]]:
            return DROP
    for entry in range(first, last):
        member = terms.member_job[entry]
        order.finish[member] = finish
    return DO


@lean
def is_hopeless(terms: Terms, clock: Clock, job: int) -> bool:
    """Tell whether something before or beside a job is never done."""
    first, last = terms.member_start[job], terms.member_start[job + 1]
    for entry in range(first, last):
        member = terms.member_job[entry]
        if clock.what[member] == GIVEN_UP:
            return True
        for before in range(terms.before_start[member], terms.before_start[member + 1]):
            if clock.what[terms.before_job[before]] == GIVEN_UP:
                return True
    return False


@lean
def _soonest(terms: Terms, order: Order, clock: Clock, job: int) -> int:
    """Return when all crews are there and all jobs before are done, parts apart; NEVER while that is not known."""
    first, last = terms.member_start[job], terms.member_start[job + 1]
    begin = np.int64(0)
    for entry in range(first, last):
        member = terms.member_job[entry]
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
            for entry in range(first, last):
                member = terms.member_job[entry]
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
        for entry in range(first, last):
            member = terms.member_job[entry]
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
def take_parts(terms: Terms, clock: Clock, job: int, crew: int) -> None:
    """Count what a job uses as gone from its crew's depot."""
    for entry in range(terms.use_start[job], terms.use_start[job + 1]):
        clock.used[terms.depot[crew] * terms.parts + terms.use_part[entry]] += terms.use_pieces[entry]


@lean
def worked_off(desk: Desk, crew: int, minute: int, minutes: int) -> int:
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
