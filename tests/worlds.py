"""Small worlds for tests, written as one writes them on a whiteboard: `town(power="P1*-P2-P3")`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lifeline.system import Settings, System
from lifeline.tables import SECTORS

DEGREES_PER_KM = 0.009


def town(
    *,
    power: str = "",
    water: str = "",
    gas: str = "",
    telecom: str = "",
    road: str = "",
    dependencies: Sequence[tuple[Any, ...]] = (),
    people: Mapping[str, int] | None = None,
    alternatives: Mapping[str, tuple[int, Sequence[str]]] | None = None,
    black_start: Sequence[str] = (),
    kinds: Mapping[str, str] | None = None,
    crews: Mapping[str, str | Mapping[str, Any]] | None = None,
    shifts: Mapping[str, Sequence[tuple[int, ...]]] | None = None,
    damage: Mapping[str, int | Mapping[str, Any] | None] | None = None,
    places: Mapping[str, tuple[float, float]] | None = None,
    settings: Settings | None = None,
) -> System:
    """Build a system from chains of nodes.

    `power="P1*-P2-P3 P2>P4 P9"`: `*` marks a source (once is enough), `-` is an undirected link ("P1-P2"),
    `>` a directed one ("P2>P4"), a word alone a node without links. Nodes lie on the equator 1 km apart in
    the order in which they are first named (power, water, gas, telecom, road), unless `places` has their
    longitude and latitude.
    `dependencies`: (dependent, provider[, group[, buffer_minutes]]).
    `people`: node -> persons; each becomes the customer "people of NODE" in district "d1".
    `alternatives`: customer -> (persons, nodes), any one of the nodes being enough.
    `kinds`: node -> component type, blank for the others.
    `crews`: crew -> "skill;skill", or its columns; without a place it starts at longitude 0, latitude 0.
    `shifts`: crew -> [(start_minute, end_minute[, every_minutes])].
    `damage`: component -> repair_minutes (None: blank), or its columns.
    """
    chains = {"power": power, "water": water, "gas": gas, "road": road, "telecom": telecom}
    nodes: dict[str, dict[str, Any]] = {}
    links: list[dict[str, Any]] = []
    for sector in ("power", "water", "gas", "telecom", "road"):
        for word in chains[sector].split():
            _add_chain(word, sector, nodes, links)
    for place, (name, node) in enumerate(nodes.items()):
        node["longitude"], node["latitude"] = (places or {}).get(name, (DEGREES_PER_KM * place, 0.0))
        node["black_start"] = name in black_start
        node["kind"] = (kinds or {}).get(name, "")
    customers, supplies = _customers(nodes, people or {}, alternatives or {})
    tables: dict[str, list[dict[str, Any]]] = {
        "nodes": list(nodes.values()),
        "links": links,
        "dependencies": [
            dict(zip(("dependent", "provider", "group", "buffer_minutes"), row, strict=False))
            for row in dependencies
        ],
        "customers": customers,
        "supplies": supplies,
        "crews": [_crew(crew, given) for crew, given in (crews or {}).items()],
        "shifts": [
            {"crew": crew, **dict(zip(("start_minute", "end_minute", "every_minutes"), window, strict=False))}
            for crew, windows in (shifts or {}).items()
            for window in windows
        ],
        "damage": [
            {"component": component, **(given if isinstance(given, Mapping) else {"repair_minutes": given})}
            for component, given in (damage or {}).items()
        ],
    }
    return System.from_tables(tables, settings or Settings(name="town"))


def four_sectors(
    damage: Mapping[str, int | Mapping[str, Any] | None], black_start: Sequence[str] = ()
) -> System:
    """Build a town in which power, water, gas and telecom each need the others, some with a buffer.

    A gas turbine P1 and a hydro plant P4 feed the substations P2 and, behind it, P3. P3 drives the pump W1 (diesel for
    two hours) and feeds the exchange T1 (battery for eight). The turbine burns the gas behind the compressor G1, which
    P2 drives; both are cooled with the water behind W1 (and last four hours, and one, without). The mast T2 runs off P2
    or a gas engine; the hydro plant is steered over T2, the regulator G3 over T1 (an hour by itself), the booster W3
    driven by gas.
    """
    return town(
        power="P1*-P2-P3 P4*-P2",
        water="W1*-W2-W3",
        gas="G1*-G2 G1-G3",
        telecom="T1*-T2",
        dependencies=[
            ("W1", "P3", "drive", 120),
            ("W3", "G2", "engine"),
            ("P1", "G2", "fuel"),
            ("P1", "W2", "water cooling", 240),
            ("P4", "T2", "control"),
            ("G1", "P2", "drive"),
            ("G1", "W2", "water cooling", 60),
            ("G3", "T1", "control", 60),
            ("T1", "P3", "mains", 480),
            ("T2", "P2", "mains", 180),
            ("T2", "G2", "mains", 180),
        ],
        people={"P2": 100, "P3": 200, "W2": 50, "W3": 25, "G2": 30, "G3": 20, "T2": 40},
        black_start=black_start,
        kinds={
            "P1": "gas turbine",
            "P2": "substation",
            "P3": "substation",
            "P4": "hydro plant",
            "W1": "pump",
            "G1": "compressor",
            "G3": "regulator",
            "T1": "exchange",
            "T2": "mast",
        },
        places={
            "P1": (0.0, 0.03),
            "P2": (0.02, 0.02),
            "P3": (0.04, 0.02),
            "P4": (0.03, 0.04),
            "W1": (0.05, 0.01),
            "W2": (0.03, 0.0),
            "W3": (0.01, -0.01),
            "G1": (0.015, 0.01),
            "G2": (-0.01, 0.02),
            "G3": (-0.01, 0.0),
            "T1": (0.05, 0.03),
            "T2": (0.035, 0.03),
        },
        damage=damage,
        settings=Settings(name="Four sectors"),
    )


def small_town() -> System:
    """Return a town with something in every table but `repair_times`, and text that is awkward to write down."""
    return town(
        power="P1*-P2>P3",
        water="W1*",
        road="R1-R2",
        dependencies=[("W1", "P3", "feed", 30)],
        people={"P3": 10},
        alternatives={"hospital": (5, ["P1", "P2"])},
        crews={"red": "power;road"},
        shifts={"red": [(0, 480), (600, 900)]},
        damage={"P2": None, "R1-R2": 45},
        settings=Settings(name="small", description='a "quoted"\nline\x7f', horizon_minutes=2880),
    )


def assert_same_system(one: System, other: System) -> None:
    """Hold two systems equal: settings, and every table with its dtypes."""
    assert one.settings == other.settings
    for name, frame in one.tables.items():
        pd.testing.assert_frame_equal(frame, other.tables[name], check_exact=True, obj=name)


def _add_chain(word: str, sector: str, nodes: dict[str, dict[str, Any]], links: list[dict[str, Any]]) -> None:
    assert sector in SECTORS
    names_and_signs = re.split(r"([->])", word)
    names = [name.removesuffix("*") for name in names_and_signs[::2]]
    for name, marked in zip(names, names_and_signs[::2], strict=True):
        node = nodes.setdefault(name, {"id": name, "sector": sector, "source": False})
        node["source"] |= marked.endswith("*")
    for start, sign, end in zip(names, names_and_signs[1::2], names[1:], strict=False):
        link = {"id": f"{start}{sign}{end}", "sector": sector, "from_node": start, "to_node": end}
        links.append({**link, "directed": sign == ">"})


def _customers(
    nodes: Mapping[str, dict[str, Any]],
    people: Mapping[str, int],
    alternatives: Mapping[str, tuple[int, Sequence[str]]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    served: dict[str, tuple[int, Sequence[str]]] = {
        f"people of {node}": (persons, [node]) for node, persons in people.items()
    }
    served.update(alternatives)
    customers, supplies = [], []
    for customer, (persons, sites) in served.items():
        first = nodes[sites[0]]
        place = {"longitude": first["longitude"], "latitude": first["latitude"]}
        customers.append({"id": customer, "name": customer, "persons": persons, "district": "d1", **place})
        either = "either" if len(sites) > 1 else ""
        supplies += [
            {"customer": customer, "service": nodes[site]["sector"], "node": site, "alternative": either}
            for site in sites
        ]
    return customers, supplies


def _crew(crew: str, given: str | Mapping[str, Any]) -> dict[str, Any]:
    columns = {"skills": given} if isinstance(given, str) else given
    return {"id": crew, "longitude": 0.0, "latitude": 0.0, **columns}
