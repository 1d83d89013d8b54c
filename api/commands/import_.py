"""`lifeline import`: a city out of somebody else's files."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.inputs import Force, RepairTimesFile

if TYPE_CHECKING:
    from rich.console import Console

    from lifeline.importers import Imported, Note
    from lifeline.system import System

# In the order of what a reader should look at first.
MEANINGS = {
    "guessed": "the files do not say it",
    "doubtful": "taken as it stands, although it looks wrong",
    "dropped": "the files say it, lifeline does not use it",
    "converted": "the same facts in lifeline's terms",
}


class Dependencies(StrEnum):
    """Which dependencies of the files to take over."""

    PHYSICAL = "physical"
    ALL = "all"


def import_(
    file_format: Annotated[
        str, typer.Argument(metavar="FORMAT", help="The format of the files: indp.", show_default=False)
    ],
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where the files are.", show_default=False)
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="Where to write the system: a folder, .zip or .json.", show_default=False
        ),
    ],
    damage: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Damage scenarios in the same format.", show_default=False),
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="ID", help="Which of them to take.", show_default=False)
    ] = None,
    dependencies: Annotated[
        Dependencies, typer.Option(help="all adds the cyber ones.")
    ] = Dependencies.PHYSICAL,
    repair_times: RepairTimesFile = None,
    force: Force = False,
) -> None:
    """Convert foreign files into a system, and report what was converted, guessed and dropped."""
    from api.console import paper
    from api.outputs import refuse_existing
    from api.progress import showing_steps
    from lifeline.files import with_tables, write_system

    load = _importer(file_format)
    refuse_existing(out, force=force)
    with showing_steps() as steps:
        steps.now(f"Reading {folder}")
        imported = load(folder, damage=damage, scenario=scenario, dependencies=dependencies.value)
        system = imported.system
        if repair_times is not None:
            system = with_tables(system, {"repair_times": repair_times})
        steps.now(f"Writing {out}")
        write_system(system, out)
    _print_report(paper(), imported.report, system, out)


def _importer(file_format: str) -> Callable[..., Imported]:
    from lifeline.errors import InvalidInput
    from lifeline.importers import IMPORTERS
    from lifeline.nearest import Nearest

    if file_format not in IMPORTERS:
        guess = Nearest(IMPORTERS).to(file_format)
        hint = f" Did you mean {guess!r}?" if guess else ""
        raise InvalidInput(f"There is no importer {file_format!r}.{hint} Known: {', '.join(IMPORTERS)}.")
    return IMPORTERS[file_format].load()


def _print_report(console: Console, report: tuple[Note, ...], system: System, out: Path) -> None:
    """Print what happened to the files on the way, by kind, then what was written."""
    from api.console import LEFT, RIGHT, heading, table_of
    from api.wording import plain, table_counts

    for action, meaning in MEANINGS.items():
        notes = [note for note in report if note.action == action]
        if not notes:
            continue
        heading(console, f"{action.capitalize()}: {meaning}")
        table = table_of(("Table", LEFT), ("Rows", RIGHT), ("What", LEFT))
        for note in notes:
            table.add_row(plain(note.table, 20), f"{note.count:,}", plain(note.sentence))
        console.print(table)
    heading(console, f"Written to {out}")
    console.print(f"{plain(system.name, 60)}: {table_counts(system)}.")
