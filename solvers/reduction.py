"""The exact shrink of a problem before search: fewer dark parts and fewer jobs, the same cost for every order.

Parts that always switch on together become one; parts that no customer needs, and the jobs that mend only those,
are set aside. Jobs keep their numbers, so whatever reads a `Dark` reads the smaller one just as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import CARRIES_IN, CARRIES_OUT, starts_of
from solvers.dark import NEVER_WORKS, NO_JOB, Dark, dark_part
from solvers.loops import loops_of

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]

SET_ASIDE = -1
"Class of a dark node that no customer needs, or that no plan can bring back."

NOBODY, SEVERAL = -1, -2
"What a node waits for when it waits for nothing yet found, or for more than one thing."


@dataclass(frozen=True, eq=False)
class Reduction:
    """A smaller dark part that costs the same, and how the larger one lies in it.

    `class_of` gives for each node of the larger part its node in the smaller one, or SET_ASIDE. `needed` tells
    which jobs the smaller part still knows. `never_back` is what those cost whom no plan can bring back: weight
    times minutes, the same for every plan and no longer in `dark`.
    """

    dark: Dark
    class_of: Whole
    needed: Mask
    never_back: int


def reduced_part(problem: RepairProblem) -> Reduction:
    """Return the dark part of a problem in its smallest form."""
    doable = np.array([job.id not in problem.unassignable for job in problem.jobs], bool)
    return reduce(dark_part(problem), doable, problem.horizon_minutes)


def reduce(dark: Dark, doable: Mask, horizon_minutes: int) -> Reduction:
    """Shrink a dark part to what decides the cost of a plan of the jobs that can be done.

    Four laws, each exact. What stays dark after all doable jobs costs every plan the same. Intact nodes that wait for
    no provider and feed each other over intact links come on together. An intact node all of whose needs (its feed
    and each of its groups) come down to one and the same other node comes on with that. And what feeds or supplies,
    over however many others, nobody who is counted changes no cost.
    """
    comes_back = _comes_back(dark, doable)
    since = np.minimum(dark.dark_from, horizon_minutes)
    never_back = int((dark.weight * (horizon_minutes - since))[~comes_back].sum())
    weight = np.where(comes_back & (since < horizon_minutes), dark.weight, 0)
    web = _Web.of(dark, doable, comes_back)
    root = _merged(web)
    web = web.between(root)
    needed = _needed(web, root, weight)
    return _rebuilt(web, root, needed, weight, since, never_back)


@dataclass(frozen=True, eq=False)
class _Web:
    """Who needs whom, as lists of entries: feeds, each with the job of its link or NO_JOB, and providers of groups.

    Entries from or to what never comes back, and feeds of what is fed already, are left out. A feed from what
    works already comes from node number n.
    """

    dark: Dark
    alive: Mask
    ring: Whole
    feed_from: Whole
    feed_to: Whole
    feed_job: Whole
    provider: Whole
    provider_group: Whole

    @classmethod
    def of(cls, dark: Dark, doable: Mask, alive: Mask) -> _Web:
        """Read the entries out of the arrays of a dark part."""
        outside = len(dark.weight)
        numbers = np.arange(outside)
        start: list[NDArray[Any]] = [np.repeat(numbers, np.diff(dark.feeds_start))]
        end: list[NDArray[Any]] = [dark.feeds_node]
        jobs: list[NDArray[Any]] = [dark.feeds_job]
        for tail, head, bit in (
            (dark.job_tail, dark.job_head, CARRIES_OUT),
            (dark.job_head, dark.job_tail, CARRIES_IN),
        ):
            over = np.flatnonzero(
                ((dark.job_way & bit) > 0) & (tail == outside) & (head >= 0) & (head != outside)
            )
            start.append(tail[over])
            end.append(head[over])
            jobs.append(over)
        feed_from, feed_to, feed_job = (np.concatenate(part).astype(np.int64) for part in (start, end, jobs))
        works = np.append(alive, True)
        kept = works[feed_from] & alive[feed_to] & (dark.fed[feed_to] == 0)
        kept &= (feed_job == NO_JOB) | doable[feed_job]
        provider = np.repeat(numbers, np.diff(dark.supplies_start))
        group = dark.supplies_group.astype(np.int64)
        supplies = alive[provider] & alive[dark.group_dependent[group]]
        feed_from, feed_to, feed_job = feed_from[kept], feed_to[kept], feed_job[kept]
        ring = _rings(dark, alive, feed_from, feed_to, feed_job)
        return cls(dark, alive, ring, feed_from, feed_to, feed_job, provider[supplies], group[supplies])

    def between(self, root: Whole) -> _Web:
        """Return the entries that still matter when each node has joined its root: those a root itself waits for."""
        roots = np.append(root, len(root))
        own = self.ring[self.feed_to]
        feeds = (root[own] == own) & (roots[self.feed_from] != own)
        dependent = self.dark.group_dependent[self.provider_group]
        supplies = root[dependent] == dependent
        return _Web(
            self.dark,
            self.alive,
            self.ring,
            roots[self.feed_from[feeds]],
            own[feeds],
            self.feed_job[feeds],
            root[self.provider[supplies]],
            self.provider_group[supplies],
        )


def _comes_back(dark: Dark, doable: Mask) -> Mask:
    """Tell which nodes are on once all doable jobs are done."""
    from solvers.dark_kernels import finish_jobs, new_state

    state, spare, queue = new_state(dark), new_state(dark), np.empty(len(dark.weight) + 1, np.int64)
    finish_jobs(dark, state, spare, np.flatnonzero(doable), queue)
    return np.asarray(state.on, bool)


def _rings(dark: Dark, alive: Mask, feed_from: Whole, feed_to: Whole, feed_job: Whole) -> Whole:
    """Name for each node the lowest of those that feed each other over intact links and wait for nothing else."""
    count = len(dark.weight)
    plain = np.append(alive & (dark.broken == 0) & (dark.unmet == 0), False)
    inside = (feed_job == NO_JOB) & plain[feed_from] & plain[feed_to]
    ring = loops_of(count, feed_from[inside], feed_to[inside])
    lowest = np.full(count, count, np.int64)
    np.minimum.at(lowest, ring, np.arange(count))
    return np.asarray(lowest[ring], np.int64)


def _merged(web: _Web) -> Whole:
    """Return for each node the node it always comes on with; itself where there is none."""
    root = web.ring
    while True:
        waits_for = _sole_need(web.between(root), root)
        if not (waits_for >= 0).any():
            return root
        # Whoever comes back does so after what it waits for, so these steps never go round in a circle.
        onward = np.where(waits_for >= 0, waits_for, np.arange(len(root)))
        while not np.array_equal(further := onward[onward], onward):
            onward = further
        root = onward[root]


def _sole_need(web: _Web, root: Whole) -> Whole:
    """Return for each intact root the one other root that all its needs come down to; below 0 where there is none.

    A need is met by any one of several. What a node would have to bring on itself first does not count.
    """
    dark, count = web.dark, len(root)
    feeder = _only_one(web.feed_to, np.where(web.feed_job == NO_JOB, web.feed_from, count), count)
    feeder = np.where(feeder == count, SEVERAL, feeder)
    not_itself = web.provider != dark.group_dependent[web.provider_group]
    provider = _only_one(web.provider_group[not_itself], web.provider[not_itself], len(dark.group_dependent))
    need = np.where(dark.fed > 0, NOBODY, feeder)
    for group in range(int(dark.unmet.max(initial=0))):
        # The groups of a node stand next to each other: each round looks at one group of every node.
        has = np.flatnonzero(dark.unmet > group)
        found = provider[dark.group_start[has] + group]
        agrees = (found >= 0) & ((need[has] == NOBODY) | (need[has] == found))
        need[has] = np.where(agrees, found, SEVERAL)
    joins = web.alive & (root == np.arange(count)) & (dark.broken == 0)
    joins[dark.starters] = False
    return np.where(joins, need, SEVERAL)


def _only_one(owner: Whole, meets: Whole, count: int) -> Whole:
    """Return for each owner of entries the only number that stands in them; NOBODY or SEVERAL if there is no such."""
    lowest, highest = np.full(count, np.iinfo(np.int64).max), np.full(count, NOBODY, np.int64)
    np.minimum.at(lowest, owner, meets)
    np.maximum.at(highest, owner, meets)
    only: Whole = np.where((highest == NOBODY) | (lowest == highest), highest, SEVERAL)
    return only


def _needed(web: _Web, root: Whole, weight: Whole) -> Mask:
    """Tell which roots somebody who is counted waits for, over however many others."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import breadth_first_order

    count = len(root)
    waited_for = np.unique(root[np.flatnonzero(weight > 0)])
    inside = web.feed_from < count
    start = np.concatenate(
        [np.full(len(waited_for), count), web.feed_to[inside], web.dark.group_dependent[web.provider_group]]
    )
    end = np.concatenate([waited_for, web.feed_from[inside], web.provider])
    graph = coo_matrix((np.ones(len(start), np.int8), (start, end)), shape=(count + 1, count + 1)).tocsr()
    needed = np.zeros(count + 1, bool)
    needed[breadth_first_order(graph, count, directed=True, return_predecessors=False)] = True
    return needed[:count]


def _rebuilt(web: _Web, root: Whole, needed: Mask, weight: Whole, since: Whole, never_back: int) -> Reduction:
    """Write what is needed as a dark part of its own, its nodes in the order of their roots."""
    dark = web.dark
    roots = np.flatnonzero(needed)
    number = np.full(len(root) + 1, SET_ASIDE, np.int64)
    number[roots] = np.arange(len(roots))
    waiting = _waiting(number[root], len(roots), weight, since)
    total = len(waiting.weight)
    number[-1] = total
    jobs = _jobs(web, root, number, total)
    small = Dark(
        **jobs,
        broken=np.append(dark.broken[roots], np.zeros(total - len(roots), np.uint8)),
        fed=np.append(dark.fed[roots], np.zeros(total - len(roots), np.uint8)),
        **_feeds(web, number, waiting),
        **_groups(web, number, total),
        weight=waiting.weight,
        dark_from=waiting.since,
    )
    mended = jobs["node_job"]
    needed_jobs = jobs["job_way"] > 0
    needed_jobs[mended[mended != NO_JOB]] = True
    return Reduction(small, waiting.node_of, needed_jobs, never_back)


@dataclass(frozen=True, eq=False)
class _Waiting:
    """Who waits at each new node, and since when; a node of its own, fed by the first, for every further minute."""

    weight: Whole
    since: Whole
    node_of: Whole
    fed_by: Whole


def _waiting(number: Whole, count: int, weight: Whole, since: Whole) -> _Waiting:
    counted = np.flatnonzero(weight > 0)
    pairs, place = np.unique(
        np.column_stack([number[counted], since[counted]]).reshape(-1, 2), axis=0, return_inverse=True
    )
    people = np.zeros(len(pairs), np.int64)
    np.add.at(people, place.ravel(), weight[counted])
    # The minute at which most go dark stays with the node itself; ties go to the earlier minute.
    by_node = np.lexsort((pairs[:, 1], -people, pairs[:, 0]))
    own = np.ones(len(by_node), bool)
    own[1:] = np.diff(pairs[by_node, 0]) != 0
    node = np.empty(len(pairs), np.int64)
    further = by_node[~own]
    node[by_node[own]] = pairs[by_node[own], 0]
    node[further] = count + np.arange(len(further))
    total = count + len(further)
    new_weight, new_since = np.zeros(total, np.int64), np.zeros(total, np.int64)
    new_weight[node], new_since[node] = people, pairs[:, 1]
    node_of = number.copy()
    node_of[counted] = node[place.ravel()]
    return _Waiting(new_weight, new_since, node_of, pairs[further, 0])


def _jobs(web: _Web, root: Whole, number: Whole, total: int) -> dict[str, NDArray[Any]]:
    dark, count = web.dark, len(root)
    roots, rings = np.append(root, count), np.append(web.ring, count)
    jobs = len(dark.job_node)
    node, tail, head = (np.full(jobs, NEVER_WORKS, np.int32) for _ in range(3))
    way = np.zeros(jobs, np.uint8)
    mends = np.flatnonzero((dark.job_node >= 0) & (dark.job_node < count))
    mended = number[dark.job_node[mends]]
    node[mends] = np.where(mended == SET_ASIDE, NEVER_WORKS, mended)
    over = (web.feed_job != NO_JOB) & (number[web.feed_to] != SET_ASIDE)
    job, start, end = web.feed_job[over], web.feed_from[over], web.feed_to[over]
    for bit, first, last in (
        (CARRIES_OUT, dark.job_tail, dark.job_head),
        (CARRIES_IN, dark.job_head, dark.job_tail),
    ):
        runs = (dark.job_way[job] & bit > 0) & (first[job] >= 0) & (last[job] >= 0) & (last[job] < count)
        forward = runs & (roots[first[job]] == start) & (rings[last[job]] == end)
        way[job[forward]] |= np.uint8(bit)
        first_end, last_end = (tail, head) if bit == CARRIES_OUT else (head, tail)
        first_end[job[forward]] = number[start[forward]]
        last_end[job[forward]] = number[end[forward]]
    node_job = np.full(total, NO_JOB, np.int32)
    mends = np.flatnonzero(node >= 0)
    node_job[node[mends]] = mends
    return {"job_node": node, "job_tail": tail, "job_head": head, "job_way": way, "node_job": node_job}


def _feeds(web: _Web, number: Whole, waiting: _Waiting) -> dict[str, NDArray[Any]]:
    count = len(number) - 1
    kept = (web.feed_from < count) & (number[web.feed_to] != SET_ASIDE)
    further = np.arange(len(waiting.weight) - len(waiting.fed_by), len(waiting.weight))
    entries = np.column_stack(
        [
            np.concatenate([number[web.feed_from[kept]], waiting.fed_by]),
            np.concatenate([number[web.feed_to[kept]], further]),
            np.concatenate([web.feed_job[kept], np.full(len(further), NO_JOB)]),
        ]
    )
    start, end, job = np.unique(entries.reshape(-1, 3), axis=0).T
    return {
        "feeds_start": starts_of(start, len(waiting.weight)),
        "feeds_node": end.astype(np.int32),
        "feeds_job": job.astype(np.int32),
    }


def _groups(web: _Web, number: Whole, total: int) -> dict[str, NDArray[Any]]:
    dark = web.dark
    groups = np.flatnonzero(web.alive[dark.group_dependent] & (number[dark.group_dependent] != SET_ASIDE))
    new_group = np.full(len(dark.group_dependent), SET_ASIDE, np.int64)
    new_group[groups] = np.arange(len(groups))
    dependent = number[dark.group_dependent[groups]]
    kept = new_group[web.provider_group] != SET_ASIDE
    entries = np.column_stack([number[web.provider[kept]], new_group[web.provider_group[kept]]])
    provider, group = np.unique(entries.reshape(-1, 2), axis=0).T
    starters = number[dark.starters]
    return {
        "group_start": starts_of(dependent, total),
        "unmet": np.bincount(dependent, minlength=total).astype(np.int32),
        "group_dependent": dependent.astype(np.int32),
        "supplies_start": starts_of(provider, total),
        "supplies_group": group.astype(np.int32),
        "starters": np.sort(starters[starters != SET_ASIDE]).astype(np.int32),
    }
