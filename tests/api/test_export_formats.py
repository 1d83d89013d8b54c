"""`lifeline export` to other programs, and back with `lifeline import`."""

import pytest
from worlds import assert_same_system

from lifeline.files import read_system


def test_a_city_goes_out_as_map_layers_and_comes_back(lifeline, two_lines, tmp_path):
    pytest.importorskip("pyogrio", reason="a GeoPackage is written with pyogrio (extra geo)")
    answer = lifeline("export", two_lines, tmp_path / "city.gpkg")
    assert (answer.code, answer.err) == (0, "")
    assert "Written to" in answer.out
    assert lifeline("import", "layers", tmp_path / "city.gpkg", tmp_path / "back").code == 0
    assert_same_system(read_system(tmp_path / "back"), read_system(two_lines))


def test_a_city_goes_out_as_a_graph_and_says_what_is_not_in_it(lifeline, two_lines, tmp_path):
    answer = lifeline("export", two_lines, tmp_path / "city.GraphML")
    assert answer.code == 0
    assert "GraphML has no place for crews: 1 rows left out." in answer.out
    (tmp_path / "city.GraphML").rename(tmp_path / "city.graphml")
    assert lifeline("import", "graphml", tmp_path / "city.graphml", tmp_path / "back").code == 0
    assert read_system(tmp_path / "back").links.equals(read_system(two_lines).links)


def test_an_export_does_not_write_over_a_file_unasked(lifeline, two_lines, tmp_path):
    (tmp_path / "city.graphml").write_text("mine")
    answer = lifeline("export", two_lines, tmp_path / "city.graphml")
    assert answer.code == 2
    assert (tmp_path / "city.graphml").read_text() == "mine"
    assert lifeline("export", two_lines, tmp_path / "city.graphml", "--force").code == 0
