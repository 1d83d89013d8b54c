"""Documents as CSV that a spreadsheet may open: text that it would run as a formula is defused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from api.documents.returns import Returns
from api.documents.work_lists import CrewWork, WorkLists

RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet runs, the wide forms among them.

OWASP, "CSV Injection", 2024: https://owasp.org/www-community/attacks/CSV_Injection.
"""

BETWEEN_NAMES = ";"
TIMES = ("depart", "arrive", "start", "finish")
WORK_COLUMNS = (
    "crew",
    "position",
    "job",
    "component",
    "sector",
    "kind",
    "skill",
    "owner",
    "longitude",
    "latitude",
    *TIMES,
    *(f"{name}_clock" for name in TIMES),
    "after_horizon",
    "reason",
)

Cell = str | int | float | bool | None


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table as CSV (RFC 4180, UTF-8): booleans are true or false, what is not there is blank."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def defused(text: str) -> str:
    """Return text with an apostrophe before what a spreadsheet would run as a formula; NULs are taken out."""
    safe = text.replace("\0", "")
    return f"'{safe}" if safe.lstrip(" ").startswith(RUN_BY_SPREADSHEETS) else safe


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    # A number is none of a formula, below zero either.
    return defused(cell) if isinstance(cell, str) else repr(cell)


def work_csv(lists: WorkLists, *, crew: str | None = None, language: str = "en") -> str:
    """Return the work of one crew, or of all, as CSV with the columns of `worklists.csv` and two more."""
    works = [work for work in lists.crews if crew in (None, work.crew)]
    return csv_text(WORK_COLUMNS, (row for work in works for row in _work_rows(work, language)))


def _work_rows(work: CrewWork, language: str) -> Iterable[Sequence[Cell]]:
    for visit in work.visits:
        cells = {"crew": work.crew, **visit.model_dump(), "reason": getattr(visit.reason, language)}
        yield [cells[name] for name in WORK_COLUMNS]


RETURN_COLUMNS = (
    "customer",
    "name",
    "kind",
    "district",
    "persons",
    "critical",
    "service",
    "minute",
    "clock",
    "after_horizon",
    "job",
    "crew",
    "needs",
    "because",
    "waits_for",
)


def returns_csv(returns: Returns) -> str:
    """Return the times of return as CSV with the columns of `etr.csv`."""
    rows = []
    for back in returns.returns:
        cells = back.model_dump(exclude={"said"})
        cells |= {name: BETWEEN_NAMES.join(cells[name]) for name in ("needs", "waits_for")}
        rows.append([cells[name] for name in RETURN_COLUMNS])
    return csv_text(RETURN_COLUMNS, rows)
