"""An error says which thing, what is wrong and what to try."""

import pickle

import pytest

from lifeline.errors import (
    InfeasiblePlan,
    InvalidInput,
    LifelineError,
    Problem,
    SolverFailure,
    UnknownComponent,
)
from lifeline.nearest import Nearest


def test_a_problem_reads_as_one_line():
    problem = Problem("nodes", 3, "longitude", "200", "is above 180 degrees, the most allowed.")
    assert str(problem) == "nodes, row 3, longitude = '200': is above 180 degrees, the most allowed."


def test_a_problem_of_a_whole_table_names_the_table_alone():
    assert str(Problem("nodes", None, None, None, "is missing.")) == "nodes: is missing."


def test_a_very_long_value_is_printed_in_part_and_kept_whole():
    problem = Problem("nodes", 2, "id", "x" * 1000, "is longer than 200 characters; shorten it.")
    assert len(str(problem)) < 200
    assert problem.value == "x" * 1000


def test_fifty_problems_are_printed_and_all_are_kept():
    """60 problems: a line that counts them, 50 lines, and 'and 10 more'."""
    bad = InvalidInput.of([Problem("nodes", row, "id", "", "is blank.") for row in range(2, 62)], "city.zip")
    lines = str(bad).splitlines()
    assert lines[0] == "60 problems in city.zip:"
    assert len(lines) == 52
    assert lines[-1] == "  and 10 more"
    assert len(bad.problems) == 60


def test_one_problem_is_counted_in_the_singular():
    assert str(InvalidInput.of([Problem("nodes", 2, None, None, "is bad.")])).startswith(
        "1 problem in the input:"
    )


def test_an_error_comes_back_whole_from_another_process():
    bad = InvalidInput.of([Problem("nodes", 2, "id", "", "is blank.")])
    again = pickle.loads(pickle.dumps(bad))
    assert (str(again), again.problems) == (str(bad), bad.problems)


def test_a_sentence_alone_is_an_error_without_problems():
    assert InvalidInput("There is no folder 'x'.").problems == ()


def test_an_unknown_component_is_named_with_the_nearest_known_one():
    error = UnknownComponent.named("substation_9", ["pump_3", "substation_6"])
    assert str(error) == "There is no component 'substation_9' in this system. Did you mean 'substation_6'?"


def test_an_unknown_component_like_no_other_gets_no_guess():
    assert "Did you mean" not in str(UnknownComponent.named("zzz", ["pump_3"]))


@pytest.mark.parametrize("kind", [InvalidInput, UnknownComponent, InfeasiblePlan, SolverFailure])
def test_every_error_is_a_lifeline_error(kind):
    assert issubclass(kind, LifelineError)


def test_case_and_punctuation_are_the_first_guess():
    """'pump 12' has the letters of 'Pump-12'; difflib alone would say 'pump-1'."""
    assert Nearest(["Pump-12", "pump 1", "pump 22"]).to("pump 12") == "Pump-12"


def test_the_same_mistake_made_twice_gets_the_same_guess():
    nearest = Nearest(["pump"])
    assert nearest.to("pomp") == nearest.to("pomp") == "pump"
    assert nearest.advice("pomp") == "Did you mean 'pump'?"
    assert nearest.advice("zzz") == "Known are pump."


def test_among_equally_near_names_the_smaller_is_meant():
    assert Nearest(["P-2", "P_2"]).to("P.2") == "P-2"


def test_a_guess_is_found_among_a_hundred_thousand_names():
    names = [f"feeder {number:06d}" for number in range(100_000)]
    assert Nearest(names).to("feeder 042x17") in names[41_000:43_001]
    assert Nearest(names).to("zzz") is None
    assert Nearest([]).to("zzz") is None
