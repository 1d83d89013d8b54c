"""Who repairs: crews at depots, as many for each skill as the damage asks for, and mutual aid a day later."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from scenarios.synthetic.land import Land
from scenarios.synthetic.recipe import CityRecipe

ROUND_THE_CLOCK = (0, 1440)
PERSONS_PER_DEPOT = 75_000
DEPOT_THINNING = 2.0
CREW_KMH = 40.0
# In turn: round the clock (two teams), days, nights. Twelve hours, from an hour after the shock on.
SHIFTS = (ROUND_THE_CLOCK, (60, 780), (780, 1500))
PIPE_FITTERS = {"gas": "gas;water", "water": "water;gas"}
FITTERS_EVERY = 2
CREWS_PER_MUTUAL_AID = 8
MUTUAL_AID_ARRIVES_MINUTE = 1440


def muster(
    land: Land,
    sectors: tuple[str, ...],
    damage: pd.DataFrame,
    recipe: CityRecipe,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the crews and shifts tables for a damage table with repair minutes and skills.

    A sector gets as many crews as make its work last about `recipe.repair_days`, at least one. A day later
    mutual aid arrives at the city's edge: a crew for every eight of a sector's own, at least one for the
    sector with most work.
    """
    depots = land.sites(max(1, round(recipe.persons / PERSONS_PER_DEPOT)), rng, thinning=DEPOT_THINNING)
    work = damage.groupby("skill")["repair_minutes"].sum()
    work_minutes = {sector: int(work.get(sector, 0)) for sector in sectors}
    worst = max(sectors, key=lambda sector: (work_minutes[sector], sector))
    daily_minutes = sum(closes - opens for opens, closes in SHIFTS) / len(SHIFTS)
    crews: list[dict[str, object]] = []
    shifts: list[dict[str, object]] = []
    for sector in sectors:
        count = max(1, math.ceil(work_minutes[sector] / (recipe.repair_days * daily_minutes)))
        for number in range(count):
            crew = f"{sector}-crew-{number + 1:0{len(str(count))}d}"
            depot = int(rng.integers(len(depots.x)))
            skills = PIPE_FITTERS.get(sector, sector) if number % FITTERS_EVERY else sector
            crews.append(_crew(land, crew, skills, float(depots.x[depot]), float(depots.y[depot])))
            opens, closes = SHIFTS[number % len(SHIFTS)]
            if (opens, closes) != ROUND_THE_CLOCK:
                shifts.append({"crew": crew, "start_minute": opens, "end_minute": closes})
        for number in range(max(count // CREWS_PER_MUTUAL_AID, int(sector == worst))):
            crews.append(_mutual_aid(land, f"{sector}-mutual-aid-{number + 1}", sector, rng))
    return pd.DataFrame(crews), pd.DataFrame(shifts, columns=["crew", "start_minute", "end_minute"])


def _crew(land: Land, crew: str, skills: str, x: float, y: float) -> dict[str, object]:
    longitude, latitude = land.longitude_latitude(np.array([x]), np.array([y]))
    return {
        "id": crew,
        "skills": skills,
        "longitude": float(longitude[0]),
        "latitude": float(latitude[0]),
        "available_from_minute": 0,
        "speed_kmh": CREW_KMH,
        "owner": f"city {skills.split(';')[0]}",
    }


def _mutual_aid(land: Land, crew: str, sector: str, rng: np.random.Generator) -> dict[str, object]:
    angle = float(rng.uniform(0.0, math.tau))
    x, y = 1.1 * land.radius_km * math.cos(angle), 1.1 * land.radius_km * math.sin(angle)
    row = _crew(land, crew, sector, x, y)
    return row | {"available_from_minute": MUTUAL_AID_ARRIVES_MINUTE, "owner": f"neighbouring {sector}"}
