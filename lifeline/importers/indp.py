"""Imports an interdependent network design problem (INDP), such as the extended Shelby County network.

`docs/importing.md` says what becomes of each column. The problem is that of González, Dueñas-Osorio,
Sánchez-Silva and Medaglia (2016), Comput.-Aided Civ. Infrastruct. Eng. 31:334-350.
"""

from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import Any, Literal, get_args

from lifeline.distance import METRES_PER_KM, great_circle_metres
from lifeline.errors import InvalidInput
from lifeline.importers.importer import Imported, Report
from lifeline.importers.indp_damage import read_scenario
from lifeline.importers.indp_files import REVERSED_LAYERS, IndpFiles, node_id, read_indp_files
from lifeline.system import Settings, System

Dependencies = Literal["physical", "all"]
Rows = list[dict[str, Any]]

CREWS_PER_SECTOR = 2

# A length below this part of the straight line is more than rounding can explain.
_TOO_SHORT = 0.9

_FLOW_ONLY = "columns of the flow problem that lifeline has no use for"

PARTS_OF_A_UNIT = 1000
"Amounts become whole numbers: thousandths of the files' unit."

# West, east, south and north of Shelby County, Tennessee, with a margin: nothing else gets its citation.
_SHELBY_COUNTY = (-90.4, -89.5, 34.9, 35.5)
_SHELBY_SOURCES = (
    "Extended Shelby County network: H. Talebiyan, repository htalebiyan/Dec2py (MIT, (c) 2018 htalebiyan). "
    "Cite Gonzalez, Duenas-Osorio, Sanchez-Silva, Medaglia (2016), The Interdependent Network Design Problem "
    "for Optimal Infrastructure System Restoration, Comput.-Aided Civ. Infrastruct. Eng. 31:334-350; "
    "Talebiyan & Duenas-Osorio (2020) for the extended network."
)
_WU_SOURCES = " Damage scenarios WU-*: J. Wu (2017), PhD thesis, Stanford (no licence of their own)."


def read_indp(
    folder: str | Path,
    *,
    damage: str | Path | None = None,
    scenario: str | None = None,
    dependencies: Dependencies = "physical",
) -> Imported:
    """Make a System of the INDP files in a folder, and say what was changed on the way.

    `damage` is a file of scenarios, `scenario` the name of one of them, needed when the file holds several.
    `dependencies="all"` takes the cyber dependencies too. InvalidInput lists every bad row of the files.
    """
    if dependencies not in get_args(Dependencies):
        raise InvalidInput(f"dependencies must be 'physical' or 'all', not {dependencies!r}.")
    if scenario is not None and damage is None:
        raise InvalidInput(f"Scenario {scenario!r} is of no file; give the damage file that holds it, too.")
    files = read_indp_files(Path(folder))
    report = Report()
    tables = {
        "nodes": _nodes(files, dependencies, report),
        "links": _links(files, report),
        "dependencies": _dependencies(files, dependencies, report),
        **_customers_and_supplies(files, report),
        "crews": _crews(files, report),
    }
    broken = ""
    if damage is not None:
        broken, components = read_scenario(files, Path(damage), scenario, report)
        tables["damage"] = [{"component": component} for component in components]
    _tell_of_files_not_read(files, report)
    return Imported(System.from_tables(tables, _settings(files, broken, report)), tuple(report.notes))


def _nodes(files: IndpFiles, dependencies: Dependencies, report: Report) -> Rows:
    steered = _steered_power_nodes(files) if dependencies == "all" else set()
    columns = (files.nodes.column(name) for name in ("layer", "type", "lon", "lat", "balance"))
    rows = [
        {
            "id": node,
            "sector": layer,
            "kind": kind,
            "longitude": longitude,
            "latitude": latitude,
            "source": source,
            "black_start": node in steered,
            **_amounts(balance, is_source=source),
        }
        for node, source, (layer, kind, longitude, latitude, balance) in zip(
            files.node_ids, files.is_source, zip(*columns, strict=True), strict=True
        )
    ]
    backwards = sum(row["sector"] in REVERSED_LAYERS for row in rows)
    said = "layer and node became one id such as 'power:12', layer the sector, type the kind."
    report.converted("nodes", len(rows), said)
    report.converted("nodes", sum(files.is_source), "sources are the nodes where a sector's supply starts.")
    said = (
        "telecom runs backwards in the files: its 'demand', the hub, is the source, its 'supply' is served."
    )
    report.converted("nodes", backwards, said)
    said = "power nodes that need telecom may black start: a crew can switch them by hand."
    report.guessed("nodes", len(steered), said)
    said = "balances became capacities of sources and demands, in thousandths of the files' unit."
    report.converted("nodes", len(rows), said)
    said = "a node works for those who depend on it however little it gets itself (threshold_permille 0)."
    report.converted("nodes", len(rows), said)
    if files.nodes.unused:
        report.dropped("nodes", len(rows), f"{_FLOW_ONLY}: {', '.join(files.nodes.unused)}.")
    return rows


def _amounts(balance: float, *, is_source: bool) -> dict[str, int]:
    """Return the flow columns of a node; its authors' dependees work whatever they are served themselves."""
    amount = round(PARTS_OF_A_UNIT * abs(balance))
    return {"capacity" if is_source else "demand": amount, "threshold_permille": 0}


def _steered_power_nodes(files: IndpFiles) -> set[str]:
    """Return the power nodes that need telecom: unless worked by hand, they and the masts wait for ever."""
    columns = (files.interdependencies.column(name) for name in ("depender_layer", "depender", "type"))
    rows = zip(*columns, strict=True)
    return {node_id(layer, node) for layer, node, kind in rows if layer == "power" and kind == "cyber"}


def _links(files: IndpFiles, report: Report) -> Rows:
    columns = (files.arcs.column(name) for name in ("layer", "u", "v", "length_km", "type", "capacity"))
    rows = [
        {
            "id": link,
            "sector": layer,
            "from_node": node_id(layer, u),
            "to_node": node_id(layer, v),
            "kind": kind,
            "length_km": length_km,
            "capacity": None if isnan(capacity) else round(PARTS_OF_A_UNIT * capacity),
        }
        for link, (layer, u, v, length_km, kind, capacity) in zip(
            files.link_ids, zip(*columns, strict=True), strict=True
        )
    ]
    said = "layer, ends and number became one id such as 'power:5-64#40', type the kind; all carry both ways."
    report.converted("links", len(rows), said)
    parallel = sorted(link for links in files.links_between.values() if len(links) > 1 for link in links)
    said = f"parallel links, all kept (the authors' loader keeps the last): {', '.join(parallel)}."
    report.converted("links", len(parallel), said)
    short = list(_shorter_than_straight(files, rows))
    said = f"shorter than the straight line between their ends, kept as they are: {', '.join(short)}."
    report.doubtful("links", len(short), said)
    if files.arcs.unused:
        report.dropped("links", len(rows), f"{_FLOW_ONLY}: {', '.join(files.arcs.unused)}.")
    return rows


def _shorter_than_straight(files: IndpFiles, links: Rows) -> Iterator[str]:
    numbers = {node: place for place, node in enumerate(files.node_ids)}
    place = files.nodes.read.frame[["lon", "lat"]].to_numpy(dtype=float)
    starts = place[[numbers[link["from_node"]] for link in links]]
    ends = place[[numbers[link["to_node"]] for link in links]]
    straight_km = great_circle_metres(starts[:, 0], starts[:, 1], ends[:, 0], ends[:, 1]) / METRES_PER_KM
    for link, straight in zip(links, straight_km.tolist(), strict=True):
        if link["length_km"] < _TOO_SHORT * straight:
            yield f"{link['id']} ({link['length_km']:g} km, straight {straight:.1f} km)"


def _dependencies(files: IndpFiles, dependencies: Dependencies, report: Report) -> Rows:
    names = ("depender_layer", "depender", "dependee_layer", "dependee", "type")
    columns = (files.interdependencies.column(name) for name in names)
    kept: dict[tuple[str, str, str], dict[str, Any]] = {}
    left_out = repeated = 0
    for depender_layer, depender, dependee_layer, dependee, kind in zip(*columns, strict=True):
        if kind == "cyber" and dependencies == "physical":
            left_out += 1
            continue
        row = {
            "dependent": node_id(depender_layer, depender),
            "provider": node_id(dependee_layer, dependee),
            "group": f"{kind} {dependee_layer}",
            "kind": kind,
        }
        repeated += kept.setdefault((row["dependent"], row["provider"], kind), row) is not row
    groups = {(row["dependent"], row["group"]) for row in kept.values()}
    said = (
        "any one dependee is enough, so the rows of one node, type and layer became a group of alternatives: "
    )
    report.converted("dependencies", len(kept), f"{said}{len(groups)} groups.")
    report.dropped("dependencies", repeated, "rows that repeat an earlier one.")
    said = "cyber dependencies, left out as the authors do; ask for all dependencies to have them."
    report.dropped("dependencies", left_out, said)
    report.guessed("dependencies", len(kept), "buffer_minutes are 0: the files know no batteries or tanks.")
    return list(kept.values())


def _customers_and_supplies(files: IndpFiles, report: Report) -> dict[str, Rows]:
    columns = (files.nodes.column(name) for name in ("layer", "node", "type", "population", "lon", "lat"))
    rows = list(zip(*columns, strict=True))
    served = [row for row, customer in zip(rows, files.is_customer, strict=True) if customer]
    persons, longitudes, latitudes = ([row[place] for row in served] for place in (3, 4, 5))
    customers = [
        {
            "id": f"people of {node_id(layer, node)}",
            "name": f"{layer} {node}, {kind}",
            "persons": people,
            "district": quarter,
            "longitude": longitude,
            "latitude": latitude,
        }
        for (layer, node, kind, people, longitude, latitude), quarter in zip(
            served, _quarters(longitudes, latitudes, persons), strict=True
        )
    ]
    supplies = [
        {"customer": customer["id"], "service": layer, "node": node_id(layer, node)}
        for customer, (layer, node, *_) in zip(customers, served, strict=True)
    ]
    again = [row[3] for row, source in zip(rows, files.is_source, strict=True) if source and row[3] >= 0]
    said = f"a zone for each node that people use: {sum(persons):,} persons, each once for every service."
    report.converted("customers", len(customers), said)
    said = f"population of sources: their {sum(again):,} persons are the customers', told a second time."
    report.dropped("customers", len(again), said)
    said = "district is a quarter of the place, which the files do not divide: cut where people are halved."
    report.guessed("customers", len(customers), said)
    return {"customers": customers, "supplies": supplies}


def _quarters(longitudes: list[float], latitudes: list[float], persons: list[int]) -> list[str]:
    """Name the quarter of each place, such as 'south-west': half of the people live west, half south."""
    west = _where_people_are_halved(longitudes, persons)
    south = _where_people_are_halved(latitudes, persons)
    return [
        f"{'south' if latitude <= south else 'north'}-{'west' if longitude <= west else 'east'}"
        for longitude, latitude in zip(longitudes, latitudes, strict=True)
    ]


def _where_people_are_halved(coordinates: list[float], persons: list[int]) -> float:
    """Return the smallest coordinate up to which half of the people live; 0 where there is nobody."""
    passed, total = 0, sum(persons)
    for coordinate, people in sorted(zip(coordinates, persons, strict=True)):
        passed += people
        if 2 * passed >= total:
            return coordinate
    return 0.0


def _crews(files: IndpFiles, report: Report) -> Rows:
    columns = (files.nodes.column(name) for name in ("layer", "balance", "lon", "lat"))
    largest: dict[str, tuple[float, float, float]] = {}
    for source, (layer, balance, *place) in zip(files.is_source, zip(*columns, strict=True), strict=True):
        # Rows come by number, so that of equally large ones the smaller number stays.
        if source and abs(balance) > largest.get(layer, (0.0,))[0]:
            largest[layer] = (abs(balance), *place)
    rows = [
        {"id": f"{layer} crew {number}", "skills": layer, "longitude": longitude, "latitude": latitude}
        for layer, (_, longitude, latitude) in sorted(largest.items())
        for number in range(1, CREWS_PER_SECTOR + 1)
    ]
    said = f"{CREWS_PER_SECTOR} crews for each sector, at its largest source, on duty round the clock."
    report.guessed("crews", len(rows), said)
    return rows


def _tell_of_files_not_read(files: IndpFiles, report: Report) -> None:
    for name in ("spaces.csv", "arc_spaces.csv"):
        path = files.folder / name
        rows = len(path.read_bytes().splitlines()) - 1 if path.is_file() else 0
        report.dropped(name, max(0, rows), "shared site preparation, which lifeline does not know.")


def _settings(files: IndpFiles, scenario: str, report: Report) -> Settings:
    layers = ", ".join(sorted(set(files.nodes.column("layer"))))
    size = f"{len(files.node_ids)} nodes and {len(files.link_ids)} links of {layers}"
    damage = f"damage scenario {scenario}" if scenario else "no damage"
    description = f"Imported from INDP files: {size}; {damage}."
    report.guessed("settings", 1, "start is midnight of 1 January 2026: the files have no date.")
    if not _is_in_shelby_county(files):
        return Settings(name=files.folder.resolve().name, description=description)
    return Settings(
        name=f"Shelby County {scenario}".strip(),
        description=description,
        start="2026-01-01T00:00:00-06:00",
        timezone="America/Chicago",
        sources=_SHELBY_SOURCES + (_WU_SOURCES if scenario.startswith("WU-") else ""),
    )


def _is_in_shelby_county(files: IndpFiles) -> bool:
    west, east, south, north = _SHELBY_COUNTY
    places = zip(files.nodes.column("lon"), files.nodes.column("lat"), strict=True)
    return all(west <= longitude <= east and south <= latitude <= north for longitude, latitude in places)
