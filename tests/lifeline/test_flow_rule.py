"""The flow rule: worked by hand, and equal to a linear program on two thousand random networks."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from lifeline.service.connectivity import Connectivity
from lifeline.service.flow import Flow
from lifeline.service.rule import SectorNetwork, Served
from lifeline.system import Settings, System

SETTINGS = Settings()


def sector(nodes: list[dict[str, Any]], links: list[dict[str, Any]], people: dict[str, int]) -> SectorNetwork:
    """Return a water network; whoever has people is a customer with that many."""
    place = {"sector": "water", "longitude": 0.0, "latitude": 0.0}
    customers = [{"id": f"people of {node}", "persons": persons} for node, persons in people.items()]
    supplies = [{"customer": f"people of {node}", "service": "water", "node": node} for node in people]
    tables = {
        "nodes": [{**place, **node} for node in nodes],
        "links": [{"id": f"link {n}", "sector": "water", **link} for n, link in enumerate(links)],
        "customers": customers,
        "supplies": supplies,
    }
    return SectorNetwork.of(System.from_tables(tables), "water")


def all_well(network: SectorNetwork, rule: type[Flow] | type[Connectivity] = Flow) -> Served:
    able, intact = np.ones(len(network.source), bool), np.ones(len(network.tail), bool)
    return rule.of(network, SETTINGS).serve(able, intact)


def test_the_worthiest_demand_goes_first_and_the_rest_is_shared_in_order() -> None:
    """12 units for three demands of 10: 500 persons first, then 300 with what is left; 50 wait."""
    nodes = [
        {"id": "S", "source": True, "capacity": 12},
        {"id": "few", "demand": 10},
        {"id": "many", "demand": 10},
        {"id": "some", "demand": 10},
    ]
    links = [{"from_node": "S", "to_node": name} for name in ("few", "many", "some")]
    network = sector(nodes, links, {"few": 50, "many": 500, "some": 300})
    served = all_well(network)
    assert served.flow.tolist() == [0, 0, 10, 2]
    assert served.reached.all()
    assert all_well(network, Connectivity).flow.tolist() == [0, 10, 10, 10]


def test_worth_is_per_unit_so_a_small_thirst_may_go_before_a_large_one() -> None:
    """90 persons who draw 3 are worth 30 a unit, 100 who draw 10 only 10 a unit."""
    nodes = [
        {"id": "S", "source": True, "capacity": 5},
        {"id": "A", "demand": 10},
        {"id": "B", "demand": 3},
    ]
    links = [{"from_node": "S", "to_node": "A"}, {"from_node": "S", "to_node": "B"}]
    assert all_well(sector(nodes, links, {"A": 100, "B": 90})).flow.tolist() == [2, 3, 0]


def test_no_more_passes_through_a_node_than_its_capacity_its_own_demand_included() -> None:
    """Of 7 that may pass the pump, which draws 2 itself, 5 are left for the town behind; the pump is worth more."""
    nodes = [
        {"id": "S", "source": True},
        {"id": "pump", "demand": 2, "capacity": 7},
        {"id": "town", "demand": 9},
    ]
    links = [{"from_node": "S", "to_node": "pump"}, {"from_node": "pump", "to_node": "town"}]
    assert all_well(sector(nodes, links, {"pump": 50, "town": 90})).flow.tolist() == [0, 2, 5]


def test_flow_goes_round_about_where_the_straight_way_is_full_but_not_against_a_directed_link() -> None:
    """S-A carries 4, S>B 5 and B-A 3: A gets 7. With A>B instead of B-A it gets 4."""
    nodes = [{"id": "A", "demand": 10}, {"id": "B"}, {"id": "S", "source": True}]
    links = [
        {"from_node": "S", "to_node": "A", "capacity": 4},
        {"from_node": "S", "to_node": "B", "capacity": 5, "directed": True},
        {"from_node": "A", "to_node": "B", "capacity": 3},
    ]
    assert all_well(sector(nodes, links, {"A": 10})).flow.tolist() == [7, 0, 0]
    links[2]["directed"] = True
    assert all_well(sector(nodes, links, {"A": 10})).flow.tolist() == [4, 0, 0]


def random_sector(rng: Random) -> tuple[SectorNetwork, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return a small network with every kind of limit, and some parts that are out."""
    nodes, links = rng.randint(2, 7), rng.randint(1, 10)
    ends = [rng.sample(range(nodes), 2) for _ in range(links)]

    def whole(count: int, chance: float, least: int, most: int, otherwise: int) -> np.ndarray[Any, Any]:
        drawn = [rng.randint(least, most) if rng.random() < chance else otherwise for _ in range(count)]
        return np.array(drawn, np.int64)

    network = SectorNetwork(
        sector="water",
        nodes=pd.DataFrame(),
        links=pd.DataFrame(),
        source=whole(nodes, 0.3, 1, 1, 0) > 0,
        demand=whole(nodes, 0.6, 1, 9, 0),
        capacity=whole(nodes, 0.4, 0, 12, -1),
        value=whole(nodes, 0.8, 0, 40, 0),
        tail=np.array([tail for tail, _ in ends]),
        head=np.array([head for _, head in ends]),
        directed=whole(links, 0.4, 1, 1, 0) > 0,
        link_capacity=whole(links, 0.7, 0, 8, -1),
        lengths_km=np.ones(links),
    )
    return network, whole(nodes, 0.9, 1, 1, 0) > 0, whole(links, 0.9, 1, 1, 0) > 0


def best_worth(network: SectorNetwork, able: Any, intact: Any) -> float:
    """Return the greatest total worth there is, by a linear program with one flow each way over every link."""
    nodes, links = len(able), len(intact)
    # Columns: what nodes get, what sources give, flow along and against each link.
    worth = np.concatenate([network.value / np.maximum(network.demand, 1), np.zeros(nodes + 2 * links)])
    upper = [network.demand[n] * able[n] for n in range(nodes)]
    for n in range(nodes):
        gives = bool(network.source[n] and able[n])
        upper.append((network.capacity[n] if network.capacity[n] >= 0 else None) if gives else 0)
    balance, through, most = np.zeros((nodes, 2 * nodes + 2 * links)), [], []
    for n in range(nodes):
        balance[n, n], balance[n, nodes + n] = -1, 1
    for link in range(links):
        tail, head = network.tail[link], network.head[link]
        whole = intact[link] and able[tail] and able[head]
        capacity = None if network.link_capacity[link] < 0 else network.link_capacity[link]
        for column, (out, into) in enumerate([(tail, head), (head, tail)]):
            place = 2 * nodes + 2 * link + column
            balance[out, place], balance[into, place] = -1, 1
            upper.append(capacity if whole and not (column and network.directed[link]) else 0)
    for n in range(nodes):
        if not network.source[n] and network.capacity[n] >= 0:
            row = np.zeros(2 * nodes + 2 * links)
            row[2 * nodes :] = np.maximum(balance[n, 2 * nodes :], 0)
            through.append(row)
            most.append(network.capacity[n])
    found = linprog(
        -worth,
        A_ub=np.array(through) if through else None,
        b_ub=most or None,
        A_eq=balance,
        b_eq=np.zeros(nodes),
        bounds=[(0, limit) for limit in upper],
    )
    assert found.status == 0
    return float(-found.fun)


@pytest.mark.parametrize("part", range(4))
def test_no_linear_program_serves_more_on_five_hundred_random_networks(part: int) -> None:
    for seed in range(500 * part, 500 * part + 500):
        network, able, intact = random_sector(Random(seed))
        served = Flow.of(network, SETTINGS).serve(able, intact)
        assert (served.flow <= network.demand).all()
        assert not served.flow[~served.reached].any()
        worth = float((served.flow * network.value / np.maximum(network.demand, 1)).sum())
        assert worth == pytest.approx(best_worth(network, able, intact), abs=1e-6), seed
