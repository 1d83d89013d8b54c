"""Times of a plan: crews go on as early as they can, wait for roads, and say so when they would wait for ever."""

import os
import re
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_worlds import problems
from worlds import town

from lifeline.errors import InfeasiblePlan, InvalidInput, UnknownComponent
from lifeline.plan import Visit
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import Earliest, schedule
from lifeline.shock import Shock
from lifeline.system import System

KM = 0.009


def problem_of(system: System) -> RepairProblem:
    return build_problem(system, Shock.from_table(system, system.damage))


def line(**more: Any) -> RepairProblem:
    """P1, P2, P3, each 1 km (3 minutes) from the next; a crew starts at P1."""
    return problem_of(
        town(**{"power": "P1*-P2-P3", "crews": {"red": "power"}, "damage": {"P1": 60, "P3": 30}, **more})
    )


def test_a_crew_goes_from_job_to_job() -> None:
    """P1 at once until 60; 2 km are 6 minutes; P3 from 66 to 96."""
    assert schedule(line(), {"red": ["P1", "P3"]}).visits == (
        Visit("red", "P1", 0, 0, 0, 60),
        Visit("red", "P3", 60, 66, 66, 96),
    )


def test_the_same_jobs_in_another_order() -> None:
    assert schedule(line(), {"red": ["P3", "P1"]}).visits == (
        Visit("red", "P3", 0, 6, 6, 36),
        Visit("red", "P1", 36, 42, 42, 102),
    )


def test_a_crew_waits_for_the_times_it_is_given() -> None:
    """P3 is left for at 70 at the earliest and begun at 80, though the way takes 6 minutes; P1 is not held up."""
    plan = schedule(line(), {"red": ["P1", "P3"]}, earliest={"P3": Earliest(70, 80), "P1": Earliest(0, 0)})
    assert plan.visits == (Visit("red", "P1", 0, 0, 0, 60), Visit("red", "P3", 70, 76, 80, 110))


def test_mutual_aid_starts_when_it_arrives() -> None:
    crews = {"red": {"skills": "power", "available_from_minute": 500}}
    assert schedule(line(crews=crews), {"red": ["P1"]}).visits[0] == Visit("red", "P1", 500, 500, 500, 560)


def test_work_and_travel_pause_between_shifts() -> None:
    """On duty from 0 to 62 of every 100 minutes: P1 until 60, then 2 of 6 minutes of driving, 4 on the next day."""
    problem = line(shifts={"red": [(0, 62, 100)]})
    assert schedule(problem, {"red": ["P1", "P3"]}).visits[1] == Visit("red", "P3", 60, 104, 104, 134)


def test_a_crew_that_arrives_off_duty_begins_with_the_next_shift() -> None:
    """On duty from 0 to 66: P1 until 60, at P3 when the shift ends; work from minute 100 on."""
    problem = line(shifts={"red": [(0, 66, 100)]})
    assert schedule(problem, {"red": ["P1", "P3"]}).visits[1] == Visit("red", "P3", 60, 66, 100, 130)


def bridges(crews: dict[str, Any], **more: Any) -> RepairProblem:
    """P1 at R1, P2 at R2, P3 at R3, 1 km (121 s, 3 minutes) apart on the road R1-R2-R3, and both links broken."""
    nodes = {"P1": 0.0, "P2": KM, "P3": 2 * KM, "R1": 0.0, "R2": KM, "R3": 2 * KM}
    return problem_of(
        town(
            **{
                "power": "P1*-P2-P3",
                "road": "R1-R2-R3",
                "places": {name: (longitude, 0.0) for name, longitude in nodes.items()},
                "damage": {"P2": 60, "P3": 60, "R1-R2": 40, "R2-R3": 50},
                **more,
            },
            crews=crews,
        )
    )


def test_a_crew_waits_until_another_opens_its_road() -> None:
    """The gang needs half of 121 s, 2 minutes, to the bridge and is done at 42; red leaves then, 3 minutes to P2."""
    plan = schedule(
        bridges({"gang": "road", "red": "power"}), {"gang": ["R1-R2", "R2-R3"], "red": ["P2", "P3"]}
    )
    assert plan.visits == (
        Visit("gang", "R1-R2", 0, 2, 2, 42),
        Visit("gang", "R2-R3", 42, 45, 45, 95),  # 61 + 61 s
        Visit("red", "P2", 42, 45, 45, 105),
        Visit("red", "P3", 105, 108, 108, 168),
    )


def test_a_waiting_crew_takes_the_first_road_that_opens() -> None:
    """Red wants P3 and has to wait for both bridges, until 95; then 5 minutes for 242 s."""
    plan = schedule(bridges({"gang": "road", "red": "power"}), {"gang": ["R1-R2", "R2-R3"], "red": ["P3"]})
    assert plan.visits[2] == Visit("red", "P3", 95, 100, 100, 160)


def test_a_road_that_opens_off_duty_is_used_in_the_next_shift() -> None:
    problem = bridges({"gang": "road", "red": "power"}, shifts={"red": [(0, 10, 100), (50, 60, 100)]})
    assert schedule(problem, {"gang": ["R1-R2"], "red": ["P2"]}).visits[1].depart == 50


def test_a_road_that_opens_this_very_minute_is_taken_rather_than_the_way_round() -> None:
    """The way round by R3, 2 km off, takes 9 minutes. Red is available from 42, when R1-R2 opens: 3 minutes."""
    places = {"P1": (0.0, 0.0), "P2": (KM, 0.0), "R1": (0.0, 0.0), "R2": (KM, 0.0), "R3": (KM / 2, 2 * KM)}
    for minute, drive in ((41, 9), (42, 3)):
        problem = bridges(
            {"gang": "road", "red": {"skills": "power", "available_from_minute": minute}},
            road="R1-R2-R3-R1",
            places=places,
            power="P1*-P2",
            damage={"P2": 60, "R1-R2": 40},
        )
        plan = schedule(problem, {"gang": ["R1-R2"], "red": ["P2"]})
        assert plan.visits[0].finish == 42
        assert plan.visits[1] == Visit(
            "red", "P2", minute, minute + drive, minute + drive, minute + drive + 60
        )


def test_crews_that_wait_for_each_other_are_named() -> None:
    """Red would open the road for blue only after a job that lies beyond the road blue opens."""
    problem = bridges({"blue": "road;power", "red": "road;power"})
    with pytest.raises(InfeasiblePlan) as stuck:
        schedule(problem, {"blue": ["P3", "R1-R2"], "red": ["P2", "R2-R3"]})
    assert str(stuck.value) == (
        "The plan gets stuck: crew 'blue' waits for a road to 'P3', crew 'red' waits for a road to 'P2'. Road "
        "repairs not reached by then: 'R1-R2' (of crew 'blue'), 'R2-R3' (of crew 'red'). Move one forward."
    )


def test_a_road_that_nobody_repairs_is_named_too() -> None:
    with pytest.raises(InfeasiblePlan, match=r"'R1-R2' \(nobody does it\)"):
        schedule(bridges({"red": "road;power"}), {"red": ["P2"]})


def test_a_crew_that_drives_down_a_road_of_no_return_is_told_to_go_there_last() -> None:
    """P2 is there and back for the crew that starts beside it; red gets there one way only, and not on to P1."""
    problem = bridges(
        {"blue": {"skills": "power", "longitude": KM}, "red": "power"},
        road="R1>R2",
        damage={"P1": 60, "P2": 60},
    )
    assert problem.unassignable == {}
    with pytest.raises(
        InfeasiblePlan, match=r"'red' waits for a road to 'P1'\. No repair opens one any more"
    ):
        schedule(problem, {"red": ["P2", "P1"]})
    assert len(schedule(problem, {"red": ["P1", "P2"]}).visits) == 2


@pytest.mark.parametrize(
    ("sequences", "error", "message"),
    [
        ({"rad": ["P1"]}, InvalidInput, "no crew 'rad' in this problem. Did you mean 'red'"),
        ({"zzzzz": ["P1"]}, InvalidInput, "no crew 'zzzzz' in this problem.$"),
        ({"red": ["P2"]}, UnknownComponent, "'P2' is not damaged"),
        ({"red": ["P1", "P1"]}, InvalidInput, "'P1' is given twice: to crew 'red' and to crew 'red'"),
        ({"red": ["G1"]}, InfeasiblePlan, "'G1' cannot be planned. No crew has the skill 'gas'"),
        ({"blue": ["P1"]}, InfeasiblePlan, "'blue' lacks the skill 'power' that job 'P1' needs"),
    ],
)
def test_sequences_that_make_no_sense_are_refused(
    sequences: dict[str, list[str]], error: type[Exception], message: str
) -> None:
    problem = line(gas="G1*", crews={"red": "power", "blue": "water"}, damage={"P1": 60, "P3": 30, "G1": 5})
    with pytest.raises(error, match=message):
        schedule(problem, sequences)


# Random worlds ----------------------------------------------------------------------------------------------


def random_sequences(problem: RepairProblem, rng: Random) -> dict[str, list[str]]:
    jobs = [job for job in problem.jobs if job.id not in problem.unassignable]
    rng.shuffle(jobs)
    sequences: dict[str, list[str]] = {crew.id: [] for crew in problem.crews}
    for job in jobs:
        sequences[rng.choice([crew.id for crew in problem.crews if job.skill in crew.skills])].append(job.id)
    return sequences


def slow_schedule(
    problem: RepairProblem, sequences: dict[str, Sequence[str]], last_minute: int
) -> list[Visit]:
    """Play the plan minute by minute: whoever is free, available, on duty and has a road, leaves."""
    visits: list[Visit] = []
    left = {crew.id: list(sequences.get(crew.id, ())) for crew in problem.crews}
    site = {crew.id: number for number, crew in enumerate(problem.crews)}
    free = {crew.id: crew.available_from_minute for crew in problem.crews}
    for minute in range(last_minute):
        opened = [problem.job_index[visit.job] for visit in visits if visit.finish <= minute]
        for number, crew in enumerate(problem.crews):
            if not left[crew.id] or free[crew.id] > minute or not crew.is_on_shift(minute):
                continue
            there = len(problem.crews) + problem.job_index[left[crew.id][0]]
            speed_class = problem.travel.speed_class_of_crew[number]
            drive = int(problem.travel.minutes(opened)[speed_class, site[crew.id], there])
            if drive < 0:
                continue
            arrive = crew.work_until(minute, drive)
            start = crew.next_on_shift(arrive)
            finish = crew.work_until(start, problem.job(left[crew.id][0]).repair_minutes)
            visits.append(Visit(crew.id, left[crew.id].pop(0), minute, arrive, start, finish))
            site[crew.id], free[crew.id] = there, finish
    return visits


@given(problems(max_jobs=6, with_roads=True, with_shifts=True), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_clock_of_events_equals_one_that_ticks_every_minute(problem: RepairProblem, rng: Random) -> None:
    sequences = random_sequences(problem, rng)
    wanted = sum(map(len, sequences.values()))
    try:
        plan = schedule(problem, sequences)
    except InfeasiblePlan:
        assert len(slow_schedule(problem, dict(sequences), 6000)) < wanted
        return
    assert check_plan(problem, plan) == ()
    last = max((visit.depart for visit in plan.visits), default=0) + 1
    assert sorted(map(repr, slow_schedule(problem, dict(sequences), last))) == sorted(map(repr, plan.visits))


@given(problems(max_jobs=8, with_roads=True, with_shifts=True), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_in_which_crews_are_named_makes_no_difference(problem: RepairProblem, rng: Random) -> None:
    sequences = random_sequences(problem, rng)
    turned = dict(reversed(list(sequences.items())))
    try:
        plan = schedule(problem, sequences)
    except InfeasiblePlan as stuck:
        with pytest.raises(InfeasiblePlan, match=re.escape(str(stuck))):
            schedule(problem, turned)
        return
    assert schedule(problem, turned).to_json() == plan.to_json()
    assert plan.sequences() == {crew: jobs for crew, jobs in sequences.items() if jobs}


@pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="5,200 x 5,200 distances need compiled loops"
)
def test_five_thousand_jobs_and_two_hundred_crews_keep_every_rule() -> None:
    rng = Random(1)
    nodes = [
        {"id": f"p{n:04}", "sector": "power", "longitude": rng.random() / 2, "latitude": rng.random() / 2}
        for n in range(5000)
    ]
    crews = [{"id": f"c{n:03}", "skills": "power", "longitude": 0.2, "latitude": 0.2} for n in range(200)]
    damage = [{"component": node["id"], "repair_minutes": rng.randint(60, 600)} for node in nodes]
    problem = problem_of(System.from_tables({"nodes": nodes, "crews": crews, "damage": damage}))
    sequences = {
        crew.id: [job.id for job in problem.jobs[number::200]] for number, crew in enumerate(problem.crews)
    }
    plan = schedule(problem, sequences)
    assert check_plan(problem, plan) == ()


def test_a_history_of_jobs_begun_at_once_may_be_given_in_either_order() -> None:
    """The field says that the crew began both at minute 5: by their ends P1-P3 comes first, by their departs P1-P2."""
    system = town(
        power="P1*-P2 P1-P3 P1-P4",
        people={"P2": 30, "P3": 10, "P4": 10},
        places=dict.fromkeys(("P1", "P2", "P3", "P4"), (0.0, 0.0)),
        crews={"sparks": "power"},
        damage={"P1-P2": 60, "P1-P3": 60, "P1-P4": 60},
    )
    history = (Visit("sparks", "P1-P2", 0, 5, 5, 65), Visit("sparks", "P1-P3", 1, 5, 5, 60))
    problem = build_problem(system, Shock.from_table(system, system.damage), history=history)

    plans = [
        schedule(problem, {"sparks": [*begun, "P1-P4"]})
        for begun in (["P1-P2", "P1-P3"], ["P1-P3", "P1-P2"], [])
    ]

    assert plans[0] == plans[1] == plans[2]
    assert plans[0].visits[-1] == Visit("sparks", "P1-P4", 65, 65, 65, 125)
