"""Rows that lifeline itself adds to a system's tables; what it adds need not be anything that a person may write."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from lifeline.sheets import sheet_of, tidy
from lifeline.tables import TABLES

if TYPE_CHECKING:
    from lifeline.system import System

Row = Mapping[str, Any]


def with_rows(system: System, added: Mapping[str, Sequence[Row]], /, **replaced: pd.DataFrame) -> System:
    """Return the system with some tables replaced and rows added to some, in canonical form but not checked."""
    tables: dict[str, Any] = {**system.tables, **replaced}
    for name, rows in added.items():
        if rows:
            tables[name] = _joined(name, tables[name], rows)
    return dataclasses.replace(system, **tables)


def _joined(name: str, frame: pd.DataFrame, rows: Sequence[Row]) -> pd.DataFrame:
    table = TABLES[name]
    new = tidy(table, sheet_of(table, list(rows))).frame
    for column in table.columns:
        if column.choices:
            # Cells that are none of the choices are read as blank; here they are meant.
            values = [row.get(column.name, blank) for row, blank in zip(rows, new[column.name], strict=True)]
            new[column.name] = pd.Series(values, new.index, dtype=object)
    return pd.concat([frame, new]).sort_values(list(table.key), ignore_index=True)


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries."""
    columns = (frame[name].tolist() for name in frame.columns)
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]
