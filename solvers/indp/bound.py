"""What no INDP plan can beat: the cheapest state of each step on its own, as if earlier steps did not bind it.

After step t a plan has spent at most t x units, so its state costs at least the cheapest state within those
units. What is repaired by a step, and the spaces that crosses, is part of what the whole plan pays for: each of
the H steps may be charged 1/H of it. Summed over the steps this is a bound; each rung of the ladder is a
program of one stage, hundreds of times smaller than the one over all steps.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from solvers.indp.model import USD, Stage, build_model
from solvers.indp.program import run_program

if TYPE_CHECKING:
    from solvers.indp.problem import IndpPlan, IndpProblem


def ladder_bound(
    problem: IndpProblem, plan: IndpPlan | None = None, *, seconds: float | None = None
) -> float:
    """Return USD that no plan's objective is below. Each rung has its share of the seconds that are left.

    A `plan` that is known gives every program a state to start from.
    """
    began = time.perf_counter()
    total = 0.0
    steps = () if plan is None else plan.steps
    for step in range(1, problem.horizon + 1):
        left = None if seconds is None else seconds - (time.perf_counter() - began)
        if left is not None and left <= 0:
            break
        share = None if left is None else left / (problem.horizon + 1 - step)
        stage = Stage(problem.units_per_step * step)
        model = build_model(problem, [stage], repair_share=1 / problem.horizon)
        repaired = {name for names in steps[:step] for name in names}
        state = {v.name: float(problem.elements[k].name in repaired) for k, v in model.state[0].items()}
        total += max(run_program(model.program, seconds=share, start=state).bound / USD, 0.0)
    return total
