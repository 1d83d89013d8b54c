"""Plans read from files, and work lists."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from worlds import town

from lifeline.csv_tables import csv_text
from lifeline.errors import InfeasiblePlan, InvalidInput
from lifeline.plan import Plan, Visit
from lifeline.plan_files import PLAN_TABLE, WORKLIST_COLUMNS, plan_from_table, read_plan, worklists
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from lifeline.system import Settings


def problem(**more: Any) -> RepairProblem:
    """P1 and P2 are broken, 1 km apart; red starts at P1, blue too. 1.0008 km * 1.3 at 30 km/h is 3 minutes."""
    settings = Settings(start="2026-03-29T00:00:00+00:00", timezone="Europe/Berlin")
    system = town(
        power="P1*-P2",
        crews={"red": "power", "blue": "power"},
        damage={"P1": 60, "P2": 30},
        settings=settings,
        **more,
    )
    return build_problem(system, Shock.from_table(system, system.damage))


BOTH_BY_RED = Plan((Visit("red", "P1", 0, 0, 0, 60), Visit("red", "P2", 60, 63, 63, 93)))


def written(folder: Path, text: str, name: str = "plan.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_an_order_of_work_becomes_a_plan(tmp_path: Path) -> None:
    path = written(tmp_path, "job,crew,position\nP2,red,20\nP1,red,10\n")
    assert read_plan(problem(), path) == BOTH_BY_RED


def test_a_plan_with_all_its_times_is_taken_as_it_is(tmp_path: Path) -> None:
    text = "crew,job,depart,arrive,start,finish\nred,P1,5,7,9,11\n"
    assert read_plan(problem(), written(tmp_path, text)) == Plan((Visit("red", "P1", 5, 7, 9, 11),))


def test_a_plan_json_is_read_back(tmp_path: Path) -> None:
    assert read_plan(problem(), written(tmp_path, BOTH_BY_RED.to_json(), "plan.json")) == BOTH_BY_RED


def test_a_table_in_memory_is_read_like_a_file() -> None:
    rows = [{"crew": "red", "job": "P1", "position": 1}, {"crew": "red", "job": "P2", "position": 2}]
    assert plan_from_table(problem(), rows) == BOTH_BY_RED


def test_worklists_say_what_where_and_when_by_the_clock() -> None:
    """Summer time begins in Berlin at 01:00 UTC, minute 60: the clock goes from 02:00 to 03:00."""
    table = worklists(problem(), BOTH_BY_RED)
    assert tuple(table.columns) == WORKLIST_COLUMNS
    second = table.iloc[1]
    assert (second["position"], second["job"], second["sector"], second["skill"]) == (
        2,
        "P2",
        "power",
        "power",
    )
    assert (second["longitude"], second["latitude"], second["finish"]) == (0.009, 0.0, 93)
    assert table["start_clock"].tolist() == ["2026-03-29T01:00:00+01:00", "2026-03-29T03:03:00+02:00"]
    assert len(worklists(problem(), Plan(()))) == 0


def test_worklists_are_read_back_as_the_same_plan(tmp_path: Path) -> None:
    table = worklists(problem(), BOTH_BY_RED)
    assert plan_from_table(problem(), table) == BOTH_BY_RED
    assert read_plan(problem(), written(tmp_path, table.to_csv(index=False))) == BOTH_BY_RED
    assert csv_text(PLAN_TABLE, table.astype(object)).startswith("crew,job,position,depart")


def test_worklists_mark_what_is_done_after_the_horizon_and_say_why_where_it_is_known(tmp_path: Path) -> None:
    """Up to minute 60, red's first repair is just counted."""
    short = replace(problem(), horizon_minutes=60)
    table = worklists(short, BOTH_BY_RED, reasons={"P2": "brings back, at last, power"})
    assert table["after_horizon"].tolist() == ["false", "true"]
    assert table["reason"].tolist() == ["", "brings back, at last, power"]
    assert read_plan(short, written(tmp_path, table.to_csv(index=False))) == BOTH_BY_RED


def test_worklists_give_places_to_seven_decimals() -> None:
    third = problem(places={"P1": (1 / 3, 0.0), "P2": (0.1 + 0.2, -2 / 3)})
    table = worklists(third, schedule(third, {"red": ["P1", "P2"]}))
    assert table["longitude"].tolist() == [0.3333333, 0.3]
    assert table["latitude"].tolist() == [0.0, -0.6666667]


def test_times_beyond_the_calendar_have_no_clock() -> None:
    one = problem()
    at_the_end = one.system.replace(settings=Settings(start="9999-12-31T23:00:00+00:00"))
    late = Plan((Visit("red", "P1", 0, 0, 0, 60),))
    assert worklists(replace(one, system=at_the_end), late)["finish_clock"].tolist() == [
        "outside the calendar"
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("crew,job,position\nred,P1,1\nred,P9,2\nrad,P2,3\n", [(3, "job"), (4, "crew")]),
        ("crew,job,position\nred,P1,1\nred,P2,1\n", [(3, "position")]),
        ("crew,job,position\nred,P1,1\nblue,P1,1\n", [(3, "job")]),
        ("crew,job,position\nred,P1,\nred,P2,x\n", [(2, "position"), (3, "position")]),
        ("crew,job\nred,P1\n", [(2, "position")]),
        ("crew,position\nred,1\n", [(1, "job")]),
        ("crew,job,position,colour\nred,P1,1,blue\n", [(1, "colour")]),
        ("crew,job,depart,arrive,start,finish\nred,P1,0,0,0,\n", [(2, "finish")]),
        ("crew,job,depart,arrive,start,finish\nred,P1,9,0,0,5\n", [(2, None)]),
        (
            "crew,job,depart,arrive,start,finish\nred,P1,0,0,5,5\nred,P2,6,6,6,-7\n",
            [(2, None), (3, "finish")],
        ),
    ],
)
def test_every_bad_row_is_named(tmp_path: Path, text: str, found: list[tuple[int, str | None]]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_plan(problem(), written(tmp_path, text))
    assert [(bad.row, bad.column) for bad in refused.value.problems] == found


def test_an_order_that_cannot_be_worked_is_infeasible_not_ill_written(tmp_path: Path) -> None:
    with_gas = problem(gas="G1*")
    frame = pd.DataFrame({"crew": ["red"], "job": ["G1"], "position": [1]})
    with pytest.raises(InvalidInput, match="is not damaged"):
        plan_from_table(with_gas, frame)
    system = with_gas.system
    broken = build_problem(system, Shock.of(system, ["G1", "P1"]))
    with pytest.raises(InfeasiblePlan, match="No crew has the skill 'gas'"):
        plan_from_table(broken, frame)


def test_a_plan_json_for_another_city_is_refused(tmp_path: Path) -> None:
    stranger = Plan((Visit("green", "P9", 0, 0, 0, 5),))
    with pytest.raises(InvalidInput) as refused:
        read_plan(problem(), written(tmp_path, stranger.to_json(), "plan.json"))
    assert [(bad.column, bad.value) for bad in refused.value.problems] == [("crew", "green"), ("job", "P9")]


def test_files_that_are_not_there_or_not_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_plan(problem(), tmp_path / "none.csv")
    path = tmp_path / "plan.json"
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(InvalidInput, match="not text in UTF-8"):
        read_plan(problem(), path)


def test_a_scheduled_plan_carries_the_unassignable_jobs_through_a_file(tmp_path: Path) -> None:
    system = town(power="P1*", gas="G1*", crews={"red": "power"}, damage={"P1": 60, "G1": 5})
    mixed = build_problem(system, Shock.from_table(system, system.damage))
    plan = schedule(mixed, {"red": ["P1"]})
    assert plan.unassignable == (("G1", "No crew has the skill 'gas' that 'G1' needs."),)
    assert read_plan(mixed, written(tmp_path, plan.to_json(), "plan.json")) == plan
    assert plan_from_table(mixed, worklists(mixed, plan)) == plan
