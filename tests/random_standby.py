"""Random parts that stand by and random relief, on top of the tables of a random city."""

from __future__ import annotations

from collections.abc import Collection
from random import Random

from random_tables import Row, Tables, happens, some


def add_standby(
    rng: Random, tables: Tables, *, standby: int, relief: int, but_not: Collection[str] = ()
) -> list[Row]:
    """Let some links and nodes stand by, tie some networks together, and return tasks for most of it and for relief.

    Each in percent of the worlds; what is named in `but_not` does not stand by. Tasks have neither a skill nor minutes
    yet.
    """
    tasks: list[Row] = []
    if happens(rng, standby):
        _tie(rng, tables)
        parts = [row for name in ("links", "nodes") for row in some(rng, tables[name], most=2)]
        for row in parts:
            if row["sector"] != "road" and row["id"] not in but_not:
                row["standby"] = True
        for row in [row for name in ("links", "nodes") for row in tables[name] if row.get("standby")]:
            if happens(rng, 80):
                tasks.append({"id": f"bring in {row['id']}", "component": row["id"]})
    if happens(rng, relief):
        sites = [row for row in tables["nodes"] if not row.get("standby") and row["sector"] != "road"]
        for row in some(rng, sites, most=2, least=1):
            tasks.append({"id": f"relief {row['id']}", "component": row["id"]})
    return tasks


def _tie(rng: Random, tables: Tables) -> None:
    """Put an open link between two nodes of a sector."""
    sector = rng.choice([str(row["sector"]) for row in tables["nodes"]])
    ids = [str(row["id"]) for row in tables["nodes"] if row["sector"] == sector]
    if sector == "road" or len(ids) < 2:
        return
    first, second = some(rng, ids, most=2, least=2)
    tie: Row = {"id": f"tie {first} {second}", "sector": sector, "from_node": first, "to_node": second}
    tables["links"].append({**tie, "directed": happens(rng, 30), "standby": True})
