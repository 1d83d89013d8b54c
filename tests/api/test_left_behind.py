"""Who is out at most and who for good, in a town where power and water can wait for each other."""

from worlds import town

from api.left_behind import most_out, people_still_out, saved_people, stuck_people
from lifeline import Shock, build_problem, evaluate, schedule


def town_with_a_loop(*, repair_minutes):
    """W1, broken, feeds W2; P2 lasts an hour without W2 and W1 needs P2. 10 have power from P2, 7 water from W2."""
    return town(
        power="P1*-P2 P1-P3",
        water="W1*-W2",
        dependencies=[("P2", "W2", "cooling", 60), ("W1", "P2")],
        people={"P2": 10, "W2": 7, "P3": 4},
        places=dict.fromkeys(("P1", "P2", "P3", "W1", "W2"), (0.0, 0.0)),
        crews={"c": "water"},
        damage={"W1": repair_minutes, "P3": 60},
    )


def judged(system, sequences):
    problem = build_problem(system, Shock.from_table(system, system.damage))
    return evaluate(problem, schedule(problem, sequences))


def test_a_repair_in_time_saves_those_who_would_be_stuck():
    evaluation = judged(town_with_a_loop(repair_minutes=60), {"c": ["W1"]})
    assert saved_people(evaluation) == {"power": 10, "water": 7}
    assert stuck_people(evaluation) == {}
    assert most_out(evaluation, "power") == 4


def test_a_repair_a_minute_too_late_leaves_them_stuck():
    evaluation = judged(town_with_a_loop(repair_minutes=61), {"c": ["W1"]})
    assert stuck_people(evaluation) == {"power": 10, "water": 7}
    assert saved_people(evaluation) == {}
    assert most_out(evaluation, "power") == 14
    assert most_out(evaluation) == 21


def test_people_behind_a_job_that_nobody_does_are_no_part_of_the_stuck():
    evaluation = judged(town_with_a_loop(repair_minutes=60), {"c": ["W1"]})
    assert people_still_out(evaluation) == {"power": 4}
