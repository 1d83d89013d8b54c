"""The few reasons behind all the jobs that nobody can do."""

from worlds import town

from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from lifeline.undoable import UndoableReason, undoable_reasons


def problem_of(**chains: object) -> RepairProblem:
    system = town(**chains)  # type: ignore[arg-type]
    return build_problem(system, Shock.from_table(system, system.damage))


def test_where_all_can_be_done_there_is_no_reason() -> None:
    assert undoable_reasons(problem_of(power="P*", damage={"P": 5}, crews={"red": "power"})) == ()


def test_a_missing_skill_is_one_reason_for_all_its_jobs() -> None:
    problem = problem_of(power="P*", gas="G*-H", damage={"P": 5, "G": 5, "H": 5}, crews={"red": "power"})
    assert undoable_reasons(problem) == (
        UndoableReason("no_skill", "No crew has the skill 'gas'.", ("G", "H"), ("gas",)),
    )


def test_of_two_bridges_nobody_can_mend_only_the_one_that_cuts_sites_off_is_named() -> None:
    """The crew stands at R1, the broken pole by R3 behind the bridge R1-R2; the bridge R1-R9 leads nowhere."""
    places = {"R1": (0.0, 0.0), "R2": (0.01, 0.0), "R3": (0.02, 0.0), "R9": (0.0, 0.01), "P": (0.02, 0.0)}
    problem = problem_of(
        power="P*",
        road="R1-R2-R3 R1-R9",
        damage={"P": 5, "R1-R2": 60, "R1-R9": 60},
        crews={"red": "power"},
        places=places,
    )
    assert undoable_reasons(problem) == (
        UndoableReason("no_skill", "No crew has the skill 'road'.", ("R1-R2", "R1-R9"), ("road",)),
        UndoableReason(
            "cut_off", "Cut off by 'R1-R2': it stays blocked, since nobody can do that.", ("P",), ("R1-R2",)
        ),
    )


def test_an_island_has_no_road_at_all() -> None:
    places = {"R1": (0.0, 0.0), "R2": (0.01, 0.0), "R8": (0.5, 0.0), "R9": (0.51, 0.0), "P": (0.51, 0.0)}
    problem = problem_of(
        power="P*", road="R1-R2 R8-R9", damage={"P": 5}, crews={"red": "power"}, places=places
    )
    (reason,) = undoable_reasons(problem)
    assert reason.jobs == ("P",)
    assert reason.sentence.startswith("No road takes a crew with the skill there and back")
