"""What a caller of some sectors or owners may see of a city: its own in full, of the others the interfaces only.

Own is what is of its sectors and of its owners. An interface is another's component that one of its own depends on, or
that depends on one of its own, or that a link joins to one of its own. Of an interface it sees where it is and what
state it is in; no minutes, no people, no skills. Everything else is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pandas as pd

    from api.access.caller import Caller
    from lifeline.system import System


class Seen(Enum):
    """How much of a thing somebody sees."""

    ALL = "all"
    STATE = "state"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Sight:
    """What one caller sees of one system, by id.

    `own` and `interfaces` are components. `jobs` are its jobs that are not called like a component: steps and tasks.
    `customers` says which services each customer gets from its own nodes.
    """

    own: frozenset[str]
    interfaces: frozenset[str]
    jobs: frozenset[str]
    crews: frozenset[str]
    customers: Mapping[str, frozenset[str]]

    def of_component(self, component: str) -> Seen:
        """Say how much of this component is seen."""
        if component in self.own:
            return Seen.ALL
        return Seen.STATE if component in self.interfaces else Seen.NOTHING

    def has_job(self, job: str) -> bool:
        """Tell whether the job is one of its own: it mends its component, or is a task of its own."""
        return job in self.own or job in self.jobs

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able values, sorted, so that a child process can hand it over."""
        return {
            "own": sorted(self.own),
            "interfaces": sorted(self.interfaces),
            "jobs": sorted(self.jobs),
            "crews": sorted(self.crews),
            "customers": {name: sorted(services) for name, services in sorted(self.customers.items())},
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Sight:
        """Build it again from what `to_json` made."""
        return cls(
            own=frozenset(values["own"]),
            interfaces=frozenset(values["interfaces"]),
            jobs=frozenset(values["jobs"]),
            crews=frozenset(values["crews"]),
            customers={name: frozenset(services) for name, services in values["customers"].items()},
        )


def sight_in_child(argument: dict[str, Any], report: Callable[[Any], None]) -> dict[str, Any]:
    """Work out a sight in a child: of the system in `file` with the incident's `tables`, limited as by `limits_of`."""
    from lifeline.files import read_system

    system = read_system(argument["file"])
    tables = argument["tables"]
    return sight_of(
        system.replace(**tables) if tables else system, argument["sectors"], argument["owners"]
    ).to_json()


def limits_of(caller: Caller) -> dict[str, list[str] | None]:
    """Return what a caller is limited to as JSON-able values: sorted names, or null for no limit."""
    limits = {"sectors": caller.sectors, "owners": caller.owners}
    return {name: None if values is None else sorted(values) for name, values in limits.items()}


def sight_of(
    system: System, sectors: Collection[str] | None = None, owners: Collection[str] | None = None
) -> Sight:
    """Return what somebody limited to these sectors and owners sees of the system; None is no limit."""
    nodes, links = system.nodes, _with_owners_of_ends(system.nodes, system.links)
    own_nodes = set(nodes["id"][_within(nodes, sectors, owners)])
    own_links = set(links["id"][_within(links, sectors, owners)])
    own = own_nodes | own_links
    steps = system.steps[system.steps["component"].isin(own)]
    tasks = system.tasks[_own_tasks(system.tasks, own, sectors, owners)]
    skills = {*(sectors or ()), *steps["skill"], *tasks["skill"]}
    skills |= {*system.damage["skill"][system.damage["component"].isin(own)]} - {""}
    supplies = system.supplies[system.supplies["node"].isin(own_nodes)]
    return Sight(
        own=frozenset(own),
        interfaces=frozenset(_interfaces(system, own_nodes, own_links) - own),
        jobs=frozenset(steps["component"] + "/" + steps["step"]) | frozenset(tasks["id"]),
        crews=_own_crews(system.crews, None if sectors is None else skills, owners),
        customers={
            str(name): frozenset(of["service"]) for name, of in supplies.groupby("customer", sort=True)
        },
    )


def _within(
    table: pd.DataFrame, sectors: Collection[str] | None, owners: Collection[str] | None
) -> pd.Series[bool]:
    inside = table["sector"].isin(table["sector"] if sectors is None else list(sectors))
    return inside if owners is None else inside & table["owner"].isin(list(owners))


def _with_owners_of_ends(nodes: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Give a link without an owner that of its ends, where both have the same."""
    owner = nodes.set_index("id")["owner"]
    one, other = links["from_node"].map(owner), links["to_node"].map(owner)
    return links.assign(owner=links["owner"].where((links["owner"] != "") | (one != other), one))


def _interfaces(system: System, own_nodes: set[str], own_links: set[str]) -> set[str]:
    needs, links = system.dependencies, system.links
    touching = links[links["from_node"].isin(own_nodes) | links["to_node"].isin(own_nodes)]
    ours = links[links["id"].isin(own_links)]
    return {
        *needs["provider"][needs["dependent"].isin(own_nodes)],
        *needs["dependent"][needs["provider"].isin(own_nodes)],
        *touching["id"],
        *touching["from_node"],
        *touching["to_node"],
        *ours["from_node"],
        *ours["to_node"],
    }


def _own_tasks(
    tasks: pd.DataFrame, own: set[str], sectors: Collection[str] | None, owners: Collection[str] | None
) -> pd.Series[bool]:
    """Tell which tasks are own: those at an own component, and those of its owners and skills at none."""
    loose = tasks["component"] == ""
    if owners is not None:
        loose &= tasks["owner"].isin(list(owners))
    if sectors is not None:
        loose &= tasks["skill"].replace("", "road").isin(list(sectors))
    return tasks["component"].isin(own) | loose


def _own_crews(
    crews: pd.DataFrame, skills: Collection[str] | None, owners: Collection[str] | None
) -> frozenset[str]:
    """Return the crews of these owners that can do any of the own work."""
    own = crews if owners is None else crews[crews["owner"].isin(list(owners))]
    return frozenset(
        crew
        for crew, can in zip(own["id"], own["skills"], strict=True)
        if skills is None or not {skill.strip() for skill in can.split(";")}.isdisjoint(skills)
    )
