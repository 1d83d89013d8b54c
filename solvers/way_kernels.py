"""The compiled search for ways back: which jobs bring a dark node on most cheaply."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import CARRIES_IN, CARRIES_OUT, Flags, Ints, Longs
from lifeline.lean import lean
from solvers.dark import Dark
from solvers.dark_kernels import DarkState, Floats

EVERYBODY = -1
"Stands for all dark nodes where one may be named."


class Ways(NamedTuple):
    """How each dark node comes on cheaply: its cost, the neighbour and link job that feed it, its groups' providers."""

    cost: NDArray[np.float64]
    feed: NDArray[np.int32]
    feed_job: NDArray[np.int32]
    provider: NDArray[np.int32]


class Front(NamedTuple):
    """How far the search for ways has come.

    `feed_cost` is what the cheapest feed of each node costs, `waits` how many of its groups have no provider yet,
    `groups_cost` what the others' providers cost together. The first size[0] of heap_cost and heap_node are a binary
    heap of nodes whose way may be known, cheapest first, ties by number.
    """

    feed_cost: Floats
    waits: Ints
    groups_cost: Floats
    settled: Flags
    heap_cost: Floats
    heap_node: Ints
    size: Longs


@njit(cache=True, nogil=True)
def cheapest_ways(dark: Dark, state: DarkState, job_cost: Floats, only: int = EVERYBODY) -> Ways:
    """Find for every dark node, or for one only, a cheap set of jobs that brings it on.

    Knuth's generalisation of Dijkstra to AND/OR graphs (Inf. Process. Lett. 6, 1977): a node's cost is its
    own job, its cheapest feed and, for each unmet group, the cheapest provider. A shared job counts once for
    each use, so the set behind a cost is cheap but not always the cheapest. A black start waits for no group,
    though its way includes them; one whose providers find no way with its help is not counted on.
    """
    starters = dark.starters
    while True:
        # Whether a black start is sound is only known when everybody's way is.
        until = only if len(starters) == 0 else EVERYBODY
        ways = _ways_with(dark, state, job_cost, starters, until)
        sound = np.ones(len(starters), np.bool_)
        for place in range(len(starters)):
            node = starters[place]
            for group in range(dark.group_start[node], dark.group_start[node + 1]):
                if not state.provided[group] and ways.provider[group] < 0:
                    sound[place] = False
        if np.all(sound):
            return ways
        starters = starters[sound]


@njit(cache=True, nogil=True)
def _ways_with(dark: Dark, state: DarkState, job_cost: Floats, starters: Ints, until: int) -> Ways:
    """Find the ways when these nodes need wait for none of their groups, until a given node has its own."""
    count = len(dark.weight)
    ways = Ways(
        np.full(count, np.inf),
        np.full(count, -1, np.int32),
        np.full(count, -1, np.int32),
        np.full(len(dark.group_dependent), -1, np.int32),
    )
    # A node is put on the heap at the start, and once for each feed and each provider that is found for it.
    most = count + 2 * len(dark.feeds_node) + len(dark.supplies_group) + 1
    front = Front(
        np.where(state.fed > 0, 0.0, np.inf),
        state.unmet.copy(),
        np.zeros(count),
        state.on.copy(),
        np.empty(most),
        np.empty(most, np.int32),
        np.zeros(1, np.int64),
    )
    front.waits[starters] = 0
    _spread(dark, state, job_cost, until, front, ways)
    return ways


@lean
def _spread(dark: Dark, state: DarkState, job_cost: Floats, until: int, front: Front, ways: Ways) -> None:
    """Find ways, the cheapest first, until a given node has its own."""
    for job in range(len(dark.job_node)):
        tail, head = dark.job_tail[job], dark.job_head[job]
        if dark.job_way[job] & CARRIES_OUT:
            _feed_by_job(dark, state, job_cost, job, tail, head, front.feed_cost, ways)
        if dark.job_way[job] & CARRIES_IN:
            _feed_by_job(dark, state, job_cost, job, head, tail, front.feed_cost, ways)
    for node in range(len(dark.weight)):
        if not front.settled[node]:
            _may_come_on(dark, state, job_cost, node, front)
    while front.size[0] > 0:
        cost, node = front.heap_cost[0], front.heap_node[0]
        _pop(front)
        if front.settled[node]:
            continue
        front.settled[node] = 1
        ways.cost[node] = cost
        if node == until:
            break
        for entry in range(dark.feeds_start[node], dark.feeds_start[node + 1]):
            job, other = dark.feeds_job[entry], dark.feeds_node[entry]
            through = cost + (job_cost[job] if job >= 0 and not state.done[job] else 0.0)
            if not front.settled[other] and through < front.feed_cost[other]:
                front.feed_cost[other] = through
                ways.feed[other] = node
                ways.feed_job[other] = job if job >= 0 and not state.done[job] else -1
                _may_come_on(dark, state, job_cost, other, front)
        _provide(dark, state, job_cost, node, front, ways)


@lean
def _provide(dark: Dark, state: DarkState, job_cost: Floats, node: int, front: Front, ways: Ways) -> None:
    """Let a node whose way is found provide for the groups that have no provider yet."""
    for entry in range(dark.supplies_start[node], dark.supplies_start[node + 1]):
        group = dark.supplies_group[entry]
        dependent = dark.group_dependent[group]
        if state.provided[group] or ways.provider[group] >= 0:
            continue
        ways.provider[group] = node
        if not front.settled[dependent] and front.waits[dependent] > 0:
            front.waits[dependent] -= 1
            front.groups_cost[dependent] += ways.cost[node]
            _may_come_on(dark, state, job_cost, dependent, front)


@lean
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


@lean
def _may_come_on(dark: Dark, state: DarkState, job_cost: Floats, node: int, front: Front) -> None:
    """Put a node on the heap if it waits for no group and is fed at some cost."""
    if front.waits[node] > 0 or front.feed_cost[node] == np.inf:
        return
    own = job_cost[dark.node_job[node]] if state.broken[node] else 0.0
    if own < np.inf:
        _push(front, own + front.feed_cost[node] + front.groups_cost[node], node)


@lean
def _push(front: Front, cost: float, node: int) -> None:
    place = front.size[0]
    front.size[0] += 1
    while place > 0:
        above = (place - 1) // 2
        if not _is_before(cost, node, front.heap_cost[above], front.heap_node[above]):
            break
        front.heap_cost[place], front.heap_node[place] = front.heap_cost[above], front.heap_node[above]
        place = above
    front.heap_cost[place], front.heap_node[place] = cost, node


@lean
def _pop(front: Front) -> None:
    """Take the first node off the heap."""
    front.size[0] -= 1
    size = front.size[0]
    cost, node = front.heap_cost[size], front.heap_node[size]
    place = np.int64(0)
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and _is_before(
            front.heap_cost[below + 1],
            front.heap_node[below + 1],
            front.heap_cost[below],
            front.heap_node[below],
        ):
            below += 1
        if not _is_before(front.heap_cost[below], front.heap_node[below], cost, node):
            break
        front.heap_cost[place], front.heap_node[place] = front.heap_cost[below], front.heap_node[below]
        place = below
    front.heap_cost[place], front.heap_node[place] = cost, node


@lean
def _is_before(cost: float, node: int, other_cost: float, other: int) -> bool:
    return cost < other_cost or (cost == other_cost and node < other)


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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
