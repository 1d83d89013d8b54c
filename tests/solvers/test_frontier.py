"""A frontier: the plans by hand, never a dominated one, both ends as good as can be, and well spread between them."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from fair_worlds import random_fair_problem, random_lines, two_districts
from oracle import _every_share_out

from lifeline.districts import worst
from lifeline.errors import InfeasiblePlan, InvalidInput
from lifeline.evaluation import Evaluation, evaluate
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem
from lifeline.schedule import schedule
from solvers import Budget, Progress, solve
from solvers.frontier import frontier, not_dominated, well_spread

FEW = Budget(evaluations=2_000)


def numbers(evaluation: Evaluation) -> tuple[int, Fraction]:
    loss = worst(evaluation.district_losses)
    return evaluation.base_objective, loss.per_person if loss else Fraction(0)


def every_plan(problem: RepairProblem) -> list[Evaluation]:
    jobs = [job.id for job in problem.jobs if job.id not in problem.unassignable]
    found = {}
    for sequences in _every_share_out(jobs, [crew.id for crew in problem.crews]):
        try:
            plan = schedule(problem, sequences)
        except InfeasiblePlan:
            continue
        found.setdefault(tuple(sorted((v.job, v.finish) for v in plan.visits)), plan)
    return [evaluate(problem, plan) for plan in found.values()]


def test_most_people_first_and_a_fair_order_that_costs_40_person_hours() -> None:
    """VVH costs 240 person-hours, Hill waits 3 h; VHV 280, all wait 2 h; HVV 320, Valley waits 2.5 h: dominated."""
    found = frontier(two_districts(), budget=FEW)
    first, fair = found.plans

    assert (first.letter, first.evaluation.person_hours, first.price) == ("A", 240, 0)
    assert (fair.letter, fair.evaluation.person_hours, fair.price) == ("B", 280, 40 * 60 * 1000)
    assert first.worst is not None
    assert fair.worst is not None
    assert (first.worst.district, first.worst.hours_per_person) == ("Hill", 3.0)
    assert (fair.worst.district, fair.worst.hours_per_person) == ("Hill", 2.0)
    assert [loss.hours_per_person for loss in fair.evaluation.district_losses] == [2.0, 2.0]
    assert (first.last_back_minute, fair.last_back_minute) == (180, 180)
    assert found.bound <= 240 * 60 * 1000


def test_in_random_towns_the_plans_are_among_the_best_of_all_there_are() -> None:
    """Sorted, none dominated by another, the ends mostly the true ones, and never below the bound."""
    true_first, true_last, several = 0, 0, 0
    for seed in range(4):
        problem = random_lines(seed, lines=4 + seed % 2, crews=1 + seed // 2)
        truth = not_dominated(every_plan(problem))
        found = frontier(problem, budget=FEW, seed=seed)
        places = [numbers(plan.evaluation) for plan in found.plans]
        for (cost, loss), (dearer, better) in pairwise(places):
            assert cost < dearer
            assert loss > better
        plain = solve(problem, method="local_search", budget=Budget(evaluations=800))
        assert places[0][0] <= plain.objective
        assert found.bound <= places[0][0]
        assert all(check_plan(problem, plan.plan) == () for plan in found.plans)
        assert all(
            plan.price == place[0] - places[0][0] for plan, place in zip(found.plans, places, strict=True)
        )
        true_first += places[0] == numbers(truth[0])
        true_last += places[-1] == numbers(truth[-1])
        several += len(places) > 1
    assert min(true_first, true_last) >= 3
    assert several >= 2


def test_the_problems_own_term_does_not_matter() -> None:
    one, other = (frontier(two_districts(fairness_permille=f), budget=FEW) for f in (0, 10_000))

    assert [plan.plan.sha256 for plan in one.plans] == [plan.plan.sha256 for plan in other.plans]
    assert [plan.evaluation.objective for plan in other.plans] == [14_400_000, 16_800_000]


def test_the_same_seed_and_budget_give_the_same_plans() -> None:
    problem = random_fair_problem(5, max_jobs=6)
    first, again = (frontier(problem, budget=FEW, seed=1) for _ in range(2))

    assert [plan.plan.sha256 for plan in first.plans] == [plan.plan.sha256 for plan in again.plans]
    assert first.reproducible


def test_whoever_watches_can_stop_it_with_the_plans_so_far() -> None:
    seen: list[Progress] = []

    def watch(progress: Progress) -> bool:
        seen.append(progress)
        return len(seen) < 3

    found = frontier(random_fair_problem(5, max_jobs=6), budget=Budget(seconds=600), on_progress=watch)

    assert (found.stopped_by, found.reproducible) == ("cancelled", False)
    assert found.plans
    assert {progress.phase for progress in seen} == {"frontier"}


def test_where_nobody_is_without_service_there_is_one_plan() -> None:
    problem = two_districts()
    nobody = problem.system.replace(customers=problem.system.customers.assign(persons=0))
    found = frontier(type(problem)(**{**vars_of(problem), "system": nobody}), budget=FEW)

    assert [(plan.letter, plan.price, plan.worst, plan.last_back_minute) for plan in found.plans] == [
        ("A", 0, None, 0)
    ]


def vars_of(problem: RepairProblem) -> dict[str, object]:
    from dataclasses import fields

    return {field.name: getattr(problem, field.name) for field in fields(problem)}


@pytest.mark.parametrize("plans", [0, 1, 13])
def test_a_frontier_of_fewer_than_two_or_more_than_twelve_is_refused(plans: int) -> None:
    with pytest.raises(InvalidInput, match="from 2 to 12 plans"):
        frontier(two_districts(), most_plans=plans)


class Judged:
    """An evaluation of which only the two numbers matter: one district of one person."""

    def __init__(self, cost: int, loss: int) -> None:
        from lifeline.districts import DistrictLoss

        self.base_objective = cost
        self.district_losses = (DistrictLoss("d", loss, 1),)

    @property
    def place(self) -> tuple[int, int]:
        return self.base_objective, self.district_losses[0].objective


def test_dominated_plans_go_and_of_equal_ones_one_stays() -> None:
    plans = [Judged(*place) for place in [(5, 5), (3, 9), (5, 4), (3, 9), (9, 1), (6, 4), (3, 10)]]

    assert [plan.place for plan in not_dominated(plans)] == [(3, 9), (5, 4), (9, 1)]  # type: ignore[arg-type,attr-defined]


def test_of_many_plans_those_stay_that_differ_most_in_both_numbers() -> None:
    """Between (0, 100) and (100, 0): (50, 45) differs by 45 from the nearer end, (90, 40) by 10, (4, 60) by 4."""
    plans = [Judged(*place) for place in [(0, 100), (4, 60), (50, 45), (90, 40), (100, 0)]]
    chosen = well_spread(plans, 3)  # type: ignore[arg-type]

    assert [plan.place for plan in chosen] == [(0, 100), (50, 45), (100, 0)]  # type: ignore[attr-defined]
    assert well_spread(plans, 7) == plans  # type: ignore[arg-type]
