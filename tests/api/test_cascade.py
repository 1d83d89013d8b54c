"""`lifeline cascade`: who is out, wave by wave, and because of what."""

import pytest
from worlds import four_sectors, town

from lifeline import write_system

QUARTER = 250


@pytest.fixture
def pumped(tmp_path):
    """P1 feeds P2, on which the pump W1 hangs with an hour's buffer; P2 is broken."""
    system = town(
        power="P1*-P2-P3",
        water="W1*-W2",
        dependencies=[("W1", "P2", "mains", 60)],
        people={"P3": 3, "W2": 2},
        damage={"P2": 30},
    )
    write_system(system, tmp_path / "pumped")
    return tmp_path / "pumped"


def test_the_waves_tell_what_went_dark_when_and_because_of_what(lifeline, pumped):
    report = lifeline("cascade", pumped, "--json").json
    assert report["people_without"] == {"power": 3, "water": 0}
    assert report["people_without_later"] == {"power": 3, "water": 2}
    rows = [(row["minute"], row["wave"], row["component"], row["cause"]) for row in report["waves"]]
    assert rows == [(0, 0, "P2", ""), (0, 1, "P3", "P2"), (60, 1, "W1", "P2"), (60, 2, "W2", "W1")]


def test_the_text_says_the_same_with_clock_times(lifeline, pumped):
    out = lifeline("cascade", pumped).out
    lines = [line.split() for line in out.splitlines()]
    assert ["water", "0", "2"] in lines
    assert "Thu 01:00 (1 h)" in out
    assert "lost its providers" in out


def test_why_follows_the_chain_to_what_is_broken(lifeline, pumped):
    report = lifeline("cascade", pumped, "--why", "W2", "--json").json
    assert report["broken"] == "P2"
    assert [step["component"] for step in report["chain"]] == ["W2", "W1", "P2"]
    out = lifeline("cascade", pumped, "--why", "W2").out
    assert "W1 lost its provider P2 at minute 60, when its buffer ran out" in out
    assert "Broken at the end of it: P2." in out


def test_why_of_a_component_that_works_says_so(lifeline, pumped):
    assert lifeline("cascade", pumped, "--why", "P1").out.strip() == "P1 works."


def test_why_of_an_unknown_component_names_the_nearest(lifeline, pumped):
    answer = lifeline("cascade", pumped, "--why", "W22")
    assert answer.code == 2
    assert "Did you mean 'W2'?" in answer.err


def test_a_damage_file_replaces_the_damage(lifeline, pumped, tmp_path):
    (tmp_path / "damage.csv").write_text("component\nW2\n", encoding="utf-8")
    report = lifeline("cascade", pumped, "--damage", tmp_path / "damage.csv", "--json").json
    assert report["people_without"] == {"power": 0, "water": 2}


def test_a_long_wave_is_cut_with_a_count_of_the_rest_unless_all_is_asked_for(lifeline, tmp_path):
    chain = "-".join(["P0*", *(f"P{number}" for number in range(1, QUARTER))])
    broken = {f"P{number}": 10 for number in range(1, 21)}
    write_system(town(power=chain, damage=broken), tmp_path / "chain")
    short = lifeline("cascade", tmp_path / "chain").out
    assert "and 12 more" in short  # of 20 broken
    assert "--all prints every row." in short
    everything = lifeline("cascade", tmp_path / "chain", "--all").out
    assert all(f"P{number} " in everything for number in range(1, QUARTER))
    assert "more" not in everything.split("Wave by wave")[1]


def test_loops_that_wait_for_each_other_are_listed(lifeline, tmp_path):
    system = town(
        power="P1*-P2", water="W1*-W2", dependencies=[("P2", "W2"), ("W1", "P2")], damage={"W1": 60}
    )
    write_system(system, tmp_path / "loop")
    assert lifeline("cascade", tmp_path / "loop", "--json").json["loops"] == [["P2", "W2", "W1"]]
    out = " ".join(lifeline("cascade", tmp_path / "loop").out.split())
    assert "power node P2 and water node W1 wait for each other, by way of water node W2" in out


def test_people_stand_in_every_row_and_in_the_json(lifeline, pumped):
    report = lifeline("cascade", pumped, "--json").json
    rows = [(row["component"], row["sector"], row["persons"]) for row in report["waves"]]
    assert rows == [("P2", "power", 0), ("P3", "power", 3), ("W1", "water", 0), ("W2", "water", 2)]
    assert report["people_over_time"] == [
        {"minute": 0, "service": "power", "persons_without": 3},
        {"minute": 0, "service": "water", "persons_without": 0},
        {"minute": 60, "service": "water", "persons_without": 2},
    ]
    lines = [line.split() for line in lifeline("cascade", pumped).out.splitlines()]
    assert ["at", "once", "1", "P3", "cut", "off", "P2", "3", "power"] in lines
    assert ["Thu", "01:00", "(1", "h)", "2", "W2", "cut", "off", "W1", "2", "water"] in lines


def test_the_people_of_rows_that_are_not_printed_are_added_up(lifeline, tmp_path):
    nodes = [f"P{number:02}" for number in range(1, 13)]
    system = town(
        power=" ".join(f"S*-{node}" for node in nodes), people=dict.fromkeys(nodes, 5), damage={"S": 60}
    )
    write_system(system, tmp_path / "star")
    lines = [line.split() for line in lifeline("cascade", tmp_path / "star").out.splitlines()]
    assert ["at", "once", "1", "and", "4", "more", "20", "power"] in lines


def test_the_loop_and_the_black_start_that_breaks_it_are_told_and_in_the_json(lifeline, tmp_path):
    write_system(four_sectors({"P2-P3": 60}, ["P4"]), tmp_path / "town")
    report = lifeline("cascade", tmp_path / "town", "--json").json
    (loop,) = report["restart_loops"]
    assert (loop["members"], loop["broken_by"], loop["resolved"]) == (["G1", "P2", "P1", "G2"], ["P4"], True)
    assert report["loops"] == []
    assert sum(report["people_stuck"].values()) == 0
    out = lifeline("cascade", tmp_path / "town").out
    assert "Parts that wait for each other until a black start" in out
    assert loop["sentence"] in " ".join(out.split())
    assert "stay without service after every repair" not in out


def test_without_a_black_start_the_people_who_never_come_back_are_counted(lifeline, tmp_path):
    write_system(four_sectors({"P2-P3": 60}), tmp_path / "town")
    out = " ".join(lifeline("cascade", tmp_path / "town").out.split())
    assert "nothing breaks the loop, a black start at P1 would." in out
    assert (
        "465 people (gas 50, power 300, telecom 40, water 75) stay without service after every repair" in out
    )


def test_a_picture_is_drawn_where_it_is_asked_for(lifeline, pumped, tmp_path):
    answer = lifeline("cascade", pumped, "--picture", tmp_path / "cascade.png")
    assert answer.code == 0
    assert (tmp_path / "cascade.png").read_bytes().startswith(b"\x89PNG")
    answer = lifeline("cascade", pumped, "--picture", tmp_path / "nowhere" / "cascade.png")
    assert answer.code == 2
    assert "cascade.png" in answer.err
