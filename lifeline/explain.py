"""Why a plan is as it is: what a job is for, what an hour's delay of it costs, where else it could be done.

Every figure is the difference of two plans put before the judge, so it is exact. There are no words here, only nouns;
`api/words/` tells them to people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lifeline.binding import Binding, binding_of_undone, binding_of_visit, is_late
from lifeline.errors import InfeasiblePlan
from lifeline.evaluation import Evaluation, evaluate
from lifeline.purpose import Needed, Price, Purposes, Way, most_replays
from lifeline.schedule import Earliest, schedule
from lifeline.undoable import undoable_reasons

if TYPE_CHECKING:
    from lifeline.plan import Plan, Visit
    from lifeline.repair import RepairProblem

ONE_HOUR = 60
"Minutes by which a job is put off to see what its delay costs."


@dataclass(frozen=True)
class Delay:
    """What putting one job off costs, the other visits that it pushes back, and those it makes impossible.

    The price is None where the job cannot be put off: an order wants it done by then, or it has been begun.
    """

    minutes: int
    price: Price | None
    pushed: tuple[str, ...]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Another place for a job: the crew, its position in the crew's order from 1 on, and what that costs more.

    `before` is the job that would come next, "" at the end of the crew's work.
    """

    crew: str
    position: int
    before: str
    finish: int
    price: Price


@dataclass(frozen=True)
class VisitExplained:
    """One visit of a plan explained; `without` is what the plan would cost more if it never happened.

    `places_tried` counts the other places that could be carried out; `best_place` is the cheapest of them. `late` says
    why a job is done only after the horizon or after everybody is back: the first reason is the one that binds.
    """

    visit: Visit
    position: int
    persons_back: Mapping[str, int]
    needed_by: tuple[Needed, ...]
    way: Way | None
    without: Price
    kept_person_minutes: int
    delay: Delay
    places_tried: int
    best_place: Place | None
    late: tuple[Binding, ...]


@dataclass(frozen=True)
class UndoneExplained:
    """A job that is not in the plan: why, and the cheapest place there would be for it, if any."""

    job: str
    because: Binding
    places_tried: int
    best_place: Place | None


@dataclass(frozen=True)
class JobLine:
    """One visit in a word or two; `delay` is None where that was not worked out, as the city is large."""

    visit: Visit
    persons_back: Mapping[str, int]
    delay: Delay | None


@dataclass(frozen=True)
class Decision:
    """A job that another plan does elsewhere or at another time, and what doing it there would cost more.

    `moved` is this plan's own order with this one job put where the other plan has it: with the same crew, before the
    first job that would be begun there, without this one, no earlier than the other plan begins it. The prices of
    several decisions do not add up to the difference of the plans: jobs that need each other show their common worth
    in each.
    """

    visit: Visit
    other: Visit
    moved: Place


@dataclass(frozen=True)
class PlanExplained:
    """A plan explained: its jobs in order of time, and its decisions against another plan, the weightiest first.

    `decisions_tried` of `decisions_open` were judged: the earliest, where there are too many for the size of the city.
    """

    jobs: tuple[JobLine, ...]
    decisions: tuple[Decision, ...]
    decisions_tried: int
    decisions_open: int
    undone: tuple[tuple[str, Binding], ...]


def explain_job(evaluation: Evaluation, job: str) -> VisitExplained | UndoneExplained:
    """Explain one job of a plan; UnknownComponent when nothing of that id is broken."""
    evaluation.problem.job(job)
    visit = next((visit for visit in evaluation.plan.visits if visit.job == job), None)
    tried, best = best_other_place(evaluation, job)
    if visit is None:
        gain = None if best is None else best.price
        reasons = undoable_reasons(evaluation.problem)
        return UndoneExplained(
            job, binding_of_undone(evaluation, job, reasons, gain=gain, places=tried), tried, best
        )
    purposes = Purposes(evaluation)
    without = purposes.without(visit)
    way, needed = purposes.way_opened(visit), purposes.needed_by(visit, without)
    back, kept = purposes.persons_back(job), purposes.kept(without)
    # Whom it brings back after the horizon costs nothing, and still waits for it.
    is_for_nothing = not back and not needed and way is None and kept == 0
    late = is_late(evaluation, visit)
    return VisitExplained(
        visit=visit,
        position=evaluation.plan.sequences()[visit.crew].index(job) + 1,
        persons_back=back,
        needed_by=needed,
        way=way,
        without=Price.between(without, evaluation),
        kept_person_minutes=kept,
        delay=delay_of(evaluation, visit),
        places_tried=tried,
        best_place=best,
        late=binding_of_visit(evaluation, visit, is_for_nothing=is_for_nothing) if late else (),
    )


def explain_plan(evaluation: Evaluation, other: Plan | None = None) -> PlanExplained:
    """Explain a plan: each of its jobs in short, and its decisions against the `other` plan."""
    purposes, left = Purposes(evaluation), most_replays(evaluation.problem)
    ordered = sorted(evaluation.plan.visits, key=lambda visit: (visit.start, visit.job))
    lines = tuple(
        JobLine(
            visit, purposes.persons_back(visit.job), delay_of(evaluation, visit) if place < left else None
        )
        for place, visit in enumerate(ordered)
    )
    pairs = [] if other is None else _differing(ordered, other)
    decisions = [found for pair in pairs[:left] if (found := _decision(evaluation, *pair)) is not None]
    weightiest = sorted(decisions, key=lambda found: (-abs(found.moved.price.objective), found.visit.job))
    done = {visit.job for visit in ordered}
    undone = [job.id for job in evaluation.problem.jobs if job.id not in done]
    reasons = undoable_reasons(evaluation.problem)
    return PlanExplained(
        jobs=lines,
        decisions=tuple(weightiest),
        decisions_tried=min(left, len(pairs)),
        decisions_open=len(pairs),
        undone=tuple((job, binding_of_undone(evaluation, job, reasons)) for job in undone),
    )


def delayed(problem: RepairProblem, plan: Plan, job: str, minutes: int = ONE_HOUR) -> Plan:
    """Return the plan with one job begun so many minutes later, and all others no earlier than they were planned.

    Everybody keeps the order of work and the parts that are his; whoever has to wait for the crew, a road or another
    job goes on as soon as that is over. InfeasiblePlan where an order wants the job done by then.
    """
    earliest = {
        visit.job: Earliest(visit.depart, visit.start + (minutes if visit.job == job else 0))
        for visit in plan.visits
    }
    by_start = sorted(plan.visits, key=lambda visit: (visit.start, visit.job))
    claims = [visit.job for visit in by_start if problem.job_index[visit.job] in problem.conditions.uses]
    return schedule(problem, plan.sequences(), claims=claims or None, earliest=earliest)


def delay_of(evaluation: Evaluation, visit: Visit, minutes: int = ONE_HOUR) -> Delay:
    """Return what it costs to begin one job so many minutes later."""
    problem, plan = evaluation.problem, evaluation.plan
    if visit in problem.history:
        return Delay(minutes, None, ())
    try:
        later = delayed(problem, plan, visit.job, minutes)
    except InfeasiblePlan:
        return Delay(minutes, None, ())
    then = {after.job: after.finish for after in later.visits}
    pushed = tuple(
        planned.job
        for planned in plan.visits
        if planned.job != visit.job and then.get(planned.job, 0) > planned.finish
    )
    dropped = tuple(planned.job for planned in plan.visits if planned.job not in then)
    return Delay(minutes, Price.between(evaluate(problem, later), evaluation), pushed, dropped)


def best_other_place(evaluation: Evaluation, job: str) -> tuple[int, Place | None]:
    """Try a job at every other place in the plan; return how many there are and the cheapest, the first by crew.

    All crews keep the order of their other jobs and go on as early as they can.
    """
    orders = evaluation.plan.sequences()
    rest = {crew: [other for other in jobs if other != job] for crew, jobs in orders.items()}
    tried, best = 0, None
    for crew, index in _places(evaluation.problem, orders, rest, job):
        place = _placed(evaluation, rest, job, crew, index)
        if place is None:
            continue
        tried += 1
        if best is None or place.price.objective < best.price.objective:
            best = place
    return tried, best


def _places(
    problem: RepairProblem, orders: Mapping[str, Sequence[str]], rest: Mapping[str, Sequence[str]], job: str
) -> Iterator[tuple[str, int]]:
    """Yield every crew that can do a job, and each index in the order of its other jobs but the job's own."""
    for number in np.flatnonzero(problem.can_do[:, problem.job_index[job]]).tolist():
        crew = problem.crews[number].id
        jobs = orders.get(crew, ())
        own = jobs.index(job) if job in jobs else -1
        yield from ((crew, index) for index in range(len(rest.get(crew, ())) + 1) if index != own)


def _placed(
    evaluation: Evaluation, rest: Mapping[str, Sequence[str]], job: str, crew: str, index: int
) -> Place | None:
    """Return what it costs to do a job at this place; None where that cannot be carried out."""
    jobs = rest.get(crew, ())
    order = [*jobs[:index], job, *jobs[index:]]
    try:
        plan = schedule(evaluation.problem, {**rest, crew: order})
    except InfeasiblePlan:
        return None
    finish = {visit.job: visit.finish for visit in plan.visits}
    # A place that leaves another job without its parts, or its crew, is none.
    if job not in finish or any(other.job not in finish for other in evaluation.plan.visits):
        return None
    price = Price.between(evaluate(evaluation.problem, plan), evaluation)
    return Place(crew, index + 1, jobs[index] if index < len(jobs) else "", finish[job], price)


def _differing(ordered: Sequence[Visit], other: Plan) -> list[tuple[Visit, Visit]]:
    """Return the visits that the other plan has with another crew or at another time, in order of this plan's time."""
    theirs = {visit.job: visit for visit in other.visits}
    return [
        (visit, theirs[visit.job])
        for visit in ordered
        if visit.job in theirs
        and (visit.crew, visit.finish) != (theirs[visit.job].crew, theirs[visit.job].finish)
    ]


def _decision(evaluation: Evaluation, visit: Visit, other: Visit) -> Decision | None:
    """Return what it would cost to do a job where another plan does; None where nothing would change."""
    orders = evaluation.plan.sequences()
    rest = {crew: [job for job in jobs if job != visit.job] for crew, jobs in orders.items()}
    begins = {mine.job: mine.start for mine in evaluation.plan.visits}
    # Where others need the road that this job opens, or cannot be done without it, they stay where they are.
    with suppress(InfeasiblePlan):
        begins |= {mine.job: mine.start for mine in schedule(evaluation.problem, rest).visits}
    theirs = rest.get(other.crew, [])
    index = next((place for place, job in enumerate(theirs) if begins[job] >= other.start), len(theirs))
    if other.crew == visit.crew and orders[visit.crew].index(visit.job) == index:
        return None
    moved = _placed(evaluation, rest, visit.job, other.crew, index)
    return None if moved is None else Decision(visit, other, moved)
