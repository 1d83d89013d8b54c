"""Travel: straight lines, roads, damaged roads that open, and a slow networkx reference for all of it."""

from itertools import pairwise
from math import ceil
from random import Random
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import town

from lifeline.distance import great_circle_metres, midpoints
from lifeline.repair import RepairProblem, build_problem
from lifeline.road_graph import travel_between
from lifeline.roads import NEVER, RoadTravel
from lifeline.shock import Shock
from lifeline.system import Settings, System

KM = 0.009  # degrees along the equator; 1.00076 km
CREW = {"red": "power;road"}


def problem_of(system: System) -> RepairProblem:
    return build_problem(system, Shock.from_table(system, system.damage))


def minutes(problem: RepairProblem, here: str, there: str, *opened: str) -> int:
    """Return the minutes of the slowest crews between sites, named by crew or job."""
    sites = {**problem.crew_index, **{job: len(problem.crews) + n for job, n in problem.job_index.items()}}
    table = problem.travel.minutes({problem.job_index[job] for job in opened})
    return int(table[0, sites[here], sites[there]])


# Distances --------------------------------------------------------------------------------------------------


def test_a_degree_of_the_equator_is_111_kilometres() -> None:
    """2 pi * 6371.0088 km / 360 = 111.195 km."""
    assert great_circle_metres(0, 0, 1, 0) == pytest.approx(111_195, abs=1)


def test_halfway_across_the_date_line() -> None:
    longitude, latitude = midpoints(np.array([179.0]), np.array([0.0]), np.array([-179.0]), np.array([10.0]))
    assert (abs(longitude[0]), latitude[0]) == (180.0, 5.0)


# Without roads ----------------------------------------------------------------------------------------------


def test_without_roads_crews_drive_the_straight_line_times_the_detour() -> None:
    """P1 to P3: 2.0015 km * 1.3 = 2.602 km; at 30 km/h 5.2 minutes, rounded up to 6; at 60 km/h 3."""
    problem = problem_of(
        town(
            power="P1*-P2-P3",
            crews={"red": "power", "swift": {"skills": "power", "speed_kmh": 60.0}},
            damage={"P1": 60, "P3": 60},
        )
    )
    assert problem.travel.speed_class_of_crew.tolist() == [0, 1]
    table = problem.travel.minutes()
    assert table.shape == (2, 4, 4)
    assert (table[0, 2, 3], table[1, 2, 3], table[0, 2, 2]) == (6, 3, 0)
    assert (table[:, 0, 2] == 0).all()
    assert not problem.travel.changes_with_repairs
    assert problem.travel.longest_minutes == 6
    drives = problem.travel.drives()
    drives.job_done(0)
    assert (drives.minutes(0, 2, 3), drives.minutes(1, 3, 2)) == (6, 3)
    assert drives.minutes_from(0, 2).tolist() == [0, 0, 0, 6]


def test_the_detour_factor_is_a_setting() -> None:
    """1.0008 km at 30 km/h: 120.1 s without detour, 3 minutes; twice as far with a factor of 2: 5 minutes."""
    for factor, expected in ((1.0, 3), (2.0, 5)):
        system = town(power="P1*-P2", crews=CREW, damage={"P2": 60}, settings=Settings(detour_factor=factor))
        assert minutes(problem_of(system), "red", "P2") == expected


def test_a_broken_link_lies_halfway_between_its_ends() -> None:
    """0.5 km * 1.3 at 30 km/h: 78.06 s, 2 minutes."""
    system = town(power="P1*-P2", crews=CREW, damage={"P1-P2": 60})
    assert minutes(problem_of(system), "red", "P1-P2") == 2


# Over roads -------------------------------------------------------------------------------------------------


def by_the_road(**more: Any) -> System:
    """P1 and P2, 2 km apart, each at an end of the road R1-R2-R3."""
    places = {"P1": (0.0, 0.0), "P2": (2 * KM, 0.0), "R1": (0.0, 0.0), "R2": (KM, 0.0), "R3": (2 * KM, 0.0)}
    return town(**{"power": "P1*-P2", "road": "R1-R2-R3", "crews": CREW, "places": places, **more})


def test_crews_drive_over_the_road() -> None:
    """Two links of 1.00076 km at 30 km/h (the crew; the road allows 40): 121 s each, 242 s, 5 minutes."""
    assert minutes(problem_of(by_the_road(damage={"P2": 60})), "red", "P2") == 5


def test_a_slow_road_slows_a_fast_crew() -> None:
    """At 40 km/h, the road's speed: 91 s a link, 182 s, 4 minutes."""
    crews = {"red": {"skills": "power", "speed_kmh": 90.0}}
    assert minutes(problem_of(by_the_road(damage={"P2": 60}, crews=crews)), "red", "P2") == 4


def test_a_straight_leg_joins_a_place_to_its_nearest_road_node() -> None:
    """P2 stands half a kilometre beyond R3: 242 s by road and 60.05 s, so 61 s, beside it: 303 s, 6 minutes."""
    places = {"P1": (0.0, 0.0), "P2": (2.5 * KM, 0.0), "R1": (0.0, 0.0), "R2": (KM, 0.0), "R3": (2 * KM, 0.0)}
    assert minutes(problem_of(by_the_road(damage={"P2": 60}, places=places)), "red", "P2") == 6


def test_a_broken_road_is_impassable_until_it_is_repaired() -> None:
    problem = problem_of(by_the_road(damage={"P2": 60, "R1-R2": 60}))
    assert minutes(problem, "red", "P2") == -1
    assert minutes(problem, "red", "P2", "R1-R2") == 5
    assert problem.travel.changes_with_repairs
    assert problem.travel.opening_jobs == {problem.job_index["R1-R2"]}


def test_a_broken_road_link_is_reached_from_either_end_half_its_time_away() -> None:
    """From R1 half of 121 s, 61 s, 2 minutes. Passing over it takes the whole: R1 to R3 stays 5 minutes."""
    problem = problem_of(by_the_road(damage={"P2": 60, "R1-R2": 60}))
    assert minutes(problem, "red", "R1-R2") == 2
    assert minutes(problem, "P2", "R1-R2") == 4  # 121 s to R2, and 61 s


def test_a_broken_road_node_blocks_its_links_and_is_reached_from_a_neighbour() -> None:
    """From R1 to R2 it is the link's 121 s, 3 minutes, whatever the link's state."""
    problem = problem_of(by_the_road(damage={"P2": 60, "R2": 60}))
    assert minutes(problem, "red", "P2") == -1
    assert minutes(problem, "red", "R2") == 3
    assert minutes(problem, "red", "P2", "R2") == 5


def test_a_link_with_two_broken_ends_opens_with_the_last_of_them() -> None:
    problem = problem_of(by_the_road(damage={"P2": 60, "R1": 60, "R2": 60, "R1-R2": 60}))
    assert [minutes(problem, "red", "P2", *opened) for opened in ([], ["R1"], ["R1", "R2"])] == [-1, -1, -1]
    assert minutes(problem, "red", "P2", "R1", "R2", "R1-R2") == 5


def test_one_way_roads_are_one_way() -> None:
    """Round the one-way triangle, R1 to R2 is one link and R2 to R1 two."""
    places = {
        "P1": (0.0, 0.0),
        "P2": (KM, 0.0),
        "R1": (0.0, 0.0),
        "R2": (KM, 0.0),
        "R3": (0.5 * KM, 0.1 * KM),
    }
    problem = problem_of(by_the_road(road="R1>R2>R3>R1", damage={"P1": 5, "P2": 5}, places=places))
    assert (minutes(problem, "P1", "P2"), minutes(problem, "P2", "P1")) == (3, 3)
    faraway = {**places, "R3": (0.5 * KM, 2 * KM)}
    problem = problem_of(by_the_road(road="R1>R2>R3>R1", damage={"P1": 5, "P2": 5}, places=faraway))
    assert (minutes(problem, "P1", "P2"), minutes(problem, "P2", "P1")) == (3, 9)


def test_the_nearest_road_node_of_several_at_one_place_is_the_one_that_comes_first() -> None:
    """R1 and R2 are both at P1. The crew stands at R1, from where there is a road; from R2 there is none."""
    places = {"P1": (0.0, 0.0), "P2": (KM, 0.0), "R1": (0.0, 0.0), "R2": (0.0, 0.0), "R3": (KM, 0.0)}
    assert (
        minutes(problem_of(by_the_road(road="R1-R3 R2", damage={"P2": 9}, places=places)), "red", "P2") == 3
    )
    assert "P2" in problem_of(by_the_road(road="R2-R3 R1", damage={"P2": 9}, places=places)).unassignable


def test_a_road_that_nobody_can_repair_never_opens() -> None:
    problem = problem_of(by_the_road(damage={"R1": 5, "R1-R2": {"repair_minutes": 5, "skill": "bridges"}}))
    assert isinstance(problem.travel, RoadTravel)
    assert problem.travel.blocker_job.tolist() == [NEVER, 0]
    assert not problem.travel.changes_with_repairs
    assert problem.travel.longest_minutes == int(problem.travel.minutes().max())


def test_the_longest_drive_may_cross_both_sides_of_a_broken_bridge() -> None:
    """R1-R2 and R3-R4 are 10.0076 km, 1201 s each; the bridge R2-R3 takes 121 s, and half of it is the longest leg.

    From R1 to R4 it is 2523 s, 43 minutes. The bound adds both sides, the bridge and two legs of 61 s: 2645 s, 45.
    """
    places = {"P1": (0.0, 0.0), "P2": (21 * KM, 0.0), "R1": (0.0, 0.0), "R2": (10 * KM, 0.0)}
    places |= {"R3": (11 * KM, 0.0), "R4": (21 * KM, 0.0)}
    problem = problem_of(by_the_road(road="R1-R2-R3-R4", damage={"P2": 60, "R2-R3": 60}, places=places))
    assert minutes(problem, "red", "P2", "R2-R3") == 43
    assert problem.travel.longest_minutes == 45


def test_a_city_with_roads_may_have_no_damage_and_no_crews() -> None:
    assert problem_of(by_the_road()).travel.minutes().tolist() == [[[0]]]
    assert problem_of(by_the_road(crews={})).travel.minutes().shape == (0, 0, 0)
    assert problem_of(by_the_road(crews={})).horizon_minutes == 1440


def test_answers_are_kept_and_cannot_be_written_into() -> None:
    problem = problem_of(by_the_road(damage={"P2": 60, "R1-R2": 60}))
    assert problem.travel.minutes([0]) is problem.travel.minutes([])  # job 0, P2, opens no road
    with pytest.raises(ValueError, match="read-only"):
        problem.travel.minutes()[0, 0, 0] = 1


# Against networkx -------------------------------------------------------------------------------------------


def random_road_town(rng: Random) -> System:
    """Return a town with power nodes beside random roads, parallel and one-way ones too, and damage on both."""
    count = rng.randint(2, 9)
    nodes = [
        {
            "id": f"r{n}",
            "sector": "road",
            "longitude": rng.randint(0, 20) / 1000,
            "latitude": rng.randint(0, 9) / 1000,
        }
        for n in range(count)
    ]
    links = []
    for n in range(rng.randint(1, 16)):
        tail, head = rng.sample(range(count), 2)
        links.append(
            {
                "id": f"l{n}",
                "sector": "road",
                "from_node": f"r{tail}",
                "to_node": f"r{head}",
                "directed": rng.random() < 0.3,
                "length_km": rng.choice([None, None, 0.0, 0.5, 2.0]),
                "speed_kmh": rng.choice([10.0, 40.0, 90.0]),
            }
        )
    broken = rng.sample([row["id"] for row in (*nodes, *links)], rng.randint(0, min(7, count)))
    for n in range(rng.randint(1, 4)):
        nodes.append(
            {"id": f"p{n}", "sector": "power", "longitude": rng.randint(0, 20) / 1000, "latitude": 0.005}
        )
        broken.append(f"p{n}")
    crews = [
        {
            "id": f"c{n}",
            "skills": rng.choice(["power;road", "road", "power"]),
            "longitude": rng.randint(0, 20) / 1000,
            "latitude": 0.0,
            "speed_kmh": rng.choice([20.0, 50.0]),
        }
        for n in range(rng.randint(1, 3))
    ]
    damage = [{"component": part, "repair_minutes": rng.randint(1, 99)} for part in broken]
    return System.from_tables({"nodes": nodes, "links": links, "crews": crews, "damage": damage})


def link_seconds(link: Any, places: dict[str, tuple[float, float]], kmh: float) -> int:
    length_km = link.length_km
    if length_km != length_km:
        length_km = great_circle_metres(*places[link.from_node], *places[link.to_node]) / 1000
    return ceil(3600 * float(length_km) / min(float(link.speed_kmh), kmh) - 1e-6)


def _other_end(link: Any, node: str) -> str:
    return str(link.to_node if link.from_node == node else link.from_node)


class SlowRoads:
    """Roads and sites for crews of one speed, straight from the rules in the docstring of `roads`."""

    def __init__(self, system: System, problem: RepairProblem, kmh: float) -> None:
        roads: list[Any] = list(system.nodes[system.nodes["sector"] == "road"].itertuples())
        self.kmh = kmh
        self.places: dict[str, tuple[float, float]] = {row.id: (row.longitude, row.latitude) for row in roads}
        links: list[Any] = list(system.links.itertuples())
        self.links = [(link, link_seconds(link, self.places, kmh)) for link in links]
        self.gates = [self.gates_of(site) for site in (*problem.crews, *problem.jobs)]

    def gates_of(self, site: Any) -> list[tuple[str, int]]:
        """Return the gates of a crew's start or a job, with the seconds of each leg."""
        for link, seconds in self.links:
            if link.id == site.id:
                return [(link.from_node, (seconds + 1) // 2), (link.to_node, (seconds + 1) // 2)]
        if site.id in self.places:
            beside = [
                (link, seconds) for link, seconds in self.links if site.id in (link.from_node, link.to_node)
            ]
            return [(site.id, 0), *((_other_end(link, site.id), seconds) for link, seconds in beside)]
        here = (site.longitude, site.latitude)
        metres = {node: float(great_circle_metres(*here, *there)) for node, there in self.places.items()}
        nearest = min(sorted(metres), key=lambda node: round(metres[node], 3))
        return [(nearest, ceil(3.6 * metres[nearest] / self.kmh - 1e-6))]

    def minutes(self, broken: set[str]) -> list[list[int]]:
        """Return the minutes between all sites while these components are broken."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self.places)
        for link, seconds in self.links:
            if not broken.isdisjoint((link.id, link.from_node, link.to_node)):
                continue
            ends = [(link.from_node, link.to_node)]
            for tail, head in ends if link.directed else [*ends, (link.to_node, link.from_node)]:
                known = graph.get_edge_data(tail, head, {"seconds": seconds})["seconds"]
                graph.add_edge(tail, head, seconds=min(seconds, known))
        ways = dict(nx.all_pairs_dijkstra_path_length(graph, weight="seconds"))
        table = [[self.quickest(ways, here, there) for there in self.gates] for here in self.gates]
        return [[0 if i == j else minutes for j, minutes in enumerate(row)] for i, row in enumerate(table)]

    def quickest(self, ways: Any, here: list[tuple[str, int]], there: list[tuple[str, int]]) -> int:
        found = [
            leg + ways[gate][end] + last for gate, leg in here for end, last in there if end in ways[gate]
        ]
        return ceil(min(found) / 60) if found else -1


@given(st.randoms(use_true_random=False), st.data())
@settings(max_examples=60, deadline=None)
def test_minutes_equal_dijkstra_on_the_passable_roads(rng: Random, data: st.DataObject) -> None:
    """Any opened sets, asked for in any order, all speeds; the drives of a moment say the same as the tables."""
    system = random_road_town(rng)
    problem = problem_of(system)
    travel = travel_between(
        system, problem.crews, problem.jobs
    )  # before unassignable jobs are left out for good
    jobs = [job.id for job in problem.jobs]
    classes = dict(zip(travel.speed_class_of_crew.tolist(), problem.crews, strict=True))
    slow = {speed_class: SlowRoads(system, problem, crew.speed_kmh) for speed_class, crew in classes.items()}
    for _ in range(3):
        opened = data.draw(st.sets(st.sampled_from(range(len(jobs)))))
        drives = travel.drives()
        for job in data.draw(st.permutations(sorted(opened))):
            drives.job_done(job)
        table = travel.minutes(opened)
        for speed_class, reference in slow.items():
            expected = reference.minutes(set(jobs) - {jobs[number] for number in opened})
            assert table[speed_class].tolist() == expected
            sites = range(len(expected))
            assert [drives.minutes_from(speed_class, site).tolist() for site in sites] == expected
            assert [[drives.minutes(speed_class, a, b) for b in sites] for a in sites] == expected
            assert max(map(max, expected)) <= travel.longest_minutes


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_opening_roads_never_makes_a_drive_longer(rng: Random) -> None:
    problem = problem_of(random_road_town(rng))
    opened: set[int] = set()
    tables = [problem.travel.minutes(opened).copy()]
    for job in sorted(problem.travel.opening_jobs):
        opened.add(job)
        tables.append(problem.travel.minutes(opened).copy())
    for before, after in pairwise(tables):
        assert ((before == -1) | ((after <= before) & (after >= 0))).all()


def test_the_cache_forgets_the_oldest_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for two states, the third pushes the first out, and asking for it again gives the same table."""
    monkeypatch.setattr("lifeline.roads.CACHE_BYTES", 0)
    problem = problem_of(by_the_road(damage={"P2": 9, "R1-R2": 9, "R2-R3": 9}))
    jobs = [problem.job_index[job] for job in ("R1-R2", "R2-R3")]
    first = problem.travel.minutes([jobs[0]])
    for opened in ([jobs[1]], jobs):
        problem.travel.minutes(opened)
    again = problem.travel.minutes([jobs[0]])
    assert again is not first
    assert (again == first).all()
