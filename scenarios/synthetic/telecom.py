"""Telecom: core exchanges, fibre rings of central offices between them, and cell towers around offices."""

from __future__ import annotations

import math

import numpy as np

from scenarios.synthetic.graphs import Edges, mesh, nearest, tidied
from scenarios.synthetic.land import Floats, Integers, Land
from scenarios.synthetic.sector_network import SectorBuilder, SectorNetwork

COMPONENTS_PER_OFFICE = 34
OFFICES_PER_CORE = 20
OFFICES_PER_RING = 7
EXCHANGE_THINNING = 4.0
TOWER_THINNING = 2.2  # towers follow the people more closely than pipes do


def build_telecom(land: Land, components: int, rng: np.random.Generator) -> SectorNetwork:
    """Draw core exchanges in a mesh, rings of offices from core to core, and towers on single fibres."""
    telecom = SectorBuilder("telecom")
    count = max(1, components // COMPONENTS_PER_OFFICE)
    cores = max(1, count // OFFICES_PER_CORE, min(3, count // 5))
    exchanges = land.sites(cores, rng, thinning=EXCHANGE_THINNING)
    offices = land.sites(count - cores, rng)
    x, y = np.concatenate([exchanges.x, offices.x]), np.concatenate([exchanges.y, offices.y])
    telecom.add_nodes("exchange", x[:cores], y[:cores], kind="central office", source=True)
    telecom.add_nodes("office", x[cores:], y[cores:], kind="central office")
    telecom.add_links("fibre", mesh(x[:cores], y[:cores]), kind="fibre cable")
    telecom.add_links("fibre", _rings(x, y, cores), kind="fibre cable")

    towers = land.sites(max(1, (components - telecom.components) // 2), rng, thinning=TOWER_THINNING)
    office = nearest(towers.x, towers.y, x, y)[:, 0]
    tower_nodes = telecom.add_nodes(
        "tower", towers.x, towers.y, kind="cell tower", serves=True, fed_by=office
    )
    telecom.add_links("fibre", (office, tower_nodes), kind="fibre cable")
    return telecom.finish()


def _rings(x: Floats, y: Floats, cores: int) -> Edges:
    """Lay rings of a few offices each, neighbours around their nearest core, from that core to another one.

    With one core only a ring ends where it began, and a ring of one office is a single fibre.
    """
    offices = np.arange(cores, len(x))
    nearby = nearest(x[cores:], y[cores:], x[:cores], y[:cores], count=2)
    angle = np.arctan2(y[offices] - y[nearby[:, 0]], x[offices] - x[nearby[:, 0]])
    around = np.lexsort((angle, nearby[:, 0]))
    start, end = [], []
    for core in range(cores):
        members = around[nearby[around, 0] == core]
        for ring in np.array_split(members, math.ceil(len(members) / OFFICES_PER_RING) or 1):
            tour = _shortened(np.concatenate([[core], offices[ring]]), x, y)
            last = nearby[tour[-1] - cores, -1] if len(tour) > 1 else core
            start.append(tour)
            end.append(np.concatenate([tour[1:], [last]]))
    return tidied(np.concatenate(start), np.concatenate(end))


def _shortened(tour: Integers, x: Floats, y: Floats) -> Integers:
    """Turn round stretches of a closed tour as long as that makes it shorter (2-opt)."""
    apart = np.hypot(x[tour][:, None] - x[tour], y[tour][:, None] - y[tour])
    order = list(range(len(tour)))
    improved = True
    while improved:
        improved = False
        for first in range(1, len(order) - 1):
            for last in range(first + 1, len(order)):
                before, after = order[first - 1], order[(last + 1) % len(order)]
                old = apart[before, order[first]] + apart[order[last], after]
                new = apart[before, order[last]] + apart[order[first], after]
                if new < old - 1e-9:
                    order[first : last + 1] = order[first : last + 1][::-1]
                    improved = True
    return tour[order]
