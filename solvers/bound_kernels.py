"""The compiled loops behind the bound: which jobs keep nodes dark, and how much work must be done by when."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lifeline.compiled import Longs
from lifeline.crew_kernels import next_on_shift, work_until
from lifeline.lean import lean
from solvers.dark import Dark
from solvers.dark_kernels import DarkState, copy_state, finish_job, finish_jobs, new_state
from solvers.first_finishes import UNREACHABLE


@njit(cache=True)
def places_when_on(dark: Dark, jobs: Longs) -> Longs:
    """Return the place in this order of the job with which each node comes on; their number for nodes that do not."""
    state, spare = new_state(dark), new_state(dark)
    queue = np.empty(len(dark.weight) + 1, np.int64)
    when = np.full(len(dark.weight), len(jobs), np.int64)
    for place in range(len(jobs)):
        grown = finish_job(dark, state, spare, jobs[place], queue)
        for position in range(grown):
            when[queue[position]] = place
    return when


@njit(cache=True)
def dark_without(dark: Dark, jobs: Longs) -> NDArray[np.uint8]:
    """Tell for each of these jobs and each node whether the node stays dark with all the others finished."""
    spare = new_state(dark)
    queue = np.empty(len(dark.weight) + 1, np.int64)
    needs = np.zeros((len(jobs), len(dark.weight)), np.uint8)
    for left_out in range(len(jobs)):
        state = new_state(dark)
        finish_jobs(dark, state, spare, np.delete(jobs, left_out), queue)
        for node in range(len(dark.weight)):
            needs[left_out, node] = 1 - state.on[node]
    return needs


@njit(cache=True)
def blocking_set(
    dark: Dark,
    state: DarkState,
    last: DarkState,
    fresh: DarkState,
    spare: DarkState,
    queue: Longs,
    nodes: Longs,
    jobs: Longs,
    share: NDArray[np.float64],
    most: float,
) -> Longs:
    """Return a least set of jobs without which all of these nodes stay dark, whatever else is finished.

    The jobs are tried in the order given and finished unless that brings one of the nodes on. The shares of
    the set add up to less than `most`; where they do not the search is given up and the answer is (-1,).
    """
    copy_state(state, fresh)
    copy_state(last, fresh)
    found = np.empty(len(jobs), np.int64)
    count, total = 0, 0.0
    for place in range(len(jobs)):
        finish_job(dark, state, spare, jobs[place], queue)
        if _any_on(state.on, nodes):
            copy_state(state, last)
            found[count] = jobs[place]
            count += 1
            total += share[place]
            if total >= most:
                return np.full(1, -1, np.int64)
        else:
            finish_job(dark, last, spare, jobs[place], queue)
    return found[:count]


@lean
def _any_on(on: NDArray[np.uint8], nodes: Longs) -> bool:
    found = False
    for node in nodes:
        found = found or on[node] > 0
    return found


@njit(cache=True)
def violated_sets(
    dark: Dark,
    members: Longs,
    member_start: Longs,
    clusters: Longs,
    served: NDArray[np.float64],
    jobs: Longs,
    share: NDArray[np.float64],
    slack: float,
) -> tuple[Longs, Longs]:
    """Return for each of these clusters a blocking set whose shares add up to less than the cluster's, if one is found.

    `served` is by place in `clusters`, `share` by place in `jobs`, largest first. The sets stand one behind
    the other, with the places where they begin; a set is empty where none was found and (-1,) where the
    cluster is dark whatever is done.
    """
    state, last, fresh, spare = new_state(dark), new_state(dark), new_state(dark), new_state(dark)
    queue = np.empty(len(dark.weight) + 1, np.int64)
    starts = np.zeros(len(clusters) + 1, np.int64)
    found = np.empty(1024, np.int64)
    for place in range(len(clusters)):
        cluster = clusters[place]
        nodes = members[member_start[cluster] : member_start[cluster + 1]]
        most = served[place] - slack
        end = starts[place]
        if most > 0:
            one = blocking_set(dark, state, last, fresh, spare, queue, nodes, jobs, share, most)
            given_up = len(one) == 1 and one[0] < 0
            if not given_up:
                if len(one) == 0:
                    one = np.full(1, -1, np.int64)
                if end + len(one) > len(found):
                    larger = np.empty(2 * (end + len(one)), np.int64)
                    larger[:end] = found[:end]
                    found = larger
                found[end : end + len(one)] = one
                end += len(one)
        starts[place + 1] = end
    return found[: starts[-1]], starts


@njit(cache=True)
def earliest_finishes(
    period: Longs,
    duty: Longs,
    window_start: Longs,
    opens: Longs,
    closes: Longs,
    available: Longs,
    minutes: NDArray[np.float64],
    work: Longs,
    begin: Longs,
) -> Longs:
    """Return for each crew and job the first minute at which it can be done.

    `minutes` of travel, `work` and the first minute at which work may `begin` are by crew and job.
    """
    crews, jobs = minutes.shape
    finish = np.full((crews, jobs), UNREACHABLE, np.int64)
    for crew in range(crews):
        for job in range(jobs):
            if minutes[crew, job] < UNREACHABLE:
                depart = next_on_shift(period, duty, window_start, opens, closes, crew, available[crew])
                drive = np.int64(minutes[crew, job])
                arrive = work_until(period, duty, window_start, opens, closes, crew, depart, drive)
                start = max(arrive, begin[crew, job])
                start = next_on_shift(period, duty, window_start, opens, closes, crew, start)
                finish[crew, job] = work_until(
                    period, duty, window_start, opens, closes, crew, start, work[crew, job]
                )
    return finish


@njit(cache=True)
def work_coefficients(
    work: int, grid: Longs, on_duty: NDArray[np.uint8], before: Longs
) -> tuple[Longs, Longs, Longs]:
    """Return how much of a job must be done before the minutes of each span, by the share done in later spans.

    A job of this many minutes on duty that finishes at f has been worked on, before minute t, for at least
    work minus the minutes on duty from t to f: it counts a minute for every minute u >= t on duty, fewer than
    `work` minutes on duty after t, with f <= u. Added up over the minutes t of span k, minute u counts
    wt(u) times [f <= u]. Within a span, split wt into its largest part that never falls and the rest. As
    [f <= u] never falls either, the first part is worth at least its sum times the mean of [f <= u]
    (Chebyshev's sum inequality); the rest at least its sum times the mean over the span before.

    Returns entries (span k, span i, minutes): for the job's mean share done in span i. The last span has no
    row.
    """
    spans = len(grid) - 1
    end = grid[spans - 1]
    table = np.zeros((spans, spans), np.int64)
    weight = np.zeros(end, np.int64)
    for span in range(spans - 1):
        first, behind = grid[span], grid[span + 1]
        left = first
        stop = first
        for minute in range(first, end):
            while left < behind and before[left] + work <= before[minute]:
                left += 1
            stop = minute
            if left >= behind:
                break
            stop = minute + 1
            weight[minute] = (min(minute, behind - 1) - left + 1) * on_duty[minute]
        unseen = (behind - first) * work
        for other in range(span, spans - 1):
            low, high = grid[other], min(grid[other + 1], stop)
            if low >= stop:
                break
            least = weight[high - 1] if high == grid[other + 1] else np.int64(0)
            steady, total = np.int64(0), np.int64(0)
            for minute in range(high - 1, low - 1, -1):
                least = min(least, weight[minute])
                steady += least
                total += weight[minute]
            table[span, other] += steady
            unseen -= total
            if other > 0:
                table[span, other - 1] += total - steady
        table[span, spans - 2] += unseen
    rows, columns = np.nonzero(table)
    entries = np.empty(len(rows), np.int64)
    for place in range(len(rows)):
        entries[place] = table[rows[place], columns[place]]
    return rows.astype(np.int64), columns.astype(np.int64), entries
