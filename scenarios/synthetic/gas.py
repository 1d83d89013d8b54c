"""Gas: gate stations and compressors, a pipeline tree to the regulators, and trees of mains below them."""

from __future__ import annotations

import numpy as np

from scenarios.synthetic.graphs import neighbours, spanning_tree
from scenarios.synthetic.land import Land
from scenarios.synthetic.sector_network import SectorBuilder, SectorNetwork
from scenarios.synthetic.street_trees import StreetTrees

COMPONENTS_PER_GATE = 800
COMPONENTS_PER_REGULATOR = 60
REGULATOR_BESIDE_KM = 0.05
MAINS = StreetTrees(
    node="gas-node",
    node_kind="gas junction",
    link="gas-main",
    link_kind="gas main",
    trees_per_station=4,
    crossing_cost=5.0,
)


def build_gas(land: Land, components: int, rng: np.random.Generator) -> SectorNetwork:
    """Draw a gas network: pipelines come in at gates on the edge; a street has one way to its regulator."""
    gas = SectorBuilder("gas")
    gates = max(components // COMPONENTS_PER_GATE, min(2, components // 200), 1)
    angle = np.arange(gates) * 2 * np.pi / gates + rng.uniform(0, 2 * np.pi)
    outside, inside = 1.15 * land.radius_km, 0.9 * land.radius_km
    gate_nodes = gas.add_nodes(
        "gate", outside * np.cos(angle), outside * np.sin(angle), kind="gate station", source=True
    )
    inner_x, inner_y = inside * np.cos(angle + 0.05), inside * np.sin(angle + 0.05)
    compressors = gas.add_nodes("compressor", inner_x, inner_y, kind="compressor station")
    gas.add_links("gas-pipeline", (gate_nodes, compressors), kind="gas main")

    sites = land.sites(max(components // COMPONENTS_PER_REGULATOR, 1), rng)
    taps = gas.add_nodes("gas-tap", sites.x, sites.y, kind="gas junction")
    pipeline = np.concatenate([compressors, taps])
    x, y = np.concatenate([inner_x, sites.x]), np.concatenate([inner_y, sites.y])
    edges = neighbours(x, y)
    tree = edges.only(spanning_tree(len(x), edges, edges.lengths(x, y)))
    gas.add_links("gas-pipeline", (pipeline[tree.start], pipeline[tree.end]), kind="gas main")

    # A regulator stands beside the pipeline, not in it: when it breaks, the gas still passes.
    regulator_x = sites.x + REGULATOR_BESIDE_KM
    regulators = gas.add_nodes("regulator", regulator_x, sites.y, kind="regulator station")
    gas.add_links("gas-pipeline", (taps, regulators), kind="gas main")
    left = components - gas.components
    MAINS.grow(gas, land, max(1, left // 2), regulators, regulator_x, sites.y, rng)
    return gas.finish()
