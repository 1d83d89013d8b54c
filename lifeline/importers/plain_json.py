"""Reads the JSON files of pandapower and pandapipes as plain data: cells of tables, and never an object of Python.

Both packages write every object as `{"_module": ..., "_class": ..., "_object": ...}`, and their own loaders import
the module and call the class that stand there, so a file can run code. Here nothing is imported and nothing called:
tables are taken apart cell by cell, everything else is left where it is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lifeline.errors import InvalidInput
from lifeline.sheets import Sheet, Tidy, tidy
from lifeline.tables import Column, Table
from lifeline.values import NotANumber

MOST_BYTES = 64 * 1024**2
"The largest published case, with 9,241 buses, has 4 MB; a file of this size is read in about two seconds."
DEEPEST = 32
"Brackets within brackets; files as the two packages write them have 12 at most."
MOST_BRACKETS = 2_000_000
"Each row of a table is one pair; more would be slow to read, and are in no network file."
_LONGEST_INTEGER = 300  # digits; Python refuses to read integers of thousands of digits

INDEX = "index"
"The column that holds the number of a row; other tables point at it."

_NEITHER_QUOTE_NOR_BRACKET = bytes(set(range(256)) - set(b'"[]{}'))

# What the packages themselves write of Python's own classes; anything else of the standard library is an attack.
_HARMLESS_BUILTINS = ("bool", "complex", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple")
_HARMLESS_STANDARD = ("collections", "datetime", "decimal", "pathlib", "uuid")


@dataclass(frozen=True, eq=False)
class PlainTable:
    """One DataFrame of a file as lists of cells by column, among them the number of each row."""

    name: str
    columns: Mapping[str, list[Any]]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.columns[INDEX])

    def read(self, table: Table) -> Tidy:
        """Read the columns that `table` asks for; numbers count as text where text is asked for.

        The rows of problems are the numbers of the rows in the file, where those can be read.
        """
        asked = {column.name: column for column in table.columns}
        columns = {
            name: _cells(self.columns[name], asked[name])
            for name in asked
            if name in self.columns and len(self)
        }
        numbers = self.columns[INDEX]
        whole = all(type(number) is int and 0 <= number < 2**62 for number in numbers)
        rows = np.array(numbers if whole else range(len(self)), dtype=np.int64)
        return tidy(table, Sheet(columns, rows))


@dataclass(frozen=True, eq=False)
class PlainNet:
    """A network file taken apart: its tables, its plain values, and the names of the objects left alone."""

    where: str
    tables: Mapping[str, PlainTable]
    values: Mapping[str, Any]
    objects: Mapping[str, Mapping[str, Any]]

    def read(self, table: Table) -> Tidy:
        """Read one table; one that is not in the file is empty."""
        found = self.tables.get(table.name)
        return tidy(table, Sheet({}, np.empty(0, np.int64))) if found is None else found.read(table)


def read_plain(path: Path, net_class: str, package: str) -> PlainNet:
    """Take a network file apart; InvalidInput when it is no such file, or when reading it would be a risk."""
    where = str(path)
    document = _document(_bytes_of(path, package), where, package)
    if not isinstance(document, dict) or document.get("_class") != net_class:
        raise InvalidInput(
            f"{where!r} is JSON, but no network of {package}: it is not an object with the _class {net_class!r}. "
            f"Write the network with {package}.to_json(net, file)."
        )
    _refuse_code(document, where)
    content = document.get("_object")
    if isinstance(content, str):
        content = _document(content.encode(), f"{where}, _object", package)
    if not isinstance(content, dict):
        raise InvalidInput(f"{where!r} is empty: its _object holds no tables.")
    _refuse_code(content, where)
    tables, values, objects = {}, {}, {}
    for name, entry in content.items():
        if not isinstance(entry, dict):
            values[name] = entry
        elif entry.get("_class") == "DataFrame":
            tables[name] = _table(name, entry, where, package)
        else:
            objects[name] = entry
    return PlainNet(where, tables, values, objects)


def plain_object(entry: Mapping[str, Any], where: str, package: str) -> Mapping[str, Any]:
    """Return what stands inside an object of the file, for example the fluid, as a mapping; empty when nothing does."""
    content = entry.get("_object", entry)
    if isinstance(content, str):
        content = _document(content.encode(), where, package)
    return content if isinstance(content, dict) else {}


def json_value(text: str) -> Any:
    """Return the value of a short JSON text inside a cell, None when it is none."""
    if len(text) > 10_000:
        return None
    try:
        shallow = nesting(text.encode())[0] <= DEEPEST
        return json.loads(text, parse_int=_integer, parse_constant=_constant) if shallow else None
    except (ValueError, RecursionError):
        return None


def _bytes_of(path: Path, package: str) -> bytes:
    if not path.is_file():
        raise InvalidInput(f"There is no file {str(path)!r}.")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput(
                f"{str(path)!r} has {path.stat().st_size:,} bytes; a network of {package} has "
                f"{MOST_BYTES:,} at most."
            )
        return path.read_bytes()
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {trouble.strerror or trouble}.") from trouble


def _document(data: bytes, where: str, package: str) -> Any:
    """Return a JSON text as plain values, after a look at how deep it is nested."""
    if data[:1] == b"\x80":
        raise InvalidInput(
            f"{where!r} is a pickle, which can run code when it is opened; lifeline opens none. "
            f"Write the network with {package}.to_json(net, file)."
        )
    deepest, brackets = nesting(data)
    if deepest > DEEPEST:
        raise InvalidInput(f"{where!r} is nested more than {DEEPEST} deep, which no network file is.")
    if brackets > MOST_BRACKETS:
        raise InvalidInput(
            f"{where!r} has {brackets:,} lists and objects in it; {MOST_BRACKETS:,} are the most."
        )
    try:
        text = data.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)
    except UnicodeDecodeError:
        raise InvalidInput(f"{where!r} is not UTF-8 text, so it is no JSON file of {package}.") from None
    except json.JSONDecodeError as trouble:
        raise InvalidInput(
            f"{where!r} is not JSON: {trouble.msg} in line {trouble.lineno}, column {trouble.colno}."
        ) from None
    except _Twice as key:
        raise InvalidInput(
            f"{where!r} has the key {str(key)[:80]!r} twice in one object; keep one."
        ) from None


class _Twice(Exception):  # noqa: N818 - never leaves this file
    """A key that stands twice in one object."""


def nesting(data: bytes) -> tuple[int, int]:
    """Return how many brackets are open at once, at most, and how many there are; nothing is parsed for it."""
    marks = data.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NEITHER_QUOTE_NOR_BRACKET)
    mark = np.frombuffer(marks, np.uint8)
    outside = ~np.logical_xor.accumulate(mark == ord('"'))
    opens = ((mark == ord("[")) | (mark == ord("{"))) & outside
    closes = ((mark == ord("]")) | (mark == ord("}"))) & outside
    depth = np.cumsum(opens.astype(np.int8) - closes.astype(np.int8), dtype=np.int32)
    return int(depth.max(initial=0)), int(opens.sum())


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Twice(key)
            seen.add(key)
    return made


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _constant(name: str) -> Any:
    return NotANumber() if name == "NaN" else float(name)


def _refuse_code(document: Any, where: str) -> None:
    """Refuse a file in which an object is of Python's own library: no data is, and code is run that way."""
    for entry in _objects_in(document):
        module, kind = str(entry["_module"]), str(entry.get("_class"))
        root = module.split(".")[0]
        data = kind in _HARMLESS_BUILTINS if root == "builtins" else root in _HARMLESS_STANDARD
        if root in sys.stdlib_module_names and not data:
            raise InvalidInput(
                f"{where!r} holds an object of Python itself ({module[:80]}.{kind[:80]}), as files do that are made "
                "to run code. Nothing of it was run, and nothing read."
            )


def _objects_in(document: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [document]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict):
            if "_module" in entry:
                yield entry
            waiting += entry.values()
        elif isinstance(entry, list):
            waiting += entry


def _table(name: str, entry: Mapping[str, Any], where: str, package: str) -> PlainTable:
    place = f"{where}, {name}"
    content = entry.get("_object")
    if isinstance(content, str):
        content = _document(content.encode(), place, package)
        _refuse_code(content, place)
    if not isinstance(content, dict):
        raise InvalidInput(f"{place!r} is said to be a table, but holds none.")
    if isinstance(content.get("data"), list) and isinstance(content.get("columns"), list):
        return PlainTable(name, _split(content, place))
    return PlainTable(name, _by_column(content, place))


def _split(content: Mapping[str, Any], place: str) -> dict[str, list[Any]]:
    """Take the layout `split` apart: names of columns, numbers of rows, and a list of cells for each row."""
    names, rows, numbers = content["columns"], content["data"], content.get("index")
    if not isinstance(numbers, list) or len(numbers) != len(rows):
        raise InvalidInput(f"{place!r} has {len(rows):,} rows, but not a number for each of them.")
    for number, row in zip(numbers, rows, strict=True):
        if not isinstance(row, list) or len(row) != len(names):
            raise InvalidInput(
                f"{place!r}, row {str(number)[:80]}, has not one cell for each of its columns."
            )
    if not all(isinstance(column, str) for column in names) or len(set(names)) < len(names):
        # Columns in several levels are results over time, which are not read.
        return {INDEX: numbers}
    cells = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {**{column: list(values) for column, values in zip(names, cells, strict=True)}, INDEX: numbers}


def _by_column(content: Mapping[str, Any], place: str) -> dict[str, list[Any]]:
    """Take the layout `columns` apart: for each column an object with a cell for each number of a row."""
    numbers: list[str] = []
    for column, cells in content.items():
        if not isinstance(cells, dict):
            raise InvalidInput(f"{place!r}, {column[:80]}, is not a column of cells.")
        if numbers and list(cells) != numbers:
            raise InvalidInput(f"{place!r}, {column[:80]}, has other rows than the columns before it.")
        numbers = list(cells)
    rows = [int(number) if number.isdecimal() and len(number) < 19 else number for number in numbers]
    return {**{column: list(cells.values()) for column, cells in content.items()}, INDEX: rows}


def _cells(values: list[Any], column: Column) -> Any:
    cells = np.empty(len(values), dtype=object)
    cells[:] = [_as_text(value) for value in values] if column.kind == "text" else values
    return cells


def _as_text(value: Any) -> Any:
    """Return a number as the text it is written as: names of buses are often numbers."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
