"""Reads a CSV file in somebody else's columns, with the care that lifeline's own tables get."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lifeline.checks import rows_differ
from lifeline.csv_tables import sheet_from_csv
from lifeline.errors import InvalidInput, Problem
from lifeline.sheets import Tidy, tidy
from lifeline.tables import Table


@dataclass(frozen=True, eq=False)
class ForeignTable:
    """A foreign table after reading: the columns that were asked for, and the names of all that it has."""

    read: Tidy
    header: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.read.table.name

    @property
    def unused(self) -> tuple[str, ...]:
        """The names of the columns that nobody asked for."""
        return tuple(sorted(set(self.header) - set(self.read.table.column_names)))

    def column(self, name: str) -> list[Any]:
        """Return one column as Python values; a bad cell holds what a blank would."""
        values: list[Any] = self.read.values(name).tolist()
        return values

    def problem(self, place: int, column: str, message: str) -> Problem:
        """Return a problem with a cell of the table, named by the row that a person sees in the file."""
        return Problem(
            self.name, int(self.read.rows[place]), column, str(self.read.values(column)[place]), message
        )

    def blank(self, place: int, column: str, message: str) -> Problem:
        """Return a problem with a cell in which nothing is written."""
        return Problem(self.name, int(self.read.rows[place]), column, None, message)

    def repeated_rows(self) -> list[Problem]:
        """Return one problem for each row that repeats the key of an earlier one."""
        return list(rows_differ(self.read))


def read_foreign(path: Path, table: Table) -> ForeignTable:
    """Read the columns of `table` out of a CSV file; InvalidInput when there is no such file to read.

    Whatever is wrong inside is listed in `read.problems`, not raised.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {str(path)!r}.") from None
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {trouble.strerror or trouble}.") from trouble
    named = replace(table, name=path.name)
    sheet = sheet_from_csv(named, data)
    known = {name: cells for name, cells in sheet.columns.items() if name in table.column_names}
    return ForeignTable(tidy(named, replace(sheet, columns=known)), tuple(sheet.columns))
