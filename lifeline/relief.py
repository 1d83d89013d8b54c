"""Relief that is not repair: generators, tankers and bypasses as nodes of their own, which stand by.

A task at a node that does not stand by places relief there. `with_relief` turns that into plain tables: a source that
stands by, an alternative wherever the node serves somebody and a provider wherever something depends on it. What then
brings it in is the task, so that cascade, judge, search and bound need to know nothing more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from lifeline.added_rows import records_of, with_rows
from lifeline.errors import InvalidInput
from lifeline.service import COUNTS_NO_FLOW
from lifeline.standby import standing_by

if TYPE_CHECKING:
    from lifeline.system import System

KIND = "relief"
"What a relief node is called, and where the rows that come with it are from."

Row = dict[str, Any]


def with_relief(system: System) -> System:
    """Return the system with a node for each task that gives relief; itself where there is none.

    Relief serves whoever is served at the node, or depends on it, and not what lies behind it in the network: its node
    has no links. Once brought it stays. Raises InvalidInput in a sector whose service rule counts units of flow: there
    a relief that gives without end would be no relief that exists.
    """
    tasks = _relief_tasks(system)
    if not tasks:
        return system
    _refuse_flow(system, tasks)
    place = {row["id"]: row for row in records_of(system.nodes[system.nodes["id"].isin(_sites(tasks))])}
    added = {
        "nodes": [_node(task, place[task["component"]]) for task in tasks],
        "supplies": list(_supplies(system, tasks)),
        "dependencies": list(_dependencies(system, tasks)),
        "closures": list(_closures(system, tasks)),
    }
    brings = system.tasks["component"].where(
        ~system.tasks["id"].isin([task["id"] for task in tasks]), system.tasks["id"]
    )
    named = _with_named_alternatives(system, _sites(tasks))
    return with_rows(named, added, tasks=system.tasks.assign(component=brings))


def _relief_tasks(system: System) -> list[Row]:
    """Return the tasks at nodes that do not stand by."""
    if not len(system.tasks):
        return []
    nodes = set(system.nodes["id"]) - standing_by(system)
    return [task for task in records_of(system.tasks) if task["component"] in nodes]


def _sites(tasks: Collection[Row]) -> frozenset[str]:
    return frozenset(task["component"] for task in tasks)


def _refuse_flow(system: System, tasks: Collection[Row]) -> None:
    sectors = dict(zip(system.nodes["id"], system.nodes["sector"], strict=True))
    for task in tasks:
        sector = sectors[task["component"]]
        rule = system.settings.rules[sector]
        if rule not in COUNTS_NO_FLOW:
            raise InvalidInput(
                f"Task {task['id']!r} gives relief at {task['component']!r}, and {sector}_rule = {rule!r} counts what "
                f"every node gets, which the task does not say. Set {sector}_rule = 'connectivity', or model the "
                "relief as a node that stands by (`standby`), with its capacity, its link and a task that brings it in."
            )


def _node(task: Row, site: Row) -> Row:
    return {
        "id": task["id"],
        "sector": site["sector"],
        "kind": KIND,
        "longitude": site["longitude"],
        "latitude": site["latitude"],
        "source": True,
        "standby": True,
        "owner": task["owner"],
    }


def _with_named_alternatives(system: System, sites: Collection[str]) -> System:
    """Give supplies from these nodes that have no alternative yet the name of one: the node's, or one like it.

    With the node's own name the customer's people are split over its nodes as they were.
    """
    supplies = system.supplies
    taken = set(zip(supplies["customer"], supplies["service"], supplies["alternative"], strict=True))
    names = []
    for row in records_of(supplies[["customer", "service", "node", "alternative"]]):
        name = row["alternative"]
        if row["node"] in sites and not name:
            name = row["node"]
            while (row["customer"], row["service"], name) in taken:
                name += "+"
        names.append(name)
    return with_rows(system, {}, supplies=supplies.assign(alternative=names))


def _supplies(system: System, tasks: Collection[Row]) -> Iterator[Row]:
    named = _with_named_alternatives(system, _sites(tasks)).supplies
    for row in records_of(named[named["node"].isin(_sites(tasks))]):
        for task in tasks:
            if task["component"] == row["node"]:
                yield {**row, "node": task["id"]}


def _dependencies(system: System, tasks: Collection[Row]) -> Iterator[Row]:
    table = system.dependencies
    for row in records_of(table[table["provider"].isin(_sites(tasks))]):
        for task in tasks:
            if task["component"] == row["provider"]:
                yield {**row, "provider": task["id"], "source": KIND}


def _closures(system: System, tasks: Collection[Row]) -> Iterator[Row]:
    """Close the site of relief, where it has no place of its own, whenever that of its node is closed."""
    for row in records_of(system.closures):
        for task in tasks:
            if row["component"] == task["component"] and task["longitude"] != task["longitude"]:
                yield {**row, "id": f"{row['id']} ({task['id']})", "component": task["id"]}
