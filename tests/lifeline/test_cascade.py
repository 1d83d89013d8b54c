"""Who is dark and because of whom."""

from itertools import pairwise
from typing import Any

import pytest
from worlds import town

from lifeline.cascade import Cascade, propagate
from lifeline.errors import UnknownComponent
from lifeline.shock import Shock
from lifeline.system import Settings, System


def shaken(system: System, *components: str) -> Cascade:
    return propagate(system, Shock.of(system, components))


def rows_of(cascade: Cascade) -> list[tuple[Any, ...]]:
    return list(cascade.waves.itertuples(index=False, name=None))


def pump_town(buffer_minutes: int = 0) -> System:
    """A feeder P1-P2-P3, and a pump W1 that needs P3 and feeds W2."""
    return town(
        power="P1*-P2-P3",
        water="W1*-W2",
        dependencies=[("W1", "P3", "P3", buffer_minutes)],
        people={"P3": 100, "W2": 50},
    )


def test_pump_stops_when_its_only_substation_fails() -> None:
    cascade = shaken(pump_town(), "P3")
    assert cascade.without_service == {"P3", "W1", "W2"}
    assert cascade.people_without == {"power": 100, "water": 50}


def test_a_chain_of_causes_leads_upstream_to_the_broken_component() -> None:
    """P2 breaks; P3 behind it is cut off, so the pump W1 loses its provider and W2 its pump: waves 0 to 3."""
    cascade = shaken(pump_town(), "P2")
    cause = cascade.cause_of("W2")
    assert cause.broken == "P2"
    assert [(step.component, step.because, step.upstream, step.wave) for step in cause.chain] == [
        ("W2", "cut off", "W1", 3),
        ("W1", "lost its providers", "P3", 2),
        ("P3", "cut off", "P2", 1),
        ("P2", "broken", None, 0),
    ]
    assert cause.sentence == (
        "W2 is cut off from its source by W1; W1 lost its provider P3; "
        "P3 is cut off from its source by P2; P2 is broken."
    )


def test_a_broken_link_is_a_cause_and_stands_in_the_first_wave() -> None:
    cascade = shaken(pump_town(), "P1-P2")
    assert cascade.cause_of("W1").broken == "P1-P2"
    assert cascade.cause_of("P1-P2").sentence == "P1-P2 is broken."
    assert rows_of(cascade) == [
        (0, 0, "P1-P2", "", "broken", "power", 0),
        (0, 1, "P2", "P1-P2", "cut off", "power", 0),
        (0, 1, "P3", "P1-P2", "cut off", "power", 100),
        (0, 2, "W1", "P3", "lost its providers", "water", 0),
        (0, 3, "W2", "W1", "cut off", "water", 50),
    ]


def test_what_works_has_no_cause_and_what_never_did_says_so() -> None:
    system = town(power="P1*-P2 P9", water="W1*", dependencies=[("W1", "P9")])
    cascade = shaken(system, "P2")
    assert cascade.cause_of("P1").sentence == "P1 works."
    assert cascade.cause_of("P1-P2").chain == ()
    assert cascade.cause_of("P9").sentence == "P9 had no service before the shock."
    assert cascade.cause_of("W1").broken is None


def test_an_unknown_component_is_named_with_its_nearest_neighbour() -> None:
    with pytest.raises(UnknownComponent, match=r"'P33'.*'P3'"):
        shaken(pump_town(), "P2").cause_of("P33")


def test_a_buffer_runs_out_hours_later_in_a_wave_of_its_own() -> None:
    """The pump has 240 minutes of diesel: water is there at minute 0 and gone at minute 240."""
    cascade = shaken(pump_town(buffer_minutes=240), "P2")
    assert cascade.people_without == {"power": 100, "water": 0}
    assert cascade.people_without_later == {"power": 100, "water": 50}
    assert cascade.without_service_later == {"W1", "W2"}
    assert cascade.waves.query("minute == 240")[["wave", "component"]].values.tolist() == [
        [1, "W1"],
        [2, "W2"],
    ]
    assert "at minute 240, when its buffer ran out" in cascade.cause_of("W2").sentence


def test_of_two_providers_the_one_that_went_last_is_the_cause() -> None:
    """P2 breaks; T (behind P2) is cut off a wave later. The pump that takes either is dark because of T."""
    system = town(power="S*-P2-T", water="W*", dependencies=[("W", "P2", "either"), ("W", "T", "either")])
    cascade = shaken(system, "P2")
    assert cascade.cause_of("W").chain[0].upstream == "T"
    assert cascade.cause_of("W").broken == "P2"


def test_one_provider_of_a_group_is_enough() -> None:
    system = town(power="A* B*", water="W*", dependencies=[("W", "A", "either"), ("W", "B", "either")])
    assert shaken(system, "A").without_service == {"A"}
    assert shaken(system, "A", "B").without_service == {"A", "B", "W"}


def test_a_directed_link_carries_one_way_only() -> None:
    system = town(power="A*>B B-C")
    assert shaken(system, "A").without_service == {"A", "B", "C"}
    other_way = town(power="A*-B C>B")
    assert shaken(other_way, "B").without_service == {"B"}  # C was never reached


def test_a_mesh_feeds_round_a_break_and_parallel_links_back_each_other_up() -> None:
    ring = town(power="S*-A-B-C-S")
    assert shaken(ring, "A").without_service == {"A"}
    assert shaken(ring, "A", "C").without_service == {"A", "B", "C"}


def mutual() -> System:
    """A gas compressor G needs the power of P, a plant that burns the gas behind G; L is the line to P's users."""
    return town(power="P*-U", gas="G*-H", dependencies=[("G", "P"), ("P", "H")], people={"U": 10})


def test_a_loop_of_mutual_dependence_that_was_not_hit_stays_up() -> None:
    assert shaken(mutual(), "P-U").without_service == {"U"}


def test_a_loop_that_went_dark_stays_dark_and_is_named() -> None:
    """G breaks, so H, P and U go; when G is mended it waits for P, which waits for H, which is fed by G."""
    cascade = shaken(mutual(), "G")
    assert cascade.stuck == {"G", "H", "P", "U"}
    assert cascade.loops == (("G", "P", "H"),)


def test_a_black_start_breaks_the_loop_but_does_not_replace_a_broken_fuel_line() -> None:
    system = town(
        power="P*-U", gas="G*-H", dependencies=[("G", "P"), ("P", "H")], people={"U": 10}, black_start=["P"]
    )
    cascade = shaken(system, "G")
    assert cascade.stuck == frozenset()
    assert cascade.without_service == {"G", "H", "P", "U"}  # G is still broken: P has no gas to start on


def test_people_with_several_nodes_lose_service_with_the_last_of_them() -> None:
    """Either A or B serves the 9: A goes with the shock, B, and only with it they, an hour later."""
    system = town(
        power="P*",
        water="A* B*",
        dependencies=[("A", "P"), ("B", "P", "mains", 60)],
        people={"A": 1},
        alternatives={"the nine": (9, ["A", "B"])},
    )
    cascade = shaken(system, "P")
    assert [(row[0], row[2], row[-1]) for row in rows_of(cascade)] == [(0, "P", 0), (0, "A", 1), (60, "B", 9)]
    over_time = list(cascade.people_over_time.itertuples(index=False, name=None))
    assert over_time == [(0, "water", 1), (60, "water", 10)]
    assert cascade.people_without_later == {"water": 10}


@pytest.mark.parametrize(("threshold", "why"), [(1000, "short of supply"), (500, "gets less")])
def test_whoever_is_served_in_part_stands_in_the_waves_whether_the_node_works_on_or_not(
    threshold: int, why: str
) -> None:
    """A and B give 6 each, N draws 10 for 100 persons: without A six tenths of them are served."""
    plain = town(water="A*-N B*-N", people={"N": 100})
    columns = {"demand": [0, 0, 10], "capacity": [6, 6, None], "threshold_permille": threshold}
    assert plain.nodes["id"].tolist() == ["A", "B", "N"]
    system = plain.replace(nodes=plain.nodes.assign(**columns), settings=Settings(water_rule="flow"))
    cascade = shaken(system, "A")
    assert [(row[2], row[4], row[6]) for row in rows_of(cascade)] == [("A", "broken", 0), ("N", why, 40)]
    assert cascade.people_without == cascade.people_without_later == {"water": 40}
    assert list(cascade.people_over_time.itertuples(index=False, name=None)) == [(0, "water", 40)]
    assert cascade.restart_loops == ()


def test_black_starts_are_tried_by_the_rules_of_the_sectors() -> None:
    """The loop of `mutual`, its power judged by flow: 5 units of P for the 5 that U draws."""
    plain = town(power="P*-U", gas="G*-H", dependencies=[("G", "P"), ("P", "H")], black_start=["P"])
    rules = Settings(power_rule="flow")
    nodes = plain.nodes.assign(demand=[5 * (node == "U") for node in plain.nodes["id"]])
    (loop,) = shaken(plain.replace(nodes=nodes, settings=rules), "G").restart_loops
    assert (loop.resolved, loop.broken_by) == (True, ("P",))
    without = plain.replace(nodes=nodes.assign(black_start=False), settings=rules)
    (loop,) = shaken(without, "G").restart_loops
    assert (loop.resolved, loop.would_break) == (False, ("G", "P"))


def test_nothing_broken_darkens_nothing() -> None:
    cascade = shaken(pump_town())
    assert cascade.without_service == frozenset()
    assert cascade.waves.empty
    assert cascade.people_without == {"power": 0, "water": 0}


def test_darkness_runs_down_a_chain_of_a_hundred_thousand_without_a_call_inside_a_call() -> None:
    names = [f"P{number}" for number in range(100_000)]
    line = town(power="P0*-" + "-".join(names[1:]), places=dict.fromkeys(names, (0.0, 0.0)))
    assert shaken(line, "P0").without_service == set(names)


def test_darkness_runs_down_a_chain_of_twenty_thousand_dependencies() -> None:
    names = [f"P{number}" for number in range(20_000)]
    needs = [(below, above) for above, below in pairwise(names)]
    line = town(
        power=" ".join(f"{name}*" for name in names),
        dependencies=needs,
        places=dict.fromkeys(names, (0.0, 0.0)),
    )
    assert shaken(line, "P0").without_service == set(names)
    assert len(shaken(line, "P0").cause_of("P19999").chain) == 20_000
