"""The cascade of a system whose sectors follow service rules of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lifeline.cascade import Cascade, broken_parts
from lifeline.causes import Step
from lifeline.compiled import NODE, UNREACHED, WHAT, Ints, Longs, Network, State
from lifeline.kernels import BACK
from lifeline.service.coupled_kernels import NO_EVENT, Coupled
from lifeline.service.model import After, Replay, ServiceModel
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
        log = _last_falls(self._left_alone.log, self._left_alone.state)
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
        return self._left_alone.state.level

    @cached_property
    def _left_alone(self) -> Replay:
        return self._replay(NOTHING, NOTHING, NOTHING, logged=True)

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
        return self.model.replay(self._emptied.state, *self._all_repairs).state

    @cached_property
    def _all_repairs(self) -> tuple[Longs, Longs, Longs]:
        """Return every repair at minute 0, and the closing of the lines that tripped."""
        minutes, is_link, parts = super()._all_repairs
        tripped = self.model.tripped_links(self._emptied)
        zeros, ones = np.zeros_like(tripped), np.ones_like(tripped)
        return (
            np.concatenate([zeros, minutes]),
            np.concatenate([ones, is_link]),
            np.concatenate([tripped, parts]),
        )

    @cached_property
    def trips(self) -> tuple[Step, ...]:
        """Return the lines that tripped in overload, as steps: at which part of their rating, and because of what."""
        return tuple(
            Step(
                trip.link,
                f"tripped at {trip.loading_permille / 10:.0f} % of its rating",
                trip.because or None,
                0,
                wave,
            )
            for wave, trip in self.found.trips
        )

    def _explain(self, component: str) -> Step | None:
        for step in self.trips:
            if step.component == component:
                return step
        return super()._explain(component)

    def restored_with(self, network: Network) -> NDArray[np.bool_]:
        """Return which nodes work after every repair if the network were this one, say with other black starts."""
        compiled = replace(self.compiled, network=network)
        model = replace(self.model, coupled=replace(self.model.coupled, compiled=compiled))
        return model.replay(self._emptied.state, *self._all_repairs).state.works.astype(bool)

    def levels_while(self, minutes: Longs, is_link: Longs, parts: Longs) -> Longs:
        """Return how levels change from the shock on while these parts are mended at these minutes."""
        at_first = np.flatnonzero(self.levels_after != self.levels_before)
        shock = np.column_stack(
            [np.zeros_like(at_first), at_first, self.levels_after[at_first], np.full_like(at_first, -1)]
        )
        return np.concatenate([shock, self._replay(minutes, is_link, parts).levels])

    def _replay(self, minutes: Longs, is_link: Longs, parts: Longs, *, logged: bool = False) -> Replay:
        """Replay repairs, and the closing of lines that tripped: before any repair of the same minute."""
        tripped = self.model.tripped_links(self.found)
        again = np.full(len(tripped), self.system.settings.reclose_minutes, np.int64)
        order = np.argsort(np.concatenate([again, minutes]), kind="stable")
        return self.model.replay(
            self.found.state,
            np.concatenate([again, minutes])[order],
            np.concatenate([np.ones_like(tripped), is_link])[order],
            np.concatenate([tripped, parts])[order],
            numbers=np.concatenate([np.full_like(tripped, NO_EVENT), np.arange(len(minutes))])[order],
            logged=logged,
        )

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
