"""The compiled move that looks for another way back: the jobs of another cheap route, pulled before those of the old.

Where a heavy part of the city can come back by several routes of several jobs each, no change of one or two jobs
leads from one route to another: half a route brings nobody back.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import Longs
from lifeline.lean import lean
from solvers.dark import Dark
from solvers.dark_kernels import finish_job
from solvers.drive_kernels import Roads
from solvers.move_kernels import (
    Change,
    able_crew,
    move,
    place_of,
    places_before,
    random_below,
    random_job,
    swap_jobs,
)
from solvers.replay_kernels import Kept, Scratch, recall
from solvers.timing_kernels import Desk, Order
from solvers.way_kernels import cheapest_ways, jobs_on_the_way

RIVALS = 3
"So many random jobs compete to be the one whose people look for another way: most weight times minutes wins."

DEAREST = 3.0
"A job's cost is drawn between its repair time and so many times that."


@njit(cache=True, nogil=True)
def propose_switch(
    dark: Dark,
    desk: Desk,
    roads: Roads,
    kept: Kept,
    scratch: Scratch,
    order: Order,
    random: NDArray[np.uint64],
    change: Change,
) -> bool:
    """Pull forward the jobs of another way back to somebody who waits long; return whether anything was moved.

    From a kept moment before a heavy job is done, the way that its people come back by, and a cheapest way at
    random costs, are compared: jobs of the second that are done too late change places with jobs of the first, or,
    where there is none to change with, go in front.
    """
    job = random_job(roads, order, random)
    for _ in range(RIVALS - 1):
        rival = random_job(roads, order, random)
        if order.gain[rival] * order.finish[rival] > order.gain[job] * order.finish[job]:
            job = rival
    if order.gain[job] == 0 or kept.valid[0] == 0:
        return False
    place = np.int64(0)
    while order.by_finish[place] != job:
        place += 1
    row = min(place // kept.apart, kept.valid[0] - 1)
    target = _target(dark, kept, scratch, order, row, place, random)
    if target < 0:
        return False
    row = random_below(random, row + 1)
    recall(kept.state, row, scratch.state)
    cost = np.full(desk.repair.shape[1], np.inf)
    for earlier in order.by_finish[: place + 1]:
        cost[earlier] = desk.repair[0, earlier]
    seen, stack = np.full(len(dark.weight), -1, np.int64), np.empty(len(dark.weight) + 1, np.int64)
    ways = cheapest_ways(dark, scratch.state, cost, target)
    if ways.cost[target] == np.inf:
        return False
    old = jobs_on_the_way(dark, scratch.state, ways, target, seen, 0, stack)
    if random_below(random, 2) == 0:
        return _pull(desk, order, change, random, old, kept.apart * row)
    for other in order.by_finish:
        cost[other] = desk.repair[0, other] * (
            1.0 + (DEAREST - 1.0) * random_below(random, 1 << 20) / (1 << 20)
        )
    ways = cheapest_ways(dark, scratch.state, cost, target)
    if ways.cost[target] == np.inf:
        return False
    new = jobs_on_the_way(dark, scratch.state, ways, target, seen, 1, stack)
    return _exchange(desk, order, change, random, old, new, order.finish[job], kept.apart * row)


@lean
def _target(
    dark: Dark,
    kept: Kept,
    scratch: Scratch,
    order: Order,
    row: int,
    place: int,
    random: NDArray[np.uint64],
) -> int:
    """Return a node that comes on with the job at a place by finish, drawn by weight; -1 where there is none."""
    recall(kept.state, row, scratch.state)
    grown = 0
    for position in range(row * kept.apart, place + 1):
        grown = finish_job(dark, scratch.state, scratch.spare, order.by_finish[position], scratch.queue)
    total, target = np.int64(0), np.int64(-1)
    for position in range(grown):
        node = scratch.queue[position]
        total += dark.weight[node]
        if dark.weight[node] > 0 and random_below(random, total) < dark.weight[node]:
            target = node
    return target


@njit(cache=True, nogil=True)
def _exchange(
    desk: Desk,
    order: Order,
    change: Change,
    random: NDArray[np.uint64],
    old: Longs,
    new: Longs,
    minute: int,
    earliest: int,
) -> bool:
    """Bring the new way's late jobs before a minute, in the places of the old way's jobs as long as there are such."""
    given = np.zeros(len(old), np.bool_)
    for position in range(len(old)):
        given[position] = _stands_in(new, old[position])
    start = order.finish[order.by_finish[earliest]] if earliest < len(order.by_finish) else 0
    moved = False
    for job in new:
        if order.finish[job] < minute or _stands_in(old, job):
            continue
        done = False
        for position in range(len(old)):
            if not given[position] and swap_jobs(desk, order, change, job, old[position]):
                order.crew_of[job], order.crew_of[old[position]] = (
                    order.crew_of[old[position]],
                    order.crew_of[job],
                )
                given[position] = done = True
                break
        if not done:
            crew, place = order.crew_of[job], place_of(order, job)
            if place < desk.fixed[crew]:
                continue
            other = able_crew(desk, random, job)
            first = max(places_before(order, other, start), desk.fixed[other])
            last = places_before(order, other, minute)
            if other == crew:
                last = min(last, place)
            to = first + random_below(random, max(last - first, 0) + 1)
            if other == crew and to >= place:
                continue
            move(order, change, crew, place, 1, other, to)
            order.crew_of[job] = other
        moved = True
    return moved


@njit(cache=True, nogil=True)
def _pull(
    desk: Desk, order: Order, change: Change, random: NDArray[np.uint64], way: Longs, earliest: int
) -> bool:
    """Bring all jobs of a way to earlier places, not before a job by finish."""
    start = order.finish[order.by_finish[earliest]] if earliest < len(order.by_finish) else 0
    moved = False
    for job in way:
        crew, place = order.crew_of[job], place_of(order, job)
        if place < desk.fixed[crew]:
            continue
        other = crew if random_below(random, 2) == 0 else able_crew(desk, random, job)
        first = max(places_before(order, other, start), desk.fixed[other])
        last = place if other == crew else places_before(order, other, order.finish[job]) + 1
        if first >= last:
            continue
        move(order, change, crew, place, 1, other, first + random_below(random, last - first))
        order.crew_of[job] = other
        moved = True
    return moved


@njit(cache=True, nogil=True)
def _stands_in(jobs: Longs, job: int) -> bool:
    return np.any(jobs == job)
