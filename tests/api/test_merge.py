"""`lifeline merge`: systems in files become one, and the report says how."""

import pytest
from worlds import town

from api.commands.merge import WITHIN_KM
from lifeline import Settings, linking, read_system, write_system


@pytest.fixture
def utilities(tmp_path):
    """Two folders: power P1, and a pump W1 a kilometre away."""
    power = town(power="P1*", people={"P1": 7}, settings=Settings(name="power"))
    pump = town(water="W1*", places={"W1": (0.009, 0.0)}, settings=Settings(name="water"))
    pump = pump.replace(nodes=pump.nodes.assign(kind="pumping station"))
    write_system(power, tmp_path / "power")
    write_system(pump, tmp_path / "water")
    return tmp_path / "power", tmp_path / "water"


def test_two_folders_become_one_with_rows_by_rule_that_can_be_corrected(lifeline, utilities, tmp_path):
    answer = lifeline(
        "merge", *utilities, tmp_path / "city", "--link-by", "nearest", "--report", tmp_path / "r.csv"
    )
    assert answer.code == 0
    assert "power + water: 2 nodes, 1 dependency, 1 customer, 1 supply." in answer.out
    assert "Guessed" in answer.out
    written = (tmp_path / "city" / "dependencies.csv").read_text(encoding="utf-8")
    assert written.splitlines() == [
        "dependent,provider,group,buffer_minutes,kind,source",
        "W1,P1,P1,0,physical,rule",
    ]
    assert '"W1 on P1, 1.00 km"' in (tmp_path / "r.csv").read_text(encoding="utf-8")
    assert read_system(tmp_path / "city").settings.name == "power + water"


def test_without_link_by_nothing_is_guessed(lifeline, utilities, tmp_path):
    answer = lifeline("merge", *utilities, tmp_path / "city.json")
    assert answer.code == 0
    assert "Guessed" not in answer.out
    assert read_system(tmp_path / "city.json").dependencies.empty


def test_a_distance_too_short_leaves_the_pump_without(lifeline, utilities, tmp_path):
    answer = lifeline("merge", *utilities, tmp_path / "city", "--link-by", "nearest", "--within-km", "0.9")
    assert "Doubtful" in answer.out
    assert read_system(tmp_path / "city").dependencies.empty


def test_one_system_is_linked_within_itself_and_otherwise_needs_no_merging(lifeline, utilities, tmp_path):
    lifeline("merge", *utilities, tmp_path / "city")
    answer = lifeline("merge", tmp_path / "city", tmp_path / "linked", "--link-by", "nearest")
    assert answer.code == 0
    assert len(read_system(tmp_path / "linked").dependencies) == 1
    answer = lifeline("merge", tmp_path / "city", tmp_path / "again")
    assert answer.code == 2
    assert "needs no merging" in answer.err


def test_a_system_named_as_out_by_mistake_is_not_written_over(lifeline, utilities):
    before = {path.name: path.read_bytes() for path in utilities[1].iterdir()}
    answer = lifeline("merge", utilities[0], utilities[1], "--link-by", "nearest")
    assert answer.code == 2
    assert "not empty" in answer.err
    assert {path.name: path.read_bytes() for path in utilities[1].iterdir()} == before


def test_the_distance_in_the_help_is_the_one_that_counts():
    assert WITHIN_KM == linking.WITHIN_KM
