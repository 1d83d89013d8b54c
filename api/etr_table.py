"""The table of returns as a file: when each customer's services are back, by the clock, and what that hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.wording import Clock
from lifeline.etr import returns
from lifeline.evaluation import NOT_BACK

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.evaluation import Evaluation

BETWEEN_NAMES = ";"


def etr_file(evaluation: Evaluation) -> pd.DataFrame:
    """Return the table with clock times, lists of jobs as text, and blanks where somebody is never back."""
    table = returns(evaluation)
    clock = Clock(evaluation.problem.system.settings)
    minutes = table["minute"].tolist()
    back = [minute != NOT_BACK for minute in minutes]
    horizon = evaluation.problem.horizon_minutes
    place = list(table.columns).index("minute")
    table["minute"] = [str(minute) if is_back else "" for minute, is_back in zip(minutes, back, strict=True)]
    clocks = [clock.iso(minute) if is_back else "" for minute, is_back in zip(minutes, back, strict=True)]
    table.insert(place + 1, "clock", clocks)
    table.insert(place + 2, "after_horizon", [_yes_or_no(minute > horizon) for minute in minutes])
    table["critical"] = [_yes_or_no(critical) for critical in table["critical"].tolist()]
    for name in ("needs", "waits_for"):
        table[name] = [BETWEEN_NAMES.join(names) for names in table[name]]
    return table


def _yes_or_no(holds: bool) -> str:
    return "true" if holds else "false"
