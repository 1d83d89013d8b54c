"""Turns an order of work into a plan with times: every crew goes on as early as it can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from lifeline.errors import InfeasiblePlan, InvalidInput
from lifeline.nearest import Nearest
from lifeline.plan import Plan, Visit

if TYPE_CHECKING:
    from lifeline.crews import Crew
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
    earliest: Mapping[str, Earliest] | None = None,
) -> Plan:
    """Let each crew do its jobs in the order given, and work out all times.

    A crew leaves as soon as it is free, available, on shift and a passable road leads to its next site; it
    drives the quickest way over the roads that are passable when it leaves. Jobs left out of `sequences` are
    left undone; a crew waits for the times in `earliest`, by job. Raises InvalidInput for unknown crews and
    jobs and for jobs given twice; InfeasiblePlan for jobs the crew cannot do and when crews wait for each
    other's roads for ever.
    """
    clock = _Clock(problem, _numbered(problem, sequences), earliest or {})
    clock.run()
    return Plan(tuple(clock.visits), tuple(problem.unassignable.items()))


@dataclass
class _Clock:
    """The events still to come, by minute, and where every crew is.

    An event is (minute, kind, number): the number of the crew that leaves, or of the job that opens roads.
    """

    problem: RepairProblem
    to_do: dict[int, list[int]]
    """The jobs of each crew still to do, the next one last."""
    earliest: Mapping[str, Earliest]
    events: list[tuple[int, int, int]] = field(default_factory=list)
    site: dict[int, int] = field(default_factory=dict)
    waiting: list[int] = field(default_factory=list)
    opened: set[int] = field(default_factory=set)
    visits: list[Visit] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take the roads as they are at time zero."""
        self.drives = self.problem.travel.drives()
        self.speed_class = self.problem.travel.speed_class_of_crew.tolist()
        self.opening_jobs = self.problem.travel.opening_jobs

    def run(self) -> None:
        """Play all events in order; ties by crew, and crews are numbered in order of their ids."""
        for crew in sorted(self.to_do):
            self.site[crew] = crew
            self.look_again(crew, self.problem.crews[crew].available_from_minute)
        while self.events:
            minute, kind, number = heappop(self.events)
            if kind == A_ROAD_OPENS:
                self.open_roads(minute, number)
            else:
                self.leave(minute, number)
        if self.waiting:
            raise InfeasiblePlan(self.who_waits())

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
        """The crew drives to its next job and does it, or waits when no passable road leads there."""
        crew, jobs = self.problem.crews[number], self.to_do[number]
        site = len(self.problem.crews) + jobs[-1]
        travel_minutes = self.drives.minutes(self.speed_class[number], self.site[number], site)
        if travel_minutes < 0:
            self.waiting.append(number)
            return
        job = jobs.pop()
        visit = self.visit(crew, job, minute, travel_minutes)
        self.visits.append(visit)
        self.site[number] = site
        if job in self.opening_jobs:
            heappush(self.events, (visit.finish, A_ROAD_OPENS, job))
        self.look_again(number, visit.finish)

    def visit(self, crew: Crew, number: int, depart: int, travel_minutes: int) -> Visit:
        """Return the visit to this job, without any wait that nobody asked for."""
        job = self.problem.jobs[number]
        arrive = crew.work_until(depart, travel_minutes)
        start = crew.next_on_shift(max(arrive, self.not_before(number).start))
        return Visit(crew.id, job.id, depart, arrive, start, crew.work_until(start, job.repair_minutes))

    def who_waits(self) -> str:
        """Name the crews that wait for each other, and the road repairs that would free them."""
        crews, jobs = self.problem.crews, self.problem.jobs
        waits = [
            f"crew {crews[crew].id!r} waits for a road to {jobs[self.to_do[crew][-1]].id!r}"
            for crew in sorted(self.waiting)
        ]
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


def _numbered(problem: RepairProblem, sequences: Mapping[str, Sequence[str]]) -> dict[int, list[int]]:
    """Return the job numbers of each crew number, the next job last, after checking who may do what."""
    to_do: dict[int, list[int]] = {}
    given: dict[str, str] = {}
    for crew in sorted(sequences):
        if crew not in problem.crew_index:
            guess = Nearest(problem.crew_index).to(crew)
            hint = "" if guess is None else f" Did you mean {guess!r}?"
            raise InvalidInput(f"There is no crew {crew!r} in this problem.{hint}")
        number = problem.crew_index[crew]
        for job in sequences[crew]:
            _check_job(problem, number, job)
            if job in given:
                raise InvalidInput(
                    f"Job {job!r} is given twice: to crew {given[job]!r} and to crew {crew!r}."
                )
            given[job] = crew
        to_do[number] = [problem.job_index[job] for job in reversed(sequences[crew])]
    return to_do


def _check_job(problem: RepairProblem, crew: int, job: str) -> None:
    skill = problem.job(job).skill
    if job in problem.unassignable:
        raise InfeasiblePlan(f"Job {job!r} cannot be planned. {problem.unassignable[job]}")
    if not problem.can_do[crew, problem.job_index[job]]:
        raise InfeasiblePlan(
            f"Crew {problem.crews[crew].id!r} lacks the skill {skill!r} that job {job!r} needs."
        )
