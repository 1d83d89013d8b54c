"""`lifeline import`: a city out of somebody else's files."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.inputs import Force, RepairTimesFile

if TYPE_CHECKING:
    from lifeline.importers import Imported

FORMATS = "indp, pandapower, pandapipes, matpower, epanet, tntp, layers, osm, graphml, infrarisk"
"The names in IMPORTERS, which are not loaded for a page of help; a test holds the two equal."


class Dependencies(StrEnum):
    """Which dependencies of the files to take over."""

    PHYSICAL = "physical"
    ALL = "all"


def import_(
    file_format: Annotated[
        str,
        typer.Argument(metavar="FORMAT", help=f"The format of the files: {FORMATS}.", show_default=False),
    ],
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="The file or folder to read.", show_default=False)
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="Where to write the system: a folder, .zip or .json.", show_default=False
        ),
    ],
    damage: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Damage scenarios in the same format.", show_default=False),
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="ID", help="Which of them to take.", show_default=False)
    ] = None,
    dependencies: Annotated[
        Dependencies | None, typer.Option(help="all adds the cyber ones.", show_default=False)
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="What the coordinates in the files are, for example EPSG:2276.",
            show_default=False,
        ),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            metavar="LON,LAT",
            help="Where to put a network whose coordinates are local, or missing.",
            show_default=False,
        ),
    ] = None,
    per_person: Annotated[
        float | None,
        typer.Option(
            metavar="AMOUNT",
            help="Demand of one person in the sector's unit, to guess people from demands.",
            show_default=False,
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="TOML that says which column of the layers is what.", show_default=False
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the report row by row as CSV.", show_default=False),
    ] = None,
    repair_times: RepairTimesFile = None,
    force: Force = False,
) -> None:
    """Convert foreign files into a system, and report what was converted, guessed and dropped."""
    from api.console import paper
    from api.import_report import print_report
    from api.outputs import refuse_existing
    from api.progress import showing_steps
    from lifeline.files import with_tables, write_system

    given = {
        "damage": damage,
        "scenario": scenario,
        "dependencies": None if dependencies is None else dependencies.value,
        "crs": crs,
        "origin": origin,
        "per_person": per_person,
        "mapping": mapping,
    }
    load = _importer(file_format)
    options = _options_of(load, file_format, given)
    refuse_existing(out, force=force)
    if report is not None:
        refuse_existing(report, force=force)
    with showing_steps() as steps:
        steps.now(f"Reading {path}")
        imported = load(path, **options)
        if repair_times is not None:
            imported = replace(imported, system=with_tables(imported.system, {"repair_times": repair_times}))
        steps.now(f"Writing {out}")
        write_system(imported.system, out)
        if report is not None:
            imported.report_rows().to_csv(report, index=False)
    print_report(paper(), imported, out)


def _importer(file_format: str) -> Callable[..., Imported]:
    from lifeline.errors import InvalidInput
    from lifeline.importers import IMPORTERS
    from lifeline.nearest import Nearest

    if file_format not in IMPORTERS:
        guess = Nearest(IMPORTERS).to(file_format)
        hint = f" Did you mean {guess!r}?" if guess else ""
        raise InvalidInput(f"There is no importer {file_format!r}.{hint} Known: {', '.join(IMPORTERS)}.")
    return IMPORTERS[file_format].load()


def _options_of(load: Callable[..., Imported], file_format: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given; one that this importer does not know is refused."""
    from lifeline.errors import InvalidInput

    known = [name for name, parameter in inspect.signature(load).parameters.items() if _is_option(parameter)]
    options = {name: value for name, value in given.items() if value is not None}
    for name in options:
        if name not in known:
            takes = (
                ", ".join(f"--{word.replace('_', '-')}" for word in known if word in given) or "no options"
            )
            raise InvalidInput(f"{file_format} has no --{name.replace('_', '-')}; it takes {takes}.")
    return options


def _is_option(parameter: inspect.Parameter) -> bool:
    return parameter.kind is inspect.Parameter.KEYWORD_ONLY
