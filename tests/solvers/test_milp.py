"""td-INDP and iINDP as programs: by hand, against every plan, against each other, and when time runs out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pulp
import pytest
from indp_worlds import both_broken, every_plan, pump_and_plant
from worlds import town

from lifeline import Shock, build_problem, evaluate
from lifeline.errors import InvalidInput
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem
from solvers import Budget, exhaustive, unit_jobs
from solvers.indp.bound import ladder_bound
from solvers.indp.problem import IndpNetwork, IndpPlan, IndpProblem, Link, Node
from solvers.indp.program import MilpSolver, run_program
from solvers.indp.score import score
from solvers.milp import solve_iindp, solve_program, solve_td_indp

ROOT = Path(__file__).resolve().parents[2]


def far_town() -> IndpProblem:
    """One crew, two errands: a lamp that misses 3 units is one repair away, a mill that misses 8 is two repairs away.

    A unit that is left over and missing costs 11 in each step, and a repair 1. Nothing else costs anything.
    """
    nodes = (
        Node("power", 1, 3, 10, 1, 0),
        Node("power", 2, -3, 10, 1, 0),
        Node("water", 1, 8, 10, 1, 0),
        Node("water", 2, 0, 10, 1, 0),
        Node("water", 3, -8, 10, 1, 0),
    )
    links = (
        Link("power:1-2", 0, 1, 9, 0, 1),
        Link("water:1-2", 2, 3, 9, 0, 1),
        Link("water:2-3", 3, 4, 9, 0, 1),
    )
    return IndpProblem(IndpNetwork(nodes, links), ("power:1-2", "water:1-2", "water:2-3"), 1)


# Step by step, and all together -----------------------------------------------------------------------------


def test_looking_one_step_ahead_mends_what_helps_at_once() -> None:
    """The lamp first: 88 are lost in each step, and no single repair helps the mill, so it is never mended."""
    found = solve_iindp(far_town())

    assert (found.plan.steps, found.objective) == ((("power:1-2",),), 4 * 88 + 1)


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_looking_further_mends_the_mill_first(solver: MilpSolver) -> None:
    """The mill comes back in step 2, the lamp in step 3: 121 + 33 + 0 + 0, and three repairs."""
    found = solve_program(far_town(), solver=solver)

    assert (found.objective, found.bound) == (pytest.approx(121 + 33 + 3), pytest.approx(121 + 33 + 3))
    assert found.plan.steps[2] == ("power:1-2",)


@pytest.mark.parametrize("solver", ["highs", "cbc"])
@pytest.mark.parametrize("units", [1, 2, 3])
def test_the_program_finds_the_best_of_all_plans(solver: MilpSolver, units: int) -> None:
    problem = IndpProblem(pump_and_plant(), both_broken().broken, units)
    best = min(score(problem, plan).objective for plan in every_plan(problem))

    found = solve_program(problem, solver=solver)
    assert found.objective == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert found.gap == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("problem", [far_town(), both_broken()])
def test_search_program_and_bound_agree_and_iindp_is_never_below(problem: IndpProblem) -> None:
    proven = solve_program(problem)
    found = solve_td_indp(problem, tries=200, bound_seconds=None)

    assert found.objective == pytest.approx(proven.objective)
    assert found.bound <= proven.objective + 1e-6
    assert solve_iindp(problem).objective >= proven.bound - 1e-6


def test_the_ladder_lets_each_step_have_the_best_state_its_units_can_buy() -> None:
    """Step 1 has the lamp, step 2 the mill, steps 3 and 4 both: 88 + 33, and a quarter of 1, 2, 3 and 3 repairs."""
    assert ladder_bound(far_town()) == pytest.approx(88 + 33 + 9 / 4)


def test_when_nothing_is_broken_there_is_nothing_to_do() -> None:
    whole = IndpProblem(pump_and_plant(), (), 1)

    assert solve_td_indp(whole, tries=10).plan == solve_program(whole).plan == IndpPlan(())
    assert solve_program(whole).objective == 24.0


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_without_time_the_incumbent_comes_back_with_bound_and_gap(solver: MilpSolver) -> None:
    """The start never mends the lamp: 121 + 121 + 33 + 33, and two repairs. The optimum is 157."""
    start = IndpPlan(((), ("water:1-2",), ("water:2-3",)))
    given_up = solve_program(far_town(), seconds=1e-6, start=start, solver=solver)

    assert 157 - 1e-6 <= given_up.objective <= 310
    assert 0 <= given_up.bound <= 157 + 1e-6
    assert 0 <= given_up.gap <= 1
    assert solve_iindp(far_town(), seconds=1e-9).plan == IndpPlan(())
    assert ladder_bound(far_town(), seconds=1e-9) <= 157


def test_the_same_seed_gives_the_same_plan() -> None:
    plans = {solve_td_indp(both_broken(), tries=50, seed=4, bound_seconds=0).plan for _ in range(2)}

    assert len(plans) == 1


def test_a_search_of_no_tries_is_refused() -> None:
    with pytest.raises(InvalidInput, match="tries must be 1 or more"):
        solve_td_indp(both_broken(), tries=0)


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_a_constant_of_the_objective_is_counted(solver: MilpSolver) -> None:
    program = pulp.LpProblem("constant", pulp.LpMinimize)
    x = program.add_variable("x", 0, 9, cat="Integer")
    program += 2 * x + 7
    program += x >= 1.5

    answer = run_program(program, solver=solver)
    assert (answer.value, answer.bound) == (pytest.approx(11), pytest.approx(11))


@pytest.mark.parametrize("first", ["import highspy", "from ortools.sat.python import cp_model"])
def test_highs_and_cp_sat_live_in_one_process_in_both_orders(first: str) -> None:
    code = f"""
{first}
from ortools.sat.python import cp_model
import pulp
from solvers.indp.program import run_program
program = pulp.LpProblem("one", pulp.LpMinimize)
x = program.add_variable("x", 0, 9, cat="Integer")
program += 3 * x
program += 2 * x >= 3
assert run_program(program, solver="highs").value == 6
model = cp_model.CpModel()
y = model.new_int_var(2, 9, "y")
model.minimize(y)
solver = cp_model.CpSolver()
solver.parameters.num_workers = 1
assert solver.solve(model) == cp_model.OPTIMAL and solver.value(y) == 2
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, timeout=120)


# Unit jobs --------------------------------------------------------------------------------------------------


def standing_still(seed: int) -> RepairProblem:
    """A tree of eight stations with one loop, six things broken, all in one place, so that nobody drives."""
    random = Random(seed)
    names = [f"P{number}" for number in range(8)]
    links = [f"{names[random.randrange(number)]}-{names[number]}" for number in range(1, 8)]
    broken = random.sample([*names, *links], 5)
    system = town(
        power=" ".join(["P0*", *links, "P2>P6"]),
        people={name: random.randrange(1, 9) for name in names},
        damage=dict.fromkeys(broken, 60),
        places=dict.fromkeys(names, (0.0, 0.0)),
        crews={f"crew {number}": "power" for number in range(1 + seed % 2)},
    )
    return build_problem(system, Shock.from_table(system, system.damage))


@pytest.mark.parametrize("seed", range(8))
def test_the_program_of_unit_jobs_finds_the_best_of_all_plans(seed: int) -> None:
    problem = standing_still(seed)
    best = exhaustive.solve(problem, budget=Budget()).objective

    found = unit_jobs.solve(problem, budget=Budget())
    check_plan(problem, found.plan)
    assert found.objective == found.bound == evaluate(problem, found.plan).objective == best


def test_what_the_program_of_unit_jobs_cannot_say_is_refused() -> None:
    system = town(power="P1*-P2", people={"P2": 3}, damage={"P1": 60, "P2": 30}, crews={"red": "power"})
    problem = build_problem(system, Shock.from_table(system, system.damage))

    with pytest.raises(InvalidInput, match="its jobs take different times"):
        unit_jobs.solve(problem, budget=Budget())
