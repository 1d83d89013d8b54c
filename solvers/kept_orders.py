"""Whether orders can be kept at all: an exact search over the few jobs on which that hangs.

Only jobs that have to start by some minute or before others, ordered jobs that could be left out, and what all of these
wait for make a difference; every other job can come behind them. The search appends one of them after another to some
crew's work and lets `schedule` time it. A plan's jobs in order of their starts are appended like that one by one,
and what comes behind never makes a job earlier; so where an attempt breaks an order, nothing appended to it helps.

Exact up to MOST_TRIES attempts where no repair opens a road: a crew that sets out before a road is open may take a
longer way than one that idles, and where spare parts run short, jobs between the ordered ones could change who gets
them. There, "no plan keeps them" means: none without idle waiting and without other jobs in between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from lifeline.errors import InfeasiblePlan
from lifeline.plan import LAST_MINUTE
from lifeline.schedule import schedule

if TYPE_CHECKING:
    from lifeline.jobs import Job
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem

MOST_TRIES = 3_000
"""Attempts after which a search gives up without an answer. Six ordered jobs on two crews take 5,040 in the worst
case, and mostly fewer than a hundred, since whatever breaks an order ends an attempt."""

State = tuple[tuple[int, ...], ...]
"The jobs of each crew so far."


@dataclass(frozen=True)
class Kept:
    """Sequences of the jobs on which it hangs, with which all orders are kept; None where none were found.

    `is_certain` tells whether there are none then; `reason` is what stood in the way of the attempt that came furthest.
    """

    sequences: dict[str, list[str]] | None
    is_certain: bool
    reason: str = ""


def ordered_jobs(problem: RepairProblem) -> tuple[int, ...]:
    """Return the jobs that orders are about and that a plan has to do, by number, without history."""
    named = {lock.job for lock in problem.locks}
    wanted = {number for number, job in enumerate(problem.jobs) if job.id in named or _is_end_of(job, named)}
    wanted |= {*problem.conditions.not_after, *problem.conditions.first}
    wanted |= {member for job in wanted for member in problem.conditions.group_of.get(job, ())}
    return tuple(
        sorted(job for job in wanted if job not in problem.past and not problem.jobs[job].is_optional)
    )


def _is_end_of(job: Job, named: Collection[str]) -> bool:
    """Tell whether an order for a whole component is one for this job: the step with which it is back."""
    return job.restores and job.component in named


def jobs_it_hangs_on(problem: RepairProblem, ordered: Sequence[int]) -> tuple[int, ...]:
    """Return the ordered jobs that cannot simply come behind everything, with all that they wait for."""
    conditions = problem.conditions
    stays = np.array([crew.available_until_minute is None for crew in problem.crews], bool)
    could_be_left_out = ~problem.within_reach[stays].any(axis=0)
    could_be_left_out[list(conditions.uses)] = True
    hangs = {*conditions.not_after, *conditions.first}
    core = [
        job
        for job in ordered
        if job in hangs or any(could_be_left_out[before] for before in conditions.needed_before([job]))
    ]
    return tuple(sorted(conditions.needed_before(core) - set(problem.past)))


def keep_orders(
    problem: RepairProblem, ordered: Sequence[int], *, strict: bool = True, most_tries: int = MOST_TRIES
) -> Kept:
    """Look for sequences that keep all orders; `strict`: with every ordered job done, none left out."""
    core = jobs_it_hangs_on(problem, ordered)
    for job in (*ordered, *core):
        if problem.jobs[job].id in problem.unassignable:
            if strict:
                return Kept(None, True, problem.unassignable[problem.jobs[job].id])
            core = tuple(other for other in core if other != job)
    search = _Search(problem, core, strict, most_tries)
    found = search.run()
    helpers = tuple(sorted(_road_helpers(problem) - set(core)))
    if found is None and helpers and not search.gave_up:
        search = _Search(problem, core, strict, most_tries, helpers)
        found = search.run()
    if found is None:
        return Kept(None, not search.gave_up, search.reason)
    return Kept(_named(problem, found), True)


def _road_helpers(problem: RepairProblem) -> frozenset[int]:
    """Return the jobs that could open a road on which an ordered job is reached sooner, with what they wait for."""
    helpers = problem.conditions.needed_before(sorted(problem.travel.opening_jobs)) - set(problem.past)
    return frozenset(job for job in helpers if problem.jobs[job].id not in problem.unassignable)


def _named(problem: RepairProblem, state: State) -> dict[str, list[str]]:
    return {
        crew.id: [problem.jobs[job].id for job in jobs]
        for crew, jobs in zip(problem.crews, state, strict=True)
    }


@dataclass
class _Search:
    """One search: what has been tried, and how far the best attempt came."""

    problem: RepairProblem
    core: tuple[int, ...]
    strict: bool
    most_tries: int
    helpers: tuple[int, ...] = ()
    tries: int = 0
    gave_up: bool = False
    reason: str = ""
    furthest: int = -1
    seen: set[State] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Work out drives over all roads that will ever open, and by when each job must have begun."""
        problem, travel = self.problem, self.problem.travel
        self.conditions = problem.conditions
        self.shortest = travel.minutes(travel.opening_jobs)
        self.speed_class = travel.speed_class_of_crew.tolist()
        self.due = dict(self.conditions.not_after)
        for job in sorted(self.core, reverse=True):
            self._pass_on(job)

    def _pass_on(self, job: int) -> None:
        """Let what a job waits for be due when it is."""
        latest = self.due.get(job, LAST_MINUTE)
        befores = [before for before, _ in self.conditions.befores.get(job, ())]
        for other in (*befores, *self.conditions.group_of.get(job, ())):
            if latest < self.due.get(other, LAST_MINUTE):
                self.due[other] = latest
                self._pass_on(other)

    def run(self) -> State | None:
        """Return the first sequences found that keep everything; None where there are none, or where it gave up."""
        stack: list[Iterator[State]] = []
        state: State = tuple(() for _ in self.problem.crews)
        plan = self._timed(state)
        while True:
            if plan is not None:
                if self._is_whole(state):
                    return state
                stack.append(self._next_states(state, plan))
            while stack:
                following = next(stack[-1], None)
                if following is not None:
                    break
                stack.pop()
            if not stack or following is None:
                return None
            if self.tries >= self.most_tries:
                self.gave_up = True
                return None
            state, plan = following, self._timed(following)

    def _is_whole(self, state: State) -> bool:
        return set(self.core) <= {job for jobs in state for job in jobs}

    def _timed(self, state: State) -> Plan | None:
        """Return the plan of these sequences; None where it breaks an order, or where nothing can repair it."""
        self.tries += 1
        depth = sum(map(len, state))
        try:
            plan = schedule(self.problem, _named(self.problem, state))
        except InfeasiblePlan as broken:
            self._note(depth, str(broken))
            return None
        done = {visit.job for visit in plan.visits}
        left_out = [job for jobs in state for job in jobs if self.problem.jobs[job].id not in done]
        if self.strict and left_out:
            name = self.problem.jobs[left_out[0]].id
            self._note(depth, f"Job {name!r} would be left out: {dict(plan.unassignable).get(name, '')}")
            return None
        late = self._certainly_late(state, plan)
        if late is not None:
            self._note(depth, late)
            return None
        return plan

    def _note(self, depth: int, reason: str) -> None:
        if depth > self.furthest:
            self.furthest, self.reason = depth, reason

    def _certainly_late(self, state: State, plan: Plan) -> str | None:
        """Say which job that is still to come no crew can begin in time any more; None where there is none."""
        placed = {job for jobs in state for job in jobs}
        for job in self.core:
            latest = self.conditions.not_after.get(job, LAST_MINUTE)
            if job in placed or latest == LAST_MINUTE:
                continue
            starts = [
                start
                for crew in np.flatnonzero(self.problem.within_reach[:, job]).tolist()
                if (start := self._earliest(crew, job, state, plan)) is not None
            ]
            if not starts or min(starts) > latest:
                name = self.problem.jobs[job].id
                then = f", and no crew that may do it is there before minute {min(starts)}" if starts else ""
                return f"Job {name!r} must start at minute {latest} at the latest{then}."
        return None

    def _earliest(self, crew: int, job: int, state: State, plan: Plan) -> int | None:
        """Return a minute before which this crew cannot begin a job next, or after more; None if it never can."""
        problem, member = self.problem, self.problem.crews[crew]
        sites, minutes = problem.starts
        site, ready = int(sites[crew]), int(minutes[crew])
        if state[crew]:
            finishes = {visit.job: visit.finish for visit in plan.visits}
            done = [number for number in state[crew] if problem.jobs[number].id in finishes]
            if done:
                site, ready = len(problem.crews) + done[-1], finishes[problem.jobs[done[-1]].id]
            if job in self.conditions.first and not all(
                other in self.conditions.first for other in state[crew]
            ):
                return None
        drive = int(self.shortest[self.speed_class[crew], site, len(problem.crews) + job])
        if drive < 0:
            return None
        arrive = member.work_until(member.next_on_shift(ready), drive)
        return member.next_on_shift(max(arrive, self.conditions.not_before.get(job, 0)))

    def _next_states(self, state: State, plan: Plan) -> Iterator[State]:
        """Yield the state with one more job, or group of jobs, the most urgent first and where it begins soonest."""
        placed = {job for jobs in state for job in jobs} | set(self.problem.past)
        options: list[tuple[tuple[bool, int, int], tuple[int, ...], tuple[int, ...]]] = []
        for job in (*self.core, *self.helpers):
            group = tuple(
                member
                for member in self.conditions.group_of.get(job, (job,))
                if member not in self.problem.past
            )
            befores = {before for member in group for before, _ in self.conditions.befores.get(member, ())}
            if job in placed or job != group[0] or not self._are_done(befores, placed):
                continue
            able = [np.flatnonzero(self.problem.within_reach[:, member]).tolist() for member in group]
            for crews in product(*able):
                if len(set(crews)) < len(crews):
                    continue
                starts = [
                    self._earliest(crew, member, state, plan)
                    for crew, member in zip(crews, group, strict=True)
                ]
                begins = max(LAST_MINUTE if start is None else start for start in starts)
                due = min(self.due.get(member, LAST_MINUTE) for member in group)
                first = any(member in self.conditions.first for member in group)
                options.append(((not first, due, begins), group, crews))
        for _, group, crews in sorted(options):
            following = list(state)
            for member, crew in zip(group, crews, strict=True):
                following[crew] = (*following[crew], member)
            if tuple(following) not in self.seen:
                self.seen.add(tuple(following))
                yield tuple(following)

    def _are_done(self, befores: Collection[int], placed: Collection[int]) -> bool:
        """Tell whether what comes before has its place; what nobody can do has none, where that is allowed."""
        return all(
            before in placed
            or (not self.strict and self.problem.jobs[before].id in self.problem.unassignable)
            for before in befores
        )
