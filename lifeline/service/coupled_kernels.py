"""The compiled loops of a city whose sectors follow service rules of their own, coupled by dependencies.

At each instant all sectors that something happened in are worked out anew, in rounds, until nothing changes any more:
who is reached, who gets how much, who therefore works, and whose dependencies that meets or breaks. From all at work
this leaves, for connectivity, the greatest set that satisfies the rule; from what is at work after a shock it grows.
Under limited capacities a repair may take service from somebody else. A node that goes off twice at one instant stays
off until the next, so the rounds come to an end.

A sector whose rule is not compiled is handed out: `settle` then returns its number, and goes on where it was once the
answer has been written to `Coupled.outside_reached` and `Coupled.flow.served`.
"""

from __future__ import annotations

from typing import NamedTuple

from lifeline.compiled import (
    CARRIES_IN,
    CARRIES_OUT,
    FED_BY_ITSELF,
    FULL,
    NOT_DRAINING,
    NOT_FED,
    Flags,
    Ints,
    Longs,
    Network,
)
from lifeline.kernels import BACK, CUT_OFF_BY_LINK, CUT_OFF_BY_NODE, LOST_PROVIDERS, write
from lifeline.lean import lean
from lifeline.service.flow_kernels import FlowGraph, FlowRoom, FlowState, forget_flow, serve_in_order

CONNECTIVITY, FLOW, OUTSIDE = 0, 1, 2
"Codes of a sector's rule."

SHORT = 6
"What a log row says of a node that is reached but gets too little."

CLEAN, GREW, CHANGED = 0, 1, 2
"What happened in a sector since it was last worked out: nothing, only more is able, anything."

NOTHING_PENDING = -1
"What the loops return when they are done."

MOST_FALLS = 2
NO_EVENT = -1


class Sectors(NamedTuple):
    """Which node is of which sector, by which rule, and how much each has to get in order to work.

    The nodes of sector s are sector_nodes[sector_start[s]:sector_start[s + 1]]; those among them that draw, in order of
    rank, are drawing[drawing_start[s]:...]. The last sector holds the hidden nodes of alternative supplies.
    """

    sector: Ints
    code: Ints
    sector_start: Ints
    sector_nodes: Ints
    drawing_start: Ints
    drawing: Ints
    enough: Longs
    hidden_from: int


class Coupled(NamedTuple):
    """Which parts are intact, able, reached and at work at one instant; the loops change it in place.

    A node is able when it is intact and every group of its dependencies has a provider or a buffer. `level` is what was
    last written down of it: units of flow where its sector is not under connectivity and it draws something, else FULL
    or 0.
    """

    works: Flags
    node_intact: Flags
    link_intact: Flags
    able: Flags
    reached: Flags
    outside_reached: Flags
    feed_link: Ints
    providers_working: Ints
    unmet: Ints
    buffer_left: Ints
    drains_since: Ints
    waived: Flags
    falls: Flags
    dirty: Ints
    answered: Flags
    changed: Flags
    level: Longs
    flow: FlowState


MINUTE_NOW, WAVE_NOW, LOGGED, WRITTEN = range(4)
"Where the loops stand: entries of an array `at`, of which `coupled_replay` has some more."


class Room(NamedTuple):
    """Room for the loops: nodes on their way, old feeds, searches, the passing nodes."""

    queue: Ints
    flipped: Ints
    old_feed: Ints
    passing: Flags
    search: FlowRoom


@lean
def set_able(sectors: Sectors, state: Coupled, node: int) -> None:
    """Work out anew whether a node is able to work, and note its sector if that changed."""
    able = state.node_intact[node] and (state.unmet[node] == 0 or state.waived[node])
    if able == state.able[node]:
        return
    state.able[node] = able
    sector = sectors.sector[node]
    state.dirty[sector] = max(state.dirty[sector], GREW if able else CHANGED)


@lean
def break_node(network: Network, sectors: Sectors, state: Coupled, node: int, minute: int) -> None:
    """Break a node; if it was at work, whatever depends on it loses it."""
    state.node_intact[node] = 0
    set_able(sectors, state, node)
    if state.works[node]:
        _switch(network, sectors, state, node, minute)


@lean
def set_link(network: Network, sectors: Sectors, state: Coupled, link: int, intact: int) -> None:
    """Break or mend a link."""
    if state.link_intact[link] != intact:
        state.link_intact[link] = intact
        sector = sectors.sector[network.link_from[link]]
        state.dirty[sector] = max(state.dirty[sector], GREW if intact else CHANGED)


@lean
def _switch(network: Network, sectors: Sectors, state: Coupled, node: int, minute: int) -> None:
    """Switch a node on or off, and tell those that depend on it."""
    on = 1 - state.works[node]
    state.works[node] = on
    sector = sectors.sector[node]
    state.changed[sector] = 1
    if not on and not state.able[node]:
        # Until now the node still passed service on to others.
        state.dirty[sector] = CHANGED
    for entry in range(network.supplies_start[node], network.supplies_start[node + 1]):
        group = network.supplies_group[entry]
        dependent = network.group_dependent[group]
        if on:
            state.providers_working[group] += 1
            if state.providers_working[group] > 1:
                continue
            if state.drains_since[group] >= 0:
                state.buffer_left[group] -= minute - state.drains_since[group]
                state.drains_since[group] = NOT_DRAINING
            else:
                state.unmet[dependent] -= 1
                set_able(sectors, state, dependent)
        else:
            state.providers_working[group] -= 1
            if state.providers_working[group] > 0:
                continue
            if state.buffer_left[group] > 0:
                state.drains_since[group] = minute
            else:
                state.unmet[dependent] += 1
                set_able(sectors, state, dependent)


@lean
def _passes(sectors: Sectors, state: Coupled, sector: int, node: int) -> bool:
    """Tell whether a node passes service on to others in this round.

    Under connectivity one that has just lost its providers still does: what hangs on it goes in the next wave.
    """
    return state.able[node] or (state.works[node] and sectors.code[sector] == CONNECTIVITY)


@lean
def _reach(network: Network, sectors: Sectors, state: Coupled, room: Room, sector: int) -> None:
    """Work out anew who of a sector is reached from a source over what passes service on."""
    first, last = sectors.sector_start[sector], sectors.sector_start[sector + 1]
    length = 0
    for place in range(first, last):
        node = sectors.sector_nodes[place]
        room.old_feed[node] = state.feed_link[node]
        state.feed_link[node] = NOT_FED
        state.reached[node] = 0
        room.passing[node] = _passes(sectors, state, sector, node)
        if room.passing[node] and network.source[node]:
            state.feed_link[node] = FED_BY_ITSELF
            state.reached[node] = 1
            room.queue[length] = node
            length += 1
    _spread_reach(network, state, room, length)


@lean
def _spread_reach(network: Network, state: Coupled, room: Room, length: int) -> None:
    head = 0
    while head < length:
        node = room.queue[head]
        head += 1
        for entry in range(network.adjacent_start[node], network.adjacent_start[node + 1]):
            other, link = network.adjacent_node[entry], network.adjacent_link[entry]
            if state.reached[other] or not room.passing[other] or not state.link_intact[link]:
                continue
            if network.adjacent_way[entry] & CARRIES_OUT:
                state.reached[other] = 1
                state.feed_link[other] = link
                room.queue[length] = other
                length += 1


@lean
def _reach_further(network: Network, sectors: Sectors, state: Coupled, room: Room, sector: int) -> None:
    """Let reach grow in a sector in which nothing was lost."""
    length = 0
    for place in range(sectors.sector_start[sector], sectors.sector_start[sector + 1]):
        node = sectors.sector_nodes[place]
        room.passing[node] = _passes(sectors, state, sector, node)
        if state.reached[node] or not room.passing[node]:
            continue
        if network.source[node]:
            state.feed_link[node] = FED_BY_ITSELF
            state.reached[node] = 1
        else:
            for entry in range(network.adjacent_start[node], network.adjacent_start[node + 1]):
                other, link = network.adjacent_node[entry], network.adjacent_link[entry]
                fed = state.reached[other] and network.adjacent_way[entry] & CARRIES_IN
                if fed and state.link_intact[link]:
                    state.feed_link[node] = link
                    state.reached[node] = 1
                    break
        if state.reached[node]:
            room.queue[length] = node
            length += 1
    _spread_reach(network, state, room, length)


@lean
def _work_out(
    network: Network, sectors: Sectors, graph: FlowGraph, state: Coupled, room: Room, sector: int
) -> None:
    """Work out who is reached in a sector and who gets how much."""
    code = sectors.code[sector]
    if state.dirty[sector] == GREW and code != OUTSIDE:
        _reach_further(network, sectors, state, room, sector)
    else:
        _reach(network, sectors, state, room, sector)
    if code == FLOW:
        nodes = sectors.sector_nodes[sectors.sector_start[sector] : sectors.sector_start[sector + 1]]
        drawing = sectors.drawing[sectors.drawing_start[sector] : sectors.drawing_start[sector + 1]]
        if state.dirty[sector] == CHANGED:
            forget_flow(graph, state.flow, drawing, nodes)
            state.changed[sector] = 1
        if serve_in_order(graph, state.flow, room.search, room.passing, state.link_intact, drawing):
            state.changed[sector] = 1
    elif code == OUTSIDE:
        for place in range(sectors.sector_start[sector], sectors.sector_start[sector + 1]):
            node = sectors.sector_nodes[place]
            state.reached[node] = state.reached[node] and state.outside_reached[node]
        state.changed[sector] = 1


@lean
def settle(
    network: Network,
    sectors: Sectors,
    graph: FlowGraph,
    state: Coupled,
    room: Room,
    minute: int,
    log: Ints,
    at: Longs,
) -> int:
    """Let a state come to rest, round after round; return a sector that has to be answered first, or NOTHING_PENDING.

    Whoever goes off or comes on is written to the log (minute, wave, node, what, why); without rows in it nothing is.
    """
    count = len(sectors.code)
    while True:
        any_dirty = False
        for sector in range(count):
            if state.dirty[sector] == CLEAN:
                continue
            any_dirty = True
            if sectors.code[sector] == OUTSIDE and not state.answered[sector]:
                return sector
        if not any_dirty:
            return NOTHING_PENDING
        at[WAVE_NOW] += 1
        flips = 0
        for sector in range(count):
            if state.dirty[sector] == CLEAN:
                continue
            _work_out(network, sectors, graph, state, room, sector)
            state.dirty[sector] = CLEAN
            state.answered[sector] = 0
            for place in range(sectors.sector_start[sector], sectors.sector_start[sector + 1]):
                node = sectors.sector_nodes[place]
                works = state.able[node] and state.reached[node]
                works = works and state.flow.served[node] >= sectors.enough[node]
                works = works and state.falls[node] < MOST_FALLS
                if works != state.works[node]:
                    room.flipped[flips] = node
                    flips += 1
        if len(log) > 0:
            # All of one round go together: each is explained by what was at work after the round before.
            for place in range(flips):
                _write_flip(network, state, room, room.flipped[place], minute, log, at)
        for place in range(flips):
            node = room.flipped[place]
            state.falls[node] += state.works[node]
            _switch(network, sectors, state, node, minute)


@lean
def _write_flip(
    network: Network, state: Coupled, room: Room, node: int, minute: int, log: Ints, at: Longs
) -> None:
    """Write down why a node goes off, or that it comes on."""
    what, why = BACK, NO_EVENT
    if state.works[node]:
        what = SHORT
        if not state.able[node]:
            what = LOST_PROVIDERS
            for group in range(network.group_start[node], network.group_start[node + 1]):
                if state.providers_working[group] == 0 and state.drains_since[group] == NOT_DRAINING:
                    why = group
                    break
        elif not state.reached[node]:
            # Follow the chain of feeds upstream to where it is cut; a chain that is whole is too long for the rule.
            above = node
            while room.old_feed[above] >= 0:
                link = room.old_feed[above]
                if not state.link_intact[link]:
                    what, why = CUT_OFF_BY_LINK, link
                    break
                above = network.link_to[link] if network.link_from[link] == above else network.link_from[link]
                if not state.able[above] and not state.works[above]:
                    what, why = CUT_OFF_BY_NODE, above
                    break
    at[LOGGED] = write(log, at[LOGGED], minute, at[WAVE_NOW], node, what, why)


@lean
def write_levels(
    network: Network, sectors: Sectors, graph: FlowGraph, state: Coupled, levels: Longs, event: int, at: Longs
) -> None:
    """Write down every node whose level changed since this was last done: minute, node, level, event."""
    hidden = len(sectors.code) - 1
    for sector in range(hidden):
        if state.changed[sector]:
            state.changed[hidden] = 1
    for sector in range(len(sectors.code)):
        if not state.changed[sector]:
            continue
        state.changed[sector] = 0
        for place in range(sectors.sector_start[sector], sectors.sector_start[sector + 1]):
            node = sectors.sector_nodes[place]
            level = level_of(network, sectors, graph, state, node)
            if level != state.level[node]:
                state.level[node] = level
                row = at[WRITTEN]
                levels[row, 0], levels[row, 1] = at[MINUTE_NOW], node
                levels[row, 2], levels[row, 3] = level, event
                at[WRITTEN] += 1


@lean
def level_of(network: Network, sectors: Sectors, graph: FlowGraph, state: Coupled, node: int) -> int:
    """Return what a node gets: units of flow if it draws any under a rule that counts them, else FULL or 0.

    A hidden node, which stands for alternatives of a supply, has the part in a million of the best of them.
    """
    if node >= sectors.hidden_from:
        best = 0
        for group in range(network.group_start[node], network.group_start[node + 1]):
            for entry in range(network.provider_start[group], network.provider_start[group + 1]):
                provider = network.provider_node[entry]
                level = level_of_real(sectors, graph, state, provider)
                if graph.rank[provider] >= 0:
                    level = level * FULL // graph.demand[provider]
                best = max(best, level)
        return best
    return level_of_real(sectors, graph, state, node)


@lean
def level_of_real(sectors: Sectors, graph: FlowGraph, state: Coupled, node: int) -> int:
    """Return the level of a node that is no hidden one."""
    if graph.rank[node] >= 0:
        return state.flow.served[node] if state.reached[node] and state.able[node] else 0
    return FULL if state.works[node] else 0
