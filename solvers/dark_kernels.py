"""The search's own compiled loops over the dark part of a city: what comes back with a job, and the cheapest way there.

Under growth a repair only ever switches things on, so a whole plan costs one pass. These loops share no code
with the judge; tests hold the two equal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import CARRIES_IN, CARRIES_OUT, Flags, Ints, Longs
from lifeline.lean import lean
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


@lean
def copy_state(into: DarkState, state: DarkState) -> None:
    """Make one state the same as another."""
    for node in range(len(state.on)):
        into.on[node] = state.on[node]
        into.broken[node] = state.broken[node]
        into.fed[node] = state.fed[node]
        into.unmet[node] = state.unmet[node]
        into.waived[node] = state.waived[node]
    for group in range(len(state.provided)):
        into.provided[group] = state.provided[group]
    for job in range(len(state.done)):
        into.done[job] = state.done[job]


@lean
def reset_state(dark: Dark, state: DarkState) -> None:
    """Make a state the one in which no job is done yet."""
    for node in range(len(state.on)):
        state.on[node] = 0
        state.broken[node] = dark.broken[node]
        state.fed[node] = dark.fed[node]
        state.unmet[node] = dark.unmet[node]
        state.waived[node] = 0
    for group in range(len(state.provided)):
        state.provided[group] = 0
    for job in range(len(state.done)):
        state.done[job] = 0


@lean
def _switch_on(
    node: int, on: Flags, broken: Flags, fed: Flags, unmet: Ints, waived: Flags, queue: Longs, length: int
) -> int:
    """Switch a node on if nothing keeps it off, and queue it; return the length of the queue."""
    if not on[node] and not broken[node] and fed[node] and (unmet[node] == 0 or waived[node]):
        on[node] = 1
        queue[length] = node
        length += 1
    return length


@lean
def mend(
    job: int,
    job_node: Ints,
    job_tail: Ints,
    job_head: Ints,
    job_way: Flags,
    on: Flags,
    broken: Flags,
    fed: Flags,
    unmet: Ints,
    waived: Flags,
    done: Flags,
    queue: Longs,
) -> int:
    """Mend what a job mends, and queue what comes on at once; return the length of the queue."""
    outside = len(on)
    length = 0
    done[job] = 1
    node, tail, head, way = job_node[job], job_tail[job], job_head[job], job_way[job]
    if 0 <= node < outside:
        broken[node] = 0
        length = _switch_on(node, on, broken, fed, unmet, waived, queue, length)
    if way & CARRIES_OUT and tail >= 0 and 0 <= head < outside and (tail == outside or on[tail]):
        fed[head] = 1
        length = _switch_on(head, on, broken, fed, unmet, waived, queue, length)
    if way & CARRIES_IN and head >= 0 and 0 <= tail < outside and (head == outside or on[head]):
        fed[tail] = 1
        length = _switch_on(tail, on, broken, fed, unmet, waived, queue, length)
    return length


@lean
def spread_on(
    length: int,
    on: Flags,
    broken: Flags,
    fed: Flags,
    unmet: Ints,
    waived: Flags,
    provided: Flags,
    done: Flags,
    feeds_start: Ints,
    feeds_node: Ints,
    feeds_job: Ints,
    supplies_start: Ints,
    supplies_group: Ints,
    group_dependent: Ints,
    queue: Longs,
) -> int:
    """Let service grow from the queued nodes; return how many came on in all."""
    head = 0
    while head < length:
        node = queue[head]
        head += 1
        for entry in range(feeds_start[node], feeds_start[node + 1]):
            job, other = feeds_job[entry], feeds_node[entry]
            if not on[other] and (job < 0 or done[job]):
                fed[other] = 1
                length = _switch_on(other, on, broken, fed, unmet, waived, queue, length)
        for entry in range(supplies_start[node], supplies_start[node + 1]):
            group = supplies_group[entry]
            if not provided[group]:
                provided[group] = 1
                dependent = group_dependent[group]
                unmet[dependent] -= 1
                length = _switch_on(dependent, on, broken, fed, unmet, waived, queue, length)
    return length


@lean
def finish_job(dark: Dark, state: DarkState, spare: DarkState, job: int, queue: Longs) -> int:
    """Finish a job and let service grow; the nodes that came on stand in the queue, their number is returned."""
    length = _mend_and_grow(dark, state, job, queue)
    if len(dark.starters) > 0:
        length = black_start(dark, state, spare, queue, length)
    return length


@lean
def finish_jobs(dark: Dark, state: DarkState, spare: DarkState, jobs: Longs, queue: Longs) -> None:
    """Finish all of these jobs, as if at one moment."""
    for job in jobs:
        _mend_and_grow(dark, state, job, queue)
    black_start(dark, state, spare, queue, 0)


# Compiled into its callers: a call would copy 25 arrays and cost a search 6 % of its speed (measured).
@njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _mend_and_grow(dark: Dark, state: DarkState, job: int, queue: Longs) -> int:
    """Mend what a job mends and let service grow, without a black start; return how many came on."""
    length = mend(
        job,
        dark.job_node,
        dark.job_tail,
        dark.job_head,
        dark.job_way,
        state.on,
        state.broken,
        state.fed,
        state.unmet,
        state.waived,
        state.done,
        queue,
    )
    return _grow(dark, state, queue, length)


@lean
def _grow(dark: Dark, state: DarkState, queue: Longs, length: int) -> int:
    return spread_on(
        length,
        state.on,
        state.broken,
        state.fed,
        state.unmet,
        state.waived,
        state.provided,
        state.done,
        dark.feeds_start,
        dark.feeds_node,
        dark.feeds_job,
        dark.supplies_start,
        dark.supplies_group,
        dark.group_dependent,
        queue,
    )


@lean
def black_start(dark: Dark, state: DarkState, spare: DarkState, queue: Longs, length: int) -> int:
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
                grown = _switch_on(
                    node, spare.on, spare.broken, spare.fed, spare.unmet, spare.waived, queue, grown
                )
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
def new_bold_state(dark: Dark) -> DarkState:
    """Return the state in which no job is done and all black starts have been made, whatever comes of them."""
    state, queue = new_state(dark), np.empty(len(dark.weight) + 1, np.int64)
    length = 0
    for node in dark.starters:
        state.waived[node] = 1
        length = _switch_on(node, state.on, state.broken, state.fed, state.unmet, state.waived, queue, length)
    _grow(dark, state, queue, length)
    return state


@lean
def boldly_finish(dark: Dark, bold: DarkState, job: int, queue: Longs) -> None:
    """Finish a job in the state in which all black starts have been made, and let service grow."""
    _mend_and_grow(dark, bold, job, queue)


@lean
def may_start(dark: Dark, state: DarkState, bold: DarkState) -> bool:
    """Tell whether some black start that has not come on would have its providers if all were tried.

    What works after any successful start also works in the bold state, in which all have been made: one that lacks a
    provider even there would be refused.
    """
    some = False
    for node in dark.starters:
        some = some or (not state.on[node] and bold.on[node] and bold.unmet[node] == 0)
    return some


@lean
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
