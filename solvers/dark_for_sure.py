"""Who is dark for sure while certain jobs are not done, whatever else is: the judge's replay of the best case.

Earlier repairs never hurt. Take two histories of repairs, one with each job no later than the other. Then at
every minute what works in the other works in the one, and every buffer has as much left: a group that drains in the
one has no working provider in either, so it drains in both; growth and black starts bring on no less from more; and
what an expiry leaves is the greatest set that stands by itself, which is no smaller in a larger one. So replay a
history in which the jobs of a set are never done and every other job is done at the earliest minute anybody could be
done with it. A node that is dark there at a minute is dark at that minute under every plan in which no job of the set
is done by then. Buffers, black starts and loops of dependencies are all as the judge has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import MINUTE, NODE, WHAT, Ints, Longs
from lifeline.jobs import MENDS_NOTHING
from solvers.dark import Dark, dark_part

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem


@dataclass(frozen=True, eq=False)
class BestCase:
    """The history in which every job is done at its earliest finish, with some jobs left out.

    `jobs` are those that can be done at all, in order of `minutes`, their earliest finishes. Those of the problem's
    history are among them, and are done in every plan: no set of jobs that might be left out has one of them.
    """

    problem: RepairProblem
    jobs: Longs
    minutes: Longs

    @classmethod
    def of(cls, problem: RepairProblem, earliest: Longs) -> BestCase:
        """Put the jobs that finish before the horizon and bring something back in order of their earliest finishes."""
        jobs = np.flatnonzero((earliest < problem.horizon_minutes) & (problem.mended[1] != MENDS_NOTHING))
        jobs = jobs[np.argsort(earliest[jobs], kind="stable")]
        return cls(problem, jobs, earliest[jobs])

    @cached_property
    def dark(self) -> Dark:
        """Return the part of the city that is dark without buffers and can come back."""
        return dark_part(self.problem)

    @cached_property
    def nodes(self) -> Longs:
        """Return the numbers in the system of the nodes of `dark`."""
        cascade = self.problem.cascade
        return np.flatnonzero((cascade.without_buffers.works == 0) & cascade.restorable)

    @cached_property
    def _parts(self) -> tuple[Longs, Longs]:
        """Return for each job whether it mends a link, and the number of the node or link in the system."""
        is_link, part = self.problem.mended
        return is_link[self.jobs], part[self.jobs]

    def log_without(self, left_out: Longs) -> Ints:
        """Return the judge's log up to the horizon when these jobs are never done."""
        from lifeline.growth_kernels import replay

        is_link, part = self._parts
        kept = ~np.isin(self.jobs, left_out)
        state = self.problem.cascade.after.copy()
        network, end = self.problem.system.compiled.network, self.problem.horizon_minutes
        log: Ints = replay(network, state, self.minutes[kept], is_link[kept], part[kept], end)
        return log

    def lit_without(self, left_out: Longs, grid: Longs) -> NDArray[np.bool_]:
        """Tell for each node of `dark` and span of the grid whether it is ever on in it without these jobs."""
        from lifeline.kernels import BACK

        works = self.problem.cascade.after.works
        place = np.full(len(works), -1, np.int64)
        place[self.nodes] = np.arange(len(self.nodes))
        log = self.log_without(left_out)
        log = log[place[log[:, NODE]] >= 0]
        node, minute, back = place[log[:, NODE]], log[:, MINUTE], log[:, WHAT] == BACK
        change = np.zeros((len(self.nodes), len(grid)), np.int64)
        change[:, 0] = works[self.nodes]
        np.add.at(change, (node[back], np.searchsorted(grid, minute[back], "right") - 1), 1)
        np.add.at(change, (node[~back], np.searchsorted(grid, minute[~back], "left")), -1)
        lit: NDArray[np.bool_] = np.cumsum(change, axis=1)[:, :-1] > 0
        return lit

    @cached_property
    def floor(self) -> int:
        """Return what the history costs in which no job is left out: no plan costs less."""
        return int((self.minutes_dark(self.log_without(self.jobs[:0])) * self.dark.weight).sum())

    def minutes_dark(self, log: Ints) -> Longs:
        """Return how many minutes each node of `dark` is dark up to the horizon, by a log."""
        from lifeline.kernels import BACK

        works = self.problem.cascade.after.works
        left = self.problem.horizon_minutes - log[:, MINUTE].astype(np.int64)
        minutes = np.where(works == 0, self.problem.horizon_minutes, 0).astype(np.int64)
        np.add.at(minutes, log[:, NODE], np.where(log[:, WHAT] == BACK, -left, left))
        return minutes[self.nodes]
