"""Independent parts of a problem: what they cost adds up, and their plans make one."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
from worlds import town

from lifeline.evaluation import evaluate
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from solvers import Budget, solve
from solvers.dispatch import dispatch
from solvers.parts import independent_parts, plan_of_part
from solvers.reduction import reduced_part


def problem_of(**chains: Any) -> RepairProblem:
    system = town(**chains)
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=6000)


def parts_of(problem: RepairProblem) -> tuple[RepairProblem, ...]:
    return independent_parts(problem, reduced_part(problem))


def two_sectors(crews: dict[str, str], **more: Any) -> RepairProblem:
    """A broken power station and a broken gas valve, with 5 and 7 people."""
    return problem_of(
        power="P*", gas="G*", people={"P": 5, "G": 7}, damage={"P": 60, "G": 30}, crews=crews, **more
    )


def test_two_sectors_with_crews_of_their_own_are_two_problems() -> None:
    parts = parts_of(two_sectors({"red": "power", "blue": "gas"}))
    assert [[job.id for job in part.jobs] for part in parts] == [["G"], ["P"]]
    assert [[crew.id for crew in part.crews] for part in parts] == [["blue"], ["red"]]


def test_a_crew_that_can_do_both_makes_them_one() -> None:
    problem = two_sectors({"red": "power;gas", "blue": "gas"})
    assert parts_of(problem) == (problem,)


def test_a_pump_that_waits_for_power_makes_them_one() -> None:
    problem = two_sectors({"red": "power", "blue": "gas"}, dependencies=[("G", "P")])
    assert parts_of(problem) == (problem,)


def test_a_problem_with_buffers_is_not_split() -> None:
    problem = two_sectors(
        {"red": "power", "blue": "gas"}, telecom="T*", dependencies=[("T", "P", "mains", 60)]
    )
    assert parts_of(problem) == (problem,)


def test_what_the_parts_cost_adds_up_under_every_plan() -> None:
    """Up to what nobody can bring back (telecom, for which there is no crew): the same under every plan."""
    for seed in range(60):
        problem = three_trees(Random(seed))
        parts = parts_of(problem)
        assert len(parts) == 2
        fixed = set()
        for turn in range(4):
            chance = np.random.default_rng((seed, turn)).random(len(problem.jobs))
            plan = schedule(problem, dispatch(problem, chance))
            whole, alone = evaluate(problem, plan).objective, 0
            for part in parts:
                own = schedule(part, plan_of_part(part, plan))
                assert check_plan(part, own) == ()
                alone += evaluate(part, own).objective
            fixed.add(whole - alone)
        assert len(fixed) == 1, seed
        assert fixed.pop() > 0


def three_trees(rng: Random) -> RepairProblem:
    """Trees of six nodes for power, gas and telecom, three things broken in each; nobody can mend telecom."""
    chains, people, damage = {}, {}, {}
    for sector in ("power", "gas", "telecom"):
        names = [f"{sector[0].upper()}{number}" for number in range(6)]
        links = [f"{names[rng.randrange(number)]}-{names[number]}" for number in range(1, 6)]
        chains[sector] = " ".join([f"{names[0]}*", *links])
        people |= {name: rng.randint(1, 30) for name in names}
        damage |= {name: rng.randint(10, 90) for name in rng.sample([*names[1:], *links], 3)}
    crews = {"red": "power", "blue": "power", "green": "gas", "white": "gas"}
    shifts = {"blue": [(60, 600)], "green": [(0, 480)]}
    return problem_of(**chains, people=people, damage=damage, crews=crews, shifts=shifts)


def test_auto_proves_a_whole_by_its_parts() -> None:
    """Three sectors that do not touch, six jobs each: too many together, but each is proven by itself."""
    rng = Random(4)
    names = {
        sector: [f"{sector[0].upper()}{number}" for number in range(6)]
        for sector in ("power", "gas", "water")
    }
    every = [name for these in names.values() for name in these]
    problem = problem_of(
        **{sector: " ".join(f"{name}*" for name in these) for sector, these in names.items()},
        people={name: rng.randint(1, 50) for name in every},
        damage={name: rng.randint(20, 200) for name in every},
        crews={f"{sector} {number}": sector for sector in names for number in (1, 2)},
    )
    assert len(parts_of(problem)) == 3
    proposal = solve(problem, budget=Budget(evaluations=200_000))
    assert proposal.bound == proposal.objective
    apart = sum(solve(part, method="exhaustive").objective for part in parts_of(problem))
    assert proposal.objective == apart
