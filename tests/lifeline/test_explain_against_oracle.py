"""Explanations of random plans: every price is the difference of two plans as the slow oracle judges them."""

from __future__ import annotations

from random import Random

import oracle
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_worlds import problems

from lifeline.errors import InfeasiblePlan
from lifeline.etr import BECAUSE, returns
from lifeline.evaluation import NOT_BACK, evaluate
from lifeline.explain import VisitExplained, delay_of, delayed, explain_job, explain_plan
from lifeline.plan import Plan, Visit
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem
from lifeline.schedule import schedule

MINUTES = 60


def random_plan(problem: RepairProblem, rng: Random) -> Plan:
    """Share out the jobs by chance, in a way that can be carried out, and then let crews dawdle."""
    jobs = [job for job in problem.jobs if job.id not in problem.unassignable]
    rng.shuffle(jobs)
    sequences: dict[str, list[str]] = {crew.id: [] for crew in problem.crews}
    for job in jobs:
        able = problem.within_reach[:, problem.job_index[job.id]].nonzero()[0].tolist()
        sequences[problem.crews[rng.choice(able)].id].append(job.id)
    try:
        return schedule(problem, sequences)
    except InfeasiblePlan:
        assume(False)
        raise


def slow_delay(problem: RepairProblem, plan: Plan, job: str) -> list[Visit]:
    """Play the plan minute by minute: nobody leaves or begins before it was planned, and one job begins later."""
    planned = {visit.job: visit for visit in plan.visits}
    left = {crew.id: plan.sequences().get(crew.id, []) for crew in problem.crews}
    site = {crew.id: number for number, crew in enumerate(problem.crews)}
    free = {crew.id: crew.available_from_minute for crew in problem.crews}
    visits: list[Visit] = []
    minute = 0
    while any(left.values()):
        opened = [problem.job_index[visit.job] for visit in visits if visit.finish <= minute]
        for number, crew in enumerate(problem.crews):
            if not left[crew.id] or minute < max(free[crew.id], planned[left[crew.id][0]].depart):
                continue
            there = len(problem.crews) + problem.job_index[left[crew.id][0]]
            drive = problem.travel.minutes(opened)[
                problem.travel.speed_class_of_crew[number], site[crew.id], there
            ]
            if not crew.is_on_shift(minute) or drive < 0:
                continue
            done = left[crew.id].pop(0)
            arrive = crew.work_until(minute, int(drive))
            begin = planned[done].start + (MINUTES if done == job else 0)
            start = crew.next_on_shift(max(arrive, begin))
            finish = crew.work_until(start, problem.job(done).repair_minutes)
            visits.append(Visit(crew.id, done, minute, arrive, start, finish))
            site[crew.id], free[crew.id] = there, finish
        minute += 1
    return visits


def worth(problem: RepairProblem, finished: dict[str, int]) -> tuple[int, int]:
    replayed = oracle.replay(problem.system, problem.shock.components, finished, problem.horizon_minutes)
    return replayed.objective, replayed.person_minutes


def finishes(visits: tuple[Visit, ...] | list[Visit]) -> dict[str, int]:
    return {visit.job: visit.finish for visit in visits}


WORLDS = problems(max_jobs=5, with_roads=True, with_shifts=True)


@given(WORLDS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_delay_costs_what_two_plans_judged_by_the_oracle_differ_by(
    problem: RepairProblem, rng: Random
) -> None:
    plan = random_plan(problem, rng)
    assume(plan.visits)
    visit = rng.choice(plan.visits)
    evaluation = evaluate(problem, plan)
    later = delayed(problem, plan, visit.job)
    assert check_plan(problem, later) == ()
    slow = slow_delay(problem, plan, visit.job)
    assert sorted(later.visits, key=repr) == sorted(slow, key=repr)
    before, after = worth(problem, finishes(plan.visits)), worth(problem, finishes(slow))
    price = delay_of(evaluation, visit).price
    assert (price.objective, price.person_minutes) == (after[0] - before[0], after[1] - before[1])


@given(WORLDS, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_every_job_can_be_explained_and_its_best_other_place_is_the_cheapest_there_is(
    problem: RepairProblem, rng: Random
) -> None:
    plan = random_plan(problem, rng)
    evaluation = evaluate(problem, plan)
    before = worth(problem, finishes(plan.visits))[0]
    for job in problem.jobs:
        explained = explain_job(evaluation, job.id)
        prices = []
        for finished in every_other_place(problem, plan, job.id):
            prices.append(worth(problem, finished)[0] - before)
        assert explained.places_tried == len(prices)
        best = explained.best_place
        assert (None if best is None else best.price.objective) == min(prices, default=None)
        if isinstance(explained, VisitExplained):
            without = {name: finish for name, finish in finishes(plan.visits).items() if name != job.id}
            assert explained.without.objective == worth(problem, without)[0] - before


def every_other_place(problem: RepairProblem, plan: Plan, job: str) -> list[dict[str, int]]:
    """Return the minutes of finish of every plan that differs in the place of this one job."""
    orders = {crew.id: plan.sequences().get(crew.id, []) for crew in problem.crews}
    found = []
    for crew in orders:
        rest = [one for one in orders[crew] if one != job]
        for place in range(len(rest) + 1):
            order = [*rest[:place], job, *rest[place:]]
            changed = {name: [one for one in jobs if one != job] for name, jobs in orders.items()} | {
                crew: order
            }
            if changed == orders:
                continue
            try:
                found.append(finishes(schedule(problem, changed).visits))
            except InfeasiblePlan:
                continue
    return found


@given(WORLDS, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_a_plan_is_explained_against_any_other_and_its_returns_need_what_they_say(
    problem: RepairProblem, rng: Random
) -> None:
    plan, other = random_plan(problem, rng), random_plan(problem, rng)
    evaluation = evaluate(problem, plan)
    explained = explain_plan(evaluation, other)
    assert len(explained.jobs) == len(plan.visits)
    table = returns(evaluation)
    etr = evaluation.etr
    assert table[["customer", "service", "minute"]].astype(object).to_dict("records") == (
        etr.astype(object).to_dict("records")
    )
    finished = finishes(plan.visits)
    for row in table.to_dict("records"):
        key = (row["customer"], row["service"])
        assert (row["because"] in BECAUSE) == (row["minute"] == NOT_BACK)
        if row["minute"] == NOT_BACK:
            continue
        assert set(row["needs"]) - {row["job"]} == needed(problem, finished, key, row["minute"]) - {
            row["job"]
        }
        if row["minute"] > 0:
            assert finished[row["job"]] == row["minute"]


def needed(problem: RepairProblem, finished: dict[str, int], key: tuple[str, str], minute: int) -> set[str]:
    """Return the jobs without which, one at a time, this customer is not back by then, as the oracle replays it."""
    found = set()
    for job in finished:
        others = {name: finish for name, finish in finished.items() if name != job}
        damaged = problem.shock.components
        then = oracle.replay(problem.system, damaged, others, problem.horizon_minutes).etr()[key]
        if then is None or then > minute:
            found.add(job)
    return found
