"""Small interdependent networks for tests of INDP."""

from __future__ import annotations

from itertools import permutations

from solvers.indp.problem import IndpNetwork, IndpPlan, IndpProblem, Link, Need, Node


def pump_and_plant() -> IndpNetwork:
    """A plant feeds a town with 10 units of power; a pump sends it 4 of water and needs the plant.

    A unit too much costs 100 and a missing one 10; power flows for 2 a unit, water for 1.
    """
    return IndpNetwork(
        (
            Node("power", 1, 10, 100, 10, 5),
            Node("power", 2, -10, 100, 10, 5),
            Node("water", 1, 4, 100, 10, 5),
            Node("water", 2, -4, 100, 10, 5),
        ),
        (Link("power:1-2", 0, 1, 50, 2, 7, 1, (0,)), Link("water:1-2", 2, 3, 50, 1, 7, 1, (0,))),
        (Need(2, 0),),
        (30.0,),
    )


def both_broken() -> IndpProblem:
    return IndpProblem(pump_and_plant(), ("power:1", "power:1-2", "water:1-2"), 1)


def every_plan(problem: IndpProblem) -> list[IndpPlan]:
    """All ways to put the elements, or none, into the places there are."""
    places = problem.units_per_step * problem.horizon
    names = [element.name for element in problem.elements]
    plans = []
    for row in set(permutations([*names, *[""] * places], places)):
        steps = (row[k : k + problem.units_per_step] for k in range(0, places, problem.units_per_step))
        plans.append(IndpPlan(tuple(tuple(name for name in step if name) for step in steps)))
    return plans
