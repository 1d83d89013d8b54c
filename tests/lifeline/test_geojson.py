"""A plan as a map layer, held against RFC 7946."""

import json
from dataclasses import replace

import pytest
from worlds import town

from lifeline import Settings, Shock, build_problem, evaluate, schedule
from lifeline.geojson import plan_geojson


def layer_of(system, sequences):
    """Return the features by id, of a plan that may do without its own list of unassignable jobs."""
    problem = build_problem(system, Shock.from_table(system, system.damage))
    plan = replace(schedule(problem, sequences), unassignable=())
    text = plan_geojson(evaluate(problem, plan))
    return {feature["id"]: feature for feature in json.loads(text)["features"]}


@pytest.fixture
def features():
    """P1 and P2 lie 0.009 degrees apart; the broken line between them takes an hour, from minute 2 on."""
    system = town(
        power="P1*-P2",
        gas="G1",
        people={"P2": 5},
        crews={"c": "power", "idle": "power"},
        damage={"P1-P2": 60, "G1": 30},
        settings=Settings(name="town", start="2026-03-02T06:00:00-06:00", timezone="America/Chicago"),
    )
    return layer_of(system, {"c": ["P1-P2"]})


def test_a_broken_link_is_a_line_with_its_job(features):
    line = features["damage/P1-P2"]
    assert line["geometry"] == {"type": "LineString", "coordinates": [[0.0, 0.0], [0.009, 0.0]]}
    job = line["properties"]
    assert (job["layer"], job["sector"], job["crew"], job["persons_back"]) == ("damage", "power", "c", 5)
    assert (job["start_minute"], job["finish_minute"]) == (2, 62)
    assert job["finish"] == "2026-03-02T07:02:00-06:00"


def test_a_broken_node_that_nobody_can_mend_is_a_point_with_the_reason(features):
    node = features["damage/G1"]
    assert node["geometry"] == {"type": "Point", "coordinates": [0.018, 0.0]}
    assert node["properties"]["crew"] is None
    assert "'gas'" in node["properties"]["unassignable"]


def test_a_crews_route_leads_from_its_start_over_its_sites_and_idle_crews_have_none(features):
    assert features["route/c"]["geometry"]["coordinates"] == [[0.0, 0.0], [0.0045, 0.0]]
    assert features["route/c"]["properties"]["jobs"] == ["P1-P2"]
    assert "route/idle" not in features


def test_jobs_and_routes_that_end_after_the_horizon_say_so():
    """One crew mends both in turn, an hour each; an hour and a half is counted."""
    system = town(
        power="P1*-P2",
        crews={"c": "power", "d": "power"},
        damage={"P1": 60, "P2": 60},
        settings=Settings(horizon_minutes=90),
    )
    features = layer_of(system, {"c": ["P1", "P2"]})
    late = {name: feature["properties"]["after_horizon"] for name, feature in features.items()}
    assert late == {"damage/P1": False, "damage/P2": True, "route/c": True}


def test_a_customer_says_when_each_service_is_back(features):
    customer = features["customer/people of P2"]
    assert customer["geometry"] == {"type": "Point", "coordinates": [0.009, 0.0]}
    assert customer["properties"]["persons"] == 5
    assert customer["properties"]["power_back_minute"] == 62
    assert customer["properties"]["power_back"] == "2026-03-02T07:02:00-06:00"


def test_a_service_that_never_comes_back_is_null():
    system = town(power="P1*-P2", people={"P2": 5}, crews={"c": "gas"}, damage={"P2": 60})
    customer = layer_of(system, {})["customer/people of P2"]["properties"]
    assert (customer["power_back"], customer["power_back_minute"]) == (None, None)


def test_a_customer_without_a_place_has_no_geometry():
    system = town(power="P1*", people={"P1": 5})
    system = system.replace(customers=system.customers.assign(longitude=float("nan"), latitude=float("nan")))
    assert layer_of(system, {})["customer/people of P1"]["geometry"] is None


def test_a_line_over_the_antimeridian_is_cut_in_two():
    """From 179 east to 178 west, 0 to 3 degrees north: a third of the way is east of the cut, at 1 degree."""
    system = town(
        power="P1*-P2",
        places={"P1": (179.0, 0.0), "P2": (-178.0, 3.0)},
        crews={"c": {"skills": "power", "longitude": 179.0, "latitude": 0.0}},
        damage={"P1-P2": 60},
    )
    assert layer_of(system, {"c": ["P1-P2"]})["damage/P1-P2"]["geometry"] == {
        "type": "MultiLineString",
        "coordinates": [[[179.0, 0.0], [180.0, 1.0]], [[-180.0, 1.0], [-178.0, 3.0]]],
    }


def test_the_collection_is_the_only_thing_in_the_file_and_holds_no_nan():
    system = town(power="P1*-P2", people={"P2": 5}, crews={"c": "power"}, damage={"P2": 60})
    problem = build_problem(system, Shock.from_table(system, system.damage))

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text = plan_geojson(evaluate(problem, schedule(problem, {"c": ["P2"]})))
    collection = json.loads(text, parse_constant=refuse)
    assert set(collection) == {"type", "features"}
    assert collection["type"] == "FeatureCollection"
    assert [feature["properties"]["layer"] for feature in collection["features"]] == [
        "damage",
        "route",
        "customer",
    ]
