"""How work is done, one rule a test, on worlds of a few jobs at one place: no driving, minutes worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from worlds import town

from lifeline.errors import InfeasiblePlan
from lifeline.evaluation import evaluate
from lifeline.plan import Plan, Visit
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from solvers import solve


def at_one_place(tables: dict[str, Any] | None = None, **whiteboard: Any) -> RepairProblem:
    """Return the problem of a town in which everything is at the same place, with further tables."""
    names = "".join(str(whiteboard.get(sector, "")) for sector in ("power", "water", "gas", "telecom"))
    places = dict.fromkeys(_nodes_in(names), (0.0, 0.0))
    system = town(places=places, **whiteboard).replace(**(tables or {}))
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=2880)


def _nodes_in(chain: str) -> list[str]:
    return chain.replace("*", " ").replace("-", " ").split()


def best_of(problem: RepairProblem) -> tuple[dict[str, tuple[int, int]], float]:
    """Return when each job is done by the best of all plans, and its person-hours; the plan keeps every rule."""
    plan = solve(problem, method="exhaustive").plan
    assert not check_plan(problem, plan)
    return times(plan), evaluate(problem, plan).person_hours


def times(plan: Plan) -> dict[str, tuple[int, int]]:
    return {visit.job: (visit.start, visit.finish) for visit in plan.visits}


def test_a_main_is_isolated_repaired_put_under_pressure_and_flushed() -> None:
    """30 + 120 + 30 minutes; an hour later the flushing, 240 to 300. Station A (60 minutes) just fits in between.

    100 people wait 5 h for the main and 10 wait 4 h for A: 540 person-hours. A before all would be 10 * 1 + 100 * 6.
    """
    names = ("isolate", "repair", "repressurise", "flush")
    steps = [
        {"component": "M", "step": name, "minutes": minutes, "after": after, "lag_minutes": lag}
        for name, minutes, after, lag in zip(
            names, (30, 120, 30, 60), ("", *names), (0, 0, 0, 60), strict=False
        )
    ]
    problem = at_one_place(
        {"steps": steps},
        water="M* A*",
        people={"M": 100, "A": 10},
        damage={"M": 1, "A": 60},
        crews={"blue": "water"},
    )
    done, person_hours = best_of(problem)
    assert done == {
        "M/isolate": (0, 30),
        "M/repair": (30, 150),
        "M/repressurise": (150, 180),
        "A": (180, 240),
        "M/flush": (240, 300),
    }
    assert person_hours == 540


def test_a_lift_waits_for_the_crane_and_both_crews_end_together() -> None:
    """The crane comes at 90; the lift takes an hour, red works at half speed: both from 90 to 210. 50 * 3.5 = 175."""
    problem = at_one_place(
        {
            "steps": [{"component": "A", "step": "lift", "minutes": 60, "with_skills": "crane"}],
            "crew_speeds": [{"crew": "red", "skill": "power", "speed_permille": 500}],
        },
        power="A*",
        people={"A": 50},
        damage={"A": 1},
        crews={"red": "power", "tall": {"skills": "crane", "available_from_minute": 90}},
    )
    done, person_hours = best_of(problem)
    assert done == {"A/lift": (90, 210), "A/lift+1": (90, 210)}
    assert person_hours == 175


def test_gas_customers_are_relit_one_by_one_after_the_main() -> None:
    """The main until 60, then half an hour each: 4 people until 90, 2 until 120: 4 * 1.5 + 2 * 2 = 10 person-hours."""
    problem = at_one_place(
        {
            "steps": [
                {"component": house, "step": "relight", "minutes": 30, "after": "G-H1"}
                for house in ("H1", "H2")
            ]
        },
        gas="G*-H1-H2",
        people={"H1": 4, "H2": 2},
        damage={"G-H1": 60, "H1": 1, "H2": 1},
        crews={"yellow": "gas"},
    )
    done, person_hours = best_of(problem)
    assert done == {"G-H1": (0, 60), "H1/relight": (60, 90), "H2/relight": (90, 120)}
    assert person_hours == 10


def test_a_bypass_now_and_the_permanent_repair_last() -> None:
    """A is back with its bypass at 30, B at 90, then four hours of permanent repair: 60 * 0.5 + 10 * 1.5 = 45.

    B after the permanent repair would come at 330: 60 * 0.5 + 10 * 5.5 = 85.
    """
    problem = at_one_place(
        {
            "steps": [
                {"component": "A", "step": "bypass", "minutes": 30, "restores": True},
                {"component": "A", "step": "permanent", "minutes": 240, "after": "bypass"},
            ]
        },
        power="A* B*",
        people={"A": 60, "B": 10},
        damage={"A": 1, "B": 60},
        crews={"red": "power"},
    )
    done, person_hours = best_of(problem)
    assert done == {"A/bypass": (0, 30), "B": (30, 90), "A/permanent": (90, 330)}
    assert person_hours == 45
    late = schedule(problem, {"red": ["A/bypass", "A/permanent", "B"]})
    assert evaluate(problem, late).person_hours == 85


def test_a_suspected_pipe_is_inspected_before_it_is_repaired() -> None:
    """The inspector from 0 to 15, red from 15 to 75: 20 * 1.25 = 25 person-hours."""
    problem = at_one_place(
        {
            "steps": [
                {"component": "A", "step": "inspect", "minutes": 15, "skill": "inspection"},
                {"component": "A", "step": "repair", "minutes": 60, "after": "inspect"},
            ]
        },
        power="A*",
        people={"A": 20},
        damage={"A": 1},
        crews={"red": "power", "eye": "inspection"},
    )
    assert best_of(problem) == ({"A/inspect": (0, 15), "A/repair": (15, 75)}, 25)


def test_a_square_that_serves_nobody_is_cleared_all_the_same_and_last() -> None:
    """A first (10 people, one hour), then 45 minutes of clearing; a plan without it forgets a job."""
    square = {"id": "square", "minutes": 45, "skill": "power", "longitude": 0.0, "latitude": 0.0}
    problem = at_one_place(
        {"tasks": [square]}, power="A*", people={"A": 10}, damage={"A": 60}, crews={"red": "power"}
    )
    assert best_of(problem) == ({"A": (0, 60), "square": (60, 105)}, 10)
    short = Plan((Visit("red", "A", 0, 0, 0, 60),))
    assert [violation.rule for violation in check_plan(problem, short)] == ["job_forgotten"]


@pytest.mark.parametrize(("permille", "minutes"), [(1000, 45), (2000, 23), (500, 90), (1500, 30)])
def test_a_crew_works_at_its_own_speed(permille: int, minutes: int) -> None:
    """45 minutes at twice the speed are 22.5, rounded up to 23."""
    problem = at_one_place(
        {"crew_speeds": [{"crew": "red", "skill": "power", "speed_permille": permille}]},
        power="A*",
        damage={"A": 45},
        crews={"red": "power"},
    )
    assert times(schedule(problem, {"red": ["A"]})) == {"A": (0, minutes)}


def test_nobody_works_longer_than_the_rule_of_rest_allows() -> None:
    """Two hours of work, one of rest: 200 minutes are done from 0 to 120 and from 180 to 260."""
    problem = at_one_place(
        power="A*",
        damage={"A": 200},
        crews={"red": {"skills": "power", "longest_stretch_minutes": 120, "least_rest_minutes": 60}},
    )
    assert times(schedule(problem, {"red": ["A"]})) == {"A": (0, 260)}


def test_mutual_aid_comes_late_and_leaves_again() -> None:
    """Aid is there from 60 to 180: A until 150; B would end at 210 and is left out, so red does it after C, at 360.

    Told to do B as well, aid does not: the plan says why. 10 * 2.5 for A, 10 * 6 for B, 10 * 5 for C: 135.
    """
    aid = {"skills": "power", "available_from_minute": 60, "available_until_minute": 180}
    problem = at_one_place(
        power="A* B* C*",
        people={"A": 10, "B": 10, "C": 10},
        damage={"A": 90, "B": 60, "C": 300},
        crews={"aid": aid, "red": "power"},
    )
    told = schedule(problem, {"aid": ["A", "B"], "red": ["C"]})
    assert times(told) == {"A": (60, 150), "C": (0, 300)}
    assert told.unassignable == (("B", "The crew that would do it leaves before it would be done."),)
    plan = schedule(problem, {"aid": ["A"], "red": ["C", "B"]})
    assert times(plan) == {"A": (60, 150), "C": (0, 300), "B": (300, 360)}
    assert evaluate(problem, plan).person_hours == 25 + 60 + 50


def test_volunteers_do_simple_jobs_only() -> None:
    """A is simple, B is not: side by side both are done at 60; the volunteers may not be sent to B."""
    problem = at_one_place(
        power="A* B*",
        people={"A": 30, "B": 10},
        damage={"A": {"repair_minutes": 60, "simple": True}, "B": 60},
        crews={"neighbours": {"skills": "power", "volunteer": True}, "red": "power"},
    )
    assert best_of(problem) == ({"A": (0, 60), "B": (0, 60)}, 40)
    with pytest.raises(InfeasiblePlan, match="simple enough for volunteers"):
        schedule(problem, {"neighbours": ["B"]})


def test_a_part_that_is_delivered_later_is_waited_for() -> None:
    """One transformer is there, the next comes at 300. B (20 people) first: 20 * 1 + 10 * 6 = 80, A first: 130."""
    problem = at_one_place(
        {
            "uses": [{"job": job, "part": "transformer", "quantity": 1} for job in ("A", "B")],
            "stock": [
                {"depot": "", "part": "transformer", "from_minute": minute, "quantity": 1}
                for minute in (0, 300)
            ],
        },
        power="A* B*",
        people={"A": 10, "B": 20},
        damage={"A": 60, "B": 60},
        crews={"red": "power"},
    )
    assert best_of(problem) == ({"B": (0, 60), "A": (300, 360)}, 80)
    assert evaluate(problem, schedule(problem, {"red": ["A", "B"]})).person_hours == 130


def test_work_pauses_while_its_site_is_closed() -> None:
    """Closed from 30 to 90: half an hour before and half an hour after, done at 120."""
    problem = at_one_place(
        {"closures": [{"id": "aftershock", "component": "A", "from_minute": 30, "until_minute": 90}]},
        power="A*",
        damage={"A": 60},
        crews={"red": "power"},
    )
    assert times(schedule(problem, {"red": ["A"]})) == {"A": (0, 120)}
