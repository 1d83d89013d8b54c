"""Random small cities as rows of tables, drawn from any `random.Random`, and what can happen to them.

Every choice is made so that the smallest draw is the plainest city: that is where hypothesis shrinks to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

Row = dict[str, object]
Tables = dict[str, list[Row]]
Thing = TypeVar("Thing")

SERVED = ("power", "water", "gas", "telecom")
SHARES = {1: ([1.0],), 2: ([0.5, 0.5], [0.7, 0.3], [0.9, 0.1]), 3: ([0.2, 0.3, 0.5], [0.25, 0.25, 0.5])}


@dataclass(frozen=True)
class Features:
    """What a random world may hold; a test switches off what its relation cannot bear."""

    most_nodes: int = 25
    buffers: bool = True
    cycles: bool = True  # dependencies both ways between sectors; without them nothing can stay stuck
    black_start: bool = True
    alternatives: bool = True  # OR groups of providers, and supplies where either node suffices
    directed: bool = True
    shares: bool = True  # a customer's service split over several nodes
    weights: bool = True
    one_place: bool = False  # everything at one place, so that nobody travels
    roads: bool = False
    shifts: bool = False
    late_crews: bool = True
    all_skills: bool = False  # every crew can do every job

    @classmethod
    def of(cls, *, monotone: bool = False, **features: int) -> Features:
        """Return the features with those named changed; `monotone` means no buffers."""
        chosen = cls(**features)  # type: ignore[arg-type]
        return replace(chosen, buffers=False) if monotone else chosen


EVERYTHING = Features()

# The city ---------------------------------------------------------------------------------------------------


def happens(rng: Random, percent: int) -> bool:
    """Return True in `percent` of the cases; the smallest draw is False, which is where shrinking goes."""
    return rng.randint(0, 99) >= 100 - percent


def random_minutes(rng: Random) -> int:
    """Return up to five hours, mostly whole quarters, so that things often fall on the same minute."""
    if happens(rng, 75):
        return 15 * rng.randint(1, 20)
    return rng.randint(1, 3) if happens(rng, 40) else rng.randint(1, 300)


def some(rng: Random, things: Sequence[Thing], most: int, least: int = 0) -> list[Thing]:
    """Return between `least` and `most` different things, in the order they were given."""
    wanted = min(len(things), rng.randint(min(least, len(things)), max(least, most)))
    chosen: set[int] = set()
    while len(chosen) < wanted:
        chosen.add(rng.choice([i for i in range(len(things)) if i not in chosen]))
    return [things[i] for i in sorted(chosen)]


def random_tables(rng: Random, features: Features = EVERYTHING) -> Tables:
    """Return the tables of one connected-enough random city with at least one customer, without crews."""
    sectors = some(rng, SERVED, most=4, least=1)
    total = max(rng.randint(2, features.most_nodes), len(sectors))
    nodes: list[Row] = []
    links: list[Row] = []
    for i, sector in enumerate(sectors):
        size = total // len(sectors) + (i < total % len(sectors))
        add_network(rng, features, sector, size, nodes, links)
    tables: Tables = {"nodes": nodes, "links": links}
    tables["dependencies"] = random_dependencies(rng, features, nodes)
    tables["customers"], tables["supplies"] = random_customers(rng, features, nodes)
    if features.roads:
        add_network(rng, replace(features, black_start=False), "road", rng.randint(2, 7), nodes, links)
    return tables


def add_network(
    rng: Random, features: Features, sector: str, size: int, nodes: list[Row], links: list[Row]
) -> None:
    """Add a sector: a tree that hangs on its sources, now and then cut, and some lines more than a tree."""
    ids = [f"{sector[0]}{i}" for i in range(size)]
    sources = 2 if size > 3 and happens(rng, 30) else 1
    for i, node in enumerate(ids):
        here = (0, 0) if features.one_place else (rng.randint(0, 80), rng.randint(0, 40))
        nodes.append(
            {
                "id": node,
                "sector": sector,
                "longitude": here[0] / 1000,
                "latitude": here[1] / 1000,
                "source": i < sources,
                "black_start": features.black_start and happens(rng, 20),
            }
        )
        if i >= sources and not happens(rng, 2):
            near = ids[max(0, i - 2) : i]
            add_link(rng, features, sector, rng.choice(near), node, links)
    for _ in range(rng.randint(0, size // 4)):
        first, second = some(rng, ids, most=2, least=2)
        add_link(rng, features, sector, first, second, links)


def add_link(rng: Random, features: Features, sector: str, tail: str, head: str, links: list[Row]) -> None:
    directed = features.directed and happens(rng, 20)
    if directed and happens(rng, 8):
        tail, head = head, tail
    row: Row = {"id": f"{tail}-{head}", "sector": sector, "from_node": tail, "to_node": head}
    row["directed"] = directed
    if sector == "road":
        row["speed_kmh"] = float(rng.choice([40, 20, 60]))
    if any(link["id"] == row["id"] for link in links):
        row["id"] = f"{tail}-{head} no {len(links)}"
    links.append(row)


def random_dependencies(rng: Random, features: Features, nodes: Sequence[Row]) -> list[Row]:
    """Return dependencies: alone, as alternatives, and (with `cycles`) back again as loops."""
    rank = {str(node["id"]): SERVED.index(str(node["sector"])) for node in nodes}
    ids = list(rank)
    rows: list[Row] = []
    groups: dict[tuple[str, str], int] = {}
    for i in range(rng.randint(0, len(ids) * 3 // 4)):
        dependent = rng.choice(ids)
        providers = [n for n in ids if n != dependent and (features.cycles or rank[n] < rank[dependent])]
        if not providers:
            continue
        for provider in some(
            rng, providers, most=2 if features.alternatives and happens(rng, 50) else 1, least=1
        ):
            add_dependency(rng, features, dependent, provider, f"need {i}", rows, groups)
            if features.cycles and happens(rng, 30):
                add_dependency(rng, features, provider, dependent, f"back {i} {provider}", rows, groups)
                for node in nodes:
                    if node["id"] == provider and features.black_start and happens(rng, 50):
                        node["black_start"] = True
    return rows


def add_dependency(
    rng: Random,
    features: Features,
    dependent: str,
    provider: str,
    group: str,
    rows: list[Row],
    groups: dict[tuple[str, str], int],
) -> None:
    """Add one row; the rows of a group share its buffer, which often falls on the same minute as a repair."""
    if (dependent, group) not in groups:
        buffered = features.buffers and happens(rng, 50)
        groups[dependent, group] = random_minutes(rng) if buffered else 0
    buffer_minutes = groups[dependent, group]
    rows.append(
        {"dependent": dependent, "provider": provider, "group": group, "buffer_minutes": buffer_minutes}
    )


def random_customers(rng: Random, features: Features, nodes: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    customers: list[Row] = []
    supplies: list[Row] = []
    for i in range(rng.randint(1, 6)):
        customer = f"zone {i}"
        # Whole fours, so that a relation may multiply people without meeting a different rounding.
        persons = 4 * rng.randint(1, 25) + (rng.randint(0, 3) if features.shares else 0)
        customers.append({"id": customer, "persons": persons, "district": f"d{rng.randint(0, 2)}"})
        customers[-1]["critical"] = happens(rng, 20)
        for service in some(rng, sorted({str(node["sector"]) for node in nodes}), most=2, least=1):
            weight = rng.choice([1000, 1000, 500, 2000, 0]) if features.weights else 1000
            feeders = [str(node["id"]) for node in nodes if node["sector"] == service]
            for row in random_supply(rng, features, feeders):
                supplies.append({"customer": customer, "service": service, "weight_permille": weight, **row})
    return customers, supplies


def random_supply(rng: Random, features: Features, feeders: Sequence[str]) -> list[Row]:
    """Return one service of a customer: portions of one node, or of two where either suffices."""
    portions = min(len(feeders), rng.choice([1, 1, 2, 3]) if features.shares else 1)
    chosen = some(rng, feeders, most=portions, least=portions)
    rows: list[Row] = []
    for node, share in zip(chosen, rng.choice(SHARES[portions]), strict=True):
        others = [other for other in feeders if other not in chosen]
        if features.alternatives and others and happens(rng, 25):
            name = f"either {node}"
            rows.append({"node": node, "share": share, "alternative": name})
            rows.append({"node": rng.choice(others), "share": share, "alternative": name})
        else:
            rows.append({"node": node, "share": share})
    return rows


# What happens to it -----------------------------------------------------------------------------------------


def random_damage(rng: Random, tables: Tables, most: int = 6, least: int = 1) -> list[Row]:
    """Return damage rows; every other world is hit near a source, where it hurts most."""
    near = [str(row["id"]) for row in tables["nodes"] if row["source"] or happens(rng, 10)]
    parts = [str(row["id"]) for table in ("nodes", "links") for row in tables[table]]
    if happens(rng, 50):
        parts = near + [part for part in parts if part not in near][:most]
    return [
        {"component": part, "repair_minutes": random_minutes(rng)} for part in some(rng, parts, most, least)
    ]


def random_finishes(rng: Random, damaged: Iterable[str]) -> dict[str, int]:
    """Return the minutes at which repairs finish, often at once and often on a quarter; some never do."""
    return {part: random_minutes(rng) for part in damaged if not happens(rng, 12)}


def random_crews(rng: Random, tables: Tables, most: int, features: Features) -> tuple[list[Row], list[Row]]:
    """Return crews, who start at nodes of the city, and the shifts of those that have any."""
    sectors = sorted({str(row["sector"]) for row in tables["nodes"]})
    crews: list[Row] = []
    shifts: list[Row] = []
    for i in range(rng.randint(1, most)):
        home = rng.choice(tables["nodes"])
        skills = sectors if features.all_skills or happens(rng, 60) else some(rng, sectors, most=3, least=1)
        crew: Row = {
            "id": f"crew {i}",
            "skills": ";".join(skills),
            "speed_kmh": float(rng.choice([30, 20, 50])),
        }
        crew |= {"longitude": home["longitude"], "latitude": home["latitude"]}
        crew["available_from_minute"] = (
            30 * rng.randint(0, 6) if features.late_crews and happens(rng, 30) else 0
        )
        crews.append(crew)
        if features.shifts and happens(rng, 70):
            shifts += random_shifts(rng, f"crew {i}")
    return crews, shifts


def random_shifts(rng: Random, crew: str) -> list[Row]:
    every = rng.choice([1440, 720])
    start = 30 * rng.randint(0, 12)
    end = start + 30 * rng.randint(2, 8)
    windows = [(start, end)]
    if happens(rng, 30):
        windows.append((end + 30, end + 90))
    return [{"crew": crew, "start_minute": a, "end_minute": b, "every_minutes": every} for a, b in windows]
