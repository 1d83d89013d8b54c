"""A system as JSON: nothing is lost on the way out and in, and what is no system is refused with a reason."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_systems import odd_systems
from system_files import system_or_refusal
from worlds import assert_same_system

from lifeline.errors import InvalidInput
from lifeline.json_tables import system_from_json, system_to_json
from lifeline.tables import TABLES


def refused_json(text):
    with pytest.raises(InvalidInput) as caught:
        system_from_json(text)
    return [str(problem) for problem in caught.value.problems]


def json_with(**parts):
    nodes = [{"id": "P1", "sector": "power", "longitude": 0, "latitude": 0}]
    return json.dumps({"nodes": nodes, **parts})


@settings(max_examples=50, deadline=None)
@given(odd_systems())
def test_any_system_comes_back_from_json_text(system):
    assert_same_system(system_from_json(system_to_json(system)), system)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "json: is not JSON: Expecting property name"),
        ("[]", "json: is not an object with the keys settings, nodes,"),
        ("3", "json: is not an object"),
        ("[" * 100_000, "json: is nested too deeply to be a system."),
        ('{"nodes":' * 100_000, "json: is nested too deeply to be a system."),
        (b'{"nodes": "\xff"}', "json, row 1"),
        ('{"nodes": [], "nodes": []}', "json, nodes: is there twice in one object; keep one."),
        ('{"nodes": {"id": "P1"}}', "nodes: is not a table"),
        (json_with(settings=[]), "settings = '[]': is not an object."),
        (json_with(settings={"name": 3}), "settings, name = '3': is a number"),
        (json_with(link=[]), "link: is not a table. Did you mean 'links'?"),
    ],
)
def test_what_is_no_system_in_json_is_refused(text, words):
    assert refused_json(text)[0].startswith(words)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("NaN", "is NaN, not a number; write digits such as 12.5."),
        ("Infinity", "is not a finite number."),
        ("-Infinity", "is not a finite number."),
        ("1e400", "is not a finite number."),
        ("9" * 400, "is not a finite number."),
        ("9" * 5000, "is not a finite number."),
        ("[1]", "is a list, not a number; write digits such as 12.5."),
        ("true", "is true or false, not a number; write digits such as 12.5."),
        ('"x"', "is not a number; write digits such as 12.5."),
        ("null", "is blank; it has to be filled in."),
    ],
)
def test_a_bad_number_in_json_is_told_with_its_row(cell, words):
    text = json_with().replace('"longitude": 0', f'"longitude": {cell}')
    with pytest.raises(InvalidInput) as caught:
        system_from_json(text)
    (problem,) = caught.value.problems
    assert (problem.table, problem.row, problem.column, problem.message) == ("nodes", 2, "longitude", words)


def test_a_key_that_is_in_a_row_twice_is_told_with_its_row():
    text = '{"nodes": [{"id": "P1", "id": "P2", "sector": "power", "longitude": 0, "latitude": 0}]}'
    assert refused_json(text) == ["nodes, row 2, id: is there twice in one object; keep one."]


def test_a_setting_that_is_there_twice_is_told():
    text = json_with(settings={}).replace('"settings": {}', '"settings": {"name": "a", "name": "b"}')
    assert refused_json(text) == ["settings, name: is there twice in one object; keep one."]


def test_a_number_as_id_is_refused_in_json():
    nodes = [{"id": 7, "sector": "power", "longitude": 0, "latitude": 0}]
    assert refused_json(json_with(nodes=nodes)) == [
        "nodes, row 2, id = '7': is a number; write it as text (ids too, so that 007 stays 007)."
    ]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "sector", "name", "nodes"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(["settings", *TABLES, "other"]), JSON_VALUES))
def test_any_json_is_a_system_or_refused_with_a_reason(document):
    outcome = system_or_refusal(lambda: system_from_json(json.dumps(document)))
    assert outcome.problems if isinstance(outcome, InvalidInput) else len(outcome.nodes)
