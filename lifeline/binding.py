"""What binds a job that is late, or keeps it from being done at all: one function a reason, in two literal tables.

A reason says whether it holds, and its figures; the first that holds is the one that binds. A further kind of
condition (parts, locks, closures and the like) is one more function and one more line in its table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lifeline.purpose import done_by

if TYPE_CHECKING:
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
    evaluation: Evaluation, job: str, gain: Price | None, reasons: Sequence[UndoableReason]
) -> tuple[Binding, ...]:
    """Return why a job is not in the plan, the reason that binds first.

    `gain` is the price of its best place, None where none is known; `reasons` are those of `undoable_reasons`.
    """
    undone = Undone(evaluation, job, gain, tuple(reasons))
    return tuple(found for reason in UNDONE.values() if (found := reason(undone)) is not None)


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


def _shift(late: LateVisit) -> Binding | None:
    """The crew was off duty for some time between being free and being done."""
    visit, crew = late.visit, late.crew
    spans = ((late.free, late.could_leave), (visit.depart, visit.finish))
    off = sum(end - start - crew.minutes_on_duty(start, end) for start, end in spans)
    return Binding("shift", (crew.id,), off) if off else None


def _skill(late: LateVisit) -> Binding | None:
    """Few have the skill, and some crew without it has nothing more to do by then."""
    problem = late.evaluation.problem
    number = problem.job_index[late.visit.job]
    able = problem.can_do[:, number]
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
    waited = left + visit.start - late.crew.next_on_shift(visit.arrive)
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


def _nobody_can(undone: Undone) -> Binding | None:
    """No crew has the skill, or no road leads there."""
    found = (Binding(reason.kind, reason.names) for reason in undone.reasons if undone.job in reason.jobs)
    return next(found, None)


def _as_the_problem_says(undone: Undone) -> Binding | None:
    """A reason that only the problem knows, in its own words."""
    text = undone.evaluation.problem.unassignable.get(undone.job, "")
    return Binding("unassignable", text=text) if text and _nobody_can(undone) is None else None


def _would_gain_nothing(undone: Undone) -> Binding | None:
    """Somebody could do it, and it would help nobody before the horizon."""
    helps = undone.gain is None or undone.gain.objective < 0
    return None if helps else Binding("nothing_gained")


def _left_out(undone: Undone) -> Binding | None:
    """Somebody could do it."""
    return None if undone.job in undone.evaluation.problem.unassignable else Binding("left_out")


UNDONE: Mapping[str, Callable[[Undone], Binding | None]] = {
    "nobody_can": _nobody_can,
    "unassignable": _as_the_problem_says,
    "nothing_gained": _would_gain_nothing,
    "left_out": _left_out,
}
"Why a job is not in the plan at all."

KINDS = (*LATE, "no_skill", "cut_off", "no_road", "unassignable", "left_out")
"Every kind of binding there is, so that whoever puts them into words can see that none is missing."
