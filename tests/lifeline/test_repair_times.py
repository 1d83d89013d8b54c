"""How long repairs take: lifeline's own table, what a user's rows change, and the page that shows it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from data_folder import shelby

from lifeline.errors import InvalidInput
from lifeline.repair_times import ANY_KIND, default_table, repair_minutes, repair_minutes_of
from lifeline.tables import SECTORS, TABLES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "repair-times.md"
NOTHING_OF_MY_OWN = default_table()[:0]


def my_rows(*rows: tuple[str, str, int, float]) -> pd.DataFrame:
    """A user's own repair times."""
    return pd.DataFrame(
        [(*row, "our records") for row in rows], columns=list(TABLES["repair_times"].column_names)
    )


def test_a_substation_takes_three_restoration_days_of_eight_crew_hours():
    """Hazus: moderate damage, mean 3.0 days; 3 * 8 * 60 = 1440."""
    assert repair_minutes(NOTHING_OF_MY_OWN, "power", "transmission substation") == 1440


def test_a_trunk_main_takes_one_break_and_more_with_its_length():
    """720 for the break + 10 km * 43 = 1150 minutes."""
    assert repair_minutes(NOTHING_OF_MY_OWN, "water", "Water pipe", 10.0) == 1150


def test_part_minutes_are_rounded_up():
    """720 + 0.01 * 43 = 720.43 -> 721."""
    assert repair_minutes(NOTHING_OF_MY_OWN, "water", "Water pipe", 0.01) == 721


def test_a_length_that_floating_point_makes_a_hair_longer_costs_no_minute_more():
    """480 + 30 * 0.1 * 3 = 489 although 0.1 * 3 is 0.30000000000000004."""
    assert repair_minutes(NOTHING_OF_MY_OWN, "power", "transmission line", 0.1 * 3) == 489


def test_a_repair_takes_at_least_one_minute():
    table = my_rows(("power", "fuse", 0, 0.0))
    assert repair_minutes(table, "power", "fuse") == 1


def test_capitals_and_spare_spaces_of_a_kind_do_not_matter():
    assert repair_minutes(NOTHING_OF_MY_OWN, "power", "12KV  substation ") == 960


def test_a_kind_nobody_wrote_down_takes_what_any_other_kind_of_its_sector_takes():
    """The row power, *: 480 + 30 per km."""
    assert repair_minutes(NOTHING_OF_MY_OWN, "power", "windmill", 2.0) == 540
    assert repair_minutes(NOTHING_OF_MY_OWN, "power", "") == 480


def test_my_row_wins_over_lifelines_row_of_the_same_sector_and_kind_and_all_others_stay():
    table = my_rows(("power", "12kv substation", 600, 0.0))
    assert repair_minutes(table, "power", "12kV Substation") == 600
    assert repair_minutes(table, "power", "23kV Substation") == 1440


def test_my_row_for_any_kind_leaves_the_kinds_that_lifeline_knows_alone():
    table = my_rows(("power", "", 100, 0.0))
    assert repair_minutes(table, "power", "windmill") == 100
    assert repair_minutes(table, "power", "12kV Substation") == 960


def test_my_row_with_a_kind_of_my_own_is_used_for_that_kind_only():
    table = my_rows(("gas", "odoriser", 90, 0.0))
    assert repair_minutes(table, "gas", "odoriser") == 90
    assert repair_minutes(table, "gas", "regulator station") == 480


def test_many_components_at_once_take_what_each_of_them_takes():
    """480 + 2 * 30; 240 without a length; 912."""
    found = repair_minutes_of(
        NOTHING_OF_MY_OWN,
        ["power", "power", "water"],
        ["Transmission Line", "feeder pole", "water treatment plant"],
        [2.0, 0.0, 0.0],
    )
    assert found.tolist() == [540, 240, 912]
    assert found.dtype == np.int64


def test_no_components_take_no_time():
    assert repair_minutes_of(NOTHING_OF_MY_OWN, [], [], []).tolist() == []


def test_every_unknown_sector_is_named_in_one_error():
    with pytest.raises(InvalidInput) as bad:
        repair_minutes_of(NOTHING_OF_MY_OWN, ["powr", "water", "sewer"], ["", "", ""], [0, 0, 0])
    assert [problem.value for problem in bad.value.problems] == ["powr", "sewer"]
    assert "Did you mean power?" in str(bad.value)


@pytest.mark.parametrize("length", [-1.0, np.nan, np.inf])
def test_what_is_not_a_length_is_refused(length):
    with pytest.raises(InvalidInput, match="km is not a length"):
        repair_minutes(NOTHING_OF_MY_OWN, "power", "transmission line", length)


def test_a_repair_of_ages_is_refused_rather_than_counted_wrong():
    """30 minutes a km over 400,000 km is more than the 10,000,000 minutes that lifeline counts with."""
    with pytest.raises(InvalidInput, match=r"400000 km long.*more than 10000000"):
        repair_minutes(NOTHING_OF_MY_OWN, "power", "transmission line", 400_000)


def test_two_rows_of_mine_for_one_kind_are_refused():
    with pytest.raises(InvalidInput, match="power has this kind twice"):
        repair_minutes(my_rows(("power", "Pole", 1, 0.0), ("power", " pole", 2, 0.0)), "power", "x")


def test_what_one_does_to_the_table_one_gets_does_not_reach_the_next():
    mine = default_table()
    mine["minutes"] = 0
    assert (default_table()["minutes"] > 0).all()


def test_every_sector_has_a_row_for_any_other_kind_and_every_row_a_source():
    table = default_table()
    assert set(table.loc[table["kind"] == ANY_KIND, "sector"]) == set(SECTORS)
    assert table["source"].str.contains("Hazus|judgement|^as ").all()


def test_rows_that_borrow_another_rows_figures_have_the_same_ones():
    """A source such as "as fibre cable" points at a row of its sector: 4 rows do."""
    table = default_table()
    lender = table["source"].str.extract(r"^(?:judgement: )?as ([\w ]+?)(?: \(Shelby County name\))?$")[0]
    pairs = table.assign(lender=lender).merge(
        table, left_on=["sector", "lender"], right_on=["sector", "kind"], suffixes=("", "_lent")
    )
    assert len(pairs) == lender.notna().sum() == 4
    assert (pairs["minutes"] == pairs["minutes_lent"]).all()
    assert (pairs["minutes_per_km"] == pairs["minutes_per_km_lent"]).all()


@pytest.mark.parametrize("name", ["nodes", "arcs"])
def test_every_kind_of_the_real_city_has_a_row_of_its_own(name):
    known = {(row.sector, row.kind.casefold()) for row in default_table().itertuples()}
    real = pd.read_csv(shelby() / "extended" / f"{name}.csv")
    assert {(row.layer, row.type.casefold()) for row in real.itertuples()} <= known


def test_the_page_on_repair_times_shows_every_row_as_it_is():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    shown = [line for line in lines if line.startswith(tuple(f"| {sector} |" for sector in SECTORS))]
    assert shown == [
        f"| {sector} | {kind} | {minutes} | {per_km:g} | {source} |"
        for sector, kind, minutes, per_km, source in default_table().itertuples(index=False)
    ]
