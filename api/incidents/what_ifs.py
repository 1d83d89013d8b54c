"""What-ifs side by side: the base and each variant planned with the same method, budget and seed, before one judge.

The live incident is not touched. Runs in a child: JSON in, JSON out; `what_if_answers.py` says what the figures mean.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from api.incidents.changed import SUPPOSED, Supposition, supposed, with_first
from api.incidents.changes import Variant, Variants
from api.incidents.picture import curve_of
from api.incidents.problem_now import given, situation

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from solvers import Budget, Proposal

Report = Callable[[Any], None]

BASE, WRITING = "base", "writing"
NOT_WORKED_OUT = {"how_sure": "not_worked_out"}
"What is said in place of a difference where the time was up."

QUICK_RULE = "customers_per_crew_hour"
"Of the rules that take no time it is mostly the best."

SAME_PROBLEM = ("customer_first", "search")
"Changes of how a plan is looked for: no plan of these variants is below the base's bound either."

SHARE_TO_WRITE = 0.15
"Part of the seconds that is kept for judging and writing down."


@dataclass(frozen=True, eq=False)
class Tried:
    """A plan for the base or a variant, judged; `bound` holds for the judged objective, None where nothing is known.

    `same_problem`: the variant only looks for its plan in another way, so that it is the plans that are compared.
    """

    name: str
    judged: Evaluation
    proposal: Proposal
    bound: int | None
    same_problem: bool = False

    @property
    def objective(self) -> int:
        """Return what the plan costs."""
        return self.judged.objective

    @cached_property
    def result(self) -> dict[str, Any]:
        """Return the figures of the plan as they are told, which happens again with each variant that follows."""
        return told(self)


def what_ifs(argument: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return the base and each variant, and what each variant changes.

    The argument is that of `situation_of`, and `variants`, as `Variants` has them; `method`, `evaluations` and `seed`
    as for a plan. `seconds` is the time until the answer is wanted, shared evenly among the base and the variants.
    With the base and with every variant the `answer` so far is reported, in which the others are not worked out.
    """
    began = time.perf_counter()

    def tell(phase: str, **so_far: Any) -> None:
        report({"phase": phase, "seconds": round(time.perf_counter() - began, 3), **so_far})

    variants = Variants.model_validate({"variants": argument["variants"]}).variants
    system, reports, now, plan = given(argument)
    base = Supposition(system, tuple(reports), now, plan, search=_search(argument, 1 + len(variants)))
    tell(BASE)
    horizon = situation(base.system, base.reports, now, plan=plan).problem.horizon_minutes
    first = _tried(BASE, base, horizon, (), argument)
    seed = argument.get("seed") or 0
    rows: list[Tried | str] = []
    answer = _answer(first, variants, rows, horizon, seed)
    for variant in variants:
        tell(variant.name, answer=answer, worked_out=len(rows))
        tried = _variant(variant, base, horizon, first, argument)
        rows.append(tried)
        if isinstance(tried, Tried):
            first = _better(first, tried.judged.plan)
        answer = _answer(first, variants, rows, horizon, seed)
    tell(WRITING, answer=answer, worked_out=len(rows))
    return answer


def what_ifs_at_once(argument: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return the same with the plans of a rule that takes no time: what there is to do when the time is nearly up."""
    return what_ifs({**argument, "method": QUICK_RULE, "seconds": None}, report)


def _answer(
    first: Tried, variants: Sequence[Variant], rows: Sequence[Tried | str], horizon: int, seed: int
) -> dict[str, Any]:
    """Return the base and the variants side by side; those after the last of `rows` are not worked out."""
    late = [NOT_WORKED_OUT] * (len(variants) - len(rows))
    return {
        "base": first.result,
        "variants": [
            {
                "name": variant.name,
                "changes": [change.model_dump(mode="json") for change in variant.changes],
                **_outcome(first, outcome),
            }
            for variant, outcome in zip(variants, [*rows, *late], strict=True)
        ],
        "horizon_minutes": horizon,
        "seed": seed,
    }


def _outcome(first: Tried, outcome: Tried | str | dict[str, str]) -> dict[str, Any]:
    """Return what came of a variant: it was tried, refused for a reason, or not worked out in time."""
    if isinstance(outcome, Tried):
        return {"refused": None, "result": outcome.result, "difference": difference(first, outcome)}
    if isinstance(outcome, str):
        return {"refused": outcome, "result": None, "difference": None}
    return {"refused": None, "result": None, "difference": outcome}


def _search(argument: Mapping[str, Any], parts: int) -> dict[str, Any]:
    seconds = argument.get("seconds")
    return {
        "method": argument.get("method") or "auto",
        "evaluations": argument.get("evaluations"),
        "seconds": None if seconds is None else (1 - SHARE_TO_WRITE) * seconds / parts,
    }


def _variant(
    variant: Any, base: Supposition, horizon: int, first: Tried, argument: Mapping[str, Any]
) -> Tried | str:
    """Return a variant tried, or why it cannot be: one that makes no sense leaves the others as they are."""
    from lifeline.errors import LifelineError, SolverFailure

    same_problem = all(change.kind in SAME_PROBLEM for change in variant.changes)
    known = None if same_problem else (first.judged.plan,)
    try:
        tried = _tried(variant.name, supposed(base, variant.changes), horizon, known, argument)
    except SolverFailure:
        raise
    except LifelineError as refusal:
        return str(refusal)
    if same_problem:
        bounds = [bound for bound in (first.bound, tried.bound) if bound is not None]
        return replace(tried, bound=max(bounds, default=None), same_problem=True)
    return tried


def _tried(
    name: str,
    supposition: Supposition,
    horizon: int,
    known: Sequence[Plan] | None,
    argument: Mapping[str, Any],
) -> Tried:
    """Return the best plan found, `known` ones that can be carried out here among them; None: the search's own."""
    from lifeline.carry_on import carry_on
    from lifeline.errors import InvalidInput
    from lifeline.evaluation import evaluate
    from solvers import solve
    from solvers.conflicts import refuse_conflicts
    from solvers.replan import carried_plan

    view = situation(
        supposition.system,
        supposition.reports,
        supposition.now,
        plan=supposition.plan,
        horizon_minutes=horizon,
    )
    unheeded = [row.why for row in view.set_aside if row.what.startswith(SUPPOSED)]
    if unheeded:
        raise InvalidInput(f"{name!r} cannot be supposed: {'; '.join(unheeded)}")
    now_on = carry_on(view.problem, view.plan, view.news)
    problem = now_on.problem
    searched = (
        replace(problem, system=with_first(problem.system, supposition.first))
        if supposition.first
        else problem
    )
    if view.news.now == 0:
        refuse_conflicts(problem)
    proposal = solve(
        searched,
        method=supposition.search["method"],
        budget=_budget(supposition.search),
        seed=argument.get("seed") or 0,
    )
    tried = Tried(
        name,
        evaluate(problem, proposal.plan),
        proposal,
        None if supposition.first else proposal.bound,
    )
    if known is None:
        return tried
    if view.plan.visits:
        known = (*known, carried_plan(now_on, view.plan)[0])
    for plan in known:
        tried = _better(tried, plan)
    return tried


def _better(tried: Tried, plan: Plan) -> Tried:
    """Return what was tried with this plan in place of its own, if it can be carried out here and costs less."""
    from lifeline.evaluation import evaluate
    from lifeline.plan import Plan
    from lifeline.plan_check import check_plan

    problem = tried.judged.problem
    if any(visit.job not in problem.job_index for visit in plan.visits):
        return tried
    here = Plan(plan.visits, tuple(problem.unassignable.items()))
    if check_plan(problem, here):
        return tried
    judged = evaluate(problem, here)
    return replace(tried, judged=judged) if judged.objective < tried.objective else tried


def _budget(search: Mapping[str, Any]) -> Budget | None:
    from solvers import Budget

    if search.get("evaluations") is None and search.get("seconds") is None:
        return None
    return Budget(search.get("evaluations"), search.get("seconds"))


def told(tried: Tried) -> dict[str, Any]:
    """Return the figures of one plan."""
    judged = tried.judged
    problem: RepairProblem = judged.problem
    return {
        "objective": judged.objective,
        "bound": tried.bound,
        "gap_permille": _permille(judged.objective, tried.bound),
        "person_minutes": judged.person_minutes,
        "by_service": judged.by_service,
        "by_district": judged.by_district,
        "worst_district": judged.worst_district,
        "finish_minute": judged.finish_minute,
        "everybody_back_minute": _minute(judged.minute_when_back(1.0)),
        "facilities": _facilities(judged),
        "returns": _returns(judged),
        "crews": len(problem.crews),
        "jobs": len(problem.jobs),
        "unassignable": [{"job": job, "reason": reason} for job, reason in judged.plan.unassignable],
        "curve": curve_of(judged),
        "method": tried.proposal.method,
        "evaluations": tried.proposal.evaluations,
        "stopped_by": tried.proposal.stopped_by,
        "reproducible": tried.proposal.reproducible,
        "plan_sha256": judged.plan.sha256,
    }


def _minute(minute: int) -> int | None:
    return None if minute < 0 else minute


def _permille(objective: int, bound: int | None) -> int | None:
    """Return the share that a better plan might still save, in thousandths, rounded up."""
    if bound is None:
        return None
    return 0 if objective == 0 else -(-(objective - bound) * 1000 // objective)


def _facilities(judged: Evaluation) -> list[dict[str, Any]]:
    from lifeline.added_rows import records_of

    rows = {row["customer"]: row for row in records_of(judged.facilities)}
    return [
        {
            "customer": customer,
            "down_minutes": row["down_minutes"],
            "down_minute": _minute(row["down_minute"]),
            "up_minute": _minute(row["up_minute"]),
        }
        for customer, row in sorted(rows.items())
    ]


def _returns(judged: Evaluation) -> list[dict[str, Any]]:
    """Return when the services of critical customers are back for good: 0, never out; null, never back."""
    from lifeline.added_rows import records_of

    customers = judged.problem.system.customers
    critical = set(customers["id"][customers["critical"]])
    return [
        {"customer": row["customer"], "service": row["service"], "minute": _minute(row["minute"])}
        for row in records_of(judged.etr)
        if row["customer"] in critical
    ]


def difference(base: Tried, variant: Tried) -> dict[str, Any]:
    """Return what a variant changes, below zero where it is better, and how sure that is."""
    one, other = base.judged, variant.judged
    services = sorted({*one.by_service, *other.by_service})
    districts = sorted({*one.by_district, *other.by_district})
    return {
        "objective": other.objective - one.objective,
        "person_minutes": other.person_minutes - one.person_minutes,
        "by_service": {
            name: other.by_service.get(name, 0) - one.by_service.get(name, 0) for name in services
        },
        "by_district": {
            name: other.by_district.get(name, 0) - one.by_district.get(name, 0) for name in districts
        },
        "finish_minutes": other.finish_minute - one.finish_minute,
        "how_sure": how_sure(base, variant),
    }


def how_sure(base: Tried, variant: Tried) -> str:
    """Return what is proven of the best plans of both, from the plans found and the bounds.

    The best plan of each costs something from its bound to its objective. Where these two spans meet, the difference
    may be the search's and not the change's. Two ways to plan the same are told apart exactly: both are judged.
    """
    if variant.same_problem or (base.objective == base.bound and variant.objective == variant.bound):
        return "exact"
    if base.bound is not None and variant.objective < base.bound:
        return "surely_better"
    if variant.bound is not None and variant.bound > base.objective:
        return "surely_worse"
    return "within_the_gap"
