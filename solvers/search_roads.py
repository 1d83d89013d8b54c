"""The roads of a problem as the compiled search reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.roads import RoadTravel

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem
    from solvers.timing_kernels import Roads

KEPT_BYTES = 2**29
FEWEST_KEPT, MOST_KEPT = 4, 256


def roads_of(problem: RepairProblem) -> Roads:
    """Return what opens roads, with room to keep the ways of the last sets of open roads that came up."""
    from solvers.timing_kernels import NOT_AN_OPENER, Roads

    travel = problem.travel
    opener = np.full(len(problem.jobs), NOT_AN_OPENER, np.int64)
    if not isinstance(travel, RoadTravel) or not travel.changes_with_repairs:
        return _unchanging(opener)
    opening_jobs = np.array(sorted(travel.opening_jobs), np.int64)
    opener[opening_jobs] = np.arange(len(opening_jobs))
    link_of_entry = np.repeat(np.arange(len(travel.blocked_from)), np.diff(travel.blocker_start))
    opens = np.flatnonzero((travel.blocker_job >= 0) & (opener[travel.blocker_job] >= 0))
    order = opens[np.argsort(opener[travel.blocker_job[opens]], kind="stable")]
    starts = np.zeros(len(opening_jobs) + 1, np.int64)
    np.cumsum(np.bincount(opener[travel.blocker_job[order]], minlength=len(opening_jobs)), out=starts[1:])
    kept = int(np.clip(KEPT_BYTES // travel.gate_seconds.nbytes, FEWEST_KEPT, MOST_KEPT))
    seconds = np.empty((kept, *travel.gate_seconds.shape), np.int64)
    seconds[0] = travel.gate_seconds
    used = np.zeros(kept + 1, np.int64)
    used[0] = used[-1] = 1
    return Roads(
        changing=True,
        opener=opener,
        blocks_start=starts,
        blocks=link_of_entry[order].astype(np.int64),
        blocked_from=travel.blocked_from,
        blocked_to=travel.blocked_to,
        blocked_seconds=travel.blocked_seconds,
        blocked_directed=travel.blocked_directed,
        blocker_start=travel.blocker_start,
        blocker_job=travel.blocker_job,
        access_start=travel.access_start,
        access_gate=travel.access_gate,
        access_seconds=travel.access_seconds,
        key=np.zeros((kept, len(opening_jobs) // 64 + 1), np.uint64),
        seconds=seconds,
        used=used,
        following=np.full((kept, len(opening_jobs)), -1, np.int64),
    )


def _unchanging(opener: NDArray[np.int64]) -> Roads:
    from solvers.timing_kernels import Roads

    none = np.zeros(0, np.int64)
    table = np.zeros((1, 0), np.int64)
    return Roads(
        changing=False,
        opener=opener,
        blocks_start=none,
        blocks=none,
        blocked_from=none,
        blocked_to=none,
        blocked_seconds=table,
        blocked_directed=np.zeros(0, np.bool_),
        blocker_start=none,
        blocker_job=none,
        access_start=none,
        access_gate=none,
        access_seconds=table,
        key=np.zeros((1, 1), np.uint64),
        seconds=np.zeros((1, 1, 0, 0), np.int64),
        used=np.zeros(2, np.int64),
        following=np.zeros((1, 1), np.int64),
    )
