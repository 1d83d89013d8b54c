"""A plan by its deadline: from a child that hangs, crashes or says nothing, from an understudy, or none at all."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from running_children import Running

from api.jobs.solving import Solve, Solved, solved

DEADLINE_SECONDS = 5.0


def solve(
    running: Running, function: str, *, understudy: str = "understudy", seconds: float = 60.0
) -> Solved:
    task = Solve(f"job_faults:{function}", f"job_faults:{understudy}", {}, memory_bytes=1 << 28)
    return running.do(solved(running.children, task, seconds=seconds))


def test_who_answers_in_time_is_taken_at_its_word(running: Running) -> None:
    found = solve(running, "plan_well")
    assert (found.ending, found.answer["objective"], found.answer["label"]) == ("answered", 600, "optimal")


def test_of_one_that_hangs_the_best_plan_so_far_is_there_at_the_deadline(running: Running) -> None:
    found = solve(running, "plan_then_hang", seconds=DEADLINE_SECONDS)
    assert found.ending == "so far"
    assert (found.answer["objective"], found.answer["label"]) == (700, "feasible")
    assert (found.answer["documents"], found.answer["stopped_by"]) == ({"plan": "plan of 700"}, "seconds")


def test_of_one_that_crashes_the_best_plan_so_far_is_there_at_once(running: Running) -> None:
    found = solve(running, "plan_then_crash")
    assert (found.ending, found.answer["objective"]) == ("so far", 800)
    assert (found.answer["stopped_by"], found.why) == ("crashed", "The child process was ended by signal 9.")


@pytest.mark.parametrize("function", ["answer_in_part_and_hang", "answer_in_part_and_crash"])
def test_of_an_answer_told_of_in_parts_the_most_worked_out_counts(running: Running, function: str) -> None:
    found = solve(running, function, seconds=DEADLINE_SECONDS)
    assert (found.ending, found.answer) == ("so far", {"variants": 2})
    assert found.why in ("Its time was up.", "The child process was ended by signal 9.")


@pytest.mark.parametrize(
    "function", ["sleep_for_ever", "kill_itself", "abort", "eat_memory", "say_garbage", "stumble"]
)
def test_of_one_without_a_plan_an_understudy_makes_a_rules_plan(running: Running, function: str) -> None:
    found = solve(running, function, seconds=DEADLINE_SECONDS)
    assert (found.ending, found.answer["objective"], found.answer["label"]) == ("so far", 1000, "rule")


def test_what_is_refused_has_no_understudy(running: Running) -> None:
    found = solve(running, "refuse")
    assert (found.ending, found.kind) == ("refused", "InvalidInput")
    assert "is there twice" in found.why


def test_where_everything_fails_it_says_so_at_the_deadline(running: Running) -> None:
    found = solve(running, "sleep_for_ever", understudy="kill_itself", seconds=DEADLINE_SECONDS)
    assert (found.ending, found.answer) == ("nothing", {})
    assert "time was up" in found.why


def test_what_is_overdue_when_it_begins_gets_a_rules_plan(running: Running) -> None:
    found = solve(running, "plan_well", seconds=-20.0)
    assert (found.ending, found.answer["label"]) == ("so far", "rule")
    assert found.why == "Its deadline was over before it could begin."


def test_a_call_to_stop_ends_it_without_an_understudy(running: Running) -> None:
    async def stopped() -> Solved:
        call = asyncio.Event()
        task = Solve("job_faults:plan_then_hang", "job_faults:understudy", {})
        told: list[Any] = []

        def stop(report: Any) -> None:
            told.append(report)
            call.set()

        return await solved(running.children, task, seconds=60.0, on_report=stop, cancel=call)

    assert running.do(stopped()).ending == "cancelled"


def test_the_deadline_is_the_child_s_and_not_the_sum_of_two(running: Running) -> None:
    began = time.monotonic()
    solve(running, "sleep_for_ever", understudy="sleep_for_ever", seconds=1.0)
    # Twice the seconds would be an understudy that begins where its principal ends.
    assert time.monotonic() - began < 2.0
