"""How power flows: the DC model, in which flow follows differences of angle, each island on its own.

A link carries P = (angle at its tail - angle at its head - phase shift) / reactance, in per unit on 100 MVA, without
losses and with all voltages at their rated value (Stott, Jardim, Alsac 2009, "DC Power Flow Revisited", IEEE
Transactions on Power Systems 24(3), equations 1 to 5; the reactance holds the tap ratio already). Power here is in W.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from lifeline.errors import InvalidInput, Problem
from lifeline.service.grid_kernels import components, susceptances
from lifeline.service.rule import Mask, SectorNetwork, Whole

if TYPE_CHECKING:
    from scipy.sparse.linalg import SuperLU

Floats = NDArray[np.float64]

BASE_WATTS = 100_000_000.0
"The power that is 1 per unit: 100 MVA, as in `tables`."

SWITCH = "switch"
"The kind of a link that may come without a reactance."

LEAST_REACTANCE_PU = 1e-6
"""A smaller reactance counts as none. On 100 MVA and 110 kV it is a tenth of a milliohm, less than a metre of line; in
the published cases none is below 1e-4."""

MOST_RESIDUAL = 1e-6
"The most that may be missing at a node, as part of the largest injection; beyond it the reactances cancel out."

ROWS_AT_ONCE = 32
"""Right-hand sides solved together. With more, SuperLU's library starts threads, which on a busy machine wait for each
other: a solution of 500 then took up to 3 s instead of 0.1."""

NO_ISLAND = -1


@dataclass(frozen=True, eq=False)
class PowerGrid:
    """A power network whose links are known electrically; `susceptance` is per unit, `shift` in radians.

    A `tie` joins its two ends into one bus: a closed switch (kind `switch` without a reactance), or any link with a
    reactance of 0.
    """

    network: SectorNetwork
    susceptance: Floats
    shift: Floats
    tie: Mask

    @classmethod
    def of(cls, network: SectorNetwork) -> Self:
        """Read the links of a network; InvalidInput names every link without a reactance or with a direction."""
        links = network.links
        reactance = links["reactance_pu"].to_numpy(dtype=np.float64)
        degrees = links["phase_shift_degrees"].to_numpy(dtype=np.float64)
        switch = (links["kind"].str.lower() == SWITCH).to_numpy(dtype=bool)
        _refuse_unknown(network, ~switch & ~np.isfinite(reactance))
        tie = ~(np.abs(reactance) >= LEAST_REACTANCE_PU)
        susceptance = np.where(tie, 0.0, 1.0 / np.where(tie, 1.0, reactance))
        return cls(network, susceptance, np.deg2rad(np.nan_to_num(degrees)), tie)

    def wired(self, able: Mask, intact: Mask) -> Wiring:
        """Return what is connected when these nodes are able to work and these links are intact."""
        return Wiring(self, able, intact)


class Wiring:
    """What is connected at one instant, factorised once: the flows of any injections, and what a flow is made of.

    `live` marks the links that can carry, `island` numbers the islands of the nodes in order of their first node
    (NO_ISLAND where a node is not able), `reached` marks the nodes in an island with a source.
    """

    def __init__(self, grid: PowerGrid, able: Mask, intact: Mask) -> None:
        """Find the islands and factorise the matrix of susceptances; InvalidInput if reactances cancel out."""
        network = grid.network
        self.grid, self.able = grid, able
        self.live = intact & able[network.tail] & able[network.head]
        self.island, self.islands = _islands(network, able, self.live)
        sources = np.flatnonzero(able & network.source)
        fed = np.zeros(self.islands, bool)
        fed[self.island[sources]] = True
        self.reached: Mask = able.copy()
        self.reached[able] = fed[self.island[able]]
        self.reference = _first_of_each(self.island, self.islands, able, sources)
        closed = self.live & grid.tie
        self.ties = np.flatnonzero(closed) if closed.any() else None
        self.bus = components(len(able), network.tail, network.head, closed)
        self.lines = np.flatnonzero(self.live & ~grid.tie)
        self.tail, self.head = network.tail[self.lines], network.head[self.lines]
        self.strength = grid.susceptance[self.lines]
        self.from_shift = self.strength * grid.shift[self.lines]
        self.factors = self._factors()
        self.tie_factors = None if self.ties is None else self._tie_factors(self.ties)

    def flows(self, injections: Floats) -> Floats:
        """Return the flow over each link from its tail to its head, in W; 0 where a link is not live.

        What is left over in an island is put on its first source (without one, on its first node), so that an island
        balances and flows stay linear in the injections. Injections at nodes that are not able count for nothing.
        """
        power = np.where(self.able, injections, 0.0) / BASE_WATTS
        left = np.bincount(self.island[self.able], power[self.able], self.islands)
        power[self.reference] -= left
        angle = self.factors.solve(self._at_buses(power) + self._at_buses(self._outflow(self.from_shift)))
        on_lines = self.strength * (angle[self.bus[self.tail]] - angle[self.bus[self.head]]) - self.from_shift
        flow = np.zeros(len(self.live))
        flow[self.lines] = on_lines
        missing = power - self._outflow(on_lines)
        if self.ties is not None and self.tie_factors is not None:
            level = self.tie_factors.solve(missing)
            tail, head = self.grid.network.tail[self.ties], self.grid.network.head[self.ties]
            flow[self.ties] = level[tail] - level[head]
            missing -= _outflow(len(missing), tail, head, flow[self.ties])
        if not np.abs(missing).max(initial=0.0) <= MOST_RESIDUAL * max(1.0, np.abs(power).max(initial=0.0)):
            raise _cancelling()
        return np.asarray(flow * BASE_WATTS)

    def made_of(self, links: Whole, weights: Floats) -> tuple[Floats, Floats]:
        """Return what sums of flows are made of: W per W put in at each node, and the W that phase shifts bring.

        Row r stands for the sum of weights[r, k] x flow of links[k]; what is put in at a node is taken out at the
        reference of its island. Row r of the first answer has an entry for each node.
        """
        network, nodes = self.grid.network, len(self.able)
        live = weights * self.live[links]
        strength = self.grid.susceptance[links]
        tail, head = self.bus[network.tail[links]], self.bus[network.head[links]]
        pull = _spread(nodes, tail, head, live * strength)
        shifted = -live @ (strength * self.grid.shift[links])
        of_nodes: Floats = np.zeros((len(weights), nodes))
        if self.tie_factors is not None:
            # A tie carries what its own side puts in less what the lines there take away.
            on_ties = live * self.grid.tie[links]
            of_nodes = _solved(
                self.tie_factors, _spread(nodes, network.tail[links], network.head[links], on_ties)
            )
            less = of_nodes[:, self.tail] - of_nodes[:, self.head]
            pull -= _spread(nodes, self.bus[self.tail], self.bus[self.head], less * self.strength)
            shifted += less @ self.from_shift
        of_buses = _solved(self.factors, pull)
        shifted += of_buses @ self._at_buses(self._outflow(self.from_shift))
        of_nodes += of_buses if self.ties is None else of_buses[:, self.bus]
        of_nodes[:, ~self.able] = 0.0
        of_nodes[:, self.able] -= of_nodes[:, self.reference][:, self.island[self.able]]
        return of_nodes, shifted * BASE_WATTS

    def _at_buses(self, power: Floats) -> Floats:
        return (
            power if self.ties is None else np.asarray(np.bincount(self.bus, power, len(power)), np.float64)
        )

    def _outflow(self, on_lines: Floats) -> Floats:
        return _outflow(len(self.able), self.tail, self.head, on_lines)

    def _factors(self) -> SuperLU:
        tail, head = self.bus[self.tail], self.bus[self.head]
        grounded = np.zeros(len(self.able), bool)
        grounded[self.bus[self.reference]] = True
        unused = np.ones(len(self.able), bool)
        unused[self.bus[self.able]] = False
        grounded |= unused
        return _factorised(len(self.able), tail, head, self.strength, grounded)

    def _tie_factors(self, ties: Whole) -> SuperLU:
        """Between joined nodes power flows as over equal reactances: the limit of ever smaller ones."""
        tail, head = self.grid.network.tail[ties], self.grid.network.head[ties]
        grounded = np.zeros(len(self.able), bool)
        grounded[np.unique(self.bus, return_index=True)[1]] = True
        return _factorised(len(self.able), tail, head, np.ones(len(ties)), grounded)


def dc_flow(network: SectorNetwork, able: Mask, intact: Mask, injections: Floats) -> Floats:
    """Return the flow over each link from its tail to its head, in W, when this much is put in at each node.

    See `Wiring.flows`. Raises InvalidInput for links without a reactance and for injections that are not finite.
    """
    given = np.asarray(injections, np.float64)
    if given.shape != network.demand.shape or not np.isfinite(given).all():
        raise InvalidInput(
            f"Injections must be one finite number of W for each of the {len(network.demand)} nodes."
        )
    return PowerGrid.of(network).wired(able, intact).flows(given)


def _refuse_unknown(network: SectorNetwork, unknown: Mask) -> None:
    def problem(row: int, column: str, message: str) -> Problem:
        link = str(network.links["id"].iloc[row])
        return Problem("links", None, column, None, f"{link!r} {message}")

    missing = "has no reactance; the rule dc_power needs one for every power link that is not a switch."
    one_way = "is directed; the rule dc_power knows no one-way lines, so make it undirected."
    problems = [problem(row, "reactance_pu", missing) for row in np.flatnonzero(unknown).tolist()]
    problems += [problem(row, "directed", one_way) for row in np.flatnonzero(network.directed).tolist()]
    if problems:
        raise InvalidInput.of(problems, "the power links")


def _islands(network: SectorNetwork, able: Mask, live: Mask) -> tuple[Whole, int]:
    label = components(len(able), network.tail, network.head, live)
    numbers, island = np.unique(label[able], return_inverse=True)
    of_nodes = np.full(len(able), NO_ISLAND, np.int64)
    of_nodes[able] = island
    return of_nodes, len(numbers)


def _first_of_each(island: Whole, islands: int, able: Mask, sources: Whole) -> Whole:
    """Return the node of each island that takes what is left over: its first source, or else its first node."""
    first = np.full(islands, len(able), np.int64)
    nodes = np.flatnonzero(able)
    np.minimum.at(first, island[nodes], nodes)
    of_sources = np.full(islands, len(able), np.int64)
    np.minimum.at(of_sources, island[sources], sources)
    return np.where(of_sources < len(able), of_sources, first)


def _factorised(count: int, tail: Whole, head: Whole, strength: Floats, grounded: Mask) -> SuperLU:
    """Factorise the matrix of susceptances; an island is held at one grounded bus, whose angle becomes 0."""
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    value, row, start = susceptances(count, tail, head, strength, grounded)
    matrix = csc_array((value, row, start), shape=(count, count))
    matrix.sum_duplicates()
    try:
        return splu(
            matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.1, options={"SymmetricMode": True}
        )
    except RuntimeError:
        raise _cancelling() from None


def _solved(factors: SuperLU, rows: Floats) -> Floats:
    """Solve for each row; the matrix is symmetric."""
    solved = np.empty_like(rows)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = slice(start, start + ROWS_AT_ONCE)
        solved[some] = factors.solve(np.asfortranarray(rows[some].T)).T
    return solved


def _outflow(count: int, tail: Whole, head: Whole, flow: Floats) -> Floats:
    return np.asarray(np.bincount(tail, flow, count) - np.bincount(head, flow, count))


def _spread(nodes: int, tail: Whole, head: Whole, weights: Floats) -> Floats:
    """Return, row by row, weights put at the tails of their links and taken off the heads."""
    from scipy.sparse import coo_array

    links = np.arange(len(tail))
    ends = coo_array(
        (
            np.concatenate([np.ones(len(tail)), -np.ones(len(tail))]),
            (np.concatenate([links, links]), np.concatenate([tail, head])),
        ),
        shape=(len(tail), nodes),
    )
    return np.asarray((ends.tocsr().T @ weights.T).T)


def _cancelling() -> InvalidInput:
    return InvalidInput(
        "links, reactance_pu: positive and negative reactances of the power links cancel out, so that no flow follows "
        "from them. Check the negative ones."
    )
