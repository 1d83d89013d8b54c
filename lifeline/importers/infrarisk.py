"""Imports an InfraRisk testbed: power, water and roads of one city, coupled, with a disruption and its crews.

Balakrishnan and Cassottana (2022), InfraRisk: an open-source simulation platform for resilience analysis in
interconnected power-water-transport networks, Sustainable Cities and Society 83:103963. `docs/importing.md` says what
becomes of each file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.importer import Imported, Note, Report
from lifeline.importers.infrarisk_files import (
    NET,
    NETWORK_OF_LETTER,
    NODES,
    POWER,
    REPAIR_FILE,
    SECTOR_OF_LETTER,
    WATER,
    Disruption,
    InfraRiskFiles,
    layer_and_prefix,
    read_infrarisk_files,
    repair_minutes,
)
from lifeline.importers.infrarisk_power import Appliances
from lifeline.importers.places import origin_of
from lifeline.merging import merge
from lifeline.nearest import Nearest
from lifeline.system import Settings, System

Rows = list[dict[str, Any]]

CREW_BASE = "T_J8"
"Where all crews start in the examples that come with the testbeds."
CREWS_PER_SECTOR = {"shelby": 10}
"How many crews of each sector the documentation of a testbed sends out; one in the others."

WEB_MERCATOR = "EPSG:3857"
WEB_MERCATOR_FROM_METRES = 100_000.0
"Local coordinates of a city stay below this; those of Web Mercator, counted from the Gulf of Guinea, do not."

_SOURCES = (
    "InfraRisk testbed, S. Balakrishnan and B. Cassottana, repository srijithbalakrishnan/dreaminsg-integrated-model "
    "((c) 2021 Singapore-ETH Centre). Cite Balakrishnan and Cassottana (2022), InfraRisk: an open-source simulation "
    "platform for resilience analysis in interconnected power-water-transport networks, Sustainable Cities and "
    "Society 83:103963."
)
_READ = (POWER, WATER, NET, NODES, "dependencies.csv", REPAIR_FILE)


def read_infrarisk(
    folder: str | Path,
    *,
    damage: str | Path | None = None,
    scenario: str | None = None,
    crs: str | None = None,
    origin: str | None = None,
) -> Imported:
    """Make a System of a testbed's folder, and say what was changed on the way.

    `damage` is a disruption file, or `scenario` the name of one in the folder (`test1` for disruption_test1.csv);
    neither is needed where there is only one. `crs` says what the coordinates of all three layers are; `origin`
    (`LON,LAT`) is where the middle of the roads goes if they are local. InvalidInput lists every bad row.
    """
    folder = Path(folder)
    files = read_infrarisk_files(folder, None if damage is None else Path(damage), scenario)
    report = Report()
    frame = _frame(folder, crs, origin, report)
    parts = [
        # Roads first: they say most clearly when the coordinates are not those of the system they are said to be of.
        _layer(report, NET, frame, _roads(folder, frame)),
        _layer(report, POWER, frame, _power(folder, frame)),
        _layer(report, WATER, frame, _water(folder, frame)),
    ]
    joined = merge(parts)
    report.notes += [note for note in joined.report if note.table != "settings"]
    appliances = Appliances.of(folder / POWER, _named(files))
    system = appliances.apart(joined.system, report)
    tables = {
        "dependencies": _dependencies(files, system, report),
        "crews": _crews(folder, system, report),
        "damage": _damage(files, system, report),
    }
    _tell_of_other_files(files, report)
    settings = _settings(folder, files, report)
    return Imported(system.replace(settings=settings, **tables), tuple(report.notes))


# The three layers, in one frame.


def _frame(folder: Path, crs: str | None, origin: str | None, report: Report) -> str:
    """Return the coordinate reference system of all three layers: what is asked for, Web Mercator, or a local one.

    A local one is metres east and north around the middle of the roads, which lies at the origin.
    """
    from lifeline.importers.tntp_files import read_tntp_files

    if crs is not None and origin is not None:
        raise InvalidInput("Give --crs for coordinates of a map or --origin for local ones, not both.")
    if crs is not None:
        report.converted("nodes", 1, f"coordinates in {crs} became degrees (WGS84).")
        return crs
    nodes = read_tntp_files(folder).nodes
    if nodes is None:
        raise InvalidInput(f"{str(folder / NODES)!r} cannot be read: it is what tells where the city lies.")
    middle, most = [], 0.0
    for axis in ("x", "y"):
        values = np.array(nodes.column(axis), dtype=float)
        middle.append(float(values.min() + values.max()) / 2)
        most = max(most, float(np.abs(values).max()))
    if origin is None and most > WEB_MERCATOR_FROM_METRES:
        said = f"coordinates are those of Web Mercator ({WEB_MERCATOR}): too large for local ones; or say with --crs."
        report.guessed("nodes", 1, said)
        return WEB_MERCATOR
    longitude, latitude = origin_of("0,0" if origin is None else origin)
    where = f"{longitude:g},{latitude:g}" + ("" if origin else " (say with --origin LON,LAT where it is)")
    said = f"coordinates of all layers are metres east and north of one point; the middle of the roads is at {where}."
    report.guessed("nodes", 1, said)
    shift = f"+x_0={middle[0]!r} +y_0={middle[1]!r}"
    return f"+proj=aeqd +lat_0={latitude!r} +lon_0={longitude!r} {shift} +datum=WGS84 +units=m"


def _power(folder: Path, frame: str) -> Imported:
    from lifeline.importers.pandapower import read_pandapower

    return read_pandapower(folder / POWER, crs=frame)


def _water(folder: Path, frame: str) -> Imported:
    from lifeline.importers.epanet import read_epanet

    return read_epanet(folder / WATER, crs=frame)


def _roads(folder: Path, frame: str) -> Imported:
    from lifeline.importers.tntp import read_one_way

    imported = read_one_way(folder / NET, crs=frame)
    system = imported.system
    nodes = system.nodes.assign(id=_plain(system.nodes["id"]))
    ends = {column: _plain(system.links[column]) for column in ("id", "from_node", "to_node")}
    notes = tuple(
        replace(note, items=tuple(_plain(note.items)))
        for note in imported.report
        if "road:" not in note.sentence
    )
    return Imported(system.replace(nodes=nodes, links=system.links.assign(**ends)), notes)


def _plain(names: Iterable[str]) -> list[str]:
    """Return the names of roads as the files have them: InfraRisk's own say already that they are roads."""
    return [name.removeprefix("road:") for name in names]


def _layer(report: Report, name: str, frame: str, imported: Imported) -> System:
    """Pass on what the importer of one layer has to say, and return the layer without its guessed crews."""
    for note in imported.report:
        if note.table not in ("crews", "settings") and frame not in note.sentence:
            report.notes.append(
                Note(note.action, note.table, note.count, f"{name}: {note.sentence}", note.items)
            )
    return imported.system.replace(crews=[])


# What joins them.


def _named(files: InfraRiskFiles) -> set[str]:
    """Return the power components that dependencies and disruption name."""
    found = set(files.dependencies.column("power_id")) if files.dependencies else set()
    if files.disruption is not None:
        found.update(files.disruption.components)
    return {name for name in found if name.startswith("P_")}


def _pairs(files: InfraRiskFiles) -> Iterator[tuple[int, str, str, bool]]:
    """Yield the rows of dependencies: place, dependent, provider, and whether lifeline knows such a pair."""
    if files.dependencies is None:
        return
    kinds = files.kinds
    columns = (files.dependencies.column(name) for name in ("water_id", "power_id"))
    for place, (water, power) in enumerate(zip(*columns, strict=True)):
        pair = tuple(
            kinds[NETWORK_OF_LETTER[letter], prefix]
            for letter, prefix in (layer_and_prefix(water), layer_and_prefix(power))
        )
        if pair == ("Reservoir", "Generator"):
            yield place, power, water, True
        else:
            yield place, water, power, pair[0] == "Pump"


def _dependencies(files: InfraRiskFiles, system: System, report: Report) -> Rows:
    """Return a pump's dependence on its motor and a generator's on its reservoir, no buffer."""
    nodes = set(system.nodes["id"])
    rows: Rows = []
    kept, lost, odd = [], [], []
    for _, dependent, provider, known in _pairs(files):
        name = f"{dependent} on {provider}"
        missing = [one for one in (dependent, provider) if one not in nodes]
        if not known:
            odd.append(name)
        elif missing:
            lost.append(f"{name}: no {' and no '.join(missing)}")
        else:
            kept.append(name)
            rows.append({"dependent": dependent, "provider": provider, "kind": "physical"})
    report.converted("dependencies", kept, "a pump needs its motor, a generator its reservoir; no buffer.")
    said = (
        "one of the two is not in the networks, is out of service or closed, so nothing depends on anything."
    )
    report.dropped("dependencies", lost, said)
    report.dropped("dependencies", odd, "neither a pump and its motor nor a generator and its reservoir.")
    return rows


def _damage(files: InfraRiskFiles, system: System, report: Report) -> Rows:
    """Return what is broken at minute 0, with as much of the full repair time as failed."""
    if files.disruption is None:
        return []
    table, components = files.disruption.table, files.disruption.components
    left_out = {item for note in report.notes if note.action == "dropped" for item in note.items}
    _refuse_unknown(files.disruption, {*system.nodes["id"], *system.links["id"]}, left_out, files.folder)
    hours = files.hours
    rows: Rows = []
    whole: list[str] = []
    none: list[str] = []
    idle: list[str] = []
    for component, percent in zip(components, table.column("fail_perc"), strict=True):
        if component in left_out or not percent:
            (idle if percent else none).append(component)
            continue
        letter, prefix = layer_and_prefix(component)
        minutes = repair_minutes(hours[NETWORK_OF_LETTER[letter], prefix], percent)
        rows.append({"component": component, "repair_minutes": minutes})
        if percent < 100:
            whole.append(f"{component} {percent:g} %")
    said = "fail_perc of the full repair time of the prefix became repair_minutes."
    report.converted("damage", [row["component"] for row in rows], said)
    said = "fail in part (a leak, say) in InfraRisk; here they are out until they are mended."
    report.doubtful("damage", whole, said)
    report.dropped("damage", none, "fail_perc is 0.")
    report.dropped("damage", idle, "out of service, closed or standing still, so that nothing is missing.")
    times = sorted(set(table.column("time_stamp")))
    if times:
        report.converted("damage", len(rows), f"second {times[0]:g} of InfraRisk's clock is minute 0.")
    late = [one for one, when in zip(components, table.column("time_stamp"), strict=True) if when > times[0]]
    report.doubtful("damage", late, "fail later than the first; here all fail at minute 0.")
    return rows


def _refuse_unknown(disruption: Disruption, known: Set[str], left_out: Set[str], folder: Path) -> None:
    """Raise InvalidInput that lists the components of the disruption that no layer has, used or left out."""
    nearest = Nearest(known)
    problems: list[Problem] = []
    for place, component in enumerate(disruption.components):
        if component not in known and component not in left_out:
            message = f"is in none of the three networks. {_advice(nearest, component)}"
            problems.append(disruption.table.problem(place, disruption.column, message.strip()))
    if problems:
        raise InvalidInput.of(problems, str(folder))


def _advice(nearest: Nearest, component: str) -> str:
    guess = nearest.to(component)
    return f"Did you mean {guess!r}?" if guess else ""


def _crews(folder: Path, system: System, report: Report) -> Rows:
    """Return as many crews of each sector as the testbed's documentation sends out, all at one road node."""
    roads = system.nodes[system.nodes["sector"] == "road"].set_index("id")
    base = CREW_BASE if CREW_BASE in roads.index else str(roads.index.min())
    count = CREWS_PER_SECTOR.get(folder.resolve().name, 1)
    speed = float(system.links["speed_kmh"].max())
    place = {axis: float(roads[axis].to_dict()[base]) for axis in ("longitude", "latitude")}
    rows: Rows = [
        {"id": f"{sector} crew {number:02}", "skills": sector, "speed_kmh": speed, **place}
        for sector in sorted(SECTOR_OF_LETTER.values())
        for number in range(1, count + 1)
    ]
    said = (
        f"{count} for each of power, water and road, at {base}, as the testbed's documentation sends them out (one in "
        f"testbeds that lifeline does not know), as fast as the fastest road ({speed:.0f} km/h); InfraRisk adds ten "
        "minutes to each trip, lifeline does not."
    )
    report.guessed("crews", [row["id"] for row in rows], said)
    return rows


def _tell_of_other_files(files: InfraRiskFiles, report: Report) -> None:
    read = set(_READ)
    if files.disruption is not None:
        read.add(files.disruption.table.name)
    others = sorted(path.name for path in files.folder.iterdir() if path.is_file() and path.name not in read)
    report.dropped("files", others, "files that lifeline has no use for, or other scenarios.")


def _settings(folder: Path, files: InfraRiskFiles, report: Report) -> Settings:
    report.guessed("settings", 1, "start is midnight of 1 January 2026, UTC: the files have no date.")
    name = f"InfraRisk {folder.resolve().name}"
    scenario = files.disruption.name if files.disruption else ""
    damage = f"disruption {scenario}" if scenario else "no disruption"
    return replace(
        Settings(),
        name=f"{name} {scenario}".strip()[:200],
        description=f"Imported from an InfraRisk testbed: power, water and roads; {damage}."[:500],
        sources=_SOURCES,
    )
