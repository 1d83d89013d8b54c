"""What an importer is and what it hands back: a system, and a report of what was changed on the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.system import System

Action = Literal["converted", "guessed", "dropped", "doubtful"]


@dataclass(frozen=True)
class Note:
    """One thing the importer did on the way: how many rows of which table it concerns, in a sentence.

    `converted`: the same fact said in lifeline's terms. `guessed`: the files do not say it. `dropped`: the
    files say it, lifeline does not use it. `doubtful`: taken as it stands, although it looks wrong. `items` names
    the rows one by one, where they have names.
    """

    action: Action
    table: str
    count: int
    sentence: str
    items: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the note as one line."""
        return f"{self.action} {self.table} ({self.count}): {self.sentence}"


class Report:
    """The notes of one import while it is under way."""

    def __init__(self) -> None:
        """Begin with nothing to say."""
        self.notes: list[Note] = []

    def converted(self, table: str, rows: int | Sequence[str], sentence: str) -> None:
        """Note that the same fact is now said in lifeline's terms; `rows` are the names of the rows, or how many."""
        self._add("converted", table, rows, sentence)

    def guessed(self, table: str, rows: int | Sequence[str], sentence: str) -> None:
        """Note what the files do not say."""
        self._add("guessed", table, rows, sentence)

    def dropped(self, table: str, rows: int | Sequence[str], sentence: str) -> None:
        """Note what the files say and lifeline does not use."""
        self._add("dropped", table, rows, sentence)

    def doubtful(self, table: str, rows: int | Sequence[str], sentence: str) -> None:
        """Note what was taken as it stands although it looks wrong."""
        self._add("doubtful", table, rows, sentence)

    def _add(self, action: Action, table: str, rows: int | Sequence[str], sentence: str) -> None:
        items = () if isinstance(rows, int) else tuple(rows)
        count = rows if isinstance(rows, int) else len(items)
        # What concerns no row did not happen.
        if count:
            self.notes.append(Note(action, table, count, sentence, items))


@dataclass(frozen=True, eq=False)
class Imported:
    """A system out of somebody else's files, and everything that was not taken over word for word."""

    system: "System"
    report: tuple[Note, ...]

    def report_table(self) -> "pd.DataFrame":
        """Return the report with the columns action, table, count, sentence."""
        import pandas as pd

        rows = [(note.action, note.table, note.count, note.sentence) for note in self.report]
        return pd.DataFrame(rows, columns=["action", "table", "count", "sentence"])

    def report_rows(self) -> "pd.DataFrame":
        """Return the report row by row: action, table, item (blank where rows have no names), sentence."""
        import pandas as pd

        rows = [
            (note.action, note.table, item, note.sentence)
            for note in self.report
            for item in note.items or ("",)
        ]
        return pd.DataFrame(rows, columns=["action", "table", "item", "sentence"])


@dataclass(frozen=True)
class Importer:
    """A foreign format by name; `load` returns the function that reads it: a path first, then options by name.

    `load` imports the format's module when it is called, not before. The function's keyword arguments are the options
    that the command line lets pass (`api/commands/import_.py` lists all there are).
    """

    name: str
    reads: str
    load: Callable[[], Callable[..., Imported]]
