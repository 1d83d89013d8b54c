"""From an incident to what the planner takes: the problem of time zero, the plan that crews follow, and the news.

An update that cannot be used is set aside with the reason, so that one slip of the pen in a log that only grows never
stands in the way of a plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.incidents.standing import Report
from api.incidents.updates import FIELD_UPDATE, moment_of

if TYPE_CHECKING:
    from lifeline.jobs import Work
    from lifeline.news import News, Update
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from lifeline.shock import Shock
    from lifeline.system import System

WHAT = {
    "job_started": "started",
    "job_finished": "done",
    "job_takes": "takes",
    "job_left": "left",
    "job_blocked": "blocked",
    "job_unblocked": "free",
    "damage_found": "found",
    "damage_ruled_out": "not_broken",
    "crew_off_duty": "gone",
    "crew_on_duty": "late",
    "road_closed": "closed",
    "road_opened": "opened",
    "buffer_refilled": "refilled",
}
"What the planner's news calls each kind of update; that a crew takes a job tells it nothing."

BEGUN = ("started", "done", "left")
MINUTE_SECONDS = 60


@dataclass(frozen=True)
class SetAside:
    """An update that the plan could not heed, and why; or a visit of a plan that nobody can make any more."""

    what: str
    why: str


@dataclass(frozen=True, eq=False)
class Situation:
    """An incident as the planner sees it: `replan(problem, plan, news)` takes these three.

    `supposed` gives for jobs that were begun by nobody knows whom the crew that they are counted for, `accepted` by
    job the last word of a crew that it takes it.
    """

    problem: RepairProblem
    plan: Plan
    news: News
    set_aside: tuple[SetAside, ...]
    supposed: Mapping[str, str]
    accepted: Mapping[str, Report] = field(default_factory=dict)

    def accepted_minute(self, job: str, crew: str) -> int | None:
        """Return when this crew said that it takes the job; None where it did not, or another one did since."""
        said = self.accepted.get(job)
        return said.minute if said is not None and said.crew in ("", crew) else None


def situation_of(argument: Mapping[str, Any]) -> Situation:
    """Return the situation that a child is handed as JSON.

    `system`: path of the file of the system. `started_at`: the incident's time zero in RFC 3339; null: the system's.
    `updates`: all that was reported, in the form of `FieldUpdate`. `now`: minutes after time zero. `plan`: the plan
    that crews follow, as `Plan.to_json` writes it, or null. `settings` and `tables` take the place of the system's own,
    as for a plan; `locks` are orders on top of them.
    """
    system, reports, now, plan = given(argument)
    return situation(system, reports, now, plan=plan)


def given(argument: Mapping[str, Any]) -> tuple[System, list[Report], int, Plan]:
    """Return the system on the incident's clock, what was reported, the minute, and the plan that crews follow."""
    from lifeline.files import read_system
    from lifeline.plan import Plan

    system = system_with(read_system(Path(argument["system"])), argument)
    started_at = argument.get("started_at")
    begins = datetime.fromisoformat(system.settings.start) if started_at is None else moment_of(started_at)
    reports = [
        Report.of(FIELD_UPDATE.validate_python(body), begins) for body in argument.get("updates") or ()
    ]
    text = argument.get("plan")
    plan = Plan(()) if text is None else Plan.from_json(text)
    return at_clock(system, begins), reports, int(argument.get("now") or 0), plan


def situation(
    system: System,
    reports: Iterable[Report],
    now: int,
    *,
    plan: Plan | None = None,
    horizon_minutes: int | None = None,
) -> Situation:
    """Return the situation at the minute `now` of an incident whose clock the system has."""
    from lifeline.carry_on import damage_known
    from lifeline.jobs import work_of
    from lifeline.news import News
    from lifeline.plan import Plan
    from lifeline.repair import build_problem
    from lifeline.shock import Shock

    shock = Shock.from_table(system, system.damage)
    reports = tuple(reports)
    updates = _news_of(reports)
    problem = build_problem(system, shock)
    everything = damage_known(problem.system, shock, News(now, updates))
    problem = replace(problem, horizon_minutes=horizon_minutes or _horizon(problem, everything, now))
    work = work_of(problem.system, everything)
    usable, set_aside = _usable(problem, work, updates, now)
    plan, dropped = _known_visits(problem, work, Plan(()) if plan is None else plan)
    usable, supposed, nobody = _with_crews(problem, work, usable, plan, now)
    news = News(now, tuple(usable))
    accepted = _accepted(reports, work)
    return Situation(problem, plan, news, (*set_aside, *nobody, *dropped), supposed, accepted)


def system_with(system: System, changes: Mapping[str, Any]) -> System:
    """Return the system with the settings and tables of an incident in place of its own, checked as a whole.

    Crews that stay keep their shifts and speeds, unless these are given too.
    """
    from dataclasses import asdict

    from lifeline.added_rows import records_of

    tables: dict[str, Any] = dict(changes.get("tables") or {})
    if "crews" in tables:
        names = {row.get("id") for row in tables["crews"]}
        for table in ("shifts", "crew_speeds"):
            rows = getattr(system, table)
            tables.setdefault(table, rows[rows["crew"].isin(names)])
    if changes.get("locks"):
        tables["locks"] = [*records_of(system.locks), *tables.get("locks", ()), *changes["locks"]]
    settings = changes.get("settings") or {}
    if not tables and not settings:
        return system
    return system.replace(
        settings=type(system.settings).of({**asdict(system.settings), **settings}), **tables
    )


def at_clock(system: System, started_at: datetime) -> System:
    """Return the system with minute 0 at another moment; shifts keep their time of day, and of the week.

    All other minutes (crews that come later, closures, stock, orders with a minute) count from the incident's time
    zero. Shifts move by the local clock, so a change of the season's time in between moves them with it.
    """
    begins = datetime.fromisoformat(system.settings.start)
    if started_at == begins:
        return system
    settings = replace(system.settings, start=started_at.isoformat())
    before, after = system.settings.clock(0), settings.clock(0)
    elapsed = (after.replace(tzinfo=None) - before.replace(tzinfo=None)).total_seconds()
    minutes = int(elapsed // MINUTE_SECONDS)
    shifts = system.shifts.copy()
    length = shifts["end_minute"] - shifts["start_minute"]
    shifts["start_minute"] = (shifts["start_minute"] - minutes) % shifts["every_minutes"]
    shifts["end_minute"] = shifts["start_minute"] + length
    order = shifts.sort_values(["crew", "start_minute"], ignore_index=True)
    return replace(system, settings=settings, shifts=order)


def _news_of(reports: Iterable[Report]) -> tuple[Update, ...]:
    """Return reports as news, in the order in which they count: by the minute they happened, then by id."""
    from lifeline.news import Update

    once = {report.id: report for report in reports}
    return tuple(
        Update(
            minute_reported=report.minute,
            what=WHAT[report.kind],
            job="" if report.kind.startswith("crew_") else report.subject,
            crew=report.subject if report.kind.startswith("crew_") else report.crew,
            minute=_minute_of(report),
            minutes=report.minutes,
            skill=report.skill,
            note=report.id,
            group=report.group,
        )
        for report in sorted(once.values())
        if report.kind in WHAT
    )


def _accepted(reports: Iterable[Report], work: Work) -> dict[str, Report]:
    """Return by job the last word that a crew takes it."""
    return {
        work.named.get(report.subject, report.subject): report
        for report in sorted(reports)
        if report.kind == "job_accepted"
    }


def _minute_of(report: Report) -> int | None:
    if report.kind == "job_blocked":
        return report.meant_minute
    return report.minute if report.meant_minute is None else report.meant_minute


def _horizon(problem: RepairProblem, everything: Shock, now: int) -> int:
    """Return a horizon long enough for all that is known to be broken, and never one that is nearly over.

    It grows by whole horizons, the first time when half of it has passed: what is judged after its horizon is free.
    """
    from lifeline.repair import build_problem

    horizon = problem.horizon_minutes
    if everything is not problem.shock and problem.system.settings.horizon_minutes is None:
        horizon = max(horizon, build_problem(problem.system, everything).horizon_minutes)
    return horizon * (1 + 2 * now // horizon)


def _usable(
    problem: RepairProblem, work: Work, updates: Sequence[Update], now: int
) -> tuple[list[Update], list[SetAside]]:
    """Return the updates that can be used, and the others, each with the reason."""
    from lifeline.news import Names

    names = Names.of(problem, {*(job.id for job in work.jobs), *work.named})
    usable: list[Update] = []
    aside: list[SetAside] = []
    for update in updates:
        troubles = names.troubles(update)
        if troubles:
            why = "; ".join(f"{trouble.value!r} {trouble.message}" for trouble in troubles)
            aside.append(SetAside(update.note, why))
        else:
            usable.append(update)
    return usable, aside


def _known_visits(problem: RepairProblem, work: Work, plan: Plan) -> tuple[Plan, list[SetAside]]:
    """Return the plan without visits of crews or to jobs that are not there any more."""
    jobs = {job.id for job in work.jobs}
    kept = tuple(visit for visit in plan.visits if visit.job in jobs and visit.crew in problem.crew_index)
    dropped = [
        SetAside(f"{visit.crew}: {visit.job}", "The plan's crew or job is not in the system any more.")
        for visit in plan.visits
        if visit not in kept
    ]
    return (replace(plan, visits=kept), dropped) if dropped else (plan, [])


def _with_crews(
    problem: RepairProblem, work: Work, updates: Sequence[Update], plan: Plan, now: int
) -> tuple[list[Update], dict[str, str], list[SetAside]]:
    """Name a crew for jobs that were begun by nobody knows whom: the first by id that has the skill."""
    from lifeline.news import News

    planned = {visit.job for visit in plan.visits}
    jobs = {job.id: job for job in work.jobs}
    last = News(now, tuple(updates))
    named = {
        work.named.get(update.job, update.job)
        for what in BEGUN
        for update in last.latest(what).values()
        if update.crew
    }
    supposed: dict[str, str] = {}
    kept: list[Update] = []
    aside: list[SetAside] = []
    for update in updates:
        job = work.named.get(update.job, update.job)
        if update.what not in BEGUN or update.crew or job in planned or job in named:
            kept.append(update)
            continue
        able = [crew.id for crew in problem.crews if jobs[job].skill in crew.skills]
        if not able:
            aside.append(
                SetAside(update.note, f"It is not said which crew did {job!r}, and none has the skill.")
            )
            continue
        supposed[job] = able[0]
        kept.append(replace(update, crew=able[0]))
    return kept, supposed, aside
