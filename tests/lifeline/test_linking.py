"""Providers by rule: who needs whom, which one is nearest, and what stays as it is."""

import math

import pytest
from worlds import DEGREES_PER_KM, town

from lifeline.cascade import propagate
from lifeline.errors import InvalidInput
from lifeline.importers.importer import Report
from lifeline.linking import RULES, link_by_nearest
from lifeline.merging import merge
from lifeline.shock import Shock
from lifeline.system import Settings


def km(*place):
    return tuple(DEGREES_PER_KM * kilometres for kilometres in place)


def linked(system, **options):
    """Return the rows made by rule as (dependent, provider, buffer_minutes), and the report."""
    report = Report()
    rows = link_by_nearest(system, report, **options).dependencies
    rows = rows[rows["source"] == "rule"]
    return rows[["dependent", "provider", "buffer_minutes"]].to_numpy().tolist(), report.notes


def test_a_pump_gets_the_nearest_power_node_and_a_pipe_joint_gets_none():
    """Along the equator: P1 at 0 km, P2 at 4 km; the pump at 3 km is 1 km from P2."""
    places = {"P1": km(0, 0), "P2": km(4, 0), "W1": km(3, 0), "W2": km(0, 1)}
    system = town(
        power="P1*-P2", water="W1*-W2", places=places, kinds={"W1": "Pumping Station", "W2": "Joint"}
    )
    rows, notes = linked(system)
    assert rows == [["W1", "P2", 0]]
    (note,) = notes
    assert (note.action, note.table, note.items) == ("guessed", "dependencies", ("W1 on P2, 1.00 km",))


def test_of_equally_near_nodes_the_first_by_id_is_taken_whatever_the_order_of_rows():
    places = {"P2": km(1, 0), "P1": km(-1, 0), "W1": km(0, 0)}
    system = town(power="P2*-P1", water="W1*", places=places, kinds={"W1": "well"})
    backwards = system.replace(nodes=system.nodes[::-1])
    assert linked(system)[0] == linked(backwards)[0] == [["W1", "P1", 0]]


def test_a_node_that_had_no_service_before_the_shock_provides_nothing():
    """P9 lies beside the pump but hangs on no source."""
    places = {"P1": km(5, 0), "P9": km(0, 1), "W1": km(0, 0)}
    system = town(power="P1* P9", water="W1*", places=places, kinds={"W1": "pump"})
    assert linked(system)[0] == [["W1", "P1", 0]]


def test_what_is_too_far_is_left_without_and_said_to_be():
    places = {"P1": km(0, 0), "W1": km(11, 0), "W2": km(9, 0)}
    system = town(power="P1*", water="W1* W2*", places=places, kinds={"W1": "pump", "W2": "pump"})
    rows, notes = linked(system)
    assert rows == [["W2", "P1", 0]]
    assert [(note.action, note.items) for note in notes] == [
        ("guessed", ("W2 on P1, 9.01 km",)),  # 0.081 degrees of 111.195 km
        ("doubtful", ("W1 on P1, 11.01 km",)),
    ]
    assert linked(system, within_km=12)[0] == [["W1", "P1", 0], ["W2", "P1", 0]]


def test_rows_that_are_there_stay_and_a_need_that_is_met_gets_no_second_row():
    """W1 leans on the far P2 by somebody's word; that P1 is nearer is no reason to add it."""
    places = {"P1": km(0, 0), "P2": km(9, 0), "W1": km(0, 0), "W2": km(0, 0)}
    system = town(
        power="P1*-P2",
        water="W1*-W2",
        places=places,
        dependencies=[("W1", "P2", "mains", 120)],
        kinds={"W1": "pump", "W2": "pump"},
    )
    report = Report()
    rows = link_by_nearest(system, report).dependencies
    assert rows[["dependent", "provider", "group", "buffer_minutes", "source"]].to_numpy().tolist() == [
        ["W1", "P2", "mains", 120, ""],
        ["W2", "P1", "P1", 0, "rule"],
    ]


def test_without_a_node_of_the_sector_the_dependents_are_named():
    system = town(telecom="T1*-T2", kinds={"T1": "Central office", "T2": "Cell towers"})
    rows, notes = linked(system)
    assert rows == []
    assert [(note.action, note.items) for note in notes] == [("doubtful", ("T1",)), ("doubtful", ("T2",))]


@pytest.mark.parametrize(
    ("sector", "kind", "needs"),
    [
        ("water", "WATER TREATMENT PLANT", {"power": 0}),
        ("water", "storage tank", {}),
        ("gas", "Compressor station", {"power": 0}),
        ("gas", "Regulator Stations", {"power": 720}),
        ("gas", "gate station", {}),
        ("telecom", "cell-tower", {"power": 480}),
        ("telecom", "central office", {"power": 1440}),
        ("telecom", "splice capsule", {}),
        ("power", "gas-fired plant", {"gas": 0}),
        ("power", "Gate Station", {}),
        ("power", "gas insulated switchgear", {}),
        ("power", "control centre", {"telecom": 0}),
        ("water", "SCADA pump control room", {"power": 0, "telecom": 0}),
        ("telecom", "control centre", {}),
        ("water", "swell", {}),
        ("water", "", {}),
    ],
)
def test_kinds_are_found_by_whole_words(sector, kind, needs):
    found = {}
    for rule in RULES:
        if rule.covers(sector, kind):
            found.setdefault(rule.needs, rule.buffer_minutes)
    assert found == needs


def test_a_town_of_four_utilities_leans_on_itself_in_both_directions_and_stays_up():
    """Gas compressor G1 runs on power, the plant P1 on its gas; the mast has 8 hours, the pump none."""
    power = town(power="P1*-P2", settings=Settings(name="power"), kinds={"P1": "gas turbine"})
    water = town(water="W1*", settings=Settings(name="water"), kinds={"W1": "pump"})
    gas = town(gas="G1*-G2", settings=Settings(name="gas"), kinds={"G1": "compressor"})
    telecom = town(telecom="T1*", settings=Settings(name="telecom"), kinds={"T1": "mast"})
    merged = merge([power, water, gas, telecom], link_by="nearest").system
    assert merged.dependencies[["dependent", "provider", "buffer_minutes"]].to_numpy().tolist() == [
        ["G1", "P1", 0],
        ["P1", "G1", 0],
        ["T1", "P1", 480],
        ["W1", "P1", 0],
    ]
    undamaged = propagate(merged, Shock.of(merged, []))
    assert not undamaged.without_service
    assert undamaged.compiled.before.works.all()
    # G2 is the compressor's customer; without the line's far end nothing happens, without G1 everything goes.
    cascade = propagate(merged, Shock.of(merged, ["G1"]))
    assert cascade.without_service == {"G1", "G2", "P1", "P2", "W1"}
    assert cascade.without_service_later == {"T1"}


@pytest.mark.parametrize("within_km", [0, -1, math.nan, math.inf])
def test_a_distance_that_is_none_is_refused(within_km):
    with pytest.raises(InvalidInput, match="above 0"):
        link_by_nearest(town(power="P1*"), Report(), within_km=within_km)
