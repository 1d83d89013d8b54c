"""Writes a plan's folder: the plan, work lists, times of return, recovery, a map layer and two pictures.

Everything is made beside the place it goes to and moved there when all of it is done, so a folder with a
`plan.json` is whole and of one run. A folder with anybody else's files in it is left alone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from api.wording import Clock

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation

PLAN = "plan.json"
HALF_MADE = ".lifeline-"


def write_outputs(evaluation: Evaluation, folder: Path) -> None:
    """Write all files of a plan into a folder, new or empty or of an earlier plan; InvalidInput otherwise."""
    refuse_foreign(folder)
    make_whole(folder, lambda made: write_files(evaluation, made), _move_in)


def write_files(evaluation: Evaluation, folder: Path) -> None:
    """Write all files of a plan into a folder that is there."""
    for name, write in WRITERS.items():
        write(evaluation, folder / name)


def make_whole(folder: Path, fill: Callable[[Path], None], move_in: Callable[[Path, Path], None]) -> None:
    """Fill a folder beside its place, and put it there when it is done; `move_in` puts its files into an old one."""
    folder = folder.resolve()
    is_new = not folder.exists()
    if is_new:
        folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=HALF_MADE, dir=folder.parent if is_new else folder))
    try:
        fill(made)
        if is_new:
            made.chmod(
                0o777 & ~_umask()
            )  # mkdtemp keeps a folder to its owner; this one is a result like any other
            made.rename(folder)
        else:
            move_in(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def refuse_foreign(folder: Path) -> None:
    """Raise InvalidInput unless the folder is new, empty or holds nothing but an earlier plan's files."""
    from lifeline.errors import InvalidInput

    if not folder.exists() and not folder.is_symlink():
        return
    if not folder.is_dir():
        raise InvalidInput(f"--out {str(folder)!r} is a file; name a folder.")
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    foreign = [name for name in names if name not in WRITERS]
    if foreign:
        raise InvalidInput(
            f"--out {str(folder)!r} holds files that are not lifeline's ({foreign[0]}"
            f"{' and others' if len(foreign) > 1 else ''}); name a new or empty folder."
        )


def refuse_existing(out: Path, *, force: bool) -> None:
    """Raise InvalidInput when a system would be written over a file or into a folder that is not empty."""
    from lifeline.errors import InvalidInput

    if force or not (out.exists() or out.is_symlink()):
        return
    if not out.is_dir():
        raise InvalidInput(f"OUT {str(out)!r} is there already; name a new file, or --force to overwrite it.")
    if any(out.iterdir()):
        raise InvalidInput(
            f"OUT {str(out)!r} is a folder that is not empty; name a new one, or --force to write into it."
        )


def _move_in(made: Path, folder: Path) -> None:
    """Put the files in place of earlier ones, plan.json last: without it the folder is not whole."""
    (folder / PLAN).unlink(missing_ok=True)
    for name in sorted(WRITERS, key=lambda name: name == PLAN):
        os.replace(made / name, folder / name)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _write_plan(evaluation: Evaluation, path: Path) -> None:
    path.write_text(evaluation.plan.to_json(), encoding="utf-8", newline="\n")


def _write_worklists(evaluation: Evaluation, path: Path) -> None:
    from api.reasons import Reasons
    from lifeline.plan_files import worklists

    clock = Clock(evaluation.problem.system.settings, evaluation.finish_minute)
    table = worklists(evaluation.problem, evaluation.plan, reasons=Reasons(evaluation, clock).of_all())
    table.to_csv(path, index=False, lineterminator="\n")


def _write_etr(evaluation: Evaluation, path: Path) -> None:
    from api.etr_table import etr_file

    etr_file(evaluation).to_csv(path, index=False, lineterminator="\n")


def _write_recovery(evaluation: Evaluation, path: Path) -> None:
    clock = Clock(evaluation.problem.system.settings)
    curves = evaluation.curves.copy()
    curves.insert(1, "clock", [clock.iso(minute) for minute in curves["minute"].tolist()])
    curves.to_csv(path, index=False, lineterminator="\n")


def _write_map(evaluation: Evaluation, path: Path) -> None:
    from lifeline.geojson import plan_geojson

    path.write_text(plan_geojson(evaluation), encoding="utf-8", newline="\n")


def _write_recovery_picture(evaluation: Evaluation, path: Path) -> None:
    from api.pictures import draw_recovery, plan_subtitle

    draw_recovery(evaluation, path, subtitle=plan_subtitle(evaluation))


def _write_gantt(evaluation: Evaluation, path: Path) -> None:
    from api.pictures import draw_gantt, plan_subtitle

    draw_gantt(evaluation, path, subtitle=plan_subtitle(evaluation))


WRITERS: dict[str, Callable[[Evaluation, Path], None]] = {
    PLAN: _write_plan,
    "worklists.csv": _write_worklists,
    "etr.csv": _write_etr,
    "recovery.csv": _write_recovery,
    "plan.geojson": _write_map,
    "recovery.png": _write_recovery_picture,
    "gantt.png": _write_gantt,
}
