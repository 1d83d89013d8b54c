"""From an incident to what the planner takes: its clock, its news, and what cannot be used set aside."""

from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from incident_worlds import incident, three_towns, update
from worlds import town

from api.incidents.picture import picture
from api.incidents.picture_answers import Picture
from api.incidents.problem_now import at_clock, situation_of
from api.incidents.subjects import SUBJECT
from lifeline import evaluate
from lifeline.crews import crews_from_tables
from lifeline.system import Settings
from solvers import Budget
from solvers.replan import replan


def test_shifts_keep_their_time_of_day_when_the_incident_begins_at_another(tmp_path):
    """From eight to four, in a system that begins at midnight. At six it is two hours to go; at noon it is on."""
    system = town(
        power="P1*-P2",
        crews={"red": "power"},
        shifts={"red": [(480, 960)]},
        settings=Settings(start="2026-03-02T00:00:00+00:00"),
    )

    def windows(clock):
        moved = at_clock(system, datetime.fromisoformat(clock))
        (crew,) = crews_from_tables(moved.crews, moved.shifts, moved.crew_speeds)
        return crew.windows

    assert windows("2026-03-05T06:00:00+00:00") == ((120, 600),)
    assert windows("2026-03-05T12:00:00+00:00") == ((0, 240), (1200, 1440))
    assert windows("2026-03-05T14:00:00+08:00") == ((120, 600),)
    assert at_clock(system, datetime.fromisoformat("2026-03-02T00:00:00+00:00")) is system


def test_a_weekly_shift_keeps_its_day():
    """Monday 2 March from eight on, every week; from Wednesday 4 March it is five days and eight hours to the next."""
    system = town(
        power="P1*-P2",
        crews={"red": "power"},
        shifts={"red": [(480, 960, 10080)]},
        settings=Settings(start="2026-03-02T00:00:00+00:00"),
    )
    moved = at_clock(system, datetime.fromisoformat("2026-03-04T00:00:00+00:00"))
    assert moved.shifts["start_minute"].tolist() == [5 * 1440 + 480]


def test_updates_become_news_in_the_order_in_which_they_happened(tmp_path):
    """The line takes till 90, so the substation till 270.

    Brook 2,000 x (1.5 + 1.5), Cliff power and telecom 1,000 x (4.5 + 2.5), its water at 120: 6,000 + 7,000 + 2,000 =
    15,000.
    """
    updates = [
        update(2, "job_finished", 90, job="line-ash-brook"),
        update(1, "job_takes", 40, job="line-ash-brook", minutes=45),
    ]
    view = situation_of(incident(tmp_path, now=95, updates=updates))
    assert [known.what for known in view.news.known] == ["takes", "done"]
    assert view.set_aside == ()
    found = replan(view.problem, view.plan, view.news, budget=Budget(evaluations=50))
    finish = {visit.job: visit.finish for visit in found.plan.visits}
    assert finish == {"line-ash-brook": 90, "main-brook-cliff": 120, "cliff-substation": 270}
    assert evaluate(found.problem, found.plan).person_hours == 15_000


def test_what_cannot_be_used_is_set_aside_and_stands_in_nobodys_way(tmp_path):
    updates = [
        update(1, "job_started", 10, job="line-9"),
        update(2, "crew_off_duty", 10, crew="green"),
        update(3, "road_closed", 10, link="line-ash-brook"),
        update(4, "buffer_refilled", 10, component="brook-pump"),
        update(5, "job_finished", 20, job="main-brook-cliff"),
    ]
    view = situation_of(incident(tmp_path, now=30, updates=updates))
    assert [row.what for row in view.set_aside] == ["u1", "u2", "u3", "u4"]
    assert "'line-9' is not damaged" in view.set_aside[0].why
    assert [known.note for known in view.news.known] == ["u5"]


def test_a_job_that_nobody_knows_who_did_is_counted_for_a_crew_that_could(tmp_path):
    updates = [
        update(1, "damage_found", 5, component="line-brook-cliff", minutes=20),
        update(2, "job_finished", 50, job="line-brook-cliff"),
    ]
    view = situation_of(incident(tmp_path, now=60, updates=updates, plan=None))
    assert view.supposed == {"line-brook-cliff": "red"}


def test_a_plan_for_damage_that_was_found_and_ruled_out_again_goes_on_without_it(tmp_path):
    found = update(1, "damage_found", 5, component="line-brook-cliff", minutes=20)
    view = situation_of(incident(tmp_path, now=10, updates=[found]))
    plan = replan(view.problem, view.plan, view.news, budget=Budget(evaluations=50)).plan
    assert "line-brook-cliff" in {visit.job for visit in plan.visits}
    whole = update(2, "damage_ruled_out", 20, component="line-brook-cliff")
    view = situation_of(incident(tmp_path, now=25, updates=[found, whole], plan=plan.to_json()))
    again = replan(view.problem, view.plan, view.news, budget=Budget(evaluations=50)).plan
    assert {visit.job for visit in again.visits} == {"line-ash-brook", "main-brook-cliff", "cliff-substation"}


def test_the_horizon_is_never_nearly_over(tmp_path):
    """A day for three jobs; from noon on two, from the next morning on three."""
    horizons = [
        situation_of(incident(tmp_path, now=now)).problem.horizon_minutes for now in (0, 719, 720, 1440)
    ]
    assert horizons == [1440, 1440, 2880, 4320]


def test_tables_and_settings_of_the_incident_take_the_place_of_the_systems(tmp_path):
    tables = {
        "damage": [{"component": "line-ash-brook", "repair_minutes": 45}],
        "crews": [{"id": "green", "skills": "power", "longitude": 20.0, "latitude": 47.0}],
    }
    settings_ = {"fairness_permille": 500}
    view = situation_of(incident(tmp_path, plan=None, tables=tables, settings=settings_))
    assert [job.repair_minutes for job in view.problem.jobs] == [45]
    assert list(view.problem.crew_index) == ["green"]
    assert view.problem.system.settings.fairness_permille == 500


JOBS = ["line-ash-brook", "cliff-substation", "main-brook-cliff", "line-brook-cliff", "no-such"]
SUBJECTS = {
    "job": JOBS,
    "component": [*JOBS, "cliff-mast", "brook-pump"],
    "crew": ["red", "blue", "no-such"],
    "link": ["line-brook-cliff"],
}


@st.composite
def field_updates(draw):
    """Draw updates as a careless field would send them: contradictory, in any order, about anything."""
    updates = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(sorted(SUBJECT)))
        about = SUBJECT[kind][1]
        more = {about: draw(st.sampled_from(SUBJECTS[about]))}
        if kind in ("job_takes", "job_left"):
            more["minutes"] = draw(st.integers(1, 300))
        if kind in ("job_started", "job_finished"):
            more["crew"] = draw(st.sampled_from(["", "red", "blue"]))
        updates.append(update(number, kind, draw(st.integers(0, 300)), **more))
    return updates


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field_updates(), st.integers(0, 400), st.integers(0, 500), st.booleans())
def test_no_report_however_odd_stands_in_the_way_of_a_picture(tmp_path, updates, now, at, has_plan):
    argument = incident(tmp_path, updates=updates, now=now, at=at)
    if not has_plan:
        argument["plan"] = None
    told = picture(argument, lambda _: None)
    Picture.model_validate(told)
    without = {row["service"]: 0 for row in told["people"]}
    for row in told["people"]:
        without[row["service"]] += row["persons_without"]
    for curve in told["curve"]:
        assert [persons for minute, persons in curve["points"] if minute <= at][-1] == without[
            curve["service"]
        ]
    assert set(three_towns().crews["id"]) == {row["crew"] for row in told["crews"]}
