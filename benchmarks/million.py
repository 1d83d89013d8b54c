"""A million components: how far below the best rule `auto` comes in its seconds, and what it takes.

python benchmarks/million.py [--seconds 270] [--crews-days 10]
"""

import argparse
import resource
import time
from functools import partial

from instances import NETWORKS, city_problem
from machine import header

from scenarios.synthetic import CityRecipe
from solvers import KNOWN_RULES, Budget, solve

HOUR = 60_000
KILOBYTES_A_GIGABYTE = 1_000_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=270.0)
    arguments.add_argument("--components", type=int, default=1_000_000)
    arguments.add_argument("--damage-share", type=float, default=0.005)
    arguments.add_argument("--repair-days", type=float, default=12.0)
    arguments.add_argument("--method", default="auto")
    chosen = arguments.parse_args()
    print(header())
    recipe = CityRecipe(
        components=chosen.components,
        seed=201,
        sectors=NETWORKS,
        damage_share=chosen.damage_share,
        repair_days=chosen.repair_days,
    )
    began = time.perf_counter()
    problem = partial(city_problem, recipe)()
    print(
        f"{len(problem.jobs):,} jobs, {len(problem.crews)} crews; grown in {time.perf_counter() - began:.0f} s"
    )
    rules = {rule: solve(problem, method=rule).objective for rule in KNOWN_RULES}
    best = min(rules, key=lambda rule: rules[rule])
    print(
        f"best rule: {best}, {rules[best] / HOUR:,.0f} person-hours; {time.perf_counter() - began:.0f} s so far"
    )
    proposal = solve(problem, method=chosen.method, budget=Budget(seconds=chosen.seconds))
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES_A_GIGABYTE
    print(
        f"{chosen.method}: {proposal.objective / HOUR:,.0f} person-hours, "
        f"{100 * (1 - proposal.objective / rules[best]):.1f} % below; {proposal.evaluations:,} changes in "
        f"{proposal.seconds:.0f} s; gap {100 * (proposal.gap or 0):.1f} %; {gigabytes:.1f} GB"
    )


if __name__ == "__main__":
    main()
