"""How power flows: by hand, and by the laws that any flow obeys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from power_worlds import MEGAWATT, grid, random_grid

from lifeline.errors import InvalidInput
from lifeline.service.dc_flow import NO_ISLAND, PowerGrid, dc_flow
from lifeline.service.rule import SectorNetwork


def flows(network: SectorNetwork, injections: Mapping[str, float], *lost: str) -> dict[str, float]:
    """Return the flow over each link by its id, in W, without these nodes and links."""
    able, intact = (~table["id"].isin(lost).to_numpy() for table in (network.nodes, network.links))
    given = np.array([injections.get(name, 0.0) for name in network.nodes["id"]])
    found = dc_flow(network, able, intact, given)
    return {name: round(watts, 6) for name, watts in zip(network.links["id"], found.tolist(), strict=True)}


def lines(**links: Any) -> SectorNetwork:
    """A network of the nodes S, T and X, S being a source: `a=("S-X", 1.0)` is a line with its reactance."""
    return grid(
        {"S": {"source": True}, "T": {}, "X": {}},
        [
            {"id": name, "ends": given[0], **(given[1] if isinstance(given[1], dict) else {"x": given[1]})}
            for name, given in links.items()
        ],
    )


def test_flow_divides_in_inverse_proportion_to_reactance() -> None:
    network = lines(a=("S-X", 1.0), b=("X-S", 2.0))
    assert flows(network, {"S": 90, "X": -90}) == {"a": 60, "b": -30}
    assert flows(network, {"S": 90, "X": -90}, "a") == {"a": 0, "b": -90}


def test_a_series_capacitor_draws_flow() -> None:
    """Reactances 2 - 1 = 1 by T against 2: two thirds go by T."""
    network = lines(a=("S-T", 2.0), b=("T-X", -1.0), c=("S-X", 2.0))
    assert flows(network, {"S": 90, "X": -90}) == {"a": 60, "b": 60, "c": 30}


def test_a_phase_shifter_drives_power_around_its_ring() -> None:
    """100 MW x one radian / (1 + 1); a shift holds back flow from tail to head."""
    network = lines(a=("S-X", {"x": 1.0, "phase_shift_degrees": float(np.degrees(1.0))}), b=("S-X", 1.0))
    assert flows(network, {}) == {"a": -50 * MEGAWATT, "b": 50 * MEGAWATT}


def test_a_closed_switch_joins_its_ends_and_carries_what_passes() -> None:
    """S and T are one bus; the lines share alike, and the switch carries what line b takes at T."""
    network = lines(switch=("S-T", {"kind": "switch"}), a=("S-X", 1.0), b=("T-X", 1.0))
    assert flows(network, {"S": 90, "X": -90}) == {"a": 45, "b": 45, "switch": 45}
    assert flows(network, {"S": 90, "X": -90}, "switch") == {"a": 90, "b": 0, "switch": 0}


def test_a_link_without_any_reactance_is_a_switch_too_and_a_switch_with_one_is_a_line() -> None:
    joined = lines(tie=("S-T", 0.0), a=("S-X", 1.0), b=("T-X", 1.0))
    assert flows(joined, {"S": 90, "X": -90})["tie"] == 45
    apart = lines(switch=("S-T", {"kind": "Switch", "x": 1.0}), a=("S-X", 1.0), b=("T-X", 1.0))
    assert flows(apart, {"S": 90, "X": -90}) == {"a": 60, "b": 30, "switch": 30}


def test_switches_in_parallel_share_alike_as_very_small_reactances_would() -> None:
    tiny = 1e-4
    ring = {"a": ("S-T", None), "b": ("S-T", None), "c": ("T-X", None), "d": ("S-X", None)}
    switches = lines(**{name: (ends, {"kind": "switch"}) for name, (ends, _) in ring.items()})
    small = lines(**{name: (ends, tiny) for name, (ends, _) in ring.items()})
    given = {"S": 100, "T": -30, "X": -70}
    assert flows(switches, given) == pytest.approx(flows(small, given), abs=1e-5)


def test_what_is_left_over_goes_to_the_first_source_of_the_island() -> None:
    """Also where a node comes before it. Without S the island has no source: its first node, T, takes it."""
    last = grid({"A": {}, "S": {"source": True}, "Z": {"source": True}}, [{"ends": "A-S", "x": 1.0}])
    assert flows(last, {"A": -50}) == {"A-S": -50}
    network = lines(a=("S-T", 1.0), b=("T-X", 1.0))
    assert flows(network, {"X": -50}) == {"a": 50, "b": 50}
    assert flows(network, {"X": -50}, "S") == {"a": 0, "b": 50}


def test_injections_at_nodes_that_are_not_able_count_for_nothing() -> None:
    network = lines(a=("S-T", 1.0), b=("S-X", 1.0))
    assert flows(network, {"S": 90, "T": -60, "X": -30}, "T") == {"a": 0, "b": 30}


def test_islands_are_numbered_in_order_of_their_first_node() -> None:
    network = grid(
        {"A": {}, "B": {}, "C": {"source": True}, "D": {}, "E": {}},
        [{"ends": "B-E", "x": 1.0}, {"ends": "D-C", "x": 1.0}],
    )
    wiring = PowerGrid.of(network).wired(np.array([True, True, True, False, True]), np.ones(2, bool))
    assert wiring.island.tolist() == [0, 1, 2, NO_ISLAND, 1]
    assert wiring.reached.tolist() == [False, False, True, False, False]


@pytest.mark.parametrize("seed", range(80))
def test_r19_nothing_is_lost_at_a_node_and_flows_add_up(seed: int) -> None:
    """Kirchhoff's current law within 1e-9 per unit; flow(P1 + P2) = flow(P1) + flow(P2)."""
    network, able, intact = random_grid(seed)
    still = SectorNetwork(
        **{**vars(network), "links": network.links.assign(phase_shift_degrees=float("nan"))}
    )
    random = np.random.default_rng(seed)
    wiring = PowerGrid.of(still).wired(able, intact)
    one, other = (random.uniform(-50, 50, len(able)) * MEGAWATT for _ in range(2))
    first, second, both = (wiring.flows(power) for power in (one, other, one + other))
    assert first + second == pytest.approx(both, abs=0.1)
    out = np.bincount(still.tail, first, len(able)) - np.bincount(still.head, first, len(able))
    others = able.copy()
    others[wiring.reference] = False
    assert np.abs(out - one)[others].max(initial=0.0) <= 0.1
    assert not first[~wiring.live].any()


@pytest.mark.parametrize("seed", range(40))
def test_a_sum_of_flows_is_what_it_is_made_of(seed: int) -> None:
    network, able, intact = random_grid(seed)
    wiring = PowerGrid.of(network).wired(able, intact)
    random = np.random.default_rng(seed)
    links = random.permutation(len(intact))[:4]
    weights, power = random.uniform(-1, 1, (3, len(links))), random.uniform(-50, 50, len(able)) * MEGAWATT
    of_nodes, shifted = wiring.made_of(links, weights)
    assert of_nodes @ power + shifted == pytest.approx(weights @ wiring.flows(power)[links], abs=0.1)


@pytest.mark.parametrize("x", [(1.0, 1.0, -2.0), (0.1, 0.2, -0.3)])
def test_reactances_that_cancel_out_around_a_ring_are_refused(x: tuple[float, float, float]) -> None:
    """Exactly, and but for rounding: 0.1 + 0.2 is not 0.3."""
    ring = lines(a=("S-T", x[0]), b=("T-X", x[1]), c=("S-X", x[2]))
    with pytest.raises(InvalidInput, match="cancel out"):
        flows(ring, {"S": 10 * MEGAWATT, "X": -10 * MEGAWATT})


@pytest.mark.parametrize("x", [1e-300, 5e-324, -1e-9])
def test_a_reactance_next_to_nothing_is_none(x: float) -> None:
    assert flows(lines(tie=("S-X", x)), {"S": 5, "X": -5})["tie"] == 5


def test_a_thousand_kilometres_beside_a_busbar_still_balance() -> None:
    """The widest spread of reactances that is not a switch: 1e-6 to 1000."""
    network = lines(a=("S-T", 1e-6), b=("T-X", 1000.0))
    found = flows(network, {"S": 10 * MEGAWATT, "X": -10 * MEGAWATT})
    assert found == pytest.approx({"a": 10 * MEGAWATT, "b": 10 * MEGAWATT}, rel=1e-6)


@pytest.mark.parametrize("given", [[1.0, float("nan"), 0.0], [float("inf"), 0.0, 0.0], [1.0]])
def test_injections_that_are_not_numbers_are_refused(given: list[float]) -> None:
    network = lines(a=("S-X", 1.0))
    with pytest.raises(InvalidInput, match="one finite number of W for each of the 3 nodes"):
        dc_flow(network, np.ones(3, bool), np.ones(1, bool), np.array(given))
