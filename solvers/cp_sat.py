"""The whole problem in CP-SAT, in a child process: exact on small problems, with a proven bound on all.

It starts from the best rule, or from sequences given, and never returns a plan worse than that. The model is
written in `cp_model`; the judge prices every plan it finds. Its bound holds for every plan under the judge's
rules; where buffers or roads that open make the model kinder than the judge, bound and plan may not meet even
when both are the best there are.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lifeline.condition_check import forgets_nothing
from lifeline.errors import InfeasiblePlan
from lifeline.evaluation import evaluate
from lifeline.plan import LAST_MINUTE
from lifeline.schedule import schedule
from solvers.child import Outcome, run_in_child
from solvers.dispatch import Sequences, hand_out_rest
from solvers.priority import RULES, outlook_on
from solvers.solver import Budget, OnProgress, Progress, Proposal, StoppedBy

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from solvers.cp_search import Rounds

EVALUATIONS_PER_SECOND = 100_000
"What a budget of evaluations means here: so many are one deterministic second, CP-SAT's own count of its work."

DEFAULT_DETERMINISTIC_SECONDS = 5.0
"The work of a run without a budget; about as many seconds on one core of 2026."

DEFAULT_WALL_SECONDS = 30.0
"When the clock ends a run without a budget all the same."

WINDING_UP_SECONDS = 0.1
"How long before its deadline the child is asked to stop by itself, so that its last bound is not lost."

SEARCH = "solvers.cp_search:find_in_child"
"What the child process calls."

MEMORY_BYTES = 8 * 2**30
"Address space of the child; it ends rather than take more."


def solve(
    problem: RepairProblem,
    *,
    budget: Budget,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    start: Mapping[str, Sequence[str]] | None = None,
) -> Proposal:
    """Return the best plan found and a bound on all plans: at least as good as every rule, and as `start` if given."""
    search = CpRun(problem, budget, on_progress, start)
    if search.has_something_to_do:
        search.look(seed, SEARCH)
    return search.proposal()


class CpRun:
    """One run: the best plan by the judge, the bound, and what has been spent."""

    def __init__(
        self,
        problem: RepairProblem,
        budget: Budget,
        on_progress: OnProgress | None,
        start: Mapping[str, Sequence[str]] | None,
        *,
        with_rules: bool = True,
    ) -> None:
        """Judge the given sequences and, `with_rules`, every rule's; the best is where CP-SAT starts."""
        self.problem, self.budget, self.on_progress = problem, budget, on_progress
        self.began = time.perf_counter()
        self.outlook = outlook_on(problem)
        self.stopped_by: StoppedBy = "finished"
        self.bound: int | None = None
        self.evaluations = 1
        self.trace: list[tuple[int, int]] = []
        first, *others = RULES
        self.plan, self.objective = self._judged(self.outlook.sequences(first) if start is None else start)[0]
        self._note()
        for rule in (others if start is None else (first, *others)) if with_rules else ():
            if not self.may_go_on("rules"):
                break
            self.judge(self.outlook.sequences(rule))

    @property
    def has_something_to_do(self) -> bool:
        """Return whether somebody waits for a job that somebody can do, and there is time left."""
        if self.stopped_by != "finished":
            return False
        if not self.outlook.dark.weight.any() or not self.plan.visits:
            self.bound = self.objective
            return False
        return True

    @property
    def seconds(self) -> float:
        """Return the seconds since the run began."""
        return time.perf_counter() - self.began

    def judge(self, sequences: Mapping[str, Sequence[str]], claims: Sequence[str] = ()) -> None:
        """Let the judge compare the plan of these sequences with the best so far; `claims`: who gets parts first."""
        self.evaluations += 1
        try:
            judged = self._judged(sequences, claims)
        except InfeasiblePlan:
            # The model lets crews leave as roads open; with this order they would wait for each other for ever.
            return
        for plan, objective in judged:
            if objective < self.objective and forgets_nothing(self.problem, plan):
                self.plan, self.objective = plan, objective
                self._note()

    def _judged(
        self, sequences: Mapping[str, Sequence[str]], claims: Sequence[str] = ()
    ) -> list[tuple[Plan, int]]:
        """Return the plans of these sequences, with the jobs that they leave out handed out behind, and their costs.

        Behind given claims come those of the other jobs, in whatever order or as they set out.
        """
        problem, uses = self.problem, self.problem.conditions.uses
        others = [problem.jobs[job].id for job in uses if problem.jobs[job].id not in claims]
        order = [*claims, *others] if claims else None
        begun = schedule(problem, sequences, claims=order)
        whole = hand_out_rest(problem, begun, LAST_MINUTE)
        plans = [schedule(problem, whole, claims=order)]
        if order is not None:
            with suppress(InfeasiblePlan):
                plans.append(schedule(problem, whole))
        return [(plan, evaluate(problem, plan).objective) for plan in plans]

    def _note(self) -> None:
        self.trace.append((self.evaluations, self.objective))

    def look(self, seed: int, function: str) -> None:
        """Let a function that CP-SAT works in look, in a child process, and keep what it finds."""
        from solvers.cp_task import task_of

        task = task_of(self.problem, self.outlook.dark)
        seconds = self._seconds_left()
        effort = {
            "deterministic_seconds": self._deterministic_seconds(),
            "seconds": None if seconds is None else max(seconds - WINDING_UP_SECONDS, 0.001),
            "seed": seed,
        }
        argument = {"task": asdict(task), "start": self._rounds(), "effort": effort}
        outcome = run_in_child(
            function,
            argument,
            seconds=seconds,
            memory_bytes=MEMORY_BYTES,
            on_report=self._take,
            keep_on=lambda: self._is_wanted("cp_sat"),
        )
        self._conclude(outcome)

    def _seconds_left(self) -> float | None:
        if self.budget == Budget():
            return DEFAULT_WALL_SECONDS
        return None if self.budget.seconds is None else max(self.budget.seconds - self.seconds, 0.0)

    def _deterministic_seconds(self) -> float | None:
        if self.budget == Budget():
            return DEFAULT_DETERMINISTIC_SECONDS
        allowed = self.budget.evaluations
        return None if allowed is None else allowed / EVALUATIONS_PER_SECOND

    def _take(self, report: dict[str, Any]) -> None:
        if "bound" in report:
            self._raise_bound(report["bound"])
        else:
            self.judge(self._sequences(report["rounds"]), self._names(report.get("claims", ())))

    def _raise_bound(self, bound: int) -> None:
        self.bound = max(bound, self.bound or 0)

    def _conclude(self, outcome: Outcome) -> None:
        """Note how the child ended, and what it found if it got that far."""
        if outcome.ending != "finished":
            self.stopped_by = outcome.ending
            return
        found = outcome.value
        if found["bound"]:
            self._raise_bound(found["bound"])
        if found["rounds"] is not None:
            self.judge(self._sequences(found["rounds"]), self._names(found.get("claims", ())))
        self.evaluations += round(found["deterministic_seconds"] * EVALUATIONS_PER_SECOND)
        if not found["is_optimal"]:
            spent = found["deterministic_seconds"] >= (self._deterministic_seconds() or float("inf"))
            self.stopped_by = "evaluations" if spent else "seconds"

    def may_go_on(self, phase: str) -> bool:
        """Return False when whoever watches asks to stop or when time is up."""
        if not self._is_wanted(phase):
            return False
        if self.budget.seconds is not None and self.seconds >= self.budget.seconds:
            self.stopped_by = "seconds"
            return False
        return True

    def _is_wanted(self, phase: str) -> bool:
        """Tell whoever watches how far it is; return False when asked to stop."""
        if self.on_progress is not None:
            progress = Progress(phase, self.objective, self.evaluations, self.seconds, plan=self.plan)
            if self.on_progress(progress) is False:
                self.stopped_by = "cancelled"
                return False
        return True

    def _rounds(self) -> Rounds:
        """Return the best plan's sequences in numbers."""
        sequences = self.plan.sequences()
        return [
            [self.problem.job_index[job] for job in sequences.get(crew.id, ())] for crew in self.problem.crews
        ]

    def _sequences(self, rounds: Rounds) -> Sequences:
        return {crew.id: self._names(jobs) for crew, jobs in zip(self.problem.crews, rounds, strict=True)}

    def _names(self, jobs: Sequence[int]) -> list[str]:
        return [self.problem.jobs[job].id for job in jobs]

    def proposal(self, method: str = "cp_sat") -> Proposal:
        """Return the best plan by the judge, the bound, and how they were found."""
        return Proposal(
            plan=self.plan,
            objective=self.objective,
            method=method,
            evaluations=self.evaluations,
            seconds=self.seconds,
            stopped_by=self.stopped_by,
            reproducible=self.stopped_by in ("finished", "evaluations"),
            trace=tuple(self.trace),
            bound=self.bound,
        )
