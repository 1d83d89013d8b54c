"""When each customer's services are back, and what that hangs on.

A return hangs on the job whose finish brought it, and needs further jobs: those without any one of which, all others
done at their times, it is not back by then. Who never comes back waits for jobs nobody does, or behind parts that wait
for each other for ever.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.evaluation import NOT_BACK, Evaluation, evaluate
from lifeline.plan import Visit
from lifeline.purpose import evaluate_without, most_replays, waiting_for
from lifeline.restart import restored_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lifeline.repair import RepairProblem

Longs = NDArray[np.int64]

DESCRIBING = ("name", "kind", "district", "persons", "critical")

UNDONE = "undone"
"Never back: it waits for jobs that are not in the plan, named in `waits_for`."
LOOP = "loop"
"Never back: parts wait for each other for ever; `waits_for` names the loop where it is known which."
SHORT = "short"
"Never back in full: what is left cannot carry it, or has no room for it."
BECAUSE = (UNDONE, LOOP, SHORT)


def returns(evaluation: Evaluation) -> pd.DataFrame:
    """Return a row for each customer and service that was served before the shock, in order of both.

    Columns: customer, name, kind, district, persons, critical, service; `minute`, as `Evaluation.etr` has it; `job` and
    `crew`, whose finish brought it back, "" where it was never out or is never back; `needs`, the jobs it needs to be
    back by then and to stay, in order of finish; `because` and `waits_for`, for what is never back. The later jobs of a
    large city, of which more would have to be left out than `most_replays` allows, are in `needs` only where they are
    the `job`.
    """
    table = _Table(evaluation)
    minute, hinge = table.back(evaluation)
    needs = _needs(table, minute)
    because, waits_for = _never(table, minute)
    jobs = _hinges(table, minute, hinge, needs)
    crew_of = {visit.job: visit.crew for visit in evaluation.plan.visits}
    frame = table.frame.assign(minute=minute, job=jobs, crew=[crew_of.get(job, "") for job in jobs])
    # Tuples stay tuples only in columns that are known to hold anything.
    frame["needs"] = pd.Series([tuple(needed) for needed in needs], dtype=object)
    frame["because"] = pd.Series(because, dtype=object)
    frame["waits_for"] = pd.Series(waits_for, dtype=object)
    return frame


def _hinges(table: _Table, minute: Longs, hinge: Longs, needs: list[list[str]]) -> list[str]:
    """Return for each row the job that brought it back, and put it among the jobs it needs.

    Under rules that count flow, people may come back as others go: then it hangs on the last job it needs by then.
    """
    evaluation = table.evaluation
    finish = {visit.job: (visit.finish, visit.job) for visit in evaluation.plan.visits}
    hinges = []
    for row, (when, visit) in enumerate(zip(minute.tolist(), hinge.tolist(), strict=True)):
        by_then = [job for job in needs[row] if finish[job][0] <= when]
        job = evaluation.visit_jobs[visit] if visit >= 0 else (by_then[-1] if by_then else "")
        if job and job not in needs[row]:
            needs[row] = sorted([*needs[row], job], key=lambda name: finish[name])
        hinges.append(job)
    return hinges


class _Table:
    """The rows of the table: one a customer and service; and of which of them each portion is a part."""

    def __init__(self, evaluation: Evaluation) -> None:
        """Take the portions that were served before the shock."""
        self.evaluation = evaluation
        problem, portions = evaluation.problem, evaluation.portions
        compiled = problem.system.compiled
        self.portion = np.flatnonzero(problem.cascade.levels_before[portions.node] > 0)
        key = portions.customer[self.portion] * len(compiled.services) + portions.service[self.portion]
        found, self.row = np.unique(key, return_inverse=True)
        customer, service = np.divmod(found, max(len(compiled.services), 1))
        customers = problem.system.customers.set_index("id").loc[compiled.customer_ids[customer].tolist()]
        self.frame = pd.DataFrame({"customer": compiled.customer_ids[customer]})
        for name in DESCRIBING:
            self.frame[name] = customers[name].to_numpy()
        self.frame["service"] = np.array(compiled.services, object)[service]

    def back(self, evaluation: Evaluation) -> tuple[Longs, Longs]:
        """Return for each row the minute of its return and the number of the visit that brought it, or -1.

        Of several portions the last one counts, of several visits in that minute the last.
        """
        nodes = len(evaluation.problem.cascade.levels_before)
        last, on, by = np.zeros(nodes, np.int64), np.ones(nodes, bool), np.full(nodes, -1, np.int64)
        # Rows are in order of time, so a node's last switch is what stays.
        switches = evaluation.switches
        last[switches[:, 1]], on[switches[:, 1]] = switches[:, 0], switches[:, 2] == 1
        by[switches[:, 1]] = switches[:, 3]
        node = evaluation.portions.node[self.portion]
        minute = np.zeros(len(self.frame), np.int64)
        np.maximum.at(minute, self.row, last[node])
        dark = np.zeros(len(self.frame), bool)
        np.logical_or.at(dark, self.row, ~on[node])
        hinge = np.full(len(self.frame), -1, np.int64)
        is_last = (last[node] == minute[self.row]) & ~dark[self.row]
        np.maximum.at(hinge, self.row[is_last], by[node[is_last]])
        return np.where(dark, NOT_BACK, minute), hinge

    def of_nodes(self, nodes: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell for each row whether it has a portion at one of these nodes."""
        found = np.zeros(len(self.frame), bool)
        np.logical_or.at(found, self.row, nodes[self.evaluation.portions.node[self.portion]])
        return found


def _needs(table: _Table, minute: Longs) -> list[list[str]]:
    """Return for each row the jobs without any one of which it is later than planned, in order of finish.

    What is never out may need jobs as well: those that come before its buffers end.
    """
    evaluation = table.evaluation
    plan = evaluation.plan
    needs: list[list[str]] = [[] for _ in minute]
    left = most_replays(evaluation.problem)
    for visit in sorted(plan.visits, key=lambda visit: (visit.finish, visit.job))[:left]:
        then, _ = table.back(evaluate_without(evaluation, visit.job))
        for row in np.flatnonzero((minute != NOT_BACK) & (_late(then) > minute)).tolist():
            needs[row].append(visit.job)
    return needs


def _late(minute: Longs) -> Longs:
    return np.where(minute == NOT_BACK, np.iinfo(np.int64).max, minute)


def _never(table: _Table, minute: Longs) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return for each row why it is never back, "" where it is, and for what it waits."""
    because = [SHORT if never else "" for never in minute == NOT_BACK]
    waits_for: list[tuple[str, ...]] = [() for _ in minute]
    for row, loop in _loops(table, minute == NOT_BACK):
        because[row], waits_for[row] = LOOP, loop
    for row, jobs in _undone(table, minute == NOT_BACK):
        because[row], waits_for[row] = UNDONE, jobs
    return because, waits_for


def _undone(table: _Table, never: NDArray[np.bool_]) -> list[tuple[int, tuple[str, ...]]]:
    """Return the rows that come back if what is not in the plan is done after it, and those of these jobs they need."""
    evaluation = table.evaluation
    done = {visit.job for visit in evaluation.plan.visits}
    undone = [job.id for job in evaluation.problem.jobs if job.id not in done]
    if not undone or not never.any():
        return []
    helped = never & (_back_after(table, undone) != NOT_BACK)
    needs: dict[int, list[str]] = {row: [] for row in np.flatnonzero(helped).tolist()}
    for job in undone[: most_replays(evaluation.problem)]:
        gone = waiting_for(evaluation.problem, job)
        without = _back_after(table, [other for other in undone if other not in gone])
        for row in np.flatnonzero(helped & (without == NOT_BACK)).tolist():
            needs[row].append(job)
    # Where any one of several jobs would do, none alone is needed: it waits for all of them.
    return [(row, tuple(jobs or undone)) for row, jobs in needs.items()]


def _back_after(table: _Table, jobs: Sequence[str]) -> Longs:
    """Return the minutes of return if somebody did these jobs as well, in the minute after the plan."""
    evaluation = table.evaluation
    end = evaluation.finish_minute + 1
    more = tuple(Visit("", job, end - 1, end - 1, end - 1, end) for job in jobs)
    plan = replace(evaluation.plan, visits=(*evaluation.plan.visits, *more))
    return table.back(evaluate(evaluation.problem, plan))[0]


def _loops(table: _Table, never: NDArray[np.bool_]) -> list[tuple[int, tuple[str, ...]]]:
    """Return the rows that stay dark behind parts that wait for each other, and the first loop that holds them.

    A loop holds a row that came back if every part of it that waits for a provider could black start.
    """
    cascade = table.evaluation.problem.cascade
    stuck = never & table.of_nodes(cascade.levels_restored == 0)
    if not stuck.any() or not cascade.loops:
        return []
    loops = dict.fromkeys(np.flatnonzero(stuck).tolist(), cascade.loops[0] if len(cascade.loops) == 1 else ())
    if len(cascade.loops) > 1:
        for loop in reversed(cascade.loops[: most_replays(table.evaluation.problem)]):
            for row in np.flatnonzero(stuck & ~table.of_nodes(~_with_starts(table, loop))).tolist():
                loops[row] = loop
    return list(loops.items())


def _with_starts(table: _Table, loop: Sequence[str]) -> NDArray[np.bool_]:
    """Return which nodes work after every repair if all parts of a loop could black start."""
    problem: RepairProblem = table.evaluation.problem
    there = problem.system.compiled.network.black_start_nodes.tolist()
    numbers = [problem.system.compiled.node_index[part] for part in loop]
    return restored_by(problem.cascade, sorted({*there, *numbers}))
