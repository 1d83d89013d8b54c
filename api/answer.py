"""How a verb hands over the outcome of a plan: its folder first, then the summary or one JSON object."""

from __future__ import annotations

from pathlib import Path

import typer

from api.console import paper
from api.json_report import outcome_report, printed
from api.outputs import write_outputs
from api.planning import Outcome
from api.summary import print_summary


def answer(outcome: Outcome, *, out: Path | None, as_json: bool) -> None:
    """Write the folder, when one is wanted, and print; whoever stops reading early still has the folder."""
    if out is not None:
        write_outputs(outcome.evaluation, out, outcome.lock_prices)
    if as_json:
        typer.echo(printed(outcome_report(outcome)))
        return
    console = paper()
    print_summary(console, outcome)
    if out is not None:
        console.print(f"Written to {out}: {', '.join(sorted(entry.name for entry in out.iterdir()))}")
