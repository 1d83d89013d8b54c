"""R17: where coupled random networks fall apart is known from theory, and the cascade has to find it.

S. V. Buldyrev et al., Catastrophic cascade of failures in interdependent networks, Nature 464 (2010), for two
networks; J. Gao et al., Networks formed from interdependent networks, Nature Physics 8 (2012), for more. With
mean degree k, and a part p of one network kept, a part P of each network works in the end, where P is the largest
root of P = p (1 - exp(-k P))^n: above p_c = 2.4554 / k for n = 2, while below it nearly nothing is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from lifeline.cascade import propagate
from lifeline.shock import Shock
from lifeline.system import System

NODES, DEGREE = 20_000, 4
SEEDS = range(6, 12)  # the mean of six draws has itself a standard error of 0.003, so the six are fixed
SECTORS = ("power", "telecom", "gas")
THRESHOLD = {2: 2.4554 / DEGREE, 3: 3.0891 / DEGREE}  # p_c for n networks


@dataclass(frozen=True)
class Coupled:
    """Random networks in which every node needs its partners in the others, and they need it."""

    system: System
    attacked: NDArray[np.object_]  # the nodes of the first network in the order in which they are taken out
    working: int  # nodes of all networks that work before

    def part_left(self, kept: float) -> float:
        gone = self.attacked[: round((1 - kept) * NODES)]
        dark = propagate(self.system, Shock.of(self.system, gone)).without_service
        return (self.working - len(dark)) / (self.system.nodes["sector"].nunique() * NODES)


@cache
def coupled(count: int, seed: int) -> Coupled:
    """Draw networks whose one source each is the partner set with the most links, inside the largest part."""
    rng = np.random.default_rng(seed)
    partner = [np.arange(NODES)] + [rng.permutation(NODES) for _ in range(count - 1)]
    nodes, links, degrees = [], [], []
    for sector, members in zip(SECTORS[:count], partner, strict=True):
        ids = np.array([f"{sector} {i}" for i in range(NODES)], dtype=object)
        ends = rng.integers(0, NODES, (NODES * DEGREE // 2, 2))
        ends = ends[ends[:, 0] != ends[:, 1]]
        degrees.append(np.bincount(ends.ravel(), minlength=NODES)[members])
        nodes.append(pd.DataFrame({"id": ids, "sector": sector, "longitude": 0.0, "latitude": 0.0}))
        names = [f"{sector} line {i}" for i in range(len(ends))]
        of_sector = {"id": names, "sector": sector, "from_node": ids[ends[:, 0]], "to_node": ids[ends[:, 1]]}
        links.append(pd.DataFrame(of_sector))
    partners = [table["id"].to_numpy()[members] for table, members in zip(nodes, partner, strict=True)]
    needs = [(a, b) for a in partners[1:] for b in partners[:1]]
    dependencies = [
        pd.DataFrame({"dependent": one, "provider": other})
        for a, b in needs
        for one, other in ((a, b), (b, a))
    ]
    best = int(np.argmax(np.minimum.reduce(degrees)))
    table = pd.concat(nodes, ignore_index=True)
    table["source"] = table["id"].isin([ids[best] for ids in partners])
    system = System.from_tables(
        {
            "nodes": table,
            "links": pd.concat(links, ignore_index=True),
            "dependencies": pd.concat(dependencies, ignore_index=True),
        }
    )
    # Without its sources everything stops, so this counts what works before.
    working = propagate(system, Shock.of(system, table["id"][table["source"]])).without_service
    order = rng.permutation(np.delete(np.arange(NODES), best))
    return Coupled(system, partners[0][order], len(working))


def theory(kept: float, count: int) -> float:
    """Return the largest root of P = p (1 - exp(-k P))^n; from P = 1 the iteration falls down upon it."""
    left = 1.0
    for _ in range(10_000):
        left = kept * (1 - np.exp(-DEGREE * left)) ** count
    return left


def test_the_theory_jumps_where_the_literature_says() -> None:
    """P jumps from 0 to 1.2564 / k at p_c = 2.4554 / k."""
    assert theory(THRESHOLD[2] * 0.999, 2) < 1e-6
    assert theory(THRESHOLD[2] * 1.0001, 2) == pytest.approx(1.2564 / DEGREE, abs=0.01)
    assert theory(THRESHOLD[3] * 0.999, 3) < 1e-6
    assert theory(THRESHOLD[3] * 1.001, 3) > 0.3


@pytest.mark.parametrize("ratio", [0.9, 0.98])
def test_two_coupled_networks_fall_apart_below_the_threshold(ratio: float) -> None:
    for seed in SEEDS:
        assert coupled(2, seed).part_left(ratio * THRESHOLD[2]) < 0.001


@pytest.mark.parametrize(("ratio", "tolerance"), [(1.05, 0.005), (1.1, 0.003), (1.2, 0.004)])
def test_two_coupled_networks_keep_what_theory_says_above_the_threshold(
    ratio: float, tolerance: float
) -> None:
    kept = ratio * THRESHOLD[2]
    left = np.array([coupled(2, seed).part_left(kept) for seed in SEEDS])
    assert abs(left.mean() - theory(kept, 2)) <= tolerance
    assert np.abs(left - theory(kept, 2)).max() <= 0.02


def test_three_coupled_networks_have_their_own_threshold() -> None:
    """What two networks survive with room to spare takes three apart; above its own p_c theory holds again."""
    drawn = coupled(3, seed=0)
    assert drawn.part_left(0.98 * THRESHOLD[3]) < 0.001
    assert drawn.part_left(1.1 * THRESHOLD[3]) == pytest.approx(theory(1.1 * THRESHOLD[3], 3), abs=0.02)
