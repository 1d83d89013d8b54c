"""The folder that `--out` writes: whole or not at all, and never over anybody else's files."""

import csv
import json
from itertools import count

import pytest

from api import outputs
from lifeline.plan import Plan

QUICK = ("--evaluations", 50)
FILES = ["etr.csv", "gantt.png", "plan.geojson", "plan.json", "recovery.csv", "recovery.png", "worklists.csv"]


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture(scope="module")
def planned(lifeline, tmp_path_factory):
    """The folder of one plan, which tests only read."""
    out = tmp_path_factory.mktemp("planned") / "somewhere" / "out"
    answer = lifeline("plan", "three_towns", "--json", "--out", out, *QUICK)
    assert answer.code == 0
    return out, answer.json


def test_the_folder_holds_the_seven_files_and_nothing_half_made_stays_beside_it(planned):
    out, _ = planned
    assert names(out) == FILES
    assert names(out.parent) == ["out"]
    assert out.stat().st_mode & 0o005  # others may look, as into any new folder


def test_the_plan_in_the_folder_is_the_one_that_was_reported(planned):
    out, report = planned
    plan = Plan.from_json((out / "plan.json").read_text(encoding="utf-8"))
    assert plan.sha256 == report["plan_sha256"]


def test_worklists_have_one_row_a_visit_with_clock_times(planned):
    out, _ = planned
    with (out / "worklists.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["crew"], row["job"]) for row in rows] == [
        ("blue", "main-brook-cliff"),
        ("red", "line-ash-brook"),
        ("red", "cliff-substation"),
    ]
    assert rows[2]["finish_clock"] == "2026-03-02T10:00:00+00:00"


def test_recovery_starts_at_minute_0_and_the_area_under_it_is_the_person_hours(planned):
    out, report = planned
    with (out / "recovery.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["clock"] == "2026-03-02T06:00:00+00:00"
    end = report["horizon_minutes"]
    area = 0
    for curve in {(row["service"], row["district"]) for row in rows}:
        steps = [row for row in rows if (row["service"], row["district"]) == curve]
        minutes = [*(int(row["minute"]) for row in steps), end]
        area += sum(
            int(row["persons_without"]) * (later - now)
            for row, now, later in zip(steps, minutes, minutes[1:], strict=False)
        )
    assert area == 60 * report["person_hours"]


def test_the_same_command_writes_the_same_bytes(lifeline, planned, tmp_path):
    out, _ = planned
    lifeline("plan", "three_towns", "--out", tmp_path / "again", *QUICK)
    for name in FILES:
        assert (out / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_a_folder_of_an_earlier_plan_is_written_anew(lifeline, two_lines, tmp_path):
    out = tmp_path / "out"
    lifeline("plan", "three_towns", "--out", out, *QUICK)
    lifeline("plan", two_lines, "--out", out, *QUICK)
    assert names(out) == FILES
    jobs = {visit["job"] for visit in json.loads((out / "plan.json").read_text(encoding="utf-8"))["visits"]}
    assert jobs == {"P1-P2", "P1-P3"}


def test_an_empty_folder_is_filled(lifeline, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lifeline("plan", "three_towns", "--out", ".", *QUICK)
    assert names(tmp_path) == FILES


@pytest.mark.parametrize("verb", ["plan", "evaluate"])
def test_a_folder_with_other_files_is_left_alone_and_refused_before_the_search(lifeline, tmp_path, verb):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    words = ["three_towns"] if verb == "plan" else ["three_towns", "no such plan.json"]
    answer = lifeline(verb, *words, "--out", tmp_path)
    assert answer.code == 2
    assert "notes.txt" in answer.err
    assert names(tmp_path) == ["notes.txt"]


def test_a_file_is_no_folder(lifeline, tmp_path):
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    answer = lifeline("plan", "three_towns", "--out", tmp_path / "out")
    assert answer.code == 2
    assert "is a file" in answer.err


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("failing", FILES)
def test_a_failure_in_any_file_leaves_no_half_written_folder(
    lifeline, two_lines, tmp_path, monkeypatch, failing, earlier
):
    """Whichever file fails, there is either no folder or the whole earlier one, byte for byte."""
    out = tmp_path / "out"
    if earlier:
        lifeline("plan", two_lines, "--out", out, "--method", "nearest")
    before = {name: (out / name).read_bytes() for name in names(out)} if earlier else None

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", failing)

    monkeypatch.setitem(outputs.WRITERS, failing, fail)
    answer = lifeline("plan", two_lines, "--out", out, *QUICK)
    assert answer.code == 2
    assert f"{failing}: No space left on device." in answer.err
    assert ({name: (out / name).read_bytes() for name in names(out)} if out.exists() else None) == before


def test_a_folder_without_plan_json_is_the_sign_of_an_interrupted_move(
    lifeline, two_lines, tmp_path, monkeypatch
):
    """The old plan.json goes first and the new one comes last, so one that is there belongs to all the rest."""
    out = tmp_path / "out"
    lifeline("plan", two_lines, "--out", out, "--method", "nearest")
    moved = count(1)
    replace = outputs.os.replace

    def stop_after_three(source, target):
        if next(moved) > 3:
            raise OSError(5, "Input/output error", str(target))
        replace(source, target)

    monkeypatch.setattr(outputs.os, "replace", stop_after_three)
    assert lifeline("plan", two_lines, "--out", out, *QUICK).code == 2
    assert "plan.json" not in names(out)
