"""The worked example: four sectors that need each other, hour by hour, with a loop and what breaks it.

`docs/cascades.md` tells the same story; the town is `worlds.four_sectors`.
"""

from worlds import four_sectors

from lifeline.cascade import Cascade, propagate
from lifeline.shock import Shock


def shaken(component: str, **options: list[str]) -> Cascade:
    system = four_sectors({component: 60}, **options)
    return propagate(system, Shock.from_table(system, system.damage))


def test_a_cut_line_takes_every_sector_down_within_eight_hours() -> None:
    """The line to P3 is cut.

    Power to water after the pump's two hours of diesel; water to gas another hour later, when the compressor is
    hot; gas to power at once, as the turbine has no fuel. The hydro plant alone feeds P2 from then on, until
    at hour 8 the exchange's battery is empty: power to telecom, and, as nobody steers the hydro plant any more, telecom
    to power.
    """
    rows = shaken("P2-P3").waves.itertuples(index=False, name=None)
    assert list(rows) == [
        (0, 0, "P2-P3", "", "broken", "power", 0),
        (0, 1, "P3", "P2-P3", "cut off", "power", 200),
        (120, 1, "W1", "P3", "lost its providers", "water", 0),
        (120, 2, "W2", "W1", "cut off", "water", 50),
        (120, 2, "W3", "W1", "cut off", "water", 25),
        (180, 1, "G1", "W2", "lost its providers", "gas", 0),
        (180, 2, "G2", "G1", "cut off", "gas", 30),
        (180, 2, "G3", "G1", "cut off", "gas", 20),
        (180, 3, "P1", "G2", "lost its providers", "power", 0),
        (480, 1, "T1", "P3", "lost its providers", "telecom", 0),
        (480, 2, "T2", "T1", "cut off", "telecom", 40),
        (480, 3, "P4", "T2", "lost its providers", "power", 0),
        (480, 4, "P2", "P4", "cut off", "power", 100),
    ]


def test_the_people_add_up_hour_by_hour() -> None:
    cascade = shaken("P2-P3")
    assert list(cascade.people_over_time.itertuples(index=False, name=None)) == [
        (0, "gas", 0),
        (0, "power", 200),
        (0, "telecom", 0),
        (0, "water", 0),
        (120, "water", 75),
        (180, "gas", 50),
        (480, "power", 300),
        (480, "telecom", 40),
    ]
    assert cascade.people_without_later == {"gas": 50, "power": 300, "telecom": 40, "water": 75}


def test_the_other_way_round_a_dead_exchange_stops_the_gas() -> None:
    """T1 breaks: mast and hydro plant go, after an hour the regulator; the turbine holds the rest."""
    cascade = shaken("T1")
    assert [(row.minute, row.component, row.persons) for row in cascade.waves.itertuples()] == [
        (0, "T1", 0),
        (0, "T2", 40),
        (0, "P4", 0),
        (60, "G3", 20),
    ]


def test_the_loop_is_named_and_what_would_break_it() -> None:
    """The line mended, the compressor waits for P2's power, which waits for the turbine, which waits for gas.

    The turbine could break it by itself, with everything behind it; the compressor could not, as it is still hot.
    """
    cascade = shaken("P2-P3")
    (loop,) = cascade.restart_loops
    assert loop.members == ("G1", "P2", "P1", "G2")
    assert loop.would_break == ("P1",)
    assert loop.sentence == (
        "gas compressor G1 and power gas turbine P1 wait for each other, by way of power substation P2 and 1 more; "
        "nothing breaks the loop, a black start at P1 would."
    )
    assert cascade.people_stuck == {"gas": 50, "power": 300, "telecom": 40, "water": 75}


def test_a_black_start_outside_the_loop_breaks_it_and_is_named() -> None:
    """P4 starts unsteered: P2, P3, pump, compressor, gas, exchange and the mast, which steers P4."""
    cascade = shaken("P2-P3", black_start=["P4"])
    (loop,) = cascade.restart_loops
    assert loop.resolved
    assert loop.broken_by == ("P4",)
    assert loop.sentence == (
        "gas compressor G1 and power gas turbine P1 wait for each other, by way of power substation P2 and 1 more; "
        "black start at P4 breaks the loop."
    )
    assert not cascade.stuck
    assert cascade.loops == ()
