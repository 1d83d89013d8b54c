"""Facilities as the command line shows them, and in the folder of a plan."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
from rich.console import Console
from worlds import town

from api.facilities import print_facilities
from api.json_report import outcome_report
from api.outputs import write_outputs
from api.planning import Outcome, Score
from api.wording import Clock
from lifeline.evaluation import Evaluation, evaluate
from lifeline.repair import build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from lifeline.system import System


def clinic() -> System:
    """P2 is out for five hours; the clinic on it lasts two, and so is down for three: 10 persons, 30 person-hours."""
    return town(
        power="P1*-P2",
        people={"P2": 10},
        damage={"P2": 300},
        crews={"red": "power"},
        places={"P1": (0.0, 0.0), "P2": (0.0, 0.0)},
    ).replace(facilities=[{"customer": "people of P2", "buffer_minutes": 120, "price_permille": 5000}])


def judged(system: System) -> Evaluation:
    problem = build_problem(system, Shock.from_table(system, system.damage))
    return evaluate(problem, schedule(problem, {"red": ["P2"]}))


def shown(evaluation: Evaluation) -> str:
    console = Console(file=io.StringIO(), width=120)
    print_facilities(console, evaluation, Clock(evaluation.problem.system.settings, 300))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_summary_says_when_a_buffer_ends_and_when_a_facility_is_down() -> None:
    lines = shown(judged(clinic())).splitlines()
    (row,) = [line.split("  ") for line in lines if line.startswith("people of P2")]
    cells = [cell.strip() for cell in row if cell.strip()]
    assert cells == ["people of P2", "power", "Thu 02:00", "Thu 05:00", "Thu 02:00 to Thu 05:00 (3 h)", "150"]


def test_without_facilities_nothing_is_said_of_them() -> None:
    assert shown(judged(clinic().replace(facilities=[]))) == ""


def test_the_report_and_the_folder_hold_the_facilities(tmp_path: Path) -> None:
    evaluation = judged(clinic())
    out = tmp_path / "out"
    write_outputs(evaluation, out)
    (row,) = pd.read_csv(out / "facilities.csv").to_dict("records")
    assert (row["buffer_ends_minute"], row["back_minute"], row["person_hours"]) == (120, 300, 30.0)
    rules = dict.fromkeys(["nearest", "bundles"], Score(evaluation.person_hours, evaluation.objective))
    report = json.loads(json.dumps(outcome_report(Outcome(evaluation, rules)), allow_nan=False))
    assert report["facilities"] == [row]


def test_a_plan_without_facilities_takes_the_file_of_an_earlier_one_away(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_outputs(judged(clinic()), out)
    assert (out / "facilities.csv").exists()
    write_outputs(judged(clinic().replace(facilities=[])), out)
    assert not (out / "facilities.csv").exists()
    assert (out / "plan.json").exists()
