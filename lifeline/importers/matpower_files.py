"""Reads a MATPOWER case (format version 2, https://matpower.org, manual appendix B) as text, never as a program.

A case is a MATLAB function that fills matrices; only matrices of plain numbers are read. A file that computes with
them, as some do to convert units, is refused, because its numbers mean something else before than after.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lifeline.checks import rows_differ
from lifeline.errors import InvalidInput, Problem
from lifeline.nearest import Nearest
from lifeline.sheets import Sheet, Tidy, tidy
from lifeline.tables import MOST_FLOW, Column, Table

MOST_BYTES = 64 * 1024**2
MOST_GUESSES = 100
"Comparing names is slow: of more rows that point nowhere none gets a 'did you mean'."
MOST_MEGAWATTS = MOST_FLOW / 1_000_000

REFERENCE, ISOLATED = 3, 4
"Types of a bus that matter here; 1 and 2 (PQ and PV) are the others."


def _number(name: str, unit: str, least: float, most: float) -> Column:
    return Column(name, "number", name, unit, minimum=least, maximum=most)


def _megawatts(name: str) -> Column:
    return _number(name, "MW", -MOST_MEGAWATTS, MOST_MEGAWATTS)


def _bus(name: str) -> Column:
    return Column(name, "integer", "Number of a bus.", minimum=0, maximum=2**53)


# Columns in the order of the manual; those named "-" are not read.
_COLUMNS = {
    "bus": (
        _bus("bus_i"),
        Column("type", "integer", "1 PQ, 2 PV, 3 reference, 4 isolated.", minimum=1, maximum=4),
        _megawatts("Pd"),
        None,
        _megawatts("Gs"),
        *(None,) * 4,
        _number("baseKV", "kV", 0, 10_000),
    ),
    "gen": (
        _bus("bus"),
        _megawatts("Pg"),
        *(None,) * 5,
        _number("status", "", -1e6, 1e6),
        _number("Pmax", "MW", -MOST_MEGAWATTS, 1e15),
    ),
    "branch": (
        _bus("fbus"),
        _bus("tbus"),
        None,
        _number("x", "", -1e6, 1e6),
        None,
        _number("rateA", "MVA", 0, 1e15),
        *(None,) * 2,
        _number("ratio", "", 0, 1000),
        _number("angle", "degrees", -360, 360),
        _number("status", "", 0, 1),
    ),
}
_LINE = Column("line", "integer", "Line of the file.")
_TABLES = {
    name: Table(name, name, (*filter(None, columns), _LINE), ("bus_i",) if name == "bus" else ("line",))
    for name, columns in _COLUMNS.items()
}

_ASSIGNMENT = re.compile(r"\s*([A-Za-z]\w{0,60})\.([A-Za-z]\w{0,60})[ \t]*=(?!=)")
_FUNCTION = re.compile(r"\s*function\s+([A-Za-z]\w{0,60})\s*=")
_QUOTED = re.compile(r"'([^'\n]{0,1000})'")


@dataclass(frozen=True, eq=False)
class MatpowerCase:
    """A case after checking: the three matrices, the power that per unit is on, and names of buses if there are any."""

    where: str
    base_mva: float
    bus: Tidy
    gen: Tidy
    branch: Tidy
    bus_names: Mapping[int, str]
    others: tuple[str, ...]


def read_case(path: Path) -> MatpowerCase:
    """Read and check a case; one InvalidInput lists everything that is wrong with it."""
    where = str(path)
    said = _assignments(_text(path), where)
    for name in ("baseMVA", *_COLUMNS):
        if name not in said:
            raise InvalidInput(f"{where!r} is no MATPOWER case: nothing is assigned to mpc.{name}.")
    version = said.get("version", ("", 0))[0].strip(" \t\n'\";")
    if version not in ("", "2"):
        raise InvalidInput(f"{where!r} has format version {version[:20]!r}; lifeline reads version 2.")
    problems: list[Problem] = []
    base = _base(said["baseMVA"], problems)
    tables = {name: _matrix(name, *said[name], problems) for name in _COLUMNS}
    problems += [problem for table in tables.values() for problem in table.problems]
    problems += rows_differ(tables["bus"])
    if not problems and not len(tables["bus"].rows):
        problems.append(Problem("bus", None, None, None, "has no rows; a case needs at least one bus."))
    if not problems:
        problems = list(_buses_that_miss(tables))
    if problems:
        raise InvalidInput.of(problems, where)
    names = _names(said, tables["bus"])
    others = tuple(sorted(set(said) - {"version", "baseMVA", "bus_name", *_COLUMNS}))
    return MatpowerCase(where, base, tables["bus"], tables["gen"], tables["branch"], names, others)


def _text(path: Path) -> str:
    if not path.is_file():
        raise InvalidInput(f"There is no file {str(path)!r}.")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput(f"{str(path)!r} has more than {MOST_BYTES:,} bytes, which no case has.")
        data = path.read_bytes()
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {trouble.strerror or trouble}.") from trouble
    if data[:6] == b"MATLAB" or b"\0" in data[:4096]:
        raise InvalidInput(
            f"{str(path)!r} is no text. Save the case as a .m file, with MATPOWER's savecase('case.m', mpc)."
        )
    # Comments of old cases are in Latin-1; numbers are the same in both.
    return data.decode("utf-8-sig", errors="replace")


def _assignments(text: str, where: str) -> dict[str, tuple[str, int]]:
    """Return what is assigned to each field of the case, as written, with the number of the line it begins in."""
    lines = list(_without_comments(text))
    struct = next((found[1] for line in lines if (found := _FUNCTION.match(line))), "mpc")
    computed = re.compile(rf"\s*{struct}\s*(=(?!=)|\(|\.\s*(baseMVA|bus|gen|branch)\s*[({{.])")
    said: dict[str, tuple[str, int]] = {}
    number = 0
    while number < len(lines):
        line = lines[number]
        if computed.match(line) and not _FUNCTION.match(line):
            raise InvalidInput(
                f"{where!r}, line {number + 1}, computes: {line.strip()[:80]!r}. lifeline reads matrices of "
                "numbers and runs nothing; load the case in MATPOWER and save it anew with savecase('case.m', mpc)."
            )
        found = _ASSIGNMENT.match(line)
        if not found or found[1] != struct:
            number += 1
            continue
        if found[2] in said:
            raise InvalidInput(f"{where!r}, line {number + 1}: mpc.{found[2]} is assigned a second time.")
        begin, value = number, line[found.end() :]
        closing = {"[": "]", "{": "}"}.get(value.lstrip()[:1])
        parts = [value]
        while closing and closing not in _QUOTED.sub("", parts[-1]):
            number += 1
            if number == len(lines):
                raise InvalidInput(
                    f"{where!r}, line {begin + 1}: the bracket of mpc.{found[2]} is never closed."
                )
            parts.append(lines[number])
        said[found[2]] = ("\n".join(parts), begin + 1)
        number += 1
    return said


def _without_comments(text: str) -> Iterator[str]:
    block = 0
    for line in text.splitlines():
        bare = line.strip()
        if bare in ("%{", "%}"):
            block = max(0, block + (1 if bare == "%{" else -1))
        yield "" if block or bare == "%}" else _code(line)


def _code(line: str) -> str:
    if "%" not in line:
        return line
    if "'" not in line:
        return line[: line.index("%")]
    quoted = False
    for place, character in enumerate(line):
        quoted ^= character == "'"
        if character == "%" and not quoted:
            return line[:place]
    return line


def _base(said: tuple[str, int], problems: list[Problem]) -> float:
    text = said[0].strip().rstrip(";, \t")
    column = Column("baseMVA", "number", "Power that per unit is on.", "MVA", minimum=1e-6, maximum=1e9)
    sheet = Sheet({"baseMVA": np.array([text], dtype=object)}, np.array([said[1]]))
    read = tidy(Table("mpc", "mpc", (column,), ("baseMVA",)), sheet)
    problems += read.problems
    return float(read.values("baseMVA")[0])


def _matrix(name: str, text: str, begin: int, problems: list[Problem]) -> Tidy:
    """Take a matrix apart: rows end with a line or a semicolon, cells are divided by blanks or commas."""
    columns, table = _COLUMNS[name], _TABLES[name]
    body = text.strip()
    if not body.startswith("["):
        problem = Problem(name, begin, None, body[:80], "is not a matrix of numbers in brackets.")
        return tidy(table, Sheet({}, np.empty(0, np.int64), (problem,), whole=False))
    cells: list[list[str]] = []
    rows: list[int] = []
    for number, line in enumerate(text.replace("[", " ", 1).split("\n"), begin):
        for row in line.split("]")[0].split(";"):
            values = row.replace(",", " ").split()
            if not values:
                continue
            if len(values) < len(columns):
                message = f"has {len(values)} of the {len(columns)} columns or more that {name} has."
                problems.append(Problem(name, number, None, row.strip(), message))
                continue
            cells.append(values[: len(columns)])
            rows.append(number)
    by_column = list(zip(*cells, strict=True)) if cells else [()] * len(columns)
    read = {
        column.name: np.array(values, dtype=object)
        for column, values in zip(columns, by_column, strict=True)
        if column is not None
    }
    # Rows on one line keep their order by counting.
    order = np.arange(len(rows), dtype=np.int64)
    return tidy(table, Sheet({**read, "line": order}, np.array(rows, dtype=np.int64)))


def _buses_that_miss(tables: Mapping[str, Tidy]) -> Iterator[Problem]:
    known = tables["bus"].values("bus_i")
    nearest = Nearest(map(str, known.tolist()), cutoff=0.0)
    for name, columns in (("gen", ("bus",)), ("branch", ("fbus", "tbus"))):
        for column in columns:
            values = tables[name].values(column)
            unknown = np.flatnonzero(~np.isin(values, known))
            for place in unknown.tolist():
                value = str(values[place])
                hint = f" Did you mean {nearest.to(value)}?" if len(unknown) <= MOST_GUESSES else ""
                message = f"is no bus.{hint}"
                yield Problem(name, int(tables[name].rows[place]), column, value, message)


def _names(said: Mapping[str, tuple[str, int]], bus: Tidy) -> dict[int, str]:
    """Return the names of buses by number, in the order of the matrix; none when there is not one for each."""
    names = [name.strip() for name in _QUOTED.findall(said.get("bus_name", ("", 0))[0])]
    if len(names) != len(bus.rows):
        return {}
    in_order = np.argsort(bus.values("line"), kind="stable")
    return dict(zip(bus.values("bus_i")[in_order].tolist(), names, strict=True))
