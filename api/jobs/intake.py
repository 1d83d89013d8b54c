"""Takes in a system that was sent: checked as a whole, written as the canonical zip, with an index of its names.

Runs in a child of the service: what was sent may be anything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.system import System

ENDINGS = {
    "application/zip": ".zip",
    "application/json": ".json",
    "application/geopackage+sqlite3": ".gpkg",
}
"How each media type that a system may come as is read."


def take_in(argument: dict[str, Any], report: Callable[[Any], None]) -> dict[str, Any]:
    """Read the system in `file`, or the library's `scenario`, and write `<sha256>.zip` and `.json` into `spool`.

    Returns its sha256, name and summary. InvalidInput lists everything that is wrong with it.
    """
    from lifeline.errors import InvalidInput

    try:
        system = _read(argument)
        _check_problem(system)
    except InvalidInput as error:
        # Where the upload was put down meanwhile is nobody's business.
        message = str(error).replace(repr(argument.get("file")), "The upload")
        raise InvalidInput(message.replace(str(argument.get("file")), "the upload"), error.problems) from None
    spool = Path(argument["spool"])
    spool.mkdir(parents=True, exist_ok=True)
    from lifeline.files import write_system

    being_written = spool / f"{argument['ticket']}.zip"
    write_system(system, being_written)
    sha256 = hashlib.sha256(being_written.read_bytes()).hexdigest()
    being_written.replace(spool / f"{sha256}.zip")
    index = json.dumps(index_of(system), ensure_ascii=False, separators=(",", ":"))
    (spool / f"{argument['ticket']}.json").write_text(index, encoding="utf-8")
    (spool / f"{argument['ticket']}.json").replace(spool / f"{sha256}.json")
    return {"sha256": sha256, "name": system.name, "summary": summary_of(system)}


def summary_of(system: System) -> dict[str, Any]:
    """Return what a list of systems shows of one."""
    settings = system.settings
    return {
        "name": system.name,
        "start": settings.start,
        "timezone": settings.timezone,
        "rows": {name: len(frame) for name, frame in system.tables.items() if len(frame)},
        "sectors": sorted(set(system.nodes["sector"]) | set(system.links["sector"])),
        "services": sorted(set(system.supplies["service"])),
        "persons": int(system.customers["persons"].sum()),
        "rules": settings.rules,
    }


def index_of(system: System) -> dict[str, Any]:
    """Return the names in a system and how they hang together, for questions that need no more than that."""
    parts: dict[str, list[str]] = {}
    for table in (system.nodes, system.links):
        parts |= {component: about for component, *about in _rows(table, "id", "sector", "owner")}
    return {
        "components": parts,
        "links": {link: ends for link, *ends in _rows(system.links, "id", "from_node", "to_node")},
        "dependencies": _rows(system.dependencies, "dependent", "provider", "group"),
        "supplies": _rows(system.supplies, "customer", "service", "node"),
        "customers": {
            customer: about for customer, *about in _rows(system.customers, "id", "name", "kind", "district")
        },
        "crews": dict(_rows(system.crews, "id", "owner")),
        "damage": system.damage["component"].tolist(),
        "tasks": system.tasks["id"].tolist(),
    }


def _rows(table: pd.DataFrame, *columns: str) -> list[list[str]]:
    return [list(row) for row in zip(*(table[name].tolist() for name in columns), strict=True)]


def _read(argument: dict[str, Any]) -> System:
    if "scenario" in argument:
        from scenarios.scenario import load_scenario

        return load_scenario(argument["scenario"])
    from lifeline.files import read_system

    return read_system(argument["file"])


def _check_problem(system: System) -> None:
    """Refuse a system whose own damage and crews make no problem; one without crews may still get some."""
    from lifeline.repair import build_problem
    from lifeline.shock import Shock

    if len(system.crews):
        build_problem(system, Shock.from_table(system, system.damage))


def check_tables(argument: dict[str, Any], report: Callable[[Any], None]) -> dict[str, int]:
    """Check that a system in `file` with other `tables` makes a problem, and return how many jobs and crews it has."""
    from lifeline.files import read_system
    from lifeline.repair import build_problem
    from lifeline.shock import Shock

    system = read_system(argument["file"]).replace(**argument["tables"])
    problem = build_problem(system, Shock.from_table(system, system.damage))
    return {"jobs": len(problem.jobs), "crews": len(problem.crews)}
