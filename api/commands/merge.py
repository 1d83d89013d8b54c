"""`lifeline merge`: the networks of several utilities as one city."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.inputs import Force

WITHIN_KM = 10.0
"As in lifeline.linking, which is not loaded for a page of help; a test holds the two equal."


class LinkBy(StrEnum):
    """How nodes that need another sector get their providers."""

    NEAREST = "nearest"


def merge(
    systems: Annotated[
        list[str],
        typer.Argument(
            metavar="SYSTEM...",
            help="Folders, .zip or .json files, or scenarios, to join; the first one's settings count.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="Where to write the whole: a folder, .zip or .json.", show_default=False
        ),
    ],
    link_by: Annotated[
        LinkBy | None,
        typer.Option(
            help="Guess what each node needs of other sectors: pumps power, masts power with a battery and so "
            "on, from the nearest node. Marked as `rule` in dependencies.csv, for you to correct.",
            show_default=False,
        ),
    ] = None,
    within_km: Annotated[
        float, typer.Option(metavar="KM", help="With --link-by: how far away a provider may be.")
    ] = WITHIN_KM,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the report row by row as CSV.", show_default=False),
    ] = None,
    force: Force = False,
) -> None:
    """Join systems of different sectors into one, and report what was renamed, guessed and left without."""
    from api.console import paper
    from api.import_report import print_report
    from api.inputs import named_system
    from api.outputs import refuse_existing
    from api.progress import showing_steps
    from lifeline.errors import InvalidInput
    from lifeline.files import write_system
    from lifeline.merging import merge as joined

    if len(systems) == 1 and link_by is None:
        raise InvalidInput("One system alone needs no merging; name two or more, or --link-by nearest.")
    for path in (out, report):
        if path is not None:
            refuse_existing(path, force=force)
    with showing_steps() as steps:
        steps.now("Reading")
        read = [named_system(name) for name in systems]
        steps.now("Joining")
        merged = joined(read, link_by="nearest" if link_by else None, within_km=within_km)
        steps.now(f"Writing {out}")
        write_system(merged.system, out)
        if report is not None:
            merged.report_rows().to_csv(report, index=False)
    print_report(paper(), merged, out)
