"""A system under service rules of its own: its state before, after a shock, and while repairs go on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import FULL, Ints, Longs
from lifeline.kernels import BROKEN
from lifeline.service.coupled import CoupledSystem, copy_of
from lifeline.service.coupled_kernels import (
    LOGGED,
    MINUTE_NOW,
    NO_EVENT,
    NOTHING_PENDING,
    WAVE_NOW,
    WRITTEN,
    Coupled,
    break_node,
    set_link,
    settle,
    write_levels,
)
from lifeline.service.coupled_replay import (
    MORE_ROOM,
    PHASE,
    PLACES_IN_AT,
    ROWS_A_NODE,
    TRYING,
    Events,
    advance,
)

if TYPE_CHECKING:
    from lifeline.service.overload import Trip
    from lifeline.system import System

NOT_LOGGED = np.empty((0, 5), np.int32)
SETTLING_ROUNDS_ROOM = 2 * ROWS_A_NODE


class WaveTrip(NamedTuple):
    """A line that tripped in overload, in which wave of the cascade."""

    wave: int
    trip: Trip


@dataclass(frozen=True, eq=False)
class After:
    """What a shock leaves: the state at minute 0, and the log of what went off (minute, wave, node, what, why).

    `trips` are the lines that tripped in overload, in order; in the state they are not intact, until closed again.
    """

    state: Coupled
    log: Ints
    trips: tuple[WaveTrip, ...]


@dataclass(frozen=True, eq=False)
class Replay:
    """What happened after minute 0: the last state, levels (minute, node, level, event) and the log, if asked for."""

    state: Coupled
    levels: Longs
    log: Ints


@dataclass(frozen=True, eq=False)
class ServiceModel:
    """A system whose sectors follow the rules that its settings name."""

    system: System
    coupled: CoupledSystem

    @classmethod
    def of(cls, system: System) -> ServiceModel:
        """Compile the system for the coupled loops."""
        return cls(system, CoupledSystem.of(system))

    @cached_property
    def before(self) -> Coupled:
        """Return the undamaged state, with its levels written down and the buffers full.

        What stands by is not intact in it. A group without a working provider even then has no buffer to count on.
        """
        state, compiled = self.coupled.all_at_work(), self.coupled.compiled
        self._take_out(state, compiled.standby_nodes, compiled.standby_links)
        at, levels = np.zeros(PLACES_IN_AT, np.int64), self._room_for_levels(1)
        self._settle(state, NOT_LOGGED, at)
        self._write_levels(state, levels, at)
        provided = state.providers_working > 0
        state.buffer_left[provided] = self.coupled.compiled.network.group_buffer[provided]
        return state

    def after(self, nodes: Ints, links: Ints, *, with_buffers: bool = True) -> After:
        """Return what is left when these nodes and links break at minute 0."""
        state = copy_of(self.before)
        if not with_buffers:
            state.buffer_left[:] = 0
        state.falls[:] = 0
        at = np.zeros(PLACES_IN_AT, np.int64)
        log = np.empty((SETTLING_ROUNDS_ROOM * len(state.works) + 1, 5), np.int32)
        for node in nodes.tolist():
            if state.works[node]:
                log[at[LOGGED]] = (0, 0, node, BROKEN, node)
                at[LOGGED] += 1
        self._take_out(state, nodes, links)
        trips: list[WaveTrip] = []
        self._settle(state, log, at, trips)
        self._write_levels(state, self._room_for_levels(1), at)
        return After(state, log[: at[LOGGED]].copy(), tuple(trips))

    def _take_out(self, state: Coupled, nodes: Ints, links: Ints) -> None:
        """Let nodes and links no longer be intact from minute 0 on."""
        network, sectors = self.coupled.compiled.network, self.coupled.sectors
        for node in nodes.tolist():
            break_node(network, sectors, state, node, 0)
        for link in links.tolist():
            set_link(network, sectors, state, link, 0)

    def tripped_links(self, after: After) -> Longs:
        """Return the numbers of the lines that tripped, ascending."""
        index = self.coupled.compiled.link_index
        return np.array(sorted(index[each.trip.link] for each in after.trips), np.int64)

    def replay(
        self,
        state: Coupled,
        minutes: Longs,
        is_link: Longs,
        parts: Longs,
        *,
        numbers: Longs | None = None,
        logged: bool = False,
    ) -> Replay:
        """Let these parts be mended at these minutes, in order of time, and buffers run out; `state` stays as it is."""
        coupled = self.coupled
        state, spare, room = copy_of(state), copy_of(state), coupled.room()
        events = Events(minutes, is_link, parts, np.arange(len(minutes)) if numbers is None else numbers)
        at, levels = np.zeros(PLACES_IN_AT, np.int64), self._room_for_levels(4)
        log = np.empty((4 * ROWS_A_NODE * len(state.works), 5), np.int32) if logged else NOT_LOGGED
        while True:
            pending = advance(
                coupled.compiled.network,
                coupled.sectors,
                coupled.graph,
                state,
                spare,
                room,
                events,
                coupled.buffered,
                log,
                levels,
                at,
            )
            if pending == NOTHING_PENDING:
                return Replay(state, levels[: at[WRITTEN]], log[: at[LOGGED]])
            if pending == MORE_ROOM:
                levels = np.concatenate([levels, np.empty_like(levels)])
                log = np.concatenate([log, np.empty_like(log)])
            else:
                self._answer(spare if at[PHASE] == TRYING else state, pending)

    def persons_served(self, nodes: Ints, levels: Longs, persons: Longs) -> Longs:
        """Return how many of these persons are served at these levels of these nodes, in whole persons."""
        drawn = self.coupled.graph.demand[nodes]
        of = np.where((drawn > 0) & (nodes < self.coupled.sectors.hidden_from), drawn, FULL)
        # A share of people times a demand in watts may not fit into 64 bits; divided first, it does.
        whole, rest = np.divmod(persons, of)
        return np.asarray(whole * levels + _floor_of_product(rest, levels, of), np.int64)

    def _settle(self, state: Coupled, log: Ints, at: Longs, trips: list[WaveTrip] | None = None) -> None:
        """Let a state come to rest; with a list of `trips` lines may trip in overload, and are added to it."""
        coupled, room = self.coupled, self.coupled.room()
        while True:
            pending = settle(
                coupled.compiled.network,
                coupled.sectors,
                coupled.graph,
                state,
                room,
                at[MINUTE_NOW],
                log,
                at,
            )
            if pending == NOTHING_PENDING:
                return
            if trips is not None:
                trips += self._tripped(state, pending, at)
            self._answer(state, pending)

    def _tripped(self, state: Coupled, sector: int, at: Longs) -> list[WaveTrip]:
        """Let lines of a sector trip, where its rule has them do so; each step is a wave of its own."""
        outside = self.coupled.outside[sector]
        if outside.trips is None:
            return []
        able, intact = state.able[outside.nodes].astype(bool), state.link_intact[outside.links].astype(bool)
        found = outside.trips(outside.network, able, intact)
        state.link_intact[outside.links] = found.intact
        before = int(at[WAVE_NOW])
        at[WAVE_NOW] += max((trip.step for trip in found.trips), default=0)
        return [WaveTrip(before + trip.step, trip) for trip in found.trips]

    def _answer(self, state: Coupled, sector: int) -> None:
        """Ask the rule of a sector that is not compiled, and write its answer down."""
        rule, _, _, nodes, links = self.coupled.outside[sector]
        served = rule.serve(state.able[nodes].astype(bool), state.link_intact[links].astype(bool))
        state.outside_reached[nodes] = served.reached
        state.flow.served[nodes] = np.where(self.coupled.graph.demand[nodes] > 0, served.flow, 0)
        state.answered[sector] = 1

    def _write_levels(self, state: Coupled, levels: Longs, at: Longs) -> None:
        coupled = self.coupled
        network, sectors = coupled.compiled.network, coupled.sectors
        write_levels(network, sectors, coupled.graph, state, levels, NO_EVENT, at)

    def _room_for_levels(self, times: int) -> Longs:
        return np.empty((times * (len(self.coupled.compiled.network.source) + 1), 4), np.int64)


def _floor_of_product(rest: NDArray[np.int64], levels: NDArray[np.int64], of: NDArray[np.int64]) -> Longs:
    """Return floor(rest * levels / of) exactly: in 64 bits where that fits, else with Python's long integers."""
    fits = (rest == 0) | (levels <= np.iinfo(np.int64).max // np.maximum(rest, 1))
    found = np.where(fits, np.where(fits, rest, 0) * levels // of, 0)
    for place in np.flatnonzero(~fits).tolist():
        found[place] = int(rest[place]) * int(levels[place]) // int(of[place])
    return found
