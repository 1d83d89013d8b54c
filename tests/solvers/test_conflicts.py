"""Orders that cannot be kept: as few as cannot, said in words; and plans that keep them wherever there are any."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import permutations, product
from random import Random
from typing import Any

import numpy as np
import pytest
from random_conditions import Work, random_working_problem
from random_worlds import Features, random_task
from worlds import town

from lifeline.conditions import Lock
from lifeline.errors import ConflictingOrders, InfeasiblePlan
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from solvers import SOLVERS, Budget
from solvers.conflicts import Orders, conflict_in, refuse_conflicts

A_FEW = Budget(evaluations=100)


def five_jobs(*locks: tuple[str, ...], **more: Any) -> RepairProblem:
    """A to E at one place, an hour each, for two crews who stand there; C takes a licence that only red has."""
    system = town(
        **{
            "power": "A* B* C* D* E*",
            "places": dict.fromkeys("ABCDE", (0.0, 0.0)),
            "people": dict.fromkeys("ABCDE", 10),
            "crews": {"red": "power;licence", "blue": "power"},
            "damage": {**dict.fromkeys("ABDE", 60), "C": {"repair_minutes": 60, "skill": "licence"}},
            **more,
        }
    )
    shock = Shock.from_table(system, system.damage)
    return build_problem(system, shock, locks=[Lock(*lock) for lock in locks])


def found_in(*locks: tuple[str, ...], **more: Any) -> list[str]:
    conflict = conflict_in(five_jobs(*locks, **more))
    return [] if conflict is None else [str(lock) for lock in conflict.locks]


def test_three_of_six_orders_are_in_each_others_way() -> None:
    """Two crews begin A and B at 0 and are busy until 60, so nobody begins E at 30; the other three do not matter."""
    problem = five_jobs(
        ("A", "start", "0"),
        ("B", "start", "0"),
        ("C", "crew", "red"),
        ("C", "not_before", "60"),
        ("D", "after", "E"),
        ("E", "start", "30"),
    )
    with pytest.raises(ConflictingOrders) as refusal:
        refuse_conflicts(problem)
    assert refusal.value.locks == (Lock("A", "start", "0"), Lock("B", "start", "0"), Lock("E", "start", "30"))
    assert str(refusal.value) == (
        "These 3 orders cannot all be kept; without any one of them the others could be:\n"
        "  A: start 0\n  B: start 0\n  E: start 30\n"
        "Job 'E' must start at minute 30 at the latest, and no crew that may do it is there before minute 60. "
        "Take one of them back or change it."
    )


def test_a_crew_without_the_skill() -> None:
    assert found_in(("C", "crew", "blue"), ("A", "crew", "blue")) == ["C: crew blue"]


def test_a_pin_against_a_ban_and_two_pins() -> None:
    assert found_in(("A", "crew", "red"), ("A", "not_crew", "red")) == ["A: crew red", "A: not crew red"]
    assert found_in(("A", "crew", "red"), ("A", "crew", "blue")) == ["A: crew blue", "A: crew red"]


def test_a_first_job_that_waits_for_what_its_crew_has_to_do() -> None:
    """C is red's anyway. A waits for it, and is to be red's first: no. Without the pin blue does A first, and waits."""
    locks = (("A", "crew", "red"), ("A", "first", ""), ("A", "after", "C"))
    assert found_in(*locks) == ["A: after C", "A: crew red", "A: first"]
    assert found_in(*locks[1:]) == []


def test_two_appointments_that_are_too_near_to_each_other() -> None:
    """Red is at A from 60 to 120, so it cannot begin C at 90; at 120 it can."""
    assert found_in(("A", "start", "60"), ("A", "crew", "red"), ("C", "start", "90")) == [
        "A: crew red",
        "A: start 60",
        "C: start 90",
    ]
    assert found_in(("A", "start", "60"), ("A", "crew", "red"), ("C", "start", "120")) == []


def test_an_appointment_before_the_crew_is_there_or_on_duty() -> None:
    """P2 is 1 km, 3 minutes away. On duty from 60 on, nobody starts at 30."""
    far = {"places": {**dict.fromkeys("BCDE", (0.0, 0.0)), "A": (0.009, 0.0)}}
    assert found_in(("A", "not_after", "2"), **far) == ["A: not after 2"]
    assert found_in(("A", "not_after", "3"), **far) == []
    hours = {"shifts": {"red": [(60, 600)], "blue": [(60, 600)]}}
    assert found_in(("A", "start", "30"), **hours) == ["A: start 30"]


def test_a_circle_is_named_by_the_fewest_orders_that_close_it() -> None:
    with pytest.raises(ConflictingOrders) as refusal:
        five_jobs(("A", "after", "B"), ("B", "after", "C"), ("C", "after", "A"), ("B", "after", "A"))
    assert refusal.value.locks == (Lock("A", "after", "B"), Lock("B", "after", "A"))
    assert "B before A before B" in str(refusal.value)


def test_partners_cannot_be_the_same_crew() -> None:
    """A takes two crews at once; the order for A is for its first half, which leaves blue no job but the other."""
    system = five_jobs().system.replace(
        steps=[{"component": "A", "step": "lift", "minutes": 60, "with_skills": "licence"}]
    )
    shock = Shock.from_table(system, system.damage)
    problem = build_problem(system, shock, locks=[Lock("A/lift", "crew", "red")])
    conflict = conflict_in(problem)
    assert conflict is not None
    assert conflict.locks == (Lock("A/lift", "crew", "red"),)
    assert "not enough crews" in conflict.reason


def test_more_orders_than_can_be_tried_are_said_to_be_undecided() -> None:
    """Two attempts are not enough to see that three jobs of an hour do not begin by 30 with two crews."""
    problem = five_jobs(*((job, "not_after", "30") for job in "ABC"))
    conflict = conflict_in(problem, most_tries=2)
    assert conflict is not None
    assert not conflict.is_certain
    assert str(conflict).startswith(
        "No plan was found that keeps these orders; that there is none is not proven:"
    )
    exact = conflict_in(problem)
    assert exact is not None
    assert len(exact.locks) == 3


def test_every_method_keeps_appointments_that_only_one_order_of_work_keeps() -> None:
    """Red: A at 0, C at 60. Blue: B at 0, D by 60, E by 120. Any other sharing out is late somewhere."""
    problem = five_jobs(
        ("A", "start", "0"),
        ("C", "start", "60"),
        ("B", "first", ""),
        ("D", "not_after", "60"),
        ("E", "not_after", "120"),
    )
    for method in SOLVERS:
        plan = SOLVERS[method](problem, budget=A_FEW, seed=0, on_progress=None).plan
        assert not check_plan(problem, plan), method
        assert len(plan.visits) == 5, method


STRICT_ORDERS = Work(latest=60, times=60, first=30, masks=60)
SEEDS = tuple(range(70))


@cache
def ordered_problem(seed: int) -> RepairProblem | None:
    """A random problem of up to five jobs with many orders and no roads to repair."""
    rng = Random(seed)
    features = Features(most_nodes=10, roads=False, shifts=seed % 2 == 0, buffers=False, late_crews=True)
    problem = random_working_problem(rng, random_task(rng, features, max_jobs=3, max_crews=2), STRICT_ORDERS)
    return None if problem is None or not problem.locks or len(problem.to_do) > 5 else problem


def every_order_of_work(problem: RepairProblem) -> Iterator[dict[str, list[str]]]:
    """Yield every way to hand all jobs to crews that can do them, in every order."""
    numbers = [problem.job_index[job.id] for job in problem.to_do]
    able = [np.flatnonzero(problem.within_reach[:, number]).tolist() for number in numbers]
    for crews in product(*able):
        hands: dict[str, list[str]] = {crew.id: [] for crew in problem.crews}
        for number, crew in zip(numbers, crews, strict=True):
            hands[problem.crews[crew].id].append(problem.jobs[number].id)
        for orders in product(*map(permutations, hands.values())):
            yield {crew: list(order) for crew, order in zip(hands, orders, strict=True)}


def some_plan_keeps_all(orders: Orders, locks: tuple[Lock, ...]) -> bool:
    """Try every order of work on every crew."""
    problem = orders.under(locks)
    wanted = {problem.jobs[job].id for job in orders.ordered}
    for sequences in every_order_of_work(problem):
        try:
            plan = schedule(problem, sequences)
        except InfeasiblePlan:
            continue
        if wanted <= {visit.job for visit in plan.visits}:
            return True
    return False


def test_a_conflict_is_one_and_none_of_its_orders_can_be_spared() -> None:
    """By trying all plans there are: the set cannot be kept, and without any one of its orders the others can."""
    conflicts = 0
    for seed in SEEDS:
        problem = ordered_problem(seed)
        if problem is None:
            continue
        orders = Orders(problem)
        conflict = conflict_in(problem)
        if conflict is None:
            assert some_plan_keeps_all(orders, problem.locks) or not some_plan_keeps_all(orders, ())
            continue
        conflicts += 1
        assert conflict.is_certain
        assert conflict.is_smallest
        assert not some_plan_keeps_all(orders, conflict.locks)
        for spared in conflict.locks:
            assert some_plan_keeps_all(orders, tuple(lock for lock in conflict.locks if lock != spared))
    assert conflicts > 5


@pytest.mark.parametrize("method", ["nearest", "bundles", "local_search"])
def test_a_plan_keeps_all_orders_wherever_one_does(method: str) -> None:
    """What trying all plans finds possible, every method does; rules leave no ordered job out either.

    A search may, like any other job, if parts or the hours of a crew that leaves do more good elsewhere.
    """
    kept = 0
    for seed in SEEDS:
        problem = ordered_problem(seed)
        if problem is None or not some_plan_keeps_all(Orders(problem), problem.locks):
            continue
        kept += 1
        plan = SOLVERS[method](problem, budget=A_FEW, seed=seed, on_progress=None).plan
        assert not check_plan(problem, plan)
        if method != "local_search":
            ordered = {problem.jobs[job].id for job in Orders(problem).ordered}
            assert ordered <= {visit.job for visit in plan.visits}
    assert kept > 10
