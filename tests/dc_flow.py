"""A direct-current power flow over a system's tables, written plainly, to compare imported grids with."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from lifeline.system import System


def dc_flow_mw(system: System) -> "pd.Series[float]":
    """Return the MW over each link from its `from_node`; over links without reactance, which only join nodes, NaN.

    One node of each island has the angle 0, and those sources whose generation is blank.
    """
    nodes, links = system.nodes, system.links
    numbers = pd.Index(nodes["id"])
    tail, head = numbers.get_indexer(links["from_node"]), numbers.get_indexer(links["to_node"])
    reactance = links["reactance_pu"].to_numpy()
    joins = reactance == 0
    bus = _parts(tail[joins], head[joins], len(nodes))
    count = bus.max() + 1
    tail, head = bus[tail], bus[head]
    susceptance = np.where(joins, 0.0, 1 / np.where(joins, 1.0, reactance))
    turned = -np.radians(np.nan_to_num(links["phase_shift_degrees"].to_numpy())) * susceptance
    made = nodes["generation"].to_numpy()
    free_slack = nodes["source"].to_numpy() & (made < 0)
    injected = np.zeros(count)
    np.add.at(injected, bus, (np.maximum(made, 0) - nodes["demand"].to_numpy()) / 1e8)
    np.add.at(injected, tail, -turned)
    np.add.at(injected, head, turned)
    matrix = csr_matrix(
        (
            np.concatenate([susceptance, susceptance, -susceptance, -susceptance]),
            (np.concatenate([tail, head, tail, head]), np.concatenate([tail, head, head, tail])),
        ),
        shape=(count, count),
    )
    island = _parts(tail, head, count)
    fixed = np.isin(np.arange(count), bus[free_slack])
    for number in range(island.max() + 1):
        inside = np.flatnonzero(island == number)
        if not fixed[inside].any():
            fixed[inside[0]] = True
    angle = np.zeros(count)
    angle[~fixed] = spsolve(matrix[~fixed][:, ~fixed].tocsc(), injected[~fixed])
    flow = 100 * (susceptance * (angle[tail] - angle[head]) + turned)
    return pd.Series(np.where(joins, np.nan, flow), index=links["id"])


def _parts(tail: np.ndarray, head: np.ndarray, count: int) -> np.ndarray:
    joined = coo_matrix((np.ones(len(tail)), (tail, head)), shape=(count, count))
    return connected_components(joined, directed=False)[1]
