"""The compiled loops: failures spread in waves, repairs let service grow back, buffers run out.

Everything works in place on a `State` and touches only what changed. A fallen part's neighbours are found
through the tree of feeds (who is reached through whom), so a cascade costs as much as the part of the network
that it darkens, not as much as the network.

A log is an array of rows (minute, wave, node, what, why): what happened to the node, and the number of the
group, node, link or repair that explains it. A function that writes to a log returns the log's new length.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import (
    CARRIES_IN,
    CARRIES_OUT,
    FED_BY_ITSELF,
    NODE,
    NOT_DRAINING,
    NOT_FED,
    Ints,
    Longs,
    Network,
    State,
)
from lifeline.lean import lean

BROKEN, LOST_PROVIDERS, CUT_OFF_BY_NODE, CUT_OFF_BY_LINK, BACK = 1, 2, 3, 4, 5
"What a log row says of its node."

PAUSED_IN_TRIAL = -2
"Value of `State.drains_since`: a trial start stopped this group from draining, and may yet be taken back."

ORPHAN, FALLING, WAIVED, PENDING = 1, 2, 4, 8
"""Bits of `State.mark`: its chain of feeds is cut; it goes dark in this wave; a black start tried without its
providers; it is right behind a cut and not looked at yet."""

NEVER = 2**62


@njit(cache=True)
def settle_undamaged(network: Network, state: State) -> None:
    """Leave the greatest set of nodes that satisfies the rule, starting from every node at work and no buffers."""
    count = len(network.source)
    queue = np.empty(count, np.int32)
    length = 0
    for node in range(count):
        if network.source[node]:
            state.feed_node[node] = FED_BY_ITSELF
            state.feed_link[node] = FED_BY_ITSELF
            queue[length] = node
            length += 1
    head = 0
    while head < length:
        node = queue[head]
        head += 1
        for entry in range(network.adjacent_start[node], network.adjacent_start[node + 1]):
            other = network.adjacent_node[entry]
            if state.feed_node[other] == NOT_FED and network.adjacent_way[entry] & CARRIES_OUT:
                state.feed_node[other] = node
                state.feed_link[other] = network.adjacent_link[entry]
                state.depth[other] = state.depth[node] + 1
                queue[length] = other
                length += 1
    fallen = 0
    for node in range(count):
        if state.feed_node[node] == NOT_FED:
            state.works[node] = 0
            queue[fallen] = node
            fallen += 1
    nothing = np.empty(0, np.int32)
    spread(network, state, queue[:fallen], nothing, nothing, 0, np.empty((count, 5), np.int32), 0)


@njit(cache=True)
def shock(network: Network, state: State, broken_nodes: Ints, broken_links: Ints) -> Ints:
    """Break nodes and links at minute 0 and let the failures spread; return the log of what went dark."""
    log = np.empty((len(network.source), 5), np.int32)
    length = _break(state, broken_nodes, broken_links, log)
    fallen, nothing = log[:length, NODE].copy(), np.empty(0, np.int32)
    length = spread(network, state, fallen, broken_links, nothing, 0, log, length)
    return log[:length]


@lean
def _break(state: State, broken_nodes: Ints, broken_links: Ints, log: Ints) -> int:
    length = 0
    for node in broken_nodes:
        state.node_intact[node] = 0
        if state.works[node]:
            state.works[node] = 0
            state.feed_node[node] = NOT_FED
            state.feed_link[node] = NOT_FED
            length = _write(log, length, 0, 0, node, BROKEN, node)
    for link in broken_links:
        state.link_intact[link] = 0
    return length


@njit(cache=True)
def spread(
    network: Network,
    state: State,
    fallen: Ints,
    broken_links: Ints,
    expired: Ints,
    minute: int,
    log: Ints,
    length: int,
) -> int:
    """Darken, wave after wave, every node that breaks the rule; return the length of the log.

    `fallen` are nodes just gone dark, `broken_links` links just gone, `expired` groups whose buffer has just
    run out. All nodes of one wave go together: each is judged by what was at work after the wave before.
    """
    count = len(network.source)
    falling, what, why = np.empty(count, np.int32), np.empty(count, np.int8), np.empty(count, np.int32)
    orphan, root = np.empty(count, np.int32), np.empty(count, np.int64)
    queue = np.empty(count, np.int32)
    wave = 1
    # Whoever was fed by a node that was cut off was looked at together with it: only the others leave orphans.
    feeding = fallen
    while len(fallen) > 0 or len(broken_links) > 0 or len(expired) > 0:
        unsupplied = _lose_providers(network, state, fallen, expired, minute, falling, what, why)
        orphans = _lose_feeds(network, state, feeding, broken_links, orphan, root)
        _find_other_feeds(network, state, orphan[:orphans], queue)
        count_falling = _cut_off(state, orphan[:orphans], root, falling, what, why, unsupplied)
        length = _go_dark(state, falling[:count_falling], what, why, minute, wave, log, length)
        fallen = falling[:count_falling].copy()
        feeding = fallen[:unsupplied]
        broken_links, expired = broken_links[:0], expired[:0]
        wave += 1
    return length


@lean
def _lose_providers(
    network: Network,
    state: State,
    fallen: Ints,
    expired: Ints,
    minute: int,
    falling: Ints,
    what: NDArray[np.int8],
    why: Ints,
) -> int:
    """List the nodes that go dark because a group of theirs has neither provider nor buffer; return their number."""
    length = 0
    for group in expired:
        length = _leave_unmet(network, state, group, falling, why, length)
    for node in fallen:
        for entry in range(network.supplies_start[node], network.supplies_start[node + 1]):
            group = network.supplies_group[entry]
            state.providers_working[group] -= 1
            if state.providers_working[group] > 0:
                continue
            if state.buffer_left[group] > 0:
                state.drains_since[group] = minute
            else:
                length = _leave_unmet(network, state, group, falling, why, length)
    for position in range(length):
        what[position] = LOST_PROVIDERS
    return length


@lean
def _leave_unmet(network: Network, state: State, group: int, falling: Ints, why: Ints, length: int) -> int:
    node = network.group_dependent[group]
    state.unmet[node] += 1
    if state.works[node] and not state.mark[node] & FALLING:
        state.mark[node] |= FALLING
        falling[length] = node
        why[length] = group
        length += 1
    return length


@njit(cache=True)
def _lose_feeds(
    network: Network, state: State, fallen: Ints, broken_links: Ints, orphan: Ints, root: Longs
) -> int:
    """List the working nodes whose chain of feeds is cut, each with the number of the node or link that cut it.

    Links are numbered behind the nodes. Return how many there are. Those right behind the cut are tried first, the
    nearest to a source first: where another neighbour nearer to a source works, the node is fed from there, and all
    that hangs on it stays as it is (the idea of Even and Shiloach, J. ACM 28, 1981, without its search for levels).
    """
    count = _list_first_orphans(network, state, fallen, broken_links, orphan, root)
    first, cause = orphan[:count].copy(), root[:count].copy()
    order = np.argsort(state.depth[first], kind="mergesort")
    return _orphan_or_refeed(network, state, first[order], cause[order], orphan, root)


@lean
def _list_first_orphans(
    network: Network, state: State, fallen: Ints, broken_links: Ints, orphan: Ints, root: Longs
) -> int:
    length = 0
    for link in broken_links:
        for node in (network.link_from[link], network.link_to[link]):
            if state.works[node] and state.feed_link[node] == link:
                state.mark[node] |= PENDING
                orphan[length] = node
                root[length] = len(network.source) + link
                length += 1
    for parent in fallen:
        for entry in range(network.adjacent_start[parent], network.adjacent_start[parent + 1]):
            node = network.adjacent_node[entry]
            if not state.works[node] or state.mark[node] & PENDING or state.feed_node[node] != parent:
                continue
            if state.feed_link[node] == network.adjacent_link[entry]:
                state.mark[node] |= PENDING
                orphan[length] = node
                root[length] = parent
                length += 1
    return length


@lean
def _orphan_or_refeed(
    network: Network, state: State, first: Ints, cause: Longs, orphan: Ints, root: Longs
) -> int:
    """Feed nodes behind a cut from elsewhere, or list them and all that hangs on them; return how many are listed.

    A neighbour of less depth cannot hang on the node. Nor on one still to be tried: those are no nearer to a source.
    """
    length = 0
    for place in range(len(first)):
        node = first[place]
        state.mark[node] &= ~np.uint8(PENDING)
        if _refeed_from_nearer(network, state, node):
            continue
        state.mark[node] |= ORPHAN
        orphan[length] = node
        root[length] = cause[place]
        position = length
        length += 1
        while position < length:
            parent = orphan[position]
            position += 1
            for entry in range(network.adjacent_start[parent], network.adjacent_start[parent + 1]):
                other = network.adjacent_node[entry]
                if not state.works[other] or state.mark[other] & ORPHAN or state.feed_node[other] != parent:
                    continue
                if state.feed_link[other] == network.adjacent_link[entry]:
                    state.mark[other] |= ORPHAN
                    orphan[length] = other
                    root[length] = cause[place]
                    length += 1
    return length


@lean
def _refeed_from_nearer(network: Network, state: State, node: int) -> bool:
    for entry in range(network.adjacent_start[node], network.adjacent_start[node + 1]):
        other = network.adjacent_node[entry]
        if not state.works[other] or state.mark[other] & ORPHAN or state.depth[other] >= state.depth[node]:
            continue
        if network.adjacent_way[entry] & CARRIES_IN and state.link_intact[network.adjacent_link[entry]]:
            state.feed_node[node] = other
            state.feed_link[node] = network.adjacent_link[entry]
            return True
    return False


@lean
def _find_other_feeds(network: Network, state: State, orphans: Ints, queue: Ints) -> None:
    """Feed orphans again where a working node that is no orphan, or an orphan fed again, still reaches them.

    A source is never an orphan: it feeds itself.
    """
    for first in orphans:
        if not state.mark[first] & ORPHAN:
            continue
        length = 0
        for entry in range(network.adjacent_start[first], network.adjacent_start[first + 1]):
            other = network.adjacent_node[entry]
            if not state.works[other] or state.mark[other] & ORPHAN:
                continue
            if network.adjacent_way[entry] & CARRIES_IN and state.link_intact[network.adjacent_link[entry]]:
                state.mark[first] &= ~np.uint8(ORPHAN)
                state.feed_node[first] = other
                state.feed_link[first] = network.adjacent_link[entry]
                state.depth[first] = state.depth[other] + 1
                queue[0] = first
                length = 1
                break
        head = 0
        while head < length:
            node = queue[head]
            head += 1
            for entry in range(network.adjacent_start[node], network.adjacent_start[node + 1]):
                other = network.adjacent_node[entry]
                if not state.mark[other] & ORPHAN or not network.adjacent_way[entry] & CARRIES_OUT:
                    continue
                if state.link_intact[network.adjacent_link[entry]]:
                    state.mark[other] &= ~np.uint8(ORPHAN)
                    state.feed_node[other] = node
                    state.feed_link[other] = network.adjacent_link[entry]
                    state.depth[other] = state.depth[node] + 1
                    queue[length] = other
                    length += 1


@lean
def _find_feed(network: Network, state: State, node: int) -> bool:
    """Feed a dark node from itself or from a working neighbour; return whether there is one."""
    if network.source[node]:
        state.feed_node[node] = FED_BY_ITSELF
        state.feed_link[node] = FED_BY_ITSELF
        state.depth[node] = 0
        return True
    for entry in range(network.adjacent_start[node], network.adjacent_start[node + 1]):
        other = network.adjacent_node[entry]
        link = network.adjacent_link[entry]
        if state.works[other] and network.adjacent_way[entry] & CARRIES_IN and state.link_intact[link]:
            state.feed_node[node] = other
            state.feed_link[node] = link
            state.depth[node] = state.depth[other] + 1
            return True
    return False


@lean
def _cut_off(
    state: State, orphans: Ints, root: Longs, falling: Ints, what: NDArray[np.int8], why: Ints, length: int
) -> int:
    """Add the orphans that found no other feed to the nodes that go dark; return how many there are now."""
    count = len(state.works)
    for position in range(len(orphans)):
        node = orphans[position]
        if state.mark[node] & ORPHAN and not state.mark[node] & FALLING:
            by_link = root[position] >= count
            falling[length] = node
            what[length] = CUT_OFF_BY_LINK if by_link else CUT_OFF_BY_NODE
            why[length] = root[position] - count if by_link else root[position]
            length += 1
        state.mark[node] &= ~np.uint8(ORPHAN)
    return length


@lean
def _go_dark(
    state: State,
    falling: Ints,
    what: NDArray[np.int8],
    why: Ints,
    minute: int,
    wave: int,
    log: Ints,
    length: int,
) -> int:
    for position in range(len(falling)):
        node = falling[position]
        state.works[node] = 0
        state.feed_node[node] = NOT_FED
        state.feed_link[node] = NOT_FED
        state.mark[node] = 0
        length = _write(log, length, minute, wave, node, what[position], why[position])
    return length


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
        state.feed_node[node] = NOT_FED
        state.feed_link[node] = NOT_FED
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
        length = _write(log, length, minute, 0, node, BACK, event)
    return length


@lean
def _write(log: Ints, length: int, minute: int, wave: int, node: int, what: int, why: int) -> int:
    log[length, 0] = minute
    log[length, 1] = wave
    log[length, 2] = node
    log[length, 3] = what
    log[length, 4] = why
    return length + 1
