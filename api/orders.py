"""Orders given on the command line: short ways to write rows of the `locks` table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem
    from lifeline.system import System

LocksFile = Annotated[
    Path | None,
    typer.Option(
        "--locks", metavar="FILE", help="CSV of orders, instead of the system's own.", show_default=False
    ),
]
Pins = Annotated[
    list[str] | None,
    typer.Option(
        "--pin",
        metavar="JOB=CREW",
        help="Only this crew does the job; may be given several times, like the next four.",
        show_default=False,
    ),
]
Forbidden = Annotated[
    list[str] | None,
    typer.Option("--forbid", metavar="JOB=CREW", help="This crew does not do the job.", show_default=False),
]
Appointments = Annotated[
    list[str] | None,
    typer.Option(
        "--start-job", metavar="JOB=MINUTE", help="The job starts at this minute.", show_default=False
    ),
]
Firsts = Annotated[
    list[str] | None,
    typer.Option(
        "--first", metavar="JOB", help="Its crew does the job before all others.", show_default=False
    ),
]
Befores = Annotated[
    list[str] | None,
    typer.Option("--before", metavar="JOB=OTHER", help="OTHER starts once JOB is done.", show_default=False),
]
Prices = Annotated[
    bool,
    typer.Option(
        "--lock-prices",
        help="Say what each order costs in person-hours: one more search, of the same budget, for each and for all.",
    ),
]


@dataclass(frozen=True)
class Shortcuts:
    """What the options that stand for a row of `locks` each were given."""

    pin: Sequence[str] = ()
    forbid: Sequence[str] = ()
    start: Sequence[str] = ()
    first: Sequence[str] = ()
    before: Sequence[str] = ()

    def rows(self) -> Iterator[dict[str, str]]:
        """Yield the rows; InvalidInput where one is not written as it should be."""
        for option, kind, texts in (
            ("--pin", "crew", self.pin),
            ("--forbid", "not_crew", self.forbid),
            ("--start-job", "start", self.start),
        ):
            for text in texts:
                job, value = _both(option, text)
                yield {"job": job, "kind": kind, "value": value}
        for job in self.first:
            yield {"job": job.strip(), "kind": "first", "value": ""}
        for text in self.before:
            job, other = _both("--before", text)
            yield {"job": other, "kind": "after", "value": job}


def with_orders(system: System, shortcuts: Shortcuts) -> System:
    """Return the system with these orders besides its own; an order given twice counts once."""
    import pandas as pd

    rows = list(shortcuts.rows())
    if not rows:
        return system
    locks = pd.concat([system.locks, pd.DataFrame(rows)], ignore_index=True)
    return system.replace(locks=locks.drop_duplicates(["job", "kind", "value"], ignore_index=True))


def orders_without_effect(problem: RepairProblem) -> list[str]:
    """Return the orders for jobs that the damage does not make, in words."""
    from lifeline.jobs import work_of

    named = work_of(problem.system, problem.shock).named if problem.locks else {}
    return [str(lock) for lock in problem.locks if named.get(lock.job, lock.job) not in problem.job_index]


def _both(option: str, text: str) -> tuple[str, str]:
    """Return the two sides of an equals sign."""
    from lifeline.errors import InvalidInput

    left, sign, right = (part.strip() for part in text.partition("="))
    if not (left and sign and right):
        wanted = {"--start-job": "JOB=MINUTE", "--before": "JOB=OTHER"}.get(option, "JOB=CREW")
        raise InvalidInput(f"{option} {text!r} is no {wanted}.")
    return left, right
