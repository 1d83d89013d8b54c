"""Components that stand by: out of service before and after the shock, until a task brings them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifeline.system import System


def standing_by(system: System) -> frozenset[str]:
    """Return the ids of the nodes and links that stand by."""
    tables = (system.nodes, system.links)
    return frozenset(name for table in tables for name in table["id"][table["standby"].to_numpy(dtype=bool)])


def brought_in(system: System) -> frozenset[str]:
    """Return the ids of those that a task brings into service; the others never come in."""
    return standing_by(system) & frozenset(system.tasks["component"])
