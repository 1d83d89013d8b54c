"""The tables of a pandapipes file that are read, with the columns' meanings and bounds, and the rules between rows.

The columns are those of pandapipes up to 0.16 (https://pandapipes.readthedocs.io, "Components").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lifeline.checks import rows_differ
from lifeline.errors import InvalidInput, Problem
from lifeline.importers.plain_json import INDEX, PlainNet, plain_object, read_plain
from lifeline.nearest import Nearest
from lifeline.sheets import Tidy
from lifeline.tables import Column, Table
from lifeline.values import Raw

MOST_GUESSES = 100
"Comparing names is slow: of more rows that point nowhere none gets a 'did you mean'."

# A million tonnes an hour, which is what lifeline's counts go up to.
_MOST_KG_PER_SECOND = 1_000_000_000 / 3600


def _number(name: str, unit: str, least: float, most: float, default: float | None = None) -> Column:
    return Column(name, "number", name, unit, False, default, least, most)


def _flag(name: str) -> Column:
    return Column(name, "boolean", name, required=False, default=True)


def _text(name: str) -> Column:
    return Column(name, "text", name, required=False, default="")


def _junction(name: str, required: bool = True) -> Column:
    return Column(
        name, "integer", "Number of a junction.", required=required, minimum=0, refers_to=("junction",)
    )


def _flow(name: str) -> Column:
    return _number(name, "kg/s", -_MOST_KG_PER_SECOND, _MOST_KG_PER_SECOND, 0.0)


def _table(name: str, *columns: Column) -> Table:
    number = Column(INDEX, "integer", "Number of the row.", minimum=0)
    return Table(name, name, (number, _text("name"), *columns, _flag("in_service")), (INDEX,))


_ENDS = (_junction("from_junction"), _junction("to_junction"))
_DIAMETER = (_number("diameter_m", "m", 1e-4, 20), _number("inner_diameter_mm", "mm", 0.1, 20_000))
_LOSS = _number("loss_coefficient", "", 0, 100_000, 0.0)
_AMOUNT = (_junction("junction"), _flow("mdot_kg_per_s"), _number("scaling", "", 0, 1e6, 1.0))

_TABLES = (
    _table("junction", _number("height_m", "m", -1000, 10_000)),
    _table("junction_geodata", _number("x", "", -1e9, 1e9), _number("y", "", -1e9, 1e9)),
    _table(
        "pipe",
        *_ENDS,
        Column("length_km", "number", "Length.", "km", minimum=0, maximum=100_000),
        *_DIAMETER,
        _LOSS,
    ),
    # Until 0.13 a valve lay between two junctions; since then it is between a junction and another, or a pipe.
    _table(
        "valve",
        _junction("from_junction", required=False),
        _junction("to_junction", required=False),
        _junction("junction", required=False),
        Column("element", "integer", "Number of a junction or pipe.", required=False, minimum=0),
        Column("et", "text", "What the element is.", required=False, default="ju", choices=("ju", "pi")),
        _flag("opened"),
        *_DIAMETER,
        _LOSS,
    ),
    *(_table(name, *_ENDS) for name in ("pump", "compressor", "heat_exchanger", "heat_consumer")),
    _table("pressure_control", *_ENDS, _flag("control_active")),
    _table("flow_control", *_ENDS, _flow("controlled_mdot_kg_per_s"), _flag("control_active")),
    _table("ext_grid", _junction("junction"), _number("p_bar", "bar", 0, 10_000)),
    *(_table(name, *_AMOUNT) for name in ("source", "sink", "mass_storage")),
)
TABLES = {table.name: table for table in _TABLES}

HEAT_ONLY = ("circ_pump_mass", "circ_pump_pressure", "circ_pump_const_mass_flow", "circ_pump_const_pressure")


@dataclass(frozen=True, eq=False)
class PandapipesNet:
    """The tables of a file after checking, and whether a gas flows in the pipes or a liquid."""

    plain: PlainNet
    is_gas: bool
    fluid: str
    tables: Mapping[str, Tidy]

    def __getitem__(self, name: str) -> Tidy:
        """Return one of the tables."""
        return self.tables[name]

    def place(self, name: str, numbers: Raw) -> Raw:
        """Return where in the table the rows with these numbers are."""
        return np.searchsorted(self.tables[name].values(INDEX), numbers)

    def working(self, name: str, *ends: str) -> Raw:
        """Mark the rows that are in service at junctions in service."""
        table = self.tables[name]
        good: Raw = table.values("in_service").copy()
        alive = self.tables["junction"].values("in_service")
        for end in ends:
            good &= alive[self.place("junction", table.values(end))]
        return good


def read_net(path: Path) -> PandapipesNet:
    """Read and check a file; one InvalidInput lists everything that is wrong in it."""
    plain = read_plain(path, "pandapipesNet", "pandapipes")
    is_gas, fluid = _fluid(plain)
    for name in HEAT_ONLY:
        if name in plain.tables and len(plain.tables[name]):
            raise InvalidInput(
                f"{plain.where!r} is a network of heat, in which {name} drives water round; heat is none of "
                "lifeline's sectors."
            )
    tables = {name: plain.read(table) for name, table in TABLES.items()}
    net = PandapipesNet(plain, is_gas, fluid, tables)
    problems = [problem for table in tables.values() for problem in table.problems]
    problems += [problem for table in tables.values() for problem in rows_differ(table)]
    if not problems and not len(net["junction"].rows):
        problems.append(Problem("junction", None, None, None, "has no rows; a network needs at least one."))
    if not problems:
        problems = list(_references_that_miss(net))
    if problems:
        raise InvalidInput.of(problems, plain.where)
    return net


def _fluid(plain: PlainNet) -> tuple[bool, str]:
    entry = plain.objects.get("fluid")
    said = plain_object(entry, f"{plain.where}, fluid", "pandapipes") if entry is not None else {}
    is_gas = said.get("is_gas", {"gas": True, "liquid": False}.get(str(said.get("fluid_type"))))
    if not isinstance(is_gas, bool):
        raise InvalidInput(
            f"{plain.where!r} does not say whether its fluid is a gas or a liquid; "
            "set it with pandapipes.create_fluid_from_lib(net, 'lgas') and write the file anew."
        )
    return is_gas, str(said.get("name") or said.get("fluid_type") or "unnamed")[:80]


def ends_of(net: PandapipesNet, name: str) -> tuple[str, str]:
    """Return the columns in which a table holds its two junctions."""
    if name == "valve" and "element" in net.plain.tables.get(name, net.plain.tables["junction"]).columns:
        return "junction", "element"
    return "from_junction", "to_junction"


def _references_that_miss(net: PandapipesNet) -> Iterator[Problem]:
    """Every number of a junction is that of a row of `junction`, and what a valve is at is there."""
    for name, table in TABLES.items():
        columns = [column.name for column in table.columns if column.refers_to]
        rows = np.arange(len(net[name].rows))
        if name == "valve":
            first, second = ends_of(net, name)
            at_pipe = (net[name].values("et") == "pi") & (second == "element")
            yield from _missing(net, name, first, "junction", rows)
            yield from _missing(net, name, second, "junction", rows[~at_pipe])
            yield from _missing(net, name, second, "pipe", rows[at_pipe])
            continue
        for column in columns:
            yield from _missing(net, name, column, "junction", rows)


def _missing(net: PandapipesNet, name: str, column: str, target: str, rows: Raw) -> Iterator[Problem]:
    table, known = net[name], net[target].values(INDEX)
    values = table.values(column)[rows]
    unknown = np.flatnonzero(~np.isin(values, known))
    few = 0 < len(unknown) <= MOST_GUESSES
    nearest = Nearest(map(str, known.tolist()), cutoff=0.0) if few else None
    for place in unknown.tolist():
        value = str(values[place])
        guess = nearest.to(value) if nearest else None
        hint = f" Did you mean {guess}?" if guess else ""
        yield Problem(name, int(table.rows[rows[place]]), column, value, f"is no row of {target}.{hint}")
