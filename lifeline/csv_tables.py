"""A table as comma-separated text, and back without loss."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from lifeline.errors import Problem
from lifeline.sheets import FIRST_ROW, Sheet, few_strange
from lifeline.tables import Column, Table
from lifeline.values import Raw, blank_value, is_blank

MOST_STRANGE_IN_FILE = 1000
"Columns beyond the table's own; foreign files may have many."

_NEEDS_QUOTES = re.compile('[",\r\n]')
_CHUNK = 20_000
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def csv_text(table: Table, frame: pd.DataFrame) -> str:
    """Return a canonical table as CSV: a header, then one line for each row, ending in a newline each."""
    columns = columns_in_use(table, frame)
    cells = [_written(column, frame[column.name].tolist()) for column in columns]
    names = ",".join(column.name for column in columns)
    lines = [names, *map(",".join, zip(*cells, strict=True))]
    return "\n".join(lines) + "\n"


def columns_in_use(table: Table, frame: pd.DataFrame) -> tuple[Column, ...]:
    """Return the columns to write: all but those for some service rules only in which nothing stands."""
    return tuple(
        column
        for column in table.columns
        if not column.if_used or not _says_nothing(column, frame[column.name].to_numpy())
    )


def _says_nothing(column: Column, values: Raw) -> bool:
    blank = blank_value(column)
    return bool((np.isnan(values) if blank != blank else values == blank).all())


def _written(column: Column, values: list[Any]) -> list[str]:
    write = _WRITE[column.kind]
    return ["" if is_blank(column, value) else write(value) for value in values]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


_WRITE: dict[str, Callable[[Any], str]] = {
    "text": _quoted,
    "integer": str,
    "number": repr,
    "boolean": lambda value: "true" if value else "false",
}


def sheet_from_csv(table: Table, data: bytes) -> Sheet:
    """Read the bytes of a CSV file; what is wrong with its lines is listed in the sheet, not raised."""
    text, problems = decoded(table.name, data)
    if problems:
        return _nothing(*problems)
    # newline="" keeps line breaks inside quotes as they are.
    chunks = _chunks(table, io.StringIO(text, newline=""), problems)
    _, first = next(chunks, (0, [[]]))
    header = [name.strip() for name in first[0]]
    if not any(header):
        message = f"has no header; the first line names the columns: {','.join(table.column_names)}"
        return _nothing(Problem(table.name, 1, None, None, message), *problems)
    if len(header) == 1 and (word := _other_separator(header[0])):
        return _nothing(
            Problem(table.name, 1, None, header[0], f"is separated by {word}; use commas."), *problems
        )
    strange = few_strange(table, header, MOST_STRANGE_IN_FILE)
    if strange is not None:
        return _nothing(strange, *problems)
    for name in (name for name, times in Counter(header).items() if name and times > 1):
        problems.append(Problem(table.name, 1, name, None, "is there twice; keep one."))
    cells: list[list[str]] = [[] for _ in header]
    rows: list[int] = []
    for start, chunk in chunks:
        numbers, records = _even(table, start, chunk, len(header), problems)
        rows += numbers
        for column, values in zip(cells, zip(*records, strict=True), strict=bool(records)):
            column += values
    # Spreadsheets like to add empty columns at the right.
    named = {name: column for name, column in zip(header, cells, strict=True) if name or any(column)}
    columns = {name: np.array(column, dtype=object) for name, column in named.items()}
    return Sheet(columns, np.array(rows, dtype=np.int64), tuple(problems), whole=not problems)


def _chunks(
    table: Table, text: io.StringIO, problems: list[Problem]
) -> Iterator[tuple[int, list[list[str]]]]:
    """Yield the header alone, then the records some thousands at a time, with the row of the first.

    Rows count records, as a spreadsheet does, not lines: a quoted cell may hold line breaks.
    """
    records = csv.reader(text, strict=True)
    row, most = FIRST_ROW - 1, 1
    while True:
        chunk: list[list[str]] = []
        try:
            for record in islice(records, most):
                chunk.append(record)
        except csv.Error as trouble:
            message = (
                f"cannot be read as CSV ({trouble}); look for a quotation mark not closed or not doubled."
            )
            problems.append(Problem(table.name, row + len(chunk), None, None, message))
            most = 0
        if chunk:
            yield row, chunk
        if len(chunk) < most or not most:
            return
        row, most = row + len(chunk), _CHUNK


def _even(
    table: Table, start: int, chunk: list[list[str]], width: int, problems: list[Problem]
) -> tuple[Sequence[int], list[list[str]]]:
    """Return the records as wide as the header, with their rows; blank lines are passed over."""
    numbers = range(start, start + len(chunk))
    if set(map(len, chunk)) == {width} and all(record[0] for record in chunk):
        return numbers, chunk
    kept = []
    for row, record in zip(numbers, chunk, strict=True):
        if any(record) and len(record) == width:
            kept.append((row, record))
        elif any(record):
            message = f"has {len(record)} cells where the header has {width}; put text with commas in quotes."
            problems.append(Problem(table.name, row, None, ",".join(record), message))
    return [row for row, _ in kept], [record for _, record in kept]


def decoded(table: str, data: bytes) -> tuple[str, list[Problem]]:
    """Return the bytes as UTF-8 text, with or without the mark some programs begin a file with."""
    if data.startswith(_UTF16_MARKS):
        return "", [Problem(table, None, None, None, "is in UTF-16; save the file as UTF-8.")]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return "", [
            _not_utf8(table, row, line) for row, line in enumerate(data.split(b"\n"), 1) if _is_odd(line)
        ]


def _is_odd(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _not_utf8(table: str, row: int, line: bytes) -> Problem:
    shown = line.strip().removeprefix(_UTF8_MARK).decode("cp1252", errors="replace")
    return Problem(table, row, None, shown, "is not UTF-8 (shown as Windows-1252); save the file as UTF-8.")


def _other_separator(header: str) -> str | None:
    return "semicolons" if ";" in header else "tabs" if "\t" in header else None


def _nothing(*problems: Problem) -> Sheet:
    return Sheet({}, np.empty(0, dtype=np.int64), problems, whole=False)
