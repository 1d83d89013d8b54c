"""The oracle against answers worked by hand, before anything is held against the oracle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, combinations
from random import Random

import oracle
import pytest
from oracle_city import City, split, worlds_of
from random_worlds import Features, random_story, union
from worlds import town

from lifeline.system import System

LOOP = (("G1", "P1"), ("P1", "G1"))  # the gas plant needs power, the power plant needs gas


def test_waves_go_one_step_further_each() -> None:
    """P1 breaks; P2 behind it stops in wave 1, the pump W1 on P2 in wave 2, W2 behind it in wave 3."""
    city = town(power="P1*-P2", water="W1*-W2", dependencies=[("W1", "P2")])
    assert oracle.waves_after(city, {"P1"}) == [{"P1"}, {"P2"}, {"W1"}, {"W2"}]


def test_two_nodes_without_a_source_never_feed_each_other() -> None:
    city = town(power="P1*-P2-P3-P2 P8-P9")
    assert oracle.working_before(city) == {"P1", "P2", "P3"}
    assert oracle.state_after(city, {"P1-P2"}) == {"P1"}


def test_a_directed_link_carries_forward_only() -> None:
    city = town(power="P1*>P2 P3>P1")
    assert oracle.working_before(city) == {"P1", "P2"}


def test_one_alternative_is_enough_but_every_group_is_needed() -> None:
    city = town(
        power="P1* P2* P3*",
        water="W1*",
        dependencies=[("W1", "P1", "feed"), ("W1", "P2", "feed"), ("W1", "P3")],
    )
    assert "W1" in oracle.state_after(city, {"P1"})
    assert "W1" not in oracle.state_after(city, {"P1", "P2"})
    assert "W1" not in oracle.state_after(city, {"P3"})


def test_an_undamaged_loop_stays_up_and_a_dark_one_needs_a_black_start() -> None:
    city = town(power="P0*-P1*", gas="G1*", dependencies=LOOP)
    assert oracle.state_after(city, {"P0"}) == {"P1", "G1"}
    assert oracle.restored_state(city, {"P1"}) == {"P0"}
    helped = town(power="P0*-P1*", gas="G1*", dependencies=LOOP, black_start=["P1"])
    assert oracle.restored_state(helped, {"P1"}) == {"P0", "P1", "G1"}


def test_a_black_start_does_not_let_a_plant_run_whose_fuel_line_is_broken() -> None:
    city = town(power="P1*", gas="G0*-G1", dependencies=[("P1", "G1"), ("G0", "P1")], black_start=["P1"])
    replayed = oracle.replay(city, {"P1", "G0-G1"}, {"P1": 10, "G0-G1": 25}, horizon=100)
    assert replayed.node_history["P1"] == [(0, False), (25, True)]


def test_a_buffer_drains_pauses_and_is_never_refilled() -> None:
    """W1 lasts 60 minutes. P1 is back from 40 on; at 100 nothing new breaks, so W1 never stops."""
    city = town(power="P1*", water="W1*", dependencies=[("W1", "P1", "feed", 60)], people={"W1": 5})
    assert oracle.state_after(city, {"P1"}, until=59) == {"W1"}
    assert oracle.state_after(city, {"P1"}, until=60) == set()
    saved = oracle.replay(city, {"P1"}, {"P1": 60}, horizon=100)
    assert saved.node_history["W1"] == [(0, True)]
    late = oracle.replay(city, {"P1"}, {"P1": 61}, horizon=100)
    assert late.node_history["W1"] == [(0, True), (60, False), (61, True)]
    assert late.person_minutes == 5


def test_a_buffer_that_drained_in_two_spells_adds_them_up() -> None:
    """G1 has 10 minutes without power, W1 30 without gas, and G1 itself is switched off twice.

    P1 and P2 are both out. P2, repaired at 20, feeds G1 (dark from 10 on) through its group {P1, P2}, but it
    leans on T1, whose own buffer of 35 minutes runs out at 35, when P2 and with it G1 stop again. W1 drained
    from 10 to 20 and drains from 35 on: it stops after 30 minutes, at 55.
    """
    city = town(
        power="P1* P2*",
        gas="G1*",
        water="W1*",
        telecom="T0* T1*",
        dependencies=[
            ("G1", "P1", "feed", 10),
            ("G1", "P2", "feed", 10),
            ("W1", "G1", "feed", 30),
            ("P2", "T1"),
            ("T1", "T0", "feed", 35),
        ],
    )
    replayed = oracle.replay(city, {"P1", "P2", "T0"}, {"P2": 20}, horizon=100)
    assert replayed.node_history["G1"] == [(0, True), (10, False), (20, True), (35, False)]
    assert replayed.node_history["W1"] == [(0, True), (55, False)]


def test_the_objective_counts_weights_and_leaves_out_what_is_stuck() -> None:
    """P0's 4 persons wait 30 minutes; the 7 at P1 wait for a loop that nobody can start."""
    city = town(power="P0* P1*", gas="G1*", dependencies=LOOP, people={"P0": 4, "P1": 7})
    replayed = oracle.replay(city, {"P0", "G1"}, {"P0": 30, "G1": 20}, horizon=480)
    assert replayed.person_minutes == 4 * 30
    assert replayed.objective == 4 * 30 * 1000
    assert [portion.customer for portion in replayed.stuck] == ["people of P1"]
    assert replayed.etr() == {("people of P0", "power"): 30, ("people of P1", "power"): None}


def test_what_is_not_back_by_the_horizon_counts_up_to_it() -> None:
    city = town(power="P1*", people={"P1": 3})
    assert oracle.replay(city, {"P1"}, {}, horizon=50).person_minutes == 150
    assert oracle.replay(city, {"P1"}, {"P1": 80}, horizon=50).person_minutes == 150


@pytest.mark.parametrize(
    ("persons", "shares", "answer"),
    [
        (10, {"a": "0.25", "b": "0.75"}, {"a": 3, "b": 7}),  # 2.5 and 7.5: the tie goes to the smaller key
        (10, {"a": "0.2", "b": "0.3", "c": "0.5"}, {"a": 2, "b": 3, "c": 5}),
        (4, {"a": "0.2", "b": "0.3", "c": "0.5"}, {"a": 1, "b": 1, "c": 2}),  # 0.8, 1.2 and 2.0
        (0, {"a": "1"}, {"a": 0}),
    ],
)
def test_people_are_split_by_largest_remainder(
    persons: int, shares: dict[str, str], answer: dict[str, int]
) -> None:
    exact = {(key, False): Fraction(share) for key, share in shares.items()}
    assert split(persons, exact) == {(key, False): whole for key, whole in answer.items()}


def test_the_largest_black_start_is_the_largest_of_all_subsets() -> None:
    """The rule names a set and the oracle strikes out what cannot last; here all subsets are tried."""
    rng, started = Random(5), 0
    for _ in range(150):
        story = random_story(rng, Features(most_nodes=10))
        city = City.of(story.system())
        state = oracle.State(oracle.state_after(city, story.damaged, until=10**6), set(), city.all_groups)
        plain = oracle.grown(city, state)
        sustained = []
        for starters in subsets(sorted(city.black_start - plain)):
            trial = oracle.State(oracle.grown(city, state, assumed=starters), set(), city.all_groups)
            if all(trial.holds(group) for node in starters for group in city.groups[node]):
                sustained.append(trial.working)
        oracle.grow(city, state)
        assert state.working in sustained
        assert all(working <= state.working for working in sustained)
        started += state.working != plain
    assert started >= 10


def subsets(things: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(things, size) for size in range(len(things) + 1))


def test_worlds_side_by_side_come_apart_again() -> None:
    rng = Random(7)
    stories = [random_story(rng) for _ in range(5)]
    joined = System.from_tables(union([story.tables for story in stories]))
    for number, (story, city) in enumerate(zip(stories, worlds_of(joined), strict=True)):
        alone = City.of(story.system())
        assert {f"{number}:{node}" for node in alone.sector} == set(city.sector)
        assert [p.persons for p in alone.portions] == [p.persons for p in city.portions]
        assert {f"{number}:{node}" for node in oracle.working_before(alone)} == oracle.working_before(city)
