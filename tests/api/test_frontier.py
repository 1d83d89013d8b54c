"""`lifeline frontier`, and the weights that `plan` takes: the table, the JSON object, the folder and the picture."""

from __future__ import annotations

import csv
import struct

import pytest
from fair_worlds import two_districts

from api.frontier_picture import draw_frontier
from api.outputs import WRITERS
from lifeline import write_system
from lifeline.plan import Plan
from solvers import Budget
from solvers.frontier import frontier

QUICK = ("--evaluations", 300)
PLAN_FILES = sorted(WRITERS)


@pytest.fixture
def districts(tmp_path):
    """A folder with the town of `fair_worlds.two_districts`."""
    folder = tmp_path / "two districts"
    write_system(two_districts().system, folder)
    return folder


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_names_plans_prices_and_who_waits_longest(lifeline, districts):
    """A costs 240 person-hours and leaves Hill 3 h without; B costs 40 more (16.7 %), and all wait 2 h."""
    answer = lifeline("frontier", districts, *QUICK)
    lines = [line.split() for line in answer.out.splitlines()]

    assert answer.code == 0
    assert ["A", "240", "–", "Hill", "3.00", "3", "h"] in lines
    assert ["B", "280", "+40.0", "16.7", "%", "Hill", "2.00", "3", "h"] in lines
    assert ["Hill", "20", "3.00", "2.00"] in lines
    assert ["Valley", "120", "1.50", "2.00"] in lines
    assert max(len(line) for line in answer.out.splitlines()) <= 100


def test_the_json_object_has_each_plan_with_its_districts(lifeline, districts):
    report = lifeline("frontier", districts, "--json", *QUICK).json
    first, fair = report["plans"]

    assert (first["plan"], first["person_hours"], first["price_weighted_person_hours"]) == ("A", 240, 0)
    assert (fair["plan"], fair["person_hours"], fair["price_weighted_person_hours"]) == ("B", 280, 40)
    assert first["hours_per_person"] == {"Hill": 3.0, "Valley": 1.5}
    assert (fair["worst_district"], fair["worst_hours_per_person"]) == ("Hill", 2.0)
    assert (first["last_district_90_minute"], report["reproducible"], report["seed"]) == (180, True, 0)


def test_the_folder_holds_two_tables_a_picture_and_a_folder_for_each_plan(lifeline, districts, tmp_path):
    out = tmp_path / "out"
    report = lifeline("frontier", districts, "--json", "--out", out, *QUICK).json

    assert names(out) == ["frontier.csv", "frontier.png", "frontier_districts.csv", "plan_A", "plan_B"]
    assert names(out / "plan_A") == names(out / "plan_B") == PLAN_FILES
    for plan, row in zip(report["plans"], rows(out / "frontier.csv"), strict=True):
        written = Plan.from_json((out / f"plan_{row['plan']}" / "plan.json").read_text(encoding="utf-8"))
        assert written.sha256 == row["plan_sha256"] == plan["plan_sha256"]
        assert float(row["person_hours"]) == plan["person_hours"]
    assert [
        (row["plan"], row["district"], row["back_90_minute"]) for row in rows(out / "frontier_districts.csv")
    ] == [
        ("A", "Hill", "180"),
        ("A", "Valley", "120"),
        ("B", "Hill", "120"),
        ("B", "Valley", "180"),
    ]


def test_an_earlier_frontier_is_written_anew_and_anything_else_left_alone(lifeline, districts, tmp_path):
    out = tmp_path / "out"
    assert lifeline("frontier", districts, "--out", out, *QUICK).code == 0
    (out / "plan_C").mkdir()
    (out / "plan_C" / "plan.json").write_text("{}", encoding="utf-8")
    assert lifeline("frontier", districts, "--out", out, *QUICK).code == 0
    assert "plan_C" not in names(out)

    (out / "plan_A" / "diary.txt").write_text("mine", encoding="utf-8")
    answer = lifeline("frontier", districts, "--out", out, *QUICK)
    assert answer.code == 2
    assert "holds files that are not an earlier frontier's (plan_A)" in " ".join(answer.err.split())
    assert (out / "plan_A" / "diary.txt").read_text(encoding="utf-8") == "mine"
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    assert "is a file; name a folder" in " ".join(lifeline("frontier", districts, "--out", file).err.split())


@pytest.mark.parametrize("settings", [{}, {"vulnerable_weight_permille": 2000}])
def test_the_picture_can_be_drawn_for_one_plan_and_for_several(tmp_path, settings):
    found = frontier(two_districts(**settings), budget=Budget(evaluations=300))
    for plans in (found.plans, found.plans[:1]):
        one = type(found)(plans, 1, 0, 1, 0.1, "finished", reproducible=True)
        draw_frontier(one, tmp_path / "frontier.png")
        width, height = struct.unpack(">II", (tmp_path / "frontier.png").read_bytes()[16:24])
        assert (width, height) == (1800, 1125)


def test_where_nothing_is_lost_it_says_so(lifeline, tmp_path):
    problem = two_districts()
    nobody = problem.system.replace(customers=problem.system.customers.assign(persons=0))
    write_system(nobody, tmp_path / "nobody")
    answer = lifeline("frontier", tmp_path / "nobody", "--out", tmp_path / "out", *QUICK)

    assert answer.code == 0
    assert "there is nothing to share" in answer.out
    assert names(tmp_path / "out" / "plan_A") == PLAN_FILES


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("frontier", "--plans", 1), "from 2 to 12 plans"),
        (("plan", "--fairness", -1), "fairness_permille"),
        (("evaluate", "plan.csv", "--vulnerable-weight", 999), "vulnerable_weight_permille"),
    ],
)
def test_weights_and_numbers_that_cannot_be_are_refused_in_one_sentence(lifeline, districts, words, said):
    verb, *rest = words
    answer = lifeline(verb, districts, *rest)

    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_plan_takes_the_worst_districts_weight_and_says_what_it_added(lifeline, districts):
    """At 1000: VHV costs 16,800 and 120 x 140 = 16,800 person-minutes: 280 + 280 person-hours."""
    words = ("plan", districts, "--fairness", 1000, *QUICK)
    report, out = lifeline(*words, "--json").json, " ".join(lifeline(*words).out.split())

    assert (report["person_hours"], report["objective"]) == (280, 33_600_000)
    assert (report["base_objective"], report["fairness_term"]) == (16_800_000, 16_800_000)
    assert report["worst_district"] == "Hill"
    assert report["hours_per_person_by_district"] == {"Hill": 2.0, "Valley": 2.0}
    assert report["bound_person_hours"] <= 560
    assert "On top comes the worst-served district (Hill here, 280)." in out


def test_plan_takes_the_weight_of_vulnerable_people(lifeline, tmp_path):
    """Hill's 20 persons, all vulnerable, weigh 400 at 20 x: more than a line of Valley's 60."""
    problem = two_districts()
    customers = problem.system.customers
    vulnerable = customers["persons"].where(customers["district"] == "Hill", 0)
    write_system(
        problem.system.replace(customers=customers.assign(vulnerable_persons=vulnerable)), tmp_path / "t"
    )
    plain, weighed = (
        lifeline("plan", tmp_path / "t", "--json", *QUICK, *words).json["hours_per_person_by_district"][
            "Hill"
        ]
        for words in ((), ("--vulnerable-weight", 20_000))
    )

    assert plain == 3.0
    assert weighed == 20.0  # one hour, weighted
