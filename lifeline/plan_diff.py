"""What changes for whom between the plan that crews know and a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lifeline.news import News
from lifeline.plan import LAST_MINUTE, Plan, Visit

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

NOT_WORTH_A_WORD_MINUTES = 15
"A start that moves by less is no news for a crew."


@dataclass(frozen=True)
class Removed:
    """A job that a crew does not do any more, when it was to start, and who does it now ("": nobody; see `reason`)."""

    job: str
    start: int
    crew_now: str
    reason: str = ""

    @property
    def first_minute(self) -> int:
        """Return when it was to start."""
        return self.start


@dataclass(frozen=True)
class Added:
    """A job that is new for a crew, when it starts, and who was to do it before ("": nobody, or not known yet)."""

    job: str
    start: int
    crew_before: str

    @property
    def first_minute(self) -> int:
        """Return when it starts."""
        return self.start


@dataclass(frozen=True)
class Shifted:
    """A job that a crew keeps and starts earlier (minutes below 0) or later than it knows."""

    job: str
    start: int
    minutes: int

    @property
    def first_minute(self) -> int:
        """Return when it starts or was to start, whichever is first."""
        return min(self.start, self.start - self.minutes)


@dataclass(frozen=True)
class Prolonged:
    """A job that a crew is at, and that ends at another minute than it was to."""

    job: str
    finish: int
    minutes: int


@dataclass(frozen=True)
class CrewChange:
    """What changes for one crew; each list in order of time.

    `order` are all its jobs from now on in their new order, if that order is not what it knows with some taken out and
    some put in; else nothing. `unchanged` counts the jobs that it keeps and that start as it knows.
    """

    crew: str
    prolonged: tuple[Prolonged, ...]
    removed: tuple[Removed, ...]
    added: tuple[Added, ...]
    shifted: tuple[Shifted, ...]
    order: tuple[str, ...]
    unchanged: int

    @property
    def first_minute(self) -> int:
        """Return the first minute at which something is not as the crew knows it; what it is at comes first of all."""
        starts = [row.start for row in self.removed]
        starts += [row.start for row in self.added]
        starts += [row.first_minute for row in self.shifted]
        return min(starts, default=LAST_MINUTE) if not self.prolonged else 0

    @property
    def is_affected(self) -> bool:
        """Tell whether the crew has to be told anything."""
        return bool(self.prolonged or self.removed or self.added or self.shifted or self.order)


@dataclass(frozen=True)
class PlanDiff:
    """Every crew's changes, in order of crews' ids; those of jobs after the minute `until` can wait."""

    now: int
    until: int
    crews: tuple[CrewChange, ...]

    @property
    def affected(self) -> tuple[CrewChange, ...]:
        """Return the changes of the crews that have to be told."""
        return tuple(change for change in self.crews if change.is_affected)

    @property
    def soon(self) -> tuple[CrewChange, ...]:
        """Return the changes of the crews that have to be told about what they do before `until`."""
        return tuple(change for change in self.affected if change.first_minute < self.until)


def plan_diff(problem: RepairProblem, before: Plan, after: Plan, news: News, *, until: int) -> PlanDiff:
    """Return what a new plan of a problem changes for its crews, from the minute of the news on.

    Jobs that were done by then, before and after, are left alone; so are starts that move by less than
    NOT_WORTH_A_WORD_MINUTES.
    """
    begun = {visit.job for visit in problem.history}
    reasons = dict(after.unassignable)
    changes = []
    for crew in problem.crews:
        old = [visit for visit in before.visits if visit.crew == crew.id]
        new = [visit for visit in after.visits if visit.crew == crew.id]
        changes.append(_change_of(crew.id, old, new, before, after, begun, reasons, problem, news.now))
    return PlanDiff(news.now, until, tuple(changes))


def _change_of(
    crew: str,
    old: Sequence[Visit],
    new: Sequence[Visit],
    before: Plan,
    after: Plan,
    begun: set[str],
    reasons: dict[str, str],
    problem: RepairProblem,
    now: int,
) -> CrewChange:
    was = {visit.job: visit for visit in old}
    crew_before = {visit.job: visit.crew for visit in before.visits}
    crew_after = {visit.job: visit.crew for visit in after.visits}
    ahead = [visit for visit in new if visit.job not in begun]
    removed = [
        Removed(visit.job, visit.start, crew_after.get(visit.job, ""), _reason(visit.job, reasons, problem))
        for visit in old
        if crew_after.get(visit.job) != crew
    ]
    added = [
        Added(visit.job, visit.start, crew_before.get(visit.job, ""))
        for visit in ahead
        if visit.job not in was
    ]
    kept = [visit for visit in ahead if visit.job in was]
    shifted = [
        Shifted(visit.job, visit.start, visit.start - was[visit.job].start)
        for visit in kept
        if abs(visit.start - was[visit.job].start) >= NOT_WORTH_A_WORD_MINUTES
    ]
    prolonged = [
        Prolonged(visit.job, visit.finish, visit.finish - was[visit.job].finish)
        for visit in new
        if visit.job in begun
        and visit.finish > now
        and visit.job in was
        and visit.finish != was[visit.job].finish
    ]
    in_old_order = sorted(kept, key=lambda visit: (was[visit.job].start, visit.job))
    reordered = [visit.job for visit in in_old_order] != [visit.job for visit in kept]
    return CrewChange(
        crew,
        tuple(prolonged),
        tuple(removed),
        tuple(added),
        tuple(shifted),
        tuple(visit.job for visit in ahead) if reordered else (),
        len(kept) - len(shifted),
    )


def _reason(job: str, reasons: dict[str, str], problem: RepairProblem) -> str:
    if job in reasons:
        return reasons[job]
    return "" if job in problem.job_index else "It turned out to be whole."
