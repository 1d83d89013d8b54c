"""What it is worth that crews of two utilities help each other, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from worlds import town

from lifeline.plan_check import check_plan
from lifeline.system import System
from solvers import Budget
from solvers.joint_command import worth_of_joint_command

SOME = Budget(evaluations=200)


def two_utilities(crews: Mapping[str, Any]) -> System:
    """Substations A and B of the grid, waterworks W, all at one place and an hour of work each."""
    system = town(
        power="A* B*",
        water="W*",
        places=dict.fromkeys("ABW", (0.0, 0.0)),
        people={"A": 30, "B": 20, "W": 10},
        damage=dict.fromkeys("ABW", 60),
        crews=crews,
    )
    owners = system.nodes["id"].map({"A": "grid", "B": "grid", "W": "waterworks"})
    settings = replace(system.settings, horizon_minutes=600)
    return system.replace(settings=settings, nodes=system.nodes.assign(owner=owners))


def test_an_electrician_of_the_waterworks_helps_the_grid_first() -> None:
    """Own: red does A, then B, blue does W: 30 * 1 + 20 * 2 + 10 * 1 = 80 person-hours.

    Joint: A and B side by side, then W: 30 * 1 + 20 * 1 + 10 * 2 = 70. Power gains 20, water loses 10.
    """
    system = two_utilities(
        {
            "red": {"skills": "power", "owner": "grid"},
            "blue": {"skills": "power;water", "owner": "waterworks"},
        }
    )
    worth = worth_of_joint_command(system, budget=SOME)
    assert (worth.own.person_hours, worth.joint.person_hours) == (80, 70)
    assert worth.objective_saved == 10 * 60 * 1000
    assert worth.own.by_service == {"power": 70 * 60, "water": 10 * 60}
    assert worth.joint.by_service == {"power": 50 * 60, "water": 20 * 60}
    assert [visit.crew for visit in worth.helping] == ["blue"]
    assert worth.only_joint == {}
    assert not check_plan(worth.own.problem, worth.own.plan)
    assert not check_plan(worth.joint.problem, worth.joint.plan)


def test_a_job_that_its_owner_has_nobody_for() -> None:
    """Red of the grid does A, B, W: 30 + 20 * 2 + 10 * 3 = 100. By itself W stays dark for 10 h: 30 + 40 + 100."""
    system = two_utilities({"red": {"skills": "power;water", "owner": "grid"}})
    worth = worth_of_joint_command(system, budget=SOME)
    assert (worth.own.person_hours, worth.joint.person_hours) == (170, 100)
    assert list(worth.only_joint) == ["W"]
    assert [visit.job for visit in worth.helping] == ["W"]
