"""A start for CP-SAT: every variable of the model as it is when crews drive given rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from solvers.cp_model import RepairModel
from solvers.cp_task import NO_WAY, Task
from solvers.needs import NOTHING, Event, Need


def hint(model: RepairModel, rounds: Sequence[Sequence[int]]) -> None:
    """Hint who drives where, when each job is done and when each event comes."""
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
    comes = coming(task, timed.done)
    for number, event in enumerate(task.needs.events):
        cp.add_hint(model.comes[number], comes[number])
        cp.add_hint(model.given_up[number], comes[number] >= event.closes)


@dataclass(frozen=True)
class Times:
    """Rounds with times: of each job the crew, its clock and the minute; jobs not done by the horizon are left out."""

    crew: dict[int, int] = field(default_factory=dict)
    clock: dict[int, int] = field(default_factory=dict)
    done: dict[int, int] = field(default_factory=dict)
    drives: set[tuple[int, int, int]] = field(default_factory=set)


def times(task: Task, rounds: Sequence[Sequence[int]]) -> Times:
    """Return when the jobs of these rounds are done, if crews never wait and all roads that can be are open."""
    timed = Times()
    for number, jobs in enumerate(rounds):
        crew = task.crews[number]
        clock, here = crew.gone, NOTHING
        for job in jobs:
            if job not in crew.jobs:
                continue
            row = number if here == NOTHING else len(task.crews) + here
            takes = task.drives[crew.speed_class][row][len(task.crews) + job]
            clock += takes + task.repair[job]
            minute = task.calendars[crew.calendar].minute(clock)
            if takes == NO_WAY or minute > task.horizon:
                break
            timed.crew[job], timed.clock[job], timed.done[job] = number, clock, minute
            timed.drives.add((number, here, job))
            here = job
    return timed


def coming(task: Task, done: dict[int, int]) -> list[int]:
    """Return when each event comes if nothing holds itself up: no earlier than it does in truth."""
    events = task.needs.events
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
