"""How likely shaking breaks a component, by sector and type.

A planning-grade simplification: two states only, working and waiting for a crew, which is "extensive" damage
or worse in the sense of FEMA's Hazus Earthquake Model; ground failure (liquefaction, landslide, fault
rupture) is left out. Each curve has its source beside it. Bring your own curves for anything that matters.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Joyner and Boore (1981) give 94 cm/s per g on rock for magnitude 6.5 at 10 km.
VELOCITY_CM_PER_S_PER_G = 100.0
# Hazus: of the pipe repairs that shaking causes, one in five is a break, the others leak.
SHARE_OF_BREAKS = 0.2


@dataclass(frozen=True)
class Lognormal:
    """A component that breaks when the peak acceleration exceeds a lognormal strength."""

    median_g: float
    dispersion: float

    def failure_probability(self, peak_g: Floats, length_km: Floats) -> Floats:
        """Return the chance of breaking at this acceleration; its length does not matter."""
        from scipy.special import ndtr

        with np.errstate(divide="ignore"):  # no shaking: log 0, and a chance of 0
            chance: Floats = ndtr(np.log(peak_g / self.median_g) / self.dispersion)
        return chance


@dataclass(frozen=True)
class Pipe:
    """A buried pipe, which breaks the likelier the longer it is; repair rate of O'Rourke and Ayala (1993)."""

    factor: float

    def failure_probability(self, peak_g: Floats, length_km: Floats) -> Floats:
        """Return the chance of at least one break along the pipe."""
        repairs_per_km = 1e-4 * (VELOCITY_CM_PER_S_PER_G * peak_g) ** 2.25
        return -np.expm1(-SHARE_OF_BREAKS * self.factor * repairs_per_km * length_km)


# Power: Hazus 5.1 (2022), anchored equipment, as transcribed in SimCenter's Damage and Loss Model Library.
SUBSTATION_LOW_VOLTAGE = Lognormal(0.45, 0.45)
SUBSTATION_MEDIUM_VOLTAGE = Lognormal(0.35, 0.40)
POWER_PLANT = Lognormal(0.52, 0.55)
DISTRIBUTION_CIRCUIT = Lognormal(0.72, 0.15)
# Water: Hazus, as given with the infrarisk study of Shelby County; compressor stations taken as pumping plants.
PUMPING_PLANT = Lognormal(0.73, 0.50)
ELEVATED_TANK = Lognormal(1.15, 0.60)
# Bridges: Basoz and Mander (1999), multi-span, not designed against earthquakes.
BRIDGE = Lognormal(0.49, 0.60)
# Our judgement: central offices lie between substations and pumps; pavement and cables fail with the ground.
CENTRAL_OFFICE = Lognormal(0.60, 0.60)
HARDLY_SHAKEN = Lognormal(1.60, 0.60)
# Pipes: Hazus takes O'Rourke and Ayala's rate for brittle pipes and 0.3 of it for ductile ones.
BRITTLE_PIPE, DUCTILE_PIPE = Pipe(1.0), Pipe(0.3)

# (sector, is a link, word in the kind): the first line whose word the kind contains; "" is any other kind.
CURVES: tuple[tuple[str, bool, str, Lognormal | Pipe], ...] = (
    ("power", False, "gate", SUBSTATION_MEDIUM_VOLTAGE),
    ("power", False, "transmission", SUBSTATION_MEDIUM_VOLTAGE),
    ("power", False, "plant", POWER_PLANT),
    ("power", False, "generat", POWER_PLANT),
    ("power", False, "intersection", DISTRIBUTION_CIRCUIT),
    ("power", False, "", SUBSTATION_LOW_VOLTAGE),
    ("power", True, "", DISTRIBUTION_CIRCUIT),
    ("water", False, "tank", ELEVATED_TANK),
    ("water", False, "", PUMPING_PLANT),
    ("water", True, "", BRITTLE_PIPE),
    ("gas", False, "", PUMPING_PLANT),
    ("gas", True, "", DUCTILE_PIPE),
    ("telecom", False, "", CENTRAL_OFFICE),
    ("telecom", True, "", HARDLY_SHAKEN),
    ("road", False, "bridge", BRIDGE),
    ("road", True, "bridge", BRIDGE),
    ("road", False, "", HARDLY_SHAKEN),
    ("road", True, "", HARDLY_SHAKEN),
)


def failure_probability(components: pd.DataFrame, peak_g: Floats) -> Floats:
    """Return the chance that each component is broken by this peak ground acceleration, in g.

    `components` has the columns of `components.component_table`.
    """
    length_km = components["length_km"].to_numpy(dtype=float)
    is_link, sector = components["is_link"], components["sector"]
    kind = components["kind"].str.casefold()
    chance = np.zeros(len(components))
    waiting = np.ones(len(components), bool)
    for curve_sector, for_links, word, curve in CURVES:
        chosen = (
            waiting & (is_link == for_links) & (sector == curve_sector) & kind.str.contains(word, regex=False)
        )
        chosen = np.asarray(chosen, bool)
        chance[chosen] = curve.failure_probability(peak_g[chosen], length_km[chosen])
        waiting &= ~chosen
    return chance
