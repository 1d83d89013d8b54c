"""What every solver promises: a plan that keeps all rules, an honest price, and the same plan when asked again.

A solver added to `SOLVERS` is held to this without another line here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from random import Random

import pytest
from random_worlds import Features, Task, random_task
from worlds import town

from lifeline.errors import InvalidInput
from lifeline.evaluation import evaluate
from lifeline.plan import Plan
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from lifeline.system import System
from solvers import KNOWN_RULES, SOLVERS, Budget, Proposal, solve

BRIEF = Budget(evaluations=100)
SEEDS = range(12)
WITHOUT_CHANCE = [method for method in SOLVERS if method not in ("auto", "local_search", "cp_sat")]

every_method = pytest.mark.parametrize("method", SOLVERS)


def a_task(seed: int) -> Task:
    """Return a small random task; every other has roads, every third shifts, and two of three buffers."""
    features = Features(
        most_nodes=16,
        roads=seed % 2 == 0,
        shifts=seed % 3 == 0,
        buffers=seed % 3 > 0,
        late_crews=seed % 4 > 0,
    )
    return random_task(Random(seed), features, max_jobs=5, max_crews=3)


@cache
def a_problem(seed: int) -> RepairProblem:
    return a_task(seed).problem()


@cache
def proposed(method: str, seed: int) -> Proposal:
    """Return what a method says of a problem; a proposal is never changed, so several tests look at the same."""
    return solve(a_problem(seed), method=method, budget=BRIEF, seed=3)


def problem_of(system: System) -> RepairProblem:
    return build_problem(system, Shock.from_table(system, system.damage))


def test_the_random_problems_have_what_makes_planning_hard() -> None:
    problems = [a_problem(seed) for seed in SEEDS]

    assert any(problem.travel.changes_with_repairs for problem in problems)
    assert any(problem.unassignable for problem in problems)
    assert any(len(problem.system.shifts) for problem in problems)
    assert any(problem.system.dependencies["buffer_minutes"].any() for problem in problems)
    assert any(problem.cascade.without_service_later for problem in problems)
    assert any(len(problem.crews) > 1 for problem in problems)


# The plan and its price -------------------------------------------------------------------------------------


@every_method
def test_the_plan_breaks_no_rule_and_costs_what_the_proposal_says(method: str) -> None:
    for seed in SEEDS:
        problem, proposal = a_problem(seed), proposed(method, seed)
        assert check_plan(problem, proposal.plan) == (), seed
        assert proposal.objective == evaluate(problem, proposal.plan).objective, seed
        assert proposal.method == method


@every_method
def test_each_job_is_done_once_or_is_left_with_the_reason(method: str) -> None:
    for seed in SEEDS:
        problem, plan = a_problem(seed), proposed(method, seed).plan
        done = [visit.job for visit in plan.visits]
        assert sorted([*done, *problem.unassignable]) == [job.id for job in problem.jobs], seed
        assert dict(plan.unassignable) == dict(problem.unassignable), seed


@every_method
def test_a_job_without_a_crew_stays_out_of_the_visits(method: str) -> None:
    """Nobody can mend the gas main, and nobody gets to Isle, whose one bridge nobody can mend either."""
    problem = problem_of(
        town(
            power="P1* Isle*",
            gas="G1*-G2",
            road="R1-R2",
            places={**dict.fromkeys(("P1", "G1", "G2", "R1"), (0.0, 0.0)), "Isle": (0.1, 0), "R2": (0.1, 0)},
            people={"P1": 1, "Isle": 1, "G2": 1},
            damage={"P1": 60, "Isle": 60, "G1-G2": 60, "R1-R2": 60},
            crews={"red": "power"},
        )
    )
    plan = solve(problem, method=method, budget=BRIEF).plan

    assert plan.sequences() == {"red": ["P1"]}
    assert [job for job, _ in plan.unassignable] == ["G1-G2", "Isle", "R1-R2"]
    assert dict(plan.unassignable)["G1-G2"] == "No crew has the skill 'gas' that 'G1-G2' needs."


@every_method
def test_where_no_job_can_be_done_the_plan_is_empty_and_says_why(method: str) -> None:
    """Ten people wait for good: until the horizon, a day, as the job that cannot be done does not lengthen it."""
    problem = problem_of(town(gas="G1*", people={"G1": 10}, damage={"G1": 60}, crews={"red": "power"}))
    proposal = solve(problem, method=method, budget=BRIEF)

    assert proposal.plan.visits == ()
    assert [job for job, _ in proposal.plan.unassignable] == ["G1"]
    assert proposal.objective == 10 * 1000 * 1440


@every_method
@pytest.mark.parametrize("crews", [{"red": "power"}, {}])
def test_where_nothing_is_broken_the_plan_is_empty(method: str, crews: dict[str, str]) -> None:
    proposal = solve(problem_of(town(power="P1*", people={"P1": 10}, crews=crews)), method=method)

    assert proposal.plan == Plan(())
    assert proposal.objective == 0
    assert proposal.stopped_by == "finished"


# The same plan again ----------------------------------------------------------------------------------------


@every_method
def test_asked_twice_it_gives_the_same_plan_to_the_byte(method: str) -> None:
    """The same problem, and a few built anew as well, so that nothing hangs on what was asked before."""
    for seed in SEEDS:
        problems = [a_problem(seed)]
        if seed < 4:
            problems.append(a_task(seed).problem())
        first = proposed(method, seed).plan.to_json()
        for problem in problems:
            assert solve(problem, method=method, budget=BRIEF, seed=3).plan.to_json() == first, seed


@every_method
def test_rows_in_reverse_order_give_the_same_plan(method: str) -> None:
    for seed in (0, 1, 3):
        task = a_task(seed)
        reverse = task.changed(**{name: rows[::-1] for name, rows in task.tables.items()}).problem()
        plan = solve(reverse, method=method, budget=BRIEF, seed=3).plan
        assert plan.to_json() == proposed(method, seed).plan.to_json(), seed


@pytest.mark.parametrize("method", WITHOUT_CHANCE)
def test_methods_without_chance_give_the_same_plan_for_every_seed(method: str) -> None:
    for problem in map(a_problem, SEEDS):
        plans = {solve(problem, method=method, budget=BRIEF, seed=seed).plan for seed in (0, 1, 2**40)}
        assert len(plans) == 1


PRINT_FINGERPRINTS = """
from random import Random
from random_worlds import Features, random_task
from lifeline.repair import build_problem
from lifeline.shock import Shock
from scenarios import load_scenario
from solvers import SOLVERS, Budget, solve
towns = load_scenario("three_towns")
problems = [
    build_problem(towns, Shock.from_table(towns, towns.damage)),
    random_task(Random(12), Features(roads=True, shifts=True), max_jobs=5).problem(),
]
for problem in problems:
    for method in SOLVERS:
        print(method, solve(problem, method=method, budget=Budget(evaluations=100), seed=3).plan.sha256)
"""


def test_other_processes_with_other_hashes_give_the_same_plans() -> None:
    """R1 asks this of random cities; here a scenario of the library is read from its files as well."""
    tests = Path(__file__).parents[1]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", PRINT_FINGERPRINTS],
            env={
                **os.environ,
                "PYTHONHASHSEED": hash_seed,
                "PYTHONPATH": os.pathsep.join([str(tests.parent), str(tests)]),
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("11", "4242")
    ]
    first, second = [child.communicate(timeout=240)[0].splitlines() for child in children]

    assert [line.split()[0] for line in first] == [*SOLVERS, *SOLVERS]
    assert first == second


# What it says about itself ----------------------------------------------------------------------------------


@every_method
def test_what_the_clock_did_not_end_is_reproducible(method: str) -> None:
    for budget in (BRIEF, Budget(evaluations=1), Budget(evaluations=100, seconds=3600.0)):
        proposal = solve(a_problem(1), method=method, budget=budget)
        assert proposal.stopped_by in ("finished", "evaluations")
        assert proposal.reproducible
        assert proposal.evaluations >= 1
        assert proposal.seconds > 0


@pytest.mark.parametrize("method", WITHOUT_CHANCE)
def test_a_method_that_has_tried_all_it_would_is_finished(method: str) -> None:
    proposal = solve(a_problem(1), method=method, budget=Budget(seconds=3600.0))

    assert (proposal.stopped_by, proposal.reproducible) == ("finished", True)


@pytest.mark.parametrize("rule", [*KNOWN_RULES, "bundles"])
def test_a_rule_makes_one_plan_and_needs_no_budget(rule: str) -> None:
    proposal = solve(a_problem(1), method=rule, budget=Budget(evaluations=1, seconds=1e-9))

    assert (proposal.evaluations, proposal.stopped_by, proposal.reproducible) == (1, "finished", True)


def test_the_gap_is_what_a_better_plan_might_still_save() -> None:
    """Of 200 lost, at least 150 are lost by any plan: a quarter may be saved. Where nothing is lost, nothing."""

    def gap(objective: int, bound: int | None) -> float | None:
        return Proposal(Plan(()), objective, "by hand", 1, 0.1, "finished", True, bound=bound).gap

    assert gap(200, 150) == 0.25
    assert gap(0, 0) == 0.0
    assert gap(200, None) is None


# What is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "meant"), [("bundels", "bundles"), ("local-search", "local_search"), ("upsteam", "upstream")]
)
def test_an_unknown_method_is_refused_with_the_nearest_name(wrong: str, meant: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        solve(a_problem(1), method=wrong)
    assert str(refusal.value) == (
        f"There is no method {wrong!r}. Did you mean {meant!r}? Known methods: {', '.join(SOLVERS)}."
    )


def test_a_method_like_no_other_is_refused_with_all_the_names() -> None:
    with pytest.raises(InvalidInput) as refusal:
        solve(a_problem(1), method="42")
    assert str(refusal.value) == f"There is no method '42'. Known methods: {', '.join(SOLVERS)}."


@pytest.mark.parametrize("evaluations", [0, -1])
def test_a_budget_of_no_evaluations_is_refused(evaluations: int) -> None:
    with pytest.raises(InvalidInput, match=f"evaluations must be at least 1, got {evaluations}"):
        Budget(evaluations=evaluations)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_budget_of_no_time_or_of_endless_time_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidInput, match=f"seconds must be positive and finite, got {seconds}"):
        Budget(seconds=seconds)


@every_method
def test_a_seed_below_zero_is_refused(method: str) -> None:
    with pytest.raises(InvalidInput, match="seed must be 0 or more, got -1"):
        solve(a_problem(1), method=method, seed=-1)
