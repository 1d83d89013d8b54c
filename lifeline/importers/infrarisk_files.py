"""The files of an InfraRisk testbed: who depends on whom, what is disrupted, and how long repairs take by prefix.

A component is called by the letter of its layer, a prefix and a number, such as W_PMA44 or P_TF1EG; the prefix is all
letters behind the underscore (PMA, TFEG).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.foreign import ForeignTable, read_foreign
from lifeline.nearest import Nearest
from lifeline.tables import MOST_MINUTES, Column, Table

MINUTES_PER_HOUR = 60

SECTOR_OF_LETTER = {"W": "water", "P": "power", "T": "road"}
NETWORK_OF_LETTER = {"W": "water", "P": "power", "T": "transport"}

POWER, WATER, NET, NODES = "power.json", "water.inp", "transpo_net.tntp", "transpo_node.tntp"
DEPENDENCY_FILE, REPAIR_FILE = "dependencies.csv", "repair_times_hours.csv"
DISRUPTION_PREFIX = "disruption_"

_MOST_SECONDS = 60.0 * MOST_MINUTES

DEPENDENCIES = Table(
    DEPENDENCY_FILE,
    "Pairs of a pump and its motor, or of a generator and its reservoir.",
    (Column("water_id", "text", "Water component."), Column("power_id", "text", "Power component.")),
    ("water_id", "power_id"),
)

REPAIR_TIMES = Table(
    REPAIR_FILE,
    "Hours of a full repair by layer and prefix.",
    (
        Column("network", "text", "The layer.", choices=tuple(NETWORK_OF_LETTER.values())),
        Column("prefix", "text", "Letters in front of the number."),
        Column("name", "text", "What such a component is.", required=False, default=""),
        Column(
            "repair_time_h",
            "number",
            "A full repair.",
            "hours",
            minimum=0,
            maximum=MOST_MINUTES / MINUTES_PER_HOUR,
        ),
    ),
    ("network", "prefix"),
)


def _disruption(component: str) -> Table:
    """Return the layout of a disruption file; published ones call the components `components` or `component`."""
    return Table(
        DISRUPTION_PREFIX,
        "What is disrupted, when, and how much of it.",
        (
            Column("time_stamp", "number", "When.", "s", minimum=0, maximum=_MOST_SECONDS),
            Column(component, "text", "The component."),
            Column("fail_perc", "number", "How much of it fails.", "%", minimum=0, maximum=100),
        ),
        (component,),
    )


@dataclass(frozen=True, eq=False)
class Disruption:
    """One scenario: its name, its table, and the column of the components."""

    name: str
    table: ForeignTable
    column: str

    @property
    def components(self) -> list[str]:
        """The disrupted components, row by row."""
        names: list[str] = self.table.column(self.column)
        return names


@dataclass(frozen=True, eq=False)
class InfraRiskFiles:
    """The tables of a testbed apart from its three networks."""

    folder: Path
    dependencies: ForeignTable | None
    repair_times: ForeignTable
    disruption: Disruption | None

    @property
    def kinds(self) -> dict[tuple[str, str], str]:
        """What a component of each network and prefix is called, such as `Motor`."""
        columns = (self.repair_times.column(name) for name in ("network", "prefix", "name"))
        return {(network, prefix): name for network, prefix, name in zip(*columns, strict=True)}

    @property
    def hours(self) -> dict[tuple[str, str], float]:
        """How many hours a full repair takes, by network and prefix."""
        columns = (self.repair_times.column(name) for name in ("network", "prefix", "repair_time_h"))
        return {(network, prefix): hours for network, prefix, hours in zip(*columns, strict=True)}


def read_infrarisk_files(folder: Path, damage: Path | None, scenario: str | None) -> InfraRiskFiles:
    """Read the tables of a testbed and the scenario that is wanted; one error lists all that is wrong in them."""
    for name in (POWER, WATER, NET, NODES):
        if not (folder / name).is_file():
            raise InvalidInput(
                f"{str(folder)!r} is no InfraRisk testbed: it has no {name}. Give the folder of one testbed, "
                f"with {POWER}, {WATER}, {NET} and {NODES}."
            )
    dependencies = folder / DEPENDENCY_FILE
    files = InfraRiskFiles(
        folder,
        read_foreign(dependencies, DEPENDENCIES) if dependencies.is_file() else None,
        read_foreign(_repair_file(folder), REPAIR_TIMES),
        _chosen_disruption(folder, damage, scenario),
    )
    tables = [files.dependencies, files.repair_times, files.disruption and files.disruption.table]
    problems = [problem for table in tables if table for problem in _problems_of(table)]
    problems = problems or [problem for table in _names(files) for problem in _misnamed(files, *table)]
    if problems:
        raise InvalidInput.of(problems, str(folder))
    return files


def layer_and_prefix(component: str) -> tuple[str, str]:
    """Return the letter of a component's layer and its prefix, both blank where the name has none."""
    letter, underscore, rest = component.partition("_")
    prefix = "".join(sign for sign in rest if sign.isalpha())
    return (letter, prefix) if underscore and letter in NETWORK_OF_LETTER else ("", "")


def repair_minutes(full_hours: float, percent: float) -> int:
    """Return the whole minutes of a repair: as much of the full one as failed, at least one minute."""
    # A millionth of a minute keeps 0.1 * 12 h * 60 from costing a minute more.
    return max(1, math.ceil(full_hours * MINUTES_PER_HOUR * percent / 100 - 1e-6))


def _repair_file(folder: Path) -> Path:
    """Return the table of repair times: the testbed's own, or the one beside all testbeds."""
    own, beside = folder / REPAIR_FILE, folder.resolve().parent / REPAIR_FILE
    if not own.is_file() and not beside.is_file():
        raise InvalidInput(f"There is no {REPAIR_FILE} in {str(folder)!r} or beside it.")
    return own if own.is_file() else beside


def _chosen_disruption(folder: Path, damage: Path | None, scenario: str | None) -> Disruption | None:
    """Return the scenario that is wanted, the only one where none is named, or none where there is none."""
    if damage is not None and scenario is not None:
        raise InvalidInput("Give --damage FILE or --scenario NAME, not both.")
    if damage is not None:
        return _read_disruption(damage)
    paths = {
        path.stem.removeprefix(DISRUPTION_PREFIX): path
        for path in sorted(folder.glob(f"{DISRUPTION_PREFIX}*.csv"))
        # Scenarios of sensors and controllers, which lifeline does not know.
        if not path.stem.endswith("_cyber")
    }
    if scenario is not None and scenario not in paths:
        advice = Nearest(paths).advice(scenario) if paths else "There are none."
        raise InvalidInput(f"{str(folder)!r} has no scenario {scenario!r}. {advice}")
    if scenario is None and len(paths) > 1:
        raise InvalidInput(
            f"{str(folder)!r} has {len(paths)} scenarios; say with --scenario which: {', '.join(paths)}."
        )
    return _read_disruption(paths[scenario or next(iter(paths))]) if paths else None


def _read_disruption(path: Path) -> Disruption:
    table = read_foreign(path, _disruption("components"))
    column = "components"
    if "components" not in table.header and "component" in table.header:
        column = "component"
        table = read_foreign(path, _disruption(column))
    return Disruption(path.stem.removeprefix(DISRUPTION_PREFIX), table, column)


def _problems_of(table: ForeignTable) -> list[Problem]:
    problems = list(table.read.problems) or table.repeated_rows()
    return sorted(problems, key=lambda problem: problem.row or 0)


def _names(files: InfraRiskFiles) -> Iterator[tuple[ForeignTable, str, str]]:
    """Yield the tables that name components: table, column, and the letters of the layers that may stand there."""
    if files.dependencies is not None:
        yield files.dependencies, "water_id", "W"
        yield files.dependencies, "power_id", "P"
    if files.disruption is not None:
        yield files.disruption.table, files.disruption.column, "WPT"


def _misnamed(files: InfraRiskFiles, table: ForeignTable, column: str, letters: str) -> Iterator[Problem]:
    kinds = files.kinds
    for place, component in enumerate(table.column(column)):
        letter, prefix = layer_and_prefix(component)
        if not letter or letter not in letters:
            wanted = " or ".join(f"{letter}_" for letter in letters)
            yield table.problem(place, column, f"is no component: its name begins with {wanted}.")
        elif (NETWORK_OF_LETTER[letter], prefix) not in kinds:
            known = sorted(prefix for network, prefix in kinds if network == NETWORK_OF_LETTER[letter])
            message = f"has the prefix {prefix!r}, which {REPAIR_FILE} does not have for its layer; it has "
            yield table.problem(place, column, f"{message}{', '.join(known)}.")
