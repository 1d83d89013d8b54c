"""CP-SAT at work on a task, in whatever process: sequences and bounds go out as plain numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solvers.blocking import Blocking, blocking_sets
from solvers.cp_conditions import claims_of
from solvers.cp_hint import hint
from solvers.cp_model import RepairModel, build_model
from solvers.cp_task import Task
from solvers.needs import NOTHING

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

Rounds = list[list[int]]
"The jobs of each crew in order, by number; jobs that can wait until after the horizon are in none."

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Effort:
    """How long to look: deterministic seconds (CP-SAT's own count of its work), seconds on the clock, or both."""

    deterministic_seconds: float | None
    seconds: float | None
    seed: int


@dataclass(frozen=True)
class Finding:
    """What CP-SAT found: its last rounds, a bound on the cost of every plan, whether all that is the best.

    `claims` are the jobs that use parts, in the order in which they get them.
    """

    rounds: Rounds | None
    bound: int
    is_optimal: bool
    deterministic_seconds: float
    claims: tuple[int, ...] = ()


def find(
    task: Task,
    start: Rounds | None,
    effort: Effort,
    report: Report,
    *,
    kept: Rounds | None = None,
    blocking: Sequence[Blocking] | None = None,
) -> Finding:
    """Look for the best rounds, from a start if given, and report each better ones and each better bound.

    Jobs in the rounds `kept` stay in that order. The task's `blocking` sets are worked out unless given.
    """
    from ortools.sat.python import cp_model

    model = build_model(task, blocking_sets(task.needs) if blocking is None else blocking, kept)
    if start is not None:
        hint(model, start)
    solver = cp_model.CpSolver()
    # One worker: with several, what is found depends on which is quicker.
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = effort.seed % 2**31
    if effort.deterministic_seconds is not None:
        solver.parameters.max_deterministic_time = effort.deterministic_seconds
    if effort.seconds is not None:
        solver.parameters.max_time_in_seconds = effort.seconds
    solver.best_bound_callback = lambda bound: report({"bound": _whole(model, bound)})
    told = _teller(model, report)
    status = solver.solve(model.cp, told)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return Finding(
        rounds=rounds_of(model, solver.value) if found else None,
        # Where the model allows of no plan at all there is nothing to be said of what plans cost.
        bound=0 if status == cp_model.INFEASIBLE else _whole(model, solver.best_objective_bound),
        is_optimal=status == cp_model.OPTIMAL,
        deterministic_seconds=solver.response_proto.deterministic_time,
        claims=tuple(claims_of(model, solver.value)) if found else (),
    )


def _whole(model: RepairModel, bound: float) -> int:
    """Return a bound in the judge's units; the model's is a whole number that a double holds exactly."""
    return max(0, round(bound)) * model.weight_unit + model.task.needs.fixed_cost


def _teller(model: RepairModel, report: Report) -> cp_model.CpSolverSolutionCallback:
    from ortools.sat.python import cp_model

    class Teller(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
        def on_solution_callback(self) -> None:
            report({"rounds": rounds_of(model, self.value), "claims": claims_of(model, self.value)})

    return Teller()


def rounds_of(model: RepairModel, value: Callable[[Any], int]) -> Rounds:
    """Return the rounds of a solution."""
    after = {(crew, here): there for (crew, here, there), drives in model.drives.items() if value(drives)}
    rounds: Rounds = []
    for crew in range(len(model.task.crews)):
        jobs, here = [], NOTHING
        while (crew, here) in after:
            here = after[crew, here]
            jobs.append(here)
        rounds.append(jobs)
    return rounds


def find_in_child(argument: dict[str, Any], report: Report) -> dict[str, Any]:
    """Do the same for a task written as JSON: the entry of the child process."""
    finding = find(Task.from_plain(argument["task"]), argument["start"], Effort(**argument["effort"]), report)
    return {
        "rounds": finding.rounds,
        "claims": list(finding.claims),
        "bound": finding.bound,
        "is_optimal": finding.is_optimal,
        "deterministic_seconds": finding.deterministic_seconds,
    }
