"""An earthquake for planning: shaking that fades from the epicentre and is stronger on soft ground."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.distance import METRES_PER_KM, great_circle_metres
from lifeline.errors import InvalidInput
from lifeline.hazards import fragility

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SoftGround:
    """A patch of soft soil that amplifies shaking, most at its centre and by 1/e of that at its radius."""

    longitude: float
    latitude: float
    radius_km: float
    amplification: float

    def __post_init__(self) -> None:
        """Refuse a patch without size, or one that would calm the ground."""
        if not (self.radius_km > 0 and 1 <= self.amplification <= 5):
            raise InvalidInput(
                f"Soft ground of radius {self.radius_km} km and amplification {self.amplification}: "
                "the radius must be positive and the amplification between 1 and 5."
            )

    def factor_at(self, longitude: Floats, latitude: Floats) -> Floats:
        """Return by how much shaking is stronger at each place."""
        away = great_circle_metres(self.longitude, self.latitude, longitude, latitude) / METRES_PER_KM
        return 1 + (self.amplification - 1) * np.exp(-((away / self.radius_km) ** 2))


@dataclass(frozen=True)
class Earthquake:
    """One earthquake, by magnitude and epicentre; damage clusters near it and on soft ground.

    Median shaking only, from a point: a planning-grade simplification that leaves out the extent of the
    rupture and the scatter about the median. For a real event use its ShakeMap.
    """

    longitude: float
    latitude: float
    magnitude: float
    soft_ground: tuple[SoftGround, ...] = ()

    def __post_init__(self) -> None:
        """Refuse magnitudes for which the attenuation relation was not made."""
        if not 5.0 <= self.magnitude <= 7.7:
            raise InvalidInput(
                f"Earthquake: the magnitude must lie between 5.0 and 7.7, got {self.magnitude}."
            )

    def intensity_at(self, longitude: Floats, latitude: Floats) -> Floats:
        """Return the peak horizontal ground acceleration at each place, in g.

        Joyner and Boore (1981), Bulletin of the Seismological Society of America 71(6), 2011-2038, 50th
        percentile.
        """
        away = great_circle_metres(self.longitude, self.latitude, longitude, latitude) / METRES_PER_KM
        slant = np.sqrt(away**2 + 7.3**2)
        peak_g: Floats = 10 ** (-1.02 + 0.249 * self.magnitude - np.log10(slant) - 0.00255 * slant)
        if self.soft_ground:
            peak_g = peak_g * np.max(
                [soil.factor_at(longitude, latitude) for soil in self.soft_ground], axis=0
            )
        return peak_g

    def failure_probability(self, components: pd.DataFrame, intensity: Floats) -> Floats:
        """Return the chance that each component is broken by its peak ground acceleration."""
        return fragility.failure_probability(components, intensity)
