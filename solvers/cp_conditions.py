"""The laws of the model about what jobs wait for besides a crew and a road.

The jobs of a unit begin and end at the same minutes. A unit has a count of its own: of the minutes in which all its
crews are on duty and the site is open. Which minutes these are depends on who does its jobs, so there is a literal for
each choice of calendars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solvers.cp_waits import Hours, Unit

if TYPE_CHECKING:
    from solvers.cp_model import RepairModel


def work_is_entered_at_a_minute(model: RepairModel) -> None:
    """The jobs of a unit begin at one minute and end at one, after as many minutes that count as the slowest takes."""
    for unit in model.task.waits.units:
        for job in unit.jobs[1:]:
            model.cp.add(model.late[job] == model.late[unit.jobs[0]])
        for crew in range(len(model.task.crews)):
            mine = [model.does[crew, job] for job in unit.jobs if (crew, job) in model.does]
            if len(mine) > 1:
                model.cp.add_at_most_one(mine)
        if all(kind.minutes.is_real_time for kind in unit.hours):
            _in_real_time(model, unit)
        else:
            _in_some_hours(model, unit)


def _in_real_time(model: RepairModel, unit: Unit) -> None:
    """Every minute counts: all crews' clocks are the real one."""
    cp, horizon, name = model.cp, model.task.horizon, unit.jobs[0]
    begins = cp.new_int_var(0, horizon, f"{name} begins")
    done = cp.new_int_var(0, horizon, f"{name} ends")
    for job in unit.jobs:
        cp.add(model.done[job] == done)
        if model.clock[job] is not model.done[job]:
            cp.add(model.clock[job] == done)
        model.begins[job] = model.enters[job] = begins
        for crew in model.crews_of[job]:
            cp.add(done >= begins + model.task.takes(crew, job)).only_enforce_if(model.does[crew, job])


def _in_some_hours(model: RepairModel, unit: Unit) -> None:
    """Only minutes in which nothing is shut and nobody is off duty count."""
    cp, horizon, name = model.cp, model.task.horizon, unit.jobs[0]
    begins = cp.new_int_var(0, horizon, f"{name} begins")
    start = cp.new_int_var(0, horizon, f"count as {name} begins")
    end = cp.new_int_var(0, horizon, f"count as {name} ends")
    for job in unit.jobs:
        model.begins[job] = begins
        model.enters[job] = cp.new_int_var(0, horizon, f"clock as {job} begins")
        for crew in model.crews_of[job]:
            cp.add(end >= start + model.task.takes(crew, job)).only_enforce_if(model.does[crew, job])
    chosen = [cp.new_bool_var(f"{name} in hours {number}") for number in range(len(unit.hours))]
    cp.add_exactly_one([model.late[name], *chosen])
    for place, job in enumerate(unit.jobs):
        for number in sorted({kind.calendars[place] for kind in unit.hours}):
            cp.add(
                sum(
                    literal
                    for literal, kind in zip(chosen, unit.hours, strict=True)
                    if kind.calendars[place] == number
                )
                == sum(
                    model.does[crew, job]
                    for crew in model.crews_of[job]
                    if model.task.crews[crew].calendar == number
                )
            )
    for literal, kind in zip(chosen, unit.hours, strict=True):
        at_start = _spans(model, kind, start, literal, begins=True)
        at_end = _spans(model, kind, end, literal, begins=False)
        off = [opens - first for first, opens in zip(kind.minutes.first, kind.minutes.opens, strict=True)]
        cp.add(begins == start + _value(off, at_start)).only_enforce_if(literal)
        for place, job in enumerate(unit.jobs):
            cp.add(model.done[job] >= end + _value(off, at_end)).only_enforce_if(literal)
            behind = list(kind.behind[place])
            cp.add(model.enters[job] == start + _value(behind, at_start)).only_enforce_if(literal)
            cp.add(model.clock[job] >= end + _value(behind, at_end)).only_enforce_if(literal)


def _spans(model: RepairModel, kind: Hours, count: Any, literal: Any, *, begins: bool) -> list[Any]:
    """Return a literal for each span: the count has reached it, if these are the hours that count."""
    cp, reached = model.cp, [literal]
    for first in kind.minutes.first[1:]:
        least = first if begins else first + 1
        later = cp.new_bool_var("")
        cp.add(count >= least).only_enforce_if(later)
        cp.add(count < least).only_enforce_if(literal, ~later)
        cp.add_implication(later, reached[-1])
        reached.append(later)
    return reached


def _value(by_span: list[int], reached: list[Any]) -> Any:
    """Return, as an expression, what stands in a list for the last span reached."""
    value: Any = by_span[0]
    for before, here, later in zip(by_span, by_span[1:], reached[1:], strict=False):
        value = value + (here - before) * later
    return value


def keep_the_conditions(model: RepairModel) -> None:
    """Write all that can be said of minutes once every job has them."""
    jobs_wait_for_those_before(model)
    jobs_begin_in_their_time(model)
    partners_begin_together(model)
    crews_do_first_jobs_or_nothing(model)
    parts_are_there(model)


def jobs_wait_for_those_before(model: RepairModel) -> None:
    """A job begins after those before it, and the minutes between; it is late if one of them is."""
    for job, before, lag in model.task.waits.after:
        if job not in model.begins:
            continue
        if before in model.late:
            model.cp.add_implication(model.late[before], model.late[job])
        over = model.done_at(before) + lag
        model.cp.add(model.begins[job] >= over).only_enforce_if(~model.late[job])


def jobs_begin_in_their_time(model: RepairModel) -> None:
    """A job begins no earlier and no later than ordered."""
    for unit in model.task.waits.units:
        job = unit.jobs[0]
        if unit.not_before:
            model.cp.add(model.begins[job] >= unit.not_before).only_enforce_if(~model.late[job])
        if unit.not_after < model.task.horizon:
            model.cp.add(model.begins[job] <= unit.not_after).only_enforce_if(~model.late[job])
        if unit.is_due:
            model.cp.add(model.late[job] == 0)


def partners_begin_together(model: RepairModel) -> None:
    """Partners whose common hours were not worked out at least begin together, all or none."""
    for group in model.task.waits.same_start:
        for job in group[1:]:
            model.cp.add(model.late[job] == model.late[group[0]])
            model.cp.add(model.begins[job] == model.begins[group[0]]).only_enforce_if(~model.late[job])


def crews_do_first_jobs_or_nothing(model: RepairModel) -> None:
    """A late job that is to be its crew's first keeps some crew from all jobs that come after it."""
    firsts = model.task.waits.first
    for job in model.task.waits.first_or_idle:
        waits = []
        for crew in model.crews_of.get(job, ()):
            idle = model.cp.new_bool_var(f"crew {crew} waits for {job}")
            waits.append(idle)
            for other in model.task.crews[crew].jobs:
                if other not in firsts:
                    model.cp.add_implication(idle, ~model.does[crew, other])
        if waits:
            model.cp.add_bool_or([~model.late[job], *waits])


def parts_are_there(model: RepairModel) -> None:
    """At no minute have jobs that began by then taken more of a depot's parts than have come to it."""
    cp = model.cp
    for store in model.task.waits.stores:
        times: list[Any] = []
        changes: list[int] = []
        present: list[Any] = []
        there = 0
        for minute, total in store.left:
            times.append(minute)
            changes.append(total - there)
            present.append(1)
            there = total
        taken: Any = 0
        for job, pieces in store.uses:
            takes = cp.new_bool_var(f"{job} takes parts")
            cp.add(takes == sum(model.does[crew, job] for crew in store.crews if (crew, job) in model.does))
            times.append(model.begins[job])
            changes.append(-pieces)
            present.append(takes)
            taken = taken + pieces * takes
        cp.add(taken <= there)
        cp.add_reservoir_constraint_with_active(times, changes, present, 0, max(there, 1))


def claims_of(model: RepairModel, value: Any) -> list[int]:
    """Return the jobs that use parts and are not late, in the order in which they begin."""
    jobs = [job for job in model.task.waits.uses_parts if job in model.late and not value(model.late[job])]
    return sorted(jobs, key=lambda job: (value(model.begins.get(job, model.done[job])), job))
