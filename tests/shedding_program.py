"""The shedding program once more, as one writes it on paper: angles, flows and nodes, in PuLP with CBC.

It shares nothing with `lifeline.service.shedding`. Many small grids go into one program, which decides each on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import networkx as nx
import numpy as np
import pulp
from numpy.typing import NDArray

from lifeline.service.rule import Mask, SectorNetwork

MEGAWATT = 1e6
BASE_MEGAWATT = 100.0


@dataclass
class Case:
    """One grid at one instant; `worth` is the value of a node per W, `drawn` and `value` are put in by the program."""

    network: SectorNetwork
    able: Mask
    intact: Mask
    bounds: Mapping[int, tuple[float, float]] | None = None
    least_value: float | None = None
    drawn: dict[int, Any] = field(default_factory=dict)

    @property
    def worth(self) -> NDArray[np.float64]:
        demand = self.network.demand
        return np.where(demand > 0, self.network.value / np.maximum(demand, 1), 0.0)

    @property
    def live(self) -> list[int]:
        """The links that can carry."""
        network = self.network
        return [
            link
            for link in np.flatnonzero(self.intact).tolist()
            if self.able[network.tail[link]] and self.able[network.head[link]]
        ]

    @property
    def fed(self) -> set[int]:
        """The nodes connected to an able source."""
        graph: Any = nx.Graph()
        graph.add_nodes_from(np.flatnonzero(self.able).tolist())
        graph.add_edges_from((int(self.network.tail[k]), int(self.network.head[k])) for k in self.live)
        groups = nx.connected_components(graph)
        return {node for group in groups if any(self.network.source[n] for n in group) for node in group}

    def megawatts(self) -> dict[int, float]:
        """Return what each fed node with a demand was given."""
        return {node: float(pulp.value(variable)) for node, variable in self.drawn.items()}


def solve(cases: Sequence[Case], aim: str = "value") -> bool:
    """Give each case the most value, or the most power with `aim="power"`; False if some case has no solution."""
    program = pulp.LpProblem("shedding", pulp.LpMaximize)
    program += pulp.lpSum(_state(program, number, case, aim) for number, case in enumerate(cases))
    path = pulp.apis.coin_api.PULP_CBC_CMD.pulp_cbc_path
    program.solve(pulp.COIN_CMD(path=path, msg=False, options=["primalT 1e-9", "dualT 1e-9"]))
    return bool(pulp.LpStatus[program.status] == "Optimal")


def _state(program: pulp.LpProblem, number: int, case: Case, aim: str) -> Any:
    network, fed = case.network, case.fed

    def free(what: str, of: int) -> Any:
        return program.add_variable(f"{what}_{number}_{of}")

    angle, level = {n: free("angle", n) for n in fed}, {n: free("level", n) for n in fed}
    balance: dict[int, list[Any]] = {node: [] for node in fed}
    sizes: dict[int, list[Any]] = {node: [] for node in fed}
    reactances = network.links["reactance_pu"].to_numpy()
    shifts = np.deg2rad(network.links["phase_shift_degrees"].fillna(0.0).to_numpy())
    for link in case.live:
        tail, head = int(network.tail[link]), int(network.head[link])
        if tail not in fed:
            continue
        flow, size = free("flow", link), free("size", link)
        if np.isnan(reactances[link]):
            program += angle[tail] == angle[head]
            program += flow == BASE_MEGAWATT * (level[tail] - level[head])
        else:
            turned = angle[tail] - angle[head] - float(shifts[link])
            program += flow == BASE_MEGAWATT / float(reactances[link]) * turned
        program += flow <= size
        program += -flow <= size
        if network.link_capacity[link] >= 0:
            program += size <= network.link_capacity[link] / MEGAWATT
        balance[tail].append(-flow)
        balance[head].append(flow)
        for node in (tail, head):
            sizes[node].append(size)
    for node in fed:
        demand, capacity = network.demand[node] / MEGAWATT, network.capacity[node] / MEGAWATT
        if network.demand[node] > 0:
            low, high = (case.bounds or {}).get(node, (0.0, demand))
            case.drawn[node] = program.add_variable(f"drawn_{number}_{node}", low, high)
        drawn = case.drawn.get(node, 0.0)
        if network.source[node]:
            most = capacity if network.capacity[node] >= 0 else None
            balance[node].append(program.add_variable(f"made_{number}_{node}", 0.0, most))
        elif network.capacity[node] >= 0:
            program += pulp.lpSum(sizes[node]) + drawn <= 2.0 * capacity
        program += pulp.lpSum(balance[node]) == drawn
    greatest = max([float(case.worth[node]) for node in case.drawn], default=0.0) or 1.0
    value = pulp.lpSum(float(case.worth[node]) / greatest * drawn for node, drawn in case.drawn.items())
    if case.least_value is not None:
        program += value >= case.least_value / greatest / MEGAWATT
    return value if aim == "value" else pulp.lpSum(case.drawn.values())
