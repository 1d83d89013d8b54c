"""The problem as it is now: what has happened is history, what has become known has changed the rest.

The new problem is replayed from time zero like the old one, so that what a plan costs can be compared: the old plan as
it was promised, the old plan carried on, and any new one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lifeline.buffers import with_refills
from lifeline.closed_roads import CLOSED_BY_ORDER, nobody_opens, with_closed
from lifeline.conditions import Lock
from lifeline.crews import Crew, Shift
from lifeline.errors import InfeasiblePlan, InvalidInput
from lifeline.facts import Facts, absences, facts_of
from lifeline.jobs import Job, Work, work_of
from lifeline.news import ABOUT_ROADS, NOT_ABOUT_JOBS, News, check_news
from lifeline.plan import LAST_MINUTE, Plan, Visit
from lifeline.repair import build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem
    from lifeline.system import System

NOBODY_LEFT = frozenset({"(gone)"})
"The skills of a crew that has gone: no job needs them."

UNTIL_FURTHER_NEWS = "It is blocked until further news."


@dataclass(frozen=True, eq=False)
class CarriedOn:
    """The problem from now on, and what is left to do in it, crew by crew, in the order of the old plan.

    `claims` are the jobs that use spare parts, in the order in which the old plan started them. `is_quiet` tells that
    all went as planned and nothing has changed.
    """

    problem: RepairProblem
    sequences: dict[str, list[str]]
    claims: tuple[str, ...]
    is_quiet: bool


def with_found(problem: RepairProblem, news: News, only: Collection[str] | None = None) -> RepairProblem:
    """Return the problem with the damage that has been found since, as far as `only` names its jobs; else as it is.

    What was found whole again after that is in it: a plan made in between may have its job.
    """
    shock = damage_known(problem.system, problem.shock, news)
    if only is not None and shock is not problem.shock:
        named = {job.component for job in work_of(problem.system, shock).jobs if job.id in only}
        shock = damage_known(problem.system, problem.shock, news, only=named)
    if shock is problem.shock:
        return problem
    return build_problem(
        problem.system,
        shock,
        crews=problem.crews,
        horizon_minutes=problem.horizon_minutes,
        locks=problem.locks,
    )


def damage_known(system: System, shock: Shock, news: News, *, only: Collection[str] | None = None) -> Shock:
    """Return a shock with what has been found broken since; itself where that is nothing.

    What is no component of the system is passed over; `carry_on` refuses it.
    """
    components = {*system.nodes["id"], *system.links["id"]} - set(shock.components)
    found = sorted(components & set(news.ever_found if only is None else only) & set(news.ever_found))
    if not found:
        return shock
    rows = [{str(name): value for name, value in row.items()} for row in shock.damage.to_dict("records")]
    for name in found:
        update = news.ever_found[name]
        minutes = {} if update.minutes is None else {"repair_minutes": update.minutes}
        rows.append({"component": name, "skill": update.skill, **minutes})
    return Shock.from_table(system, rows)


def carry_on(problem: RepairProblem, plan: Plan, news: News) -> CarriedOn:
    """Return the problem as it is at the minute of the news, with all that has happened as its history.

    `problem` is the one that was there at time zero, and the news the whole log since: the plan may be the result of
    a re-plan itself. InvalidInput lists news about what is not there.
    """
    everything = with_found(problem, news)
    named = work_of(problem.system, everything.shock).named
    check_news(problem, news, {**everything.job_index, **named})
    news = _by_job(everything, named, news)
    _check_plan_is_known(everything, plan)
    facts = facts_of(everything, plan, news)
    changed = _changed(problem, everything, news, facts)
    if any(minute < news.now for minute in facts.late_from.values()):
        supposed = _begun_late(changed, plan, facts, news.now)
        changed = _changed(problem, everything, news, Facts((*facts.visits, *supposed), {}))
    begun = {visit.job for visit in changed.history}
    sequences = _left_to_do(changed, plan, begun)
    users = {changed.jobs[job].id for job in changed.conditions.uses} - begun
    planned = [visit.job for visit in sorted(plan.visits, key=lambda visit: (visit.start, visit.job))]
    claims = [job for job in planned if job in users]
    claims += sorted(users - set(claims))
    expected = {visit for visit in plan.visits if visit.depart < news.now}
    is_quiet = (
        set(changed.history) == expected
        and changed.jobs == problem.jobs
        and not news.latest("blocked", "free", "late", "gone", *ABOUT_ROADS, "refilled")
    )
    return CarriedOn(changed, sequences, tuple(claims), is_quiet)


def _by_job(problem: RepairProblem, named: Mapping[str, str], news: News) -> News:
    """Return the news with jobs in place of components that are repaired in steps, where a job is meant."""
    updates = [
        update
        if update.what in (*NOT_ABOUT_JOBS, "blocked", "free") or update.job in problem.job_index
        else replace(update, job=named.get(update.job, update.job))
        for update in news.known
    ]
    return News(news.now, tuple(updates))


def _check_plan_is_known(problem: RepairProblem, plan: Plan) -> None:
    strangers = [visit.job for visit in plan.visits if visit.job not in problem.job_index]
    strangers += [visit.crew for visit in plan.visits if visit.crew not in problem.crew_index]
    if strangers:
        raise InvalidInput(
            f"The plan has {strangers[0]!r}, which this problem does not: give the whole log of updates, from time "
            "zero on, with what was found broken since."
        )


def _changed(problem: RepairProblem, everything: RepairProblem, news: News, facts: Facts) -> RepairProblem:
    """Return the problem with this history and everything that has become known."""
    begun = {visit.job for visit in facts.visits}
    shock, work = _known_work(everything, news, begun)
    extra, blocked = _blocks(work, news, begun, problem.crews)
    shock, work, openings = with_closed(problem.system, shock, work, news.closed, problem.crews)
    away = absences(news)
    crews = [_from_now(crew, facts, away.get(crew.id, []), news.now) for crew in problem.crews]
    changed = build_problem(
        problem.system,
        shock,
        crews=crews,
        horizon_minutes=problem.horizon_minutes,
        locks=[*problem.locks, *extra, *nobody_opens(openings, problem.crews)],
        history=sorted(facts.visits, key=lambda visit: (visit.crew, visit.depart, visit.job)),
        work=work,
    )
    said = {
        **dict.fromkeys(blocked, UNTIL_FURTHER_NEWS),
        **dict.fromkeys(openings.values(), CLOSED_BY_ORDER),
    }
    reasons = {job: said.get(job, reason) for job, reason in changed.unassignable.items()}
    return with_refills(replace(changed, locks=problem.locks, unassignable=reasons), news)


def _known_work(problem: RepairProblem, news: News, begun: Collection[str]) -> tuple[Shock, Work]:
    """Return the damage that is really there, and the jobs there are: those under way where nothing was broken too.

    Work that was begun on what turned out to be whole mends nothing; the rest of it is not done.
    """
    whole = {name for name in news.not_broken if name in problem.shock.components}
    shock, work = problem.shock, work_of(problem.system, problem.shock)
    if whole:
        damage = shock.damage
        shock = Shock(damage[~damage["component"].isin(whole)].reset_index(drop=True))
        work = _without(work, whole, begun)
    takes = news.latest("takes")
    found = {name: update for name, update in news.found.items() if update.minutes is not None}
    jobs = []
    for job in work.jobs:
        update = takes.get(job.id) or (found.get(job.id) if job.id == job.component else None)
        jobs.append(
            job if update is None or update.minutes is None else replace(job, repair_minutes=update.minutes)
        )
    return shock, replace(work, jobs=tuple(jobs))


def _without(work: Work, whole: Collection[str], begun: Collection[str]) -> Work:
    """Return the work without that on these components; what of it has begun stays, and mends nothing."""
    jobs: list[Job] = []
    for job in work.jobs:
        if job.component not in whole or job.is_optional:
            jobs.append(job)
        elif job.id in begun:
            jobs.append(replace(job, restores=False))
    kept = {job.id for job in jobs}
    groups = (tuple(job for job in group if job in kept) for group in work.together)
    return Work(
        tuple(jobs),
        tuple(row for row in work.after if row[0] in kept and row[1] in kept),
        tuple(group for group in groups if len(group) > 1),
        {name: job for name, job in work.named.items() if job in kept},
    )


def _blocks(
    work: Work, news: News, begun: Collection[str], crews: Sequence[Crew]
) -> tuple[list[Lock], frozenset[str]]:
    """Return the orders that keep blocked jobs from being begun, and those blocked until further news."""
    locks: list[Lock] = []
    forever: set[str] = set()
    for name, update in sorted(news.latest("blocked", "free").items()):
        if update.what == "free":
            continue
        for job in work.jobs:
            if name not in (job.id, job.component) or job.id in begun:
                continue
            if update.minute is not None:
                locks.append(Lock(job.id, "not_before", str(update.minute)))
                continue
            forever.add(job.id)
            locks += [Lock(job.id, "not_crew", crew.id) for crew in crews]
    return locks, frozenset(forever)


def _from_now(crew: Crew, facts: Facts, away: Sequence[tuple[int, int]], now: int) -> Crew:
    """Return a crew that can be sent from now on, or from when it went on by itself, in the hours it always had."""
    start = max(crew.available_from_minute, min(now, facts.late_from.get(crew.id, now)))
    until = crew.available_until_minute
    for begins, ends in away[-1:]:
        if ends == LAST_MINUTE:
            until = begins if until is None else min(begins, until)
        else:
            start = max(start, ends)
    shifts, stretch, rest = crew.shifts, crew.longest_stretch_minutes, crew.least_rest_minutes
    if stretch is not None and not shifts:
        # Its rhythm of work and rest began when it came, not now.
        shifts = tuple(Shift(opens, closes, crew.period_minutes) for opens, closes in crew.windows)
        stretch = rest = None
    is_gone = until is not None and until <= start
    return replace(
        crew,
        skills=NOBODY_LEFT if is_gone else crew.skills,
        available_from_minute=start,
        available_until_minute=None if is_gone else until,
        shifts=shifts,
        longest_stretch_minutes=stretch,
        least_rest_minutes=rest,
    )


def _left_to_do(problem: RepairProblem, plan: Plan, begun: Collection[str]) -> dict[str, list[str]]:
    """Return each crew's jobs that it can still be asked to do, in the order of the plan."""
    left: dict[str, list[str]] = {}
    for crew, jobs in plan.sequences().items():
        number = problem.crew_index[crew]
        left[crew] = [
            job
            for job in jobs
            if job not in begun
            and job in problem.job_index
            and problem.can_do[number, problem.job_index[job]]
        ]
    return left


def _begun_late(problem: RepairProblem, plan: Plan, facts: Facts, now: int) -> tuple[Visit, ...]:
    """Return the visits of crews that were late which, if they went straight on, have begun by now.

    Their times follow from the history. Where they cannot be worked out, or hang on what has not begun, nobody is
    supposed to have begun anything.
    """
    begun = {visit.job for visit in facts.visits}
    try:
        times = schedule(problem, _left_to_do(problem, plan, begun))
    except InfeasiblePlan:
        return ()
    supposed: list[Visit] = []
    held: set[str] = set()
    for visit in sorted(times.visits, key=lambda visit: (visit.start, visit.job)):
        if visit.job in begun or visit.crew not in facts.late_from:
            continue
        number = problem.job_index[visit.job]
        befores = (problem.jobs[before].id for before, _ in problem.conditions.befores.get(number, ()))
        hangs = number in problem.conditions.group_of or any(before not in begun for before in befores)
        if visit.depart >= now or visit.crew in held or hangs:
            held.add(visit.crew)
            continue
        begun.add(visit.job)
        supposed.append(visit)
    return tuple(supposed)
