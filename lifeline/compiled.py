"""A System as flat integer arrays: what the compiled loops read.

Nodes, links and groups are numbered in the order of their ids, so the numbers, and with them every tie that
is broken by number, do not depend on the order of rows in a file. One extra, hidden node stands behind the
real ones for each alternative supply ("either node suffices"): it works while any of its alternatives does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.shares import largest_remainder, with_vulnerable_apart

if TYPE_CHECKING:
    from lifeline.system import System

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.uint8]

CARRIES_OUT = 1
CARRIES_IN = 2

NOT_FED = -2
FED_BY_ITSELF = -1
UNREACHED = 2**30
NOT_DRAINING = -1

FULL = 1_000_000
"Level of a node that works and is not served in units of flow: such levels are parts of a million."

MINUTE, WAVE, NODE, WHAT, WHY = range(5)
"Columns of a kernel's log: when, in which wave, what happened to which node, and the number of what explains it."


class Network(NamedTuple):
    """What never changes: who neighbours whom, who depends on whom.

    The neighbours of node n are entries adjacent_start[n] to adjacent_start[n + 1]; `adjacent_way` says
    whether the link carries service out of n (bit 1), into n (bit 2) or both. The dependency groups of n are
    numbered group_start[n] to group_start[n + 1]; a group's providers are entries provider_start[g] to
    provider_start[g + 1]. `supplies_group` lists, from supplies_start[n] on, the groups in which n is a
    provider.
    """

    source: Flags
    black_start: Flags
    adjacent_start: Ints
    adjacent_node: Ints
    adjacent_link: Ints
    adjacent_way: Flags
    link_from: Ints
    link_to: Ints
    link_way: Flags
    group_start: Ints
    group_dependent: Ints
    group_buffer: Ints
    provider_start: Ints
    provider_node: Ints
    supplies_start: Ints
    supplies_group: Ints
    black_start_nodes: Ints


class State(NamedTuple):
    """Which parts are intact and which work at one instant; the kernels change it in place.

    `feed_link` names the link by which a working node is reached (FED_BY_ITSELF: it is a source); `depth` grows
    along every chain of feeds, and is UNREACHED where there is none. A group that has no working provider drains
    from the minute `drains_since`; `buffer_left` is what was left at that minute. `unmet` counts the groups of a
    node that have neither provider nor buffer.
    """

    works: Flags
    node_intact: Flags
    link_intact: Flags
    feed_link: Ints
    depth: Ints
    providers_working: Ints
    unmet: Ints
    buffer_left: Ints
    drains_since: Ints
    mark: Flags

    def copy(self) -> State:
        """Return the same state in arrays of its own."""
        return State(**{name: array.copy() for name, array in self._asdict().items()})


def feeding_nodes(network: Network, state: State) -> Ints:
    """Return the neighbour through which each node is reached; -1 for a source and for what is dark."""
    node = np.flatnonzero(state.feed_link >= 0)
    link = state.feed_link[node]
    feeding = np.full(len(state.feed_link), -1, np.int32)
    feeding[node] = np.where(network.link_from[link] == node, network.link_to[link], network.link_from[link])
    return feeding


@dataclass(frozen=True, eq=False)
class Portions:
    """The people of each customer and service, split over the nodes that serve them; one entry a portion."""

    customer: Ints
    service: NDArray[np.int8]
    node: Ints
    persons: NDArray[np.int64]
    weight_permille: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.node)

    @cached_property
    def weight(self) -> NDArray[np.int64]:
        """Return persons times weight in thousandths: what a minute without service costs."""
        return self.persons * self.weight_permille


@dataclass(frozen=True, eq=False)
class CompiledSystem:
    """A System as arrays, with its undamaged state worked out once."""

    network: Network
    node_ids: NDArray[np.object_]
    link_ids: NDArray[np.object_]
    customer_ids: NDArray[np.object_]
    services: tuple[str, ...]
    portions: Portions

    @property
    def node_count(self) -> int:
        """Return the number of real nodes; hidden nodes of alternative supplies come after them."""
        return len(self.node_ids)

    @cached_property
    def node_index(self) -> dict[str, int]:
        """Return the number of each node by its id."""
        return {str(node): index for index, node in enumerate(self.node_ids)}

    @cached_property
    def link_index(self) -> dict[str, int]:
        """Return the number of each link by its id."""
        return {str(link): index for index, link in enumerate(self.link_ids)}

    @cached_property
    def before(self) -> State:
        """Return the undamaged state: the greatest set of nodes that satisfies the rule, with buffers full.

        A group without a working provider even then has no buffer to count on.
        """
        from lifeline.kernels import settle_undamaged

        state = _all_working(self.network)
        settle_undamaged(self.network, state)
        provided = state.providers_working > 0
        state.buffer_left[provided] = self.network.group_buffer[provided]
        return state

    @property
    def array_bytes(self) -> int:
        """Return the memory of the kernel arrays: the network and one state of it."""
        return sum(array.nbytes for array in (*self.network, *self.before))


def compile_system(system: System) -> CompiledSystem:
    """Turn a System into flat arrays."""
    node_ids = system.nodes["id"].to_numpy(dtype=object)
    link_ids = system.links["id"].to_numpy(dtype=object)
    customer_ids = system.customers["id"].to_numpy(dtype=object)
    services = tuple(sorted(set(system.supplies["service"])))
    portions, alternatives = _split_customers(system, node_ids, customer_ids, services)
    groups = _dependency_groups(system, node_ids, alternatives)
    total = len(node_ids) + len(alternatives)
    source = np.ones(total, np.uint8)
    source[: len(node_ids)] = system.nodes["source"].to_numpy(dtype=bool)
    black_start = np.zeros(total, np.uint8)
    black_start[: len(node_ids)] = system.nodes["black_start"].to_numpy(dtype=bool)
    network = Network(
        source=source,
        black_start=black_start,
        **_adjacency(system.links, node_ids, total),
        **groups.arrays(total),
        black_start_nodes=np.flatnonzero(black_start).astype(np.int32),
    )
    return CompiledSystem(network, node_ids, link_ids, customer_ids, services, portions)


def _numbers(ids: NDArray[np.object_], wanted: pd.Series[Any]) -> Ints:
    return pd.Index(ids).get_indexer(pd.Index(wanted.to_numpy(dtype=object))).astype(np.int32)


def starts_of(owner: NDArray[Any], count: int) -> Ints:
    """Return where each owner's run begins in an array sorted by owner (CSR), with the end appended."""
    starts = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(owner, minlength=count), out=starts[1:])
    return starts


def _adjacency(links: pd.DataFrame, node_ids: NDArray[np.object_], total: int) -> dict[str, NDArray[Any]]:
    tail, head = _numbers(node_ids, links["from_node"]), _numbers(node_ids, links["to_node"])
    directed = links["directed"].to_numpy(dtype=bool)
    both = np.uint8(CARRIES_OUT | CARRIES_IN)
    link = np.arange(len(links), dtype=np.int32)
    owner, neighbour = np.concatenate([tail, head]), np.concatenate([head, tail])
    way = np.concatenate(
        [
            np.where(directed, np.uint8(CARRIES_OUT), both),
            np.where(directed, np.uint8(CARRIES_IN), both),
        ]
    )
    order = np.argsort(owner, kind="stable")
    return {
        "adjacent_start": starts_of(owner, total),
        "adjacent_node": neighbour[order],
        "adjacent_link": np.concatenate([link, link])[order],
        "adjacent_way": way[order].astype(np.uint8),
        "link_from": tail,
        "link_to": head,
        "link_way": way[: len(links)].astype(np.uint8),
    }


@dataclass(frozen=True, eq=False)
class _Groups:
    """Dependency rows with their groups numbered by dependent, then by the group's name."""

    dependent: Ints
    provider: Ints
    group: Ints
    buffer_minutes: Ints

    def arrays(self, total: int) -> dict[str, NDArray[Any]]:
        count = int(self.group[-1]) + 1 if len(self.group) else 0
        first = np.flatnonzero(np.diff(self.group, prepend=-1))
        group_dependent = self.dependent[first]
        by_provider = np.argsort(self.provider, kind="stable")
        return {
            "group_start": starts_of(group_dependent, total),
            "group_dependent": group_dependent,
            "group_buffer": self.buffer_minutes[first],
            "provider_start": starts_of(self.group, count),
            "provider_node": self.provider,
            "supplies_start": starts_of(self.provider, total),
            "supplies_group": self.group[by_provider],
        }


def _dependency_groups(system: System, node_ids: NDArray[np.object_], alternatives: list[Ints]) -> _Groups:
    table = system.dependencies
    dependent, provider = _numbers(node_ids, table["dependent"]), _numbers(node_ids, table["provider"])
    name = pd.factorize(table["group"].to_numpy(dtype=object), sort=True)[0]
    buffer_minutes = table["buffer_minutes"].to_numpy(dtype=np.int32)
    order = np.lexsort((provider, name, dependent))
    dependent, provider, name = dependent[order], provider[order], name[order]
    new_group = np.ones(len(order), bool)
    new_group[1:] = (np.diff(dependent) != 0) | (np.diff(name) != 0)
    group = np.cumsum(new_group) - 1
    hidden_sizes = np.array([len(nodes) for nodes in alternatives], np.int64)
    hidden = np.repeat(np.arange(len(alternatives)), hidden_sizes)
    behind = int(group[-1]) + 1 if len(group) else 0
    return _Groups(
        dependent=np.concatenate([dependent, len(node_ids) + hidden]).astype(np.int32),
        provider=np.concatenate([provider, *alternatives]).astype(np.int32),
        group=np.concatenate([group, behind + hidden]).astype(np.int32),
        buffer_minutes=np.concatenate([buffer_minutes[order], np.zeros(len(hidden), np.int32)]),
    )


def _split_customers(
    system: System,
    node_ids: NDArray[np.object_],
    customer_ids: NDArray[np.object_],
    services: tuple[str, ...],
) -> tuple[Portions, list[Ints]]:
    """Return the portions, and the nodes behind each portion that has alternatives, in hidden-node order."""
    supplies = system.supplies
    customer = _numbers(customer_ids, supplies["customer"]).astype(np.int64)
    service = pd.Index(services).get_indexer(pd.Index(supplies["service"])).astype(np.int64)
    node = _numbers(node_ids, supplies["node"])
    alternative = supplies["alternative"].to_numpy(dtype=object)
    named = alternative != ""
    key = np.where(named, alternative, supplies["node"].to_numpy(dtype=object))
    # A portion is one node, or one named set of alternatives; a node and a set of the same name stay apart.
    name = pd.factorize(key, sort=True)[0] * 2 + named if len(key) else np.zeros(0, np.int64)
    order = np.lexsort((node, name, service, customer))
    customer, service, node = customer[order], service[order], node[order]
    name, named = name[order], named[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(customer) != 0) | (np.diff(service) != 0) | (np.diff(name) != 0)
    first = np.flatnonzero(fresh)
    ends = np.append(first[1:], len(order))
    portion_node = node[first].astype(np.int32)
    alternatives: list[Ints] = []
    for portion in np.flatnonzero(named[first] & (ends - first > 1)):
        portion_node[portion] = len(node_ids) + len(alternatives)
        alternatives.append(node[first[portion] : ends[portion]].astype(np.int32))
    people = system.customers["persons"].to_numpy(dtype=np.int64)
    share = supplies["share"].to_numpy(dtype=float)[order][first]
    portions = Portions(
        customer=customer[first].astype(np.int32),
        service=service[first].astype(np.int8),
        node=portion_node,
        persons=largest_remainder(people, customer[first], service[first], share),
        weight_permille=supplies["weight_permille"].to_numpy(dtype=np.int64)[order][first],
    )
    return with_vulnerable_apart(system, portions), alternatives


def _all_working(network: Network) -> State:
    nodes, links, groups = len(network.source), len(network.link_from), len(network.group_dependent)
    return State(
        works=np.ones(nodes, np.uint8),
        node_intact=np.ones(nodes, np.uint8),
        link_intact=np.ones(links, np.uint8),
        feed_link=np.full(nodes, NOT_FED, np.int32),
        depth=np.full(nodes, UNREACHED, np.int32),
        providers_working=np.diff(network.provider_start).astype(np.int32),
        unmet=np.zeros(nodes, np.int32),
        buffer_left=np.zeros(groups, np.int32),
        drains_since=np.full(groups, NOT_DRAINING, np.int32),
        mark=np.zeros(nodes, np.uint8),
    )
