"""`lifeline audit`: whether the record of who did what is whole, and the record itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.keys import Data, opened_service
from api.failures import guarded

NOT_WHOLE = 1

app = typer.Typer(help="Check and export the record of who did what.", no_args_is_help=True)


def verify(data: Data = None) -> None:
    """Check every row and the anchor; ends with 1 if anything was changed, taken out, slipped in or cut off."""
    from api.access.audit_table import verify_table

    with opened_service(data) as (settings, database):
        head, fault = verify_table(database, settings.anchor)
    if fault is not None:
        typer.echo(f"The audit is not whole: row {fault.number} {fault.message}", err=True)
        raise typer.Exit(NOT_WHOLE)
    typer.echo(f"The audit is whole: {head.number:,} rows, the last one is {head.hash}.")


def export(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="File to write, one JSON object a line.", show_default=False)
    ],
    data: Data = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write all rows to a file, with their hashes; that it was exported is written down too."""
    import json

    from api.access.audit import Action, Entry
    from api.access.audit_table import AuditLog, all_rows, as_json
    from api.commands.keys import BY_HAND
    from api.outputs import refuse_existing

    refuse_existing(out, force=force)
    with opened_service(data) as (settings, database):
        AuditLog(database, settings.anchor).write_now(Entry("-", BY_HAND, Action.EXPORT, "audit"))
        with database.reader.connect() as connection, open(out, "w", encoding="utf-8") as file:
            count = 0
            for row in all_rows(connection):
                file.write(json.dumps(as_json(row), ensure_ascii=False) + "\n")
                count += 1
    typer.echo(f"{count:,} rows written to {out}.")


def anchor(
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why, for whoever reads the audit.", show_default=False)
    ],
    data: Data = None,
) -> None:
    """Anchor the chain as it is now, after a backup was restored; what was anchored before is written down."""
    from api.access.audit_table import AuditLog

    with opened_service(data) as (settings, database):
        head = AuditLog(database, settings.anchor).anchor_anew(reason)
    typer.echo(f"Anchored at row {head.number:,}, {head.hash}.")


app.command("verify")(guarded(verify))
app.command("export")(guarded(export))
app.command("anchor")(guarded(anchor))
