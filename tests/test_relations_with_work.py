"""Relations R1, R2, R4, R7, R10 and R13 with steps, partners, parts, safe hours, orders and all kinds of crews on.

What they compare is the search's plan and the judge's word; R3, R5, R9 and R11, which speak of the optimum, are beside
the exact solvers (`tests/solvers/test_conditions_exact.py`).
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_conditions import Work, random_working_problem, with_work
from random_worlds import Features, Task, random_task

from lifeline.errors import InvalidInput
from lifeline.evaluation import NO_PLAN, evaluate
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from lifeline.system import Settings, System
from solvers import Budget, Proposal, solve

BRIEF = Budget(evaluations=150)
few = settings(max_examples=12, deadline=None)
seeds = st.integers(0, 10_000)
KEPT = Work(first=0)


def drawn(seed: int) -> Task:
    """Draw a task with all of it on; worlds that are refused (a rest that leaves no hours) are not looked at."""
    rng = Random(seed)
    features = Features.of(roads=rng.random() < 0.3, shifts=True, shares=False)
    task = random_task(rng, features, max_jobs=4, max_crews=3)
    assume(random_working_problem(Random(seed), task, KEPT) is not None)
    return with_work(Random(seed), task, KEPT)


def searched(problem: RepairProblem) -> Proposal:
    return solve(problem, method="local_search", budget=BRIEF, seed=7)


@given(seeds)
@few
def test_r1_the_order_of_rows_does_not_change_a_byte_of_any_plan(seed: int) -> None:
    task, rng = drawn(seed), Random(seed)
    shuffled = Task({name: rng.sample(rows, len(rows)) for name, rows in task.tables.items()}, task.horizon)
    assert searched(task.problem()).plan.to_json() == searched(shuffled.problem()).plan.to_json()


@given(seeds, st.integers(2, 500))
@few
def test_r2_people_times_k_make_the_loss_k_times_as_large(seed: int, k: int) -> None:
    task = drawn(seed)
    many = task.changed(
        customers=[{**row, "persons": int(str(row["persons"])) * k} for row in task.tables["customers"]]
    )
    found = searched(task.problem())
    assert evaluate(many.problem(), found.plan).objective == k * found.objective


@pytest.mark.parametrize("start", ["2026-03-28T22:30:00+01:00", "2026-10-24T23:59:00+02:00"])
@given(seed=seeds)
@settings(max_examples=6, deadline=None)
def test_r4_the_clock_at_minute_0_does_not_change_the_plan(start: str, seed: int) -> None:
    """Both nights the clocks in Berlin change; closures, deliveries and orders count minutes after time zero."""
    task = drawn(seed)
    problem = task.problem()
    moved = System.from_tables(task.tables, Settings(start=start, timezone="Europe/Berlin"))
    later = build_problem(
        moved, Shock.from_table(moved, moved.damage), horizon_minutes=problem.horizon_minutes
    )
    assert searched(problem).plan.to_json() == searched(later).plan.to_json()


@given(seeds)
@few
def test_r7_all_tables_of_work_absent_is_as_if_they_did_not_exist(seed: int) -> None:
    task = drawn(seed)
    bare = {name: [] for name in ("steps", "tasks", "uses", "stock", "closures", "locks", "crew_speeds")}
    without = Task({name: rows for name, rows in task.tables.items() if name not in bare}, task.horizon)
    try:
        problem = task.changed(**bare).problem()
    except InvalidInput:
        assume(False)
    assert searched(problem).plan.to_json() == searched(without.problem()).plan.to_json()


@given(seeds, st.integers(0, 3))
@few
def test_r10_two_customers_at_one_supply_count_as_the_one_they_were(seed: int, part: int) -> None:
    task = drawn(seed)
    first, *others = task.tables["customers"]
    persons = int(str(first["persons"]))
    assume(persons >= part)
    halves = [{**first, "persons": part}, {**first, "id": "the others", "persons": persons - part}]
    theirs = [
        {**row, "customer": "the others"} for row in task.tables["supplies"] if row["customer"] == first["id"]
    ]
    split = task.changed(customers=[*halves, *others], supplies=[*task.tables["supplies"], *theirs])
    found = searched(task.problem())
    assert evaluate(split.problem(), found.plan).objective == found.objective


@given(seeds)
@few
def test_r13_no_bound_is_above_a_plan_and_no_plan_is_worse_than_doing_nothing(seed: int) -> None:
    problem = drawn(seed).problem()
    found = solve(problem, method="auto", budget=BRIEF, seed=3)
    nothing = evaluate(problem, replace(NO_PLAN, visits=problem.history)).objective
    assert found.bound is not None
    assert found.bound <= found.objective <= nothing
    assert check_plan(problem, found.plan) == ()
    assert evaluate(problem, found.plan).objective == found.objective
