"""auto: a plan never worse than any rule's, a bound beside it, and the time kept."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from random_worlds import Features, Task, random_task, tasks
from worlds import town

from lifeline.errors import SolverFailure
from lifeline.evaluation import evaluate
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from scenarios.synthetic import grow_city
from solvers import SOLVERS, Budget, Progress, Proposal, local_search, solve
from solvers.priority import RULES


def problem_of(**chains: Any) -> RepairProblem:
    system = town(**chains)
    return build_problem(system, Shock.from_table(system, system.damage))


def city(components: int = 700) -> RepairProblem:
    grown = grow_city(components=components, seed=11, sectors=("power", "water", "gas", "telecom"))
    return build_problem(grown, Shock.from_table(grown, grown.damage))


@given(tasks(max_jobs=6, most_nodes=14, roads=True, shifts=True))
@settings(max_examples=25)
def test_its_plan_is_never_worse_than_any_rules_and_never_below_its_bound(task: Task) -> None:
    """With roads, shifts, buffers and black starts, and with hardly any time."""
    problem = task.problem()
    proposal = solve(problem, method="auto", budget=Budget(evaluations=20))

    assert proposal.objective <= min(solve(problem, method=rule).objective for rule in RULES)
    assert proposal.objective == evaluate(problem, proposal.plan).objective
    assert proposal.bound is not None
    assert 0 <= proposal.bound <= proposal.objective
    assert check_plan(problem, proposal.plan) == ()


def test_small_problems_are_solved_and_mostly_proven() -> None:
    """Without buffers and roads: the plan costs what the best of all plans costs, and its bound is never above."""
    proven = 0
    for seed in range(20):
        problem = random_task(Random(seed), Features(buffers=False), max_jobs=5, max_crews=2).problem()
        best = solve(problem, method="exhaustive").objective
        proposal = solve(problem, method="auto", budget=Budget(evaluations=20_000))
        assert proposal.objective == best
        assert proposal.bound is not None
        proven += proposal.bound == best
        assert proposal.gap == (1 - proposal.bound / best if best else 0.0)
    assert proven >= 18


def test_three_towns_is_proven_by_hand_and_by_the_bound() -> None:
    """12,000 person-hours, worked by hand in the scenario's README: 720 million persons x thousandths x minutes."""
    from scenarios import load_scenario

    system = load_scenario("three_towns")
    proposal = solve(build_problem(system, Shock.from_table(system, system.damage)))
    assert proposal.objective == proposal.bound == 12_000 * 60 * 1000
    assert proposal.stopped_by == "finished"
    assert proposal.reproducible


def test_without_a_budget_the_same_plan_and_bound_come_again() -> None:
    problem = city()
    first, again = solve(problem), solve(problem)
    assert first.plan.sha256 == again.plan.sha256
    assert first.bound == again.bound
    assert first.reproducible


def test_whoever_watches_sees_the_phases_and_a_bound_that_only_rises() -> None:
    seen: list[Progress] = []
    proposal = solve(city(), on_progress=seen.append)
    phases = list(dict.fromkeys(progress.phase for progress in seen))
    assert phases[:3] == ["rules", "annealing", "bound"]
    objectives = [progress.objective for progress in seen]
    assert objectives == sorted(objectives, reverse=True)
    bounds = [progress.bound for progress in seen if progress.bound is not None]
    assert bounds == sorted(bounds)
    assert proposal.bound is not None
    assert proposal.bound >= bounds[-1] > 0


def test_whoever_watches_can_hand_out_the_plan_told_of_at_any_moment() -> None:
    """Every report has a plan of the whole problem that costs what the report says, the proof of a part's too."""
    small = random_task(Random(4), Features(buffers=False), max_jobs=5, max_crews=2).problem()
    for problem in (small, city()):
        seen: list[Progress] = []
        solve(problem, budget=Budget(evaluations=3_000), on_progress=seen.append)
        assert seen
        for plan, objective in {progress.plan: progress.objective for progress in seen}.items():
            assert plan is not None
            assert evaluate(problem, plan).objective == objective
            assert check_plan(problem, plan) == ()


@pytest.mark.parametrize("asked", [1, 4, 12])
def test_it_stops_when_told_to_and_has_a_plan(asked: int) -> None:
    problem, calls = city(), []

    def watch(progress: Progress) -> bool:
        calls.append(progress.phase)
        return len(calls) < asked

    proposal = solve(problem, budget=Budget(seconds=600), on_progress=watch)
    assert len(calls) == asked
    assert proposal.stopped_by == "cancelled"
    assert check_plan(problem, proposal.plan) == ()


def test_a_crew_that_the_proof_leaves_without_work_keeps_none_of_its_old_jobs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The search hands the job to the far crew; the proof gives it to the near one, and nobody has it twice."""
    problem = problem_of(
        power="P*",
        people={"P": 5},
        damage={"P": 60},
        crews={"far": {"skills": "power", "longitude": 0.5, "latitude": 0.0}, "near": "power"},
    )
    plan = schedule(problem, {"far": ["P"]})
    cost = evaluate(problem, plan).objective
    found = Proposal(plan, cost, "local_search", 1, 0.0, "finished", True)
    monkeypatch.setattr(local_search, "solve", lambda *_, **__: found)

    proposal = solve(problem, method="auto")

    assert proposal.plan.sequences() == {"near": ["P"]}
    assert proposal.bound == proposal.objective == 5 * 1000 * 60 < cost


def test_a_job_that_nobody_can_do_is_named_with_its_reason() -> None:
    """Nobody mends gas: the gas main is left out, the power station is planned."""
    problem = problem_of(
        power="P*", gas="G*-H", people={"P": 5, "H": 7}, damage={"P": 60, "G-H": 30}, crews={"red": "power"}
    )
    proposal = solve(problem)
    assert proposal.plan.sequences() == {"red": ["P"]}
    assert dict(proposal.plan.unassignable) == {"G-H": "No crew has the skill 'gas' that 'G-H' needs."}
    assert proposal.bound == proposal.objective


def test_a_proposal_whose_own_plan_disproves_its_bound_is_refused() -> None:
    problem = problem_of(power="P*", people={"P": 5}, damage={"P": 60}, crews={"red": "power"})
    plan = solve(problem, method="nearest").plan
    with pytest.raises(SolverFailure, match="no plan is below 7, and has one of 6"):
        Proposal(plan, 6, "auto", 1, 0.0, "finished", True, bound=7)


def test_every_methods_proposal_carries_a_bound_and_a_gap() -> None:
    problem = city(400)
    for method in SOLVERS:
        if method != "exhaustive":
            proposal = solve(problem, method=method, budget=Budget(evaluations=50))
            assert proposal.bound is not None
            assert proposal.bound > 0
            assert proposal.gap == pytest.approx(1 - proposal.bound / proposal.objective)
