"""What has happened by now, and the problem from now on, on a street worked out by hand.

Crew red starts at the source and repairs P1-P2 (60 minutes), P2-P3 (60) and P3-P4 (60), one after the other; all stand
on the same spot, so nobody drives: 0-60, 60-120, 120-180. Each repair brings ten people back.
"""

import pytest
from worlds import town

from lifeline import InvalidInput, Shock, build_problem, evaluate, schedule
from lifeline.carry_on import UNTIL_FURTHER_NEWS, carry_on, with_found
from lifeline.news import News, Update, updates_from_table
from lifeline.plan import Visit

SPOT = (0.0, 0.0)


def street(crews=None, damage=None, dependencies=()):
    system = town(
        power="P1*-P2-P3-P4-P5",
        people={"P2": 10, "P3": 10, "P4": 10, "P5": 10},
        places=dict.fromkeys(("P1", "P2", "P3", "P4", "P5"), SPOT),
        crews=crews or {"red": "power"},
        damage=damage or {"P1-P2": 60, "P2-P3": 60, "P3-P4": 60},
        dependencies=dependencies,
    )
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=1440)


def times(problem, plan, *updates, now):
    """Return start and finish of the visits that are facts, by job."""
    found = carry_on(problem, plan, News(now, updates)).problem
    return {visit.job: (visit.start, visit.finish) for visit in found.history}


@pytest.fixture
def problem():
    return street()


@pytest.fixture
def plan(problem):
    return schedule(problem, {"red": ["P1-P2", "P2-P3", "P3-P4"]})


def test_without_news_what_was_to_begin_has_begun_as_planned(problem, plan):
    """At 60 the second job would begin only now: it may still be given to somebody else."""
    assert times(problem, plan, now=0) == {}
    assert times(problem, plan, now=60) == {"P1-P2": (0, 60)}
    assert times(problem, plan, now=61) == {"P1-P2": (0, 60), "P2-P3": (60, 120)}
    assert carry_on(problem, plan, News(61)).is_quiet


def test_a_job_under_way_that_takes_longer_ends_later_and_nobody_goes_on_before(problem, plan):
    """Three times 60 minutes from 0 on: 180. At 100 the second job, planned for 60, cannot have begun."""
    late = Update(100, "takes", "P1-P2", minutes=180)
    assert times(problem, plan, late, now=100) == {"P1-P2": (0, 180)}
    found = carry_on(problem, plan, News(100, (late,)))
    assert found.sequences == {"red": ["P2-P3", "P3-P4"]}
    assert not found.is_quiet


def test_a_crew_that_was_late_is_taken_to_have_gone_straight_on(problem, plan):
    """Done at 70 in place of 60: by 75 the second job has begun at 70, and is expected at 130."""
    late = Update(70, "done", "P1-P2")
    assert times(problem, plan, late, now=75) == {"P1-P2": (0, 70), "P2-P3": (70, 130)}


def test_minutes_left_count_from_the_report(problem, plan):
    """45 minutes left at 30: done at 75, whether asked at 30 or at 50."""
    left = Update(30, "left", "P1-P2", minutes=45)
    assert times(problem, plan, left, now=30) == {"P1-P2": (0, 75)}
    assert times(problem, plan, left, now=50) == {"P1-P2": (0, 75)}


def test_news_that_is_not_reported_yet_is_not_known(problem, plan):
    assert times(problem, plan, Update(50, "takes", "P1-P2", minutes=180), now=49) == {"P1-P2": (0, 60)}


def test_the_later_of_two_reports_counts(problem, plan):
    first, second = Update(10, "takes", "P1-P2", minutes=180), Update(20, "takes", "P1-P2", minutes=90)
    assert times(problem, plan, second, first, now=30) == {"P1-P2": (0, 90)}


def test_what_is_found_broken_becomes_a_job(problem, plan):
    found = carry_on(problem, plan, News(61, (Update(61, "found", "P4-P5", minutes=30),))).problem
    assert [job.id for job in found.to_do] == ["P3-P4", "P4-P5"]
    assert found.job("P4-P5").repair_minutes == 30


def test_what_turns_out_to_be_whole_is_no_job_and_was_never_broken(problem, plan):
    """Without P3-P4 the ten people of P4, and those of P5 behind, wait for 120 minutes, as those of P3 do."""
    found = carry_on(problem, plan, News(10, (Update(10, "not_broken", "P3-P4"),)))
    assert [job.id for job in found.problem.to_do] == ["P2-P3"]
    rest = schedule(found.problem, found.sequences)
    assert evaluate(found.problem, rest).person_minutes == 10 * 60 + 3 * 10 * 120


def test_work_begun_on_what_is_whole_ends_with_the_report_and_mends_nothing(problem, plan):
    """At 80 the crew, at work on P2-P3 since 60, reports that it is whole: P3 came on with P2 at 60."""
    whole = Update(80, "not_broken", "P2-P3")
    assert times(problem, plan, whole, now=80) == {"P1-P2": (0, 60), "P2-P3": (60, 80)}
    found = carry_on(problem, plan, News(80, (whole,)))
    rest = schedule(found.problem, found.sequences)
    assert [(visit.job, visit.start) for visit in rest.visits] == [("P1-P2", 0), ("P2-P3", 60), ("P3-P4", 80)]
    assert evaluate(found.problem, rest).person_minutes == 2 * 10 * 60 + 2 * 10 * 140


def test_a_blocked_job_waits_for_its_minute_or_for_further_news(problem, plan):
    until = Update(10, "blocked", "P2-P3", minute=500)
    found = carry_on(problem, plan, News(10, (until,)))
    assert [visit.start for visit in schedule(found.problem, found.sequences).visits] == [0, 500, 560]
    stuck = carry_on(problem, plan, News(10, (Update(10, "blocked", "P2-P3"),))).problem
    assert stuck.unassignable == {"P2-P3": UNTIL_FURTHER_NEWS}
    free = carry_on(
        problem, plan, News(20, (Update(10, "blocked", "P2-P3"), Update(15, "free", "P2-P3")))
    ).problem
    assert not free.unassignable
    assert free.locks == problem.locks


def test_a_crew_that_goes_leaves_what_it_has_begun(problem):
    both = street(crews={"blue": "power", "red": "power"})
    plan = schedule(both, {"red": ["P1-P2", "P2-P3"], "blue": ["P3-P4"]})
    found = carry_on(both, plan, News(30, (Update(30, "gone", crew="red"),))).problem
    assert [visit.job for visit in found.history] == ["P3-P4"]
    assert [job.id for job in found.to_do] == ["P1-P2", "P2-P3"]
    assert found.can_do[found.crew_index["blue"]].sum() == 2
    assert not found.can_do[found.crew_index["red"]].any()


def test_a_crew_that_comes_late_is_sent_later(problem, plan):
    found = carry_on(problem, plan, News(0, (Update(0, "late", crew="red", minute=200),)))
    assert [visit.start for visit in schedule(found.problem, found.sequences).visits] == [200, 260, 320]


def test_a_crew_may_begin_what_the_plan_gave_to_another():
    """Red and blue stand on the spot; blue began P2-P3, red's second job, at 10: 10 to 70."""
    both = street(crews={"blue": "power", "red": "power"})
    plan = schedule(both, {"red": ["P1-P2", "P2-P3"], "blue": ["P3-P4"]})
    started = (Update(10, "started", "P2-P3", crew="blue", minute=10), Update(10, "blocked", "P3-P4"))
    found = carry_on(both, plan, News(20, started)).problem
    assert Visit("blue", "P2-P3", 10, 10, 10, 70) in found.history
    assert "P3-P4" in found.unassignable


def test_a_rhythm_of_work_and_rest_goes_on_from_when_the_crew_came():
    """An hour of work, an hour of rest from minute 0 on: 0-60, 120-180, 240-300, whenever the plan is made anew."""
    problem = street(
        crews={"red": {"skills": "power", "longest_stretch_minutes": 60, "least_rest_minutes": 60}}
    )
    plan = schedule(problem, {"red": ["P1-P2", "P2-P3", "P3-P4"]})
    assert [visit.start for visit in plan.visits] == [0, 120, 240]
    found = carry_on(problem, plan, News(90))
    assert schedule(found.problem, found.sequences).visits == plan.visits


def test_all_rows_that_say_too_little_are_named_at_once():
    rows = [
        {"minute_reported": 5, "what": "takes", "job": "a"},
        {"minute_reported": 5, "what": "gone"},
        {"minute_reported": 5, "what": "done", "job": "a", "minute": 9},
        {"minute_reported": 5, "what": "vanished", "job": "a"},
    ]
    with pytest.raises(InvalidInput) as refused:
        updates_from_table(rows)
    assert [(problem.row, problem.column) for problem in refused.value.problems] == [
        (2, "minutes"),
        (3, "crew"),
        (4, "minute"),
        (5, "what"),
    ]


def test_news_about_what_is_not_there_is_refused_with_a_guess(problem, plan):
    strange = (
        Update(1, "done", "P1-P9", row=2),
        Update(1, "gone", crew="rad", row=3),
        Update(1, "found", "Q", row=4),
    )
    with pytest.raises(InvalidInput) as refused:
        carry_on(problem, plan, News(10, strange))
    assert [problem.row for problem in refused.value.problems] == [2, 3, 4]
    assert "Did you mean 'red'?" in str(refused.value)


def test_a_plan_with_found_damage_wants_the_whole_log(problem):
    news = News(0, (Update(0, "found", "P4-P5", minutes=30),))
    plan = schedule(with_found(problem, news), {"red": ["P1-P2", "P2-P3", "P3-P4", "P4-P5"]})
    with pytest.raises(InvalidInput, match="whole log"):
        carry_on(problem, plan, News(10))
    assert len(carry_on(problem, plan, News(10, news.updates)).problem.jobs) == 4
