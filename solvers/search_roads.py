"""The roads of a problem as the compiled search reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.roads import RoadTravel

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem
    from solvers.drive_kernels import Roads

FEWEST_DRIVES, MOST_DRIVES, KEPT_BYTES = 2**6, 2**17, 2**28
"How many drives are kept, in powers of two: as many as there are, within limits; and how many bytes they may take."

ANSWERS = 8
"How many answers are kept of each drive."


def roads_of(problem: RepairProblem) -> Roads:
    """Return what opens roads, with room to keep what is worked out about drives."""
    from solvers.drive_kernels import NOBODYS, NOT_AN_OPENER, Roads

    travel = problem.travel
    opener = np.full(len(problem.jobs), NOT_AN_OPENER, np.int64)
    changing = isinstance(travel, RoadTravel) and travel.changes_with_repairs
    opening_jobs = np.array(sorted(travel.opening_jobs) if changing else [], np.int64)
    opener[opening_jobs] = np.arange(len(opening_jobs))
    words = len(opening_jobs) // 64 + 1
    none, table, cube = np.zeros(0, np.int64), np.zeros((1, 0), np.int64), np.zeros((1, 0, 0), np.int64)
    ends, passages, needs = none, (none, none, table), np.zeros((0, words), np.uint64)
    access, ways, kept = (none, none, table), (cube, cube, cube), FEWEST_DRIVES
    if isinstance(travel, RoadTravel) and changing:
        links, is_backward = _passages(travel)
        tails, heads = travel.blocked_from[links], travel.blocked_to[links]
        ends, place = np.unique(np.concatenate([tails, heads]), return_inverse=True)
        tail, head = place[: len(links)], place[len(links) :]
        passages = (
            np.where(is_backward, head, tail),
            np.where(is_backward, tail, head),
            np.ascontiguousarray(travel.blocked_seconds[:, links]),
        )
        needs = np.zeros((len(links), words), np.uint64)
        for passage, link in enumerate(links.tolist()):
            for number in opener[travel.jobs_of_link(link)].tolist():
                needs[passage, number // 64] |= np.uint64(1 << number % 64)
        access = (travel.access_start, travel.access_gate, travel.access_seconds)
        closed = travel.gate_seconds
        opened = travel.state(travel.opening_jobs).gate_seconds
        ways = (closed, opened, np.ascontiguousarray(closed[:, ends[:, None], ends]))
        kept = _drives_kept(len(closed) * travel.site_count**2, words)
    return Roads(
        changing,
        len(opening_jobs),
        travel.site_count if isinstance(travel, RoadTravel) else 0,
        opener,
        ends.astype(np.int64),
        *passages,
        needs,
        *access,
        *ways,
        drive=np.full(kept, NOBODYS, np.int64),
        answered=np.zeros(kept, np.int64),
        kept_minutes=np.zeros((kept, ANSWERS), np.int32),
        kept_needs=np.zeros((kept, ANSWERS, words), np.uint64),
        kept_without=np.zeros((kept, ANSWERS, words), np.uint64),
        by=np.zeros(len(ends), np.int64),
        to_go=np.zeros(len(ends), np.int64),
        came_by=np.zeros(len(ends), np.int64),
        before=np.zeros(len(needs), np.int64),
        is_open=np.zeros(len(needs), np.bool_),
        ready=np.zeros(len(problem.crews), np.int64),
        waits=np.zeros(len(problem.crews), np.bool_),
        place=np.zeros(len(problem.crews), np.int64),
        site=np.zeros(len(problem.crews), np.int64),
        opening_minute=np.zeros(len(opening_jobs), np.int64),
        opening_job=np.zeros(len(opening_jobs), np.int64),
        done=np.zeros(words, np.uint64),
    )


def _drives_kept(drives: int, words: int) -> int:
    """Return for how many of the drives there is room, where a set of openers takes so many words."""
    room = KEPT_BYTES // (ANSWERS * 16 * words)
    bits = min(max(drives, FEWEST_DRIVES).bit_length(), MOST_DRIVES.bit_length() - 1, room.bit_length() - 1)
    return 1 << bits


def _passages(travel: RoadTravel) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the blocked links that repairs can open, one entry for each direction, and which entries go backward."""
    links = np.array(sorted({link for found in travel.links_of_job.values() for link in found}), np.int64)
    both_ways = links[~travel.blocked_directed[links]]
    return np.concatenate([links, both_ways]), np.arange(len(links) + len(both_ways)) >= len(links)
