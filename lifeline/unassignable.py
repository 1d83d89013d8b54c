"""Which jobs nobody can ever do, and why: found before any plan is made, so that they cost every plan the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.crews import common_hours
from lifeline.hours import Hours

if TYPE_CHECKING:
    from lifeline.conditions import Conditions, Lock
    from lifeline.crews import Crew
    from lifeline.jobs import Job
    from lifeline.travel import Travel

Mask = NDArray[np.bool_]


def skilled(crews: Sequence[Crew], jobs: Sequence[Job]) -> Mask:
    """Tell for each crew and job whether the crew has the skill."""
    skills = sorted({job.skill for job in jobs})
    has = np.array([[skill in crew.skills for skill in skills] for crew in crews], bool)
    needed = np.searchsorted(
        np.array(skills, dtype=object), np.array([job.skill for job in jobs], dtype=object)
    )
    return has.reshape(len(crews), len(skills))[:, needed.astype(np.int64)]


def unassignable_jobs(
    crews: Sequence[Crew],
    jobs: Sequence[Job],
    travel: Travel,
    conditions: Conditions,
    allowed: Mask,
    done: Collection[str] = (),
    locks: Sequence[Lock] = (),
) -> dict[str, str]:
    """Return the jobs that nobody can ever do, each with the reason; jobs that are `done` are none of them.

    Jobs that can be done open roads to further ones, and end the wait of others, round after round, until nothing
    changes. A crew counts as able to reach a site when it can get back as well: then some plan does all of these
    jobs, whatever one-way roads there are, by letting the crews do one job after the other.
    """
    able = skilled(crews, jobs) & allowed
    supplied = able & _in_stock(crews, jobs, conditions)
    in_time = supplied & _in_time(crews, jobs, travel, conditions)
    is_done = np.array([job.id in done for job in jobs], bool)
    reached: Mask = is_done.copy()
    while True:
        doable = travel.there_and_back(np.flatnonzero(reached).tolist()) & in_time
        now = np.asarray(doable.any(axis=0)) | is_done
        _without_partners(crews, now, doable, is_done, conditions)
        _without_those_before(now, is_done, conditions)
        if (now == reached).all():
            break
        reached = now
    reasons = {}
    for number in np.flatnonzero(~reached).tolist():
        job = jobs[number]
        if not able[:, number].any():
            reasons[job.id] = _nobody_may(crews, job, skilled(crews, [job])[:, 0], locks)
        elif not supplied[:, number].any():
            reasons[job.id] = _too_few_parts(crews, able[:, number], number, job, conditions)
        elif not in_time[:, number].any():
            reasons[job.id] = f"Every crew that could do {job.id!r} leaves before it would be done."
        elif not doable[:, number].any():
            reasons[job.id] = (
                f"No road takes a crew with the skill {job.skill!r} to {job.id!r} "
                f"(longitude {job.longitude:.5f}, latitude {job.latitude:.5f}) and back, "
                "even after all road repairs that can be done."
            )
        else:
            reasons[job.id] = _held_up(number, jobs, reached, conditions)
    return reasons


def _in_stock(crews: Sequence[Crew], jobs: Sequence[Job], conditions: Conditions) -> Mask:
    """Tell for each crew and job whether the crew's depot ever has all the parts that the job alone takes."""
    enough = np.ones((len(crews), len(jobs)), bool)
    for job, parts in conditions.uses.items():
        for number, crew in enumerate(crews):
            enough[number, job] = all(
                conditions.minute_of_stock(crew.depot, part, pieces) is not None for part, pieces in parts
            )
    return enough


def _in_time(crews: Sequence[Crew], jobs: Sequence[Job], travel: Travel, conditions: Conditions) -> Mask:
    """Tell for each crew and job whether a crew that leaves could be done before, if it were its only job."""
    in_time = np.ones((len(crews), len(jobs)), bool)
    leaving = [number for number, crew in enumerate(crews) if crew.available_until_minute is not None]
    if not leaving:
        return in_time
    drives = travel.minutes(travel.opening_jobs)
    for number in leaving:
        crew = crews[number]
        minutes = drives[travel.speed_class_of_crew[number], number, len(crews) :]
        for place, job in enumerate(jobs):
            begin = crew.work_until(
                crew.next_on_shift(crew.available_from_minute), max(int(minutes[place]), 0)
            )
            begin = max(begin, conditions.not_before.get(place, 0))
            finish = crew.work_until(
                crew.next_on_shift(begin), crew.work_minutes(job.skill, job.repair_minutes)
            )
            in_time[number, place] = finish <= (crew.available_until_minute or 0)
    return in_time


def _without_partners(
    crews: Sequence[Crew], now: Mask, doable: Mask, is_done: Mask, conditions: Conditions
) -> None:
    """Take out the jobs for whose group there are not as many different crews, with hours in common, as it has jobs."""
    for group in conditions.together:
        members = [job for job in group if not is_done[job]]
        candidates = [np.flatnonzero(doable[:, job]).tolist() for job in members]
        if members and not are_together(crews, candidates):
            now[members] = False


def are_together(crews: Sequence[Crew], candidates: Sequence[Sequence[int]]) -> bool:
    """Tell whether a different crew can be chosen from each of these lists so that all have hours in common."""

    def chosen_from(place: int, shared: Hours, taken: tuple[int, ...]) -> bool:
        if place == len(candidates):
            return True
        for crew in candidates[place]:
            if crew in taken:
                continue
            both = common_hours([shared, (crews[crew].period_minutes, crews[crew].windows)])
            if both is not None and both[1] and chosen_from(place + 1, both, (*taken, crew)):
                return True
        return False

    return chosen_from(0, (1, ((0, 1),)), ())


def _without_those_before(now: Mask, is_done: Mask, conditions: Conditions) -> None:
    """Take out the jobs that wait for one that nobody can do, and those that wait for these."""
    changed = True
    while changed:
        changed = False
        for job, before, _ in conditions.after:
            if now[job] and not now[before] and not is_done[job]:
                now[job] = False
                changed = True
        for group in conditions.together:
            left = [job for job in group if not is_done[job]]
            if now[left].any() and not now[left].all():
                now[left] = False
                changed = True


def _nobody_may(crews: Sequence[Crew], job: Job, has_skill: Mask, locks: Sequence[Lock]) -> str:
    if not has_skill.any():
        return f"No crew has the skill {job.skill!r} that {job.id!r} needs."
    names = ", ".join(repr(crew.id) for crew, has in zip(crews, has_skill, strict=True) if has)
    orders = [
        str(lock)
        for lock in locks
        if lock.job in (job.id, job.component) and lock.kind in ("crew", "not_crew")
    ]
    if orders:
        return f"Orders leave no crew for {job.id!r} ({'; '.join(orders)}); the skill {job.skill!r} have {names}."
    if all(crew.is_volunteer for crew, has in zip(crews, has_skill, strict=True) if has):
        return f"Only volunteers ({names}) have the skill {job.skill!r}, and {job.id!r} is not a simple job."
    return (
        f"No crew that may do {job.id!r} has the skill {job.skill!r}: it belongs to {job.owner!r}, and with "
        f"command = 'own' the crews {names} work for others or do simple jobs only."
    )


def _too_few_parts(crews: Sequence[Crew], able: Mask, number: int, job: Job, conditions: Conditions) -> str:
    depots = sorted({crew.depot for crew, may in zip(crews, able, strict=True) if may})
    short = [
        f"{pieces} of {part!r}"
        for part, pieces in conditions.uses[number]
        if all(conditions.minute_of_stock(depot, part, pieces) is None for depot in depots)
    ]
    where = ", ".join(repr(depot) for depot in depots)
    what = " and ".join(short) or "all its parts at one depot"
    return f"{job.id!r} needs {what}, which the depots of the crews that could do it ({where}) never have."


def _held_up(number: int, jobs: Sequence[Job], reached: Mask, conditions: Conditions) -> str:
    job = jobs[number]
    for before, _ in conditions.befores.get(number, ()):
        if not reached[before]:
            return f"{job.id!r} has to wait for {jobs[before].id!r}, which nobody can do."
    group = conditions.group_of.get(number, (number,))
    waits = [
        before for member in group for before, _ in conditions.befores.get(member, ()) if not reached[before]
    ]
    if waits:
        return f"{job.id!r} has to wait for {jobs[waits[0]].id!r}, which nobody can do."
    partners = ", ".join(f"{jobs[other].id!r} ({jobs[other].skill})" for other in group)
    return f"There are not enough crews, with hours in common, to do {partners} at the same time."
