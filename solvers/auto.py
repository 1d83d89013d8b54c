"""The plan to hand out: the best rule at once, then the search, with a proof of how good it is after or beside it.

What each part gets of the budget follows from the size of the problem alone, so that a budget of evaluations, or
none, gives the same plan and the same bound again. Where only a clock ends the run and no part of the problem is
small enough for CP-SAT to prove its best plan, there is nothing to make room for: the search goes on beside the bound.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lifeline.errors import SolverFailure
from lifeline.evaluation import evaluate
from lifeline.schedule import schedule
from solvers import cp_sat, local_search
from solvers.priority import outlook_on
from solvers.solver import Budget, OnProgress, Progress, Proposal

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from solvers.bounds import Bound

SEARCH_SHARE = 0.6
"Part of the seconds that the search gets where a proof is to come after it; the proof takes the rest."

FIRST_SHARE, BOUND_SHARE = 0.1, 0.5
"""Part of the seconds that the search gets before a bound is begun beside it: the bound needs a plan to begin with. And
part of the seconds that this bound gets, of one core."""

ENOUGH = 2_000
"Evaluations, times the square of the needed jobs, after which a search of a small problem makes room for the proof."

PROVEN_UP_TO = 15
"Independent parts of so many needed jobs are put before CP-SAT, which mostly proves the best plan of them."

PROOF_EVALUATIONS = 300_000
"What CP-SAT may spend on such a part in a run without a budget: three of its own seconds."

FULL_BOUND_UP_TO, SHORT_BOUND_UP_TO = 60, 400
"""Up to so many needed jobs a run without a budget solves all the linear programs of a bound; up to so many a few, on
the coarsest grid; beyond it has the bound that needs none."""

SHORT_ROUNDS = 3

FIRST_ROUND_SECONDS = 10.0
"What the first linear program of SHORT_BOUND_UP_TO needed jobs takes, as measured; it is not begun in less."

BOUND_UP_TO = 1_500
"With more needed jobs one linear program takes longer than anybody waits: their bound needs none."


def solve(
    problem: RepairProblem,
    *,
    budget: Budget,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Proposal:
    """Return the best plan found and a bound on all plans: never worse than any rule, never without a plan."""
    run = _Run(problem, budget, seed, on_progress)
    run.search()
    if run.searches_beside_the_bound:
        run.search_on_beside_the_bound()
    else:
        run.bound()
        run.prove()
        run.go_on()
    return run.ended()


class _Run:
    """One run: what its steps have found together, and the time that is left."""

    def __init__(
        self, problem: RepairProblem, budget: Budget, seed: int, on_progress: OnProgress | None
    ) -> None:
        """Start the clock."""
        self.problem, self.budget, self.seed, self.on_progress = problem, budget, seed, on_progress
        self.began = time.perf_counter()
        self.cancelled = False
        self.found: Proposal | None = None
        self.bound_beside = 0

    @property
    def proposal(self) -> Proposal:
        """Return what has been found so far; there is something once the search has been."""
        if self.found is None:
            raise SolverFailure("auto was asked for a plan before its search began: please report this.")
        return self.found

    @property
    def seconds(self) -> float:
        """Return the seconds since the run began."""
        return time.perf_counter() - self.began

    @property
    def is_late(self) -> bool:
        """Tell whether the seconds of the budget are up."""
        return self.budget.seconds is not None and self.seconds >= self.budget.seconds

    def ended(self) -> Proposal:
        """Return the proposal, with what ended the run."""
        if self.cancelled:
            return replace(self.proposal, stopped_by="cancelled", reproducible=False)
        if self.is_late and self.proposal.bound != self.proposal.objective:
            return replace(self.proposal, stopped_by="seconds", reproducible=False)
        return self.proposal

    @property
    def is_over(self) -> bool:
        """Tell whether nothing may follow: the best is proven, the time is up, or somebody said stop."""
        return self.cancelled or self.is_late or self.proposal.bound == self.proposal.objective

    @cached_property
    def parts(self) -> tuple[RepairProblem, ...]:
        """Return the independent problems that the problem falls into."""
        from solvers.parts import independent_parts

        return independent_parts(self.problem, outlook_on(self.problem).reduction)

    @cached_property
    def searches_beside_the_bound(self) -> bool:
        """Tell whether the clock alone ends the run, and no part of the problem is small enough for a proof."""
        by_the_clock = self.budget.seconds is not None and self.budget.evaluations is None
        return by_the_clock and min(map(_needed_jobs, self.parts)) > PROVEN_UP_TO

    def search(self) -> None:
        """Let the compiled search find the best plan it can."""
        found = local_search.solve(
            self.problem, budget=self._search_budget(), seed=self.seed, on_progress=self._passed_on
        )
        self.found = replace(found, method="auto", bound=0)

    def _search_budget(self) -> Budget:
        if self.budget.seconds is None:
            return self.budget
        enough = ENOUGH * _needed_jobs(self.problem) ** 2 + 1
        share = FIRST_SHARE if self.searches_beside_the_bound else SEARCH_SHARE
        return Budget(
            seconds=share * self.budget.seconds,
            evaluations=min(self.budget.evaluations or enough, enough),
        )

    def bound(self) -> None:
        """Prove a number that no plan is below."""
        found = self._bound_on(self.problem, self.proposal.plan, self._seconds_left(), self._passed_on_beside)
        self._take_bound(found.objective, found.reproducible)

    def search_on_beside_the_bound(self) -> None:
        """Search for the rest of the seconds, while one core finds a bound for part of them.

        The two share this process: whoever watches is told by the search alone.
        """
        if self.is_over:
            return
        with ThreadPoolExecutor(1) as pool:
            plan, seconds = self.proposal.plan, BOUND_SHARE * self._seconds_given
            seconds = min(seconds, self._seconds_left() or 0.0)
            bounding = pool.submit(self._bound_on, self.problem, plan, seconds, self._noted_beside)
            self.go_on()
            found = bounding.result()
        self._take_bound(found.objective, found.reproducible)

    def _noted_beside(self, progress: Progress) -> bool:
        """Note how far the bound is that is found beside the search; False once nobody wants it any more."""
        self.bound_beside = max(self.bound_beside, progress.objective)
        return not self.cancelled

    def _bound_on(
        self, problem: RepairProblem, plan: Plan, seconds: float | None, on_progress: OnProgress
    ) -> Bound:
        from solvers.bounds import lower_bound

        rounds, grids = self._effort(problem, seconds)
        return lower_bound(
            problem, seconds=seconds, rounds=rounds, grids=grids, best=plan, on_progress=on_progress
        )

    def prove(self) -> None:
        """Put small independent parts before CP-SAT, which may prove each best, or find something better."""
        from solvers.parts import plan_of_part

        if self.is_over:
            return
        parts = self.parts
        if min(map(_needed_jobs, parts)) > PROVEN_UP_TO:
            return
        if len(parts) == 1:
            # Its plan is taken as it stands: timed anew from its order alone, spare parts might go to others.
            found = self._prove_part(self.problem, self.proposal.plan, 1)
            self._take_plan(replace(found, bound=None))
            self._take_bound(found.bound or 0, found.reproducible)
            return
        sequences, bound, reproducible = dict(self.proposal.plan.sequences()), self.proposal.objective, True
        for number, part in enumerate(parts):
            own = schedule(part, plan_of_part(part, self.proposal.plan))
            found = self._prove_part(part, own, len(parts) - number)
            # A crew that the new plan leaves without work does not appear in it.
            sequences = {crew: jobs for crew, jobs in sequences.items() if crew not in part.crew_index}
            sequences |= found.plan.sequences()
            bound -= evaluate(part, own).objective - (found.bound or 0)
            reproducible = reproducible and found.reproducible
        plan = schedule(self.problem, sequences)
        objective = evaluate(self.problem, plan).objective
        self._take_plan(replace(found, plan=plan, objective=objective, bound=None))
        self._take_bound(bound, reproducible)

    def _prove_part(self, part: RepairProblem, own: Plan, parts_left: int) -> Proposal:
        """Return a plan of an independent part that is no worse than its own so far, and a bound on all of them."""
        left = self._seconds_left()
        seconds = None if left is None else left / parts_left
        if _needed_jobs(part) <= PROVEN_UP_TO:
            budget = Budget(seconds=seconds, evaluations=self.budget.evaluations or PROOF_EVALUATIONS)
            return cp_sat.solve(
                part, budget=budget, seed=self.seed, on_progress=self._passed_on_beside, start=own.sequences()
            )
        found = self._bound_on(part, own, seconds, self._passed_on_beside)
        objective = evaluate(part, own).objective
        return Proposal(own, objective, "auto", 0, 0.0, "finished", found.reproducible, bound=found.objective)

    def go_on(self) -> None:
        """Search on in the seconds that the proof has left."""
        left = self._seconds_left()
        if (
            left is None
            or self.is_over
            or _needed_jobs(self.problem) <= PROVEN_UP_TO
            or left < 0.05 * self._seconds_given
        ):
            return
        found = local_search.solve(
            self.problem,
            budget=Budget(seconds=left),
            seed=self.seed + 1,
            on_progress=self._passed_on,
            start=self.proposal.plan.sequences(),
        )
        self._take_plan(found)
        # It is stopped without anybody's having asked for that when its plan is proven the best meanwhile.
        stopped_by = (
            "finished" if found.stopped_by == "cancelled" and not self.cancelled else found.stopped_by
        )
        self.found = replace(self.proposal, stopped_by=stopped_by, reproducible=False)

    @property
    def _seconds_given(self) -> float:
        return self.budget.seconds or 0.0

    def _take_plan(self, found: Proposal) -> None:
        spent = self.proposal.evaluations + found.evaluations
        if found.objective < self.proposal.objective:
            trace = (*self.proposal.trace, (spent, found.objective))
            self.found = replace(self.proposal, plan=found.plan, objective=found.objective, trace=trace)
        self.found = replace(self.proposal, evaluations=spent, seconds=self.seconds)

    def _take_bound(self, bound: int, reproducible: bool) -> None:
        self.found = replace(
            self.proposal,
            bound=max(bound, self.proposal.bound or 0),
            reproducible=self.proposal.reproducible and reproducible,
            seconds=self.seconds,
        )
        if self.proposal.bound == self.proposal.objective and not self.cancelled:
            self.found = replace(self.proposal, stopped_by="finished")

    def _effort(self, problem: RepairProblem, seconds: float | None) -> tuple[int, Sequence[int]]:
        """Return how many linear programs to solve at most, and on which grids, as far as the clock does not decide."""
        from solvers.bounds import ROUNDS, SPANS

        needed = _needed_jobs(problem)
        if self.cancelled or needed > BOUND_UP_TO:
            return 0, SPANS
        if seconds is not None and seconds < FIRST_ROUND_SECONDS * (needed / SHORT_BOUND_UP_TO) ** 2:
            return 0, SPANS
        if seconds is not None or needed <= FULL_BOUND_UP_TO:
            return ROUNDS, SPANS
        return (SHORT_ROUNDS if needed <= SHORT_BOUND_UP_TO else 0), SPANS[:1]

    def _seconds_left(self) -> float | None:
        if self.budget.seconds is None:
            return None
        return max(self.budget.seconds - self.seconds, 1e-3)

    def _passed_on(self, progress: Progress) -> bool:
        """Tell whoever watches how far a search of the whole problem is; False once they want no more."""
        if self.found is None:
            return self._tell(replace(progress, bound=None))
        wanted = (
            self._passed_on_beside(progress)
            if self.found.objective <= progress.objective
            else self._tell(replace(progress, bound=self._best_bound))
        )
        # What is proven best needs no more search.
        return wanted and self.bound_beside < min(self.found.objective, progress.objective)

    def _passed_on_beside(self, progress: Progress) -> bool:
        """Tell whoever watches that a proof goes on, which may be of a part of the problem: the best is the run's."""
        best, bound = self.proposal, self._best_bound
        if progress.phase == "bound":
            bound = max(bound, progress.objective)
        return self._tell(replace(progress, objective=best.objective, bound=bound, plan=best.plan))

    @property
    def _best_bound(self) -> int:
        return max(self.proposal.bound or 0, self.bound_beside)

    def _tell(self, progress: Progress) -> bool:
        if self.on_progress is not None and not self.cancelled:
            self.cancelled = self.on_progress(replace(progress, seconds=self.seconds)) is False
        return not self.cancelled


def _needed_jobs(problem: RepairProblem) -> int:
    return int(np.count_nonzero(outlook_on(problem).reduction.needed))
