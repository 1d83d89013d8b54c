"""Plans for the published earthquake scenarios of Shelby County: the default run beside the rules and a long run.

python benchmarks/shelby.py [--seconds 60] [--dependencies physical] [--scenarios WU-s03-c14 ...]
"""

import argparse
import csv
import os
import statistics
from collections.abc import Iterable
from pathlib import Path

from machine import header

from lifeline import RepairProblem, Shock, build_problem
from lifeline.importers.indp import read_indp
from solvers import KNOWN_RULES, Budget, solve

DATA = Path(os.environ.get("LIFELINE_DATA", "../shared/data")) / "shelby"
HOUR = 60_000
"Objectives count persons x thousandths x minutes."


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60.0, help="of the long run; 0 leaves it out")
    arguments.add_argument("--dependencies", choices=("physical", "all"), default="physical")
    arguments.add_argument("--scenarios", nargs="*")
    chosen = arguments.parse_args()
    print(header())
    print(
        "\n| scenario | jobs | best known rule, person-hours | bundles | default run | long run "
        "| share of the long run's gain | default s |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    rows = []
    for scenario in chosen.scenarios or known_scenarios():
        rows.append(_compare(scenario, chosen.dependencies, chosen.seconds))
        print(_line(scenario, *rows[-1]), flush=True)
    _sum_up(rows)


def known_scenarios() -> list[str]:
    """Return the ids of the published scenarios."""
    with (DATA / "dev" / "extended_wu.csv").open(encoding="utf-8") as lines:
        return sorted({row["scenario"] for row in csv.DictReader(lines)})


def problem_of(scenario: str, dependencies: str = "physical") -> RepairProblem:
    """Return the repair problem of a published scenario, with the importer's crews."""
    damage = DATA / "dev" / "extended_wu.csv"
    system = read_indp(DATA / "extended", damage=damage, scenario=scenario, dependencies=dependencies).system
    return build_problem(system, Shock.from_table(system, system.damage))


Row = tuple[int, int, int, int, int, float]


def _compare(scenario: str, dependencies: str, seconds: float) -> Row:
    problem = problem_of(scenario, dependencies)
    rule = min(solve(problem, method=rule).objective for rule in KNOWN_RULES)
    bundles = solve(problem, method="bundles").objective
    default = solve(problem)
    long = default.objective
    if seconds:
        long = min(long, solve(problem, budget=Budget(seconds=seconds), seed=1).objective)
    return len(problem.jobs), rule, bundles, default.objective, long, default.seconds


def _line(scenario: str, jobs: int, rule: int, bundles: int, default: int, long: int, seconds: float) -> str:
    share = "–" if long == rule else f"{(rule - default) / (rule - long):.1%}"
    changes = " | ".join(f"{value / rule - 1:+.2%}" for value in (bundles, default, long))
    return f"| {scenario} | {jobs} | {rule / HOUR:,.0f} | {changes} | {share} | {seconds:.1f} |"


def _sum_up(rows: Iterable[Row]) -> None:
    rows = list(rows)
    worse = sum(default > rule for _, rule, _, default, _, _ in rows)
    gains = [default / rule - 1 for _, rule, _, default, _, _ in rows]
    shares = [(r - d) / (r - long) for _, r, _, d, long, _ in rows if long <= 0.95 * r]
    print(f"\n{len(rows)} scenarios; the default run is worse than the best known rule in {worse}.")
    print(f"Change against the best known rule: mean {statistics.mean(gains):+.1%}, best {min(gains):+.1%}.")
    if shares:
        print(
            f"The long run gains 5 % or more in {len(shares)}; there the default run reaches at least "
            f"{min(shares):.1%} of its gain."
        )


if __name__ == "__main__":
    main()
