"""The compiled loops of the power grid: which nodes hang together, and the matrix of susceptances.

SciPy has both; for grids of some hundred nodes it takes longer to check and copy its arguments than to do the work.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lifeline.lean import lean
from lifeline.service.rule import Mask, Whole

Floats = np.ndarray
Ints = np.ndarray


@lean
def _root(parent: Ints, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True, nogil=True)
def components(count: int, tail: Whole, head: Whole, live: Mask) -> Ints:
    """Return the number of each node's component over live links, in order of the components' first nodes."""
    parent = np.arange(count)
    for link in range(len(tail)):
        if live[link]:
            one, other = _root(parent, tail[link]), _root(parent, head[link])
            # The smaller number is the root, so a root comes before all of its component.
            if one < other:
                parent[other] = one
            else:
                parent[one] = other
    number = np.empty(count, np.int64)
    found = 0
    for node in range(count):
        root = _root(parent, node)
        if root == node:
            number[node] = found
            found += 1
        else:
            number[node] = number[root]
    return number


@njit(cache=True, nogil=True)
def susceptances(
    count: int, tail: Whole, head: Whole, strength: Floats, grounded: Mask
) -> tuple[Floats, Ints, Ints]:
    """Return the symmetric matrix of susceptances by columns: values, rows, and where each column starts.

    The diagonal stands first in its column; parallel links leave more than one value at a place. A grounded bus has
    its own susceptance (1 where it has none) once more on the diagonal.
    """
    start = np.zeros(count + 1, np.int32)
    for bus in range(count):
        start[bus + 1] = 1
    for link in range(len(tail)):
        if tail[link] != head[link]:
            start[tail[link] + 1] += 1
            start[head[link] + 1] += 1
    for bus in range(count):
        start[bus + 1] += start[bus]
    value = np.zeros(start[count], np.float64)
    row = np.empty(start[count], np.int32)
    place = start[:-1] + 1
    around = np.zeros(count, np.float64)
    for bus in range(count):
        row[start[bus]] = bus
    for link in range(len(tail)):
        one, other = tail[link], head[link]
        if one != other:
            for bus, far in ((one, other), (other, one)):
                value[start[bus]] += strength[link]
                around[bus] += abs(strength[link])
                row[place[bus]] = far
                value[place[bus]] = -strength[link]
                place[bus] += 1
    for bus in range(count):
        if grounded[bus]:
            value[start[bus]] += around[bus] if around[bus] > 0 else 1.0
    return value, row, start
