"""Changes of people's service: from levels of nodes to persons of portions, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lifeline.compiled import Longs, starts_of

if TYPE_CHECKING:
    from lifeline.cascade import Cascade


class Steps(NamedTuple):
    """Changes of service: when, of which portion, how many persons are served from then on, because of which visit.

    They are sorted by portion, then by time.
    """

    minute: Longs
    portion: Longs
    served: Longs
    visit: Longs


def last_of_each_minute(levels: Longs) -> Longs:
    """Keep of several levels of a node in one minute the last one; rows are (minute, node, level, visit)."""
    order = np.lexsort((np.arange(len(levels)), levels[:, 0], levels[:, 1]))
    rows = levels[order]
    followed = (rows[1:, 1] == rows[:-1, 1]) & (rows[1:, 0] == rows[:-1, 0])
    kept: Longs = levels[np.sort(order[~np.append(followed, False)[: len(rows)]])]
    return kept


def steps_of(cascade: Cascade, levels: Longs) -> Steps:
    """Return each change of a portion's service that these levels make, at most one a portion and minute."""
    of_portion = cascade.compiled.portions.node
    # The portions of node n are entries start[n] to start[n + 1] of the list of all portions sorted by node.
    start = starts_of(of_portion, len(cascade.levels_before)).astype(np.int64)
    by_node = np.argsort(of_portion, kind="stable")
    node = levels[:, 1]
    times = start[node + 1] - start[node]
    row = np.repeat(np.arange(len(node)), times)
    entry = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    portion = by_node[start[node[row]] + entry]
    order = np.argsort(portion, kind="stable")
    row, portion = row[order], portion[order]
    return Steps(levels[row, 0], portion, cascade.persons_of(portion, levels[row, 2]), levels[row, 3])


def more_without(steps: Steps, wanted: Longs) -> Longs:
    """Return for each step how many more of so many wanted persons of its portion are without service than before.

    `wanted` has one number a portion, at most those served before the shock.
    """
    without = np.maximum(wanted[steps.portion] - steps.served, 0)
    return change_from(steps, without, np.zeros_like(wanted))


def change_from(steps: Steps, value: Longs, at_first: Longs) -> Longs:
    """Return by how much a value changes at each step; `at_first` is what it is of each portion before."""
    is_first = np.concatenate([[True], np.diff(steps.portion) != 0])[: len(value)]
    return value - np.where(is_first, at_first[steps.portion], np.roll(value, 1))
