"""Each rule on a small world where its order is its own, with the order and its price worked out by hand.

Everything lies at one place and one crew does all the jobs, so nobody travels and only the order matters; where a
rule looks at distances, its world says so. Where nothing else decides, the smaller id comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from worlds import town

from lifeline.evaluation import evaluate
from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from lifeline.system import System
from solvers import KNOWN_RULES, solve
from solvers.priority import RULES

RANKED = tuple(rule for rule in RULES if rule != "nearest")


def one_place(*nodes: str, **chains: Any) -> System:
    """Build a town whose nodes all lie where its one crew stands, which can do everything."""
    skills = "power;water;gas;telecom"
    return town(**{"crews": {"red": skills}, "places": dict.fromkeys(nodes, (0.0, 0.0)), **chains})


def with_critical(system: System, *nodes: str) -> System:
    """Make the people of these nodes critical facilities."""
    critical = system.customers["id"].isin([f"people of {node}" for node in nodes])
    return system.replace(customers=system.customers.assign(critical=critical))


def problem_of(system: System) -> RepairProblem:
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=6000)


def order_by(rule: str, problem: RepairProblem) -> list[str]:
    return solve(problem, method=rule).plan.sequences()["red"]


def person_hours_by(rule: str, problem: RepairProblem) -> float:
    return evaluate(problem, solve(problem, method=rule).plan).person_hours


def assert_stands_alone(rule: str, problem: RepairProblem, order: Sequence[str], person_hours: int) -> None:
    """Hold a rule to its order and the price of it, and all other rules to other orders."""
    orders = {name: order_by(name, problem) for name in RULES}
    assert orders.pop(rule) == order
    assert order not in orders.values()
    assert person_hours_by(rule, problem) == person_hours


# One world for each rule ------------------------------------------------------------------------------------


def test_nearest_begins_next_door() -> None:
    """Hut is here, Town 10 km away: 13 km by road, 20 minutes at 40 km/h. Both take 40 minutes.

    Hut is done at 40, Town at 40 + 20 + 40 = 100: 60 x 40 min + 600 x 100 min = 40 + 1,000 person-hours. All
    others go to Town first, done at 60, and back to Hut, done at 120: 600 + 120 person-hours.
    """
    problem = problem_of(
        town(
            power="Hut* Town*",
            places={"Hut": (0.0, 0.0), "Town": (0.09, 0.0)},
            people={"Hut": 60, "Town": 600},
            damage={"Hut": 40, "Town": 40},
            crews={"red": {"skills": "power", "speed_kmh": 40.0}},
        )
    )

    assert_stands_alone("nearest", problem, ["Hut", "Town"], person_hours=1040)
    assert {person_hours_by(rule, problem) for rule in RANKED} == {720}


def test_most_customers_takes_the_large_job_even_when_it_is_long() -> None:
    """Mill, 600 persons, takes 4 hours; Abbey, 480 with a clinic among them, 1 hour and is a hop nearer the source.

    Mill first: 600 x 4 h + 480 x 5 h = 4,800. Abbey first: 480 x 1 h + 600 x 5 h = 3,480.
    """
    system = one_place(
        *("Source", "Abbey", "Bridge", "Mill"),
        power="Source*-Abbey Source-Bridge-Mill",
        people={"Abbey": 480, "Mill": 600},
        damage={"Abbey": 60, "Mill": 240},
    )
    problem = problem_of(with_critical(system, "Abbey"))

    assert_stands_alone("most_customers", problem, ["Mill", "Abbey"], person_hours=4800)
    assert {person_hours_by(rule, problem) for rule in RULES if rule != "most_customers"} == {3480}


def test_customers_per_crew_hour_takes_the_quick_job_even_when_it_helps_nobody_yet() -> None:
    """Feeder (2 h) feeds Village (30 min, 600 persons); Coast (1 h) has 360 persons of its own.

    Per minute: Village 600 / 30 = 20, Coast 6, Feeder 600 / 120 = 5. Village is whole at 0:30 and dark until
    Feeder is at 3:30; Coast is back at 1:30: 600 x 3.5 h + 360 x 1.5 h = 2,640. `bundles` sees that Feeder and
    Village are one bundle of 4 a minute, and goes to Coast first: 360 x 1 h + 600 x 3.5 h = 2,460. Everybody
    else begins with Feeder, and then differs on Coast.
    """
    problem = problem_of(
        one_place(
            *("Source", "Coast", "Feeder", "Village"),
            power="Source*-Feeder-Village Source-Coast",
            people={"Coast": 360, "Village": 600},
            damage={"Feeder": 120, "Village": 30, "Coast": 60},
        )
    )

    assert_stands_alone("customers_per_crew_hour", problem, ["Village", "Coast", "Feeder"], person_hours=2640)
    assert order_by("bundles", problem) == ["Coast", "Feeder", "Village"]
    assert person_hours_by("bundles", problem) == 2460
    assert order_by("most_customers", problem) == ["Feeder", "Village", "Coast"]
    assert order_by("upstream", problem) == ["Feeder", "Coast", "Village"]


def test_upstream_begins_next_to_the_source() -> None:
    """Zoo, 60 persons, is one hop from Source; Abbey, 600 with a clinic among them, two. Each takes an hour.

    Zoo first: 60 x 1 h + 600 x 2 h = 1,260. Abbey first: 600 x 1 h + 60 x 2 h = 720.
    """
    system = one_place(
        *("Source", "Zoo", "Bridge", "Abbey"),
        power="Source*-Zoo Source-Bridge-Abbey",
        people={"Zoo": 60, "Abbey": 600},
        damage={"Zoo": 60, "Abbey": 60},
    )
    problem = problem_of(with_critical(system, "Abbey"))

    assert_stands_alone("upstream", problem, ["Zoo", "Abbey"], person_hours=1260)
    assert {person_hours_by(rule, problem) for rule in RULES if rule != "upstream"} == {720}


def test_critical_first_begins_with_the_ward() -> None:
    """Ward has 60 persons and takes 2 hours, Town 600 and 1 hour.

    Ward first: 60 x 2 h + 600 x 3 h = 1,920. Town first: 600 x 1 h + 60 x 3 h = 780.
    """
    system = one_place(
        *("Town", "Ward"),
        power="Town* Ward*",
        people={"Town": 600, "Ward": 60},
        damage={"Town": 60, "Ward": 120},
    )
    problem = problem_of(with_critical(system, "Ward"))

    assert_stands_alone("critical_first", problem, ["Ward", "Town"], person_hours=1920)
    assert {person_hours_by(rule, problem) for rule in RULES if rule != "critical_first"} == {780}


def test_bundles_beat_all_known_rules_where_a_pump_needs_its_substation_and_a_line() -> None:
    """Pump (900 persons) needs Sub and the line from Well, an hour each; Village, an hour, has 600 persons.

    Job by job, Sub and the line each have 900 persons behind them and look better than Village. Together they
    bring 900 in 2 hours, 7.5 a minute, and Village brings 10 a minute. Village first: 600 x 1 h + 900 x 3 h =
    3,300. The two jobs first: 900 x 2 h + 600 x 3 h = 3,600. To `nearest` all three are next door, and by id
    Village is between the two: 600 x 2 h + 900 x 3 h = 3,900.
    """
    problem = problem_of(
        one_place(
            *("Plant", "Sub", "Village", "Well", "Pump"),
            power="Plant*-Sub Plant-Village",
            water="Well*-Pump",
            dependencies=[("Pump", "Sub")],
            people={"Pump": 900, "Village": 600},
            damage={"Sub": 60, "Well-Pump": 60, "Village": 60},
        )
    )

    assert_stands_alone("bundles", problem, ["Village", "Sub", "Well-Pump"], person_hours=3300)
    prices = {rule: person_hours_by(rule, problem) for rule in KNOWN_RULES}
    assert prices.pop("nearest") == 3900
    assert set(prices.values()) == {3600}


# Bundles ----------------------------------------------------------------------------------------------------


def test_a_bundle_takes_the_cheaper_of_two_routes() -> None:
    """Isle is fed by Ferry (90 min), or by Ness and then Ayre (30 min each); nobody waits for Ferry any more."""
    problem = problem_of(
        one_place(
            *("Source", "Ferry", "Ness", "Ayre", "Isle"),
            power="Source*-Ferry-Isle Source-Ness-Ayre-Isle",
            people={"Isle": 300},
            damage={"Ferry": 90, "Ness": 30, "Ayre": 30},
        )
    )

    assert order_by("bundles", problem) == ["Ness", "Ayre", "Ferry"]
    assert person_hours_by("bundles", problem) == 300


def test_a_bundle_takes_the_cheaper_of_two_providers() -> None:
    """The pump runs on either substation: East takes 50 minutes, West 60."""
    problem = problem_of(
        one_place(
            *("East", "West", "Pump"),
            power="East* West*",
            water="Pump*",
            dependencies=[("Pump", "East", "either"), ("Pump", "West", "either")],
            people={"Pump": 60},
            damage={"East": 50, "West": 60},
        )
    )

    assert order_by("bundles", problem) == ["East", "West"]
    assert person_hours_by("bundles", problem) == 50


def test_what_one_bundle_brings_back_makes_the_next_one_cheaper() -> None:
    """Both towns hang on Hub (60 min). Cove (300 persons) is a bundle of Hub and its line, 70 minutes, 4.3 a minute.

    Dale (60 persons) is fed over Hub and a line of 30 minutes, or over Own, 50 minutes. Alone Own is the cheaper;
    once Hub is whole for Cove, the line is.
    """
    problem = problem_of(
        one_place(
            *("Source", "Hub", "Cove", "Dale", "Own"),
            power="Source*-Hub-Cove Hub-Dale Source-Own-Dale",
            people={"Cove": 300, "Dale": 60},
            damage={"Hub": 60, "Hub-Cove": 10, "Hub-Dale": 30, "Own": 50},
        )
    )

    assert order_by("bundles", problem) == ["Hub", "Hub-Cove", "Hub-Dale", "Own"]


def gasworks(*black_start: str) -> RepairProblem:
    """Plant (900 persons) burns gas; its compressor runs on the plant's own power and hangs on a broken main.

    Plant takes an hour, the main half an hour, and Village (480 persons, a source of its own) an hour.
    """
    return problem_of(
        one_place(
            *("Plant", "Village", "Field", "Compressor"),
            power="Plant* Village*",
            gas="Field*-Compressor",
            dependencies=[("Plant", "Compressor"), ("Compressor", "Plant")],
            black_start=black_start,
            people={"Plant": 900, "Village": 480},
            damage={"Plant": 60, "Field-Compressor": 30, "Village": 60},
        )
    )


def test_a_black_start_makes_a_bundle_of_a_loop() -> None:
    """Plant and main bring 900 persons in 90 minutes, 10 a minute; Village 8 a minute.

    900 x 1.5 h + 480 x 2.5 h = 2,550 person-hours.
    """
    problem = gasworks("Plant")

    assert order_by("bundles", problem) == ["Field-Compressor", "Plant", "Village"]
    assert person_hours_by("bundles", problem) == 2550


def test_without_a_black_start_there_is_no_bundle_in_a_loop() -> None:
    """No repair brings the 900 back, so they are not counted: only 480 x 1 h are left to lose."""
    problem = gasworks()

    assert problem.cascade.stuck == {"Plant", "Compressor"}
    assert order_by("bundles", problem) == ["Village", "Field-Compressor", "Plant"]
    assert person_hours_by("bundles", problem) == 480


def test_a_hundred_bundles_are_taken_more_than_one_at_a_time() -> None:
    """120 streets of 120 to 1 persons, each behind Hub and its own line: the largest street first, Hub before all.

    Two bundles a round are chosen; in the first all of them share Hub, so only one is.
    """
    streets = [f"S{number:03d}" for number in range(120)]
    problem = problem_of(
        one_place(
            *("Source", "Hub", *streets),
            power="Source*-Hub " + " ".join(f"Hub-{street}" for street in streets),
            people={street: 120 - number for number, street in enumerate(streets)},
            damage={"Hub": 5, **{f"Hub-{street}": 10 for street in streets}},
        )
    )

    assert order_by("bundles", problem) == ["Hub", *(f"Hub-{street}" for street in streets)]


# Who is behind a job ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RANKED)
def test_jobs_nobody_waits_for_come_last(rule: str) -> None:
    """Attic and the spare line have the smallest ids and are the quickest, and nobody waits for either."""
    problem = problem_of(
        one_place(
            *("Source", "Attic", "Barn", "Cottage"),
            power="Source*-Barn Source-Cottage-Attic Cottage-Barn",
            people={"Barn": 5, "Cottage": 5},
            damage={"Attic": 1, "Barn": 60, "Cottage": 60, "Cottage-Barn": 1},
        )
    )

    assert sorted(order_by(rule, problem)[:2]) == ["Barn", "Cottage"]


def test_people_count_by_the_weight_of_their_service() -> None:
    """500 persons' power at weight 1 counts less than 300 persons' water at weight 2."""
    system = one_place(
        *("Lamp", "Tap"),
        power="Lamp*",
        water="Tap*",
        people={"Lamp": 500, "Tap": 300},
        damage={"Lamp": 60, "Tap": 60},
    )
    supplies = system.supplies.assign(
        weight_permille=system.supplies["service"].map({"power": 1000, "water": 2000})
    )
    problem = problem_of(system.replace(supplies=supplies))

    assert order_by("most_customers", problem) == ["Tap", "Lamp"]


@pytest.mark.parametrize("rule", ["most_customers", "customers_per_crew_hour", "bundles"])
def test_a_job_helps_nobody_while_another_that_none_can_do_is_in_the_way(rule: str) -> None:
    """Mill (900 persons) waits for gas as well, and there is no gas crew: mending it brings nobody back."""
    problem = problem_of(
        one_place(
            *("Mill", "Shed", "Gas"),
            power="Mill* Shed*",
            gas="Gas*",
            dependencies=[("Mill", "Gas")],
            people={"Mill": 900, "Shed": 9},
            damage={"Mill": 60, "Shed": 60, "Gas": 60},
            crews={"red": "power"},
        )
    )

    assert order_by(rule, problem) == ["Shed", "Mill"]


@pytest.mark.parametrize("rule", ["most_customers", "customers_per_crew_hour"])
def test_a_black_start_helps_nobody_either_while_its_gas_cannot_come_back(rule: str) -> None:
    """As above, but Mill may black start: it still needs gas in the end, and the gas runs on Mill."""
    problem = problem_of(
        one_place(
            *("Mill", "Shed", "Gas"),
            power="Mill* Shed*",
            gas="Gas*",
            dependencies=[("Mill", "Gas"), ("Gas", "Mill")],
            black_start=["Mill"],
            people={"Mill": 900, "Shed": 9},
            damage={"Mill": 60, "Shed": 60, "Gas": 60},
            crews={"red": "power"},
        )
    )

    assert order_by(rule, problem) == ["Shed", "Mill"]


# Critical facilities ----------------------------------------------------------------------------------------


def test_critical_facilities_count_by_services_and_not_by_persons() -> None:
    """Two clinics of 1 person, East and West, hang on Annex, one of 600 on Block; Court has 1,000 and no clinic."""
    system = one_place(
        *("Annex", "Block", "Court", "East", "West"),
        power="Annex*-East Annex-West Block* Court*",
        people={"East": 1, "West": 1, "Block": 600, "Court": 1000},
        damage={"Annex": 60, "Block": 60, "Court": 60},
    )
    problem = problem_of(with_critical(system, "East", "West", "Block"))

    assert order_by("critical_first", problem) == ["Annex", "Block", "Court"]


def test_a_critical_facility_brings_forward_all_the_jobs_on_its_way() -> None:
    """Ward's water needs the pump's substation and the main; the town's 600 persons wait until both are done.

    Person-hours: Ward's 6 until 2:00, Town's 600 until 3:00 = 12 + 1,800.
    """
    system = one_place(
        *("Town", "Sub", "Pump", "Ward"),
        power="Town* Sub*",
        water="Pump*-Ward",
        dependencies=[("Pump", "Sub")],
        people={"Town": 600, "Ward": 6},
        damage={"Town": 60, "Sub": 60, "Pump-Ward": 60},
    )
    problem = problem_of(with_critical(system, "Ward"))

    assert order_by("critical_first", problem) == ["Pump-Ward", "Sub", "Town"]
    assert person_hours_by("critical_first", problem) == 1812


def test_without_critical_facilities_left_in_the_dark_most_customers_decide() -> None:
    """Ward is a critical facility and has its power all the time."""
    system = one_place(
        *("Ward", "Hamlet", "Town"),
        power="Ward* Hamlet* Town*",
        people={"Ward": 9, "Hamlet": 60, "Town": 600},
        damage={"Hamlet": 60, "Town": 60},
    )
    problem = problem_of(with_critical(system, "Ward"))

    assert order_by("critical_first", problem) == ["Town", "Hamlet"]


# Hops from the source ---------------------------------------------------------------------------------------


def test_upstream_counts_the_links_of_the_way_that_fed_a_part_and_a_line_from_its_nearer_end() -> None:
    """S-A-B-C-D-E-F-G: hops 0 to 7. B-C begins 2 hops out, as far as B, D-E 4, as far as D.

    All have the same 10 persons behind them, so between these two and two the smaller id decides.
    """
    problem = problem_of(
        one_place(
            *"SABCDEFG",
            power="S*-A-B-C-D-E-F-G",
            people={"G": 10},
            damage={"G": 60, "F": 50, "B-C": 40, "B": 30, "D-E": 20, "D": 10},
        )
    )

    assert order_by("upstream", problem) == ["B", "B-C", "D", "D-E", "F", "G"]


def test_upstream_leaves_what_had_no_service_before_to_the_end() -> None:
    """Ruin hangs on no source at all; Zoo is far out, and 1 person waits there."""
    problem = problem_of(
        one_place(
            *("Source", "Mid", "Zoo", "Ruin"),
            power="Source*-Mid-Zoo Ruin",
            people={"Zoo": 1},
            damage={"Ruin": 5, "Zoo": 60},
        )
    )

    assert order_by("upstream", problem) == ["Zoo", "Ruin"]
