"""A cascade as people read it: who is out, wave by wave, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from api.console import LEFT, RIGHT, heading, people, print_list, table_of
from api.wording import Clock, counted, duration, plain

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.cascade import Cascade
    from lifeline.causes import Cause

MOST_WAVES = 12
MOST_ROWS_A_WAVE = 8
SHOWN = ("component", "cause", "why", "sector", "persons")
BROKEN_LOOPS = "Parts that wait for each other until a black start"


def print_cascade(console: Console, cascade: Cascade, *, every_row: bool) -> None:
    """Print who is out at first and later, the waves and the loops."""
    waves = cascade.waves
    last_minute = int(waves["minute"].max()) if len(waves) else 0
    clock = Clock(cascade.system.settings, last_minute)
    console.print(Text(plain(cascade.system.name, 90), style="bold"))
    console.print(
        f"Shock at {clock.long(0)}: {counted(len(cascade.shock.components), 'component')} broken, "
        f"{counted(len(cascade.without_service), 'node')} without service at once, "
        f"{len(cascade.without_service_later):,} more later if nothing is repaired."
    )
    _print_people(console, cascade)
    _print_waves(console, cascade, clock, every_row=every_row)
    _print_loops(console, cascade)


def _print_people(console: Console, cascade: Cascade) -> None:
    heading(console, "People without service")
    table = table_of(("Service", LEFT), ("At first", RIGHT), ("Once buffers have run out", RIGHT))
    for service, persons in cascade.people_without.items():
        table.add_row(service, f"{persons:,}", f"{cascade.people_without_later[service]:,}")
    console.print(table)


def _print_loops(console: Console, cascade: Cascade) -> None:
    """Name the loops of parts that wait for each other, those that nothing breaks apart."""
    for resolved, what in (
        (False, "Parts that wait for each other, whatever is repaired"),
        (True, BROKEN_LOOPS),
    ):
        loops = [loop.sentence for loop in cascade.restart_loops if loop.resolved == resolved]
        if loops:
            heading(console, what)
            print_list(console, loops, "loop")
    stuck = {service: persons for service, persons in cascade.people_stuck.items() if persons}
    if stuck:
        console.print(f"  Because of them {people(stuck)} stay without service after every repair.")


def _print_waves(console: Console, cascade: Cascade, clock: Clock, *, every_row: bool) -> None:
    """Print every wave, a long one cut: what broke would otherwise hide what it led to."""
    if cascade.waves.empty:
        return
    heading(console, "Wave by wave")
    names = ("Component", "What happened", "Because of")
    table = table_of(
        ("When", LEFT), ("Wave", RIGHT), *((name, LEFT) for name in names), ("People out", RIGHT)
    )
    waves = _by_wave(cascade)
    for minute, wave, rows in waves if every_row else waves[:MOST_WAVES]:
        when = "at once" if minute == 0 else f"{clock.short(minute)} ({duration(minute)})"
        most = len(rows) if every_row else MOST_ROWS_A_WAVE
        shown = rows.head(most)
        for component, cause, why, service, persons in zip(*(shown[name] for name in SHOWN), strict=True):
            lost = _lost(service, persons)
            table.add_row(when, str(wave), plain(component, 40), why, plain(cause, 40), lost)
        if len(rows) > most:
            rest = rows.iloc[most:].query("persons > 0")
            services = rest["sector"].unique()
            lost = _lost(services[0] if len(services) == 1 else "", int(rest["persons"].sum()))
            table.add_row(when, str(wave), f"and {len(rows) - most:,} more", "", "", lost)
    console.print(table)
    if not every_row and len(waves) > MOST_WAVES:
        console.print(f"and {counted(len(waves) - MOST_WAVES, 'later wave')}; --all prints every row.")
    elif not every_row and any(len(rows) > MOST_ROWS_A_WAVE for *_, rows in waves):
        console.print("--all prints every row.")


def _lost(service: str, persons: int) -> str:
    """Return the people who lose a service with a component, nothing where nobody does."""
    return f"{persons:,} {service}".strip() if persons else ""


def _by_wave(cascade: Cascade) -> list[tuple[int, int, pd.DataFrame]]:
    """Return the rows of each wave with its minute and number, in order."""
    waves = cascade.waves
    numbers = waves[["minute", "wave"]].drop_duplicates().itertuples(index=False, name=None)
    return [
        (minute, wave, waves[(waves["minute"] == minute) & (waves["wave"] == wave)])
        for minute, wave in numbers
    ]


def print_cause(console: Console, cause: Cause) -> None:
    """Print the chain of causes of one component, and what is broken at its end."""
    console.print(Text(plain(cause.sentence)))
    if cause.broken is not None and cause.broken != cause.component:
        console.print(Text(f"Broken at the end of it: {plain(cause.broken)}.", style="bold"))
