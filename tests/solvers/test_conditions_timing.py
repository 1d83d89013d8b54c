"""Where jobs wait for each other, partners, parts and hours: schedule, compiled clock and checks tell one story."""

from collections import Counter
from random import Random

import numpy as np
import pytest
from random_conditions import random_working_problem
from random_worlds import Features, random_task

from lifeline.errors import InfeasiblePlan
from lifeline.evaluation import evaluate
from lifeline.plan import Plan
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem
from lifeline.schedule import schedule
from solvers.annealing import desk_of, order_of
from solvers.dispatch import Sequences, dispatch
from solvers.local_search import solve as local_search
from solvers.solver import Budget


def problem_of(seed: int) -> RepairProblem | None:
    rng = Random(seed)
    features = Features.of(monotone=True, roads=rng.random() < 0.4, shifts=rng.random() < 0.5)
    return random_working_problem(rng, random_task(rng, features, max_jobs=5, max_crews=3))


def shuffled(problem: RepairProblem, rng: Random) -> Sequences:
    """Hand every job to a crew that can do it, in an order that may break everything."""
    jobs = [job.id for job in problem.to_do]
    rng.shuffle(jobs)
    sequences: Sequences = {crew.id: [] for crew in problem.crews}
    for job in jobs:
        able = np.flatnonzero(problem.within_reach[:, problem.job_index[job]]).tolist()
        sequences[problem.crews[rng.choice(able)].id].append(job)
    return sequences


def compiled_finishes(problem: RepairProblem, sequences: Sequences) -> dict[str, int] | None:
    """Return when the compiled clock has each job done, without those it gives up; None if the order gets stuck."""
    from solvers.coupled_timing_kernels import UNDONE, retime_coupled
    from solvers.search_roads import roads_of
    from solvers.terms import terms_of

    order = order_of(problem, _Sequenced(sequences), np.ones(len(problem.jobs), bool))
    order.crew_of[:] = -1  # as wrong as after a move
    if not retime_coupled(desk_of(problem), roads_of(problem), terms_of(problem), order):
        return None
    planned = [job for jobs in sequences.values() for job in jobs]
    # Moves look for every job in the sequence of its crew, also for one that is given up.
    for crew, jobs in sequences.items():
        for job in jobs:
            assert order.crew_of[problem.job_index[job]] == problem.crew_index[crew]
    finishes = {job: int(order.finish[problem.job_index[job]]) for job in planned}
    return {job: finish for job, finish in finishes.items() if finish < UNDONE}


class _Sequenced(Plan):
    """A plan of which only the order is known."""

    def __init__(self, sequences: Sequences) -> None:
        super().__init__(())
        object.__setattr__(self, "_sequences", sequences)

    def sequences(self) -> Sequences:
        return self._sequences  # type: ignore[attr-defined, no-any-return]


def test_the_compiled_clock_times_what_the_schedule_does_and_the_checks_find_nothing() -> None:
    """500 orders at random: stuck in both or in neither, the same minutes, jobs left out the same, no rule broken."""
    told: Counter[str] = Counter()
    for seed in range(130):
        problem = problem_of(seed)
        if problem is None:
            continue
        rng = Random(seed)
        for _ in range(4):
            sequences = shuffled(problem, rng)
            try:
                plan = schedule(problem, sequences)
            except InfeasiblePlan:
                assert compiled_finishes(problem, sequences) is None, seed
                told["stuck"] += 1
                continue
            finishes = {visit.job: visit.finish for visit in plan.visits}
            assert compiled_finishes(problem, sequences) == finishes, seed
            broken = [found for found in check_plan(problem, plan) if found.rule != "job_forgotten"]
            assert not broken, seed
            told["left out" if len(finishes) < len(problem.to_do) else "whole"] += 1
    assert min(told["stuck"], told["left out"], told["whole"]) > 40


def test_every_job_a_plan_leaves_out_has_its_reason() -> None:
    """A job in the sequences that the schedule leaves out stands among the unassignable, with a sentence."""
    found = 0
    for seed in range(100):
        problem = problem_of(seed)
        if problem is None:
            continue
        sequences = shuffled(problem, Random(seed))
        try:
            plan = schedule(problem, sequences)
        except InfeasiblePlan:
            continue
        done, reasons = {visit.job for visit in plan.visits}, dict(plan.unassignable)
        for job in problem.to_do:
            if job.id not in done and not job.is_optional:
                assert reasons[job.id].endswith("."), seed
                found += 1
    assert found > 10


def test_rules_hand_out_all_that_can_be_done() -> None:
    """With any ranking of the jobs the dispatcher's plan breaks no rule, forgetting a job among them."""
    checked = 0
    for seed in range(130):
        problem = problem_of(seed)
        if problem is None or problem.conditions.first:
            continue
        rng = Random(seed)
        plan = schedule(problem, dispatch(problem, np.array([rng.random() for _ in problem.jobs])))
        assert check_plan(problem, plan) == (), seed
        checked += 1
    assert checked > 60


def test_the_search_never_ends_with_a_plan_that_breaks_a_rule_or_is_worse_than_the_rules() -> None:
    checked = 0
    for seed in range(40):
        problem = problem_of(seed)
        if problem is None or problem.conditions.first:
            continue
        found = local_search(problem, budget=Budget(evaluations=200), seed=seed)
        assert check_plan(problem, found.plan) == (), seed
        assert evaluate(problem, found.plan).objective == found.objective <= found.trace[0][1]
        checked += 1
    assert checked > 20


@pytest.mark.parametrize("seed", range(4))
def test_the_same_seed_gives_the_same_plan_with_conditions(seed: int) -> None:
    problem = problem_of(seed)
    assert problem is not None
    first, second = (local_search(problem, budget=Budget(evaluations=300), seed=5) for _ in range(2))
    assert first.plan.to_json() == second.plan.to_json()
