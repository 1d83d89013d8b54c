"""Reading single cells, columns and tables: what is accepted, what is refused, and in which words."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from data_folder import CHECKOUT
from hypothesis import given
from hypothesis import strategies as st

from lifeline.data_format import data_format_page
from lifeline.json_tables import system_from_json
from lifeline.sheets import sheet_of, tidy
from lifeline.system import Settings
from lifeline.tables import SECTORS, SETTINGS, TABLES, Column, Table
from lifeline.values import CAREFUL, QUICK, NotANumber, read_cells

NUMBER = Column("length_km", "number", "", "km", required=False, minimum=-1e9, maximum=1e9)
INTEGER = Column("repair_minutes", "integer", "", "minutes", required=False)
BOOLEAN = Column("source", "boolean", "", required=False, default=False)
TEXT = Column("name", "text", "", required=False, default="")
NAME = Column("id", "text", "", is_id=True)


def cells(column, *values):
    raw = np.empty(len(values), dtype=object)
    raw[:] = values
    return read_cells(raw, column)


def value(column, given):
    """Read one cell that has to be good."""
    read = cells(column, given)
    assert not read.bad
    return read.read.tolist()[0]


def complaint(column, given):
    """Read one cell that has to be bad."""
    return cells(column, given).bad[0]


@pytest.mark.parametrize(
    ("written", "read"), [("12.5", 12.5), (" 3 ", 3.0), ("+.5", 0.5), ("1.25e1", 12.5), ("7.", 7.0), (3, 3.0)]
)
def test_a_number_is_read_as_people_write_it(written, read):
    assert value(NUMBER, written) == read


@pytest.mark.parametrize(
    "written",
    ["", "NaN", "nan", "inf", "-Infinity", "1_000", "0x10", "twelve", "1 2", "٣", "1e400", "--1", "e5", "."],
)
def test_what_is_no_finite_number_is_refused(written):
    required = Column("length_km", "number", "")
    assert cells(required, written).bad.keys() == {0}


@pytest.mark.parametrize(
    "given", [True, [1], {}, NotANumber(), Decimal("1.5"), 1j, 10**400, date(2026, 1, 1)]
)
def test_no_number_is_made_of_other_things(given):
    assert complaint(NUMBER, given)


def test_a_decimal_comma_is_told_from_nonsense():
    assert complaint(NUMBER, "3,5") == "is not a number; write 3.5 with a point."


def test_a_number_below_or_above_its_bounds_is_told_the_bound():
    column = Column("latitude", "number", "", "degrees", minimum=-90, maximum=90)
    read = cells(column, "-90", "90.1", "-91")
    assert read.bad == {
        1: "is above 90 degrees, the most allowed.",
        2: "is below -90 degrees, the least allowed.",
    }


def test_minus_zero_is_zero():
    assert str(value(NUMBER, "-0.0")) == "0.0"


@pytest.mark.parametrize(("written", "read"), [("3", 3), ("-7", -7), ("007", 7), (" 4", 4), (5, 5), (6.0, 6)])
def test_an_integer_is_whole_digits(written, read):
    assert value(INTEGER, written) == read


def test_a_whole_number_written_with_a_point_is_refused_with_what_to_write():
    assert complaint(INTEGER, "3.0") == "is not written as a whole number; write 3."
    assert complaint(INTEGER, "1e5") == "is not written as a whole number; write 100000."


@pytest.mark.parametrize(
    "given",
    ["3.5", 3.5, "9" * 19, "9" * 5000, "-9" + "9" * 30, 2**63, 1e300, float("inf"), "1e400", "", True, "x"],
)
def test_what_is_no_64_bit_integer_is_refused(given):
    assert cells(Column("persons", "integer", "", maximum=10**9), given).bad.keys() == {0}


def test_the_largest_and_smallest_integer_are_read():
    assert value(INTEGER, str(2**63 - 1)) == 2**63 - 1
    assert value(INTEGER, -(2**63)) == -(2**63)


@pytest.mark.parametrize(
    "written", ["true", "TRUE", "True", "yes", "Yes", "1", " true ", 1, 1.0, True, np.True_]
)
def test_yes_is_written_in_many_ways(written):
    assert value(BOOLEAN, written) is True


@pytest.mark.parametrize("written", ["false", "FALSE", "no", "NO", "0", 0, False, None, ""])
def test_no_is_written_in_many_ways_or_left_blank(written):
    assert value(BOOLEAN, written) is False


@pytest.mark.parametrize("written", ["t", "on", "2", 2, 0.5, "wahr", [], NotANumber()])
def test_what_is_neither_yes_nor_no_is_refused(written):
    assert complaint(BOOLEAN, written) == "is neither true nor false; write true or false."


@pytest.mark.parametrize(
    "text", ["NA", "nan", "007", "1e5", "true", "null", "None", "-", "ß ü 東", "a,b", '"']
)
def test_text_is_taken_as_it_is(text):
    assert value(NAME, text) == text


@pytest.mark.parametrize("given", [7, 1.5, True, ["a"], {"a": 1}, NotANumber()])
def test_a_number_where_text_is_expected_is_refused(given):
    assert "write it as text" in complaint(NAME, given)


@pytest.mark.parametrize(
    "name", [" a", "a ", "\ta", "a\nb", "a\x00b", "a\x85", "a\u2028b", "x" * 201, "\ud800"]
)
def test_a_name_has_no_blanks_around_it_and_no_control_characters(name):
    assert complaint(NAME, name)


def test_an_optional_name_may_be_blank_and_keeps_to_the_rules_otherwise():
    group = TABLES["dependencies"].column("group")
    assert value(group, None) == ""
    assert complaint(group, "g1 ") == "begins or ends with a blank; take it away."


def test_other_text_may_hold_anything_utf8_can():
    assert value(TEXT, " two\nlines\t") == " two\nlines\t"
    assert "lone surrogate" in complaint(TEXT, "\ud800")
    assert "longer than 10,000" in complaint(TEXT, "x" * 10_001)


def test_a_word_outside_the_choices_gets_the_nearest_one():
    sector = TABLES["nodes"].column("sector")
    assert complaint(sector, "Power") == "is none of power, water, gas, road, telecom. Did you mean 'power'?"
    assert complaint(sector, "q") == "is none of power, water, gas, road, telecom."


def test_a_blank_in_a_required_column_is_refused():
    assert complaint(NAME, "") == complaint(NAME, None) == "is blank; it has to be filled in."


def test_every_bad_cell_of_a_column_is_found_beside_the_good_ones():
    read = cells(INTEGER, "1", "x", None, "4", "5.5")
    assert read.bad.keys() == {1, 4}
    assert read.read.tolist() == [1, -1, -1, 4, -1]


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.text(alphabet="0123456789+-.eE_ \n", max_size=6),
    st.sampled_from(["true", "No", "nan", "inf", "1e400", "٣"]),
)


@given(kind=st.sampled_from(sorted(QUICK)), raw=st.lists(ANYTHING, max_size=5))
def test_the_quick_road_gives_what_the_careful_road_gives(kind, raw):
    raw = [one for one in raw if one is not None and one == one and one != ""]
    array = np.empty(len(raw), dtype=object)
    array[:] = raw
    quick = QUICK[kind](array)
    if quick is None:
        return
    assert quick.tolist() == [CAREFUL[kind](one) for one in raw]


@given(st.lists(ANYTHING, max_size=5), st.sampled_from([NUMBER, INTEGER, BOOLEAN, TEXT, NAME]))
def test_reading_a_column_never_fails_and_good_cells_do_not_depend_on_the_others(raw, column):
    together = cells(column, *raw)
    for place, one in enumerate(raw):
        alone = cells(column, one)
        assert alone.bad.get(0) == together.bad.get(place)
        if not alone.bad:
            pd.testing.assert_series_equal(
                pd.Series(alone.read), pd.Series(together.read[place : place + 1]), check_names=False
            )


@pytest.mark.parametrize(
    ("column", "series", "read"),
    [
        (INTEGER, pd.Series([1.0, None]), [1, -1]),
        (INTEGER, pd.Series([1, None], dtype="Int64"), [1, -1]),
        (INTEGER, pd.Series([1, 2], dtype="uint8"), [1, 2]),
        (INTEGER, pd.Series([1, 2], dtype=object), [1, 2]),
        (NUMBER, pd.Series([1, 2]), [1.0, 2.0]),
        (NUMBER, pd.Series([1, 2.5], dtype=object), [1.0, 2.5]),
        (BOOLEAN, pd.Series([True, None], dtype="boolean"), [True, False]),
        (BOOLEAN, pd.Series([True, False]), [True, False]),
        (BOOLEAN, pd.Series([1, 0]), [True, False]),
        (TEXT, pd.Series(["a", None], dtype="string"), ["a", ""]),
        (TEXT, pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
        (TEXT, pd.Series([np.nan, np.nan]), ["", ""]),
    ],
)
def test_columns_of_every_pandas_type_are_read(column, series, read):
    table = Table("t", "", (Column("key", "integer", ""), column), ("key",))
    frame = tidy(table, sheet_of(table, pd.DataFrame({"key": [1, 2], column.name: series}))).frame
    assert frame[column.name].tolist() == read


@pytest.mark.parametrize(
    ("column", "series", "bad_rows"),
    [
        (INTEGER, pd.Series([1.5, 2.0]), [2]),
        (INTEGER, pd.Series([2**64 - 1, 1], dtype="uint64"), [2]),
        (INTEGER, pd.Series([1e300, np.inf]), [2, 3]),
        (NUMBER, pd.Series([True, False]), [2, 3]),
        (NUMBER, pd.Series([np.inf, 1.0]), [2]),
        (TEXT, pd.Series([1, 2]), [2, 3]),
        (NAME, pd.Series([7.0, np.nan]), [2, 3]),
        (BOOLEAN, pd.Series(pd.to_datetime(["2026-01-01", "2026-01-02"])), [2, 3]),
    ],
)
def test_columns_of_the_wrong_pandas_type_are_refused_row_by_row(column, series, bad_rows):
    table = Table("t", "", (Column("key", "integer", ""), column), ("key",))
    read = tidy(table, sheet_of(table, pd.DataFrame({"key": [1, 2], column.name: series})))
    assert [problem.row for problem in read.problems] == bad_rows


def test_a_canonical_table_has_all_columns_in_order_with_their_types():
    table = TABLES["damage"]
    frame = tidy(table, sheet_of(table, [{"component": "b"}, {"component": "a", "repair_minutes": 5}])).frame
    assert frame.to_dict("list") == {
        "component": ["a", "b"],
        "repair_minutes": [5, -1],
        "skill": ["", ""],
        "simple": [False, False],
    }
    assert [str(dtype) for dtype in frame.dtypes] == ["object", "int64", "object", "bool"]


def test_an_empty_table_has_all_columns_with_their_types_too():
    for table in TABLES.values():
        frame = tidy(table, sheet_of(table, [])).frame
        assert tuple(frame.columns) == table.column_names
        assert {str(dtype) for dtype in frame.dtypes} <= {"object", "int64", "float64", "bool"}


def test_rows_are_sorted_by_every_column_of_the_key():
    table = TABLES["shifts"]
    rows = [("b", 5, 6), ("a", 30, 40), ("b", 1, 2), ("a", 4, 5)]
    frame = tidy(
        table,
        sheet_of(
            table, [dict(zip(("crew", "start_minute", "end_minute"), row, strict=True)) for row in rows]
        ),
    ).frame
    assert frame[["crew", "start_minute"]].to_numpy().tolist() == [["a", 4], ["a", 30], ["b", 1], ["b", 5]]


def test_a_blank_group_is_named_after_its_provider():
    table = TABLES["dependencies"]
    frame = tidy(table, sheet_of(table, [{"dependent": "W", "provider": "P"}])).frame
    assert frame["group"].tolist() == ["P"]


def test_only_roads_get_the_default_speed():
    """A road without a speed is driven at 40 km/h; nobody drives along a pipe."""
    table = TABLES["links"]
    ends = {"from_node": "a", "to_node": "b"}
    rows = [{"id": "road", "sector": "road", **ends}, {"id": "pipe", "sector": "water", **ends}]
    speeds = tidy(table, sheet_of(table, rows)).frame.set_index("id")["speed_kmh"]
    assert speeds["road"] == 40.0
    assert np.isnan(speeds["pipe"])


def test_an_unknown_column_of_a_table_is_a_key_error():
    with pytest.raises(KeyError):
        TABLES["nodes"].column("colour")


def test_every_key_and_reference_of_the_format_exists():
    for table in TABLES.values():
        assert set(table.key) <= set(table.column_names)
        for column in table.columns:
            assert set(column.refers_to) <= set(TABLES)
            assert column.meaning.endswith(".")


def test_the_settings_documented_are_the_settings_there_are():
    documented = {column.name: column.default for column in SETTINGS.columns}
    settings = Settings()
    assert documented == {
        name: getattr(settings, name) or documented[name] for name in settings.__dataclass_fields__
    }


def test_the_page_on_the_data_format_is_fresh():
    page = (CHECKOUT / "docs" / "data-format.md").read_text(encoding="utf-8")
    assert page == data_format_page(), "write docs/data-format.md anew from data_format_page()"


def test_the_page_names_every_column_and_sector():
    page = data_format_page()
    for table in (*TABLES.values(), SETTINGS):
        assert all(f"| `{name}` |" in page for name in table.column_names)
    assert all(sector in page for sector in SECTORS)


def test_the_example_on_the_page_is_a_system():
    example = data_format_page().split("```json")[1].split("```")[0]
    system = system_from_json(example)
    assert system.name == "hamlet"
    assert system.damage["repair_minutes"].tolist() == [90]
