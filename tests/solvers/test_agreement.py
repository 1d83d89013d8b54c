"""Two exact programs from different laws agree: CP-SAT's crew circuits and PuLP's slots (R14)."""

from __future__ import annotations

import os
from random import Random

import pytest
from worlds import town

from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from solvers import Budget, unit_jobs
from solvers.cp_search import Effort, find
from solvers.cp_task import task_of
from solvers.dark import dark_part

PROBLEMS = int(os.environ.get("LIFELINE_RANDOM_WORLDS", "60")) // 5
"In five parts. R14 asks for 200; a normal run looks at fewer."


def unit_town(seed: int) -> RepairProblem:
    """One sector, a tree with a loop, four to eight broken parts of an hour each, one to three crews in one place."""
    random = Random(seed)
    names = [f"P{number}" for number in range(random.randint(6, 10))]
    links = [f"{names[random.randrange(number)]}-{names[number]}" for number in range(1, len(names))]
    broken = random.sample([*names, *links], random.randint(4, 8))
    system = town(
        power=" ".join(["P0*", *links, f"P1>{names[-1]}"]),
        people={name: random.randrange(1, 9) for name in names},
        damage=dict.fromkeys(broken, 60),
        places=dict.fromkeys(names, (0.0, 0.0)),
        crews={f"crew {number}": "power" for number in range(random.randint(1, 3))},
    )
    return build_problem(system, Shock.from_table(system, system.damage))


@pytest.mark.parametrize("part", range(5))
def test_cp_sat_and_the_program_of_slots_find_the_same_optimum(part: int) -> None:
    for seed in range(part * PROBLEMS, (part + 1) * PROBLEMS):
        problem = unit_town(seed)
        slots = unit_jobs.solve(problem, budget=Budget())
        finding = find(
            task_of(problem, dark_part(problem)),
            None,
            Effort(deterministic_seconds=60.0, seconds=None, seed=1),
            lambda report: None,
        )
        assert finding.is_optimal
        assert finding.bound == slots.objective == slots.bound, seed
        assert check_plan(problem, slots.plan) == (), seed
        assert finding.rounds is not None
        sequences = {
            crew.id: [problem.jobs[job].id for job in jobs]
            for crew, jobs in zip(problem.crews, finding.rounds, strict=True)
        }
        assert len(schedule(problem, sequences).visits) <= len(problem.jobs)
