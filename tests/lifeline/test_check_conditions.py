"""What jobs wait for: each rule is broken on purpose in a plan that is otherwise as it should be, and is found."""

from dataclasses import replace
from typing import Any

import pytest
from worlds import town

from lifeline.errors import InfeasiblePlan, InvalidInput
from lifeline.plan import Plan, Visit
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from lifeline.system import System


def problem_of(
    history: tuple[Visit, ...] = (), crews: Any = None, **tables: list[dict[str, Any]]
) -> RepairProblem:
    """P1 and P2, 1 km (3 minutes) apart, 60 minutes each; red starts at P1, blue too."""
    system = town(
        power="P1*-P2",
        crews=crews or {"blue": "power", "red": "power"},
        damage={"P1": 60, "P2": 60},
    )
    system = system.replace(**tables)
    return build_problem(system, Shock.from_table(system, system.damage), history=history)


RED_P1, RED_P2 = Visit("red", "P1", 0, 0, 0, 60), Visit("red", "P2", 60, 63, 63, 123)
BLUE_P2 = Visit("blue", "P2", 0, 3, 3, 63)


def broken(problem: RepairProblem, *visits: Visit) -> list[tuple[str, str]]:
    return [(found.rule, found.job) for found in check_plan(problem, Plan(visits))]


def lock(job: str, kind: str, value: str = "") -> dict[str, Any]:
    return {"job": job, "kind": kind, "value": value}


def test_the_plan_the_others_are_made_from_breaks_nothing() -> None:
    assert broken(problem_of(), RED_P1, RED_P2) == []
    assert broken(problem_of(), RED_P1, BLUE_P2) == []


def test_a_crew_that_an_order_forbids() -> None:
    problem = problem_of(locks=[lock("P2", "not_crew", "blue")])
    assert broken(problem, RED_P1, RED_P2) == []
    assert broken(problem, RED_P1, BLUE_P2) == [("not_allowed", "P2")]


def test_another_crew_than_the_one_ordered() -> None:
    assert broken(problem_of(locks=[lock("P2", "crew", "red")]), RED_P1, BLUE_P2) == [("not_allowed", "P2")]


def test_volunteers_at_a_job_that_is_not_simple() -> None:
    crews = {"blue": {"skills": "power", "volunteer": True}, "red": "power"}
    assert broken(problem_of(crews=crews), RED_P1, BLUE_P2) == [("not_allowed", "P2")]


def test_a_job_before_the_one_it_waits_for() -> None:
    """P2 may begin at 60 + 0; blue begins at 3."""
    problem = problem_of(locks=[lock("P2", "after", "P1")])
    assert broken(problem, RED_P1, RED_P2) == []
    assert broken(problem, RED_P1, BLUE_P2) == [("too_early", "P2")]


def test_a_step_before_its_minutes_between_have_gone_by() -> None:
    """The second step may begin 30 minutes after the first has ended, at 20 + 30."""
    step = {"component": "P2", "minutes": 20}
    problem = problem_of(
        steps=[{**step, "step": "a"}, {**step, "step": "b", "after": "a", "lag_minutes": 30}]
    )
    first = Visit("blue", "P2/a", 0, 3, 3, 23)
    assert broken(problem, RED_P1, first, Visit("blue", "P2/b", 23, 23, 53, 73)) == []
    assert broken(problem, RED_P1, first, Visit("blue", "P2/b", 23, 23, 52, 72)) == [("too_early", "P2/b")]
    assert broken(problem, RED_P1, Visit("blue", "P2/b", 0, 3, 3, 23)) == [
        ("job_forgotten", "P2/a"),
        ("too_early", "P2/b"),
    ]


def test_a_start_before_or_after_the_minute_ordered() -> None:
    assert broken(problem_of(locks=[lock("P2", "not_before", "64")]), RED_P1, RED_P2) == [("too_early", "P2")]
    assert broken(problem_of(locks=[lock("P2", "not_after", "62")]), RED_P1, RED_P2) == [("too_late", "P2")]
    assert broken(problem_of(locks=[lock("P2", "start", "63")]), RED_P1, RED_P2) == []


def test_a_job_that_was_to_be_first() -> None:
    problem = problem_of(locks=[lock("P2", "first")])
    assert broken(problem, RED_P1, BLUE_P2) == []
    assert broken(problem, RED_P1, RED_P2) == [("not_first", "P2")]


def test_partners_at_different_times_and_a_partner_that_is_missing() -> None:
    problem = problem_of(steps=[{"component": "P2", "step": "lift", "minutes": 60, "with_skills": "power"}])
    red, blue = Visit("red", "P2/lift", 60, 63, 63, 123), Visit("blue", "P2/lift+1", 0, 3, 63, 123)
    assert broken(problem, RED_P1, red, blue) == []
    early = Visit("blue", "P2/lift+1", 0, 3, 3, 63)
    assert ("not_together", "P2/lift") in broken(problem, RED_P1, red, early)
    assert ("not_together", "P2/lift") in broken(problem, RED_P1, red)


def test_parts_that_have_not_come_yet() -> None:
    """One pole is there from the start, the second comes at 100: the second job may start then."""
    problem = problem_of(
        uses=[{"job": job, "part": "pole", "quantity": 1} for job in ("P1", "P2")],
        stock=[{"part": "pole", "quantity": 1}, {"part": "pole", "from_minute": 100, "quantity": 1}],
    )
    assert broken(problem, RED_P1, Visit("red", "P2", 60, 63, 100, 160)) == []
    assert broken(problem, RED_P1, Visit("red", "P2", 60, 63, 99, 159)) == [("no_parts", "P2")]


def test_a_job_left_out_for_want_of_parts_is_not_forgotten() -> None:
    problem = problem_of(
        uses=[{"job": job, "part": "pole", "quantity": 1} for job in ("P1", "P2")],
        stock=[{"part": "pole", "quantity": 1}],
    )
    assert broken(problem, RED_P1) == []
    assert broken(problem) == [("job_forgotten", "P1"), ("job_forgotten", "P2")]


def test_a_stranger_in_a_plan_that_leaves_a_job_out_is_named() -> None:
    problem = problem_of(locks=[lock("P2", "after", "P1")])
    assert broken(problem, Visit("red", "P9", 0, 0, 0, 60)) == [
        ("unknown_job", "P9"),
        ("job_forgotten", "P1"),
    ]


def test_work_while_the_site_is_closed() -> None:
    """P2 is closed from 80 to 100: work from 63 on pauses for 20 minutes and ends at 143."""
    problem = problem_of(closures=[{"id": "gas", "component": "P2", "from_minute": 80, "until_minute": 100}])
    assert broken(problem, RED_P1, replace(RED_P2, finish=143)) == []
    assert broken(problem, RED_P1, RED_P2) == [("wrong_duration", "P2")]
    assert broken(problem, RED_P1, replace(RED_P2, start=90, finish=160)) == [("site_closed", "P2")]


def test_a_crew_that_has_left() -> None:
    crews = {"blue": "power", "red": {"skills": "power", "available_until_minute": 122}}
    assert broken(problem_of(crews=crews), RED_P1, RED_P2) == [("after_leaving", "P2")]
    assert broken(problem_of(crews=crews), RED_P1, BLUE_P2) == []


def test_a_crew_that_should_rest() -> None:
    """Red works 60 minutes and rests 60; the way and P2 come after, from 120 on."""
    crews = {
        "blue": "power",
        "red": {"skills": "power", "longest_stretch_minutes": 60, "least_rest_minutes": 60},
    }
    problem = problem_of(crews=crews)
    assert broken(problem, RED_P1, Visit("red", "P2", 120, 123, 123, 243)) == []
    assert ("rest", "P2") in broken(problem, RED_P1, RED_P2)


def test_work_at_a_speed_of_its_own() -> None:
    """Blue is twice as fast: 30 minutes."""
    problem = problem_of(crew_speeds=[{"crew": "blue", "skill": "power", "speed_permille": 2000}])
    assert broken(problem, RED_P1, replace(BLUE_P2, finish=33)) == []
    assert broken(problem, RED_P1, BLUE_P2) == [("wrong_duration", "P2")]


def test_history_that_a_plan_changes() -> None:
    """Red took 90 minutes for P1; a plan that says otherwise, or nothing, is found out, and the fact is not judged."""
    fact = Visit("red", "P1", 0, 0, 0, 90)
    problem = problem_of(history=(fact,))
    assert broken(problem, fact, BLUE_P2) == []
    assert ("history_changed", "P1") in broken(problem, RED_P1, BLUE_P2)
    assert broken(problem, BLUE_P2) == [("history_changed", "P1")]


def test_the_schedule_goes_on_from_the_history() -> None:
    """Red is at P1 until 90 and at P2 three minutes later."""
    fact = Visit("red", "P1", 0, 0, 0, 90)
    plan = schedule(problem_of(history=(fact,)), {"red": ["P2"]})
    assert plan.visits == (fact, Visit("red", "P2", 90, 93, 93, 153))


def test_owners_crews_work_for_their_owner_only() -> None:
    system: System = town(
        power="P1*-P2",
        crews={"blue": {"skills": "power", "owner": "north"}, "red": {"skills": "power", "owner": "south"}},
        damage={"P1": 60},
    )
    nodes = system.nodes.assign(owner="north")
    own = system.replace(nodes=nodes, settings=replace(system.settings, command="own"))
    problem = build_problem(own, Shock.from_table(own, own.damage))
    assert [found.rule for found in check_plan(problem, Plan((RED_P1,)))] == ["not_allowed"]
    joint = system.replace(nodes=nodes)
    assert check_plan(build_problem(joint, Shock.from_table(joint, joint.damage)), Plan((RED_P1,))) == ()


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"locks": [lock("P9", "first")]},
            "locks, row 2, job = 'P9': is no component, component/step or task",
        ),
        ({"locks": [lock("P1", "crew", "rde")]}, "is no crew. Did you mean 'red'?"),
        ({"locks": [lock("P1", "start", "noon")]}, "is not a whole number of minutes"),
        ({"locks": [lock("P1", "first", "x")]}, "must be blank"),
        ({"uses": [{"job": "P9", "part": "pole", "quantity": 1}]}, "is no component, component/step or task"),
        (
            {"steps": [{"component": "P1", "step": "a", "minutes": 5, "after": "b"}]},
            "names 'b', which is no step of 'P1'",
        ),
        (
            {
                "steps": [
                    {"component": "P1", "step": "a", "minutes": 5, "after": "b", "restores": True},
                    {"component": "P1", "step": "b", "minutes": 5, "after": "a"},
                ]
            },
            "circle",
        ),
        (
            {"steps": [{"component": "P1", "step": s, "minutes": 5} for s in "ab"]},
            "it must be clear with which",
        ),
        ({"tasks": [{"id": "t", "minutes": 5}]}, "is blank; give a component, or longitude and latitude"),
        ({"tasks": [{"id": "P1", "minutes": 5, "component": "P2"}]}, "is the id of a component"),
        (
            {"closures": [{"id": "c", "component": "P1", "from_minute": 9, "until_minute": 9}]},
            "is not after from_minute",
        ),
        (
            {"crew_speeds": [{"crew": "red", "skill": "gas", "speed_permille": 2000}]},
            "is no skill of this crew; it has power",
        ),
    ],
)
def test_rows_that_make_no_sense_are_named(tables: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message.replace("?", r"\?").replace("(", r"\(")):
        problem_of(**tables)


@pytest.mark.parametrize(
    ("crew", "message"),
    [
        ({"longest_stretch_minutes": 60}, "least_rest_minutes"),
        ({"available_from_minute": 60, "available_until_minute": 60}, "is not after available_from_minute"),
    ],
)
def test_crews_whose_hours_make_no_sense_are_named(crew: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        problem_of(crews={"red": {"skills": "power", **crew}})


def test_an_order_that_comes_too_late_says_when_it_would_start() -> None:
    """Red is at P2 three minutes after P1 is done, at 63."""
    problem = problem_of(locks=[lock("P2", "not_after", "62")])
    with pytest.raises(InfeasiblePlan, match="'P2' must start at minute 62 at the latest, and would at 63"):
        schedule(problem, {"red": ["P1", "P2"]})


def test_partners_who_are_never_on_duty_together_are_named() -> None:
    """Of three crews red and green share their days; blue works at night."""
    steps = [{"component": "P2", "step": "lift", "minutes": 60, "with_skills": "power"}]
    shifts = [
        {"crew": "blue", "start_minute": 1200, "end_minute": 1400},
        {"crew": "green", "start_minute": 0, "end_minute": 600},
        {"crew": "red", "start_minute": 0, "end_minute": 600},
    ]
    crews = {"blue": "power", "green": "power", "red": "power"}
    problem = problem_of(crews=crews, steps=steps, shifts=shifts)
    with pytest.raises(
        InfeasiblePlan, match="'red' and 'blue' are to work side by side and are never on duty"
    ):
        schedule(problem, {"red": ["P2/lift"], "blue": ["P2/lift+1"]})
    plan = schedule(problem, {"red": ["P2/lift"], "green": ["P2/lift+1"]})
    assert {(visit.start, visit.finish) for visit in plan.visits} == {(3, 63)}
