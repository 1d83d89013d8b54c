"""Reads INDP problems from the files of the Shelby County data: a network's folder and a file of damage scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.foreign import ForeignTable, read_foreign
from lifeline.importers.indp_damage import SCENARIOS, chosen_scenario
from lifeline.nearest import Nearest
from lifeline.tables import SECTORS, Column, Table
from solvers.indp.problem import IndpNetwork, IndpProblem, Link, Need, Node


def _number(name: str, meaning: str) -> Column:
    return Column(name, "integer", meaning, minimum=0)


def _price(name: str, meaning: str, unit: str) -> Column:
    return Column(name, "number", meaning, unit, minimum=0)


def _layer(name: str) -> Column:
    return Column(name, "text", "The network.", choices=SECTORS)


NODES = Table(
    "nodes.csv",
    "Nodes of all layers, as the flow problem sees them.",
    (
        _layer("layer"),
        _number("node", "Number within the layer."),
        Column("balance", "number", "Flow that enters (+) or leaves (-) here.", "units per step"),
        _price("penalty_oversupply", "Price of a unit too much.", "USD per unit and step"),
        _price("penalty_undersupply", "Price of a missing unit.", "USD per unit and step"),
        _price("repair_cost", "Price of its repair.", "USD"),
        Column("repair_units", "integer", "Resource units that its repair takes.", minimum=1),
    ),
    ("layer", "node"),
)
ARCS = Table(
    "arcs.csv",
    "Links of all layers, each usable in both directions; of two between the same ends the later row counts.",
    (
        _layer("layer"),
        _number("u", "One end."),
        _number("v", "The other end."),
        _price("capacity", "Flow it carries in each direction.", "units per step"),
        _price("flow_cost", "Price of moving a unit.", "USD per unit"),
        _price("repair_cost", "Price of its repair.", "USD"),
        Column("repair_units_per_direction", "integer", "Resource units; here of the whole link.", minimum=1),
    ),
    ("layer", "u", "v"),
)
INTERDEPENDENCIES = Table(
    "interdependencies.csv",
    "Which node needs which.",
    (
        _layer("dependee_layer"),
        _number("dependee", "The node that is needed."),
        _layer("depender_layer"),
        _number("depender", "The node that needs it."),
        _price("gamma", "Part of the need that is covered.", ""),
        Column("type", "text", "Only physical ones count.", required=False, default="physical"),
    ),
    ("depender_layer", "depender", "dependee_layer", "dependee", "type"),
)
SPACES = Table(
    "spaces.csv",
    "Sites, and what preparing one costs.",
    (_number("space", "Number of the space."), _price("prep_cost", "Price of its preparation.", "USD")),
    ("space",),
)
ARC_SPACES = Table(
    "arc_spaces.csv",
    "Which spaces each link crosses.",
    (
        _layer("layer"),
        _number("u", "One end."),
        _number("v", "The other end."),
        _number("space", "Number of the space."),
    ),
    ("layer", "u", "v", "space"),
)

Key = tuple[Any, ...]


def read_indp_network(folder: str | Path) -> IndpNetwork:
    """Read the flow networks of a folder; InvalidInput lists every row that is wrong."""
    place = Path(folder)
    tables = [
        read_foreign(place / table.name, table)
        for table in (NODES, ARCS, INTERDEPENDENCIES, SPACES, ARC_SPACES)
    ]
    nodes, arcs, needs, spaces, crossings = tables
    _refuse([problem for table in tables for problem in table.read.problems], place)
    _refuse([*nodes.repeated_rows(), *spaces.repeated_rows()], place)
    at = {key: number for number, key in enumerate(_rows(nodes, "layer", "node"))}
    space_at = {space: number for number, (space,) in enumerate(_rows(spaces, "space"))}
    problems = [
        *_unknown(arcs, at, ("layer", "u"), ("layer", "v")),
        *_unknown(needs, at, ("dependee_layer", "dependee"), ("depender_layer", "depender")),
        *_unknown(crossings, {(space,): number for space, number in space_at.items()}, ("space",)),
    ]
    _refuse(problems, place)
    return IndpNetwork(
        tuple(Node(*row) for row in _rows(nodes, *(column.name for column in NODES.columns))),
        tuple(_links(arcs, crossings, at, space_at)),
        tuple(
            Need(at[layer, depender], at[other, dependee], gamma)
            for other, dependee, layer, depender, gamma, kind in _rows(
                needs, *(column.name for column in INTERDEPENDENCIES.columns)
            )
            if kind == "physical"
        ),
        tuple(cost for (cost,) in _rows(spaces, "prep_cost")),
    )


def read_indp_problem(
    folder: str | Path, *, damage: str | Path, scenario: str | None = None, units_per_step: int
) -> IndpProblem:
    """Read a network and one damage scenario; the scenario's name may be left out where the file holds one."""
    network = read_indp_network(folder)
    path = Path(damage)
    table = read_foreign(path, SCENARIOS)
    _refuse(list(table.read.problems), path)
    name = chosen_scenario(table.column("scenario"), path, scenario)
    links = {(link.u, link.v): link.name for link in network.links}
    places = {node.name: place for place, node in enumerate(network.nodes)}
    broken: dict[str, None] = {}
    problems = []
    for row, (of_scenario, kind, layer, a, b) in enumerate(
        _rows(table, "scenario", "kind", "layer", "a", "b")
    ):
        ends = (places.get(f"{layer}:{a}", -1), places.get(f"{layer}:{b}", -1))
        found = links.get(ends) or links.get(ends[::-1]) if kind == "arc" else f"{layer}:{a}"
        if of_scenario == name and (found is None or (kind == "node" and ends[0] < 0)):
            problems.append(table.problem(row, "a", f"the network in {str(folder)!r} has no such {kind}."))
        elif of_scenario == name:
            broken[str(found)] = None
    _refuse(problems, path)
    return IndpProblem(network, tuple(broken), units_per_step)


def _rows(table: ForeignTable, *columns: str) -> list[Key]:
    return list(zip(*(table.column(name) for name in columns), strict=True))


def _links(
    arcs: ForeignTable, crossings: ForeignTable, at: dict[Key, int], space_at: dict[int, int]
) -> list[Link]:
    crossed: dict[Key, set[int]] = {}
    for layer, u, v, space in _rows(crossings, "layer", "u", "v", "space"):
        crossed.setdefault((layer, frozenset((u, v))), set()).add(space_at[space])
    latest: dict[Key, tuple[int, Link]] = {}
    names = [column.name for column in ARCS.columns]
    for row, values in zip(arcs.read.rows.tolist(), _rows(arcs, *names), strict=True):
        layer, u, v, capacity, flow_cost, repair_cost, units = values
        key = (layer, frozenset((u, v)))
        name, spaces = f"{layer}:{min(u, v)}-{max(u, v)}", tuple(sorted(crossed.get(key, ())))
        link = Link(name, at[layer, u], at[layer, v], capacity, flow_cost, repair_cost, units, spaces)
        if key not in latest or latest[key][0] < row:
            latest[key] = (row, link)
    return [link for _, link in latest.values()]


def _unknown(table: ForeignTable, known: dict[Key, int], *keys: tuple[str, ...]) -> list[Problem]:
    nearest = Nearest((":".join(map(str, key)) for key in known), cutoff=0.0)
    found = []
    for columns in keys:
        for place, key in enumerate(_rows(table, *columns)):
            if key not in known:
                named = ":".join(map(str, key))
                message = f"{named} is not known. Did you mean {nearest.to(named)!r}?"
                found.append(table.problem(place, columns[-1], message))
    return found


def _refuse(problems: list[Problem], where: Path) -> None:
    if problems:
        raise InvalidInput.of(problems, str(where))
