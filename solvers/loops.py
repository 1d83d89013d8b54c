"""Loops of points that lead to each other: the strongly connected parts of a graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def loops_of(count: int, tails: ArrayLike, heads: ArrayLike) -> NDArray[np.int64]:
    """Return the number of the loop that each of `count` points belongs to; one that is in none has its own number."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ends = np.asarray(tails, np.int64), np.asarray(heads, np.int64)
    graph = coo_matrix((np.ones(len(ends[0]), bool), ends), shape=(count, count)).tocsr()
    return np.asarray(connected_components(graph, directed=True, connection="strong")[1], np.int64)
