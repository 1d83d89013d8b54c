"""Electricity: generating stations and a meshed transmission grid, from which radial feeders branch out."""

from __future__ import annotations

import numpy as np

from scenarios.synthetic.graphs import mesh, nearest
from scenarios.synthetic.land import Integers, Land, Places
from scenarios.synthetic.sector_network import SectorBuilder, SectorNetwork
from scenarios.synthetic.street_trees import StreetTrees

COMPONENTS_PER_GENERATOR = 420
COMPONENTS_PER_TRANSMISSION_SUBSTATION = 130
COMPONENTS_PER_DISTRIBUTION_SUBSTATION = 45
SHARE_WITH_SECOND_LINE = 0.4
# In turn, so that fuel and cooling water matter; the first kind is driven by water and can start a dead grid.
GENERATORS = ("hydro-station", "gas-station", "steam-station")
FEEDERS = StreetTrees(
    node="pole",
    node_kind="feeder pole",
    link="feeder",
    link_kind="feeder line",
    trees_per_station=5,
    crossing_cost=4.0,
)


def build_power(land: Land, components: int, rng: np.random.Generator) -> SectorNetwork:
    """Draw generating stations, the transmission mesh, and feeders: trees that start at substations."""
    power = SectorBuilder("power")
    grid = _add_grid(power, land, components, rng)
    _add_generators(power, land, components, grid, rng)
    substations, sites = _add_substations(power, land, components, grid, rng)
    left = components - power.components
    FEEDERS.grow(power, land, max(1, left // 2), substations, sites.x, sites.y, rng)
    return power.finish()


def _add_grid(power: SectorBuilder, land: Land, components: int, rng: np.random.Generator) -> Places:
    """Add transmission substations, nodes 0 and up, in a mesh; without control hands can switch them."""
    sites = land.sites(
        max(components // COMPONENTS_PER_TRANSMISSION_SUBSTATION, min(3, components // 40), 1), rng
    )
    power.add_nodes("grid-substation", sites.x, sites.y, kind="transmission substation", black_start=True)
    power.add_links("transmission-line", mesh(sites.x, sites.y), kind="transmission line")
    return sites


def _add_generators(
    power: SectorBuilder, land: Land, components: int, grid: Places, rng: np.random.Generator
) -> None:
    """Add generating stations around the city, each tied to its two nearest transmission substations."""
    count = max(components // COMPONENTS_PER_GENERATOR, min(2, components // 40), 1)
    angle = (np.arange(count) + rng.uniform(-0.3, 0.3, count)) * 2 * np.pi / count + rng.uniform(0, 2 * np.pi)
    distance = land.radius_km * rng.uniform(0.85, 1.12, count)
    x, y = distance * np.cos(angle), distance * np.sin(angle)
    for number, role in enumerate(GENERATORS[:count]):
        mine = np.arange(number, count, len(GENERATORS))
        nodes = power.add_nodes(
            role, x[mine], y[mine], kind="generating station", source=True, black_start=role == GENERATORS[0]
        )
        for end in nearest(x[mine], y[mine], grid.x, grid.y, count=2).T:
            power.add_links("transmission-line", (nodes, end), kind="transmission line")


def _add_substations(
    power: SectorBuilder, land: Land, components: int, grid: Places, rng: np.random.Generator
) -> tuple[Integers, Places]:
    """Add distribution substations, each on its nearest transmission substation and some on a second one."""
    sites = land.sites(max(components // COMPONENTS_PER_DISTRIBUTION_SUBSTATION, 1), rng)
    nodes = power.add_nodes("substation", sites.x, sites.y, kind="distribution substation")
    ends = nearest(sites.x, sites.y, grid.x, grid.y, count=2)
    power.add_links("transmission-line", (ends[:, 0], nodes), kind="transmission line")
    if ends.shape[1] > 1:
        doubled = rng.random(len(nodes)) < SHARE_WITH_SECOND_LINE
        power.add_links("transmission-line", (ends[doubled, 1], nodes[doubled]), kind="transmission line")
    return nodes, sites
