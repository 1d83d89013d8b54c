"""The compiled replay of an order of jobs, from where it first differs from one that has been replayed before.

The state of the dark part is kept every few jobs, so a trial starts at the change; and it ends as soon as it is
proven to cost more than allowed, from what the order before it cost after that moment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import Longs
from lifeline.lean import lean
from solvers.dark import Dark
from solvers.dark_kernels import (
    DarkState,
    black_start,
    boldly_finish,
    copy_state,
    may_start,
    mend,
    new_bold_state,
    new_state,
    reset_state,
    spread_on,
)
from solvers.timing_kernels import Order

Table = NDArray[np.uint8] | NDArray[np.int32]
Row = NDArray[np.uint8] | NDArray[np.int32]

HOPELESS = np.int64(2**62)
"Cost of an order in which some job can never be reached, and of a replay that was broken off."

FEWEST_APART, MOST_KEPT = 8, 64
"States are kept every so many jobs at least, and so many of them at most."

CHECKED_EVERY = 4
"A replay asks after every so many jobs whether it can still be good enough."


class Rows(NamedTuple):
    """States of the dark part, one a row."""

    on: NDArray[np.uint8]
    broken: NDArray[np.uint8]
    fed: NDArray[np.uint8]
    unmet: NDArray[np.int32]
    provided: NDArray[np.uint8]
    done: NDArray[np.uint8]


class Kept(NamedTuple):
    """States of the dark part along the current order: row k is the one before job number k * apart by finish.

    `bold` holds the bold ones (see `new_bold_state`), and nothing where there is no black start. The first `valid[0]`
    rows are those of the current order. `later_weight[k]` is the weight that job k by finish and those after it bring
    back, `later_moment[k]` the same times the minute. `sums` holds a kept state's cost, dark weight, and dark weight
    times the minute it went dark.
    """

    apart: int
    valid: NDArray[np.int64]
    state: Rows
    bold: Rows
    sums: NDArray[np.int64]
    later_weight: NDArray[np.int64]
    later_moment: NDArray[np.int64]


class Scratch(NamedTuple):
    """Room for one replay: the state, one to try black starts in, the bold one (see `new_bold_state`), how that begins,
    the queues, and the largest speed-up from each job on."""

    state: DarkState
    spare: DarkState
    bold: DarkState
    first_bold: DarkState
    queue: NDArray[np.int64]
    bold_queue: NDArray[np.int64]
    sped_up: NDArray[np.int64]


def nothing_kept(dark: Dark, jobs: int) -> Kept:
    """Return room to keep states of orders of so many jobs."""
    apart = max(FEWEST_APART, -(-jobs // MOST_KEPT))
    rows = jobs // apart + 1
    return Kept(
        apart=apart,
        valid=np.zeros(1, np.int64),
        state=_rows(dark, rows),
        bold=_rows(dark, rows if len(dark.starters) else 0),
        sums=np.zeros((rows, 3), np.int64),
        later_weight=np.zeros(jobs + 1, np.int64),
        later_moment=np.zeros(jobs + 1, np.int64),
    )


def _rows(dark: Dark, count: int) -> Rows:
    nodes, groups, jobs = len(dark.weight), len(dark.group_dependent), len(dark.job_node)
    return Rows(
        on=np.zeros((count, nodes), np.uint8),
        broken=np.zeros((count, nodes), np.uint8),
        fed=np.zeros((count, nodes), np.uint8),
        unmet=np.zeros((count, nodes), np.int32),
        provided=np.zeros((count, groups), np.uint8),
        done=np.zeros((count, jobs), np.uint8),
    )


@njit(cache=True)
def scratch_for(dark: Dark, jobs: int) -> Scratch:
    """Return room for replays of orders of so many jobs."""
    queue = np.empty(len(dark.weight) + 1, np.int64)
    bold = new_bold_state(dark)
    return Scratch(
        new_state(dark),
        new_state(dark),
        bold,
        new_bold_state(dark),
        queue,
        queue.copy(),
        np.zeros(jobs + 1, np.int64),
    )


@lean
def _write_row(table: Table, row: int, values: Row) -> None:
    for position in range(len(values)):
        table[row, position] = values[position]


@lean
def _read_row(table: Table, row: int, values: Row) -> None:
    for position in range(len(values)):
        values[position] = table[row, position]


@lean
def _keep(rows: Rows, row: int, state: DarkState) -> None:
    _write_row(rows.on, row, state.on)
    _write_row(rows.broken, row, state.broken)
    _write_row(rows.fed, row, state.fed)
    _write_row(rows.unmet, row, state.unmet)
    _write_row(rows.provided, row, state.provided)
    _write_row(rows.done, row, state.done)


@lean
def recall(rows: Rows, row: int, state: DarkState) -> None:
    """Make a state the one kept in a row."""
    _read_row(rows.on, row, state.on)
    _read_row(rows.broken, row, state.broken)
    _read_row(rows.fed, row, state.fed)
    _read_row(rows.unmet, row, state.unmet)
    _read_row(rows.provided, row, state.provided)
    _read_row(rows.done, row, state.done)


@lean
def places_before_minute(order: Order, minute: int) -> int:
    """Return how many jobs are finished before a minute."""
    low, high = 0, len(order.by_finish)
    while low < high:
        middle = (low + high) // 2
        if order.finish[order.by_finish[middle]] < minute:
            low = middle + 1
        else:
            high = middle
    return low


@lean
def first_difference(current: Order, trial: Order, sped_up: Longs, begin: int) -> int:
    """Return how many jobs by finish are the same, at the same minute, in both orders; the first `begin` are.

    `sped_up[k]` receives by how many minutes the trial finishes some job, number k by its finish or later, earlier
    than the current order does. The trial's jobs must be sorted.
    """
    jobs = len(trial.by_finish)
    most = np.int64(0)
    for place in range(jobs - 1, begin - 1, -1):
        job = trial.by_finish[place]
        most = max(most, current.finish[job] - trial.finish[job])
        sped_up[place] = most
    same = begin
    while same < jobs:
        job = trial.by_finish[same]
        if job != current.by_finish[same] or trial.finish[job] != current.finish[job]:
            break
        same += 1
    return same


@lean
def kept_row(kept: Kept, same: int) -> int:
    """Return the last row kept from which orders can be replayed that have their first jobs in common; -1 for none."""
    return min(same // kept.apart, kept.valid[0] - 1)


@lean
def replay(
    dark: Dark,
    totals: Longs,
    scratch: Scratch,
    kept: Kept,
    horizon: int,
    current: Order,
    trial: Order,
    same: int,
    limit: int,
) -> int:
    """Return weight x minutes without service of the trial order, or HOPELESS once it must exceed `limit`.

    Its first `same` jobs by finish are those of the current order. `totals` are the dark weight and the same times the
    minute at which it goes dark. The trial's `gain` receives the weight that each job brings back.
    """
    state, queue = scratch.state, scratch.queue
    job_node, job_tail, job_head, job_way = dark.job_node, dark.job_tail, dark.job_head, dark.job_way
    feeds_start, feeds_node, feeds_job = dark.feeds_start, dark.feeds_node, dark.feeds_job
    supplies_start, supplies_group = dark.supplies_start, dark.supplies_group
    group_dependent, weight, dark_from = dark.group_dependent, dark.weight, dark.dark_from
    on, broken, fed, unmet = state.on, state.broken, state.fed, state.unmet
    waived, provided, done = state.waived, state.provided, state.done
    finish, gain, by_finish = trial.finish, trial.gain, trial.by_finish
    any_starter = len(dark.starters) > 0
    row = kept_row(kept, same)
    if row < 0:
        reset_state(dark, state)
        if any_starter:
            copy_state(scratch.bold, scratch.first_bold)
        row, cost, dark_weight, already_dark = 0, np.int64(0), totals[0], totals[1]
    else:
        recall(kept.state, row, state)
        if any_starter:
            recall(kept.bold, row, scratch.bold)
        cost, dark_weight, already_dark = kept.sums[row, 0], kept.sums[row, 1], kept.sums[row, 2]
    latest_before = np.int64(0)
    for place in range(row * kept.apart, len(by_finish)):
        job = by_finish[place]
        minute = min(finish[job], horizon)
        if place <= same:
            if place % kept.apart == 0 and place // kept.apart >= kept.valid[0]:
                row = place // kept.apart
                _keep(kept.state, row, state)
                if any_starter:
                    _keep(kept.bold, row, scratch.bold)
                kept.sums[row, 0], kept.sums[row, 1], kept.sums[row, 2] = cost, dark_weight, already_dark
                kept.valid[0] = row + 1
        else:
            latest_before = max(latest_before, current.finish[by_finish[place - 1]])
            if place % CHECKED_EVERY == 0:
                speed_up = max(scratch.sped_up[place], latest_before - minute)
                still = _still_to_come(kept, current, horizon, minute + speed_up)
                if cost + dark_weight * minute - already_dark + still > limit:
                    return HOPELESS
        grown = mend(job, job_node, job_tail, job_head, job_way, on, broken, fed, unmet, waived, done, queue)
        grown = spread_on(
            grown,
            on,
            broken,
            fed,
            unmet,
            waived,
            provided,
            done,
            feeds_start,
            feeds_node,
            feeds_job,
            supplies_start,
            supplies_group,
            group_dependent,
            queue,
        )
        if any_starter:
            boldly_finish(dark, scratch.bold, job, scratch.bold_queue)
            if may_start(dark, state, scratch.bold):
                grown = black_start(dark, state, scratch.spare, queue, grown)
        gain[job] = 0
        for position in range(grown):
            node = queue[position]
            since = min(dark_from[node], horizon)
            cost += weight[node] * max(minute - since, 0)
            gain[job] += weight[node]
            dark_weight -= weight[node]
            already_dark -= weight[node] * since
    cost += dark_weight * horizon - already_dark
    return cost if cost <= limit else HOPELESS


@lean
def _still_to_come(kept: Kept, current: Order, horizon: int, minute: int) -> int:
    """Return weight x minutes that the current order still costs from a minute on, not counting buffers.

    A trial that finishes every job no more than so many minutes earlier than the current order does has at least as
    much dark at any moment as that has these minutes later.
    """
    if minute >= horizon:
        return 0
    place = places_before_minute(current, minute + 1)
    return kept.later_moment[place] - minute * kept.later_weight[place]


@lean
def sum_up(kept: Kept, order: Order, horizon: int, total: int, same: int) -> None:
    """Note of the order that is now the current one what its jobs bring back, and which kept states are its own."""
    jobs = len(order.by_finish)
    never = total
    for job in order.by_finish:
        never -= order.gain[job]
    kept.later_weight[jobs], kept.later_moment[jobs] = never, never * horizon
    for place in range(jobs - 1, -1, -1):
        job = order.by_finish[place]
        minute = min(order.finish[job], horizon)
        kept.later_weight[place] = kept.later_weight[place + 1] + order.gain[job]
        kept.later_moment[place] = kept.later_moment[place + 1] + order.gain[job] * minute
    kept.valid[0] = min(kept.valid[0], same // kept.apart + 1)
