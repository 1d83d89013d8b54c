"""A table as CSV: nothing is lost on the way out and in, and every bad line is told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_systems import odd_systems
from system_files import NODES, folder_with, refused
from worlds import assert_same_system

from lifeline.csv_tables import csv_text, sheet_from_csv
from lifeline.errors import InvalidInput
from lifeline.files import read_system
from lifeline.sheets import tidy
from lifeline.system import System
from lifeline.tables import TABLES


@settings(max_examples=50, deadline=None)
@given(odd_systems())
def test_no_text_and_no_number_is_changed_by_the_way_through_csv(system):
    for name, frame in system.tables.items():
        table = TABLES[name]
        again = tidy(table, sheet_from_csv(table, csv_text(table, frame).encode()))
        assert again.problems == ()
        assert again.frame.equals(frame)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60).map(lambda text: text.encode(errors="surrogatepass")) | st.binary(max_size=60))
def test_any_bytes_as_a_table_are_refused_or_come_back_as_they_were_read(data):
    table = TABLES["damage"]
    read = tidy(table, sheet_from_csv(table, b"component,skill\n" + data))
    if not read.problems:
        again = tidy(table, sheet_from_csv(table, csv_text(table, read.frame).encode()))
        assert again.frame.equals(read.frame)


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_do_no_harm(tmp_path):
    text = "\ufeff" + NODES.replace("\n", "\r\n") + "\r\n,,,\r\n"
    assert_same_system(
        read_system(folder_with(tmp_path, nodes=text)),
        System.from_tables(
            {
                "nodes": [
                    {"id": "P1", "sector": "power", "longitude": 0.0, "latitude": 0.0},
                    {"id": "P2", "sector": "power", "longitude": 0.01, "latitude": 0.0},
                ]
            }
        ),
    )


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path):
    """Row 2 has a line break in a quoted cell and row 3 is empty, so the bad one is row 4, on line 5."""
    text = 'id,sector,longitude,latitude,owner\nP1,power,0,0,"two\nlines"\n\nP2,power,east,0,\n'
    assert refused(folder_with(tmp_path, nodes=text)) == [
        "nodes, row 4, longitude = 'east': is not a number; write digits such as 12.5."
    ]


def test_every_ragged_row_is_told_along_with_the_bad_cells_of_the_others(tmp_path):
    text = "id,sector,longitude,latitude\nP1,power,0\nP2,power,0,0,0\nP3,power,x,0\n"
    links = "id,sector,from_node,to_node\nL,power,P1,P3\n"
    assert refused(folder_with(tmp_path, nodes=text, links=links)) == [
        "nodes, row 2 = 'P1,power,0': has 3 cells where the header has 4; put text with commas in quotes.",
        "nodes, row 3 = 'P2,power,0,0,0': has 5 cells where the header has 4; put text with commas in quotes.",
        "nodes, row 4, longitude = 'x': is not a number; write digits such as 12.5.",
    ]


def test_a_quotation_mark_that_is_not_closed_is_told_with_its_row(tmp_path):
    (problem,) = refused(folder_with(tmp_path, nodes=NODES + '"P3,power,0,0\nP4,power,0,0\n'))
    assert problem.startswith("nodes, row 4: cannot be read as CSV (unexpected end of data)")
    (problem,) = refused(folder_with(tmp_path, nodes=NODES + '"P3"x,power,0,0\n'))
    assert problem.startswith("nodes, row 4: cannot be read as CSV")


def test_a_file_in_another_encoding_is_told_line_by_line(tmp_path):
    text = NODES + "M\xfchle,power,0,0\nP4,power,0,0\nM\xfcller,power,0,0\n"
    assert refused(folder_with(tmp_path, nodes=text.encode("cp1252"))) == [
        "nodes, row 4 = 'Mühle,power,0,0': is not UTF-8 (shown as Windows-1252); save the file as UTF-8.",
        "nodes, row 6 = 'Müller,power,0,0': is not UTF-8 (shown as Windows-1252); save the file as UTF-8.",
    ]
    assert refused(folder_with(tmp_path, nodes=NODES.encode("utf-16"))) == [
        "nodes: is in UTF-16; save the file as UTF-8."
    ]


@pytest.mark.parametrize("text", ["", "\n", ",,,\n", "\ufeff"])
def test_a_file_without_a_header_is_told_which_columns_to_name(tmp_path, text):
    (problem,) = refused(folder_with(tmp_path, nodes=text))
    assert problem.startswith("nodes, row 1: has no header; the first line names the columns: id,sector,")


@pytest.mark.parametrize(("sign", "word"), [(";", "semicolons"), ("\t", "tabs")])
def test_another_separator_is_recognised(tmp_path, sign, word):
    (problem,) = refused(folder_with(tmp_path, nodes=NODES.replace(",", sign)))
    assert f"is separated by {word}; use commas." in problem


def test_columns_without_a_name_are_left_out_only_when_empty(tmp_path):
    text = NODES.replace("latitude\n", "latitude,,\n").replace(",0\n", ",0,,\n")
    assert len(read_system(folder_with(tmp_path, nodes=text)).nodes) == 2
    (problem,) = refused(folder_with(tmp_path, nodes=text.replace("0,,", "0,,x", 1)))
    assert "is a column nodes does not have" in problem


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    text = "id,sector,longitude,latitude,latitude\nP1,power,0,0,0\n"
    assert refused(folder_with(tmp_path, nodes=text)) == ["nodes, row 1, latitude: is there twice; keep one."]


def test_bad_numbers_of_every_sort_are_told_at_once(tmp_path):
    values = ["NaN", "inf", "1e400", "-0.5", "3.0", "9" * 30, ""]
    customers = "id,persons\n" + "".join(f"c{place},{value}\n" for place, value in enumerate(values))
    supplies = "customer,service,node\n" + "".join(f"c{place},power,P1\n" for place in range(len(values)))
    with pytest.raises(InvalidInput) as caught:
        read_system(folder_with(tmp_path, customers=customers, supplies=supplies))
    assert [(problem.row, problem.column) for problem in caught.value.problems] == [
        (row, "persons") for row in range(2, 9)
    ]
