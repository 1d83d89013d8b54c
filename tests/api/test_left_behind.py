"""Who is out at most and who for good, in a town where power and water can wait for each other."""

from worlds import town

from api.left_behind import minute_when_back, most_out, people_still_out, saved_people, stuck_people
from lifeline import Shock, build_problem, evaluate, schedule, write_system
from lifeline.evaluation import NOT_BACK


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


def test_people_none_of_whom_counts_are_never_back():
    """All who have water are in the loop; of those with power, P3's four are not."""
    evaluation = judged(town_with_a_loop(repair_minutes=61), {"c": ["W1"]})
    assert evaluation.minute_when_back(0.5, service="water") == 0
    assert minute_when_back(evaluation, 0.5, "water") == NOT_BACK


def test_the_report_says_never_and_how_many_it_leaves_out(lifeline, tmp_path):
    loop = town(
        power="P1*-P2",
        water="W1*-W2",
        dependencies=[("P2", "W2"), ("W1", "P2")],
        people={"P2": 10, "W2": 7},
        damage={"W1": 60},
        crews={"all": "power;water"},
    )
    write_system(loop, tmp_path / "loop")
    report = lifeline("plan", tmp_path / "loop", "--json", "--method", "nearest").json
    assert [report[f"back_{percent}_minute"] for percent in (50, 90, 99)] == [None, None, None]
    lines = lifeline("plan", tmp_path / "loop", "--method", "nearest").out.splitlines()
    rows = [line.split() for line in lines]
    assert ["all", "*", "(17", "not", "counted)", "never", "never", "never"] in rows


def test_those_who_were_never_out_are_not_told_to_be_back_never(lifeline, tmp_path):
    write_system(
        town(power="P1*-P2", people={"P1": 3}, damage={"P2": 60}, crews={"c": "power"}), tmp_path / "fine"
    )
    report = lifeline("plan", tmp_path / "fine", "--json", "--method", "nearest").json
    assert report["back_50_minute"] == 0
