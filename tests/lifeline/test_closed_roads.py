"""Roads closed by order, by hand: a job that nobody can do keeps them shut.

Crew red starts at R1. R1-R2 is 2 km of road, R1-R3-R2 is 6 km, all at 60 km/h, a kilometre a minute. P2 (10 people) and
P3 (20 people), both beside R2, are fed by P1 over the broken lines P1-P2 and P1-P3; both are mended at R2, in 60
minutes each.
"""

from typing import Any

import pandas as pd
import pytest
from worlds import town

from lifeline import InvalidInput, Shock, build_problem, evaluate, schedule
from lifeline.carry_on import carry_on
from lifeline.closed_roads import CLOSED_BY_ORDER
from lifeline.news import News, Update
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem
from lifeline.undoable import undoable_reasons
from solvers import Budget
from solvers.replan import replan

R1, R2, R3 = (0.0, 0.0), (0.02, 0.0), (0.01, 0.01)
FEW = Budget(evaluations=100)


def roads(damage: dict[str, Any] | None = None, crews: dict[str, Any] | None = None) -> RepairProblem:
    system = town(
        power="P1*-P2 P1*-P3",
        road="R1-R2 R1-R3 R3-R2",
        people={"P2": 10, "P3": 20},
        places={"P1": R2, "P2": R2, "P3": R2, "R1": R1, "R2": R2, "R3": R3},
        crews=crews or {"red": {"skills": "power;road", "speed_kmh": 60}},
        damage={"P1-P2": 60, "P1-P3": 60} if damage is None else damage,
    )
    length = {"R1-R2": 2.0, "R1-R3": 3.0, "R3-R2": 3.0}
    links = system.links.assign(
        length_km=[length.get(name) for name in system.links["id"]],
        speed_kmh=pd.Series([60.0 if name in length else None for name in system.links["id"]]),
    )
    system = system.replace(links=links)
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=1440)


@pytest.fixture
def problem() -> RepairProblem:
    return roads()


def closed(minute: int, link: str = "R1-R2") -> Update:
    return Update(minute, "closed", link)


def opened(minute: int, link: str = "R1-R2") -> Update:
    return Update(minute, "opened", link)


def test_nobody_drives_over_a_closed_road(problem):
    """Two minutes over R1-R2; six by R3 once it is closed."""
    plan = schedule(problem, {"red": ["P1-P3", "P1-P2"]})
    assert plan.visits[0].arrive == 2
    found = replan(problem, plan, News(0, (closed(0),)), budget=FEW)
    assert [(visit.job, visit.arrive, visit.finish) for visit in found.plan.visits] == [
        ("P1-P3", 6, 66),
        ("P1-P2", 66, 126),
    ]
    assert not check_plan(found.problem, found.plan)
    assert evaluate(found.problem, found.plan).person_minutes == 20 * 66 + 10 * 126


def test_a_closed_road_is_listed_with_the_order_for_a_reason(problem):
    now_on = carry_on(problem, schedule(problem, {"red": ["P1-P3", "P1-P2"]}), News(0, (closed(0),)))
    assert now_on.problem.unassignable == {"R1-R2/opening": CLOSED_BY_ORDER}
    assert [reason.sentence for reason in undoable_reasons(now_on.problem)] == [CLOSED_BY_ORDER]


def test_what_is_cut_off_by_a_closed_road_waits_for_it(problem):
    """With both ways closed P2 and P3 can only be reached once one of them is open again."""
    news = News(0, (closed(0), closed(0, "R1-R3")))
    changed = carry_on(problem, schedule(problem, {"red": ["P1-P3", "P1-P2"]}), news).problem
    assert set(changed.unassignable) == {"P1-P2", "P1-P3", "R1-R2/opening", "R1-R3/opening"}
    cut_off, *_ = undoable_reasons(changed)
    assert cut_off.kind == "cut_off"
    assert cut_off.sentence.startswith("Cut off by 'R1-R2/opening'")
    again = News(30, (*news.updates, opened(30, "R1-R3")))
    found = replan(problem, schedule(problem, {"red": ["P1-P3", "P1-P2"]}), again, budget=FEW)
    assert [(visit.job, visit.depart, visit.arrive) for visit in found.plan.visits] == [
        ("P1-P3", 30, 36),
        ("P1-P2", 96, 96),
    ]


def test_a_crew_on_its_way_when_the_road_is_closed_gets_through(problem):
    plan = schedule(problem, {"red": ["P1-P3", "P1-P2"]})
    history = carry_on(problem, plan, News(10, (closed(1),))).problem.history
    assert [(visit.job, visit.arrive) for visit in history] == [("P1-P3", 2)]


def test_a_crew_that_could_not_set_out_over_a_closed_road_has_not(problem):
    """Closed at 0 and not open by 10: red has begun nothing. Opened at 4: it set out then, and arrived at 6."""
    plan = schedule(problem, {"red": ["P1-P3", "P1-P2"]})
    assert carry_on(problem, plan, News(10, (closed(0),))).problem.history == ()
    history = carry_on(problem, plan, News(10, (closed(0), opened(4)))).problem.history
    assert [(visit.job, visit.depart, visit.arrive) for visit in history] == [("P1-P3", 4, 6)]


def test_a_road_that_is_open_again_is_driven_as_before(problem):
    plan = schedule(problem, {"red": ["P1-P3", "P1-P2"]})
    news = News(0, (closed(0), opened(0)))
    assert carry_on(problem, plan, news).problem.unassignable == {}
    assert replan(problem, plan, news, budget=FEW).plan.visits == plan.visits


def test_a_broken_road_that_is_closed_as_well_can_be_mended_and_stays_shut():
    """Red mends R1-R2, a minute away, by 31. Blue comes at 40: two minutes over R1-R2 when it is open, six by R3."""
    blue = {"skills": "power", "speed_kmh": 60, "available_from_minute": 40}
    problem = roads({"P1-P3": 60, "R1-R2": 30}, {"red": {"skills": "road", "speed_kmh": 60}, "blue": blue})
    plan = schedule(problem, {"red": ["R1-R2"], "blue": ["P1-P3"]})
    assert times(plan.visits) == {"R1-R2": (0, 31), "P1-P3": (40, 102)}
    shut = carry_on(problem, plan, News(0, (closed(0),)))
    assert shut.problem.unassignable == {"R1-R2/opening": CLOSED_BY_ORDER}
    assert times(schedule(shut.problem, shut.sequences).visits) == {"R1-R2": (0, 31), "P1-P3": (40, 106)}
    late = carry_on(problem, plan, News(60, (closed(0), opened(50)))).problem
    assert late.unassignable == {}
    assert times(late.history) == {"R1-R2": (0, 31), "P1-P3": (50, 112)}


def times(visits):
    return {visit.job: (visit.depart, visit.finish) for visit in visits}


def test_a_crew_behind_a_closed_road_goes_on_where_it_is():
    """Red is at work beside R2 when both ways home are closed: P2, on the spot, can still be done."""
    problem = roads()
    plan = schedule(problem, {"red": ["P1-P3", "P1-P2"]})
    news = News(10, (closed(5), closed(5, "R1-R3")))
    found = replan(problem, plan, news, budget=FEW)
    assert [(visit.job, visit.start) for visit in found.plan.visits] == [("P1-P3", 2), ("P1-P2", 62)]
    assert set(found.problem.unassignable) == {"R1-R2/opening", "R1-R3/opening"}
    assert not check_plan(found.problem, found.plan)


def test_only_road_links_can_be_closed(problem):
    plan = schedule(problem, {"red": ["P1-P3", "P1-P2"]})
    with pytest.raises(InvalidInput, match="job = 'P1-P2': is no road link of the system"):
        carry_on(problem, plan, News(0, (closed(0, "P1-P2"),)))
