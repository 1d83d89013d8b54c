"""lifeline's plans for the published Shelby scenarios: certified gap, and td-INDP's and iINDP's orders replayed.

python benchmarks/shelby_proof.py [--seconds 10] [--scenarios WU-s03-c14 ...]

The literature's plans are made on its own terms (unit repair times, no travel, v = 6 resource units a step, as many as
lifeline's crews less two) and then carried out by the same crews, who drive, before the same judge.
"""

import argparse
import statistics

from machine import header
from shelby import DATA, HOUR, known_scenarios, problem_of

from lifeline import evaluate
from lifeline.schedule import schedule
from solvers import KNOWN_RULES, Budget, solve
from solvers.indp.files import read_indp_problem
from solvers.indp.replay import replay
from solvers.milp import solve_iindp, solve_td_indp

UNITS = 6


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=10.0)
    arguments.add_argument("--scenarios", nargs="*")
    chosen = arguments.parse_args()
    print(header())
    print(
        "\n| scenario | jobs | person-hours, auto | certified gap | best known rule | iINDP replayed "
        "| td-INDP replayed | seconds |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    gaps, worse, gains = [], 0, []
    for scenario in chosen.scenarios or known_scenarios():
        problem = problem_of(scenario)
        ours = solve(problem, budget=Budget(seconds=chosen.seconds))
        rule = min(solve(problem, method=rule).objective for rule in KNOWN_RULES)
        damage = DATA / "dev" / "extended_wu.csv"
        indp = read_indp_problem(DATA / "extended", damage=damage, scenario=scenario, units_per_step=UNITS)
        theirs = [
            evaluate(problem, schedule(problem, replay(problem, answer.plan))).objective
            for answer in (solve_iindp(indp), solve_td_indp(indp, bound_seconds=0))
        ]
        gaps.append(ours.gap or 0.0)
        worse += ours.objective > min(theirs)
        gains.append(1 - ours.objective / min(theirs) if min(theirs) else 0.0)
        others = " | ".join(f"{cost / ours.objective - 1:+.2%}" for cost in (rule, *theirs))
        print(
            f"| {scenario} | {len(problem.jobs)} | {ours.objective / HOUR:,.0f} | {ours.gap:.1%} | {others} "
            f"| {ours.seconds:.1f} |",
            flush=True,
        )
    print(
        f"\nMedian certified gap {statistics.median(gaps):.1%}, largest {max(gaps):.1%}; proven best in "
        f"{sum(gap == 0 for gap in gaps)} of {len(gaps)}. Worse than a replayed order in {worse}; below the better of "
        f"the two by {statistics.mean(gains):.1%} on average, {max(gains):.1%} at most."
    )


if __name__ == "__main__":
    main()
