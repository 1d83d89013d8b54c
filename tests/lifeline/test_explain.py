"""What a job is for, what its delay costs, where else it could be done: small plans worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from worlds import town

from lifeline import (
    Evaluation,
    Plan,
    RepairProblem,
    Shock,
    UnknownComponent,
    Visit,
    build_problem,
    evaluate,
    schedule,
)
from lifeline.binding import KINDS, LATE, UNDONE, Binding, binding_of_visit, is_late
from lifeline.explain import (
    Delay,
    Place,
    UndoneExplained,
    VisitExplained,
    delay_of,
    delayed,
    explain_job,
    explain_plan,
)
from lifeline.purpose import Needed, Price, Way

HERE = dict.fromkeys(("P1", "P2", "P3", "P4"), (0.0, 0.0))


def problem_of(**world: Any) -> RepairProblem:
    system = town(**world)
    return build_problem(system, Shock.from_table(system, system.damage))


def two_lines(**more: Any) -> RepairProblem:
    """30 people behind P1-P2 and 10 behind P1-P3, an hour of work each, all in one place."""
    return problem_of(
        **{
            "power": "P1*-P2 P1-P3",
            "people": {"P2": 30, "P3": 10},
            "places": HERE,
            "crews": {"sparks": "power"},
            "damage": {"P1-P2": 60, "P1-P3": 60},
            **more,
        }
    )


def judged(problem: RepairProblem, sequences: Mapping[str, Sequence[str]]) -> Evaluation:
    return evaluate(problem, schedule(problem, sequences))


def visit_of(evaluation: Evaluation, job: str) -> Visit:
    return next(visit for visit in evaluation.plan.visits if visit.job == job)


def of_job(evaluation: Evaluation, job: str) -> VisitExplained:
    explained = explain_job(evaluation, job)
    assert isinstance(explained, VisitExplained)
    return explained


def hours(person_hours: int) -> Price:
    """All weights are 1000 thousandths here."""
    return Price(person_hours * 60 * 1000, person_hours * 60)


# An hour's delay --------------------------------------------------------------------------------------------


def test_an_hours_delay_pushes_back_what_the_crew_does_next() -> None:
    """P1-P2 from 60 to 120 instead of 0 to 60, so P1-P3 from 120 to 180: 30 * 1 h + 10 * 1 h = 40 more."""
    plan = judged(two_lines(), {"sparks": ["P1-P2", "P1-P3"]})
    assert delay_of(plan, visit_of(plan, "P1-P2")) == Delay(60, hours(40), ("P1-P3",))
    assert delay_of(plan, visit_of(plan, "P1-P3")) == Delay(60, hours(10), ())


def test_a_delay_past_the_end_of_the_shift_costs_the_night_as_well() -> None:
    """On duty for 120 of every 600 minutes. Begun at 60, 90 minutes of work end at 600 + 30, not at 150: 30 * 9 h.

    As planned: 0 to 90. Delayed: 60 to 120, the rest from 600 to 630; 630 - 90 = 540 minutes, 9 hours.
    """
    problem = two_lines(damage={"P1-P2": 90}, shifts={"sparks": [(0, 120, 600)]})
    plan = judged(problem, {"sparks": ["P1-P2"]})
    assert delay_of(plan, visit_of(plan, "P1-P2")).price == hours(30 * 9)


def test_a_wait_in_the_plan_swallows_a_delay_before_it() -> None:
    """P1-P3 was to begin at 200 all the same: only P1-P2's 30 people wait an hour longer."""
    problem = two_lines()
    visits = (Visit("sparks", "P1-P2", 0, 0, 0, 60), Visit("sparks", "P1-P3", 200, 200, 200, 260))
    plan = evaluate(problem, Plan(visits))
    assert delay_of(plan, visit_of(plan, "P1-P2")) == Delay(60, hours(30), ())
    assert delayed(problem, plan.plan, "P1-P3").visits[1] == Visit("sparks", "P1-P3", 200, 200, 260, 320)


def test_who_waits_for_a_road_is_delayed_with_it() -> None:
    """Diggers stand at A, sparks too; the only way to P2 at B is A-B, mended at 60. Half the link's way is 12 minutes.

    A-B is worked on from A, half its time away: 0.1 degrees of equator are 11.12 km, at 30 km/h 23 minutes, half of
    which rounds up to 12: done at 72. Begun an hour later it is done at 132, and sparks leaves an hour later.
    """
    problem = road_to_p2()
    plan = judged(problem, {"diggers": ["A-B"], "sparks": ["P2"]})
    assert visit_of(plan, "A-B").finish == 72
    assert delay_of(plan, visit_of(plan, "A-B")) == Delay(60, hours(5), ("P2",))


def road_to_p2(**more: Any) -> RepairProblem:
    return problem_of(
        **{
            "road": "A-B",
            "power": "P1*-P2",
            "people": {"P2": 5},
            "places": {"A": (0.0, 0.0), "B": (0.1, 0.0), "P1": (0.0, 0.0), "P2": (0.1, 0.0)},
            "crews": {"diggers": "road", "sparks": "power"},
            "damage": {"A-B": 60, "P2": 60},
            **more,
        }
    )


def test_a_plan_put_off_by_nothing_is_the_plan() -> None:
    problem = two_lines()
    visits = (Visit("sparks", "P1-P2", 7, 9, 20, 80), Visit("sparks", "P1-P3", 200, 200, 200, 260))
    later = delayed(problem, Plan(visits), "P1-P2", 0)
    assert [(visit.depart, visit.start, visit.finish) for visit in later.visits] == [
        (7, 20, 80),
        (200, 200, 260),
    ]


# Other places -----------------------------------------------------------------------------------------------


def test_the_best_other_place_and_what_it_costs() -> None:
    """The other way round it is 10 * 1 + 30 * 2 = 70 person-hours instead of 30 * 1 + 10 * 2 = 50."""
    explained = of_job(judged(two_lines(), {"sparks": ["P1-P2", "P1-P3"]}), "P1-P2")
    assert explained.best_place == Place("sparks", 2, "", 120, hours(20))
    assert (explained.position, explained.places_tried) == (1, 1)


def test_a_plan_that_could_be_better_says_so() -> None:
    explained = of_job(judged(two_lines(), {"sparks": ["P1-P3", "P1-P2"]}), "P1-P2")
    assert explained.best_place == Place("sparks", 1, "P1-P3", 60, hours(-20))


def test_of_places_that_cost_the_same_the_first_crews_is_taken() -> None:
    """With volts and watts idle, either would save P1-P3's second hour: 10 person-hours."""
    problem = two_lines(crews={"sparks": "power", "volts": "power", "watts": "power", "pipes": "water"})
    explained = of_job(judged(problem, {"sparks": ["P1-P2", "P1-P3"]}), "P1-P3")
    assert explained.best_place == Place("volts", 1, "", 60, hours(-10))
    assert explained.places_tried == 3  # before P1-P2; volts; watts


def test_a_place_that_cannot_be_carried_out_is_none() -> None:
    """One crew with both skills: P2 first would wait for the crew's own road for ever."""
    problem = road_to_p2(crews={"all": "power;road"})
    explained = of_job(judged(problem, {"all": ["A-B", "P2"]}), "P2")
    assert (explained.places_tried, explained.best_place) == (0, None)


# What a job is for ------------------------------------------------------------------------------------------


def test_a_job_others_need_is_explained_by_leaving_it_out() -> None:
    """Without the line nobody is back: 5 people from 120 to the horizon, which is a day."""
    problem = problem_of(
        power="P1*-P2", people={"P2": 5}, places=HERE, crews={"c": "power"}, damage={"P1-P2": 60, "P2": 60}
    )
    explained = of_job(judged(problem, {"c": ["P1-P2", "P2"]}), "P1-P2")
    assert explained.persons_back == {}
    assert explained.needed_by == (Needed("P2", 120, 5),)
    assert problem.horizon_minutes == 24 * 60
    assert explained.without == hours(5 * (24 - 2))


def test_a_road_opens_a_way_and_brings_back_whom_it_brings_back() -> None:
    plan = judged(road_to_p2(), {"diggers": ["A-B"], "sparks": ["P2"]})
    assert of_job(plan, "A-B").way == Way("P2", "sparks", None)
    assert of_job(plan, "P2").persons_back == {"power": 5}


def test_weights_count_in_the_objective_alone() -> None:
    """The people of P2 count double: 30 * 1 h of delay are 60 weighted person-hours, with P1-P3's 10 it is 70."""
    system = town(
        power="P1*-P2 P1-P3",
        people={"P2": 30, "P3": 10},
        places=HERE,
        crews={"sparks": "power"},
        damage={"P1-P2": 60, "P1-P3": 60},
    )
    doubled = system.supplies.assign(weight_permille=[2000, 1000])
    problem = build_problem(system.replace(supplies=doubled), Shock.from_table(system, system.damage))
    plan = judged(problem, {"sparks": ["P1-P2", "P1-P3"]})
    assert delay_of(plan, visit_of(plan, "P1-P2")).price == Price(70 * 60 * 1000, 40 * 60)


def test_what_is_not_broken_has_no_job() -> None:
    with pytest.raises(UnknownComponent, match="not damaged"):
        explain_job(judged(two_lines(), {"sparks": ["P1-P2", "P1-P3"]}), "P1")


# Decisions --------------------------------------------------------------------------------------------------


def test_decisions_are_single_jobs_moved_to_where_the_rule_has_them() -> None:
    """The rule does P1-P3 first. Moving either job to its place there turns the plan round: 70 instead of 50."""
    problem = two_lines()
    rule = schedule(problem, {"sparks": ["P1-P3", "P1-P2"]})
    decisions = explain_plan(judged(problem, {"sparks": ["P1-P2", "P1-P3"]}), rule).decisions
    assert [found.visit.job for found in decisions] == ["P1-P2", "P1-P3"]
    assert [found.moved for found in decisions] == [
        Place("sparks", 2, "", 120, hours(20)),
        Place("sparks", 1, "P1-P2", 60, hours(20)),
    ]


def test_the_weightiest_decision_comes_first() -> None:
    """P1-P2, P1-P3, P1-P4 carry 30, 10, 20 people; the plan does them in the order P2, P4, P3: 30 + 40 + 30 = 100.

    The rule does P3, P4, P2. P2 last: P4 at 1 h, P3 at 2, P2 at 3: 20 + 20 + 90 = 130, 30 more. P3 first: P2 at 2 h,
    P4 at 3: 10 + 60 + 60 = 130, 30 more. P4 stays in the middle, at the same time.
    """
    problem = two_lines(
        power="P1*-P2 P1-P3 P1-P4",
        people={"P2": 30, "P3": 10, "P4": 20},
        damage={"P1-P2": 60, "P1-P3": 60, "P1-P4": 60},
    )
    plan = judged(problem, {"sparks": ["P1-P2", "P1-P4", "P1-P3"]})
    assert plan.person_hours == 100
    found = explain_plan(plan, schedule(problem, {"sparks": ["P1-P3", "P1-P4", "P1-P2"]}))
    assert [(one.visit.job, one.moved.price) for one in found.decisions] == [
        ("P1-P2", hours(30)),
        ("P1-P3", hours(30)),
    ]
    assert (found.decisions_tried, found.decisions_open) == (2, 2)
    last = explain_plan(plan, schedule(problem, {"sparks": ["P1-P2", "P1-P3", "P1-P4"]}))
    assert [(one.visit.job, one.moved.price) for one in last.decisions] == [
        ("P1-P3", hours(10)),
        ("P1-P4", hours(10)),
    ]


def test_of_a_large_city_only_the_first_jobs_are_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lifeline.purpose.MOST_REPLAYS", 1)
    problem = two_lines()
    rule = schedule(problem, {"sparks": ["P1-P3", "P1-P2"]})
    explained = explain_plan(judged(problem, {"sparks": ["P1-P2", "P1-P3"]}), rule)
    assert [line.delay is None for line in explained.jobs] == [False, True]
    assert (explained.decisions_tried, explained.decisions_open) == (1, 2)


# What binds -------------------------------------------------------------------------------------------------


def late_bindings(evaluation: Evaluation, job: str) -> list[Binding]:
    assert is_late(evaluation, visit_of(evaluation, job))
    return list(of_job(evaluation, job).late)


def test_a_job_after_everybody_is_back_gains_nothing() -> None:
    """P4 serves nobody: whenever it is done, it is done for nobody."""
    problem = two_lines(power="P1*-P2 P1-P3 P1-P4", damage={"P1-P2": 60, "P1-P3": 60, "P1-P4": 60})
    plan = judged(problem, {"sparks": ["P1-P2", "P1-P3", "P1-P4"]})
    assert late_bindings(plan, "P1-P4") == [Binding("nothing_gained")]
    assert not of_job(plan, "P1-P3").late


def within(problem: RepairProblem, minutes: int) -> RepairProblem:
    """Return the same problem, counted up to an early horizon, so that jobs are late."""
    return build_problem(problem.system, problem.shock, horizon_minutes=minutes)


def test_a_crew_busy_with_another_job_binds() -> None:
    plan = judged(within(two_lines(), 90), {"sparks": ["P1-P2", "P1-P3"]})
    assert late_bindings(plan, "P1-P3") == [Binding("busy", ("P1-P2",), minute=60)]


def test_a_crew_that_comes_late_binds() -> None:
    problem = within(two_lines(crews={"sparks": {"skills": "power", "available_from_minute": 500}}), 520)
    plan = judged(problem, {"sparks": ["P1-P2", "P1-P3"]})
    assert late_bindings(plan, "P1-P2") == [
        Binding("arrives", ("sparks",), 500, 500),
        Binding("work", (), 60),
    ]


def test_a_night_off_duty_binds() -> None:
    """On duty for 90 of 600 minutes: P1-P3 from 60 to 90 and, 510 minutes later, from 600 to 630."""
    problem = within(two_lines(shifts={"sparks": [(0, 90, 600)]}), 600)
    plan = judged(problem, {"sparks": ["P1-P2", "P1-P3"]})
    assert late_bindings(plan, "P1-P3")[0] == Binding("shift", ("sparks",), 510)


def test_a_road_that_is_not_open_binds() -> None:
    """Sparks could leave at 0; A-B is open from 72 on."""
    plan = judged(within(road_to_p2(), 120), {"diggers": ["A-B"], "sparks": ["P2"]})
    assert late_bindings(plan, "P2")[0] == Binding("road", ("A-B",), 72, 72)


def test_a_skill_that_only_one_crew_has_binds_while_another_is_idle() -> None:
    problem = within(two_lines(crews={"sparks": "power", "pipes": "water"}), 90)
    plan = judged(problem, {"sparks": ["P1-P2", "P1-P3"]})
    assert late_bindings(plan, "P1-P3") == [
        Binding("skill", ("power", "sparks")),
        Binding("busy", ("P1-P2",), minute=60),
    ]


def test_a_wait_that_the_plan_asks_for_binds() -> None:
    """Free from 60 on, sparks leaves at 80 and begins at 85: 25 minutes in all."""
    problem = within(two_lines(), 90)
    visits = (Visit("sparks", "P1-P2", 0, 0, 0, 60), Visit("sparks", "P1-P3", 80, 80, 85, 145))
    plan = evaluate(problem, Plan(visits))
    assert late_bindings(plan, "P1-P3")[0] == Binding("waits", ("sparks",), 25)


def test_every_visit_has_a_reason_for_not_being_earlier() -> None:
    plan = judged(two_lines(), {"sparks": ["P1-P2", "P1-P3"]})
    for visit in plan.plan.visits:
        assert binding_of_visit(plan, visit, is_for_nothing=False)


def test_the_kinds_of_reasons_are_those_of_the_tables() -> None:
    assert set(LATE) < set(KINDS)
    assert set(UNDONE) - {"nobody_can"} < set(KINDS)


def undone(evaluation: Evaluation, job: str) -> UndoneExplained:
    explained = explain_job(evaluation, job)
    assert isinstance(explained, UndoneExplained)
    return explained


def test_a_job_nobody_has_the_skill_for_says_which() -> None:
    problem = two_lines(damage={"P1-P2": 60, "P1-P3": {"repair_minutes": 60, "skill": "diver"}})
    explained = undone(judged(problem, {"sparks": ["P1-P2"]}), "P1-P3")
    assert explained == UndoneExplained("P1-P3", Binding("no_skill", ("diver",)), 0, None)


def test_a_job_behind_a_road_nobody_can_mend_names_the_road() -> None:
    problem = road_to_p2(crews={"sparks": "power"})
    plan = judged(problem, {})
    assert undone(plan, "P2").because == Binding("cut_off", ("A-B",))
    assert undone(plan, "A-B").because == Binding("no_skill", ("road",))
    assert [job for job, _ in explain_plan(plan).undone] == ["A-B", "P2"]


def test_a_job_left_out_says_what_doing_it_would_bring() -> None:
    """After P1-P2, P1-P3 is done at 120: its 10 people have 22 hours of the day. Before it: 23, but 30 lose one."""
    explained = undone(judged(two_lines(), {"sparks": ["P1-P2"]}), "P1-P3")
    assert explained.because == Binding("left_out")
    assert explained.best_place == Place("sparks", 2, "", 120, hours(-220))


def test_a_job_left_out_that_serves_nobody_gains_nothing() -> None:
    problem = two_lines(people={"P2": 30})
    explained = undone(judged(problem, {"sparks": ["P1-P2"]}), "P1-P3")
    assert explained.because == Binding("nothing_gained")
    assert explained.best_place == Place("sparks", 2, "", 120, hours(0))
