"""Who makes how much: each island balances in proportion, without an operator."""

from __future__ import annotations

import numpy as np

from lifeline.service.dc_flow import Floats, Wiring
from lifeline.service.rule import SectorNetwork


def most_made(network: SectorNetwork) -> Floats:
    """Return the most that each node can make, in W; 0 for what is no source.

    A source without a limit counts as one that can carry the whole network's demand. One that is said to make more
    than its capacity is believed.
    """
    limit = np.where(network.capacity >= 0, network.capacity, network.demand.sum())
    return np.where(network.source, np.maximum(limit, _given(network)), 0).astype(np.float64)


def before_the_shock(network: SectorNetwork, wiring: Wiring) -> tuple[Floats, Floats]:
    """Return what each node makes and draws, in W, while these parts are at work and nothing has happened yet.

    Sources make what `generation` says; those where it is blank share the rest in proportion to their capacities.
    Whatever is then too little or too much is balanced as after a loss.
    """
    most = most_made(network)
    made = np.where(network.source, _given(network), 0).astype(np.float64)
    blank = np.where(_said(network), 0.0, most)
    load = network.demand.astype(np.float64)
    made, _ = balanced(wiring, made, load, blank)
    return balanced(wiring, made, load, most)


def balanced(wiring: Wiring, made: Floats, load: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Return what each node makes and draws, in W, once every island has balanced on its own.

    Where too much is made all sources there are scaled down alike. Where too little is made the sources rise, in
    proportion to what each has left below `most`; if that is not enough they rise to `most` and all loads there are
    scaled down alike. Nothing is made or drawn in an island without a source.
    """
    at = wiring.reached
    made, load = np.where(at, made, 0.0), np.where(at, load, 0.0)
    headroom = np.where(at, np.maximum(most - made, 0.0), 0.0)
    makes, draws, left = (
        np.bincount(wiring.island[at], what[at], wiring.islands) for what in (made, load, headroom)
    )
    too_much = makes > draws
    lower = np.where(too_much, draws / np.where(too_much, makes, 1.0), 1.0)
    wanting = np.maximum(draws - makes, 0.0)
    enough = wanting <= left
    rise = np.where(enough, wanting / np.where(left > 0, left, 1.0), 1.0)
    shed = np.where(enough, 1.0, (makes + left) / np.where(draws > 0, draws, 1.0))
    island = wiring.island[at]
    made[at] = made[at] * lower[island] + headroom[at] * rise[island]
    load[at] *= shed[island]
    return made, load


def _said(network: SectorNetwork) -> Floats:
    return np.asarray(network.nodes["generation"].to_numpy() >= 0)


def _given(network: SectorNetwork) -> Floats:
    return np.asarray(np.maximum(network.nodes["generation"].to_numpy(), 0))
