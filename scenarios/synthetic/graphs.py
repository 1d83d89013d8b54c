"""Shapes that networks have: meshes, trees and loops, drawn over points of the plane in whole arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay, QhullError, cKDTree

from scenarios.synthetic.land import Flags, Floats, Integers


class Edges(NamedTuple):
    """Pairs of point numbers, the smaller one first, each pair once."""

    start: Integers
    end: Integers

    @property
    def total(self) -> int:
        """Return how many edges there are."""
        return len(self.start)

    def only(self, chosen: Flags | Integers) -> Edges:
        """Keep the chosen edges."""
        return Edges(self.start[chosen], self.end[chosen])

    def lengths(self, x: Floats, y: Floats) -> Floats:
        """Return the straight length of each edge, in the unit of the points."""
        return np.asarray(
            np.hypot(x[self.start] - x[self.end], y[self.start] - y[self.end]), dtype=np.float64
        )


class Forest(NamedTuple):
    """For each point the next one on its way to its root (-1 at a root), and that root."""

    parent: Integers
    root: Integers


def tidied(start: Integers, end: Integers) -> Edges:
    """Turn each edge so that its smaller point comes first, and drop repetitions and loops on one point."""
    low, high = np.minimum(start, end).astype(np.int64), np.maximum(start, end).astype(np.int64)
    pairs = np.unique(np.stack([low, high], axis=1)[low != high].reshape(-1, 2), axis=0)
    return Edges(pairs[:, 0], pairs[:, 1])


def nearest(x: Floats, y: Floats, to_x: Floats, to_y: Floats, *, count: int = 1) -> Integers:
    """Return, one row for each (x, y), the numbers of the nearest points (to_x, to_y), nearest first.

    There are `count` columns, fewer when there are fewer points.
    """
    count = min(count, len(to_x))
    tree = cKDTree(np.column_stack([to_x, to_y]))
    _, found = tree.query(np.column_stack([x, y]), k=range(1, count + 1))
    return np.asarray(found, dtype=np.int64).reshape(len(x), count)


def neighbours(x: Floats, y: Floats) -> Edges:
    """Join the points that share a side in the Delaunay triangulation; two or three points are all joined."""
    count = len(x)
    if count < 4:
        start, end = np.triu_indices(count, k=1)
        return tidied(start, end)
    try:
        triangles = Delaunay(np.column_stack([x, y])).simplices.astype(np.int64)
    except QhullError:  # all on one line
        order = np.lexsort((y, x)).astype(np.int64)
        return tidied(order[:-1], order[1:])
    return tidied(triangles.ravel(), np.roll(triangles, 1, axis=1).ravel())


def mesh(x: Floats, y: Floats) -> Edges:
    """Join two points unless a third lies in the circle between them: Gabriel's graph, connected, with loops.

    It looks like a transmission grid: no lines cross, and most stations are fed from two or three sides.
    """
    edges = neighbours(x, y)
    if len(x) < 4:
        return edges
    middle = np.column_stack([x[edges.start] + x[edges.end], y[edges.start] + y[edges.end]]) / 2
    clearance, _ = cKDTree(np.column_stack([x, y])).query(middle)
    return edges.only(clearance >= edges.lengths(x, y) / 2 * (1 - 1e-9))


def parts(count: int, edges: Edges) -> Integers:
    """Return for each of `count` points the number of the connected part it is in."""
    joined = csr_array((np.ones(edges.total), (edges.start, edges.end)), shape=(count, count))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.int64)


def spanning_tree(count: int, edges: Edges, cost: Floats) -> Flags:
    """Mark the edges of the cheapest tree (or forest, one tree a connected part) over `count` points."""
    if not edges.total:
        return np.zeros(0, dtype=np.bool_)
    # scipy reads a zero as "no edge", and before 1.17 finds trees over 32-bit numbers only.
    ends = edges.start.astype(np.int32), edges.end.astype(np.int32)
    weights = csr_array((cost - cost.min() + 1.0, ends), shape=(count, count))
    tree = minimum_spanning_tree(weights).tocoo()
    chosen = np.minimum(tree.row, tree.col).astype(np.int64) * count + np.maximum(tree.row, tree.col)
    return np.isin(edges.start * count + edges.end, chosen)


def shortest_path_trees(count: int, edges: Edges, cost: Floats, roots: Integers) -> Forest:
    """Grow the trees of cheapest paths: every point belongs to the root that reaches it most cheaply."""
    weights = csr_array((cost, (edges.start, edges.end)), shape=(count, count))
    _, parent, root = dijkstra(
        weights, directed=False, indices=roots, return_predecessors=True, min_only=True
    )
    return Forest(np.maximum(parent.astype(np.int64), -1), np.maximum(root.astype(np.int64), -1))


def tree_with_loops(
    count: int, edges: Edges, cost: Floats, wanted: int, *, loops: Flags, order: Floats
) -> Flags:
    """Mark a spanning tree and, in rising `order`, as many of the `loops` as make `wanted` edges in all."""
    marked = spanning_tree(count, edges, cost)
    spare = np.flatnonzero(loops & ~marked)
    first = spare[np.argsort(order[spare], kind="stable")]
    marked[first[: max(0, wanted - int(marked.sum()))]] = True
    return marked
