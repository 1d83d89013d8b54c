"""R11 and R12: the best plan against every plan there is, and against the scheduling theorems that give it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from oracle import best_plan_objective
from random_worlds import Features, Task, random_task, tasks
from worlds import town

from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from lifeline.system import System
from solvers import Budget, solve

HERE = (0.0, 0.0)


def problem_of(system: System) -> RepairProblem:
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=100_000)


def best_person_minutes(system: System) -> int:
    """Return what the best plan costs; weights are 1000, so the objective is a thousand times as much."""
    objective = solve(problem_of(system), method="exhaustive").objective
    assert objective % 1000 == 0
    return objective // 1000


# R11 --------------------------------------------------------------------------------------------------------


@given(tasks(max_jobs=3, max_crews=2, most_nodes=12, roads=True, shifts=True))
@settings(max_examples=25, deadline=None)
def test_r11_exhaustive_finds_the_best_of_all_plans(task: Task) -> None:
    problem = task.problem()
    assert solve(problem, method="exhaustive").objective == best_plan_objective(problem)


@pytest.mark.parametrize("seed", range(4))
def test_r11_exhaustive_finds_the_best_of_all_plans_of_four_jobs_and_three_crews(seed: int) -> None:
    task = random_task(Random(seed), Features(most_nodes=12, roads=True), max_jobs=4, max_crews=3)
    problem = task.problem()
    best = best_plan_objective(problem)
    assert solve(problem, method="exhaustive").objective == best
    assert solve(problem, method="local_search", budget=Budget(evaluations=50)).objective >= best


# R12 --------------------------------------------------------------------------------------------------------


def independent(minutes: Mapping[str, int], persons: Mapping[str, int], crews: int) -> System:
    """Stations that need nothing from each other, all at the place where the crews are."""
    return town(
        power=" ".join(f"{node}*" for node in minutes),
        people=persons,
        damage=minutes,
        crews={f"crew {i}": "power" for i in range(crews)},
        places=dict.fromkeys(minutes, HERE),
    )


@pytest.mark.parametrize("seed", range(6))
def test_r12_one_crew_and_jobs_apart_follow_smith(seed: int) -> None:
    """The least sum of w C comes from the order of falling w / p (W. E. Smith, 1956)."""
    rng = Random(seed)
    minutes = {f"P{i}": rng.randint(1, 200) for i in range(7)}
    persons = {node: rng.randint(0, 100) for node in minutes}
    order = sorted(minutes, key=lambda node: Fraction(persons[node], minutes[node]), reverse=True)
    assert best_person_minutes(independent(minutes, persons, crews=1)) == lost(order, minutes, persons)


def lost(order: list[str], minutes: Mapping[str, int], persons: Mapping[str, int]) -> int:
    done = total = 0
    for node in order:
        done += minutes[node]
        total += done * persons[node]
    return total


@pytest.mark.parametrize(("seed", "crews"), [(0, 2), (1, 2), (2, 3)])
def test_r12_equal_crews_and_equal_people_take_the_shortest_first(seed: int, crews: int) -> None:
    """The longest `crews` jobs come last in their rows and count once, the next longest twice, and so on."""
    rng = Random(seed)
    minutes = {f"P{i}": rng.randint(1, 200) for i in range(8 - crews)}
    longest_first = sorted(minutes.values(), reverse=True)
    expected = sum(length * (i // crews + 1) for i, length in enumerate(longest_first))
    assert best_person_minutes(independent(minutes, dict.fromkeys(minutes, 1), crews)) == expected


@pytest.mark.parametrize("seed", range(6))
def test_r12_one_crew_on_a_feeder_tree_follows_horn(seed: int) -> None:
    """A feeder brings service only behind repaired feeders (W. A. Horn, 1972, for precedence as an out-tree)."""
    rng = Random(seed)
    parent = {f"P{i}": f"P{rng.randint(0, i - 1)}" for i in range(1, 8)}
    minutes = {node: rng.randint(1, 200) for node in parent}
    persons = {node: rng.choice([0, 10, 100]) * rng.randint(1, 9) for node in parent}
    feeders = town(
        power="P0* " + " ".join(f"{above}-{node}" for node, above in parent.items()),
        people=persons,
        damage=minutes,
        crews={"crew": "power"},
        places=dict.fromkeys(["P0", *parent], HERE),
    )
    assert best_person_minutes(feeders) == lost(horn(parent, minutes, persons), minutes, persons)


def horn(parent: Mapping[str, str], minutes: Mapping[str, int], persons: Mapping[str, int]) -> list[str]:
    """Glue the run of jobs with the most people per minute behind the run of its parent, until one run is left."""
    runs = {"P0": ["P0"], **{node: [node] for node in parent}}

    def people_per_minute(head: str) -> Fraction:
        return Fraction(sum(persons[n] for n in runs[head]), sum(minutes[n] for n in runs[head]))

    while len(runs) > 1:
        head = max((head for head in runs if head != "P0"), key=people_per_minute)
        above = next(other for other in runs if parent[head] in runs[other])
        runs[above] += runs.pop(head)
    return runs["P0"][1:]
