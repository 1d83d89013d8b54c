"""Blocking sets: jobs without which a group of nodes is dark, whatever else is done.

They say everything there is to say about who waits for which repairs: a node is on only when of each of its
blocking sets at least one job is done. There are too many to list, so they are found as the linear program breaks
them: in the part that is dark without buffers, which is quick, and then held against the judge's rules to see in
which spans of time they block.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import MINUTE, NODE, WHAT, Longs
from solvers.bound_kernels import dark_without, places_when_on, violated_sets
from solvers.dark_for_sure import BestCase

PROBES = 100
"Random histories of repair by which nodes are grouped; nodes that always came on together make a cluster."

MORE_THAN_DONE = 2.0


@dataclass(frozen=True, eq=False)
class Clusters:
    """Nodes that cost something, grouped into clusters all of whose members a blocking set must keep dark.

    A cluster stands for the mean share of its members that are on; so any grouping is right, and a good one
    groups nodes that come on together. Cluster c has the nodes member_start[c] to member_start[c + 1] of
    `members`.
    """

    best_case: BestCase
    members: Longs
    member_start: Longs

    @classmethod
    def of(cls, best_case: BestCase) -> Clusters:
        """Group the nodes by when they come on in random orders, and by their switches as buffers run out."""
        rng = np.random.default_rng(0)
        jobs, dark = best_case.jobs, best_case.dark
        nodes = np.flatnonzero(dark.weight > 0)
        signs = [places_when_on(dark, rng.permutation(jobs))[nodes] for _ in range(PROBES)]
        signs += [
            _switches(best_case, rng.permutation(jobs)[: len(jobs) // 2])[nodes] for _ in range(PROBES // 10)
        ]
        _, cluster = np.unique(np.array(signs).T.reshape(len(nodes), -1), axis=0, return_inverse=True)
        cluster = cluster.reshape(-1)
        order = np.argsort(cluster, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(cluster))]).astype(np.int64)
        return cls(best_case, nodes[order], starts)

    def __len__(self) -> int:
        return len(self.member_start) - 1

    @property
    def weight(self) -> NDArray[np.int64]:
        """Return what a minute costs in which all members of a cluster are dark."""
        sums = np.concatenate([[0], np.cumsum(self.best_case.dark.weight[self.members])])
        return np.diff(sums[self.member_start])


def _switches(best_case: BestCase, left_out: Longs) -> Longs:
    """Return for each dark node a number that tells its switches in a history from those of others."""
    log = best_case.log_without(left_out).astype(np.int64)
    number = np.zeros(len(best_case.problem.cascade.after.works), np.int64)
    np.add.at(number, log[:, NODE], (log[:, MINUTE] + 1) * (2 * log[:, WHAT] + 1))
    return number[best_case.nodes]


@dataclass
class BlockingSets:
    """The blocking sets found so far for one grid or the next, each with its cluster and the spans it blocks in."""

    clusters: Clusters
    grid: Longs
    cluster: list[int] = field(default_factory=list)
    jobs: list[Longs] = field(default_factory=list)
    blocks: list[NDArray[np.bool_]] = field(default_factory=list)
    _known: set[tuple[int, tuple[int, ...]]] = field(default_factory=set)
    _lit: dict[tuple[int, ...], NDArray[np.bool_]] = field(default_factory=dict)

    def on(self, grid: Longs) -> BlockingSets:
        """Return the same sets on another grid."""
        sets = BlockingSets(self.clusters, grid)
        for cluster, jobs in zip(self.cluster, self.jobs, strict=True):
            sets.add(cluster, jobs)
        return sets

    def add(self, cluster: int, jobs: Longs) -> bool:
        """Keep a set unless it is known or never blocks; return whether it was kept."""
        key = tuple(sorted(jobs.tolist()))
        if (cluster, key) in self._known:
            return False
        self._known.add((cluster, key))
        blocks = self._when(cluster, key)
        if not blocks.any():
            return False
        self.cluster.append(cluster)
        self.jobs.append(np.array(key, np.int64))
        self.blocks.append(blocks)
        return True

    def _when(self, cluster: int, jobs: tuple[int, ...]) -> NDArray[np.bool_]:
        """Tell in which spans all members of a cluster are dark for sure while these jobs are not done."""
        if jobs not in self._lit:
            self._lit[jobs] = self.clusters.best_case.lit_without(np.array(jobs, np.int64), self.grid)
        begin, end = self.clusters.member_start[cluster : cluster + 2]
        lit = self._lit[jobs][self.clusters.members[begin:end]]
        return np.asarray(~lit.any(axis=0))

    def add_necessary_jobs(self) -> None:
        """Add the empty set, and every single job that a whole cluster cannot come on without."""
        clusters = self.clusters
        jobs = clusters.best_case.jobs
        past = clusters.best_case.problem.past
        by_member = dark_without(clusters.best_case.dark, jobs)[:, clusters.members]
        for cluster in range(len(clusters)):
            self.add(cluster, jobs[:0])
            begin, end = clusters.member_start[cluster : cluster + 2]
            for place in np.flatnonzero(by_member[:, begin:end].all(axis=1)):
                if int(jobs[place]) not in past:
                    self.add(cluster, jobs[place : place + 1])

    def separate(self, served: NDArray[np.float64], done: NDArray[np.float64], slack: float) -> int:
        """Look in every span for sets that a solution breaks; return how many new ones there were.

        `served[cluster, span]` and `done[job, span]` are the solution.
        """
        return sum(
            self._separate_in(span, served[:, span], done[:, span], slack) for span in range(served.shape[1])
        )

    def _separate_in(
        self, span: int, served: NDArray[np.float64], done: NDArray[np.float64], slack: float
    ) -> int:
        clusters, found = self.clusters, 0
        able = clusters.best_case.jobs
        # What the history has done is more than done, so that it comes first and into no set.
        done = done.copy()
        done[list(clusters.best_case.problem.past)] = MORE_THAN_DONE
        order = np.argsort(-done[able], kind="stable")
        jobs, share = able[order], done[able][order]
        wanted = np.flatnonzero(served > slack)
        dark, members, starts = clusters.best_case.dark, clusters.members, clusters.member_start
        sets, ends = violated_sets(dark, members, starts, wanted, served[wanted], jobs, share, slack)
        for place, cluster in enumerate(wanted.tolist()):
            one = sets[ends[place] : ends[place + 1]]
            if not len(one):
                continue
            one = one[one >= 0]
            found += self.add(cluster, one)
            if not self._when(cluster, tuple(sorted(one.tolist())))[span]:
                found += self._widen(cluster, span, one, jobs, share, served[cluster] - slack)
        return found

    def _widen(
        self, cluster: int, span: int, one: Longs, jobs: Longs, share: NDArray[np.float64], most: float
    ) -> bool:
        """Add to a set that does not block in a span the jobs least done there, as long as it stays broken."""
        inside = np.isin(jobs, one)
        total = share[inside].sum()
        others, shares = jobs[~inside][::-1], share[~inside][::-1]
        room = int(np.searchsorted(total + np.cumsum(shares), most))
        wide = np.concatenate([one, others[:room]])
        if not self._when(cluster, tuple(sorted(wide.tolist())))[span]:
            return False
        return self.add(cluster, wide)
