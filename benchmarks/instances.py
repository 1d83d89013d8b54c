"""The frozen instances: six published scenarios of Shelby County and six synthetic cities, none used for tuning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from shelby import problem_of as shelby_problem

from lifeline import RepairProblem, Shock, build_problem
from scenarios.synthetic import CityRecipe, grow

NETWORKS = ("power", "water", "gas", "telecom")


def city_problem(recipe: CityRecipe, crews: int | None = None) -> RepairProblem:
    """Return the repair problem of a synthetic city; with `crews`, as many of its crews as cover its skills in turn."""
    city = grow(recipe)
    problem = build_problem(city, Shock.from_table(city, city.damage))
    if crews is None:
        return problem
    every_skill = ";".join(sorted({skill for crew in problem.crews for skill in crew.skills}))
    kept = city.crews.iloc[:crews].assign(skills=every_skill)
    shifts = city.shifts[city.shifts["crew"].isin(kept["id"])]
    few = city.replace(crews=kept, shifts=shifts)
    return build_problem(few, Shock.from_table(few, few.damage))


def city(components: int, seed: int, **changes: Any) -> Callable[[], RepairProblem]:
    """Return what grows a city of the four networks without roads, unless `changes` to the recipe say otherwise."""
    recipe = CityRecipe(components=components, seed=seed, sectors=NETWORKS)
    crews = changes.pop("crews", None)
    return partial(city_problem, replace(recipe, **changes), crews)


INSTANCES: Mapping[str, Callable[[], RepairProblem]] = {
    **{
        f"shelby-{scenario}": partial(shelby_problem, scenario)
        for scenario in ("WU-s15-c25", "WU-s03-c14", "WU-s14-c88", "WU-s30-c92", "WU-s30-c17", "WU-s04-c46")
    },
    "city-40-one-crew": city(1_300, seed=101, crews=1),
    "city-40": city(1_300, seed=102),
    "city-250": city(8_300, seed=103),
    "city-250-roads": city(8_300, seed=104, sectors=(*NETWORKS, "road")),
    "city-1000": city(33_000, seed=105),
    "city-4000": city(133_000, seed=106, repair_days=10.0),
}
