"""The search's own compiled loops over the dark part of a city: what comes back with a job, and the cheapest way there.

Under growth a repair only ever switches things on, so a whole plan costs one pass. These loops share no code
with the judge; tests hold the two equal.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import CARRIES_IN, CARRIES_OUT, Ints, Longs
from solvers.dark import Dark

Floats = NDArray[np.float64]


class DarkState(NamedTuple):
    """What is on, broken, fed and still waiting among the dark nodes at one moment of a replay."""

    on: NDArray[np.uint8]
    broken: NDArray[np.uint8]
    fed: NDArray[np.uint8]
    unmet: NDArray[np.int32]
    provided: NDArray[np.uint8]
    done: NDArray[np.uint8]
    waived: NDArray[np.uint8]


@njit(cache=True)
def new_state(dark: Dark) -> DarkState:
    """Return the state in which no job is done yet."""
    return DarkState(
        np.zeros(len(dark.weight), np.uint8),
        dark.broken.copy(),
        dark.fed.copy(),
        dark.unmet.copy(),
        np.zeros(len(dark.group_dependent), np.uint8),
        np.zeros(len(dark.job_node), np.uint8),
        np.zeros(len(dark.weight), np.uint8),
    )


@njit(cache=True)
def copy_state(into: DarkState, state: DarkState) -> None:
    """Make one state the same as another."""
    into.on[:] = state.on
    into.broken[:] = state.broken
    into.fed[:] = state.fed
    into.unmet[:] = state.unmet
    into.provided[:] = state.provided
    into.done[:] = state.done
    into.waived[:] = state.waived


@njit(cache=True)
def reset_state(dark: Dark, state: DarkState) -> None:
    """Make a state the one in which no job is done yet."""
    state.on[:] = 0
    state.broken[:] = dark.broken
    state.fed[:] = dark.fed
    state.unmet[:] = dark.unmet
    state.provided[:] = 0
    state.done[:] = 0
    state.waived[:] = 0


@njit(cache=True)
def finish_job(dark: Dark, state: DarkState, spare: DarkState, job: int, queue: Longs) -> int:
    """Finish a job and let service grow; the nodes that came on stand in the queue, their number is returned."""
    outside = len(dark.weight)
    length = 0
    state.done[job] = 1
    node = dark.job_node[job]
    if 0 <= node < outside:
        state.broken[node] = 0
        length = _switch_on(state, node, queue, length)
    tail, head = dark.job_tail[job], dark.job_head[job]
    if dark.job_way[job] & CARRIES_OUT:
        length = _feed(state, outside, tail, head, queue, length)
    if dark.job_way[job] & CARRIES_IN:
        length = _feed(state, outside, head, tail, queue, length)
    length = _grow(dark, state, queue, length)
    if len(dark.starters) > 0:
        length = _black_start(dark, state, spare, queue, length)
    return length


@njit(cache=True)
def _feed(state: DarkState, outside: int, tail: int, head: int, queue: Longs, length: int) -> int:
    if tail < 0 or head < 0 or head == outside:
        return length
    if tail == outside or state.on[tail]:
        state.fed[head] = 1
        length = _switch_on(state, head, queue, length)
    return length


@njit(cache=True)
def _switch_on(state: DarkState, node: int, queue: Longs, length: int) -> int:
    waits = state.unmet[node] > 0 and not state.waived[node]
    if state.on[node] or state.broken[node] or not state.fed[node] or waits:
        return length
    state.on[node] = 1
    queue[length] = node
    return length + 1


@njit(cache=True)
def _grow(dark: Dark, state: DarkState, queue: Longs, length: int) -> int:
    head = 0
    while head < length:
        node = queue[head]
        head += 1
        for entry in range(dark.feeds_start[node], dark.feeds_start[node + 1]):
            job = dark.feeds_job[entry]
            other = dark.feeds_node[entry]
            if (job < 0 or state.done[job]) and not state.on[other]:
                state.fed[other] = 1
                length = _switch_on(state, other, queue, length)
        for entry in range(dark.supplies_start[node], dark.supplies_start[node + 1]):
            group = dark.supplies_group[entry]
            if state.provided[group]:
                continue
            state.provided[group] = 1
            dependent = dark.group_dependent[group]
            state.unmet[dependent] -= 1
            length = _switch_on(state, dependent, queue, length)
    return length


@njit(cache=True)
def _black_start(dark: Dark, state: DarkState, spare: DarkState, queue: Longs, length: int) -> int:
    """Try all black starts at once on a spare state, drop those whose providers stay dark, and keep the rest."""
    possible = False
    for node in dark.starters:
        able = not state.on[node] and not state.broken[node]
        state.waived[node] = able
        possible = possible or (able and state.fed[node])
    while possible:
        copy_state(spare, state)
        grown = length
        for node in dark.starters:
            if spare.waived[node]:
                grown = _switch_on(spare, node, queue, grown)
        grown = length + _grow(dark, spare, queue[length:], grown - length)
        refused = 0
        for node in dark.starters:
            if spare.waived[node] and spare.on[node] and spare.unmet[node] > 0:
                state.waived[node] = 0
                refused += 1
        if refused == 0:
            copy_state(state, spare)
            length = grown
            possible = False
    for node in dark.starters:
        state.waived[node] = 0
    return length


@njit(cache=True)
def gain_of(
    dark: Dark, state: DarkState, spare: DarkState, scratch: DarkState, jobs: Longs, queue: Longs
) -> int:
    """Return the weight that comes back when these jobs are done on top of a state, which is left as it was."""
    copy_state(scratch, state)
    gained = 0
    for job in jobs:
        grown = finish_job(dark, scratch, spare, job, queue)
        for position in range(grown):
            gained += dark.weight[queue[position]]
    return gained


class Ways(NamedTuple):
    """How each dark node comes on cheaply: its cost, the neighbour and link job that feed it, its groups' providers."""

    cost: NDArray[np.float64]
    feed: NDArray[np.int32]
    feed_job: NDArray[np.int32]
    provider: NDArray[np.int32]


@njit(cache=True)
def cheapest_ways(dark: Dark, state: DarkState, job_cost: Floats) -> Ways:
    """Find for every dark node a cheap set of jobs that brings it on.

    Knuth's generalisation of Dijkstra to AND/OR graphs (Inf. Process. Lett. 6, 1977): a node's cost is its
    own job, its cheapest feed and, for each unmet group, the cheapest provider. A shared job counts once for
    each use, so the set behind a cost is cheap but not always the cheapest. A black start waits for no group,
    though its way includes them.
    """
    count = len(dark.weight)
    ways = Ways(
        np.full(count, np.inf),
        np.full(count, -1, np.int32),
        np.full(count, -1, np.int32),
        np.full(len(dark.group_dependent), -1, np.int32),
    )
    feed_cost = np.where(state.fed > 0, 0.0, np.inf)
    waits, groups_cost = state.unmet.copy(), np.zeros(count)
    waits[dark.starters] = 0
    settled = state.on.copy()
    for job in range(len(dark.job_node)):
        tail, head = dark.job_tail[job], dark.job_head[job]
        if dark.job_way[job] & CARRIES_OUT:
            _feed_by_job(dark, state, job_cost, job, tail, head, feed_cost, ways)
        if dark.job_way[job] & CARRIES_IN:
            _feed_by_job(dark, state, job_cost, job, head, tail, feed_cost, ways)
    heap = [(np.float64(0.0), np.int64(-1))]
    for node in range(count):
        if not settled[node]:
            _push(heap, dark, state, job_cost, node, feed_cost, waits, groups_cost)
    while len(heap) > 0:
        cost, node = heapq.heappop(heap)
        if node < 0 or settled[node]:
            continue
        settled[node] = 1
        ways.cost[node] = cost
        for entry in range(dark.feeds_start[node], dark.feeds_start[node + 1]):
            job, other = dark.feeds_job[entry], dark.feeds_node[entry]
            through = cost + (job_cost[job] if job >= 0 and not state.done[job] else 0.0)
            if not settled[other] and through < feed_cost[other]:
                feed_cost[other] = through
                ways.feed[other] = node
                ways.feed_job[other] = job if job >= 0 and not state.done[job] else -1
                _push(heap, dark, state, job_cost, other, feed_cost, waits, groups_cost)
        for entry in range(dark.supplies_start[node], dark.supplies_start[node + 1]):
            group = dark.supplies_group[entry]
            dependent = dark.group_dependent[group]
            if state.provided[group] or ways.provider[group] >= 0:
                continue
            ways.provider[group] = node
            if not settled[dependent] and waits[dependent] > 0:
                waits[dependent] -= 1
                groups_cost[dependent] += cost
                _push(heap, dark, state, job_cost, dependent, feed_cost, waits, groups_cost)
    return ways


@njit(cache=True)
def _feed_by_job(
    dark: Dark,
    state: DarkState,
    job_cost: Floats,
    job: int,
    tail: int,
    head: int,
    feed_cost: Floats,
    ways: Ways,
) -> None:
    """Let what works already feed a dark node over the link that a job mends."""
    outside = len(dark.weight)
    if state.done[job] or tail < 0 or head < 0 or head == outside:
        return
    if (tail == outside or state.on[tail]) and job_cost[job] < feed_cost[head]:
        feed_cost[head] = job_cost[job]
        ways.feed_job[head] = job


@njit(cache=True)
def _push(
    heap: list[tuple[float, int]],
    dark: Dark,
    state: DarkState,
    job_cost: Floats,
    node: int,
    feed_cost: Floats,
    waits: Ints,
    groups_cost: Floats,
) -> None:
    if waits[node] > 0 or feed_cost[node] == np.inf:
        return
    own = job_cost[dark.node_job[node]] if state.broken[node] else 0.0
    if own < np.inf:
        heapq.heappush(heap, (own + feed_cost[node] + groups_cost[node], np.int64(node)))


@njit(cache=True)
def jobs_on_the_way(
    dark: Dark, state: DarkState, ways: Ways, target: int, seen: Longs, stamp: int, stack: Longs
) -> Longs:
    """Return the jobs behind a node's way, those furthest upstream first.

    `seen` is scratch space as long as the nodes, in which `stamp` marks what this call has visited.
    """
    jobs = [np.int64(0) for _ in range(0)]
    stack[0] = target
    seen[target] = stamp
    length = 1
    while length > 0:
        length -= 1
        node = stack[length]
        if state.broken[node]:
            jobs.append(np.int64(dark.node_job[node]))
        if ways.feed_job[node] >= 0:
            jobs.append(np.int64(ways.feed_job[node]))
        upstream = ways.feed[node]
        if upstream >= 0 and seen[upstream] != stamp:
            seen[upstream] = stamp
            stack[length] = upstream
            length += 1
        for group in range(dark.group_start[node], dark.group_start[node + 1]):
            provider = ways.provider[group]
            if not state.provided[group] and provider >= 0 and seen[provider] != stamp:
                seen[provider] = stamp
                stack[length] = provider
                length += 1
    found = np.empty(len(jobs), np.int64)
    for position in range(len(jobs)):
        found[position] = jobs[len(jobs) - 1 - position]
    return found


@njit(cache=True)
def ways_to_targets(dark: Dark, state: DarkState, ways: Ways, targets: Longs) -> tuple[Longs, Longs]:
    """Return the jobs on the way to each target, one array behind the other, and where each begins."""
    seen = np.full(len(dark.weight), -1, np.int64)
    stack = np.empty(len(dark.weight) + 1, np.int64)
    starts = np.zeros(len(targets) + 1, np.int64)
    found = np.empty(256, np.int64)
    for position in range(len(targets)):
        jobs = jobs_on_the_way(dark, state, ways, targets[position], seen, position, stack)
        end = starts[position] + len(jobs)
        if end > len(found):
            larger = np.empty(2 * end, np.int64)
            larger[: starts[position]] = found[: starts[position]]
            found = larger
        found[starts[position] : end] = jobs
        starts[position + 1] = end
    return found[: starts[-1]], starts
