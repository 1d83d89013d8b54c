"""How close the certified bound comes to the best plan found: synthetic cities by size, and published Shelby scenarios.

python benchmarks/bounds.py [--sizes 800 1300 8300] [--seeds 1 2 3 4 5] [--seconds 10] [--search 10] [--shelby]
"""

import argparse
import csv
import math
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from machine import header

from lifeline import Shock, build_problem
from lifeline.importers.indp import read_indp
from lifeline.repair import RepairProblem
from lifeline.system import System
from scenarios.synthetic import grow_city
from solvers import Budget, solve
from solvers.bounds import lower_bound

DATA = Path(os.environ.get("LIFELINE_DATA", "../shared/data")) / "shelby"
SECTORS = ("power", "water", "gas", "telecom")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="*", default=[800, 1300, 8300], help="components")
    arguments.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3, 4, 5])
    arguments.add_argument("--seconds", type=float, default=10.0, help="for the bound")
    arguments.add_argument("--search", type=float, default=10.0, help="seconds for the best plan")
    arguments.add_argument("--shelby", action="store_true", help="the Shelby scenarios instead of cities")
    chosen = arguments.parse_args()
    print(header())
    print("\n| case | jobs | crews | best plan, person-hours | bound / best | seconds (processor) |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    if chosen.shelby:
        shares = [_compare(name, problem, chosen) for name, problem in _shelby()]
        print(f"\nMedian gap {1 - statistics.median(shares):.1%} over {len(shares)} scenarios.")
        return
    for size in chosen.sizes:
        shares = [_compare(f"{size}/{seed}", _city(size, seed), chosen) for seed in chosen.seeds]
        mean = math.exp(statistics.fmean(math.log(share) for share in shares))
        print(f"| {size} components, geometric mean | | | | {mean:.1%} | |", flush=True)


def _compare(name: str, problem: RepairProblem, chosen: argparse.Namespace) -> float:
    best = solve(problem, method="local_search", budget=Budget(seconds=chosen.search), seed=1)
    began, processor = time.perf_counter(), time.process_time()
    bound = lower_bound(problem, seconds=chosen.seconds, best=best.plan)
    spent, worked = time.perf_counter() - began, time.process_time() - processor
    share = bound.objective / best.objective if best.objective else 1.0
    hours = best.objective / 60_000
    print(
        f"| {name} | {len(problem.jobs)} | {len(problem.crews)} | {hours:,.0f} | {share:.1%} "
        f"| {spent:.1f} ({worked:.1f}) |",
        flush=True,
    )
    return share


def _city(components: int, seed: int) -> RepairProblem:
    return _problem(grow_city(components=components, seed=seed, sectors=SECTORS, damage_share=0.03))


def _shelby() -> Iterator[tuple[str, RepairProblem]]:
    damage = DATA / "dev" / "extended_wu.csv"
    with damage.open(encoding="utf-8") as lines:
        known = sorted({row["scenario"] for row in csv.DictReader(lines)})
    for scenario in known:
        imported = read_indp(DATA / "extended", damage=damage, scenario=scenario, dependencies="physical")
        yield scenario, _problem(imported.system)


def _problem(system: System) -> RepairProblem:
    return build_problem(system, Shock.from_table(system, system.damage))


if __name__ == "__main__":
    main()
