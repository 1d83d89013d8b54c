"""Plans under service rules: never worse than any rule of thumb, a bound that holds, the best where that is known."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from random_worlds import Features, random_task

from lifeline.evaluation import evaluate
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from lifeline.system import Settings, System
from solvers import SOLVERS, Budget, Progress, solve
from solvers.judged_search import improve
from solvers.priority import RULES

FLOW = {f"{sector}_rule": "flow" for sector in ("power", "water", "gas", "telecom")}


def limited_problem(seed: int, max_jobs: int = 4, **settings: Any) -> RepairProblem:
    """Return a random task whose customers draw more than there is."""
    rng = Random(seed)
    problem = random_task(rng, Features(roads=True, shifts=True), max_jobs=max_jobs, max_crews=2).problem()
    tables = {name: frame.to_dict("records") for name, frame in problem.system.tables.items()}
    for node in tables["nodes"]:
        if node["sector"] != "road":
            node["demand"] = rng.randint(0, 6)
            node["threshold_permille"] = rng.choice([1000, 500, 0])
            node["capacity"] = rng.choice([-1, 8, 15])
    for name, rows in tables.items():
        tables[name] = [{key: value for key, value in row.items() if value not in (-1, "")} for row in rows]
    system = System.from_tables(tables, Settings(**FLOW, **settings))
    return build_problem(system, Shock.of(system, problem.shock.components))


@pytest.mark.parametrize("part", range(4))
def test_auto_is_never_worse_than_any_rule_and_never_below_the_bound_or_the_best_of_all(part: int) -> None:
    """In twenty-four small cities under flow, with roads, shifts, buffers and black starts."""
    best_found = 0
    for seed in range(6 * part, 6 * part + 6):
        problem = limited_problem(seed)
        best = solve(problem, method="exhaustive")
        proposal = solve(problem, budget=Budget(evaluations=300))
        assert proposal.objective == evaluate(problem, proposal.plan).objective
        assert check_plan(problem, proposal.plan) == ()
        assert best.objective <= proposal.objective
        assert proposal.bound is not None
        assert proposal.bound <= best.objective
        assert proposal.objective <= min(solve(problem, method=rule).objective for rule in RULES)
        best_found += proposal.objective == best.objective
    assert best_found >= 5


def test_every_method_says_what_its_plan_costs_under_the_problems_own_rules() -> None:
    problem = limited_problem(3)
    for method in SOLVERS:
        proposal = solve(problem, method=method, budget=Budget(evaluations=50))
        assert proposal.objective == evaluate(problem, proposal.plan).objective
        assert proposal.method == method
        assert proposal.bound is not None


def test_the_same_seed_and_budget_give_the_same_plan_and_the_same_bytes() -> None:
    problem = limited_problem(5, max_jobs=6)
    first, again = (solve(problem, budget=Budget(evaluations=200), seed=3) for _ in range(2))
    assert first.plan.sha256 == again.plan.sha256
    assert first.reproducible


def test_whoever_watches_sees_costs_that_only_fall_and_can_stop_it() -> None:
    problem = next(p for p in map(limited_problem, range(20)) if evaluate(p, solve(p).plan).objective > 0)
    seen: list[Progress] = []
    solve(problem, budget=Budget(evaluations=100), on_progress=seen.append)
    costs = [progress.objective for progress in seen]
    assert costs == sorted(costs, reverse=True)
    for progress in (seen[0], seen[-1]):
        assert progress.plan is not None
        assert evaluate(problem, progress.plan).objective == progress.objective
    proposal = solve(problem, budget=Budget(seconds=600), on_progress=lambda _: False)
    assert proposal.stopped_by == "cancelled"
    assert check_plan(problem, proposal.plan) == ()


def test_the_search_mends_a_bad_order_by_itself() -> None:
    """Of two lines the one to 90 persons goes first: (90 * 60 + 10 * 120) x 1000, not (10 * 60 + 90 * 120) x 1000."""
    place = {"longitude": 0.0, "latitude": 0.0}
    system = System.from_tables(
        {
            "nodes": [
                {"id": "S", "sector": "power", "source": True, **place},
                {"id": "A", "sector": "power", "demand": 1, **place},
                {"id": "B", "sector": "power", "demand": 1, **place},
            ],
            "links": [
                {"id": "to A", "sector": "power", "from_node": "S", "to_node": "A"},
                {"id": "to B", "sector": "power", "from_node": "S", "to_node": "B"},
            ],
            "customers": [{"id": "few", "persons": 10}, {"id": "many", "persons": 90}],
            "supplies": [
                {"customer": "few", "service": "power", "node": "A"},
                {"customer": "many", "service": "power", "node": "B"},
            ],
            "crews": [{"id": "red", "skills": "power", **place}],
            "damage": [
                {"component": "to A", "repair_minutes": 60},
                {"component": "to B", "repair_minutes": 60},
            ],
        },
        Settings(power_rule="flow"),
    )
    problem = build_problem(system, Shock.from_table(system, system.damage))
    bad = schedule(problem, {"red": ["to A", "to B"]})
    assert evaluate(problem, bad).objective == (10 * 60 + 90 * 120) * 1000
    assert improve(problem, bad, budget=Budget(evaluations=30)).objective == (90 * 60 + 10 * 120) * 1000
