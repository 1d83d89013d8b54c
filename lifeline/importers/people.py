"""Customers out of demands, for files that know what is drawn but not who draws it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from lifeline.errors import InvalidInput
from lifeline.importers.importer import Report
from lifeline.tables import FLOW_UNITS, MOST_PERSONS

Rows = list[dict[str, Any]]

DEMAND_OF_ONE_PERSON = {
    "power": (180.0, "180 W a person (about 1.6 MWh a year in households of the EU, Eurostat nrg_cb_e 2022)"),
    "water": (6.0, "6 litres an hour a person (144 a day in households in Europe, EEA 2018)"),
    "gas": (
        16.0,
        "16 grams an hour a person (about 2 MWh a year in households of the EU, Eurostat nrg_bal_c 2022)",
    ),
    "telecom": (1.0, "one unit a person"),
}
"What one person draws on average, in the sector's unit of flow, and where the figure is from."


def customers_of(
    nodes: Iterable[Mapping[str, Any]],
    report: Report,
    *,
    per_person: float | None = None,
    because: str = "as asked",
    kind: str = "zone",
) -> dict[str, Rows]:
    """Return the tables customers and supplies: for each node with a demand, as many people as draw so much.

    `because` tells the report where a `per_person` is from.
    """
    if per_person is not None and not (math.isfinite(per_person) and per_person > 0):
        raise InvalidInput(f"--per-person must be a number above 0, got {per_person:g}.")
    customers: Rows = []
    supplies: Rows = []
    sectors: dict[str, list[str]] = {}
    for node in nodes:
        demand = int(node.get("demand", 0))
        if demand <= 0:
            continue
        sector = str(node["sector"])
        amount = per_person if per_person is not None else DEMAND_OF_ONE_PERSON[sector][0]
        persons = min(MOST_PERSONS, max(1, round(demand / amount)))
        customer = f"people of {node['id']}"
        customers.append(
            {
                "id": customer,
                "kind": kind,
                "persons": persons,
                "district": node.get("district", ""),
                "longitude": node["longitude"],
                "latitude": node["latitude"],
            }
        )
        supplies.append({"customer": customer, "service": sector, "node": node["id"]})
        sectors.setdefault(sector, []).append(customer)
    for sector, named in sectors.items():
        unit = FLOW_UNITS[sector]
        said = f"{per_person:g} {unit} a person, {because}" if per_person else DEMAND_OF_ONE_PERSON[sector][1]
        report.guessed(
            "customers", named, f"people out of the demand for {sector}: {said}; at least one a node."
        )
    return {"customers": customers, "supplies": supplies}
