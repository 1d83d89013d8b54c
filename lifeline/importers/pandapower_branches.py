"""Lines, transformers, impedances and switches of a pandapower file as links, with their reactances.

The formulas are those by which pandapower's `rundcpp` turns its tables into branches per unit (documentation,
"Electric Model" of each element): reactance times tap ratio on 100 MVA, and the shift of the angle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifeline.importers.pandapower_files import PandapowerNet
from lifeline.sheets import Tidy

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

BASE_MVA = 100.0
"Per unit is on this power, here as in the column reactance_pu of links."

SIDES = ("hv", "mv", "lv")

# pandapower's default ratio of resistance to reactance of a switch that has an impedance (rundcpp, switch_rx_ratio).
_SWITCH_R_TO_X = 2.0


@dataclass(frozen=True, eq=False)
class Branches:
    """Links of one table: which rows they are of, places of both ends among the nodes, and what they can carry.

    `capacity_mva` is infinite where no limit is told. A shift is that of the angle from tail to head.
    """

    rows: Whole
    tail: Whole
    head: Whole
    length_km: Floats
    reactance_pu: Floats
    shift_degrees: Floats
    capacity_mva: Floats


def lines(net: PandapowerNet, rows: Whole) -> Branches:
    """Return the lines; base impedance is that of the voltage at the from end."""
    column = _reader(net["line"], rows)
    tail, head = (net.place("bus", column(end)) for end in ("from_bus", "to_bus"))
    kilovolts = net["bus"].values("vn_kv")[tail]
    base_ohm = kilovolts**2 / BASE_MVA
    current = column("max_i_ka") * column("df") * column("parallel") * column("max_loading_percent") / 100
    return Branches(
        rows,
        tail,
        head,
        column("length_km"),
        column("x_ohm_per_km") * column("length_km") / column("parallel") / base_ohm,
        np.zeros(len(rows)),
        _or_unlimited(np.sqrt(3) * current * kilovolts),
    )


def impedances(net: PandapowerNet, rows: Whole) -> Branches:
    """Return the impedances; their sn_mva is what per unit is on, not a limit."""
    column = _reader(net["impedance"], rows)
    tail, head = (net.place("bus", column(end)) for end in ("from_bus", "to_bus"))
    nothing = np.zeros(len(rows))
    reactance = column("xft_pu") / column("sn_mva") * BASE_MVA
    return Branches(rows, tail, head, nothing, reactance, nothing, np.full(len(rows), np.inf))


def bus_switches(net: PandapowerNet, rows: Whole) -> Branches:
    """Return closed switches between buses; one without impedance has the reactance 0."""
    column = _reader(net["switch"], rows)
    tail, head = (net.place("bus", column(end)) for end in ("bus", "element"))
    base_ohm = net["bus"].values("vn_kv")[tail] ** 2 / BASE_MVA
    reactance = column("z_ohm") / base_ohm / np.sqrt(1 + _SWITCH_R_TO_X**2)
    nothing = np.zeros(len(rows))
    return Branches(rows, tail, head, nothing, reactance, nothing, np.full(len(rows), np.inf))


def transformers(net: PandapowerNet, rows: Whole) -> Branches:
    """Return the transformers with two windings, from the high to the low voltage."""
    column = _reader(net["trafo"], rows)
    tail, head = (net.place("bus", column(end)) for end in ("hv_bus", "lv_bus"))
    hv, lv, shift = column("vn_hv_kv"), column("vn_lv_kv"), column("shift_degree")
    for which in ("", "2"):
        told = f"tap{which}_changer_type" in net.plain.tables["trafo"].columns if len(rows) else False
        hv, lv, shift = _Tap.of(column, which, told).applied(hv, lv, shift)
    reactance = _reactance(
        column,
        (column("vk_percent"), column("vkr_percent"), column("sn_mva")),
        (hv, lv),
        (net["bus"].values("vn_kv")[tail], net["bus"].values("vn_kv")[head]),
        column("parallel"),
    )
    capacity = column("sn_mva") * column("parallel") * column("df") * column("max_loading_percent") / 100
    return Branches(rows, tail, head, np.zeros(len(rows)), reactance, shift, _or_unlimited(capacity))


def three_windings(net: PandapowerNet, rows: Whole, star: Whole) -> dict[str, Branches]:
    """Return the legs of transformers with three windings: from the high voltage to the star, from it to the others.

    `star` are the places of the nodes in the middle, which have the voltage of the bus at the high side.
    """
    column = _reader(net["trafo3w"], rows)
    at_hv = net["bus"].values("vn_kv")[net.place("bus", column("hv_bus"))]
    rated = np.stack([column(f"sn_{side}_mva") for side in SIDES])
    vk, vkr = _star_voltages(column, rated)
    legs = {}
    for number, side in enumerate(SIDES):
        bus = net.place("bus", column(f"{side}_bus"))
        at_bus = net["bus"].values("vn_kv")[bus]
        hv, lv = column("vn_hv_kv"), column(f"vn_{side}_kv")
        shift = np.zeros(len(rows)) if side == "hv" else column(f"shift_{side}_degree")
        told = "tap_changer_type" in net.plain.tables["trafo3w"].columns if len(rows) else False
        hv, lv, shift = (
            _Tap.of(column, "", told).at_leg(side, column("tap_at_star_point")).applied(hv, lv, shift)
        )
        lossy = np.where(column("loss_side") == "", "hv", column("loss_side")) == side
        reactance = _reactance(
            column,
            (vk[number], vkr[number], rated[number]),
            (hv, lv),
            (at_hv, at_hv if side == "hv" else at_bus),
            np.ones(len(rows)),
            iron=lossy,
        )
        tail, head = (bus, star) if side == "hv" else (star, bus)
        capacity = rated[number] * column("max_loading_percent") / 100
        legs[side] = Branches(
            rows, tail, head, np.zeros(len(rows)), reactance, shift, _or_unlimited(capacity)
        )
    return legs


def _reader(table: Tidy, rows: Whole) -> Any:
    return lambda name: table.values(name)[rows]


def _or_unlimited(capacity: Floats) -> Floats:
    return np.where(np.isnan(capacity), np.inf, capacity)


def _reactance(
    column: Any,
    short_circuit: tuple[Floats, Floats, Floats],
    rated_kv: tuple[Floats, Floats],
    bus_kv: tuple[Floats, Floats],
    parallel: Floats,
    iron: NDArray[np.bool_] | None = None,
) -> Floats:
    """Return the reactance of transformers on 100 MVA at the low side, times their ratio.

    The iron losses sit in the middle of the winding (pandapower's default model `t`); turned into the equivalent
    delta they change the reactance between the ends by a few parts in a thousand.
    """
    vk, vkr, rated_mva = short_circuit
    hv, lv = rated_kv
    base = (lv / bus_kv[1]) ** 2 * BASE_MVA
    z, r = vk / 100 / rated_mva * base, vkr / 100 / rated_mva * base
    winding = (r + 1j * np.sign(z) * np.sqrt(np.maximum(z**2 - r**2, 0))) / parallel
    iron_mw = column("pfe_kw") / 1000
    magnetising = np.sqrt(np.maximum((column("i0_percent") / 100 * rated_mva) ** 2 - iron_mw**2, 0))
    shunt = (iron_mw - 1j * magnetising) / lv**2 * bus_kv[1] ** 2 / BASE_MVA * parallel
    if iron is None:
        r_part, x_part = column("leakage_resistance_ratio_hv"), column("leakage_reactance_ratio_hv")
    else:
        shunt, r_part, x_part = np.where(iron, shunt, 0), 0.5, 0.5
    near = winding.real * r_part + 1j * winding.imag * x_part
    ratio = (hv / lv) / (bus_kv[0] / bus_kv[1])
    reactance: Floats = (winding + near * (winding - near) * shunt).imag * ratio
    return reactance


def _star_voltages(column: Any, rated: Floats) -> tuple[Floats, Floats]:
    """Return the short-circuit voltages of the legs out of those between each two of the three windings."""
    smaller = np.stack(
        [np.minimum(rated[0], rated[1]), np.minimum(rated[1], rated[2]), np.minimum(rated[0], rated[2])]
    )
    vk, vkr = (
        np.stack([column(f"{what}_{side}_percent") for side in SIDES]) * rated[0] / smaller
        for what in ("vk", "vkr")
    )
    real = _star_of_delta(vkr, rated)
    imaginary = _star_of_delta(np.sqrt(np.maximum(vk**2 - vkr**2, 0)), rated)
    return np.sign(imaginary) * np.hypot(imaginary, real), real


def _star_of_delta(delta: Floats, rated: Floats) -> Floats:
    first, second, third = delta
    star = np.stack([first + third - second, second + first - third, third + second - first])
    legs: Floats = 0.5 * rated / rated[0] * star
    return legs


@dataclass(frozen=True, eq=False)
class _Tap:
    """A tap changer of each transformer: its side, how many steps it is off, what a step does, and how.

    `ideal` ones turn the angle only, `plain` ones add a voltage at an angle; all others do nothing.
    """

    side: NDArray[np.object_]
    steps: Floats
    percent: Floats
    degrees: Floats
    ideal: NDArray[np.bool_]
    plain: NDArray[np.bool_]

    @classmethod
    def of(cls, column: Any, which: str, kinds_told: bool) -> _Tap:
        steps = column(f"tap{which}_pos") - column(f"tap{which}_neutral")
        percent, degrees = column(f"tap{which}_step_percent"), column(f"tap{which}_step_degree")
        if kinds_told:
            kind = column(f"tap{which}_changer_type")
            ideal, plain = kind == "Ideal", np.isin(kind, ("Ratio", "Symmetrical"))
        else:
            # Files of pandapower 2 only say which changers shift phases.
            ideal = column(f"tap{which}_phase_shifter")
            plain = ~ideal & np.isfinite(percent)
        side = column(f"tap{which}_side")
        return cls(side, np.nan_to_num(steps), np.nan_to_num(percent), np.nan_to_num(degrees), ideal, plain)

    def at_leg(self, side: str, at_star: NDArray[np.bool_]) -> _Tap:
        """Return the changer as the leg of one side sees it: at its terminal, or turned round at its star end."""
        mine = self.side == side
        terminal, star = ("hv", "lv") if side == "hv" else ("lv", "hv")
        step = self.percent * np.exp(1j * np.radians(self.degrees))
        turned = np.where(at_star, 100 * step / (100 + step * self.steps), step)
        where = np.where(at_star, star, terminal)
        return _Tap(
            np.where(mine, where, "").astype(object),
            self.steps,
            np.where(at_star, np.abs(turned), self.percent),
            np.where(at_star, np.degrees(np.angle(turned)) - 180, self.degrees),
            self.ideal,
            self.plain,
        )

    def applied(self, hv: Floats, lv: Floats, shift: Floats) -> tuple[Floats, Floats, Floats]:
        """Return rated voltages and shift with the changer at its position."""
        sides: Sequence[tuple[str, Floats, int]] = (("hv", hv, 1), ("lv", lv, -1))
        after = []
        for side, volts, direction in sides:
            here = self.plain & (self.side == side)
            added = np.where(here, volts * self.steps * self.percent / 100, 0)
            across, along = added * np.sin(np.radians(self.degrees)), added * np.cos(np.radians(self.degrees))
            after.append(np.hypot(volts + along, across))
            shift = shift + np.degrees(np.arctan(direction * across / (volts + along)))
            by_percent = 2 * np.degrees(np.arcsin(np.clip(self.steps * self.percent / 200, -1, 1)))
            turn = np.where(self.degrees != 0, self.steps * self.degrees, by_percent)
            shift = shift + np.where(self.ideal & (self.side == side), direction * turn, 0)
        return after[0], after[1], shift
