"""When the buffers of the dark part run out, whatever is repaired.

Two replays by the judge enclose every plan: one in which nothing is repaired, and one in which each job is done
at the earliest minute at which any crew could have it done. Repairs only make buffers last longer, so a group's
buffer runs out no earlier than in the first and no later than in the second. In between a third limit helps:
a buffer runs out at the latest `buffer_minutes` after the last minute at which other buffers can keep one of the
group's providers on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import CARRIES_IN, MINUTE, NODE, WHAT, Ints
from lifeline.jobs import MENDS_NOTHING
from solvers.dark import NO_JOB

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem
    from solvers.dark import Dark

Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BufferEnds:
    """The latest minute at which each group's buffer runs out: 0 without one, the horizon if perhaps never.

    `works_at_first` are the dark nodes that buffers keep on at minute 0. Nodes that no repair brings back for good,
    and that are therefore not in the dark part, may linger on with the help of buffers: `lingering_feeds` are
    the (node, job) of the dark part that they may feed over a link that job mends (NO_JOB: none), and the groups
    they may supply count as never running out. `is_exact` tells whether nobody lingers and each buffer that
    runs out always does so at its minute.
    """

    minute: Longs
    works_at_first: NDArray[np.bool_]
    lingering_feeds: tuple[tuple[int, int], ...]
    is_exact: bool


def buffer_ends(problem: RepairProblem, dark: Dark, earliest: Longs) -> BufferEnds:
    """Return when buffers run out; `earliest` is the minute before which no plan has each job done."""
    groups, nodes = _groups_and_nodes(problem)
    buffer = problem.system.compiled.network.group_buffer[groups].astype(np.int64)
    at_first = problem.cascade.after.works[nodes].astype(bool)
    if not problem.system.compiled.network.group_buffer.any():
        return BufferEnds(np.zeros(len(groups), np.int64), at_first, (), is_exact=True)
    horizon = problem.horizon_minutes
    never = np.full(len(problem.jobs), horizon, np.int64)
    for job, visit in problem.past.items():
        never[job] = min(visit.finish, horizon)
    idle, _ = _ends_in_replay(problem, never)
    busy, back = _ends_in_replay(problem, earliest)
    soonest = np.where(buffer > 0, np.minimum(idle[groups], horizon), 0)
    latest = np.where(buffer > 0, np.minimum(busy[groups], horizon), 0)
    first_on = np.where(at_first, 0, back[nodes])
    lingers = _lingering(problem, back)
    feeds, supplied = _fed_by(problem, lingers, nodes), _supplied_by(problem, lingers)[groups]
    soonest, latest = np.where(supplied, 0, soonest), np.where(supplied, horizon, latest)
    buffer = np.where(supplied, horizon, buffer)
    minute = _last_by_reach(dark, buffer, soonest, latest, first_on, horizon)
    return BufferEnds(minute, at_first, feeds, not feeds and bool((minute == soonest).all()))


def _groups_and_nodes(problem: RepairProblem) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the network's numbers of the groups and nodes of the dark part, in its order."""
    network, cascade = problem.system.compiled.network, problem.cascade
    state = cascade.without_buffers
    comes_back = (state.works == 0) & cascade.restorable
    groups = np.flatnonzero((state.providers_working == 0) & comes_back[network.group_dependent])
    return groups, np.flatnonzero(comes_back)


def _lingering(problem: RepairProblem, back: Longs) -> NDArray[np.bool_]:
    """Return the nodes that no repair brings back for good, but that some plan may have on for a while."""
    cascade = problem.cascade
    for_good = cascade.without_buffers.works.astype(bool) | cascade.restorable
    lingers: NDArray[np.bool_] = ~for_good & (
        cascade.after.works.astype(bool) | (back < problem.horizon_minutes)
    )
    return lingers


def _fed_by(
    problem: RepairProblem, lingers: NDArray[np.bool_], nodes: NDArray[np.intp]
) -> tuple[tuple[int, int], ...]:
    """Return the (dark node, job) over which lingering nodes may feed dark ones."""
    compiled = problem.system.compiled
    network = compiled.network
    is_link, part = problem.mended
    job_of_link = {int(part[job]): int(job) for job in np.flatnonzero(is_link)}
    feeds = set()
    intact = problem.cascade.without_buffers.link_intact
    for number, node in enumerate(nodes.tolist()):
        for entry in range(network.adjacent_start[node], network.adjacent_start[node + 1]):
            if network.adjacent_way[entry] & CARRIES_IN and lingers[network.adjacent_node[entry]]:
                link = int(network.adjacent_link[entry])
                job = job_of_link.get(link, NO_JOB)
                if intact[link] or job != NO_JOB:
                    feeds.add((number, job))
    return tuple(sorted(feeds))


def _supplied_by(problem: RepairProblem, lingers: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell for each group of the network whether a lingering node is among its providers."""
    network = problem.system.compiled.network
    group = np.repeat(np.arange(len(network.group_buffer)), np.diff(network.provider_start))
    supplied = np.zeros(len(network.group_buffer), bool)
    supplied[group[lingers[network.provider_node]]] = True
    return supplied


def _ends_in_replay(problem: RepairProblem, done: Longs) -> tuple[Longs, Longs]:
    """Replay jobs done at these minutes; return when each group's buffer ran out and each node first came on.

    What has not happened by the horizon stands at the horizon.
    """
    from lifeline.growth_kernels import replay
    from lifeline.kernels import BACK

    horizon, network = problem.horizon_minutes, problem.system.compiled.network
    state = problem.cascade.after.copy()
    events = _events(problem, done)
    ends = np.full(len(network.group_buffer), horizon, np.int64)
    back = np.full(len(state.works), horizon, np.int64)
    played = 0
    while True:
        upcoming = events[0][played : played + 1].tolist() + _next_end(state.drains_since, state.buffer_left)
        minute = min(upcoming, default=horizon)
        if minute >= horizon:
            return ends, back
        until = int(np.searchsorted(events[0], minute, side="right"))
        left = state.buffer_left.copy()
        log = replay(network, state, *(part[played:until] for part in events), minute)
        played = until
        ends[(left > 0) & (state.buffer_left == 0) & (state.drains_since < 0)] = minute
        came = log[log[:, WHAT] == BACK]
        np.minimum.at(back, came[:, NODE], came[:, MINUTE].astype(np.int64))


def _next_end(drains_since: Ints, buffer_left: Ints) -> list[int]:
    draining = drains_since >= 0
    return [int(end) for end in drains_since[draining].astype(np.int64) + buffer_left[draining]]


def _events(problem: RepairProblem, done: Longs) -> tuple[Longs, Longs, Longs]:
    """Return minute, whether it is a link, and number of each repair before the horizon, in order of time."""
    is_link, part = (numbers.tolist() for numbers in problem.mended)
    rows = sorted(
        (minute, link, number)
        for minute, link, number in zip(done.tolist(), is_link, part, strict=True)
        if minute < problem.horizon_minutes and number != MENDS_NOTHING
    )
    table = np.array(rows, np.int64).reshape(-1, 3)
    return table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy()


def _last_by_reach(
    dark: Dark, buffer: Longs, soonest: Longs, latest: Longs, first_on: Longs, horizon: int
) -> Longs:
    """Return the last minute of each buffer, carrying along feeds and supplies how long buffers keep nodes on.

    A node that no plan has on before a buffer has run out is not kept on by it. Round a loop of nodes that keep
    each other on the minutes grow until they reach their limits.
    """
    tail = np.repeat(np.arange(len(dark.weight)), np.diff(dark.feeds_start))
    provider = np.repeat(np.arange(len(dark.weight)), np.diff(dark.supplies_start))
    minute, reach = soonest.copy(), np.zeros(len(dark.weight), np.int64)
    while True:
        longer = reach.copy()
        np.maximum.at(longer, dark.feeds_node, reach[tail])
        kept = np.zeros(len(buffer), np.int64)
        np.maximum.at(kept, dark.supplies_group, reach[provider])
        ends = np.where(buffer > 0, np.minimum(np.minimum(kept + buffer, latest), horizon), kept)
        np.maximum.at(longer, dark.group_dependent, ends)
        longer = np.where(longer > first_on, longer, 0)
        if np.array_equal(longer, reach) and np.array_equal(ends, minute):
            return np.where(buffer > 0, minute, 0)
        minute, reach = ends, longer
