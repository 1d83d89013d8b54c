"""Shocks: named, read from tables, and drawn from an earthquake."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from worlds import town

from lifeline.components import component_table
from lifeline.errors import InvalidInput, UnknownComponent
from lifeline.hazards.earthquake import Earthquake, SoftGround
from lifeline.hazards.fragility import (
    BRITTLE_PIPE,
    CURVES,
    DISTRIBUTION_CIRCUIT,
    SUBSTATION_LOW_VOLTAGE,
    failure_probability,
)
from lifeline.repair_times import repair_minutes
from lifeline.shock import Shock, draw_shock
from lifeline.system import System
from lifeline.tables import SECTORS

Floats = NDArray[np.float64]


def small_town() -> System:
    return town(power="P1*-P2-P3", water="W1*-W2", road="R1-R2")


# Named and read ---------------------------------------------------------------------------------------------


def test_a_named_component_breaks_with_the_time_and_skill_of_its_kind() -> None:
    system = small_town()
    shock = Shock.of(system, ["W1", "P1-P2", "W1"])
    assert shock.components == ("P1-P2", "W1")
    assert shock.repair_minutes("W1") == repair_minutes(system.repair_times, "water", "")
    kilometres = component_table(system, ["P1-P2"])["length_km"].iloc[0]
    assert shock.repair_minutes("P1-P2") == repair_minutes(system.repair_times, "power", "", kilometres)
    assert shock.skill("P1-P2") == "power"


def test_an_unknown_component_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UnknownComponent, match="Did you mean 'P1'"):
        Shock.of(small_town(), ["p1"])


def test_only_broken_components_have_repair_minutes() -> None:
    with pytest.raises(UnknownComponent, match="'P2' is not damaged"):
        Shock.of(small_town(), ["P1"]).repair_minutes("P2")


def test_a_table_says_what_the_lookup_would_have_said_otherwise() -> None:
    rows: list[dict[str, Any]] = [
        {"component": "P2", "repair_minutes": 7, "skill": "cables"},
        {"component": "P1"},
    ]
    shock = Shock.from_table(small_town(), rows)
    assert shock.components == ("P1", "P2")
    assert (shock.repair_minutes("P2"), shock.skill("P2"), shock.skill("P1")) == (7, "cables", "power")


def test_a_system_may_bring_its_own_repair_times() -> None:
    system = small_town().replace(repair_times=[{"sector": "water", "kind": "", "minutes": 11}])
    assert Shock.of(system, ["W2"]).repair_minutes("W2") == 11


def test_every_bad_row_of_a_damage_table_is_named_at_once() -> None:
    rows: list[dict[str, Any]] = [
        {"component": "P1"},
        {"component": "P9"},
        {"component": "P1"},
        {"component": "P2", "repair_minutes": 0},
    ]
    with pytest.raises(InvalidInput) as refused:
        Shock.from_table(small_town(), rows)
    assert [(problem.row, problem.column) for problem in refused.value.problems] == [
        (3, "component"),
        (4, "component"),
        (5, "repair_minutes"),
    ]


def test_an_unknown_name_like_no_other_gets_no_guess() -> None:
    with pytest.raises(InvalidInput, match=r"no node or link of the system\.$"):
        Shock.from_table(small_town(), [{"component": "zzzzzzzz"}])


def test_nothing_broken_is_a_shock_too() -> None:
    assert Shock.of(small_town(), []).components == ()


# Drawn ------------------------------------------------------------------------------------------------------


class Flood:
    """Breaks everything east of a line, by how far east it lies."""

    def __init__(self, east_of: float, chance: float) -> None:
        self.east_of, self.chance = east_of, chance

    def intensity_at(self, longitude: Floats, latitude: Floats) -> Floats:
        return longitude - self.east_of

    def failure_probability(self, components: pd.DataFrame, intensity: Floats) -> Floats:
        return np.where(intensity > 0, self.chance, 0.0)


def test_a_hazard_breaks_what_it_reaches() -> None:
    """Nodes lie every 0.009 degrees (P1, P2, P3, W1, W2, R1, R2), links between them: 0.04 is just before R1."""
    shock = draw_shock(small_town(), Flood(0.04, 1.0), np.random.default_rng(1))
    assert shock.components == ("R1", "R1-R2", "R2")


def test_the_same_seed_draws_the_same_shock_whatever_the_order_of_rows() -> None:
    system = small_town()
    turned = System.from_tables({name: frame.iloc[::-1] for name, frame in system.tables.items()})
    draws = [
        draw_shock(world, Flood(-1, 0.5), np.random.default_rng(7)).components for world in (system, turned)
    ]
    assert draws[0] == draws[1]
    assert 0 < len(draws[0]) < 11


def test_a_hazard_that_gives_no_probability_is_refused() -> None:
    for chance in (1.5, -0.1, float("nan")):
        with pytest.raises(InvalidInput, match="Flood gives a component a probability outside 0 to 1"):
            draw_shock(small_town(), Flood(-1, chance), np.random.default_rng(1))


# The earthquake ---------------------------------------------------------------------------------------------


def test_shaking_at_ten_kilometres_is_that_of_joyner_and_boore() -> None:
    """Magnitude 6.5, 10 km: r = 12.38, log A = -1.02 + 1.6185 - 1.0928 - 0.0316 = -0.5258, 0.298 g."""
    ten_km = np.array([10_000 / 6_371_008.8 * 180 / np.pi])
    assert Earthquake(0, 0, 6.5).intensity_at(ten_km, np.zeros(1)) == pytest.approx(0.298, abs=0.0005)


def test_shaking_fades_with_distance_and_grows_with_magnitude() -> None:
    away = np.array([0.0, 0.1, 0.5, 1.0])
    weak, strong = (Earthquake(0, 0, magnitude).intensity_at(away, 0 * away) for magnitude in (6.0, 7.0))
    assert (np.diff(strong) < 0).all()
    assert (strong > weak).all()


def test_soft_ground_doubles_the_shaking_at_its_centre_and_leaves_the_rest() -> None:
    """At the centre the factor is 2, one radius away 1 + 1/e, far away 1."""
    soft = SoftGround(0.0, 0.0, radius_km=1.0, amplification=2.0)
    one_km = 1000 / 6_371_008.8 * 180 / np.pi
    away = np.array([0.0, one_km, 1.0])
    factor = Earthquake(0, 0, 6.5, (soft,)).intensity_at(away, 0 * away) / Earthquake(0, 0, 6.5).intensity_at(
        away, 0 * away
    )
    assert factor == pytest.approx([2.0, 1 + np.exp(-1), 1.0])


@pytest.mark.parametrize("magnitude", [4.9, 7.8, float("nan")])
def test_magnitudes_beyond_the_relation_are_refused(magnitude: float) -> None:
    with pytest.raises(InvalidInput, match=r"between 5\.0 and 7\.7"):
        Earthquake(0, 0, magnitude)


@pytest.mark.parametrize(("radius_km", "amplification"), [(0, 2), (1, 0.5), (1, 9)])
def test_soft_ground_that_makes_no_sense_is_refused(radius_km: float, amplification: float) -> None:
    with pytest.raises(InvalidInput, match="Soft ground"):
        SoftGround(0, 0, radius_km, amplification)


def test_a_component_breaks_in_half_of_the_cases_at_its_median() -> None:
    """At the median the chance is 1/2, one dispersion above it 0.841 (normal distribution), without shaking 0."""
    curve = SUBSTATION_LOW_VOLTAGE
    peak_g = np.array([curve.median_g, curve.median_g * np.exp(curve.dispersion), 0.0])
    assert curve.failure_probability(peak_g, np.zeros(3)) == pytest.approx([0.5, 0.841, 0.0], abs=0.0005)


def test_a_longer_pipe_breaks_more_often() -> None:
    """0.3 g is 30 cm/s: 1e-4 * 30^2.25 = 0.2106 repairs a km, a fifth breaks: 1 - exp(-0.04213 * 10) = 0.3438."""
    chance = BRITTLE_PIPE.failure_probability(np.full(2, 0.3), np.array([10.0, 0.0]))
    assert chance == pytest.approx([0.3438, 0.0], abs=0.0005)


def test_every_component_of_every_sector_has_a_curve() -> None:
    for sector in SECTORS:
        for is_link in (False, True):
            assert (sector, is_link, "") in [line[:3] for line in CURVES]


def test_the_kind_chooses_the_curve() -> None:
    system = town(power="P1*-P2")
    parts = component_table(system).assign(
        kind=["12kV Substation", "Intersections point", "Transmission Line"]
    )
    chance = failure_probability(parts, np.full(3, 0.45))
    circuit = DISTRIBUTION_CIRCUIT.failure_probability(np.array([0.45]), np.zeros(1))[0]
    assert chance == pytest.approx([0.5, circuit, circuit])


def test_an_earthquake_under_the_town_breaks_more_than_one_far_away() -> None:
    system = small_town()
    near, far = (
        sum(
            len(draw_shock(system, Earthquake(longitude, 0, 7.0), np.random.default_rng(seed)).components)
            for seed in range(20)
        )
        for longitude in (0.03, 1.0)
    )
    assert near > 3 * far
