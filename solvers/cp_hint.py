"""A start for CP-SAT: every variable of the model as it is when crews drive given rounds."""

from __future__ import annotations

from collections.abc import Sequence

from solvers.cp_model import RepairModel
from solvers.cp_task import Task
from solvers.cp_times import times
from solvers.needs import NOTHING, Event, Need


def hint(model: RepairModel, rounds: Sequence[Sequence[int]]) -> None:
    """Hint who drives where, when each job begins and is done and when each event comes."""
    task, cp = model.task, model.cp
    timed = times(task, rounds)
    for key, drives in model.drives.items():
        cp.add_hint(drives, key in timed.drives)
    for (crew, job), does in model.does.items():
        cp.add_hint(does, timed.crew.get(job) == crew)
    for job, late in model.late.items():
        cp.add_hint(late, job not in timed.crew)
        cp.add_hint(model.clock[job], timed.clock.get(job, task.horizon))
        if model.done[job] is not model.clock[job]:
            cp.add_hint(model.done[job], timed.done.get(job, task.horizon))
    for unit in task.waits.units:
        if unit.jobs[0] in timed.begins:
            cp.add_hint(model.begins[unit.jobs[0]], timed.begins[unit.jobs[0]])
    comes = coming(task, timed.done)
    for number, event in enumerate(task.needs.events):
        cp.add_hint(model.comes[number], comes[number])
        cp.add_hint(model.given_up[number], comes[number] >= event.closes)


def coming(task: Task, done: dict[int, int]) -> list[int]:
    """Return when each event comes if nothing holds itself up: no earlier than it does in truth."""
    events = task.needs.events
    done = {**dict(task.waits.past), **done}
    comes = [event.closes for event in events]
    changed = True
    while changed:
        changed = False
        for number, event in enumerate(events):
            minute = min(_minute(task, event, comes, done), event.closes)
            if minute < comes[number]:
                comes[number], changed = minute, True
    return comes


def _minute(task: Task, event: Event, comes: list[int], done: dict[int, int]) -> int:
    own = 0 if event.job == NOTHING else done.get(event.job, task.horizon)
    return max(event.opens, own, *(_met(task, need, comes, done) for need in event.needs))


def _met(task: Task, need: Need, comes: list[int], done: dict[int, int]) -> int:
    return min(
        (
            max(
                0 if other == NOTHING else comes[other],
                0 if job == NOTHING else done.get(job, task.horizon),
            )
            for other, job in need.ways
        ),
        default=task.horizon,
    )
