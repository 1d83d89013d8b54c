"""The minute up to which lost service is counted, and how everything later is marked."""

import csv

import pytest

METHOD = ("--method", "most_customers")
MARKED = "†"


@pytest.fixture
def counted_up_to(two_lines):
    """Set the horizon of the two lines, which are mended by the minutes 60 (30 persons) and 120 (10 persons)."""

    def set_horizon(minutes):
        toml = two_lines / "system.toml"
        toml.write_text(toml.read_text(encoding="utf-8") + f"horizon_minutes = {minutes}\n", encoding="utf-8")
        return two_lines

    return set_horizon


def summary(lifeline, folder):
    return " ".join(lifeline("plan", folder, *METHOD).out.split())


def test_a_job_and_a_return_after_the_horizon_are_told_and_marked(lifeline, counted_up_to):
    """Counted up to minute 100: 30 * 60 + 10 * 100 person-minutes."""
    folder = counted_up_to(100)
    out = summary(lifeline, folder)
    assert (
        "Counted up to Thu 01:40 (1 h 40 min), the horizon; 1 job finished later; "
        "10 people still without service then. † marks later times."
    ) in out
    assert "finished Thu 02:00 †, 2 h after" in out
    assert "Thu 01:00 (1 h) Thu 02:00 (2 h) † Thu 02:00 (2 h) †" in out
    report = lifeline("plan", folder, *METHOD, "--json").json
    assert report["person_hours"] == (30 * 60 + 10 * 100) / 60
    assert (report["jobs_after_horizon"], report["people_out_at_horizon"]) == (1, {"power": 10})


def test_what_ends_at_the_horizon_is_counted_whole(lifeline, counted_up_to):
    folder = counted_up_to(120)
    out = summary(lifeline, folder)
    assert "Counted up to" not in out
    assert MARKED not in out
    report = lifeline("plan", folder, *METHOD, "--json").json
    assert (report["jobs_after_horizon"], report["people_out_at_horizon"]) == (0, {})


def test_people_who_wait_for_ever_are_out_at_the_horizon(lifeline, counted_up_to, tmp_path):
    damage = tmp_path / "damage.csv"
    damage.write_text("component,repair_minutes,skill\nP1-P2,60,diver\nP1-P3,60,\n", encoding="utf-8")
    out = " ".join(lifeline("plan", counted_up_to(100), *METHOD, "--damage", damage).out.split())
    assert "the horizon; 30 people still without service then." in out
    assert MARKED not in out


def test_worklists_mark_the_jobs_after_it_and_give_the_reasons_of_the_summary(
    lifeline, counted_up_to, tmp_path
):
    lifeline("plan", counted_up_to(100), *METHOD, "--out", tmp_path / "out")
    with (tmp_path / "out" / "worklists.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["job"], row["after_horizon"], row["reason"]) for row in csv.DictReader(file)]
    assert rows == [
        ("P1-P2", "false", "brings back power for 30 people"),
        ("P1-P3", "true", "brings back power for 10 people"),
    ]
