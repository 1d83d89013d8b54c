"""The rules between rows and tables: each broken one names the row, the column, the value and what to do."""

import pytest

from lifeline.errors import InvalidInput
from lifeline.system import System


def city(**changes):
    """A city of three nodes in which everything is right, with some tables exchanged."""
    here = {"longitude": 0.0, "latitude": 0.0}
    tables = {
        "nodes": [
            {"id": "P1", "sector": "power", "source": True, **here},
            {"id": "P2", "sector": "power", **here},
            {"id": "W1", "sector": "water", "source": True, **here},
        ],
        "links": [{"id": "line", "sector": "power", "from_node": "P1", "to_node": "P2"}],
        "dependencies": [{"dependent": "W1", "provider": "P2", "buffer_minutes": 30}],
        "customers": [{"id": "zone", "persons": 10}],
        "supplies": [{"customer": "zone", "service": "power", "node": "P2"}],
        "crews": [{"id": "red", "skills": "power", **here}],
        "shifts": [{"crew": "red", "start_minute": 0, "end_minute": 480}],
        "damage": [{"component": "line", "repair_minutes": 60}],
    }
    return {**tables, **changes}


def found(**changes):
    """What is wrong with the city: (table, row, column, value) of every problem."""
    return [(problem.table, problem.row, problem.column, problem.value) for problem in problems(**changes)]


def problems(**changes):
    with pytest.raises(InvalidInput) as caught:
        System.from_tables(city(**changes))
    return caught.value.problems


def said(**changes):
    """The one message about a city with one mistake."""
    (problem,) = problems(**changes)
    return problem.message


def supplies(*rows):
    columns = ("node", "share", "alternative", "weight_permille")
    return [{"customer": "zone", "service": "power", **dict(zip(columns, row, strict=False))} for row in rows]


def shifts(*windows, every=1440):
    return [
        {"crew": "red", "start_minute": start, "end_minute": end, "every_minutes": every}
        for start, end in windows
    ]


def test_the_city_itself_is_right():
    assert System.from_tables(city()).name == "unnamed"


def test_a_city_of_one_node_and_nothing_else_is_right():
    system = System.from_tables({"nodes": city()["nodes"][:1]})
    assert [name for name, frame in system.tables.items() if len(frame)] == ["nodes"]


def test_a_system_without_nodes_is_refused_and_nothing_else_is_said():
    tables = city()
    del tables["nodes"]
    with pytest.raises(InvalidInput) as caught:
        System.from_tables(tables)
    assert [str(problem) for problem in caught.value.problems] == [
        "nodes: is missing; it is the one table every system has."
    ]


def test_an_empty_table_of_nodes_is_refused():
    with pytest.raises(InvalidInput, match="nodes: has no rows"):
        System.from_tables({"nodes": []})


def test_an_unknown_id_is_named_with_the_nearest_one():
    damage = [{"component": "lime"}, {"component": "line"}, {"component": "bridge 7"}]
    assert found(damage=damage) == [
        ("damage", 2, "component", "lime"),
        ("damage", 4, "component", "bridge 7"),
    ]
    first, second = problems(damage=damage)
    assert first.message == "is not the id of a node or link. Did you mean 'line'?"
    assert second.message == "is not the id of a node or link. Correct it or add it to nodes or links."


@pytest.mark.parametrize(
    ("table", "column", "row"),
    [
        ("links", "from_node", {"id": "x", "sector": "power", "from_node": "?", "to_node": "P2"}),
        ("links", "to_node", {"id": "x", "sector": "power", "from_node": "P1", "to_node": "?"}),
        ("dependencies", "dependent", {"dependent": "?", "provider": "P1"}),
        ("dependencies", "provider", {"dependent": "P1", "provider": "?"}),
        ("supplies", "customer", {"customer": "?", "service": "power", "node": "P2"}),
        ("supplies", "node", {"customer": "zone", "service": "water", "node": "?"}),
        ("shifts", "crew", {"crew": "?", "start_minute": 0, "end_minute": 480}),
        ("damage", "component", {"component": "?"}),
    ],
)
def test_every_reference_has_to_point_at_something(table, column, row):
    rows = [*city()[table], row]
    assert found(**{table: rows}) == [(table, len(rows) + 1, column, "?")]


def test_a_repeated_id_is_told_with_the_row_it_repeats():
    """Rows are given in another order than they are sorted in: the numbers are those of the input."""
    nodes = [city()["nodes"][place] for place in (2, 0, 1, 0)]
    assert found(nodes=nodes) == [("nodes", 5, "id", "P1")]
    assert said(nodes=nodes) == "repeats this id of row 3; give it its own or remove the row."


@pytest.mark.parametrize(
    "table", ["dependencies", "supplies", "shifts", "damage", "customers", "crews", "links"]
)
def test_no_row_of_any_table_is_there_twice(table):
    rows = city()[table] * 2
    repeated = [place for place in found(**{table: rows}) if place[:2] == (table, 3)]
    assert repeated


def test_a_link_is_not_called_like_a_node():
    links = [{"id": "W1", "sector": "power", "from_node": "P1", "to_node": "P2"}]
    assert found(links=links, damage=[]) == [("links", 2, "id", "W1")]


def test_a_link_joins_two_different_nodes():
    links = [{"id": "line", "sector": "power", "from_node": "P1", "to_node": "P1"}]
    assert found(links=links) == [("links", 2, "to_node", "P1")]


def test_two_parallel_links_are_right():
    twin = {"id": "twin", "sector": "power", "from_node": "P1", "to_node": "P2"}
    assert len(System.from_tables(city(links=[*city()["links"], twin])).links) == 2


def test_a_link_joins_nodes_of_its_own_sector():
    links = [{"id": "line", "sector": "water", "from_node": "W1", "to_node": "P1"}]
    assert found(links=links) == [("links", 2, "to_node", "P1")]
    assert said(links=links) == "is a power node; sector says water: correct one of them."


def test_only_a_road_has_a_speed():
    links = [{**city()["links"][0], "speed_kmh": 50}]
    assert said(links=links) == "is a speed on a link that is no road; leave it blank."


def test_nothing_depends_on_itself():
    assert found(dependencies=[{"dependent": "P2", "provider": "P2"}]) == [
        ("dependencies", 2, "provider", "P2")
    ]


def test_a_loop_of_dependencies_is_right():
    both = [{"dependent": "W1", "provider": "P1"}, {"dependent": "P1", "provider": "W1"}]
    assert len(System.from_tables(city(dependencies=both)).dependencies) == 2


def test_the_alternatives_of_a_group_have_one_buffer():
    rows = [
        {"dependent": "W1", "provider": "P1", "group": "feed", "buffer_minutes": 30},
        {"dependent": "W1", "provider": "P2", "group": "feed", "buffer_minutes": 60},
        {"dependent": "P1", "provider": "P2", "group": "feed", "buffer_minutes": 90},
    ]
    assert found(dependencies=rows) == [("dependencies", 3, "buffer_minutes", "60")]
    assert said(dependencies=rows) == "differs from 30 in row 2; all rows of the group say the same."


def test_shares_add_up_to_one():
    """0.5 + 0.4 = 0.9; the first row is named, and both are listed."""
    rows = supplies(("P1", 0.5), ("P2", 0.4))
    assert found(supplies=rows) == [("supplies", 2, "share", "0.5")]
    assert (
        said(supplies=rows)
        == "the shares of zone (power) in rows 2, 3 add up to 0.9; they have to add up to 1."
    )


def test_shares_may_miss_one_by_a_millionth():
    assert System.from_tables(city(supplies=supplies(("P1", 0.333333), ("P2", 0.666667))))
    assert System.from_tables(city(supplies=supplies(("P1", 0.3333335), ("P2", 0.666667))))
    assert len(problems(supplies=supplies(("P1", 0.33334), ("P2", 0.666667)))) == 1


def test_shares_are_added_up_for_each_service_apart():
    water = {"customer": "zone", "service": "water", "node": "W1"}
    assert System.from_tables(city(supplies=[*supplies(("P1", 0.5), ("P2", 0.5)), water]))
    assert len(problems(supplies=[*supplies(("P1", 0.5), ("P2", 0.6)), water])) == 1


def test_an_alternative_group_counts_once():
    """Either P1 or P2 serves all: 1, not 2."""
    assert System.from_tables(city(supplies=supplies(("P1", 1.0, "either"), ("P2", 1.0, "either"))))


def test_alternatives_carry_one_share():
    rows = supplies(("P1", 1.0, "either"), ("P2", 0.5, "either"))
    assert found(supplies=rows) == [("supplies", 3, "share", "0.5")]


def test_a_service_has_one_weight():
    rows = supplies(("P1", 0.5, "", 1000), ("P2", 0.5, "", 2000))
    assert found(supplies=rows) == [("supplies", 3, "weight_permille", "2000")]


def test_a_supply_comes_from_a_node_of_the_service():
    rows = [{"customer": "zone", "service": "water", "node": "P2"}]
    assert found(supplies=rows) == [("supplies", 2, "node", "P2")]


def test_a_customer_served_by_nothing_is_refused():
    customers = [*city()["customers"], {"id": "island", "persons": 5}]
    assert found(customers=customers) == [("customers", 3, "id", "island")]


def test_a_customer_has_both_coordinates_or_neither():
    assert found(customers=[{"id": "zone", "persons": 1, "longitude": 3}]) == [
        ("customers", 2, "latitude", None)
    ]
    assert found(customers=[{"id": "zone", "persons": 1, "latitude": 3}]) == [
        ("customers", 2, "longitude", None)
    ]


def test_more_persons_than_can_be_counted_exactly_are_refused():
    """10^9 persons x 10^6 permille x 10^7 minutes would not fit into 64 bits."""
    customers = [{"id": "zone", "persons": 1_000_000_000}]
    rows = supplies(("P2", 1.0, "", 1_000_000))
    assert found(customers=customers, supplies=rows) == [("supplies", None, "weight_permille", None)]
    assert System.from_tables(city(customers=[{"id": "zone", "persons": 900_000_000}]))


def test_a_crew_can_do_something():
    crews = [{"id": "red", "skills": " ; ", "longitude": 0, "latitude": 0}]
    assert found(crews=crews) == [("crews", 2, "skills", " ; ")]


def test_a_shift_lies_within_its_period():
    assert found(shifts=shifts((1440, 1500))) == [("shifts", 2, "start_minute", "1440")]
    assert found(shifts=shifts((480, 480))) == [("shifts", 2, "end_minute", "480")]
    assert ("shifts", 2, "end_minute", "1541") in found(shifts=shifts((100, 1541)))


def test_shifts_of_a_crew_do_not_overlap():
    assert System.from_tables(city(shifts=shifts((0, 480), (480, 960), (960, 1440))))
    assert found(shifts=shifts((480, 961), (0, 480), (960, 1440))) == [("shifts", 2, "end_minute", "961")]


def test_a_night_shift_does_not_overlap_the_next_morning():
    """22:00 to 06:00 ends at minute 1800; the first shift begins again at 1440 + 360 = 1800."""
    assert System.from_tables(city(shifts=shifts((360, 840), (1320, 1800))))
    assert found(shifts=shifts((359, 840), (1320, 1800))) == [("shifts", 3, "end_minute", "1800")]


def test_one_shift_may_last_the_whole_period():
    assert System.from_tables(city(shifts=shifts((100, 1540))))


def test_a_crew_has_one_period():
    rows = [*shifts((0, 60)), *shifts((60, 120), every=720)]
    assert ("shifts", 3, "every_minutes", "720") in found(shifts=rows)


def test_a_repair_time_for_every_other_kind_is_there_once():
    rows = [{"sector": "power", "kind": kind, "minutes": 5} for kind in ("", "*", "pole")]
    assert found(repair_times=rows) == [("repair_times", 2, "kind", "")]
    assert System.from_tables(city(repair_times=rows[1:]))


def test_all_mistakes_of_all_tables_are_in_one_error():
    """One mistake in each of eight tables, told in the order of the tables."""
    tables = {
        "nodes": [*city()["nodes"], {"id": "P9", "sector": "power", "longitude": 181, "latitude": 0}],
        "links": [*city()["links"], {"id": "loop", "sector": "power", "from_node": "P1", "to_node": "P1"}],
        "dependencies": [{"dependent": "W1", "provider": "W1"}],
        "customers": [*city()["customers"], {"id": "b", "persons": -1}],
        "supplies": [*supplies(("P2", 0.5)), {"customer": "b", "service": "power", "node": "P1"}],
        "crews": [{"id": "red", "skills": "power", "longitude": "east", "latitude": 0}],
        "shifts": shifts((5, 5)),
        "damage": [{"component": "line", "repair_minutes": 0}],
    }
    assert found(**tables) == [
        ("nodes", 5, "longitude", "181"),
        ("links", 3, "to_node", "P1"),
        ("dependencies", 2, "provider", "W1"),
        ("customers", 3, "persons", "-1"),
        ("supplies", 2, "share", "0.5"),
        ("crews", 2, "longitude", "east"),
        ("shifts", 2, "end_minute", "5"),
        ("damage", 2, "repair_minutes", "0"),
    ]


def test_a_bad_cell_is_told_once_and_does_not_set_off_other_rules():
    """A share that is no number is not also a sum that misses one; a bad sector is not also a wrong sector."""
    assert found(supplies=supplies(("P1", "half"), ("P2", 0.5))) == [("supplies", 2, "share", "half")]
    nodes = [{**node, "sector": "powr"} if node["id"] == "P2" else node for node in city()["nodes"]]
    assert found(nodes=nodes) == [("nodes", 3, "sector", "powr")]


def test_references_into_a_table_with_lost_rows_are_not_called_wrong():
    """Of the nodes only the missing column is told, not each link that can no longer find its ends."""
    nodes = [{key: value for key, value in node.items() if key != "id"} for node in city()["nodes"]]
    assert found(nodes=nodes) == [("nodes", 1, "id", None)]
    assert found(supplies=["zone"]) == [("supplies", 2, None, "zone")]


def test_a_thousand_unknown_ids_are_all_told():
    damage = [{"component": f"nowhere {number}"} for number in range(1000)]
    assert len(problems(damage=damage)) == 1000
