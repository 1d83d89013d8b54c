"""Plans made anew in the middle of the work: never worse than the old plan carried on, and close to it.

Two promises. The new plan costs at most what the old one costs when it is carried on, both replayed from time zero with
all that is known now. And of the jobs of the next hours at most a share MOST_MOVED goes to another crew or day, unless
the new plan saves at least the share WORTH_MORE of what the old one costs carried on.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lifeline.carry_on import CarriedOn, carry_on, with_found
from lifeline.crews import MINUTES_PER_DAY
from lifeline.errors import InfeasiblePlan
from lifeline.evaluation import evaluate
from lifeline.news import News
from lifeline.plan import LAST_MINUTE, Plan
from lifeline.plan_check import check_plan
from lifeline.plan_diff import PlanDiff, plan_diff
from lifeline.schedule import schedule
from solvers import local_search
from solvers.dispatch import hand_out_rest
from solvers.habit import KnownPlan
from solvers.put_back import put_back
from solvers.solver import Budget, OnProgress, Proposal

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

MOST_MOVED_PERMILLE, WORTH_MORE_PERMILLE = 200, 20
"Of the next hours' jobs, and of the old plan's cost, in thousandths; see `price_of_moving`."

STAY_HOURS = 24

SHORT = Budget(evaluations=100_000, seconds=1.2)
"Without a budget: about half a second for a hundred jobs on two cores of 2026."

LEAST_SECONDS = 0.2
"What putting jobs back may take even when the search has used up the time."


@dataclass(frozen=True, eq=False)
class Replanned:
    """A plan made anew: the problem as it is now, the old plan carried on in it, and the plan from now on.

    `promised` is what the old plan was to cost before the news, `carried_cost` what it costs carried on. Where it
    cannot be, `why_not` says why, and `carried_on` is what the crews would do by the nearest-job rule instead.
    `next_jobs` are the jobs of the old plan's next hours that had not begun, `moved` those of them that are done by
    another crew or on another day than if the old plan were carried on.
    """

    problem: RepairProblem
    news: News
    before: Plan
    promised: int
    carried_on: Plan
    carried_cost: int
    why_not: str
    proposal: Proposal
    next_jobs: tuple[str, ...]
    moved: tuple[str, ...]
    stay_hours: int

    @property
    def plan(self) -> Plan:
        """Return the new plan, with all that has happened since time zero."""
        return self.proposal.plan

    @property
    def diff(self) -> PlanDiff:
        """Return what changes for whom between the old plan, as people know it, and the new one."""
        return plan_diff(
            self.problem, self.before, self.plan, self.news, until=self.news.now + 60 * self.stay_hours
        )


def replan(
    problem: RepairProblem,
    plan: Plan,
    news: News,
    *,
    budget: Budget | None = None,
    seed: int = 0,
    stay_hours: int = STAY_HOURS,
    on_progress: OnProgress | None = None,
) -> Replanned:
    """Plan anew from the minute of the news on.

    `problem` is the one of time zero and the news the whole log since; `plan` may come from a re-plan itself. The
    result is the same for the same input, seed and budget, unless the clock ended the search (the proposal says so).
    """
    began = time.perf_counter()
    now_on = carry_on(problem, plan, news)
    carried, why_not = carried_plan(now_on, plan)
    cost = evaluate(now_on.problem, carried).objective
    next_jobs = _next_jobs(now_on, plan, news.now + 60 * stay_hours)
    known = KnownPlan(
        carried, frozenset(next_jobs), price_of_moving(cost, len(next_jobs)), _day_begins(problem)
    )
    proposal = _searched(now_on.problem, known, cost, budget or SHORT, seed, on_progress)
    proposal = replace(proposal, method="replan", seconds=time.perf_counter() - began)
    before = with_found(problem, news, only=[visit.job for visit in plan.visits])
    return Replanned(
        problem=now_on.problem,
        news=news,
        before=plan,
        promised=evaluate(before, plan).objective,
        carried_on=carried,
        carried_cost=cost,
        why_not=why_not,
        proposal=proposal,
        next_jobs=next_jobs,
        moved=known.moved(proposal.plan),
        stay_hours=stay_hours,
    )


def price_of_moving(cost: int, jobs: int) -> int:
    """Return the price of moving one of so many jobs, where the old plan carried on costs `cost`.

    A plan is taken only if what it saves pays for the jobs it moves: p x moved <= saved. With
    p = cost x 0.02 / (0.20 x jobs) that is moved / jobs <= 10 x saved / cost; so a plan that saves less than 2 % moves
    less than 20 % of the jobs. Rounded up, so that the promise holds in whole numbers.
    """
    return -(-cost * WORTH_MORE_PERMILLE // (MOST_MOVED_PERMILLE * jobs)) if jobs else 0


def carried_plan(now_on: CarriedOn, plan: Plan) -> tuple[Plan, str]:
    """Return the old plan carried on, and "" or why it cannot be.

    Either as it stands, if it still holds, or every crew goes on in the old order as early as it can; what is new, or
    what a crew cannot do any more, is handed out behind. The cheaper of the two.
    """
    problem = now_on.problem
    found: list[Plan] = []
    why_not = ""
    if now_on.is_quiet or not check_plan(problem, as_it_stands(problem, plan)):
        found.append(as_it_stands(problem, plan))
    if not now_on.is_quiet:
        try:
            in_order = schedule(problem, now_on.sequences, claims=now_on.claims)
            found.append(_whole(problem, in_order, now_on.claims))
        except InfeasiblePlan as reason:
            why_not = str(reason)
    if found:
        return min(found, key=lambda plan: evaluate(problem, plan).objective), ""
    return schedule(problem, hand_out_rest(problem, Plan(problem.history), LAST_MINUTE)), why_not


def as_it_stands(problem: RepairProblem, plan: Plan) -> Plan:
    """Return what has happened and, at the times of the old plan, what that has left; whether it holds is not asked."""
    begun = {visit.job for visit in problem.history}
    rest = (visit for visit in plan.visits if visit.job not in begun and visit.job in problem.job_index)
    left_out = [(job, why) for job, why in plan.unassignable if job in problem.job_index]
    return Plan((*problem.history, *rest), tuple({**dict(left_out), **problem.unassignable}.items()))


def _whole(problem: RepairProblem, plan: Plan, claims: Sequence[str]) -> Plan:
    """Return the plan with every job that nobody does yet handed out behind it; times of the others stay."""
    done = {visit.job for visit in plan.visits}
    if all(job.id in done for job in problem.to_do):
        return plan
    sequences = hand_out_rest(problem, plan, LAST_MINUTE)
    try:
        whole = schedule(problem, sequences, claims=claims)
    except InfeasiblePlan:
        return plan
    return whole if len(whole.visits) >= len(plan.visits) else plan


def _next_jobs(now_on: CarriedOn, plan: Plan, until: int) -> tuple[str, ...]:
    """Return the jobs that people expect to start before a minute, and that have not begun."""
    begun = {visit.job for visit in now_on.problem.history}
    left = {job for jobs in now_on.sequences.values() for job in jobs}
    return tuple(
        sorted(
            visit.job
            for visit in plan.visits
            if visit.job in left and visit.job not in begun and visit.start < until
        )
    )


def _day_begins(problem: RepairProblem) -> int:
    """Return the first local midnight after time zero, in minutes; the clock's change of season is passed over."""
    try:
        clock = problem.system.settings.clock(0)
    except OverflowError:
        return 0
    return -(clock.hour * 60 + clock.minute) % MINUTES_PER_DAY


def _searched(
    problem: RepairProblem,
    known: KnownPlan,
    cost: int,
    budget: Budget,
    seed: int,
    on_progress: OnProgress | None,
) -> Proposal:
    """Return the best plan found, all jobs that gain nothing where they were."""
    from solvers.fair import searched_in
    from solvers.reweighting import with_fairness

    began = time.perf_counter()
    # Searched as the compiled loops know it, and judged, and put back, by the problem's own rules and terms.
    plain = searched_in(with_fairness(problem, 0) if problem.system.settings.fairness_permille else problem)
    try:
        told = on_progress if plain is problem else _told_of_carried_on(on_progress, known.plan, cost)
        found = local_search.solve(plain, budget=budget, seed=seed, on_progress=told, known=known)
    except InfeasiblePlan:
        # An order that only just holds may not survive without the promises of parts it was made with.
        found = Proposal(known.plan, cost, "replan", 1, 0.0, "finished", True)
    cost_found = evaluate(problem, found.plan).objective
    plan = found.plan
    in_time = True
    if plan != known.plan:
        left = (
            None
            if budget.seconds is None
            else max(budget.seconds - (time.perf_counter() - began), LEAST_SECONDS)
        )
        plan, cost_found, in_time = put_back(problem, known, plan, cost_found, left)
    pays = cost_found + known.price * len(known.moved(plan)) < cost
    if not pays or check_plan(problem, plan):
        plan, cost_found = known.plan, cost
    return replace(
        found, plan=plan, objective=cost_found, trace=(), reproducible=found.reproducible and in_time
    )


def _told_of_carried_on(on_progress: OnProgress | None, carried: Plan, cost: int) -> OnProgress | None:
    """Return what passes on how far a search is whose plans cost there what they do not cost here."""
    if on_progress is None:
        return None
    return lambda progress: on_progress(replace(progress, objective=cost, plan=carried))
