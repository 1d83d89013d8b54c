"""Joining systems: small towns whose ids clash or do not, and what becomes of every table."""

import pandas as pd
import pytest
from worlds import town

from lifeline.errors import InvalidInput
from lifeline.merging import merge
from lifeline.repair import build_problem
from lifeline.shock import Shock
from lifeline.system import Settings, System


def power_town(name="north power", **settings):
    return town(
        power="A*-B",
        people={"B": 10},
        crews={"red": "power"},
        shifts={"red": [(60, 600)]},
        damage={"A-B": 90},
        dependencies=[("B", "A")],
        settings=Settings(name=name, **settings),
    )


def water_town(name="north water", **settings):
    """Uses B, the crew red and the customer "people of B" as well, with nothing to do with the other's."""
    return town(
        water="B*-C",
        people={"B": 4, "C": 6},
        crews={"red": "water", "blue": "water"},
        damage={"C": 30},
        dependencies=[("C", "B", "head", 20)],
        settings=Settings(name=name, **settings),
    )


def notes(imported, action):
    return {(note.table, *note.items) for note in imported.report if note.action == action}


def test_ids_of_two_systems_get_the_name_of_theirs_in_front_wherever_they_stand():
    merged = merge([power_town(), water_town()])
    system = merged.system
    assert system.nodes["id"].tolist() == ["A", "C", "north power:B", "north water:B"]
    assert system.links[["id", "from_node", "to_node"]].to_numpy().tolist() == [
        ["A-B", "A", "north power:B"],
        ["B-C", "north water:B", "C"],
    ]
    assert system.dependencies[["dependent", "provider", "group", "buffer_minutes"]].to_numpy().tolist() == [
        ["C", "north water:B", "head", 20],
        ["north power:B", "A", "A", 0],
    ]
    assert system.customers["id"].tolist() == [
        "north power:people of B",
        "north water:people of B",
        "people of C",
    ]
    assert system.supplies[["customer", "node"]].to_numpy().tolist() == [
        ["north power:people of B", "north power:B"],
        ["north water:people of B", "north water:B"],
        ["people of C", "C"],
    ]
    assert system.crews["id"].tolist() == ["blue", "north power:red", "north water:red"]
    assert system.shifts["crew"].tolist() == ["north power:red"]
    assert system.damage[["component", "repair_minutes"]].to_numpy().tolist() == [["A-B", 90], ["C", 30]]
    assert notes(merged, "converted") == {
        ("nodes", "B is north power:B"),
        ("nodes", "B is north water:B"),
        ("customers", "people of B is north power:people of B"),
        ("customers", "people of B is north water:people of B"),
        ("crews", "red is north power:red"),
        ("crews", "red is north water:red"),
    }


def test_an_unnamed_group_keeps_its_provider_s_id_as_name_when_that_changes():
    one = town(power="A* B*", dependencies=[("A", "B")], settings=Settings(name="one"))
    other = town(water="B*", settings=Settings(name="two"))
    rows = merge([one, other]).system.dependencies
    assert rows[["dependent", "provider", "group"]].to_numpy().tolist() == [["A", "one:B", "one:B"]]


def working_town(name, **settings):
    """Main B is mended in two steps, and a task at A waits for nobody; both towns call everything the same."""
    return town(
        power="A*-B",
        people={"B": 10},
        crews={"red": "power", "only " + name: "power"},
        damage={"B": 90, "A-B": 30},
        settings=Settings(name=name, **settings),
    ).replace(
        steps=[
            {"component": "B", "step": "dig", "minutes": 60, "after": "A-B; watch " + name},
            {"component": "B", "step": "weld", "minutes": 30, "after": "dig"},
            {"component": "A-B", "step": "string", "minutes": 30, "after": "relay"},
        ],
        tasks=[
            {"id": "relay", "minutes": 10, "component": "A"},
            {"id": "watch " + name, "minutes": 10, "component": "A"},
        ],
        uses=[
            {"job": "B/weld", "part": "pipe", "quantity": 1},
            {"job": "relay", "part": "rod", "quantity": 2},
        ],
        stock=[{"depot": name, "part": part, "quantity": 9} for part in ("pipe", "rod")],
        locks=[
            {"job": "relay", "kind": "after", "value": "B/dig"},
            {"job": "B/dig", "kind": "crew", "value": "red"},
            {"job": "B/weld", "kind": "not_crew", "value": "only " + name},
            {"job": "B", "kind": "not_before", "value": "60"},
            {"job": "watch " + name, "kind": "first", "value": ""},
        ],
    )


def test_steps_parts_and_orders_go_on_naming_their_own_town_s_jobs_and_crews():
    merged = merge([working_town("north"), working_town("south")])
    system = merged.system
    assert system.tasks["id"].tolist() == ["north:relay", "south:relay", "watch north", "watch south"]
    rows = {name: frame.to_dict("records") for name, frame in system.tables.items()}
    assert [
        (row["component"], row["step"], row["after"])
        for row in rows["steps"]
        if row["component"].startswith("north")
    ] == [
        ("north:A-B", "string", "north:relay"),
        ("north:B", "dig", "north:A-B;watch north"),
        ("north:B", "weld", "dig"),
    ]
    assert [(row["job"], row["part"]) for row in rows["uses"]] == [
        ("north:B/weld", "pipe"),
        ("north:relay", "rod"),
        ("south:B/weld", "pipe"),
        ("south:relay", "rod"),
    ]
    assert {
        (row["job"], row["kind"], row["value"]) for row in rows["locks"] if "south" not in row["job"]
    } == {
        ("north:relay", "after", "north:B/dig"),
        ("north:B/dig", "crew", "north:red"),
        ("north:B/weld", "not_crew", "only north"),
        ("north:B", "not_before", "60"),
        ("watch north", "first", ""),
    }
    assert ("tasks", "relay is north:relay") in notes(merged, "converted")


def test_two_towns_that_wait_for_their_own_jobs_do_so_when_they_are_one():
    """North alone: relay waits for dig, which waits for string, which waits for relay: only without that order."""
    towns = [working_town(name) for name in ("north", "south")]
    towns = [one.replace(locks=one.locks[one.locks["kind"] != "after"]) for one in towns]
    both = merge(towns).system
    problem = build_problem(both, Shock.from_table(both, both.damage))
    befores = {
        problem.jobs[job].id: sorted(problem.jobs[before].id for before, _ in befores)
        for job, befores in problem.conditions.befores.items()
    }
    assert befores == {
        **{f"{name}:A-B/string": [f"{name}:relay"] for name in ("north", "south")},
        **{f"{name}:B/dig": [f"{name}:A-B/string", f"watch {name}"] for name in ("north", "south")},
        **{f"{name}:B/weld": [f"{name}:B/dig"] for name in ("north", "south")},
    }


def test_a_task_called_like_another_town_s_node_gets_its_town_s_name_in_front():
    one = town(power="A*", settings=Settings(name="one"))
    other = town(water="B*", settings=Settings(name="two")).replace(
        tasks=[{"id": "A", "minutes": 10, "component": "B"}],
        locks=[{"job": "A", "kind": "not_before", "value": "30"}],
    )
    merged = merge([one, other]).system
    assert merged.nodes["id"].tolist() == ["B", "one:A"]
    assert merged.tasks["id"].tolist() == ["two:A"]
    assert merged.locks["job"].tolist() == ["two:A"]


def with_ids(name, *nodes):
    """Return a town of power sources with these ids, which may look as if they had been renamed already."""
    rows = [{"id": node, "sector": "power", "source": True, "longitude": 0, "latitude": 0} for node in nodes]
    return System.from_tables({"nodes": rows}, Settings(name=name))


def test_systems_of_one_name_are_told_apart_by_their_number():
    merged = merge([with_ids("town", "A"), with_ids("town", "A"), with_ids("other", "A", "B")])
    assert merged.system.nodes["id"].tolist() == ["B", "other:A", "town 1:A", "town 2:A"]


def test_a_new_id_that_is_taken_gets_the_name_in_front_once_more():
    """A of the first would become east:A, which is an id of its own in both towns' files."""
    merged = merge([with_ids("east", "A", "east:A"), with_ids("west", "A")])
    assert merged.system.nodes["id"].tolist() == ["east:A", "east:east:A", "west:A"]
    merged = merge([with_ids("east", "A", "east:A"), with_ids("west", "A", "east:A")])
    assert merged.system.nodes["id"].tolist() == [
        "east:east:A",
        "east:east:east:A",
        "west:A",
        "west:east:A",
    ]


def test_the_settings_are_the_first_s_and_what_the_others_say_otherwise_is_reported():
    first = power_town(start="2026-05-01T00:00:00+00:00", description="Wires.", sources="us")
    second = water_town(
        reach_minutes=45, water_rule="flow", power_rule="flow", sources="us", description="Pipes."
    )
    merged = merge([first, second])
    settings = merged.system.settings
    assert settings.name == "north power + north water"
    assert settings.description == "Wires. + Pipes."
    assert settings.sources == "us"
    assert settings.start == "2026-05-01T00:00:00+00:00"
    assert settings.reach_minutes == 30
    # The rule of a sector is that of the first system that has the sector.
    assert (settings.power_rule, settings.water_rule) == ("connectivity", "flow")
    assert ("settings", "start = 2026-01-01T00:00:00+00:00", "reach_minutes = 45") in notes(merged, "dropped")


def times(*rows):
    return [dict(zip(("sector", "kind", "minutes", "minutes_per_km"), row, strict=False)) for row in rows]


def test_repair_times_count_for_the_sectors_a_system_has():
    """The water town's figure for power would otherwise hold for the wires of the other."""
    first = power_town().replace(repair_times=times(("power", "line", 60), ("road", "bridge", 99)))
    second = water_town().replace(
        repair_times=times(("water", "", 30), ("power", "line", 1), ("power", "pole", 2))
    )
    merged = merge([first, second])
    found = merged.system.repair_times[["sector", "kind", "minutes"]].to_numpy().tolist()
    assert found == [["power", "line", 60], ["road", "bridge", 99], ["water", "", 30]]
    assert ("repair_times", "power line", "power pole") in notes(merged, "dropped")


def test_of_two_systems_of_one_sector_the_first_s_repair_times_count_and_nothing_joins_them():
    first = power_town().replace(repair_times=times(("power", "*", 60), ("power", "pole", 5)))
    second = power_town("south power").replace(repair_times=times(("power", "", 61), ("power", "Pole", 5)))
    merged = merge([first, second])
    found = merged.system.repair_times[["kind", "minutes"]].to_numpy().tolist()
    assert found == [["*", 60], ["pole", 5]]
    assert notes(merged, "dropped") == {("repair_times", "power *")}
    (doubt,) = [note for note in merged.report if note.action == "doubtful"]
    assert (doubt.count, "power comes from north power, south power" in doubt.sentence) == (4, True)


def test_the_order_of_the_systems_changes_nothing_but_settings_and_name():
    one = merge([power_town(), water_town()]).system
    other = merge([water_town(), power_town()]).system
    for name, frame in one.tables.items():
        pd.testing.assert_frame_equal(frame, other.tables[name], obj=name)


def test_nothing_to_merge_and_an_unknown_way_to_link_are_refused():
    with pytest.raises(InvalidInput, match="no system to merge"):
        merge([])
    with pytest.raises(InvalidInput, match="'nearest' or None, not 'random'"):
        merge([power_town()], link_by="random")
