"""Why a job is done when it is, in small plans worked out by hand."""

from worlds import town

from api.reasons import Reasons
from api.wording import Clock
from lifeline import Shock, build_problem, evaluate, schedule


def reasons(system, sequences):
    problem = build_problem(system, Shock.from_table(system, system.damage))
    evaluation = evaluate(problem, schedule(problem, sequences))
    why = Reasons(evaluation, Clock(system.settings, evaluation.finish_minute))
    return {visit.job: why.of(visit) for visit in evaluation.plan.visits}


def here(*names):
    return dict.fromkeys(names, (0.0, 0.0))


def test_a_job_that_brings_people_back_says_how_many_of_which_service():
    """P2 carries its own 5 people and the pump of 9 others."""
    system = town(
        power="P1*-P2",
        water="W1*",
        dependencies=[("W1", "P2")],
        people={"P2": 5, "W1": 9},
        crews={"c": "power"},
        damage={"P2": 60},
    )
    assert reasons(system, {"c": ["P2"]}) == {"P2": "brings back water for 9 people, power for 5"}


def test_a_job_that_another_one_waits_for_names_it_with_its_people_and_time():
    """The line is mended in the first hour, but only with the substation after two are its 5 people back."""
    system = town(
        power="P1*-P2",
        people={"P2": 5},
        places=here("P1", "P2"),
        crews={"c": "power"},
        damage={"P1-P2": 60, "P2": 60},
    )
    why = reasons(system, {"c": ["P1-P2", "P2"]})
    assert why["P1-P2"] == "needed before P2, which brings back 5 people at Thu 02:00"
    assert why["P2"] == "brings back power for 5 people"


def test_several_jobs_that_wait_are_counted():
    system = town(
        power="P1*-P2-P3 P2-P4",
        people={"P3": 5, "P4": 1},
        places=here("P1", "P2", "P3", "P4"),
        crews={"c": "power"},
        damage={"P2": 60, "P3": 60, "P4": 60},
    )
    why = reasons(system, {"c": ["P2", "P3", "P4"]})
    assert why["P2"] == "needed before P3, which brings back 5 people at Thu 02:00, and 1 more job"


def test_a_road_names_the_drive_that_it_makes_possible():
    system = town(
        road="A-B",
        power="P1*-P2",
        people={"P2": 5},
        places={"A": (0.0, 0.0), "B": (0.1, 0.0), "P1": (0.0, 0.0), "P2": (0.1, 0.0)},
        crews={"diggers": "road", "sparks": "power"},
        damage={"A-B": 60, "P2": 60},
    )
    why = reasons(system, {"diggers": ["A-B"], "sparks": ["P2"]})
    assert why["A-B"] == "opens the only way to P2 for sparks"


def test_a_road_names_the_drive_that_it_makes_shorter():
    """A to B is 0.1 degrees of equator: 11.12 km, at 30 km/h 23 minutes; by way of C it is twice as far."""
    system = town(
        road="A-B A-C C-B",
        power="P1*-P2 P1-P3",
        people={"P2": 5, "P3": 5},
        places={
            "A": (0.0, 0.0),
            "B": (0.1, 0.0),
            "C": (0.05, 0.0866),
            "P1": (0.0, 0.0),
            "P2": (0.1, 0.0),
            "P3": (0.0, 0.0),
        },
        crews={"diggers": "road", "sparks": "power"},
        damage={"A-B": 60, "P2": 60, "P3": 120},
    )
    why = reasons(system, {"diggers": ["A-B"], "sparks": ["P3", "P2"]})
    assert why["A-B"] == "shortens the way to P2 for sparks by 22 min"


def test_a_road_that_people_use_and_a_crew_has_to_take_is_there_for_both():
    """B's 7 people reach the hub A again, and sparks can drive to P2 beside them."""
    system = town(
        road="A*-B",
        power="P1*-P2",
        people={"P2": 5, "B": 7},
        places={"A": (0.0, 0.0), "B": (0.1, 0.0), "P1": (0.0, 0.0), "P2": (0.1, 0.0)},
        crews={"diggers": "road", "sparks": "power"},
        damage={"A-B": 60, "P2": 60},
    )
    why = reasons(system, {"diggers": ["A-B"], "sparks": ["P2"]})
    assert why["A-B"] == "brings back road for 7 people; opens the only way to P2 for sparks"
    assert why["P2"] == "brings back power for 5 people"


def test_a_road_that_another_road_waits_for_names_that_and_the_drive():
    """A-B is mended first: with B-C after it C's 7 people reach the hub, and sparks can drive to P2 at B at once."""
    system = town(
        road="A*-B-C",
        power="P1*-P2",
        people={"P2": 5, "C": 7},
        places={"A": (0.0, 0.0), "B": (0.1, 0.0), "C": (0.2, 0.0), "P1": (0.0, 0.0), "P2": (0.1, 0.0)},
        crews={"diggers": "road", "sparks": "power"},
        damage={"A-B": 60, "B-C": 60, "P2": 60},
    )
    why = reasons(system, {"diggers": ["A-B", "B-C"], "sparks": ["P2"]})
    first, second = why["A-B"].split("; ")
    assert first.startswith("needed before B-C, which brings back 7 people")
    assert second == "opens the only way to P2 for sparks"


def test_a_job_that_keeps_a_service_up_says_what_would_be_lost():
    """W1 runs on for 2 hours without P2; mended after one, nobody ever notices - without it 9 people would."""
    system = town(
        power="P1*-P2",
        water="W1*",
        dependencies=[("W1", "P2", "mains", 120)],
        people={"W1": 9},
        places=here("P1", "P2", "W1"),
        crews={"c": "power"},
        damage={"P2": 60},
    )
    problem = build_problem(system, Shock.from_table(system, system.damage))
    lost = 9 * (problem.horizon_minutes - 120) // 60
    assert (
        reasons(system, {"c": ["P2"]})["P2"] == f"keeps {lost} person-hours of service from being lost later"
    )


def test_a_job_for_nobody_says_so():
    system = town(power="P1*-P2", people={"P1": 5}, crews={"c": "power"}, damage={"P2": 60})
    assert reasons(system, {"c": ["P2"]}) == {"P2": "brings nobody back"}


def test_of_a_whole_plan_only_the_first_jobs_are_explained_by_leaving_them_out(monkeypatch):
    """Of three jobs for nobody only the first is replayed; the last one brings people back, which needs none."""
    monkeypatch.setattr("lifeline.purpose.MOST_REPLAYS", 1)
    system = town(
        power="P1*-P2-P3 P1-P4",
        people={"P4": 5},
        places=here("P1", "P2", "P3", "P4"),
        crews={"c": "power"},
        damage={"P2": 60, "P3": 60, "P4": 60},
    )
    problem = build_problem(system, Shock.from_table(system, system.damage))
    evaluation = evaluate(problem, schedule(problem, {"c": ["P2", "P3", "P4"]}))
    assert Reasons(evaluation, Clock(system.settings)).of_all() == {
        "P2": "brings nobody back",
        "P4": "brings back power for 5 people",
    }
