"""Who is dark at one instant of a plan, and because of what: the chain from a component to what is broken by then.

A dark part that is intact waits either for a group of which nobody works, its buffer used up, or for what fed it before
the shock: the link is broken, or the neighbour is dark and has a reason of its own. Followed upstream that ends at
something broken, or comes round in a circle of parts that wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.causes import Step
from lifeline.compiled import Longs, feeding_nodes
from lifeline.standby import standing_by
from lifeline.steps import last_of_each_minute
from lifeline.stories import Story, enough_of, joined, minutes_off, stories_of

if TYPE_CHECKING:
    from lifeline.cascade import Cascade
    from lifeline.evaluation import Evaluation

SHORT = "short of supply"


@dataclass(frozen=True)
class Why:
    """Why a component is dark: the steps from it upstream, and the component at the end of them.

    `broken` is "" where no broken part is to blame: `loop` then says whether they wait for each other.
    """

    component: str
    steps: tuple[Step, ...]
    broken: str
    loop: bool = False


@dataclass(frozen=True, eq=False)
class Instant:
    """One instant of a plan replayed: what is mended, what works, and who waits for what."""

    evaluation: Evaluation
    minute: int

    @property
    def cascade(self) -> Cascade:
        """Return the cascade that the plan repairs."""
        return self.evaluation.problem.cascade

    @cached_property
    def levels(self) -> Longs:
        """Return what each node gets, in the order of their numbers; changes of this very minute have happened."""
        rows = self.evaluation.levels
        rows = rows[rows[:, 0] <= self.minute]
        levels = self.cascade.levels_before.copy()
        # Rows are in order of time, and of several at one place the last one is kept.
        levels[rows[:, 1]] = rows[:, 2]
        return levels

    @cached_property
    def works(self) -> NDArray[np.bool_]:
        """Tell which nodes work."""
        works: NDArray[np.bool_] = self.levels >= enough_of(self.cascade)
        return works

    @cached_property
    def worked(self) -> NDArray[np.bool_]:
        """Tell which nodes worked before the shock."""
        worked: NDArray[np.bool_] = self.cascade.levels_before >= enough_of(self.cascade)
        return worked

    @cached_property
    def done(self) -> frozenset[str]:
        """Return the components that are back, or brought in, by then."""
        problem = self.evaluation.problem
        jobs = (
            problem.job(visit.job) for visit in self.evaluation.plan.visits if visit.finish <= self.minute
        )
        return frozenset(job.component for job in jobs if job.restores or job.component in self._standby)

    @cached_property
    def _standby(self) -> frozenset[str]:
        return standing_by(self.evaluation.problem.system)

    @cached_property
    def broken(self) -> frozenset[str]:
        """Return the components that are still broken, or shut."""
        return frozenset(self.evaluation.problem.shock.components) - self.done

    @cached_property
    def dark(self) -> tuple[str, ...]:
        """Return the nodes that worked before the shock and do not now, broken ones included, by id."""
        compiled = self.cascade.compiled
        nodes = np.flatnonzero(self.worked & ~self.works)
        return tuple(str(compiled.node_ids[node]) for node in nodes.tolist() if node < compiled.node_count)

    @cached_property
    def persons_without(self) -> Longs:
        """Return how many persons of each portion who had service before the shock have none now."""
        cascade = self.cascade
        portions = cascade.compiled.portions
        served = cascade.persons_of(np.arange(len(portions)), self.levels[portions.node])
        lost: Longs = np.maximum(cascade.persons_before - served, 0)
        return lost

    @cached_property
    def stories(self) -> Callable[[int], Story]:
        """Return what tells for a node when it works."""
        return stories_of(self.cascade, last_of_each_minute(self.evaluation.levels))

    def buffer_left(self, group: int) -> int:
        """Return the minutes that the buffer of a dependency group still lasts; 0 where it has none."""
        network = self.cascade.compiled.network
        length = int(network.group_buffer[group])
        providers = self._providers(group)
        if not length or not self.worked[providers].any():
            return 0
        story = joined([self.stories(node) for node in providers.tolist()], any)
        return max(0, length - minutes_off(story, self.minute))

    def is_provided(self, group: int) -> bool:
        """Tell whether a provider of a dependency group works."""
        return bool(self.works[self._providers(group)].any())

    def name_of(self, group: int) -> str:
        """Return the name of a dependency group, by its number."""
        compiled = self.cascade.compiled
        node = int(compiled.network.group_dependent[group])
        table = self.evaluation.problem.system.dependencies
        names = sorted(set(table["group"][table["dependent"] == compiled.node_ids[node]]))
        return str(names[group - int(compiled.network.group_start[node])])

    def _providers(self, group: int) -> NDArray[np.int32]:
        network = self.cascade.compiled.network
        return network.provider_node[network.provider_start[group] : network.provider_start[group + 1]]

    def why(self, component: str) -> Why:
        """Return why a component is dark; no steps where it works, or never did."""
        steps: list[Step] = []
        seen: set[str] = set()
        upstream: str | None = component
        while upstream is not None:
            if upstream in seen:
                return Why(component, tuple(steps), "", loop=True)
            seen.add(upstream)
            step = self._step(upstream)
            if step is None:
                break
            steps.append(step)
            upstream = step.upstream
        is_broken = bool(steps) and steps[-1].because == "broken"
        return Why(component, tuple(steps), steps[-1].component if is_broken else "")

    def _step(self, component: str) -> Step | None:
        if component in self.broken:
            return Step(component, "broken", None)
        if component in self._standby - self.done:
            return Step(component, "stands by", None)
        node = self.cascade.compiled.node_index.get(component)
        if node is None or self.works[node]:
            return None
        if not self.worked[node]:
            return Step(component, "never served", None)
        return self._waits_for_a_group(component, node) or self._is_cut_off(component, node)

    @cached_property
    def _feeding(self) -> NDArray[np.int32]:
        compiled = self.cascade.compiled
        return feeding_nodes(compiled.network, compiled.before)

    def _waits_for_a_group(self, component: str, node: int) -> Step | None:
        """Return the provider that is missing: one that is broken itself before others, then by id."""
        compiled = self.cascade.compiled
        network = compiled.network
        for group in range(network.group_start[node], network.group_start[node + 1]):
            providers = self._providers(group)
            if self.is_provided(group) or self.buffer_left(group):
                continue
            names = [str(compiled.node_ids[provider]) for provider in providers.tolist()]
            first = min(names, key=lambda name: (name not in self.broken, name))
            return Step(component, "lost its providers", first)
        return None

    def _is_cut_off(self, component: str, node: int) -> Step:
        """Return what fed it before the shock, if that is why it is dark."""
        compiled = self.cascade.compiled
        before = compiled.before
        link = int(before.feed_link[node])
        if link >= 0:
            name = str(compiled.link_ids[link])
            if name in self.broken:
                return Step(component, "cut off", name)
            feeding = int(self._feeding[node])
            if not self.works[feeding]:
                return Step(component, "cut off", str(compiled.node_ids[feeding]))
        return Step(component, SHORT, None)
