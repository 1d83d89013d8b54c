"""Tie switches, spare feeds and relief in small towns, worked by hand; and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from worlds import assert_same_system, town

from lifeline.added_rows import with_rows
from lifeline.cascade import propagate
from lifeline.errors import InvalidInput
from lifeline.evaluation import evaluate
from lifeline.facilities import with_facilities
from lifeline.plan_check import check_plan
from lifeline.relief import with_relief
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from lifeline.system import Settings, System
from solvers import solve

HERE = dict.fromkeys(["P1", "P2", "P3", "P4", "P5", "W1"], (0.0, 0.0))
ONE_CREW = {"red": "power;water"}


def with_checked_rows(system: System, **rows: list[dict[str, Any]]) -> System:
    """Return the system with further rows in some tables, checked."""
    return with_rows(system, rows).replace()


def problem_of(system: System) -> RepairProblem:
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=1000)


def tied_town(minutes: int = 20, **broken: int) -> System:
    """P1 feeds P2 with 100 persons, P4 feeds P5; an open switch lies between P2 and P5, `minutes` from being closed."""
    system = town(
        power="P1*-P2 P4*-P5",
        people={"P2": 100},
        damage={"P1": 300},
        crews=ONE_CREW,
        places=HERE,
    )
    damage = [{"component": part, "repair_minutes": repair} for part, repair in broken.items()]
    tie = {"id": "tie", "sector": "power", "from_node": "P5", "to_node": "P2", "standby": True}
    task = {"id": "close tie", "component": "tie", "minutes": minutes}
    return with_checked_rows(system, links=[tie], tasks=[task], damage=damage)


def test_a_tie_switch_feeds_a_part_from_elsewhere_until_the_repair() -> None:
    """Open, the switch carries nothing: P2 is dark at once. Closed at 20, it feeds P2 from P4.

    Without it P2 waits for P1 until 300. So the switch first costs 100 persons x 20 minutes, and P1 first three hundred
    minutes for the same persons; P1 is then mended at 320, when nobody needs it any more.
    """
    problem = problem_of(tied_town())

    assert problem.cascade.without_service == {"P1", "P2"}
    assert problem.cascade.cause_of("tie").sentence == "tie stands by until a task brings it in."
    first = schedule(problem, {"red": ["close tie", "P1"]})
    assert evaluate(problem, first).objective == 100 * 20 * 1000
    later = schedule(problem, {"red": ["P1", "close tie"]})
    assert evaluate(problem, later).objective == 100 * 300 * 1000
    best = solve(problem, method="exhaustive")
    assert (best.plan, best.objective) == (first, 100 * 20 * 1000)


def test_a_switch_that_gains_nothing_is_left_out_of_the_plan() -> None:
    """Closing it takes 400 minutes, the repair 300: whoever did both would have P2 back with the repair."""
    problem = problem_of(tied_town(minutes=400))
    for method in ("exhaustive", "nearest", "bundles"):
        plan = solve(problem, method=method).plan
        assert plan.sequences() == {"red": ["P1"]}
        assert evaluate(problem, plan).objective == 100 * 300 * 1000
        assert check_plan(problem, plan) == ()


def test_a_broken_switch_is_mended_before_it_is_closed() -> None:
    """Mended at 50 it still stands by; closed at 70 it feeds P2."""
    problem = problem_of(tied_town(tie=50))

    assert [job.restores for job in problem.jobs] == [True, True, False]  # P1, close tie, tie
    plan = schedule(problem, {"red": ["tie", "close tie", "P1"]})
    assert evaluate(problem, plan).objective == 100 * 70 * 1000
    wrong = schedule(problem, {"red": ["tie", "P1"]})
    assert evaluate(problem, wrong).objective == 100 * 350 * 1000


def test_what_stands_by_without_a_task_never_comes_in() -> None:
    """Nobody closes the switch: P1 is the only job, and without its link P2 has no service even before a shock."""
    system = tied_town().replace(tasks=[])
    problem = problem_of(system)

    assert [job.id for job in problem.jobs] == ["P1"]
    assert problem.cascade.restorable.all()
    alone = system.replace(links=system.links[system.links["id"] != "P1-P2"], damage=[])
    assert propagate(alone, Shock.of(alone, [])).works_before.tolist() == [1, 0, 1, 1]


def test_a_node_that_only_a_spare_feed_would_serve_had_no_service_before() -> None:
    """P5's people have no service before the shock and do not count; that the generator P4 gives them some is free."""
    system = town(
        power="P1*-P2 P4*-P5",
        people={"P2": 100, "P5": 50},
        damage={"P1": 100},
        crews=ONE_CREW,
        places=HERE,
    )
    standby = system.nodes["id"] == "P4"
    system = system.replace(
        nodes=system.nodes.assign(standby=standby),
        tasks=[{"id": "start P4", "component": "P4", "minutes": 10}],
    )
    problem = problem_of(system)

    assert problem.cascade.cause_of("P5").sentence == "P5 had no service before the shock."
    assert problem.cascade.people_without == {"power": 100}
    best = solve(problem, method="exhaustive")
    assert best.plan.sequences() == {"red": ["P1"]}
    assert best.objective == 100 * 100 * 1000


# Relief -----------------------------------------------------------------------------------------------------


def generators(stock: int) -> System:
    """P1 feeds P2 with 100 persons and P3 behind it with 60; a generator could be placed at either."""
    system = town(
        power="P1*-P2-P3",
        people={"P2": 100, "P3": 60},
        damage={"P1": 600},
        crews=ONE_CREW,
        places=HERE,
    )
    return system.replace(
        tasks=[{"id": f"generator {node}", "component": node, "minutes": 30} for node in ("P2", "P3")],
        uses=[{"job": f"generator {node}", "part": "generator", "quantity": 1} for node in ("P2", "P3")],
        stock=[{"depot": "", "part": "generator", "quantity": stock}],
    )


def test_one_generator_goes_where_more_people_are_and_feeds_nobody_behind() -> None:
    """At P2 from 30 on: 100 x 30; P3 behind it waits for P1, mended at 630: 60 x 630. Together 40,800 person-minutes.

    At P3 instead: 60 x 30 + 100 x 630 = 64,800.
    """
    problem = problem_of(generators(stock=1))
    best = solve(problem, method="exhaustive")

    assert best.plan.sequences() == {"red": ["generator P2", "P1"]}
    assert best.objective == 40_800 * 1000
    other = schedule(problem, {"red": ["generator P3", "P1"]})
    assert evaluate(problem, other).objective == 64_800 * 1000
    assert solve(problem, method="most_customers").objective in (40_800_000, 64_800_000)


def test_with_two_generators_both_are_served() -> None:
    """100 x 30 + 60 x 60 = 6,600 person-minutes; P1 comes last."""
    best = solve(problem_of(generators(stock=2)), method="exhaustive")
    assert best.plan.sequences() == {"red": ["generator P2", "generator P3", "P1"]}
    assert best.objective == 6_600 * 1000


def test_relief_drives_what_depends_on_its_node() -> None:
    """The pump W1 needs P2; a generator there from 30 on drives it, and 10 persons have water again."""
    system = town(
        power="P1*-P2",
        water="W1*",
        dependencies=[("W1", "P2")],
        people={"W1": 10},
        damage={"P1": 600},
        crews=ONE_CREW,
        places=HERE,
    ).replace(tasks=[{"id": "generator", "component": "P2", "minutes": 30}])
    best = solve(problem_of(system), method="exhaustive")
    assert best.objective == 10 * 30 * 1000


def test_shares_stay_as_they_are_with_relief_at_one_of_the_nodes() -> None:
    """Of 10 persons 7 are served by P2 and 3 by P3; relief at P2 brings 7 back at 30, P1 the others at 630."""
    system = town(power="P1*-P2-P3", people={"P2": 10}, damage={"P1": 600}, crews=ONE_CREW, places=HERE)
    supplies = [
        {"customer": "people of P2", "service": "power", "node": node, "share": share}
        for node, share in (("P2", 0.7), ("P3", 0.3))
    ]
    system = system.replace(supplies=supplies, tasks=[{"id": "generator", "component": "P2", "minutes": 30}])
    assert solve(problem_of(system), method="exhaustive").objective == (7 * 30 + 3 * 630) * 1000


def test_relief_stays_out_of_a_closed_site() -> None:
    """Nobody may be at P2 before minute 90: the generator is there at 120."""
    system = generators(stock=1).replace(
        closures=[{"id": "danger", "component": "P2", "from_minute": 0, "until_minute": 90}]
    )
    plan = schedule(problem_of(system), {"red": ["generator P2"]})
    assert plan.visits[0].finish == 120


def test_a_problem_made_of_a_problems_own_system_is_the_same() -> None:
    problem = problem_of(generators(stock=1))
    again = build_problem(problem.system, problem.shock, horizon_minutes=1000)
    assert_same_system(again.system, problem.system)
    assert again.jobs == problem.jobs


def test_a_system_without_any_of_it_is_left_as_it_is() -> None:
    system = town(power="P1*-P2", people={"P2": 1}, damage={"P2": 1}, crews=ONE_CREW)
    assert with_relief(with_facilities(system)) is system
    clean_up = system.replace(tasks=[{"id": "clear", "minutes": 5, "longitude": 0.0, "latitude": 0.0}])
    assert with_relief(with_facilities(clean_up)) is clean_up


# Roads ------------------------------------------------------------------------------------------------------


def test_a_bridge_that_stands_by_is_passable_once_it_is_laid() -> None:
    """The bridge takes 30 minutes, worked on in its middle: half of 1.0008 km at 30 km/h, 61 seconds, so 2 minutes."""
    system = town(
        road="R1-R2",
        power="P1*",
        people={"P1": 5},
        damage={"P1": 10},
        crews={"red": "power;road"},
        places={"R1": (0.0, 0.0), "R2": (0.009, 0.0), "P1": (0.009, 0.0)},
    )
    bridge = system.links.assign(standby=True)
    with pytest.raises(
        InvalidInput, match="links, row 2, id = 'R1-R2': is a road that stands by, and no task"
    ):
        system.replace(links=bridge)
    task = {"id": "lay bridge", "component": "R1-R2", "minutes": 30}
    problem = problem_of(system.replace(links=bridge, tasks=[task]))
    plan = schedule(problem, {"red": ["lay bridge", "P1"]})
    assert [(visit.job, visit.start, visit.finish) for visit in plan.visits] == [
        ("lay bridge", 2, 32),
        ("P1", 34, 44),
    ]
    assert solve(problem, method="nearest").plan == plan  # not left out: the way to P1 leads over it


# What is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ([{"id": "t", "component": "people of P2", "minutes": 5}], "is not the id of a node or link"),
        ([{"id": "t", "component": "P1-P2", "minutes": 5}], "is a link that does not stand by"),
        (
            [{"id": name, "component": "tie", "minutes": 5} for name in ("s", "t")],
            "row 3, component = 'tie': is brought in by task 's' already",
        ),
        ([{"id": "P1", "component": "tie", "minutes": 5}], "is the id of a component"),
    ],
)
def test_tasks_that_make_no_sense_are_refused(tasks: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        tied_town().replace(tasks=tasks)


def test_relief_is_refused_where_units_of_flow_are_counted() -> None:
    system = generators(stock=1).replace(settings=Settings(power_rule="flow"))
    with pytest.raises(
        InvalidInput, match=r"Task 'generator P2' gives relief at 'P2', and power_rule = 'flow'"
    ):
        problem_of(system)
