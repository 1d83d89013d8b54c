"""The compiled loops of restoration: repairs let service grow back, black starts are tried, buffers run out.

Like the loops of failure in `kernels.py` they work in place on a `State`, touch only what changes, and write what
they do to a log.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lifeline.compiled import (
    CARRIES_IN,
    CARRIES_OUT,
    FED_BY_ITSELF,
    NOT_DRAINING,
    NOT_FED,
    UNREACHED,
    Ints,
    Longs,
    Network,
    State,
)
from lifeline.kernels import BACK, WAIVED, spread, write
from lifeline.lean import lean

PAUSED_IN_TRIAL = -2
"Value of `State.drains_since`: a trial start stopped this group from draining, and may yet be taken back."

NEVER = 2**62


@njit(cache=True)
def replay(
    network: Network, state: State, event_minute: Longs, event_is_link: Longs, event_part: Longs, until: int
) -> Ints:
    """Let repairs happen and buffers run out, in order of time, up to and with minute `until`; return the log.

    Events are sorted by minute. At one instant repairs come first, then growth, then the buffers that run
    out.
    """
    log = np.empty((1024, 5), np.int32)
    length = 0
    buffered = np.flatnonzero(network.group_buffer > 0)
    queue = np.empty(len(network.source), np.int32)
    event = 0
    # Repairs only make buffers last longer, so this minute is looked for anew only when it has come.
    next_expiry = _next_expiry(state, buffered)
    while True:
        minute = next_expiry
        if event < len(event_minute):
            minute = min(minute, event_minute[event])
        if minute > until or minute >= NEVER:
            return log[:length]
        # At one instant a node comes on at most once and goes dark at most once.
        log = _with_room(log, length, 2 * len(network.source))
        any_repair = False
        while event < len(event_minute) and event_minute[event] == minute:
            grown = _repair(network, state, event_is_link[event], event_part[event], minute, queue)
            length = _write_back(log, length, minute, queue[:grown], event)
            event += 1
            any_repair = True
        if any_repair and len(network.black_start_nodes) > 0:
            grown = _black_start(network, state, minute, queue)
            length = _write_back(log, length, minute, queue[:grown], event - 1)
        if minute == next_expiry:
            length = _expire(network, state, buffered, minute, log, length)
            next_expiry = _next_expiry(state, buffered)


@njit(cache=True)
def _with_room(log: Ints, length: int, room: int) -> Ints:
    if length + room <= len(log):
        return log
    larger = np.empty((2 * length + room, 5), np.int32)
    larger[:length] = log[:length]
    return larger


@lean
def _next_expiry(state: State, buffered: Longs) -> int:
    soonest = np.int64(NEVER)
    for group in buffered:
        if state.drains_since[group] >= 0:
            soonest = min(soonest, np.int64(state.drains_since[group]) + state.buffer_left[group])
    return soonest


@njit(cache=True)
def _expire(network: Network, state: State, buffered: Longs, minute: int, log: Ints, length: int) -> int:
    expired = np.empty(len(buffered), np.int32)
    count = 0
    for group in buffered:
        since = state.drains_since[group]
        if since >= 0 and np.int64(since) + state.buffer_left[group] <= minute:
            state.drains_since[group] = NOT_DRAINING
            state.buffer_left[group] = 0
            expired[count] = group
            count += 1
    nothing = np.empty(0, np.int32)
    return spread(network, state, nothing, nothing, expired[:count], minute, log, length)


@lean
def _repair(network: Network, state: State, is_link: int, part: int, minute: int, queue: Ints) -> int:
    """Mend one node or link and let service grow from it; the nodes that came on stand in the queue."""
    length = 0
    if is_link:
        state.link_intact[part] = 1
        for node in (network.link_from[part], network.link_to[part]):
            if _start(network, state, node):
                queue[length] = node
                length += 1
    else:
        state.node_intact[part] = 1
        if _start(network, state, part):
            queue[0] = part
            length = 1
    return _grow(network, state, minute, queue, length, NOT_DRAINING)


@lean
def _find_feed(network: Network, state: State, node: int) -> bool:
    """Feed a dark node from itself or from a working neighbour; return whether there is one."""
    if network.source[node]:
        state.feed_link[node] = FED_BY_ITSELF
        state.depth[node] = 0
        return True
    for entry in range(network.adjacent_start[node], network.adjacent_start[node + 1]):
        other = network.adjacent_node[entry]
        link = network.adjacent_link[entry]
        if state.works[other] and network.adjacent_way[entry] & CARRIES_IN and state.link_intact[link]:
            state.feed_link[node] = link
            state.depth[node] = state.depth[other] + 1
            return True
    return False


@lean
def _start(network: Network, state: State, node: int) -> bool:
    """Switch a dark node on if the rule lets it work; return whether it came on."""
    if state.works[node] or not state.node_intact[node]:
        return False
    if state.unmet[node] > 0 and not state.mark[node] & WAIVED:
        return False
    if not _find_feed(network, state, node):
        return False
    state.works[node] = 1
    return True


@lean
def _grow(network: Network, state: State, minute: int, queue: Ints, length: int, paused: int) -> int:
    """Let service grow from the nodes in the queue, which have just come on; return how many came on in all.

    `paused` is written where a group stops draining: NOT_DRAINING for good, PAUSED_IN_TRIAL when it may be
    undone.
    """
    head = 0
    while head < length:
        node = queue[head]
        head += 1
        for entry in range(network.supplies_start[node], network.supplies_start[node + 1]):
            group = network.supplies_group[entry]
            state.providers_working[group] += 1
            if state.providers_working[group] > 1:
                continue
            if state.drains_since[group] >= 0:
                state.buffer_left[group] -= minute - state.drains_since[group]
                state.drains_since[group] = paused
                continue
            dependent = network.group_dependent[group]
            state.unmet[dependent] -= 1
            if _start(network, state, dependent):
                queue[length] = dependent
                length += 1
        for entry in range(network.adjacent_start[node], network.adjacent_start[node + 1]):
            if (
                not network.adjacent_way[entry] & CARRIES_OUT
                or not state.link_intact[network.adjacent_link[entry]]
            ):
                continue
            if _start(network, state, network.adjacent_node[entry]):
                queue[length] = network.adjacent_node[entry]
                length += 1
    return length


@lean
def _black_start(network: Network, state: State, minute: int, queue: Ints) -> int:
    """Start the largest set of black-start nodes that brings its own providers back; return how many nodes came on.

    All are tried at once; those whose providers stay dark are taken back and the rest tried again. What is
    refused with more help would be refused with less, so what remains is the largest such set.
    """
    tried = False
    for node in network.black_start_nodes:
        if not state.works[node] and state.node_intact[node] and state.unmet[node] > 0:
            state.mark[node] |= WAIVED
            tried = True
    length = 0
    while tried:
        length = 0
        for node in network.black_start_nodes:
            if state.mark[node] & WAIVED and _start(network, state, node):
                queue[length] = node
                length += 1
        length = _grow(network, state, minute, queue, length, PAUSED_IN_TRIAL)
        refused = 0
        for node in network.black_start_nodes:
            if state.mark[node] & WAIVED and state.works[node] and state.unmet[node] > 0:
                state.mark[node] &= ~np.uint8(WAIVED)
                refused += 1
        if refused == 0:
            _keep(network, state, queue[:length])
            break
        _take_back(network, state, minute, queue[:length])
    for node in network.black_start_nodes:
        state.mark[node] &= ~np.uint8(WAIVED)
    return length


@lean
def _keep(network: Network, state: State, nodes: Ints) -> None:
    for node in nodes:
        for entry in range(network.supplies_start[node], network.supplies_start[node + 1]):
            if state.drains_since[network.supplies_group[entry]] == PAUSED_IN_TRIAL:
                state.drains_since[network.supplies_group[entry]] = NOT_DRAINING


@lean
def _take_back(network: Network, state: State, minute: int, nodes: Ints) -> None:
    for node in nodes:
        state.works[node] = 0
        state.feed_link[node] = NOT_FED
        state.depth[node] = UNREACHED
        for entry in range(network.supplies_start[node], network.supplies_start[node + 1]):
            group = network.supplies_group[entry]
            state.providers_working[group] -= 1
            if state.providers_working[group] > 0:
                continue
            if state.drains_since[group] == PAUSED_IN_TRIAL:
                state.drains_since[group] = minute
            else:
                state.unmet[network.group_dependent[group]] += 1


@lean
def _write_back(log: Ints, length: int, minute: int, nodes: Ints, event: int) -> int:
    for node in nodes:
        length = write(log, length, minute, 0, node, BACK, event)
    return length
