"""Turns an order of work into a plan with times: every crew goes on as early as it can."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from lifeline.crews import common_hours
from lifeline.errors import InfeasiblePlan
from lifeline.hours import work_within
from lifeline.numbered_work import numbered_work
from lifeline.plan import LAST_MINUTE, Plan, Visit

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

A_ROAD_OPENS, A_CREW_LEAVES = 0, 1
"At one minute, roads open before crews look for their way."


class Earliest(NamedTuple):
    """When at the earliest a crew leaves for a job, and when it begins to work there: minutes after time zero."""

    depart: int = 0
    start: int = 0


AT_ONCE = Earliest()


def schedule(
    problem: RepairProblem,
    sequences: Mapping[str, Sequence[str]],
    *,
    claims: Sequence[str] | None = None,
    earliest: Mapping[str, Earliest] | None = None,
) -> Plan:
    """Let each crew do its jobs in the order given, and work out all times.

    A crew leaves as soon as it is free, available, on shift and a passable road leads to its next site; it
    drives the quickest way over the roads that are passable when it leaves, and waits on site until the job's
    conditions hold. Spare parts go to jobs in the order in which crews set out for them and know all they wait for, or
    in the order of `claims`, which must name every job that uses any. A job whose parts never come, that its crew could
    not end before it leaves, or that waits for such a one, is left out, and its crew goes on to the next. The problem's
    history comes first; `sequences` may repeat it. Jobs left out of `sequences` are left undone. Crews wait for the
    times in `earliest`, by job.

    Raises InvalidInput for unknown crews and jobs and for jobs given twice; InfeasiblePlan for jobs the crew cannot do,
    for orders that cannot be kept this way, and when crews wait for each other for ever.
    """
    clock = _Clock(problem, numbered_work(problem, sequences), earliest or {})
    if claims is not None:
        clock.hand_out_parts(claims)
    clock.run()
    reasons = {**problem.unassignable, **clock.left_out}
    return Plan(tuple(clock.visits), tuple(reasons.items()))


@dataclass
class _Leg:
    """A drive that has begun: who set out when, and when they are there."""

    crew: int
    depart: int
    arrive: int


@dataclass
class _Clock:
    """The events still to come, by minute, and where every crew is.

    An event is (minute, kind, number): the number of the crew that leaves, or of the job that opens roads.
    """

    problem: RepairProblem
    to_do: dict[int, list[int]]
    """The jobs of each crew still to do, the next one last."""
    earliest: Mapping[str, Earliest] = field(default_factory=dict)
    events: list[tuple[int, int, int]] = field(default_factory=list)
    site: dict[int, int] = field(default_factory=dict)
    waiting: list[int] = field(default_factory=list)
    opened: set[int] = field(default_factory=set)
    visits: list[Visit] = field(default_factory=list)
    legs: dict[int, _Leg] = field(default_factory=dict)
    """Crews on their way to, or waiting at, jobs that are not timed yet."""
    finish: dict[int, int] = field(default_factory=dict)
    undone: set[int] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)
    used: dict[tuple[str, str], int] = field(default_factory=dict)
    promised: dict[int, int | None] | None = None

    def __post_init__(self) -> None:
        """Take the roads as they are at time zero, and the history as it was."""
        problem = self.problem
        self.drives = problem.travel.drives()
        self.speed_class = problem.travel.speed_class_of_crew.tolist()
        self.opening_jobs = problem.travel.opening_jobs
        self.conditions = problem.conditions
        self.visits = list(problem.history)
        self.undone = set(range(len(problem.jobs))) - {job for jobs in self.to_do.values() for job in jobs}
        for job, visit in problem.past.items():
            self.undone.discard(job)
            self.finish[job] = visit.finish
            self.take_parts(job, visit.crew)
            if job in self.opening_jobs:
                heappush(self.events, (visit.finish, A_ROAD_OPENS, job))

    def run(self) -> None:
        """Play all events in order; ties by crew, and crews are numbered in order of their ids."""
        site, minute = self.problem.starts
        for crew in sorted(self.to_do):
            self.site[crew] = int(site[crew])
            self.check_first(crew)
            self.look_again(crew, int(minute[crew]))
        while self.events:
            now, kind, number = heappop(self.events)
            if kind == A_ROAD_OPENS:
                self.open_roads(now, number)
            else:
                self.leave(now, number)
        if self.waiting or self.legs:
            raise InfeasiblePlan(self.who_waits())

    def check_first(self, crew: int) -> None:
        """Refuse an order of work in which something comes before a job that is to be first."""
        passed = None
        for job in reversed(self.to_do[crew]):
            if job not in self.conditions.first:
                passed = job if passed is None else passed
            elif passed is not None:
                first, other = self.problem.jobs[job].id, self.problem.jobs[passed].id
                raise InfeasiblePlan(
                    f"{first!r} is to be its crew's first job, and {other!r} comes before it."
                )

    def look_again(self, crew: int, minute: int) -> None:
        """Let the crew try to leave for its next job when it is next on shift."""
        if self.to_do[crew]:
            minute = max(minute, self.not_before(self.to_do[crew][-1]).depart)
            heappush(self.events, (self.problem.crews[crew].next_on_shift(minute), A_CREW_LEAVES, crew))

    def not_before(self, job: int) -> Earliest:
        """Return when at the earliest anybody leaves for this job, and begins it."""
        return self.earliest.get(self.problem.jobs[job].id, AT_ONCE)

    def open_roads(self, minute: int, job: int) -> None:
        """A repair is done that roads were waiting for: whoever found no way looks again."""
        self.opened.add(job)
        self.drives.job_done(job)
        released, self.waiting = self.waiting, []
        for crew in released:
            self.look_again(crew, minute)

    def leave(self, minute: int, number: int) -> None:
        """The crew drives to its next job, or waits when no passable road leads there."""
        crew, job = self.problem.crews[number], self.to_do[number][-1]
        travel_minutes = self.drives.minutes(
            self.speed_class[number], self.site[number], len(self.problem.crews) + job
        )
        if travel_minutes < 0:
            if self.never(job) is not None:
                self.to_do[number].pop()
                self.leave_out([job], minute)
                self.look_again(number, minute)
                for other in self.waits_for(job):
                    self.settle(other, minute)
                return
            self.waiting.append(number)
            return
        self.to_do[number].pop()
        self.legs[job] = _Leg(number, minute, crew.work_until(minute, travel_minutes))
        self.settle(job, minute)

    def settle(self, job: int, now: int) -> None:
        """Time a job, and whatever waited for it, as far as all that it waits for is known by now."""
        queue = deque([job])
        while queue:
            job = queue.popleft()
            if job not in self.legs:
                continue
            group = self.conditions.group_of.get(job, (job,))
            reason = self.never(job)
            if reason is None:
                if not self.is_known(group):
                    continue
                reason = self.work(group)
            if reason is not None:
                self.leave_out(group, now, reason)
            for member in group:
                queue.extend(self.waits_for(member))

    def waits_for(self, job: int) -> Sequence[int]:
        """Return the jobs for which it makes a difference what becomes of this one."""
        return *self.conditions.followers.get(job, ()), *self.conditions.group_of.get(job, ())

    def is_known(self, group: Sequence[int]) -> bool:
        """Tell whether all crews of a group are on their way and all jobs before are timed."""
        return all(
            member in self.legs
            and all(before in self.finish for before, _ in self.conditions.befores.get(member, ()))
            for member in group
        )

    def never(self, job: int) -> str | None:
        """Return why a job will not be done, if that is known: something before or beside it is left out."""
        for member in self.conditions.group_of.get(job, (job,)):
            if member in self.undone:
                return f"It is done together with {self.problem.jobs[member].id!r}, which is left out."
            for before, _ in self.conditions.befores.get(member, ()):
                if before in self.undone:
                    return f"It waits for {self.problem.jobs[before].id!r}, which is left out."
        return None

    def work(self, group: Sequence[int]) -> str | None:
        """Let the crews of a group do their jobs side by side; return why they cannot, if they cannot."""
        problem, conditions = self.problem, self.conditions
        legs = [self.legs[job] for job in group]
        crews = [problem.crews[leg.crew] for leg in legs]
        begin = max(leg.arrive for leg in legs)
        for job, crew in zip(group, crews, strict=True):
            begin = max(begin, conditions.not_before.get(job, 0), self.not_before(job).start)
            for before, lag in conditions.befores.get(job, ()):
                begin = max(begin, self.finish[before] + lag)
            there = self.parts_there(job, crew.depot)
            if there is None:
                return "Its spare parts never come, or others have them."
            begin = max(begin, there)
        minutes = max(problem.work_minutes(leg.crew, job) for leg, job in zip(legs, group, strict=True))
        hours = common_hours([(crew.period_minutes, crew.windows) for crew in crews])
        if hours is None or not hours[1]:
            names = " and ".join(repr(crew.id) for crew in crews)
            raise InfeasiblePlan(f"Crews {names} are to work side by side and are never on duty together.")
        start, finish = work_within(hours, conditions.closed.get(group[0], ()), begin, minutes)
        late = next((job for job in group if start > conditions.not_after.get(job, LAST_MINUTE)), None)
        if late is not None:
            latest = conditions.not_after[late]
            raise InfeasiblePlan(
                f"Job {problem.jobs[late].id!r} must start at minute {latest} at the latest, and would at {start}."
            )
        if any(finish > (crew.available_until_minute or LAST_MINUTE) for crew in crews):
            return "The crew that would do it leaves before it would be done."
        for job, leg, crew in zip(group, legs, crews, strict=True):
            self.visits.append(Visit(crew.id, problem.jobs[job].id, leg.depart, leg.arrive, start, finish))
            self.finish[job] = finish
            self.site[leg.crew] = len(problem.crews) + job
            self.take_parts(job, crew.id)
            del self.legs[job]
            if job in self.opening_jobs:
                heappush(self.events, (finish, A_ROAD_OPENS, job))
            self.look_again(leg.crew, finish)
        return None

    def leave_out(self, group: Sequence[int], now: int, reason: str | None = None) -> None:
        """Note that jobs are not done; crews that were on their way had not left, and go on."""
        for job in group:
            why = reason or self.never(job) or ""
            self.undone.add(job)
            if not self.problem.jobs[job].is_optional:
                self.left_out[self.problem.jobs[job].id] = why
            leg = self.legs.pop(job, None)
            if leg is not None:
                self.look_again(leg.crew, max(leg.depart, now))

    def hand_out_parts(self, claims: Sequence[str]) -> None:
        """Promise parts to jobs in this order, whoever starts first."""
        depot_of = {job: self.problem.crews[crew].depot for crew, jobs in self.to_do.items() for job in jobs}
        self.promised = {}
        for name in claims:
            job = self.problem.job_index[name]
            if job not in depot_of:
                continue
            self.promised[job] = self.conditions.parts_there(job, depot_of[job], self.used)
            if self.promised[job] is not None:
                self.count_parts(job, depot_of[job])

    def parts_there(self, job: int, depot: str) -> int | None:
        """Return the minute from which a job's parts are there; None for never, 0 for a job that needs none."""
        if self.promised is not None and job in self.conditions.uses:
            return self.promised[job]
        return self.conditions.parts_there(job, depot, self.used)

    def take_parts(self, job: int, crew: str) -> None:
        """Take what a job uses out of its crew's depot, unless it has been promised to it before."""
        if self.promised is None:
            self.count_parts(job, self.problem.crews[self.problem.crew_index[crew]].depot)

    def count_parts(self, job: int, depot: str) -> None:
        for part, pieces in self.conditions.uses.get(job, ()):
            self.used[depot, part] = self.used.get((depot, part), 0) + pieces

    def who_waits(self) -> str:
        """Name the crews that wait for each other, and the road repairs that would free them."""
        crews, jobs = self.problem.crews, self.problem.jobs
        waits = [
            f"crew {crews[crew].id!r} waits for a road to {jobs[self.to_do[crew][-1]].id!r}"
            for crew in sorted(self.waiting)
        ]
        waits += [
            f"crew {crews[leg.crew].id!r} {self.waits_at(job)}" for job, leg in sorted(self.legs.items())
        ]
        if not self.waiting:
            return (
                f"The plan gets stuck: {', '.join(waits)}. Put jobs that others wait for earlier, and jobs that are "
                "done together in the same order on all their crews."
            )
        owner = {job: crew for crew, left in self.to_do.items() for job in left}
        repairs = [
            f"{jobs[job].id!r} ({f'of crew {crews[owner[job]].id!r}' if job in owner else 'nobody does it'})"
            for job in sorted(self.opening_jobs - self.opened)
        ]
        advice = (
            "No repair opens one any more: let them do these jobs before they drive where no road leads on."
        )
        if repairs:
            advice = f"Road repairs not reached by then: {', '.join(repairs)}. Move one forward."
        return f"The plan gets stuck: {', '.join(waits)}. {advice}"

    def waits_at(self, job: int) -> str:
        """Say what a crew that is on its way to a job waits for there."""
        jobs = self.problem.jobs
        group = self.conditions.group_of.get(job, (job,))
        absent = [jobs[member].id for member in group if member not in self.legs]
        befores = [
            jobs[before].id
            for member in group
            for before, _ in self.conditions.befores.get(member, ())
            if before not in self.finish
        ]
        what = [f"the end of {name!r}" for name in befores] + [f"the crew of {name!r}" for name in absent]
        return f"waits at {jobs[job].id!r} for {' and '.join(dict.fromkeys(what))}"
