"""What planning jobs answer, inside this process: three towns by hand, and what is told on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from worlds import town

from api.jobs.systems import system_at
from api.jobs.telling import Telling
from api.jobs.work import plan, plan_at_once
from lifeline import InvalidInput, Plan, write_system
from lifeline.evaluation import evaluate
from lifeline.plan_check import check_plan
from lifeline.repair import build_problem
from lifeline.shock import Shock
from solvers import Progress

START, HALF_PAST = "2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z"
FEW = {"evaluations": 300, "method": "local_search"}


@pytest.fixture
def two_lines(tmp_path: Path) -> str:
    """Two customers, each behind a broken line of 60 minutes, and one crew that stands on both.

    P2 (30 persons) first costs 30 * 1 + 10 * 2 = 50 person-hours, P3 (10 persons) first 10 * 1 + 30 * 2 = 70. In the
    objective an hour of a person is 60 minutes times 1000.
    """
    place = (0.0, 0.0)
    system = town(
        power="P1*-P2 P1-P3",
        people={"P2": 30, "P3": 10},
        places={"P1": place, "P2": place, "P3": place},
        damage={"P1-P2": 60, "P1-P3": 60},
        crews={"red": "power"},
    )
    path = tmp_path / "two_lines.zip"
    write_system(system, path)
    return str(path)


def test_the_larger_town_comes_first(two_lines: str) -> None:
    reports: list[Any] = []
    answer = plan({"system": two_lines, **FEW, "seed": 7}, reports.append)
    assert (answer["objective"], answer["seed"]) == (50 * 60_000, 7)
    assert Plan.from_json(answer["documents"]["plan"]).sequences() == {"red": ["P1-P2", "P1-P3"]}
    summary = json.loads(answer["documents"]["summary"])
    assert (summary["person_hours"], summary["finish_minute"]) == (50.0, 120)
    back = {row["customer"]: row["minute"] for row in json.loads(answer["documents"]["returns"])["returns"]}
    assert back == {"people of P2": 60, "people of P3": 120}
    assert max(row["persons_without"] for row in json.loads(answer["documents"]["recovery"])) == 40


def test_the_first_plan_is_told_of_at_once_and_is_a_rules(two_lines: str) -> None:
    reports: list[Any] = []
    plan({"system": two_lines, **FEW}, reports.append)
    assert (reports[0]["label"], reports[0]["phase"]) == ("rule", "rules")
    assert Plan.from_json(reports[0]["plan"]).sha256 == reports[0]["plan_sha256"]


def test_a_proven_plan_is_called_optimal_and_a_rules_plan_a_rules(two_lines: str) -> None:
    def label(**options: Any) -> str:
        return str(plan({"system": two_lines, **options}, lambda _: None)["label"])

    assert label(method="auto", evaluations=300) == "optimal"
    assert label(method="nearest") in ("rule", "optimal")
    assert label(**FEW, settings={"fairness_permille": 500}) in ("feasible", "optimal")


def test_tables_and_settings_take_the_place_of_the_systems_own(two_lines: str) -> None:
    """With a second crew both lines are whole after an hour: (30 + 10) * 1 = 40 person-hours."""
    crews = [{"id": name, "skills": "power", "longitude": 0.0, "latitude": 0.0} for name in ("red", "blue")]
    changed = {"system": two_lines, "tables": {"crews": crews}, "settings": {"name": "Two crews"}}
    answer = plan({**changed, **FEW}, lambda _: None)
    assert answer["objective"] == 40 * 60_000
    assert json.loads(answer["documents"]["summary"])["system"] == "Two crews"
    assert len(system_at(two_lines).crews) == 1


def test_what_is_asked_wrongly_is_invalid_input(two_lines: str) -> None:
    with pytest.raises(InvalidInput, match="is not a setting"):
        plan({"system": two_lines, "settings": {"colour": "red"}}, lambda _: None)
    with pytest.raises(InvalidInput, match="There is no method 'magic'"):
        plan({"system": two_lines, "method": "magic"}, lambda _: None)


def test_an_understudy_has_a_plan_that_holds(two_lines: str) -> None:
    reports: list[Any] = []
    answer = plan_at_once({"system": two_lines}, reports.append)
    system = system_at(two_lines)
    problem = build_problem(system, Shock.from_table(system, system.damage))
    found = Plan.from_json(answer["documents"]["plan"])
    assert check_plan(problem, found) == ()
    assert evaluate(problem, found).objective == answer["objective"] == reports[-1]["objective"]


@pytest.mark.parametrize("again", [plan, plan_at_once])
def test_a_job_that_takes_longer_moves_what_comes_behind_it(two_lines: str, again: Any) -> None:
    """At minute 30 the first line is under way and needs 90 more minutes: 30 * 2 + 10 * 3 = 90 person-hours."""
    old = plan({"system": two_lines, **FEW}, lambda _: None)["documents"]["plan"]
    late = {"id": "1", "kind": "job_left", "job": "P1-P2", "minutes": 90, "happened_at": HALF_PAST}
    argument = {"system": two_lines, "started_at": START, "plan": old, "now": 30, "updates": [late]}
    answer = again(argument, lambda _: None)
    assert answer["objective"] == 90 * 60_000
    finishes = {visit.job: visit.finish for visit in Plan.from_json(answer["documents"]["plan"]).visits}
    assert finishes == {"P1-P2": 120, "P1-P3": 180}


def test_a_replan_says_what_it_moves_and_what_to_tell_the_crews(two_lines: str) -> None:
    old = plan({"system": two_lines, **FEW}, lambda _: None)["documents"]["plan"]
    answer = plan({"system": two_lines, "plan": old, "now": 30}, lambda _: None)
    assert (answer["moved"], answer["next_jobs"], answer["carried_on_objective"]) == (0, 1, 50 * 60_000)
    assert set(json.loads(answer["documents"]["changes"])["messages"]) == {"en", "zh"}


def test_a_first_plan_made_late_sends_nobody_into_the_past(two_lines: str) -> None:
    """At minute 45 nothing has begun: 30 * 105 + 10 * 165 minutes of people without service."""
    answer = plan({"system": two_lines, "started_at": START, "now": 45, **FEW}, lambda _: None)
    assert answer["objective"] == (30 * 105 + 10 * 165) * 1000
    assert min(visit.depart for visit in Plan.from_json(answer["documents"]["plan"]).visits) >= 45


def test_a_plan_is_told_of_once_and_a_worse_one_never() -> None:
    reports: list[Any] = []
    telling = Telling(reports.append)
    telling.plan("rules", Plan(()), 90)
    telling.plan("rules", Plan(()), 95)
    assert [(told["objective"], "plan" in told) for told in reports] == [(90, True)]
    telling.told_at = -1.0
    telling(Progress("bound", 90, 5, 1.0, bound=40))
    assert (reports[-1]["objective"], reports[-1]["bound"], "plan" in reports[-1]) == (90, 40, False)
