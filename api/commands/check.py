"""`lifeline check`: whether a system's files are fine, or everything that is wrong with them."""

from __future__ import annotations

from typing import Annotated

import typer


def check(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER", help="A folder, .zip or .json (or a scenario's name).", show_default=False
        ),
    ],
) -> None:
    """Read a system and say that it is fine, or list everything that is wrong with it."""
    from api.inputs import named_system
    from api.progress import showing_steps
    from api.wording import plain, table_counts
    from lifeline.shock import Shock

    with showing_steps() as steps:
        steps.now(f"Reading {folder}")
        system = named_system(folder)
        Shock.from_table(system, system.damage)
    typer.echo(f"{plain(system.name, 60)} is fine: {table_counts(system)}.")
