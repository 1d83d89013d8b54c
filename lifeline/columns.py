"""What a column and a table of the data format are, and the columns that several tables share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "boolean"]

SECTORS = ("power", "water", "gas", "road", "telecom")

MOST_MINUTES = 10_000_000
"With the bounds on persons and weights this keeps persons * weight * minutes inside an int64."

MOST_FLOW = 1_000_000_000_000


@dataclass(frozen=True)
class Column:
    """One column of a table.

    A required column must be there and filled. A blank in an optional one means `default`; without a default
    a blank text is "", a blank number NaN and a blank integer -1. An `is_id` column holds names that rows are
    told apart by; `refers_to` names the tables in which the value must be an id. An `if_used` column is for some
    systems only (such as a service rule's) and is not written where nothing stands in it.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    required: bool = True
    default: str | int | float | bool | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    is_id: bool = False
    refers_to: tuple[str, ...] = ()
    if_used: bool = False


@dataclass(frozen=True)
class Table:
    """One table of the format; its rows are told apart, and put in order, by the columns of `key`.

    An `if_used` table is not written where it has no rows.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    if_used: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in the order in which they are written."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column of this name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def id_column(meaning: str) -> Column:
    """Return the column of the names of a table's rows."""
    return Column("id", "text", meaning, is_id=True)


def reference(name: str, meaning: str, *tables: str) -> Column:
    """Return a column that names a row of one of these tables."""
    return Column(name, "text", meaning, refers_to=tables)


def text(name: str, meaning: str, default: str = "", is_id: bool = False, *, if_used: bool = False) -> Column:
    """Return a column of words that may be left blank."""
    return Column(name, "text", meaning, required=False, default=default, is_id=is_id, if_used=if_used)


def flag(name: str, meaning: str, *, if_used: bool = False) -> Column:
    """Return a column of yes and no; blank is no."""
    return Column(name, "boolean", meaning, required=False, default=False, if_used=if_used)


def sector_column(meaning: str, name: str = "sector") -> Column:
    """Return a column that names a sector."""
    return Column(name, "text", meaning, choices=SECTORS)


def minutes(name: str, meaning: str, minimum: int = 0) -> Column:
    """Return a column of whole minutes that must be filled."""
    return Column(name, "integer", meaning, "minutes", True, None, minimum, MOST_MINUTES)


def optional_minutes(
    name: str, meaning: str, default: int | None, minimum: int = 0, *, if_used: bool = False
) -> Column:
    """Return a column of whole minutes that may be blank."""
    return Column(name, "integer", meaning, "minutes", False, default, minimum, MOST_MINUTES, if_used=if_used)


def place_columns(required: bool) -> tuple[Column, Column]:
    """Return the two columns of a place."""
    return (
        Column("longitude", "number", "WGS84, east positive.", "degrees", required, None, -180, 180),
        Column("latitude", "number", "WGS84, north positive.", "degrees", required, None, -90, 90),
    )


def amount(name: str, meaning: str, default: int | None) -> Column:
    """Return a column of whole units of flow (see `tables.FLOW_UNITS`)."""
    return Column(name, "integer", meaning, "W, l/h, g/h", False, default, 0, MOST_FLOW, if_used=True)


def physical(name: str, meaning: str, unit: str, least: float, most: float) -> Column:
    """Return a column that some service rules need and others pass over."""
    return Column(name, "number", meaning, unit, False, None, least, most, if_used=True)


def speed(meaning: str, default: float | None) -> Column:
    """Return a column of speeds."""
    return Column("speed_kmh", "number", meaning, "km/h", False, default, 0.1, 1000)
