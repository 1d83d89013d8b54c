"""The worst-served district and vulnerable people in the objective: by hand, and against plain fractions."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest
from fair_worlds import (
    SMALL,
    loss_by_district,
    objective_of,
    random_fair_problem,
    random_fair_task,
    two_districts,
    with_settings,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import town

from lifeline.districts import DistrictLoss, fairness_term, worst
from lifeline.errors import InvalidInput
from lifeline.evaluation import evaluate
from lifeline.files import read_system, write_system
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shares import vulnerable_of_portions
from lifeline.shock import Shock
from lifeline.system import Settings, System
from solvers import solve

VVH, VHV, HVV = ["P-V1", "P-V2", "P-H"], ["P-V1", "P-H", "P-V2"], ["P-H", "P-V1", "P-V2"]


def test_the_worst_district_adds_what_all_would_lose_if_they_lost_as_much() -> None:
    """At 500 of 1000: VVH 14,400 and half of 180 x 140 persons = 12,600; VHV 16,800 and half of 120 x 140 = 8,400."""
    problem = two_districts(fairness_permille=500)
    first, fair = (evaluate(problem, schedule(problem, {"red": order})) for order in (VVH, VHV))

    assert (first.base_objective, first.fairness_term) == (14_400_000, 12_600_000)
    assert (fair.base_objective, fair.fairness_term) == (16_800_000, 8_400_000)
    assert first.objective == 27_000_000
    assert (first.worst_district, fair.worst_district) == ("Hill", "Hill")
    assert [(loss.district, loss.persons, loss.hours_per_person) for loss in first.district_losses] == [
        ("Hill", 20, 3.0),
        ("Valley", 120, 1.5),
    ]


def test_without_the_setting_the_objective_is_the_sum_over_people() -> None:
    problem = two_districts()
    evaluation = evaluate(problem, schedule(problem, {"red": VVH}))

    assert (evaluation.objective, evaluation.fairness_term) == (14_400_000, 0)
    assert evaluation.worst_district == "Hill"


@pytest.mark.parametrize(("permille", "best"), [(285, VVH), (286, VHV)])
def test_from_286_on_the_fair_order_is_the_better_one(permille: int, best: list[str]) -> None:
    """VHV costs 2,400 more and its worst is 60 x 140 = 8,400 less: it pays from 2,400 / 8,400 = 0.2857 on."""
    problem = two_districts(fairness_permille=permille)
    worth = {
        tuple(order): evaluate(problem, schedule(problem, {"red": order})).objective
        for order in (VVH, VHV, HVV)
    }

    assert min(worth, key=lambda order: worth[order]) == tuple(best)


def test_the_term_is_rounded_down_and_of_two_worst_districts_the_first_by_name_is_named() -> None:
    """1 permille of 100 / 3 x 10 persons is 1000 / 3000 = 0.333..., so 0; of 3 permille it is 1."""
    losses = (DistrictLoss("a", 0, 4), DistrictLoss("b", 100, 3), DistrictLoss("c", 100, 3))

    assert worst(losses) == losses[1]
    assert [fairness_term(losses, permille) for permille in (1, 2, 3, 4, 30)] == [0, 0, 1, 1, 10]
    assert fairness_term((), 1000) == 0
    assert worst(()) is None


def test_a_person_with_two_services_counts_once_among_the_people_and_twice_in_what_is_lost() -> None:
    """10 persons wait an hour for power and for water: 2 h a person, and the term (at 1000) is the base itself."""
    system = town(
        power="P*",
        water="W*",
        people={"P": 10},
        damage={"P": 60, "W": 60},
        crews={"red": "power", "blue": "water"},
        places=dict.fromkeys("PW", (0.0, 0.0)),
        settings=Settings(fairness_permille=1000),
    )
    both = {"customer": "people of P", "service": "water", "node": "W"}
    system = system.replace(supplies=[*system.supplies.to_dict("records"), both])
    problem = build_problem(system, Shock.from_table(system, system.damage))
    evaluation = evaluate(problem, schedule(problem, {"red": ["P"], "blue": ["W"]}))

    assert [(loss.persons, loss.hours_per_person) for loss in evaluation.district_losses] == [(10, 2.0)]
    assert evaluation.base_objective == evaluation.fairness_term == 2 * 10 * 60 * 1000


def test_customers_without_a_district_are_one_district() -> None:
    """Valley's 120 persons lose 90 minutes each; those without a district are Hill's, with 180."""
    problem = two_districts(fairness_permille=1000)
    customers = problem.system.customers.replace({"district": {"Hill": ""}})
    system = problem.system.replace(customers=customers)
    nameless = build_problem(system, problem.shock, horizon_minutes=600)
    evaluation = evaluate(nameless, schedule(nameless, {"red": VVH}))

    assert evaluation.worst_district == ""
    assert evaluation.fairness_term == 180 * 140 * 1000


# Vulnerable people -------------------------------------------------------------------------------------------


def with_vulnerable(permille: int) -> RepairProblem:
    """Two lines, an hour each: 30 persons behind one; 20, of whom 15 are vulnerable, behind the other."""
    system = town(
        power="P*-A P-B",
        places=dict.fromkeys("PAB", (0.0, 0.0)),
        people={"A": 30, "B": 20},
        damage={"P-A": 60, "P-B": 60},
        crews={"red": "power"},
        settings=Settings(vulnerable_weight_permille=permille),
    )
    system = system.replace(customers=system.customers.assign(vulnerable_persons=[0, 15]))
    return build_problem(system, Shock.from_table(system, system.damage))


@pytest.mark.parametrize(("permille", "first"), [(1000, "P-A"), (1666, "P-A"), (1668, "P-B"), (2000, "P-B")])
def test_vulnerable_people_go_first_once_they_weigh_enough(permille: int, first: str) -> None:
    """5 + 15 w outweigh 30 from w = 25 / 15 = 1.667 on."""
    plan = solve(with_vulnerable(permille), method="exhaustive").plan

    assert plan.sequences()["red"][0] == first


def test_a_vulnerable_person_counts_twice_and_is_one_person() -> None:
    """B first, w = 2: (5 + 15 x 2) x 60 + 30 x 120 = 5,700 weighted; 20 x 60 + 30 x 120 = 4,800 person-minutes."""
    problem = with_vulnerable(2000)
    evaluation = evaluate(problem, schedule(problem, {"red": ["P-B", "P-A"]}))

    assert evaluation.objective == 5_700_000
    assert evaluation.person_minutes == 4_800
    assert evaluation.by_customer == {"people of A": 3_600, "people of B": 1_200}
    assert evaluation.district_losses[0].persons == 50
    assert evaluation.etr["minute"].tolist() == [120, 60]


def test_the_weight_comes_on_top_of_the_supplys_and_is_rounded_down() -> None:
    """333 of 1000 for the service, 1500 for the vulnerable: 499.5, so 499."""
    problem = with_vulnerable(1500)
    supplies = problem.system.supplies.assign(weight_permille=333)
    portions = problem.system.replace(supplies=supplies).compiled.portions

    assert portions.persons.tolist() == [30, 5, 15]
    assert portions.weight_permille.tolist() == [333, 333, 499]


def test_where_the_vulnerable_count_like_everybody_else_the_portions_are_as_without_them() -> None:
    portions = with_vulnerable(1000).system.compiled.portions

    assert portions.persons.tolist() == [30, 20]


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_vulnerable_people_are_split_whole_and_never_more_than_the_persons_there(rng: Random) -> None:
    """Also where the same shares would split more vulnerable people into a portion than it has persons."""
    system = System.from_tables(random_fair_task(rng).tables)
    portions = system.compiled.portions
    vulnerable = system.customers["vulnerable_persons"].to_numpy()
    split = vulnerable_of_portions(portions, vulnerable)

    assert (split >= 0).all()
    assert (split <= portions.persons).all()
    for customer in range(len(vulnerable)):
        for service in np.unique(portions.service[portions.customer == customer]):
            here = (portions.customer == customer) & (portions.service == service)
            assert split[here].sum() == vulnerable[customer]
            exact = [
                Fraction(int(vulnerable[customer]) * int(persons), max(int(portions.persons[here].sum()), 1))
                for persons in portions.persons[here]
            ]
            assert all(abs(whole - part) < 1 for whole, part in zip(split[here].tolist(), exact, strict=True))


def test_a_split_by_shares_alone_would_put_more_vulnerable_people_than_persons_into_a_portion() -> None:
    """5 persons by 0.10 : 0.35 : 0.55 (0.5, 1.75, 2.75) are 0, 2, 3; 4 by the same shares (0.4, 1.4, 2.2) are 1, 1, 2.

    In proportion to 0, 2, 3: 0, 1.6 and 2.4, so 0, 2 and 2.
    """
    portions = with_vulnerable(1000).system.compiled.portions
    three = type(portions)(
        customer=np.zeros(3, np.int32),
        service=np.zeros(3, np.int8),
        node=np.arange(3, dtype=np.int32),
        persons=np.array([0, 2, 3]),
        weight_permille=np.full(3, 1000),
    )

    assert vulnerable_of_portions(three, np.array([4])).tolist() == [0, 2, 2]


def test_more_vulnerable_people_than_people_are_refused() -> None:
    problem = with_vulnerable(2000)
    with pytest.raises(InvalidInput) as refusal:
        problem.system.replace(customers=problem.system.customers.assign(vulnerable_persons=[0, 21]))
    (found,) = refusal.value.problems

    assert (found.table, found.row, found.column, found.value) == ("customers", 3, "vulnerable_persons", "21")
    assert found.message == "is above persons, of whom these are a part; lower it or raise persons."


def test_both_survive_writing_and_reading(tmp_path) -> None:  # type: ignore[no-untyped-def]
    system = with_vulnerable(2000).system
    write_system(system, tmp_path / "system")
    again = read_system(tmp_path / "system")

    assert again.customers["vulnerable_persons"].tolist() == [0, 15]
    assert again.settings == system.settings


@pytest.mark.parametrize("setting", ["fairness_permille", "vulnerable_weight_permille"])
def test_weights_out_of_bounds_are_refused_by_name(setting: str) -> None:
    with pytest.raises(InvalidInput, match=setting):
        Settings.of({setting: 1_000_001})
    with pytest.raises(InvalidInput, match=setting):
        Settings.of({setting: -1})


def test_an_objective_beyond_64_bits_is_refused() -> None:
    """140 persons x 10^6 permille x 10^9 minutes are 1.4 x 10^17, which fits; the term adds up to 1000 times that."""
    problem = two_districts()
    supplies = problem.system.supplies.assign(weight_permille=10**6)
    system = problem.system.replace(supplies=supplies)
    assert build_problem(system, problem.shock, horizon_minutes=10**9)
    system = system.replace(settings=Settings(fairness_permille=10**6))
    with pytest.raises(InvalidInput, match="cannot be counted exactly"):
        build_problem(system, problem.shock, horizon_minutes=10**9)


# Against plain fractions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", range(4))
def test_the_objective_is_what_plain_fractions_make_of_the_oracles_replay(part: int) -> None:
    """In eighty random cities with buffers, loops, shares, weights, vulnerable people and nameless districts."""
    with_term = 0
    for seed in range(20 * part, 20 * part + 20):
        problem = random_fair_problem(seed, max_jobs=6)
        evaluation = evaluate(problem, solve(problem, method="nearest").plan)
        losses = loss_by_district(problem, evaluation.plan)
        assert {
            loss.district: (loss.objective, loss.persons) for loss in evaluation.district_losses
        } == losses
        assert evaluation.objective == objective_of(problem, evaluation.plan)
        assert evaluation.base_objective == sum(cost for cost, _ in losses.values())
        with_term += evaluation.fairness_term > 0
    assert with_term >= 5


@given(st.randoms(use_true_random=False), st.integers(2, 50))
@settings(max_examples=15, deadline=None)
def test_r2_people_times_k_make_the_term_k_times_as_large_but_for_rounding(rng: Random, k: int) -> None:
    """Of one part of a service: several parts are rounded to whole persons."""
    features = type(SMALL)(most_nodes=12, shares=False)
    task = random_fair_task(rng, features)
    for customer in task.tables["customers"]:
        customer["vulnerable_persons"] = min(int(str(customer["vulnerable_persons"])), 1)
    columns = ("persons", "vulnerable_persons")
    many = task.changed(
        customers=[
            {**row, **{column: k * int(str(row[column])) for column in columns}}
            for row in task.tables["customers"]
        ]
    )
    given_settings = {"fairness_permille": 700, "vulnerable_weight_permille": 2500}
    one, other = with_settings(task, **given_settings), with_settings(many, **given_settings)
    plan = solve(one, method="nearest").plan
    before, after = evaluate(one, plan), evaluate(other, plan)

    assert after.base_objective == k * before.base_objective
    assert k * before.fairness_term <= after.fairness_term < k * (before.fairness_term + 1)
    assert after.worst_district == before.worst_district


@given(st.randoms(use_true_random=False), st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_r10_two_customers_of_a_district_count_as_the_one_they_were(rng: Random, part: int) -> None:
    features = type(SMALL)(most_nodes=12, shares=False)
    task = random_fair_task(rng, features)
    first, *others = task.tables["customers"]
    persons, vulnerable = int(str(first["persons"])), int(str(first["vulnerable_persons"]))
    few = min(part, vulnerable)
    halves = [
        {**first, "persons": part, "vulnerable_persons": few},
        {**first, "id": "the others", "persons": persons - part, "vulnerable_persons": vulnerable - few},
    ]
    if vulnerable - few > persons - part:
        return
    theirs = [
        {**row, "customer": "the others"} for row in task.tables["supplies"] if row["customer"] == first["id"]
    ]
    split = task.changed(customers=[*halves, *others], supplies=[*task.tables["supplies"], *theirs])
    given_settings = {"fairness_permille": 700, "vulnerable_weight_permille": 2500}
    one, other = with_settings(task, **given_settings), with_settings(split, **given_settings)
    plan = solve(one, method="nearest").plan

    assert evaluate(one, plan).objective == evaluate(other, plan).objective
