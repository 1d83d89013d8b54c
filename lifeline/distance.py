"""Distances and middles on the globe, in metres and degrees."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_METRES = 6_371_008.8  # mean radius, Moritz (2000), Geodetic Reference System 1980
METRES_PER_KM = 1000

Floats = NDArray[np.float64]


def unit_vectors(longitude: ArrayLike, latitude: ArrayLike) -> Floats:
    """Return places on the unit sphere, one row (x, y, z) each."""
    lon, lat = np.radians(np.asarray(longitude, float)), np.radians(np.asarray(latitude, float))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def great_circle_metres(
    longitude: ArrayLike, latitude: ArrayLike, other_longitude: ArrayLike, other_latitude: ArrayLike
) -> Floats:
    """Return the straight-line distance over ground in metres; the arguments broadcast."""
    apart = unit_vectors(longitude, latitude) - unit_vectors(other_longitude, other_latitude)
    return metres_of_chord(np.sqrt((apart**2).sum(axis=-1)))


def metres_of_chord(chord: Any) -> Floats:
    """Return the arc in metres that belongs to a chord of the unit sphere."""
    arc: Floats = 2 * EARTH_RADIUS_METRES * np.arcsin(np.minimum(np.asarray(chord) / 2, 1.0))
    return arc


def midpoints(longitude: Floats, latitude: Floats, other_longitude: Floats, other_latitude: Floats) -> Any:
    """Return (longitude, latitude) halfway between places near each other, across the date line too."""
    eastward = other_longitude - longitude
    middle = longitude + (eastward - 360 * np.round(eastward / 360)) / 2
    return middle - 360 * np.round(middle / 360), (latitude + other_latitude) / 2
