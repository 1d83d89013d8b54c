"""The links of an EPANET network: pipes, valves, and pumps, which become a node between two links."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lifeline.distance import METRES_PER_KM
from lifeline.importers.epanet_state import LITRES_PER_HOUR, OPEN, StartState, WorkingPoints, tidied
from lifeline.importers.importer import Report

Rows = list[dict[str, Any]]

MM_PER_METRE = 1000
TRUNK_MAIN_MM = 20 * 25.4
"Pipes over 20 inches take longer to mend (docs/repair-times.md)."

VALVES = ("PRV", "PSV", "FCV", "TCV")
"The valves that WNTR's simulator knows and a link can be."
_ONE_WAY = ("PRV", "PSV")

# In m3/s: about what EPANET leaves over when it stops iterating.
_STANDS_STILL = 1e-6


@dataclass(frozen=True, eq=False)
class LinkReader:
    """Turns those links of a file into rows that are open at time 0, and reports what happens to the others.

    `rows()` are rows of links, `pumps()` rows of nodes, which have no place yet. A link is called as in the file
    unless a node has its name.
    """

    state: StartState
    points: WorkingPoints | None
    report: Report

    @cached_property
    def ids(self) -> dict[str, str]:
        """What each link of the file is called, a pump's node by the name of the pump."""
        links = {name: link.link_type.lower() for name, link in self.state.network.links()}
        nodes = set(self.state.network.node_name_list)
        taken = nodes | set(links)
        ids = {}
        for name in sorted(links):
            ids[name] = name
            while ids[name] in (taken if name in nodes else ()):
                ids[name] = f"{links[name]}:{ids[name]}"
            taken.add(ids[name])
        renamed = [ids[name] for name in sorted(ids) if ids[name] != name]
        said = "a node has the same name, so the link got what it is in front: pipe:10, valve:10, pump:10."
        self.report.converted("links", renamed, said)
        return ids

    @cached_property
    def closed(self) -> frozenset[str]:
        """The names of the links that are shut at time 0, and of the pumps that stand still."""
        return frozenset(name for name, link in self.state.network.links() if self._is_closed(name, link))

    def _is_closed(self, name: str, link: Any) -> bool:
        if self.state.is_closed(link):
            return True
        if link.link_type != "Pump":
            return not any(self._directions(link))
        if not self._directions(link)[0]:
            return True
        flow = None if self.points is None else self.points.flow.get(name)
        return link.pump_type == "POWER" and flow is not None and flow < _STANDS_STILL

    @cached_property
    def _full(self) -> frozenset[str]:
        tanks = self.state.network.tanks()
        return frozenset(
            name for name, tank in tanks if tank.init_level >= tank.max_level and not tank.overflow
        )

    @cached_property
    def _empty(self) -> frozenset[str]:
        tanks = self.state.network.tanks()
        return frozenset(name for name, tank in tanks if tank.init_level <= tank.min_level)

    def _directions(self, link: Any) -> tuple[bool, bool]:
        """Tell whether water can go on from the start, and back: a full tank takes none, an empty one gives none."""
        start, end = link.start_node_name, link.end_node_name
        forward = start not in self._empty and end not in self._full
        backward = end not in self._empty and start not in self._full
        return forward, backward and not getattr(link, "check_valve", False)

    def rows(self) -> Rows:
        """Return the rows of the links, in order of the names in the file."""
        report, state = self.report, self.state
        closed = [self.ids[name] for name in sorted(self.closed)]
        report.dropped(
            "links",
            closed,
            "closed at time 0, or pumps that stand still then; open them in EPANET to have them.",
        )
        changed = [self.ids[name] for name in state.set_by_controls]
        report.converted("links", changed, "open, closed or set as a control says that holds at time 0.")
        return [*self._pipes(), *self._valves(), *self._around_pumps()]

    def _open(self, links: Any) -> list[tuple[str, Any]]:
        return sorted((name, link) for name, link in links if name not in self.closed)

    def _row(self, name: str, link: Any, kind: str) -> dict[str, Any]:
        return {
            "id": self.ids[name],
            "sector": "water",
            "from_node": link.start_node_name,
            "to_node": link.end_node_name,
            "kind": kind,
            "directed": False,
            "diameter_mm": tidied(float(link.diameter) * MM_PER_METRE),
            "minor_loss": float(link.minor_loss),
        }

    def _pipes(self) -> Rows:
        rows = []
        formula = self.state.network.options.hydraulic.headloss
        for name, pipe in self._open(self.state.network.pipes()):
            row = self._row(name, pipe, "water main")
            if row["diameter_mm"] > TRUNK_MAIN_MM:
                row["kind"] = "water pipe"
            row["length_km"] = tidied(float(pipe.length) / METRES_PER_KM)
            if formula == "H-W":
                row["roughness"] = float(pipe.roughness)
            forward, backward = self._directions(pipe)
            row["directed"] = not (forward and backward)
            if not forward:
                row["from_node"], row["to_node"] = row["to_node"], row["from_node"]
            rows.append(row)
        said = "directed: pipes with a check valve, or at a tank that is full (takes no water) or empty at time 0."
        self.report.converted("links", [row["id"] for row in rows if row["directed"]], said)
        said = f"kind is 'water pipe' for diameters over {TRUNK_MAIN_MM:g} mm, else 'water main'."
        self.report.guessed("links", [row["id"] for row in rows], said)
        if formula != "H-W":
            said = (
                f"roughness by the formula {formula}; the rule hydraulic needs Hazen-Williams coefficients."
            )
            self.report.dropped("links", [row["id"] for row in rows], said)
        return rows

    def _valves(self) -> Rows:
        rows = []
        valves = self._open(self.state.network.valves())
        for name, valve in valves:
            kind = valve.valve_type
            row = self._row(name, valve, kind) | {"length_km": 0.0, "directed": kind in _ONE_WAY}
            if kind not in VALVES or int(valve.status) == OPEN:
                row |= {"kind": "TCV", "directed": False, "valve_setting": row["minor_loss"]}
            else:
                row["valve_setting"] = tidied(
                    float(valve.setting) * (LITRES_PER_HOUR if kind == "FCV" else 1.0)
                )
            rows.append(row)
        known = [(self.ids[name], valve) for name, valve in valves if valve.valve_type in VALVES]
        said = "valves fixed open are throttle valves (TCV) that throttle no more than their minor loss."
        self.report.converted("links", [one for one, valve in known if int(valve.status) == OPEN], said)
        unknown = [self.ids[name] for name, valve in valves if valve.valve_type not in VALVES]
        said = "valves of the kinds PBV and GPV, which WNTR cannot simulate, are taken as throttle valves fully open."
        self.report.doubtful("links", unknown, said)
        return rows

    def pumps(self) -> Rows:
        """Return a node for each pump that runs, so that it can break and depend on power."""
        rows: Rows = []
        for name, pump in self._open(self.state.network.pumps()):
            row: dict[str, Any] = {
                "id": self.ids[name],
                "sector": "water",
                "kind": "pump",
                "source": False,
                "demand": 0,
            }
            if pump.start_node.node_type != "Reservoir":
                row["elevation_m"] = tidied(float(pump.start_node.elevation))
            rows.append(row)
        said = "each pump became a node of kind 'pump' at its inlet, with a link in and a link out."
        self.report.converted("nodes", [row["id"] for row in rows], said)
        return rows

    def _around_pumps(self) -> Rows:
        rows: Rows = []
        constant = []
        taken = {*self.ids.values(), *self.state.network.node_name_list}
        for name, pump in self._open(self.state.network.pumps()):
            node = self.ids[name]
            way_in, way_out = (_free(f"{node} {side}", taken) for side in ("in", "out"))
            common = {"sector": "water", "kind": "pump connection", "directed": True, "length_km": 0.0}
            curve = self._head_curve(name, pump)
            rows += [
                {"id": way_in, "from_node": pump.start_node_name, "to_node": node, **common},
                {
                    "id": way_out,
                    "from_node": node,
                    "to_node": pump.end_node_name,
                    **common,
                    "head_curve": curve,
                },
            ]
            if pump.pump_type == "POWER":
                constant.append((node, curve))
        said = (
            "pumps of constant power got a head curve through flow and head of time 0, as EPANET finds them."
        )
        self.report.guessed("links", [node for node, curve in constant if curve], said)
        said = "pumps of constant power, without a head curve: EPANET finds no solution at time 0. Give them one."
        self.report.dropped("links", [node for node, curve in constant if not curve], said)
        return rows

    def _head_curve(self, name: str, pump: Any) -> str:
        """Return the pump's curve as `flow:head` in litres an hour and m; at speed s, flow grows by s and head by s^2.

        A pump of constant power has none; where EPANET knows how it works at time 0, that point stands for it.
        """
        if pump.pump_type == "HEAD":
            speed = self.state.speed(pump)
            points = [(flow * speed, head * speed**2) for flow, head in pump.get_pump_curve().points]
        elif self.points is not None and name in self.points.flow:
            gain = self.points.head[pump.end_node_name] - self.points.head[pump.start_node_name]
            points = [(self.points.flow[name], gain)]
        else:
            return ""
        return ";".join(f"{flow * LITRES_PER_HOUR:.10g}:{head:.10g}" for flow, head in points)


def _free(name: str, taken: set[str]) -> str:
    """Return this name, or the next one like it that is free, and take it."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name} {number}", number + 1
    taken.add(free)
    return free
