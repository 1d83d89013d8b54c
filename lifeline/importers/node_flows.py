"""Adds up what is drawn and fed in at each node of a network, and tells of what is odd about it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lifeline.importers.importer import Report

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class NodeFlows:
    """The sums while they grow: drawn, fed in and at most fed in at each node, and whether it is a source or a slack.

    All amounts are in one unit, that of the file.
    """

    def __init__(self, nodes: int, report: Report) -> None:
        """Begin with nothing at any node."""
        self.report = report
        self.drawn, self.fed, self.most = np.zeros(nodes), np.zeros(nodes), np.zeros(nodes)
        self.source, self.slack = np.zeros(nodes, bool), np.zeros(nodes, bool)

    def draw(self, table: str, labels: Sequence[str], place: Whole, amount: Floats) -> None:
        """Add what rows of a table draw at the nodes at `place`; what is negative is fed in."""
        np.add.at(self.drawn, place, np.maximum(amount, 0))
        back = amount < 0
        self.report.doubtful(table, _of(labels, back), "draw less than nothing, and count as sources.")
        self._add(place[back], -amount[back], -amount[back])

    def feed(self, table: str, labels: Sequence[str], place: Whole, amount: Floats, most: Floats) -> None:
        """Add what rows of a table feed in, and the most they can (NaN: no more); what is negative is drawn."""
        back = amount < 0
        said = "feed in less than nothing, and count as drawn (a pumped store, an export)."
        self.report.doubtful(table, _of(labels, back), said)
        np.add.at(self.drawn, place[back], -amount[back])
        over = ~back & (amount > most)
        said = "feed in more than their limit, which is taken to be what they feed in."
        self.report.doubtful(table, _of(labels, over), said)
        idle = (amount == 0) & ~(most > 0)
        self.report.dropped(table, _of(labels, idle), "feed in nothing, such as compensators; no sources.")
        kept = ~back & ~idle
        self._add(place[kept], amount[kept], np.fmax(amount, most)[kept])

    def balance(self, place: Whole, most: Floats) -> None:
        """Add external grids, which make up for what the others leave over, and the most that they can."""
        np.add.at(self.most, place, np.maximum(most, 0))
        self.source[place] = True
        self.slack[place] = True

    def _add(self, place: Whole, amount: Floats, most: Floats) -> None:
        np.add.at(self.fed, place, amount)
        np.add.at(self.most, place, most)
        self.source[place] = True


def _of(labels: Sequence[str], chosen: NDArray[np.bool_]) -> list[str]:
    return [labels[row] for row in np.flatnonzero(chosen).tolist()]
