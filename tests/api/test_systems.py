"""The verbs that list, check, export and import systems."""

import json

import pytest
from data_folder import shelby
from worlds import assert_same_system

from lifeline import read_system
from scenarios import list_scenarios, load_scenario


def test_scenarios_tells_every_story(lifeline):
    out = " ".join(lifeline("scenarios").out.split())
    for scenario in list_scenarios():
        assert f"{scenario.name} {' '.join(scenario.story.split())}" in out


def test_scenarios_as_json_maps_names_to_stories(lifeline):
    assert list(lifeline("scenarios", "--json").json) == [scenario.name for scenario in list_scenarios()]


def test_check_counts_what_a_sound_system_holds(lifeline, two_lines):
    answer = lifeline("check", two_lines)
    assert answer.code == 0
    assert (
        answer.out
        == "town is fine: 3 nodes, 2 links, 2 customers, 2 supplies, 1 crew, 2 broken components.\n"
    )


def test_check_lists_everything_that_is_wrong(lifeline, two_lines):
    links = two_lines / "links.csv"
    links.write_text(links.read_text(encoding="utf-8").replace("P1,P2", "P1,P9"), encoding="utf-8")
    crews = two_lines / "crews.csv"
    crews.write_text(crews.read_text(encoding="utf-8").replace("sparks,power", "sparks,"), encoding="utf-8")
    answer = lifeline("check", two_lines)
    assert (answer.code, answer.out) == (2, "")
    assert "links, row 2" in answer.err
    assert "crews, row 2" in answer.err


@pytest.mark.parametrize("name", ["out", "out.zip", "out.json"])
def test_an_exported_system_is_the_same_when_read_back(lifeline, tmp_path, name):
    answer = lifeline("export", "three_towns", tmp_path / name)
    assert answer.code == 0
    assert_same_system(read_system(tmp_path / name), load_scenario("three_towns"))
    assert lifeline("check", tmp_path / name).code == 0


@pytest.mark.parametrize("name", ["out", "out.zip", "out.json"])
def test_export_goes_over_what_is_there_only_by_force(lifeline, two_lines, tmp_path, name):
    out = tmp_path / name
    lifeline("export", two_lines, out)
    answer = lifeline("export", "three_towns", out)
    assert answer.code == 2
    assert "--force" in answer.err
    assert read_system(out).name == "town"
    assert lifeline("export", "three_towns", out, "--force").code == 0
    assert_same_system(read_system(out), load_scenario("three_towns"))


def test_export_refuses_a_folder_with_other_files_and_takes_an_empty_one(lifeline, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    assert lifeline("export", "three_towns", tmp_path / "full").code == 2
    assert [entry.name for entry in (tmp_path / "full").iterdir()] == ["notes.txt"]
    assert lifeline("export", "three_towns", tmp_path / "empty").code == 0


def test_import_refuses_what_is_there_before_it_reads_anything(lifeline, tmp_path):
    out = tmp_path / "out.json"
    out.write_text("mine", encoding="utf-8")
    answer = lifeline("import", "indp", tmp_path / "nowhere", out)
    assert answer.code == 2
    assert "--force" in answer.err
    assert out.read_text(encoding="utf-8") == "mine"
    assert "nowhere" in lifeline("import", "indp", tmp_path / "nowhere", out, "--force").err


def test_export_where_nothing_can_be_written_is_bad_input(lifeline, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    answer = lifeline("export", "three_towns", tmp_path / "file" / "out")
    assert answer.code == 2
    assert str(tmp_path / "file") in answer.err


def test_importing_shelby_reports_what_was_guessed_and_dropped_and_can_be_planned(lifeline, tmp_path):
    data = shelby()
    damage = data / "dev" / "extended_wu.csv"
    scenario = damage.read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    words = (
        "import",
        "indp",
        data / "extended",
        tmp_path / "city",
        "--damage",
        damage,
        "--scenario",
        scenario,
    )
    answer = lifeline(*words)
    assert answer.code == 0
    assert "167 nodes, 217 links, 50 dependencies" in " ".join(answer.out.split())
    for part in ("Guessed:", "Dropped:", "Converted:"):
        assert part in answer.out
    assert len(read_system(tmp_path / "city").dependencies) == 50
    report = lifeline("plan", tmp_path / "city", "--method", "bundles", "--json").json
    assert 0 < report["person_hours"] < max(report["rules"].values())


def test_importing_all_dependencies_adds_the_cyber_ones(lifeline, tmp_path):
    out = tmp_path / "city.json"
    assert lifeline("import", "indp", shelby() / "extended", out, "--dependencies", "all").code == 0
    assert len(json.loads(out.read_text(encoding="utf-8"))["dependencies"]) == 73


def test_importing_with_repair_times_of_ones_own(lifeline, tmp_path):
    times = tmp_path / "times.csv"
    times.write_text("sector,kind,minutes\npower,*,7\n", encoding="utf-8")
    words = ("import", "indp", shelby() / "extended", tmp_path / "city", "--repair-times", times)
    assert lifeline(*words).code == 0
    assert read_system(tmp_path / "city").repair_times["minutes"].tolist() == [7]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("import", "inpd", "a", "b"), "Did you mean 'indp'?"),
        (("import", "indp", "nowhere", "out"), "nowhere"),
        (("import", "indp", "a", "b", "--dependencies", "some"), "physical"),
        (("check", "nowhere"), "neither a scenario nor a file or folder 'nowhere'"),
        (("export", "three_townz", "out"), "Did you mean 'three_towns'?"),
    ],
)
def test_bad_input_is_named_with_exit_code_2(lifeline, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    answer = lifeline(*words)
    assert answer.code == 2
    assert message in answer.err
    assert list(tmp_path.iterdir()) == []


def test_the_help_of_import_names_every_importer():
    from api.commands.import_ import FORMATS
    from lifeline.importers import IMPORTERS

    assert ", ".join(IMPORTERS) == FORMATS


def test_an_option_of_another_importer_is_refused(lifeline, tmp_path):
    answer = lifeline("import", "indp", tmp_path, tmp_path / "out", "--crs", "EPSG:2276")
    assert (answer.code, answer.out) == (2, "")
    assert "indp has no --crs; it takes --damage, --scenario, --dependencies." in " ".join(answer.err.split())
