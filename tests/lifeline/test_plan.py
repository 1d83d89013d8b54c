"""Plans as nouns and as canonical text."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifeline.errors import InvalidInput
from lifeline.plan import Plan, Visit

FIRST, SECOND = Visit("red", "P1", 0, 5, 5, 65), Visit("red", "P2", 65, 70, 80, 100)
OTHER = Visit("blue", "G1", 3, 3, 3, 4)
EMPTY_SHA256 = "1269d11d602a1188205f32b0cbe6e3345520eca9f65fe70dbf0035ee72f6adeb"


def test_a_plan_is_in_order_of_crew_and_departure_however_it_was_given() -> None:
    plan = Plan((SECOND, OTHER, FIRST), (("z", "no crew"), ("a", "no road")))
    assert plan.visits == (OTHER, FIRST, SECOND)
    assert plan.unassignable == (("a", "no road"), ("z", "no crew"))
    assert plan.sequences() == {"blue": ["G1"], "red": ["P1", "P2"]}


@pytest.mark.parametrize(
    "times", [(-1, 0, 0, 1), (5, 4, 6, 7), (0, 4, 3, 7), (0, 0, 5, 5), (0, 0, 0, 2**53 + 1)]
)
def test_times_that_run_backwards_are_refused(times: tuple[int, int, int, int]) -> None:
    with pytest.raises(InvalidInput, match="visit of crew 'red' to 'P1' has impossible times"):
        Visit("red", "P1", *times)


def test_equal_plans_have_equal_bytes_and_fingerprints() -> None:
    one, other = Plan((FIRST, SECOND)), Plan((SECOND, FIRST))
    assert one.to_json() == other.to_json()
    assert one.sha256 == other.sha256
    assert one.sha256 != Plan((FIRST,)).sha256
    assert one.to_json().endswith("}\n")


def test_the_fingerprint_is_the_sha_256_of_the_text() -> None:
    """Of the bytes below, by sha256sum."""
    assert Plan(()).to_json() == '{\n "unassignable": [],\n "visits": []\n}\n'
    assert Plan(()).sha256 == EMPTY_SHA256


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@st.composite
def visits(draw: st.DrawFn) -> Visit:
    depart, drive, wait, work = (draw(st.integers(least, 10**6)) for least in (0, 0, 0, 1))
    start = depart + drive + wait
    return Visit(draw(names), draw(names), depart, depart + drive, start, start + work)


@settings(deadline=None)
@given(st.lists(visits(), max_size=5), st.lists(st.tuples(names, names), max_size=3))
def test_a_plan_comes_back_from_its_text(some: list[Visit], unassignable: list[tuple[str, str]]) -> None:
    plan = Plan(tuple(some), tuple(unassignable))
    assert Plan.from_json(plan.to_json()) == plan
    assert Plan.from_json(plan.to_json()).to_json() == plan.to_json()


def broken(**changes: Any) -> str:
    content = json.loads(Plan((FIRST,), (("G1", "no crew"),)).to_json())
    content["visits"][0] |= changes
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("9" * 5000, "not JSON"),
        ("[]", "must be an object"),
        ("{}", "must be an object with the keys"),
        ('{"visits": {}, "unassignable": []}', "'visits' of the plan must be a list, not dict"),
        ('{"visits": [3], "unassignable": []}', "Visit 1 of the plan must be an object"),
        ('{"visits": [], "unassignable": [{"job": "a"}]}', "Unassignable job 1 of the plan must be"),
        ('{"visits": [], "unassignable": [{"job": 1, "reason": ""}]}', "1 must be text"),
        (broken(depart="0"), "depart must be a whole number of minutes, got '0'"),
        (broken(depart=True), "depart must be a whole number"),
        (broken(depart=float("nan")), "depart must be a whole number"),
        (broken(crew=7), "7 must be text"),
        (broken(extra=1), "must be an object with the keys"),
        (broken(finish=0), "impossible times"),
    ],
)
def test_text_that_is_no_plan_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Plan.from_json(text)
