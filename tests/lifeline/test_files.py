"""A system in files: nothing is lost on the way out and in, and bad files are refused whole."""

import hashlib
import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_systems import odd_systems
from system_files import NODES, folder_with, refused, system_or_refusal, zip_of
from worlds import assert_same_system, small_town, town

import lifeline.files as files
from lifeline.errors import InvalidInput
from lifeline.files import read_system, with_tables, write_system
from lifeline.tables import TABLES

FORMS = ["folder", "city.zip", "city.json"]


# Out and in again.


@pytest.mark.parametrize("form", FORMS)
def test_a_system_comes_back_as_it_was(tmp_path, form):
    write_system(small_town(), tmp_path / form)
    assert_same_system(read_system(tmp_path / form), small_town())


@settings(max_examples=50, deadline=None)
@given(odd_systems(), st.sampled_from(FORMS))
def test_any_system_comes_back_as_it_was(tmp_path_factory, system, form):
    path = tmp_path_factory.mktemp("systems") / form
    write_system(system, path)
    assert_same_system(read_system(path), system)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_system_gives_the_same_bytes(tmp_path, form):
    system = small_town()
    shuffled = system.replace(**{name: frame.iloc[::-1] for name, frame in system.tables.items()})
    write_system(system, tmp_path / "one" / form)
    write_system(shuffled, tmp_path / "two" / form)
    digests = [
        [
            hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted((tmp_path / side).rglob("*"))
            if file.is_file()
        ]
        for side in ("one", "two")
    ]
    assert digests[0] == digests[1]


def test_a_folder_shows_every_table_to_fill_in(tmp_path):
    write_system(town(power="P1*"), tmp_path / "city")
    always = {f"{name}.csv" for name, table in TABLES.items() if not table.if_used}
    assert {file.name for file in (tmp_path / "city").iterdir()} == {files.SETTINGS_FILE, *always}
    assert (tmp_path / "city" / "damage.csv").read_text() == "component,repair_minutes,skill\n"


# Writing is all or nothing.


def test_a_folder_written_over_keeps_other_files_and_loses_old_rows(tmp_path):
    write_system(small_town(), tmp_path / "city")
    (tmp_path / "city" / "README.md").write_text("mine")
    write_system(town(power="P1*"), tmp_path / "city")
    assert_same_system(read_system(tmp_path / "city"), town(power="P1*"))
    assert (tmp_path / "city" / "README.md").read_text() == "mine"
    assert [file.name for file in tmp_path.iterdir()] == ["city"]


@pytest.mark.parametrize("form", FORMS)
def test_a_write_that_fails_leaves_the_old_system_and_no_litter(tmp_path, form, monkeypatch):
    write_system(small_town(), tmp_path / form)

    def disk_full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(InvalidInput, match=r"cannot be written: No space left on device"):
        write_system(town(power="P1*"), tmp_path / form)
    assert_same_system(read_system(tmp_path / form), small_town())
    assert [file.name for file in tmp_path.iterdir()] == [form]


def test_a_folder_half_written_over_is_refused_not_mixed(tmp_path, monkeypatch):
    """The move of the third file fails: nodes.csv, which goes first and comes back last, is not there."""
    write_system(small_town(), tmp_path / "city")
    moved = []
    replace = Path.replace

    def fails_at_the_third(self, target):
        if Path(target).parent.name == "city":
            moved.append(target)
            if len(moved) == 3:
                raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fails_at_the_third)
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_system(town(power="P1*"), tmp_path / "city")
    assert "nodes: is missing; it is the one table every system has." in refused(tmp_path / "city")


def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_system(small_town(), tmp_path / "file" / "city.zip")
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_system(small_town(), tmp_path / "file")


# Folders.


def test_the_smallest_folder_is_one_file(tmp_path):
    assert read_system(folder_with(tmp_path)).nodes["id"].tolist() == ["P1", "P2"]


def test_one_error_tells_of_all_files(tmp_path):
    folder = folder_with(
        tmp_path,
        nodes=NODES + "P1,power,0,0\n",
        damage="component\nP7\n",
        system="nme = 1\ndetour_factor = 0.5\n",
    )
    assert refused(folder) == [
        "system.toml, nme: is not a setting. Did you mean 'name'?",
        "system.toml, detour_factor = '0.5': is below 1, the least allowed.",
        "nodes, row 4, id = 'P1': repeats this id of row 2; give it its own or remove the row.",
        "damage, row 2, component = 'P7': is not the id of a node or link. Correct it or add it to nodes or links.",
    ]


def test_a_misspelt_file_is_told_and_a_foreign_one_left_alone(tmp_path):
    folder = folder_with(tmp_path, link="id\n", Customers="id\n", visits="crew,job\n", README="x")
    (tmp_path / "notes.txt").write_text("mine")
    assert refused(folder) == [
        "Customers.csv: is no file of the format. Did you mean 'customers.csv'? Otherwise give it another name.",
        "link.csv: is no file of the format. Did you mean 'links.csv'? Otherwise give it another name.",
    ]


def test_a_file_like_one_that_is_there_is_left_alone(tmp_path):
    """notes.csv is near to nodes.csv, but nodes.csv is there."""
    assert read_system(folder_with(tmp_path, notes="remember the milk\n"))


def test_a_folder_without_nodes_is_refused(tmp_path):
    assert refused(tmp_path) == ["nodes: is missing; it is the one table every system has."]


@pytest.mark.parametrize("name", ["nowhere", "nowhere.zip", "nowhere.json"])
def test_a_path_that_leads_nowhere_is_told(tmp_path, name):
    (message,) = refused(tmp_path / name)
    assert "There is no file or folder" in message or "No such file" in message


def test_a_file_of_another_sort_is_told_what_to_give(tmp_path):
    folder_with(tmp_path)
    (message,) = refused(tmp_path / "nodes.csv")
    assert message.endswith("is no system: give a folder of CSV files, a .zip of one, or a .json.")


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path):
    folder_with(tmp_path)
    (tmp_path / "links.csv").mkdir()
    (message,) = refused(tmp_path)
    assert "cannot be read: Is a directory" in message


# system.toml


def test_toml_may_give_the_start_as_a_time_of_its_own(tmp_path):
    settings = read_system(folder_with(tmp_path, system="start = 2026-01-01T06:00:00-06:00\n")).settings
    assert settings.start == "2026-01-01T06:00:00-06:00"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "system.toml: is not TOML"),
        ("name = 'x'\nname = 'y'", "system.toml: is not TOML"),
        ("name = " + "[" * 5000, "system.toml: is not TOML"),
        ("name = 3", "system.toml, name = '3': is a number"),
        ("detour_factor = nan", "system.toml, detour_factor = 'nan': is NaN, not a number"),
        ("detour_factor = inf", "system.toml, detour_factor = 'inf': is not a finite number."),
        ("horizon_minutes = 99999999999999999999", "system.toml, horizon_minutes"),
        ("start = 2026-01-01", "system.toml, start = '2026-01-01': is a date"),
        ("[settings]\nname = 'x'", "system.toml, settings: is not a setting."),
        (b"name = '\xff'", "system.toml, row 1 = \"name = 'ÿ'\": is not UTF-8"),
    ],
)
def test_a_bad_settings_file_is_refused(tmp_path, text, words):
    (problem,) = refused(folder_with(tmp_path, system=text))
    assert problem.startswith(words)


# Tables exchanged for files.


def refused_tables(system, **files):
    with pytest.raises(InvalidInput) as caught:
        with_tables(system, files)
    return caught.value


def test_a_table_of_a_system_is_exchanged_for_a_file(tmp_path):
    (tmp_path / "damage.csv").write_text("component,repair_minutes\nP2,6\nP1,5\n")
    system = with_tables(town(power="P1*-P2"), {"damage": tmp_path / "damage.csv"})
    assert system.damage["component"].tolist() == ["P1", "P2"]


def test_all_bad_rows_of_all_files_are_told_in_one_error_in_reading_order(tmp_path, monkeypatch):
    """Unknown ids (rows 2 and 5) stand among unreadable cells (row 3) and doubles (row 4), of both files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "field report.csv").write_text("component,repair_minutes\nP9,5\nP1,x\nP1,7\nP8,1\n")
    (tmp_path / "red.csv").write_text("id,skills,longitude,latitude\nred,power,0,95\nblue,,0,0\n")
    bad = refused_tables(town(power="P1*-P2"), damage="field report.csv", crews="red.csv")
    rows = [("red.csv", row) for row in (2, 3)] + [("field report.csv", row) for row in (2, 3, 4, 5)]
    assert [(problem.table, problem.row) for problem in bad.problems] == rows
    assert str(bad).startswith(
        "6 problems in red.csv and field report.csv:\n  red.csv, row 2, latitude = '95'"
    )


def test_a_file_that_is_not_there_is_told_with_the_bad_rows_of_the_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "damage.csv").write_text("component\nP9\n")
    bad = refused_tables(town(power="P1*-P2"), damage="damage.csv", crews="none.csv")
    first, second = map(str, bad.problems)
    assert first.startswith("none.csv: cannot be read: No such file")
    assert second.startswith("damage.csv, row 2, component = 'P9'")


def test_new_crews_keep_the_shifts_the_system_has_for_them(tmp_path):
    (tmp_path / "crews.csv").write_text("id,skills,longitude,latitude\nred,power,0,0\n")
    system = town(
        power="P1*",
        crews={"red": "power", "blue": "power"},
        shifts={"red": [(60, 600)], "blue": [(120, 600)]},
    )
    assert with_tables(system, {"crews": tmp_path / "crews.csv"}).shifts["crew"].tolist() == ["red"]


# Zips.


def test_a_zip_may_hold_its_folder_and_what_a_mac_adds(tmp_path):
    entries = [
        ("city/", ""),
        ("city/nodes.csv", NODES),
        ("__MACOSX/city/._nodes.csv", "x"),
        ("city/.DS_Store", "x"),
    ]
    assert len(read_system(zip_of(tmp_path / "city.zip", entries)).nodes) == 2


def test_a_zip_with_two_systems_is_refused(tmp_path):
    (message,) = refused(zip_of(tmp_path / "city.zip", [("a/nodes.csv", NODES), ("b/nodes.csv", NODES)]))
    assert "in several folders (a, b)" in message


@pytest.mark.parametrize("name", ["../nodes.csv", "/nodes.csv", "a/../../nodes.csv", "C:/nodes.csv"])
def test_a_zip_that_points_outside_is_refused(tmp_path, name):
    assert refused(zip_of(tmp_path / "city.zip", [(name, NODES)])) == [
        f"{name}: points out of the zip; take it out."
    ]
    assert [file.name for file in tmp_path.iterdir()] == ["city.zip"]


def test_a_symbolic_link_in_a_zip_is_refused(tmp_path):
    link = zipfile.ZipInfo("nodes.csv")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    (problem,) = refused(zip_of(tmp_path / "city.zip", [(link, "/etc/passwd")]))
    assert "is a symbolic link" in problem


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    """50 MB of zeros pack to 50 kB: more than 100 times."""
    (problem,) = refused(zip_of(tmp_path / "city.zip", [("nodes.csv", b"0" * 50_000_000)]))
    assert "more than 100 times its size" in problem


def test_a_zip_of_too_many_or_too_large_files_is_refused(tmp_path, monkeypatch):
    path = zip_of(tmp_path / "city.zip", [("nodes.csv", NODES), ("a", ""), ("b", "")])
    monkeypatch.setattr(files, "MOST_ZIP_BYTES", 10)
    assert refused(path) == ["zip: unpacks to more than 10 bytes."]
    monkeypatch.setattr(files, "MOST_ZIP_ENTRIES", 2)
    assert refused(path) == ["zip: has 3 files, above 2."]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_in_a_zip_twice_is_refused(tmp_path):
    path = zip_of(tmp_path / "city.zip", [("nodes.csv", NODES), ("nodes.csv", NODES)])
    assert refused(path) == ["nodes.csv: is in the zip twice; keep one."]


def test_an_odd_packing_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "city.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("nodes.csv", NODES)
    assert refused(tmp_path / "city.zip") == ["nodes.csv: is packed in an odd way; use deflate."]


def test_a_locked_zip_is_refused(tmp_path):
    """The lowest bit of the flags, in both headers of the entry, says that it is encrypted."""
    data = bytearray(zip_of(tmp_path / "city.zip", [("nodes.csv", NODES)]).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "city.zip").write_bytes(data)
    assert refused(tmp_path / "city.zip") == ["nodes.csv: is locked by a password; unlock it."]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 5000), st.binary(min_size=1, max_size=4), st.booleans())
def test_a_damaged_zip_is_refused_or_read_but_never_breaks(tmp_path_factory, place, noise, cut):
    path = tmp_path_factory.mktemp("zips") / "city.zip"
    packed = io.BytesIO()
    zip_of(packed, [("nodes.csv", NODES), ("system.toml", "name = 'x'")])
    data = packed.getvalue()
    place %= len(data)
    path.write_bytes(data[:place] if cut else data[:place] + noise + data[place + len(noise) :])
    outcome = system_or_refusal(lambda: read_system(path))
    assert str(path) in str(outcome) if isinstance(outcome, InvalidInput) else len(outcome.nodes)
