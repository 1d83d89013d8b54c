"""What a plan is worth, on worlds small enough to count on one's fingers."""

from typing import Any

import pytest
from worlds import town

from lifeline.evaluation import NOT_BACK, Evaluation, evaluate
from lifeline.plan import Plan, Visit
from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from lifeline.system import System

DAY = 1440


def problem_of(system: System, horizon_minutes: int = DAY) -> RepairProblem:
    shock = Shock.from_table(system, system.damage)
    return build_problem(system, shock, horizon_minutes=horizon_minutes)


def judged(system: System, horizon_minutes: int = DAY, **finish: int) -> Evaluation:
    """Judge a plan that finishes each component (dashes written as _) at a minute, whoever does it."""
    visits = [
        Visit(crew="crew", job=name.replace("_", "-"), depart=0, arrive=0, start=minute - 1, finish=minute)
        for name, minute in finish.items()
    ]
    return evaluate(problem_of(system, horizon_minutes), Plan(tuple(visits)))


def feeder(**more: Any) -> System:
    """Source P1, then 100 persons at P2 and 50 at P3; both P2 and the line to P3 are broken."""
    return town(
        power="P1*-P2-P3",
        people={"P2": 100, "P3": 50},
        crews={"crew": "power"},
        damage={"P2": 60, "P2-P3": 30},
        **more,
    )


def test_person_minutes_run_from_the_shock_to_the_repair_that_brings_each_back() -> None:
    """P2 back at 60: 100 x 60 = 6,000; P3 back when the line is mended too, at 90: 50 x 90 = 4,500."""
    evaluation = judged(feeder(), P2=60, P2_P3=90)
    assert evaluation.person_minutes == 10_500
    assert evaluation.person_hours == 175.0
    assert evaluation.objective == 10_500 * 1000
    assert evaluation.by_customer == {"people of P2": 6_000, "people of P3": 4_500}
    assert evaluation.by_service == {"power": 10_500}
    assert evaluation.by_district == {"d1": 10_500}
    assert evaluation.finish_minute == 90


def test_a_repair_behind_a_break_brings_nobody_back_until_the_break_is_mended() -> None:
    """The line first (30), then P2 (90): all 150 wait for P2, which gets the credit."""
    evaluation = judged(feeder(), P2_P3=30, P2=90)
    assert evaluation.person_minutes == 150 * 90
    jobs = evaluation.jobs.set_index("job")
    assert jobs["persons_back"].to_dict() == {"P2": 150, "P2-P3": 0}
    assert jobs["person_minutes_unblocked"].to_dict() == {"P2": 150 * (DAY - 90), "P2-P3": 0}


def test_service_not_back_by_the_horizon_counts_up_to_it() -> None:
    """Horizon 80: P2's 100 wait 60 minutes, P3's 50 all 80."""
    evaluation = judged(feeder(), 80, P2=60, P2_P3=90)
    assert evaluation.person_minutes == 100 * 60 + 50 * 80
    assert evaluation.etr["minute"].tolist() == [60, 90]


def test_a_job_left_undone_costs_up_to_the_horizon() -> None:
    evaluation = judged(feeder(), P2=60)
    assert evaluation.person_minutes == 100 * 60 + 50 * DAY
    assert evaluation.etr["minute"].tolist() == [60, NOT_BACK]
    assert evaluation.minute_when_back(0.5) == 60
    assert evaluation.minute_when_back(0.9) == NOT_BACK


def test_the_area_under_the_curves_is_the_person_minutes() -> None:
    evaluation = judged(feeder(), P2=60, P2_P3=90)
    assert evaluation.curves.values.tolist() == [
        [0, "power", "d1", 150],
        [60, "power", "d1", 50],
        [90, "power", "d1", 0],
    ]
    assert evaluation.recovery("power").values.tolist() == [[0, 150], [60, 50], [90, 0]]


@pytest.mark.parametrize(("fraction", "minute"), [(0.5, 60), (0.66, 60), (0.67, 90), (0.99, 90), (0.0, 0)])
def test_when_a_share_of_the_people_is_back(fraction: float, minute: int) -> None:
    """100 of 150 (66.7 %) are back at 60, all at 90."""
    assert judged(feeder(), P2=60, P2_P3=90).minute_when_back(fraction) == minute


def test_nobody_was_ever_out() -> None:
    system = town(power="P1*", people={"P1": 5})
    evaluation = evaluate(problem_of(system), Plan(()))
    assert evaluation.objective == 0
    assert evaluation.minute_when_back(0.99) == 0
    assert evaluation.finish_minute == 0
    assert evaluation.etr.values.tolist() == [["people of P1", "power", 0]]
    assert evaluation.jobs.empty


def test_a_city_without_customers_has_empty_curves() -> None:
    evaluation = judged(town(power="P1*", crews={"crew": "power"}, damage={"P1": 5}), P1=5)
    assert evaluation.recovery().empty
    assert evaluation.minute_when_back(0.5) == 0


def buffered(buffer_minutes: int) -> System:
    """A pump W (1,000 persons) on the diesel of its buffer while substation P is down."""
    return town(
        power="P*",
        water="W*",
        dependencies=[("W", "P", "P", buffer_minutes)],
        people={"W": 1000},
        crews={"crew": "power;water"},
        damage={"P": 60},
    )


def test_a_buffer_spares_its_minutes() -> None:
    """Diesel for 100 minutes, power back at 160: 60 minutes dry for 1,000 persons."""
    evaluation = judged(buffered(100), P=160)
    assert evaluation.person_minutes == 60_000
    assert evaluation.recovery("water").values.tolist() == [[0, 0], [100, 1000], [160, 0]]
    assert evaluation.etr.set_index("customer")["minute"].to_dict() == {"people of W": 160}


def test_power_back_in_the_minute_the_buffer_ends_saves_it() -> None:
    assert judged(buffered(100), P=100).person_minutes == 0
    assert judged(buffered(100), P=101).person_minutes == 1_000


def test_a_buffer_pauses_and_is_not_refilled() -> None:
    """W needs P, fed by A. P breaks and is back at 60, with 40 of the 100 minutes of diesel left."""
    system = town(
        power="A*-P",
        water="W*",
        gas="G*",
        dependencies=[("W", "P", "P", 100), ("A", "G", "G", 90)],
        people={"W": 1000},
        crews={"crew": "power;gas"},
        damage={"P": 60, "G": 300},
    )
    evaluation = judged(system, P=60, G=300)
    # G is down until 300, so A goes dark at 90 and P with it; W lives on diesel from 90 to 130, then waits for 300.
    assert evaluation.recovery("water").values.tolist() == [[0, 0], [130, 1000], [300, 0]]
    assert evaluation.person_minutes == 170 * 1000


def test_a_broken_pump_mended_while_its_buffer_lasts_runs_goes_off_and_comes_on_again() -> None:
    """W itself breaks too and is mended at 30: on at 30, out of diesel at 100, on with the power at 160."""
    system = buffered(100).replace(
        damage=[{"component": "P", "repair_minutes": 60}, {"component": "W", "repair_minutes": 30}]
    )
    evaluation = judged(system, W=30, P=160)
    assert evaluation.recovery("water").values.tolist() == [[0, 1000], [30, 0], [100, 1000], [160, 0]]
    assert evaluation.person_minutes == (30 + 60) * 1000
    assert evaluation.jobs.set_index("job")["persons_back"].to_dict() == {"P": 1000, "W": 1000}


def test_a_mended_pump_whose_buffer_ends_that_minute_never_blinks() -> None:
    """W is mended at 100, the minute in which its diesel ends: it stays dark until the power is back at 160."""
    system = buffered(100).replace(
        damage=[{"component": "P", "repair_minutes": 60}, {"component": "W", "repair_minutes": 30}]
    )
    evaluation = judged(system, W=100, P=160)
    assert evaluation.person_minutes == 160 * 1000
    assert evaluation.jobs.set_index("job")["persons_back"].to_dict() == {"P": 1000, "W": 0}


def loop(**more: Any) -> System:
    """G needs P's power, P needs the gas of H behind G; 10 persons have power at U, 7 gas at H."""
    return town(
        power="P*-U",
        gas="G*-H",
        dependencies=[("G", "P"), ("P", "H", "H", 120)],
        people={"U": 10, "H": 7},
        crews={"crew": "gas"},
        damage={"G": 60},
        **more,
    )


def test_people_behind_a_dead_loop_are_left_out_and_what_a_plan_saves_is_said_apart() -> None:
    """Mended within the 120 minutes of gas in the pipe, G keeps the loop alive: 10 x 1,440 + 7 x (1,440 - 60) saved."""
    evaluation = judged(loop(), G=60)
    assert evaluation.objective == 0
    assert evaluation.saved_person_minutes == 10 * DAY + 7 * (DAY - 60)
    assert evaluation.problem.cascade.loops == (("G", "P", "H"),)


def test_mended_too_late_the_loop_is_dead_and_only_the_buffer_s_minutes_were_saved() -> None:
    evaluation = judged(loop(), G=200)
    assert evaluation.saved_person_minutes == 10 * 120
    assert evaluation.etr["minute"].tolist() == [NOT_BACK, NOT_BACK]


def test_a_black_start_brings_the_loop_back_with_the_last_thing_it_waits_for() -> None:
    evaluation = judged(loop(black_start=["P"]), G=200)
    assert evaluation.person_minutes == 10 * (200 - 120) + 7 * 200
    assert evaluation.jobs["persons_back"].tolist() == [17]


def test_weights_count_in_the_objective_and_not_in_the_person_minutes() -> None:
    system = feeder()
    supplies = system.supplies.assign(weight_permille=[1000, 4000])
    evaluation = judged(system.replace(supplies=supplies), P2=60, P2_P3=90)
    assert evaluation.person_minutes == 10_500
    assert evaluation.objective == 100 * 60 * 1000 + 50 * 90 * 4000


def test_who_had_no_service_before_the_shock_is_no_loss() -> None:
    system = town(
        power="P1* P9", people={"P1": 10, "P9": 99}, crews={"crew": "power"}, damage={"P1": 5, "P9": 5}
    )
    evaluation = judged(system, P1=5, P9=9)
    assert evaluation.person_minutes == 50
    assert evaluation.etr["customer"].tolist() == ["people of P1"]
