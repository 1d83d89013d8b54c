"""The state of one compiled search: the problem as arrays, the order it is at and the best it has seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from solvers.dispatch import Sequences
from solvers.habit import KnownPlan, habit_of
from solvers.terms import terms_of

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from solvers.reduction import Reduction
    from solvers.timing_kernels import Desk, Order


class Annealing:
    """A search that can be run in spans of evaluations, from the order of a plan.

    It moves the jobs that somebody who is counted needs, and those that open roads; others are not in its orders.
    """

    def __init__(
        self,
        problem: RepairProblem,
        reduction: Reduction,
        plan: Plan,
        seed: int,
        chain: int = 0,
        habit: KnownPlan | None = None,
    ) -> None:
        """Compile the problem and time the plan's order as the search sees it."""
        from solvers import move_kernels, replay_kernels, search_kernels
        from solvers.search_roads import roads_of

        self._kernels = search_kernels
        self.problem = problem
        self.reduction = reduction
        self.dark = dark = reduction.dark
        self.desk = desk_of(problem)
        self.roads = roads_of(problem)
        self.terms = terms_of(problem)
        self.habit = habit_of(problem, habit)
        self.totals = np.array(
            [dark.weight.sum(), (dark.weight * np.minimum(dark.dark_from, self.desk.horizon)).sum()], np.int64
        )
        moved = reduction.needed.copy()
        moved[sorted(problem.travel.opening_jobs)] = True
        # What uses parts that others want, and what others wait for, is never left for later.
        moved[sorted(problem.conditions.uses)] = True
        moved[sorted({*problem.conditions.not_after, *problem.conditions.first})] = True
        moved[list(problem.past)] = True
        moved[sorted(problem.conditions.needed_before(np.flatnonzero(moved).tolist()))] = True
        self.current = order_of(problem, plan, moved)
        jobs = len(self.current.by_finish)
        self._kept, self._scratch = (
            replay_kernels.nothing_kept(dark, jobs),
            replay_kernels.scratch_for(dark, jobs),
        )
        self._change = move_kernels.no_change(len(problem.crews))
        first = self._first_cost()
        self._costs = np.array([first, first], np.int64)
        self.best, self._trial = (
            search_kernels.copy_order(self.current),
            search_kernels.copy_order(self.current),
        )
        # Each chain has a stream of chance of its own.
        self.random = np.random.SeedSequence(seed, spawn_key=(chain,)).generate_state(1, np.uint64)

    def _first_cost(self) -> int:
        return int(
            self._kernels.first_cost(
                self.dark,
                self.desk,
                self.roads,
                self.terms,
                self.habit,
                self.current,
                self._kept,
                self._scratch,
                self.totals,
            )
        )

    @property
    def cost(self) -> int:
        """Return weight times minutes without service of the current order, as the search counts it."""
        return int(self._costs[0]) + self.reduction.never_back

    @property
    def best_cost(self) -> int:
        """Return the cost of the best order seen."""
        return int(self._costs[1]) + self.reduction.never_back

    @property
    def has_something_to_move(self) -> bool:
        """Tell whether there is a job in the order that is not history."""
        return bool(len(self.current.by_finish) > len(self.problem.past))

    @property
    def mean_repair_minutes(self) -> float:
        """Return the mean repair time of the jobs in the order."""
        return float(self.desk.repair[0, self.current.by_finish].mean())

    @property
    def work_per_evaluation(self) -> int:
        """Return roughly how many jobs and dark parts one evaluation goes through."""
        road_work = 0
        if self.roads.changing:
            # Some moves time all crews anew, visit by visit; and ways that have not come up before are worked out.
            road_work = 4 * len(self.current.by_finish) * len(self.problem.crews)
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
            self.terms,
            self.habit,
            self.current,
            self._trial,
            self.best,
            self._kept,
            self._scratch,
            self._change,
            self.totals,
            self._costs,
            self.random,
            span,
            tau,
        )

    def return_to_best(self) -> None:
        """Go on from the best order seen."""
        self._kernels.take_all(self.best, self.current)
        self._kernels.take_all(self.best, self._trial)
        self._costs[0] = self._first_cost()

    def take_best_of(self, other: Annealing) -> None:
        """Make another search's best order the best order seen, if it is better."""
        if other.best_cost < self.best_cost:
            self._kernels.take_all(other.best, self.best)
            self._costs[1] = other._costs[1]

    def best_sequences(self) -> Sequences:
        """Return the best order seen, as each crew's jobs."""
        return {
            crew.id: [
                self.problem.jobs[job].id for job in self.best.sequence[number, : self.best.length[number]]
            ]
            for number, crew in enumerate(self.problem.crews)
        }


class Chains:
    """Several searches side by side, each in a thread; the loops let go of Python's lock, so each has its own core.

    Which machine it is makes no difference to what they find: they meet only when all have done their share.
    """

    def __init__(
        self,
        problem: RepairProblem,
        reduction: Reduction,
        plan: Plan,
        seed: int,
        count: int,
        habit: KnownPlan | None = None,
    ) -> None:
        """Start so many searches from the order of a plan."""
        self._each = [Annealing(problem, reduction, plan, seed, chain, habit) for chain in range(count)]
        self._news_below = self._each[0].best_cost

    @property
    def count(self) -> int:
        """Return how many searches there are."""
        return len(self._each)

    @property
    def has_something_to_move(self) -> bool:
        """Tell whether there is a job in the order that may be moved."""
        return self._each[0].has_something_to_move

    @property
    def mean_repair_minutes(self) -> float:
        """Return the mean repair time of the jobs in the order."""
        return self._each[0].mean_repair_minutes

    @property
    def work_per_evaluation(self) -> int:
        """Return roughly how many jobs and dark parts one evaluation goes through."""
        return self._each[0].work_per_evaluation

    def run(self, span: int, tau: float) -> None:
        """Try `span` moves in all at a temperature of `tau` minutes."""
        first, *others = (span // self.count + (number < span % self.count) for number in range(self.count))
        with ThreadPoolExecutor(max_workers=self.count) as pool:
            started = [
                pool.submit(chain.run, share, tau)
                for chain, share in zip(self._each[1:], others, strict=True)
            ]
            self._each[0].run(first, tau)
            for chain in started:
                chain.result()

    def return_to_best(self) -> None:
        """Let all go on from the best order that any of them has seen."""
        best = self._best()
        for chain in self._each:
            chain.take_best_of(best)
            chain.return_to_best()

    def take_news(self) -> Sequences | None:
        """Return the best order if it is better than when this was last asked, else None."""
        best = self._best()
        if best.best_cost >= self._news_below:
            return None
        self._news_below = best.best_cost
        return best.best_sequences()

    def _best(self) -> Annealing:
        return min(self._each, key=lambda chain: chain.best_cost)


def desk_of(problem: RepairProblem) -> Desk:
    """Return what crews may do and how long it takes, as the search reads it."""
    from solvers.timing_kernels import Desk

    travel = problem.travel
    windows = problem.crew_windows
    work_class, work_minutes = problem.work_classes
    _, free = problem.starts
    # Where repairs open roads, drives are looked up in the ways between gates.
    minutes = np.zeros((1, 0, 0), np.int32) if travel.changes_with_repairs else travel.minutes()
    return Desk(
        travel=np.ascontiguousarray(minutes, np.int32),
        speed_class=np.asarray(travel.speed_class_of_crew, np.int64),
        work_class=work_class,
        fixed=np.array([len(past) for past in problem.past_of_crew], np.int64),
        available=free,
        period=windows.period,
        duty=windows.duty,
        window_start=windows.window_start,
        opens=windows.opens,
        closes=windows.closes,
        repair=work_minutes,
        able=problem.within_reach.astype(np.uint8),
        horizon=problem.horizon_minutes,
    )


def order_of(problem: RepairProblem, plan: Plan, moved: NDArray[np.bool_]) -> Order:
    """Return the order of a plan's jobs, as far as the search moves them; it is not timed yet."""
    from solvers.timing_kernels import Order

    crews, jobs = len(problem.crews), len(problem.jobs)
    numbers = {
        crew: [number for job in sequence if moved[number := problem.job_index[job]]]
        for crew, sequence in plan.sequences().items()
    }
    order = Order(
        sequence=np.zeros((crews, jobs), np.int32),
        length=np.zeros(crews, np.int64),
        crew_of=np.zeros(jobs, np.int32),
        finish=np.zeros(jobs, np.int64),
        by_finish=np.array(sorted(job for sequence in numbers.values() for job in sequence), np.int32),
        gain=np.zeros(jobs, np.int64),
    )
    for crew, sequence in numbers.items():
        number = problem.crew_index[crew]
        order.length[number] = len(sequence)
        order.sequence[number, : len(sequence)] = sequence
        order.crew_of[sequence] = number
    for job, visit in problem.past.items():
        order.finish[job] = visit.finish
    return order
