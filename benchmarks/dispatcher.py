"""What the search is worth when everything a dispatcher may ask for is on: a synthetic city with all the work tables.

Run in benchmarks/: `python dispatcher.py [--seconds 10] [--seeds 103 113 123]`. It prints, for each city, the best rule
dispatchers know, what the search finds in the seconds given, its bound, and how many orders it tries a second.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from random import Random
from typing import Any

from instances import NETWORKS
from machine import header

from lifeline import RepairProblem, Shock, System, build_problem, check_plan, evaluate, schedule
from scenarios.synthetic import CityRecipe, grow
from solvers import KNOWN_RULES, Budget, solve
from solvers.priority import outlook_on

PARTS = ("transformer", "pipe", "mast")


def busy_city(seed: int, components: int = 8_300) -> System:
    """Return a synthetic city in which many jobs and every third crew have something special about them."""
    city = grow(CityRecipe(components=components, seed=seed, sectors=NETWORKS))
    rng = Random(seed)
    damaged = city.damage["component"].tolist()
    rows: dict[str, list[dict[str, Any]]] = {
        "steps": [],
        "uses": [],
        "stock": [],
        "closures": [],
        "tasks": [],
        "locks": [],
        "crew_speeds": [],
        "facilities": [],
    }
    minutes = dict(
        zip(damaged, Shock.from_table(city, city.damage).damage["repair_minutes"].tolist(), strict=True)
    )
    skills = sorted({skill for text in city.crews["skills"] for skill in text.split(";")})
    for component in damaged:
        chance = rng.random()
        if chance < 0.2:
            rows["steps"] += _steps(rng, component, minutes[component], skills)
        elif chance < 0.3:
            rows["closures"].append(_closure(rng, component))
        elif chance < 0.5:
            rows["uses"].append({"job": component, "part": rng.choice(PARTS), "quantity": rng.randint(1, 2)})
    for depot in ("north", "south"):
        for part in PARTS:
            for day in range(6):
                rows["stock"].append(
                    {"depot": depot, "part": part, "from_minute": 1440 * day, "quantity": rng.randint(4, 8)}
                )
    crews = city.crews.copy()
    crews["depot"] = [rng.choice(["north", "south"]) for _ in range(len(crews))]
    crews["volunteer"] = [number % 9 == 8 for number in range(len(crews))]
    crews["available_until_minute"] = [7200 if number % 6 == 5 else -1 for number in range(len(crews))]
    crews["longest_stretch_minutes"] = [720 if number % 3 == 1 else -1 for number in range(len(crews))]
    crews["least_rest_minutes"] = [480 if number % 3 == 1 else -1 for number in range(len(crews))]
    for number, (crew, text) in enumerate(zip(crews["id"], crews["skills"], strict=True)):
        if number % 4 == 2:
            rows["crew_speeds"].append(
                {"crew": crew, "skill": sorted(text.split(";"))[0], "speed_permille": rng.choice([800, 1300])}
            )
    rows["tasks"] = _tasks(rng, city, set(damaged))
    rows["uses"] += [
        {"job": row["id"], "part": "generator", "quantity": 1} for row in rows["tasks"] if "component" in row
    ]
    rows["stock"].append({"depot": "north", "part": "generator", "from_minute": 0, "quantity": 2})
    critical = city.customers[city.customers["critical"]]
    rows["facilities"] = [
        {"customer": customer, "buffer_minutes": 480, "price_permille": 5000} for customer in critical["id"]
    ]
    damage = city.damage.assign(simple=[rng.random() < 0.4 for _ in damaged])
    plain = sorted(set(damaged) - {str(row["component"]) for row in rows["steps"]})
    one, two, three, four = rng.sample(plain, 4)
    rows["locks"] = [
        {"job": one, "kind": "first", "value": ""},
        {"job": two, "kind": "not_before", "value": "1440"},
        {"job": three, "kind": "after", "value": four},
        {"job": four, "kind": "not_crew", "value": crews["id"].iloc[0]},
    ]
    return city.replace(crews=crews, damage=damage, **rows)


def _steps(rng: Random, component: str, minutes: int, skills: list[str]) -> list[dict[str, Any]]:
    third = max(1, minutes // 3)
    heavy = rng.random() < 0.3
    return [
        {"component": component, "step": "isolate", "minutes": 30},
        {
            "component": component,
            "step": "repair",
            "minutes": 2 * third,
            "after": "isolate",
            "with_skills": rng.choice(skills) if heavy else "",
        },
        {"component": component, "step": "test", "minutes": third, "after": "repair", "lag_minutes": 60},
    ]


def _tasks(rng: Random, city: System, damaged: set[str]) -> list[dict[str, Any]]:
    """Return five places for a generator, of which there are two, and three squares to clear."""
    power = city.supplies[city.supplies["service"] == "power"]["node"].tolist()
    sites = rng.sample(sorted(set(power) - damaged), 5)
    squares = city.nodes.iloc[rng.sample(range(len(city.nodes)), 3)]
    return [
        *(
            {"id": f"generator at {node}", "component": node, "minutes": 90, "skill": "power"}
            for node in sites
        ),
        *(
            {
                "id": f"square {number}",
                "minutes": 120,
                "skill": "water",
                "longitude": x,
                "latitude": y,
                "simple": True,
            }
            for number, (x, y) in enumerate(zip(squares["longitude"], squares["latitude"], strict=True))
        ),
    ]


def _closure(rng: Random, component: str) -> dict[str, Any]:
    begins = 60 * rng.randint(0, 40)
    return {
        "id": f"danger at {component}",
        "component": component,
        "from_minute": begins,
        "until_minute": begins + 60 * rng.randint(4, 24),
    }


def problem_of(seed: int, components: int = 8_300) -> RepairProblem:
    """Return the repair problem of a busy city."""
    city = busy_city(seed, components)
    return build_problem(city, Shock.from_table(city, city.damage))


def main() -> None:
    """Print one row a city."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--seeds", type=int, nargs="*", default=[103, 113, 123])
    options.add_argument("--components", type=int, default=8_300)
    chosen = options.parse_args()
    print(header())
    print("city | jobs | crews | best rule | search | saves | bound | gap | tried a second | rules broken")
    for seed in chosen.seeds:
        problem = problem_of(seed, chosen.components)
        outlook = outlook_on(problem)
        solve(problem, method="local_search", budget=Budget(evaluations=200))
        rules = {
            rule: evaluate(problem, schedule(problem, outlook.sequences(rule))).objective
            for rule in KNOWN_RULES
        }
        best = min(rules, key=lambda rule: rules[rule])
        found = solve(problem, method="auto", budget=Budget(seconds=chosen.seconds))
        saved = 1 - found.objective / rules[best]
        gap = f"{found.gap:.1%}" if found.gap is not None else "-"
        broken = len(check_plan(problem, replace(found.plan)))
        print(
            f"{seed} | {len(problem.to_do)} | {len(problem.crews)} | {best} {rules[best]:,} | {found.objective:,} | "
            f"{saved:.1%} | {found.bound:,} | {gap} | {found.evaluations / found.seconds:,.0f} | {broken}",
            flush=True,
        )


if __name__ == "__main__":
    main()
