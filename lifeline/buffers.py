"""Buffers that are refilled: a battery charged, a tank topped up while what feeds it is still gone.

A group that has been without a provider for d minutes when its buffer of B minutes is refilled lasts B minutes more
from then on: as one with B + d minutes from the start would. So a refill is a larger buffer, and nothing else has to
know of it. That is exact where the buffer had not run out. Where it had, what happens from the refill on is that of a
buffer that never ran out: what was dark in between is not counted, the same for every plan, and what stands behind on
buffers of its own, or in a loop that cannot start again, may be thought better off than it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lifeline.added_rows import records_of
from lifeline.facilities import FACILITY

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.news import News, Update
    from lifeline.repair import RepairProblem
    from lifeline.system import System

Row = dict[str, Any]
Groups = dict[tuple[str, str], list[Row]]
"The rows of `dependencies` of each node and group."


def groups_with_buffer(system: System) -> Mapping[str, Collection[str]]:
    """Return the groups that have a buffer, by node, and by the customer for whom a facility stands.

    A group of a facility may be called by its service as well.
    """
    names: dict[str, set[str]] = {}
    customers = _customers_of_facilities(system)
    for row in buffered_rows(system):
        for name in (row["dependent"], *customers.get(row["dependent"], ())):
            names.setdefault(name, set()).update(_called(row))
    return names


def buffered_rows(system: System) -> list[Row]:
    """Return the rows of `dependencies` of groups that have a buffer."""
    table = system.dependencies
    return records_of(table[table["buffer_minutes"] > 0])


def groups_of(rows: Collection[Row]) -> Groups:
    """Return rows of `dependencies` by node and group."""
    groups: Groups = {}
    for row in rows:
        groups.setdefault((row["dependent"], row["group"]), []).append(row)
    return groups


def with_refills(problem: RepairProblem, news: News) -> RepairProblem:
    """Return the problem in which the buffers that were refilled since last as long as they do now.

    Of several refills of a group the last one counts; how long it was without a provider follows from the history.
    """
    refills = sorted(news.refilled, key=lambda update: update.at)
    usual = groups_of(buffered_rows(problem.system))
    customers = _customers_of_facilities(problem.system)
    for update in refills:
        longer = {
            key: rows[0]["buffer_minutes"] + without
            for key, rows in usual.items()
            if _is_meant(update, rows[0], customers)
            and (without := _minutes_without(problem, rows, update.at))
        }
        if longer:
            problem = replace(problem, system=_with_buffers(problem.system, longer))
    return problem


def _is_meant(update: Update, row: Row, customers: Mapping[str, Collection[str]]) -> bool:
    node = row["dependent"]
    is_named = update.job == node or update.job in customers.get(node, ())
    return is_named and (not update.group or update.group in _called(row))


def _customers_of_facilities(system: System) -> Mapping[str, Collection[str]]:
    """Return by node the customers whose facility it is."""
    supplies = system.supplies[system.supplies["service"] == FACILITY]
    customers: dict[str, set[str]] = {}
    for node, customer in zip(supplies["node"], supplies["customer"], strict=True):
        customers.setdefault(node, set()).add(customer)
    return customers


def _called(row: Row) -> set[str]:
    return {row["group"], row["kind"]} if row["source"] == FACILITY else {row["group"]}


def _minutes_without(problem: RepairProblem, rows: Collection[Row], until: int) -> int:
    """Return for how many minutes before `until` no provider of a group has worked, by what has happened."""
    from lifeline.evaluation import evaluate
    from lifeline.plan import Plan
    from lifeline.stories import joined, minutes_off, stories_of

    happened = evaluate(problem, Plan(problem.history))
    stories = stories_of(problem.cascade, happened.levels)
    index = problem.system.compiled.node_index
    return minutes_off(joined([stories(index[row["provider"]]) for row in rows], any), until)


def _with_buffers(system: System, minutes: Mapping[tuple[str, str], int]) -> System:
    table = system.dependencies
    keys = zip(table["dependent"], table["group"], table["buffer_minutes"], strict=True)
    lengths: pd.Series[Any] = table["buffer_minutes"].copy()
    lengths[:] = [minutes.get((node, group), usual) for node, group, usual in keys]
    return replace(system, dependencies=table.assign(buffer_minutes=lengths))
