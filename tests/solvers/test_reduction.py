"""The exact shrink: a smaller dark part in which every order of jobs costs what it cost in the larger one."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import numpy as np
import pytest
from random_worlds import EVERYTHING, Features, random_task
from worlds import town

from lifeline.evaluation import evaluate
from lifeline.plan import LAST_MINUTE
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from scenarios.synthetic import grow_city
from solvers import Budget, solve
from solvers.dark import Dark, dark_part
from solvers.dark_kernels import finish_job, new_state
from solvers.dispatch import dispatch, hand_out_rest
from solvers.reduction import SET_ASIDE, Reduction, reduce, reduced_part

RANDOM_WORLDS = int(os.environ.get("LIFELINE_RANDOM_WORLDS", "120"))


def problem_of(**chains: Any) -> RepairProblem:
    system = town(**{"crews": {"red": "power;water;gas;telecom"}, **chains})
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=6000)


def cost(dark: Dark, order: list[int], minutes: list[int], horizon: int) -> int:
    """Return weight times minutes without service when jobs are done in this order at these minutes."""
    state, spare, queue = new_state(dark), new_state(dark), np.empty(len(dark.weight) + 1, np.int64)
    since = np.minimum(dark.dark_from, horizon)
    on_minute = np.full(len(dark.weight), horizon, np.int64)
    for job, minute in zip(order, minutes, strict=True):
        grown = finish_job(dark, state, spare, job, queue)
        on_minute[queue[:grown]] = min(minute, horizon)
    return int((dark.weight * np.maximum(on_minute - since, 0)).sum())


def doable(problem: RepairProblem) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.array([job.id not in problem.unassignable for job in problem.jobs], bool)


@pytest.mark.parametrize("features", [EVERYTHING, Features(buffers=False), Features(most_nodes=25)])
def test_every_order_costs_the_same_before_and_after(features: Features) -> None:
    """With buffers, black starts, loops, alternatives and jobs that nobody can do; also without the needless jobs."""
    smaller = needless = 0
    for seed in range(RANDOM_WORLDS):
        rng = Random(seed)
        problem = random_task(rng, features, max_jobs=7).problem()
        dark, horizon = dark_part(problem), problem.horizon_minutes
        found = reduce(dark, doable(problem), horizon)
        smaller += len(found.dark.weight) < len(dark.weight)
        needless += int((~found.needed & doable(problem)).sum())
        for _ in range(4):
            order = np.flatnonzero(doable(problem)).tolist()
            rng.shuffle(order)
            minutes = sorted(rng.randrange(1, horizon + 60) for _ in order)
            needed = [place for place, job in enumerate(order) if found.needed[job]]
            expected = cost(dark, order, minutes, horizon)
            assert found.never_back + cost(found.dark, order, minutes, horizon) == expected
            few, their_minutes = [order[place] for place in needed], [minutes[place] for place in needed]
            assert found.never_back + cost(found.dark, few, their_minutes, horizon) == expected
    assert smaller > RANDOM_WORLDS // 5
    assert needless > RANDOM_WORLDS // 5


def test_the_judge_agrees_that_needless_jobs_may_wait() -> None:
    """A plan whose needless jobs are taken out and handed out last is never worse, by the judge."""
    for seed in range(RANDOM_WORLDS):
        rng = Random(seed)
        problem = random_task(rng, Features(buffers=False), max_jobs=7).problem()
        plan = schedule(problem, dispatch(problem, np.array([rng.random() for _ in problem.jobs])))
        wanted = reduced_part(problem).needed.copy()
        wanted[sorted(problem.travel.opening_jobs)] = True
        first = {
            crew: [job for job in jobs if wanted[problem.job_index[job]]]
            for crew, jobs in plan.sequences().items()
        }
        later = schedule(problem, hand_out_rest(problem, schedule(problem, first), LAST_MINUTE))
        assert len(later.visits) == len(plan.visits)
        assert evaluate(problem, later).objective <= evaluate(problem, plan).objective


def shrunk(problem: RepairProblem) -> Reduction:
    return reduced_part(problem)


def test_what_hangs_on_one_broken_station_is_one_part() -> None:
    """S feeds five intact nodes; with 10 persons at each of the six: one part of 60 persons, one job."""
    found = shrunk(problem_of(power="S*-a-b-c a-d-e", people=dict.fromkeys("Sabcde", 10), damage={"S": 60}))
    assert found.dark.weight.tolist() == [60_000]
    assert found.needed.tolist() == [True]
    assert set(found.class_of.tolist()) == {0}


def test_a_pump_joins_the_station_it_needs_when_nothing_else_keeps_it_off() -> None:
    """The pump P is intact and a source; it lacks only the power of S, so it and its mains come on with S."""
    found = shrunk(
        problem_of(
            power="S*",
            water="P*-x",
            dependencies=[("P", "S")],
            people={"x": 7, "S": 1},
            damage={"S": 60},
        )
    )
    assert found.dark.weight.tolist() == [8_000]


def test_a_broken_pump_stays_a_part_of_its_own() -> None:
    """It waits for the power and for its own repair, so two parts remain: 1 person with S, 7 behind the pump."""
    found = shrunk(
        problem_of(
            power="S*",
            water="P*-x",
            dependencies=[("P", "S")],
            people={"x": 7, "S": 1},
            damage={"S": 60, "P": 30},
        )
    )
    assert sorted(found.dark.weight.tolist()) == [1_000, 7_000]
    assert found.needed.all()


def test_damage_that_nobody_waits_for_is_set_aside() -> None:
    """Nobody lives at y: its job is needless and it has no part."""
    problem = problem_of(power="S*-x S-y", people={"x": 3}, damage={"x": 30, "y": 30})
    found = shrunk(problem)
    assert [job.id for job, needed in zip(problem.jobs, found.needed, strict=True) if not needed] == ["y"]
    assert SET_ASIDE in found.class_of


def test_a_city_shrinks_to_a_third_or_less_and_loses_no_person() -> None:
    city = grow_city(components=1500, seed=5, sectors=("power", "water", "gas", "telecom"))
    problem = build_problem(city, Shock.from_table(city, city.damage))
    dark, found = dark_part(problem), reduced_part(problem)
    horizon = problem.horizon_minutes
    counted = dark.weight[dark.dark_from < horizon].sum()
    assert 3 * len(found.dark.weight) < len(dark.weight)
    assert found.dark.weight.sum() == counted
    plan = solve(problem, method="bundles", budget=Budget()).plan
    visits = sorted(plan.visits, key=lambda visit: visit.finish)
    order, minutes = [problem.job_index[visit.job] for visit in visits], [visit.finish for visit in visits]
    assert cost(found.dark, order, minutes, horizon) == cost(dark, order, minutes, horizon)
