"""`lifeline evaluate`: a plan of one's own, checked and put beside the rules."""

import json

import pytest

from lifeline.plan import Plan

QUICK = ("--evaluations", 50)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_an_order_of_work_from_a_csv_is_scheduled_and_scored(lifeline, two_lines, tmp_path):
    """P3's ten people first: 10 * 1 + 30 * 2 = 70 person-hours, where most customers first has 50."""
    plan = write(tmp_path / "plan.csv", "crew,job,position\nsparks,P1-P3,1\nsparks,P1-P2,2\n")
    report = lifeline("evaluate", two_lines, plan, "--json").json
    assert report["person_hours"] == 70
    assert report["rules"]["most_customers"] == 50
    assert report["method"] == "given"
    assert report["stopped_by"] is None
    out = lifeline("evaluate", two_lines, plan).out
    assert "this plan (your plan)" in out
    assert "-20.0 (-40.0 %)" in out


@pytest.mark.parametrize("name", ["plan.json", "worklists.csv"])
def test_a_plan_that_lifeline_wrote_is_worth_what_lifeline_said(lifeline, tmp_path, name):
    out = tmp_path / "out"
    planned = lifeline("plan", "three_towns", "--json", "--out", out, *QUICK).json
    evaluated = lifeline("evaluate", "three_towns", out / name, "--json").json
    for figure in ("person_hours", "objective", "plan_sha256", "rules"):
        assert evaluated[figure] == planned[figure]


def test_a_plan_of_ones_own_gets_its_folder_too(lifeline, two_lines, tmp_path):
    plan = write(tmp_path / "plan.csv", "crew,job,position\nsparks,P1-P3,1\nsparks,P1-P2,2\n")
    assert lifeline("evaluate", two_lines, plan, "--out", tmp_path / "out").code == 0
    assert (tmp_path / "out" / "gantt.png").exists()


@pytest.mark.parametrize("listed", [[], [{"job": "P1-P3", "reason": "because I say so"}]])
def test_what_nobody_can_do_is_found_out_whatever_the_plan_file_lists(lifeline, two_lines, tmp_path, listed):
    """P1-P2 wants a diver, and there is none."""
    damage = write(tmp_path / "damage.csv", "component,repair_minutes,skill\nP1-P2,60,diver\nP1-P3,60,\n")
    visit = {"crew": "sparks", "job": "P1-P3", "depart": 0, "arrive": 0, "start": 0, "finish": 60}
    plan = write(tmp_path / "plan.json", json.dumps({"visits": [visit], "unassignable": listed}))
    words = ("evaluate", two_lines, plan, "--damage", damage)
    report = lifeline(*words, "--json").json
    assert list(report["unassignable"]) == ["P1-P2"]
    theirs = Plan.from_json(plan.read_text(encoding="utf-8"))
    assert report["plan_sha256"] == theirs.sha256
    out = lifeline(*words).out
    assert "1 job: No crew has the skill 'diver'. P1-P2" in " ".join(out.split())
    assert "because I say so" not in out


def test_every_broken_rule_is_named(lifeline, two_lines, tmp_path):
    """The second visit is too short, and begins while the crew is still at the first."""
    visit = {"crew": "sparks", "job": "P1-P2", "depart": 0, "arrive": 0, "start": 0, "finish": 60}
    hasty = {"crew": "sparks", "job": "P1-P3", "depart": 30, "arrive": 30, "start": 30, "finish": 40}
    plan = write(tmp_path / "plan.json", json.dumps({"visits": [visit, hasty], "unassignable": []}))
    answer = lifeline("evaluate", two_lines, plan)
    assert (answer.code, answer.out) == (2, "")
    assert "2 broken rules" in answer.err
    assert "overlap: " in answer.err
    assert "wrong_duration: " in answer.err


def test_programs_get_the_broken_rules_as_an_object(lifeline, two_lines, tmp_path):
    plan = write(tmp_path / "plan.csv", "crew,job,position\nsparks,P1-P3,1\n")
    answer = lifeline("evaluate", two_lines, plan, "--json")
    assert answer.code == 2
    assert [(broken["rule"], broken["job"]) for broken in answer.json["violations"]] == [
        ("job_forgotten", "P1-P2")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("crew,job,position\nspark,P1-P3,1\n", "Did you mean 'sparks'?"),
        ("crew,job,position\nsparks,P1-P9,1\n", "row 2"),
        ("crew,job,position\nsparks,P1-P3,1\nsparks,P1-P2,1\n", "taken by another job"),
    ],
)
def test_a_plan_that_cannot_be_read_is_bad_input(lifeline, two_lines, tmp_path, text, message):
    answer = lifeline("evaluate", two_lines, write(tmp_path / "plan.csv", text))
    assert answer.code == 2
    assert message in answer.err


def test_a_plan_file_that_is_not_there_is_bad_input(lifeline, two_lines):
    answer = lifeline("evaluate", two_lines, "no_plan.json")
    assert answer.code == 2
    assert "no_plan.json" in answer.err
