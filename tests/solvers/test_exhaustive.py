"""Every plan there is: the number of them, the best of them, and where trying them all ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest
from oracle import best_plan_objective
from random_worlds import Features, random_task
from worlds import town

from lifeline.errors import InfeasiblePlan, InvalidInput
from lifeline.evaluation import evaluate
from lifeline.plan import Plan
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from solvers import Budget, Progress, exhaustive, solve

KM = 0.009


def problem_of(**chains: Any) -> RepairProblem:
    system = town(**chains)
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=6000)


def stations(jobs: int, crews: int) -> RepairProblem:
    """Stations A, B, C ... in a row, each with one person and an hour of work."""
    names = "ABCDEFGHIJ"[:jobs]
    return problem_of(
        power=" ".join(f"{name}*" for name in names),
        people=dict.fromkeys(names, 1),
        damage=dict.fromkeys(names, 60),
        crews={f"crew {number}": "power" for number in range(crews)},
    )


@pytest.mark.parametrize(
    ("jobs", "crews", "plans"), [(1, 1, 1), (1, 3, 3), (3, 1, 6), (3, 2, 24), (4, 3, 360)]
)
def test_it_tries_every_order_on_every_crew(jobs: int, crews: int, plans: int) -> None:
    """n jobs in a row, cut into c parts: n! (n + c - 1 over c - 1) plans."""
    assert solve(stations(jobs, crews), method="exhaustive").evaluations == plans


def test_nine_jobs_are_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        solve(stations(9, 1), method="exhaustive")
    assert str(refusal.value) == (
        "exhaustive tries every order, which ends at 8 jobs; this problem has 9. Use method='local_search'."
    )


def test_jobs_that_nobody_can_do_are_not_among_the_eight() -> None:
    """Nine broken stations, eight of which need a crane: one plan, of one job."""
    crane = {"repair_minutes": 60, "skill": "crane"}
    problem = problem_of(
        power=" ".join(f"{name}*" for name in "ABCDEFGHI"),
        damage={"A": 60, **dict.fromkeys("BCDEFGHI", crane)},
        crews={"red": "power"},
    )
    proposal = solve(problem, method="exhaustive")

    assert proposal.evaluations == 1
    assert proposal.plan.sequences() == {"red": ["A"]}
    assert [job for job, _ in proposal.plan.unassignable] == list("BCDEFGHI")


def test_the_best_plan_does_not_cross_the_river_twice() -> None:
    """Ayr and Bute lie together, 10 km (20 minutes at 40 km/h) from Home, where the crew is.

    Home takes 60 minutes (60 persons), Ayr 30 (60) and Bute 30 (30). In person-minutes, by order:
    Home, Ayr, Bute: 60 x 60 + 60 x 110 + 30 x 140 = 14,400, the best.
    Ayr, Bute, Home: 60 x 50 + 30 x 80 + 60 x 160 = 15,000.  Home, Bute, Ayr: 3,600 + 3,300 + 8,400 = 15,300.
    Bute, Ayr, Home: 30 x 50 + 60 x 80 + 60 x 160 = 15,900.  Ayr, Home, Bute: 60 x 50 + 60 x 130 + 30 x 180 =
    16,200.  Bute, Home, Ayr: 30 x 50 + 60 x 130 + 60 x 180 = 20,100.
    """
    far = (0.09, 0.0)
    problem = problem_of(
        power="Home* Ayr* Bute*",
        places={"Home": (0.0, 0.0), "Ayr": far, "Bute": far},
        people={"Home": 60, "Ayr": 60, "Bute": 30},
        damage={"Home": 60, "Ayr": 30, "Bute": 30},
        crews={"red": {"skills": "power", "speed_kmh": 40.0}},
    )
    proposal = solve(problem, method="exhaustive")

    assert proposal.plan.sequences() == {"red": ["Home", "Ayr", "Bute"]}
    assert evaluate(problem, proposal.plan).person_minutes == 14_400


def test_the_best_plan_lets_whoever_opens_the_bridge_drive_on_over_it() -> None:
    """P1 (30 persons) is on this side of the bridge R1-R2, P2 (100) on the other; both crews are on this side.

    Amber is at the middle of the bridge at 2 and done with it at 42, over it in 2 minutes more (61 s) and done at
    P2 at 104; blue is done at P1 at 60: 100 x 104 + 30 x 60 = 12,200 person-minutes. Would blue go to P2 as well,
    it would start from R1 at 42, drive 3 minutes, and be done at 105.
    """
    place = {"P1": 0.0, "P2": KM, "R1": 0.0, "R2": KM}
    problem = problem_of(
        power="P1* P2*",
        road="R1-R2",
        places={name: (longitude, 0.0) for name, longitude in place.items()},
        people={"P1": 30, "P2": 100},
        damage={"P1": 60, "P2": 60, "R1-R2": 40},
        crews={"amber": "power;road", "blue": "power"},
    )
    proposal = solve(problem, method="exhaustive")

    assert proposal.plan.sequences() == {"amber": ["R1-R2", "P2"], "blue": ["P1"]}
    assert evaluate(problem, proposal.plan).person_minutes == 12_200


def test_orders_in_which_a_crew_waits_for_ever_are_no_plans() -> None:
    """Of the two orders of one crew, the one that begins beyond the bridge never leaves."""
    problem = problem_of(
        power="P2*",
        road="R1-R2",
        places={"P2": (KM, 0.0), "R1": (0.0, 0.0), "R2": (KM, 0.0)},
        damage={"P2": 60, "R1-R2": 40},
        crews={"red": "power;road"},
    )
    proposal = solve(problem, method="exhaustive")

    assert proposal.evaluations == 1
    assert proposal.plan.sequences() == {"red": ["R1-R2", "P2"]}


def test_where_no_order_can_be_driven_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """`build_problem` sees to it that there always is one; here the schedule is made to refuse all."""

    def refuse(problem: RepairProblem, sequences: Mapping[str, Sequence[str]], *, claims: object) -> Plan:
        raise InfeasiblePlan("no way")

    monkeypatch.setattr(exhaustive, "schedule", refuse)
    with pytest.raises(InfeasiblePlan, match="In no order can every job be reached"):
        solve(stations(2, 1), method="exhaustive")


def test_a_budget_of_plans_ends_it_with_the_best_of_those() -> None:
    """The first order of three is A, B, C; the second A, C, B, which brings C's 99 persons back earlier."""
    problem = problem_of(
        power="A* B* C*",
        places=dict.fromkeys("ABC", (0.0, 0.0)),
        people={"A": 1, "B": 1, "C": 99},
        damage=dict.fromkeys("ABC", 60),
        crews={"red": "power"},
    )
    one, two = (solve(problem, method="exhaustive", budget=Budget(evaluations=n)) for n in (1, 2))

    assert one.plan.sequences() == {"red": ["A", "B", "C"]}
    assert two.plan.sequences() == {"red": ["A", "C", "B"]}
    assert (two.evaluations, two.stopped_by, two.reproducible) == (2, "evaluations", True)


def test_the_clock_ends_it_with_the_best_so_far() -> None:
    proposal = solve(stations(7, 3), method="exhaustive", budget=Budget(seconds=1e-9))

    assert (proposal.evaluations, proposal.stopped_by, proposal.reproducible) == (1, "seconds", False)
    assert check_plan(stations(7, 3), proposal.plan) == ()


def test_whoever_watches_can_end_it() -> None:
    """It tells of every plan; asked to stop at the fifth, it has tried five."""
    seen: list[Progress] = []

    def watch(progress: Progress) -> bool:
        seen.append(progress)
        return len(seen) < 5

    proposal = solve(stations(4, 1), method="exhaustive", on_progress=watch)

    assert (proposal.evaluations, proposal.stopped_by, proposal.reproducible) == (5, "cancelled", False)
    assert seen[-1].objective == proposal.objective
    assert [progress.evaluations for progress in seen] == [1, 2, 3, 4, 5]


def test_it_finds_the_best_by_the_slow_oracle_where_the_order_matters() -> None:
    """R11 asks the oracle about plain cities too; these are 24 in which the nearest job first is not the best."""
    checked = 0
    for seed in range(300):
        features = Features(most_nodes=12, roads=seed % 2 == 0, shifts=seed % 3 == 0)
        problem = random_task(Random(seed), features, max_jobs=3, max_crews=2).problem()
        proposal = solve(problem, method="exhaustive")
        if proposal.objective == solve(problem, method="nearest").objective:
            continue
        assert proposal.objective == best_plan_objective(problem), seed
        checked += 1
        if checked == 24:
            return
    raise AssertionError("too few cities in which the order matters")
