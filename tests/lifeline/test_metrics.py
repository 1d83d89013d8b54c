"""Equivalent outage hours, worked by hand."""

import pytest
from worlds import town

from lifeline.evaluation import Evaluation, evaluate
from lifeline.metrics import OutageHours, equivalent_outage_hours, weighted_outage_hours
from lifeline.plan import Plan, Visit
from lifeline.repair import build_problem
from lifeline.shock import Shock
from lifeline.system import Settings, System


def judged(system: System, finished: dict[str, int]) -> Evaluation:
    """Judge a plan that has these jobs done at these minutes, at its word."""
    ends = sorted((minute, job) for job, minute in finished.items())
    visits = [Visit(crew="c", job=job, depart=0, arrive=0, start=0, finish=end) for end, job in ends]
    return evaluate(build_problem(system, Shock.from_table(system, system.damage)), Plan(tuple(visits), ()))


def two_utilities(demands: dict[str, int], **settings: object) -> System:
    """Power P1-P2, P1-P3; water W1-W2, W1 driven from P2; P2 and the pipe W1-W2 are broken."""
    system = town(
        power="P1*-P2 P1-P3",
        water="W1*-W2 W1-W3",
        dependencies=[("W1", "P2")],
        people={"P2": 10, "P3": 90, "W2": 30, "W3": 10},
        crews={"c": "power;water"},
        damage={"P2": 60, "W1-W2": 60},
        settings=Settings(name="town", horizon_minutes=600, **settings),
    )
    return system.replace(
        nodes=system.nodes.assign(demand=[demands.get(node, 0) for node in system.nodes["id"]])
    )


FINISHED = {"P2": 120, "W1-W2": 300}


def test_hours_of_people_where_no_demands_are_known():
    """P2 is out 2 h, P3 never: PCS 10 x 2 / 100, ECS 2 / 2. W2 5 h, W3 2 h: PCS (30 x 5 + 10 x 2) / 40, ECS 7 / 2."""
    hours = equivalent_outage_hours(judged(two_utilities({}), FINISHED))
    assert hours == {"power": OutageHours(0.2, 1.0), "water": OutageHours(4.25, 3.5)}
    assert weighted_outage_hours(hours) == OutageHours(pytest.approx(2.225), pytest.approx(2.25))


def test_hours_of_demands_where_they_are_known():
    """Of 40 W P2 draws 30: PCS 30 x 2 / 40. Water has no demands, so it stays with its people."""
    hours = equivalent_outage_hours(judged(two_utilities({"P2": 30, "P3": 10}), FINISHED))
    assert hours["power"] == OutageHours(1.5, 1.0)
    assert hours["water"] == OutageHours(4.25, 3.5)


def test_a_consumer_served_in_part_is_out_in_part():
    """A and B give 6 each of N's 10; without A for 3 hours N lacks 4 tenths, and M, on a line of its own, nothing."""
    system = town(
        water="A*-N B*-N C*-M",
        people={"N": 100},
        crews={"c": "water"},
        damage={"A": 60},
        settings=Settings(horizon_minutes=600, water_rule="flow"),
    )
    columns = {"A": (0, 6), "B": (0, 6), "C": (0, 30), "N": (10, None), "M": (30, None)}
    demand, capacity = zip(*(columns[node] for node in system.nodes["id"]), strict=True)
    system = system.replace(nodes=system.nodes.assign(demand=demand, capacity=capacity))
    hours = equivalent_outage_hours(judged(system, {"A": 180}))
    assert hours["water"] == OutageHours(pytest.approx(0.4 * 3 * 10 / 40), pytest.approx(0.4 * 3 / 2))


def test_what_is_not_repaired_counts_up_to_the_horizon_and_the_stuck_too():
    """Of 600 minutes P2 is out all; the horizon cuts what comes later."""
    never = equivalent_outage_hours(judged(two_utilities({}), {"W1-W2": 300}))
    assert never["power"] == OutageHours(1.0, 5.0)
    late = equivalent_outage_hours(judged(two_utilities({}), {"P2": 900, "W1-W2": 300}))
    assert late["power"] == never["power"]


def test_who_had_nothing_before_the_shock_is_no_consumer():
    system = town(power="P1*-P2 P9", people={"P2": 4, "P9": 6}, crews={"c": "power"}, damage={"P2": 60})
    assert equivalent_outage_hours(judged(system, {"P2": 60}))["power"] == OutageHours(1.0, 1.0)


def test_either_of_two_nodes_is_one_consumer():
    """The nine take A or B, and lose service only when both are out: B for the first 2 hours, A for the first hour."""
    system = town(
        water="A* B*",
        alternatives={"the nine": (9, ["A", "B"])},
        crews={"c": "water"},
        damage={"A": 60, "B": 60},
    )
    hours = equivalent_outage_hours(judged(system, {"A": 60, "B": 120}))
    assert hours["water"] == OutageHours(1.0, 1.0)


def test_without_one_of_the_two_sectors_there_is_no_weighted_figure():
    hours = {"power": OutageHours(1.0, 2.0)}
    assert weighted_outage_hours(hours) is None
    assert weighted_outage_hours(hours, {"power": 1.0}) == OutageHours(1.0, 2.0)
