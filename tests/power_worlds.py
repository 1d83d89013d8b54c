"""Power networks for tests: from rows written by hand, from a published case, or drawn at random."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lifeline.service.rule import Mask, SectorNetwork
from lifeline.system import Settings, System

MEGAWATT = 1_000_000


def grid(
    nodes: Mapping[str, Mapping[str, Any]],
    links: Sequence[Mapping[str, Any]],
    people: Mapping[str, int] | None = None,
) -> SectorNetwork:
    """Build a power network; a link is `{"id", "ends": "A-B", "x", ...}`, `people` are served by their node."""
    tables: dict[str, Any] = {
        "nodes": [
            {"id": name, "sector": "power", "longitude": 0.01 * place, "latitude": 0.0, **columns}
            for place, (name, columns) in enumerate(nodes.items())
        ],
        "links": [_link(link) for link in links],
        "customers": [
            {"id": f"people of {node}", "persons": persons} for node, persons in (people or {}).items()
        ],
        "supplies": [
            {"customer": f"people of {node}", "service": "power", "node": node} for node in people or {}
        ],
    }
    return SectorNetwork.of(System.from_tables(tables, Settings(name="grid")), "power")


def _link(link: Mapping[str, Any]) -> dict[str, Any]:
    tail, head = link["ends"].split("-")
    rest = {name: value for name, value in link.items() if name not in ("ends", "x")}
    reactance = {"reactance_pu": link["x"]} if "x" in link else {}
    return {
        "id": f"{tail}-{head}",
        "sector": "power",
        "from_node": tail,
        "to_node": head,
        **rest,
        **reactance,
    }


def random_grid(seed: int) -> tuple[SectorNetwork, Mask, Mask]:
    """Draw a small grid with switches, a phase shifter, narrow nodes, and what is able and intact of it."""
    random = np.random.default_rng(seed)
    count = int(random.integers(2, 12))
    names = [f"n{node:02d}" for node in range(count)]
    nodes: dict[str, dict[str, Any]] = {}
    for name in names:
        source = bool(random.random() < 0.3)
        limited = random.random() < (0.8 if source else 0.15)
        nodes[name] = {
            "source": source,
            "demand": int(random.integers(0, 60_000_000)) if random.random() < 0.8 else 0,
            "capacity": int(random.integers(10_000_000, 90_000_000)) if limited else None,
        }
    links = [
        {"id": f"l{row:02d}", "ends": "-".join(random.choice(names, 2, replace=False)), **_drawn(random)}
        for row in range(int(random.integers(count - 1, 2 * count)))
    ]
    if random.random() < 0.3 and "x" in links[0]:
        links[0]["phase_shift_degrees"] = float(random.uniform(-2, 2))
    people = {name: int(random.integers(0, 5)) * 10 for name in names if random.random() < 0.8}
    able, intact = random.random(count) < 0.95, random.random(len(links)) < 0.95
    return grid(nodes, links, people), able, intact


def _drawn(random: np.random.Generator) -> dict[str, Any]:
    """Draw a switch or a line; what one phase shifter drives through these stays below every capacity."""
    capacity = int(random.integers(10_000_000, 50_000_000)) if random.random() < 0.7 else None
    if random.random() < 0.2:
        return {"kind": "switch", "capacity": capacity}
    return {"x": float(random.uniform(0.5, 2.0)), "capacity": capacity}
