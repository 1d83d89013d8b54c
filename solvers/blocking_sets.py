"""Blocking sets: jobs and buffers without which a group of nodes stays dark, whatever else is done.

They say everything there is to say about who waits for which repairs: a node is on only when of each of its
blocking sets at least one job is done or one buffer drains. There are too many to list, so they are found as the
linear program breaks them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import Longs
from solvers.bound_kernels import dark_without, places_when_on, violated_sets
from solvers.certain_outage import CertainOutage

PROBES = 24
"Random orders of the jobs by which nodes are grouped; nodes that always came on together make a cluster."


@dataclass(frozen=True, eq=False)
class Clusters:
    """Nodes that cost something, grouped into clusters all of whose members a blocking set must keep dark.

    A cluster stands for the mean share of its members that are on; so any grouping is right, and a good one
    groups nodes that come on together. Cluster c has the nodes member_start[c] to member_start[c + 1] of
    `members`. `items` are the jobs that can be done at all, and behind them the groups with buffers.
    """

    outage: CertainOutage
    members: Longs
    member_start: Longs
    items: Longs
    jobs: int

    @classmethod
    def of(cls, outage: CertainOutage, jobs: Longs) -> Clusters:
        """Group the nodes; `jobs` are those that can be done at all."""
        rng = np.random.default_rng(0)
        items = np.concatenate([jobs, len(outage.dark.job_node) + outage.buffered])
        nodes = np.flatnonzero(outage.weight > 0)
        grown = outage.grown
        signs = [places_when_on(grown, rng.permutation(items))[nodes] for _ in range(PROBES)]
        _, cluster = np.unique(np.array(signs).T.reshape(len(nodes), -1), axis=0, return_inverse=True)
        cluster = cluster.reshape(-1)
        order = np.argsort(cluster, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(cluster))]).astype(np.int64)
        return cls(outage, nodes[order], starts, items, len(jobs))

    def __len__(self) -> int:
        return len(self.member_start) - 1

    @property
    def weight(self) -> NDArray[np.int64]:
        """Return what a minute costs in which all members of a cluster are dark."""
        sums = np.concatenate([[0], np.cumsum(self.outage.weight[self.members])])
        return np.diff(sums[self.member_start])


@dataclass
class BlockingSets:
    """The blocking sets found so far, each with its cluster."""

    clusters: Clusters
    cluster: list[int] = field(default_factory=list)
    items: list[Longs] = field(default_factory=list)
    _known: set[tuple[int, tuple[int, ...]]] = field(default_factory=set)

    def add(self, cluster: int, items: Longs) -> bool:
        """Keep a set unless it is known; return whether it was new."""
        key = (cluster, tuple(sorted(items.tolist())))
        if key in self._known:
            return False
        self._known.add(key)
        self.cluster.append(cluster)
        self.items.append(np.array(key[1], np.int64))
        return True

    def add_necessary_jobs(self) -> None:
        """Add every single job that a whole cluster cannot come on without."""
        clusters = self.clusters
        outage = clusters.outage
        needs = dark_without(outage.dark, outage.grown, clusters.items, clusters.jobs)
        by_member = needs[:, clusters.members]
        for cluster in range(len(clusters)):
            begin, end = clusters.member_start[cluster : cluster + 2]
            for place in np.flatnonzero(by_member[:, begin:end].all(axis=1)):
                self.add(cluster, clusters.items[place : place + 1])

    def separate(self, served: NDArray[np.float64], done: NDArray[np.float64], slack: float) -> int:
        """Look in every span for sets that a solution breaks; return how many new ones there were.

        `served[cluster, span]` and `done[item, span]` are the solution.
        """
        clusters, found = self.clusters, 0
        grown = clusters.outage.grown
        for span in range(served.shape[1]):
            share = done[clusters.items, span]
            order = np.argsort(-share, kind="stable")
            wanted = np.flatnonzero(served[:, span] > slack)
            if not len(wanted):
                continue
            items, starts = violated_sets(
                clusters.outage.dark,
                grown,
                clusters.members,
                clusters.member_start,
                wanted,
                served[wanted, span],
                clusters.items[order],
                share[order],
                slack,
            )
            for place, cluster in enumerate(wanted.tolist()):
                one = items[starts[place] : starts[place + 1]]
                if len(one):
                    found += self.add(cluster, one[one >= 0])
        return found
