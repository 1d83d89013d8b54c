"""Which load to shed in an island whose lines or sources cannot carry all of it: one linear program.

What each node draws and each source makes are the variables. Flows are sums of these (`Wiring.made_of`), so a line has
no variable of its own, and no row either until some solution overloads it: the program is solved, flows are looked up,
rows for what is overloaded are added, until nothing is. The last solution is optimal in the whole program.

Of all optima one is chosen by two further aims, each held to while the next is sought: most power served, then most
power to nodes with smaller ids (weights fall evenly from 1, the first id, to 1/n). What is optimal is told by the
prices of the solution before: a variable or a row that has a price stays where it is (complementary slackness).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lifeline.errors import SolverFailure
from lifeline.service.dc_flow import Floats, Wiring
from lifeline.service.rule import UNLIMITED, SectorNetwork, Whole

MEGAWATT = 1e6
"The unit of the program: what is drawn from a bus is some megawatts, and tolerances are set for numbers like these."

TOLERANCE_MEGAWATT = 1e-9
"How exactly the program keeps its limits: a thousandth of a watt."

WATTS_ABOVE = 0.01
"A row is added for what is more than this above its capacity."

ROUNDED_UP_WATTS = 0.1
"A node that lacks at most this of a whole watt gets the whole watt, so that full is full."

LEAST_PRICE = 1e-9
"A smaller price, as part of the greatest value of a unit of power, is taken for none."

LEAST_SHARE = 1e-11
"A smaller part of what is put in at a node is rounding, not flow."

PRIMAL_SIMPLEX = 4
"HiGHS's number for it."

ROWS_AT_ONCE = 100
"The most rows added before the next solution."


def shed_least_weight(wiring: Wiring, nodes: Whole, crowded: Whole, way: Floats) -> Whole:
    """Return what each of these nodes, all those of one island, draws in W so that the value lost is least.

    `crowded` are links known to be overloaded in the direction `way` when nothing is shed: the first to get rows.
    Nothing is served where phase shifters overload a line whatever is made and drawn.
    """
    network = wiring.grid.network
    program = _Program(wiring, nodes)
    program.limit_links(crowded, way)
    for aim in _aims(network, program.draws):
        if not program.reach(aim):
            return np.zeros(len(nodes), np.int64)
        if program.hold():
            break
    whole = np.floor(program.drawn + ROUNDED_UP_WATTS).astype(np.int64)
    served = np.zeros(len(network.demand), np.int64)
    served[program.draws] = np.clip(whole, 0, network.demand[program.draws])
    return served[nodes]


def _aims(network: SectorNetwork, draws: Whole) -> Iterator[Floats]:
    """Yield the worth of a unit of power at each node: by value, then alike, then by the order of ids."""
    worth = network.value[draws] / network.demand[draws]
    greatest = worth.max(initial=0.0)
    if greatest > 0:
        yield worth / greatest
    yield np.ones(len(draws))
    yield np.arange(len(draws), 0, -1) / max(len(draws), 1)


class _Program:
    """The program of one island; `draws` are its nodes with a demand, `makes` its sources, `drawn` the answer in W."""

    def __init__(self, wiring: Wiring, nodes: Whole) -> None:
        """State what may be drawn and made, and that both are equal."""
        import highspy

        network = wiring.grid.network
        self.wiring = wiring
        self.optimal = highspy.HighsModelStatus.kOptimal
        self.draws = nodes[network.demand[nodes] > 0]
        self.makes = nodes[network.source[nodes]]
        self.links = np.flatnonzero(wiring.live & np.isin(network.tail, nodes))
        narrow = ~network.source[nodes] & (network.capacity[nodes] != UNLIMITED)
        self.narrow = nodes[narrow]
        self.limited: set[tuple[int, bytes]] = set()
        self.shifted = bool(np.any(wiring.grid.shift[self.links]))
        limit = network.capacity[self.makes]
        most = np.where(limit == UNLIMITED, np.inf, limit / MEGAWATT)
        self.upper = np.concatenate([network.demand[self.draws] / MEGAWATT, most])
        self.lower = np.zeros(len(self.upper))
        self.limits: list[float] = []
        self.highs = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("parallel", "off"),
            # Its rows are dense: at 10,000 buses presolve took 12 s, and the simplex method half a second.
            ("presolve", "off"),
            # They are shares, so they are of one size as they are; scaled, three of 460 programs ended in doubt.
            ("simplex_scale_strategy", 0),
            ("primal_feasibility_tolerance", TOLERANCE_MEGAWATT),
            ("dual_feasibility_tolerance", LEAST_PRICE),
            ("small_matrix_value", LEAST_SHARE),
        ):
            self.highs.setOptionValue(option, value)
        none, starts = np.zeros(0, np.int32), np.zeros(len(self.upper), np.int32)
        self.highs.addCols(len(starts), self.lower, self.lower, self.upper, 0, starts, none, np.zeros(0))
        balance = np.concatenate([np.ones(len(self.draws)), -np.ones(len(self.makes))])
        self._add_rows(np.zeros(1), balance[None, :])
        self.highs.changeRowBounds(0, 0.0, 0.0)

    def reach(self, aim: Floats) -> bool:
        """Find the best for this aim; False if there is no solution at all, which only phase shifters bring about."""
        count = len(self.upper)
        cost = np.concatenate([-aim, np.zeros(len(self.makes))])
        self.highs.changeColsCost(count, np.arange(count, dtype=np.int32), cost)
        while self._solved():
            crowded, way, through = self._overloaded()
            if not len(crowded) and not through:
                return True
            self.limit_links(crowded, way)
            for node, links, ways in through:
                self._limit_node(node, links, ways)
        return False

    def hold(self) -> bool:
        """Stay with what is best for the aim just reached; True if it leaves nothing to choose."""
        solution = self.highs.getSolution()
        price, row_price = np.array(solution.col_dual), np.array(solution.row_dual)
        unwanted, wanted = price > LEAST_PRICE, price < -LEAST_PRICE
        self.upper[unwanted] = self.lower[unwanted]
        self.lower[wanted] = self.upper[wanted]
        count = len(self.upper)
        self.highs.changeColsBounds(count, np.arange(count, dtype=np.int32), self.lower, self.upper)
        for row in np.flatnonzero(np.abs(row_price) > LEAST_PRICE).tolist():
            self.highs.changeRowBounds(row, self.limits[row], self.limits[row])
        return bool((self.lower == self.upper)[: len(self.draws)].all())

    @property
    def drawn(self) -> Floats:
        """What the nodes of `draws` get, in W."""
        return self.values[: len(self.draws)] * MEGAWATT

    def limit_links(self, links: Whole, way: Floats) -> None:
        """State that the flow over each of these links, in this direction, is at most its capacity."""
        if not len(links):
            return
        of_nodes, shifted = self.wiring.made_of(links, np.diag(way))
        self.limited |= {(link, sign.tobytes()) for link, sign in zip(links.tolist(), way, strict=True)}
        self._add_rows(self.wiring.grid.network.link_capacity[links] - shifted, self._of_columns(of_nodes))

    def _limit_node(self, node: int, links: Whole, way: Floats) -> None:
        """State that what comes to a node and what leaves it are at most twice what can pass.

        The row holds for flows in these directions; for others the sum is smaller, and so it is true of them too.
        """
        network = self.wiring.grid.network
        of_nodes, shifted = self.wiring.made_of(links, way[None, :])
        row = self._of_columns(of_nodes)
        row[:, : len(self.draws)] += self.draws == node
        self.limited.add((-1 - node, way.tobytes()))
        self._add_rows(2.0 * network.capacity[node] - shifted, row)

    def _of_columns(self, of_nodes: Floats) -> Floats:
        return np.hstack([-of_nodes[:, self.draws], of_nodes[:, self.makes]])

    def _add_rows(self, most_watts: Floats, rows: Floats) -> None:
        """State that each of these sums over the columns is at most so much."""
        row, column = np.nonzero(rows)
        starts = np.searchsorted(row, np.arange(len(rows))).astype(np.int32)
        least, most = np.full(len(rows), -np.inf), most_watts / MEGAWATT
        values = rows[row, column]
        self.highs.addRows(len(rows), least, most, len(values), starts, column.astype(np.int32), values)
        self.limits += most.tolist()

    def _solved(self) -> bool:
        # What HiGHS ends in doubt it mends when it goes on from there, or else by its primal method from the start.
        for attempt in range(3):
            if attempt == 2:
                self.highs.clearSolver()
                self.highs.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
            self.highs.run()
            if self.highs.getModelStatus() == self.optimal:
                self.values = np.array(self.highs.getSolution().col_value)
                return True
        status = self.highs.modelStatusToString(self.highs.getModelStatus())
        if self.shifted and status == "Infeasible":
            return False
        raise SolverFailure(
            f"HiGHS found no way to shed power load ({status}), although serving nothing is one."
        )

    def _overloaded(self) -> tuple[Whole, Floats, list[tuple[int, Whole, Floats]]]:
        """Return what is above its capacity and has no row yet: links with their directions, and nodes."""
        network = self.wiring.grid.network
        injections = np.zeros(len(network.demand))
        injections[self.makes] = self.values[len(self.draws) :] * MEGAWATT
        injections[self.draws] -= self.drawn
        flow = self.wiring.flows(injections)
        links = overloaded_links(network, self.links, flow)
        links = links[np.lexsort((links, network.link_capacity[links] - np.rint(np.abs(flow[links]))))]
        known = [(int(link), np.sign(flow[link]).tobytes()) in self.limited for link in links]
        links = links[~np.array(known, bool)][:ROWS_AT_ONCE]
        passing = through(network, flow, -injections)
        nodes = []
        for node in self.narrow[passing[self.narrow] > network.capacity[self.narrow] + WATTS_ABOVE].tolist():
            around = self.links[(network.tail[self.links] == node) | (network.head[self.links] == node)]
            way = np.sign(flow[around])
            if (-1 - node, way.tobytes()) not in self.limited:
                nodes.append((node, around, way))
        return links, np.sign(flow[links]), nodes


def overloaded_links(network: SectorNetwork, links: Whole, flow: Floats) -> Whole:
    """Return those of these links that carry more than they can."""
    limit = network.link_capacity[links]
    over = (limit != UNLIMITED) & (np.abs(flow[links]) > limit + WATTS_ABOVE)
    return np.asarray(links[over])


def through(network: SectorNetwork, flow: Floats, drawn: Floats) -> Floats:
    """Return how much passes through each node that makes nothing, in W: what comes in is drawn there or goes on."""
    size, count = np.abs(flow), len(drawn)
    at_ends = np.bincount(network.tail, size, count) + np.bincount(network.head, size, count)
    return np.asarray((at_ends + drawn) / 2.0)
