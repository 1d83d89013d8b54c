"""What the verbs take: a system by name or file, and the options that exchange one of its tables.

Nothing here loads pandas or a system until a verb asks for it, so that `--help` answers at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from lifeline.system import Settings, System

SystemName = Annotated[
    str,
    typer.Argument(
        metavar="NAME_OR_FOLDER",
        help="A scenario of the library (see `lifeline scenarios`), or a folder, .zip or .json of your own.",
        show_default=False,
    ),
]
DamageFile = Annotated[
    Path | None,
    typer.Option(
        "--damage",
        metavar="FILE",
        help="CSV of what is broken, instead of the system's own.",
        show_default=False,
    ),
]
CrewsFile = Annotated[
    Path | None,
    typer.Option(
        "--crews", metavar="FILE", help="CSV of crews, instead of the system's own.", show_default=False
    ),
]
ShiftsFile = Annotated[
    Path | None,
    typer.Option(
        "--shifts", metavar="FILE", help="CSV of shifts, instead of the system's own.", show_default=False
    ),
]
RepairTimesFile = Annotated[
    Path | None,
    typer.Option(
        "--repair-times",
        metavar="FILE",
        help="CSV of repair times by component type, instead of the built-in ones.",
        show_default=False,
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        "--start",
        metavar="ISO",
        help="Clock at minute 0, like 2026-03-01T06:00 (local time of the system, unless an offset follows).",
        show_default=False,
    ),
]
ServiceRules = Annotated[
    list[str] | None,
    typer.Option(
        "--rule",
        metavar="SECTOR=RULE",
        help="What decides who is served in a sector, for example water=flow (connectivity, flow, dc_power, "
        "hydraulic, reach); may be given several times.",
        show_default=False,
    ),
]
Command = Annotated[
    str | None,
    typer.Option(
        "--command",
        metavar="WHO",
        help="joint: every crew works for every owner; own: for its own only. Instead of the system's own setting.",
        show_default=False,
    ),
]
Fairness = Annotated[
    int | None,
    typer.Option(
        "--fairness",
        metavar="PERMILLE",
        help="Weight of the worst-served district in what plans are compared by: 1000 counts it as much as all "
        "people together, 0 not at all.",
        show_default=False,
    ),
]
VulnerableWeight = Annotated[
    int | None,
    typer.Option(
        "--vulnerable-weight",
        metavar="PERMILLE",
        help="What a vulnerable person counts where another counts 1000.",
        show_default=False,
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Write OUT even where there is something already, over it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def system_from(
    name_or_folder: str,
    files: Mapping[str, Path | None] | None = None,
    *,
    start: str | None = None,
    rules: Sequence[str] | None = None,
    command: str | None = None,
    fairness: int | None = None,
    vulnerable_weight: int | None = None,
) -> System:
    """Return the named system with tables exchanged for `files` (table name -> CSV), and these settings set."""
    from lifeline.files import with_tables

    system = named_system(name_or_folder)
    given = {name: path for name, path in (files or {}).items() if path is not None}
    settings = system.settings if start is None else _with_start(system.settings, start)
    settings = _with_rules(settings, rules or ())
    if command is not None:
        settings = _with_command(settings, command)
    settings = _with_weights(settings, fairness, vulnerable_weight)
    if not given and settings == system.settings:
        return system
    return with_tables(system, given, settings=settings)


def _with_command(settings: Settings, command: str) -> Settings:
    """Return the settings with joint command, or each owner's own."""
    from lifeline.errors import InvalidInput

    if command not in ("joint", "own"):
        raise InvalidInput(f"--command {command!r} is neither joint nor own.")
    return replace(settings, command=command)


def _with_rules(settings: Settings, rules: Sequence[str]) -> Settings:
    """Return the settings with other service rules, each written as sector=rule."""
    from lifeline.errors import InvalidInput
    from lifeline.tables import RULES_BY_SECTOR

    chosen: dict[str, Any] = {}
    for text in rules:
        sector, _, rule = text.partition("=")
        if rule not in RULES_BY_SECTOR.get(sector, ()):
            known = "; ".join(f"{name}: {', '.join(names)}" for name, names in RULES_BY_SECTOR.items())
            raise InvalidInput(f"--rule {text!r} is no SECTOR=RULE. There are {known}.")
        chosen[f"{sector}_rule"] = rule
    return replace(settings, **chosen)


def _with_weights(settings: Settings, fairness: int | None, vulnerable_weight: int | None) -> Settings:
    """Return the settings with other weights of the worst-served district and of vulnerable people, if given."""
    given: dict[str, Any] = {"fairness_permille": fairness, "vulnerable_weight_permille": vulnerable_weight}
    return replace(settings, **{name: value for name, value in given.items() if value is not None})


def named_system(name_or_folder: str) -> System:
    """Return a system by its path or, where there is no such path, by its name in the library."""
    from lifeline.errors import InvalidInput
    from lifeline.files import read_system
    from lifeline.nearest import Nearest
    from scenarios import list_scenarios, load_scenario

    names = [scenario.name for scenario in list_scenarios()]
    path = Path(name_or_folder)
    if name_or_folder in names and not (path / "nodes.csv").exists():
        return load_scenario(name_or_folder)
    if path.exists() or path.suffix.lower() in (".zip", ".json") or len(path.parts) > 1:
        return read_system(path)
    guess = Nearest(names).to(name_or_folder)
    hint = f"Did you mean {guess!r}?" if guess else f"The library has {', '.join(names)}."
    raise InvalidInput(f"There is neither a scenario nor a file or folder {name_or_folder!r}. {hint}")


def _with_start(settings: Settings, start: str) -> Settings:
    """Return the settings with another clock at minute 0; without an offset it is local time."""
    from lifeline.errors import InvalidInput

    moment = moment_of(settings, start)
    if moment is None:
        raise InvalidInput(f"--start {start!r} is no point in time; write it like 2026-03-01T06:00.")
    return replace(settings, start=moment.isoformat())


def moment_of(settings: Settings, clock: str) -> datetime | None:
    """Return the point in time that a clock shows, local time of the system without an offset; None for no clock."""
    try:
        moment = datetime.fromisoformat(clock)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(settings.timezone))
