"""Critical facilities by hand: what they need, how long they last, when they are down, and what that costs."""

from __future__ import annotations

from typing import Any

import pytest
from worlds import town

from lifeline.errors import InvalidInput
from lifeline.evaluation import Evaluation, evaluate
from lifeline.facility_times import NEVER, with_blanks
from lifeline.repair import build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from lifeline.system import System

SEQUENCES = {"red": ["P2"], "blue": ["W2"]}


def hospital(
    facilities: list[dict[str, Any]], supplies: list[tuple[str, str, str, float]] | None = None
) -> System:
    """P2 is broken for 200 minutes and W2 for 300; the hospital's 50 persons get power at P2 and water at W2."""
    places = dict.fromkeys(["P1", "P2", "W1", "W2", "P3"], (0.0, 0.0))
    system = town(
        power="P1*-P2 P3*",
        water="W1*-W2",
        people={"P2": 50},
        damage={"P2": 200, "W2": 300},
        crews={"red": "power", "blue": "water"},
        places=places,
    )
    rows = supplies or [("power", "P2", "", 1.0), ("water", "W2", "", 1.0)]
    return system.replace(
        customers=[{"id": "hospital", "persons": 50, "critical": True}],
        supplies=[
            {"customer": "hospital", "service": service, "node": node, "alternative": either, "share": share}
            for service, node, either, share in rows
        ],
        facilities=facilities,
    )


def judged(system: System, sequences: dict[str, list[str]] | None = None) -> Evaluation:
    problem = build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=1000)
    return evaluate(problem, schedule(problem, sequences or SEQUENCES))


def row_of(evaluation: Evaluation, service: str) -> dict[str, Any]:
    table = evaluation.facilities
    (row,) = table[table["service"] == service].to_dict("records")
    return row


def test_a_hospital_needs_power_and_water_and_lasts_two_hours_without_either() -> None:
    """Power is back at 200, water at 300; the buffers end at 120, so it is down from 120 to 300: 180 minutes.

    Its people lose 50 x 200 + 50 x 300 = 25,000 person-minutes of power and water, and 50 x 180 = 9,000 of the
    hospital, which count double: 25,000 + 18,000 = 43,000.
    """
    evaluation = judged(hospital([{"customer": "hospital", "buffer_minutes": 120, "price_permille": 2000}]))

    assert evaluation.objective == 43_000 * 1000
    assert evaluation.by_service == {"facility": 9_000, "power": 10_000, "water": 15_000}
    whole = {
        "customer": "hospital",
        "down_minute": 120,
        "up_minute": 300,
        "down_minutes": 180,
        "person_hours": 150.0,
        "priced_person_hours": 300.0,
    }
    needs = {"lost_minute": 0, "buffer_ends_minute": 120}
    assert row_of(evaluation, "power") == {**whole, **needs, "service": "power", "back_minute": 200}
    assert row_of(evaluation, "water") == {**whole, **needs, "service": "water", "back_minute": 300}


def test_a_hospital_whose_services_are_back_before_its_buffers_end_is_never_down() -> None:
    """Six hours are more than the 300 minutes until water is back: only the 25,000 person-minutes are left."""
    evaluation = judged(hospital([{"customer": "hospital", "buffer_minutes": 360}]))
    assert evaluation.objective == 25_000 * 1000
    row = row_of(evaluation, "water")
    assert (row["buffer_ends_minute"], row["down_minute"], row["up_minute"], row["down_minutes"]) == (
        360,
        NEVER,
        NEVER,
        0,
    )
    assert with_blanks(evaluation.facilities)["down_minute"].isna().all()


def test_each_service_has_a_buffer_of_its_own() -> None:
    """W2 is not broken but needs P2 and lasts 150 minutes: water goes at 150, when power has been out for 150.

    With a buffer of 180 power is back at 200, 20 minutes late; water, also back at 200, is not missed until 330.
    """
    system = hospital([{"customer": "hospital", "buffer_minutes": 180}]).replace(
        damage=[{"component": "P2", "repair_minutes": 200}],
        dependencies=[{"dependent": "W2", "provider": "P2", "buffer_minutes": 150}],
    )
    evaluation = judged(system, {"red": ["P2"]})
    assert row_of(evaluation, "power")["down_minutes"] == 20
    water = row_of(evaluation, "water")
    assert (water["lost_minute"], water["buffer_ends_minute"], water["back_minute"]) == (150, 330, 200)


def test_alternatives_are_alternatives_and_shares_are_all_needed() -> None:
    """With P3 as an alternative power is never lost; with half from P3 and half from P2 it is, until 200."""
    facilities = [{"customer": "hospital"}]
    either = judged(hospital(facilities, [("power", "P2", "either", 1.0), ("power", "P3", "either", 1.0)]))
    assert row_of(either, "power")["lost_minute"] == NEVER
    assert either.objective == 0
    both = judged(hospital(facilities, [("power", "P2", "", 0.5), ("power", "P3", "", 0.5)]))
    assert row_of(both, "power")["back_minute"] == 200
    assert both.objective == (25 + 50) * 200 * 1000


def test_a_generator_at_its_feeder_keeps_a_hospital_up() -> None:
    """The generator is there at 60, before the two hours are over; power is out for 60 minutes, water for 300.

    The hospital is down from 120 to 300 for want of water alone: (60 + 300 + 180) x 50 person-minutes.
    """
    system = hospital([{"customer": "hospital", "buffer_minutes": 120}]).replace(
        tasks=[{"id": "generator", "component": "P2", "minutes": 60}]
    )
    evaluation = judged(system, {"red": ["generator", "P2"], "blue": ["W2"]})
    assert row_of(evaluation, "power")["back_minute"] == 60
    assert evaluation.objective == 540 * 50 * 1000


def test_a_facility_that_is_no_customer_is_refused() -> None:
    with pytest.raises(
        InvalidInput, match="facilities, row 2, customer = 'clinic': is not the id of a customer"
    ):
        hospital([{"customer": "clinic"}])


def test_a_facility_that_nothing_serves_is_refused() -> None:
    system = hospital([])
    with pytest.raises(InvalidInput, match="customers, row 3, id = 'clinic': is served by nothing"):
        system.replace(
            customers=[{"id": "hospital", "persons": 50}, {"id": "clinic", "persons": 5}],
            facilities=[{"customer": "clinic"}],
        )


def test_a_facility_under_the_flow_rule_is_down_when_a_node_it_needs_gets_too_little() -> None:
    """P2 draws 100 W and works from half of that on. With 60 W left it works; the hospital's people get 60 % of it.

    So 20 of 50 persons lack power until P1b is mended at 200, and the hospital is never down.
    """
    system = town(
        power="P1a*-P2 P1b*-P2",
        people={"P2": 50},
        damage={"P1b": 200},
        crews={"red": "power"},
        places=dict.fromkeys(["P1a", "P1b", "P2"], (0.0, 0.0)),
    )
    nodes = system.nodes.assign(
        capacity=[60, 60, -1], demand=[0, 0, 100], threshold_permille=[1000, 1000, 500]
    )
    from lifeline.system import Settings

    flowing = system.replace(
        settings=Settings(power_rule="flow"), nodes=nodes, facilities=[{"customer": "people of P2"}]
    )
    evaluation = judged(flowing, {"red": ["P1b"]})
    assert evaluation.objective == 20 * 200 * 1000
    assert row_of(evaluation, "power")["lost_minute"] == NEVER
