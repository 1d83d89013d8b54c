"""What a water network is made of for the rule `hydraulic`: junctions, sources, pipes, valves and pumps.

Made of the columns of nodes and links (`tables.py`); one InvalidInput tells what is missing or cannot be.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifeline.distance import METRES_PER_KM
from lifeline.errors import InvalidInput, Problem
from lifeline.service.rule import Mask, SectorNetwork

Floats = NDArray[np.float64]
Curve = tuple[tuple[float, float], ...]

LITRES_PER_HOUR = 3_600_000.0
"One m3/s."
METRES_PER_MM = 0.001
LEAST_LENGTH_METRES = 0.01
"A pipe of no length would have no loss, and its flow no equation."

VALVES = ("PRV", "PSV", "FCV", "TCV")
PUMP = "pump"
_NO_SOURCE_BESIDE = ("PRV", "PSV", "FCV")
_NAMED = 5

_ADVICE = "the water rule hydraulic needs it. Fill it in, or set water_rule to connectivity or flow."


class Pump(NamedTuple):
    """A pump between two nodes; it runs while its own node (-1 without one) is able and its links are intact.

    `curve` is flow in m3/s and head in m, by rising flow.
    """

    node: int
    links: tuple[int, ...]
    start: int
    end: int
    curve: Curve


@dataclass(frozen=True, eq=False)
class WaterParts:
    """A water network as arrays over its nodes and links, in SI units (m, m3/s)."""

    network: SectorNetwork
    pump_node: Mask
    pumps: tuple[Pump, ...]
    pipes: NDArray[np.int64]
    valves: NDArray[np.int64]
    valve_kind: tuple[str, ...]
    demand: Floats = field(repr=False)
    elevation: Floats = field(repr=False)
    head: Floats = field(repr=False)
    length: Floats = field(repr=False)
    diameter: Floats = field(repr=False)
    roughness: Floats = field(repr=False)
    minor_loss: Floats = field(repr=False)
    setting: Floats = field(repr=False)


def parts_of(network: SectorNetwork) -> WaterParts:
    """Read the parts out of a sector's columns; InvalidInput names every column in which something is missing."""
    nodes, links = network.nodes, network.links
    node_kind = [str(kind).strip().casefold() for kind in nodes["kind"]]
    link_kind = tuple(str(kind).strip().upper() for kind in links["kind"])
    curves = [str(curve) for curve in links["head_curve"]]
    pump_node = np.array([kind == PUMP for kind in node_kind], np.bool_) & ~network.source
    problems: list[Problem] = []
    pumps = _pumps(network, pump_node, curves, problems)
    pumping = np.zeros(len(links), np.bool_)
    pumping[[link for pump in pumps for link in pump.links]] = True
    pumping |= pump_node[network.tail] | pump_node[network.head]
    valve = np.array([kind in VALVES for kind in link_kind], np.bool_) & ~pumping
    setting = links["valve_setting"].to_numpy(dtype=float)
    is_flow = np.array([kind == "FCV" for kind in link_kind], np.bool_)
    parts = WaterParts(
        network=network,
        pump_node=pump_node,
        pumps=pumps,
        pipes=np.flatnonzero(~pumping & ~valve),
        valves=np.flatnonzero(valve),
        valve_kind=link_kind,
        demand=network.demand / LITRES_PER_HOUR,
        elevation=nodes["elevation_m"].to_numpy(dtype=float),
        head=nodes["head_m"].to_numpy(dtype=float),
        length=np.maximum(network.lengths_km * METRES_PER_KM, LEAST_LENGTH_METRES),
        diameter=links["diameter_mm"].to_numpy(dtype=float) * METRES_PER_MM,
        roughness=links["roughness"].to_numpy(dtype=float),
        minor_loss=np.nan_to_num(links["minor_loss"].to_numpy(dtype=float)),
        setting=np.where(is_flow, setting / LITRES_PER_HOUR, setting),
    )
    problems += [*_missing(parts), *_impossible_valves(parts)]
    if problems:
        raise InvalidInput.of(problems, "the water network, for the rule hydraulic")
    return parts


def _pumps(
    network: SectorNetwork, pump_node: Mask, curves: list[str], problems: list[Problem]
) -> tuple[Pump, ...]:
    """Put each pump together: a node of kind `pump` with its two links, or a link that has a head curve."""
    into: dict[int, list[int]] = {node: [] for node in np.flatnonzero(pump_node).tolist()}
    out: dict[int, list[int]] = {node: [] for node in into}
    pumps = []
    ids = network.links["id"].tolist()
    for link, (tail, head) in enumerate(zip(network.tail.tolist(), network.head.tolist(), strict=True)):
        if head in into:
            into[head].append(link)
        if tail in out:
            out[tail].append(link)
        if tail not in out and head not in into and curves[link]:
            curve = _curve(curves[link], ids[link], problems)
            pumps.append(Pump(-1, (link,), tail, head, curve))
    for node, inlets in into.items():
        name = network.nodes["id"].iloc[node]
        links = (*inlets, *out[node])
        given = [link for link in links if curves[link]]
        whole = len(inlets) == len(out[node]) == 1 and network.directed[list(links)].all()
        if not whole:
            message = f"{name!r} is a pump: it needs one directed link in and one directed link out."
            problems.append(Problem("links", None, "directed", None, message))
        elif pump_node[network.tail[inlets[0]]]:
            message = f"{name!r} is a pump at the outlet of a pump; put a junction between them."
            problems.append(Problem("links", None, "from_node", None, message))
        elif len(given) != 1:
            found = "none" if not given else f"{len(given)}"
            message = f"pump {name!r} needs one, on its link in or out, and has {found}; {_ADVICE}"
            problems.append(Problem("links", None, "head_curve", None, message))
        else:
            curve = _curve(curves[given[0]], ids[given[0]], problems)
            start, end = int(network.tail[inlets[0]]), int(network.head[out[node][0]])
            pumps.append(Pump(node, links, start, end, curve))
    return tuple(pumps)


def _curve(text: str, link: str, problems: list[Problem]) -> Curve:
    """Read `flow:head;flow:head`; two points are a straight line, which WNTR knows by three."""
    try:
        points = [tuple(float(part) for part in point.split(":")) for point in text.split(";")]
        pairs = [(flow / LITRES_PER_HOUR, head) for flow, head in points]
    except ValueError:
        message = f"of {link!r} is no curve; write flow:head;flow:head in litres/hour and m."
        problems.append(Problem("links", None, "head_curve", text, message))
        return ()
    rising = all(first[0] < second[0] for first, second in pairwise(pairs))
    falling = all(first[1] > second[1] for first, second in pairwise(pairs))
    finite = all(math.isfinite(part) for pair in pairs for part in pair)
    positive = pairs[0][0] >= 0 and pairs[0][1] > 0 and pairs[-1][0] > 0
    if not (rising and falling and finite and positive):
        message = f"of {link!r}: flows must rise, heads must fall, from above 0; in litres/hour and m."
        problems.append(Problem("links", None, "head_curve", text, message))
        return ()
    if len(pairs) == 2:
        (flow, head), (most, least) = pairs
        steepness = (head - least) / (most - flow)
        return ((0.0, head + steepness * flow), (most / 2, least + steepness * most / 2), (most, least))
    return tuple(pairs)


def _missing(parts: WaterParts) -> Iterator[Problem]:
    """Every value that the equations need is there."""
    network = parts.network
    nodes, links = network.nodes["id"].to_numpy(), network.links["id"].to_numpy()
    source = network.source
    for table, column, where, names in (
        ("nodes", "head_m", source & np.isnan(parts.head), nodes),
        ("nodes", "elevation_m", ~source & ~parts.pump_node & np.isnan(parts.elevation), nodes),
        ("links", "diameter_mm", _of(parts.pipes, parts.diameter), links),
        ("links", "diameter_mm", _of(parts.valves, parts.diameter), links),
        ("links", "roughness", _of(parts.pipes, parts.roughness), links),
        ("links", "valve_setting", _of(parts.valves, parts.setting), links),
    ):
        if where.any():
            blank = names[where].tolist()
            named = ", ".join(map(repr, blank[:_NAMED])) + (", …" if len(blank) > _NAMED else "")
            message = f"is blank for {len(blank):,} of the {table}: {named}; {_ADVICE}"
            yield Problem(table, None, column, None, message)


def _of(numbers: NDArray[np.int64], values: Floats) -> Mask:
    """Mark those of the numbered rows that have no value."""
    blank = np.zeros(len(values), np.bool_)
    blank[numbers] = np.isnan(values[numbers])
    return blank


def _impossible_valves(parts: WaterParts) -> Iterator[Problem]:
    """No valve is where EPANET and WNTR cannot have it, and none is one-way that lets water through both ways."""
    network = parts.network
    tail, head = network.tail.tolist(), network.head.tolist()
    outlets = {kind: Counter(head[link] for link in _valves_of(parts, kind)) for kind in VALVES}
    inlets = {kind: Counter(tail[link] for link in _valves_of(parts, kind)) for kind in VALVES}
    for link in parts.valves.tolist():
        name, kind = network.links["id"].iloc[link], parts.valve_kind[link]
        start, end = tail[link], head[link]
        if kind in _NO_SOURCE_BESIDE and (network.source[start] or network.source[end]):
            message = f"{name!r} is a {kind} at a source; put a junction and a pipe between them."
            yield Problem("links", None, "kind", kind, message)
        # EPANET's error 220: two valves would set the pressure at one node, or one of them closes the other's way.
        after_prv = inlets["PRV"][end] or inlets["PSV"][end] or inlets["FCV"][end] or outlets["PRV"][end] > 1
        before_psv = outlets["PSV"][start] or outlets["FCV"][start] or inlets["PSV"][start] > 1
        if (kind == "PRV" and after_prv) or (kind == "PSV" and before_psv):
            message = f"{name!r} is a {kind} beside a valve that it would fight; put a pipe between them."
            yield Problem("links", None, "kind", kind, message)
        if kind in ("FCV", "TCV") and network.directed[link]:
            message = (
                f"{name!r} is a {kind}, which does not hold water back; a check valve is a directed pipe."
            )
            yield Problem("links", None, "directed", None, message)


def _valves_of(parts: WaterParts, kind: str) -> list[int]:
    return [link for link in parts.valves.tolist() if parts.valve_kind[link] == kind]
