"""What a dispatcher asks of each critical facility: how long it lasts, when what it needs is back, when it is down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from lifeline.added_rows import records_of
from lifeline.compiled import Longs
from lifeline.facilities import FACILITY
from lifeline.steps import last_of_each_minute

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

Story = list[tuple[int, bool]]
"(minute, whether it works from then on), the first at minute 0, each different from the one before."


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
    planned = _stories(cascade, evaluation.levels)
    left_alone = _stories(cascade, last_of_each_minute(cascade.levels_while(none, none, none)))
    portions = system.compiled.portions
    rows = []
    for supply in records_of(supplies):
        node = system.compiled.node_index[supply["node"]]
        if not cascade.levels_before[node]:
            continue
        own = planned(node)
        down = _minutes_off(own, problem.horizon_minutes)
        mine = (portions.node == node) & (cascade.levels_restored[node] > 0)
        hours = int(portions.persons[mine].sum()) * down / MINUTES_PER_HOUR
        price = int(portions.weight[mine].sum()) * down / (MINUTES_PER_HOUR * PERMILLE)
        whole = (*_first_and_last(own), down, hours, price)
        needs = _needs(cascade, supply["node"])
        for service in sorted({need.service for need in needs}):
            its = [need for need in needs if need.service == service]
            ends = [_buffer_ends(_any_of(left_alone, need), need.buffer_minutes) for need in its]
            lost, back = _first_and_last(_all_of([_any_of(planned, need) for need in its]))
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


def _stories(cascade: Cascade, levels: Longs) -> Callable[[int], Story]:
    """Return what tells for a node when it works, by levels (minute, node, level, visit) in order of time."""
    enough = np.ones(len(cascade.levels_before), np.int64)
    if not cascade.system.settings.is_plain:
        enough = np.maximum(cascade.system.service.coupled.sectors.enough, 1)

    def story(node: int) -> Story:
        mine = levels[levels[:, 1] == node]
        before = [(0, bool(cascade.levels_before[node] >= enough[node]))]
        changes = zip(mine[:, 0].tolist(), (mine[:, 2] >= enough[node]).tolist(), strict=True)
        return _short([*before, *changes])

    return story


def _short(changes: Sequence[tuple[int, bool]]) -> Story:
    """Keep of several changes in one minute the last, and no change that changes nothing."""
    last = dict(changes)
    kept: Story = []
    for minute, works in sorted(last.items()):
        if not kept or kept[-1][1] != works:
            kept.append((minute, works))
    return kept


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
    return _joined([stories(node) for node in need.nodes], any)


def _all_of(stories: Sequence[Story]) -> Story:
    return _joined(stories, all)


def _joined(stories: Sequence[Story], how: Callable[[Sequence[bool]], bool]) -> Story:
    minutes = sorted({minute for story in stories for minute, _ in story})
    return _short([(minute, how([_at(story, minute) for story in stories])) for minute in minutes])


def _at(story: Story, minute: int) -> bool:
    return [works for since, works in story if since <= minute][-1]


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


def _minutes_off(story: Story, horizon: int) -> int:
    ends = [minute for minute, _ in story[1:]] + [horizon]
    return sum(
        max(0, min(end, horizon) - minute)
        for (minute, works), end in zip(story, ends, strict=True)
        if not works
    )
