"""The rules dispatchers use today, and one better than they have.

Every rule ranks the jobs; whoever is free next takes the best-ranked job it can do. `persons behind` a job
are the people without service whose cheapest way back leads over that job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, proxy

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import feeding_nodes
from lifeline.evaluation import evaluate
from lifeline.jobs import MENDS_NOTHING
from lifeline.schedule import schedule
from solvers.appointments import appointments, dispatch_in_order
from solvers.dark import Dark, dark_part
from solvers.dispatch import Sequences
from solvers.kept_orders import Kept
from solvers.reduction import Reduction, reduced_part
from solvers.solver import Budget, OnProgress, Proposal, Solver

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

Rank = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outlook:
    """What a rule may look at: the dark part of the city and who is behind each job."""

    problem: RepairProblem
    _sequences: dict[str, Sequences] = field(default_factory=dict, repr=False)

    def sequences(self, rule: str) -> Sequences:
        """Return each crew's jobs in the order in which a rule hands them out; asked again, the same answer."""
        if rule not in self._sequences:
            self._sequences[rule] = dispatch_in_order(
                self.problem, RULES[rule](self), lambda: self.appointments
            )
        return self._sequences[rule]

    @cached_property
    def appointments(self) -> Kept:
        """Return sequences of the jobs on which it hangs whether orders are kept, if any keep them."""
        return appointments(self.problem)

    @cached_property
    def dark(self) -> Dark:
        """Return the dark part of the problem."""
        return dark_part(self.problem)

    @cached_property
    def reduction(self) -> Reduction:
        """Return the dark part in its smallest form, for whoever tries many orders."""
        return reduced_part(self.problem)

    @cached_property
    def floor(self) -> int:
        """Return the bound that costs next to nothing: no plan is below what every job at its earliest would cost."""
        from solvers.bounds import lower_bound

        return lower_bound(self.problem, rounds=0).objective

    @cached_property
    def minutes(self) -> NDArray[np.float64]:
        """Return the repair minutes of each job, infinite for one that nobody can do."""
        jobs, unassignable = self.problem.jobs, self.problem.unassignable
        return np.array([np.inf if job.id in unassignable else job.repair_minutes for job in jobs], float)

    @cached_property
    def persons_behind(self) -> NDArray[np.int64]:
        """Return the weighted persons whose cheapest way back leads over each job."""
        return self._behind(self.dark.weight)

    @cached_property
    def critical_behind(self) -> NDArray[np.int64]:
        """Return how many services of critical facilities wait behind each job."""
        compiled, cascade = self.problem.system.compiled, self.problem.cascade
        critical = self.problem.system.customers["critical"].to_numpy(dtype=bool)[compiled.portions.customer]
        count = np.bincount(compiled.portions.node[critical], minlength=len(compiled.before.works))
        nodes = np.flatnonzero((cascade.without_buffers.works == 0) & cascade.restorable)
        return self._behind(np.where(cascade.works_before[nodes] > 0, count[nodes], 0))

    def _behind(self, worth: NDArray[np.int64]) -> NDArray[np.int64]:
        from solvers.dark_kernels import new_state
        from solvers.way_kernels import cheapest_ways, ways_to_targets

        state = new_state(self.dark)
        ways = cheapest_ways(self.dark, state, self.minutes)
        targets = np.flatnonzero((worth > 0) & np.isfinite(ways.cost))
        jobs, starts = ways_to_targets(self.dark, state, ways, targets)
        behind = np.zeros(len(self.problem.jobs), np.int64)
        np.add.at(behind, jobs, np.repeat(worth[targets], np.diff(starts)))
        return behind

    @cached_property
    def hops_from_source(self) -> NDArray[np.int64]:
        """Return how many links lie between each damaged component and the source that fed it before the shock."""
        compiled = self.problem.system.compiled
        before = compiled.before
        feeding = feeding_nodes(compiled.network, before)
        parent = np.where(feeding >= 0, feeding, np.arange(len(feeding)))
        depth = (feeding >= 0).astype(np.int64)
        while True:
            deeper = depth + depth[parent]
            if np.array_equal(deeper, depth):
                break
            depth, parent = deeper, parent[parent]
        depth[before.works == 0] = len(depth)
        network = compiled.network
        return np.array(
            [
                len(depth)
                if part == MENDS_NOTHING
                else min(depth[network.link_from[part]], depth[network.link_to[part]])
                if is_link
                else depth[part]
                for is_link, part in zip(*map(np.ndarray.tolist, self.problem.mended), strict=True)
            ],
            np.int64,
        )


def _ranked(*keys: NDArray[np.generic]) -> Rank:
    """Return each job's place when sorted by the keys, the first key first, ties by job number."""
    order = np.lexsort(tuple(reversed(keys)))
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order))
    return rank


def _nearest(outlook: Outlook) -> Rank | None:
    return None


def _most_customers(outlook: Outlook) -> Rank:
    return _ranked(-outlook.persons_behind)


def _customers_per_crew_hour(outlook: Outlook) -> Rank:
    return _ranked(-outlook.persons_behind / outlook.minutes)


def _upstream(outlook: Outlook) -> Rank:
    return _ranked(outlook.hops_from_source, -outlook.persons_behind)


def _critical_first(outlook: Outlook) -> Rank:
    return _ranked(-outlook.critical_behind, -outlook.persons_behind)


def _bundles(outlook: Outlook) -> Rank:
    from solvers.bundles import bundle_order

    order = bundle_order(outlook.reduction.dark, outlook.minutes)
    rank = np.full(len(outlook.minutes), np.inf)
    rank[order] = np.arange(len(order))
    return _ranked(rank)


RULES: Mapping[str, Callable[[Outlook], Rank | None]] = {
    "nearest": _nearest,
    "most_customers": _most_customers,
    "customers_per_crew_hour": _customers_per_crew_hour,
    "upstream": _upstream,
    "critical_first": _critical_first,
    "bundles": _bundles,
}

KNOWN_RULES = tuple(name for name in RULES if name != "bundles")
"The rules dispatchers know; `bundles` is ours."


_OUTLOOKS: WeakKeyDictionary[RepairProblem, Outlook] = WeakKeyDictionary()


def outlook_on(problem: RepairProblem) -> Outlook:
    """Return the outlook on a problem; as long as the problem lives it is the same one, so nothing is done twice."""
    if problem not in _OUTLOOKS:
        # A proxy, because a problem that its own outlook held on to would live for ever.
        _OUTLOOKS[problem] = Outlook(proxy(problem))
    return _OUTLOOKS[problem]


def _solver(rule: str) -> Solver:
    def solve(
        problem: RepairProblem, *, budget: Budget, seed: int = 0, on_progress: OnProgress | None = None
    ) -> Proposal:
        began = time.perf_counter()
        plan = schedule(problem, outlook_on(problem).sequences(rule))
        return Proposal(
            plan=plan,
            objective=evaluate(problem, plan).objective,
            method=rule,
            evaluations=1,
            seconds=time.perf_counter() - began,
            stopped_by="finished",
            reproducible=True,
        )

    solve.__doc__ = f"Return the plan of the rule {rule!r}; it needs no budget and no chance."
    return solve


nearest = _solver("nearest")
most_customers = _solver("most_customers")
customers_per_crew_hour = _solver("customers_per_crew_hour")
upstream = _solver("upstream")
critical_first = _solver("critical_first")
bundles = _solver("bundles")
