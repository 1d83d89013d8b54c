"""The certified bound: near the optimum where that can be worked out by hand, and never above it anywhere."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from random_worlds import Features, random_task
from worlds import town

from lifeline.evaluation import evaluate
from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from lifeline.system import System
from scenarios import load_scenario
from solvers import KNOWN_RULES, solve
from solvers.blocking_sets import BlockingSets, Clusters
from solvers.bound_certificate import proven, rounded_up
from solvers.bound_kernels import work_coefficients
from solvers.bound_lp import LinearProgram, capacity_of
from solvers.bounds import lower_bound
from solvers.crew_time import CrewTime
from solvers.dark_for_sure import BestCase

HERE = (0.0, 0.0)
GRID = np.array([0, 40, 90, 200, 400, 6000], np.int64)


def of_system(system: System, horizon: int = 6000) -> RepairProblem:
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=horizon)


def problem_of(**chains: Any) -> RepairProblem:
    return of_system(town(**chains))


def a_problem(seed: int, max_jobs: int = 5) -> RepairProblem:
    """Return a small random problem; buffers, black starts and loops of dependencies are among them."""
    features = Features(
        most_nodes=16,
        roads=seed % 2 == 0,
        shifts=seed % 3 == 0,
        buffers=seed % 5 > 0,
        late_crews=seed % 4 > 0,
    )
    return random_task(Random(seed), features, max_jobs=max_jobs, max_crews=3).problem()


def three_stations(people: dict[str, int], **more: Any) -> RepairProblem:
    """A, B and C lie where the crew is and take 60, 30 and 90 minutes."""
    columns: dict[str, Any] = {"crews": {"red": "power"}, "damage": {"A": 60, "B": 30, "C": 90}, **more}
    return problem_of(power="A* B* C*", places=dict.fromkeys("ABC", HERE), people=people, **columns)


PEOPLE = {"A": 10, "B": 60, "C": 30}


def program_of(problem: RepairProblem) -> LinearProgram:
    crew_time = CrewTime.of(problem)
    best_case = BestCase.of(problem, crew_time.earliest)
    sets = BlockingSets(Clusters.of(best_case), GRID)
    sets.add_necessary_jobs()
    program = LinearProgram(len(problem.jobs), capacity_of(crew_time.pools, GRID), sets)
    program.add_cuts(program.all_cuts())
    return program


def proven_by(program: LinearProgram, capacity_price: Any, cut_price: Any) -> int:
    cuts = list(program.cut_row)
    return proven(program.jobs, program.capacity, capacity_price, program.sets, cuts, cut_price)


# Near the optimum -------------------------------------------------------------------------------------------


def test_one_crew_without_drives_is_smiths_rule() -> None:
    """By persons per minute: B back at 30, C at 120, A at 180: 60 x 30 + 30 x 120 + 10 x 180 = 7,200."""
    bound = lower_bound(three_stations(PEOPLE)).objective

    assert 0.98 * 7_200_000 <= bound <= 7_200_000


def test_two_crews_share_the_work_but_no_job() -> None:
    """One does B, then A: back at 30 and 90; the other C at 90: 60 x 30 + 10 x 90 + 30 x 90 = 5,400."""
    problem = three_stations(PEOPLE, crews={"red": "power", "blue": "power"})
    assert solve(problem, method="exhaustive").objective == 5_400_000
    assert 0.9 * 5_400_000 <= lower_bound(problem).objective <= 5_400_000


def test_a_crew_off_duty_does_not_count() -> None:
    """On duty from minute 600 to 660 of each day: B at 630, then 30 minutes of C, whose last hour is a day later."""
    problem = three_stations({"B": 60, "C": 30}, shifts={"red": [(600, 660)]})
    best = solve(problem, method="exhaustive").objective

    assert best == 60_000 * 630 + 30_000 * (1440 + 660)
    assert 0.95 * best <= lower_bound(problem).objective <= best


def test_three_towns_is_proven_to_a_few_percent() -> None:
    """Its best plan leaves people 12,000 person-hours without."""
    bound = lower_bound(of_system(load_scenario("three_towns"), 7 * 1440)).objective

    assert 0.85 * 12_000 * 60_000 <= bound <= 12_000 * 60_000


def test_a_chain_of_repairs_needs_all_of_them() -> None:
    """B lies behind A: back only when both are mended, 60 minutes each."""
    problem = problem_of(
        power="S*-A-B",
        places=dict.fromkeys(("S", "A", "B"), HERE),
        people={"B": 100},
        damage={"A": 60, "B": 60},
        crews={"red": "power"},
    )
    bound = lower_bound(problem).objective

    assert 100_000 * 60 < bound <= 100_000 * 120


def test_where_a_single_job_decides_it_is_exact() -> None:
    problem = three_stations({"A": 10}, damage={"A": 60})

    assert lower_bound(problem).objective == 10_000 * 60


def test_a_buffer_saves_its_minutes_and_no_more() -> None:
    """The tower lasts 20 minutes on its battery and is dark until A is back at 60: 40 minutes."""
    problem = problem_of(
        power="A*",
        telecom="T*",
        dependencies=[("T", "A", "", 20)],
        places=dict.fromkeys("AT", HERE),
        people={"T": 10},
        damage={"A": 60},
        crews={"red": "power"},
    )

    assert lower_bound(problem).objective == 10_000 * 40


def test_who_keeps_a_loop_alive_is_seen_as_the_judge_sees_it() -> None:
    """X and Y need each other, X also M. M's minute 60 comes after X's buffer (30): the loop is dead for good."""
    loop = {
        "power": "X* M*",
        "telecom": "Y*",
        "places": dict.fromkeys("XMY", HERE),
        "people": {"X": 7, "M": 5},
        "damage": {"M": 60},
        "crews": {"red": "power"},
    }
    waits = [("X", "Y"), ("Y", "X")]
    lost = problem_of(dependencies=[*waits, ("X", "M", "", 30)], **loop)
    started = problem_of(dependencies=[*waits, ("X", "M", "", 30)], black_start=["X"], **loop)

    assert lower_bound(lost).objective == 5_000 * 60  # X is left out of the objective
    assert lower_bound(started).objective == 5_000 * 60 + 7_000 * 30


# Signs and zeros --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("people", [{}, {"A": 0}])
def test_where_nobody_waits_it_is_nought(people: dict[str, int]) -> None:
    bound = lower_bound(three_stations(people))

    assert (bound.objective, bound.reproducible) == (0, True)


def test_where_nothing_is_broken_it_is_nought() -> None:
    assert lower_bound(three_stations(PEOPLE, damage={})).objective == 0


def test_what_nobody_can_do_costs_until_the_horizon() -> None:
    problem = three_stations({"A": 10}, damage={"A": {"repair_minutes": 60, "skill": "crane"}})

    assert lower_bound(problem).objective == 10_000 * 6000


def test_more_people_raise_it_in_proportion() -> None:
    """R2: three times the people cost three times as much; only the last digits of prices may differ."""
    one = lower_bound(three_stations(PEOPLE)).objective
    three = lower_bound(three_stations({name: 3 * persons for name, persons in PEOPLE.items()})).objective

    assert three == pytest.approx(3 * one, rel=1e-3)


def test_it_is_rounded_up_to_an_objective_that_can_be() -> None:
    assert rounded_up(7_001, [2_000, 3_000]) == 8_000
    assert rounded_up(-5, [2_000]) == 0
    assert rounded_up(7, []) == 0


# Never above any plan ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_it_is_never_above_the_best_of_all_plans(seed: int) -> None:
    problem = a_problem(seed)

    assert lower_bound(problem).objective <= solve(problem, method="exhaustive").objective


@pytest.mark.parametrize("seed", range(100, 112))
def test_it_is_never_above_a_rules_plan_where_there_are_more_jobs(seed: int) -> None:
    problem = a_problem(seed, max_jobs=14)
    bound = lower_bound(problem).objective

    assert all(bound <= solve(problem, method=rule).objective for rule in KNOWN_RULES)


def test_any_prices_at_all_prove_a_bound() -> None:
    """Prices drawn at random, good for nothing, stay below the optimum as well."""
    rng = np.random.default_rng(5)
    for seed in (1, 4, 7, 12, 21, 33):
        problem = a_problem(seed)
        best = solve(problem, method="exhaustive").objective
        if not best or not CrewTime.of(problem).pools:
            continue
        grid = np.unique([*np.linspace(0, problem.horizon_minutes, 9).astype(np.int64)])
        crew_time = CrewTime.of(problem)
        sets = BlockingSets(Clusters.of(BestCase.of(problem, crew_time.earliest)), grid)
        sets.add_necessary_jobs()
        program = LinearProgram(len(problem.jobs), capacity_of(crew_time.pools, grid), sets)
        program.add_cuts(program.all_cuts())
        for size in (1.0, 100.0, 10_000.0, 1e7):
            capacity_price = rng.exponential(size, len(program.capacity.limit))
            cut_price = rng.exponential(size * 100, len(program.cut_row))
            assert proven_by(program, capacity_price, cut_price) <= best


def test_a_program_stopped_early_proves_less_and_nothing_wrong() -> None:
    whole = program_of(three_stations(PEOPLE))
    stopped = program_of(three_stations(PEOPLE))
    stopped.highs.setOptionValue("presolve", "off")
    stopped.highs.setOptionValue("simplex_iteration_limit", 2)
    full, part = whole.solve(None), stopped.solve(None)

    assert full is not None
    assert part is not None
    most = proven_by(whole, full.capacity_price, full.cut_price)
    least = proven_by(stopped, part.capacity_price, part.cut_price)
    assert least < most <= full.value * (1 + 1e-9) + 1
    assert most <= 7_200_000


@pytest.mark.parametrize("work", [1, 7, 45, 300])
def test_work_counted_before_a_minute_is_never_more_than_must_be_done(work: int) -> None:
    """Against plain counting: a job done at `finish` has `work` minutes on duty behind it, the last ones possible."""
    grid = np.array([0, 3, 20, 60, 130, 900], np.int64)
    on_duty = (np.arange(130) % 24 < 9).astype(np.uint8)
    before = np.concatenate([[0], np.cumsum(on_duty)])
    rows, columns, minutes = work_coefficients(work, grid, on_duty, before)
    for finish in range(900):
        share = np.clip((grid[1:] - finish) / np.diff(grid), 0, 1)
        counted = np.bincount(rows, minutes * share[columns], minlength=4)
        for span in range(4):
            later = (
                before[min(finish, 130)] - before[np.minimum(np.arange(grid[span], grid[span + 1]), finish)]
            )
            must = np.where(
                np.arange(grid[span], grid[span + 1]) >= finish, work, np.maximum(work - later, 0)
            )
            if finish <= 130:
                assert counted[span] <= must.sum() + 1e-6


# How it ends ------------------------------------------------------------------------------------------------


def test_it_ends_at_once_where_the_plan_meets_it() -> None:
    problem = three_stations({"A": 10}, damage={"A": 60})
    best = solve(problem, method="exhaustive")
    bound = lower_bound(problem, best=best.plan)

    assert bound.objective == best.objective == evaluate(problem, best.plan).objective
    assert bound.how.startswith("Every job is done at the earliest minute")


def test_asked_twice_it_gives_the_same() -> None:
    for seed in (3, 8, 10):
        one, two = lower_bound(a_problem(seed)), lower_bound(a_problem(seed))
        assert (one.objective, one.how, one.reproducible) == (two.objective, two.how, True)


def test_whoever_watches_can_end_it_and_gets_the_floor() -> None:
    """B's station by itself is back at 30, C's at 90, A's at 60: 60 x 30 + 30 x 90 + 10 x 60 = 5,100."""
    bound = lower_bound(three_stations(PEOPLE), on_progress=lambda progress: False)

    assert (bound.objective, bound.reproducible) == (5_100_000, False)


def test_the_clock_ends_it_with_what_is_proven() -> None:
    bound = lower_bound(three_stations(PEOPLE), seconds=1e-9)

    assert 5_100_000 <= bound.objective <= 7_200_000
    assert not bound.reproducible
