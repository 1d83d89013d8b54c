"""Worlds in which districts and vulnerable people matter, and what they are worth in plain fractions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from math import floor
from random import Random
from typing import TYPE_CHECKING, Any

import oracle
from oracle_city import Portion
from random_worlds import Features, Task, random_task
from worlds import town

from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from lifeline.system import Settings, System

if TYPE_CHECKING:
    from lifeline.plan import Plan

SMALL = Features(most_nodes=14, roads=True, shifts=True)


def two_districts(**settings: Any) -> RepairProblem:
    """Two lines to Valley (60 persons each) and one to Hill (20), an hour each, one crew on the spot.

    In person-minutes, by order (V: a line to Valley, H: the one to Hill), and minutes for each of Valley's 120 and
    Hill's 20 persons:
    VVH: 60 x 60 + 60 x 120 + 20 x 180 = 14,400; Valley 10,800 / 120 = 90, Hill 180.
    VHV: 60 x 60 + 20 x 120 + 60 x 180 = 16,800; Valley 14,400 / 120 = 120, Hill 120.
    HVV: 20 x 60 + 60 x 120 + 60 x 180 = 19,200; Valley 18,000 / 120 = 150, Hill 60.
    """
    system = town(
        power="P*-V1 P-V2 P-H",
        places=dict.fromkeys(("P", "V1", "V2", "H"), (0.0, 0.0)),
        people={"V1": 60, "V2": 60, "H": 20},
        damage={"P-V1": 60, "P-V2": 60, "P-H": 60},
        crews={"red": "power"},
    )
    names = {"people of V1": "Valley", "people of V2": "Valley", "people of H": "Hill"}
    customers = system.customers.assign(district=system.customers["id"].map(names))
    system = system.replace(settings=Settings(name="two districts", **settings), customers=customers)
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=600)


def with_settings(task: Task, **settings: Any) -> RepairProblem:
    """Return a task's problem under settings of its own."""
    system = System.from_tables(task.tables, Settings(**settings))
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=task.horizon)


def random_fair_task(rng: Random, features: Features = SMALL, max_jobs: int = 4, max_crews: int = 2) -> Task:
    """Return a random task in which some persons are vulnerable and some customers have no district."""
    task = random_task(rng, features, max_jobs=max_jobs, max_crews=max_crews)
    for customer in task.tables["customers"]:
        customer["vulnerable_persons"] = rng.choice([0, rng.randint(0, int(str(customer["persons"])))])
        customer["district"] = rng.choice([customer["district"], customer["district"], ""])
    return task


def random_fair_problem(seed: int, **sizes: int) -> RepairProblem:
    """Return a small random problem with both terms on."""
    rng = Random(seed)
    task = random_fair_task(rng, **sizes)
    fairness, vulnerable = rng.choice([300, 1000, 5000, 10**6]), rng.choice([1000, 1500, 3333])
    return with_settings(task, fairness_permille=fairness, vulnerable_weight_permille=vulnerable)


def vulnerable_split(persons: Mapping[Portion, int], vulnerable: int) -> dict[Portion, int]:
    """Split the vulnerable people of one service by whole persons; what is left goes to the largest remainders."""
    people = sum(persons.values())
    exact = {portion: Fraction(vulnerable * each, people or 1) for portion, each in persons.items()}
    whole = {portion: floor(amount) for portion, amount in exact.items()}
    left = (vulnerable if people else 0) - sum(whole.values())
    for portion in sorted(exact, key=lambda one: (whole[one] - exact[one], one.key))[:left]:
        whole[portion] += 1
    return whole


def loss_by_district(problem: RepairProblem, plan: Plan) -> dict[str, tuple[int, int]]:
    """Return (persons x weight x minutes, persons) of each district, by the oracle's replay of a plan."""
    finished = {visit.job: visit.finish for visit in plan.visits}
    replayed = oracle.replay(problem.system, problem.shock.components, finished, problem.horizon_minutes)
    customers = problem.system.customers.set_index("id")
    permille = problem.system.settings.vulnerable_weight_permille
    by_service: dict[tuple[str, str], list[Portion]] = defaultdict(list)
    for portion in oracle.City.of(problem.system).portions:
        by_service[portion.customer, portion.service].append(portion)
    cost: dict[str, int] = defaultdict(int)
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    for (customer, service), portions in by_service.items():
        total = int(customers["vulnerable_persons"][customer])
        split = vulnerable_split({portion: portion.persons for portion in portions}, total)
        served = [portion for portion in portions if portion in replayed.counted]
        counted[customer][service] = sum(portion.persons for portion in served)
        for portion in served:
            minutes = replayed.loss(portion) // max(portion.persons, 1)
            weight = (portion.persons - split[portion]) * portion.weight_permille
            weight += split[portion] * (portion.weight_permille * permille // 1000)
            cost[portion.district] += minutes * weight
    people: dict[str, int] = defaultdict(int)
    for customer, services in counted.items():
        people[str(customers["district"][customer])] += max(services.values())
    return {district: (cost[district], people[district]) for district in people if people[district]}


def objective_of(problem: RepairProblem, plan: Plan) -> int:
    """Return the objective with its term for the worst-served district, in plain fractions."""
    losses = loss_by_district(problem, plan).values()
    worst = max((Fraction(cost, people) for cost, people in losses), default=Fraction(0))
    people = sum(people for _, people in losses)
    permille = problem.system.settings.fairness_permille
    return sum(cost for cost, _ in losses) + floor(Fraction(permille, 1000) * worst * people)


def random_lines(seed: int, lines: int = 5, crews: int = 1, **settings: Any) -> RepairProblem:
    """Return a town of broken lines of all lengths to people of three districts, so that orders share them out."""
    rng = Random(seed)
    names = [f"N{number}" for number in range(lines)]
    system = town(
        power=" ".join(f"P*-{name}" for name in names),
        places=dict.fromkeys(("P", *names), (0.0, 0.0)),
        people={name: rng.randint(1, 60) for name in names},
        damage={f"P-{name}": 10 * rng.randint(2, 30) for name in names},
        crews={f"crew {number}": "power" for number in range(crews)},
    )
    districts = [rng.choice(["north", "south", ""]) for _ in names]
    vulnerable = [rng.randint(0, int(persons)) for persons in system.customers["persons"]]
    customers = system.customers.assign(district=districts, vulnerable_persons=vulnerable)
    system = system.replace(settings=Settings(**settings), customers=customers)
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=2000)
