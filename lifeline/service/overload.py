"""Which lines trip, step by step, because what is left of the grid carries more than it can.

In every step each island balances on its own (`dispatch.balanced`), power flows by the DC model (`dc_flow`), and every
line above its capacity trips; all of them at once. Then the next step, until no line is above its capacity. What has
been shed stays shed: nobody closes anything in these seconds. Only links trip; what may pass through a node does not
count here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lifeline.service.blame import GridState, Losses
from lifeline.service.dc_flow import Floats, PowerGrid, Wiring
from lifeline.service.dispatch import balanced, before_the_shock, most_made
from lifeline.service.rule import UNLIMITED, Mask, SectorNetwork, Whole

WATTS_ABOVE = 1.0
"A line is overloaded when its flow is more than this above its capacity: capacities are whole watts, flows are not."


@dataclass(frozen=True)
class Trip:
    """A line that tripped in this step (the first is 1), at which flow in thousandths of its capacity, and why.

    `because` is the link or node lost just before whose loss put most onto this line; "" where the line was above its
    capacity before anything was lost. A capacity of 0 counts as 1 W.
    """

    step: int
    link: str
    loading_permille: int
    because: str


@dataclass(frozen=True, eq=False)
class OverloadCascade:
    """The trips in order of step and link, which links are still closed and intact, and what flows in the end."""

    trips: tuple[Trip, ...]
    intact: Mask
    state: GridState


def trip_overloads(
    network: SectorNetwork,
    able: Mask,
    intact: Mask,
    *,
    able_before: Mask | None = None,
    intact_before: Mask | None = None,
) -> OverloadCascade:
    """Trip overloaded lines until none is left, after a shock that left these nodes able and these links intact.

    Before the shock everything was but what stands by, unless said otherwise. Raises InvalidInput for a link without
    a reactance.
    """
    grid = PowerGrid.of(network)
    most = most_made(network)
    if able_before is None:
        able_before = ~network.nodes["standby"].to_numpy(dtype=bool)
    if intact_before is None:
        intact_before = ~network.links["standby"].to_numpy(dtype=bool)
    wiring = grid.wired(able_before | able, intact_before | intact)
    state = _flowing(wiring, *before_the_shock(network, wiring))
    trips: list[Trip] = []
    closed = intact.copy()
    while True:
        before, carried = state, wiring.live
        wiring = grid.wired(able, closed)
        state = _flowing(wiring, *balanced(wiring, before.made, before.drawn, most))
        over = np.flatnonzero(_overloaded(network, state.flow))
        if not len(over):
            return OverloadCascade(tuple(trips), closed, state)
        because = Losses.between(before, carried, state, wiring, closed).most_to_blame(over)
        trips += _trips(network, trips[-1].step + 1 if trips else 1, over, state.flow, because)
        closed[over] = False


def _flowing(wiring: Wiring, made: Floats, drawn: Floats) -> GridState:
    """Let power flow; an island without a source is dead, whatever its phase shifters would do."""
    network = wiring.grid.network
    fed = wiring.reached[network.tail]
    return GridState(wiring.island, made, drawn, np.where(fed, wiring.flows(made - drawn), 0.0))


def _overloaded(network: SectorNetwork, flow: Floats) -> Mask:
    limited = network.link_capacity != UNLIMITED
    return np.asarray(limited & (np.abs(flow) > network.link_capacity + WATTS_ABOVE))


def _trips(network: SectorNetwork, step: int, over: Whole, flow: Floats, because: list[str]) -> list[Trip]:
    names = network.links["id"].to_numpy()[over]
    loading = (
        1000 * np.rint(np.abs(flow[over])).astype(np.int64) // np.maximum(network.link_capacity[over], 1)
    )
    return [
        Trip(step, str(name), permille, cause)
        for name, permille, cause in zip(names, loading.tolist(), because, strict=True)
    ]
