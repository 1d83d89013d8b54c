"""The compiled annealing over crews' sequences of jobs.

One move changes the sequences of one or two crews. Their visits are timed anew, jobs are put in order of
finish, and the dark part of the city is replayed; a replay ends early once the plan cannot be good enough any
more.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import Longs
from lifeline.lean import lean
from solvers.dark import Dark
from solvers.dark_kernels import DarkState, black_start, mend, new_state, reset_state, spread_on
from solvers.timing_kernels import (
    NOT_AN_OPENER,
    Desk,
    Order,
    Roads,
    opens_roads_from,
    retime,
    retime_all,
    retime_on_known_roads,
    sort_by_finish,
)

HOPELESS = np.int64(2**62)
"Cost of an order in which some job can never be reached, and of a replay that was broken off."

MOST_BLOCK = 5


@lean
def random_below(random: NDArray[np.uint64], bound: int) -> int:
    """Return a whole number from 0 up to, not including, `bound` (splitmix64; Steele, Lea, Flood 2014)."""
    random[0] += np.uint64(0x9E3779B97F4A7C15)
    mixed = random[0]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.int64((mixed >> np.uint64(11)) % np.uint64(bound))


@lean
def cost_of(
    dark: Dark,
    totals: Longs,
    state: DarkState,
    spare: DarkState,
    queue: Longs,
    horizon: int,
    order: Order,
    limit: int,
) -> int:
    """Return weight x minutes without service of an order, or HOPELESS once it must exceed `limit`.

    `totals` are the dark weight and the same times the minute at which it goes dark. The order's `gain` receives the
    weight that each job brings back.
    """
    reset_state(dark, state)
    job_node, job_tail, job_head, job_way = dark.job_node, dark.job_tail, dark.job_head, dark.job_way
    feeds_start, feeds_node, feeds_job = dark.feeds_start, dark.feeds_node, dark.feeds_job
    supplies_start, supplies_group = dark.supplies_start, dark.supplies_group
    group_dependent, weight, dark_from = dark.group_dependent, dark.weight, dark.dark_from
    on, broken, fed, unmet = state.on, state.broken, state.fed, state.unmet
    waived, provided, done = state.waived, state.provided, state.done
    finish, gain = order.finish, order.gain
    any_starter = len(dark.starters) > 0
    dark_weight, already_dark = totals[0], totals[1]
    cost = np.int64(0)
    for job in order.by_finish:
        minute = min(finish[job], horizon)
        # Whoever is still dark comes back at this minute at the earliest.
        if cost + dark_weight * minute - already_dark > limit:
            return HOPELESS
        grown = mend(job, job_node, job_tail, job_head, job_way, on, broken, fed, unmet, waived, done, queue)
        grown = spread_on(
            grown,
            on,
            broken,
            fed,
            unmet,
            waived,
            provided,
            done,
            feeds_start,
            feeds_node,
            feeds_job,
            supplies_start,
            supplies_group,
            group_dependent,
            queue,
        )
        if any_starter:
            grown = black_start(dark, state, spare, queue, grown)
        gain[job] = 0
        for position in range(grown):
            node = queue[position]
            since = min(dark_from[node], horizon)
            cost += weight[node] * max(minute - since, 0)
            gain[job] += weight[node]
            dark_weight -= weight[node]
            already_dark -= weight[node] * since
    cost += dark_weight * horizon - already_dark
    return cost if cost <= limit else HOPELESS


@lean
def waiting_at(order: Order, total: int, minute: int) -> int:
    """Return the weight that is still dark at a minute of an order that has been replayed."""
    waiting = total
    for job in order.by_finish:
        if order.finish[job] >= minute:
            break
        waiting -= order.gain[job]
    return waiting


@njit(cache=True)
def anneal(
    dark: Dark,
    desk: Desk,
    roads: Roads,
    current: Order,
    best: Order,
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
    state, spare, queue = new_state(dark), new_state(dark), np.empty(len(dark.weight) + 1, np.int64)
    trial = copy_order(current)
    change = np.empty(4, np.int64)
    for _ in range(span):
        if not propose(desk, roads, trial, random, change):
            continue
        possible = _retime_changed(desk, roads, trial, change)
        cost = HOPELESS
        if possible:
            sort_by_finish(trial.finish, trial.by_finish)
            first = min(
                _minute_before(desk, current, change[0], change[1]),
                _minute_before(desk, current, change[2], change[3]),
            )
            allowance = -tau * np.log(1.0 - random_below(random, 1 << 52) / (1 << 52))
            limit = costs[0] + np.int64(allowance * waiting_at(current, totals[0], first))
            cost = cost_of(dark, totals, state, spare, queue, desk.horizon, trial, limit)
        if cost == HOPELESS:
            take_over(current, trial, change[0], change[2])
            continue
        take_over(trial, current, change[0], change[2])
        costs[0] = cost
        if cost < costs[1]:
            costs[1] = cost
            take_all(current, best)


@njit(cache=True)
def _retime_changed(desk: Desk, roads: Roads, order: Order, change: Longs) -> bool:
    """Time what a move has changed; return False when some job cannot be reached any more."""
    crew, place, other, to = change
    if not roads.changing:
        return retime(desk, order, crew, place) and retime(desk, order, other, to)
    if opens_roads_from(roads, order, crew, place) or opens_roads_from(roads, order, other, to):
        return retime_all(desk, roads, order)
    possible = retime_on_known_roads(desk, roads, order, crew, place)
    return possible and retime_on_known_roads(desk, roads, order, other, to)


@njit(cache=True)
def first_cost(dark: Dark, desk: Desk, roads: Roads, order: Order, totals: Longs) -> int:
    """Time an order that has only its sequences, and return its cost."""
    if roads.changing:
        if not retime_all(desk, roads, order):
            return HOPELESS
    else:
        for crew in range(len(desk.available)):
            if not retime(desk, order, crew, 0):
                return HOPELESS
    sort_by_finish(order.finish, order.by_finish)
    queue = np.empty(len(dark.weight) + 1, np.int64)
    return cost_of(dark, totals, new_state(dark), new_state(dark), queue, desk.horizon, order, HOPELESS - 1)


@lean
def _minute_before(desk: Desk, order: Order, crew: int, place: int) -> int:
    if place == 0 or order.length[crew] == 0:
        return desk.available[crew]
    return order.finish[order.sequence[crew, min(place, order.length[crew]) - 1]]


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
def take_over(source: Order, target: Order, crew: int, other: int) -> None:
    """Copy the sequences of two crews, and all finish minutes, from one order to another."""
    for row in (crew, other):
        target.length[row] = source.length[row]
        for place in range(source.length[row]):
            target.sequence[row, place] = source.sequence[row, place]
    for job in range(len(source.finish)):
        target.crew_of[job] = source.crew_of[job]
        target.finish[job] = source.finish[job]
        target.gain[job] = source.gain[job]
    for place in range(len(source.by_finish)):
        target.by_finish[place] = source.by_finish[place]


@lean
def take_all(source: Order, target: Order) -> None:
    """Copy a whole order."""
    for row in range(len(source.length)):
        take_over(source, target, row, row)


@njit(cache=True)
def propose(desk: Desk, roads: Roads, order: Order, random: NDArray[np.uint64], change: Longs) -> bool:
    """Change the sequences of one or two crews at random; return whether that was possible.

    `change` receives the two crews and the first place that changed in each. Nothing is changed when it is
    not possible.
    """
    kind = random_below(random, 100)
    if kind < 30:
        return _relocate(desk, roads, order, random, change, 1)
    if kind < 50:
        return _swap(desk, roads, order, random, change)
    if kind < 62:
        return _relocate(desk, roads, order, random, change, 2 + random_below(random, MOST_BLOCK - 1))
    if kind < 74:
        return _swap_tails(desk, roads, order, random, change)
    return _pull_forward(desk, roads, order, random, change)


@lean
def _random_job(roads: Roads, order: Order, random: NDArray[np.uint64]) -> int:
    """Return a random job; one that opens roads seldom, as a change to it costs as much as many others."""
    job = order.by_finish[random_below(random, len(order.by_finish))]
    if roads.changing and roads.opener[job] != NOT_AN_OPENER and random_below(random, 8) > 0:
        job = order.by_finish[random_below(random, len(order.by_finish))]
    return job


@lean
def _place_of(order: Order, job: int) -> int:
    crew = order.crew_of[job]
    place = 0
    while order.sequence[crew, place] != job:
        place += 1
    return place


@lean
def _able_crew(desk: Desk, random: NDArray[np.uint64], job: int) -> int:
    """Return a random crew that can do a job: the first able one from a random crew on."""
    crews = len(desk.available)
    crew = random_below(random, crews)
    while not desk.able[crew, job]:
        crew = (crew + 1) % crews
    return crew


@njit(cache=True)
def _move(order: Order, crew: int, place: int, size: int, other: int, to: int) -> None:
    """Move `size` jobs from a place of one crew to a place of another (or the same, counted without the jobs)."""
    moved = order.sequence[crew, place : place + size].copy()
    for position in range(place, order.length[crew] - size):
        order.sequence[crew, position] = order.sequence[crew, position + size]
    order.length[crew] -= size
    for position in range(order.length[other] - 1, to - 1, -1):
        order.sequence[other, position + size] = order.sequence[other, position]
    order.sequence[other, to : to + size] = moved
    order.length[other] += size


@lean
def _note(change: Longs, crew: int, place: int, other: int, to: int) -> bool:
    change[0], change[1], change[2], change[3] = crew, place, other, to
    if crew == other:
        change[1] = change[3] = min(place, to)
    return True


@njit(cache=True)
def _relocate(
    desk: Desk, roads: Roads, order: Order, random: NDArray[np.uint64], change: Longs, most: int
) -> bool:
    job = _random_job(roads, order, random)
    crew, place = order.crew_of[job], _place_of(order, job)
    size = min(most, order.length[crew] - place)
    other = _able_crew(desk, random, job)
    for position in range(place, place + size):
        if not desk.able[other, order.sequence[crew, position]]:
            return False
    room = order.length[other] - (size if other == crew else 0)
    to = random_below(random, room + 1)
    if other == crew and to == place:
        return False
    _move(order, crew, place, size, other, to)
    return _note(change, crew, place, other, to)


@lean
def _swap(desk: Desk, roads: Roads, order: Order, random: NDArray[np.uint64], change: Longs) -> bool:
    first, second = _random_job(roads, order, random), _random_job(roads, order, random)
    crew, other = order.crew_of[first], order.crew_of[second]
    if first == second or not desk.able[crew, second] or not desk.able[other, first]:
        return False
    place, to = _place_of(order, first), _place_of(order, second)
    order.sequence[crew, place] = second
    order.sequence[other, to] = first
    return _note(change, crew, place, other, to)


@njit(cache=True)
def _swap_tails(desk: Desk, roads: Roads, order: Order, random: NDArray[np.uint64], change: Longs) -> bool:
    first, second = _random_job(roads, order, random), _random_job(roads, order, random)
    crew, other = order.crew_of[first], order.crew_of[second]
    place, to = _place_of(order, first), _place_of(order, second) + random_below(random, 2)
    if crew == other:
        return False
    for position in range(place, order.length[crew]):
        if not desk.able[other, order.sequence[crew, position]]:
            return False
    for position in range(to, order.length[other]):
        if not desk.able[crew, order.sequence[other, position]]:
            return False
    mine = order.sequence[crew, place : order.length[crew]].copy()
    theirs = order.sequence[other, to : order.length[other]].copy()
    order.sequence[crew, place : place + len(theirs)] = theirs
    order.sequence[other, to : to + len(mine)] = mine
    order.length[crew] = place + len(theirs)
    order.length[other] = to + len(mine)
    return _note(change, crew, place, other, to)


@njit(cache=True)
def _pull_forward(desk: Desk, roads: Roads, order: Order, random: NDArray[np.uint64], change: Longs) -> bool:
    """Do a job that many people wait for earlier: the heaviest of three, weight times minute, at an earlier moment."""
    job = _random_job(roads, order, random)
    for _ in range(2):
        rival = _random_job(roads, order, random)
        if order.gain[rival] * order.finish[rival] > order.gain[job] * order.finish[job]:
            job = rival
    crew, place = order.crew_of[job], _place_of(order, job)
    other = _able_crew(desk, random, job)
    earlier = 0
    while earlier < order.length[other] and order.finish[order.sequence[other, earlier]] < order.finish[job]:
        earlier += 1
    if other == crew:
        earlier = place - 1
    if earlier < 0:
        return False
    to = random_below(random, earlier + 1)
    _move(order, crew, place, 1, other, to)
    return _note(change, crew, place, other, to)
