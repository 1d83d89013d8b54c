"""Sequences that keep the orders given: a desk's own where they do, else around what has to be kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from lifeline.condition_check import could_still_be_done
from lifeline.errors import ConflictingOrders, InfeasiblePlan
from lifeline.plan import LAST_MINUTE
from lifeline.schedule import schedule
from solvers.dispatch import Sequences, dispatch
from solvers.kept_orders import Kept, keep_orders, ordered_jobs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem


def appointments(problem: RepairProblem) -> Kept:
    """Return sequences of the jobs on which it hangs whether orders are kept; with as many of them done as can be."""
    ordered = ordered_jobs(problem)
    kept = keep_orders(problem, ordered)
    return kept if kept.sequences is not None else keep_orders(problem, ordered, strict=False)


def dispatch_in_order(
    problem: RepairProblem, rank: NDArray[np.float64] | None, kept: Callable[[], Kept]
) -> Sequences:
    """Return each crew's jobs by a rule, so that every order is kept and no job is forgotten.

    A desk shares out appointments one by one and may give itself no way to keep the last. Then it begins with the
    sequences of `kept` and hands out everything else behind them. ConflictingOrders where no plan keeps the orders.
    """
    handed = dispatch(problem, rank)
    if problem.conditions.is_empty:
        return handed
    tried = [_Attempt.of(problem, handed)]
    if tried[0].is_good:
        return handed
    tried.append(tried[0].completed())
    if tried[1].is_good or not problem.locks:
        return _best(tried).sequences
    found = kept()
    if found.sequences is not None:
        begun = schedule(problem, found.sequences)
        around = _Attempt.of(problem, dispatch(problem, rank, begun=begun.visits))
        tried += [around, around.completed()]
        if not tried[-1].is_good:
            tried.append(_Attempt.of(problem, found.sequences).completed())
    best = _best(tried)
    if best.plan is None or best.forgotten:
        _refuse(problem, found, has_plan=best.plan is not None)
    return best.sequences


def _refuse(problem: RepairProblem, kept: Kept, *, has_plan: bool) -> None:
    """Raise ConflictingOrders if orders are why no plan was found, or why one forgets jobs."""
    from solvers.conflicts import Conflict, conflict_in

    conflict = conflict_in(problem)
    if conflict is None and not has_plan:
        conflict = Conflict(problem.locks, kept.reason, is_smallest=False, is_certain=False)
    if conflict is not None:
        raise ConflictingOrders(str(conflict), conflict.locks)


@dataclass(frozen=True)
class _Attempt:
    """Sequences with their plan, None where they break an order; how many jobs it forgets and leaves out."""

    problem: RepairProblem
    sequences: Sequences
    plan: Plan | None
    forgotten: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @classmethod
    def of(cls, problem: RepairProblem, sequences: Sequences) -> _Attempt:
        """Time the sequences, and look for jobs that are not done though somebody could."""
        try:
            plan = schedule(problem, sequences)
        except InfeasiblePlan:
            return cls(problem, sequences, None)
        done = {visit.job for visit in plan.visits}
        missing = [job.id for job in problem.to_do if job.id not in done and not job.is_optional]
        forgotten = tuple(job for job in missing if could_still_be_done(problem, plan, job))
        return cls(problem, sequences, plan, forgotten, left_out(problem, plan))

    @property
    def is_good(self) -> bool:
        """Tell whether every order is kept and nothing is forgotten."""
        return self.plan is not None and not self.forgotten and not self.left_out

    def completed(self) -> _Attempt:
        """Put forgotten jobs, as far as that breaks nothing, behind the others, each where it is done soonest."""
        best: _Attempt = self
        goes_on = True
        while goes_on:
            goes_on = False
            for job in best.forgotten:
                trials = best.with_one_more(job)
                better = [trial for trial in trials if trial.plan is not None and trial.misses < best.misses]
                if better:
                    best, goes_on = min(better, key=_Attempt.last_minute), True
        return best

    def with_one_more(self, job: str) -> Iterator[_Attempt]:
        """Yield the sequences with a job, and its partners, put last on each choice of crews."""
        problem = self.problem
        number = problem.job_index[job]
        group = [
            member
            for member in problem.conditions.group_of.get(number, (number,))
            if member not in problem.past
        ]
        without = {
            crew: [name for name in jobs if problem.job_index[name] not in group]
            for crew, jobs in self.sequences.items()
        }
        able = [np.flatnonzero(problem.within_reach[:, member]).tolist() for member in group]
        for crews in product(*able):
            if len(set(crews)) < len(crews):
                continue
            sequences = {crew: list(jobs) for crew, jobs in without.items()}
            for member, crew in zip(group, crews, strict=True):
                sequences.setdefault(problem.crews[crew].id, []).append(problem.jobs[member].id)
            yield _Attempt.of(problem, sequences)

    @property
    def misses(self) -> tuple[int, int]:
        """Return how many jobs are forgotten, and how many of those with orders are not done."""
        return len(self.forgotten), len(self.left_out)

    def last_minute(self) -> int:
        """Return when the last job is done."""
        return max((visit.finish for visit in self.plan.visits), default=0) if self.plan else LAST_MINUTE


def _best(attempts: Sequence[_Attempt]) -> _Attempt:
    """Return the first of those that keep most."""
    return min(attempts, key=lambda attempt: (attempt.plan is None, attempt.misses))


def left_out(problem: RepairProblem, plan: Plan) -> tuple[str, ...]:
    """Return the jobs with orders that a plan leaves out although somebody could do them."""
    done = {visit.job for visit in plan.visits}
    names = (problem.jobs[job].id for job in ordered_jobs(problem))
    return tuple(name for name in names if name not in done and name not in problem.unassignable)
