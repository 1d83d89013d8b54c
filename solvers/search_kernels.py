"""The compiled annealing over crews' sequences of jobs.

One move changes the sequences of a few crews. Their visits are timed anew, jobs are put in order of finish, and
the dark part of the city is replayed from the first change on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import Longs
from lifeline.crews import MINUTES_PER_DAY
from lifeline.lean import lean
from solvers.coupled_timing_kernels import retime_coupled
from solvers.dark import Dark
from solvers.drive_kernels import Roads
from solvers.move_kernels import Change, forget, propose, random_below
from solvers.replay_kernels import (
    HOPELESS,
    Kept,
    Scratch,
    first_difference,
    kept_row,
    places_before_minute,
    replay,
    sum_up,
)
from solvers.switch_kernels import propose_switch
from solvers.timing_kernels import (
    Desk,
    Order,
    on_shift,
    opens_roads_from,
    retime,
    retime_all,
    retime_on_known_roads,
    sort_by_finish,
)
from solvers.verdict_kernels import Terms

OUT_OF_REACH, NEVER = -1, np.int64(2**62)
"Instead of the first minute that a move changes: there is none, for some job cannot be reached; and none yet."

SWITCHES_IN_THOUSAND = 10
"How many of a thousand moves look for another way back to somebody who waits."


class Habit(NamedTuple):
    """A plan that people know already, and what it costs to move one of its jobs to another crew or day.

    `crew` and `day` are those of each job in that plan, -1 where a move costs nothing; `day_begins` is the minute at
    which a day begins. Without a price nothing is looked at.
    """

    price: int
    day_begins: int
    crew: NDArray[np.int64]
    day: NDArray[np.int64]


@lean
def moved_from(habit: Habit, order: Order) -> int:
    """Return how many jobs are done by another crew, or end on another day, than people know."""
    moved = np.int64(0)
    for job in order.by_finish:
        if habit.crew[job] >= 0:
            day = (order.finish[job] - habit.day_begins) // MINUTES_PER_DAY
            if order.crew_of[job] != habit.crew[job] or day != habit.day[job]:
                moved += 1
    return moved


@njit(cache=True, nogil=True)
def anneal(
    dark: Dark,
    desk: Desk,
    roads: Roads,
    terms: Terms,
    habit: Habit,
    current: Order,
    trial: Order,
    best: Order,
    kept: Kept,
    scratch: Scratch,
    change: Change,
    totals: Longs,
    costs: Longs,
    random: NDArray[np.uint64],
    span: int,
    tau: float,
) -> None:
    """Try `span` moves on the current order at temperature tau; keep the best order seen.

    A worse order is accepted when it costs at most tau minutes, times a random number of mean one, for all
    the weight that waits at the moment from which on it differs. costs holds the current and the best cost.
    """
    jobs = len(current.by_finish)
    for _ in range(span):
        forget(change)
        if random_below(random, 1000) < SWITCHES_IN_THOUSAND:
            moved = propose_switch(dark, desk, roads, kept, scratch, trial, random, change)
        else:
            moved = propose(desk, roads, trial, random, change)
        if not moved:
            continue
        cost, same = HOPELESS, jobs
        sorted_from, gained_from = jobs, jobs
        price = np.int64(0)
        everybody = terms.is_coupled or (roads.changing and _touches_roads(roads, trial, change))
        if terms.is_coupled:
            minute = 0 if retime_coupled(desk, roads, terms, trial) else OUT_OF_REACH
        elif everybody:
            minute = _retime_everybody(desk, roads, current, trial, change)
        else:
            minute = _retime_changed(desk, roads, current, trial, change)
        if minute != OUT_OF_REACH:
            sorted_from = places_before_minute(current, minute)
            sort_by_finish(trial.finish, trial.by_finish, sorted_from)
            same = first_difference(current, trial, scratch.sped_up, sorted_from)
            allowance = -tau * np.log(1.0 - random_below(random, 1 << 52) / (1 << 52))
            limit = costs[0] + np.int64(allowance * kept.later_weight[same])
            if habit.price:
                price = habit.price * moved_from(habit, trial)
            gained_from = max(kept_row(kept, same), 0) * kept.apart
            cost = replay(dark, totals, scratch, kept, desk.horizon, current, trial, same, limit - price)
        if cost == HOPELESS:
            take_over(current, trial, change, everybody, sorted_from, gained_from)
            continue
        take_over(trial, current, change, everybody, sorted_from, gained_from)
        sum_up(kept, current, desk.horizon, totals[0], same)
        costs[0] = cost + price
        if costs[0] < costs[1]:
            costs[1] = costs[0]
            take_all(current, best)


@lean
def _touches_roads(roads: Roads, trial: Order, change: Change) -> bool:
    """Tell whether a move may change when some road opens: then it concerns all crews."""
    for number in range(change.count[0]):
        crew = change.crews[number]
        if opens_roads_from(roads, trial, crew, change.place[crew]):
            return True
    return False


@lean
def _retime_everybody(desk: Desk, roads: Roads, current: Order, trial: Order, change: Change) -> int:
    """Time all crews anew from the first change on; return its minute, OUT_OF_REACH when it leads nowhere."""
    begin = NEVER
    for number in range(change.count[0]):
        crew = change.crews[number]
        place = change.place[crew]
        minute = desk.available[crew] if place == 0 else current.finish[current.sequence[crew, place - 1]]
        begin = min(begin, on_shift(desk, crew, minute))
    return begin if retime_all(desk, roads, trial, begin) else OUT_OF_REACH


@lean
def _retime_changed(desk: Desk, roads: Roads, current: Order, order: Order, change: Change) -> int:
    """Time what a move has changed; return the first minute that may differ, OUT_OF_REACH when it leads nowhere."""
    minute = NEVER
    for number in range(change.count[0]):
        crew = change.crews[number]
        place = change.place[crew]
        if roads.changing:
            possible = retime_on_known_roads(desk, roads, order, crew, place)
        else:
            possible = retime(desk, order, crew, place)
        if not possible:
            return OUT_OF_REACH
        minute = min(minute, _finish_at(current, crew, place), _finish_at(order, crew, place))
    return minute


@lean
def _finish_at(order: Order, crew: int, place: int) -> int:
    """Return when a crew is done with the job at a place of its sequence; NEVER when it has none there."""
    return order.finish[order.sequence[crew, place]] if place < order.length[crew] else NEVER


@njit(cache=True)
def first_cost(
    dark: Dark,
    desk: Desk,
    roads: Roads,
    terms: Terms,
    habit: Habit,
    order: Order,
    kept: Kept,
    scratch: Scratch,
    totals: Longs,
) -> int:
    """Time an order that has only its sequences, note what its jobs bring back, and return its cost."""
    if terms.is_coupled:
        if not retime_coupled(desk, roads, terms, order):
            return HOPELESS
    elif roads.changing:
        if not retime_all(desk, roads, order, 0):
            return HOPELESS
    else:
        for crew in range(len(desk.available)):
            if not retime(desk, order, crew, desk.fixed[crew]):
                return HOPELESS
    sort_by_finish(order.finish, order.by_finish, 0)
    kept.valid[0] = 0
    cost = replay(dark, totals, scratch, kept, desk.horizon, order, order, len(order.by_finish), HOPELESS - 1)
    sum_up(kept, order, desk.horizon, totals[0], len(order.by_finish))
    return cost + habit.price * moved_from(habit, order)


@njit(cache=True)
def copy_order(order: Order) -> Order:
    """Return the same order in arrays of its own."""
    return Order(
        order.sequence.copy(),
        order.length.copy(),
        order.crew_of.copy(),
        order.finish.copy(),
        order.by_finish.copy(),
        order.gain.copy(),
    )


@lean
def take_over(
    source: Order, target: Order, change: Change, everybody: bool, sorted_from: int, gained_from: int
) -> None:
    """Copy what a move and its timing have changed from one order to another.

    That is what the crews do that the move touched, from where it did, or when all crews have been timed anew the
    minutes of `everybody`; the jobs by finish from a place on; and the gains of the jobs from another place on.
    """
    for number in range(change.count[0]):
        crew = change.crews[number]
        target.length[crew] = source.length[crew]
        for place in range(change.place[crew], source.length[crew]):
            job = source.sequence[crew, place]
            target.sequence[crew, place] = job
            target.crew_of[job] = crew
            target.finish[job] = source.finish[job]
    if everybody:
        _take_times(source, target)
    for place in range(sorted_from, len(source.by_finish)):
        target.by_finish[place] = source.by_finish[place]
    for place in range(gained_from, len(source.by_finish)):
        job = source.by_finish[place]
        target.gain[job] = source.gain[job]


@lean
def take_all(source: Order, target: Order) -> None:
    """Copy a whole order."""
    for crew in range(len(source.length)):
        target.length[crew] = source.length[crew]
        for place in range(source.length[crew]):
            target.sequence[crew, place] = source.sequence[crew, place]
    _take_times(source, target)
    for place in range(len(source.by_finish)):
        job = source.by_finish[place]
        target.by_finish[place] = job
        target.gain[job] = source.gain[job]


@lean
def _take_times(source: Order, target: Order) -> None:
    for job in range(len(source.finish)):
        target.crew_of[job] = source.crew_of[job]
        target.finish[job] = source.finish[job]
