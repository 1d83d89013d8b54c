"""Who serves the customers of a map, and the district they are in, where the layers say it only by nearness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lifeline.errors import InvalidInput
from lifeline.importers.importer import Report
from lifeline.importers.layer_rows import PLACE, LayerRows, texts_of
from lifeline.importers.snapping import nearest_nodes
from lifeline.tables import SECTORS

HALF_EARTH_METRES = 20_100_000.0
"However far: the nearest is the nearest."

SERVED_UNLESS_SAID = tuple(sector for sector in SECTORS if sector != "road")


def supplies_of(nodes: pd.DataFrame, parts: Sequence[LayerRows], report: Report) -> pd.DataFrame:
    """Return the supplies of the customers of all layers: by a column with a node's name, or from the nearest node.

    A layer that says neither is served by every network but the roads.
    """
    rows = [row for part in parts for row in _supplies_of_layer(nodes, part, report)]
    return pd.DataFrame(rows, columns=["customer", "service", "node"])


def _supplies_of_layer(nodes: pd.DataFrame, part: LayerRows, report: Report) -> list[dict[str, Any]]:
    if not part.layer.count:
        return []
    use, customers = part.use, part.frame["id"].tolist()
    rows = []
    for sector, origin in use.served_by.items():
        if origin.column not in part.layer.column_names:
            raise InvalidInput(
                f"Layer {part.layer.name!r} has no column {origin.column!r} (served_by {sector})."
            )
        named = texts_of(part.layer.get(origin.column)).tolist()
        rows += [
            {"customer": customer, "service": sector, "node": origin.prefix + str(node)}
            for customer, node in zip(customers, named, strict=True)
            if node not in (None, "")
        ]
    nearest = use.served_by_nearest
    if not nearest and not use.served_by:
        there = set(nodes["sector"])
        nearest = tuple(sector for sector in SERVED_UNLESS_SAID if sector in there)
    for sector in nearest:
        found = _nearest_of_sector(nodes, part, sector)
        rows += [
            {"customer": customer, "service": sector, "node": node}
            for customer, node in zip(customers, found, strict=True)
        ]
        report.guessed(
            "supplies", [str(customer) for customer in customers], f"{sector} from the nearest {sector} node."
        )
    return rows


def _nearest_of_sector(nodes: pd.DataFrame, part: LayerRows, sector: str) -> list[str]:
    """Return the nearest node of a sector for each customer, of those that are no source if there are such."""
    there = nodes[nodes["sector"] == sector]
    if not len(there):
        raise InvalidInput(
            f"Layer {part.layer.name!r} is to be served with {sector}, but there is no {sector} node."
        )
    if "source" in there:
        handing_over = there[
            [source not in (True, 1, "true", "1", "yes") for source in there["source"].tolist()]
        ]
        there = handing_over if len(handing_over) else there
    there = there.sort_values("id", kind="stable")
    places = part.frame[list(PLACE)].to_numpy(dtype=float)
    nowhere = np.isnan(places).any(axis=1)
    if nowhere.any():
        feature = int(np.argmax(nowhere)) + 1
        raise InvalidInput(
            f"Layer {part.layer.name!r}, feature {feature}: a customer without a place has no nearest {sector} node; "
            "draw it, or name its node in a column (served_by)."
        )
    node_places = there[list(PLACE)].to_numpy(dtype=float)
    number, _ = nearest_nodes(
        places[:, 0], places[:, 1], node_places[:, 0], node_places[:, 1], HALF_EARTH_METRES
    )
    names: list[str] = there["id"].to_numpy(dtype=object)[number].tolist()
    return names


def district_customers(customers: pd.DataFrame, parts: Sequence[LayerRows], report: Report) -> None:
    """Write the district whose middle is nearest to each customer that has none, in place."""
    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    if "district" not in frame:
        raise InvalidInput("A layer of districts needs columns = { district = '...' }, the name of each.")
    frame = frame[frame["district"].notna()].sort_values("district", kind="stable")
    known = (
        customers["district"] if "district" in customers else pd.Series(None, customers.index, dtype=object)
    )
    places = customers[list(PLACE)].to_numpy(dtype=float)
    asking = np.flatnonzero(
        np.array([name in (None, "") or name != name for name in known]) & ~np.isnan(places[:, 0])
    )
    middles = frame[list(PLACE)].to_numpy(dtype=float)
    number, _ = nearest_nodes(
        places[asking, 0], places[asking, 1], middles[:, 0], middles[:, 1], HALF_EARTH_METRES
    )
    values = known.to_numpy(dtype=object, copy=True)
    values[asking] = frame["district"].to_numpy(dtype=object)[number]
    customers["district"] = values
    names = customers["id"].to_numpy(dtype=object)[asking].tolist()
    report.guessed("customers", [str(name) for name in names], "in the district whose middle is nearest.")
