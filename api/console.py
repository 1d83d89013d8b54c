"""The paper that summaries are printed on: at most 100 columns, plain tables, names taken literally."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.wording import counted, plain

Side = Literal["left", "right"]
LEFT: Side = "left"
RIGHT: Side = "right"

MOST_COLUMNS = 100
MOST_LISTED = 5


class Paper(Console):
    """A console that lets a broken pipe be known instead of ending the program with exit code 1."""

    def on_broken_pipe(self) -> None:
        """Pass the broken pipe on to whoever called."""
        raise BrokenPipeError


def paper() -> Console:
    """Return a console for stdout: colour only where a person looks, no marks read into names."""
    console = Paper(highlight=False, markup=False, emoji=False)
    console.width = min(console.width, MOST_COLUMNS) if console.is_terminal else MOST_COLUMNS
    return console


def heading(console: Console, text: str) -> None:
    """Print a heading with an empty line above."""
    console.print()
    console.print(Text(text, style="bold"))


def table_of(*columns: tuple[str, Side], headings: bool = True) -> Table:
    """Return a table without lines from columns (heading, side); figures stay whole, words wrap where it is narrow."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_header=headings)
    for name, side in columns:
        table.add_column(name, justify=side, overflow="fold", no_wrap=side == RIGHT)
    return table


def print_list(console: Console, lines: Iterable[str], noun: str) -> None:
    """Print the first lines, and how many more there are."""
    lines = list(lines)
    for line in lines[:MOST_LISTED]:
        console.print(Text(f"  {plain(line, 300)}"))
    if len(lines) > MOST_LISTED:
        console.print(f"  and {counted(len(lines) - MOST_LISTED, f'more {noun}')}")


def loop_lines(loops: Sequence[Sequence[str]]) -> list[str]:
    """Return each loop of parts that wait for each other as a line."""
    return [" waits for ".join((*loop, loop[0])) for loop in loops]


def people(by_service: Mapping[str, int]) -> str:
    """Return `1,200 people (power 700, water 500)`."""
    parts = ", ".join(f"{service} {persons:,}" for service, persons in by_service.items())
    return f"{counted(sum(by_service.values()), 'person', 'people')} ({parts})"
