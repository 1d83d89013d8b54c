"""What has happened by now: the visits of a plan that are facts, as they were planned or as they really were.

A visit is a fact once its crew has set out for it: a crew on its way goes on. Without news it went, or goes, as
planned; where it waits on site for partners or for another job, those are settled with it. News about one visit may
show that others cannot have begun as planned (the crew was still busy, the job before was not done, the road was
closed): these are no facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lifeline.closed_roads import RoadsSoFar
from lifeline.crews import common_hours
from lifeline.duty import minutes_on_duty
from lifeline.errors import InvalidInput
from lifeline.hours import work_within
from lifeline.jobs import work_of
from lifeline.news import News, Update
from lifeline.plan import LAST_MINUTE, Visit

if TYPE_CHECKING:
    from lifeline.crews import Crew
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem


@dataclass(frozen=True)
class Facts:
    """The visits that are facts, and the crews that were late and so may have begun more than anybody said.

    `late_from` gives for each of those the minute from which it went on with its next job.
    """

    visits: tuple[Visit, ...]
    late_from: Mapping[str, int]


def facts_of(problem: RepairProblem, plan: Plan, news: News) -> Facts:
    """Return what has happened by now; `problem` knows every job that the plan or the news names.

    InvalidInput where a job was begun that no crew of the plan does, and none is named.
    """
    teller = _Teller(problem, plan, news)
    for group in teller.groups():
        teller.tell(group)
    visits = sorted(teller.facts.values(), key=lambda visit: (visit.crew, visit.depart, visit.job))
    return Facts(tuple(visits), dict(sorted(teller.late_from.items())))


def absences(news: News) -> dict[str, list[tuple[int, int]]]:
    """Return for each crew the spans, from a minute up to another, in which the news says it is not there.

    A later update ends what an earlier one said: a crew that is gone may be back, one that is late may leave.
    """
    spans: dict[str, list[tuple[int, int]]] = {}
    for update in news.known:
        if update.what not in ("late", "gone"):
            continue
        mine = spans.setdefault(update.crew, [])
        begins = update.minute_reported
        if mine and mine[-1][1] > begins:
            begins, _ = mine.pop()
            begins = min(begins, update.minute_reported)
        if update.what == "late":
            mine.append((begins, max(update.minute or 0, begins)))
        else:
            mine.append((update.minute_reported if update.minute is None else update.minute, LAST_MINUTE))
    return spans


@dataclass
class _Teller:
    """Goes through the visits in the order in which they were to start, and notes which have begun."""

    problem: RepairProblem
    plan: Plan
    news: News
    facts: dict[str, Visit] = field(default_factory=dict)
    busy_until: dict[str, int] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    late_from: dict[str, int] = field(default_factory=dict)
    openers_changed: bool = False

    def __post_init__(self) -> None:
        """Sort the news by what it is about."""
        self.crew_of = {crew.id: crew for crew in self.problem.crews}
        self.started = self.news.latest("started")
        self.done = self.news.latest("done")
        self.left = self.news.latest("left")
        self.takes = self.news.latest("takes")
        self.blocked = self.news.latest("blocked", "free")
        self.away = absences(self.news)
        self.told = {*self.started, *self.done, *self.left}
        self.planned = {visit.job: visit for visit in self.plan.visits}
        self.of_crew: dict[str, list[Visit]] = {}
        for visit in self.plan.visits:
            self.of_crew.setdefault(visit.crew, []).append(visit)
        named = work_of(self.problem.system, self.problem.shock).named
        self.roads = RoadsSoFar(self.problem, self.news, named)
        self.opening = {self.problem.jobs[job].id for job in self.problem.travel.opening_jobs}

    def groups(self) -> list[tuple[Visit, ...]]:
        """Return the visits that may have begun, partners side by side, in the order in which they started."""
        visits = self.on_their_way()
        for job in sorted(self.told):
            visits[job] = self.as_told(job)
        groups: dict[str, tuple[Visit, ...]] = {}
        for job in sorted(visits):
            members = self.partners(job)
            together = [visits.get(member) or self.planned.get(member) for member in members]
            groups[members[0]] = tuple(visit for visit in together if visit is not None)
        return sorted(groups.values(), key=lambda group: (group[0].start, group[0].job))

    def on_their_way(self) -> dict[str, Visit]:
        """Return the planned visits whose crew was to have set out, and those that somebody on the way waits for."""
        to_do = [visit for visit in self.plan.visits if visit.depart < self.news.now]
        visits: dict[str, Visit] = {}
        while to_do:
            visit = to_do.pop()
            if visit.job in visits:
                continue
            visits[visit.job] = visit
            befores = self.problem.conditions.befores.get(self.problem.job_index[visit.job], ())
            names = [*self.partners(visit.job), *(self.problem.jobs[before].id for before, _ in befores)]
            to_do += [self.planned[name] for name in names if name in self.planned]
            to_do += [other for other in self.of_crew[visit.crew] if other.depart < visit.depart]
        return visits

    def partners(self, job: str) -> list[str]:
        """Return the jobs that are done side by side with this one, itself among them."""
        number = self.problem.job_index[job]
        return [
            self.problem.jobs[member].id for member in self.problem.conditions.group_of.get(number, (number,))
        ]

    def as_told(self, job: str) -> Visit:
        """Return the visit of a job of which the news says that it has begun."""
        started, done, left = self.started.get(job), self.done.get(job), self.left.get(job)
        base = self.planned.get(job)
        crew = next((said.crew for said in (started, done, left) if said is not None and said.crew), "")
        if base is None or (crew and crew != base.crew):
            if not crew:
                raise InvalidInput(
                    f"The updates say that {job!r} has begun, and nobody does it in the plan: name its crew."
                )
            minutes = (
                started.minute if started is not None else None,
                _done_at(done) - 1 if done is not None else None,
                left.minute_reported if left is not None else None,
            )
            minute = next((minute for minute in minutes if minute is not None), self.news.now)
            return Visit(crew, job, minute, minute, minute, minute + 1)
        start = base.start if started is None or started.minute is None else started.minute
        if done is not None:
            start = min(start, _done_at(done) - 1)
        if left is not None:
            start = min(start, left.minute_reported)
        arrive = min(base.arrive, start)
        return replace(
            base,
            depart=min(base.depart, arrive),
            arrive=arrive,
            start=start,
            finish=max(base.finish, start + 1),
        )

    def tell(self, group: tuple[Visit, ...]) -> None:
        """Note a group of visits as facts, or that their crews cannot have begun them."""
        is_told = any(visit.job in self.told for visit in group)
        why = None if is_told else self.why_not(group)
        if why is None:
            group = self.as_it_went(group)
            if any(self.left_before_the_end(visit) for visit in group):
                why = "gone"
        if why is None:
            for visit in group:
                self.facts[visit.job] = visit
                self.busy_until[visit.crew] = max(self.busy_until.get(visit.crew, 0), visit.finish)
                self.note_opener(visit)
            return
        for visit in group:
            if visit.crew not in self.stopped and why == "late":
                came = self.crew_of[visit.crew].available_from_minute
                opens = self.road_opens(visit)
                opened = 0 if opens in (None, visit.depart) else opens
                self.late_from[visit.crew] = max(self.busy_until.get(visit.crew, 0), came, opened)
            self.stopped.add(visit.crew)
            self.openers_changed |= visit.job in self.opening

    def note_opener(self, visit: Visit) -> None:
        base = self.planned.get(visit.job)
        if visit.job in self.opening and (base is None or visit.finish > base.finish):
            self.openers_changed = True

    def why_not(self, group: Sequence[Visit]) -> str | None:
        """Return why visits cannot have begun as planned, though nobody said so; None if they can."""
        for visit in group:
            if visit.crew in self.stopped:
                return "stopped"
            if self.is_blocked(visit) or self.is_away(visit) or self.is_ruled_out(visit):
                return "held up"
            if self.road_opens(visit) is None:
                return "held up"
        late = any(
            self.busy_until.get(visit.crew, 0) > visit.depart
            or self.waits_still(visit)
            or self.road_closed(visit)
            or self.road_opens(visit) != visit.depart
            for visit in group
        )
        return "late" if late else None

    def is_blocked(self, visit: Visit) -> bool:
        said = self.blocked.get(visit.job) or self.blocked.get(self.component(visit.job))
        return said is not None and said.what == "blocked" and visit.start < (said.minute or LAST_MINUTE)

    def is_away(self, visit: Visit) -> bool:
        return any(begins <= visit.depart < ends for begins, ends in self.away.get(visit.crew, ()))

    def is_ruled_out(self, visit: Visit) -> bool:
        """Tell whether the job's component turned out to be whole before work on it began."""
        said = self.news.not_broken.get(self.component(visit.job))
        return said is not None and visit.start >= said.minute_reported

    def left_before_the_end(self, visit: Visit) -> bool:
        """Tell whether the crew went away for good, or for a time, in the middle of the work."""
        return any(
            visit.depart < begins < visit.finish
            for begins, ends in self.away.get(visit.crew, ())
            if ends == LAST_MINUTE
        )

    def component(self, job: str) -> str:
        return self.problem.jobs[self.problem.job_index[job]].component

    def waits_still(self, visit: Visit) -> bool:
        """Tell whether a job before this one was not done in time."""
        befores = self.problem.conditions.befores.get(self.problem.job_index[visit.job], ())
        for before, lag in befores:
            fact = self.facts.get(self.problem.jobs[before].id)
            if fact is None or fact.finish + lag > visit.start:
                return True
        return False

    def road_closed(self, visit: Visit) -> bool:
        """Tell whether the way it took was not open, where a repair that opens roads went otherwise than planned."""
        if not self.openers_changed:
            return False
        return not self.can_drive(visit, visit.depart)

    def road_opens(self, visit: Visit) -> int | None:
        """Return the minute, its own departure or later, from which no order closed its way; None for not by now."""
        if not self.roads.any_shut(visit.depart):
            return visit.depart
        minutes = [visit.depart, *self.roads.reopenings(visit.depart)]
        return next((minute for minute in minutes if self.can_drive(visit, minute)), None)

    def can_drive(self, visit: Visit, minute: int) -> bool:
        """Tell whether the crew, leaving at this minute, gets there in the time that the plan gives it."""
        problem, crew = self.problem, self.crew_of[visit.crew]
        number = problem.crew_index[crew.id]
        drives = self.roads.drives(minute, self.facts.values())
        earlier = [fact for fact in self.facts.values() if fact.crew == crew.id]
        last = max(earlier, key=lambda fact: (fact.start, fact.job), default=None)
        here = number if last is None else self.roads.site(last.job)
        speed = int(self.roads.travel.speed_class_of_crew[number])
        needed = drives.minutes(speed, here, self.roads.site(visit.job))
        return 0 <= needed <= minutes_on_duty(crew, visit.depart, visit.arrive)

    def as_it_went(self, group: tuple[Visit, ...]) -> tuple[Visit, ...]:
        """Return a group of visits with the start and finish that the news makes of them."""
        told = [visit for visit in group if visit.job in self.told]
        start = told[0].start if told else group[0].start
        finish = self.finish_of(group, start)
        moved = [
            replace(
                visit,
                depart=min(visit.depart, start),
                arrive=min(visit.arrive, start),
                start=start,
                finish=finish,
            )
            for visit in group
        ]
        ruled_out = [
            self.news.not_broken[self.component(visit.job)]
            for visit in group
            if self.component(visit.job) in self.news.not_broken
        ]
        if ruled_out:
            # The crew looked, and went on.
            cut = max(start + 1, min(finish, ruled_out[0].minute_reported))
            moved = [replace(visit, finish=cut) for visit in moved]
        return tuple(moved)

    def finish_of(self, group: Sequence[Visit], start: int) -> int:
        """Return when a group of visits is done, or expected to be: as told last, else as planned."""
        for visit in group:
            if visit.job in self.done:
                return max(_done_at(self.done[visit.job]), start + 1)
        left = [self.left[visit.job] for visit in group if visit.job in self.left]
        if left:
            last = max(left, key=lambda update: update.minute_reported)
            takes = [self.takes[visit.job] for visit in group if visit.job in self.takes]
            if not any(update.minute_reported > last.minute_reported for update in takes):
                return self.work_until(group, max(last.minute_reported, start), last.minutes or 1)
        planned = [self.planned.get(visit.job) for visit in group]
        as_planned = all(
            base is not None and base.start == start and base.crew == visit.crew
            for base, visit in zip(planned, group, strict=True)
        )
        if as_planned and not any(visit.job in self.takes for visit in group):
            return group[0].finish
        minutes = max(self.work_minutes(visit) for visit in group)
        return self.work_until(group, start, minutes)

    def work_minutes(self, visit: Visit) -> int:
        job = self.problem.jobs[self.problem.job_index[visit.job]]
        said = self.takes.get(visit.job)
        minutes = job.repair_minutes if said is None else said.minutes or 1
        return self.crew_of[visit.crew].work_minutes(job.skill, minutes)

    def work_until(self, group: Iterable[Visit], begin: int, minutes: int) -> int:
        """Return when so much work is done by these crews side by side, from `begin` on."""
        visits = list(group)
        crews: list[Crew] = [self.crew_of[visit.crew] for visit in visits]
        shut = self.problem.conditions.closed.get(self.problem.job_index[visits[0].job], ())
        hours = common_hours([(crew.period_minutes, crew.windows) for crew in crews])
        if hours is None or not hours[1]:
            return begin + minutes
        return work_within(hours, shut, begin, minutes)[1]


def _done_at(update: Update) -> int:
    """Return the minute at which a job was done; at minute 0 nothing can have been."""
    return max(1, update.minute_reported if update.minute is None else update.minute)
