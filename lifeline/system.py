"""The inventory of a city: its networks, customers, crews and damage, checked as a whole."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from lifeline.checks import problems_between_tables
from lifeline.errors import InvalidInput, Problem
from lifeline.nearest import Nearest
from lifeline.sheets import Rows, Sheet, nothing, sheet_of, tidy
from lifeline.tables import (
    DEFAULT_REACH_MINUTES,
    DEFAULT_RECLOSE_MINUTES,
    PLAIN_WEIGHT_PERMILLE,
    SECTORS,
    SETTINGS,
    TABLES,
)
from lifeline.values import NotANumber, read_cells

if TYPE_CHECKING:
    import networkx as nx

    from lifeline.compiled import CompiledSystem
    from lifeline.service.model import ServiceModel


NO_NODES = Sheet(
    {},
    np.empty(0, dtype=np.int64),
    (Problem("nodes", None, None, None, "is missing; it is the one table every system has."),),
    whole=False,
)


@dataclass(frozen=True)
class Settings:
    """What holds for the system as a whole: its name, its clock, how far roads are where no roads are known.

    `tables.SETTINGS` gives the meaning and unit of each.
    """

    name: str = "unnamed"
    description: str = ""
    start: str = "2026-01-01T00:00:00+00:00"
    timezone: str = "UTC"
    detour_factor: float = 1.3
    horizon_minutes: int | None = None
    sources: str = ""
    command: str = "joint"
    power_rule: str = "connectivity"
    water_rule: str = "connectivity"
    gas_rule: str = "connectivity"
    telecom_rule: str = "connectivity"
    road_rule: str = "connectivity"
    reach_minutes: int = DEFAULT_REACH_MINUTES
    reclose_minutes: int = DEFAULT_RECLOSE_MINUTES
    vulnerable_weight_permille: int = PLAIN_WEIGHT_PERMILLE
    fairness_permille: int = 0

    def __post_init__(self) -> None:
        """Refuse wrong types, bounds, a start without an offset and an unknown time zone, in one error."""
        problems: list[Problem] = []
        for column in SETTINGS.columns:
            value = getattr(self, column.name)
            # A NaN in a table is a blank; here it is nonsense.
            given = NotANumber() if isinstance(value, float) and value != value else value
            cells = read_cells(np.array([given, None], dtype=object)[:1], column)
            problems += [_setting_problem(column.name, value, message) for message in cells.bad.values()]
            blank_means_absent = value is None and column.default is None and column.kind == "integer"
            object.__setattr__(self, column.name, None if blank_means_absent else cells.read.tolist()[0])
        unreadable = {problem.column for problem in problems}
        if "start" not in unreadable and not _has_offset(self.start):
            message = "is not ISO 8601 with an offset; write it like 2026-01-01T00:00:00+00:00."
            problems.append(_setting_problem("start", self.start, message))
        if "timezone" not in unreadable and not _is_timezone(self.timezone):
            message = "is not the IANA name of a time zone; write UTC, America/Chicago or the like."
            problems.append(_setting_problem("timezone", self.timezone, message))
        if problems:
            raise InvalidInput.of(problems, "the settings")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Build settings from a mapping such as `system.toml`; an unknown key is refused."""
        nearest = Nearest(SETTINGS.column_names)
        problems = []
        for key in values:
            if key not in SETTINGS.column_names:
                problems.append(
                    _setting_problem(str(key), None, f"is not a setting. {nearest.advice(str(key))}")
                )
        try:
            settings = cls(**{key: value for key, value in values.items() if key in SETTINGS.column_names})
        except InvalidInput as bad:
            problems += bad.problems
        if problems:
            raise InvalidInput.of(problems, "the settings")
        return settings

    @property
    def rules(self) -> dict[str, str]:
        """The service rule of each sector."""
        return {sector: getattr(self, f"{sector}_rule") for sector in SECTORS}

    @property
    def is_plain(self) -> bool:
        """Tell whether connectivity decides in every sector."""
        return all(rule == "connectivity" for rule in self.rules.values())

    def clock(self, minute: int) -> datetime:
        """Return the local time at this minute after time zero."""
        moment = datetime.fromisoformat(self.start) + timedelta(minutes=minute)
        return moment.astimezone(ZoneInfo(self.timezone))


@dataclass(frozen=True, eq=False)
class System:
    """One city: a canonical table for each name in `tables.TABLES`, and the settings that hold for all of it.

    Build it with `System.from_tables` or `files.read_system`; the bare constructor checks nothing.
    """

    settings: Settings
    nodes: pd.DataFrame
    links: pd.DataFrame
    dependencies: pd.DataFrame
    customers: pd.DataFrame
    supplies: pd.DataFrame
    crews: pd.DataFrame
    shifts: pd.DataFrame
    damage: pd.DataFrame
    repair_times: pd.DataFrame
    crew_speeds: pd.DataFrame
    steps: pd.DataFrame
    tasks: pd.DataFrame
    uses: pd.DataFrame
    stock: pd.DataFrame
    closures: pd.DataFrame
    locks: pd.DataFrame

    @classmethod
    def from_tables(cls, tables: Mapping[str, Rows], settings: Settings | None = None) -> Self:
        """Check all tables, each and against each other, and make them a System.

        Tables left out are empty; only `nodes` must be there. Raises one InvalidInput that lists every bad
        cell, row and column of every table, so that nothing is ever half loaded.
        """
        settings = Settings() if settings is None else settings
        problems = _table_name_problems(tables)
        given = {"nodes": NO_NODES, **tables}
        tidied = {
            name: tidy(table, sheet_of(table, given[name])) if name in given else nothing(table)
            for name, table in TABLES.items()
        }
        for table in tidied.values():
            problems += table.problems
        problems += problems_between_tables(tidied)
        if problems:
            raise InvalidInput.of(sorted(problems, key=_reading_order), f"the system {settings.name!r}")
        return cls(settings, **{name: table.frame for name, table in tidied.items()})

    @property
    def name(self) -> str:
        """The system's name, from its settings."""
        return self.settings.name

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name, in the order of the format."""
        return {name: getattr(self, name) for name in TABLES}

    @cached_property
    def compiled(self) -> "CompiledSystem":
        """The same system as flat integer arrays, made once."""
        from lifeline.compiled import compile_system

        return compile_system(self)

    @cached_property
    def service(self) -> "ServiceModel":
        """The same system compiled for the service rules that its settings name, made once."""
        from lifeline.service.model import ServiceModel

        return ServiceModel.of(self)

    @cached_property
    def under_connectivity(self) -> Self:
        """The same system with connectivity deciding who is served in every sector."""
        rules: dict[str, Any] = {f"{sector}_rule": "connectivity" for sector in SECTORS}
        plain = dataclasses.replace(self, settings=dataclasses.replace(self.settings, **rules))
        # The arrays know nothing of rules.
        return plain.with_arrays(self.compiled)

    def with_arrays(self, compiled: "CompiledSystem") -> Self:
        """Return the same system with these arrays in place of those that its tables would be compiled to."""
        other = dataclasses.replace(self)
        other.__dict__["compiled"] = compiled
        return other

    def replace(self, *, settings: Settings | None = None, **tables: Rows) -> Self:
        """Return a system with some tables exchanged; it is checked again as a whole."""
        return type(self).from_tables({**self.tables, **tables}, settings or self.settings)

    def graph(self) -> "nx.MultiDiGraph[Any]":
        """Return the system as a networkx graph to take away.

        Nodes carry their columns. An undirected link is two edges, one each way, with the link's id as key. A
        dependency runs from provider to dependent with `kind="dependency"` and key `("dependency", group)`, a
        supply from its node to `("customer", id)` with `kind="supply"`, `("supply", service, alternative)`.
        `table` on nodes and edges says which table they are from.
        """
        import networkx as nx

        graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(name=self.name)
        for row in _records(self.nodes):
            graph.add_node(row["id"], table="nodes", **row)
        for row in _records(self.links):
            graph.add_edge(row["from_node"], row["to_node"], row["id"], table="links", **row)
            if not row["directed"]:
                graph.add_edge(row["to_node"], row["from_node"], row["id"], table="links", **row)
        for row in _records(self.dependencies):
            what = {**row, "kind": "dependency", "dependency_kind": row["kind"], "table": "dependencies"}
            graph.add_edge(row["provider"], row["dependent"], ("dependency", row["group"]), **what)
        for row in _records(self.customers):
            graph.add_node(("customer", row["id"]), table="customers", **row)
        for row in _records(self.supplies):
            key = ("supply", row["service"], row["alternative"])
            what = {**row, "kind": "supply", "table": "supplies"}
            graph.add_edge(row["node"], ("customer", row["customer"]), key, **what)
        return graph


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def _table_name_problems(tables: Mapping[str, Rows]) -> list[Problem]:
    nearest = Nearest(name for name in TABLES if name not in tables)
    problems = []
    for name in tables:
        if name not in TABLES:
            message = f"is not a table. {nearest.advice(str(name))}"
            problems.append(Problem(str(name), None, None, None, message))
    return problems


def _reading_order(problem: Problem) -> tuple[int, int, int, str]:
    """Sort problems as one would meet them: table by table, row by row, column by column."""
    if problem.table not in TABLES:
        return (-1, 0, 0, problem.table)
    names = TABLES[problem.table].column_names
    column = names.index(problem.column) if problem.column in names else -1
    return (list(TABLES).index(problem.table), problem.row or 0, column, problem.column or "")


def _setting_problem(key: str, value: Any, message: str) -> Problem:
    return Problem("settings", None, key, None if value is None else str(value), message)


def _has_offset(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True
