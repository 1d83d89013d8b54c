"""What putting a town together takes: nearest nodes, quarters, streets, people shared out, and crews for the work."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lifeline.distance import EARTH_RADIUS_METRES, metres_of_chord, unit_vectors
from lifeline.shock import Shock
from lifeline.system import System
from scenarios.synthetic.graphs import mesh

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

STREET_KMH, COUNTRY_KMH = 30.0, 70.0
COUNTRY_METRES = 300.0
"A road without a crossing for so long runs through fields."
CREW_KMH = 40.0
DAY_MINUTES = 1440


def nearest_of(nodes: pd.DataFrame, others: pd.DataFrame) -> tuple[Whole, Floats]:
    """Return for each node the row of the nearest other one, the first of equally near ones, and how many metres."""
    tree = cKDTree(unit_vectors(others["longitude"], others["latitude"]))
    chord, place = tree.query(unit_vectors(nodes["longitude"], nodes["latitude"]))
    return np.asarray(place, np.int64), metres_of_chord(chord)


def plane(nodes: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return metres to the east and north of the middle of some nodes, on a plane: good for a county."""
    degree = math.radians(1) * EARTH_RADIUS_METRES
    longitude, latitude = (nodes[name].to_numpy(dtype=float) for name in ("longitude", "latitude"))
    narrowing = math.cos(math.radians(float(latitude.mean())))
    return (longitude - longitude.mean()) * degree * narrowing, (latitude - latitude.mean()) * degree


def quarters(places: pd.DataFrame, middle: tuple[float, float], of: str) -> list[str]:
    """Name the quarter of each place by its direction from the middle, such as 'around the town, north-west'."""
    north = np.where(places["latitude"].to_numpy() >= middle[1], "north", "south")
    east = np.where(places["longitude"].to_numpy() >= middle[0], "east", "west")
    return [f"{of}, {first}-{second}" for first, second in zip(north, east, strict=True)]


def shared_out(persons: int, places: int) -> Whole:
    """Return how many people each place gets: as equal as can be, the first ones getting one more."""
    each, over = divmod(persons, places)
    return each + (np.arange(places) < over).astype(np.int64)


def fitted(nodes: pd.DataFrame, town: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Return nodes made smaller, all alike, until they fit over a town, and by what factor."""
    spans = [
        [float(part[name].max() - part[name].min()) for name in ("longitude", "latitude")]
        for part in (nodes, town)
    ]
    factor = min(there / here for here, there in zip(*spans, strict=True))
    placed = nodes.copy()
    for name in ("longitude", "latitude"):
        middles = [(float(part[name].max()) + float(part[name].min())) / 2 for part in (nodes, town)]
        placed[name] = middles[1] + (nodes[name] - middles[0]) * factor
    return placed, factor


def roads_over(
    places: pd.DataFrame, hubs: pd.DataFrame, every_metres: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return crossings at some places, no two in one square of `every_metres`, and the roads that join them.

    Two crossings are joined unless a third lies in the circle between them (Gabriel's graph). Supply comes in at the
    crossings nearest to the hubs.
    """
    x, y = plane(places)
    square = np.column_stack([np.floor(x / every_metres), np.floor(y / every_metres)])
    first = np.sort(np.unique(square, axis=0, return_index=True)[1])
    crossings = places.iloc[first].sort_values(["longitude", "latitude"], ignore_index=True)
    x, y = plane(crossings)
    edges = mesh(x, y)
    metres = edges.lengths(x, y)
    ids = np.array([f"crossing {number:03d}" for number in range(1, len(crossings) + 1)], dtype=object)
    entrances = nearest_of(hubs, crossings)[0]
    nodes = pd.DataFrame(
        {
            "id": ids,
            "sector": "road",
            "kind": "road node",
            "longitude": crossings["longitude"],
            "latitude": crossings["latitude"],
            "source": np.isin(np.arange(len(crossings)), entrances),
        }
    )
    links = pd.DataFrame(
        {
            "id": [
                f"road {start:03d}-{end:03d}"
                for start, end in zip(edges.start + 1, edges.end + 1, strict=True)
            ],
            "sector": "road",
            "from_node": ids[edges.start],
            "to_node": ids[edges.end],
            "kind": "road",
            "length_km": np.round(metres / 1000, 4),
            "speed_kmh": np.where(metres > COUNTRY_METRES, COUNTRY_KMH, STREET_KMH),
        }
    )
    return nodes, links


def crews_for(
    system: System, repair_days: float, *, power_depots: Sequence[Sequence[float]], yard: tuple[float, float]
) -> pd.DataFrame:
    """Return crews on duty round the clock, as many for each skill as finish its work in about `repair_days`.

    Those for power start at the depots in turn, the others at the yard.
    """
    damage = Shock.from_table(system, system.damage).damage
    rows = []
    for skill, minutes in sorted(damage.groupby("skill")["repair_minutes"].sum().items()):
        depots = power_depots if skill == "power" else [yard]
        for number in range(math.ceil(int(minutes) / (repair_days * DAY_MINUTES))):
            # In turn from each depot, so that the second crew stands elsewhere than the first.
            longitude, latitude = depots[number % len(depots)]
            rows.append(
                {
                    "id": f"{skill} crew {number + 1:02d}",
                    "skills": skill,
                    "longitude": longitude,
                    "latitude": latitude,
                    "speed_kmh": CREW_KMH,
                }
            )
    return pd.DataFrame(rows)
