"""How long an overload cascade and the shedding of least weight take, on synthetic meshed grids."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from machine import header
from scipy.spatial import Delaunay

from lifeline import System
from lifeline.service.dc_flow import PowerGrid
from lifeline.service.dc_power import DcPower
from lifeline.service.dispatch import before_the_shock
from lifeline.service.overload import trip_overloads
from lifeline.service.rule import SectorNetwork

Answer = TypeVar("Answer")

BUSES = (60, 300, 2_000)
SHOCKS = 25
BROKEN = 0.01
"Part of the lines that a shock breaks; two at least."

MARGIN = 1.15
"What a line can carry, as a multiple of what it carries undamaged; at least that of the median line."


def main() -> None:
    print(header())
    print(
        "\n| buses | lines | tripped (median, most) | steps (most) | trip_overloads, ms "
        "| serve after the trips, ms | of these with shedding | serve with the tripped lines closed, ms "
        "| of these with shedding | serve, undamaged, ms |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for buses in BUSES:
        print(_measured(meshed_grid(buses, seed=1)))
    print(f"\n{SHOCKS} shocks each; times are median, most; no answer is remembered.")


def _measured(network: SectorNetwork) -> str:
    able, whole = np.ones(len(network.demand), bool), np.ones(len(network.tail), bool)
    rule = DcPower(network)
    trip_overloads(network, able, whole)
    tripping, after, closed = _Times(), _Times(), _Times()
    tripped, steps = [], [0]
    for intact in _shocks(network):
        cascade = tripping.of(lambda: trip_overloads(network, able, intact))  # noqa: B023 - called at once
        tripped.append(len(cascade.trips))
        steps += [trip.step for trip in cascade.trips[-1:]]
        for times, state in ((after, cascade.intact), (closed, intact)):
            served = times.of(lambda: rule.serve(able, state))  # noqa: B023
            times.short += bool((served.flow < network.demand)[served.reached].any())
    plain = _Times()
    for _ in range(SHOCKS):
        fresh = DcPower(network)
        plain.of(lambda: fresh.serve(able, whole))  # noqa: B023
    return (
        f"| {len(able):,} | {len(whole):,} | {statistics.median(tripped):.0f}, {max(tripped)} | {max(steps)} "
        f"| {tripping} | {after} | {after.short} | {closed} | {closed.short} | {plain} |"
    )


class _Times:
    """Milliseconds of calls, and how many of them served less than everything."""

    def __init__(self) -> None:
        self.milliseconds: list[float] = []
        self.short = 0

    def of(self, call: Callable[[], Answer]) -> Answer:
        began = time.perf_counter()
        answer = call()
        self.milliseconds.append(1000 * (time.perf_counter() - began))
        return answer

    def __str__(self) -> str:
        return f"{statistics.median(self.milliseconds):.1f}, {max(self.milliseconds):.1f}"


def _shocks(network: SectorNetwork) -> Iterator[np.ndarray]:
    random = np.random.default_rng(7)
    count = len(network.tail)
    for _ in range(SHOCKS):
        intact = np.ones(count, bool)
        intact[random.choice(count, max(2, round(BROKEN * count)), replace=False)] = False
        yield intact


def meshed_grid(buses: int, seed: int) -> SectorNetwork:
    """Grow a grid: random places, a spanning tree and the shortest further neighbours up to 1.4 lines a bus.

    One bus in ten is a source; capacities are 1.3 times the demand in all, so that losses of lines, not of sources,
    are what matters. Reactance grows with length. Lines carry `MARGIN` times their undamaged flow.
    """
    random = np.random.default_rng(seed)
    place = random.random((buses, 2))
    corners = Delaunay(place).simplices
    pairs = np.unique(
        np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])), axis=0
    )
    length = np.hypot(*(place[pairs[:, 0]] - place[pairs[:, 1]]).T)
    pairs, length = _meshed(pairs, length, buses, round(1.4 * buses))
    demand = random.integers(1, 20, buses) * 1_000_000
    source = np.zeros(buses, bool)
    source[random.choice(buses, max(2, buses // 10), replace=False)] = True
    weight = random.integers(1, 10, source.sum())
    capacity = np.full(buses, -1)
    capacity[source] = np.ceil(1.3 * demand.sum() * weight / weight.sum()).astype(int)
    nodes = [
        {
            "id": f"bus {node:05d}",
            "sector": "power",
            "longitude": 10 * x,
            "latitude": 10 * y,
            "source": bool(source[node]),
            "demand": int(demand[node]),
            "capacity": int(capacity[node]) if source[node] else None,
        }
        for node, (x, y) in enumerate(place.tolist())
    ]
    persons = random.integers(100, 5_000, buses)
    tables = {
        "nodes": nodes,
        "links": _lines(pairs, length),
        "customers": [
            {"id": f"zone {node:05d}", "persons": int(count)} for node, count in enumerate(persons)
        ],
        "supplies": [
            {"customer": f"zone {node:05d}", "service": "power", "node": f"bus {node:05d}"}
            for node in range(buses)
        ],
    }
    bare = SectorNetwork.of(System.from_tables(tables), "power")
    wiring = PowerGrid.of(bare).wired(np.ones(buses, bool), np.ones(len(pairs), bool))
    made, drawn = before_the_shock(bare, wiring)
    flow = np.abs(wiring.flows(made - drawn))
    rating = np.ceil(np.maximum(MARGIN * flow, np.median(flow))).astype(int)
    rated = [{**line, "capacity": int(most)} for line, most in zip(tables["links"], rating, strict=True)]
    return SectorNetwork.of(System.from_tables({**tables, "links": rated}), "power")


def _meshed(pairs: np.ndarray, length: np.ndarray, buses: int, lines: int) -> tuple[np.ndarray, np.ndarray]:
    """Keep the shortest spanning tree and the shortest further pairs."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    tree = minimum_spanning_tree(coo_array((length, pairs.T), shape=(buses, buses)).tocsr()).tocoo()
    in_tree = {(min(a, b), max(a, b)) for a, b in zip(tree.row.tolist(), tree.col.tolist(), strict=True)}
    rank = np.array([(a, b) not in in_tree for a, b in pairs.tolist()]) * 10.0 + length
    kept = np.sort(np.argsort(rank)[:lines])
    return pairs[kept], length[kept]


def _lines(pairs: np.ndarray, length: np.ndarray) -> list[dict[str, object]]:
    return [
        {
            "id": f"line {number:05d}",
            "sector": "power",
            "from_node": f"bus {a:05d}",
            "to_node": f"bus {b:05d}",
            "reactance_pu": float(x),
        }
        for number, (a, b, x) in enumerate(zip(*pairs.T.tolist(), length, strict=True))
    ]


if __name__ == "__main__":
    main()
