"""What orders cost: by hand, and never less than nothing."""

from __future__ import annotations

from random import Random

import pytest
from random_conditions import Work, random_working_problem
from random_worlds import Features, random_task
from worlds import town

from lifeline.conditions import Lock
from lifeline.errors import ConflictingOrders
from lifeline.evaluation import evaluate
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from solvers import SOLVERS, Budget
from solvers.conflicts import refuse_conflicts
from solvers.lock_price import lock_prices

PERSON_HOUR = 60 * 1000
SOME = Budget(evaluations=200)


def two_jobs(*locks: Lock) -> RepairProblem:
    """A (10 people) and B (20) at one place, an hour each; red and blue stand there."""
    system = town(
        power="A* B*",
        places=dict.fromkeys("AB", (0.0, 0.0)),
        people={"A": 10, "B": 20},
        crews={"red": "power", "blue": "power"},
        damage={"A": 60, "B": 60},
    )
    return build_problem(system, Shock.from_table(system, system.damage), locks=locks, horizon_minutes=1440)


def test_both_jobs_for_red_and_the_smaller_one_first() -> None:
    """Side by side A and B cost 10 + 20 = 30 person-hours. Both by red, A first: 10 * 1 + 20 * 2 = 50.

    Without `first` red begins with B: 20 * 1 + 10 * 2 = 40, so that order costs 10. Without one of the pins blue does
    that job: 30, so each pin costs 20, and so do all three together.
    """
    first, red_does_a, red_does_b = Lock("A", "first"), Lock("A", "crew", "red"), Lock("B", "crew", "red")
    problem = two_jobs(first, red_does_a, red_does_b)
    plan = SOLVERS["nearest"](problem, budget=SOME, seed=0, on_progress=None).plan
    prices = lock_prices(problem, plan, budget=SOME)
    assert prices.objective == 50 * PERSON_HOUR
    assert prices.price(first) == 10 * PERSON_HOUR
    assert prices.price(red_does_a) == 20 * PERSON_HOUR
    assert prices.price(red_does_b) == 20 * PERSON_HOUR
    assert prices.price_of_all == 20 * PERSON_HOUR


def test_an_order_that_a_best_plan_keeps_anyway_costs_nothing() -> None:
    problem = two_jobs(Lock("B", "not_after", "0"))
    plan = SOLVERS["nearest"](problem, budget=SOME, seed=0, on_progress=None).plan
    assert lock_prices(problem, plan, budget=SOME).price_of_all == 0


@pytest.mark.parametrize("seed", range(8))
def test_no_price_is_negative_and_the_plan_keeps_every_rule(seed: int) -> None:
    rng = Random(seed)
    task = random_task(rng, Features(most_nodes=12, buffers=False), max_jobs=4, max_crews=2)
    problem = random_working_problem(rng, task, Work(times=80, first=40, masks=80, latest=30))
    if problem is None or not problem.locks:
        pytest.skip("nothing is ordered in this world")
    try:
        refuse_conflicts(problem)
    except ConflictingOrders:
        pytest.skip("nobody can keep these orders")
    plan = SOLVERS["nearest"](problem, budget=SOME, seed=0, on_progress=None).plan
    prices = lock_prices(problem, plan, budget=Budget(evaluations=50))
    assert all(prices.price(lock) >= 0 for lock in problem.locks)
    assert prices.price_of_all >= max(prices.price(lock) for lock in problem.locks)
    assert not check_plan(problem, prices.plan)
    assert prices.objective == evaluate(problem, prices.plan).objective <= evaluate(problem, plan).objective
