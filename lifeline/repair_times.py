"""How long one crew works on a repair, by sector, type of component and length.

lifeline's own table is `lifeline/repair_times.csv`, every row with its source; `docs/repair-times.md` tells
how the figures came about and what a crew is. The `repair_times` rows of a system go before it.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import pandas as pd

from lifeline.csv_tables import sheet_from_csv
from lifeline.errors import InvalidInput, Problem
from lifeline.nearest import Nearest
from lifeline.sheets import tidy
from lifeline.tables import ANY_KIND, MOST_MINUTES, SECTORS, TABLES

# Lengths are known to metres at best: a millionth of a minute keeps 3 * 0.1 km from costing a minute more.
_ROUNDING_MINUTES = 1e-6

Texts = Sequence[str] | pd.Series
Lengths = Sequence[float] | npt.NDArray[np.float64] | pd.Series
Minutes = npt.NDArray[np.int64]

# (sector, kind as it is compared) -> fixed minutes, minutes per km
_Rates = dict[tuple[str, str], tuple[float, float]]


def default_table() -> pd.DataFrame:
    """Return lifeline's own table, in the format of `repair_times`: every row has its source."""
    return _read_default_table().copy()


def repair_minutes(table: pd.DataFrame, sector: str, kind: str, length_km: float = 0.0) -> int:
    """Return the whole minutes one crew works on a component of this kind and length (0 for a node).

    `table` holds rows that go before lifeline's own; it may be empty. The kind is looked up exactly (capitals
    and spare spaces aside) in both, then the sector's row for any other kind; InvalidInput without one.
    """
    return int(repair_minutes_of(table, [sector], [kind], [length_km])[0])


def repair_minutes_of(table: pd.DataFrame, sectors: Texts, kinds: Texts, lengths_km: Lengths) -> Minutes:
    """Return the whole minutes of many components at once, by the rule of `repair_minutes`, at least one.

    One InvalidInput tells of every sector and kind that no row covers.
    """
    lengths = _checked_lengths(lengths_km)
    if not len(lengths):
        return np.zeros(0, np.int64)
    components = pd.MultiIndex.from_arrays([np.asarray(sectors, object), np.asarray(kinds, object)])
    codes, distinct = components.factorize()
    rates = np.array(_rates_of(table, list(distinct)), np.float64).reshape(-1, 2)[codes]
    exact = rates[:, 0] + rates[:, 1] * lengths
    if exact.size and exact.max() > MOST_MINUTES:
        place = int(exact.argmax())
        sector, kind = components[place]
        raise InvalidInput(
            f"A {sector} component of kind {kind!r}, {lengths[place]:g} km long, takes {exact[place]:.0f}"
            f" minutes, more than {MOST_MINUTES}. Check its length, and minutes_per_km in repair_times."
        )
    minutes: Minutes = np.maximum(1, np.ceil(exact - _ROUNDING_MINUTES)).astype(np.int64)
    return minutes


def _rates_of(table: pd.DataFrame, wanted: Iterable[tuple[str, str]]) -> list[tuple[float, float]]:
    rates = _rates(_read_default_table()) | _rates(table)
    found, problems = [], []
    for sector, kind in wanted:
        rate = rates.get((sector, _plain(kind))) or rates.get((sector, ANY_KIND))
        if rate is None:
            problems.append(_no_row_for(sector, kind))
        else:
            found.append(rate)
    if problems:
        raise InvalidInput.of(problems, "the lookup of repair times")
    return found


def _rates(table: pd.DataFrame) -> _Rates:
    rates: _Rates = {}
    problems = []
    columns = (table[name] for name in ("sector", "kind", "minutes", "minutes_per_km"))
    for sector, kind, minutes, minutes_per_km in zip(*columns, strict=True):
        key = (sector, _plain(kind))
        if key in rates:
            again = f"{sector} has this kind twice (apart from capitals and spaces, blank is '*'); keep one."
            problems.append(Problem("repair_times", None, "kind", kind, again))
        rates[key] = (float(minutes), float(minutes_per_km))
    if problems:
        raise InvalidInput.of(problems)
    return rates


def _plain(kind: str) -> str:
    """Return the kind as it is compared: without capitals and spare spaces, blank being any kind."""
    return " ".join(kind.casefold().split()) or ANY_KIND


def _no_row_for(sector: str, kind: str) -> Problem:
    if sector not in SECTORS:
        guess = Nearest(SECTORS).to(sector) or ", ".join(SECTORS)
        return Problem("repair_times", None, "sector", sector, f"is not a sector. Did you mean {guess}?")
    advice = f"{sector} has no row for this kind and none for '*'; add one to repair_times."
    return Problem("repair_times", None, "kind", kind, advice)


def _checked_lengths(lengths_km: Lengths) -> npt.NDArray[np.float64]:
    lengths = np.asarray(lengths_km, np.float64)
    bad = np.flatnonzero(~np.isfinite(lengths) | (lengths < 0))
    if bad.size:
        found = f"{lengths[bad[0]]:g} km is not a length"
        raise InvalidInput(f"{found}; give 0 for a node and the kilometres of a link.")
    return lengths


@lru_cache(maxsize=1)
def _read_default_table() -> pd.DataFrame:
    data = resources.files("lifeline").joinpath("repair_times.csv").read_bytes()
    table = tidy(TABLES["repair_times"], sheet_from_csv(TABLES["repair_times"], data))
    if table.problems:
        raise InvalidInput.of(table.problems, "lifeline/repair_times.csv")
    return table.frame
