"""The state of one compiled search: the problem as arrays, the order it is at and the best it has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solvers.dispatch import Sequences

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from solvers.dark import Dark
    from solvers.timing_kernels import Desk, Order


class Annealing:
    """A search that can be run in spans of evaluations, from the order of a plan."""

    def __init__(self, problem: RepairProblem, dark: Dark, plan: Plan, seed: int) -> None:
        """Compile the problem and time the plan's order as the search sees it."""
        from solvers import search_kernels
        from solvers.search_roads import roads_of

        self._kernels = search_kernels
        self.problem = problem
        self.dark = dark
        self.desk = _desk(problem)
        self.roads = roads_of(problem)
        self.totals = np.array(
            [dark.weight.sum(), (dark.weight * np.minimum(dark.dark_from, self.desk.horizon)).sum()], np.int64
        )
        self.current = _order(problem, plan)
        first = search_kernels.first_cost(dark, self.desk, self.roads, self.current, self.totals)
        self.costs = np.array([first, first], np.int64)
        self.best = search_kernels.copy_order(self.current)
        self.random = np.random.SeedSequence(seed).generate_state(1, np.uint64)
        self._news_below = int(first)

    @property
    def mean_repair_minutes(self) -> float:
        """Return the mean repair time of the jobs in the order."""
        return float(self.desk.repair[self.current.by_finish].mean())

    @property
    def work_per_evaluation(self) -> int:
        """Return roughly how many jobs and dark parts one evaluation goes through."""
        road_work = 0
        if self.roads.changing:
            # Most of the time goes into ways for sets of open roads that have not come up before: about one for every
            # four moves, or, where fewer sets can be kept than roads open one after the other, all of them anew.
            openers, kept = len(self.roads.blocks_start), len(self.roads.key)
            road_work = self.roads.seconds[0].size * (openers if kept <= openers else 1) // 4
        return (
            len(self.dark.weight)
            + len(self.dark.feeds_node)
            + 10 * len(self.current.by_finish)
            + 100
            + road_work
        )

    def run(self, span: int, tau: float) -> None:
        """Try `span` moves at a temperature of `tau` minutes."""
        self._kernels.anneal(
            self.dark,
            self.desk,
            self.roads,
            self.current,
            self.best,
            self.totals,
            self.costs,
            self.random,
            span,
            tau,
        )

    def return_to_best(self) -> None:
        """Go on from the best order seen."""
        self._kernels.take_all(self.best, self.current)
        self.costs[0] = self.costs[1]

    def take_news(self) -> Sequences | None:
        """Return the best order if it is better than when this was last asked, else None."""
        if self.costs[1] >= self._news_below:
            return None
        self._news_below = int(self.costs[1])
        return {
            crew.id: [
                self.problem.jobs[job].id for job in self.best.sequence[number, : self.best.length[number]]
            ]
            for number, crew in enumerate(self.problem.crews)
        }


def _desk(problem: RepairProblem) -> Desk:
    from solvers.timing_kernels import Desk

    crews, travel = problem.crews, problem.travel
    windows = problem.crew_windows
    # Where repairs open roads, drives are looked up in the ways between gates.
    minutes = np.zeros((1, 0, 0), np.int32) if travel.changes_with_repairs else travel.minutes()
    return Desk(
        travel=np.ascontiguousarray(minutes, np.int32),
        speed_class=np.asarray(travel.speed_class_of_crew, np.int64),
        available=np.array([crew.available_from_minute for crew in crews], np.int64),
        period=windows.period,
        duty=windows.duty,
        window_start=windows.window_start,
        opens=windows.opens,
        closes=windows.closes,
        repair=np.array([job.repair_minutes for job in problem.jobs], np.int64),
        able=problem.within_reach.astype(np.uint8),
        horizon=problem.horizon_minutes,
    )


def _order(problem: RepairProblem, plan: Plan) -> Order:
    from solvers.timing_kernels import Order

    crews, jobs = len(problem.crews), len(problem.jobs)
    order = Order(
        sequence=np.zeros((crews, jobs), np.int32),
        length=np.zeros(crews, np.int64),
        crew_of=np.zeros(jobs, np.int32),
        finish=np.zeros(jobs, np.int64),
        by_finish=np.array(sorted(problem.job_index[visit.job] for visit in plan.visits), np.int32),
        gain=np.zeros(jobs, np.int64),
    )
    for crew, sequence in plan.sequences().items():
        number = problem.crew_index[crew]
        order.length[number] = len(sequence)
        order.sequence[number, : len(sequence)] = [problem.job_index[job] for job in sequence]
    return order
