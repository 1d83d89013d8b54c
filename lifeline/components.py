"""Nodes and links as one list: what they are, where they are and how long they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.distance import METRES_PER_KM, great_circle_metres, midpoints

if TYPE_CHECKING:
    from lifeline.system import System

COLUMNS = ("id", "sector", "kind", "owner", "longitude", "latitude", "length_km", "is_link")


def component_table(system: System, ids: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the `COLUMNS` of the components with these ids (None: all of them), nodes first, each by id.

    A link lies halfway between its ends, and a node has the length 0. Ids the system does not have are left
    out.
    """
    nodes, links = system.nodes, system.links
    if ids is not None:
        nodes, links = nodes[nodes["id"].isin(ids)], links[links["id"].isin(ids)]
    longitude, latitude = midpoints(*_ends(system, links))
    sizes = {"length_km": np.zeros(len(nodes)), "is_link": np.zeros(len(nodes), bool)}
    place_and_size = {
        "longitude": longitude,
        "latitude": latitude,
        "length_km": link_lengths_km(system, links),
        "is_link": np.ones(len(links), bool),
    }
    named = ["id", "sector", "kind", "owner"]
    return pd.concat(
        [nodes[[*named, "longitude", "latitude"]].assign(**sizes), links[named].assign(**place_and_size)],
        ignore_index=True,
    )


def link_lengths_km(system: System, links: pd.DataFrame) -> NDArray[np.float64]:
    """Return the length of each of these links: as given, or else the straight line between its ends."""
    given = links["length_km"].to_numpy(dtype=float)
    straight = great_circle_metres(*_ends(system, links)) / METRES_PER_KM
    return np.where(np.isnan(given), straight, given)


def _ends(system: System, links: pd.DataFrame) -> tuple[NDArray[np.float64], ...]:
    """Return longitude and latitude of the one end, then of the other."""
    numbers = pd.Index(system.nodes["id"])
    place = system.nodes[["longitude", "latitude"]].to_numpy(dtype=float)
    ends = [place[numbers.get_indexer(pd.Index(links[end]))] for end in ("from_node", "to_node")]
    return ends[0][:, 0], ends[0][:, 1], ends[1][:, 0], ends[1][:, 1]
