"""Checks what jobs wait for besides a crew and a road, in a plan as it stands; part of `plan_check`.

It shares no code with `schedule`: minutes that count are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.duty import minutes_on_duty
from lifeline.plan import LAST_MINUTE, Plan, Visit
from lifeline.unassignable import are_together

if TYPE_CHECKING:
    from lifeline.crews import Crew
    from lifeline.repair import RepairProblem

Found = tuple[str, str, str, str]
"Rule, crew, job and message."

MOST_MINUTES_LOOKED_AT = 10_000_000


def conditions_hold(problem: RepairProblem, plan: Plan) -> Iterator[Found]:
    """Yield every condition of the problem that the plan breaks."""
    if problem.conditions.is_empty:
        return
    visits = {problem.job_index[visit.job]: visit for visit in plan.visits if visit.job in problem.job_index}
    new = {number: visit for number, visit in visits.items() if number not in problem.past}
    yield from _wait_for_others(problem, visits, new)
    yield from _keep_times(problem, new)
    yield from _go_first(problem, plan)
    yield from _work_side_by_side(problem, visits, new)
    yield from _work_in_safe_hours(problem, new)
    yield from _parts_are_there(problem, plan)


def _wait_for_others(
    problem: RepairProblem, visits: dict[int, Visit], new: dict[int, Visit]
) -> Iterator[Found]:
    """What has to be done before is done, and its minutes in between have gone by."""
    for number, visit in sorted(new.items()):
        for before, lag in problem.conditions.befores.get(number, ()):
            other = visits.get(before)
            if other is None:
                message = f"It has to wait for {problem.jobs[before].id!r}, which nobody does."
                yield "too_early", visit.crew, visit.job, message
            elif visit.start < other.finish + lag:
                message = (
                    f"Starts at minute {visit.start}; {other.job!r} lets it begin at {other.finish + lag}."
                )
                yield "too_early", visit.crew, visit.job, message


def _keep_times(problem: RepairProblem, new: dict[int, Visit]) -> Iterator[Found]:
    """Orders about when a job starts are kept."""
    for number, visit in sorted(new.items()):
        earliest = problem.conditions.not_before.get(number, 0)
        if visit.start < earliest:
            message = f"Starts at minute {visit.start}, and may not before {earliest}."
            yield "too_early", visit.crew, visit.job, message
        latest = problem.conditions.not_after.get(number, LAST_MINUTE)
        if visit.start > latest:
            message = f"Starts at minute {visit.start}, and has to by {latest}."
            yield "too_late", visit.crew, visit.job, message


def _go_first(problem: RepairProblem, plan: Plan) -> Iterator[Found]:
    """Jobs that are to be first come before all others of their crew that are not history."""
    passed: dict[str, str] = {}
    for visit in plan.visits:
        number = problem.job_index.get(visit.job)
        if number is None or number in problem.past:
            continue
        if number not in problem.conditions.first:
            passed.setdefault(visit.crew, visit.job)
        elif visit.crew in passed:
            message = f"Is to be its crew's first job, and {passed[visit.crew]!r} comes before it."
            yield "not_first", visit.crew, visit.job, message


def _work_side_by_side(
    problem: RepairProblem, visits: dict[int, Visit], new: dict[int, Visit]
) -> Iterator[Found]:
    """Crews that work together start and end together, and are different crews."""
    for group in problem.conditions.together:
        there = [visits[number] for number in group if number in visits]
        if not any(number in new for number in group):
            continue
        names = " and ".join(repr(problem.jobs[number].id) for number in group)
        same_time = len({(visit.start, visit.finish) for visit in there}) == 1
        if len(there) < len(group) or not same_time or len({visit.crew for visit in there}) < len(group):
            message = f"{names} are done at the same time, by different crews."
            yield "not_together", there[0].crew, there[0].job, message


def _work_in_safe_hours(problem: RepairProblem, new: dict[int, Visit]) -> Iterator[Found]:
    """Work that pauses in dangerous hours, or while a partner is off duty, takes as long as it should."""
    conditions = problem.conditions
    for number, visit in sorted(new.items()):
        if number not in conditions.closed and number not in conditions.group_of:
            continue
        group = [member for member in conditions.group_of.get(number, (number,)) if member in new]
        crews = [problem.crews[problem.crew_index[new[member].crew]] for member in group]
        counts = _counted_minutes(crews, conditions.closed.get(number, ()), visit.start, visit.finish)
        needed = max(
            crew.work_minutes(problem.jobs[member].skill, problem.jobs[member].repair_minutes)
            for crew, member in zip(crews, group, strict=True)
        )
        if not counts[0]:
            message = (
                f"Starts at minute {visit.start}, in which nobody may be there, or a partner is off duty."
            )
            yield "site_closed", visit.crew, visit.job, message
        elif int(counts.sum()) != needed or not counts[-1]:
            message = f"Works {int(counts.sum())} minutes that count; the job takes {needed}."
            yield "wrong_duration", visit.crew, visit.job, message


def _counted_minutes(
    crews: Sequence[Crew], closed: Sequence[tuple[int, int]], start: int, finish: int
) -> NDArray[np.bool_]:
    """Tell for each minute whether all crews are on duty and the site is open."""
    minute = np.arange(start, min(finish, start + MOST_MINUTES_LOOKED_AT))
    counts = np.ones(len(minute), bool)
    for crew in crews:
        phase = minute % crew.period_minutes
        on_duty = np.zeros(len(minute), bool)
        for opens, closes in crew.windows:
            on_duty |= (phase >= opens) & (phase < closes)
        counts &= on_duty
    for begins, ends in closed:
        counts &= (minute < begins) | (minute >= ends)
    return counts


def _parts_are_there(problem: RepairProblem, plan: Plan) -> Iterator[Found]:
    """At no minute have more parts been used of a depot than have come to it by then."""
    conditions = problem.conditions
    used: dict[tuple[str, str], int] = {}
    for visit in sorted(plan.visits, key=lambda visit: (visit.start, visit.job)):
        number, crew = problem.job_index.get(visit.job), problem.crew_index.get(visit.crew)
        if number is None or crew is None:
            continue
        depot = problem.crews[crew].depot
        for part, pieces in conditions.uses.get(number, ()):
            used[depot, part] = used.get((depot, part), 0) + pieces
            come = sum(more for minute, more in conditions.in_stock(depot, part) if minute <= visit.start)
            if used[depot, part] > come and number not in problem.past:
                message = (
                    f"At minute {visit.start} depot {depot!r} has had {come} of {part!r}, and this is number "
                    f"{used[depot, part]} that is used."
                )
                yield "no_parts", visit.crew, visit.job, message


def forgets_nothing(problem: RepairProblem, plan: Plan) -> bool:
    """Tell whether every job that has to be done, and could certainly still be put behind a plan, is in it."""
    done = {visit.job for visit in plan.visits}
    missing = [job.id for job in problem.to_do if not job.is_optional and job.id not in done]
    return not any(could_still_be_done(problem, plan, job) for job in missing)


def could_still_be_done(problem: RepairProblem, plan: Plan, job: str) -> bool:
    """Tell whether a job that a plan leaves out could certainly be put behind everything in it.

    It could not where nobody who can do it is still there, where its parts are used up, or where something before or
    beside it is left out too.
    """
    conditions, number = problem.conditions, problem.job_index[job]
    if conditions.is_empty and all(crew.available_until_minute is None for crew in problem.crews):
        return True
    # What the problem does not know is another rule's concern.
    known = [v for v in plan.visits if v.job in problem.job_index and v.crew in problem.crew_index]
    plan = Plan(tuple(known), plan.unassignable)
    planned = {problem.job_index[visit.job] for visit in known}
    group = [member for member in conditions.group_of.get(number, (number,)) if member not in problem.past]
    befores = {before for member in group for before, _ in conditions.befores.get(member, ())}
    if not befores <= planned:
        return False
    candidates = [
        [
            crew
            for crew in np.flatnonzero(problem.can_do[:, member]).tolist()
            if _could_do(problem, plan, crew, member)
        ]
        for member in group
    ]
    return are_together(problem.crews, candidates)


def _could_do(problem: RepairProblem, plan: Plan, crew: int, job: int) -> bool:
    """Tell whether a crew would find parts for a job, and time to do it after all else in the plan."""
    conditions, member = problem.conditions, problem.crews[crew]
    for part, pieces in conditions.uses.get(job, ()):
        come = sum(more for _, more in conditions.in_stock(member.depot, part))
        used = sum(
            sum(
                taken
                for other, taken in conditions.uses.get(problem.job_index[visit.job], ())
                if other == part
            )
            for visit in plan.visits
            if problem.crews[problem.crew_index[visit.crew]].depot == member.depot
        )
        if used + pieces > come:
            return False
    site, minute = problem.starts
    mine = [visit for visit in plan.visits if visit.crew == member.id]
    here = len(problem.crews) + problem.job_index[mine[-1].job] if mine else int(site[crew])
    open_by_then = {problem.job_index[visit.job] for visit in plan.visits} & problem.travel.opening_jobs
    drive = int(
        problem.travel.minutes(open_by_then)[
            problem.travel.speed_class_of_crew[crew], here, len(problem.crews) + job
        ]
    )
    if drive < 0 or (job in conditions.first and len(mine) > len(problem.past_of_crew[crew])):
        return False
    leaves = member.available_until_minute
    if leaves is None and job not in conditions.not_after:
        return True
    if problem.travel.changes_with_repairs or conditions.group_of.get(job):
        # Which roads and partners there are by then depends on the rest of the plan: nothing is certain.
        return False
    begin = max([int(minute[crew]), *(visit.finish for visit in mine)])
    arrive = member.work_until(member.next_on_shift(begin), drive)
    finishes = {problem.job_index[visit.job]: visit.finish for visit in plan.visits}
    arrive = max(
        arrive,
        conditions.not_before.get(job, 0),
        *(finishes[before] + lag for before, lag in conditions.befores.get(job, ())),
        *(until for _, until in conditions.closed.get(job, ())),
        *(conditions.stock[member.depot, part][-1][0] for part, _ in conditions.uses.get(job, ())),
    )
    if member.next_on_shift(arrive) > conditions.not_after.get(job, LAST_MINUTE):
        return False
    return leaves is None or minutes_on_duty(member, arrive, leaves) >= problem.work_minutes(crew, job)
