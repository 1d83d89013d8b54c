"""Who is served when lines have limits and flow follows the angles: by hand, and against a program on paper."""

from __future__ import annotations

import numpy as np
import pytest
from power_worlds import MEGAWATT, grid, random_grid
from shedding_program import Case, solve

from lifeline.errors import InvalidInput
from lifeline.service.dc_power import DcPower
from lifeline.service.rule import SectorNetwork

BATCH = 40


def everything(network: SectorNetwork) -> tuple[np.ndarray, np.ndarray]:
    return np.ones(len(network.demand), bool), np.ones(len(network.tail), bool)


def served(network: SectorNetwork, without: str = "") -> list[int]:
    able, intact = everything(network)
    intact &= (network.links["id"] != without).to_numpy()
    able &= (network.nodes["id"] != without).to_numpy()
    return DcPower(network).serve(able, intact).flow.tolist()


def triangle() -> SectorNetwork:
    return grid(
        {"1": {"source": True}, "2": {}, "3": {"demand": 100 * MEGAWATT}},
        [
            {"ends": "1-2", "x": 1.0, "capacity": 100 * MEGAWATT},
            {"ends": "1-3", "x": 1.0, "capacity": 40 * MEGAWATT},
            {"ends": "2-3", "x": 1.0, "capacity": 100 * MEGAWATT},
        ],
        {"3": 100},
    )


def test_a_weak_line_of_a_triangle_holds_back_the_strong_ones() -> None:
    """Two thirds go over 1-3: 40 of 60."""
    assert served(triangle()) == [0, 0, 60 * MEGAWATT]


def test_without_the_weak_line_all_is_served() -> None:
    assert served(triangle(), without="1-3") == [0, 0, 100 * MEGAWATT]


def two_loads(source: int | None, x: int = 0, y: int = 0, **links: int) -> SectorNetwork:
    """A source S between the loads X and Y of 10 MW each, in star, with this many people each."""
    return grid(
        {
            "S": {"source": True, "capacity": source},
            "X": {"demand": 10 * MEGAWATT},
            "Y": {"demand": 10 * MEGAWATT},
        },
        [{"ends": "S-X", "x": 0.1, "capacity": links.get("to_x")}, {"ends": "S-Y", "x": 0.1}],
        {"X": x, "Y": y},
    )


def test_the_load_with_more_people_a_watt_goes_first() -> None:
    assert served(two_loads(14 * MEGAWATT, x=100, y=101)) == [0, 4 * MEGAWATT, 10 * MEGAWATT]


def test_among_equals_the_smaller_id_goes_first() -> None:
    assert served(two_loads(14 * MEGAWATT, x=100, y=100)) == [0, 10 * MEGAWATT, 4 * MEGAWATT]


def test_a_load_without_people_goes_last_but_is_served_from_what_is_left() -> None:
    assert served(two_loads(14 * MEGAWATT, x=0, y=1)) == [0, 4 * MEGAWATT, 10 * MEGAWATT]
    assert served(two_loads(14 * MEGAWATT)) == [0, 10 * MEGAWATT, 4 * MEGAWATT]


def test_of_equal_plans_that_which_serves_more_power_is_taken() -> None:
    """Worthless loads: X draws on the narrow line what Y could draw twice, as only half of Y's comes over it."""
    network = grid(
        {
            "S": {"source": True},
            "X": {"demand": 10 * MEGAWATT},
            "Y": {"demand": 20 * MEGAWATT},
        },
        [
            {"id": "narrow", "ends": "S-X", "x": 1.0, "capacity": 10 * MEGAWATT},
            {"id": "side", "ends": "X-Y", "x": 1.0},
            {"id": "wide", "ends": "S-Y", "x": 2.0},
        ],
    )
    # narrow = (3 X + 2 Y) / 4 <= 10: Y costs less of it.
    assert served(network) == [0, 0, 20 * MEGAWATT]


def test_what_is_served_is_rounded_down_to_whole_watts_and_full_is_full() -> None:
    """Three equal parallel ways of 1 W each carry 2 of 3 units over the two that are joined: 1.5 W are 1 W."""
    ways = [
        {"id": "a", "ends": "S-X", "x": 1.0, "capacity": 1},
        {"id": "b", "ends": "S-X", "x": 2.0, "capacity": 5},
    ]
    network = grid({"S": {"source": True}, "X": {"demand": 3}}, ways)
    assert served(network) == [0, 1]
    wider = grid({"S": {"source": True}, "X": {"demand": 3}}, [{**ways[0], "capacity": 2}, ways[1]])
    assert served(wider) == [0, 3]


def test_no_more_passes_through_a_node_than_it_can_pass() -> None:
    """The transformer T can pass 5 MW, its own 2 among them."""
    network = grid(
        {
            "S": {"source": True},
            "T": {"demand": 2 * MEGAWATT, "capacity": 5 * MEGAWATT},
            "X": {"demand": 10 * MEGAWATT},
        },
        [{"ends": "S-T", "x": 0.1}, {"ends": "T-X", "x": 0.1}],
        {"T": 1000, "X": 1},
    )
    assert served(network) == [0, 2 * MEGAWATT, 3 * MEGAWATT]


def test_islands_are_on_their_own_and_only_what_a_source_reaches_is_reached() -> None:
    network = two_loads(10 * MEGAWATT)
    able, intact = everything(network)
    split = DcPower(network).serve(able, np.array([True, False]))
    assert (split.reached.tolist(), split.flow.tolist()) == ([True, True, False], [0, 10 * MEGAWATT, 0])
    dark = DcPower(network).serve(np.array([False, True, True]), intact)
    assert (dark.reached.any(), dark.flow.any()) == (False, False)


def test_a_source_without_power_reaches_but_serves_nobody() -> None:
    network = two_loads(0)
    found = DcPower(network).serve(*everything(network))
    assert found.reached.all()
    assert not found.flow.any()


def test_an_empty_network_is_served() -> None:
    network = two_loads(None)
    nothing = DcPower(network).serve(np.zeros(3, bool), np.zeros(2, bool))
    assert not nothing.reached.any()


def test_phase_shifters_that_overload_a_line_by_themselves_leave_nothing_to_serve() -> None:
    """Around the ring flow 100 MW x (6 degrees in radians) / 2 = 5.2 MW, whatever is drawn; the limit is 5."""
    links = [
        {"id": "a", "ends": "S-X", "x": 1.0, "phase_shift_degrees": 6.0, "capacity": 5 * MEGAWATT},
        {"id": "b", "ends": "S-X", "x": 1.0, "capacity": 5 * MEGAWATT},
    ]
    nodes = {"S": {"source": True}, "X": {"demand": 1 * MEGAWATT}}
    assert served(grid(nodes, links)) == [0, 0]
    links[0]["phase_shift_degrees"] = 2.0
    assert served(grid(nodes, links)) == [0, 1 * MEGAWATT]


def test_an_answer_does_not_depend_on_what_was_asked_before_and_cannot_be_changed() -> None:
    network, able, intact = random_grid(5)
    rule = DcPower(network)
    whole = np.ones(len(intact), bool)
    rule.serve(able, whole)
    one, again, other = (
        rule.serve(able, intact),
        rule.serve(able, intact),
        DcPower(network).serve(able, intact),
    )
    assert one.flow.tolist() == again.flow.tolist() == other.flow.tolist()
    with pytest.raises(ValueError, match="read-only"):
        one.flow[0] = 1


def test_a_link_without_reactance_and_a_directed_link_are_refused_by_name() -> None:
    network = grid(
        {"A": {"source": True}, "B": {}, "C": {}},
        [{"id": "bare", "ends": "A-B"}, {"id": "one way", "ends": "B-C", "x": 0.1, "directed": True}],
    )
    with pytest.raises(InvalidInput, match=r"(?s)reactance_pu: 'bare'.*directed: 'one way'"):
        DcPower(network)


@pytest.mark.parametrize("first", range(0, 200, BATCH))
def test_no_program_serves_more_value_and_none_can_serve_more_power_at_that_value(first: int) -> None:
    """Rounding down costs each node less than a watt."""
    grids = [random_grid(seed) for seed in range(first, first + BATCH)]
    ours = [DcPower(network).serve(able, intact) for network, able, intact in grids]
    best = [Case(*drawn) for drawn in grids]
    assert solve(best)
    possible, most_power = [], []
    short = 0
    for (network, able, intact), found, case in zip(grids, ours, best, strict=True):
        assert set(np.flatnonzero(found.reached)) == case.fed
        assert not found.flow[~found.reached].any()
        short += bool((found.flow < network.demand)[found.reached].any())
        theirs = sum(case.worth[node] * MEGAWATT * given for node, given in case.megawatts().items())
        assert theirs - case.worth.sum() <= case.worth @ found.flow <= theirs + 0.2 * case.worth.sum()
        bounds = {n: ((found.flow[n] - 0.2) / MEGAWATT, (found.flow[n] + 1.2) / MEGAWATT) for n in case.drawn}
        possible.append(Case(network, able, intact, bounds))
        most_power.append(Case(network, able, intact, least_value=theirs - case.worth.max(initial=0)))
    assert short > BATCH // 5
    assert solve(possible, aim="power")
    assert solve(most_power, aim="power")
    for found, case in zip(ours, most_power, strict=True):
        # That program may give up a watt of the greatest worth, which buys it some worthless ones.
        more = sum(case.megawatts().values()) * MEGAWATT - found.flow.sum()
        assert -0.2 * len(found.flow) <= more <= 1000.0
