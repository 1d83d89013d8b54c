"""The compiled loop of time under service rules: repairs, what they change, black starts, buffers that run out.

`advance` stops where it cannot go on (a sector has to be answered by a rule that is not compiled, a log is full) and
goes on from there when it is called again; where it stands is in the array `at`.
"""

from __future__ import annotations

from typing import NamedTuple

from lifeline.compiled import NOT_DRAINING, Ints, Longs, Network
from lifeline.lean import lean
from lifeline.service.coupled_kernels import (
    LOGGED,
    MINUTE_NOW,
    MOST_FALLS,
    NO_EVENT,
    NOTHING_PENDING,
    WAVE_NOW,
    WRITTEN,
    Coupled,
    Room,
    Sectors,
    set_able,
    set_link,
    settle,
    write_levels,
)
from lifeline.service.flow_kernels import FlowGraph

EVENT, PHASE, LOGGED_BEFORE_TRIAL = 4, 5, 6
PLACES_IN_AT = 7

IDLE, REPAIRING, TRYING, STARTED, EXPIRING = range(5)
"Phases of an instant: none, after a repair, while black starts are tried, after them, after buffers have run out."

MORE_ROOM = -2
"What `advance` returns when the log or the levels are too short to go on."

ROWS_A_NODE = 2 * MOST_FALLS + 2
"Rows that a node may fill in the log at one instant, black starts that are tried included."

NEVER = 2**62


class Events(NamedTuple):
    """What is mended when, sorted by minute; `number` is what the levels say of it, NO_EVENT for no visit."""

    minute: Longs
    is_link: Longs
    part: Longs
    number: Longs


@lean
def advance(
    network: Network,
    sectors: Sectors,
    graph: FlowGraph,
    state: Coupled,
    spare: Coupled,
    room: Room,
    events: Events,
    buffered: Ints,
    log: Ints,
    levels: Longs,
    at: Longs,
) -> int:
    """Let repairs happen and buffers run out until nothing is left to happen; return what keeps it from going on.

    At one instant repairs come first, one after the other, each followed by what it changes; then black starts are
    tried; then the buffers that run out. Returns the number of a sector that has to be answered in the state that
    `at[PHASE]` tells (the spare one while TRYING), MORE_ROOM, or NOTHING_PENDING at the end.
    """
    nodes = len(state.works)
    while True:
        if at[WRITTEN] + nodes > len(levels) or (
            len(log) > 0 and at[LOGGED] + ROWS_A_NODE * nodes > len(log)
        ):
            return MORE_ROOM
        target = spare if at[PHASE] == TRYING else state
        pending = settle(network, sectors, graph, target, room, at[MINUTE_NOW], log, at)
        if pending != NOTHING_PENDING:
            return pending
        if at[PHASE] == TRYING:
            _keep_or_try_again(network, sectors, state, spare, at)
            continue
        if at[PHASE] == REPAIRING or at[PHASE] == STARTED:
            write_levels(network, sectors, graph, state, levels, events.number[at[EVENT] - 1], at)
            if at[PHASE] == REPAIRING and _mend_next(network, sectors, state, events, at):
                continue
            if at[PHASE] == REPAIRING and _mark_starters(network, state):
                at[PHASE], at[LOGGED_BEFORE_TRIAL] = TRYING, at[LOGGED]
                _try_starts(network, sectors, state, spare)
                continue
            at[PHASE] = EXPIRING
            _expire(network, sectors, state, buffered, at[MINUTE_NOW])
            continue
        write_levels(network, sectors, graph, state, levels, NO_EVENT, at)
        minute = _next_expiry(state, buffered)
        if at[EVENT] < len(events.minute):
            minute = min(minute, events.minute[at[EVENT]])
        if minute >= NEVER:
            at[PHASE] = IDLE
            return NOTHING_PENDING
        at[MINUTE_NOW], at[WAVE_NOW], at[PHASE] = minute, 0, REPAIRING
        for node in range(nodes):
            state.falls[node] = 0
        if not _mend_next(network, sectors, state, events, at):
            at[PHASE] = EXPIRING
            _expire(network, sectors, state, buffered, minute)


@lean
def _mend_next(network: Network, sectors: Sectors, state: Coupled, events: Events, at: Longs) -> bool:
    """Mend what the next event of this minute mends; tell whether there was one."""
    event = at[EVENT]
    if event == len(events.minute) or events.minute[event] != at[MINUTE_NOW]:
        return False
    at[EVENT] += 1
    part = events.part[event]
    if events.is_link[event]:
        set_link(network, sectors, state, part, 1)
    else:
        state.node_intact[part] = 1
        set_able(sectors, state, part)
    return True


@lean
def _mark_starters(network: Network, state: Coupled) -> bool:
    """Mark the nodes that may start without their providers; tell whether there is any."""
    some = False
    for node in network.black_start_nodes:
        if not state.works[node] and state.node_intact[node] and state.unmet[node] > 0:
            state.waived[node] = 1
            some = True
    return some


@lean
def _try_starts(network: Network, sectors: Sectors, state: Coupled, spare: Coupled) -> None:
    """Make the spare state the one in which all marked nodes have become able."""
    _copy(spare, state)
    for node in network.black_start_nodes:
        set_able(sectors, spare, node)


@lean
def _keep_or_try_again(network: Network, sectors: Sectors, state: Coupled, spare: Coupled, at: Longs) -> None:
    """Keep the spare state if all who started in it have their providers; else try again without those who have not."""
    refused = False
    for node in network.black_start_nodes:
        if spare.waived[node] and spare.works[node] and spare.unmet[node] > 0:
            state.waived[node] = 0
            refused = True
    if refused:
        at[LOGGED] = at[LOGGED_BEFORE_TRIAL]
        _try_starts(network, sectors, state, spare)
        return
    _copy(state, spare)
    for node in network.black_start_nodes:
        state.waived[node] = 0
        set_able(sectors, state, node)
    at[PHASE] = STARTED


@lean
def _next_expiry(state: Coupled, buffered: Ints) -> int:
    soonest = NEVER
    for group in buffered:
        if state.drains_since[group] >= 0:
            soonest = min(soonest, state.drains_since[group] + state.buffer_left[group])
    return soonest


@lean
def _expire(network: Network, sectors: Sectors, state: Coupled, buffered: Ints, minute: int) -> None:
    """Let the buffers run out that last until this minute."""
    for group in buffered:
        since = state.drains_since[group]
        if since >= 0 and since + state.buffer_left[group] <= minute:
            state.drains_since[group] = NOT_DRAINING
            state.buffer_left[group] = 0
            dependent = network.group_dependent[group]
            state.unmet[dependent] += 1
            set_able(sectors, state, dependent)


@lean
def _copy(into: Coupled, state: Coupled) -> None:
    for node in range(len(state.works)):
        into.works[node] = state.works[node]
        into.node_intact[node] = state.node_intact[node]
        into.able[node] = state.able[node]
        into.reached[node] = state.reached[node]
        into.outside_reached[node] = state.outside_reached[node]
        into.feed_link[node] = state.feed_link[node]
        into.unmet[node] = state.unmet[node]
        into.waived[node] = state.waived[node]
        into.falls[node] = state.falls[node]
        into.level[node] = state.level[node]
        into.flow.served[node] = state.flow.served[node]
    for link in range(len(state.link_intact)):
        into.link_intact[link] = state.link_intact[link]
    for group in range(len(state.providers_working)):
        into.providers_working[group] = state.providers_working[group]
        into.buffer_left[group] = state.buffer_left[group]
        into.drains_since[group] = state.drains_since[group]
    for sector in range(len(state.dirty)):
        into.dirty[sector] = state.dirty[sector]
        into.answered[sector] = state.answered[sector]
        into.changed[sector] = state.changed[sector]
    for arc in range(len(state.flow.left)):
        into.flow.left[arc] = state.flow.left[arc]
