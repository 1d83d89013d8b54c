"""Writes `docs/data-format.md` out of `tables.py`, so that the page says what the code does."""

from lifeline.tables import LONGEST_ID, LONGEST_TEXT, SETTINGS, SHARE_TOLERANCE, TABLES, Column, Table

_INTRODUCTION = f"""\
# The data format

<!-- Written by lifeline/data_format.py out of lifeline/tables.py; a test holds the page to it. -->

A system is a folder (or a zip of that folder) with one CSV file for each table below and a
`system.toml`, or one JSON file. Only `nodes.csv` has to be there. `lifeline check PATH` reads all of it
and lists every mistake with its table, row, column and value; a system with a mistake is not read at
all.

## How the files are written

- **CSV** is UTF-8, comma-separated, with a header. The order of columns and of rows means nothing. Text
  with commas, quotation marks or line breaks stands in quotation marks; a quotation mark in it is
  doubled. Columns not listed here are mistakes. Files not listed here are left alone, unless the name
  looks like a slip.
- **Rows** in error messages count as a spreadsheet does: the header is row 1. In JSON, too, the first
  row of a table is row 2.
- **Blank** means not given. In a column with a default it means the default.
- **text** is taken as it is: `007`, `1e5`, `NA`, `nan` and `true` are ids like any other. It has at
  most {LONGEST_TEXT:,} characters. In JSON text is always in quotes; an id that is a number is a
  mistake.
- **ids** and names of groups have 1 to {LONGEST_ID} characters, no blanks at either end, no control
  characters.
- **integer** is whole digits: `3`, not `3.0` or `1e3`. (In JSON `3.0` is the same as `3`.)
- **number** is written with a decimal point, `12.5` or `1.25e1`, and is finite.
- **boolean** is `true` or `false`; `1`, `0`, `yes` and `no` are understood, in capitals too.
- **Coordinates** are WGS84 longitude and latitude in degrees.
- **Minutes** are whole and count from time zero, the moment of the shock; `start` in `system.toml` says
  which clock time that is.
- **Shares** of a customer and service may miss 1 by {SHARE_TOLERANCE:f}, so that thirds can be written
  down.

## system.toml

One line for each setting; all may be left out. In JSON they are the object `settings`.
"""

_RULES = """\
## Rules between tables

- Nodes and links share one set of ids; customers and crews have their own.
- A link joins two different nodes of its own sector; several links may join the same two. Only road
  links have a speed.
- A node does not depend on itself. `buffer_minutes` is equal in all rows of a dependent and group.
- A supply comes from a node of the service's sector. Each customer has at least one. The shares of a
  customer and service add up to 1, an alternative group counting once; its rows carry equal shares.
  `weight_permille` is equal in all rows of a customer and service.
- A customer has both coordinates or neither.
- A crew has at least one skill. Its shifts start within their period, do not overlap, and have one
  `every_minutes`.
- No two rows of a table have the same key.
"""

_JSON = """\
## JSON

One object: `settings` with the keys of `system.toml`, and for each table a list with one object a row.
Blanks are left out or `null`. NaN, Infinity and a key that is there twice are mistakes.

```json
{
"settings": {"name": "hamlet", "timezone": "America/Chicago", "start": "2026-01-01T06:00:00-06:00"},
"nodes": [
{"id": "substation", "sector": "power", "longitude": -90.05, "latitude": 35.15, "source": true},
{"id": "feeder", "sector": "power", "longitude": -90.04, "latitude": 35.15}
],
"links": [{"id": "line", "sector": "power", "from_node": "substation", "to_node": "feeder"}],
"customers": [{"id": "north", "persons": 1200}],
"supplies": [{"customer": "north", "service": "power", "node": "feeder"}],
"damage": [{"component": "line", "repair_minutes": 90}]
}
```

## In Python

`System.from_tables` takes the same tables as DataFrames or lists of dicts, `read_system(path)` and
`write_system(system, path)` the files, `system_from_json` and `system_to_json` the JSON. Each table of
a System is a DataFrame with all columns, sorted by its key: text is `object` (blank: `""`), integer
`int64` (blank: `-1`), number `float64` (blank: `NaN`), boolean `bool`. The same tables in another order
of rows give the same System, and a System written and read again is the same to the last digit.
"""


def data_format_page() -> str:
    """Return the page that documents every table, column and setting."""
    parts = [
        _INTRODUCTION,
        _grid(SETTINGS, "setting"),
        "",
        *map(_section, TABLES.values()),
        _RULES,
        _JSON,
    ]
    return "\n".join(parts)


def _section(table: Table) -> str:
    heading = (
        f"## {table.name}.csv\n\n{table.meaning}\n\nKey: {', '.join(f'`{name}`' for name in table.key)}.\n"
    )
    return f"{heading}\n{_grid(table, 'column')}\n"


def _grid(table: Table, what: str) -> str:
    lines = [
        f"| {what} | type | unit | allowed | when blank | meaning |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for column in table.columns:
        cells = (
            f"`{column.name}`",
            column.kind,
            column.unit,
            _allowed(column),
            _when_blank(column),
            column.meaning,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _allowed(column: Column) -> str:
    if column.choices:
        return ", ".join(column.choices)
    if column.refers_to:
        return "id in " + " or ".join(column.refers_to)
    if column.is_id:
        return "a name"
    if column.minimum is None or column.maximum is None:
        return ""
    return f"{column.minimum:,g} to {column.maximum:,.12g}"


def _when_blank(column: Column) -> str:
    if column.required:
        return "**must be filled**"
    if column.default is None or column.default == "":
        return "none"
    default = str(column.default)
    return f"`{default.lower() if column.kind == 'boolean' else default}`"
