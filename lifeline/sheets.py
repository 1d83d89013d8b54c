"""Turns a table as it came (a DataFrame, a list of rows, the text of a file) into its canonical form.

Canonical: all columns of the format, in its order and with its dtypes; rows in the order of the table's key.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import le
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lifeline.errors import Problem
from lifeline.nearest import Nearest
from lifeline.tables import DEFAULT_ROAD_KMH, Column, Table
from lifeline.values import Raw, blank_cells, read_cells

FIRST_ROW = 2  # as a spreadsheet counts, below the header
ROW_INDEX = "row"

MOST_STRANGE = 50
"Columns beyond the table's own that rows may have between them: each is a column of its own as long as the table."


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table as it came, by columns; nothing is checked yet.

    `rows` are the spreadsheet rows. `whole` is False when rows were lost on the way (a ragged line, say):
    what other tables point at may be among them.
    """

    columns: Mapping[str, Raw]
    rows: npt.NDArray[np.int64]
    problems: tuple[Problem, ...] = ()
    whole: bool = True


@dataclass(frozen=True, eq=False)
class Tidy:
    """A table in canonical form, the spreadsheet row of each of its rows, and what was wrong with its cells.

    `unreadable` marks, for each column that has any, the rows with a bad cell: rules between cells pass them
    over, so that one mistake is told once.
    """

    table: Table
    columns: Mapping[str, Raw]
    rows: npt.NDArray[np.int64]
    unreadable: Mapping[str, npt.NDArray[np.bool_]]
    whole: bool
    problems: tuple[Problem, ...]

    def values(self, column: str) -> Raw:
        """Return one column as an array."""
        return self.columns[column]

    @property
    def frame(self) -> pd.DataFrame:
        """The table as a DataFrame of its own."""
        index = pd.RangeIndex(len(self.rows))
        # Said outright: pandas 3 would guess its own type for text, where pandas 2 keeps object.
        series = {
            name: pd.Series(values, index, dtype=values.dtype, copy=False)
            for name, values in self.columns.items()
        }
        return pd.DataFrame(series, index, copy=False)

    def readable(self, *columns: str) -> npt.NDArray[np.bool_]:
        """Mark the rows in which all these cells could be read."""
        good = np.ones(len(self.rows), dtype=np.bool_)
        for column in columns:
            if column in self.unreadable:
                good &= ~self.unreadable[column]
        return good

    @cached_property
    def firsts(self) -> npt.NDArray[np.int64]:
        """Where in the frame each name of the key's first column stands for the first time."""
        return first_of_runs([self.values(self.table.key[0])])

    @cached_property
    def ids(self) -> "pd.Index[Any]":
        """The names of the key's first column, in order, each once."""
        return pd.Index(self.values(self.table.key[0])[self.firsts], dtype=object)

    def positions_of(self, names: Raw) -> npt.NDArray[np.int64]:
        """Return where in the frame each of these names stands for the first time, -1 for the unknown."""
        if not len(names) or not len(self.rows):
            return np.full(len(names), -1, dtype=np.int64)
        place = self.ids.get_indexer(pd.Index(names, dtype=object))
        return np.append(self.firsts, -1)[place]


Rows = pd.DataFrame | Sequence[Mapping[str, Any]] | Sheet


def first_of_runs(sorted_columns: list[Raw]) -> npt.NDArray[np.int64]:
    """Return the first row of each run of rows that are equal in all these columns."""
    count = len(sorted_columns[0])
    differs = np.zeros(max(count - 1, 0), dtype=np.bool_)
    for values in sorted_columns:
        differs |= np.asarray(values[1:] != values[:-1], dtype=np.bool_)
    return np.flatnonzero(np.append(np.ones(min(count, 1), dtype=np.bool_), differs))


def sheet_of(table: Table, source: Rows) -> Sheet:
    """Take a DataFrame or a list of rows apart into a Sheet.

    Rows of a DataFrame are counted from 2 on, unless its index is called "row" and says the spreadsheet rows.
    """
    if isinstance(source, Sheet):
        return source
    if isinstance(source, pd.DataFrame):
        return _sheet_of_frame(table, source)
    if isinstance(source, str | bytes | Mapping) or not isinstance(source, Sequence):
        problem = Problem(table.name, None, None, None, "is not a table; give a DataFrame or a list of rows.")
        return Sheet({}, np.empty(0, np.int64), (problem,), whole=False)
    return _sheet_of_rows(table, source)


def _sheet_of_frame(table: Table, frame: pd.DataFrame) -> Sheet:
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems = tuple(Problem(table.name, 1, name, None, "is there twice; keep one.") for name in twice)
    columns = {name: _array_of(frame.iloc[:, place]) for place, name in enumerate(names) if name not in twice}
    rows = np.arange(len(frame), dtype=np.int64) + FIRST_ROW
    if frame.index.name == ROW_INDEX and frame.index.dtype.kind == "i":
        rows = frame.index.to_numpy(dtype=np.int64)
    return Sheet(columns, rows, problems, whole=not twice)


def _array_of(series: "pd.Series[Any]") -> Raw:
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "biuf":
        return series.to_numpy()
    return series.to_numpy(dtype=object)


def _sheet_of_rows(table: Table, source: Sequence[Any]) -> Sheet:
    kept = [(row, entry) for row, entry in enumerate(source, FIRST_ROW) if isinstance(entry, Mapping)]
    problems = tuple(
        Problem(table.name, row, None, str(entry), "is not an object with one value for each column.")
        for row, entry in enumerate(source, FIRST_ROW)
        if not isinstance(entry, Mapping)
    )
    names = dict.fromkeys(name for _, entry in kept for name in entry)
    strange = few_strange(table, names, MOST_STRANGE)
    if strange is not None:
        return Sheet({}, np.empty(0, np.int64), (strange, *problems), whole=False)
    columns = {
        str(name): np.fromiter((entry.get(name) for _, entry in kept), dtype=object, count=len(kept))
        for name in names
    }
    rows = np.fromiter((row for row, _ in kept), dtype=np.int64, count=len(kept))
    return Sheet(columns, rows, problems, whole=not problems)


def few_strange(table: Table, names: Iterable[Any], most: int) -> Problem | None:
    """Return the problem with names of columns when more of them than can be a mistake are not the table's."""
    strange = [str(name) for name in names if name not in table.column_names and name != ""]
    if len(strange) <= most:
        return None
    message = f"and {len(strange) - 1:,} more are columns {table.name} does not have; is this the right file?"
    return Problem(table.name, 1, strange[0], None, message)


@lru_cache
def nothing(table: Table) -> Tidy:
    """Return the table without rows, which most small systems have some of."""
    return tidy(table, Sheet({}, np.empty(0, dtype=np.int64)))


def tidy(table: Table, sheet: Sheet) -> Tidy:
    """Read every cell of a sheet and put it into canonical form; problems are listed, not raised."""
    problems = [*sheet.problems, *_column_problems(table, sheet)]
    missing = [column.name for column in _missing(table, sheet)]
    unreadable: dict[str, npt.NDArray[np.bool_]] = {}
    values: dict[str, Raw] = {}
    for column in table.columns:
        if column.name not in sheet.columns:
            values[column.name] = blank_cells(column, len(sheet.rows))
            if column.required:
                unreadable[column.name] = np.ones(len(sheet.rows), dtype=np.bool_)
            continue
        raw = sheet.columns[column.name]
        cells = read_cells(raw, column)
        values[column.name] = cells.read
        if cells.bad:
            unreadable[column.name] = np.zeros(len(raw), dtype=np.bool_)
            unreadable[column.name][list(cells.bad)] = True
        problems += [
            Problem(table.name, int(sheet.rows[place]), column.name, _shown(raw[place]), cells.bad[place])
            for place in sorted(cells.bad)
        ]
    _fill_from_other_columns(table, values)
    order = _order([values[name] for name in table.key])
    columns = {name: value[order] for name, value in values.items()}
    unreadable = {name: bad[order] for name, bad in unreadable.items()}
    whole = sheet.whole and not missing
    return Tidy(table, columns, sheet.rows[order], unreadable, whole, tuple(problems))


def _missing(table: Table, sheet: Sheet) -> list[Column]:
    # A table without any column and row is an empty one, as an empty list of rows is.
    if not sheet.columns and not len(sheet.rows):
        return []
    return [column for column in table.columns if column.required and column.name not in sheet.columns]


def _column_problems(table: Table, sheet: Sheet) -> Iterable[Problem]:
    nearest = Nearest(name for name in table.column_names if name not in sheet.columns)
    for name in sheet.columns:
        if name not in table.column_names:
            message = f"is a column {table.name} does not have. {nearest.advice(name)}"
            yield Problem(table.name, 1, name, None, message)
    for column in _missing(table, sheet):
        yield Problem(table.name, 1, column.name, None, "is missing; the table needs this column.")


def _shown(value: Any) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    return str(value)


def _fill_from_other_columns(table: Table, values: dict[str, Raw]) -> None:
    """Fill the two blanks whose meaning depends on their row."""
    if table.name == "dependencies":
        values["group"] = np.where(values["group"] == "", values["provider"], values["group"])
    if table.name == "links":
        blank_road = (values["sector"] == "road") & np.isnan(values["speed_kmh"])
        values["speed_kmh"] = np.where(blank_road, DEFAULT_ROAD_KMH, values["speed_kmh"])


def _order(keys: list[Raw]) -> npt.NDArray[np.int64]:
    """Return the order that sorts rows by these columns; equal rows keep theirs."""
    first = keys[0].tolist()
    if len(keys) == 1:
        if all(map(le, first, first[1:])):
            return np.arange(len(first), dtype=np.int64)
        return np.array(sorted(range(len(first)), key=first.__getitem__), dtype=np.int64)
    return np.lexsort([_rank(key) for key in reversed(keys)]).astype(np.int64)


def _rank(values: Raw) -> npt.NDArray[np.int64]:
    """Number the values by their place in sorted order, which for text is that of code points."""
    if values.dtype != object:
        return values.astype(np.int64)
    codes, distinct = pd.factorize(values)
    names = list(distinct)
    place = np.empty(len(names), dtype=np.int64)
    place[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return place[codes]
