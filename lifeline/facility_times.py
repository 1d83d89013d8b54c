"""What a dispatcher asks of each critical facility: how long it lasts, when what it needs is back, when it is down."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from lifeline.added_rows import records_of
from lifeline.facilities import FACILITY
from lifeline.steps import last_of_each_minute
from lifeline.stories import Story, joined, minutes_off, stories_of

if TYPE_CHECKING:
    from lifeline.cascade import Cascade
    from lifeline.evaluation import Evaluation

NEVER = -1
"In place of a minute that never comes."

COLUMNS = {
    "customer": object,
    "service": object,
    "lost_minute": np.int64,
    "buffer_ends_minute": np.int64,
    "back_minute": np.int64,
    "down_minute": np.int64,
    "up_minute": np.int64,
    "down_minutes": np.int64,
    "person_hours": np.float64,
    "priced_person_hours": np.float64,
}

MINUTES_PER_HOUR = 60
PERMILLE = 1000


class _Need(NamedTuple):
    """One group that a facility needs: any of these nodes, or its buffer."""

    service: str
    nodes: tuple[int, ...]
    buffer_minutes: int


def facility_table(evaluation: Evaluation) -> pd.DataFrame:
    """Return one row a facility and service that it had before the shock; facilities that were down then have none.

    `lost_minute`: when the service is first gone. `buffer_ends_minute`: when the facility's buffer for it would be used
    up if nothing were repaired. `back_minute`: from when on the service is back for good. The others are of the
    facility as a whole, the same in each of its rows: `down_minute` and `up_minute` when it is first down and up again
    for good, `down_minutes` how long it is down within the horizon, `person_hours` what its people lose by that, and
    `priced_person_hours` what that counts in the objective. Minutes are NEVER where something does not happen; a
    service that is never lost is back at minute NEVER too.
    """
    problem = evaluation.problem
    system, cascade = problem.system, problem.cascade
    supplies = system.supplies[system.supplies["service"] == FACILITY]
    if supplies.empty:
        return pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    none = np.empty(0, np.int64)
    planned = stories_of(cascade, evaluation.levels)
    left_alone = stories_of(cascade, last_of_each_minute(cascade.levels_while(none, none, none)))
    portions = system.compiled.portions
    rows = []
    for supply in records_of(supplies):
        node = system.compiled.node_index[supply["node"]]
        if not cascade.levels_before[node]:
            continue
        own = planned(node)
        down = minutes_off(own, problem.horizon_minutes)
        mine = (portions.node == node) & (cascade.levels_restored[node] > 0)
        hours = int(portions.persons[mine].sum()) * down / MINUTES_PER_HOUR
        price = int(portions.weight[mine].sum()) * down / (MINUTES_PER_HOUR * PERMILLE)
        whole = (*_first_and_last(own), down, hours, price)
        needs = _needs(cascade, supply["node"])
        for service in sorted({need.service for need in needs}):
            its = [need for need in needs if need.service == service]
            ends = [_buffer_ends(_any_of(left_alone, need), need.buffer_minutes) for need in its]
            lost, back = _first_and_last(joined([_any_of(planned, need) for need in its], all))
            soonest = min((end for end in ends if end != NEVER), default=NEVER)
            rows.append((supply["customer"], service, lost, soonest, back, *whole))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def with_blanks(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with nothing in place of minutes that never come."""
    shown = table.copy()
    for name in table.columns:
        if name.endswith("_minute"):
            shown[name] = table[name].astype("Int64").mask(table[name] == NEVER)
    return shown


def _needs(cascade: Cascade, facility: str) -> list[_Need]:
    table = cascade.system.dependencies
    groups: dict[str, list[dict[str, object]]] = {}
    for row in records_of(table[table["dependent"] == facility]):
        groups.setdefault(row["group"], []).append(row)
    index = cascade.compiled.node_index
    return [
        _Need(
            str(rows[0]["kind"]),
            tuple(index[str(row["provider"])] for row in rows),
            int(str(rows[0]["buffer_minutes"])),
        )
        for rows in groups.values()
    ]


def _any_of(stories: Callable[[int], Story], need: _Need) -> Story:
    return joined([stories(node) for node in need.nodes], any)


def _first_and_last(story: Story) -> tuple[int, int]:
    """Return the first minute without, and the first one from which on there is no more without."""
    lost = next((minute for minute, works in story if not works), NEVER)
    back = story[-1][0] if lost != NEVER and story[-1][1] else NEVER
    return lost, back


def _buffer_ends(story: Story, buffer_minutes: int) -> int:
    """Return when so many minutes without have added up; NEVER if they do not."""
    left = buffer_minutes
    for place, (minute, works) in enumerate(story):
        if works:
            continue
        if place + 1 == len(story) or story[place + 1][0] - minute >= left:
            return minute + left
        left -= story[place + 1][0] - minute
    return NEVER
