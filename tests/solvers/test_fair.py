"""Searches with the worst-served district in the objective: by hand, against every plan there is, and their bound."""

from __future__ import annotations

from fractions import Fraction

import pytest
from fair_worlds import objective_of, random_fair_problem, random_lines, two_districts
from oracle import _every_share_out

from lifeline.errors import InfeasiblePlan
from lifeline.evaluation import evaluate
from lifeline.plan_check import check_plan
from lifeline.repair import MOST_OBJECTIVE, RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.system import Settings
from solvers import SOLVERS, Budget, Progress, solve
from solvers.priority import RULES
from solvers.reweighting import ballots, factors_by_votes, reweighted, with_fairness

FEW = Budget(evaluations=600)


@pytest.mark.parametrize("method", ["exhaustive", "local_search", "auto"])
@pytest.mark.parametrize(("permille", "minutes"), [(285, 14_400), (286, 16_800), (5_000, 16_800)])
def test_valley_hill_valley_is_found_as_soon_as_it_pays(method: str, permille: int, minutes: int) -> None:
    """Most people first costs 14,400 person-minutes, Hill second 16,800; from 286 on the latter (`two_districts`)."""
    problem = two_districts(fairness_permille=permille)
    proposal = solve(problem, method=method, budget=Budget(evaluations=400))

    assert evaluate(problem, proposal.plan).person_minutes == minutes


def best_of_all(problem: RepairProblem) -> int:
    """Return the least objective over every plan there is, each replayed by the oracle in plain fractions."""
    jobs = [job.id for job in problem.jobs if job.id not in problem.unassignable]
    worth = {}
    for sequences in _every_share_out(jobs, [crew.id for crew in problem.crews]):
        try:
            plan = schedule(problem, sequences)
        except InfeasiblePlan:
            continue
        finished = tuple(sorted((visit.job, visit.finish) for visit in plan.visits))
        if finished not in worth:
            worth[finished] = objective_of(problem, plan)
    return min(worth.values())


def test_exhaustive_finds_the_best_of_all_plans_by_the_oracle() -> None:
    """In five random cities and five towns of lines; in towns the best plan is often another than without the term."""
    other = 0
    towns = [
        random_lines(seed, lines=4, fairness_permille=2000, vulnerable_weight_permille=1500)
        for seed in range(5)
    ]
    for seed, problem in enumerate([*(random_fair_problem(seed, max_jobs=3) for seed in range(5)), *towns]):
        proposal = solve(problem, method="exhaustive")
        assert proposal.objective == best_of_all(problem), seed
        plain = solve(with_fairness(problem, 0), method="exhaustive")
        other += evaluate(problem, plain.plan).objective > proposal.objective
    assert other >= 2


@pytest.mark.parametrize("part", range(2))
def test_never_worse_than_any_rule_or_the_plan_without_the_term_and_the_bound_holds(part: int) -> None:
    """In small cities and towns; the bound is below the best of all plans, and the best is found in most of them."""
    best_found = 0
    for seed in range(8 * part, 8 * part + 8):
        if seed % 2:
            problem = random_fair_problem(seed, max_jobs=4)
        else:
            problem = random_lines(seed, crews=1 + seed // 2 % 2, lines=4, fairness_permille=1500)
        best = solve(problem, method="exhaustive")
        proposal = solve(problem, method="local_search", budget=FEW)
        assert check_plan(problem, proposal.plan) == ()
        assert proposal.objective == evaluate(problem, proposal.plan).objective
        assert best.bound is not None
        assert proposal.bound is not None
        assert max(best.bound, proposal.bound) <= best.objective <= proposal.objective
        for rule in RULES:
            judged = solve(problem, method=rule)
            assert judged.objective == evaluate(problem, judged.plan).objective >= proposal.objective
            assert judged.bound is not None
            assert judged.bound <= best.objective
        budget = Budget(evaluations=240)  # what the first step has of FEW
        plain = solve(with_fairness(problem, 0), method="local_search", budget=budget)
        assert proposal.objective <= evaluate(problem, plain.plan).objective
        best_found += proposal.objective == best.objective
    assert best_found >= 7


@pytest.mark.parametrize("seed", [3, 11])
def test_every_method_says_what_its_plan_costs_with_the_term(seed: int) -> None:
    problem = random_fair_problem(seed, max_jobs=3)
    for method in SOLVERS:
        proposal = solve(problem, method=method, budget=Budget(evaluations=60))
        assert proposal.objective == evaluate(problem, proposal.plan).objective
        assert proposal.method == method
        assert proposal.bound is not None


def test_under_other_rules_of_service_the_term_counts_as_well() -> None:
    """Lines of the three settlements carry all they draw, so what is known of connectivity holds under flow."""
    problem = two_districts(fairness_permille=5_000, power_rule="flow")
    proposal = solve(problem, budget=Budget(evaluations=100))

    assert evaluate(problem, proposal.plan).person_minutes == 16_800
    assert proposal.bound is not None
    assert proposal.bound <= proposal.objective


def test_the_same_seed_and_budget_give_the_same_plan() -> None:
    problem = random_fair_problem(7, max_jobs=6)
    first, again = (solve(problem, method="local_search", budget=FEW, seed=3) for _ in range(2))

    assert first.plan.sha256 == again.plan.sha256
    assert first.trace == again.trace
    assert first.reproducible


def test_whoever_watches_sees_costs_that_only_fall_and_can_stop_it() -> None:
    problem = random_fair_problem(7, max_jobs=6)
    seen: list[Progress] = []
    solve(problem, method="local_search", budget=FEW, on_progress=seen.append)
    costs = [progress.objective for progress in seen]

    assert costs == sorted(costs, reverse=True)
    for progress in (seen[0], seen[-1]):
        assert progress.plan is not None
        assert evaluate(problem, progress.plan).objective == progress.objective
    stopped = solve(problem, budget=Budget(seconds=600), on_progress=lambda _: False)
    assert (stopped.stopped_by, stopped.reproducible) == ("cancelled", False)
    assert check_plan(problem, stopped.plan) == ()


# Re-weighting ------------------------------------------------------------------------------------------------


def test_districts_vote_by_how_near_they_are_to_the_worst() -> None:
    """VVH: Hill loses 180 minutes a person, Valley 90: 1000 x (1 / 2)^8 = 3.9, so 3."""
    problem = two_districts(fairness_permille=1000)
    evaluation = evaluate(problem, schedule(problem, {"red": ["P-V1", "P-V2", "P-H"]}))

    assert ballots(evaluation.district_losses) == {"Hill": 1000, "Valley": 3}


def test_votes_share_out_the_weight_of_the_term() -> None:
    """Half the votes each, 140 persons: Hill 1 + 1 x 1/2 x 140 / 20 = 9/2, Valley 1 + 1/2 x 140 / 120 = 19/12."""
    from collections import Counter

    problem = two_districts(fairness_permille=1000)
    factors = factors_by_votes(problem, Counter(Hill=5, Valley=5), 1000)

    assert factors == {"Hill": Fraction(9, 2), "Valley": Fraction(19, 12)}


def test_a_reweighted_problem_differs_in_the_peoples_weights_only() -> None:
    """9/2 to 19/12 is a million to 351,852, and weights of 1000 each are 1 each before."""
    problem = two_districts()
    other = reweighted(problem, {"Hill": Fraction(9, 2), "Valley": Fraction(19, 12)})
    before, after = problem.system.compiled.portions, other.system.compiled.portions

    assert after.weight_permille.tolist() == [1_000_000, 351_852, 351_852]
    assert after.persons.tolist() == before.persons.tolist()
    assert before.weight_permille.tolist() == [1000, 1000, 1000]


def test_a_reweighted_objective_fits_into_64_bits_however_large_the_one_before() -> None:
    """20 + 120 persons x (10^6 and 10^6 - 1) x 6.5 x 10^10 minutes leave no room for a million steps."""
    problem = two_districts()
    weights = problem.system.supplies.assign(weight_permille=[10**6, 10**6 - 1, 10**6])
    system = problem.system.replace(supplies=weights, settings=Settings())
    large = build_problem(system, problem.shock, horizon_minutes=2 * 10**9)
    portions = reweighted(large, {"Hill": Fraction(7), "Valley": Fraction(1)}).system.compiled.portions

    assert 0 < int(portions.weight.sum()) * large.horizon_minutes <= MOST_OBJECTIVE
    assert portions.weight_permille[0] // portions.weight_permille[2] == 6  # 7, but for rounding to few steps


def test_a_term_taken_out_and_put_back_changes_nothing() -> None:
    problem = two_districts(fairness_permille=700)
    plan = solve(problem, method="nearest").plan

    assert evaluate(with_fairness(problem, 0), plan).objective == evaluate(problem, plan).base_objective
    assert evaluate(with_fairness(with_fairness(problem, 0), 700), plan).objective == (
        evaluate(problem, plan).objective
    )
