"""What happened to somebody's data on the way into a system, as people read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from api.console import LEFT, RIGHT, heading, table_of
from api.wording import plain, table_counts

if TYPE_CHECKING:
    from rich.console import Console

    from lifeline.importers import Imported

# In the order of what a reader should look at first.
MEANINGS = {
    "guessed": "the files do not say it",
    "doubtful": "taken as it stands, although it looks wrong",
    "dropped": "the files say it, lifeline does not use it",
    "converted": "the same facts in lifeline's terms",
}


def print_report(console: Console, imported: Imported, out: Path) -> None:
    """Print the notes by kind, then what was written."""
    for action, meaning in MEANINGS.items():
        notes = [note for note in imported.report if note.action == action]
        if not notes:
            continue
        heading(console, f"{action.capitalize()}: {meaning}")
        table = table_of(("Table", LEFT), ("Rows", RIGHT), ("What", LEFT))
        for note in notes:
            table.add_row(plain(note.table, 20), f"{note.count:,}", plain(note.sentence))
        console.print(table)
    heading(console, f"Written to {out}")
    system = imported.system
    console.print(f"{plain(system.name, 60)}: {table_counts(system)}.")
