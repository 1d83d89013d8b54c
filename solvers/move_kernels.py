"""The compiled moves of the search: small changes at random to the sequences of a few crews.

A move changes an order in place and notes whom it touched; nothing is timed here. Where a move is not possible it
changes nothing and says so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.lean import lean
from solvers.drive_kernels import NOT_AN_OPENER, Roads
from solvers.timing_kernels import Desk, Order

MOST_BLOCK = 5

UNTOUCHED = 2**31


class Change(NamedTuple):
    """Which crews a move touched, `crews[: count[0]]`, and from which place of its sequence on, `place[crew]`."""

    place: NDArray[np.int64]
    crews: NDArray[np.int64]
    count: NDArray[np.int64]


def no_change(crews: int) -> Change:
    """Return room to note the changes of a move."""
    return Change(np.full(crews, UNTOUCHED, np.int64), np.zeros(crews, np.int64), np.zeros(1, np.int64))


@lean
def forget(change: Change) -> None:
    """Note that nothing is changed."""
    for number in range(change.count[0]):
        change.place[change.crews[number]] = UNTOUCHED
    change.count[0] = 0


@lean
def note(change: Change, crew: int, place: int) -> None:
    """Note that a crew's sequence has changed from a place on."""
    if change.place[crew] == UNTOUCHED:
        change.crews[change.count[0]] = crew
        change.count[0] += 1
    change.place[crew] = min(change.place[crew], place)


@lean
def random_below(random: NDArray[np.uint64], bound: int) -> int:
    """Return a whole number from 0 up to, not including, `bound` (splitmix64; Steele, Lea, Flood 2014)."""
    random[0] += np.uint64(0x9E3779B97F4A7C15)
    mixed = random[0]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.int64((mixed >> np.uint64(11)) % np.uint64(bound))


@njit(cache=True, nogil=True)
def propose(desk: Desk, roads: Roads, order: Order, random: NDArray[np.uint64], change: Change) -> bool:
    """Change the sequences of one or two crews at random; return whether that was possible."""
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
def random_job(roads: Roads, order: Order, random: NDArray[np.uint64]) -> int:
    """Return a random job; one that opens roads seldom, as a change to it costs as much as many others."""
    job = order.by_finish[random_below(random, len(order.by_finish))]
    if roads.changing and roads.opener[job] != NOT_AN_OPENER and random_below(random, 8) > 0:
        job = order.by_finish[random_below(random, len(order.by_finish))]
    return job


@lean
def place_of(order: Order, job: int) -> int:
    """Return the place of a job in its crew's sequence."""
    crew = order.crew_of[job]
    place = 0
    while order.sequence[crew, place] != job:
        place += 1
    return place


@lean
def able_crew(desk: Desk, random: NDArray[np.uint64], job: int) -> int:
    """Return a random crew that can do a job: the first able one from a random crew on."""
    crews = len(desk.available)
    crew = random_below(random, crews)
    while not desk.able[crew, job]:
        crew = (crew + 1) % crews
    return crew


@njit(cache=True, nogil=True)
def move(order: Order, change: Change, crew: int, place: int, size: int, other: int, to: int) -> None:
    """Move `size` jobs from a place of one crew to a place of another (or the same, counted without the jobs)."""
    moved = order.sequence[crew, place : place + size].copy()
    for position in range(place, order.length[crew] - size):
        order.sequence[crew, position] = order.sequence[crew, position + size]
    order.length[crew] -= size
    for position in range(order.length[other] - 1, to - 1, -1):
        order.sequence[other, position + size] = order.sequence[other, position]
    order.sequence[other, to : to + size] = moved
    order.length[other] += size
    note(change, crew, place)
    note(change, other, to)


@njit(cache=True, nogil=True)
def _relocate(
    desk: Desk, roads: Roads, order: Order, random: NDArray[np.uint64], change: Change, most: int
) -> bool:
    job = random_job(roads, order, random)
    crew, place = order.crew_of[job], place_of(order, job)
    if place < desk.fixed[crew]:
        return False
    size = min(most, order.length[crew] - place)
    other = able_crew(desk, random, job)
    for position in range(place, place + size):
        if not desk.able[other, order.sequence[crew, position]]:
            return False
    room = order.length[other] - (size if other == crew else 0)
    to = desk.fixed[other] + random_below(random, room + 1 - desk.fixed[other])
    if other == crew and to == place:
        return False
    move(order, change, crew, place, size, other, to)
    return True


@lean
def _swap(desk: Desk, roads: Roads, order: Order, random: NDArray[np.uint64], change: Change) -> bool:
    first, second = random_job(roads, order, random), random_job(roads, order, random)
    return swap_jobs(desk, order, change, first, second)


@lean
def swap_jobs(desk: Desk, order: Order, change: Change, first: int, second: int) -> bool:
    """Let two jobs change places; return whether both crews can do that."""
    crew, other = order.crew_of[first], order.crew_of[second]
    if first == second or not desk.able[crew, second] or not desk.able[other, first]:
        return False
    place, to = place_of(order, first), place_of(order, second)
    if place < desk.fixed[crew] or to < desk.fixed[other]:
        return False
    order.sequence[crew, place] = second
    order.sequence[other, to] = first
    note(change, crew, place)
    note(change, other, to)
    return True


@njit(cache=True, nogil=True)
def _swap_tails(desk: Desk, roads: Roads, order: Order, random: NDArray[np.uint64], change: Change) -> bool:
    first, second = random_job(roads, order, random), random_job(roads, order, random)
    crew, other = order.crew_of[first], order.crew_of[second]
    place, to = place_of(order, first), place_of(order, second) + random_below(random, 2)
    if crew == other or place < desk.fixed[crew] or to < desk.fixed[other]:
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
    note(change, crew, place)
    note(change, other, to)
    return True


@njit(cache=True, nogil=True)
def _pull_forward(desk: Desk, roads: Roads, order: Order, random: NDArray[np.uint64], change: Change) -> bool:
    """Do a job that many people wait for earlier: the heaviest of three, weight times minute, at an earlier moment."""
    job = random_job(roads, order, random)
    for _ in range(2):
        rival = random_job(roads, order, random)
        if order.gain[rival] * order.finish[rival] > order.gain[job] * order.finish[job]:
            job = rival
    crew, place = order.crew_of[job], place_of(order, job)
    if place < desk.fixed[crew]:
        return False
    other = able_crew(desk, random, job)
    earlier = place - 1 if other == crew else places_before(order, other, order.finish[job])
    if earlier < desk.fixed[other]:
        return False
    to = desk.fixed[other] + random_below(random, earlier + 1 - desk.fixed[other])
    move(order, change, crew, place, 1, other, to)
    return True


@lean
def places_before(order: Order, crew: int, minute: int) -> int:
    """Return how many of a crew's jobs are finished before a minute."""
    places = 0
    while places < order.length[crew] and order.finish[order.sequence[crew, places]] < minute:
        places += 1
    return places
