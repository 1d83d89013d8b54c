"""A whole system as one JSON text: an object with `settings` and, for each table, a list of row objects."""

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from lifeline.csv_tables import columns_in_use, decoded
from lifeline.errors import InvalidInput, Problem
from lifeline.sheets import FIRST_ROW, Rows, sheet_of
from lifeline.system import Settings, System
from lifeline.tables import TABLES
from lifeline.values import NotANumber, is_blank

_LONGEST_INTEGER = 300  # digits; Python refuses to read integers of thousands of digits


class _Object(dict[str, Any]):
    """A JSON object that remembers which keys it was given twice."""

    twice: tuple[str, ...] = ()


def system_to_json(system: System) -> str:
    """Return the system as JSON, one row a line; blanks are left out. The same system gives the same text."""
    settings = {key: value for key, value in dataclasses.asdict(system.settings).items() if value is not None}
    parts = [f'"settings": {json.dumps(settings, ensure_ascii=False)}']
    for name, frame in system.tables.items():
        if TABLES[name].if_used and not len(frame):
            continue
        columns = columns_in_use(TABLES[name], frame)
        rows = [
            {
                column.name: value
                for column, value in zip(columns, row, strict=True)
                if not is_blank(column, value)
            }
            for row in zip(*(frame[column.name].tolist() for column in columns), strict=True)
        ]
        lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
        parts.append(f'"{name}": [\n{lines}\n]' if rows else f'"{name}": []')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def system_from_json(text: str | bytes, *, where: str = "the JSON") -> System:
    """Read a system from JSON; one InvalidInput lists everything that is wrong with it."""
    document, problems = _document(text)
    if problems:
        raise InvalidInput.of(problems, where)
    tables: dict[str, Rows] = {
        name: _rows(name, rows) for name, rows in document.items() if name != "settings"
    }
    problems += [Problem("json", None, key, None, _TWICE) for key in document.twice]
    return checked_system(tables, document.get("settings", {}), where=where, problems=problems)


def checked_system(
    tables: Mapping[str, Rows],
    settings: Any,
    *,
    where: str,
    problems: list[Problem],
    settings_name: str = "settings",
) -> System:
    """Make tables and settings a System, or raise one InvalidInput of all that was found."""
    found = list(problems)
    try:
        if not isinstance(settings, Mapping):
            raise InvalidInput.of([Problem("settings", None, None, str(settings), "is not an object.")])
        twice = settings.twice if isinstance(settings, _Object) else ()
        found += [Problem(settings_name, None, key, None, _TWICE) for key in twice]
        read_settings = Settings.of(settings)
    except InvalidInput as bad:
        found += [dataclasses.replace(problem, table=settings_name) for problem in bad.problems]
        read_settings = Settings()
    try:
        system = System.from_tables(tables, read_settings)
    except InvalidInput as bad:
        found += bad.problems
    if found:
        raise InvalidInput.of(found, where)
    return system


_TWICE = "is there twice in one object; keep one."


def _document(text: str | bytes) -> tuple[_Object, list[Problem]]:
    if isinstance(text, bytes):
        text, problems = decoded("json", text)
        if problems:
            return _Object(), problems
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)
    except json.JSONDecodeError as trouble:
        message = f"is not JSON: {trouble.msg} in line {trouble.lineno}, column {trouble.colno}."
        return _Object(), [Problem("json", None, None, None, message)]
    except RecursionError:
        return _Object(), [Problem("json", None, None, None, "is nested too deeply to be a system.")]
    if not isinstance(document, _Object):
        message = f"is not an object with the keys settings, {', '.join(TABLES)}."
        return _Object(), [Problem("json", None, None, None, message)]
    return document, []


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        made.twice = tuple(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return made


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _constant(name: str) -> Any:
    return NotANumber() if name == "NaN" else float(name)


def _rows(name: str, rows: Any) -> Any:
    """Take the rows of one table, telling of keys a row has twice; what is no table is refused later."""
    if name not in TABLES or not isinstance(rows, list):
        return rows
    problems = tuple(
        Problem(name, row, key, None, _TWICE)
        for row, entry in enumerate(rows, FIRST_ROW)
        if isinstance(entry, _Object)
        for key in entry.twice
    )
    sheet = sheet_of(TABLES[name], rows)
    return dataclasses.replace(sheet, problems=(*sheet.problems, *problems))
