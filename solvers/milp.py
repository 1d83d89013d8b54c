"""The interdependent network design problem over time (td-INDP) and step by step (iINDP), with a bound beside the plan.

Both are programs in PuLP (`solvers.indp.model`). Plain, the program over all steps is as far as the literature
goes; at large damage its incumbent is no better than iINDP's. `solve_td_indp` starts from iINDP, moves repairs
between steps with an exact compiled cost, and proves how much any plan could still save.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lifeline.errors import InvalidInput
from solvers.indp.bound import ladder_bound
from solvers.indp.model import USD, IndpModel, Stage, build_model
from solvers.indp.problem import IndpPlan, IndpProblem
from solvers.indp.program import MilpSolver, run_program
from solvers.indp.score import score
from solvers.indp.search import IndpSearch, trimmed

HEATS = (0.003, 0.001, 0.01, 0.03)
"First temperatures of the annealings, in turn, as shares of the objective."

COLD = 1e-6
"The last temperature of each, as a share of the objective."

CHAINS = 2
"Chains of annealings side by side, the same on every machine; the best plan of any is taken."

FEWEST_ROUNDS, MOST_ROUNDS, EFFORT = 2, 12, 8_000
"Rounds of annealing in a chain: so many that rounds x broken elements x steps come near the effort."


@dataclass(frozen=True)
class IndpSolution:
    """A plan, its objective as `score` counts it, and a number that no plan's objective is below (USD)."""

    plan: IndpPlan
    objective: float
    bound: float
    seconds: float

    @property
    def gap(self) -> float:
        """The share of the objective that a better plan might still save."""
        return 0.0 if self.objective <= self.bound else (self.objective - self.bound) / self.objective


def solve_iindp(
    problem: IndpProblem, *, seconds: float | None = None, solver: MilpSolver | None = None
) -> IndpSolution:
    """Return the plan of iINDP, which looks one step ahead: each step does what makes that step cheapest.

    `seconds` are for all steps together; those for which no time is left repair nothing. Its bound is 0: a plan
    that looks further may be better.
    """
    began = time.perf_counter()
    done: set[int] = set()
    steps: list[tuple[str, ...]] = []
    while len(steps) < problem.horizon:
        left = None if seconds is None else seconds - (time.perf_counter() - began)
        if left is not None and left <= 0:
            break
        model = build_model(problem, [Stage(problem.units_per_step)], done=done)
        found = run_program(model.program, seconds=left, solver=solver).found
        repaired = model.repaired_by(0) - done if found else set()
        if not repaired:
            break
        done |= repaired
        steps.append(tuple(problem.elements[k].name for k in sorted(repaired)))
    plan = IndpPlan(tuple(steps))
    return IndpSolution(plan, score(problem, plan).objective, 0.0, time.perf_counter() - began)


def solve_program(
    problem: IndpProblem,
    *,
    seconds: float | None = None,
    solver: MilpSolver | None = None,
    start: IndpPlan | None = None,
) -> IndpSolution:
    """Return what the published td-INDP finds as one program over all steps; the incumbent when time runs out.

    `start` is the incumbent it begins from (HiGHS only), and what comes back if nothing better is found.
    """
    began = time.perf_counter()
    start = start or IndpPlan(())
    model = build_model(problem, [Stage(problem.units_per_step)] * problem.horizon)
    states = _states(problem, start)
    answer = run_program(model.program, seconds=seconds, solver=solver, start=_named(model, states))
    plans = [start, *([_plan_of(model)] if answer.found else [])]
    objective, place = min((score(problem, plan).objective, place) for place, plan in enumerate(plans))
    bound = max(answer.bound / USD, 0.0)
    return IndpSolution(plans[place], objective, min(bound, objective), time.perf_counter() - began)


def solve_td_indp(
    problem: IndpProblem, *, tries: int = 100_000, bound_seconds: float | None = 5.0, seed: int = 0
) -> IndpSolution:
    """Return the best plan found from iINDP on, by annealing with `tries` changes in each of its rounds.

    The plan depends on `tries` and `seed` alone. The bound has `bound_seconds` (None: all it needs; 0: it stays 0).
    """
    if tries < 1 or seed < 0:
        raise InvalidInput(f"tries must be 1 or more and seed 0 or more, got {tries} and {seed}.")
    began = time.perf_counter()
    start = solve_iindp(problem).plan

    def chain(number: int) -> IndpPlan:
        return _annealed(problem, start, tries, seed * CHAINS + number)

    # The compiled loops let go of Python's lock, so each chain has a core of its own where there is one.
    with ThreadPoolExecutor(max_workers=CHAINS) as pool:
        plans = list(pool.map(chain, range(CHAINS)))
    objective, place = min((score(problem, plan).objective, place) for place, plan in enumerate(plans))
    best = plans[place]
    bound = ladder_bound(problem, best, seconds=bound_seconds)
    return IndpSolution(best, objective, min(bound, objective), time.perf_counter() - began)


def _annealed(problem: IndpProblem, plan: IndpPlan, tries: int, seed: int) -> IndpPlan:
    """Return the best plan of one chain of annealings, each from the best before it, and a descent."""
    search = IndpSearch(problem)
    for turn in range(_rounds(problem)):
        price = search.cost(plan)
        hot, cold = HEATS[turn % len(HEATS)] * price, COLD * price
        plan = search.anneal(plan, tries=tries, seed=seed * MOST_ROUNDS + turn, hot=hot, cold=cold)
    return search.descend(plan)


def _rounds(problem: IndpProblem) -> int:
    size = max(1, len(problem.elements) * problem.horizon)
    return max(FEWEST_ROUNDS, min(MOST_ROUNDS, EFFORT // size))


def _states(problem: IndpProblem, plan: IndpPlan) -> list[set[int]]:
    done: set[int] = set()
    states = []
    for step in (*plan.steps, *[()] * (problem.horizon - len(plan.steps))):
        done = done | {problem.element_index[name] for name in step}
        states.append(done)
    return states


def _named(model: IndpModel, states: Sequence[set[int]]) -> dict[str, float]:
    return {
        variable.name: float(k in states[stage])
        for stage, variables in enumerate(model.state)
        for k, variable in variables.items()
    }


def _plan_of(model: IndpModel) -> IndpPlan:
    done = set(model.done)
    steps = []
    for stage in range(len(model.stages)):
        now = model.repaired_by(stage)
        steps.append(tuple(model.problem.elements[k].name for k in sorted(now - done)))
        done |= now
    return IndpPlan(trimmed(steps))
