"""Travel minutes over the roads that are passable now.

A road link is passable when it and both its end nodes are intact or repaired. A crew drives at its own speed
or the link's, whichever is less, and on straight legs at its own:

- A crew's start, and a job that is not on a road, is joined to the nearest road node (ties by id) by a
  straight leg.
- A broken road link is worked on from either of its ends, half the link's own time away.
- A broken road node is worked on over any of its links, that link's time from the neighbour; or from the node
  itself, for those whose own nearest road node it is.

On these last stretches crews drive either way, also where the road is one-way: it is closed to everybody
else. All times are whole seconds; minutes are rounded up once, at the very end, so no order of summing can
change them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lifeline.travel import SECONDS_PER_MINUTE, Minutes

Longs = NDArray[np.int64]

CACHE_BYTES = 256 * 2**20
FEWEST_CACHED, MOST_CACHED = 2, 128
NEVER = -1
"Stands in `blocker_job` for a repair that no crew can do: the link never opens."


@dataclass(frozen=True, eq=False)
class RoadState:
    """The roads once some jobs are done: blocked links that opened, ways between gates, and minutes."""

    travel: RoadTravel
    open_links: NDArray[np.bool_]
    gate_seconds: Longs

    @cached_property
    def minutes(self) -> Minutes:
        """Return minutes by speed class, site left and site reached, -1 for no way."""
        travel = self.travel
        minutes = np.empty((len(self.gate_seconds), travel.site_count, travel.site_count), np.int32)
        for speed_class, rows in enumerate(minutes):
            for here, row in enumerate(rows):
                travel.fill_minutes_from(self.gate_seconds, speed_class, here, row)
        minutes.flags.writeable = False
        return minutes


@dataclass(frozen=True, eq=False)
class RoadTravel:
    """Travel over roads, some of which open as jobs are done.

    Gates are the road nodes that matter: those at which sites are joined to the roads, and the ends of
    blocked links. Arrays that depend on speed have the speed class as their first axis.

    `gate_seconds` [class, gate, gate]: shortest ways over the links that are passable at time zero
    (`road_kernels.UNREACHABLE_SECONDS` where there is none). Blocked link b runs from gate blocked_from[b] to
    blocked_to[b] in blocked_seconds[class, b], one way only if blocked_directed[b]; it is passable once all
    the jobs blocker_job[blocker_start[b] : blocker_start[b + 1]] are done, never if NEVER is among them. Site
    s is joined to the gates access_gate[access_start[s] : access_start[s + 1]] by legs of
    access_seconds[class, ...]. Crew c goes on from site start_site[c]: its own start, unless it has done something.
    """

    speed_class_of_crew: Longs
    gate_seconds: Longs
    blocked_from: Longs
    blocked_to: Longs
    blocked_seconds: Longs
    blocked_directed: NDArray[np.bool_]
    blocker_start: Longs
    blocker_job: Longs
    access_start: Longs
    access_gate: Longs
    access_seconds: Longs
    start_site: Longs
    _states: OrderedDict[frozenset[int], RoadState] = field(default_factory=OrderedDict, repr=False)

    @property
    def site_count(self) -> int:
        """Return the number of sites: crews' starts and jobs."""
        return len(self.access_start) - 1

    @property
    def changes_with_repairs(self) -> bool:
        """Tell whether some job opens a road."""
        return bool(self.opening_jobs)

    @cached_property
    def opening_jobs(self) -> frozenset[int]:
        """Return the numbers of the jobs that have a part in opening some link."""
        return frozenset(self.links_of_job)

    @cached_property
    def _can_open(self) -> NDArray[np.bool_]:
        return self._passable(np.unique(self.blocker_job[self.blocker_job != NEVER]))

    @cached_property
    def links_of_job(self) -> dict[int, list[int]]:
        """Return for each job that has a part in opening links the numbers of the links it blocks."""
        links: dict[int, list[int]] = {}
        for link in np.flatnonzero(self._can_open).tolist():
            for job in self.jobs_of_link(link):
                links.setdefault(job, []).append(link)
        return links

    def jobs_of_link(self, link: int) -> list[int]:
        """Return the numbers of the jobs that all have to be done before this blocked link is passable."""
        jobs: list[int] = self.blocker_job[self.blocker_start[link] : self.blocker_start[link + 1]].tolist()
        return jobs

    def without(self, jobs: Collection[int]) -> RoadTravel:
        """Return the same travel in a world in which these jobs are never done."""
        never = np.isin(self.blocker_job, np.array(sorted(jobs), np.int64))
        return replace(self, blocker_job=np.where(never, NEVER, self.blocker_job), _states=OrderedDict())

    def minutes(self, opened: Collection[int] = ()) -> Minutes:
        """Return minutes by speed class, site left and site reached, -1 for no way; answers are cached."""
        return self.state(opened).minutes

    def state(self, opened: Collection[int] = ()) -> RoadState:
        """Return the roads once the jobs with these numbers are done."""
        key = self.opening_jobs.intersection(opened)
        if key in self._states:
            self._states.move_to_end(key)
            return self._states[key]
        state = self._grown(key)
        self._states[key] = state
        bytes_of_one = state.gate_seconds.nbytes + 4 * len(self.gate_seconds) * self.site_count**2
        while len(self._states) > max(FEWEST_CACHED, min(MOST_CACHED, CACHE_BYTES // max(bytes_of_one, 1))):
            self._states.popitem(last=False)
        return state

    def _grown(self, key: frozenset[int]) -> RoadState:
        """Open the links that `key` opens, one by one, on top of the nearest state that is known already."""
        smaller = [known for known in self._states if known < key]
        if smaller:
            start = self._states[max(smaller, key=len)]
            open_links, seconds = start.open_links, start.gate_seconds.copy()
        else:
            open_links, seconds = np.zeros(len(self.blocked_from), bool), self.gate_seconds.copy()
        passable = self._passable(key)
        for link in np.flatnonzero(passable & ~open_links).tolist():
            self.open_link(link, seconds)
        return RoadState(self, passable, seconds)

    def open_link(self, link: int, seconds: Longs) -> None:
        """Let traffic pass a blocked link: shorten the ways between gates, in place."""
        from lifeline.road_kernels import open_way

        tail, head = self.blocked_from[link], self.blocked_to[link]
        for ways, link_seconds in zip(seconds, self.blocked_seconds[:, link], strict=True):
            open_way(ways, tail, head, link_seconds)
            if not self.blocked_directed[link]:
                open_way(ways, head, tail, link_seconds)

    def fill_minutes_from(self, gate_seconds: Longs, speed_class: int, here: int, row: Minutes) -> None:
        """Fill a row with the minutes from one site to all sites, given the ways between gates."""
        from lifeline.road_kernels import minutes_from

        legs = self.access_seconds[speed_class]
        minutes_from(gate_seconds[speed_class], self.access_start, self.access_gate, legs, here, row)

    def drives(self) -> RoadDrives:
        """Return the drives at time zero."""
        return RoadDrives(self)

    def _passable(self, done: Collection[int] | Longs) -> NDArray[np.bool_]:
        """Tell for each blocked link whether it is passable once these jobs are done."""
        if not len(self.blocked_from):
            return np.zeros(0, bool)
        still_blocking = ~np.isin(self.blocker_job, np.array(sorted(done), np.int64))
        passable: NDArray[np.bool_] = np.add.reduceat(still_blocking, self.blocker_start[:-1]) == 0
        return passable

    def there_and_back(self, opened: Collection[int] = ()) -> NDArray[np.bool_]:
        """Tell for each crew and job whether the crew can drive from where it goes on to the site and back again.

        Once true it stays true, as roads only open. Whatever a crew has done so far, it is at a site from
        which it came there and back: so jobs that are there and back for a crew can be done by it in any
        order.
        """
        from lifeline.road_kernels import UNREACHABLE_SECONDS

        crews = len(self.speed_class_of_crew)
        joined = self.state(opened).gate_seconds[:1] < UNREACHABLE_SECONDS
        if not len(joined):
            return np.zeros((0, self.site_count - crews), bool)
        homes = self._gates_left(joined[0])
        both_ways = joined[0][homes, :] & joined[0][:, homes].T
        first_access = self.access_start[crews:-1]
        if not len(first_access):
            return np.zeros((crews, 0), bool)
        by_access = both_ways[:, self.access_gate[first_access[0] :]]
        reached: NDArray[np.bool_] = np.logical_or.reduceat(by_access, first_access - first_access[0], axis=1)
        return reached

    def _gates_left(self, joined: NDArray[np.bool_]) -> Longs:
        """Return the gate by which each crew leaves the site from which it goes on.

        A road it has mended can be left at either end, perhaps for good: at the end from which it can still drive home
        and back, if there is one.
        """
        homes = self.access_gate[self.access_start[: len(self.speed_class_of_crew)]]
        gates = self.access_gate[self.access_start[self.start_site]]
        for crew in np.flatnonzero(gates != homes).tolist():
            site, home = self.start_site[crew], homes[crew]
            mine = self.access_gate[self.access_start[site] : self.access_start[site + 1]]
            gates[crew] = next((gate for gate in mine if joined[gate, home] and joined[home, gate]), mine[0])
        return gates

    @cached_property
    def longest_minutes(self) -> int:
        """Return minutes that no drive of any crew exceeds, whatever roads have been opened by then.

        Gates between which one can drive to and fro at time zero form islands. However many links have
        opened, a quickest way needs to enter no island twice. So it is no longer than the longest ways inside
        all islands, plus for each further island one step into it (an opened link, or a one-way road), plus
        the two legs.
        """
        if not self.changes_with_repairs:
            return int(self.minutes()[:1].max(initial=0))
        from lifeline.road_kernels import UNREACHABLE_SECONDS

        ways = self.gate_seconds[0]
        joined = ways < UNREACHABLE_SECONDS
        both_ways = joined & joined.T
        island = np.argmax(both_ways, axis=1)
        across = np.zeros(len(ways), np.int64)
        np.maximum.at(across, island, np.where(both_ways, ways, 0).max(axis=1))
        one_way = np.where(joined & ~both_ways, ways, 0).max()
        step = max(int(one_way), int(self.blocked_seconds[0, self._can_open].max()))
        further_islands = len(np.unique(island)) - 1
        legs = 2 * int(self.access_seconds[0].max())
        return -(-(int(across.sum()) + further_islands * step + legs) // SECONDS_PER_MINUTE)


class RoadDrives:
    """The drives that are possible at one moment; told of the jobs that are done, it moves on in time."""

    def __init__(self, travel: RoadTravel) -> None:
        """Begin at time zero."""
        self._travel = travel
        self._seconds = travel.gate_seconds
        self._own_seconds = False
        self._done: set[int] = set()

    def job_done(self, job: int) -> None:
        """Let the links open that this job, by its number, was the last to block."""
        if job in self._done or job not in self._travel.opening_jobs:
            return
        if not self._own_seconds:
            self._seconds, self._own_seconds = self._seconds.copy(), True
        self._done.add(job)
        for link in self._travel.links_of_job.get(job, ()):
            if self._done.issuperset(self._travel.jobs_of_link(link)):
                self._travel.open_link(link, self._seconds)

    def minutes(self, speed_class: int, here: int, there: int) -> int:
        """Return the minutes from site to site in this speed class, -1 for no way."""
        from lifeline.road_kernels import drive_minutes

        travel = self._travel
        legs = travel.access_seconds[speed_class]
        ways = self._seconds[speed_class]
        return int(drive_minutes(ways, travel.access_start, travel.access_gate, legs, here, there))

    def minutes_from(self, speed_class: int, here: int) -> Minutes:
        """Return the minutes from one site to all sites in this speed class, -1 for no way."""
        row = np.empty(self._travel.site_count, np.int32)
        self._travel.fill_minutes_from(self._seconds, speed_class, here, row)
        return row
