"""Cities under service rules: the coupled loops against the plain ones, and worlds worked by hand."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from random_tables import Tables
from random_worlds import Features, Story, random_story
from worlds import town

from lifeline.cascade import propagate
from lifeline.compiled import FULL
from lifeline.evaluation import Evaluation, evaluate
from lifeline.plan import Plan, Visit
from lifeline.repair import RepairProblem, build_problem
from lifeline.service import RULES
from lifeline.service.cascade import RuleCascade
from lifeline.service.coupled import CoupledSystem
from lifeline.service.model import ServiceModel
from lifeline.shock import Shock
from lifeline.system import Settings, System
from lifeline.tables import RULES_BY_SECTOR, SETTINGS

CREW = {"id": "the crew", "skills": "power;water;gas;telecom", "longitude": 0.0, "latitude": 0.0}


def plan_of(finished: dict[str, int]) -> Plan:
    """Return a plan that finishes these jobs at these minutes; the judge takes it at its word."""
    ends = sorted((minute, job) for job, minute in finished.items())
    visits = [Visit(crew="the crew", job=job, depart=0, arrive=0, start=0, finish=end) for end, job in ends]
    return Plan(tuple(visits), ())


def problem_of(story: Story, tables: Tables, **settings: Any) -> RepairProblem:
    system = System.from_tables({**tables, "crews": [CREW]}, Settings(**settings))
    return build_problem(system, Shock.of(system, story.damaged), horizon_minutes=story.horizon)


def under(problem: RepairProblem, cascade: RuleCascade) -> RepairProblem:
    """Return the same problem, judged by another cascade."""
    other = replace(problem)
    other.__dict__["cascade"] = cascade
    return other


def with_demands(rng: Random, story: Story) -> Tables:
    """Return a story's city with demands, thresholds and capacities, so tight that some are short of supply."""
    tables = {name: [dict(row) for row in rows] for name, rows in story.tables.items()}
    for node in tables["nodes"]:
        if rng.random() < 0.5:
            node["demand"] = rng.randint(1, 9)
            node["threshold_permille"] = rng.choice([1000, 1000, 500, 0])
        if rng.random() < 0.3:
            node["capacity"] = rng.randint(5, 30)
    for link in tables["links"]:
        if rng.random() < 0.3:
            link["capacity"] = rng.randint(2, 20)
    return tables


def assert_same(one: Evaluation, other: Evaluation) -> None:
    assert one.objective == other.objective
    assert one.saved_person_minutes == other.saved_person_minutes
    assert one.etr.equals(other.etr)
    assert one.jobs.equals(other.jobs)
    assert one.curves.equals(other.curves)


def test_the_rules_that_settings_may_name_are_those_there_are() -> None:
    assert {rule for rules in RULES_BY_SECTOR.values() for rule in rules} == set(RULES)
    assert {f"{sector}_rule" for sector in RULES_BY_SECTOR} <= set(SETTINGS.column_names)


@pytest.mark.parametrize("part", range(4))
def test_with_connectivity_everywhere_the_coupled_loops_tell_the_plain_loops_story(part: int) -> None:
    """Two programs, one rule: waves, causes, buffers, black starts, loops, judgements, in sixty random cities."""
    for seed in range(15 * part, 15 * part + 15):
        story = random_story(Random(seed), Features())
        problem = problem_of(story, story.tables)
        plain = problem.cascade
        coupled = RuleCascade.of(problem.system, problem.shock)
        assert plain.waves.equals(coupled.waves)
        assert plain.loops == coupled.loops
        assert plain.people_without == coupled.people_without
        assert plain.people_without_later == coupled.people_without_later
        plan = plan_of(story.finished)
        assert_same(evaluate(problem, plan), evaluate(under(problem, coupled), plan))


@pytest.mark.parametrize("part", range(4))
def test_flow_handed_out_sector_by_sector_is_flow_in_the_compiled_loops(part: int) -> None:
    """The same rule behind the Protocol and inside the loops, in forty random cities that are short of supply."""
    rules = {f"{sector}_rule": "flow" for sector in ("power", "water", "gas", "telecom")}
    for seed in range(10 * part, 10 * part + 10):
        story = random_story(Random(seed), Features())
        problem = problem_of(story, with_demands(Random(seed), story), **rules)
        inside = RuleCascade.of(problem.system, problem.shock)
        handed_out = System.from_tables(problem.system.tables, problem.system.settings)
        handed_out.__dict__["service"] = ServiceModel(
            handed_out, CoupledSystem.of(handed_out, compiled_rules=frozenset({"connectivity"}))
        )
        outside = RuleCascade.of(handed_out, problem.shock)
        assert (inside.levels_before == outside.levels_before).all()
        assert (inside.levels_after == outside.levels_after).all()
        assert (inside.levels_restored == outside.levels_restored).all()
        plan = plan_of(story.finished)
        assert_same(evaluate(under(problem, inside), plan), evaluate(under(problem, outside), plan))


def test_flow_never_serves_more_than_connectivity_at_any_time() -> None:
    """Limits only ever take away, in forty random cities: so a bound for connectivity holds for flow."""
    for seed in range(40):
        story = random_story(Random(seed), Features())
        tables = with_demands(Random(seed), story)
        rules = {f"{sector}_rule": "flow" for sector in ("power", "water")}
        limited, free = problem_of(story, tables, **rules), problem_of(story, tables)
        plan = plan_of(story.finished)
        minutes = sorted({0, *story.finished.values()})
        one, other = (people_served(evaluate(problem, plan), minutes) for problem in (limited, free))
        assert (one <= other).all()


def people_served(evaluation: Evaluation, minutes: list[int]) -> np.ndarray[Any, Any]:
    """Return how many persons of each portion are served at the end of each of these minutes."""
    cascade = evaluation.problem.cascade
    rows = []
    for minute in minutes:
        levels = cascade.levels_before.copy()
        for _, node, level, _ in evaluation.levels[evaluation.levels[:, 0] <= minute].tolist():
            levels[node] = level
        rows.append(cascade.persons_of(np.arange(len(evaluation.portions)), levels[evaluation.portions.node]))
    return np.array(rows)


def limited_town(**settings: Any) -> System:
    """Return a source of 10 with two lines; A (100 persons) and B (60 persons) draw 8 each."""
    system = town(
        power="S*-A S-B",
        people={"A": 100, "B": 60},
        crews={"the crew": "power"},
        damage={"S-A": 60},
        settings=Settings(name="town", power_rule="flow", **settings),
    )
    nodes = system.nodes.assign(demand=[8, 8, 0], capacity=[-1, -1, 10])
    return system.replace(nodes=nodes)


def test_a_repair_may_take_service_from_somebody_else_and_the_baseline_knows() -> None:
    """Before: A has 8, B the other 2: floor(60 * 2 / 8) = 15 persons. While S-A is broken B has all 8.

    So 100 persons wait for 60 minutes; B's other 45 never count, having had nothing before.
    """
    system = limited_town()
    assert system.nodes["id"].tolist() == ["A", "B", "S"]
    problem = build_problem(system, Shock.from_table(system, system.damage))
    assert problem.cascade.persons_before.tolist() == [100, 15]
    assert problem.cascade.levels_after.tolist()[:2] == [0, 8]
    evaluation = evaluate(problem, plan_of({"S-A": 60}))
    assert evaluation.objective == 100 * 60 * 1000
    assert evaluation.rules["power"] == "flow"
    assert evaluation.jobs["persons_back"].tolist() == [100]


def test_a_pump_that_gets_too_little_power_stops_and_its_water_with_it() -> None:
    """The pump draws 5 and gets 3 once the line of 4 is gone: below its threshold of 800 in 1000, above one of 600."""
    for threshold, dry in ((800, True), (600, False)):
        system = two_lines(threshold)
        cascade = propagate(system, Shock.from_table(system, system.damage))
        assert ("X" in cascade.without_service) == dry
        if dry:
            waves = cascade.waves.set_index("component")
            assert waves.loc["P", "why"] == "short of supply"
            assert waves.loc["W", "cause"] == "P"


def two_lines(threshold: int) -> System:
    """Return a pump W fed by P, which draws 5 over two lines: one of 3 and one of 4, which is broken."""
    place = {"longitude": 0.0, "latitude": 0.0}
    return System.from_tables(
        {
            "nodes": [
                {"id": "S", "sector": "power", "source": True, **place},
                {"id": "P", "sector": "power", "demand": 5, "threshold_permille": threshold, **place},
                {"id": "W", "sector": "water", "source": True, **place},
                {"id": "X", "sector": "water", **place},
            ],
            "links": [
                {"id": "line of 3", "sector": "power", "from_node": "S", "to_node": "P", "capacity": 3},
                {"id": "line of 4", "sector": "power", "from_node": "S", "to_node": "P", "capacity": 4},
                {"id": "main", "sector": "water", "from_node": "W", "to_node": "X"},
            ],
            "dependencies": [{"dependent": "W", "provider": "P"}],
            "customers": [{"id": "town", "persons": 40}],
            "supplies": [{"customer": "town", "service": "water", "node": "X"}],
            "crews": [CREW],
            "damage": [{"component": "line of 4", "repair_minutes": 30}],
        },
        Settings(power_rule="flow"),
    )


def test_a_zone_has_goods_when_a_working_hub_is_near_enough_by_road() -> None:
    """Three places a kilometre apart at 40 km/h, 1.5 minutes each: with a limit of 2 only the nearest is served.

    The bridge to it is broken; until it is mended nobody is served.
    """
    system = town(
        road="H*-A-B",
        people={"A": 10, "B": 20},
        crews={"the crew": "road"},
        damage={"H-A": 60},
        settings=Settings(name="town", road_rule="reach", reach_minutes=2),
    )
    cascade = propagate(system, Shock.from_table(system, system.damage))
    assert cascade.persons_before.tolist() == [10, 0]
    assert cascade.people_without == {"road": 10}
    problem = build_problem(system, Shock.from_table(system, system.damage))
    assert evaluate(problem, plan_of({"H-A": 60})).objective == 10 * 60 * 1000


def test_a_hub_without_power_supplies_nobody() -> None:
    system = town(
        power="P*",
        road="H*-A",
        dependencies=[("H", "P")],
        people={"A": 10},
        crews={"the crew": "power"},
        damage={"P": 60},
        settings=Settings(name="town", road_rule="reach"),
    )
    assert propagate(system, Shock.from_table(system, system.damage)).people_without == {"road": 10}


def two_parallel_lines() -> System:
    """Return a source S and a town A that draws 100 W, over two lines of 60 W; line 2 is broken, two hours' work."""
    place = {"longitude": 0.0, "latitude": 0.0}
    line = {"sector": "power", "from_node": "S", "to_node": "A", "capacity": 60, "reactance_pu": 1.0}
    return System.from_tables(
        {
            "nodes": [
                {"id": "S", "sector": "power", "source": True, **place},
                {"id": "A", "sector": "power", "demand": 100, **place},
            ],
            "links": [{"id": "line 1", **line}, {"id": "line 2", **line}],
            "customers": [{"id": "town", "persons": 100}],
            "supplies": [{"customer": "town", "service": "power", "node": "A"}],
            "crews": [CREW],
            "damage": [{"component": "line 2", "repair_minutes": 120}],
        },
        Settings(power_rule="dc_power"),
    )


def test_an_overloaded_line_trips_is_closed_again_and_then_carries_what_it_can() -> None:
    """Alone, line 1 would carry 100 of 60 W: it trips, and the town is dark for the hour until it is closed.

    Then it carries 60 W, for 60 of 100 people, until line 2 is mended at minute 120: 100 x 60 + 40 x 60
    person-minutes.
    """
    system = two_parallel_lines()
    problem = build_problem(system, Shock.from_table(system, system.damage))
    waves = problem.cascade.waves
    assert waves[["wave", "component", "cause", "why", "persons"]].to_numpy().tolist() == [
        [0, "line 2", "", "broken", 0],
        [1, "line 1", "line 2", "tripped at 167 % of its rating", 0],
        [2, "A", "line 1", "cut off", 100],
    ]
    assert problem.cascade.cause_of("A").sentence == (
        "A is cut off from its source by line 1; "
        "line 1 tripped at 167 % of its rating after line 2 was lost; line 2 is broken."
    )
    evaluation = evaluate(problem, plan_of({"line 2": 120}))
    assert evaluation.person_minutes == 100 * 60 + 40 * 60
    assert problem.cascade.people_without == {"power": 100}
    assert problem.cascade.people_without_later == {"power": 40}


def test_with_more_damage_more_may_be_served_by_direct_current_rules() -> None:
    """CHECKS: three buses, all reactances 1, limits 40, 100 and 100: 60 of 100 W; without line 1-3 all of them."""
    place = {"longitude": 0.0, "latitude": 0.0}
    links = [("1", "2", 100), ("1", "3", 40), ("2", "3", 100)]
    tables: dict[str, Any] = {
        "nodes": [
            {"id": "1", "sector": "power", "source": True, **place},
            {"id": "2", "sector": "power", **place},
            {"id": "3", "sector": "power", "demand": 100, **place},
        ],
        "links": [
            {
                "id": f"{tail}-{head}",
                "sector": "power",
                "from_node": tail,
                "to_node": head,
                "capacity": limit,
                "reactance_pu": 1.0,
            }
            for tail, head, limit in links
        ],
        "customers": [{"id": "town", "persons": 100}],
        "supplies": [{"customer": "town", "service": "power", "node": "3"}],
    }
    system = System.from_tables(tables, Settings(power_rule="dc_power"))
    whole = propagate(system, Shock.of(system, []))
    assert whole.persons_before.tolist() == [60]
    assert propagate(system, Shock.of(system, ["1-3"])).levels_after.tolist() == [FULL, FULL, 100]
