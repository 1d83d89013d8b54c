"""Map layers as OGC API - Features: what is on a page, where, when, and how the pages hang together."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from worlds import town

from api.documents import features, in_children
from api.documents.feature_query import MOST_LIMIT, BadQuery, FeatureQuery, touches
from api.documents.layers import Now, Work, incident_layers
from api.documents.system_layers import system_layers
from lifeline import write_system

BASE = "https://city.example/v1/incidents/5f1d7a84c0ffee00/ogc"
SIX = datetime(2026, 3, 2, 6, tzinfo=UTC)
NOW = Now(
    states={"P1-A": "broken", "A": "dark"},
    damage={"P1-A": {"repair_minutes": 60}},
    services={"people of A": {"power": "dark"}},
    crews={"red": {"job": "P1-A"}},
)


@pytest.fixture(scope="module")
def ground(four_lines):
    return system_layers(four_lines)


@pytest.fixture(scope="module")
def layers(ground, lists):
    return incident_layers(ground, NOW, Work(lists, 3, "optimal", True, SIX))


def asked(layer, **parameters):
    given = {name: str(value) for name, value in parameters.items()}
    return features.items(BASE, layer, FeatureQuery.of(given), given, now=SIX)


def ids(page):
    return [found["id"] for found in page["features"]]


def href(page, rel):
    return next((one["href"] for one in page["links"] if one["rel"] == rel), None)


def test_an_incident_has_six_layers_and_says_where_and_when_they_are(layers):
    told = features.collections(BASE, layers)
    found = {one["id"]: one for one in told["collections"]}
    assert list(found) == ["components", "damage", "customers", "crews", "visits", "routes"]
    assert {one["itemType"] for one in found.values()} == {"feature"}
    assert found["components"]["extent"] == {
        "spatial": {"bbox": [[0.25, 0.5, 0.25, 0.5]], "crs": features.CRS84}
    }
    # Red and blue work from 06:00 to 08:00.
    assert found["visits"]["extent"]["temporal"]["interval"] == [
        ["2026-03-02T06:00:00Z", "2026-03-02T08:00:00Z"]
    ]
    assert href(found["crews"], "items") == f"{BASE}/collections/crews/items"


def test_components_and_customers_tell_how_they_are_now(layers):
    parts = {found["id"]: found for found in asked(layers["components"])["features"]}
    assert list(parts) == sorted(["A", "B", "C", "D", "P1", "P1-A", "P1-B", "P1-C", "P1-D"])
    assert {name: part["properties"]["state"] for name, part in parts.items()} == {
        **dict.fromkeys(parts, "works"),
        "P1-A": "broken",
        "A": "dark",
    }
    assert parts["P1-A"]["geometry"]["type"] == "LineString"
    assert parts["P1-A"]["properties"]["from_node"] == "P1"
    customers = {found["id"]: found["properties"] for found in asked(layers["customers"])["features"]}
    assert customers["people of A"]["service_power"] == "dark"
    assert customers["people of A"]["has_all_services"] is False
    assert customers["people of B"]["has_all_services"] is True
    assert ids(asked(layers["damage"])) == ["P1-A"]
    assert layers["damage"].one("P1-A")["properties"]["repair_minutes"] == 60
    assert layers["crews"].one("red")["properties"]["job"] == "P1-A"


def test_visits_carry_their_plan_and_their_times(layers):
    visit = layers["visits"].one("P1-C")["properties"]
    assert (visit["crew"], visit["begins_at"], visit["ends_at"]) == (
        "red",
        "2026-03-02T07:00:00Z",
        "2026-03-02T08:00:00Z",
    )
    assert (visit["plan_version"], visit["plan_label"], visit["is_approved"]) == (3, "optimal", True)
    assert layers["routes"].one("route/red")["properties"]["jobs"] == ["P1-A", "P1-C"]


def test_without_a_plan_there_are_no_visits(ground):
    layers = incident_layers(ground, Now(), None)
    assert asked(layers["visits"])["features"] == []
    assert "extent" not in features.collection(BASE, layers["visits"])
    assert asked(layers["damage"])["numberMatched"] == 0


def test_pages_follow_each_other_until_all_have_been_told_once(layers):
    """Nine components, four at a time: 4, 4 and 1."""
    seen, sizes, parameters = [], [], {"limit": "4"}
    while parameters:
        page = asked(layers["components"], **parameters)
        sizes.append(page["numberReturned"])
        seen += ids(page)
        assert page["numberMatched"] == 9
        onward = href(page, "next")
        parameters = {name: values[0] for name, values in parse_qs(urlsplit(onward or "").query).items()}
    assert sizes == [4, 4, 1]
    assert seen == layers["components"].ids


def test_a_box_takes_what_touches_it():
    """P1 at 0, 0 and P2 at 2, 0; the line between them goes through a box from 0.5 to 1.5."""
    system = town(
        power="P1*-P2", places={"P1": (0.0, 0.0), "P2": (2.0, 0.0)}, crews={"red": "power"}, people={"P2": 1}
    )
    layer = incident_layers(system_layers(system), Now(), None)["components"]
    assert ids(asked(layer, bbox="0.5,-1,1.5,1")) == ["P1-P2"]
    assert ids(asked(layer, bbox="-1,-1,0,1")) == ["P1", "P1-P2"]
    assert ids(asked(layer, bbox="-1,-1,-10,0,1,10")) == ["P1", "P1-P2"]
    assert ids(asked(layer, bbox="3,3,4,4")) == []
    assert asked(layer, bbox="0.5,-1,1.5,1", limit=1)["numberMatched"] == 1
    # From 1.5 east round the world to 1 west.
    assert ids(asked(layer, bbox="1.5,-1,-1,1")) == ["P1-P2", "P2"]


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ([[-2, 0], [2, 0]], True),
        ([[-2, -2], [2, 2]], True),
        ([[-2, 0], [0, 2.1]], False),
        ([[0, 0], [0.1, 0.1]], True),
        ([[1, -5], [1, 5]], True),
        ([[1.1, -5], [1.1, 5]], False),
        ([[-3, 0], [-2, 0]], False),
    ],
)
def test_a_line_is_in_a_box_only_if_a_point_of_it_is(path, inside):
    """The box reaches from -1 to 1 both ways; the line from (-2, 0) to (0, 2.1) passes outside its corner (-1, 1)."""
    box = (-1.0, -1.0, 1.0, 1.0)
    assert touches({"type": "LineString", "coordinates": path}, box) is inside
    assert touches({"type": "MultiLineString", "coordinates": [[[9, 9], [8, 8]], path]}, box) is inside


@pytest.mark.parametrize(
    ("when", "jobs"),
    [
        ("2026-03-02T06:30:00Z", ["P1-A", "P1-B"]),
        ("2026-03-02T14:30:00+08:00", ["P1-A", "P1-B"]),
        ("2026-03-02T07:30:00Z/..", ["P1-C", "P1-D"]),
        ("/2026-03-02T05:59:59Z", []),
        ("2026-03-01T00:00:00Z/2026-03-03T00:00:00Z", ["P1-A", "P1-B", "P1-C", "P1-D"]),
    ],
)
def test_visits_are_found_by_time(layers, when, jobs):
    """A and B are done from 06:00 to 07:00, C and D from 07:00 to 08:00."""
    assert ids(asked(layers["visits"], datetime=when)) == jobs


def test_what_has_no_time_is_there_at_all_times(layers):
    assert asked(layers["components"], datetime="1999-01-01T00:00:00Z")["numberMatched"] == 9


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "many"},
        {"limit": "²"},
        {"bbox": "1,2,3"},
        {"bbox": "a,b,c,d"},
        {"bbox": "1,2,nan,4"},
        {"bbox": "0,5,1,4"},
        {"bbox": "0,0,181,1"},
        {"datetime": "yesterday"},
        {"datetime": "2026-03-02"},
        {"datetime": "2026-03-02T06:00:00"},
        {"datetime": "../.."},
        {"datetime": "2026-03-03T00:00:00Z/2026-03-02T00:00:00Z"},
        {"datetime": "0001-01-01T00:00:00+14:00"},
        {"after": "x" * 500},
        {"colour": "red"},
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(parameters):
    (name,) = parameters
    with pytest.raises(BadQuery, match=f"query → {name}"):
        FeatureQuery.of(parameters)


def test_a_limit_above_the_most_is_cut_to_it():
    assert FeatureQuery.of({"limit": "999999"}).limit == MOST_LIMIT


def test_one_feature_has_an_address_that_leads_back_to_it(layers):
    found = features.item(BASE, layers["routes"], "route/red")
    assert href(found, "self") == f"{BASE}/collections/routes/items/route%2Fred"
    assert features.item(BASE, layers["routes"], "route/green") is None


def test_the_landing_page_leads_to_everything(layers):
    page = features.landing_page(BASE, title="Quake", description="")
    assert {one["rel"] for one in page["links"]} == {"self", "service-desc", "conformance", "data"}
    assert all(one["href"].startswith(BASE) for one in page["links"])
    described = features.description(BASE, layers, title="Quake", version="1")
    assert described["openapi"].startswith("3.0")
    limit = described["paths"]["/collections/visits/items"]["get"]["parameters"][0]["schema"]
    assert limit["maximum"] == MOST_LIMIT
    assert len(features.conformance()["conformsTo"]) == 3


def test_a_child_makes_the_layers_of_the_crews_that_the_incident_has(four_lines, ground, tmp_path):
    path = tmp_path / "system.zip"
    write_system(four_lines, path)
    assert json.loads(json.dumps(in_children.layers({"problem": {"system": str(path)}}, print))) == ground
    crews = [{"id": "green", "skills": "power", "longitude": 1.0, "latitude": 2.0}]
    other = in_children.layers({"problem": {"system": str(path), "tables": {"crews": crews}}}, print)
    assert [crew["id"] for crew in other["crews"]] == ["green"]
    assert other["components"] == ground["components"]


def test_the_map_knows_what_was_reported_and_where_the_crews_are(four_lines, plan, tmp_path):
    """At minute 90 red, which had reported A done at 50, works at C; B is back and D is being mended."""
    path = tmp_path / "system.zip"
    write_system(four_lines, path)
    done = {"kind": "job_finished", "id": "1", "job": "P1-A", "happened_at": "2026-03-02T06:50:00+00:00"}
    problem = {"system": str(path), "now": 90, "updates": [done], "plan": plan.to_json()}
    now = json.loads(json.dumps(in_children.now({"problem": problem}, print)))
    assert now["states"] == {
        "C": "dark",
        "D": "dark",
        "P1-A": "repaired",
        "P1-B": "repaired",
        "P1-C": "under_repair",
        "P1-D": "under_repair",
    }
    assert now["services"] == {"people of C": {"power": "dark"}, "people of D": {"power": "dark"}}
    assert now["damage"]["P1-C"] == {"works": False, "crews": ["red"], "repair_minutes": 60}
    assert (now["crews"]["red"]["doing"], now["crews"]["red"]["job"]) == ("working", "P1-C")
    layers = incident_layers(system_layers(four_lines), Now(**now), None)
    assert layers["damage"].one("P1-C")["properties"]["state"] == "under_repair"
    assert layers["crews"].one("red")["geometry"]["coordinates"] == [0.25, 0.5]
    assert "longitude" not in layers["crews"].one("red")["properties"]


def test_a_customer_whose_people_are_served_in_part_is_short_of_service(tmp_path):
    """Ten people get power from either of two nodes, half each; one of the two is cut off."""
    system = town(power="P1*-A P1-B", people={"A": 3}, crews={"red": "power"}, damage={"P1-A": None})
    halves = [{"customer": "mall", "node": node, "service": "power", "share": 0.5} for node in "AB"]
    mall = {"id": "mall", "persons": 10, "longitude": 0.0, "latitude": 0.0}
    system = system.replace(
        customers=[*system.customers.to_dict("records"), mall],
        supplies=[*system.supplies.to_dict("records"), *halves],
    )
    for crews in (system.crews, []):
        path = tmp_path / f"{len(crews)}.zip"
        write_system(system.replace(crews=crews), path)
        first = in_children.now({"problem": {"system": str(path)}}, print)
        assert first["services"] == {"people of A": {"power": "dark"}, "mall": {"power": "short"}}
        assert first["states"]["P1-A"] == "broken"
        assert first["states"]["A"] == "dark"
        assert list(first["damage"]) == ["P1-A"]


def test_customers_without_a_place_are_listed_without_one():
    system = town(power="P1*-P2", people={"P2": 4}, crews={"red": "power"})
    nowhere = system.replace(customers=system.customers.assign(longitude=float("nan"), latitude=float("nan")))
    layer = incident_layers(system_layers(nowhere), Now(), None)["customers"]
    assert layer.one("people of P2")["geometry"] is None
    assert layer.box is None
    assert ids(asked(layer)) == ["people of P2"]
    assert ids(asked(layer, bbox="-180,-90,180,90")) == []
