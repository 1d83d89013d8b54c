"""Joins the ends of lines to nodes by where they lie, and puts a node where an end has none."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifeline.distance import EARTH_RADIUS_METRES, metres_of_chord, unit_vectors

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

NONE = -1

_FINEST_METRES = 0.001


@dataclass(frozen=True, eq=False)
class Ends:
    """New nodes at ends of lines: where they are, and for each end the number of its new node."""

    longitude: Floats
    latitude: Floats
    number: Longs


def nearest_nodes(
    longitude: Floats, latitude: Floats, node_longitude: Floats, node_latitude: Floats, metres: float
) -> tuple[Longs, Floats]:
    """Return for each place the number of the nearest node within so many metres, NONE if there is none, and how far.

    Of nodes in one place the first is taken, so hand them in sorted by id.
    """
    from scipy.spatial import cKDTree

    if not len(node_longitude) or not len(longitude):
        return np.full(len(longitude), NONE, dtype=np.int64), np.full(len(longitude), np.inf)
    places = np.column_stack([node_longitude, node_latitude])
    _, firsts = np.unique(places, axis=0, return_index=True)
    firsts = np.sort(firsts)
    tree = cKDTree(unit_vectors(node_longitude[firsts], node_latitude[firsts]))
    # What is as far away as the limit itself, but for rounding, still counts.
    most = _chord(metres) * (1 + 1e-9) + 1e-12
    apart, found = tree.query(unit_vectors(longitude, latitude), k=1, distance_upper_bound=most)
    known = found < len(firsts)
    number = np.where(known, firsts[np.minimum(found, len(firsts) - 1)], NONE)
    far = np.where(known, metres_of_chord(np.where(known, apart, 0.0)), np.inf)
    return number.astype(np.int64), far


def new_nodes(longitude: Floats, latitude: Floats, metres: float) -> Ends:
    """Return one node for the ends that lie together, numbered from west to east and then from south to north.

    Ends in one cell of a grid as fine as the tolerance are one, and so are cells whose first ends are no farther
    apart than it: however many ends lie on a heap, the work is in proportion to their number.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    places, number = np.unique(np.column_stack([longitude, latitude]), axis=0, return_inverse=True)
    number = number.ravel()
    if metres >= _FINEST_METRES and len(places) > 1:
        vectors = unit_vectors(places[:, 0], places[:, 1])
        # The diagonal of such a cell is the tolerance.
        cells = np.floor(vectors / (_chord(metres) / math.sqrt(3))).astype(np.int64)
        _, first, cell = np.unique(cells, axis=0, return_index=True, return_inverse=True)
        pairs = cKDTree(vectors[first]).query_pairs(_chord(metres), output_type="ndarray")
        tails, heads = pairs.astype(np.int32).T  # scipy 1.16 takes no wider indices here
        joined = coo_array((np.ones(len(pairs)), (tails, heads)), shape=(len(first), len(first)))
        _, group = connected_components(joined, directed=False)
        # Places come sorted, so the first of each group is its most westerly.
        _, kept, of_place = np.unique(group[cell.ravel()], return_index=True, return_inverse=True)
        order = np.argsort(kept, kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        number, places = rank[of_place.ravel()][number], places[kept[order]]
    return Ends(places[:, 0], places[:, 1], number.astype(np.int64))


def _chord(metres: float) -> float:
    """Return the chord of the unit sphere that belongs to a distance over ground."""
    return 2 * math.sin(min(metres / (2 * EARTH_RADIUS_METRES), math.pi / 2))
