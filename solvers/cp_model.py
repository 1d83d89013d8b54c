"""The whole repair problem as one CP-SAT model; `build_model` is its table of contents.

Crews drive on circuits (Miller, Tucker and Zemlin 1960 order the jobs on them by time), each on its own clock,
which stands still off duty. A job may be left for after the horizon: nobody need do what nobody waits for.
Who comes on when follows from the needs: each is met by one of its ways, no earlier than that way is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from solvers.cp_conditions import keep_the_conditions, work_is_entered_at_a_minute
from solvers.cp_task import NO_WAY, STAYS, Task
from solvers.loops import loops_of
from solvers.needs import NOTHING

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

EXACT_BITS = 52
"CP-SAT hands out objective and bound as doubles, which hold whole numbers of so many bits."

DEPOT = 0
"Node of each circuit for the crew's start; job number j is node j + 1."


@dataclass
class RepairModel:
    """The variables of the model, by what they say.

    `done`[job]: the minute it is done, the horizon if not before. `clock`[job]: minutes on duty its crew has
    behind it when it is done; `enters`[job], of jobs that wait for something, when it begins, and `begins`[job] the
    minute of that. `does`[crew, job], `drives`[crew, from, to] (NOTHING is the crew's start),
    `late`[job]: not before the horizon. `comes`[event]: the minute, unless it is `given_up`: not before
    waiting costs no more. `meets`[event, need, way]: this way meets the need.
    """

    task: Task
    cp: cp_model.CpModel
    done: dict[int, Any] = field(default_factory=dict)
    clock: dict[int, Any] = field(default_factory=dict)
    enters: dict[int, Any] = field(default_factory=dict)
    begins: dict[int, Any] = field(default_factory=dict)
    late: dict[int, Any] = field(default_factory=dict)
    does: dict[tuple[int, int], Any] = field(default_factory=dict)
    drives: dict[tuple[int, int, int], Any] = field(default_factory=dict)
    comes: list[Any] = field(default_factory=list)
    given_up: list[Any] = field(default_factory=list)
    meets: dict[tuple[int, int, int], Any] = field(default_factory=dict)

    @cached_property
    def crews_of(self) -> dict[int, list[int]]:
        """Return the crews that can do each job; jobs that nobody can or need do are not in it."""
        crews: dict[int, list[int]] = {}
        for number, crew in enumerate(self.task.crews):
            for job in crew.jobs:
                crews.setdefault(job, []).append(number)
        return dict(sorted(crews.items()))

    @cached_property
    def weight_unit(self) -> int:
        """Return the power of two in which weights are counted: 1 unless costs outgrow what doubles hold."""
        events = self.task.needs.events
        most = sum(event.weight * (event.closes - event.opens) for event in events)
        return 1 << max(0, most.bit_length() - EXACT_BITS)

    def drive(self, crew: int, here: int, there: int) -> int:
        """Return the least minutes from a job (NOTHING: from the crew's start) to another, NO_WAY if there is none."""
        return _drive(self.task.drives, self.task, crew, here, there)

    def done_at(self, job: int) -> Any:
        """Return when a job is done: the horizon for one that nobody can do."""
        return self.done.get(job, self.past.get(job, self.task.horizon))

    @cached_property
    def past(self) -> dict[int, int]:
        """Return when each job of the history is done."""
        return dict(self.task.waits.past)


def _drive(
    drives: tuple[tuple[tuple[int, ...], ...], ...], task: Task, crew: int, here: int, there: int
) -> int:
    crews, who = len(task.crews), task.crews[crew]
    row = drives[who.speed_class][who.site if here == NOTHING else crews + here]
    return row[crews + there]


def build_model(
    task: Task,
    blocking: Iterable[tuple[int, tuple[int, ...]]] = (),
    kept: Sequence[Sequence[int]] | None = None,
) -> RepairModel:
    """Return the model of a task; `blocking` are (event, jobs without which it stays away), which only help.

    Jobs in the rounds `kept` stay with their crew and in their order; other jobs may come in between.
    """
    from ortools.sat.python import cp_model

    model = RepairModel(task, cp_model.CpModel())
    each_job_is_done_once_or_late(model)
    work_is_entered_at_a_minute(model)
    each_crew_drives_one_round(model, kept)
    work_adds_up_on_the_crews_clock(model)
    minutes_follow_from_the_clock(model)
    a_crew_works_at_one_place_at_a_time(model)
    roads_are_open_when_a_crew_leaves(model)
    keep_the_conditions(model)
    each_need_is_met_or_given_up(model)
    nothing_brings_itself_on(model)
    an_event_waits_for_what_blocks_it(model, blocking)
    minimise_lost_service(model)
    return model


def each_job_is_done_once_or_late(model: RepairModel) -> None:
    """One crew that can does the job before the horizon, or none does."""
    cp, task = model.cp, model.task
    for job, crews in model.crews_of.items():
        model.clock[job] = cp.new_int_var(0, task.horizon, f"clock {job}")
        model.done[job] = (
            model.clock[job]
            if all(task.calendars[task.crews[crew].calendar].is_real_time for crew in crews)
            else cp.new_int_var(0, task.horizon, f"done {job}")
        )
        model.late[job] = cp.new_bool_var(f"late {job}")
        for crew in crews:
            model.does[crew, job] = cp.new_bool_var(f"crew {crew} does {job}")
        cp.add_exactly_one([model.late[job], *(model.does[crew, job] for crew in crews)])
        cp.add(model.done[job] == task.horizon).only_enforce_if(model.late[job])


def each_crew_drives_one_round(model: RepairModel, kept: Sequence[Sequence[int]] | None) -> None:
    """From its start through its jobs, each once, and back without a cost; jobs that are to be first come first."""
    firsts = model.task.waits.first
    for number, crew in enumerate(model.task.crews):
        fixed = [job for job in (kept[number] if kept else ()) if job in crew.jobs]
        follows = dict(pairwise([NOTHING, *fixed]))
        arcs: list[tuple[int, int, Any]] = []
        for here in (NOTHING, *crew.jobs):
            if here != NOTHING:
                arcs.append((here + 1, DEPOT, model.cp.new_bool_var(f"crew {number} ends at {here}")))
                arcs.append((here + 1, here + 1, ~model.does[number, here]))
            for there in crew.jobs:
                if (
                    there in follows.values()
                    and (here == NOTHING or here in fixed)
                    and follows.get(here) != there
                ):
                    continue
                if there in firsts and here != NOTHING and here not in firsts:
                    continue
                if there != here and model.drive(number, here, there) != NO_WAY:
                    drives = model.cp.new_bool_var(f"crew {number} drives {here} to {there}")
                    model.drives[number, here, there] = drives
                    arcs.append((here + 1, there + 1, drives))
        if not crew.jobs:
            continue
        stays = model.cp.new_bool_var(f"crew {number} stays")
        for job in crew.jobs:
            model.cp.add_implication(stays, ~model.does[number, job])
        model.cp.add_circuit([*arcs, (DEPOT, DEPOT, stays)])


def work_adds_up_on_the_crews_clock(model: RepairModel) -> None:
    """A job is done no earlier than the one before it, the drive and the repair take, and before its crew leaves."""
    for (crew, here, there), drives in model.drives.items():
        minutes = model.drive(crew, here, there)
        before = model.task.crews[crew].gone if here == NOTHING else model.clock[here]
        if there in model.enters:
            model.cp.add(model.enters[there] >= before + minutes).only_enforce_if(drives)
        minutes += model.task.takes(crew, there)
        model.cp.add(model.clock[there] >= before + minutes).only_enforce_if(drives)
    for (crew, job), does in model.does.items():
        if model.task.crews[crew].leaves != STAYS:
            model.cp.add(model.clock[job] <= model.task.crews[crew].leaves).only_enforce_if(does)


def minutes_follow_from_the_clock(model: RepairModel) -> None:
    """A job is done at the minute to which its crew's calendar puts what the crew's clock then shows."""
    cp, task = model.cp, model.task
    for job, crews in model.crews_of.items():
        if model.done[job] is model.clock[job] or job in model.enters:
            continue
        for number in sorted({task.crews[crew].calendar for crew in crews}):
            calendar = task.calendars[number]
            able = [crew for crew in crews if task.crews[crew].calendar == number]
            within = cp.new_bool_var(f"{job} by calendar {number}")
            cp.add(sum(model.does[crew, job] for crew in able) == within)
            lag: Any = calendar.opens[0] - calendar.first[0]
            reached = within
            for span in range(1, len(calendar.first)):
                later = cp.new_bool_var(f"{job} in span {span} of calendar {number}")
                cp.add(model.clock[job] <= calendar.first[span]).only_enforce_if(within, ~later)
                cp.add(model.clock[job] > calendar.first[span]).only_enforce_if(later)
                cp.add_implication(later, reached)
                off = calendar.opens[span] - calendar.first[span]
                lag = lag + later * (off - calendar.opens[span - 1] + calendar.first[span - 1])
                reached = later
            cp.add(model.done[job] >= model.clock[job] + lag).only_enforce_if(within)


def a_crew_works_at_one_place_at_a_time(model: RepairModel) -> None:
    """Each job takes its crew at least the shortest drive there and the repair; these do not overlap."""
    for number, crew in enumerate(model.task.crews):
        visits = []
        for job in crew.jobs:
            into = [model.drive(number, here, job) for here in (NOTHING, *crew.jobs) if here != job]
            shortest = min((minutes for minutes in into if minutes != NO_WAY), default=0)
            size = shortest + model.task.takes(number, job)
            does, ends = model.does[number, job], model.clock[job]
            model.cp.add(ends >= crew.gone + size).only_enforce_if(does)
            visits.append(
                model.cp.new_optional_fixed_size_interval_var(
                    ends - size, size, does, f"visit {number} {job}"
                )
            )
        if len(visits) > 1:
            model.cp.add_no_overlap(visits)


def roads_are_open_when_a_crew_leaves(model: RepairModel) -> None:
    """Whoever leaves before a job has opened its roads drives at least as long as with all roads but those.

    Where there is no such way, the crew leaves after the job is done. In real time, which is never more than
    what the crew's clock would ask for.
    """
    cp, task = model.cp, model.task
    for closed in task.closed:
        if closed.job not in model.done and closed.job not in model.past:
            continue
        opened = model.done_at(closed.job)
        for (crew, here, there), drives in model.drives.items():
            shut = _drive(closed.drives, task, crew, here, there)
            takes = model.drive(crew, here, there)
            if shut == takes:
                continue
            total = takes + task.takes(crew, there)
            after = cp.new_bool_var(f"crew {crew} drives {here} to {there} after {closed.job}")
            cp.add(model.done[there] >= opened + total).only_enforce_if(drives, after)
            if shut == NO_WAY:
                cp.add_implication(drives, after)
                continue
            before = task.crews[crew].gone if here == NOTHING else model.clock[here]
            cp.add(model.clock[there] >= before + shut + task.takes(crew, there)).only_enforce_if(
                drives, ~after
            )


def each_need_is_met_or_given_up(model: RepairModel) -> None:
    """An event comes once its own job is done and each of its needs is met by one of its ways."""
    cp = model.cp
    events = model.task.needs.events
    model.comes = [
        cp.new_int_var(e.opens, max(e.closes, e.opens), f"event {n}") for n, e in enumerate(events)
    ]
    for number, event in enumerate(events):
        given_up = cp.new_bool_var(f"event {number} does not come")
        model.given_up.append(given_up)
        comes = model.comes[number]
        cp.add(comes == event.closes).only_enforce_if(given_up)
        if event.job != NOTHING:
            cp.add(comes >= model.done_at(event.job)).only_enforce_if(~given_up)
        for place, need in enumerate(event.needs):
            for way, (other, job) in enumerate(need.ways):
                meets = cp.new_bool_var(f"way {way} meets need {place} of event {number}")
                model.meets[number, place, way] = meets
                if other != NOTHING:
                    cp.add(comes >= model.comes[other]).only_enforce_if(meets)
                if job != NOTHING:
                    cp.add(comes >= model.done_at(job)).only_enforce_if(meets)
            cp.add_exactly_one(
                [given_up, *(model.meets[number, place, way] for way in range(len(need.ways)))]
            )


def nothing_brings_itself_on(model: RepairModel) -> None:
    """Events that could bring each other on do so in an order, by feeds always.

    By providers only if the event does not start alone; and not where it takes over from the event before,
    which has come by then.
    """
    events = model.task.needs.events
    links = [
        (other, number, place, way)
        for number, event in enumerate(events)
        for place, need in enumerate(event.needs)
        if need.is_feed or not event.starts_alone
        for way, (other, _) in enumerate(need.ways)
        if other != NOTHING
    ]
    loop = loops_of(len(events), [link[0] for link in links], [link[1] for link in links])
    size = Counter(loop)
    rank = {
        number: model.cp.new_int_var(0, size[label] - 1, f"rank {number}")
        for number, label in enumerate(loop)
    }
    stays = {
        number: _takes_over(model, number) for number, event in enumerate(events) if event.before != NOTHING
    }
    for other, number, place, way in links:
        if loop[other] == loop[number]:
            follows = model.cp.add(rank[number] >= rank[other] + 1)
            meets = model.meets[number, place, way]
            if number in stays and not events[number].needs[place].is_feed:
                follows.only_enforce_if(meets, ~stays[number])
            else:
                follows.only_enforce_if(meets)


def _takes_over(model: RepairModel, number: int) -> Any:
    """Return a literal: the event comes as it opens, from the event before, which has come."""
    event = model.task.needs.events[number]
    stays = model.cp.new_bool_var(f"event {number} takes over")
    model.cp.add(model.comes[number] == event.opens).only_enforce_if(stays)
    model.cp.add_implication(stays, ~model.given_up[event.before])
    return stays


def an_event_waits_for_what_blocks_it(
    model: RepairModel, blocking: Iterable[tuple[int, tuple[int, ...]]]
) -> None:
    """An event does not come before the first of the jobs is done without any of which it stays away."""
    first: dict[tuple[int, ...], Any] = {}
    for number, jobs in blocking:
        if jobs not in first:
            first[jobs] = model.done_at(jobs[0])
            if len(jobs) > 1:
                first[jobs] = model.cp.new_int_var(0, model.task.horizon, f"first of {jobs}")
                model.cp.add_min_equality(first[jobs], [model.done_at(job) for job in jobs])
        model.cp.add(model.comes[number] >= first[jobs]).only_enforce_if(~model.given_up[number])


def minimise_lost_service(model: RepairModel) -> None:
    """Every minute from an event's opening until it comes costs its weight, in whole units rounded down."""
    events, unit = model.task.needs.events, model.weight_unit
    model.cp.minimize(
        sum(
            event.weight // unit * (comes - event.opens)
            for event, comes in zip(events, model.comes, strict=True)
        )
    )
