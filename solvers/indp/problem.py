"""The interdependent network design problem (INDP): flow networks that lean on each other, and what is broken in them.

González, Dueñas-Osorio, Sánchez-Silva and Medaglia (2016), Comput.-Aided Civ. Infrastruct. Eng. 31:334-350. Its
elements (nodes and links) are repaired in steps, each step with so many resource units; nobody travels. It is the
problem of the literature, not lifeline's: `solvers.indp.score` judges its plans, `solvers.indp.replay` takes them
to lifeline's judge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from lifeline.errors import InvalidInput
from lifeline.nearest import Nearest


@dataclass(frozen=True)
class Node:
    """A place in a layer where flow enters (balance above 0), leaves (below 0) or passes, in units per step.

    The penalties are the price of a unit too much and of a unit missing, per step.
    """

    layer: str
    number: int
    balance: float
    penalty_over: float
    penalty_under: float
    repair_cost: float
    repair_units: int = 1

    def __post_init__(self) -> None:
        """Refuse prices below nothing."""
        if min(self.penalty_over, self.penalty_under, self.repair_cost) < 0 or self.repair_units < 1:
            raise InvalidInput(f"{self.name}: penalties and costs must be 0 or more, repair_units 1 or more.")

    @property
    def name(self) -> str:
        """The name of the node: `power:12`."""
        return f"{self.layer}:{self.number}"


@dataclass(frozen=True)
class Link:
    """A link between two nodes (their places in the network), which carries up to `capacity` units each way.

    Whoever repairs it pays for the preparation of every space it crosses.
    """

    name: str
    u: int
    v: int
    capacity: float
    flow_cost: float
    repair_cost: float
    repair_units: int = 1
    spaces: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a loop and numbers below nothing."""
        if self.u == self.v:
            raise InvalidInput(f"Link {self.name}: its two ends are the same node.")
        if min(self.capacity, self.flow_cost, self.repair_cost) < 0 or self.repair_units < 1:
            raise InvalidInput(
                f"Link {self.name}: capacity and costs must be 0 or more, repair_units 1 or more."
            )


@dataclass(frozen=True)
class Need:
    """The part `gamma` of a node's need that another node covers; it is down while they add up to below 1."""

    depender: int
    dependee: int
    gamma: float = 1.0


@dataclass(frozen=True)
class IndpNetwork:
    """The layers together: nodes, links, needs between nodes, and what preparing each space costs."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    needs: tuple[Need, ...] = ()
    space_costs: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse names told twice and links between layers."""
        names = self.names
        if len(set(names)) < len(names):
            twice = next(name for place, name in enumerate(names) if name in names[:place])
            raise InvalidInput(f"The network has {twice} twice; give each node and link a name of its own.")
        for link in self.links:
            if self.nodes[link.u].layer != self.nodes[link.v].layer:
                raise InvalidInput(f"Link {link.name}: its ends are in two layers; flow stays in one.")

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers, sorted."""
        return tuple(sorted({node.layer for node in self.nodes}))

    @property
    def names(self) -> list[str]:
        """The names of all nodes, then of all links."""
        return [*(node.name for node in self.nodes), *(link.name for link in self.links)]

    @cached_property
    def needs_of(self) -> dict[int, tuple[Need, ...]]:
        """The needs of each node that has any."""
        found: dict[int, list[Need]] = {}
        for need in self.needs:
            found.setdefault(need.depender, []).append(need)
        return {node: tuple(needs) for node, needs in sorted(found.items())}

    def working_nodes(self, broken: Iterable[int]) -> frozenset[int]:
        """Return the largest set of nodes that can work together while these are broken."""
        down = set(broken)
        while True:
            more = {
                node
                for node, needs in self.needs_of.items()
                if node not in down and sum(need.gamma for need in needs if need.dependee not in down) < 1
            }
            if not more:
                return frozenset(range(len(self.nodes))) - down
            down |= more


@dataclass(frozen=True)
class Element:
    """Something broken that can be repaired: the place of a node or of a link in the network, units and USD."""

    name: str
    is_node: bool
    place: int
    units: int
    cost: float
    spaces: tuple[int, ...]


@dataclass(frozen=True)
class IndpProblem:
    """A network, the names of what is broken in it, and the resource units there are in each step."""

    network: IndpNetwork
    broken: tuple[str, ...]
    units_per_step: int

    def __post_init__(self) -> None:
        """Refuse unknown or repeated names, and steps in which something could never be repaired."""
        known = set(self.network.names)
        for name in self.broken:
            if name not in known:
                raise InvalidInput(
                    f"There is no node or link {name!r} to break. {Nearest(known).advice(name)}"
                )
        if len(set(self.broken)) < len(self.broken):
            raise InvalidInput("An element is broken twice; name each once.")
        largest = max((element.units for element in self.elements), default=1)
        if self.units_per_step < largest:
            raise InvalidInput(
                f"units_per_step must be at least {largest}, the largest repair's; got {self.units_per_step}."
            )

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """What is broken, nodes first, in the order of the network."""
        broken = set(self.broken)
        nodes = [
            Element(node.name, True, place, node.repair_units, node.repair_cost, ())
            for place, node in enumerate(self.network.nodes)
            if node.name in broken
        ]
        links = [
            Element(link.name, False, place, link.repair_units, link.repair_cost, link.spaces)
            for place, link in enumerate(self.network.links)
            if link.name in broken
        ]
        return (*nodes, *links)

    @cached_property
    def element_index(self) -> dict[str, int]:
        """The place of each element by its name."""
        return {element.name: place for place, element in enumerate(self.elements)}

    @property
    def horizon(self) -> int:
        """The steps that count: as many as all repairs take, and one more."""
        return -(-sum(element.units for element in self.elements) // self.units_per_step) + 1


@dataclass(frozen=True)
class IndpPlan:
    """What is repaired in each step, from step 1 on, by name; what is named nowhere stays broken."""

    steps: tuple[tuple[str, ...], ...]

    def check(self, problem: IndpProblem) -> None:
        """Raise InvalidInput when it repairs what is not broken, or twice, or too much or too late."""
        named = [name for step in self.steps for name in step]
        for name in named:
            if name not in problem.element_index:
                raise InvalidInput(f"The plan repairs {name!r}, which is not broken.")
        if len(set(named)) < len(named):
            raise InvalidInput("The plan repairs an element twice.")
        if len(self.steps) > problem.horizon:
            raise InvalidInput(f"The plan has {len(self.steps)} steps; the horizon is {problem.horizon}.")
        for number, step in enumerate(self.steps, start=1):
            units = sum(problem.elements[problem.element_index[name]].units for name in step)
            if units > problem.units_per_step:
                raise InvalidInput(f"Step {number} takes {units} units; there are {problem.units_per_step}.")
