"""The compiled loops of failure: what breaks, and how it spreads in waves.

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
    NOT_FED,
    UNREACHED,
    Ints,
    Network,
    State,
)
from lifeline.lean import lean

BROKEN, LOST_PROVIDERS, CUT_OFF_BY_NODE, CUT_OFF_BY_LINK, BACK = 1, 2, 3, 4, 5
"What a log row says of its node."

ORPHAN, FALLING, WAIVED = 1, 2, 4
"""Bits of `State.mark`: its chain of feeds is cut; it goes dark in this wave; a black start tried without its
providers."""


@njit(cache=True)
def settle_undamaged(network: Network, state: State) -> None:
    """Leave the greatest set of nodes that satisfies the rule, starting from every node at work and no buffers."""
    count = len(network.source)
    queue = np.empty(count, np.int32)
    length = 0
    for node in range(count):
        if network.source[node]:
            state.feed_link[node] = FED_BY_ITSELF
            state.depth[node] = 0
            queue[length] = node
            length += 1
    head = 0
    while head < length:
        node = queue[head]
        head += 1
        for entry in range(network.adjacent_start[node], network.adjacent_start[node + 1]):
            other = network.adjacent_node[entry]
            if state.depth[other] == UNREACHED and network.adjacent_way[entry] & CARRIES_OUT:
                state.feed_link[other] = network.adjacent_link[entry]
                state.depth[other] = state.depth[node] + 1
                queue[length] = other
                length += 1
    fallen = 0
    for node in range(count):
        if state.depth[node] == UNREACHED:
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
            state.feed_link[node] = NOT_FED
            state.depth[node] = UNREACHED
            length = write(log, length, 0, 0, node, BROKEN, node)
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
    orphan, root = np.empty(count, np.int32), np.empty(count, np.int32)
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
    network: Network, state: State, fallen: Ints, broken_links: Ints, orphan: Ints, root: Ints
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
    network: Network, state: State, fallen: Ints, broken_links: Ints, orphan: Ints, root: Ints
) -> int:
    length = 0
    for link in broken_links:
        for node in (network.link_from[link], network.link_to[link]):
            if state.feed_link[node] == link:
                state.feed_link[node] = NOT_FED
                orphan[length] = node
                root[length] = len(network.source) + link
                length += 1
    for parent in fallen:
        for entry in range(network.adjacent_start[parent], network.adjacent_start[parent + 1]):
            node = network.adjacent_node[entry]
            if state.feed_link[node] == network.adjacent_link[entry]:
                state.feed_link[node] = NOT_FED
                orphan[length] = node
                root[length] = parent
                length += 1
    return length


@lean
def _orphan_or_refeed(
    network: Network, state: State, first: Ints, cause: Ints, orphan: Ints, root: Ints
) -> int:
    """Feed nodes behind a cut from elsewhere, or list them and all that hangs on them; return how many are listed.

    A neighbour of less depth cannot hang on the node. Nor on one still to be tried: those are no nearer to a source.
    """
    length = 0
    for place in range(len(first)):
        node = first[place]
        if _refeed_from_nearer(network, state, node):
            continue
        state.mark[node] |= ORPHAN
        state.depth[node] = UNREACHED
        orphan[length] = node
        root[length] = cause[place]
        position = length
        length += 1
        while position < length:
            parent = orphan[position]
            position += 1
            for entry in range(network.adjacent_start[parent], network.adjacent_start[parent + 1]):
                other = network.adjacent_node[entry]
                if state.feed_link[other] == network.adjacent_link[entry]:
                    state.mark[other] |= ORPHAN
                    state.feed_link[other] = NOT_FED
                    state.depth[other] = UNREACHED
                    orphan[length] = other
                    root[length] = cause[place]
                    length += 1
    return length


@lean
def _refeed_from_nearer(network: Network, state: State, node: int) -> bool:
    for entry in range(network.adjacent_start[node], network.adjacent_start[node + 1]):
        other = network.adjacent_node[entry]
        if state.depth[other] >= state.depth[node]:
            continue
        if network.adjacent_way[entry] & CARRIES_IN and state.link_intact[network.adjacent_link[entry]]:
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
            if state.depth[other] == UNREACHED:
                continue
            if network.adjacent_way[entry] & CARRIES_IN and state.link_intact[network.adjacent_link[entry]]:
                state.mark[first] &= ~np.uint8(ORPHAN)
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
                    state.feed_link[other] = network.adjacent_link[entry]
                    state.depth[other] = state.depth[node] + 1
                    queue[length] = other
                    length += 1


@lean
def _cut_off(
    state: State, orphans: Ints, root: Ints, falling: Ints, what: NDArray[np.int8], why: Ints, length: int
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
        state.feed_link[node] = NOT_FED
        state.depth[node] = UNREACHED
        state.mark[node] = 0
        length = write(log, length, minute, wave, node, what[position], why[position])
    return length


@lean
def write(log: Ints, length: int, minute: int, wave: int, node: int, what: int, why: int) -> int:
    """Add a row to a log; return its new length."""
    log[length, 0] = minute
    log[length, 1] = wave
    log[length, 2] = node
    log[length, 3] = what
    log[length, 4] = why
    return length + 1
