"""The tables of a pandapower file that are read, with the columns' meanings and bounds, and the rules between rows.

The columns are those of pandapower 2 and 3 (https://pandapower.readthedocs.io, "Datastructure and Elements").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lifeline.checks import rows_differ
from lifeline.errors import InvalidInput, Problem
from lifeline.importers.plain_json import INDEX, PlainNet, read_plain
from lifeline.nearest import Nearest
from lifeline.sheets import Tidy
from lifeline.tables import MOST_FLOW, Column, Table
from lifeline.values import Raw

WATTS_PER_MEGAWATT = 1_000_000
MOST_MEGAWATTS = MOST_FLOW / WATTS_PER_MEGAWATT
_MOST_KILOVOLTS = 10_000
_MOST_OHM = 1e6
MOST_GUESSES = 100
"Comparing names is slow: of more rows that point nowhere none gets a 'did you mean'."


def _number(
    name: str,
    unit: str,
    least: float | None,
    most: float | None,
    default: float | None = None,
    *,
    required: bool = False,
) -> Column:
    return Column(name, "number", name, unit, required, default, least, most)


def _megawatts(name: str, default: float | None = 0.0) -> Column:
    return _number(name, "MW", -MOST_MEGAWATTS, MOST_MEGAWATTS, default)


def _most_megawatts(name: str) -> Column:
    return _number(name, "MW", -MOST_MEGAWATTS, 1e15)


def _kilovolts(name: str) -> Column:
    return _number(name, "kV", 1e-6, _MOST_KILOVOLTS, required=True)


def _rating(name: str) -> Column:
    return _number(name, "MVA", 1e-9, 1e9, required=True)


def _percent(name: str, least: float = -1000, default: float | None = 0.0) -> Column:
    return _number(name, "%", least, 1e6, default)


def _factor(name: str) -> Column:
    return _number(name, "", 0, 1e6, 1.0)


def _degrees(name: str) -> Column:
    return _number(name, "degrees", -360, 360, 0.0)


def _flag(name: str, default: bool = False) -> Column:
    return Column(name, "boolean", name, required=False, default=default)


def _text(name: str) -> Column:
    return Column(name, "text", name, required=False, default="")


def _whole(name: str, default: int) -> Column:
    return Column(name, "integer", name, "", False, default, 1, 10_000)


def _bus(name: str = "bus") -> Column:
    return Column(name, "integer", "Number of a bus.", refers_to=("bus",), minimum=0)


_MOST_LOADED = _number("max_loading_percent", "%", 0, 1e6, 100.0)
_PARALLEL = _whole("parallel", 1)


def _tap(which: str = "") -> tuple[Column, ...]:
    return (
        _text(f"tap{which}_side"),
        _number(f"tap{which}_neutral", "", -10_000, 10_000),
        _number(f"tap{which}_pos", "", -10_000, 10_000),
        _percent(f"tap{which}_step_percent", default=None),
        _number(f"tap{which}_step_degree", "degrees", -360, 360),
        _text(f"tap{which}_changer_type"),
        _flag(f"tap{which}_phase_shifter"),
    )


def _table(name: str, *columns: Column) -> Table:
    number = Column(INDEX, "integer", "Number of the row.", minimum=0)
    return Table(name, name, (number, _text("name"), *columns, _flag("in_service", True)), (INDEX,))


_PHASES = tuple(_megawatts(f"p_{phase}_mw") for phase in "abc")
_IRON = (_number("pfe_kw", "kW", 0, 1e9, 0.0), _percent("i0_percent"))

_TABLES = (
    _table("bus", _kilovolts("vn_kv"), _text("zone"), _text("geo")),
    _table("bus_geodata", _number("x", "", -1e9, 1e9), _number("y", "", -1e9, 1e9)),
    _table(
        "line",
        _bus("from_bus"),
        _bus("to_bus"),
        _number("length_km", "km", 0, 100_000, required=True),
        _number("x_ohm_per_km", "ohm/km", -_MOST_OHM, _MOST_OHM, required=True),
        _number("max_i_ka", "kA", 0, 1e12),
        _factor("df"),
        _PARALLEL,
        _MOST_LOADED,
    ),
    _table(
        "trafo",
        _bus("hv_bus"),
        _bus("lv_bus"),
        _rating("sn_mva"),
        _kilovolts("vn_hv_kv"),
        _kilovolts("vn_lv_kv"),
        _percent("vk_percent"),
        _percent("vkr_percent"),
        *_IRON,
        _number("leakage_resistance_ratio_hv", "", 0, 1, 0.5),
        _number("leakage_reactance_ratio_hv", "", 0, 1, 0.5),
        _degrees("shift_degree"),
        *_tap(),
        *_tap("2"),
        _flag("tap_dependency_table"),
        _factor("df"),
        _PARALLEL,
        _MOST_LOADED,
    ),
    _table(
        "trafo3w",
        *(
            column
            for side in ("hv", "mv", "lv")
            for column in (_bus(f"{side}_bus"), _rating(f"sn_{side}_mva"))
        ),
        *(_kilovolts(f"vn_{side}_kv") for side in ("hv", "mv", "lv")),
        *(
            column
            for side in ("hv", "mv", "lv")
            for column in (_percent(f"vk_{side}_percent"), _percent(f"vkr_{side}_percent"))
        ),
        *_IRON,
        _text("loss_side"),
        _degrees("shift_mv_degree"),
        _degrees("shift_lv_degree"),
        *_tap(),
        _flag("tap_at_star_point"),
        _flag("tap_dependency_table"),
        _MOST_LOADED,
    ),
    _table(
        "impedance",
        _bus("from_bus"),
        _bus("to_bus"),
        _number("xft_pu", "", -_MOST_OHM, _MOST_OHM, required=True),
        _rating("sn_mva"),
    ),
    _table(
        "switch",
        _bus(),
        Column("element", "integer", "Number of a bus, line or transformer.", minimum=0),
        Column("et", "text", "What the element is.", choices=("b", "l", "t", "t3")),
        _flag("closed", True),
        _number("z_ohm", "ohm", 0, _MOST_OHM, 0.0),
    ),
    _table("ext_grid", _bus(), _most_megawatts("max_p_mw")),
    _table(
        "gen", _bus(), _megawatts("p_mw"), _factor("scaling"), _most_megawatts("max_p_mw"), _flag("slack")
    ),
    _table(
        "sgen", _bus(), _megawatts("p_mw"), _factor("scaling"), _most_megawatts("max_p_mw"), _text("type")
    ),
    _table("asymmetric_sgen", _bus(), *_PHASES, _factor("scaling"), _text("type")),
    _table("load", _bus(), _megawatts("p_mw"), _factor("scaling")),
    _table("asymmetric_load", _bus(), *_PHASES, _factor("scaling")),
    _table(
        "motor",
        _bus(),
        _megawatts("pn_mech_mw"),
        _number("efficiency_percent", "%", 1e-3, 1e3, 100.0),
        _number("loading_percent", "%", 0, 1e6, 100.0),
        _factor("scaling"),
    ),
    _table(
        "shunt",
        _bus(),
        _megawatts("p_mw"),
        _number("vn_kv", "kV", 1e-6, _MOST_KILOVOLTS),
        _number("step", "", 0, 1e6, 1.0),
    ),
    _table("ward", _bus(), _megawatts("ps_mw"), _megawatts("pz_mw")),
    _table("xward", _bus(), _megawatts("ps_mw"), _megawatts("pz_mw")),
    _table("storage", _bus(), _megawatts("p_mw"), _factor("scaling")),
    _table(
        "dcline",
        _bus("from_bus"),
        _bus("to_bus"),
        _megawatts("p_mw"),
        _percent("loss_percent"),
        _megawatts("loss_mw"),
    ),
)
TABLES = {table.name: table for table in _TABLES}

# What a switch can be at: the table of the element, and the columns with the element's buses.
_SWITCHED: dict[str, tuple[str, tuple[str, ...]]] = {
    "b": ("bus", ()),
    "l": ("line", ("from_bus", "to_bus")),
    "t": ("trafo", ("hv_bus", "lv_bus")),
    "t3": ("trafo3w", ("hv_bus", "mv_bus", "lv_bus")),
}


@dataclass(frozen=True, eq=False)
class PandapowerNet:
    """The tables of a file after checking; every reference points at a row."""

    plain: PlainNet
    tables: Mapping[str, Tidy]

    def __getitem__(self, name: str) -> Tidy:
        """Return one of the tables."""
        return self.tables[name]

    def numbers(self, name: str) -> Raw:
        """Return the numbers of the rows of a table, in order."""
        return self.tables[name].values(INDEX)

    def place(self, name: str, numbers: Raw) -> Raw:
        """Return where in the table the rows with these numbers are."""
        return np.searchsorted(self.numbers(name), numbers)


def read_net(path: Path) -> PandapowerNet:
    """Read and check a file; one InvalidInput lists everything that is wrong in it."""
    plain = read_plain(path, "pandapowerNet", "pandapower")
    tables = {name: plain.read(table) for name, table in TABLES.items()}
    net = PandapowerNet(plain, tables)
    problems = [problem for table in tables.values() for problem in table.problems]
    problems += [problem for table in tables.values() for problem in rows_differ(table)]
    if not problems and not len(net["bus"].rows):
        problems.append(Problem("bus", None, None, None, "has no rows; a network needs at least one bus."))
    if not problems:
        problems = [*_references_that_miss(net), *_switches_that_miss(net), *_impossible_transformers(net)]
    if problems:
        raise InvalidInput.of(problems, plain.where)
    return net


def _references_that_miss(net: PandapowerNet) -> Iterator[Problem]:
    """Every number of a bus is that of a row of `bus`."""
    for name, table in TABLES.items():
        for column in table.columns:
            if column.refers_to:
                yield from _missing(net, name, column.name, "bus", np.arange(len(net[name].rows)))


def _switches_that_miss(net: PandapowerNet) -> Iterator[Problem]:
    """What a switch switches is there, and is connected to the bus at which the switch sits."""
    switch = net["switch"]
    kinds = switch.values("et")
    for kind, (target, ends) in _SWITCHED.items():
        rows = np.flatnonzero(kinds == kind)
        missing = list(_missing(net, "switch", "element", target, rows))
        yield from missing
        if missing or not ends:
            continue
        buses, elements = switch.values("bus")[rows], switch.values("element")[rows]
        place = net.place(target, elements)
        beside = np.any([net[target].values(end)[place] == buses for end in ends], axis=0)
        for row in np.flatnonzero(~beside).tolist():
            message = f"is not a bus at an end of {target} {elements[row]}, which the switch is at."
            yield Problem("switch", int(switch.rows[rows[row]]), "bus", str(buses[row]), message)


def _missing(net: PandapowerNet, name: str, column: str, target: str, rows: Raw) -> Iterator[Problem]:
    table = net[name]
    values = table.values(column)[rows]
    unknown = np.flatnonzero(~np.isin(values, net.numbers(target)))
    few = 0 < len(unknown) <= MOST_GUESSES
    nearest = Nearest(map(str, net.numbers(target).tolist()), cutoff=0.0) if few else None
    for place in unknown.tolist():
        value = str(values[place])
        guess = nearest.to(value) if nearest else None
        hint = f" Did you mean {guess}?" if guess else ""
        yield Problem(name, int(table.rows[rows[place]]), column, value, f"is no row of {target}.{hint}")


def _impossible_transformers(net: PandapowerNet) -> Iterator[Problem]:
    """The resistance of a transformer is a part of its impedance."""
    for name, suffixes in (("trafo", ("",)), ("trafo3w", ("_hv", "_mv", "_lv"))):
        table = net[name]
        for suffix in suffixes:
            whole, part = (table.values(f"{what}{suffix}_percent") for what in ("vk", "vkr"))
            for row in np.flatnonzero(np.abs(part) > np.abs(whole)).tolist():
                message = f"is more than vk{suffix}_percent, of which it is a part."
                yield Problem(name, int(table.rows[row]), f"vkr{suffix}_percent", f"{part[row]:g}", message)


def rows_with(net: PandapowerNet, name: str, *buses: str) -> tuple[Raw, Raw]:
    """Return which rows of a table are in service at both ends, and which are not."""
    table = net[name]
    good = table.values("in_service").copy()
    alive = net["bus"].values("in_service")
    for column in buses:
        good &= alive[net.place("bus", table.values(column))]
    return np.flatnonzero(good), np.flatnonzero(~good)
