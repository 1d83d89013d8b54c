"""What binds a job that is late, or keeps it from being done at all: one function a reason, in two literal tables.

A reason says whether it holds, and its figures; the first that holds is the one that binds. A further kind of
condition (parts, locks, closures and the like) is one more function and one more line in its table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lifeline.condition_check import could_still_be_done
from lifeline.crews import common_hours
from lifeline.duty import minutes_on_duty
from lifeline.hours import work_within
from lifeline.purpose import done_by

if TYPE_CHECKING:
    from lifeline.conditions import Spans
    from lifeline.crews import Crew
    from lifeline.evaluation import Evaluation
    from lifeline.plan import Visit
    from lifeline.purpose import Price
    from lifeline.undoable import UndoableReason


@dataclass(frozen=True)
class Binding:
    """One reason: its kind, a key of the tables below, and what it is about.

    `names` are jobs, crews or a skill, as the kind has it; `minutes` is how long it held the job up, `minute` when it
    ended; 0 and () where that says nothing. `text` is for reasons that only the problem knows.
    """

    kind: str
    names: tuple[str, ...] = ()
    minutes: int = 0
    minute: int = 0
    text: str = ""


@dataclass(frozen=True, eq=False)
class LateVisit:
    """A visit, and what its crew did before it."""

    evaluation: Evaluation
    visit: Visit
    is_for_nothing: bool

    @cached_property
    def crew(self) -> Crew:
        """Return the crew."""
        problem = self.evaluation.problem
        return problem.crews[problem.crew_index[self.visit.crew]]

    @cached_property
    def before(self) -> tuple[Visit, ...]:
        """Return what the crew does before this visit, in order."""
        visits = self.evaluation.plan.visits
        return tuple(
            other
            for other in visits
            if other.crew == self.visit.crew and other.depart < self.visit.depart and other != self.visit
        )

    @property
    def free(self) -> int:
        """Return the minute from which on the crew has nothing else to do."""
        return self.before[-1].finish if self.before else self.crew.available_from_minute

    @property
    def could_leave(self) -> int:
        """Return the first minute at which the crew is free and on duty."""
        return self.crew.next_on_shift(self.free)

    @property
    def crews(self) -> list[Crew]:
        """Return the crews that work side by side here."""
        problem = self.evaluation.problem
        return [problem.crews[problem.crew_index[visit.crew]] for visit in self.group]

    @property
    def closed(self) -> Spans:
        """Return the spans in which nobody may be on the site."""
        problem = self.evaluation.problem
        return problem.conditions.closed.get(problem.job_index[self.visit.job], ())

    @cached_property
    def group(self) -> tuple[Visit, ...]:
        """Return the visits whose crews work side by side with this one, itself among them."""
        problem = self.evaluation.problem
        number = problem.job_index[self.visit.job]
        jobs = {problem.jobs[member].id for member in problem.conditions.group_of.get(number, (number,))}
        return tuple(visit for visit in self.evaluation.plan.visits if visit.job in jobs)

    @cached_property
    def held(self) -> dict[str, Binding]:
        """Return what kept the crew from beginning once it was there: kind, what it was about, until which minute."""
        problem, conditions = self.evaluation.problem, self.evaluation.problem.conditions
        finish = {visit.job: visit.finish for visit in self.evaluation.plan.visits}
        found = [(visit.arrive, "partner", visit.crew) for visit in self.group if visit != self.visit]
        for visit in self.group:
            number = problem.job_index[visit.job]
            found.append((conditions.not_before.get(number, 0), "order", ""))
            found.append(self._parts_there(visit))
            for before, lag in conditions.befores.get(number, ()):
                name = problem.jobs[before].id
                found.append((finish.get(name, 0) + lag, "after", name))
        arrive = self.visit.arrive
        return {
            kind: Binding(kind, (name,) if name else (), minute - arrive, minute)
            for minute, kind, name in sorted(found)
            if minute > arrive
        }

    @property
    def held_until(self) -> int:
        """Return the minute from which nothing but hours kept the crew from beginning."""
        return max((held.minute for held in self.held.values()), default=self.visit.arrive)

    def _parts_there(self, visit: Visit) -> tuple[int, str, str]:
        """Return from when the parts of a visit are there, after those of all earlier visits, and which comes last."""
        problem, conditions = self.evaluation.problem, self.evaluation.problem.conditions
        depot_of = {crew.id: crew.depot for crew in problem.crews}
        taken: Counter[str] = Counter()
        for other in sorted(self.evaluation.plan.visits, key=lambda other: (other.start, other.job)):
            if depot_of[other.crew] == depot_of[visit.crew]:
                taken.update(dict(conditions.uses.get(problem.job_index[other.job], ())))
            if other == visit:
                break
        there = [
            (conditions.minute_of_stock(depot_of[visit.crew], part, taken[part]) or 0, "parts", part)
            for part, _ in conditions.uses.get(problem.job_index[visit.job], ())
        ]
        return max(there, default=(0, "parts", ""))

    def drive_minutes(self, minute: int) -> int:
        """Return the minutes of the drive to the job over the roads open at this minute, -1 for no way."""
        problem = self.evaluation.problem
        sites = len(problem.crews)
        here = (
            sites + problem.job_index[self.before[-1].job]
            if self.before
            else problem.crew_index[self.crew.id]
        )
        speed = int(problem.travel.speed_class_of_crew[problem.crew_index[self.crew.id]])
        minutes = problem.travel.minutes(done_by(self.evaluation, minute))
        return int(minutes[speed, here, sites + problem.job_index[self.visit.job]])


def is_late(evaluation: Evaluation, visit: Visit) -> bool:
    """Tell whether a job is finished after the horizon, or after the minute from which on all who count are back."""
    everybody = evaluation.minute_when_back(1.0)
    return visit.finish > evaluation.problem.horizon_minutes or 0 <= everybody < visit.finish


def binding_of_visit(evaluation: Evaluation, visit: Visit, *, is_for_nothing: bool) -> tuple[Binding, ...]:
    """Return why a visit is no earlier, the reason that binds first; `is_for_nothing`: nobody waits for it."""
    late = LateVisit(evaluation, visit, is_for_nothing)
    found = tuple(found for reason in LATE.values() if (found := reason(late)) is not None)
    # Where nothing is gained, nothing else is in the way either.
    return found[:1] if is_for_nothing else found


def binding_of_undone(
    evaluation: Evaluation,
    job: str,
    reasons: Sequence[UndoableReason],
    *,
    gain: Price | None = None,
    places: int | None = None,
) -> Binding:
    """Return why a job is not in the plan: the first reason that holds.

    `reasons` are those of `undoable_reasons`; `gain` is the price of its best place and `places` how many there are,
    None where that is not known.
    """
    undone = Undone(evaluation, job, gain, tuple(reasons), places)
    return next(found for reason in UNDONE.values() if (found := reason(undone)) is not None)


def _nothing_gained(late: LateVisit) -> Binding | None:
    """Nobody waits for it, and no crew for its road."""
    return Binding("nothing_gained") if late.is_for_nothing else None


def _road(late: LateVisit) -> Binding | None:
    """The crew was free and on duty, and no road led there until some repair was done."""
    visit, leave = late.visit, late.could_leave
    if visit.depart <= leave or late.drive_minutes(leave) >= 0:
        return None
    opening = late.evaluation.problem.travel.opening_jobs
    numbers = late.evaluation.problem.job_index
    opened = [
        other
        for other in late.evaluation.plan.visits
        if numbers[other.job] in opening and leave < other.finish <= visit.depart
    ]
    last = max((other.finish for other in opened), default=visit.depart)
    names = tuple(sorted(other.job for other in opened if other.finish == last))
    return Binding("road", names, visit.depart - leave, last)


def _not_there_yet(late: LateVisit) -> Binding | None:
    """It is the first job of a crew that arrives only then."""
    arrives = late.crew.available_from_minute
    return Binding("arrives", (late.crew.id,), arrives, arrives) if arrives and not late.before else None


def _held(kind: str) -> Callable[[LateVisit], Binding | None]:
    """Return the reason that one kind of condition kept the crew waiting on site, and no other for longer."""

    def reason(late: LateVisit) -> Binding | None:
        held = late.held.get(kind)
        return held if held is not None and held.minute == late.held_until else None

    return reason


def _closed(late: LateVisit) -> Binding | None:
    """Nobody may be on the site for some time between arriving, all else being there, and being done."""
    begin, end = late.held_until, late.visit.finish
    shut = sum(max(min(until, end) - max(start, begin), 0) for start, until in late.closed)
    return Binding("closed", (), shut) if shut else None


def _shift(late: LateVisit) -> Binding | None:
    """The crew was off duty for some time between being free and being done."""
    visit, crew = late.visit, late.crew
    spans = ((late.free, late.could_leave), (visit.depart, visit.finish))
    off = sum(end - start - minutes_on_duty(crew, start, end) for start, end in spans)
    return Binding("shift", (crew.id,), off) if off else None


def _skill(late: LateVisit) -> Binding | None:
    """Few have the skill, and some crew without it has nothing more to do by then."""
    problem = late.evaluation.problem
    number = problem.job_index[late.visit.job]
    able = problem.able[:, number]
    last = {crew.id: crew.available_from_minute for crew in problem.crews}
    for visit in late.evaluation.plan.visits:
        last[visit.crew] = max(last[visit.crew], visit.finish)
    idle = [
        crew.id
        for crew, can in zip(problem.crews, able, strict=True)
        if not can and last[crew.id] < late.visit.depart
    ]
    if not idle:
        return None
    names = tuple(crew.id for crew, can in zip(problem.crews, able, strict=True) if can)
    return Binding("skill", (problem.jobs[number].skill, *names))


def _waits(late: LateVisit) -> Binding | None:
    """The plan lets the crew wait although it could leave, or begin."""
    visit = late.visit
    left = visit.depart - late.could_leave if _road(late) is None else 0
    hours = common_hours([(crew.period_minutes, crew.windows) for crew in late.crews])
    if hours is None:
        return None
    could_start, _ = work_within(hours, late.closed, late.held_until, 1)
    waited = left + max(visit.start - could_start, 0)
    return Binding("waits", (visit.crew,), waited) if waited > 0 else None


def _busy(late: LateVisit) -> Binding | None:
    """The crew does other jobs first."""
    names = tuple(visit.job for visit in late.before)
    return Binding("busy", names, minute=late.free) if names else None


def _takes_long(late: LateVisit) -> Binding | None:
    """The way and the work alone take so long."""
    minutes = late.visit.finish - late.free
    return Binding("work", (), minutes) if not late.before else None


LATE: Mapping[str, Callable[[LateVisit], Binding | None]] = {
    "nothing_gained": _nothing_gained,
    "road": _road,
    "arrives": _not_there_yet,
    "after": _held("after"),
    "partner": _held("partner"),
    "parts": _held("parts"),
    "order": _held("order"),
    "closed": _closed,
    "shift": _shift,
    "skill": _skill,
    "waits": _waits,
    "busy": _busy,
    "work": _takes_long,
}
"Why a job of the plan is no earlier, the most telling first; one of the last two always holds."


@dataclass(frozen=True, eq=False)
class Undone:
    """A job that is not in the plan, and what its best place there would cost."""

    evaluation: Evaluation
    job: str
    gain: Price | None
    reasons: tuple[UndoableReason, ...]
    places: int | None


def _nobody_can(undone: Undone) -> Binding | None:
    """No crew has the skill, no road leads there, or what the problem says in its own words."""
    reason = next((reason for reason in undone.reasons if undone.job in reason.jobs), None)
    if reason is None:
        return None
    text = reason.sentence if reason.kind == "unassignable" else ""
    return Binding(reason.kind, reason.names, text=text)


def _no_place(undone: Undone) -> Binding | None:
    """Somebody could do it, and nowhere in this plan: parts are used up, crews have left, orders are in the way."""
    problem, plan = undone.evaluation.problem, undone.evaluation.plan
    if undone.job in problem.unassignable:
        return None
    is_possible = (
        could_still_be_done(problem, plan, undone.job) if undone.places is None else undone.places > 0
    )
    return None if is_possible else Binding("no_place")


def _would_gain_nothing(undone: Undone) -> Binding | None:
    """Somebody could do it, and it would help nobody before the horizon."""
    helps = undone.gain is None or undone.gain.objective < 0
    return None if helps else Binding("nothing_gained")


def _left_out(undone: Undone) -> Binding:
    """Somebody could do it."""
    return Binding("left_out")


UNDONE: Mapping[str, Callable[[Undone], Binding | None]] = {
    "nobody_can": _nobody_can,
    "no_place": _no_place,
    "nothing_gained": _would_gain_nothing,
    "left_out": _left_out,
}
"Why a job is not in the plan at all; the last one holds where no other does."

KINDS = (*LATE, "no_place", "no_skill", "cut_off", "no_road", "unassignable", "left_out")
"Every kind of binding there is, so that whoever puts them into words can see that none is missing."
