"""Checks a plan against every rule it has to keep, on its own: it shares no code with what makes plans.

Time on duty is counted between the minutes a plan states, where `schedule` works them out one from the other. Visits
of the problem's history are facts: they have to be in the plan as they were, and are not judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lifeline.condition_check import conditions_hold, could_still_be_done
from lifeline.crews import Crew
from lifeline.duty import minutes_on_duty
from lifeline.plan import Plan, Visit

if TYPE_CHECKING:
    from lifeline.jobs import Job
    from lifeline.repair import RepairProblem

RULES = (
    "unknown_crew",
    "unknown_job",
    "skill",
    "overlap",
    "travel_too_short",
    "outside_shift",
    "wrong_duration",
    "job_twice",
    "job_forgotten",
    "site_unreachable",
    "before_available",
    "after_leaving",
    "not_allowed",
    "too_early",
    "too_late",
    "not_first",
    "not_together",
    "no_parts",
    "site_closed",
    "rest",
    "history_changed",
)


@dataclass(frozen=True)
class Violation:
    """A rule that a plan breaks, where, and what to know; `crew` or `job` is "" where none is meant."""

    rule: str
    crew: str
    job: str
    message: str


def check_plan(problem: RepairProblem, plan: Plan) -> tuple[Violation, ...]:
    """Return every rule that the plan breaks, in order of `RULES`, crew and job; nothing for a good plan."""
    found = [
        *_jobs_done_once(problem, plan),
        *_visits_one_by_one(problem, plan),
        *_crews_move_like_crews(problem, plan),
        *_history_is_kept(problem, plan),
        *(Violation(*found) for found in conditions_hold(problem, plan)),
    ]
    order = {rule: place for place, rule in enumerate(RULES)}
    return tuple(
        sorted(found, key=lambda broken: (order[broken.rule], broken.crew, broken.job, broken.message))
    )


def _jobs_done_once(problem: RepairProblem, plan: Plan) -> Iterator[Violation]:
    """Every job that can be done is in the plan, and none is in it twice."""
    crew_of: dict[str, str] = {}
    for visit in plan.visits:
        if visit.job in crew_of:
            message = f"Job {visit.job!r} is done by crew {crew_of[visit.job]!r} already."
            yield Violation("job_twice", visit.crew, visit.job, message)
        crew_of.setdefault(visit.job, visit.crew)
    for job in problem.to_do:
        if job.id not in crew_of and not job.is_optional and could_still_be_done(problem, plan, job.id):
            yield Violation(
                "job_forgotten", "", job.id, f"Nobody does job {job.id!r}, although somebody could."
            )


def _visits_one_by_one(problem: RepairProblem, plan: Plan) -> Iterator[Violation]:
    """Rules that concern one visit, whatever else is in the plan."""
    crews = {crew.id: crew for crew in problem.crews}
    jobs = {job.id: job for job in problem.jobs}
    facts = set(problem.history)
    for visit in plan.visits:
        if visit in facts:
            continue
        crew, job = crews.get(visit.crew), jobs.get(visit.job)
        if crew is None:
            yield Violation("unknown_crew", visit.crew, visit.job, f"There is no crew {visit.crew!r}.")
        else:
            yield from _keeps_hours(visit, crew)
        if job is None:
            yield Violation(
                "unknown_job", visit.crew, visit.job, f"{visit.job!r} is not damaged: there is no such job."
            )
        if crew is not None and job is not None:
            yield from _right_crew_and_time(problem, visit, crew, job)


def _keeps_hours(visit: Visit, crew: Crew) -> Iterator[Violation]:
    """A crew leaves and starts work on duty, and not before it is there at all."""
    if visit.depart < crew.available_from_minute:
        message = (
            f"Departs at minute {visit.depart}, but is available only from {crew.available_from_minute}."
        )
        yield Violation("before_available", visit.crew, visit.job, message)
    if crew.available_until_minute is not None and visit.finish > crew.available_until_minute:
        message = f"Finishes at minute {visit.finish}; the crew leaves at {crew.available_until_minute}."
        yield Violation("after_leaving", visit.crew, visit.job, message)
    for what, minute in (("Departs", visit.depart), ("Starts work", visit.start)):
        if minutes_on_duty(crew, minute, minute + 1) == 0:
            if crew.longest_stretch_minutes is not None and _in_a_shift(crew, minute):
                message = f"{what} at minute {minute}, in which the crew has to rest."
                yield Violation("rest", visit.crew, visit.job, message)
                continue
            message = f"{what} at minute {minute}, off duty."
            yield Violation("outside_shift", visit.crew, visit.job, message)


def _right_crew_and_time(problem: RepairProblem, visit: Visit, crew: Crew, job: Job) -> Iterator[Violation]:
    """A crew has the skill for its job, and works on it for exactly as long as it takes."""
    if job.skill not in crew.skills:
        message = f"Needs the skill {job.skill!r}; the crew has {', '.join(sorted(crew.skills))}."
        yield Violation("skill", visit.crew, visit.job, message)
    elif job.id in problem.unassignable:
        yield Violation("site_unreachable", visit.crew, visit.job, problem.unassignable[job.id])
    elif (
        problem.allowed is not None
        and not problem.allowed[problem.crew_index[crew.id], problem.job_index[job.id]]
    ):
        message = (
            "An order, the job's owner, or its not being simple enough for volunteers forbids this crew."
        )
        yield Violation("not_allowed", visit.crew, visit.job, message)
    number = problem.job_index[job.id]
    if number in problem.conditions.closed or number in problem.conditions.group_of:
        # How long these take depends on safe hours and partners, which `condition_check` looks at.
        return
    needed = crew.work_minutes(job.skill, job.repair_minutes)
    worked = minutes_on_duty(crew, visit.start, visit.finish)
    if worked != needed:
        message = f"Works {worked} minutes on duty; the repair takes {needed}."
        yield Violation("wrong_duration", visit.crew, visit.job, message)
    elif minutes_on_duty(crew, visit.finish - 1, visit.finish) == 0:
        message = f"Finishes at minute {visit.finish}, off duty; the work is done before."
        yield Violation("wrong_duration", visit.crew, visit.job, message)


def _in_a_shift(crew: Crew, minute: int) -> bool:
    """Tell whether a minute is in one of the crew's shifts, whatever rest it needs; without shifts every one is."""
    return not crew.shifts or any(
        (minute - shift.start_minute) % shift.every_minutes < shift.end_minute - shift.start_minute
        for shift in crew.shifts
    )


def _history_is_kept(problem: RepairProblem, plan: Plan) -> Iterator[Violation]:
    """What has been done or begun is in the plan as it was."""
    planned = set(plan.visits)
    for visit in problem.history:
        if visit not in planned:
            message = f"Crew {visit.crew!r} did it, or is at it, from minute {visit.start} to {visit.finish}."
            yield Violation("history_changed", visit.crew, visit.job, message)


def _crews_move_like_crews(problem: RepairProblem, plan: Plan) -> Iterator[Violation]:
    """A crew is at one place at a time, and drives over roads that are passable when it leaves."""
    place = {crew.id: number for number, crew in enumerate(problem.crews)}
    sites = {job.id: len(place) + number for number, job in enumerate(problem.jobs)}
    here = dict(place)
    facts = set(problem.history)
    busy: dict[str, Visit] = {}
    legs: list[tuple[int, str, Visit, int]] = []
    for visit in plan.visits:
        if visit.crew not in place:
            continue
        before = busy.get(visit.crew)
        if before is not None and visit not in facts and visit.depart < before.finish:
            message = (
                f"Departs at minute {visit.depart}, but is busy with {before.job!r} until {before.finish}."
            )
            yield Violation("overlap", visit.crew, visit.job, message)
        if before is None or visit.finish > before.finish:
            busy[visit.crew] = visit
        if visit.job in sites:
            if visit not in facts:
                legs.append((visit.depart, visit.crew, visit, here[visit.crew]))
            here[visit.crew] = sites[visit.job]
    yield from _drives(problem, plan, sorted(legs, key=lambda leg: leg[:2]), place, sites)


def _drives(
    problem: RepairProblem,
    plan: Plan,
    legs: list[tuple[int, str, Visit, int]],
    place: dict[str, int],
    sites: dict[str, int],
) -> Iterator[Violation]:
    """Follow all drives in order of departure, roads opening as the plan's repairs finish."""
    finishes = sorted((visit.finish, sites[visit.job]) for visit in plan.visits if visit.job in sites)
    drives = problem.travel.drives()
    speed_class = problem.travel.speed_class_of_crew.tolist()
    done = 0
    for depart, crew, visit, here in legs:
        while done < len(finishes) and finishes[done][0] <= depart:
            drives.job_done(finishes[done][1] - len(place))
            done += 1
        needed = drives.minutes(speed_class[place[crew]], here, sites[visit.job])
        if needed < 0:
            if visit.job not in problem.unassignable:
                message = f"No passable road leads to it at minute {depart}."
                yield Violation("site_unreachable", crew, visit.job, message)
            continue
        driven = minutes_on_duty(problem.crews[place[crew]], depart, visit.arrive)
        if driven < needed:
            message = f"Drives {driven} minutes on duty; the way takes {needed}."
            yield Violation("travel_too_short", crew, visit.job, message)
