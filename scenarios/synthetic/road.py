"""Roads: arterials and local streets on a grid, cut by a river that a few bridges cross."""

from __future__ import annotations

import math

import numpy as np

from scenarios.synthetic.graphs import Edges, parts, tidied, tree_with_loops
from scenarios.synthetic.land import Flags, Integers, Land, Lattice, Places
from scenarios.synthetic.sector_network import SectorBuilder, SectorNetwork

COMPONENTS_PER_CROSSROADS = 2.62  # 1.62 streets a crossroads: a grid with some dead ends and parks
KM_PER_BRIDGE = 2.6
COMPONENTS_PER_HIGHWAY = 600
MOST_HIGHWAYS = 24
SMALLEST_BANK = 0.02  # of all crossroads
LOCAL_KMH = 30.0
ARTERIAL_KMH = 50.0


def build_road(land: Land, components: int, rng: np.random.Generator) -> SectorNetwork:
    """Draw the roads; they count as reached from where highways enter the city, at its edge."""
    count = _crossroads_for(components)
    streets = land.lattice(count, rng)
    places = streets.places
    edges, arterial = _tidied_with_arterials(streets)
    beyond = _far_bank(land, streets, edges)
    crosses = beyond[edges.start] != beyond[edges.end]
    bridge = _chosen_bridges(land, streets, edges, arterial, crosses)

    # First the streets of each bank, so that no bridge leads to a dead end; what is not a bridge crosses
    # the water only where part of a bank would be cut off else.
    dislike = np.select([bridge, crosses, arterial], [1_000.0, 10_000.0, 0.0], 10.0)
    liked = rng.random(edges.total)
    built = tree_with_loops(
        count,
        edges,
        edges.lengths(places.x, places.y) + dislike,
        components - count,
        loops=bridge | ~crosses,
        order=np.select([bridge, arterial], [liked - 2.0, liked - 1.0], liked),
    )
    road = SectorBuilder("road")
    entries = _highway_entries(places, edges.only(built & arterial), components)
    road.add_nodes("crossroads", places.x, places.y, kind="road node", source=entries, serves=True)
    road.add_links("bridge", edges.only(built & crosses), kind="bridge", speed_kmh=ARTERIAL_KMH)
    road.add_links("arterial", edges.only(built & ~crosses & arterial), kind="road", speed_kmh=ARTERIAL_KMH)
    road.add_links("street", edges.only(built & ~crosses & ~arterial), kind="road", speed_kmh=LOCAL_KMH)
    return road.finish()


def _crossroads_for(components: int) -> int:
    """Return how many crossroads leave enough of the components for streets; small grids have few loops."""
    small = ((4.0 + math.sqrt(16.0 + 12.0 * components)) / 6.0) ** 2
    wanted = math.ceil(max(small, components / COMPONENTS_PER_CROSSROADS))
    return max(2, min((components + 1) // 2, wanted))


def _tidied_with_arterials(streets: Lattice) -> tuple[Edges, Flags]:
    edges = tidied(streets.start, streets.end)
    order = np.lexsort((np.maximum(streets.start, streets.end), np.minimum(streets.start, streets.end)))
    return edges, streets.arterial[order]


def _far_bank(land: Land, streets: Lattice, edges: Edges) -> Flags:
    """Say which crossroads are on the far bank; a few that a bend cuts off count to the side they hang on."""
    places = streets.places
    beyond = land.is_beyond_river(places.x, places.y)
    dry = edges.only(beyond[edges.start] == beyond[edges.end])
    pocket = parts(len(beyond), dry)
    return beyond ^ (np.bincount(pocket)[pocket] < SMALLEST_BANK * len(beyond))


def _chosen_bridges(land: Land, streets: Lattice, edges: Edges, arterial: Flags, crosses: Flags) -> Flags:
    """Choose where to bridge the river: one crossing in each of its stretches, on an arterial if it can be."""
    bridge = np.zeros(edges.total, dtype=np.bool_)
    possible = np.flatnonzero(crosses)
    if not len(possible):
        return bridge
    along = land.kilometres_downriver(streets.places.x, streets.places.y)[edges.start[possible]]
    length = float(np.ptp(along))
    stretches = max(2, round(length / KM_PER_BRIDGE))
    place = (along - along.min()) / max(length, 1e-9) * stretches
    stretch = np.minimum(np.floor(place), stretches - 1)
    from_middle = np.abs(place - stretch - 0.5) + np.where(arterial[possible], 0.0, 1.0)
    best_first = np.lexsort((from_middle, stretch))
    _, first = np.unique(stretch[best_first], return_index=True)
    bridge[possible[best_first[first]]] = True
    return bridge


def _highway_entries(places: Places, arterials: Edges, components: int) -> Flags:
    """Mark the outermost crossroads on an arterial in each of a few directions: there highways come in."""
    on_arterial = np.unique(np.concatenate([arterials.start, arterials.end]))
    candidates: Integers = on_arterial if len(on_arterial) else np.arange(len(places.x))
    x, y = places.x[candidates], places.y[candidates]
    directions = min(MOST_HIGHWAYS, components // COMPONENTS_PER_HIGHWAY + 1)
    turn = np.arctan2(y, x) / (2 * np.pi) + 0.5
    direction = np.minimum(np.floor(turn * directions), directions - 1)
    outermost_first = np.lexsort((-np.hypot(x, y), direction))
    _, first = np.unique(direction[outermost_first], return_index=True)
    return np.isin(np.arange(len(places.x)), candidates[outermost_first[first]])
