"""The search's own loops count and time exactly what the judge and the schedule do."""

import os
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_worlds import Features, random_task

from lifeline.evaluation import evaluate
from lifeline.plan import LAST_MINUTE, Plan
from lifeline.repair import RepairProblem
from lifeline.schedule import schedule
from solvers.annealing import Annealing
from solvers.dispatch import dispatch, hand_out_rest
from solvers.local_search import solve as local_search
from solvers.reduction import reduced_part
from solvers.solver import Budget

RANDOM_WORLDS = int(os.environ.get("LIFELINE_RANDOM_WORLDS", "150"))


def random_plan(problem: RepairProblem, rng: Random) -> Plan:
    return schedule(problem, dispatch(problem, np.array([rng.random() for _ in problem.jobs])))


def searched(problem: RepairProblem, plan: Plan) -> Annealing:
    return Annealing(problem, reduced_part(problem), plan, seed=1)


@pytest.mark.parametrize("with_roads", [False, True])
def test_the_search_counts_and_times_what_the_judge_and_the_schedule_do(with_roads: bool) -> None:
    """Without buffers the search's cost is the judge's objective, and its clock is the schedule's, to the minute."""
    checked = 0
    for seed in range(RANDOM_WORLDS):
        rng = Random(seed)
        problem = random_task(
            rng, Features.of(monotone=True, roads=100 * with_roads, shifts=50), max_jobs=6, max_crews=3
        ).problem()
        plan = random_plan(problem, rng)
        if not plan.visits:
            continue
        annealing = searched(problem, plan)
        if not len(annealing.current.by_finish):
            continue
        for span in (0, 20):
            annealing.run(span, tau=1000.0)
            again = whole_plan(annealing)
            assert annealing.cost == evaluate(problem, again).objective
            for visit in again.visits:
                job = problem.job_index[visit.job]
                assert job not in annealing.current.by_finish or annealing.current.finish[job] == visit.finish
        checked += 1
    assert checked > RANDOM_WORLDS // 2


def whole_plan(annealing: Annealing) -> Plan:
    """Return the plan of the search's order, with the jobs it leaves out behind it."""
    order, problem = annealing.current, annealing.problem
    sequences = {
        crew.id: [problem.jobs[job].id for job in order.sequence[number, : order.length[number]]]
        for number, crew in enumerate(problem.crews)
    }
    return schedule(problem, hand_out_rest(problem, schedule(problem, sequences), LAST_MINUTE))


def test_with_buffers_the_search_never_thinks_better_of_a_plan_than_the_judge() -> None:
    """A buffer counts for the search until the minute it would run out unrepaired; for the judge it may do more."""
    differs = 0
    for seed in range(RANDOM_WORLDS):
        rng = Random(seed)
        problem = random_task(rng, Features(), max_jobs=6, max_crews=2).problem()
        plan = random_plan(problem, rng)
        if not plan.visits:
            continue
        annealing = searched(problem, plan)
        cost, objective = annealing.cost, evaluate(problem, whole_plan(annealing)).objective
        assert cost >= objective
        differs += cost > objective
    assert 0 < differs < RANDOM_WORLDS // 3


@given(seed=st.integers(0, 10**6))
def test_a_search_keeps_every_job_once_and_within_the_skills(seed: int) -> None:
    rng = Random(seed)
    problem = random_task(rng, Features(), max_jobs=6, max_crews=3).problem()
    proposal = local_search(problem, budget=Budget(evaluations=300), seed=seed)
    done = sorted(visit.job for visit in proposal.plan.visits)
    assert done == [job.id for job in problem.jobs if job.id not in problem.unassignable]
