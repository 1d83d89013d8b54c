"""What the dark nodes wait for, as a small graph of events that a model can be written from.

An event is a node coming on within a span of time. A node that no buffer reaches has one event, from minute 0 to
the horizon. Where a buffer reaches it, the span is cut at the minutes at which buffers run out (`buffer_ends`):
before such a minute the node does without the providers, from then on it needs them, so in each span it has an
event of its own. What a node costs is then, in each span, the time up to its event.

Nodes that need each other hold each other up once they are on, also after the buffer has gone that helped them
start: there an event may take over from the one of the span before.

Where `is_exact`, the cost of the events is what the judge counts; elsewhere it is never more than that.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import CARRIES_IN, CARRIES_OUT
from solvers.buffer_ends import BufferEnds
from solvers.dark import NO_JOB, Dark
from solvers.loops import loops_of

NOTHING = -1
"Stands for the event or the job that there is none of."

Way = tuple[int, int]
"One way to have a need met: an event that has come and a job that is done, either of them NOTHING."


@dataclass(frozen=True)
class Need:
    """Something an event waits for: any one of these ways. It is a feed or else a group of providers."""

    ways: tuple[Way, ...]
    is_feed: bool


@dataclass(frozen=True)
class Event:
    """A node coming on between two minutes: once its own job is done and all its needs are met.

    `opens` is the earliest minute that counts and `closes` the one at which waiting no longer costs anything;
    every minute between them costs `weight`. Providers may be brought back by the event itself if it
    `starts_alone`, or if it takes over from the event `before`, which ends where this one begins.
    """

    opens: int
    closes: int
    weight: int
    job: int
    needs: tuple[Need, ...]
    starts_alone: bool = False
    before: int = NOTHING


@dataclass(frozen=True)
class Needs:
    """The events of a problem; `is_exact` tells whether their cost is the judge's, else it is never more.

    `fixed_cost` comes on top, whatever is repaired when.
    """

    events: tuple[Event, ...]
    is_exact: bool
    fixed_cost: int = 0


def needs_of(dark: Dark, ends: BufferEnds, horizon: int) -> Needs:
    """Return the events of a dark part up to the horizon, as its buffers run out."""
    return Needs(_Unfolding(dark, ends, horizon).events(), ends.is_exact)


class _Unfolding:
    """Makes the events: for each dark node one for each span between the minutes at which it loses a buffer."""

    def __init__(self, dark: Dark, ends: BufferEnds, horizon: int) -> None:
        self.dark, self.ends, self.horizon = dark, ends, horizon
        self.feeds = _ways_in(dark)
        for node, job in ends.lingering_feeds:
            self.feeds[node].append((NOTHING, job))
        self.providers: list[list[int]] = [[] for _ in dark.group_dependent]
        tails, heads = _feed_ends(dark)
        provider, group = _supply_ends(dark)
        for number, supplied in zip(provider.tolist(), group.tolist(), strict=True):
            self.providers[supplied].append(number)
        helper, helped = (
            np.concatenate([tails, provider]),
            np.concatenate([heads, dark.group_dependent[group]]),
        )
        self.cuts = self._cuts(helper.tolist(), helped.tolist())
        self.first = np.concatenate([[0], np.cumsum([len(cuts) + 1 for cuts in self.cuts])]).tolist()
        loop = loops_of(len(dark.weight), helper, helped)
        dependent = dark.group_dependent[group]
        self.in_loop = np.isin(loop, loop[dependent[loop[provider] == loop[dependent]]])

    def _cuts(self, helpers: list[int], helped: list[int]) -> list[list[int]]:
        """Return for each node the minutes, in order, at which a buffer runs out that reaches it."""
        count = len(self.dark.weight)
        cuts: list[set[int]] = [set() for _ in range(count)]
        for group, minute in enumerate(self.ends.minute.tolist()):
            if 0 < minute < self.horizon:
                cuts[self.dark.group_dependent[group]].add(minute)
        follows: list[list[int]] = [[] for _ in range(count)]
        for here, there in zip(helpers, helped, strict=True):
            follows[here].append(there)
        queue = [node for node in range(count) if cuts[node]]
        while queue:
            node = queue.pop()
            for other in follows[node]:
                if not cuts[node] <= cuts[other]:
                    cuts[other] |= cuts[node]
                    queue.append(other)
        return [sorted(minutes) for minutes in cuts]

    def events(self) -> tuple[Event, ...]:
        """Return all events; those of a node stand together, in order of time."""
        return tuple(
            self._event(node, opens, closes)
            for node, cuts in enumerate(self.cuts)
            for opens, closes in zip([0, *cuts], [*cuts, self.horizon], strict=True)
        )

    def _at(self, node: int, minute: int) -> int:
        """Return the number of the event of a node whose span a minute belongs to."""
        return int(self.first[node]) + bisect_right(self.cuts[node], minute)

    def _event(self, node: int, opens: int, closes: int) -> Event:
        dark, weight = self.dark, int(self.dark.weight[node])
        if opens == 0 and self.ends.works_at_first[node]:
            return Event(opens, closes, weight, NOTHING, ())
        needs = []
        if not dark.fed[node]:
            ways = (
                (NOTHING if other == NOTHING else self._at(other, opens), job)
                for other, job in self.feeds[node]
            )
            if (NOTHING, NOTHING) not in self.feeds[node]:
                needs.append(Need(tuple(ways), is_feed=True))
        for group in range(dark.group_start[node], dark.group_start[node + 1]):
            if self.ends.minute[group] <= opens:
                by = tuple((self._at(other, opens), NOTHING) for other in self.providers[group])
                needs.append(Need(by, is_feed=False))
        return Event(
            opens,
            closes,
            weight,
            int(dark.node_job[node]) if dark.broken[node] else NOTHING,
            tuple(needs),
            starts_alone=bool((dark.starters == node).any()),
            before=self._at(node, opens) - 1 if opens and self.in_loop[node] else NOTHING,
        )


def _feed_ends(dark: Dark) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    tail = np.repeat(np.arange(len(dark.weight)), np.diff(dark.feeds_start))
    return tail, dark.feeds_node.astype(np.int64)


def _supply_ends(dark: Dark) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    provider = np.repeat(np.arange(len(dark.weight)), np.diff(dark.supplies_start))
    return provider, dark.supplies_group.astype(np.int64)


def _ways_in(dark: Dark) -> list[list[Way]]:
    """Return for each dark node whom it can be fed by, over which repair; NOTHING is a part that works."""
    outside = len(dark.weight)
    ways: list[list[Way]] = [[] for _ in range(outside)]
    tails, heads = _feed_ends(dark)
    for tail, head, job in zip(tails.tolist(), heads.tolist(), dark.feeds_job.tolist(), strict=True):
        ways[head].append((tail, NOTHING if job == NO_JOB else job))
    ends = (dark.job_tail.tolist(), dark.job_head.tolist(), dark.job_way.tolist())
    for job, (tail, head, way) in enumerate(zip(*ends, strict=True)):
        if way & CARRIES_OUT and tail == outside and 0 <= head < outside:
            ways[head].append((NOTHING, job))
        if way & CARRIES_IN and head == outside and 0 <= tail < outside:
            ways[tail].append((NOTHING, job))
    return ways
