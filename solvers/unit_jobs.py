"""The time-indexed program for repairs that all take the same time: exact, and written from other laws than the search.

It says only what INDP and lifeline can both say: connectivity without dependencies, jobs of one length, crews that
are alike and need not drive. There the crews work in slots, and a slot is a step of INDP.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

import pulp

from lifeline.errors import InvalidInput, SolverFailure
from lifeline.evaluation import evaluate
from lifeline.schedule import schedule
from solvers.dark import NEVER_WORKS, NO_JOB, Dark, dark_part
from solvers.indp.program import run_program
from solvers.solver import Budget, OnProgress, Proposal

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

ROUNDING = 1e-6
"Share of its value by which the solver's bound may be off; objectives are whole numbers."


def solve(
    problem: RepairProblem, *, budget: Budget, seed: int = 0, on_progress: OnProgress | None = None
) -> Proposal:
    """Return an optimal plan of a problem that `why_not` has nothing against, else raise InvalidInput.

    When the budget's seconds run out the best plan so far comes back with its bound.
    """
    began = time.perf_counter()
    dark = dark_part(problem)
    if reason := why_not(problem, dark):
        raise InvalidInput(
            f"The program of unit jobs cannot say this problem: {reason} Use method='local_search'."
        )
    model = _build(problem, dark)
    answer = run_program(model.program, seconds=budget.seconds)
    plan = schedule(problem, _sequences(problem, model, answer.found))
    objective = evaluate(problem, plan).objective
    slack = ROUNDING * max(1.0, abs(answer.bound))
    bound = objective if objective - answer.bound <= slack else max(0, ceil(answer.bound - slack))
    return Proposal(
        plan,
        objective,
        "unit_jobs",
        evaluations=1,
        seconds=time.perf_counter() - began,
        stopped_by="finished" if answer.proven else "seconds",
        reproducible=answer.proven,
        bound=bound,
    )


def why_not(problem: RepairProblem, dark: Dark) -> str | None:
    """Return in a sentence what the program cannot say of a problem; None when it can say it all."""
    if problem.unassignable:
        return f"no crew can do {min(problem.unassignable)!r}."
    if len({job.repair_minutes for job in problem.jobs}) > 1:
        return "its jobs take different times."
    if not problem.can_do.all():
        return "its crews can do different jobs."
    if any(crew.shifts or crew.available_from_minute for crew in problem.crews):
        return "its crews are not on duty all the time."
    if problem.travel.changes_with_repairs or problem.travel.minutes().any():
        return "its crews have to drive."
    if dark.unmet.any() or dark.dark_from.any():
        return "some of its nodes depend on others."
    return None


@dataclass
class _Model:
    """`done[slot][job]` and `on[slot][node]` after each slot; slots begin at 1, slot 0 is the start."""

    problem: RepairProblem
    dark: Dark
    slots: int
    program: pulp.LpProblem = field(default_factory=lambda: pulp.LpProblem("unit_jobs", pulp.LpMinimize))
    done: list[list[Any]] = field(default_factory=list)
    on: list[list[Any]] = field(default_factory=list)


def _build(problem: RepairProblem, dark: Dark) -> _Model:
    model = _Model(problem, dark, -(-len(problem.jobs) // len(problem.crews)))
    _jobs_stay_done_and_crews_are_few(model)
    _nodes_need_their_repair(model)
    for slot in range(1, model.slots + 1):
        _nodes_that_are_on_are_reached(model, slot)
    _minimise_lost_service(model)
    return model


def _jobs_stay_done_and_crews_are_few(model: _Model) -> None:
    """Write done[slot - 1] <= done[slot], all done in the end, and at most one job per crew and slot."""
    jobs = range(len(model.problem.jobs))
    model.done.append([0] * len(jobs))
    for slot in range(1, model.slots + 1):
        model.done.append([model.program.add_variable(f"done_{job}_{slot}", cat="Binary") for job in jobs])
        for job in jobs:
            model.program += model.done[slot - 1][job] <= model.done[slot][job]
        new = pulp.lpSum(model.done[slot][job] - model.done[slot - 1][job] for job in jobs)
        model.program += new <= len(model.problem.crews)
    for job in jobs:
        if model.slots:
            model.program += model.done[model.slots][job] == 1


def _nodes_need_their_repair(model: _Model) -> None:
    """Write on[slot] <= done[slot] of the job that mends the node."""
    nodes = range(len(model.dark.node_job))
    model.on.append([0] * len(nodes))
    for slot in range(1, model.slots + 1):
        model.on.append([model.program.add_variable(f"on_{node}_{slot}", 0, 1) for node in nodes])
        for node in nodes:
            if model.dark.node_job[node] != NO_JOB:
                model.program += model.on[slot][node] <= model.done[slot][model.dark.node_job[node]]


def _nodes_that_are_on_are_reached(model: _Model, slot: int) -> None:
    """Let each node that is on take a unit of flow from what works, over whole links and nodes that are on."""
    dark, on, done = model.dark, model.on[slot], model.done[slot]
    most = len(on)
    into: list[list[Any]] = [[] for _ in on]
    for number, (start, end, job) in enumerate(_ways(dark)):
        flow = model.program.add_variable(f"flow_{number}_{slot}", 0, most)
        into[end].append(flow)
        model.program += flow <= most * on[end]
        if job != NO_JOB:
            model.program += flow <= most * done[job]
        if start != most:
            into[start].append(-flow)
            model.program += flow <= most * on[start]
    for node in range(most):
        model.program += pulp.lpSum(into[node]) == on[node]


def _ways(dark: Dark) -> list[tuple[int, int, int]]:
    """Return from where to where service spreads, and over which job; number len(nodes) is all that works."""
    outside = len(dark.node_job)
    ways = [(outside, node, NO_JOB) for node in range(outside) if dark.fed[node]]
    for node in range(outside):
        for entry in range(dark.feeds_start[node], dark.feeds_start[node + 1]):
            ways.append((node, int(dark.feeds_node[entry]), int(dark.feeds_job[entry])))
    for job, (tail, head, way) in enumerate(zip(dark.job_tail, dark.job_head, dark.job_way, strict=True)):
        for start, end, bit in ((tail, head, 1), (head, tail, 2)):
            if way & bit and start == outside and end not in (outside, NEVER_WORKS):
                ways.append((outside, int(end), job))
    return ways


def _minimise_lost_service(model: _Model) -> None:
    """Minimise weight x minutes of each node: a node that is off after a slot is off until the next one ends."""
    minutes = model.problem.jobs[0].repair_minutes if model.problem.jobs else 0
    horizon = model.problem.horizon_minutes
    ends = [min(slot * minutes, horizon) for slot in range(model.slots + 2)]
    lost = (
        int(model.dark.weight[node]) * (ends[slot + 1] - ends[slot]) * (1 - model.on[slot][node])
        for slot in range(model.slots + 1)
        for node in range(len(model.dark.weight))
    )
    model.program += pulp.lpSum(lost)


def _sequences(problem: RepairProblem, model: _Model, found: bool) -> dict[str, list[str]]:
    """Hand out the jobs of each slot, one to a crew; without a solution, jobs come in order of their ids."""
    sequences: dict[str, list[str]] = {crew.id: [] for crew in problem.crews}
    if not found:
        for number, any_job in enumerate(problem.jobs):
            sequences[problem.crews[number % len(problem.crews)].id].append(any_job.id)
        return sequences
    handed: set[int] = set()
    for slot in range(1, model.slots + 1):
        new = [k for k, done in enumerate(model.done[slot]) if (done.varValue or 0) > 0.5 and k not in handed]
        if len(new) > len(problem.crews):
            raise SolverFailure("The program of unit jobs gave a slot more jobs than there are crews.")
        handed |= set(new)
        for crew, job in zip(problem.crews, new, strict=False):
            sequences[crew.id].append(problem.jobs[job].id)
    return sequences
