"""Water: treatment plants on a trunk main, and looped mains in pressure zones behind pumps and tanks."""

from __future__ import annotations

import math

import numpy as np

from scenarios.synthetic.graphs import mesh, nearest, tidied, tree_with_loops
from scenarios.synthetic.land import Floats, Integers, Land, Places
from scenarios.synthetic.sector_network import SectorBuilder, SectorNetwork

COMPONENTS_PER_PLANT = 1_000
COMPONENTS_PER_ZONE = 110
COMPONENTS_PER_JUNCTION = 2.3
INLETS_PER_ZONE = 3
GRAVITY_EVERY = 5  # every fifth pressure zone lies low enough to need no pump
FEWEST_FOR_TANKS = 40
TANK_EVERY = 2  # every second pumped zone is fed through a tank
CLOSED_VALVE_COST = 100.0


def build_water(land: Land, components: int, rng: np.random.Generator) -> SectorNetwork:
    """Draw the trunk main, then a pressure zone around each of its taps, apart from the other zones."""
    water = SectorBuilder("water")
    taps = _add_trunk(water, land, components, rng)
    heads = _add_zone_heads(water, taps, components)
    left = components - water.components
    _add_mains(water, land, left, taps, heads, rng)
    return water.finish()


def _add_trunk(water: SectorBuilder, land: Land, components: int, rng: np.random.Generator) -> Places:
    """Add plants at the edge and the trunk's taps, nodes 0 and up, in a mesh."""
    zones = max(components // COMPONENTS_PER_ZONE, 1)
    plants = max(components // COMPONENTS_PER_PLANT, min(2, components // 300), 1)
    taps = land.sites(zones, rng)
    tap_nodes = water.add_nodes("trunk", taps.x, taps.y, kind="water junction")
    spacing = 2 * np.pi / plants
    angle = (np.arange(plants) + rng.uniform(-0.2, 0.2, plants)) * spacing + rng.uniform(0, 2 * np.pi)
    x, y = (land.radius_km * rng.uniform(0.8, 1.0, plants) * part(angle) for part in (np.cos, np.sin))
    plant_nodes = water.add_nodes("treatment", x, y, kind="water treatment plant", source=True)
    trunk = mesh(np.concatenate([taps.x, x]), np.concatenate([taps.y, y]))
    nodes = np.concatenate([tap_nodes, plant_nodes])
    water.add_links("trunk-main", (nodes[trunk.start], nodes[trunk.end]), kind="water main")
    return taps


def _add_zone_heads(water: SectorBuilder, taps: Places, components: int) -> Integers:
    """Add what lifts the water into each zone, and return the node from which each zone is fed.

    That is the tap itself where the zone lies low, else a pumping station, or the tank which it fills.
    """
    zone = np.arange(len(taps.x))
    pumped = zone[zone % GRAVITY_EVERY != GRAVITY_EVERY - 1]
    pumps = water.add_nodes("pump", taps.x[pumped] + 0.05, taps.y[pumped], kind="pumping station")
    water.add_links("trunk-main", (pumped, pumps), kind="water main")
    heads = zone.copy()
    heads[pumped] = pumps
    # What a tank stores is the buffer of the pump that fills it: see dependencies.py.
    filling = (np.arange(len(pumps)) % TANK_EVERY == 0) & (components >= FEWEST_FOR_TANKS)
    tanked = pumped[filling]
    tanks = water.add_nodes("tank", taps.x[tanked] + 0.05, taps.y[tanked] + 0.15, kind="storage tank")
    water.add_links("trunk-main", (pumps[filling], tanks), kind="water main")
    heads[tanked] = tanks
    return heads


def _add_mains(
    water: SectorBuilder,
    land: Land,
    left: int,
    taps: Places,
    heads: Integers,
    rng: np.random.Generator,
) -> None:
    """Lay looped mains along the streets of each zone, fed from its head through a few inlets.

    For the spanning tree all heads are one point, `outside`: a part of a zone that river and neighbours cut
    off then gets the one open valve it needs, and no zone is joined to another for nothing.
    """
    count = max(1, min(left // 2, math.ceil(left / COMPONENTS_PER_JUNCTION)))
    streets = land.lattice(count, rng)
    x, y = streets.places.x, streets.places.y
    zone = nearest(x, y, taps.x, taps.y)[:, 0]
    inlets = _inlets(x, y, zone, taps)
    outside = count
    edges = tidied(
        np.concatenate([streets.start, inlets]), np.concatenate([streets.end, np.full(len(inlets), outside)])
    )
    inlet = edges.end == outside
    far, near = np.where(inlet, edges.start, edges.end), edges.start
    beyond = land.is_beyond_river(x, y)
    valve = (zone[near] != zone[far]) | (beyond[near] != beyond[far])
    length = np.hypot(x[near] - x[far], y[near] - y[far])
    liked = rng.random(edges.total)
    along_street = 1.0 + length * (0.8 + 0.4 * liked)
    cost = np.select([inlet, valve], [0.0 * length, CLOSED_VALVE_COST + length], along_street)
    laid = tree_with_loops(count + 1, edges, cost, left - count, loops=~valve, order=liked)

    nodes = water.add_nodes("water-node", x, y, kind="water junction", serves=True, fed_by=heads[zone])
    start, end = nodes[near[laid]], nodes[far[laid]]
    start[inlet[laid]] = heads[zone[near[laid & inlet]]]
    water.add_links("water-main", (start, end), kind="water main")


def _inlets(x: Floats, y: Floats, zone: Integers, taps: Places) -> Integers:
    """Choose in each zone the few junctions nearest to its head; a zone without junctions feeds nobody."""
    distance = np.hypot(x - taps.x[zone], y - taps.y[zone])
    order = np.lexsort((distance, zone))
    first_of_zone = np.searchsorted(zone[order], np.arange(len(taps.x)))
    rank = np.arange(len(order)) - first_of_zone[zone[order]]
    return np.sort(order[rank < INLETS_PER_ZONE])
