"""A certified lower bound: a number that no plan's objective is below, so that a plan can say how good it is.

The steps: who is dark for sure (`dark_for_sure`), what crews can have done by when (`crew_time`), a linear program
of both that learns which repairs each node waits for (`bound_lp`, `blocking_sets`), and the bound that its prices
prove in whole numbers (`bound_certificate`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import Longs
from solvers.solver import OnProgress, Progress

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from solvers.blocking_sets import BlockingSets
    from solvers.bound_lp import LinearProgram, Solution

SPANS = (12, 24, 64, 128)
"Spans of the grids, one after the other: the first is for learning blocking sets."

ROUNDS = 40
SLACK = 1e-3
"By how much of a share a blocking set must be broken to count."

LEAST_GAIN = 5e-4
"A grid is left for a finer one when a round raises the bound by less than this share."

FINER_TAKES = 3
"A finer grid is not begun when less than so many times what has been spent is left."

MOST_MINUTES = 4_000_000
"Grids end here, seven years on: one byte a minute and pool."


@dataclass(frozen=True)
class Bound:
    """A number that no feasible plan's objective is below, and how it was found.

    `objective` is in the judge's unit (persons x thousandths x minutes). `reproducible` is False when the
    clock or whoever watched ended the work before it was done.
    """

    objective: int
    how: str
    seconds: float
    reproducible: bool


def lower_bound(
    problem: RepairProblem,
    *,
    seconds: float | None = None,
    rounds: int = ROUNDS,
    grids: Sequence[int] = SPANS,
    best: Plan | None = None,
    on_progress: OnProgress | None = None,
) -> Bound:
    """Return a bound that holds for every plan `check_plan` accepts; it is proven, whenever it stops.

    `rounds` is the number of linear programs solved at most, `grids` the spans of time in each, coarse ones first.
    `best`, the best plan known, ends the work when its objective is reached, and tells how long the time is that
    matters.
    """
    ascent = _Ascent(problem, seconds, rounds, best, on_progress)
    ascent.start()
    for spans in grids:
        if not (ascent.may_go_on() and ascent.has_time_for_finer()):
            break
        ascent.climb(spans)
    return ascent.bound()


class _Ascent:
    """One run: the best bound so far, and what has been spent."""

    def __init__(
        self,
        problem: RepairProblem,
        seconds: float | None,
        rounds: int,
        best: Plan | None,
        on_progress: OnProgress | None,
    ) -> None:
        """Begin with what everybody knows: no objective is below 0."""
        self.problem = problem
        self.seconds, self.rounds, self.on_progress = seconds, rounds, on_progress
        self.began = time.perf_counter()
        self.objective, self.how, self.stopped = 0, "No objective is below 0.", False
        self.target, self.last_back = _worth(problem, best)
        self.solved = 0
        self.cost_by: tuple[Longs, NDArray[np.float64]] | None = None
        self.sets: BlockingSets | None = None

    def start(self) -> None:
        """Find the floor: every job at its earliest finish, each crew in as many places at once as need be."""
        from solvers.crew_time import CrewTime
        from solvers.dark_for_sure import BestCase

        self.crew_time = CrewTime.of(self.problem)
        self.best_case = BestCase.of(self.problem, self.crew_time.earliest)
        self.weights = [int(weight) for weight in self.best_case.dark.weight if weight]
        how = "Every job is done at the earliest minute at which any crew could be done with it as its first."
        self._raise_to(self.best_case.floor, how)

    def may_go_on(self) -> bool:
        """Return whether there is more to prove, and leave to go on."""
        done = self.objective >= self.target or self.solved >= self.rounds
        if self.stopped or done or not (self.weights and self.crew_time.pools):
            return False
        spent = time.perf_counter() - self.began
        if self.on_progress is not None:
            progress = Progress("bound", self.objective, self.solved, spent)
            self.stopped = self.on_progress(progress) is False
        if self.seconds is not None and spent >= self.seconds:
            self.stopped = True
        return not self.stopped

    def has_time_for_finer(self) -> bool:
        """Tell whether a finer grid fits in: it takes several times what all coarser ones have."""
        if self.seconds is None or not self.solved:
            return True
        spent = time.perf_counter() - self.began
        self.stopped = self.stopped or self.seconds < (1 + FINER_TAKES) * spent
        return not self.stopped

    def climb(self, spans: int) -> None:
        """Solve the program on a grid of so many spans until it breaks no blocking set any more."""
        from solvers.bound_lp import LinearProgram, capacity_of

        grid = self._grid(spans)
        sets = self._sets_on(grid)
        capacity = capacity_of(self.crew_time.pools, grid)
        program = LinearProgram(len(self.problem.jobs), capacity, sets)
        program.add_cuts(program.all_cuts())
        last, solution = 0, None
        round_seconds = 0.0
        while self.may_go_on():
            left, round_began = self._seconds_left(), time.perf_counter()
            if left is not None and left < round_seconds:
                self.stopped = True
                break
            solution = program.solve(left)
            self.solved += 1
            if solution is None:
                self.stopped = True
                break
            value = self._certify(program, solution)
            if value < last * (1 + LEAST_GAIN) or not self._learn(program, solution):
                break
            last, round_seconds = value, time.perf_counter() - round_began
        if solution is not None and program.spans > 1:
            self._remember_costs(program, solution)

    def _remember_costs(self, program: LinearProgram, solution: Solution) -> None:
        """Keep how cost and time add up over a grid, half and half, for a finer grid to share out its spans by."""
        cost = (program.cost * (1.0 - solution.served)).sum(axis=0)[:-1]
        width = np.diff(program.grid)[:-1]
        both = np.cumsum(cost / max(cost.sum(), 1.0) + width / width.sum())
        self.cost_by = program.grid[:-1], np.concatenate([[0.0], both / both[-1]])

    def _sets_on(self, grid: Longs) -> BlockingSets:
        """Return the blocking sets known so far; at first those of one job."""
        from solvers.blocking_sets import BlockingSets, Clusters

        if self.sets is None:
            self.sets = BlockingSets(Clusters.of(self.best_case), grid)
            self.sets.add_necessary_jobs()
        else:
            self.sets = self.sets.on(grid)
        return self.sets

    def _grid(self, spans: int) -> Longs:
        """Return minutes that cut the time that matters into spans, shorter ones first, up to the horizon."""
        horizon = self.problem.horizon_minutes
        if self.cost_by is not None:
            minutes, share = self.cost_by
            inner = np.interp(np.linspace(0.0, 1.0, spans), share, minutes).round().astype(np.int64)
            return np.unique([*inner.tolist(), horizon])
        end = min(self.last_back or self._busy_minutes(), horizon - 1, MOST_MINUTES)
        inner = np.round(np.linspace(0.0, 1.0, spans) ** 1.5 * end).astype(np.int64)
        return np.unique([*inner.tolist(), horizon])

    def _busy_minutes(self) -> int:
        """Return a guess of how long the crews are busy: the work of each pool, shared out without a gap."""
        longest = max(int(pool.work.sum()) // len(pool.crews) for pool in self.crew_time.pools)
        jobs = self.crew_time.earliest
        return 2 * (longest + int(jobs[self.crew_time.can_do.any(axis=0)].max()))

    def _seconds_left(self) -> float | None:
        if self.seconds is None:
            return None
        return self.seconds - (time.perf_counter() - self.began)

    def _certify(self, program: LinearProgram, solution: Solution) -> int:
        """Return the bound that a solution's prices prove, after keeping it if it is the best."""
        from solvers.bound_certificate import proven

        cuts = list(program.cut_row)
        objective = proven(
            len(self.problem.jobs),
            program.capacity,
            solution.capacity_price,
            program.sets,
            cuts,
            solution.cut_price,
        )
        how = f"The prices of a linear program over {program.spans} spans of time prove it."
        self._raise_to(objective, how)
        return objective

    def _learn(self, program: LinearProgram, solution: Solution) -> bool:
        """Add the blocking sets that a solution breaks; return whether there were any."""
        broken = program.broken_cuts(solution, SLACK)
        if not broken:
            program.sets.separate(solution.served, solution.done, SLACK)
            broken = program.broken_cuts(solution, SLACK)
        program.add_cuts(broken)
        return bool(broken)

    def _raise_to(self, objective: int, how: str) -> None:
        from solvers.bound_certificate import rounded_up

        objective = rounded_up(objective, self.weights)
        if objective > self.objective:
            self.objective, self.how = objective, how

    def bound(self) -> Bound:
        """Return the best bound so far."""
        return Bound(self.objective, self.how, time.perf_counter() - self.began, not self.stopped)


def _worth(problem: RepairProblem, plan: Plan | None) -> tuple[float, int]:
    """Return what a plan costs, and the minute at which it has all counted nodes back."""
    if plan is None:
        return float("inf"), 0
    from lifeline.evaluation import evaluate

    evaluation = evaluate(problem, plan)
    costs = evaluation.portions.node[evaluation.counted & (evaluation.portions.weight > 0)]
    back = evaluation.switches[np.isin(evaluation.switches[:, 1], costs), 0]
    return evaluation.objective, int(back.max(initial=0))
