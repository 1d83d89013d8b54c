"""`lifeline plan`: the summary, the JSON object and the options, on worlds worked out by hand."""

import json
import math
from datetime import datetime

import pytest
from worlds import town

from lifeline import write_system

QUICK = ("--evaluations", 50)
KNOWN = ["nearest", "most_customers", "customers_per_crew_hour", "upstream", "critical_first"]


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_three_towns_cost_12000_person_hours_and_22500_by_the_nearest_rule(lifeline):
    """Red mends the line by 07:00 and Cliff's substation by 10:00, blue the main by 08:00.

    Power: 2,000 * 1 h + 1,000 * 4 h; water: 2,000 * 1 h + 1,000 * 2 h; telecom, after a battery of 2 h: 1,000 * 2 h.
    Nearest first sends red to the substation it stands on: all of it is back at 09:30, after 3.5 h.
    """
    report = lifeline("plan", "three_towns", "--json", *QUICK).json
    assert report["person_hours"] == 12_000
    assert report["person_hours_by_service"] == {"power": 6_000, "telecom": 2_000, "water": 4_000}
    assert report["rules"]["nearest"] == 3.5 * (2_000 + 1_000 + 2_000 + 1_000) + 1.5 * 1_000
    assert report["people_without"] == {"power": 3_000, "telecom": 0, "water": 3_000}
    assert report["finish_minute"] == 240


def test_the_json_object_has_what_the_issue_promises(lifeline, two_lines):
    report = lifeline("plan", two_lines, "--json", *QUICK).json
    assert report["person_hours"] == 50
    assert list(report["rules"]) == KNOWN
    assert report["rules"]["most_customers"] == 50
    assert report["bound_person_hours"] == 50
    assert report["gap"] == 0
    assert report["method"] == "auto"
    assert report["seconds"] > 0
    assert report["stopped_by"] in ("finished", "evaluations")
    assert report["reproducible"] is True
    assert len(report["plan_sha256"]) == 64
    assert report["jobs"] == 2
    assert report["people_without"] == {"power": 40}


def test_json_is_one_object_and_nothing_else_is_printed(lifeline, two_lines):
    answer = lifeline("plan", two_lines, "--json", *QUICK)
    assert answer.code == 0
    assert answer.err == ""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    json.loads(answer.out, parse_constant=refuse)


def test_the_same_command_gives_the_same_plan(lifeline, two_lines):
    shas = {lifeline("plan", two_lines, "--json", "--seed", 3, *QUICK).json["plan_sha256"] for _ in range(2)}
    assert len(shas) == 1


def test_the_summary_answers_the_dispatchers_questions(lifeline):
    out = lifeline("plan", "three_towns", *QUICK).out
    assert "Mon 02 Mar 2026 06:00 (UTC)" in out
    assert "3 components (2 power, 1 water); 2 crews to repair them" in out
    assert "Mon 07:00 (1 h)" in out
    assert "10,500 (46.7 %)" in out  # of the nearest rule's 22,500
    assert "brings back power for 2,000 people, water for 2,000" in out
    assert "This is proven to be a best plan" in " ".join(out.split())
    assert "give the same plan again" in " ".join(out.split())


def test_without_a_proof_the_summary_says_how_far_below_no_plan_can_be(lifeline):
    """A rule of thumb proves nothing by itself: beside it stands what every job at its earliest would cost."""
    words = ("plan", "three_towns", "--method", "nearest")
    report, out = lifeline(*words, "--json").json, " ".join(lifeline(*words).out.split())
    assert 0 < report["bound_person_hours"] <= 12_000
    assert report["gap"] == 1 - report["bound_person_hours"] / 22_500
    assert "No plan there is can be below" in out
    assert f"and {100 * report['gap']:.1f} % below this plan, which may itself be the best" in out


def test_no_line_is_longer_than_100_columns(lifeline, two_lines):
    for words in (("plan", "three_towns"), ("plan", two_lines)):
        assert max(len(line) for line in lifeline(*words, *QUICK).out.splitlines()) <= 100


def test_a_run_that_the_clock_stopped_says_that_a_repeat_may_differ(lifeline):
    words = ("plan", "three_towns", "--seconds", 0.05, "--evaluations", 2_000_000_000)
    words += ("--method", "local_search")
    report = lifeline(*words, "--json").json
    assert report["stopped_by"] == "seconds"
    assert report["reproducible"] is False
    assert "A repeat may give another plan" in lifeline(*words).out


def test_a_damage_file_replaces_the_damage(lifeline, two_lines, tmp_path):
    damage = write(tmp_path / "damage.csv", "component,repair_minutes\nP1-P3,120\n")
    report = lifeline("plan", two_lines, "--damage", damage, "--json", *QUICK).json
    assert report["people_without"] == {"power": 10}
    assert report["person_hours"] == 20


def test_a_crews_file_replaces_the_crews(lifeline, two_lines, tmp_path):
    """With a crew for each line both are back after an hour: 40 person-hours."""
    crews = write(tmp_path / "crews.csv", "id,skills,longitude,latitude\nred,power,0,0\nblue,power,0,0\n")
    assert lifeline("plan", two_lines, "--crews", crews, "--json", *QUICK).json["person_hours"] == 40


def test_a_shifts_file_replaces_the_shifts(lifeline, two_lines, tmp_path):
    """The crew comes on duty at minute 120: two hours more for 40 persons."""
    shifts = write(tmp_path / "shifts.csv", "crew,start_minute,end_minute\nsparks,120,600\n")
    assert lifeline("plan", two_lines, "--shifts", shifts, "--json", *QUICK).json["person_hours"] == 50 + 80


def test_shifts_of_crews_that_a_crews_file_leaves_out_are_left_out_too(lifeline, tmp_path):
    """Of the old crews' shifts only red's, from minute 60 on, still has somebody to keep to it."""
    system = town(
        power="P1*-P2",
        people={"P2": 1},
        places={"P1": (0.0, 0.0), "P2": (0.0, 0.0)},
        crews={"red": "power", "blue": "power"},
        shifts={"red": [(60, 600)], "blue": [(120, 600)]},
        damage={"P1-P2": 60},
    )
    write_system(system, tmp_path / "city")
    crews = write(tmp_path / "crews.csv", "id,skills,longitude,latitude\nred,power,0,0\n")
    report = lifeline("plan", tmp_path / "city", "--crews", crews, "--json", *QUICK).json
    assert report["person_hours"] == 2


def test_a_repair_times_file_replaces_the_times(lifeline, two_lines, tmp_path):
    times = write(tmp_path / "times.csv", "sector,kind,minutes\npower,*,600\n")
    damage = write(tmp_path / "damage.csv", "component,repair_minutes\nP1-P3,\n")
    words = ("plan", two_lines, "--damage", damage, "--repair-times", times, "--json", *QUICK)
    assert lifeline(*words).json["person_hours"] == 10 * 10


def test_start_sets_the_clock_and_takes_the_systems_zone_when_no_offset_is_given(lifeline, two_lines):
    words = ("plan", two_lines, *QUICK, "--json", "--start")
    assert lifeline(*words, "2026-05-01T06:30").json["start"] == "2026-05-01T06:30:00+00:00"
    assert lifeline(*words, "2026-05-01T06:30+02:00").json["start"] == "2026-05-01T04:30:00+00:00"


def test_a_wrong_start_is_bad_input(lifeline, two_lines):
    answer = lifeline("plan", two_lines, "--start", "tomorrow")
    assert (answer.code, answer.out) == (2, "")
    assert "'tomorrow' is no point in time" in answer.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("plan", "three_town"), "Did you mean 'three_towns'?"),
        (("plan", "nowhere/at/all"), "There is no file or folder"),
        (("plan", "three_towns", "--method", "local_serch"), "Did you mean 'local_search'?"),
        (("plan", "three_towns", "--evaluations", "0"), "evaluations must be at least 1"),
        (("plan", "three_towns", "--seconds", "-1"), "seconds must be positive"),
        (("plan", "three_towns", "--seconds", "0"), "seconds must be positive"),
        (("plan", "three_towns", "--seconds", "nan"), "seconds must be positive"),
        (("plan", "three_towns", "--seconds", "inf"), "seconds must be positive"),
        (("plan", "three_towns", "--seed", "-1"), "--seed"),
        (("plan", "aldermouth", "--method", "exhaustive"), "local_search"),
        (("plan", "three_towns", "--damage", "no.csv"), "no.csv"),
    ],
)
def test_bad_input_is_one_message_on_stderr_and_exit_code_2(lifeline, words, message):
    answer = lifeline(*words)
    assert answer.code == 2
    assert answer.out == ""
    assert message in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("verb", ["plan", "cascade"])
def test_every_bad_row_of_a_damage_file_is_named(lifeline, two_lines, tmp_path, verb):
    damage = write(tmp_path / "damage.csv", "component,repair_minutes\nP1-P9,10\nP1-P2,-5\nP1-P3,10\n")
    answer = lifeline(verb, two_lines, "--damage", damage)
    assert answer.code == 2
    lines = answer.err.splitlines()
    assert lines[0] == f"lifeline: 2 problems in {damage}:"
    assert f"{damage}, row 2, component = 'P1-P9': " in lines[1]
    assert f"{damage}, row 3, repair_minutes = '-5': " in lines[2]


def test_every_bad_row_of_all_option_files_is_named_at_once(lifeline, two_lines, tmp_path):
    files = {
        "--damage": "component,repair_minutes\nP1-P9,10\n",
        "--crews": "id,skills,longitude,latitude\nred,power,0,x\n",
        "--shifts": "crew,start_minute,end_minute\nblue,0,60\n",
        "--repair-times": "sector,kind,minutes\nsteam,*,5\n",
    }
    words = []
    for option, text in files.items():
        words += [option, write(tmp_path / f"{option}.csv", text)]
    answer = lifeline("plan", two_lines, *words)
    assert answer.code == 2
    named = [line.split(",")[0].strip() for line in answer.err.splitlines()[1:]]
    order = ("--crews", "--shifts", "--damage", "--repair-times")
    assert named == [str(tmp_path / f"{option}.csv") for option in order]


def test_without_damage_there_is_nothing_to_do(lifeline, two_lines, tmp_path):
    damage = write(tmp_path / "damage.csv", "component,repair_minutes\n")
    report = lifeline("plan", two_lines, "--damage", damage, "--json", *QUICK).json
    assert (report["person_hours"], report["jobs"]) == (0, 0)
    assert lifeline("plan", two_lines, "--damage", damage, *QUICK).code == 0


def test_a_job_that_nobody_can_do_is_named_with_those_who_wait_for_it(lifeline, two_lines, tmp_path):
    damage = write(tmp_path / "damage.csv", "component,repair_minutes,skill\nP1-P2,60,diver\nP1-P3,60,\n")
    words = ("plan", two_lines, "--damage", damage, *QUICK)
    report = lifeline(*words, "--json").json
    assert list(report["unassignable"]) == ["P1-P2"]
    assert report["undoable_reasons"] == [{"reason": "No crew has the skill 'diver'.", "jobs": ["P1-P2"]}]
    assert report["people_still_out"] == {"power": 30}
    out = lifeline(*words).out
    assert "Jobs nobody can do" in out
    assert "'diver'" in out
    assert "30 people (power 30) wait for them" in out


def test_people_in_a_loop_of_mutual_waiting_are_named_apart(lifeline, tmp_path):
    """W1 needs P2 and P2 needs W2, which W1 feeds: once down, none of them comes back by repairs alone."""
    system = town(
        power="P1*-P2 P1-P3",
        water="W1*-W2",
        dependencies=[("P2", "W2"), ("W1", "P2")],
        people={"P2": 10, "W2": 7, "P3": 5},
        damage={"W1": 60, "P3": 60},
        crews={"all": "power;water"},
    )
    write_system(system, tmp_path / "loop")
    report = lifeline("plan", tmp_path / "loop", "--json", *QUICK).json
    assert report["stuck_people"] == {"power": 10, "water": 7}
    assert report["people_without"] == {"power": 15, "water": 7}
    assert math.isclose(sum(report["person_hours_by_service"].values()), report["person_hours"])
    out = lifeline("plan", tmp_path / "loop", *QUICK).out
    assert "17 people (power 10, water 7) stay without service after every repair" in out
    assert "P2 waits for W2 waits for W1 waits for P2" in out


def test_weights_are_told_of_where_services_count_differently(lifeline, two_lines, tmp_path):
    """Ten times the weight for P3 turns the order round: 10 * 1 + 30 * 2 = 70 person-hours, weighted 160."""
    supplies = two_lines / "supplies.csv"
    rows = supplies.read_text(encoding="utf-8").splitlines()
    header = rows[0].split(",")
    weight = header.index("weight_permille")
    changed = [row.split(",") for row in rows[1:]]
    for row in changed:
        row[weight] = "10000" if row[header.index("node")] == "P3" else "1000"
    write(supplies, "\n".join([rows[0], *map(",".join, changed)]) + "\n")
    words = ("plan", two_lines, *QUICK)
    report = lifeline(*words, "--json").json
    assert (report["person_hours"], report["objective"]) == (70, (100 * 60 + 30 * 120) * 1000)
    assert "Weighted" in lifeline(*words).out


def test_a_plan_that_loses_only_what_has_no_weight_is_not_called_the_best(lifeline, two_lines):
    """With all weights at 0 every plan has the objective 0, but 50 person-hours are lost, or 70."""
    supplies = two_lines / "supplies.csv"
    write(supplies, supplies.read_text(encoding="utf-8").replace(",1000\n", ",0\n"))
    report = lifeline("plan", two_lines, "--json", *QUICK).json
    assert report["objective"] == 0
    assert report["person_hours"] >= 50
    assert "no plan can do better" not in lifeline("plan", two_lines, *QUICK).out


@pytest.mark.parametrize("zone", ["UTC", "America/Chicago", "Asia/Tokyo"])
@pytest.mark.parametrize("start", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:00+00:00"])
def test_the_ends_of_the_calendar_are_no_reason_to_stop(lifeline, two_lines, tmp_path, start, zone):
    """Where Chicago's clock would stand in the year 0 there is no local time; the start is then told as given."""
    toml = two_lines / "system.toml"
    settings = toml.read_text(encoding="utf-8").replace("2026-01-01T00:00:00+00:00", start)
    write(toml, settings.replace('"UTC"', f'"{zone}"'))
    answer = lifeline("plan", two_lines, "--json", "--out", tmp_path / "out", *QUICK)
    assert answer.code == 0
    assert datetime.fromisoformat(answer.json["start"]) == datetime.fromisoformat(start)
    assert lifeline("plan", two_lines, *QUICK).code == 0


def test_names_from_a_file_cannot_steer_the_terminal(lifeline, two_lines):
    toml = two_lines / "system.toml"
    write(toml, toml.read_text(encoding="utf-8").replace('name = "town"', 'name = "a\\u001b[31mb [bold]c"'))
    out = lifeline("plan", two_lines, *QUICK).out
    assert "\x1b" not in out
    assert "[bold]c" in out


def test_a_folder_beside_goes_before_the_librarys_name_when_it_holds_a_system(
    lifeline, two_lines, monkeypatch
):
    two_lines.rename(two_lines.with_name("three_towns"))
    monkeypatch.chdir(two_lines.parent)
    assert lifeline("plan", "three_towns", "--json", *QUICK).json["system"] == "town"


def test_a_plan_under_flow_says_so_and_what_connectivity_would_show(lifeline, two_lines):
    """Each line carries enough, so nothing changes but who says it."""
    answer = lifeline("plan", two_lines, "--rule", "power=flow", "--evaluations", "20")
    assert "power flow; by connectivity alone the same plan would show 50.0 person-hours" in " ".join(
        answer.out.split()
    )
    report = lifeline("plan", two_lines, "--rule", "power=flow", "--evaluations", "20", "--json").json
    assert report["service_rules"]["power"] == "flow"
    assert report["person_hours"] == report["person_hours_under_connectivity"] == 50


def test_a_rule_that_a_sector_does_not_have_is_refused_with_those_it_has(lifeline, two_lines):
    answer = lifeline("plan", two_lines, "--rule", "gas=dc_power")
    assert (answer.code, answer.out) == (2, "")
    assert "--rule 'gas=dc_power' is no SECTOR=RULE." in " ".join(answer.err.split())
    assert "gas: connectivity, flow" in " ".join(answer.err.split())


def test_the_json_has_the_equivalent_outage_hours_of_each_sector(lifeline, two_lines):
    """P2's 30 persons are out for 1 h, P3's 10 for 2 h: 50 / 40 by persons, 3 / 2 by node; there is no water."""
    report = lifeline("plan", two_lines, "--json", "--evaluations", 50).json
    assert report["outage_hours"] == {"power": {"pcs": 1.25, "ecs": 1.5}}
    assert report["outage_hours_weighted"] is None
