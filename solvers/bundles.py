"""Bundles: the cheapest set of jobs that brings a dark group back, most people per crew-hour first.

A single job often helps nobody: the pump, its substation and the line between them must all be mended before
water flows. A bundle is such a set; taking the best bundle, switching on what it brings, and looking again
gives an order of jobs that no job-by-job rule finds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solvers.dark import Dark

JUDGED_PER_ROUND = 64
"How many of the most promising bundles are tried out exactly in each round."


def bundle_order(dark: Dark, job_minutes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the jobs that bring people back, in the order of their bundles; jobs nobody waits for are not in it."""
    from solvers.dark_kernels import finish_job, gain_of, new_state
    from solvers.way_kernels import cheapest_ways, ways_to_targets

    state, spare, scratch = new_state(dark), new_state(dark), new_state(dark)
    queue = np.empty(len(dark.weight) + 1, np.int64)
    order: list[int] = []
    while True:
        ways = cheapest_ways(dark, state, job_minutes)
        targets = np.flatnonzero((dark.weight > 0) & (state.on == 0) & np.isfinite(ways.cost))
        jobs, starts = ways_to_targets(dark, state, ways, targets)
        candidates = _distinct(jobs, starts, dark.weight[targets])
        if not candidates:
            return np.array(order, np.int64)
        # The people counted so far are those with exactly this way back; others may come back with them.
        candidates.sort(key=lambda bundle: (-bundle[1] / job_minutes[bundle[0]].sum(), bundle[0].tolist()))
        judged = [
            (-gain_of(dark, state, spare, scratch, bundle, queue) / job_minutes[bundle].sum(), number)
            for number, (bundle, _) in enumerate(candidates[:JUDGED_PER_ROUND])
        ]
        chosen = _disjoint([candidates[number][0] for _, number in sorted(judged)], len(candidates))
        for job in chosen:
            finish_job(dark, state, spare, job, queue)
        order += chosen


def _distinct(
    jobs: NDArray[np.int64], starts: NDArray[np.int64], weight: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64], int]]:
    """Return each different set of jobs once, in its upstream order, with the weight of all targets behind it."""
    found: dict[bytes, tuple[NDArray[np.int64], int]] = {}
    for position in range(len(weight)):
        bundle = jobs[starts[position] : starts[position + 1]]
        if not len(bundle):
            continue
        key = np.sort(bundle).tobytes()
        first, total = found.get(key, (bundle, 0))
        found[key] = (first, total + int(weight[position]))
    return list(found.values())


def _disjoint(bundles: list[NDArray[np.int64]], candidates: int) -> list[int]:
    """Return the jobs of the best bundle, and where bundles abound also of good ones that share no job with it.

    With many hundreds of bundles a round for each would take too long; one in a hundred per round keeps the
    order.
    """
    taken: list[int] = []
    for bundle in bundles[: 1 + candidates // 100]:
        if not set(bundle.tolist()) & set(taken):
            taken += bundle.tolist()
    return taken
