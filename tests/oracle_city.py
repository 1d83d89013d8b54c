"""What the oracle reads out of a System's tables: plain sets and dictionaries, nothing worked out yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifeline.system import System

Rows = list[dict[str, Any]]
PortionKey = tuple[str, bool]  # the alternative's name or the node's id, and which of the two it is
READ = ("nodes", "links", "dependencies", "customers", "supplies", "tasks")


@dataclass(frozen=True)
class Group:
    """Nodes of which the dependent needs any one; it does without all of them for `buffer_minutes`."""

    dependent: str
    name: str
    providers: frozenset[str]
    buffer_minutes: int


@dataclass(frozen=True)
class Portion:
    """Some persons of one customer who have one service while any of `nodes` works."""

    customer: str
    service: str
    key: PortionKey
    nodes: frozenset[str]
    persons: int
    weight_permille: int
    district: str

    def is_served(self, working: Collection[str]) -> bool:
        return any(node in working for node in self.nodes)


class City:
    """What the rule of service is about, as sets and dictionaries."""

    def __init__(self, tables: Mapping[str, Rows]) -> None:
        nodes = tables["nodes"]
        self.sector = {row["id"]: row["sector"] for row in nodes}
        self.sources = {row["id"] for row in nodes if row["source"]}
        self.black_start = {row["id"] for row in nodes if row["black_start"]}
        self.edges = list(_edges(tables["links"]))
        self.groups = _groups(self.sector, tables["dependencies"])
        self.portions = list(_portions(tables["customers"], tables["supplies"]))
        self.standby = {row["id"] for name in ("nodes", "links") for row in tables[name] if row["standby"]}
        self.brought_in = {task["component"] for task in tables["tasks"]} & self.standby
        for task in tables["tasks"]:
            if task["component"] in self.sector and task["component"] not in self.standby:
                self._give_relief(task["id"], task["component"])

    def _give_relief(self, relief: str, node: str) -> None:
        """Let relief, once it is there, do for whoever is served at a node or depends on it what the node does."""
        self.sector[relief] = self.sector[node]
        self.sources.add(relief)
        self.standby.add(relief)
        self.brought_in.add(relief)
        self.groups = {
            dependent: [
                replace(group, providers=group.providers | {relief}) if node in group.providers else group
                for group in groups
            ]
            for dependent, groups in {**self.groups, relief: []}.items()
        }
        self.portions = [
            replace(portion, nodes=portion.nodes | {relief}) if node in portion.nodes else portion
            for portion in self.portions
        ]

    @classmethod
    def of(cls, system: System | City) -> City:
        """Read a System; what is a City already stays as it is."""
        return system if isinstance(system, City) else cls({name: rows_of(system, name) for name in READ})

    @property
    def all_groups(self) -> set[Group]:
        return {group for groups in self.groups.values() for group in groups}


def rows_of(system: System, table: str) -> Rows:
    frame = system.tables[table]
    columns = [frame[name].tolist() for name in frame.columns]
    return [dict(zip(frame.columns, values, strict=True)) for values in zip(*columns, strict=True)]


def worlds_of(system: System) -> list[City]:
    """Take a system apart that `random_worlds.union` put together; ids keep their world's number in front."""
    worlds: dict[int, dict[str, Rows]] = defaultdict(lambda: {name: [] for name in READ})
    for name in READ:
        first = system.tables[name].columns[0]
        for row in rows_of(system, name):
            worlds[int(row[first].partition(":")[0])][name].append(row)
    return [City(worlds[number]) for number in sorted(worlds)]


def _edges(links: Rows) -> Iterator[tuple[str, str, str]]:
    """Yield (tail, head, link id) for every direction in which a link can carry its sector's supply."""
    for row in links:
        yield row["from_node"], row["to_node"], row["id"]
        if not row["directed"]:
            yield row["to_node"], row["from_node"], row["id"]


def _groups(nodes: Collection[str], dependencies: Rows) -> dict[str, list[Group]]:
    rows_by_group: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in dependencies:
        rows_by_group[row["dependent"], row["group"]].append(row)
    groups: dict[str, list[Group]] = {node: [] for node in nodes}
    for (dependent, name), rows in rows_by_group.items():
        providers = frozenset(row["provider"] for row in rows)
        groups[dependent].append(Group(dependent, name, providers, rows[0]["buffer_minutes"]))
    return groups


def _portions(customers: Rows, supplies: Rows) -> Iterator[Portion]:
    by_id = {row["id"]: row for row in customers}
    rows_by_service: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in supplies:
        rows_by_service[row["customer"], row["service"]].append(row)
    for (customer, service), rows in rows_by_service.items():
        nodes: dict[PortionKey, set[str]] = defaultdict(set)
        shares: dict[PortionKey, Fraction] = {}
        for row in rows:
            key = (row["alternative"] or row["node"], bool(row["alternative"]))
            nodes[key].add(row["node"])
            shares[key] = Fraction(str(row["share"]))
        persons = split(by_id[customer]["persons"], shares)
        weight, district = rows[0]["weight_permille"], by_id[customer]["district"]
        for key in sorted(shares):
            yield Portion(customer, service, key, frozenset(nodes[key]), persons[key], weight, district)


def split(persons: int, shares: Mapping[PortionKey, Fraction]) -> dict[PortionKey, int]:
    """Split whole persons by share, largest remainders first; equal ones go to the smaller key."""
    exact = {key: persons * share for key, share in shares.items()}
    whole = {key: int(amount) for key, amount in exact.items()}
    by_remainder = sorted(shares, key=lambda key: (whole[key] - exact[key], key))
    for key in by_remainder[: persons - sum(whole.values())]:
        whole[key] += 1
    return whole
