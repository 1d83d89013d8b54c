"""Windows: a given plan gets better or stays, and jobs outside a window stay where they are."""

from __future__ import annotations

from random import Random

from random_worlds import Features, random_task
from worlds import town

from lifeline.evaluation import evaluate
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from solvers import Budget, solve
from solvers.cp_search import Effort, find
from solvers.cp_task import task_of
from solvers.dark import dark_part
from solvers.windows import improve

SOME = Budget(evaluations=20_000)


def four_stations() -> RepairProblem:
    """A, B, C and D at one place, an hour each, for 1, 2, 3 and 4 people; one crew."""
    system = town(
        power="A* B* C* D*",
        places=dict.fromkeys("ABCD", (0.0, 0.0)),
        people={"A": 1, "B": 2, "C": 3, "D": 4},
        damage=dict.fromkeys("ABCD", 60),
        crews={"red": "power"},
    )
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=6000)


def test_the_worst_order_becomes_the_best() -> None:
    """D, C, B, A: 4 x 60 + 3 x 120 + 2 x 180 + 1 x 240 = 1,200 person-minutes; the other way round 1,800."""
    problem = four_stations()
    worst = schedule(problem, {"red": ["A", "B", "C", "D"]})
    proposal = improve(problem, worst, budget=SOME)

    assert evaluate(problem, worst).person_minutes == 1_800
    assert evaluate(problem, proposal.plan).person_minutes == 1_200
    assert proposal.bound is None


def test_jobs_that_are_kept_stay_in_their_order() -> None:
    """Only D is free: it moves to the front, and A, B, C stay as they were. 4 x 60 + 120 + 2 x 180 + 3 x 240."""
    problem = four_stations()
    task = task_of(problem, dark_part(problem))
    found = find(task, None, Effort(5.0, None, 1), lambda report: None, kept=[[0, 1, 2]])

    assert found.rounds == [[3, 0, 1, 2]]
    assert found.bound == 1000 * (4 * 60 + 120 + 2 * 180 + 3 * 240)


def test_a_plan_never_gets_worse_and_keeps_all_rules() -> None:
    for seed in range(6):
        features = Features(most_nodes=16, roads=seed % 2 == 0, shifts=seed % 3 == 0, buffers=True)
        problem = random_task(Random(seed), features, max_jobs=6, max_crews=3).problem()
        given = solve(problem, method="nearest")
        proposal = improve(problem, given.plan, budget=Budget(evaluations=5_000), seed=seed)
        assert proposal.objective <= given.objective, seed
        assert proposal.objective == evaluate(problem, proposal.plan).objective, seed
        assert check_plan(problem, proposal.plan) == (), seed


def test_asked_twice_it_gives_the_same_plan() -> None:
    problem = four_stations()
    worst = schedule(problem, {"red": ["A", "B", "C", "D"]})
    one, two = (improve(problem, worst, budget=SOME, seed=3) for _ in range(2))

    assert one.plan == two.plan
    assert one.reproducible
