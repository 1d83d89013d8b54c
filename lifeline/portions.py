"""Customers split into portions: whole persons who get one service from one node, or from any of several."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.shares import largest_remainder, with_vulnerable_apart

if TYPE_CHECKING:
    from lifeline.system import System

Ints = NDArray[np.int32]


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


def numbers_of(ids: NDArray[np.object_], wanted: pd.Series[Any]) -> Ints:
    """Return the place of each wanted name among these ids, -1 for one that is not there."""
    return pd.Index(ids).get_indexer(pd.Index(wanted.to_numpy(dtype=object))).astype(np.int32)


def split_customers(
    system: System,
    node_ids: NDArray[np.object_],
    customer_ids: NDArray[np.object_],
    services: tuple[str, ...],
) -> tuple[Portions, list[Ints]]:
    """Return the portions, and the nodes behind each portion that has alternatives, in hidden-node order."""
    supplies = system.supplies
    customer = numbers_of(customer_ids, supplies["customer"]).astype(np.int64)
    service = pd.Index(services).get_indexer(pd.Index(supplies["service"])).astype(np.int64)
    node = numbers_of(node_ids, supplies["node"])
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
