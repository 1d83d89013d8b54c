"""The picture of three towns minute by minute, by hand: see the scenario's README for who is dark from when to when."""

import pytest
from incident_worlds import incident, update

from api.incidents.cascade_now import cascade
from api.incidents.picture import picture, thinned
from api.incidents.picture_answers import CascadeNow, Picture


def drawn(folder, **more):
    told = picture(incident(folder, **more), lambda _: None)
    Picture.model_validate(told)
    return told


def states(told):
    return {row["component"]: row["state"] for row in told["components"]}


def people(told):
    return {
        (row["service"], row["district"]): row["persons_without"]
        for row in told["people"]
        if row["persons_without"]
    }


def crews(told):
    return {
        row["crew"]: (row["doing"], row["job"], row["at_job"], row["until_minute"]) for row in told["crews"]
    }


def test_at_first_all_are_on_their_way_and_two_towns_are_dark(tmp_path):
    told = drawn(tmp_path, now=30, at=5)
    assert not told["is_promise"]
    assert told["at_clock"] == "2026-03-02T06:05:00+00:00"
    assert states(told) == {
        "line-ash-brook": "broken",
        "cliff-substation": "broken",
        "main-brook-cliff": "broken",
        "brook-substation": "dark",
        "brook-pump": "dark",
        "line-brook-cliff": "dark",
        "cliff-tank": "dark",
    }
    assert people(told) == {
        ("power", "Brook"): 2000,
        ("power", "Cliff"): 1000,
        ("water", "Brook"): 2000,
        ("water", "Cliff"): 1000,
    }
    assert crews(told) == {
        "blue": ("driving", "main-brook-cliff", None, 10),
        "red": ("driving", "line-ash-brook", None, 30),
    }
    mast = {"component": "cliff-mast", "group": "mains", "left_minutes": 115, "ends_minute": 120}
    assert told["buffers"] == [mast]


def test_in_the_future_it_is_as_the_plan_promises(tmp_path):
    """At 130 Brook has all, Cliff has water since 120 and, its battery empty since then, no telecom."""
    told = drawn(tmp_path, now=30, at=130)
    assert told["is_promise"]
    assert states(told) == {
        "line-ash-brook": "repaired",
        "main-brook-cliff": "repaired",
        "cliff-substation": "under_repair",
        "cliff-mast": "dark",
    }
    assert people(told) == {("power", "Cliff"): 1000, ("telecom", "Cliff"): 1000}
    assert crews(told) == {
        "blue": ("idle", None, "main-brook-cliff", None),
        "red": ("working", "cliff-substation", "cliff-substation", 240),
    }
    curves = {row["service"]: row["points"] for row in told["curve"]}
    assert curves == {
        "power": [[0, 3000], [60, 1000], [240, 0]],
        "telecom": [[0, 0], [120, 1000], [240, 0]],
        "water": [[0, 3000], [60, 1000], [120, 0]],
    }


def test_the_battery_that_is_charged_lasts_longer(tmp_path):
    """Charged at 100, it lasts until 220: at 130 it has 90 minutes left and Cliff its telecom."""
    charged = update(1, "buffer_refilled", 100, component="cliff-mast")
    told = drawn(tmp_path, now=105, at=130, updates=[charged])
    assert [row["left_minutes"] for row in told["buffers"]] == [90]
    assert people(told) == {("power", "Cliff"): 1000}


def test_news_changes_what_is_to_come(tmp_path):
    """The line is expected to take 100 minutes in place of 30: done at 130, so Brook is dark at 100."""
    longer = update(1, "job_takes", 40, job="line-ash-brook", minutes=100)
    told = drawn(tmp_path, now=45, at=100, updates=[longer])
    assert people(told)[("power", "Brook")] == 2000
    assert crews(told)["red"] == ("working", "line-ash-brook", "line-ash-brook", 130)


def test_a_crew_that_has_left_is_off_duty(tmp_path):
    gone = update(1, "crew_off_duty", 20, crew="blue")
    told = drawn(tmp_path, now=25, updates=[gone])
    assert {row["crew"]: row["on_duty"] for row in told["crews"]} == {"blue": False, "red": True}
    assert [row["job"] for row in told["unassignable"]] == ["main-brook-cliff"]


def test_without_a_plan_nothing_more_happens(tmp_path):
    told = drawn(tmp_path, plan=None, now=10, at=1000)
    assert people(told)[("telecom", "Cliff")] == 1000
    assert {row["doing"] for row in told["crews"]} == {"idle"}


def test_all_components_are_told_of_when_asked(tmp_path):
    told = drawn(tmp_path, now=30, at=300, all_components=True)
    assert len(told["components"]) == 9
    assert {row["works"] for row in told["components"]} == {True}
    assert sum(row["components"] for row in told["counts"]) == 9


@pytest.mark.parametrize("count", [10, 400, 401, 5000])
def test_a_thinned_curve_keeps_its_ends_and_its_highest_point(count):
    points = [[minute, 7 if minute == 3 else minute % 5] for minute in range(count)]
    kept = list(thinned(points))
    assert len(kept) <= 400
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert [3, 7] in kept
    assert kept == sorted(kept)


def chains(told):
    return {row["component"]: [step["component"] for step in row["chain"]] for row in told["dark"]}


def test_who_is_dark_because_of_what(tmp_path):
    told = cascade(incident(tmp_path, now=30), lambda _: None)
    CascadeNow.model_validate(told)
    assert chains(told) == {
        "brook-substation": ["brook-substation", "line-ash-brook"],
        "brook-pump": ["brook-pump", "brook-substation", "line-ash-brook"],
        "cliff-substation": ["cliff-substation"],
        "cliff-tank": ["cliff-tank", "main-brook-cliff"],
    }
    assert told["causes"] == [
        {"broken": "line-ash-brook", "components": 2, "persons": 4000},
        {"broken": "cliff-substation", "components": 1, "persons": 1000},
        {"broken": "main-brook-cliff", "components": 1, "persons": 1000},
    ]
    waves = {row["component"]: (row["minute"], row["wave"], row["cause"]) for row in told["waves"]}
    assert waves["brook-pump"] == (0, 2, "brook-substation")
    assert waves["cliff-mast"][0] == 120


def test_a_cause_that_is_mended_is_none_any_more(tmp_path):
    """At 121 only the substation is broken; the mast, its battery empty, is dark because of it."""
    told = cascade(incident(tmp_path, now=30, at=121), lambda _: None)
    assert chains(told) == {
        "cliff-substation": ["cliff-substation"],
        "cliff-mast": ["cliff-mast", "cliff-substation"],
    }
    assert [row["broken"] for row in told["causes"]] == ["cliff-substation"]


def test_a_job_left_out_says_the_kind_of_reason_too(tmp_path):
    found = update(1, "damage_found", 10, component="cliff-tank", minutes=30, skill="telecom")
    told = picture(incident(tmp_path, updates=[found], now=20), lambda _: None)
    (row,) = told["unassignable"]
    assert (row["job"], row["kind"]) == ("cliff-tank", "no_skill")
    assert "telecom" in row["reason"]
