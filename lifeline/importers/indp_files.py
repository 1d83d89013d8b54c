"""The files of an interdependent network design problem (INDP): meaning of the columns, and rules.

The layout is that of the Shelby County data: nodes.csv, arcs.csv and interdependencies.csv in one folder.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.foreign import ForeignTable, read_foreign
from lifeline.nearest import Nearest
from lifeline.tables import SECTORS, Column, Table

ROLES = ("supply", "demand", "transit")

# The authors' telecom layer runs backwards: the nodes that people use are its supply, the hub its demand.
REVERSED_LAYERS = ("telecom",)


def _layer(name: str) -> Column:
    return Column(name, "text", "The network: one of lifeline's sectors.", choices=SECTORS)


def _number_of_node(name: str) -> Column:
    return Column(name, "integer", "Number of a node within its layer.", minimum=0)


NODES = Table(
    "nodes.csv",
    "Nodes of all layers.",
    (
        _layer("layer"),
        _number_of_node("node"),
        Column("type", "text", "Component type."),
        Column("role", "text", "What it does in the flow problem.", choices=ROLES),
        Column("balance", "number", "Flow that enters (+) or leaves (-) the network here.", "units per step"),
        Column(
            "population", "integer", "People served.", "persons", required=False, minimum=0, maximum=10**9
        ),
        Column("lon", "number", "WGS84 longitude.", "degrees", minimum=-180, maximum=180),
        Column("lat", "number", "WGS84 latitude.", "degrees", minimum=-90, maximum=90),
    ),
    ("layer", "node"),
)
ARCS = Table(
    "arcs.csv",
    "Links of all layers, each usable in both directions.",
    (
        _layer("layer"),
        Column("arc", "integer", "Number of the link within its layer.", minimum=0),
        _number_of_node("u"),
        _number_of_node("v"),
        Column("capacity", "number", "The most that can flow.", "units per step", required=False, minimum=0),
        Column("length_km", "number", "Length.", "km", minimum=0, maximum=100_000),
        Column("type", "text", "Component type."),
    ),
    ("layer", "arc"),
)
INTERDEPENDENCIES = Table(
    "interdependencies.csv",
    "Which node needs which; the depender works while the gammas of its working dependees add up to 1.",
    (
        _layer("dependee_layer"),
        _number_of_node("dependee"),
        _layer("depender_layer"),
        _number_of_node("depender"),
        Column("gamma", "number", "Part of the need that the dependee covers."),
        Column("type", "text", "Sort of dependency.", choices=("physical", "cyber")),
    ),
    ("depender_layer", "depender", "type", "dependee_layer", "dependee"),
)


def node_id(layer: str, node: int) -> str:
    """Return lifeline's name for a node: `power:12`."""
    return f"{layer}:{node}"


def link_id(layer: str, u: int, v: int, arc: int) -> str:
    """Return lifeline's name for a link: `power:5-64#40`, the arc's number telling parallel ones apart."""
    return f"{layer}:{u}-{v}#{arc}"


@dataclass(frozen=True, eq=False)
class IndpFiles:
    """The three files of one network, checked as a whole."""

    folder: Path
    nodes: ForeignTable
    arcs: ForeignTable
    interdependencies: ForeignTable

    @cached_property
    def node_ids(self) -> list[str]:
        """The id of each row of `nodes`."""
        return list(map(node_id, self.nodes.column("layer"), self.nodes.column("node")))

    @cached_property
    def link_ids(self) -> list[str]:
        """The id of each row of `arcs`."""
        return list(map(link_id, *(self.arcs.column(name) for name in ("layer", "u", "v", "arc"))))

    @cached_property
    def links_between(self) -> dict[frozenset[str], list[str]]:
        """The links between two nodes, whichever end is named first; several where they run in parallel."""
        between: dict[frozenset[str], list[str]] = {}
        columns = (self.arcs.column(name) for name in ("layer", "u", "v"))
        for link, layer, u, v in zip(self.link_ids, *columns, strict=True):
            between.setdefault(frozenset((node_id(layer, u), node_id(layer, v))), []).append(link)
        return between

    @cached_property
    def neighbours(self) -> dict[str, set[str]]:
        """The nodes that each node is joined to by an arc."""
        joined: dict[str, set[str]] = {node: set() for node in self.node_ids}
        for ends in self.links_between:
            for node in ends:
                joined[node] |= ends - {node}
        return joined

    @cached_property
    def is_source(self) -> list[bool]:
        """Whether each node is where its layer's supply starts; in a reversed layer that is the demand."""
        return [role == _source_role(layer) for layer, role in self._layers_and_roles]

    @cached_property
    def is_customer(self) -> list[bool]:
        """Whether people are served at each node; in a reversed layer that is the supply."""
        return [role != "transit" and role != _source_role(layer) for layer, role in self._layers_and_roles]

    @cached_property
    def _layers_and_roles(self) -> list[tuple[str, str]]:
        return list(zip(self.nodes.column("layer"), self.nodes.column("role"), strict=True))


def read_indp_files(folder: Path) -> IndpFiles:
    """Read and check a folder; one InvalidInput lists everything that is wrong in the three files.

    The rules between rows are asked once every cell can be read: one mistake is then told once.
    """
    for table in (NODES, ARCS, INTERDEPENDENCIES):
        if not (folder / table.name).is_file():
            raise InvalidInput(_not_a_network(folder, table.name))
    nodes = read_foreign(folder / NODES.name, NODES)
    _refuse_a_network_without_people(folder, nodes)
    files = IndpFiles(
        folder,
        nodes,
        read_foreign(folder / ARCS.name, ARCS),
        read_foreign(folder / INTERDEPENDENCIES.name, INTERDEPENDENCIES),
    )
    tables = (files.nodes, files.arcs, files.interdependencies)
    problems = [problem for table in tables for problem in table.read.problems]
    if not problems:
        problems = in_order_of_files([problem for rule in RULES for problem in rule(files)])
    if problems:
        raise InvalidInput.of(problems, str(folder))
    return files


def in_order_of_files(problems: list[Problem]) -> list[Problem]:
    """Sort problems as a person meets them who corrects one file after the other, from top to bottom."""
    files = [table.name for table in (NODES, ARCS, INTERDEPENDENCIES)]
    return sorted(problems, key=lambda problem: (files.index(problem.table), problem.row or 0))


def _source_role(layer: str) -> str:
    return "demand" if layer in REVERSED_LAYERS else "supply"


def _not_a_network(folder: Path, missing: str) -> str:
    if not folder.is_dir():
        return f"There is no folder {str(folder)!r}."
    wanted = f"an INDP folder holds {NODES.name}, {ARCS.name} and {INTERDEPENDENCIES.name}"
    inside = sorted(str(path.parent) for path in folder.glob(f"*/{NODES.name}"))
    hint = f" Give one of the folders in it: {', '.join(inside)}." if inside else ""
    return f"{str(folder)!r} has no {missing}; {wanted}.{hint}"


def _refuse_a_network_without_people(folder: Path, nodes: ForeignTable) -> None:
    """Tell the classic network (2015) from a damaged file: it is whole, but made for another problem."""
    if "population" in nodes.header:
        return
    nowhere = nodes.read.frame[["lon", "lat"]].isna().any(axis=1)
    raise InvalidInput(
        f"{str(folder / nodes.name)!r} has no column 'population', and {nowhere.sum()} of its {len(nowhere)} "
        "nodes have no lon and lat. Without people there is no downtime to weigh, and without places no way "
        "for a crew to drive: a network like the classic one of 2015 serves only the flow problem it was "
        "made for (td-INDP). Give the extended network instead."
    )


def nodes_and_arcs_are_told_apart(files: IndpFiles) -> Iterator[Problem]:
    """No two nodes, and no two arcs, of a layer have the same number."""
    yield from files.nodes.repeated_rows()
    yield from files.arcs.repeated_rows()


def ends_are_nodes(files: IndpFiles) -> Iterator[Problem]:
    """Both ends of an arc, and of a dependency, are in nodes.csv."""
    known = set(files.node_ids)
    nearest = Nearest(known, cutoff=0.0)
    for table, layer_column, column in (
        (files.arcs, "layer", "u"),
        (files.arcs, "layer", "v"),
        (files.interdependencies, "dependee_layer", "dependee"),
        (files.interdependencies, "depender_layer", "depender"),
    ):
        for place, node in enumerate(map(node_id, table.column(layer_column), table.column(column))):
            if node not in known:
                message = f"{node} is not in {files.nodes.name}. Did you mean {nearest.to(node)!r}?"
                yield table.problem(place, column, message)


def ends_differ(files: IndpFiles) -> Iterator[Problem]:
    """No arc runs from a node to itself, and no node depends on itself."""
    arcs, needs = files.arcs, files.interdependencies
    for place, (u, v) in enumerate(zip(arcs.column("u"), arcs.column("v"), strict=True)):
        if u == v:
            yield arcs.problem(place, "v", "is the same node as u; an arc joins two.")
    dependees = map(node_id, needs.column("dependee_layer"), needs.column("dependee"))
    dependers = map(node_id, needs.column("depender_layer"), needs.column("depender"))
    for place, (dependee, depender) in enumerate(zip(dependees, dependers, strict=True)):
        if dependee == depender:
            yield needs.problem(place, "depender", "is the dependee itself; remove the row.")


def roles_agree_with_balances(files: IndpFiles) -> Iterator[Problem]:
    """A supply has a positive balance, a demand a negative one, and a transit node none."""
    signs = {"supply": 1, "demand": -1, "transit": 0}
    columns = (files.nodes.column(name) for name in ("role", "balance"))
    for place, (role, balance) in enumerate(zip(*columns, strict=True)):
        if (balance > 0) - (balance < 0) != signs[role]:
            needed = ("0", "above 0", "below 0")[signs[role]]
            yield files.nodes.problem(
                place, "balance", f"does not fit the role {role!r}, which needs one {needed}."
            )


def every_layer_has_a_source(files: IndpFiles) -> Iterator[Problem]:
    """Each layer has a node where its supply starts."""
    layers = files.nodes.column("layer")
    fed = {layer for layer, source in zip(layers, files.is_source, strict=True) if source}
    for layer in sorted(set(layers) - fed):
        message = (
            f"no node of {layer} has the role {_source_role(layer)!r}, where its supply starts; mark one."
        )
        yield Problem(files.nodes.name, None, "role", None, message)


def people_of_customers_are_known(files: IndpFiles) -> Iterator[Problem]:
    """Every node at which people are served says how many."""
    for place, people in enumerate(files.nodes.column("population")):
        if files.is_customer[place] and people < 0:
            message = f"is blank, but people are served at {files.node_ids[place]}; write how many, or 0."
            yield files.nodes.blank(place, "population", message)


def one_dependee_is_enough(files: IndpFiles) -> Iterator[Problem]:
    """Each dependee covers the whole need: lifeline has alternatives, but no need covered in parts."""
    for place, gamma in enumerate(files.interdependencies.column("gamma")):
        if gamma < 1:
            message = (
                "is below 1: a need that only several dependees together cover cannot be said in lifeline."
            )
            yield files.interdependencies.problem(place, "gamma", message)


RULES = (
    nodes_and_arcs_are_told_apart,
    ends_are_nodes,
    ends_differ,
    roles_agree_with_balances,
    every_layer_has_a_source,
    people_of_customers_are_known,
    one_dependee_is_enough,
)
