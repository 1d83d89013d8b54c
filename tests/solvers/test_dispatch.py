"""Whoever is free next takes the best job it can do and reach: roads, late crews, shifts, and what is left over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from worlds import town

from lifeline.plan import Plan
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from solvers.dispatch import Sequences, dispatch, hand_out_rest

KM = 0.009


def problem_of(**chains: Any) -> RepairProblem:
    system = town(**chains)
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=6000)


def dispatched(problem: RepairProblem, *best_first: str) -> Sequences:
    """Dispatch with these jobs wanted in this order; without any, the nearest job first."""
    if not best_first:
        return dispatch(problem, None)
    return dispatch(problem, np.array([best_first.index(job.id) for job in problem.jobs], float))


def sites(crews: Mapping[str, Any], **more: Any) -> RepairProblem:
    """P0 to P3 every 1 km; the crews start at P0, and every repair takes an hour.

    1, 2 and 3 km are 3, 6 and 8 minutes: 2.6 a km, rounded up.
    """
    damage = {"P0": 60, "P1": 60, "P2": 60, "P3": 60}
    return problem_of(**{"power": "P0* P1* P2* P3*", "crews": crews, "damage": damage, **more})


# Who takes what ---------------------------------------------------------------------------------------------


def test_one_crew_goes_down_the_ranks() -> None:
    assert dispatched(sites({"red": "power"}), "P2", "P0", "P3", "P1") == {"red": ["P2", "P0", "P3", "P1"]}


def test_without_ranks_a_crew_goes_on_to_what_is_nearest_from_where_it_is() -> None:
    """The crew starts at 1.4 km: P1 is 0.4 km off, then P2 and P0 are as near as each other and the id decides."""
    red = {"skills": "power", "longitude": 1.4 * KM}

    assert dispatched(sites({"red": red})) == {"red": ["P1", "P0", "P2", "P3"]}


def test_whoever_is_free_first_takes_the_next_job() -> None:
    """Amber takes P3, 8 minutes off, until 68; blue P0 until 60 and then P1 until 123; amber P2, from 68 on."""
    crews = {"amber": "power", "blue": "power"}

    assert dispatched(sites(crews), "P3", "P0", "P1", "P2") == {"amber": ["P3", "P2"], "blue": ["P0", "P1"]}


def test_a_crew_takes_only_jobs_of_its_skills_and_stays_at_home_when_there_are_none() -> None:
    damage = {"P0": {"repair_minutes": 60, "skill": "crane"}, "P1": 60, "P2": 60}
    crews = {"amber": "gas", "blue": "power", "crane": "crane"}

    assert dispatched(sites(crews, damage=damage), "P0", "P1", "P2") == {
        "amber": [],
        "blue": ["P1", "P2"],
        "crane": ["P0"],
    }


def test_jobs_that_nobody_can_do_are_not_handed_out() -> None:
    damage = {"P0": {"repair_minutes": 60, "skill": "crane"}, "P1": 60}

    assert dispatched(sites({"red": "power"}, damage=damage), "P0", "P1") == {"red": ["P1"]}


# Late crews and shifts --------------------------------------------------------------------------------------


def test_a_late_crew_finds_what_is_left_when_it_comes() -> None:
    """Amber is at P3 from 8 to 68 and at P2 from 71 to 131. Aid comes at 131 too, and by its id is asked first."""
    crews = {"aid": {"skills": "power", "available_from_minute": 131}, "amber": "power"}

    assert dispatched(sites(crews), "P3", "P2", "P1", "P0") == {"aid": ["P1"], "amber": ["P3", "P2", "P0"]}


def test_a_crew_that_is_off_duty_leaves_the_first_choice_to_one_that_comes_later_but_works_sooner() -> None:
    """Amber is there from the start and on duty from 60 on; blue comes at 30, takes P0, and is done at 90."""
    crews = {"amber": "power", "blue": {"skills": "power", "available_from_minute": 30}}
    problem = sites(crews, shifts={"amber": [(60, 1440)]})

    assert dispatched(problem, "P0", "P1", "P2", "P3") == {"amber": ["P1", "P3"], "blue": ["P0", "P2"]}


def test_a_shift_that_ends_makes_a_crew_slower_than_its_neighbour() -> None:
    """Amber works 40 minutes of every 200: P0 is done at 220. By then blue has done P1, P2 and P3 (189)."""
    problem = sites({"amber": "power", "blue": "power"}, shifts={"amber": [(0, 40, 200)]})

    assert dispatched(problem, "P0", "P1", "P2", "P3") == {"amber": ["P0"], "blue": ["P1", "P2", "P3"]}


# Roads that open --------------------------------------------------------------------------------------------


def bridges(crews: Mapping[str, Any], **more: Any) -> RepairProblem:
    """P1 at R1, P2 at R2, P3 at R3, 1 km (3 minutes) apart on the road R1-R2-R3, both links broken; crews at R1.

    The first link takes 40 minutes and, from its end, 2 minutes to reach: open at 42. On to the second are
    3 minutes, and it takes 50: open at 95. P2 and P3 take an hour.
    """
    place = {"P1": 0.0, "P2": KM, "P3": 2 * KM, "R1": 0.0, "R2": KM, "R3": 2 * KM}
    return problem_of(
        **{
            "power": "P1*-P2-P3",
            "road": "R1-R2-R3",
            "places": {name: (longitude, 0.0) for name, longitude in place.items()},
            "damage": {"P2": 60, "P3": 60, "R1-R2": 40, "R2-R3": 50},
            "crews": crews,
            **more,
        }
    )


def test_a_crew_waits_for_the_road_that_another_crew_opens() -> None:
    """Red wants P3 most, but at 42 only P2 can be reached; it is done there at 105, when P3 can be too."""
    problem = bridges({"gang": "road", "red": "power"})

    assert dispatched(problem, "P3", "P2", "R1-R2", "R2-R3") == {
        "gang": ["R1-R2", "R2-R3"],
        "red": ["P2", "P3"],
    }


def test_a_crew_that_is_asked_first_waits_for_a_road_whose_repair_nobody_has_begun() -> None:
    """Amber is asked before the gang, at minute 0, and sent for when the gang sets out."""
    problem = bridges({"amber": "power", "gang": "road"})

    assert dispatched(problem, "P3", "P2", "R1-R2", "R2-R3") == {
        "amber": ["P2", "P3"],
        "gang": ["R1-R2", "R2-R3"],
    }


def test_a_crew_waits_for_a_gang_that_comes_late() -> None:
    """The gang comes at 500 and blue, at minute 500 too, is asked before it; both roads open for both crews."""
    crews = {
        "amber": "power",
        "blue": {"skills": "power", "available_from_minute": 500},
        "gang": {"skills": "road", "available_from_minute": 500},
    }

    assert dispatched(bridges(crews), "P3", "P2", "R1-R2", "R2-R3") == {
        "amber": ["P2"],
        "blue": ["P3"],
        "gang": ["R1-R2", "R2-R3"],
    }


def test_a_road_that_opens_off_duty_is_used_when_the_crew_is_back() -> None:
    """R1-R2 opens at 42 and R2-R3 at 95. Red is on duty again at 100, when both are open: P3 first."""
    problem = bridges({"gang": "road", "red": "power"}, shifts={"red": [(0, 10), (100, 1440)]})

    assert dispatched(problem, "P3", "P2", "R1-R2", "R2-R3")["red"] == ["P3", "P2"]


def test_a_crew_that_can_do_both_opens_its_own_road() -> None:
    """It wants P3 and P2 most, and can reach neither until it has mended the road itself."""
    assert dispatched(bridges({"red": "power;road"}), "P3", "P2", "R1-R2", "R2-R3") == {
        "red": ["R1-R2", "P2", "R2-R3", "P3"]
    }


def test_a_crew_behind_a_bridge_that_is_never_mended_is_not_sent() -> None:
    """Nobody can mend R1-R2: amber, at R1, reaches neither P2 nor P3; blue, at R3, does both."""
    crews = {"amber": "power", "blue": {"skills": "power", "longitude": 2 * KM}}
    problem = bridges(crews, damage={"P2": 60, "P3": 60, "R1-R2": 40})

    assert dispatched(problem, "P2", "P3", "R1-R2") == {"amber": [], "blue": ["P2", "P3"]}


@pytest.mark.parametrize("best_first", [(), ("P1", "A-D", "V")])
def test_a_crew_is_not_sent_where_it_would_wait_for_ever(best_first: tuple[str, ...]) -> None:
    """A one-way road leads from A to P1 at X. Back it goes over V alone, which the bridge builders at D mend.

    They get out of D over A-D, which red, at A, can mend. Red must do that before it drives to P1.
    """
    problem = problem_of(
        power="P1*",
        road="A>X X-V-A A-D",
        places={"P1": (KM, 0.0), "A": (0.0, 0.0), "X": (KM, 0.0), "V": (KM, KM), "D": (0.0, -3 * KM)},
        crews={"builders": {"skills": "bridge", "latitude": -3 * KM}, "red": "power;road"},
        damage={"P1": 60, "V": {"repair_minutes": 60, "skill": "bridge"}, "A-D": 60},
    )

    assert dict(problem.unassignable) == {}
    assert dispatched(problem, *best_first) == {"builders": ["V"], "red": ["A-D", "P1"]}


# What is left over ------------------------------------------------------------------------------------------


def test_the_rest_of_a_plan_is_shared_out_to_whoever_is_free_and_near() -> None:
    """Amber was to do all of it, P3 first, until 68. From there P2 is next door, and blue has P0 and then P1.

    Amber at P2 from 71 to 131; blue at P0 until 60, at P1 from 63 to 123.
    """
    problem = sites({"amber": "power", "blue": "power"})
    plan = schedule(problem, {"amber": ["P3", "P0", "P1", "P2"]})

    assert hand_out_rest(problem, plan, 68) == {"amber": ["P3", "P2"], "blue": ["P0", "P1"]}


def test_a_visit_that_ends_a_minute_too_late_is_handed_out_anew() -> None:
    """P3 is done at 68, so after 67 it is part of the rest: amber goes to P0, where both begin, and blue to P1.

    Amber is done at 60 and goes on to P2, 6 minutes off, blue at 63 to P3, the only one left.
    """
    problem = sites({"amber": "power", "blue": "power"})
    plan = schedule(problem, {"amber": ["P3", "P0", "P1", "P2"]})

    assert hand_out_rest(problem, plan, 67) == {"amber": ["P0", "P2"], "blue": ["P1", "P3"]}


def test_a_plan_without_a_rest_stays_as_it_is() -> None:
    problem = sites({"amber": "power", "blue": "power"})
    plan = schedule(problem, {"amber": ["P3", "P0"], "blue": ["P1", "P2"]})

    assert hand_out_rest(problem, plan, 10_000) == plan.sequences()


def test_roads_that_the_plan_has_opened_are_open_for_the_rest() -> None:
    """The gang has opened R1-R2 at 42 and red was to do P3 at 105 or later; at 95 the gang opens R2-R3 as well."""
    problem = bridges({"gang": "road", "red": "power"})
    plan = schedule(problem, {"gang": ["R1-R2", "R2-R3"], "red": ["P3", "P2"]})

    rest = hand_out_rest(problem, plan, 42)

    assert rest == {"gang": ["R1-R2", "R2-R3"], "red": ["P2", "P3"]}
    assert check_plan(problem, schedule(problem, rest)) == ()


def test_jobs_that_are_in_no_sequence_are_part_of_the_rest() -> None:
    problem = sites({"red": "power"})

    assert hand_out_rest(problem, Plan(()), 0) == {"red": ["P0", "P1", "P2", "P3"]}
