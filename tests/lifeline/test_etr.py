"""When who is back, what that hangs on, and why somebody never is: small cities worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from worlds import town

from lifeline import Shock, build_problem, evaluate, schedule
from lifeline.etr import LOOP, UNDONE, returns
from lifeline.evaluation import NOT_BACK

HERE = dict.fromkeys(("P1", "P2", "P3", "P4", "W1", "W2"), (0.0, 0.0))
WANTED = ("minute", "job", "crew", "needs", "because", "waits_for")


def rows_of(sequences: Mapping[str, Sequence[str]], **world: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rows by node (each customer is `people of NODE`) and service."""
    system = town(**{"places": HERE, "crews": {"c": "power;water"}, **world})
    problem = build_problem(system, Shock.from_table(system, system.damage))
    table = returns(evaluate(problem, schedule(problem, sequences)))
    return {
        (row["customer"].removeprefix("people of "), row["service"]): {name: row[name] for name in WANTED}
        for row in table.to_dict("records")
    }


def row(minute: int, job: str = "", crew: str = "", needs: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"minute": minute, "job": job, "crew": crew, "needs": needs, "because": "", "waits_for": ()}


def never(because: str, waits_for: tuple[str, ...]) -> dict[str, Any]:
    return {**row(NOT_BACK), "because": because, "waits_for": waits_for}


def test_a_return_hangs_on_the_last_job_and_names_the_others_it_needs() -> None:
    """P1-P2 is done at 60, P2-P3 at 120: P3 is back at 120 and needs both, P2 at 60 the first alone."""
    rows = rows_of(
        {"c": ["P1-P2", "P2-P3"]},
        power="P1*-P2-P3",
        people={"P1": 1, "P2": 2, "P3": 3},
        damage={"P1-P2": 60, "P2-P3": 60},
    )
    assert rows == {
        ("P1", "power"): row(0),
        ("P2", "power"): row(60, "P1-P2", "c", ("P1-P2",)),
        ("P3", "power"): row(120, "P2-P3", "c", ("P1-P2", "P2-P3")),
    }


def test_of_two_ways_back_it_hangs_on_the_first_that_opens() -> None:
    """P3 is fed over P2 or over P4: P1-P4 at 60 brings it back, and without that it would be 120."""
    rows = rows_of(
        {"c": ["P1-P4", "P1-P2"]},
        power="P1*-P2-P3 P1-P4-P3",
        people={"P3": 3},
        damage={"P1-P2": 60, "P1-P4": 60},
    )
    assert rows == {("P3", "power"): row(60, "P1-P4", "c", ("P1-P4",))}


def test_a_pump_hangs_on_the_power_behind_it() -> None:
    """The main is whole at 60, but the pump has no power until 120."""
    rows = rows_of(
        {"c": ["W1-W2", "P1-P2"]},
        power="P1*-P2",
        water="W1*-W2",
        dependencies=[("W1", "P2")],
        people={"W2": 9},
        damage={"W1-W2": 60, "P1-P2": 60},
    )
    assert rows == {("W2", "water"): row(120, "P1-P2", "c", ("W1-W2", "P1-P2"))}


def test_who_is_never_out_needs_the_job_that_comes_before_the_buffer_ends() -> None:
    """W1 has diesel for two hours; the line is mended after one."""
    rows = rows_of(
        {"c": ["P1-P2"]},
        power="P1*-P2",
        water="W1*",
        dependencies=[("W1", "P2", "mains", 120)],
        people={"W1": 9},
        damage={"P1-P2": 60},
    )
    assert rows == {("W1", "water"): row(0, needs=("P1-P2",))}


def test_who_waits_for_a_job_nobody_does_is_told_which() -> None:
    """P3 waits for P2-P3, which wants a diver; P2 is back with the line."""
    rows = rows_of(
        {"c": ["P1-P2"]},
        power="P1*-P2-P3",
        people={"P2": 2, "P3": 3},
        damage={"P1-P2": 60, "P2-P3": {"repair_minutes": 60, "skill": "diver"}},
    )
    assert rows == {
        ("P2", "power"): row(60, "P1-P2", "c", ("P1-P2",)),
        ("P3", "power"): never(UNDONE, ("P2-P3",)),
    }


def test_where_either_of_two_jobs_would_do_both_are_named() -> None:
    """P3 is fed over P2 or P4, and neither line is in the plan."""
    rows = rows_of({}, power="P1*-P2-P3 P1-P4-P3", people={"P3": 3}, damage={"P1-P2": 60, "P1-P4": 60})
    assert rows == {("P3", "power"): never(UNDONE, ("P1-P2", "P1-P4"))}


def test_parts_that_wait_for_each_other_are_named() -> None:
    """P1 needs water from W1, W1 power from P1: once P1 is down nothing brings either back."""
    rows = rows_of(
        {"c": ["P1"]},
        power="P1*",
        water="W1*",
        dependencies=[("P1", "W1"), ("W1", "P1")],
        people={"P1": 5},
        damage={"P1": 60},
    )
    assert rows == {("P1", "power"): never(LOOP, ("P1", "W1"))}


def test_of_two_loops_each_is_told_to_those_behind_it() -> None:
    rows = rows_of(
        {"c": ["P1", "P2"]},
        power="P1* P2*",
        water="W1* W2*",
        dependencies=[("P1", "W1"), ("W1", "P1"), ("P2", "W2"), ("W2", "P2")],
        people={"P1": 5, "P2": 5},
        damage={"P1": 60, "P2": 60},
    )
    assert rows == {("P1", "power"): never(LOOP, ("P1", "W1")), ("P2", "power"): never(LOOP, ("P2", "W2"))}


def test_a_customer_is_back_with_the_last_of_its_parts() -> None:
    """The hospital is served by either P2 or P3: it is back with the first of them."""
    rows = rows_of(
        {"c": ["P1-P3", "P1-P2"]},
        power="P1*-P2 P1-P3",
        alternatives={"hospital": (5, ["P2", "P3"])},
        damage={"P1-P2": 60, "P1-P3": 60},
    )
    assert rows == {("hospital", "power"): row(60, "P1-P3", "c", ("P1-P3",))}


def test_in_a_large_city_what_was_not_left_out_is_not_among_the_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only P1-P2, the first job, is left out; P2-P3 is known all the same, since it brought P3 back."""
    monkeypatch.setattr("lifeline.purpose.MOST_REPLAYS", 1)
    rows = rows_of(
        {"c": ["P1-P2", "P2-P3", "P3-P4"]},
        power="P1*-P2-P3-P4",
        people={"P4": 3},
        damage={"P1-P2": 60, "P2-P3": 60, "P3-P4": 60},
    )
    assert rows == {("P4", "power"): row(180, "P3-P4", "c", ("P1-P2", "P3-P4"))}
