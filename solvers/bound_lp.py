"""The linear program behind the bound: shares of jobs done and of clusters served, span by span.

Time is cut into spans at the minutes of a grid. The variables are means over the minutes of a span: X of [job is
done], Y of [members of a cluster are on]. Means lose nothing in the objective and in the blocking sets, and only
little in the capacity of the crews, so that a coarse grid does. For any grid the program is a relaxation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import Longs
from solvers.blocking_sets import BlockingSets
from solvers.bound_kernels import work_coefficients

if TYPE_CHECKING:
    from solvers.crew_time import Pool

Floats = NDArray[np.float64]

MOST_COLUMNS_FOR_SIMPLEX = 15_000
"At 41,000 columns a simplex solve took 28 seconds and the interior point method 7."


@dataclass(frozen=True, eq=False)
class Capacity:
    """What the crews can do: options (a job done by a pool), and rows `sum of minutes x option done <= limit`.

    Option o is job[o] done by one pool, at minute earliest[o] at the earliest. Entries of the rows are by row
    number, option and span, in whole minutes; each pool has a row for each span but the last.
    """

    grid: Longs
    job: Longs
    earliest: Longs
    row: Longs
    option: Longs
    span: Longs
    minutes: Longs
    limit: list[int]


@dataclass(frozen=True, eq=False)
class Solution:
    """Where a program ended: shares by job and by cluster, both by span, and a price of each capacity row and cut."""

    value: float
    done: Floats
    served: Floats
    capacity_price: Floats
    cut_price: Floats


def capacity_of(pools: Sequence[Pool], grid: Longs) -> Capacity:
    """State for each pool and span: the work its jobs need before each minute is at most what its crews offer.

    Added up over the minutes of the span; the last span, which may be very long, has no row.
    """
    spans = len(grid) - 1
    parts: list[tuple[Longs, Longs, Longs, Longs]] = []
    limits: list[int] = []
    options = 0
    for pool in pools:
        on_duty = pool.on_duty(int(grid[-2]))
        before = np.concatenate([[0], np.cumsum(on_duty, dtype=np.int64)])
        by_work = {
            int(work): work_coefficients(int(work), grid, on_duty, before) for work in np.unique(pool.work)
        }
        for work in pool.work.tolist():
            rows, columns, minutes = by_work[work]
            parts.append((rows + len(limits), np.full(len(rows), options, np.int64), columns, minutes))
            options += 1
        limits += pool.minutes_offered(grid[:spans])
    row, option, span, minutes = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    job = np.concatenate([pool.jobs for pool in pools])
    earliest = np.concatenate([pool.earliest for pool in pools])
    return Capacity(grid, job, earliest, row, option, span, minutes, limits)


class LinearProgram:
    """One program on one grid, to which blocking sets are added span by span."""

    def __init__(self, jobs: int, capacity: Capacity, sets: BlockingSets) -> None:
        """Build the program without any blocking set; `jobs` counts all jobs of the problem."""
        import highspy

        self.grid, self.capacity, self.sets = capacity.grid, capacity, sets
        self.spans = len(self.grid) - 1
        self.cost = sets.clusters.weight[:, None].astype(float) * np.diff(self.grid)
        self.scale = max(float(self.cost.sum()), 1.0)
        self.jobs = jobs
        self.most = self._most_done()
        self.option_column = _numbered(self.most > 0, 0)
        self.options_of_job = _places(capacity.job)
        options = int((self.most > 0).sum())
        self.served_column = options + np.arange(self.cost.size).reshape(self.cost.shape)
        self.columns = options + self.cost.size
        self.cut_row: dict[tuple[int, int], int] = {}
        self.rows = 0
        self.highs = highspy.Highs()
        self._add_columns()
        self._add_growth()
        self._add_once()
        self.first_capacity_row = self.rows
        self._add_capacity()

    def _most_done(self) -> Floats:
        """A job is done in a span at most from its earliest finish on."""
        earliest = self.capacity.earliest[:, None]
        return np.asarray(np.clip((self.grid[1:] - earliest) / np.diff(self.grid), 0.0, 1.0))

    def _add_columns(self) -> None:
        upper, cost = np.ones(self.columns), np.zeros(self.columns)
        upper[self.option_column[self.option_column >= 0]] = self.most[self.option_column >= 0]
        cost[self.served_column] = -self.cost / self.scale
        for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off")):
            self.highs.setOptionValue(option, value)
        none, starts = np.zeros(0, np.int32), np.zeros(self.columns, np.int32)
        self.highs.addCols(self.columns, cost, np.zeros(self.columns), upper, 0, starts, none, np.zeros(0))

    def _add_growth(self) -> None:
        """What is done stays done; in the span of the earliest finish, at most its share of what comes after."""
        early, late = self.option_column[:, :-1], self.option_column[:, 1:]
        both = early >= 0
        count = int(both.sum())
        row = np.concatenate([np.arange(count), np.arange(count)])
        value = np.concatenate([np.ones(count), -self.most[:, :-1][both]])
        self._add_rows(row, np.concatenate([early[both], late[both]]), value, np.zeros(count))

    def _add_once(self) -> None:
        """A job is done by one pool only, which the last span tells."""
        column = self.option_column[:, -1]
        kept = column >= 0
        _, row = np.unique(self.capacity.job[kept], return_inverse=True)
        count = int(row.max(initial=-1)) + 1
        self._add_rows(row.astype(np.int64), column[kept], np.ones(len(row)), np.ones(count))

    def _add_capacity(self) -> None:
        rows = self.capacity
        column = self.option_column[rows.option, rows.span]
        spans = np.diff(self.grid)[: self.spans - 1]
        unit = np.resize(spans, len(rows.limit)) * 60.0
        kept = column >= 0
        value = rows.minutes[kept] / unit[rows.row[kept]]
        limit = np.array([float(limit) for limit in rows.limit]) / unit
        self._add_rows(rows.row[kept], column[kept], value, limit)
        self.capacity_unit = unit

    def _add_rows(self, row: Longs, column: Longs, value: Floats, limit: Floats) -> None:
        """Add rows `sum <= limit`, given by entries in any order."""
        count = len(limit)
        order = np.argsort(row, kind="stable")
        starts = np.zeros(count, np.int32)
        if count:
            starts[1:] = np.cumsum(np.bincount(row, minlength=count))[:-1]
        self.highs.addRows(
            count,
            np.full(count, -np.inf),
            limit,
            len(value),
            starts,
            column[order].astype(np.int32),
            value[order],
        )
        self.rows += count

    def add_cuts(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Add pairs of a blocking set and a span: a cluster is served at most as much as is done of the set."""
        row, column, value = [], [], []
        for count, (one, span) in enumerate(pairs):
            options = [option for job in self.sets.jobs[one].tolist() for option in self.options_of_job[job]]
            done = self.option_column[options, span]
            done = done[done >= 0]
            row += [count] * (1 + len(done))
            column += [int(self.served_column[self.sets.cluster[one], span]), *done.tolist()]
            value += [1.0, *([-1.0] * len(done))]
            self.cut_row[one, span] = self.rows + count
        zeros = np.zeros(len(pairs))
        self._add_rows(np.array(row, np.int64), np.array(column, np.int64), np.array(value), zeros)

    def all_cuts(self) -> list[tuple[int, int]]:
        """Return every known blocking set with every span in which it blocks."""
        return [
            (one, span)
            for one, blocks in enumerate(self.sets.blocks)
            for span in np.flatnonzero(blocks).tolist()
        ]

    def broken_cuts(self, solution: Solution, slack: float) -> list[tuple[int, int]]:
        """Return which known blocking sets a solution breaks, and in which spans."""
        pairs = []
        for one, (cluster, jobs) in enumerate(zip(self.sets.cluster, self.sets.jobs, strict=True)):
            over = solution.served[cluster] - solution.done[jobs].sum(axis=0)
            spans = np.flatnonzero((over > slack) & self.sets.blocks[one]).tolist()
            pairs += [(one, span) for span in spans if (one, span) not in self.cut_row]
        return pairs

    def solve(self, seconds: float | None) -> Solution | None:
        """Solve the program; None when the time was too short for any prices.

        Small programs go on from the basis before; large ones are solved anew by the interior point method,
        without a basis, as prices are all that is wanted.
        """
        large = self.columns > MOST_COLUMNS_FOR_SIMPLEX
        self.highs.setOptionValue("solver", "ipm" if large else "simplex")
        self.highs.setOptionValue("run_crossover", "off")
        if seconds is not None:
            self.highs.setOptionValue("time_limit", self.highs.getRunTime() + max(seconds, 0.01))
        self.highs.run()
        found = self.highs.getSolution()
        if not found.dual_valid:
            return None
        return self._read(np.array(found.col_value), np.array(found.row_dual))

    def _read(self, value: Floats, dual: Floats) -> Solution:
        value, dual = np.nan_to_num(np.append(value, 0.0)), np.nan_to_num(dual)
        prices = np.maximum(-dual, 0.0) * self.scale
        capacity = prices[self.first_capacity_row :][: len(self.capacity.limit)] / self.capacity_unit
        cuts = prices[np.array(list(self.cut_row.values()), np.int64)]
        served = np.clip(value[self.served_column], 0.0, 1.0)
        done = np.zeros((self.jobs, self.spans))
        np.add.at(done, self.capacity.job, np.clip(value[self.option_column], 0.0, 1.0))
        return Solution(float((self.cost * (1.0 - served)).sum()), done, served, capacity, cuts)


def _places(owner: Longs) -> dict[int, list[int]]:
    """Return at which places each number stands."""
    places: defaultdict[int, list[int]] = defaultdict(list)
    for place, number in enumerate(owner.tolist()):
        places[number].append(place)
    return places


def _numbered(present: NDArray[np.bool_], first: int) -> Longs:
    """Number the entries that are present, from `first` on; -1 elsewhere."""
    numbers = np.full(present.shape, -1, np.int64)
    numbers[present] = first + np.arange(int(present.sum()))
    return numbers
