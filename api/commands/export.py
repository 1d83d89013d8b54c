"""`lifeline export`: a system as files to look into and to change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.inputs import Force, SystemName


def export(
    name_or_folder: SystemName,
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="A .zip, a .json, a folder of CSV files; or .gpkg or .graphml for other programs.",
            show_default=False,
        ),
    ],
    force: Force = False,
) -> None:
    """Write a system as CSV tables (folder or .zip), as one .json, as map layers (.gpkg) or as a graph (.graphml)."""
    from api.inputs import named_system
    from api.outputs import refuse_existing
    from api.progress import showing_steps
    from api.wording import table_counts
    from lifeline.exporters import EXPORTERS
    from lifeline.files import write_system

    refuse_existing(out, force=force)
    with showing_steps() as steps:
        steps.now(f"Reading {name_or_folder}")
        system = named_system(name_or_folder)
        steps.now(f"Writing {out}")
        exporter = EXPORTERS.get(out.suffix.lower())
        if exporter is None:
            write_system(system, out)
            left_out: tuple[str, ...] = ()
        else:
            left_out = exporter.load()(system, out)
    typer.echo(f"Written to {out}: {table_counts(system)}.")
    for sentence in left_out:
        typer.echo(sentence)
