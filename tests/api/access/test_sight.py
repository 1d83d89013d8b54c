"""What a utility sees of a joint incident, on a town of two power companies and a waterworks.

Grid owns P1*-P2 and the line between; Local owns P3, behind P2 (its line P2-P3); Water owns W1*-W2-W3. The pump W1 is
driven from P3, the power station P1 is cooled from W2; nobody needs W3.
"""

from typing import Any

import pytest
from worlds import town

from api.access.caller import Caller
from api.access.rights import Role
from api.access.seen import seen_components, seen_event, seen_features, seen_returns, seen_work
from api.access.sight import Seen, Sight, limits_of, sight_in_child, sight_of
from lifeline.files import write_system
from lifeline.system import System

OWNER = {"P1": "grid", "P2": "grid", "P3": "local", "W1": "water", "W2": "water", "W3": "water"}


@pytest.fixture(scope="module")
def city() -> System:
    bare = town(
        power="P1*-P2-P3",
        water="W1*-W2-W3",
        dependencies=[("W1", "P3"), ("P1", "W2")],
        people={"P2": 10, "P3": 20, "W3": 30},
        alternatives={"hospital": (5, ["P3"])},
        crews={"red": {"skills": "power", "owner": "grid"}, "blue": {"skills": "water", "owner": "water"}},
        damage={"P1-P2": 60, "W2-W3": 30},
    )
    nodes = bare.nodes.assign(owner=bare.nodes["id"].map(OWNER))
    links = bare.links.assign(owner=["local" if name == "P2-P3" else "" for name in bare.links["id"]])
    tasks = [
        {"id": "generator", "component": "P3", "minutes": 5},
        {"id": "clear the square", "longitude": 0.0, "latitude": 0.0, "minutes": 5, "owner": "grid"},
    ]
    steps = [
        {"component": "P1-P2", "step": "isolate", "minutes": 10, "skill": "switching"},
        {"component": "W2-W3", "step": "dig", "minutes": 10, "skill": ""},
    ]
    return bare.replace(nodes=nodes, links=links, tasks=tasks, steps=steps)


@pytest.fixture(scope="module")
def grid(city: System) -> Sight:
    return sight_of(city, owners=["grid"])


def test_an_owner_sees_its_own_and_where_others_touch_it(grid: Sight) -> None:
    assert grid.own == {"P1", "P2", "P1-P2"}  # the line has no owner, its ends are both of grid
    assert grid.interfaces == {"W2", "P2-P3", "P3"}
    assert grid.of_component("W2") is Seen.STATE
    assert {grid.of_component(far) for far in ("W1", "W3", "W1-W2", "W2-W3", "nowhere")} == {Seen.NOTHING}


def test_a_dependent_is_an_interface_as_its_provider_is(city: System) -> None:
    water = sight_of(city, owners=["water"])
    assert water.own == {"W1", "W2", "W3", "W1-W2", "W2-W3"}
    assert water.interfaces == {"P1", "P3"}


def test_a_sector_is_seen_over_all_its_owners(city: System) -> None:
    power = sight_of(city, sectors=["power"])
    assert power.own == {"P1", "P2", "P3", "P1-P2", "P2-P3"}
    assert power.interfaces == {"W1", "W2"}
    assert power.crews == {"red"}
    assert sight_of(city, sectors=["power"], owners=["local"]).own == {"P3", "P2-P3"}


def test_no_limit_sees_all_and_a_limit_to_nothing_sees_nothing(city: System) -> None:
    all_of_it = sight_of(city)
    assert len(all_of_it.own) == 10
    assert all_of_it.interfaces == frozenset()
    assert all_of_it.crews == {"red", "blue"}
    blind = sight_of(city, owners=[])
    assert blind == Sight(frozenset(), frozenset(), frozenset(), frozenset(), {})


def test_jobs_crews_and_customers_go_with_their_components(grid: Sight) -> None:
    assert grid.jobs == {"P1-P2/isolate", "clear the square"}
    assert grid.has_job("P1-P2")
    assert not grid.has_job("W2-W3/dig")
    assert grid.crews == {"red"}
    assert grid.customers == {"people of P2": {"power"}}


def test_a_child_works_it_out_from_the_file(city: System, tmp_path: Any, grid: Sight) -> None:
    file = tmp_path / "city.zip"
    write_system(city, file)
    utility = Caller("east", "key:1", "n", frozenset({Role.VIEWER}), owners=frozenset({"grid"}))
    assert limits_of(utility) == {"sectors": None, "owners": ["grid"]}
    argument = {"file": str(file), "tables": {}, **limits_of(utility)}
    assert Sight.from_json(sight_in_child(argument, print)) == grid
    green = [{"id": "green", "skills": "power", "longitude": 0.0, "latitude": 0.0, "owner": "grid"}]
    assert sight_in_child({**argument, "tables": {"crews": green}}, print)["crews"] == ["green"]


def test_a_picture_shows_interfaces_without_minutes_and_people(grid: Sight) -> None:
    rows = [
        {"component": "P2", "state": "dark", "minutes": 60, "persons": 10, "cause": "P1-P2"},
        {"component": "P1", "state": "dark", "minutes": 60, "persons": 0, "cause": "W2-W3"},
        {"component": "W2", "state": "dark", "minutes": 30, "persons": 9, "skill": "water", "cause": "W3"},
        {"component": "W3", "state": "dark", "minutes": 30, "persons": 30},
    ]
    assert list(seen_components(rows, grid)) == [
        rows[0],
        {**rows[1], "cause": None},
        {"component": "W2", "state": "dark"},
    ]


def test_map_features_are_cut_the_same_way(grid: Sight) -> None:
    def feature(name: str, **properties: Any) -> dict[str, Any]:
        return {"type": "Feature", "id": name, "geometry": None, "properties": properties}

    own = feature("P2", sector="power", state="on", persons=10)
    visit = feature("P1-P2", layer="visit", job="P1-P2", crew="red", start=0)
    route, people = feature("route/red", layer="route", crew="red"), feature("people of P2", layer="customer")
    unseen = [
        feature("W3", sector="water", state="on"),
        feature("W2-W3", layer="visit", job="W2-W3", crew="blue"),
        feature("route/blue", layer="route", crew="blue"),
        feature("people of W3", layer="customer", persons=30),
    ]
    interface = feature("W2", sector="water", state="on", persons=9)
    seen = list(seen_features([own, visit, route, people, *unseen, interface], grid))
    assert seen == [own, visit, route, people, feature("W2", sector="water", state="on")]


def test_a_work_list_holds_own_crews_and_own_jobs(grid: Sight) -> None:
    def work(crew: str, *jobs: str) -> dict[str, Any]:
        visits = [{"job": job, "start": 5, "roads_near": []} for job in jobs]
        return {"crew": crew, "skills": ["x"], "longitude": 1.0, "latitude": 2.0, "visits": visits}

    lists = {
        "crews": [work("red", "P1-P2", "W2-W3/dig"), work("blue", "W2-W3", "P1-P2/isolate"), work("green")],
        "left_out": [{"job": "P1", "reason": "r"}, {"job": "W1", "reason": "r"}],
    }
    seen = seen_work(lists, grid)
    red, blue = seen["crews"]
    assert red == lists["crews"][0]  # what its own crew does for others is its own work
    assert blue["visits"] == [{"job": "P1-P2/isolate", "start": 5, "roads_near": []}]
    assert (blue["skills"], blue["longitude"]) == ([], None)
    assert seen["left_out"] == [{"job": "P1", "reason": "r"}]


def test_returns_of_own_customers_do_not_name_others_jobs(grid: Sight) -> None:
    def row(customer: str, job: str, *needs: str) -> dict[str, Any]:
        return {
            "customer": customer,
            "service": "power",
            "minute": 70,
            "job": job,
            "crew": "c",
            "needs": list(needs),
            "said": {"en": job},
        }

    own, others = row("people of P2", "P1-P2", "P1-P2"), row("people of P2", "W2-W3", "W2-W3", "P1-P2")
    seen = list(seen_returns([own, others, row("people of P3", "P1-P2")], grid))
    assert seen == [own, {**others, "job": "", "crew": "", "needs": ["P1-P2"], "said": {"en": ""}}]


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({"job": "P1-P2", "crew": "blue", "minutes": 9}, {"job": "P1-P2", "crew": "blue", "minutes": 9}),
        ({"crew": "red", "minute": 3}, {"crew": "red", "minute": 3}),
        ({"component": "W2", "minutes": 9, "note": "secret"}, {"component": "W2"}),
        ({"job": "W2", "crew": "blue", "minutes": 9}, {"component": "W2"}),
        ({"component": "W3", "minutes": 9}, None),
        ({"crew": "blue"}, None),
        ({"job": "W2-W3/dig"}, None),
        ({"plan": 3, "objective": 77}, {}),
    ],
)
def test_events_are_seen_by_what_they_are_about(
    grid: Sight, body: dict[str, Any], seen: dict[str, Any] | None
) -> None:
    event = {"seq": 4, "kind": "k", "who": "key:9", "happened_minute": 2, "body": body}
    shown = seen_event(event, grid)
    if seen is None:
        assert shown is None
    else:
        assert shown is not None
        assert shown["body"] == seen
        assert ("who" in shown) == (seen == body)


def test_a_plan_is_heard_of_by_all_although_it_names_the_job_that_made_it(grid: Sight) -> None:
    event = {"seq": 4, "kind": "plan.ready", "who": "key:9", "body": {"job": "5f1d7a84", "objective": 77}}
    assert seen_event(event, grid) == {"seq": 4, "kind": "plan.ready", "body": {}}
