"""Who certainly is without service: the judge's rules, loosened until they are monotone.

With buffers a service can go on, off and on again, and what lives on a buffer can keep a loop of dependencies alive.
For a bound take any minute of any plan. Let D be the jobs done by then and V the groups that drain at that minute.
What works is a set of intact parts, each reached from a source within it, whose groups each have a provider in it
or are in V. So it lies within the greatest such set, which grows with D and V: a node works only if *some* choice of
starting points allows it. That is growth in which every node of a dependency loop may black-start.

Two more things hold for V. A group drains for at most its buffer minutes in all, as a buffer is never refilled. And
from some minutes on it drains no more: where no loop lies upstream, that is the longest chain of buffers above
it (once its providers are settled it drains without a break), else the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import CARRIES_OUT, Longs
from solvers.dark import Dark, dark_among

if TYPE_CHECKING:
    from lifeline.cascade import Cascade
    from lifeline.repair import RepairProblem


@dataclass(frozen=True, eq=False)
class CertainOutage:
    """All dark nodes, and what each counted one costs a minute while nothing lets it work.

    In `dark` every node of a loop of dependencies is a starter. `grown` is the same without starters. Group
    g may count as met, as item number `jobs` + g beside the jobs, for `buffer_minutes[g]` minutes, all of
    them before minute `drained[g]`.
    """

    dark: Dark
    weight: NDArray[np.int64]
    buffer_minutes: Longs
    drained: Longs

    @property
    def grown(self) -> Dark:
        """Return the dark part without starters, in which less may come on."""
        return self.dark._replace(starters=np.zeros(0, np.int32))

    @property
    def buffered(self) -> Longs:
        """Return the numbers of the groups that have a buffer."""
        return np.flatnonzero(self.buffer_minutes > 0)


def certain_outage(problem: RepairProblem) -> CertainOutage:
    """Return what is dark after the shock with all buffers run out, and the help that buffers may be to it."""
    cascade = problem.cascade
    nodes = np.flatnonzero(cascade.without_buffers.works == 0)
    dark = dark_among(problem, nodes)
    horizon = problem.horizon_minutes
    loop = _Loops.of(cascade)
    groups = _unmet_groups(cascade, nodes)
    settled = loop.last_extra_minutes(horizon)
    starters = np.flatnonzero(loop.in_loop[loop.part[nodes]] & (dark.unmet > 0))
    minutes = cascade.compiled.network.group_buffer[groups].astype(np.int64)
    providers_settled = np.zeros(len(cascade.compiled.network.group_dependent), np.int64)
    np.maximum.at(providers_settled, loop.group, settled[loop.provider])
    return CertainOutage(
        dark._replace(starters=starters.astype(np.int32)),
        np.where(cascade.restorable[nodes], dark.weight, 0),
        minutes,
        np.minimum(providers_settled[groups] + minutes, horizon),
    )


def _unmet_groups(cascade: Cascade, nodes: NDArray[np.intp]) -> Longs:
    """Return the numbers in the system of the dark part's groups, in its order."""
    network, state = cascade.compiled.network, cascade.without_buffers
    dark = np.zeros(len(state.works), bool)
    dark[nodes] = True
    return np.flatnonzero((state.providers_working == 0) & dark[network.group_dependent])


@dataclass(frozen=True, eq=False)
class _Loops:
    """Who is upstream of whom among the dark nodes, and which of them hang together in loops of dependencies."""

    cascade: Cascade
    tail: Longs
    head: Longs
    minutes: Longs
    provider: Longs
    group: Longs
    part: Longs
    in_loop: NDArray[np.bool_]

    @classmethod
    def of(cls, cascade: Cascade) -> _Loops:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        network = cascade.compiled.network
        count = len(cascade.without_buffers.works)
        feeding, fed = _feeds(cascade)
        provider, group = _unmet_providers(cascade)
        dependent = network.group_dependent[group].astype(np.int64)
        tail, head = np.concatenate([feeding, provider]), np.concatenate([fed, dependent])
        minutes = np.concatenate([np.zeros(len(fed), np.int64), network.group_buffer[group].astype(np.int64)])
        graph = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(count, count))
        _, part = connected_components(graph.tocsr(), directed=True, connection="strong")
        in_loop = np.zeros(part.max(initial=0) + 1, bool)
        in_loop[part[provider[part[provider] == part[dependent]]]] = True
        return cls(cascade, tail, head, minutes, provider, group, part.astype(np.int64), in_loop)

    def last_extra_minutes(self, horizon: int) -> Longs:
        """Return for each node the minute from which on buffers make no difference to it, at most the horizon."""
        extra = np.zeros(len(self.part), np.int64)
        while True:
            longer = extra.copy()
            np.maximum.at(longer, self.head, extra[self.tail] + self.minutes)
            longer = np.minimum(np.where(self.in_loop[self.part] & (longer > 0), horizon, longer), horizon)
            if (longer == extra).all():
                return extra
            extra = longer


def _feeds(cascade: Cascade) -> tuple[Longs, Longs]:
    """Return the pairs of dark neighbours of which the first can feed the second, once all links are mended."""
    network, works = cascade.compiled.network, cascade.without_buffers.works
    tail = np.repeat(np.arange(len(works)), np.diff(network.adjacent_start))
    head = network.adjacent_node
    kept = ((network.adjacent_way & CARRIES_OUT) > 0) & (works[tail] == 0) & (works[head] == 0)
    return tail[kept], head[kept].astype(np.int64)


def _unmet_providers(cascade: Cascade) -> tuple[Longs, Longs]:
    """Return the providers of the groups that are unmet without buffers, each with the group."""
    network, state = cascade.compiled.network, cascade.without_buffers
    group = np.repeat(np.arange(len(network.group_dependent)), np.diff(network.provider_start))
    kept = (state.providers_working[group] == 0) & (state.works[network.group_dependent[group]] == 0)
    return network.provider_node[kept].astype(np.int64), group[kept]
