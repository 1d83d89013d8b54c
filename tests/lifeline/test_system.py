"""A System: what it is made of, what it refuses, and what can be taken away from it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import assert_same_system, town

from lifeline.errors import InvalidInput
from lifeline.system import Settings, System

NODE = {"id": "P1", "sector": "power", "longitude": 0.0, "latitude": 0.0}


def refused(tables):
    with pytest.raises(InvalidInput) as caught:
        System.from_tables(tables)
    return [str(problem) for problem in caught.value.problems]


def refused_settings(**settings):
    with pytest.raises(InvalidInput) as caught:
        Settings(**settings)
    return [problem.column for problem in caught.value.problems]


def test_a_system_is_made_of_lists_of_rows_or_of_dataframes():
    rows = [NODE, {**NODE, "id": "P2", "source": True}]
    assert_same_system(System.from_tables({"nodes": rows}), System.from_tables({"nodes": pd.DataFrame(rows)}))


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_means_nothing(random):
    system = town(
        power="P1*-P2-P3 P2-P4",
        dependencies=[("P3", "P4"), ("P3", "P1", "feed"), ("P3", "P2", "feed")],
        people={"P3": 10, "P4": 20},
        crews={"red": "power", "blue": "power"},
        damage={"P2": 30, "P1-P2": 10},
    )
    shuffled = {}
    for name, frame in system.tables.items():
        order = list(range(len(frame)))
        random.shuffle(order)
        shuffled[name] = frame.iloc[order]
    assert_same_system(System.from_tables(shuffled, system.settings), system)


def test_what_is_handed_in_stays_as_it_was_and_later_changes_do_not_reach_the_system():
    frame = pd.DataFrame([{**NODE, "id": "P2"}, NODE])
    before = frame.copy()
    system = System.from_tables({"nodes": frame})
    pd.testing.assert_frame_equal(frame, before)
    frame.loc[:, "longitude"] = 99.0
    assert system.nodes["longitude"].tolist() == [0.0, 0.0]


def test_text_is_of_object_type_whatever_pandas_would_choose():
    system = System.from_tables({"nodes": pd.DataFrame([NODE])})
    assert {str(system.nodes[name].dtype) for name in ("id", "sector", "kind", "owner")} == {"object"}
    assert all(type(value) is str for value in system.nodes["id"])


def test_an_unknown_column_is_named_with_the_nearest_one():
    known = "black_start, capacity, demand, elevation_m, generation, head_m, kind, owner, source, standby, "
    known += "threshold_permille"
    assert refused({"nodes": [{**NODE, "sorce": True, "colour": "red"}]}) == [
        f"nodes, row 1, colour: is a column nodes does not have. Known are {known}.",
        "nodes, row 1, sorce: is a column nodes does not have. Did you mean 'source'?",
    ]


def test_a_missing_column_is_named_once():
    assert refused({"nodes": [{"id": "P1", "sector": "power"}]}) == [
        "nodes, row 1, longitude: is missing; the table needs this column.",
        "nodes, row 1, latitude: is missing; the table needs this column.",
    ]


def test_a_column_that_is_there_twice_is_refused():
    frame = pd.DataFrame(
        [["P1", "power", 0.0, 0.0, 1.0]], columns=["id", "sector", "longitude", "latitude", "latitude"]
    )
    assert "nodes, row 1, latitude: is there twice; keep one." in refused({"nodes": frame})


def test_an_unknown_table_is_named_with_the_nearest_one():
    assert refused({"nodes": [NODE], "link": []}) == ["link: is not a table. Did you mean 'links'?"]


@pytest.mark.parametrize("table", ["nodes", b"nodes", {"id": "P1"}, 7, None])
def test_what_is_no_table_is_refused(table):
    assert refused({"nodes": table}) == ["nodes: is not a table; give a DataFrame or a list of rows."]


def test_a_row_that_is_no_mapping_is_refused_by_its_number():
    assert refused({"nodes": [NODE, "P2", {**NODE, "id": ""}]}) == [
        "nodes, row 3 = 'P2': is not an object with one value for each column.",
        "nodes, row 4, id = '': is blank; it has to be filled in.",
    ]


def test_an_index_called_row_says_the_rows_of_the_file():
    frame = pd.DataFrame([NODE, NODE], index=pd.Index([10, 20], name="row"))
    assert refused({"nodes": frame})[0].startswith("nodes, row 20, id = 'P1': repeats this id of row 10")


def test_replacing_a_table_gives_another_system_and_leaves_the_first_alone():
    system = town(power="P1*-P2", damage={"P2": 30})
    other = system.replace(damage=[{"component": "P1", "repair_minutes": 5}])
    assert other.damage["component"].tolist() == ["P1"]
    assert system.damage["component"].tolist() == ["P2"]
    assert other.settings == system.settings


def test_replacing_a_table_checks_the_whole_again():
    """Without P2 the link, the supply and the damage hang in the air."""
    system = town(power="P1*-P2", people={"P2": 10}, damage={"P2": 30})
    with pytest.raises(InvalidInput) as caught:
        system.replace(nodes=system.nodes.iloc[:1])
    assert [problem.table for problem in caught.value.problems] == ["links", "supplies", "damage"]


def test_settings_can_be_replaced_alone():
    system = town(power="P1*")
    assert system.replace(settings=Settings(name="other")).name == "other"


def test_the_graph_has_links_both_ways_dependencies_and_supplies():
    """Nodes P1, P2, P3, W1 and the people of P2. Edges: 2 for P1-P2, 1 for P2>P3, 1 dependency, 1 supply."""
    graph = town(
        power="P1*-P2>P3", water="W1*", dependencies=[("W1", "P2", "feed", 30)], people={"P2": 10}
    ).graph()
    assert len(graph) == 5
    assert graph.number_of_edges() == 5
    assert graph.nodes["P1"]["source"] is True
    assert graph.edges["P1", "P2", "P1-P2"]["sector"] == graph.edges["P2", "P1", "P1-P2"]["sector"] == "power"
    assert not graph.has_edge("P3", "P2")
    dependency = graph.edges["P2", "W1", ("dependency", "feed")]
    assert (dependency["kind"], dependency["buffer_minutes"]) == ("dependency", 30)
    customer = ("customer", "people of P2")
    assert graph.nodes[customer]["persons"] == 10
    assert graph.edges["P2", customer, ("supply", "power", "")]["share"] == 1.0


def test_the_graph_keeps_parallel_links_apart():
    ends = {"sector": "power", "from_node": "P1", "to_node": "P2"}
    tables = {"nodes": [NODE, {**NODE, "id": "P2"}], "links": [{"id": "a", **ends}, {"id": "b", **ends}]}
    assert System.from_tables(tables).graph().number_of_edges("P1", "P2") == 2


def test_a_customer_may_be_called_like_a_node():
    system = town(power="P1*", alternatives={"P1": (10, ["P1"])})
    assert set(system.graph().nodes) == {"P1", ("customer", "P1")}


def test_town_places_nodes_a_kilometre_apart_and_knows_sources_and_black_starts():
    system = town(power="P1-P2*", water="W1", black_start=["W1"], places={"P1": (5.0, 6.0)})
    nodes = system.nodes.set_index("id")
    assert nodes["longitude"].tolist() == [5.0, 0.009, 0.018]
    assert nodes["source"].tolist() == [False, True, False]
    assert nodes["black_start"].tolist() == [False, False, True]


def test_town_serves_alternatives_from_either_node():
    supplies = town(power="P1* P2*", alternatives={"hospital": (50, ["P1", "P2"])}).supplies
    assert supplies["node"].tolist() == ["P1", "P2"]
    assert supplies["alternative"].tolist() == ["either", "either"]


def test_settings_refuse_nonsense_all_at_once():
    assert refused_settings(
        name=7, description=None, start="soon", timezone="Mars/Olympus", detour_factor=0.9, horizon_minutes=0
    ) == ["name", "detour_factor", "horizon_minutes", "start", "timezone"]


@pytest.mark.parametrize("start", ["2026-01-01", "2026-01-01T00:00:00", "yesterday", 7])
def test_a_start_needs_an_offset(start):
    assert refused_settings(start=start) == ["start"]


def test_a_blank_setting_is_the_default():
    assert Settings(start="", timezone="", horizon_minutes=None) == Settings()


@pytest.mark.parametrize("timezone", ["Mars", "../etc/passwd", "America", "/UTC", "UTC\x00", 3])
def test_a_time_zone_has_to_exist(timezone):
    assert refused_settings(timezone=timezone) == ["timezone"]


@pytest.mark.parametrize("factor", [float("nan"), float("inf"), "1.5x", 0.0, 101, True])
def test_a_detour_is_a_finite_number_of_at_least_one(factor):
    assert refused_settings(detour_factor=factor) == ["detour_factor"]


@pytest.mark.parametrize("horizon", [0, -1, 1.5, "soon", 10_000_001, float("nan")])
def test_a_horizon_is_at_least_a_minute(horizon):
    assert refused_settings(horizon_minutes=horizon) == ["horizon_minutes"]


def test_an_unknown_setting_is_named_with_the_nearest_one():
    with pytest.raises(InvalidInput) as caught:
        Settings.of({"colour": "x", "timezon": "UTC", "detour_factor": 0})
    known = (
        "command, description, detour_factor, fairness_permille, gas_rule, horizon_minutes, name, power_rule, "
        "reach_minutes, reclose_minutes, road_rule, sources, start, telecom_rule, timezone, "
        "vulnerable_weight_permille, water_rule"
    )
    assert [str(problem) for problem in caught.value.problems] == [
        f"settings, colour: is not a setting. Known are {known}.",
        "settings, timezon: is not a setting. Did you mean 'timezone'?",
        "settings, detour_factor = '0': is below 1, the least allowed.",
    ]


def test_the_clock_is_in_the_time_zone_of_the_city():
    """Memphis is 6 hours behind UTC in January: minute 90 after 12:00 UTC is 07:30 there."""
    settings = Settings(start="2026-01-01T12:00:00+00:00", timezone="America/Chicago")
    assert settings.clock(90) == datetime(2026, 1, 1, 7, 30, tzinfo=ZoneInfo("America/Chicago"))
    assert settings.clock(90).strftime("%H:%M") == "07:30"


def test_a_hundred_thousand_nodes_and_links_are_told_apart_from_one_bad_row():
    """Vectorised: a hundred thousand rows with a single bad one name just that one."""
    count = 100_000
    ids = np.array([f"n{number}" for number in range(count)], dtype=object)
    nodes = pd.DataFrame({"id": ids, "sector": "power", "longitude": 0.0, "latitude": 0.0})
    links = pd.DataFrame(
        {
            "id": [f"l{number}" for number in range(count)],
            "sector": "power",
            "from_node": ids,
            "to_node": np.roll(ids, 1),
        }
    )
    assert len(System.from_tables({"nodes": nodes, "links": links}).links) == count
    links.loc[70_000, "to_node"] = "n99999999"
    assert refused({"nodes": nodes, "links": links})[0].startswith("links, row 70002, to_node = 'n99999999'")
