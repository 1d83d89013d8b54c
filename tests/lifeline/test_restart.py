"""Restart loops in small worlds: who waits for whom in words, and which black starts are named."""

import pytest
from worlds import town

from lifeline import restart
from lifeline.cascade import propagate
from lifeline.restart import RestartLoop
from lifeline.shock import Shock


def loops(system, *components):
    return propagate(system, Shock.of(system, components)).restart_loops


def mutual(**options):
    """Compressor G needs the power of P, a plant that burns the gas G presses."""
    return town(
        power="P*-U",
        gas="G*",
        dependencies=[("G", "P"), ("P", "G")],
        kinds={"G": "gas compressor", "P": ""},
        people={"U": 10},
        **options,
    )


def test_two_that_wait_for_each_other_are_called_by_sector_kind_and_name():
    (loop,) = loops(mutual(), "G")
    assert loop.sentence == (
        "gas compressor G and power node P wait for each other; nothing breaks the loop, a black start at G or P would."
    )


def test_a_member_that_black_starts_is_named():
    (loop,) = loops(mutual(black_start=["P"]), "G")
    assert (loop.resolved, loop.broken_by) == (True, ("P",))
    assert (
        loop.sentence
        == "gas compressor G and power node P wait for each other; black start at P breaks the loop."
    )


def test_a_loop_that_was_not_hit_is_no_news():
    assert loops(mutual(), "P-U") == ()


def ring(**options):
    """A pump needs power, the power plant gas, the compressor cooling water."""
    return town(
        water="W*", power="P*", gas="G*", dependencies=[("W", "P"), ("P", "G"), ("G", "W")], **options
    )


def test_three_in_a_ring_are_told_one_after_the_other():
    (loop,) = loops(ring(), "P")
    assert loop.members == ("G", "W", "P")
    assert loop.sentence == (
        "gas node G waits for water node W, W for power node P, P for G; "
        "nothing breaks the loop, a black start at G or W or P would."
    )


def test_of_several_black_starts_that_would_do_one_is_named_members_first():
    system = ring(black_start=["W", "P"])
    (loop,) = loops(system, "G")
    assert loop.broken_by == ("P",)


def two_pumps_behind(black_start):
    """P needs both pumps A and B at once, each of which needs P; behind tanks of their own they could start by hand."""
    return town(
        power="P*",
        water="A* B*",
        telecom="T*",
        dependencies=[("P", "A"), ("P", "B"), ("A", "P"), ("B", "P"), ("A", "T"), ("B", "T"), ("T", "P")],
        black_start=black_start,
    )


def test_black_starts_that_are_needed_together_are_named_together():
    """A alone leaves P without B, and B alone without A; what each waits for comes back only when both start."""
    (loop, *_) = loops(two_pumps_behind(["A", "B"]), "P")
    assert loop.resolved
    assert loop.broken_by == ("A", "B")
    assert "black starts at A and B together break the loop." in loop.sentence


def test_a_part_that_waits_for_what_hangs_on_itself():
    """B is fed through A, and A needs B: once down, A waits for itself."""
    (loop,) = loops(town(power="S*-A-B", dependencies=[("A", "B")]), "S")
    assert loop.sentence == (
        "power node A waits for itself, by way of power node B; "
        "nothing breaks the loop, a black start at A would."
    )


def test_when_there_is_no_time_to_try_nothing_is_claimed(monkeypatch):
    monkeypatch.setattr(restart, "MOST_TRIALS", 1)
    (loop, *_) = loops(two_pumps_behind(["A", "B"]), "P")
    assert (loop.resolved, loop.broken_by) == (True, ())
    assert loop.sentence.endswith("; black starts break the loop.")


@pytest.mark.parametrize("black_start", [["G"], ["P"], ["G", "P"]])
def test_what_black_starts_break_is_not_stuck(black_start):
    cascade = propagate(mutual(black_start=black_start), Shock.of(mutual(), ["G"]))
    assert not cascade.stuck
    assert all(loop.resolved for loop in cascade.restart_loops)


def test_a_loop_that_nothing_alone_breaks_says_only_that():
    loop = RestartLoop(("A",), ("power node A",), ("A",), resolved=False)
    assert loop.sentence == "power node A waits for itself; nothing breaks the loop."
