"""What a run made of several searches has spent so far, and how the last of them ended."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from solvers.solver import Budget, Proposal, StoppedBy


@dataclass
class Spending:
    """The spending of one run; its clock starts when it is made."""

    budget: Budget
    began: float = field(default_factory=time.perf_counter)
    evaluations: int = 0
    cancelled: bool = False
    all_reproducible: bool = True
    last_stop: StoppedBy = "finished"

    @property
    def seconds(self) -> float:
        """Return the seconds since the run began."""
        return time.perf_counter() - self.began

    @property
    def is_over(self) -> bool:
        """Tell whether the time is up, or somebody said stop."""
        is_late = self.budget.seconds is not None and self.seconds >= self.budget.seconds
        return self.cancelled or is_late

    @property
    def stopped_by(self) -> StoppedBy:
        """Return what ended the run: somebody who said stop, or what ended the last search."""
        return "cancelled" if self.cancelled else self.last_stop

    @property
    def reproducible(self) -> bool:
        """Tell whether a repeat gives the same plans."""
        return self.all_reproducible and not self.cancelled

    def add(self, found: Proposal) -> None:
        """Count what a search has spent."""
        self.evaluations += found.evaluations
        self.last_stop = found.stopped_by
        self.cancelled = self.cancelled or found.stopped_by == "cancelled"
        self.all_reproducible = self.all_reproducible and found.reproducible
