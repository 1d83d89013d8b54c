"""What the importers of roads share: which streets are kept, how fast one drives there, and which way."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from lifeline.tables import DEFAULT_ROAD_KMH

Tags = Mapping[str, str]

KMH_PER_MPH = 1.609344
"The international mile of 1959."

MOST_ROADS_AT_A_NODE = 1000
"No crossing on earth has so many: the file is broken, or an attack."

CLASS_KMH = {
    "motorway": 90.0,
    "motorway_link": 45.0,
    "trunk": 85.0,
    "trunk_link": 40.0,
    "primary": 65.0,
    "primary_link": 30.0,
    "secondary": 55.0,
    "secondary_link": 25.0,
    "tertiary": 40.0,
    "tertiary_link": 20.0,
    "unclassified": 25.0,
    "residential": 25.0,
    "living_street": 10.0,
    "road": DEFAULT_ROAD_KMH,
}
"""The `highway` classes of OpenStreetMap that are kept, with the speed where a street has no `maxspeed`.

Speeds: Project OSRM, osrm-backend, profiles/car.lua (API version 4), but `road`, a class not yet known, which has
lifeline's default. Left out: `service` and `track`, and all that cars do not use.
"""

# The most particular key that is there decides, as in OSRM's profile.
_ACCESS = ("motorcar", "motor_vehicle", "vehicle", "access")
_FEWEST_KMH, _MOST_KMH = 1.0, 300.0
_SPEED = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*(km/h|kmh|kph|mph|)")
_WORD = re.compile(r"[a-z_]{1,40}")


def street_class(highway: str) -> str | None:
    """Return the class of a street; of several, as OSMnx writes them for merged ways, the first that is kept."""
    return next((word for word in _WORD.findall(highway) if word in CLASS_KMH), None)


def is_closed_to_cars(tags: Tags) -> bool:
    """Tell whether a street is closed to all cars, or is a square; private ones are open to a repair crew."""
    closed = next((tags[key] for key in _ACCESS if key in tags), "") == "no"
    return closed or tags.get("area") == "yes"


def said_kmh(maxspeed: str) -> float | None:
    """Return a speed limit in km/h, the least of several; None where it is no number (`none`, `RU:urban`)."""
    found = []
    for part in re.split(r"[;,|\[\]']", maxspeed[:200]):
        if match := _SPEED.fullmatch(part.strip()):
            kmh = float(match[1]) * (KMH_PER_MPH if match[2] == "mph" else 1.0)
            if _FEWEST_KMH <= kmh <= _MOST_KMH:
                found.append(kmh)
    return min(found, default=None)


def direction_of(tags: Tags) -> int:
    """Return 1 for a street one way as drawn, -1 for one way against it, 0 for both ways.

    Motorways and roundabouts are one-way unless they say otherwise (OpenStreetMap wiki, Key:oneway).
    """
    oneway = tags.get("oneway", "")
    if oneway in ("yes", "true", "1"):
        return 1
    if oneway in ("-1", "reverse"):
        return -1
    implied = tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"
    return 1 if implied and not oneway else 0


def kind_of(tags: Tags, street: str) -> str:
    """Return the component type of a street: a bridge takes longer to mend than its class would."""
    return "bridge" if tags.get("bridge", "no") not in ("", "no", "False") else street


def metres_as_km(metres: float) -> float:
    """Return kilometres to the millimetre: what lies beyond is the rounding of sums."""
    return math.nan if math.isnan(metres) else round(metres / 1000, 6)
