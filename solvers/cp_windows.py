"""CP-SAT on one window of a plan after another, in whatever process.

A window frees some jobs that the same crews could do at about the same time, around one that many people wait
for; every other job stays with its crew, in its order. Where the free jobs go is then looked for exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from solvers.blocking import Blocking, blocking_sets
from solvers.cp_hint import coming
from solvers.cp_search import Effort, Report, Rounds, find
from solvers.cp_task import Task
from solvers.cp_times import times
from solvers.needs import NOTHING

FREE_JOBS = 10
"Jobs that a window frees: so many that most windows are solved to the end within a second."

WINDOW_SECONDS = 0.3
"Deterministic seconds for one window."


def improve(task: Task, start: Rounds, effort: Effort, report: Report) -> dict[str, Any]:
    """Improve rounds window by window until the deterministic seconds are spent; report each better rounds."""
    rng, blocking = np.random.default_rng(effort.seed), blocking_sets(task.needs)
    rounds, cost = start, cost_of(task, start)
    allowed = effort.deterministic_seconds
    spent = 0.0
    while cost and (allowed is None or spent < allowed):
        free = window(task, rounds, rng)
        if len(free) < 2:
            spent += WINDOW_SECONDS
            continue
        found, seconds = _solved(task, rounds, free, blocking, effort.seed)
        spent += seconds
        found_cost = cost_of(task, found)
        if found_cost < cost:
            rounds, cost = found, found_cost
            report({"rounds": rounds})
    return {"rounds": rounds, "bound": 0, "is_optimal": False, "deterministic_seconds": spent}


def improve_in_child(argument: dict[str, Any], report: Report) -> dict[str, Any]:
    """Do the same for a task written as JSON: the entry of the child process."""
    return improve(Task.from_plain(argument["task"]), argument["start"], Effort(**argument["effort"]), report)


def cost_of(task: Task, rounds: Sequence[Sequence[int]]) -> int:
    """Return what rounds cost beyond what is fixed, as the model counts."""
    comes = coming(task, times(task, rounds).done)
    return sum(e.weight * (minute - e.opens) for e, minute in zip(task.needs.events, comes, strict=True))


def window(task: Task, rounds: Rounds, rng: np.random.Generator) -> list[int]:
    """Return the jobs to free: a job that somebody waits for last, drawn by cost, and those done nearest in time to it
    by crews that could do it.
    """
    done = times(task, rounds).done
    comes = coming(task, done)
    costs = [e.weight * (minute - e.opens) for e, minute in zip(task.needs.events, comes, strict=True)]
    share = np.array(costs, float) / sum(costs)
    job = _last_job(task, int(rng.choice(len(costs), p=share)), comes, done)
    if job == NOTHING:
        return []
    able = [number for number, crew in enumerate(task.crews) if job in crew.jobs]
    known = {other for crew in task.crews for other in crew.jobs}
    at = done.get(job, task.horizon)
    near = [other for number in able for other in rounds[number] if other in known]
    near.sort(key=lambda other: (abs(done.get(other, task.horizon) - at), other))
    return sorted({job, *near[: FREE_JOBS - 1]})


def _last_job(task: Task, event: int, comes: Sequence[int], done: dict[int, int]) -> int:
    """Return the job that an event waits for last, going back from need to need; NOTHING if it waits for none."""
    seen = set()
    while event not in seen:
        seen.add(event)
        what = task.needs.events[event]
        waits = [(done.get(what.job, task.horizon), what.job, NOTHING)] if what.job != NOTHING else []
        for need in what.needs:
            ways = [
                max(
                    (done.get(job, task.horizon) if job != NOTHING else 0, job, NOTHING),
                    (comes[other] if other != NOTHING else 0, NOTHING, other),
                )
                for other, job in need.ways
            ]
            waits += [min(ways)] if ways else []
        _, job, event = max(waits, default=(0, NOTHING, NOTHING))
        if event == NOTHING:
            return job
    return NOTHING


def _solved(
    task: Task, rounds: Rounds, free: Sequence[int], blocking: Sequence[Blocking], seed: int
) -> tuple[Rounds, float]:
    """Return the best rounds found with only these jobs free, and the deterministic seconds that took."""
    narrow = replace(
        task,
        crews=tuple(
            replace(crew, jobs=tuple(job for job in crew.jobs if job in free or job in rounds[number]))
            for number, crew in enumerate(task.crews)
        ),
    )
    kept = [[job for job in jobs if job not in free] for jobs in rounds]
    finding = find(
        narrow, rounds, Effort(WINDOW_SECONDS, None, seed), lambda report: None, kept=kept, blocking=blocking
    )
    return finding.rounds or rounds, max(finding.deterministic_seconds, WINDOW_SECONDS / 100)
