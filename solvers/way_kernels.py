"""The compiled search for ways back: which jobs bring a dark node on most cheaply."""

from __future__ import annotations

import heapq
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
    feed_cost = np.where(state.fed > 0, 0.0, np.inf)
    waits, groups_cost = state.unmet.copy(), np.zeros(count)
    waits[starters] = 0
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
        if node == until:
            break
        for entry in range(dark.feeds_start[node], dark.feeds_start[node + 1]):
            job, other = dark.feeds_job[entry], dark.feeds_node[entry]
            through = cost + (job_cost[job] if job >= 0 and not state.done[job] else 0.0)
            if not settled[other] and through < feed_cost[other]:
                feed_cost[other] = through
                ways.feed[other] = node
                ways.feed_job[other] = job if job >= 0 and not state.done[job] else -1
                _push(heap, dark, state, job_cost, other, feed_cost, waits, groups_cost)
        _provide(heap, dark, state, job_cost, node, settled, feed_cost, waits, groups_cost, ways)
    return ways


@njit(cache=True, nogil=True)
def _provide(
    heap: list[tuple[float, int]],
    dark: Dark,
    state: DarkState,
    job_cost: Floats,
    node: int,
    settled: Flags,
    feed_cost: Floats,
    waits: Ints,
    groups_cost: Floats,
    ways: Ways,
) -> None:
    """Let a node whose way is found provide for the groups that have no provider yet."""
    for entry in range(dark.supplies_start[node], dark.supplies_start[node + 1]):
        group = dark.supplies_group[entry]
        dependent = dark.group_dependent[group]
        if state.provided[group] or ways.provider[group] >= 0:
            continue
        ways.provider[group] = node
        if not settled[dependent] and waits[dependent] > 0:
            waits[dependent] -= 1
            groups_cost[dependent] += ways.cost[node]
            _push(heap, dark, state, job_cost, dependent, feed_cost, waits, groups_cost)


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


@njit(cache=True, nogil=True)
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
