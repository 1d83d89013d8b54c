"""The timeline says at every minute what the picture says of that minute; and three towns' figures, by hand."""

import pytest
from incident_worlds import incident, update

from api.incidents.picture import picture
from api.incidents.timeline import timeline
from api.incidents.timeline_answers import Timeline


def drawn(folder, **more):
    told = timeline(incident(folder, **more), lambda _: None)
    Timeline.model_validate(told)
    return told


def at(points, minute):
    return [value for since, value in points if since <= minute][-1]


def states_at(told, minute):
    states = list(told["components"]["state"])
    changes = told["changes"]
    for since, component, state in zip(
        changes["minute"], changes["component"], changes["state"], strict=True
    ):
        if since <= minute:
            states[component] = state
    return dict(zip(told["components"]["id"], (told["states"][state] for state in states), strict=True))


NEWS = {
    "quiet": [],
    "longer": [update(1, "job_takes", 40, job="line-ash-brook", minutes=100)],
    "ruled out": [update(1, "damage_ruled_out", 40, component="main-brook-cliff")],
    "found": [update(1, "damage_found", 40, component="cliff-tank", minutes=50, skill="water")],
}


@pytest.mark.parametrize("news", NEWS)
@pytest.mark.parametrize("plan", ["best", None])
def test_it_says_what_the_picture_says_at_every_minute(tmp_path, news, plan):
    more = {"updates": NEWS[news], "now": 45, **({} if plan else {"plan": None})}
    told = drawn(tmp_path, **more)
    minutes = {0, 45, told["end_minute"], *told["changes"]["minute"]}
    for minute in sorted(minutes | {minute - 1 for minute in minutes if minute}):
        shown = picture(incident(tmp_path, at=minute, all_components=True, **more), lambda _: None)
        assert states_at(told, minute) == {row["component"]: row["state"] for row in shown["components"]}
        people = {
            (row["service"], district["district"]): at(row["points"], minute)
            for district in told["districts"]
            for row in district["services"]
        }
        assert people == {
            (row["service"], row["district"]): row["persons_without"]
            for row in shown["people"]
            if row["persons"]
        }


def test_a_person_who_lacks_two_services_is_out_once(tmp_path):
    """Brook (2,000) is back at 60; Cliff (1,000) lacks power, then telecom too, until 240."""
    told = drawn(tmp_path, now=30)
    out = {row["district"]: row["points"] for row in told["districts"]}
    assert out["Brook"] == [[0, 2000], [60, 0]]
    assert out["Cliff"] == [[0, 1000], [240, 0]]
    assert {row["district"]: row["persons"] for row in told["districts"]}["Cliff"] == 1000


def test_curves_add_the_districts_up(tmp_path):
    told = drawn(tmp_path, now=30)
    assert {row["service"]: row["points"] for row in told["curves"]} == {
        "power": [[0, 3000], [60, 1000], [240, 0]],
        "telecom": [[0, 0], [120, 1000], [240, 0]],
        "water": [[0, 3000], [60, 1000], [120, 0]],
    }


def test_the_slider_ends_a_little_after_the_last_change(tmp_path):
    """The last repair is done at 240; two hundredths more is past 4 h, so it ends at 5 h."""
    told = drawn(tmp_path, now=30)
    assert (told["last_change_minute"], told["end_minute"]) == (240, 300)


def test_crews_come_with_their_visits_and_where_these_are(tmp_path):
    told = drawn(tmp_path, now=30)
    red = next(row for row in told["crews"] if row["crew"] == "red")
    assert [(visit["job"], visit["arrive"], visit["finish"]) for visit in red["visits"]] == [
        ("line-ash-brook", 30, 60),
        ("cliff-substation", 90, 240),
    ]
    assert all(visit["longitude"] is not None for visit in red["visits"])


def test_buffers_that_drain_say_how_long_they_last_and_since_when(tmp_path):
    """The mast's battery lasts two hours; its substation is dark from the shock until 240."""
    told = drawn(tmp_path, now=30)
    (mast,) = told["buffers"]
    assert (mast["component"], mast["minutes"], mast["provided"]) == ("cliff-mast", 120, [[0, 0], [240, 1]])


def test_an_accepted_job_changes_nothing_but_that_its_visit_says_so(tmp_path):
    """Red accepts the line at minute 12; blue accepts red's substation, which is not its own by the plan."""
    accepted = [
        update(1, "job_accepted", 12, job="line-ash-brook", crew="red"),
        update(2, "job_accepted", 13, job="cliff-substation", crew="blue"),
    ]
    told, before = drawn(tmp_path, updates=accepted, now=20), drawn(tmp_path, now=20)
    visits = {visit["job"]: visit for crew in told["crews"] for visit in crew["visits"]}
    assert {job: visit["accepted_minute"] for job, visit in visits.items()} == {
        "line-ash-brook": 12,
        "cliff-substation": None,
        "main-brook-cliff": None,
    }
    visits["line-ash-brook"]["accepted_minute"] = None
    assert told == before


@pytest.mark.parametrize(("minute", "jobs"), [(11, []), (12, ["line-ash-brook"]), (60, [])])
def test_the_picture_tells_what_is_accepted_until_it_is_finished(tmp_path, minute, jobs):
    accepted = [update(1, "job_accepted", 12, job="line-ash-brook")]
    told = picture(incident(tmp_path, updates=accepted, now=20, at=minute), lambda _: None)
    assert [row["job"] for row in told["accepted"]] == jobs
    assert told | {"accepted": []} == picture(incident(tmp_path, now=20, at=minute), lambda _: None)
