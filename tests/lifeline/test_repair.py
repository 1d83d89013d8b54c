"""The repair problem: jobs, who can do them, what nobody can do, and how long is long enough."""

from dataclasses import replace
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_worlds import problems
from worlds import town

from lifeline.crews import Crew, Shift
from lifeline.errors import InvalidInput, UnknownComponent
from lifeline.repair import RepairProblem, build_problem, long_enough
from lifeline.schedule import schedule
from lifeline.shock import Shock
from lifeline.system import Settings, System

RED = {"red": "power"}
KM = 0.009


def problem_of(system: System, **options: Any) -> RepairProblem:
    return build_problem(system, Shock.from_table(system, system.damage), **options)


# Jobs and crews ---------------------------------------------------------------------------------------------


def test_every_broken_component_is_a_job_in_order_of_its_id() -> None:
    system = town(
        power="P1*-P2",
        water="W1*",
        crews=RED,
        damage={"W1": {"repair_minutes": 30, "skill": "power"}, "P1-P2": 20},
    )
    link, pump = problem_of(system).jobs
    assert (link.id, link.component, link.sector, link.repair_minutes, link.skill) == (
        "P1-P2",
        "P1-P2",
        "power",
        20,
        "power",
    )
    assert (link.longitude, link.latitude) == (0.0045, 0.0)
    assert (pump.id, pump.sector, pump.skill) == ("W1", "water", "power")


def test_jobs_and_crews_have_numbers() -> None:
    problem = problem_of(
        town(power="P1*-P2", crews={"red": "power", "blue": "gas"}, damage={"P1": 5, "P2": 5})
    )
    assert problem.crew_index == {"blue": 0, "red": 1}
    assert problem.job_index == {"P1": 0, "P2": 1}
    assert problem.can_do.tolist() == [[False, False], [True, True]]
    assert problem.within_reach.tolist() == problem.can_do.tolist()
    assert problem.job("P2").repair_minutes == 5
    assert problem.crew_windows.duty.tolist() == [1440, 1440]
    with pytest.raises(UnknownComponent, match="Did you mean 'P2'"):
        problem.job("p2")


def test_the_cascade_of_a_problem_is_that_of_its_shock() -> None:
    problem = problem_of(town(power="P1*-P2", crews=RED, damage={"P1": 5}))
    assert problem.cascade.without_service == {"P1", "P2"}


def test_crews_may_come_from_outside_the_system() -> None:
    system = town(power="P1*", crews=RED, damage={"P1": 5}, shifts={"red": [(0, 60)]})
    helper = Crew("helper", frozenset({"power"}), 0.0, 0.0)
    assert [crew.id for crew in problem_of(system, crews=[helper]).crews] == ["helper"]
    another = replace(helper, id="another")
    assert [crew.id for crew in problem_of(system, crews=[helper, another]).crews] == ["another", "helper"]
    table = pd.DataFrame({"id": ["red"], "skills": ["power"], "longitude": [0.0], "latitude": [0.0]})
    assert problem_of(system, crews=table).crews[0].shifts == (Shift(0, 60),)


def test_a_bad_table_of_crews_is_refused_with_every_bad_cell() -> None:
    system = town(power="P1*", damage={"P1": 5})
    table = pd.DataFrame(
        {"id": ["a", "a"], "skills": ["power", ""], "longitude": [0.0, 999.0], "latitude": [0.0, 0.0]}
    )
    with pytest.raises(InvalidInput) as refused:
        problem_of(system, crews=table)
    assert {(problem.row, problem.column) for problem in refused.value.problems} == {
        (3, "id"),
        (3, "skills"),
        (3, "longitude"),
    }


def test_two_crews_of_one_name_are_refused() -> None:
    helper = Crew("helper", frozenset({"power"}), 0.0, 0.0)
    with pytest.raises(InvalidInput, match="two crews called 'helper'"):
        problem_of(town(power="P1*", damage={"P1": 5}), crews=[helper, helper])


def test_damage_without_crews_is_refused_but_no_damage_needs_none() -> None:
    with pytest.raises(InvalidInput, match="no crew to repair it"):
        problem_of(town(power="P1*", damage={"P1": 5}))
    assert problem_of(town(power="P1*")).jobs == ()


def test_a_shock_to_another_system_is_refused() -> None:
    other = town(power="P1*-P2-P3")
    with pytest.raises(UnknownComponent, match="'P3'"):
        build_problem(town(power="P1*-P2", crews=RED), Shock.of(other, ["P3"]))


# What nobody can do -----------------------------------------------------------------------------------------


def test_a_job_without_a_skilled_crew_is_unassignable() -> None:
    problem = problem_of(town(power="P1*", gas="G1*", crews=RED, damage={"P1": 5, "G1": 5}))
    assert problem.unassignable == {"G1": "No crew has the skill 'gas' that 'G1' needs."}
    assert problem.can_do.tolist() == [[False, True]]


def islands(**more: Any) -> System:
    """P1 and P2 by the ends of R1-R2; the only bridge is broken. Crews start at P1."""
    places = {"P1": (0.0, 0.0), "P2": (KM, 0.0), "R1": (0.0, 0.0), "R2": (KM, 0.0)}
    damage = {"P2": 60, "R1-R2": 60}
    return town(**{"power": "P1*-P2", "road": "R1-R2", "damage": damage, "places": places, **more})


def test_a_place_that_no_road_can_reach_is_unassignable() -> None:
    """Nobody can repair the bridge, so P2 beyond it is out of reach."""
    reasons = problem_of(islands(crews=RED)).unassignable
    assert reasons["R1-R2"] == "No crew has the skill 'road' that 'R1-R2' needs."
    assert reasons["P2"].startswith("No road takes a crew with the skill 'power' to 'P2' (longitude 0.00900,")


def test_a_place_that_a_repair_opens_is_assignable() -> None:
    problem = problem_of(islands(crews={"red": "power", "road gang": "road"}))
    assert problem.unassignable == {}
    assert problem.within_reach.all(axis=0).tolist() == [False, False]
    assert problem.within_reach.any(axis=0).tolist() == [True, True]


def test_roads_open_one_behind_the_other() -> None:
    """The second bridge can be reached only after the first."""
    places = {"P1": (0.0, 0.0), "P2": (2 * KM, 0.0), "R1": (0.0, 0.0), "R2": (KM, 0.0), "R3": (2 * KM, 0.0)}
    system = islands(
        road="R1-R2-R3",
        places=places,
        damage={"P2": 5, "R1-R2": 5, "R2": 5, "R2-R3": 5},
        crews={"red": "power;road"},
    )
    assert problem_of(system).unassignable == {}


def test_a_one_way_road_of_no_return_leads_nowhere() -> None:
    reasons = problem_of(islands(road="R1>R2", damage={"P2": 60}, crews=RED)).unassignable
    assert list(reasons) == ["P2"]
    assert "and back" in reasons["P2"]


@given(problems(max_jobs=7, with_roads=True, with_shifts=True), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_some_plan_does_every_assignable_job(problem: RepairProblem, rng: Random) -> None:
    """Crews that do one job after the other, each when a road leads there and back, get all of them done."""
    sequences: dict[str, list[str]] = {crew.id: [] for crew in problem.crews}
    done: set[int] = set()
    order: list[str] = []
    while True:
        able = problem.can_do & problem.travel.there_and_back(done)
        waiting = [job for job in range(len(problem.jobs)) if job not in done and able[:, job].any()]
        if not waiting:
            break
        job = rng.choice(waiting)
        crew = rng.choice([c for c in range(len(problem.crews)) if able[c, job]])
        sequences[problem.crews[crew].id].append(problem.jobs[job].id)
        order.append(problem.jobs[job].id)
        done.add(job)
    assert sorted(order) == sorted(problem.job_index.keys() - problem.unassignable.keys())
    # One crew for everything shows it without any luck in timing; several crews may wait, but not for ever.
    assert len(schedule(problem, sequences).visits) == len(order)


# The horizon ------------------------------------------------------------------------------------------------


def test_the_horizon_is_given_or_else_set_in_the_system_or_else_long_enough() -> None:
    """60 minutes of work and no way to go: one day is enough."""
    system = town(power="P1*", crews=RED, damage={"P1": 60})
    assert problem_of(system).horizon_minutes == 1440
    assert problem_of(system.replace(settings=Settings(horizon_minutes=77))).horizon_minutes == 77
    assert (
        problem_of(system.replace(settings=Settings(horizon_minutes=77)), horizon_minutes=99).horizon_minutes
        == 99
    )


def test_long_enough_adds_up_every_job_off_duty_times_and_the_latest_arrival() -> None:
    """Two jobs of 600 minutes, both at the crew's start, on duty 480 of 1440 minutes, from minute 1000 on.

    600 = 480 + 120: one whole period of 1440, and 120 more after at most 960 off duty: 2520. Twice that and 1000
    is 6040 minutes, more than 4 days, so 5: 7200.
    """
    crew = {"red": {"skills": "power", "available_from_minute": 1000}}
    places = {"P1": (0.0, 0.0), "P2": (0.0, 0.0)}
    system = town(
        power="P1*-P2", crews=crew, damage={"P1": 600, "P2": 600}, shifts={"red": [(0, 480)]}, places=places
    )
    assert problem_of(system).horizon_minutes == 7200


def test_long_enough_counts_the_longest_drive_to_every_job() -> None:
    """P3 is 6 minutes off: with a repair of 1434 minutes that is a day exactly, with one more it takes a second."""
    for repair_minutes, expected in ((1434, 1440), (1435, 2880)):
        assert (
            problem_of(town(power="P1*-P2-P3", crews=RED, damage={"P3": repair_minutes})).horizon_minutes
            == expected
        )


def test_a_problem_without_jobs_lasts_a_day() -> None:
    problem = problem_of(town(power="P1*"))
    assert long_enough(problem.crews, problem.jobs, problem.travel) == 1440


@given(problems(max_jobs=7, with_roads=True, with_shifts=True), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_every_plan_is_done_by_the_default_horizon(problem: RepairProblem, rng: Random) -> None:
    from lifeline.errors import InfeasiblePlan

    jobs = [job for job in problem.jobs if job.id not in problem.unassignable]
    rng.shuffle(jobs)
    sequences: dict[str, list[str]] = {crew.id: [] for crew in problem.crews}
    for job in jobs:
        able = [crew.id for crew in problem.crews if job.skill in crew.skills]
        sequences[rng.choice(able)].append(job.id)
    try:
        plan = schedule(problem, sequences)
    except InfeasiblePlan:
        return
    assert max((visit.finish for visit in plan.visits), default=0) <= long_enough(
        problem.crews, jobs, problem.travel
    )


# Sizes ------------------------------------------------------------------------------------------------------


def test_a_horizon_of_no_minutes_is_refused() -> None:
    with pytest.raises(InvalidInput, match="from 1 to 2,000,000,000"):
        problem_of(town(power="P1*"), horizon_minutes=0)


def test_more_person_minutes_than_can_be_counted_exactly_are_refused() -> None:
    """2^53 = 9,007,199,254,740,992: 9 * 10^8 persons over 10,007,999 minutes just fit."""
    system = town(power="P1*", people={"P1": 900_000_000})
    assert problem_of(system, horizon_minutes=10_007_999).horizon_minutes == 10_007_999
    with pytest.raises(InvalidInput, match="cannot be counted exactly"):
        problem_of(system, horizon_minutes=10_008_000)


def test_an_objective_beyond_64_bits_is_refused() -> None:
    """900,000 persons of weight 10^6: 2^63 = 9.2234 * 10^18 is reached after 10,248,191 minutes."""
    system = town(power="P1*", people={"P1": 900_000})
    heavy = system.replace(supplies=system.supplies.assign(weight_permille=10**6))
    assert problem_of(heavy, horizon_minutes=10_248_191).horizon_minutes == 10_248_191
    with pytest.raises(InvalidInput, match="shorter horizon_minutes"):
        problem_of(heavy, horizon_minutes=10_248_192)
