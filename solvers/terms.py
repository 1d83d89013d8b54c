"""A problem's conditions as the compiled clock reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lifeline.plan import LAST_MINUTE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lifeline.repair import RepairProblem
    from solvers.verdict_kernels import Terms


def terms_of(problem: RepairProblem) -> Terms:
    """Return what the jobs of a problem wait for, as arrays; see `Terms`."""
    from solvers.verdict_kernels import Terms

    conditions, jobs = problem.conditions, len(problem.jobs)
    parts = sorted({part for uses in conditions.uses.values() for part, _ in uses})
    depots = sorted({crew.depot for crew in problem.crews})
    part_number = {part: number for number, part in enumerate(parts)}
    before_start, before = _rows(jobs, conditions.befores)
    follower_start, follower = _rows(
        jobs, {job: [(other,) for other in others] for job, others in conditions.followers.items()}
    )
    member_start, member = _rows(
        jobs, {job: [(other,) for other in conditions.group_of.get(job, (job,))] for job in range(jobs)}
    )
    closed_start, closed = _rows(jobs, conditions.closed)
    use_start, use = _rows(
        jobs,
        {
            job: [(part_number[part], pieces) for part, pieces in uses]
            for job, uses in conditions.uses.items()
        },
    )
    kinds = [(depot, part) for depot in depots for part in parts]
    stock_start, stock = _rows(
        len(kinds), {number: conditions.in_stock(*kind) for number, kind in enumerate(kinds)}
    )
    total = np.concatenate(
        [
            np.zeros(0, np.int64),
            *(np.cumsum(stock[begin:end, 1]) for begin, end in pairwise(stock_start)),
        ]
    )
    return Terms(
        is_coupled=is_coupled(problem),
        before_start=before_start,
        before_job=before[:, 0].copy(),
        before_lag=before[:, 1].copy(),
        follower_start=follower_start,
        follower_job=follower[:, 0].copy(),
        member_start=member_start,
        member_job=member[:, 0].copy(),
        not_before=_by_job(jobs, conditions.not_before, 0),
        not_after=_by_job(jobs, conditions.not_after, LAST_MINUTE),
        first=np.array([job in conditions.first for job in range(jobs)], np.uint8),
        closed_start=closed_start,
        closed_from=closed[:, 0].copy(),
        closed_until=closed[:, 1].copy(),
        use_start=use_start,
        use_part=use[:, 0].copy(),
        use_pieces=use[:, 1].copy(),
        depot=np.array([depots.index(crew.depot) for crew in problem.crews], np.int64),
        parts=len(parts),
        stock_start=stock_start,
        stock_minute=stock[:, 0].copy(),
        stock_total=total.astype(np.int64),
        until=np.array([crew.available_until_minute or LAST_MINUTE for crew in problem.crews], np.int64),
    )


def is_coupled(problem: RepairProblem) -> bool:
    """Tell whether crews have to be timed together: a job waits for more than its crew and a road, or a crew leaves."""
    return not problem.conditions.is_empty or any(
        crew.available_until_minute is not None for crew in problem.crews
    )


def _rows(
    count: int, rows: Mapping[int, Sequence[Sequence[int]]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each owner's rows begin, and the rows, of up to two columns."""
    starts = np.zeros(count + 1, np.int64)
    found: list[tuple[int, int]] = []
    for owner in range(count):
        found += [(row[0], row[1] if len(row) > 1 else 0) for row in rows.get(owner, ())]
        starts[owner + 1] = len(found)
    return starts, np.array(found, np.int64).reshape(-1, 2)


def _by_job(jobs: int, given: Mapping[int, int], otherwise: int) -> NDArray[np.int64]:
    values = np.full(jobs, otherwise, np.int64)
    for job, value in given.items():
        values[job] = value
    return values
