"""The check of plans: each rule is broken on purpose, and whatever a plan is corrupted with is found."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_worlds import problems
from worlds import town

from lifeline.errors import InfeasiblePlan
from lifeline.plan import Plan, Visit
from lifeline.plan_check import RULES, check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from lifeline.system import System

KM = 0.009


def problem_of(system: System) -> RepairProblem:
    return build_problem(system, Shock.from_table(system, system.damage))


def shift_town(**more: Any) -> RepairProblem:
    """P1 (60 minutes) and P3 (30), 6 minutes apart; red is on duty from 0 to 100 of every 200 minutes."""
    return problem_of(
        town(
            **{
                "power": "P1*-P2-P3",
                "crews": {"red": "power"},
                "shifts": {"red": [(0, 100, 200)]},
                "damage": {"P1": 60, "P3": 30},
                **more,
            }
        )
    )


FIRST, SECOND = Visit("red", "P1", 0, 0, 0, 60), Visit("red", "P3", 60, 66, 66, 96)


def broken_rules(problem: RepairProblem, *visits: Visit) -> list[tuple[str, str, str]]:
    return [(found.rule, found.crew, found.job) for found in check_plan(problem, Plan(visits))]


def test_a_good_plan_breaks_no_rule() -> None:
    assert broken_rules(shift_town(), FIRST, SECOND) == []


def test_waiting_breaks_no_rule() -> None:
    """Red waits at P1 until 80, drives 6 minutes, has a rest until 88, works 12 minutes today and 18 tomorrow."""
    assert broken_rules(shift_town(), FIRST, Visit("red", "P3", 80, 86, 88, 218)) == []


def test_unknown_crew() -> None:
    stranger = replace(SECOND, crew="green")
    assert broken_rules(shift_town(), FIRST, stranger) == [("unknown_crew", "green", "P3")]


def test_unknown_job() -> None:
    """P2 is not damaged. The crew is busy with it all the same, but not moved by it: P3 is still 6 minutes away."""
    problem = shift_town()
    assert broken_rules(
        problem, FIRST, Visit("red", "P2", 60, 60, 60, 61), Visit("red", "P3", 61, 67, 67, 97)
    ) == [("unknown_job", "red", "P2")]
    assert broken_rules(
        problem, FIRST, Visit("red", "P2", 60, 60, 60, 63), Visit("red", "P3", 61, 67, 67, 97)
    ) == [
        ("unknown_job", "red", "P2"),
        ("overlap", "red", "P3"),
    ]


def test_skill() -> None:
    problem = shift_town(crews={"red": "power", "blue": "water;gas"}, shifts={})
    assert broken_rules(problem, FIRST, Visit("blue", "P3", 0, 6, 6, 36)) == [("skill", "blue", "P3")]
    message = check_plan(problem, Plan((FIRST, Visit("blue", "P3", 0, 6, 6, 36))))[0].message
    assert message == "Needs the skill 'power'; the crew has gas, water."


def test_skill_of_a_job_nobody_can_do() -> None:
    problem = shift_town(gas="G1*", damage={"P1": 60, "G1": 5}, shifts={})
    assert broken_rules(problem, FIRST, Visit("red", "G1", 60, 70, 70, 75)) == [("skill", "red", "G1")]


def test_overlap() -> None:
    assert broken_rules(shift_town(), FIRST, Visit("red", "P3", 59, 65, 65, 95)) == [("overlap", "red", "P3")]


def test_overlap_with_any_earlier_visit_not_only_the_last() -> None:
    """Red is at P1 until 60; P3 and, after it, P2 both begin before that."""
    problem = shift_town(damage={"P1": 60, "P2": 1, "P3": 1})
    assert broken_rules(
        problem, FIRST, Visit("red", "P3", 10, 16, 16, 17), Visit("red", "P2", 20, 23, 23, 24)
    ) == [("overlap", "red", "P2"), ("overlap", "red", "P3")]


def test_travel_too_short() -> None:
    assert broken_rules(shift_town(), FIRST, Visit("red", "P3", 60, 65, 65, 95)) == [
        ("travel_too_short", "red", "P3")
    ]


def test_travel_does_not_go_on_between_shifts() -> None:
    """From 97 to 103 there are 3 minutes on duty, not 6; work then is off duty too."""
    assert broken_rules(shift_town(), FIRST, Visit("red", "P3", 97, 103, 200, 230)) == [
        ("travel_too_short", "red", "P3")
    ]


def test_outside_shift() -> None:
    """Departing at 100, the end of the shift; and starting work then."""
    assert broken_rules(shift_town(), FIRST, Visit("red", "P3", 100, 206, 206, 236)) == [
        ("outside_shift", "red", "P3")
    ]
    assert broken_rules(shift_town(), FIRST, Visit("red", "P3", 94, 100, 100, 230)) == [
        ("outside_shift", "red", "P3")
    ]


@pytest.mark.parametrize("finish", [95, 97])
def test_wrong_duration(finish: int) -> None:
    assert broken_rules(shift_town(), FIRST, replace(SECOND, finish=finish)) == [
        ("wrong_duration", "red", "P3")
    ]


def test_wrong_duration_when_the_finish_is_put_off_to_the_next_shift() -> None:
    """30 minutes of work from 70 on end at 100, with the shift; a finish at 150 has no more minutes on duty."""
    assert broken_rules(shift_town(), FIRST, Visit("red", "P3", 60, 66, 70, 100)) == []
    assert broken_rules(shift_town(), FIRST, Visit("red", "P3", 60, 66, 70, 150)) == [
        ("wrong_duration", "red", "P3")
    ]


def test_job_twice() -> None:
    """P1 again, for as long: it is there already."""
    again = Visit("red", "P1", 200, 206, 206, 266)
    assert broken_rules(shift_town(), FIRST, SECOND, again) == [("job_twice", "red", "P1")]
    found = check_plan(shift_town(), Plan((FIRST, SECOND, again)))
    assert found[0].message == "Job 'P1' is done by crew 'red' already."


def test_job_forgotten() -> None:
    assert broken_rules(shift_town(), FIRST) == [("job_forgotten", "", "P3")]


def test_a_job_that_nobody_can_do_is_not_forgotten() -> None:
    assert broken_rules(shift_town(gas="G1*", damage={"P1": 60, "G1": 5})) == [("job_forgotten", "", "P1")]


def beyond_the_bridge(**more: Any) -> RepairProblem:
    """P2 lies 3 minutes down the road R1-R2, which is broken; the gang gets to the bridge in 2 minutes."""
    places = {"P1": (0.0, 0.0), "P2": (KM, 0.0), "R1": (0.0, 0.0), "R2": (KM, 0.0)}
    crews = {"gang": "road", "red": "power"}
    columns = {"road": "R1-R2", "places": places, "crews": crews, "damage": {"P2": 60, "R1-R2": 40}, **more}
    return problem_of(town(power="P1*-P2", **columns))


OPENED = Visit("gang", "R1-R2", 0, 2, 2, 42)


def test_a_road_is_passable_from_the_minute_its_repair_is_done() -> None:
    assert broken_rules(beyond_the_bridge(), OPENED, Visit("red", "P2", 42, 45, 45, 105)) == []


def test_site_unreachable_over_a_road_that_is_still_closed() -> None:
    assert broken_rules(beyond_the_bridge(), OPENED, Visit("red", "P2", 41, 44, 44, 104)) == [
        ("site_unreachable", "red", "P2")
    ]


def test_site_unreachable_for_ever() -> None:
    problem = beyond_the_bridge(crews={"red": "power"})
    assert broken_rules(problem, Visit("red", "P2", 0, 9, 9, 69)) == [("site_unreachable", "red", "P2")]


def test_before_available() -> None:
    problem = shift_town(crews={"red": {"skills": "power", "available_from_minute": 5}})
    assert broken_rules(
        problem,
        replace(FIRST, depart=4, arrive=4, start=4, finish=64),
        replace(SECOND, depart=64, arrive=70, start=70, finish=100),
    ) == [("before_available", "red", "P1")]


def test_every_broken_rule_is_named_not_only_the_first() -> None:
    """One visit too early, off duty, by the wrong crew, too short; and P1 left out."""
    crews = {"red": "power", "blue": {"skills": "gas", "available_from_minute": 300}}
    problem = shift_town(crews=crews, shifts={"blue": [(0, 100, 200)]})
    found = broken_rules(problem, Visit("blue", "P3", 150, 151, 151, 210))
    assert [rule for rule, _, _ in found] == [
        "skill",
        "travel_too_short",
        "outside_shift",
        "outside_shift",
        "wrong_duration",
        "job_forgotten",
        "before_available",
    ]
    assert {rule for rule, _, _ in found} < set(RULES)


# Random worlds ----------------------------------------------------------------------------------------------


def a_plan(problem: RepairProblem, rng: Random) -> Plan | None:
    jobs = [job for job in problem.jobs if job.id not in problem.unassignable]
    rng.shuffle(jobs)
    sequences: dict[str, list[str]] = {crew.id: [] for crew in problem.crews}
    for job in jobs:
        sequences[rng.choice([crew.id for crew in problem.crews if job.skill in crew.skills])].append(job.id)
    try:
        return schedule(problem, sequences)
    except InfeasiblePlan:
        return None


def later(visit: Visit, by: int, *names: str) -> Visit:
    return replace(visit, **{name: getattr(visit, name) + by for name in names})


def corrupted(problem: RepairProblem, plan: Plan, rng: Random) -> Plan:
    """Return the plan with one visit spoilt in a way that no plan allows."""
    visits = list(plan.visits)
    place = rng.randrange(len(visits))
    visit = visits[place]
    spoilt = rng.choice(
        ["drop", "twice", "longer", "shorter", "stranger", "no such job", "unskilled", "too soon"]
    )
    if spoilt == "drop":
        del visits[place]
    elif spoilt == "twice":
        visits.append(replace(visit, crew=rng.choice(problem.crews).id))
    elif spoilt == "longer":
        visits[place] = later(visit, rng.randint(1, 2000), "finish")
    elif spoilt == "shorter" and visit.finish - visit.start > 1:
        visits[place] = replace(visit, finish=rng.randint(visit.start + 1, visit.finish - 1))
    elif spoilt == "stranger":
        visits[place] = replace(visit, crew="nobody")
    elif spoilt == "unskilled":
        skill = problem.job(visit.job).skill
        others = [crew.id for crew in problem.crews if skill not in crew.skills]
        assume(others)
        visits[place] = replace(visit, crew=others[0])
    elif spoilt == "too soon" and visit.arrive > visit.depart:
        # The drive becomes a minute shorter: schedule() never drives longer than it must.
        visits[place] = replace(visit, arrive=visit.depart)
    else:
        visits[place] = replace(visit, job="nothing")
    return Plan(tuple(visits))


@given(problems(max_jobs=8, with_roads=True, with_shifts=True), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_every_scheduled_plan_passes_and_every_spoilt_one_is_found_out(
    problem: RepairProblem, rng: Random
) -> None:
    plan = a_plan(problem, rng)
    assume(plan is not None and plan.visits)
    assert plan is not None
    assert check_plan(problem, plan) == ()
    assert check_plan(problem, corrupted(problem, plan, rng)) != ()
