"""The search's drives: the same minutes as the roads themselves say, whatever has been opened, in whatever order."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_worlds import Features, random_task
from worlds import town

from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from scenarios.synthetic import CityRecipe, grow
from solvers.annealing import Annealing
from solvers.drive_kernels import Bits, Roads, open_by, travel_between
from solvers.reduction import reduced_part
from solvers.search_roads import roads_of


def done_with(roads: Roads, opened: Iterable[int]) -> Bits:
    done = np.zeros_like(roads.done)
    for job in opened:
        open_by(roads, done, job)
    return done


def assert_drives_agree(problem: RepairProblem, rng: Random, sets: int, pairs: int) -> int:
    """Compare random drives after random jobs are done; return how many of them some road opened for."""
    roads, opening_jobs = roads_of(problem), sorted(problem.travel.opening_jobs)
    sites = len(problem.crews) + len(problem.jobs)
    classes = len(problem.travel.minutes())
    before = problem.travel.minutes()
    changed = 0
    for _ in range(sets):
        opened = [job for job in opening_jobs if rng.random() < rng.choice((0.1, 0.5, 0.9))]
        done = done_with(roads, opened)
        minutes = problem.travel.minutes(opened)
        for _ in range(pairs):
            drive = rng.randrange(classes), rng.randrange(sites), rng.randrange(sites)
            assert travel_between(roads, done, *drive) == minutes[drive], (opened, drive)
            changed += bool(minutes[drive] != before[drive])
    return changed


@given(seed=st.integers(0, 10**6))
def test_drives_of_random_worlds_take_what_the_roads_say(seed: int) -> None:
    rng = Random(seed)
    problem = random_task(rng, Features.of(roads=100), max_jobs=6, max_crews=3).problem()
    if problem.travel.opening_jobs:
        assert_drives_agree(problem, rng, sets=8, pairs=30)


@pytest.mark.parametrize("seed", [1, 2])
def test_drives_of_a_city_take_what_the_roads_say(seed: int) -> None:
    """Dozens of blocked roads that cut parts of the city off: sets of open roads in which no drive stays as it was."""
    city = grow(CityRecipe(components=1_500, seed=seed, sectors=("power", "road"), damage_share=0.1))
    problem = build_problem(city, Shock.from_table(city, city.damage))

    assert len(problem.travel.opening_jobs) > 20
    assert assert_drives_agree(problem, Random(seed), sets=40, pairs=500) > 1_000


def test_a_drive_that_an_answer_was_kept_for_is_worked_out_anew_when_a_road_opens() -> None:
    """P1 to P3 round by R4 while R2-R3 is broken, over it once it is mended, and round again in another trial."""
    system = town(
        power="P1*-P2-P3",
        road="R1-R2-R3-R4-R1",
        crews={"red": "power;road"},
        places={
            "P1": (0.0, 0.0),
            "P2": (0.009, 0.0),
            "P3": (0.018, 0.0),
            "R1": (0.0, 0.0),
            "R2": (0.009, 0.0),
            "R3": (0.018, 0.0),
            "R4": (0.009, 0.02),
        },
        damage={"P1": 10, "P3": 10, "R2-R3": 10},
    )
    problem = build_problem(system, Shock.from_table(system, system.damage))
    roads, bridge = roads_of(problem), problem.job_index["R2-R3"]
    ends = [len(problem.crews) + problem.job_index[job] for job in ("P1", "P3")]
    closed, opened = done_with(roads, []), done_with(roads, [bridge])

    told = [travel_between(roads, done, 0, *ends) for done in (closed, opened, closed, opened)]

    # 2 x 2.44 km and 2 x 1.0008 km at 30 km/h: 586 s and 242 s.
    assert told == [10, 5, 10, 5]


def test_a_crew_that_waits_for_one_road_leaves_when_another_opens_sooner() -> None:
    """Ben finds no way at 0, when the only opening known is Anna's at 102. Cora, from 12 on, opens R1-R2 at 44."""
    system = town(
        power="P1*-P2",
        road="R1-R2 R1-R3",
        people={"P2": 100},
        crews={
            "anna": "road",
            "ben": "power",
            "cora": {"skills": "road", "available_from_minute": 12},
        },
        places={
            "P1": (0.0, 0.0),
            "P2": (0.009, 0.0),
            "R1": (0.0, 0.0),
            "R2": (0.009, 0.0),
            "R3": (0.0, 0.009),
        },
        damage={"P2": 60, "R1-R2": 30, "R1-R3": 100},
    )
    problem = build_problem(system, Shock.from_table(system, system.damage))
    plan = schedule(problem, {"anna": ["R1-R3"], "ben": ["P2"], "cora": ["R1-R2"]})
    finish = {visit.job: visit.finish for visit in plan.visits}

    searched = Annealing(problem, reduced_part(problem), plan, seed=1)

    assert finish["R1-R2"] < 50 < 100 < finish["R1-R3"]
    assert {job.id: searched.current.finish[number] for number, job in enumerate(problem.jobs)} == finish
