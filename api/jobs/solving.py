"""An answer by its deadline, whatever happens to the child that works on it.

The child tells of its best plan as it goes on, or of its `answer` so far with how much is `worked_out`. Whether it then
is killed, hangs or runs out of memory, the best so far is the answer. Where there is none when time grows short, an
understudy makes one by a rule in a fresh child.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from api.jobs.children import Outcome

UNDERSTUDY_SHARE, MOST_UNDERSTUDY_SECONDS = 0.4, 4.0
"How long before its deadline a solve without any plan gets an understudy: part of its seconds, and the most of it."

OVERDUE_SECONDS = 5.0
"What a solve gets whose deadline is over before it begins, as after a stop of the service: enough for a rule."

STARTING_SECONDS = 0.25
"Until a child is asked, and until its answer is here: the child gets so much less."

ENOUGH_SECONDS = 50.0
"Every method without a budget is through by then; see `DEFAULT_WALL_SECONDS` of the solvers."

Ending = Literal["answered", "so far", "refused", "cancelled", "nothing"]


@dataclass(frozen=True)
class Solve:
    """What is to be solved: a function for children, the one for when time is short, and the argument of both."""

    function: str
    understudy: str
    argument: dict[str, Any]
    memory_bytes: int | None = None
    niceness: int = 0


@dataclass(frozen=True)
class Solved:
    """How a solve ended: with the function's answer, the best so far, or nothing.

    `answer` is as the function returns it; of a plan `so far` it has the plan, its label and its figures only, of
    what-ifs those worked out by then. `why` says why it is no more than that.
    """

    ending: Ending
    answer: dict[str, Any] = field(default_factory=dict)
    why: str = ""
    problems: tuple[dict[str, Any], ...] = ()
    kind: str = ""


class Runs(Protocol):
    """What runs a function in a child: `Children.run`."""

    async def run(
        self,
        function: str,
        argument: Any,
        *,
        seconds: float,
        memory_bytes: int | None = None,
        niceness: int = 0,
        on_report: Callable[[Any], None] | None = None,
        cancel: asyncio.Event | None = None,
    ) -> Outcome:
        """Return how that went."""
        ...


async def solved(
    children: Runs,
    solve: Solve,
    *,
    seconds: float,
    on_report: Callable[[Any], None] | None = None,
    cancel: asyncio.Event | None = None,
    is_enough: Callable[[], bool] = lambda: False,
    best: dict[str, Any] | None = None,
) -> Solved:
    """Return an answer within `seconds`; of a solve that is overdue, a rule's as soon as can be.

    When `cancel` is set and `is_enough` says so, the best so far is wanted; otherwise nothing is.
    `best` is the best report from before, where the solve was begun already and broken off.
    """
    run = _Run(children, solve, on_report, cancel, is_enough, best)
    if seconds <= 0:
        if run.needs_help:
            await run.understudy(OVERDUE_SECONDS)
        return run.ended("Its deadline was over before it could begin.")
    deadline = asyncio.get_running_loop().time() + seconds
    tasks = [asyncio.ensure_future(run.principal(seconds))]
    try:
        short = min(UNDERSTUDY_SHARE * seconds, MOST_UNDERSTUDY_SECONDS)
        await asyncio.wait(tasks, timeout=seconds - short)
        if run.needs_help:
            left = deadline - asyncio.get_running_loop().time()
            tasks.append(asyncio.ensure_future(run.understudy(left)))
        await tasks[0]
        if run.needs_help:
            await tasks[-1]
        return run.ended()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Run:
    """One solve: the best plan told of, and how its child ended."""

    def __init__(
        self,
        children: Runs,
        solve: Solve,
        on_report: Callable[[Any], None] | None,
        cancel: asyncio.Event | None,
        is_enough: Callable[[], bool],
        best: dict[str, Any] | None,
    ) -> None:
        self.children, self.solve, self.on_report, self.cancel = children, solve, on_report, cancel
        self.is_enough = is_enough
        self.best = best
        self.outcome: Outcome | None = None

    async def principal(self, seconds: float) -> None:
        """Let a child look for the plan until the deadline."""
        argument = {**self.solve.argument, "seconds": self._seconds_to_search(seconds)}
        self.outcome = await self._run(self.solve.function, argument, seconds)

    def _seconds_to_search(self, seconds: float) -> float | None:
        """Return how long the child may take: as long as was asked for, and never beyond the deadline.

        None where neither seconds nor evaluations were asked for and there is time enough: then each method has its
        own budget, and the plan comes out the same again.
        """
        asked, left = self.solve.argument.get("seconds"), max(seconds - STARTING_SECONDS, STARTING_SECONDS)
        if asked is not None:
            return min(float(asked), left)
        has_count = self.solve.argument.get("evaluations") is not None
        return left if has_count or left < ENOUGH_SECONDS else None

    async def understudy(self, seconds: float) -> None:
        """Have a rule's plan made; it counts only while there is no other."""
        outcome = await self._run(self.solve.understudy, self.solve.argument, seconds)
        if self.outcome is None:
            self.outcome = outcome

    @property
    def needs_help(self) -> bool:
        """Tell whether there is nothing to answer yet, and nothing that says why there can be none."""
        ending = None if self.outcome is None else self.outcome.ending
        return self.best is None and ending not in ("finished", "refused", "cancelled")

    async def _run(self, function: str, argument: dict[str, Any], seconds: float) -> Outcome:
        return await self.children.run(
            function,
            argument,
            seconds=seconds,
            memory_bytes=self.solve.memory_bytes,
            niceness=self.solve.niceness,
            on_report=self._take,
            cancel=self.cancel,
        )

    def _take(self, report: dict[str, Any]) -> None:
        if is_better(report, self.best):
            self.best = {**report}
        if self.best is not None and report.get("bound") is not None:
            self.best["bound"] = max(report["bound"], self.best.get("bound") or 0)
        if self.on_report is not None:
            self.on_report(report)

    def ended(self, why: str = "") -> Solved:
        """Return what there is."""
        outcome = self.outcome or Outcome("seconds")
        if outcome.ending == "finished" and not why:
            return Solved("answered", outcome.value)
        # Orders or news that a search could not heed are no reason to keep back a plan that heeds them.
        if outcome.ending == "refused" and (self.best is None or outcome.kind != "InfeasiblePlan"):
            return Solved("refused", {}, outcome.message, outcome.problems, outcome.kind)
        if outcome.ending == "cancelled" and not self.is_enough():
            return Solved("cancelled")
        stopped = "It was found good enough." if outcome.ending == "cancelled" else "Its time was up."
        why = why or outcome.message or stopped
        if self.best is None:
            return Solved("nothing", {}, why)
        return Solved("so far", _as_answer(self.best, outcome.ending), why)


def is_better(report: dict[str, Any], best: dict[str, Any] | None) -> bool:
    """Tell whether a report has a better plan, or an answer with more worked out, than the best one so far."""
    if "answer" in report:
        return best is None or report["worked_out"] > best["worked_out"]
    return "plan" in report and (best is None or report["objective"] < best["objective"])


def _as_answer(best: dict[str, Any], ending: str) -> dict[str, Any]:
    """Return what was told of as a function would have answered it."""
    if "answer" in best:
        return dict(best["answer"])
    objective, bound = best["objective"], best.get("bound")
    gap = None if bound is None else (objective - bound) / objective if objective else 0.0
    return {
        "label": "optimal" if bound == objective else best["label"],
        "objective": objective,
        "bound": bound,
        "gap": gap,
        "stopped_by": ending if ending != "finished" else "seconds",
        "reproducible": False,
        "seconds": best["seconds"],
        "plan_sha256": best["plan_sha256"],
        "documents": {"plan": best["plan"]},
    }
