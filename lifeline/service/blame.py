"""Why a line carries more than a moment ago: what each loss in between put onto it.

Seen from the grid that is left, the state before is that same grid with what the lost links carried put in at one end
and taken out at the other. Flows are linear in what is put in. So the change of any flow is exactly the sum of what
each lost link put onto it: what it carried, put in where it used to take power away and taken out where it used to
bring it, and its part of the new balance of the islands there, in proportion to what it left them too much or too
little. Where losses cancel out, like the two ends of one way, each is set against the sources as they run. For one
loss in a grid that stays whole this is its line outage distribution factor times what it carried (Wood, Wollenberg,
Sheble 2013, "Power Generation, Operation, and Control", chapter 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from lifeline.service.dc_flow import Floats, Wiring
from lifeline.service.rule import Mask, Whole

LEAST_IMBALANCE_WATTS = 1.0
"An island that lost or gained less than this needed no new balance."

MOST_NUMBERS = 4_000_000
"How many nodes and links, times links that are looked up together, there are at most: 32 MB an array."


@dataclass(frozen=True, eq=False)
class GridState:
    """What flows at one instant, in W: what each node makes and draws, and each link carries from tail to head.

    `island` numbers the islands in order of their first node, -1 for a node that is not able.
    """

    island: Whole
    made: Floats
    drawn: Floats
    flow: Floats


@dataclass(frozen=True, eq=False)
class Losses:
    """The links that carried `flow` and are gone, `loss` numbering what each is put down to (`names`).

    `rebalanced` is what each node puts in more than before, in W, and `now` is the state after.
    """

    wiring: Wiring
    names: list[str]
    link: Whole
    loss: Whole
    flow: Floats
    rebalanced: Floats
    now: GridState

    @classmethod
    def between(cls, before: GridState, carried: Mask, now: GridState, wiring: Wiring, closed: Mask) -> Self:
        """Find what is gone of the links that carried before; everything that is live now was live then.

        A link that is itself no longer closed is its own loss, else its lost end node is.
        """
        network = wiring.grid.network
        link = np.flatnonzero(carried & ~wiring.live)
        nodes, links = network.nodes["id"].to_numpy(), network.links["id"].to_numpy()
        gone = np.where(wiring.able[network.tail[link]], nodes[network.head[link]], nodes[network.tail[link]])
        names, loss = np.unique(np.where(closed[link], gone, links[link]).astype(str), return_inverse=True)
        more = now.made - now.drawn - before.made + before.drawn
        rebalanced = np.where(wiring.able, more, 0.0)
        return cls(wiring, names.tolist(), link, loss, before.flow[link], rebalanced, now)

    def put_onto(self, links: Whole) -> Floats:
        """Return how much each loss added to the flow over each link from tail to head, in W: a row for each link.

        A row adds up to the change of that flow.
        """
        network, island = self.wiring.grid.network, self.wiring.island
        of_nodes, _ = self.wiring.made_of(links, np.eye(len(links)))
        tail, head = network.tail[self.link], network.head[self.link]
        added = np.zeros((len(links), len(self.names)))
        for row, (of_node, here) in enumerate(zip(of_nodes, island[network.tail[links]], strict=True)):
            left_at_tail = self.flow * (island[tail] == here)
            left_at_head = self.flow * (island[head] == here)
            by_link = of_node[tail] * left_at_tail - of_node[head] * left_at_head
            unbalanced = left_at_tail - left_at_head
            at = island == here
            by_link += unbalanced * (of_node[at] @ self._balance(at, float(unbalanced.sum())))
            added[row] = np.bincount(self.loss, by_link, len(self.names))
        return added

    def _balance(self, at: Mask, left_over: float) -> Floats:
        """Return what each node of an island puts in more for each W that a loss has left over there."""
        if abs(left_over) > LEAST_IMBALANCE_WATTS:
            return np.asarray(self.rebalanced[at] / left_over)
        made = self.now.made[at]
        return np.asarray(-made / max(made.sum(), 1.0))

    def most_to_blame(self, links: Whole) -> list[str]:
        """Return, for each of these links, the loss that put most onto it in the direction of its flow; "" if none did.

        Ties within a watt go to the smaller id.
        """
        if not self.names:
            return [""] * len(links)
        because: list[str] = []
        together = max(1, MOST_NUMBERS // (len(self.wiring.able) + len(self.wiring.live)))
        for start in range(0, len(links), together):
            some = links[start : start + together]
            added = np.rint(self.put_onto(some) * np.sign(self.now.flow[some])[:, None])
            worst = added.argmax(axis=1)
            because += [
                self.names[loss] if most > 0 else ""
                for loss, most in zip(worst.tolist(), added.max(axis=1).tolist(), strict=True)
            ]
        return because
