"""Who is without service after a shock, wave by wave, and because of what.

At the shock the largest set of parts that satisfies the rule stays up: failures are taken away in waves, each
part with its cause. In the hours after it, with nothing repaired, buffers run out and start waves of their
own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.compiled import MINUTE, NODE, WAVE, WHY, CompiledSystem, Ints, Longs, State
from lifeline.errors import UnknownComponent
from lifeline.restart import RestartLoop, dark_loops, restart_loops, restored_with

if TYPE_CHECKING:
    from lifeline.shock import Shock
    from lifeline.system import System

WHAT_HAPPENED = {1: "broken", 2: "lost its providers", 3: "cut off", 4: "cut off"}


@dataclass(frozen=True)
class Step:
    """One link of a chain of causes: a component, what happened to it, and the component upstream that explains it."""

    component: str
    because: str
    upstream: str | None
    minute: int = 0
    wave: int = 0


@dataclass(frozen=True)
class Cause:
    """Why a component is without service: the chain from it up to the broken component."""

    component: str
    broken: str | None
    chain: tuple[Step, ...]

    @property
    def sentence(self) -> str:
        """Return the chain as one sentence."""
        if not self.chain:
            return f"{self.component} works."
        return "; ".join(_clause(step) for step in self.chain) + "."


def _clause(step: Step) -> str:
    if step.because == "broken":
        return f"{step.component} is broken"
    if step.because == "never served":
        return f"{step.component} had no service before the shock"
    if step.because == "cut off":
        return f"{step.component} is cut off from its source by {step.upstream}"
    after = f" at minute {step.minute}, when its buffer ran out" if step.minute else ""
    return f"{step.component} lost its provider {step.upstream}{after}"


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

    @cached_property
    def waves(self) -> pd.DataFrame:
        """Return every component that went dark: minute, wave, component, cause (the one just upstream), why.

        `persons` is how many people lose their service with it, that of its `sector`. Whoever any of several nodes
        would have served loses it with the last of these.
        """
        links = self.system.links.set_index("id")["sector"]
        broken = [name for name in self.shock.components if name in self.compiled.link_index]
        rows = [(0, 0, name, "", "broken", links[name], 0) for name in broken]
        sectors = self.system.nodes["sector"].to_numpy(dtype=object)
        for row in self._falls[self._falls[:, NODE] < self.compiled.node_count]:
            step, node = self._step(row), row[NODE]
            cause = (step.upstream or "", step.because, sectors[node], int(self._persons_with[node]))
            rows.append((step.minute, step.wave, step.component, *cause))
        rows.sort()
        columns = ["minute", "wave", "component", "cause", "why", "sector", "persons"]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def _persons_with(self) -> Longs:
        """Return how many persons lose a service with each node that goes dark."""
        portions = self.compiled.portions
        persons = np.zeros(len(self.after.works), np.int64)
        np.add.at(persons, portions.node, portions.persons)
        for row in self._falls[self._falls[:, NODE] >= self.compiled.node_count]:
            persons[self._last_provider(row[WHY])] += persons[row[NODE]]
        return persons

    @cached_property
    def people_over_time(self) -> pd.DataFrame:
        """Return how many persons each service lacks from each minute of change on: minute, service, persons_without.

        Nothing is repaired, so the figures only grow. Every service has a row at minute 0.
        """
        minutes = sorted({0, *self.waves["minute"]})
        lost = self.waves.groupby(["minute", "sector"])["persons"].sum()
        rows = []
        for service in self.compiled.services:
            persons = 0
            for minute in minutes:
                more = int(lost.get((minute, service), 0))
                persons += more
                if more or not minute:
                    rows.append((minute, service, persons))
        return pd.DataFrame(sorted(rows), columns=["minute", "service", "persons_without"])

    @cached_property
    def people_without(self) -> dict[str, int]:
        """Return how many persons each service lacks at minute 0; who had none before the shock is not counted."""
        return self._people_without(self.after.works)

    @cached_property
    def people_stuck(self) -> dict[str, int]:
        """Return how many persons of each service no repair brings back, because parts wait for each other."""
        return self._people_without(self.restorable.astype(np.uint8))

    @cached_property
    def people_without_later(self) -> dict[str, int]:
        """Return how many persons each service lacks once every buffer has run out and nothing is repaired."""
        works = self.after.works.copy()
        works[self.later[:, NODE]] = 0
        return self._people_without(works)

    def _people_without(self, works: NDArray[np.uint8]) -> dict[str, int]:
        portions = self.compiled.portions
        lost = (self.compiled.before.works[portions.node] > works[portions.node]) * portions.persons
        return {
            service: int(lost[portions.service == number].sum())
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
        if component in self.compiled.link_index:
            return None
        if component not in self.compiled.node_index:
            raise UnknownComponent.named(component, (*self.compiled.node_ids, *self.compiled.link_ids))
        node = self.compiled.node_index[component]
        if not self.compiled.before.works[node]:
            return Step(component, "never served", None)
        row = self._fall_of[node]
        return None if row < 0 else self._step(self._falls[row])

    @cached_property
    def _broken(self) -> frozenset[str]:
        return frozenset(self.shock.components)

    @cached_property
    def _falls(self) -> Ints:
        return np.concatenate([self.log, self.later])

    @cached_property
    def _fall_of(self) -> Ints:
        """Return the row of the log in which each node went dark, -1 where it did not: without repairs at most one."""
        rows = np.full(len(self.after.works), -1, np.int32)
        rows[self._falls[:, NODE]] = np.arange(len(self._falls))
        return rows

    def _step(self, row: Ints) -> Step:
        from lifeline.kernels import CUT_OFF_BY_LINK, CUT_OFF_BY_NODE, LOST_PROVIDERS

        compiled = self.compiled
        minute, wave, node, what, why = (int(value) for value in row)
        upstream: str | None = None
        if what == LOST_PROVIDERS:
            upstream = str(compiled.node_ids[self._last_provider(why)])
        elif what == CUT_OFF_BY_NODE:
            upstream = str(compiled.node_ids[why])
        elif what == CUT_OFF_BY_LINK:
            upstream = str(compiled.link_ids[why])
        return Step(str(compiled.node_ids[node]), WHAT_HAPPENED[what], upstream, minute, wave)

    def _last_provider(self, group: int) -> int:
        """Return the provider of a group that went dark last; ties go to the first id, never-served ones come last."""
        network = self.compiled.network
        providers = network.provider_node[network.provider_start[group] : network.provider_start[group + 1]]
        fell = self._fall_of[providers]
        when = [(-self._falls[row, MINUTE], -self._falls[row, WAVE]) if row >= 0 else (1, 1) for row in fell]
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
        return restored_with(self, self.compiled.network.black_start_nodes)

    @cached_property
    def stuck(self) -> frozenset[str]:
        """Return the nodes that no repair brings back, because they wait for each other."""
        count = self.compiled.node_count
        works_before = self.compiled.before.works[:count].astype(bool)
        return frozenset(
            str(node) for node in self.compiled.node_ids[works_before & ~self.restorable[:count]]
        )

    @cached_property
    def loops(self) -> tuple[tuple[str, ...], ...]:
        """Return the loops of parts that wait for each other after every repair, each from its first id on."""
        return tuple(
            tuple(str(self.compiled.node_ids[wait.node]) for wait in loop)
            for loop in dark_loops(self.compiled, self.restorable)
        )

    @cached_property
    def restart_loops(self) -> tuple[RestartLoop, ...]:
        """Return the loops with what breaks them: those that stay dark first, then those that black starts break."""
        return restart_loops(self)


def propagate(system: System, shock: Shock) -> Cascade:
    """Return what a shock does to a system: who is without service at minute 0, wave by wave, with causes."""
    compiled = system.compiled
    state = compiled.before.copy()
    log = _break(compiled, state, *broken_parts(compiled, shock))
    return Cascade(system, shock, state, log)


def broken_parts(compiled: CompiledSystem, shock: Shock) -> tuple[Ints, Ints]:
    """Return the numbers of the nodes and of the links that a shock breaks, ascending."""
    nodes, links = [], []
    for component in shock.components:
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
