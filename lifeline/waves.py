"""A cascade as tables: what went dark when and because of what, who lost service with it, and how many are out when.

Nothing is repaired in the meantime. People are counted once for each service they lose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lifeline.compiled import NODE
from lifeline.steps import last_of_each_minute, more_without, steps_of

if TYPE_CHECKING:
    from lifeline.cascade import Cascade

COLUMNS = ["minute", "wave", "component", "cause", "why", "sector", "persons"]

GETS_LESS = "gets less"
"Why people lose service with a node that works on: under rules that count flow, it is served in part."


def wave_table(cascade: Cascade) -> pd.DataFrame:
    """Return every component that went dark: minute, wave, component, cause (the one just upstream), why, and so on.

    `persons` is how many people lose the service of the component's `sector` with it. Whoever any of several nodes
    would have served loses it with the last of these. A node that works on and serves fewer has a row as well, behind
    the waves of its minute.
    """
    links = dict(zip(cascade.system.links["id"], cascade.system.links["sector"], strict=True))
    broken = [name for name in cascade.shock.components if name in links]
    rows = [(0, 0, name, "", "broken", links[name], 0) for name in broken]
    rows += [
        (trip.minute, trip.wave, trip.component, trip.upstream or "", trip.because, links[trip.component], 0)
        for trip in cascade.trips
    ]
    lost = _lost_with(cascade)
    sectors = cascade.system.nodes["sector"].to_numpy(dtype=object)
    for row in cascade.falls[cascade.falls[:, NODE] < cascade.compiled.node_count]:
        step, node = cascade.step(row), int(row[NODE])
        persons = lost.pop((step.minute, node), 0)
        cause = (step.upstream or "", step.because, sectors[node], persons)
        rows.append((step.minute, step.wave, step.component, *cause))
    last = {minute: max(row[1] for row in rows if row[0] == minute) for minute in {row[0] for row in rows}}
    for (minute, node), persons in lost.items():
        name = str(cascade.compiled.node_ids[node])
        rows.append((minute, last.get(minute, 0) + 1, name, "", GETS_LESS, sectors[node], persons))
    rows.sort()
    return pd.DataFrame(rows, columns=COLUMNS)


def people_over_time(cascade: Cascade) -> pd.DataFrame:
    """Return how many persons each service lacks from each minute of change on: minute, service, persons_without.

    Every service has a row at minute 0. Under rules that count flow people may come back without a repair, as others
    who drew it go.
    """
    changes = _changes(cascade)
    services = np.array(cascade.compiled.services, object)
    changes["service"] = services[cascade.compiled.portions.service[changes["portion"]]]
    start = pd.DataFrame({"minute": 0, "service": services, "change": 0})
    steps = pd.concat([start, changes[["minute", "service", "change"]]])
    total = steps.groupby(["service", "minute"], as_index=False)["change"].sum()
    total["persons_without"] = total.groupby("service")["change"].cumsum()
    total = total[(total["change"] != 0) | (total["minute"] == 0)]
    ordered: pd.DataFrame = total.sort_values(["minute", "service"], ignore_index=True)
    return ordered[["minute", "service", "persons_without"]]


def _changes(cascade: Cascade) -> pd.DataFrame:
    """Return each change of a portion's people without service: minute, node, portion, change."""
    none = np.empty(0, np.int64)
    steps = steps_of(cascade, last_of_each_minute(cascade.levels_while(none, none, none)))
    return pd.DataFrame(
        {
            "minute": steps.minute,
            "node": cascade.compiled.portions.node[steps.portion],
            "portion": steps.portion,
            "change": more_without(steps, cascade.persons_before),
        }
    )


def _lost_with(cascade: Cascade) -> dict[tuple[int, int], int]:
    """Return how many persons lose a service in which minute with which node.

    Those behind a hidden node, which stands for alternatives, lose it with the alternative that went last.
    """
    changes = _changes(cascade)
    losses = changes[changes["change"] > 0]
    found: dict[tuple[int, int], int] = {}
    columns = (losses[name].tolist() for name in ("minute", "node", "change"))
    for minute, node, persons in zip(*columns, strict=True):
        real = node if node < cascade.compiled.node_count else _last_alternative(cascade, node)
        found[minute, real] = found.get((minute, real), 0) + persons
    return found


def _last_alternative(cascade: Cascade, hidden: int) -> int:
    network = cascade.compiled.network
    return cascade.last_provider(int(network.group_start[hidden]))
