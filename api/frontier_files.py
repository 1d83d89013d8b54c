"""Writes a frontier's folder: two tables, a picture, and a folder for each plan, all of one run or none."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.frontier_report import district_rows, plan_row
from api.outputs import WRITERS, make_whole, write_files

if TYPE_CHECKING:
    from solvers.frontier import Frontier

TABLE, DISTRICTS, PICTURE = "frontier.csv", "frontier_districts.csv", "frontier.png"
FILES = (DISTRICTS, PICTURE, TABLE)
FOLDERS = tuple(f"plan_{letter}" for letter in "ABCDEFGHIJKL")


def write_frontier(frontier: Frontier, folder: Path) -> None:
    """Write all files of a frontier into a folder, new or empty or of an earlier frontier; InvalidInput otherwise."""
    refuse_foreign_frontier(folder)
    make_whole(folder, lambda made: _fill(frontier, made), _move_in)


def refuse_foreign_frontier(folder: Path) -> None:
    """Raise InvalidInput unless the folder is new, empty or holds nothing but an earlier frontier's files."""
    from lifeline.errors import InvalidInput

    if not folder.exists() and not folder.is_symlink():
        return
    if not folder.is_dir():
        raise InvalidInput(f"--out {str(folder)!r} is a file; name a folder.")
    foreign = [name for name in _entries(folder) if not _is_ours(folder / name)]
    if foreign:
        raise InvalidInput(
            f"--out {str(folder)!r} holds files that are not an earlier frontier's ({foreign[0]}"
            f"{' and others' if len(foreign) > 1 else ''}); name a new or empty folder."
        )


def _entries(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))


def _is_ours(entry: Path) -> bool:
    if entry.name in FILES:
        return not entry.is_dir()
    if entry.name not in FOLDERS or entry.is_symlink() or not entry.is_dir():
        return False
    return {each.name for each in entry.iterdir()} <= set(WRITERS)


def _fill(frontier: Frontier, folder: Path) -> None:
    from api.frontier_picture import draw_frontier

    for plan in frontier.plans:
        of_plan = folder / f"plan_{plan.letter}"
        of_plan.mkdir()
        write_files(plan.evaluation, of_plan)
    _write_rows([plan_row(plan) for plan in frontier.plans], folder / TABLE)
    _write_rows([row for plan in frontier.plans for row in district_rows(plan)], folder / DISTRICTS)
    draw_frontier(frontier, folder / PICTURE)


def _write_rows(rows: Sequence[dict[str, Any]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if rows:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _move_in(made: Path, folder: Path) -> None:
    """Put the files in place of earlier ones, frontier.csv last: without it the folder is not whole."""
    (folder / TABLE).unlink(missing_ok=True)
    for name in FOLDERS:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
    for name in sorted(_entries(made), key=lambda name: name == TABLE):
        os.replace(made / name, folder / name)
