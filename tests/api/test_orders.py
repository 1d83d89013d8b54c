"""Orders on the command line: which hold, what they cost, and what is said when they cannot be kept."""

import csv

QUICK = ("--evaluations", 50)


def test_the_smaller_line_first_costs_20_person_hours(lifeline, two_lines):
    """P3's line first: 10 * 1 + 30 * 2 = 70 person-hours instead of 10 * 2 + 30 * 1 = 50."""
    report = lifeline("plan", two_lines, "--first", "P1-P3", "--lock-prices", "--json", *QUICK).json
    assert report["person_hours"] == 70
    assert report["locks"] == [{"job": "P1-P3", "kind": "first", "value": "", "person_hours": 20}]
    assert report["locks_person_hours"] == 20


def test_without_prices_the_orders_are_listed(lifeline, two_lines):
    answer = lifeline("plan", two_lines, "--pin", "P1-P3=sparks", "--before", "P1-P3=P1-P2", *QUICK)
    assert answer.code == 0
    assert "Orders that this plan keeps" in answer.out
    assert "P1-P2: after P1-P3" in answer.out
    assert "P1-P3: crew sparks" in answer.out


def test_an_order_for_what_is_not_broken_is_said_to_be_idle(lifeline, two_lines):
    answer = lifeline("plan", two_lines, "--first", "P2", *QUICK)
    assert "Without effect, since nothing is broken there:" in answer.out


def test_two_appointments_at_once_come_back_as_the_conflict(lifeline, two_lines):
    words = ("--start-job", "P1-P2=0", "--start-job", "P1-P3=30", "--pin", "P1-P2=sparks")
    answer = lifeline("plan", two_lines, *words, *QUICK)
    assert answer.code == 2
    assert "lifeline: These 2 orders cannot all be kept" in answer.err
    assert "  P1-P2: start 0\n  P1-P3: start 30\n" in answer.err
    assert "sparks" not in answer.err


def test_options_that_are_not_written_right_are_refused(lifeline, two_lines):
    assert "--pin 'P1-P2' is no JOB=CREW." in lifeline("plan", two_lines, "--pin", "P1-P2").err
    assert "is no crew. Did you mean 'sparks'?" in lifeline("plan", two_lines, "--pin", "P1-P2=spark").err
    assert "is neither joint nor own" in lifeline("plan", two_lines, "--command", "mine").err
    assert "is not a whole number of minutes" in lifeline("plan", two_lines, "--start-job", "P1-P2=noon").err


def test_a_file_of_orders_and_the_file_of_what_they_cost(lifeline, two_lines, tmp_path):
    orders = tmp_path / "orders.csv"
    orders.write_text("job,kind,value\nP1-P3,first,\n", encoding="utf-8")
    out = tmp_path / "out"
    assert lifeline("plan", two_lines, "--locks", orders, "--lock-prices", "--out", out, *QUICK).code == 0
    with (out / "locks.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["job"], row["kind"], float(row["person_hours"])) for row in rows] == [("P1-P3", "first", 20)]
    assert lifeline("plan", two_lines, "--out", out, *QUICK).code == 0
    assert not (out / "locks.csv").exists()


def test_joint_command_beside_own_command(lifeline, two_lines):
    """Neither crew nor lines have an owner here, so both are the same 50 person-hours."""
    report = lifeline("joint-command", two_lines, "--json", *QUICK).json
    assert report["own"]["person_hours"] == report["joint"]["person_hours"] == 50
    assert report["person_hours_saved"] == 0
    answer = lifeline("joint-command", two_lines, *QUICK)
    assert answer.code == 0
    assert "0 jobs done by crews of other owners" in answer.out
