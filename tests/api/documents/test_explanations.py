"""Explanations, times of return and differences as documents, on a town worked by hand."""

import csv
import io
import json

import pytest
from worlds import town

from api.documents import in_children
from api.documents.differences import PlanDifference, plan_difference
from api.documents.explanations import JobExplanation, job_explanation
from api.documents.returns import Return, returns_of
from api.documents.tables import RETURN_COLUMNS, returns_csv
from api.documents.work_lists import WorkLists
from lifeline import Plan, Shock, UnknownComponent, build_problem, evaluate, schedule, write_system
from lifeline.plan import Visit


def silent(*said):
    """A child's report goes nowhere in these tests."""


def test_a_job_is_explained_in_figures_and_in_two_languages(evaluation):
    """A an hour later: its 20 people wait 60 minutes more, and so do the 90 of C behind it: 110 x 60 = 6,600."""
    explained = job_explanation(evaluation, "P1-A")
    assert (explained.crew, explained.position, explained.start, explained.finish) == ("red", 1, 0, 60)
    assert explained.finish_clock == "2026-03-02T15:00:00+08:00"
    assert explained.persons_back == {"power": 20}
    assert explained.delay.price.person_minutes == 6600
    assert explained.delay.pushed == ("P1-C",)
    # Never done, A's people wait from minute 60 to the horizon: 20 x 2,820.
    assert explained.never_done.person_minutes == 56_400
    # Best behind C: A's 20 wait an hour more, C's 90 an hour less.
    assert explained.best_other_place.price.person_minutes == 20 * 60 - 90 * 60
    assert explained.left_out is None
    assert len(explained.sentences.en) == len(explained.sentences.zh) >= 3
    assert JobExplanation.model_validate_json(explained.model_dump_json()) == explained


def test_a_job_that_is_left_out_says_why_and_what_it_would_bring(problem):
    """D would be third for nobody but its 10 people: at blue's end, done at minute 120."""
    short = schedule(problem, {"red": ["P1-A", "P1-C"], "blue": ["P1-B"]})
    explained = job_explanation(evaluate(problem, short), "P1-D")
    assert not explained.in_plan
    assert explained.crew is None
    assert explained.left_out.kind == "left_out"
    assert explained.left_out.said.en == "it was left out, though somebody could do it"
    # The first place of several that bring D's ten back at minute 60 would put back others: at the end of blue, 120.
    assert explained.best_other_place.price.person_minutes == -10 * (2880 - 120)
    assert "P1-D" in explained.sentences.zh[0]


def test_what_is_not_broken_cannot_be_explained(evaluation):
    with pytest.raises(UnknownComponent, match="P1-Z"):
        job_explanation(evaluation, "P1-Z")


def test_returns_name_the_minute_the_job_and_the_clock(evaluation):
    returns = returns_of(evaluation)
    back = {row.customer: row for row in returns.returns}
    assert {name: row.minute for name, row in back.items()} == {
        "people of A": 60,
        "people of B": 60,
        "people of C": 120,
        "people of D": 120,
    }
    assert back["people of C"].job == "P1-C"
    assert back["people of C"].needs == ("P1-C",)
    assert back["people of C"].clock == "2026-03-02T16:00:00+08:00"
    assert back["people of C"].said.en == ""


def test_who_is_never_back_is_told_why_and_the_csv_has_blanks(problem):
    short = schedule(problem, {"red": ["P1-A", "P1-C"], "blue": ["P1-B"]})
    returns = returns_of(evaluate(problem, short))
    never = next(row for row in returns.returns if row.customer == "people of D")
    assert (never.minute, never.clock, never.because, never.waits_for) == (None, None, "undone", ("P1-D",))
    assert never.said.en == "waits for P1-D, not in the plan"
    assert never.said.zh
    table = list(csv.DictReader(io.StringIO(returns_csv(returns), newline="")))
    assert tuple(table[0]) == RETURN_COLUMNS
    assert (table[3]["minute"], table[3]["clock"], table[3]["waits_for"]) == ("", "", "P1-D")
    assert table[0]["needs"] == "P1-A"


def test_two_versions_differ_in_words_and_numbers(problem, plan):
    """C first for red: 90 people save 60 minutes, A's 20 lose them: 4,200 person-minutes, 70 person-hours less.

    The plan before: 20 x 60 + 90 x 120 + 20 x 60 + 10 x 120 = 14,400 person-minutes, 240 hours.
    """
    better = schedule(problem, {"red": ["P1-C", "P1-A"], "blue": ["P1-B", "P1-D"]})
    changed = plan_difference(problem, plan, better)
    assert (changed.before_person_minutes, changed.after_person_minutes) == (14_400, 10_200)
    assert (changed.before_sha256, changed.after_sha256) == (plan.sha256, better.sha256)
    assert changed.crews_changed == 1
    (red,) = changed.crews
    assert red.order == ("P1-C", "P1-A")
    assert [(row.job, row.minutes) for row in red.shifted] == [("P1-C", -60), ("P1-A", 60)]
    assert "1 of 2 crews change" in changed.said.en
    assert "240 with the plan before, 170 with this one (-70.0, -29.2%)" in changed.said.en
    assert red.said.en.startswith("red: Your order is now P1-C, then P1-A.")
    assert red.said.zh.startswith("red:现在的顺序")
    assert PlanDifference.model_validate_json(changed.model_dump_json()) == changed


def test_a_job_that_changes_hands_or_comes_to_nobody_is_counted(problem, plan):
    other = schedule(problem, {"red": ["P1-A", "P1-C", "P1-D"], "blue": []})
    changed = plan_difference(problem, plan, other)
    assert changed.jobs_moved == ("P1-D",)
    assert changed.jobs_dropped == ("P1-B",)
    assert changed.jobs_added == ()


def test_what_turned_out_to_be_whole_costs_the_old_plan_nothing(problem, plan):
    strange = Plan((*plan.visits, Visit("blue", "P1-gone", 120, 120, 120, 180)))
    changed = plan_difference(problem, strange, plan)
    assert changed.before_objective == changed.after_objective
    assert changed.jobs_dropped == ("P1-gone",)
    assert changed.crews[0].removed[0].reason == "It turned out to be whole."


def test_a_child_makes_the_same_documents_of_a_file_and_json(four_lines, plan, evaluation, lists, tmp_path):
    path = tmp_path / "system.zip"
    write_system(four_lines, path)
    argument = {"problem": {"system": str(path)}, "plan": plan.to_json()}
    papers = in_children.papers(argument, silent)
    assert WorkLists.model_validate_json(papers["work_lists"]) == lists
    assert len(json.loads(papers["etr"])["returns"]) == 4
    explained = in_children.explanation({**argument, "job": "P1-C"}, silent)
    assert explained["delay"]["price"]["person_minutes"] == 90 * 60
    changed = in_children.difference({**argument, "before": argument["plan"]}, silent)
    assert changed["crews"] == []
    assert changed["said"]["en"].startswith("From")


def test_a_child_knows_what_had_happened_when_the_plan_was_made(four_lines, plan, tmp_path):
    """At minute 30 blue is at B, which it began at 0 and which cannot be put off any more."""
    path = tmp_path / "system.zip"
    write_system(four_lines, path)
    problem = {"system": str(path), "now": 30, "updates": []}
    argument = {"problem": problem, "plan": plan.to_json(), "job": "P1-B"}
    assert in_children.explanation(argument, silent)["delay"]["price"] is None
    assert in_children.explanation({**argument, "job": "P1-D"}, silent)["delay"]["price"] is not None


def test_the_clock_of_the_incident_goes_before_that_of_its_system(four_lines, plan, tmp_path):
    path = tmp_path / "system.zip"
    write_system(four_lines, path)
    argument = {
        "problem": {"system": str(path), "started_at": "2026-05-05T00:00:00Z"},
        "plan": plan.to_json(),
        "job": "P1-B",
    }
    assert in_children.explanation(argument, silent)["start_clock"] == "2026-05-05T08:00:00+08:00"


@pytest.mark.parametrize("model", [JobExplanation, Return, PlanDifference])
def test_the_example_of_a_document_is_one(model):
    for example in model.model_json_schema()["examples"]:
        model.model_validate(example)


def test_what_waits_behind_a_loop_says_so():
    """A and W need each other, and neither can start alone."""
    system = town(
        power="P1*-A",
        water="W1*-W",
        dependencies=[("A", "W"), ("W", "A")],
        people={"A": 7},
        crews={"red": "power"},
        damage={"P1-A": 60},
    )
    problem = build_problem(system, Shock.from_table(system, system.damage))
    (row,) = returns_of(evaluate(problem, schedule(problem, {"red": ["P1-A"]}))).returns
    assert (row.minute, row.because) == (None, "loop")
    assert "wait for each other" in row.said.en
