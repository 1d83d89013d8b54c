"""What rows of a foreign file are called in lifeline: by their own name where it is theirs alone, else by number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from lifeline.importers.importer import Report
from lifeline.values import name_trouble

Names = Mapping[str, list[str]]


def row_names(tables: Mapping[str, tuple[Sequence[str], Sequence[int]]], report: Report, files: str) -> Names:
    """Return an id for each row of each table: its name, or `line 17` where that is blank, used twice or no id.

    `tables` holds the names and the numbers of the rows. All ids differ, whatever the order of tables and rows.
    """
    numbered = {table: [f"{table} {number}" for number in numbers] for table, (_, numbers) in tables.items()}
    uses = Counter(name for names, _ in tables.values() for name in names)
    # A row called like another row's number would take its id away.
    taken = {label for labels in numbered.values() for label in labels}
    found: dict[str, list[str]] = {}
    for table, (names, _) in tables.items():
        fit = [
            bool(name) and uses[name] == 1 and name not in taken and name_trouble(name) is None
            for name in names
        ]
        labels = numbered[table]
        found[table] = [name if fits else label for name, fits, label in zip(names, fit, labels, strict=True)]
        by_number = [label for fits, label in zip(fit, labels, strict=True) if not fits]
        report.converted(
            files, by_number, f"{table} rows go by number: their names are blank or not theirs alone."
        )
    return found
