"""The dark part of a city: only what the shock darkened and repairs can bring back, as arrays for the search.

Nothing outside it ever changes, so a search that replays thousands of plans a second reads nothing else.
Buffers count in one way only: a node with a buffer starts to cost at the minute it would go dark if nothing
were repaired. What a buffer may give in between to a part that comes back, goes off and comes back again is
left to the judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifeline.cascade import Cascade
from lifeline.compiled import CARRIES_OUT, MINUTE, NODE, Ints, starts_of
from lifeline.jobs import MENDS_NOTHING

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

NO_JOB = -1
NEVER_WORKS = -1


class Dark(NamedTuple):
    """Dark nodes 0 to n - 1 that can come back, and what each waits for; node number n stands for all that works.

    A job mends a node (`job_node`) or a link between `job_tail` and `job_head` (`job_way` bit 1: tail feeds
    head, bit 2: head feeds tail). `feeds_node` lists whom a node feeds, over a link that needs job
    `feeds_job` (or none). The unmet groups of node n are numbered group_start[n] to group_start[n + 1];
    `starters` can start without them.
    """

    job_node: Ints
    job_tail: Ints
    job_head: Ints
    job_way: NDArray[np.uint8]
    broken: NDArray[np.uint8]
    fed: NDArray[np.uint8]
    unmet: Ints
    feeds_start: Ints
    feeds_node: Ints
    feeds_job: Ints
    node_job: Ints
    group_start: Ints
    group_dependent: Ints
    supplies_start: Ints
    supplies_group: Ints
    starters: Ints
    weight: NDArray[np.int64]
    dark_from: NDArray[np.int64]


def dark_part(problem: RepairProblem) -> Dark:
    """Return the dark part of a problem, with its jobs numbered as in `problem.jobs`."""
    cascade, compiled = problem.cascade, problem.system.compiled
    network = compiled.network
    works = cascade.without_buffers.works.astype(bool)
    comes_back = ~works & cascade.restorable
    nodes = np.flatnonzero(comes_back)
    outside = len(nodes)
    number = np.full(len(works), NEVER_WORKS, np.int32)
    number[nodes] = np.arange(outside)
    number[works] = outside
    job_of_link = np.full(len(network.link_from), NO_JOB, np.int32)
    return Dark(
        **_job_parts(problem, number, job_of_link, outside),
        broken=(cascade.without_buffers.node_intact[nodes] == 0).astype(np.uint8),
        **_feeds(cascade, nodes, number, job_of_link),
        **_groups(cascade, nodes, number),
        weight=_weights(problem, nodes),
        dark_from=_dark_from(cascade)[nodes],
    )


def _job_parts(
    problem: RepairProblem, number: Ints, job_of_link: Ints, outside: int
) -> dict[str, NDArray[Any]]:
    compiled = problem.system.compiled
    count = len(problem.jobs)
    node, tail, head = (np.full(count, NEVER_WORKS, np.int32) for _ in range(3))
    way = np.zeros(count, np.uint8)
    for job_number, (is_link, part) in enumerate(zip(*map(np.ndarray.tolist, problem.mended), strict=True)):
        if part == MENDS_NOTHING:
            continue
        if not is_link:
            node[job_number] = number[part]
            continue
        link = part
        job_of_link[link] = job_number
        tail[job_number] = number[compiled.network.link_from[link]]
        head[job_number] = number[compiled.network.link_to[link]]
        way[job_number] = compiled.network.link_way[link]
    node_job = np.full(outside, NO_JOB, np.int32)
    mends = np.flatnonzero((node >= 0) & (node < outside))
    node_job[node[mends]] = mends
    return {"job_node": node, "job_tail": tail, "job_head": head, "job_way": way, "node_job": node_job}


def _feeds(
    cascade: Cascade, nodes: NDArray[np.intp], number: Ints, job_of_link: Ints
) -> dict[str, NDArray[Any]]:
    network, outside = cascade.compiled.network, len(nodes)
    tail = np.repeat(np.arange(len(network.source)), np.diff(network.adjacent_start))
    start, end = number[tail], number[network.adjacent_node]
    out = (network.adjacent_way & CARRIES_OUT) > 0
    job = job_of_link[network.adjacent_link]
    # A link that stands by and that no task brings in feeds nobody.
    out &= (cascade.without_buffers.link_intact[network.adjacent_link] > 0) | (job != NO_JOB)
    inside = out & (start >= 0) & (start < outside) & (end >= 0) & (end < outside)
    from_outside = out & (start == outside) & (end >= 0) & (end < outside)
    fed = (network.source[nodes] > 0).astype(np.uint8)
    fed[end[from_outside & (job == NO_JOB)]] = 1
    order = np.argsort(start[inside], kind="stable")
    return {
        "fed": fed,
        "feeds_start": starts_of(start[inside], outside),
        "feeds_node": end[inside][order].astype(np.int32),
        "feeds_job": job[inside][order].astype(np.int32),
    }


def _groups(cascade: Cascade, nodes: NDArray[np.intp], number: Ints) -> dict[str, NDArray[Any]]:
    network, outside = cascade.compiled.network, len(nodes)
    state = cascade.without_buffers
    unmet_group = (state.providers_working == 0) & (number[network.group_dependent] >= 0)
    unmet_group &= number[network.group_dependent] < outside
    groups = np.flatnonzero(unmet_group)
    group_number = np.full(len(unmet_group), NEVER_WORKS, np.int32)
    group_number[groups] = np.arange(len(groups))
    group_of_entry = np.repeat(np.arange(len(unmet_group)), np.diff(network.provider_start))
    provider = number[network.provider_node]
    kept = unmet_group[group_of_entry] & (provider >= 0)
    order = np.argsort(provider[kept], kind="stable")
    dependent = number[network.group_dependent[groups]].astype(np.int32)
    unmet = np.bincount(dependent, minlength=outside).astype(np.int32)
    starters = np.flatnonzero((network.black_start[nodes] > 0) & (unmet > 0))
    return {
        "group_start": starts_of(dependent, outside),
        "unmet": unmet,
        "group_dependent": dependent,
        "supplies_start": starts_of(provider[kept], outside),
        "supplies_group": group_number[group_of_entry[kept]][order].astype(np.int32),
        "starters": starters.astype(np.int32),
    }


def _weights(problem: RepairProblem, nodes: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return what a minute without service costs at each dark node: persons times weight in thousandths.

    Who had no service before the shock does not count, even where a task that brings something in gives it.
    """
    compiled = problem.system.compiled
    total = np.zeros(len(compiled.before.works), np.int64)
    np.add.at(total, compiled.portions.node, compiled.portions.weight)
    return np.where(compiled.before.works[nodes] > 0, total[nodes], 0)


def _dark_from(cascade: Cascade) -> NDArray[np.int64]:
    """Return the minute at which each node would go dark if nothing were repaired (0 for most)."""
    minute = np.zeros(len(cascade.after.works), np.int64)
    minute[cascade.later[:, NODE]] = cascade.later[:, MINUTE]
    return minute
