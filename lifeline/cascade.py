"""Who is without service after a shock, wave by wave, and because of what.

At the shock the largest set of parts that satisfies the rule stays up: failures are taken away in waves, each
part with its cause. In the hours after it, with nothing repaired, buffers run out and start waves of their
own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.causes import WHAT_HAPPENED, Cause, Step
from lifeline.compiled import FULL, MINUTE, NODE, WAVE, WHAT, WHY, CompiledSystem, Ints, Longs, Network, State
from lifeline.errors import UnknownComponent
from lifeline.restart import RestartLoop, dark_loops, dark_nodes, restart_loops
from lifeline.standby import brought_in, standing_by
from lifeline.waves import people_over_time, wave_table

if TYPE_CHECKING:
    from lifeline.shock import Shock
    from lifeline.system import System


@dataclass(frozen=True, eq=False)
class Cascade:
    """What a shock does to a system while nothing is repaired."""

    system: System
    shock: Shock
    after: State
    log: Ints

    @property
    def compiled(self) -> CompiledSystem:
        """Return the system as arrays."""
        return self.system.compiled

    @property
    def works_before(self) -> NDArray[np.uint8]:
        """Return which nodes work before the shock."""
        return self.compiled.before.works

    @cached_property
    def without_service(self) -> frozenset[str]:
        """Return the nodes that worked before the shock and do not at minute 0 after it, broken ones included."""
        return self._real_nodes(self.log)

    @cached_property
    def later(self) -> Ints:
        """Return the log of the hours after minute 0: what goes dark as buffers run out and nothing is repaired."""
        from lifeline.growth_kernels import NEVER, replay

        none = np.empty(0, np.int64)
        log: Ints = replay(self.compiled.network, self.after.copy(), none, none, none, NEVER)
        return log

    @cached_property
    def without_service_later(self) -> frozenset[str]:
        """Return the nodes that go dark after minute 0, when their buffers or those of others have run out."""
        return self._real_nodes(self.later)

    def _real_nodes(self, log: Ints) -> frozenset[str]:
        nodes = log[log[:, NODE] < self.compiled.node_count, NODE]
        return frozenset(str(node) for node in self.compiled.node_ids[nodes])

    @property
    def trips(self) -> tuple[Step, ...]:
        """Return the lines that tripped in overload; under connectivity nothing has a rating."""
        return ()

    @cached_property
    def waves(self) -> pd.DataFrame:
        """Return every component that went dark: minute, wave, component, cause, why, sector, persons (`waves.py`)."""
        return wave_table(self)

    @cached_property
    def people_over_time(self) -> pd.DataFrame:
        """Return how many persons each service lacks from when on: minute, service, persons_without (`waves.py`)."""
        return people_over_time(self)

    @cached_property
    def levels_before(self) -> Longs:
        """Return what each node gets before the shock: FULL or 0, units of flow under rules that count them."""
        return FULL * self.compiled.before.works.astype(np.int64)

    @cached_property
    def levels_after(self) -> Longs:
        """Return what each node gets at minute 0, once the failures have spread."""
        return FULL * self.after.works.astype(np.int64)

    @cached_property
    def levels_later(self) -> Longs:
        """Return what each node gets once every buffer has run out and nothing is repaired."""
        levels = self.levels_after.copy()
        levels[self.later[:, NODE]] = 0
        return levels

    @cached_property
    def levels_restored(self) -> Longs:
        """Return what each node gets after every repair, with all buffers run out and growth only."""
        return FULL * self.restorable.astype(np.int64)

    @cached_property
    def levels_wanted(self) -> Longs:
        """Return the level at which nobody who counts is without service."""
        both = np.minimum(self.levels_before, self.levels_restored)
        return np.where(both > 0, both, self.levels_before)

    def levels_while(self, minutes: Longs, is_link: Longs, parts: Longs) -> Longs:
        """Return how levels change from the shock on while these parts are mended at these minutes, in order of time.

        Rows are (minute, node, level, number of the repair it came back with, or -1), those of the shock at minute 0
        first.
        """
        from lifeline.growth_kernels import NEVER, replay
        from lifeline.kernels import BACK

        log = replay(self.compiled.network, self.after.copy(), minutes, is_link, parts, NEVER)
        log = np.concatenate([self.log, log]).astype(np.int64)
        on = log[:, WHAT] == BACK
        return np.column_stack([log[:, MINUTE], log[:, NODE], FULL * on, np.where(on, log[:, WHY], -1)])

    def persons_of(self, portions: Longs, levels: Longs) -> Longs:
        """Return how many persons of these portions are served when their nodes are at these levels."""
        return np.where(levels > 0, self.compiled.portions.persons[portions], 0)

    @cached_property
    def persons_before(self) -> Longs:
        """Return how many persons of each portion are served before the shock."""
        return self._persons_at(self.levels_before)

    @cached_property
    def persons_restored(self) -> Longs:
        """Return how many persons of each portion are served after every repair, with all buffers run out."""
        return self._persons_at(self.levels_restored)

    def _persons_at(self, levels: Longs) -> Longs:
        portions = self.compiled.portions
        return self.persons_of(np.arange(len(portions)), levels[portions.node])

    @cached_property
    def people_without(self) -> dict[str, int]:
        """Return how many persons each service lacks at minute 0; who had none before the shock is not counted."""
        return self._people_without(self.levels_after)

    @cached_property
    def people_stuck(self) -> dict[str, int]:
        """Return how many persons of each service no repair brings back, because parts wait for each other."""
        return self._people_without(self.levels_restored)

    @cached_property
    def people_without_later(self) -> dict[str, int]:
        """Return how many persons each service lacks once every buffer has run out and nothing is repaired."""
        return self._people_without(self.levels_later)

    def _people_without(self, levels: Longs) -> dict[str, int]:
        lost = np.maximum(self.persons_before - self._persons_at(levels), 0)
        return {
            service: int(lost[self.compiled.portions.service == number].sum())
            for number, service in enumerate(self.compiled.services)
        }

    def cause_of(self, component: str) -> Cause:
        """Return the broken component that, followed upstream, leaves this one without service, and the whole chain.

        A component that only goes dark when a buffer runs out is explained as well, with its minute. One that
        works has an empty chain; one that had no service before the shock either is said to be so.
        """
        chain: list[Step] = []
        upstream: str | None = component
        while upstream is not None:
            step = self._explain(upstream)
            if step is None:
                break
            chain.append(step)
            upstream = step.upstream
        broken = chain[-1].component if chain and chain[-1].because == "broken" else None
        return Cause(component, broken, tuple(chain))

    def _explain(self, component: str) -> Step | None:
        if component in self._broken:
            return Step(component, "broken", None)
        if component in self._standing_by:
            return Step(component, "stands by", None)
        if component in self.compiled.link_index:
            return None
        if component not in self.compiled.node_index:
            raise UnknownComponent.named(component, (*self.compiled.node_ids, *self.compiled.link_ids))
        node = self.compiled.node_index[component]
        if not self.works_before[node]:
            return Step(component, "never served", None)
        row = self._fall_of[node]
        return None if row < 0 else self.step(self.falls[row])

    @cached_property
    def _broken(self) -> frozenset[str]:
        return frozenset(self.shock.components)

    @cached_property
    def _standing_by(self) -> frozenset[str]:
        return standing_by(self.system)

    @cached_property
    def falls(self) -> Ints:
        """Return the log of all that went dark, at minute 0 and later: (minute, wave, node, what, why)."""
        return np.concatenate([self.log, self.later])

    @cached_property
    def _fall_of(self) -> Ints:
        """Return the row of the log in which each node went dark, -1 where it did not: without repairs at most one."""
        rows = np.full(len(self.after.works), -1, np.int32)
        rows[self.falls[:, NODE]] = np.arange(len(self.falls))
        return rows

    def step(self, row: Ints) -> Step:
        """Return a row of the log in words."""
        from lifeline.kernels import CUT_OFF_BY_LINK, CUT_OFF_BY_NODE, LOST_PROVIDERS

        compiled = self.compiled
        minute, wave, node, what, why = (int(value) for value in row)
        upstream: str | None = None
        if what == LOST_PROVIDERS:
            upstream = str(compiled.node_ids[self.last_provider(why)])
        elif what == CUT_OFF_BY_NODE:
            upstream = str(compiled.node_ids[why])
        elif what == CUT_OFF_BY_LINK:
            upstream = str(compiled.link_ids[why])
        return Step(str(compiled.node_ids[node]), WHAT_HAPPENED[what], upstream, minute, wave)

    def last_provider(self, group: int) -> int:
        """Return the provider of a group that went dark last; ties go to the first id, never-served ones come last."""
        network = self.compiled.network
        providers = network.provider_node[network.provider_start[group] : network.provider_start[group + 1]]
        fell = self._fall_of[providers]
        when = [(-self.falls[row, MINUTE], -self.falls[row, WAVE]) if row >= 0 else (1, 1) for row in fell]
        return int(min(zip(when, providers, strict=True))[1])

    @cached_property
    def without_buffers(self) -> State:
        """Return the state after the shock with every buffer run out at once: the most that can ever be dark."""
        state = self.compiled.before.copy()
        state.buffer_left[:] = 0
        _break(self.compiled, state, *broken_parts(self.compiled, self.shock))
        return state

    @cached_property
    def restorable(self) -> NDArray[np.bool_]:
        """Return which nodes work after every repair, with all buffers run out and growth only.

        A loop of parts that wait for each other stays dark: no repair brings it back without a black start.
        """
        return self.restored_with(self.compiled.network)

    def restored_with(self, network: Network) -> NDArray[np.bool_]:
        """Return which nodes work after every repair if the network were this one, say with other black starts."""
        from lifeline.growth_kernels import replay

        state = self.without_buffers.copy()
        replay(network, state, *self._all_repairs, 0)
        return state.works.astype(bool)

    @cached_property
    def _all_repairs(self) -> tuple[Longs, Longs, Longs]:
        """Return every repair at minute 0, tasks that bring something in among them: minutes, is it a link, its number.

        What is broken and stands by comes back with the task that brings it in.
        """
        repaired = self._broken - self._standing_by | brought_in(self.system)
        nodes, links = _parts_named(self.compiled, repaired)
        parts = np.concatenate([nodes, links]).astype(np.int64)
        is_link = np.repeat(np.array([0, 1], np.int64), [len(nodes), len(links)])
        return np.zeros(len(parts), np.int64), is_link, parts

    @cached_property
    def stuck(self) -> frozenset[str]:
        """Return the nodes that no repair brings back, because they wait for each other."""
        return frozenset(str(self.compiled.node_ids[node]) for node in dark_nodes(self, self.restorable))

    @cached_property
    def loops(self) -> tuple[tuple[str, ...], ...]:
        """Return the loops of parts that wait for each other after every repair, each from its first id on."""
        return tuple(
            tuple(str(self.compiled.node_ids[wait.node]) for wait in loop)
            for loop in dark_loops(self, self.restorable)
        )

    @cached_property
    def restart_loops(self) -> tuple[RestartLoop, ...]:
        """Return the loops with what breaks them: those that stay dark first, then those that black starts break."""
        return restart_loops(self)


def propagate(system: System, shock: Shock) -> Cascade:
    """Return what a shock does to a system: who is without service at minute 0, wave by wave, with causes."""
    if not system.settings.is_plain:
        from lifeline.service.cascade import RuleCascade

        return RuleCascade.of(system, shock)
    compiled = system.compiled
    state = compiled.before.copy()
    log = _break(compiled, state, *broken_parts(compiled, shock))
    return Cascade(system, shock, state, log)


def broken_parts(compiled: CompiledSystem, shock: Shock) -> tuple[Ints, Ints]:
    """Return the numbers of the nodes and of the links that a shock breaks, ascending."""
    return _parts_named(compiled, shock.components)


def _parts_named(compiled: CompiledSystem, components: Collection[str]) -> tuple[Ints, Ints]:
    nodes, links = [], []
    for component in components:
        if component in compiled.node_index:
            nodes.append(compiled.node_index[component])
        elif component in compiled.link_index:
            links.append(compiled.link_index[component])
        else:
            raise UnknownComponent.named(component, (*compiled.node_ids, *compiled.link_ids))
    return np.array(sorted(nodes), np.int32), np.array(sorted(links), np.int32)


def _break(compiled: CompiledSystem, state: State, nodes: Ints, links: Ints) -> Ints:
    from lifeline.kernels import shock as shock_kernel

    log: Ints = shock_kernel(compiled.network, state, nodes, links)
    return log
