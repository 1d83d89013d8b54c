"""The flow rule on extended Shelby, all sectors coupled: replays a second, and what searching under it is worth.

python benchmarks/flow.py [--seconds 10]

A replay here is the whole of it: the judge's replay of a finished plan under flow in all four sectors, from the shock
to the last repair, with the objective counted.
"""

import argparse
import dataclasses
import statistics
import time

from machine import header
from shelby import problem_of

from lifeline import RepairProblem, Shock, build_problem, evaluate
from solvers import Budget, solve

SCENARIOS = ("WU-s36-c85", "WU-s29-c60", "WU-s30-c92", "WU-s44-c60")
RULES = {f"{sector}_rule": "flow" for sector in ("power", "water", "gas", "telecom")}
REPLAYS, ROUNDS = 100, 7
HOUR = 60_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=10.0)
    chosen = arguments.parse_args()
    print(header())
    print(
        "\n| scenario | jobs | judgements a second, flow | connectivity | searched under connectivity, "
        "person-hours under flow | searched under flow | saved | certified gap |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for scenario in SCENARIOS:
        plain = problem_of(scenario)
        limited = under_flow(plain)
        budget = Budget(seconds=chosen.seconds)
        straight = solve(plain, budget=budget)
        searched = solve(limited, budget=budget)
        lost = evaluate(limited, straight.plan).objective
        rates = [judgements_a_second(problem, straight.plan) for problem in (limited, plain)]
        print(
            f"| {scenario} | {len(plain.jobs)} | {rates[0]:,.0f} | {rates[1]:,.0f} | {lost / HOUR:,.0f} "
            f"| {searched.objective / HOUR:,.0f} | {100 * (1 - searched.objective / lost):.1f} % "
            f"| {100 * (searched.gap or 0):.1f} % |",
            flush=True,
        )


def under_flow(problem: RepairProblem) -> RepairProblem:
    settings = dataclasses.replace(problem.system.settings, **RULES)
    system = problem.system.replace(settings=settings)
    return build_problem(system, Shock.from_table(system, system.damage))


def judgements_a_second(problem: RepairProblem, plan) -> float:
    """Return the median over some rounds."""
    _ = evaluate(problem, plan).objective
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(REPLAYS):
            _ = evaluate(problem, plan).objective
        rates.append(REPLAYS / (time.perf_counter() - began))
    return statistics.median(rates)


if __name__ == "__main__":
    main()
