"""The bound that prices prove, in whole numbers: whatever a linear program says, this is never too high.

Put a price on every minute of crew capacity and on every blocking set in every span. A plan that keeps to both
costs at least: the cost of all clusters dark all along, less for each what being on saves beyond the prices of its
blocking sets, less for each job what the prices of the sets it is in pay beyond those of the work it takes, at the
best minute to finish it, less the capacity of the crews at its prices (weak duality;
Geoffrion 1974). Any prices
will do, so they are rounded to whole numbers and all sums are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import Longs
from solvers.blocking_sets import BlockingSets
from solvers.bound_lp import Capacity

SCALE = 2**10
"Prices are rounded to this part of an objective unit per row."


def proven(
    jobs: int,
    capacity: Capacity,
    capacity_price: NDArray[np.float64],
    sets: BlockingSets,
    cuts: Sequence[tuple[int, int]],
    cut_price: NDArray[np.float64],
) -> int:
    """Return the objective below which, by these prices, no plan can be.

    `capacity_price` is by row of `capacity`; `cut_price` by pair of blocking set and span in `cuts`; `jobs`
    counts all jobs of the problem.
    """
    clusters, grid = sets.clusters, capacity.grid
    gain = np.zeros((jobs, len(grid) - 1), object)
    paid = np.zeros((len(clusters), len(grid) - 1), object)
    for (one, span), whole in zip(cuts, _whole(cut_price), strict=True):
        if whole:
            paid[sets.cluster[one], span] += whole
            gain[sets.jobs[one], span] += whole
    dark = clusters.weight.astype(object)[:, None] * np.diff(grid).astype(object) * SCALE
    bound = int(np.minimum(dark, paid).sum())
    price = np.array([*_whole(capacity_price), 0], object)
    bound -= sum(whole * limit for whole, limit in zip(price, capacity.limit, strict=False) if whole)
    bound -= _best_options(gain, capacity, price)
    return int(-(-bound // SCALE))


def _best_options(gain: NDArray[np.object_], capacity: Capacity, price: NDArray[np.object_]) -> int:
    """Return what all jobs gain together, each by its best option."""
    net = gain[capacity.job]
    at = (capacity.option, capacity.span)
    np.subtract.at(net, at, price[capacity.row] * capacity.minutes.astype(object))
    best: dict[int, int] = {}
    for job, row, earliest in zip(capacity.job.tolist(), net, capacity.earliest.tolist(), strict=True):
        best[job] = max(best.get(job, 0), _best_finish(row, capacity.grid, earliest))
    return sum(best.values())


def _best_finish(gain: NDArray[np.object_], grid: Longs, earliest: int) -> int:
    """Return the most that finishing a job at some minute gains, at least 0, rounded up.

    Within a span the gain is linear in the minute, so it is best at the beginning of a span or at the
    earliest finish.
    """
    after, best = 0, 0
    for span in range(len(gain) - 1, -1, -1):
        first, behind = int(grid[span]), int(grid[span + 1])
        if behind <= earliest:
            break
        if first < earliest:
            part = -(-gain[span] * (behind - earliest) // (behind - first))
            return int(max(best, after + part))
        after += gain[span]
        best = max(best, after)
    return int(best)


def _whole(prices: NDArray[np.float64]) -> list[int]:
    return [int(price) for price in np.floor(np.maximum(prices, 0.0) * SCALE)]


def rounded_up(bound: int, weights: Sequence[int]) -> int:
    """Return the least objective that is no less: every objective is a multiple of what divides all weights."""
    step = gcd(*weights) if weights else 0
    return max(0, -(-bound // step) * step) if step else 0
