"""Re-plans on extended Shelby after one surprise: a job under way turns out to take three times as long.

python benchmarks/replan.py [--scenarios 10] [--surprises 2]

The plan in hand is a short search's. At a minute drawn between 4 and 48 hours a job under way is drawn; what is timed
is `replan` as a program that is up and running calls it, message included: a first call without news is not counted.
"""

import argparse
import random
import statistics
import time
from dataclasses import dataclass

from machine import header
from shelby import known_scenarios, problem_of

from api.crew_message import crew_message
from lifeline import RepairProblem
from lifeline.news import News, Update
from lifeline.plan import Plan
from solvers import Budget, solve
from solvers.habit import KnownPlan
from solvers.replan import Replanned, replan

PLAN_EVALUATIONS = 50_000


@dataclass(frozen=True)
class Row:
    """One surprise and what the re-plan made of it; shares and gains as parts of 1."""

    scenario: str
    jobs: int
    now: int
    late_job: str
    seconds: float
    next_jobs: int
    moved: int
    moved_from_old: int
    gain: float
    lines: int

    @property
    def keeps_promise(self) -> bool:
        """Tell whether few of the next jobs moved, or it was worth it."""
        return self.moved <= 0.2 * self.next_jobs or self.gain >= 0.02


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scenarios", type=int, default=10)
    arguments.add_argument("--surprises", type=int, default=2)
    chosen = arguments.parse_args()
    print(header())
    rows = []
    scenarios = known_scenarios()
    for number, scenario in enumerate(
        scenarios[:: max(1, len(scenarios) // chosen.scenarios)][: chosen.scenarios]
    ):
        problem = problem_of(scenario)
        plan = solve(problem, method="local_search", budget=Budget(evaluations=PLAN_EVALUATIONS), seed=1).plan
        if not number:
            replan(problem, plan, News(60))
        rows += [
            _row(scenario, problem, plan, random.Random(f"{scenario} {draw}"))
            for draw in range(chosen.surprises)
        ]
    _print(rows)


def _row(scenario: str, problem: RepairProblem, plan: Plan, chance: random.Random) -> Row:
    while True:
        now = chance.randint(4 * 60, 48 * 60)
        under_way = [visit for visit in plan.visits if visit.start < now < visit.finish]
        if under_way:
            break
    visit = chance.choice(under_way)
    minutes = 3 * problem.job(visit.job).repair_minutes
    news = News(now, (Update(now, "takes", visit.job, minutes=minutes),))
    began = time.perf_counter()
    outcome = replan(problem, plan, news, seed=1)
    message = crew_message(outcome)
    seconds = time.perf_counter() - began
    return Row(
        scenario,
        len(problem.jobs),
        now,
        visit.job,
        seconds,
        len(outcome.next_jobs),
        len(outcome.moved),
        _moved_from_old(outcome),
        1 - outcome.proposal.objective / outcome.carried_cost,
        message.count("\n"),
    )


def _moved_from_old(outcome: Replanned) -> int:
    """Count the next jobs that move from where the old plan had them, those that the surprise itself moves included."""
    return len(KnownPlan(outcome.before, frozenset(outcome.next_jobs), 0).moved(outcome.plan))


def _print(rows: list[Row]) -> None:
    print(
        "\n| scenario | jobs | minute | job | s | next 24 h | moved | moved from the old plan | gain | lines |\n"
        "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for row in rows:
        print(
            f"| {row.scenario} | {row.jobs} | {row.now} | {row.late_job} | {row.seconds:.2f} | {row.next_jobs} | "
            f"{row.moved} | {row.moved_from_old} | {row.gain:.1%} | {row.lines} |"
        )
    seconds, gains, lines = (
        [row.seconds for row in rows],
        [row.gain for row in rows],
        [row.lines for row in rows],
    )
    shares = [row.moved / row.next_jobs for row in rows if row.next_jobs]
    print(
        f"\n{len(rows)} surprises: median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s; moved share "
        f"median {statistics.median(shares):.0%}, worst {max(shares):.0%}; gain over the old plan carried on median "
        f"{statistics.median(gains):.1%}, best {max(gains):.1%}; message median {statistics.median(lines):.0f} lines, "
        f"worst {max(lines)}. The promise (at most 20 % moved, or 2 % gained) is kept in "
        f"{sum(row.keeps_promise for row in rows)} of {len(rows)}."
    )


if __name__ == "__main__":
    main()
