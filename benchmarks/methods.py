"""Every method on the frozen instances: gap to the best known plan and to the bound, and spread over seeds.

python benchmarks/methods.py [--seconds 1 10 60] [--seeds 5] [--methods ...] [--instances ...]

The best known plan of an instance is the best of all runs of this one script. 60 s are spent from 250 jobs up.
"""

import argparse
import statistics
from dataclasses import dataclass

from instances import INSTANCES
from machine import header

from lifeline import RepairProblem, check_plan
from solvers import KNOWN_RULES, Budget, solve

METHODS = ("local_search", "cp_sat", "auto")
LONG_SECONDS, LONG_FROM_JOBS = 60.0, 200
HOUR = 60_000
"Objectives count persons x thousandths x minutes."


@dataclass(frozen=True)
class Run:
    """One plan: by which method, within how many seconds, and what it costs."""

    method: str
    seconds: float
    objective: int
    bound: int
    took: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, nargs="*", default=[1.0, 10.0, 60.0])
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--methods", nargs="*", default=METHODS)
    arguments.add_argument("--instances", nargs="*", default=list(INSTANCES))
    chosen = arguments.parse_args()
    print(header())
    print(
        "\n| instance | jobs, crews | best known, person-hours | method | s | mean gap to best known | spread "
        "| certified gap, mean | slowest, s |\n| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |"
    )
    for name in chosen.instances:
        problem = INSTANCES[name]()
        _print_instance(name, problem, _runs(problem, chosen.methods, chosen.seconds, chosen.seeds))


def _runs(problem: RepairProblem, methods: list[str], seconds: list[float], seeds: int) -> list[Run]:
    runs = []
    for rule in (*KNOWN_RULES, "bundles"):
        runs.append(_run(problem, rule, 0.0, 0))
    solve(problem, budget=Budget(evaluations=10))  # what is compiled when first used is compiled now
    for limit in seconds:
        if limit >= LONG_SECONDS and len(problem.jobs) < LONG_FROM_JOBS:
            continue
        for method in methods:
            runs += [_run(problem, method, limit, seed) for seed in range(seeds)]
    return runs


def _run(problem: RepairProblem, method: str, seconds: float, seed: int) -> Run:
    budget = Budget(seconds=seconds) if seconds else Budget()
    proposal = solve(problem, method=method, budget=budget, seed=seed)
    if broken := check_plan(problem, proposal.plan):
        raise SystemExit(f"{method} broke a rule: {broken[0]}")
    return Run(method, seconds, proposal.objective, proposal.bound or 0, proposal.seconds)


def _print_instance(name: str, problem: RepairProblem, runs: list[Run]) -> None:
    best = min(run.objective for run in runs)
    ways = sorted({(run.seconds, run.method) for run in runs}, key=lambda way: (way[0], way[1]))
    size = f"{len(problem.jobs)}, {len(problem.crews)}"
    for seconds, method in ways:
        these = [run for run in runs if (run.seconds, run.method) == (seconds, method)]
        gaps = [100 * (run.objective / best - 1) if best else 0.0 for run in these]
        certified = statistics.mean(
            100 * (1 - run.bound / run.objective) if run.objective else 0.0 for run in these
        )
        limit = f"{seconds:g}" if seconds else "–"
        print(
            f"| {name} | {size} | {best / HOUR:,.0f} | {method} | {limit} | {statistics.mean(gaps):.2f} % "
            f"| {max(gaps) - min(gaps):.2f} % | {certified:.1f} % | {max(run.took for run in these):.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
