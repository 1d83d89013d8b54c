"""Tells of a plan that is being looked for: how far it is, and the best plan so far, so that it can be handed out."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from solvers import Progress

Report = Callable[[Any], None]

LEAST_SECONDS = 0.5
"Between two reports; the first plan is told of at once."


class Telling:
    """Reports the progress of one search, and its best plan whenever there is a better one.

    Only plans that cost less than the last one told of are passed on, so whoever keeps the last plan has the best.
    """

    def __init__(self, report: Report, *, label: str = "feasible") -> None:
        """Begin; `label` is what the plans are called that are told of."""
        self.report, self.label = report, label
        self.began = time.perf_counter()
        self.best: tuple[int, Plan, str] | None = None
        self.is_news = False
        self.told_at: float | None = None

    @property
    def seconds(self) -> float:
        """Return the seconds since it began."""
        return time.perf_counter() - self.began

    def plan(self, phase: str, plan: Plan, objective: int, bound: int | None = None) -> None:
        """Take note of a plan, and tell of it if it is the best and the last report is long enough ago."""
        if self.best is None or objective < self.best[0]:
            self.best, self.is_news = (objective, plan, self.label), True
        self._tell(phase, bound)

    def __call__(self, progress: Progress) -> None:
        """Take note of how far a solver is."""
        if progress.plan is not None:
            self.plan(progress.phase, progress.plan, progress.objective, progress.bound)
        else:
            self._tell(progress.phase, progress.bound)

    def _tell(self, phase: str, bound: int | None) -> None:
        if self.best is None or (self.told_at is not None and self.seconds - self.told_at < LEAST_SECONDS):
            return
        self.told_at = self.seconds
        objective, plan, label = self.best
        told = {"phase": phase, "objective": objective, "bound": bound, "seconds": round(self.seconds, 3)}
        if self.is_news:
            text = plan.to_json()
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            told |= {"label": label, "plan": text, "plan_sha256": sha256}
            self.is_news = False
        self.report(told)
