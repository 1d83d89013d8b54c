"""The last step of every method: tasks that may be left out and gain nothing are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifeline.condition_check import could_still_be_done
from lifeline.errors import InfeasiblePlan
from lifeline.evaluation import evaluate
from lifeline.plan import LAST_MINUTE
from lifeline.schedule import schedule
from solvers.dispatch import hand_out_rest

if TYPE_CHECKING:
    from lifeline.plan import Plan, Visit
    from lifeline.repair import RepairProblem


def without_idle_options(problem: RepairProblem, plan: Plan) -> Plan:
    """Return the plan without the visits to optional jobs that it is no worse without: it never costs more.

    One by one, the latest first, ties by id: without the visit all crews go on as early as they can, and the judge says
    whether that costs more. What has been done or begun stays. A job that was left out for want of parts does not come
    in for one that is dropped.
    """
    facts = set(problem.history)
    optional = [
        visit
        for visit in plan.visits
        if problem.jobs[problem.job_index[visit.job]].is_optional and visit not in facts
    ]
    if not optional:
        return plan
    objective = evaluate(problem, plan).objective
    for visit in sorted(optional, key=lambda visit: (-visit.start, visit.job)):
        shorter = _without(problem, plan, visit)
        if shorter is None:
            continue
        cost = evaluate(problem, shorter).objective
        if cost <= objective:
            plan, objective = shorter, cost
    return plan


def _without(problem: RepairProblem, plan: Plan, visit: Visit) -> Plan | None:
    """Return the plan without a visit, all other jobs in it; None where they need what the visit did.

    A repair that had been left out for want of the parts, or of the time, that this visit took comes in at the end.
    """
    kept = {other.job for other in plan.visits if other.job != visit.job}
    sequences = {crew: [job for job in jobs if job in kept] for crew, jobs in plan.sequences().items()}
    uses = problem.conditions.uses
    starts = sorted((other.start, other.job) for other in plan.visits if problem.job_index[other.job] in uses)
    claims = [job for _, job in starts if job in kept]
    missing = {job.id for job in problem.to_do if not job.is_optional} - kept
    try:
        shorter = schedule(problem, sequences, claims=claims)
        if missing:
            wanted = kept | missing
            rest = hand_out_rest(problem, shorter, LAST_MINUTE)
            sequences = {crew: [job for job in jobs if job in wanted] for crew, jobs in rest.items()}
            claims += [job for job in sorted(missing) if problem.job_index[job] in uses]
            shorter = schedule(problem, sequences, claims=claims)
    except InfeasiblePlan:
        return None
    done = {other.job for other in shorter.visits}
    forgotten = any(could_still_be_done(problem, shorter, job) for job in sorted(missing - done))
    return None if forgotten or not kept <= done else shorter
