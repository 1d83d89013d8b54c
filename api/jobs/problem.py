"""From what a job's argument says to the repair problem that it is about; runs inside a child.

    {"system": "spool/<sha256>.zip",                          the file of a system
     "settings": {"start": "...", "water_rule": "flow", ...},  what differs from the system's own settings
     "tables": {"damage": [...], "crews": [...], ...}}         tables that replace the system's, as rows

A re-plan has two things more: `now`, the minute after time zero, and `updates`, rows as docs/replanning.md has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifeline.news import News
    from lifeline.repair import RepairProblem
    from lifeline.system import System

Argument = Mapping[str, Any]


def system_of(argument: Argument) -> System:
    """Return the system with the argument's settings and tables in place of its own."""
    from dataclasses import fields

    from api.jobs.systems import system_at
    from lifeline.system import Settings

    system = system_at(argument["system"])
    settings, tables = argument.get("settings") or {}, dict(argument.get("tables") or {})
    if not settings and not tables:
        return system
    own = {field.name: getattr(system.settings, field.name) for field in fields(system.settings)}
    if "crews" in tables and "shifts" not in tables:
        # As on the command line: crews that stay keep their shifts.
        names = [row.get("id") for row in tables["crews"]]
        tables["shifts"] = system.shifts[system.shifts["crew"].isin(names)]
    return system.replace(settings=Settings.of({**own, **settings}), **tables)


def problem_of(argument: Argument) -> RepairProblem:
    """Return the problem that the system's damage and crews make at time zero."""
    from api.planning import problem_of as problem_of_system

    return problem_of_system(system_of(argument))


def news_of(argument: Argument) -> News:
    """Return what is known at the minute `now`."""
    from lifeline.news import News, updates_from_table

    return News(argument["now"], updates_from_table(list(argument.get("updates") or ())))
