"""Which lines trip and why: by hand, by the relations of the model, and the same lines as a loop over pandapower."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from power_worlds import MEGAWATT, grid, random_grid

from lifeline.service.blame import Losses
from lifeline.service.dc_flow import PowerGrid
from lifeline.service.overload import OverloadCascade, Trip, trip_overloads
from lifeline.service.rule import SectorNetwork


def after(network: SectorNetwork, *lost: str) -> OverloadCascade:
    """Trip what is overloaded once these nodes and links are lost."""
    able, intact = (~table["id"].isin(lost).to_numpy() for table in (network.nodes, network.links))
    return trip_overloads(network, able, intact)


def rated(network: SectorNetwork, capacity: np.ndarray) -> SectorNetwork:
    """Return the same network with these capacities of links, in W."""
    return SectorNetwork(**{**vars(network), "link_capacity": np.asarray(capacity, np.int64)})


def side_by_side(load: int, **lines: tuple[float, int | None]) -> SectorNetwork:
    """A source S and a load X, in W, with lines between them: reactance and capacity in W."""
    return grid(
        {"S": {"source": True}, "X": {"demand": load}},
        [{"id": name, "ends": "S-X", "x": x, "capacity": most} for name, (x, most) in lines.items()],
    )


def test_what_is_above_its_capacity_trips_all_at_once() -> None:
    """90 W over three equal lines are 30 each, over two 45."""
    cascade = after(side_by_side(90, a=(1, 40), b=(1, 40), c=(1, 40)), "a")
    assert cascade.trips == (Trip(1, "b", 1125, "a"), Trip(1, "c", 1125, "a"))
    assert not cascade.intact.any()
    assert cascade.state.drawn.tolist() == [0, 0]


def test_a_trip_brings_on_the_next_and_is_its_cause() -> None:
    """100 W over reactances 1, 1, 2 are 40, 40, 20; without a 66.7 and 33.3; without b too, 100 over c."""
    cascade = after(side_by_side(100, a=(1, 60), b=(1, 60), c=(2, 60)), "a")
    assert cascade.trips == (Trip(1, "b", 1116, "a"), Trip(2, "c", 1666, "b"))


def test_nothing_trips_that_is_just_at_its_capacity() -> None:
    assert after(side_by_side(90, a=(1, 45), b=(1, 45), c=(1, 45)), "a").trips == ()


def test_of_two_losses_the_one_that_carried_more_is_the_cause_and_of_equal_ones_the_smaller_id() -> None:
    two_thirds_over_b = side_by_side(90, a=(2, 99), b=(1, 99), c=(1, 40))
    assert after(two_thirds_over_b, "a", "b").trips == (Trip(1, "c", 2250, "b"),)
    alike = side_by_side(90, b=(1, 99), a=(1, 99), c=(1, 40))
    assert after(alike, "b", "a").trips == (Trip(1, "c", 2250, "a"),)


@pytest.mark.parametrize("at_load", [{}, {"source": True, "capacity": 0}])
def test_a_lost_node_is_the_cause_of_what_its_lines_leave_behind(at_load: dict[str, Any]) -> None:
    """From S to L by T and by U, 50 W each way; without T all 100 by U. A source without power changes nothing."""
    network = grid(
        {"S": {"source": True}, "T": {}, "U": {}, "L": {"demand": 100, **at_load}},
        [
            {"ends": "S-T", "x": 1.0},
            {"ends": "T-L", "x": 1.0},
            {"ends": "S-U", "x": 1.0},
            {"ends": "U-L", "x": 1.0, "capacity": 60},
        ],
    )
    assert after(network, "T").trips == (Trip(1, "U-L", 1666, "T"),)
    # What T-L no longer brings to L comes from S; what S-T no longer takes from S is not made there in the first place.
    assert after(network, "T", "T-L").trips == (Trip(1, "U-L", 1666, "T-L"),)
    assert after(network, "T", "S-T").trips == (Trip(1, "U-L", 1666, "T"),)


def test_a_lost_source_is_the_cause_of_what_the_others_send_in_its_place() -> None:
    """B makes half of 100 W beside the load; without it all comes from A over a line for 60."""
    network = grid(
        {
            "A": {"source": True, "capacity": 100},
            "B": {"source": True, "capacity": 100},
            "X": {"demand": 100},
        },
        [{"ends": "A-X", "x": 1.0, "capacity": 60}, {"ends": "B-X", "x": 1.0}],
    )
    cascade = after(network, "B")
    assert cascade.trips == (Trip(1, "A-X", 1666, "B"),)


def two_areas(**columns: Any) -> SectorNetwork:
    """Two areas of a source and a load each, and a tie line that brings 40 W from the first to the second."""
    return grid(
        {
            "A": {"source": True, "capacity": 200, "generation": 100},
            "A load": {"demand": 60},
            "B": {"source": True, "capacity": 70, "generation": 50},
            "B load": {"demand": 90},
        },
        [
            {"ends": "A-A load", "x": 1.0},
            {"ends": "B-B load", "x": 1.0},
            {"id": "between", "ends": "A-B", "x": 1.0, **columns},
        ],
    )


def test_every_island_balances_on_its_own() -> None:
    """A is scaled down to its 60; B rises to its 70, and its load goes down to that."""
    cascade = after(two_areas(), "between")
    assert cascade.trips == ()
    assert cascade.state.made.tolist() == pytest.approx([60, 0, 70, 0])
    assert cascade.state.drawn.tolist() == pytest.approx([0, 60, 0, 70])
    assert cascade.state.island.tolist() == [0, 0, 1, 1]


def test_sources_rise_in_proportion_to_what_they_have_left() -> None:
    """90 W lost; A has 30 left and B 60."""
    network = grid(
        {
            "A": {"source": True, "capacity": 60, "generation": 30},
            "B": {"source": True, "capacity": 120, "generation": 60},
            "C": {"source": True, "generation": 60},
            "X": {"demand": 150},
        },
        [{"ends": f"{name}-X", "x": 1.0} for name in "ABC"],
    )
    assert after(network).state.made.tolist() == [30, 60, 60, 0]
    assert after(network, "C").state.made.tolist() == pytest.approx([50, 100, 0, 0])


def test_sources_without_a_set_point_share_the_rest_by_capacity() -> None:
    network = grid(
        {
            "A": {"source": True, "capacity": 100},
            "B": {"source": True, "capacity": 300},
            "C": {"source": True, "generation": 20},
            "X": {"demand": 100},
        },
        [{"ends": f"{name}-X", "x": 1.0} for name in "ABC"],
    )
    assert after(network).state.made.tolist() == pytest.approx([20, 60, 20, 0])


def test_what_has_been_shed_stays_shed_when_the_island_falls_apart() -> None:
    """B sheds 90 to 70, 30 of them at Y: over 25. Then the source has 40 of load left, though it could serve 60."""
    network = grid(
        {
            "A": {"source": True, "generation": 20},
            "B": {"source": True, "capacity": 60, "generation": 60},
            "X": {"demand": 60},
            "Y": {"demand": 20},
        },
        [
            {"id": "a", "ends": "A-B", "x": 1.0},
            {"id": "x", "ends": "B-X", "x": 1.0},
            {"id": "y", "ends": "B-Y", "x": 1.0, "capacity": 12},
        ],
    )
    cascade = after(network, "a")
    # Undamaged, y carries 20 over 12; the shedding takes it down to 15, and it trips, though no loss put that on it.
    assert cascade.trips == (Trip(1, "y", 1250, ""),)
    assert cascade.state.drawn.tolist() == pytest.approx([0, 0, 45, 0])
    assert cascade.state.made.tolist() == pytest.approx([0, 45, 0, 0])


def test_an_island_without_a_source_is_dead_even_with_a_phase_shifter_in_a_ring() -> None:
    network = grid(
        {"S": {"source": True}, "X": {"demand": 1}, "Y": {}},
        [
            {"id": "in", "ends": "S-X", "x": 1.0},
            {"id": "a", "ends": "X-Y", "x": 1.0, "phase_shift_degrees": 30.0, "capacity": 60 * MEGAWATT},
            {"id": "b", "ends": "X-Y", "x": 1.0},
        ],
    )
    assert after(network).state.flow[1] == pytest.approx(1e8 * np.pi / 12, abs=1)
    assert not after(network, "in").state.flow.any()


def test_a_closed_switch_trips_like_a_line() -> None:
    network = grid(
        {"S": {"source": True}, "T": {}, "X": {"demand": 100}},
        [
            {"id": "switch", "kind": "switch", "ends": "S-T", "capacity": 80},
            {"id": "1", "ends": "T-X", "x": 1.0},
            {"id": "2", "ends": "S-X", "x": 1.0, "capacity": 60},
        ],
    )
    # All 100 come over the switch: it trips because line 2 was lost.
    assert after(network, "2").trips == (Trip(1, "switch", 1250, "2"),)


def test_the_answer_is_the_same_whatever_the_order_of_rows() -> None:
    lines = {"a": (1.0, 60), "b": (1.0, 60), "c": (2.0, 60), "d": (3.0, 20)}
    one, other = side_by_side(120, **lines), side_by_side(120, **dict(reversed(lines.items())))
    assert after(one, "a").trips == after(other, "a").trips != ()


# Relations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_what_the_losses_put_on_a_line_adds_up_to_the_change_of_its_flow(seed: int) -> None:
    """With islands that split, lost sources and loads, switches and phase shifters."""
    network, able, intact = random_grid(seed)
    unlimited = rated(network, np.full(len(intact), -1))
    before = trip_overloads(unlimited, np.ones(len(able), bool), np.ones(len(intact), bool)).state
    now = trip_overloads(unlimited, able, intact).state
    plan = PowerGrid.of(unlimited)
    wiring = plan.wired(able, intact)
    carried = plan.wired(np.ones(len(able), bool), np.ones(len(intact), bool)).live
    losses = Losses.between(before, carried, now, wiring, intact)
    links = np.flatnonzero(wiring.live & wiring.reached[network.tail])
    change = (now.flow - before.flow)[links]
    assert losses.put_onto(links).sum(axis=1) == pytest.approx(change, abs=2.0)


@pytest.mark.parametrize("seed", range(60))
def test_in_the_end_nothing_is_overloaded_and_every_island_is_balanced(seed: int) -> None:
    network, able, intact = random_grid(seed)
    cascade = trip_overloads(network, able, intact)
    state = cascade.state
    limited = network.link_capacity >= 0
    assert (np.abs(state.flow) <= network.link_capacity + 1.0)[limited].all()
    at = state.island >= 0
    made, drawn = (np.bincount(state.island[at], what[at]) for what in (state.made, state.drawn))
    assert made == pytest.approx(drawn, abs=1e-3)
    tripped = {trip.link for trip in cascade.trips}
    assert tripped == set(network.links["id"][intact & ~cascade.intact])
    assert len(tripped) == len(cascade.trips)
    for earlier, trip in zip(cascade.trips, cascade.trips[1:], strict=False):
        assert (earlier.step, earlier.link) < (trip.step, trip.link)
    for trip in cascade.trips:
        assert trip.step == 1 or trip.because in {t.link for t in cascade.trips if t.step == trip.step - 1}


@pytest.mark.parametrize("seed", range(30))
def test_r18_with_margin_enough_for_the_first_loss_nothing_trips_and_with_less_something_does(
    seed: int,
) -> None:
    """Motter and Lai 2002, Physical Review E 66, 065102: capacity is (1 + a) times the undamaged flow."""
    random = np.random.default_rng(seed)
    names = [f"n{node:02d}" for node in range(12)]
    nodes = {name: {"demand": int(random.integers(1, 9) * 1_000_000)} for name in names}
    for name in names[::4]:
        nodes[name]["source"] = True
    ring = [(a, (a + 1) % 12) for a in range(12)] + [(a, (a + 5) % 12) for a in range(0, 12, 2)]
    links = [
        {"id": f"l{row:02d}", "ends": f"{names[a]}-{names[b]}", "x": float(random.uniform(0.1, 1.0))}
        for row, (a, b) in enumerate(ring)
    ]
    network = grid(nodes, links)
    lost = f"l{int(random.integers(len(links))):02d}"
    left = (network.links["id"] != lost).to_numpy()
    usual, first = np.abs(after(network).state.flow), np.abs(after(network, lost).state.flow)
    margin = (first / usual)[left].max() - 1
    enough = rated(network, np.ceil((1 + margin) * usual))
    assert after(enough, lost).trips == ()
    too_little = rated(network, np.floor((1 + margin - 1e-3) * usual))
    assert after(too_little, lost).trips != ()


def test_r18_a_star_without_its_hub_leaves_all_leaves_alone() -> None:
    leaves = [f"leaf {number}" for number in range(6)]
    network = grid(
        {"hub": {}, **{leaf: {"demand": 10} for leaf in leaves}, "S": {"source": True}},
        [{"ends": f"hub-{leaf}", "x": 1.0, "capacity": 10} for leaf in leaves]
        + [{"ends": "S-hub", "x": 1.0}],
    )
    assert after(network).state.drawn.sum() == 60
    cascade = after(network, "hub")
    assert cascade.state.drawn.sum() == 0
    assert len(set(cascade.state.island.tolist())) == 8
