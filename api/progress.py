"""Tells what lifeline is busy with, on a terminal's stderr only; Ctrl-C ends a search with its best plan."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from api.wording import hours_figure, weighted_hours

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from solvers import Budget, OnProgress, Progress


class Steps:
    """The steps of one command as the person waiting sees them; nothing is shown off a terminal."""

    def __init__(self, bar: Bar) -> None:
        """Take the bar to draw on."""
        self._bar = bar
        self._task = bar.add_task("Starting", total=None)

    def now(self, doing: str) -> None:
        """Say what is being done now."""
        self._bar.update(self._task, description=doing, total=None)

    @contextmanager
    def search(self, budget: Budget | None) -> Iterator[OnProgress]:
        """Show a search; the first Ctrl-C asks it for the best plan so far, the second one stops all."""
        self.now("Searching (Ctrl-C takes the best plan so far)")
        with _interruption() as interrupted:

            def on_progress(progress: Progress) -> bool:
                self._show(progress, budget)
                return not interrupted.is_set()

            yield on_progress

    def _show(self, progress: Progress, budget: Budget | None) -> None:
        best = hours_figure(weighted_hours(progress.objective))
        tried = f"{progress.evaluations:,} plans tried"
        text = f"Searching: best {best} person-hours, {tried} (Ctrl-C takes the best so far)"
        total, done = None, 0.0
        if budget is not None and budget.evaluations is not None:
            total, done = float(budget.evaluations), float(progress.evaluations)
        elif budget is not None and budget.seconds is not None:
            total, done = budget.seconds, progress.seconds
        self._bar.update(self._task, description=text, total=total, completed=min(done, total or 0))


@contextmanager
def showing_steps() -> Iterator[Steps]:
    """Show what is being done until the block ends, then take it away again."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not (console.is_terminal and sys.stderr.isatty()),
    ) as bar:
        yield Steps(bar)


@contextmanager
def _interruption() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into a flag; the second is a KeyboardInterrupt as always."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked  # signals are the main thread's alone
        return
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        yield asked  # begun in the background of a shell, which presses Ctrl-C for others
        return

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
