"""Refilled buffers, by hand: the pump W1 needs the substation P2, and has diesel for 100 minutes.

The line P1-P2 is broken for 500 minutes; crew red is on the spot. 50 people get water at W1.
"""

import pytest
from worlds import town

from lifeline import InvalidInput, Shock, build_problem, evaluate, schedule
from lifeline.carry_on import carry_on
from lifeline.news import News, Update


@pytest.fixture
def problem():
    system = town(
        power="P1*-P2",
        water="W1*",
        people={"W1": 50},
        dependencies=[("W1", "P2", "drive", 100)],
        places=dict.fromkeys(("P1", "P2", "W1"), (0.0, 0.0)),
        crews={"red": "power"},
        damage={"P1-P2": 500},
    )
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=1440)


def dark_minutes(problem, now, *updates):
    plan = schedule(problem, {"red": ["P1-P2"]})
    now_on = carry_on(problem, plan, News(now, updates))
    return evaluate(now_on.problem, schedule(now_on.problem, now_on.sequences)).person_minutes // 50


def refilled(minute, node="W1", group=""):
    return Update(minute, "refilled", node, group=group)


def test_a_refilled_buffer_lasts_as_long_again_from_then_on(problem):
    """Dark from 100 to 500 without; filled at 80 it lasts until 180, filled at 170 as well until 270."""
    assert dark_minutes(problem, 90) == 400
    assert dark_minutes(problem, 90, refilled(80)) == 320
    assert dark_minutes(problem, 180, refilled(170), refilled(80, group="drive")) == 230


def test_a_refill_in_the_minute_the_buffer_ends_holds(problem):
    assert dark_minutes(problem, 100, refilled(100)) == 300


def test_a_refill_after_the_buffer_ended_counts_as_if_it_never_had(problem):
    """Out at 100, filled at 150: works again until 250. The 50 minutes before are the same for all plans."""
    assert dark_minutes(problem, 160, refilled(150)) == 250


def test_a_refill_does_nothing_where_nothing_drained(problem):
    """Mended at 500; filled at 600, when the substation has been back for 100 minutes: the 400 minutes stay."""
    assert dark_minutes(problem, 0, refilled(0)) == 400


def test_a_buffer_that_is_not_there_is_refused(problem):
    with pytest.raises(InvalidInput, match="'P2': is no node or facility with a buffer"):
        dark_minutes(problem, 10, refilled(5, "P2"))
    with pytest.raises(InvalidInput, match="'mains': is no group of 'W1' that has a buffer"):
        dark_minutes(problem, 10, refilled(5, group="mains"))


def test_the_diesel_of_a_facility_is_refilled_by_the_name_of_its_customer():
    """The hospital at P2 lasts 60 minutes; filled at 30, until 90: down from 90 to 500."""
    system = town(
        power="P1*-P2",
        people={"P2": 10},
        places=dict.fromkeys(("P1", "P2"), (0.0, 0.0)),
        crews={"red": "power"},
        damage={"P1-P2": 500},
    )
    system = system.replace(facilities=[{"customer": "people of P2", "buffer_minutes": 60}])
    problem = build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=1440)
    plan = schedule(problem, {"red": ["P1-P2"]})
    for group in ("", "power"):
        now_on = carry_on(problem, plan, News(40, (refilled(30, "people of P2", group),)))
        judged = evaluate(now_on.problem, schedule(now_on.problem, now_on.sequences))
        assert judged.facilities["down_minute"].tolist() == [90]
        assert judged.by_service["facility"] == 10 * 410
