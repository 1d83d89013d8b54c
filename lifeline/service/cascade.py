"""The cascade of a system whose sectors follow service rules of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lifeline.cascade import Cascade, broken_parts
from lifeline.compiled import NODE, UNREACHED, WHAT, Ints, Longs, State
from lifeline.kernels import BACK
from lifeline.service.coupled_kernels import Coupled
from lifeline.service.model import After, ServiceModel
from lifeline.shock import Shock
from lifeline.system import System

NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class RuleCascade(Cascade):
    """What a shock does while nothing is repaired, with who is served decided by the rules in the system's settings."""

    model: ServiceModel
    found: After

    @classmethod
    def of(cls, system: System, shock: Shock) -> RuleCascade:
        """Let the shock happen."""
        model = system.service
        found = model.after(*broken_parts(system.compiled, shock))
        return cls(system, shock, _plain(found.state), _last_falls(found.log, found.state), model, found)

    @property
    def works_before(self) -> NDArray[np.uint8]:
        """Return which nodes work before the shock."""
        return self.model.before.works

    @cached_property
    def later(self) -> Ints:
        """Return the log of the hours after minute 0 while nothing is repaired: each node's last going off."""
        replay = self.model.replay(self.found.state, NOTHING, NOTHING, NOTHING, logged=True)
        log = _last_falls(replay.log, replay.state)
        return log[self.after.works[log[:, NODE]] > 0]

    @cached_property
    def levels_before(self) -> Longs:
        """Return what each node gets before the shock."""
        return self.model.before.level

    @cached_property
    def levels_after(self) -> Longs:
        """Return what each node gets at minute 0."""
        return self.found.state.level

    @cached_property
    def levels_later(self) -> Longs:
        """Return what each node gets once every buffer has run out and nothing is repaired."""
        return self.model.replay(self.found.state, NOTHING, NOTHING, NOTHING).state.level

    @cached_property
    def levels_restored(self) -> Longs:
        """Return what each node gets after every repair, with all buffers run out and growth only."""
        return self._restored.level

    @cached_property
    def restorable(self) -> NDArray[np.bool_]:
        """Return which nodes work after every repair, with all buffers run out and growth only."""
        return self._restored.works.astype(bool)

    @cached_property
    def without_buffers(self) -> State:
        """Return the state after the shock with every buffer run out at once."""
        return _plain(self._emptied.state)

    @cached_property
    def _emptied(self) -> After:
        return self.model.after(*broken_parts(self.compiled, self.shock), with_buffers=False)

    @cached_property
    def _restored(self) -> Coupled:
        nodes, links = broken_parts(self.compiled, self.shock)
        parts = np.concatenate([nodes, links]).astype(np.int64)
        is_link = np.repeat(np.array([0, 1], np.int64), [len(nodes), len(links)])
        return self.model.replay(self._emptied.state, np.zeros(len(parts), np.int64), is_link, parts).state

    def levels_while(self, minutes: Longs, is_link: Longs, parts: Longs) -> Longs:
        """Return how levels change from the shock on while these parts are mended at these minutes."""
        at_first = np.flatnonzero(self.levels_after != self.levels_before)
        shock = np.column_stack(
            [np.zeros_like(at_first), at_first, self.levels_after[at_first], np.full_like(at_first, -1)]
        )
        replay = self.model.replay(self.found.state, minutes, is_link, parts)
        return np.concatenate([shock, replay.levels])

    def persons_of(self, portions: Longs, levels: Longs) -> Longs:
        """Return how many persons of these portions are served when their nodes are at these levels."""
        people = self.compiled.portions
        return self.model.persons_served(people.node[portions], levels, people.persons[portions])


def _last_falls(log: Ints, state: Coupled) -> Ints:
    """Keep of the nodes that are off in the end their last going off, in order of the log."""
    falls = log[(log[:, WHAT] != BACK) & (state.works[log[:, NODE]] == 0)]
    last = np.full(len(state.works), -1)
    last[falls[:, NODE]] = np.arange(len(falls))
    kept: Ints = falls[last[falls[:, NODE]] == np.arange(len(falls))]
    return kept


def _plain(state: Coupled) -> State:
    """Return the state as one under connectivity, for whoever asks who works and who is fed from where."""
    return State(
        works=state.works,
        node_intact=state.node_intact,
        link_intact=state.link_intact,
        feed_link=np.where(state.works > 0, state.feed_link, -2).astype(np.int32),
        depth=np.where(state.works > 0, 0, UNREACHED).astype(np.int32),
        providers_working=state.providers_working,
        unmet=state.unmet,
        buffer_left=state.buffer_left,
        drains_since=state.drains_since,
        mark=np.zeros(len(state.works), np.uint8),
    )
