"""Builds the travel of a repair problem: where sites meet the roads, blocked links, all shortest ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.components import link_lengths_km
from lifeline.distance import METRES_PER_KM, metres_of_chord, unit_vectors
from lifeline.roads import RoadTravel
from lifeline.travel import StraightLine, Travel, driving_seconds, site_places, speed_classes

if TYPE_CHECKING:
    from lifeline.crews import Crew
    from lifeline.jobs import Job
    from lifeline.plan import Visit
    from lifeline.system import System

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

ROAD = "road"
GATES_AT_ONCE = 256
# Chords of the unit sphere: distances that differ by some micrometres are equal.
SAME_CHORD = 1e-12

NO_COMPONENT = "\0"
"Before the id of a job that restores nothing, so that it is no component's."


def travel_between(
    system: System, crews: Sequence[Crew], jobs: Sequence[Job], history: Sequence[Visit] = ()
) -> Travel:
    """Return how these crews travel to these jobs: over roads if the system has any, else straight.

    Crews go on from the site of their last visit in the history.
    """
    roads = _Roads.of(system, jobs)
    if not len(roads.tail):
        return StraightLine.between(crews, jobs, system.settings.detour_factor)
    return _road_travel(roads, crews, jobs, history)


def _start_sites(crews: Sequence[Crew], jobs: Sequence[Job], history: Sequence[Visit]) -> Longs:
    """Return the site from which each crew goes on: its start, or that of the last visit of its history."""
    sites = np.arange(len(crews), dtype=np.int64)
    crew_number = {crew.id: number for number, crew in enumerate(crews)}
    job_number = {job.id: number for number, job in enumerate(jobs)}
    for visit in sorted(history, key=lambda visit: (visit.start, visit.finish, visit.job)):
        sites[crew_number[visit.crew]] = len(crews) + job_number[visit.job]
    return sites


@dataclass(frozen=True, eq=False)
class _Roads:
    """The roads as arrays; nodes and links are numbered in order of their ids, -1 marks what is no job."""

    place: Floats
    tail: Longs
    head: Longs
    metres: Floats
    kmh: Floats
    directed: NDArray[np.bool_]
    job_of_node: Longs
    job_of_link: Longs

    @classmethod
    def of(cls, system: System, jobs: Sequence[Job]) -> _Roads:
        nodes = system.nodes[system.nodes["sector"] == ROAD]
        links = system.links[system.links["sector"] == ROAD]
        numbers = pd.Index(nodes["id"])
        # A road is passable again with the job that restores it; other jobs have a name that no component has.
        job_ids = pd.Index(
            [job.component if job.restores else f"{NO_COMPONENT}{job.id}" for job in jobs], dtype=object
        )
        return cls(
            place=unit_vectors(nodes["longitude"], nodes["latitude"]),
            tail=_numbers(numbers, links["from_node"]),
            head=_numbers(numbers, links["to_node"]),
            metres=link_lengths_km(system, links) * METRES_PER_KM,
            kmh=links["speed_kmh"].to_numpy(dtype=float),
            directed=links["directed"].to_numpy(dtype=bool),
            job_of_node=_numbers(job_ids, nodes["id"]),
            job_of_link=_numbers(job_ids, links["id"]),
        )

    @property
    def blocked(self) -> NDArray[np.bool_]:
        """Mark the links that are impassable at time zero: broken, or with a broken end."""
        broken_end = (self.job_of_node[self.tail] >= 0) | (self.job_of_node[self.head] >= 0)
        return broken_end | (self.job_of_link >= 0)

    def seconds(self, class_kmh: Floats) -> Longs:
        """Return the time over each link by speed class: at the slower of link and crew."""
        return driving_seconds(self.metres, np.minimum(self.kmh, class_kmh[:, None]))


def _numbers(index: pd.Index[Any], ids: pd.Series[Any]) -> Longs:
    return index.get_indexer(pd.Index(ids)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Access:
    """Where sites meet the roads: one entry a site and gate, sorted by site; `seconds` by speed class."""

    site: Longs
    node: Longs
    seconds: Longs


def _road_travel(
    roads: _Roads, crews: Sequence[Crew], jobs: Sequence[Job], history: Sequence[Visit]
) -> RoadTravel:
    class_kmh, speed_class = speed_classes(crews)
    link_seconds = roads.seconds(class_kmh)
    access = _access(roads, link_seconds, class_kmh, crews, jobs)
    blocked = np.flatnonzero(roads.blocked)
    tail, head = roads.tail[blocked], roads.head[blocked]
    gates = np.unique(np.concatenate([access.node, tail, head]))
    blocker_start, blocker_job = _blockers(roads, blocked)
    return RoadTravel(
        speed_class_of_crew=speed_class,
        gate_seconds=_shortest_ways(roads, link_seconds, gates),
        blocked_from=np.searchsorted(gates, tail),
        blocked_to=np.searchsorted(gates, head),
        blocked_seconds=np.ascontiguousarray(link_seconds[:, blocked]),
        blocked_directed=roads.directed[blocked],
        blocker_start=blocker_start,
        blocker_job=blocker_job,
        access_start=_starts(access.site, len(crews) + len(jobs)),
        access_gate=np.searchsorted(gates, access.node),
        access_seconds=access.seconds,
        start_site=_start_sites(crews, jobs, history),
    )


def _starts(owner: Longs, count: int) -> Longs:
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))]).astype(np.int64)


def _blockers(roads: _Roads, blocked: Longs) -> tuple[Longs, Longs]:
    """Return for each blocked link the jobs that all have to be done before it is passable."""
    columns = (
        roads.job_of_link[blocked],
        roads.job_of_node[roads.tail[blocked]],
        roads.job_of_node[roads.head[blocked]],
    )
    jobs = np.stack(columns, axis=1)
    return np.concatenate([[0], np.cumsum((jobs >= 0).sum(axis=1))]).astype(np.int64), jobs[jobs >= 0]


def _access(
    roads: _Roads, link_seconds: Longs, class_kmh: Floats, crews: Sequence[Crew], jobs: Sequence[Job]
) -> _Access:
    job_on_road = np.zeros(len(jobs), bool)
    job_on_road[roads.job_of_node[roads.job_of_node >= 0]] = True
    job_on_road[roads.job_of_link[roads.job_of_link >= 0]] = True
    beside = np.flatnonzero(np.concatenate([np.ones(len(crews), bool), ~job_on_road]))
    node, metres = _nearest_nodes(roads, *(place[beside] for place in site_places(crews, jobs)))
    parts = [
        _Access(beside, node, driving_seconds(metres, class_kmh[:, None])),
        *_access_to_links(roads, link_seconds, len(crews)),
        *_access_to_nodes(roads, link_seconds, len(crews)),
    ]
    site, node = (np.concatenate([getattr(part, name) for part in parts]) for name in ("site", "node"))
    seconds = np.concatenate([part.seconds for part in parts], axis=1)
    same = _same_site(jobs, job_on_road)
    if same:
        # Every step of the repair of a road is done where the road is.
        step, entry = zip(
            *(
                (len(crews) + job, place)
                for job, other in same
                for place in np.flatnonzero(site == len(crews) + other)
            ),
            strict=True,
        )
        kept = ~np.isin(site, step)
        site = np.concatenate([site[kept], np.array(step, site.dtype)])
        node = np.concatenate([node[kept], node[list(entry)]])
        seconds = np.concatenate([seconds[:, kept], seconds[:, list(entry)]], axis=1)
    order = np.lexsort((node, site))
    return _Access(site[order], node[order], np.ascontiguousarray(seconds[:, order]))


def _same_site(jobs: Sequence[Job], job_on_road: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return each job that is not the one to restore its broken road, with the one that is."""
    restoring = {jobs[number].component: number for number in np.flatnonzero(job_on_road).tolist()}
    return [
        (number, restoring[job.component])
        for number, job in enumerate(jobs)
        if job.component in restoring and restoring[job.component] != number
    ]


def _access_to_links(roads: _Roads, link_seconds: Longs, first_job_site: int) -> Iterator[_Access]:
    """A broken link is reached from either end, half its own time away."""
    broken = np.flatnonzero(roads.job_of_link >= 0)
    for end in (roads.tail, roads.head):
        half = (link_seconds[:, broken] + 1) // 2
        yield _Access(first_job_site + roads.job_of_link[broken], end[broken], half)


def _access_to_nodes(roads: _Roads, link_seconds: Longs, first_job_site: int) -> Iterator[_Access]:
    """A broken node is reached from itself, and from each neighbour in the time of the link between."""
    broken = np.flatnonzero(roads.job_of_node >= 0)
    at_node = np.zeros((len(link_seconds), len(broken)), np.int64)
    yield _Access(first_job_site + roads.job_of_node[broken], broken, at_node)
    for here, neighbour in ((roads.tail, roads.head), (roads.head, roads.tail)):
        leading = np.flatnonzero(roads.job_of_node[here] >= 0)
        site = first_job_site + roads.job_of_node[here[leading]]
        yield _Access(site, neighbour[leading], link_seconds[:, leading])


def _nearest_nodes(roads: _Roads, longitude: Floats, latitude: Floats) -> tuple[Longs, Floats]:
    """Return the nearest road node of each place, the first of several equally near, and the metres."""
    from scipy.spatial import cKDTree

    places = unit_vectors(longitude, latitude)
    tree = cKDTree(roads.place)
    chord = np.asarray(tree.query(places)[0], np.float64)
    equally_near = tree.query_ball_point(places, chord + SAME_CHORD)
    return np.array([min(nodes) for nodes in equally_near], np.int64), metres_of_chord(chord)


def _shortest_ways(roads: _Roads, link_seconds: Longs, gates: Longs) -> Longs:
    """Return the shortest ways between gates by speed class, over links passable at time zero."""
    from scipy.sparse.csgraph import dijkstra

    from lifeline.road_kernels import UNREACHABLE_SECONDS

    ways = np.empty((len(link_seconds), len(gates), len(gates)), np.int64)
    for seconds, answer in zip(link_seconds, ways, strict=True):
        graph = _passable_graph(roads, seconds)
        # A few gates at a time: the search answers for all road nodes, of which only the gates are kept.
        for first in range(0, len(gates), GATES_AT_ONCE):
            rows = slice(first, first + GATES_AT_ONCE)
            found = dijkstra(graph, directed=True, indices=gates[rows])[:, gates]
            answer[rows] = np.where(np.isinf(found), UNREACHABLE_SECONDS, found).astype(np.int64)
    return ways


def _passable_graph(roads: _Roads, seconds: Longs) -> Any:
    """Return the links passable at time zero as a sparse matrix; of parallel links the quickest is kept."""
    from scipy.sparse import csr_array

    forward, backward = ~roads.blocked, ~roads.blocked & ~roads.directed
    tail = np.concatenate([roads.tail[forward], roads.head[backward]])
    head = np.concatenate([roads.head[forward], roads.tail[backward]])
    weight = np.concatenate([seconds[forward], seconds[backward]])
    order = np.lexsort((weight, head, tail))
    tail, head, weight = tail[order], head[order], weight[order]
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(tail) != 0) | (np.diff(head) != 0)
    size = len(roads.place)
    start = _starts(tail[first], size)
    return csr_array((weight[first].astype(float), head[first], start), shape=(size, size))
