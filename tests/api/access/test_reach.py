"""Who may report about what."""

from typing import Any

import pytest

from api.access.caller import Caller
from api.access.reach import jobs_of_crew, out_of_reach
from api.access.rights import Role
from api.access.sight import Sight

RED = Caller("east", "key:1", "red", frozenset({Role.CREW}), crew="red")
GRID = Caller("east", "key:2", "grid", frozenset({Role.REPORTER}), owners=frozenset({"grid"}))
DESK = Caller("east", "key:3", "desk", frozenset({Role.DISPATCHER}))
PLAN = {
    "visits": [{"job": "L1", "crew": "red"}, {"job": "W1/dig", "crew": "red"}, {"job": "L2", "crew": "blue"}]
}
SIGHT = Sight(frozenset({"L1"}), frozenset({"W1"}), frozenset({"L1/test"}), frozenset({"red"}), {})


def field_refused(caller: Caller, **update: Any) -> str | None:
    jobs = jobs_of_crew(PLAN, caller.crew) if caller.crew else ()
    sight = SIGHT if caller.is_limited else None
    found = out_of_reach({"kind": "k", **update}, caller, sight=sight, jobs=jobs)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("update", "refused"),
    [
        ({"job": "L1"}, None),
        ({"job": "L1", "crew": "red"}, None),
        ({"job": "L1", "crew": ""}, None),
        ({"job": "L1", "crew": "blue"}, "crew"),
        ({"job": "L2"}, "job"),
        ({"job": "L1/test"}, "job"),
        ({"crew": "red"}, None),
        ({"crew": "blue"}, "crew"),
        ({"component": "W1"}, None),
        ({"component": "W"}, "component"),
        ({"component": "L2"}, "component"),
        ({"link": "R1"}, None),
    ],
)
def test_a_crew_reports_about_itself_and_the_jobs_it_was_given(update: Any, refused: str | None) -> None:
    assert field_refused(RED, **update) == refused


@pytest.mark.parametrize(
    ("update", "refused"),
    [
        ({"job": "L1", "crew": "blue"}, None),
        ({"job": "L1/test"}, None),
        ({"job": "W1"}, "job"),
        ({"component": "W1"}, "component"),
        ({"link": "L1"}, None),
        ({"crew": "red"}, None),
        ({"crew": "blue"}, "crew"),
    ],
)
def test_a_utility_reports_about_its_own_and_not_about_interfaces(update: Any, refused: str | None) -> None:
    assert field_refused(GRID, **update) == refused


def test_a_dispatcher_reports_about_everything() -> None:
    assert field_refused(DESK, job="L2", crew="blue", component="W9") is None
