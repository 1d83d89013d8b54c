"""Joins systems into one: the networks of different utilities become one city.

Ids that more than one system uses get their system's name in front. The settings are the first system's; the service
rule and the repair times of a sector are those of the first system that has nodes of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal, get_args

import pandas as pd

from lifeline.errors import InvalidInput
from lifeline.importers.importer import Imported, Report
from lifeline.jobs import STEP, names_in
from lifeline.linking import WITHIN_KM, link_by_nearest
from lifeline.system import Settings, System
from lifeline.tables import ANY_KIND, SECTORS, TABLES
from lifeline.work_checks import CREW_LOCKS

LinkBy = Literal["nearest"]

_LONGEST_PREFIX = 60
_JOINED = ("name", "description", "sources")
_RULES = tuple(f"{sector}_rule" for sector in SECTORS)

# Tables whose ids share one set of names, and the columns elsewhere that point at them.
_NAMED_TOGETHER = (("nodes", "links", "tasks"), ("customers",), ("crews",))


@dataclass(frozen=True)
class _Part:
    """One of the systems: the name it goes by here, and the new ids of what clashes, by table."""

    name: str
    system: System
    renamed: Mapping[str, Mapping[str, str]]

    @property
    def sectors(self) -> set[str]:
        return set(self.system.nodes["sector"])

    def table(self, name: str) -> pd.DataFrame:
        """Return a table with the new ids wherever an id stands."""
        frame: pd.DataFrame = getattr(self.system, name).copy()
        if name == "dependencies":
            # A group that was left blank has its provider's id as name, and keeps having it.
            unnamed = frame["group"] == frame["provider"]
            frame["group"] = frame["group"].mask(unnamed, "")
        for column in TABLES[name].columns:
            own = (name,) if column.name == "id" else ()
            # Where a column points at two tables, these share one set of names.
            new = next((self.renamed.get(table, {}) for table in own or column.refers_to), {})
            if new:
                frame[column.name] = [new.get(old, old) for old in frame[column.name]]
        if name in ("uses", "locks"):
            frame["job"] = [self._job(job) for job in frame["job"]]
        if name == "locks":
            frame["value"] = list(map(self._lock_value, frame["kind"], frame["value"]))
        if name == "steps":
            frame["after"] = list(map(self._names_before, self.system.steps["component"], frame["after"]))
        return frame

    @cached_property
    def _new_names(self) -> dict[str, str]:
        """Return what a job is called here by what it was called: a component, a step of one, or a task."""
        new = self.renamed["nodes"]
        steps = zip(self.system.steps["component"], self.system.steps["step"], strict=True)
        return {
            **{f"{part}{STEP}{step}": f"{new.get(part, part)}{STEP}{step}" for part, step in steps},
            **new,
        }

    def _job(self, old: str) -> str:
        return self._new_names.get(old, old)

    def _lock_value(self, kind: str, value: str) -> str:
        """Return the job or the crew that an order names besides its own, or its minute as it is."""
        if kind == "after":
            return self._job(value)
        return self.renamed["crews"].get(value, value) if kind in CREW_LOCKS else value

    def _names_before(self, component: str, after: str) -> str:
        """Return what a step waits for; another step of its own component is called by the step's name alone."""
        names = names_in(after)
        new = [name if name in self._steps.get(component, ()) else self._job(name) for name in names]
        return after if new == names else ";".join(new)

    @cached_property
    def _steps(self) -> dict[str, set[str]]:
        steps: dict[str, set[str]] = {}
        for component, step in zip(self.system.steps["component"], self.system.steps["step"], strict=True):
            steps.setdefault(component, set()).add(step)
        return steps


def merge(
    systems: Sequence[System], *, link_by: LinkBy | None = None, within_km: float = WITHIN_KM
) -> Imported:
    """Join systems into one and say what was changed on the way.

    `link_by="nearest"` then gives nodes that need another sector their nearest provider by rule (`linking.RULES`), no
    farther than `within_km`; dependencies that are there stay. The order of the systems decides the settings and the
    joined name only. InvalidInput when there is nothing to join, or the whole is no valid system.
    """
    if not systems:
        raise InvalidInput("There is no system to merge; give two or more.")
    if link_by is not None and link_by not in get_args(LinkBy):
        raise InvalidInput(f"link_by must be 'nearest' or None, not {link_by!r}.")
    report = Report()
    parts = _parts(systems, report)
    _tell_of_shared_sectors(parts, report)
    tables: dict[str, Any] = {name: _stacked(parts, name) for name in TABLES if name != "repair_times"}
    tables["repair_times"] = _repair_times(parts, report)
    system = System.from_tables(tables, _settings(parts, report))
    if link_by is not None:
        system = link_by_nearest(system, report, within_km=within_km)
    return Imported(system, tuple(report.notes))


def _parts(systems: Sequence[System], report: Report) -> list[_Part]:
    names = _names_apart([system.name for system in systems])
    renamed: list[dict[str, Mapping[str, str]]] = [{} for _ in systems]
    for tables in _NAMED_TOGETHER:
        ids = [[node for table in tables for node in getattr(system, table)["id"]] for system in systems]
        for new, of_part in zip(_apart(names, ids), renamed, strict=True):
            of_part.update(dict.fromkeys(tables, new))
    parts = [_Part(*given) for given in zip(names, systems, renamed, strict=True)]
    for part in parts:
        for table in ("nodes", "links", "tasks", "customers", "crews"):
            ids_there = set(getattr(part.system, table)["id"])
            found = [f"{old} is {new}" for old, new in part.renamed[table].items() if old in ids_there]
            said = f"ids of {part.name} that another system uses too, now with its name in front."
            report.converted(table, found, said)
    return parts


def _names_apart(names: Sequence[str]) -> list[str]:
    """Return names to put before ids: shortened, and with their number where two are the same."""
    # Under `after`, a semicolon stands between two names.
    short = [" ".join(name.replace(";", ",").split())[:_LONGEST_PREFIX] or "unnamed" for name in names]
    often = Counter(short)
    return [f"{name} {number}" if often[name] > 1 else name for number, name in enumerate(short, 1)]


def _apart(names: Sequence[str], ids: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Return for each system the new ids of those that another one has as well."""
    uses = Counter(one for of_system in ids for one in set(of_system))
    taken = set(uses)
    renamed = []
    for name, of_system in zip(names, ids, strict=True):
        new: dict[str, str] = {}
        for one in sorted(of_system):
            if uses[one] > 1:
                new[one] = f"{name}:{one}"
                while new[one] in taken:
                    new[one] = f"{name}:{new[one]}"
                taken.add(new[one])
        renamed.append(new)
    return renamed


def _tell_of_shared_sectors(parts: Sequence[_Part], report: Report) -> None:
    for sector in SECTORS:
        sharing = [part.name for part in parts if sector in part.sectors]
        if len(sharing) > 1:
            count = sum(int((part.system.nodes["sector"] == sector).sum()) for part in parts)
            said = f"{sector} comes from {', '.join(sharing)}: nothing joins their {sector} networks to each other."
            report.doubtful("nodes", count, said)


def _stacked(parts: Sequence[_Part], name: str) -> pd.DataFrame:
    frames = [frame for part in parts if len(frame := part.table(name))]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=TABLES[name].column_names)


def _repair_times(parts: Sequence[_Part], report: Report) -> list[Any]:
    """Return each system's rows for the sectors it has nodes of; of two for one kind the first system's."""
    sectors = {sector for part in parts for sector in part.sectors}
    kept: dict[tuple[str, str], Any] = {}
    for part in parts:
        foreign, beaten = [], []
        for row in part.system.repair_times.to_dict("records"):
            key = (row["sector"], " ".join(row["kind"].casefold().split()) or ANY_KIND)
            if row["sector"] in sectors - part.sectors:
                foreign.append(f"{row['sector']} {row['kind'] or ANY_KIND}")
            elif key not in kept:
                kept[key] = row
            elif (kept[key]["minutes"], kept[key]["minutes_per_km"]) != (
                row["minutes"],
                row["minutes_per_km"],
            ):
                beaten.append(f"{row['sector']} {row['kind'] or ANY_KIND}")
        said = f"rows of {part.name} for sectors that only another system has nodes of."
        report.dropped("repair_times", foreign, said)
        said = f"rows of {part.name} for a kind that an earlier system gives other minutes."
        report.dropped("repair_times", beaten, said)
    return list(kept.values())


def _settings(parts: Sequence[_Part], report: Report) -> Settings:
    first = parts[0].system.settings
    given: dict[str, Any] = {
        name: " + ".join(
            dict.fromkeys(text for part in parts if (text := getattr(part.system.settings, name)))
        )
        for name in _JOINED
    }
    for sector, rule in zip(SECTORS, _RULES, strict=True):
        having = [part.system.settings for part in parts if sector in part.sectors]
        given[rule] = getattr(having[0] if having else first, rule)
    for part in parts[1:]:
        theirs = part.system.settings
        other = [
            f"{field.name} = {getattr(theirs, field.name)}"
            for field in fields(Settings)
            if field.name not in (*_JOINED, *_RULES)
            and getattr(theirs, field.name) != getattr(first, field.name)
        ]
        report.dropped(
            "settings", other, f"settings of {part.name} that differ from those of {parts[0].name}."
        )
    return replace(first, **given)
