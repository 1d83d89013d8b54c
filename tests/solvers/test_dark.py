"""The dark part of a city as the search reads it, and its loops: what comes on, and the cheapest way there.

Nodes of the dark part are numbered in order of their ids; below they go by their ids.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import numpy as np
from random_worlds import Features, random_task
from worlds import town

from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from solvers.dark import Dark, dark_part
from solvers.dark_kernels import DarkState, finish_job, finish_jobs, gain_of, new_state
from solvers.priority import Outlook
from solvers.way_kernels import Ways, cheapest_ways, ways_to_targets

INFINITE = float("inf")
RANDOM_WORLDS = int(os.environ.get("LIFELINE_RANDOM_WORLDS", "400"))
"Black starts that make a difference are rare."


@dataclass(frozen=True)
class Night:
    """A dark part with names, and what has been done in it so far."""

    problem: RepairProblem
    dark: Dark
    state: DarkState

    @classmethod
    def over(cls, **chains: Any) -> Night:
        system = town(**{"crews": {"red": "power;water;gas;telecom"}, **chains})
        problem = build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=6000)
        dark = dark_part(problem)
        return cls(problem, dark, new_state(dark))

    @cached_property
    def nodes(self) -> list[str]:
        """Return the ids of the dark nodes; a node that stands for alternative supplies has none."""
        cascade = self.problem.cascade
        compiled = self.problem.system.compiled
        comes_back = (cascade.without_buffers.works == 0) & cascade.restorable
        real = compiled.node_count
        return [
            str(compiled.node_ids[number]) if number < real else f"either {number - real}"
            for number in np.flatnonzero(comes_back)
        ]

    @cached_property
    def jobs(self) -> list[str]:
        return [job.id for job in self.problem.jobs]

    def _queue(self) -> Any:
        return np.empty(len(self.nodes) + 1, np.int64)

    def finish(self, job: str) -> set[str]:
        """Finish a job; return who comes on."""
        queue = self._queue()
        count = finish_job(self.dark, self.state, new_state(self.dark), self.jobs.index(job), queue)
        return {self.nodes[number] for number in queue[:count]}

    def gain(self, *jobs: str) -> int:
        numbers = np.array([self.jobs.index(job) for job in jobs], np.int64)
        spare, scratch = new_state(self.dark), new_state(self.dark)
        return int(gain_of(self.dark, self.state, spare, scratch, numbers, self._queue()))

    def ways(self) -> Ways:
        return cheapest_ways(self.dark, self.state, Outlook(self.problem).minutes)

    def costs(self) -> dict[str, float]:
        """Return what each dark node's way back costs, in minutes of repair."""
        return dict(zip(self.nodes, self.ways().cost.tolist(), strict=True))

    def way_to(self, *targets: str) -> list[list[str]]:
        """Return the jobs on the way to each target, in their order."""
        numbers = np.array([self.nodes.index(target) for target in targets], np.int64)
        jobs, starts = ways_to_targets(self.dark, self.state, self.ways(), numbers)
        return [
            [self.jobs[job] for job in jobs[starts[place] : starts[place + 1]]]
            for place in range(len(targets))
        ]

    def named(self, values: Iterable[Any]) -> dict[str, Any]:
        return dict(zip(self.nodes, np.asarray(values).tolist(), strict=True))


# The dark part ----------------------------------------------------------------------------------------------


def test_the_dark_part_is_what_went_dark_and_can_come_back() -> None:
    """S feeds A (broken) and B behind it; the pump needs B. C works; the loop of X and Y never comes back."""
    night = Night.over(
        power="S*-A-B S-C",
        water="Pump*",
        gas="X*",
        telecom="Y*",
        dependencies=[("Pump", "B"), ("X", "Y"), ("Y", "X"), ("X", "A")],
        people={"B": 7, "Pump": 5, "C": 3, "X": 100},
        damage={"A": 60},
    )

    assert night.nodes == ["A", "B", "Pump"]
    assert night.named(night.dark.weight) == {"A": 0, "B": 7000, "Pump": 5000}
    assert night.named(night.dark.broken) == {"A": 1, "B": 0, "Pump": 0}
    assert night.named(night.dark.fed) == {"A": 1, "B": 0, "Pump": 1}  # A by S, Pump as a source
    assert night.named(night.dark.unmet) == {"A": 0, "B": 0, "Pump": 1}
    assert night.named(night.dark.node_job) == {"A": 0, "B": -1, "Pump": -1}


def test_a_broken_line_knows_its_ends_and_its_direction() -> None:
    """S works and stands as number 2, behind the dark nodes A and B; K-L lies in the part that works (2, 2)."""
    night = Night.over(
        power="S*-A>B S-K-L S-L", people={"B": 1}, damage={"S-A": 9, "A>B": 9, "K-L": 9, "B": 9}
    )
    ends = zip(night.dark.job_tail.tolist(), night.dark.job_head.tolist(), night.dark.job_way, strict=True)

    assert night.nodes == ["A", "B"]
    assert night.jobs == ["A>B", "B", "K-L", "S-A"]
    assert list(ends) == [(0, 1, 1), (-1, -1, 0), (2, 2, 3), (2, 0, 3)]
    assert night.dark.job_node.tolist() == [-1, 1, -1, -1]
    assert night.named(night.dark.fed) == {"A": 0, "B": 0}


def test_a_group_with_a_provider_that_works_is_not_waited_for() -> None:
    """The pump needs East (works) or West, and North (broken) as well; only North is waited for."""
    night = Night.over(
        power="East* West* North*",
        water="Pump*",
        dependencies=[("Pump", "East", "either"), ("Pump", "West", "either"), ("Pump", "North")],
        people={"Pump": 1},
        damage={"West": 9, "North": 9},
    )

    assert night.named(night.dark.unmet) == {"North": 0, "Pump": 1, "West": 0}
    assert night.way_to("Pump") == [["North"]]


def test_what_a_buffer_keeps_going_costs_from_the_minute_it_would_go_dark() -> None:
    """The mast's battery lasts 120 minutes, and the phones behind it go with the mast."""
    night = Night.over(
        power="P*",
        telecom="Mast*-Phones",
        dependencies=[("Mast", "P", "battery", 120)],
        people={"P": 1, "Phones": 2},
        damage={"P": 300},
    )

    assert night.named(night.dark.dark_from) == {"Mast": 120, "P": 0, "Phones": 120}
    assert night.problem.cascade.without_service == {"P"}


def test_people_who_have_two_nodes_to_choose_from_come_back_with_the_cheaper_one() -> None:
    """A third node stands for East or West. East takes 50 minutes, West 60: 50, and its people are there once."""
    night = Night.over(
        power="East* West*", alternatives={"people": (8, ["East", "West"])}, damage={"East": 50, "West": 60}
    )

    assert night.named(night.dark.weight) == {"East": 0, "West": 0, "either 0": 8000}
    assert night.costs() == {"East": 50, "West": 60, "either 0": 50}
    assert night.way_to("either 0") == [["East"]]
    assert night.gain("West") == 8000
    assert night.gain("East", "West") == 8000


# What comes on ----------------------------------------------------------------------------------------------


def test_a_repair_switches_on_all_that_waited_for_nothing_else() -> None:
    """Mending S-A lights A, B behind it, and the pump on B; Mill waits for its own repair."""
    night = Night.over(
        power="S*-A-B-Mill",
        water="Pump*",
        dependencies=[("Pump", "B")],
        people={"A": 1, "B": 2, "Pump": 4, "Mill": 8},
        damage={"S-A": 9, "Mill": 9},
    )

    assert night.gain("S-A") == 7000
    assert night.finish("S-A") == {"A", "B", "Pump"}
    assert night.gain("Mill") == 8000
    assert night.finish("Mill") == {"Mill"}


def test_a_repair_behind_another_brings_nobody_until_that_is_done() -> None:
    """B hangs on A. Mended first, it comes on together with A."""
    night = Night.over(power="S*-A-B", people={"A": 1, "B": 2}, damage={"A": 9, "B": 9})

    assert night.finish("B") == set()
    assert night.gain("A") == 3000
    assert night.finish("A") == {"A", "B"}


def test_trying_out_a_gain_changes_nothing() -> None:
    night = Night.over(power="S*-A-B", people={"A": 1, "B": 2}, damage={"A": 9, "B": 9})

    assert [night.gain("A", "B"), night.gain("A"), night.gain("B"), night.gain("A", "B")] == [
        3000,
        1000,
        0,
        3000,
    ]


def test_service_passes_a_one_way_line_forward_only() -> None:
    """A>B is mended while B works (fed by T): nothing flows back to A. C>D is mended while C works: D comes on."""
    night = Night.over(
        power="S*-A>B T*-B U*-C>D",
        people={"A": 1, "D": 1},
        damage={"S-A": 9, "A>B": 9, "C>D": 9},
    )

    assert night.finish("A>B") == set()
    assert night.finish("C>D") == {"D"}
    assert night.finish("S-A") == {"A"}


def test_a_line_mended_from_its_far_end_feeds_its_near_end() -> None:
    """The link is written A-B, and it is B that has power."""
    night = Night.over(power="A-B S*-B", people={"A": 1}, damage={"A-B": 9})

    assert night.finish("A-B") == {"A"}


# Black start ------------------------------------------------------------------------------------------------


def loop(**more: Any) -> Night:
    """Plant (power) and Works (gas) need each other, and Works hangs on the main from Field; all dark."""
    return Night.over(
        **{
            "power": "Plant*",
            "gas": "Field*-Works",
            "dependencies": [("Plant", "Works"), ("Works", "Plant")],
            "black_start": ["Plant"],
            "people": {"Plant": 3, "Works": 4},
            "damage": {"Plant": 60, "Field-Works": 30},
            **more,
        }
    )


def test_a_black_start_is_taken_back_when_its_provider_stays_dark() -> None:
    """Plant is mended and tries: Works gets no gas, so Plant has no provider and goes off again, without a trace.

    With the main mended both come on.
    """
    night = loop()

    assert night.finish("Plant") == set()
    assert not night.state.on.any()
    assert not night.state.provided.any()
    assert not night.state.waived.any()
    assert night.finish("Field-Works") == {"Plant", "Works"}


def test_a_black_start_waits_for_its_own_repair() -> None:
    night = loop()

    assert night.finish("Field-Works") == set()
    assert night.gain("Plant") == 7000


def test_of_two_black_starts_the_one_that_can_be_sustained_is_kept() -> None:
    """Two loops, each with its own plant. East's main is whole and West's is not; East must not fall with West."""
    night = loop(
        power="East* West*",
        gas="Field*-Cold Field-Warm",
        dependencies=[("East", "Warm"), ("Warm", "East"), ("West", "Cold"), ("Cold", "West")],
        black_start=["East", "West"],
        people={"East": 1, "West": 2},
        damage={"East": 9, "West": 9, "Field-Cold": 9},
    )

    assert night.finish("West") == set()
    assert night.finish("East") == {"East", "Warm"}
    assert night.finish("Field-Cold") == {"West", "Cold"}


def test_two_black_starts_that_sustain_each_other_start_together() -> None:
    """Plant needs Works, Works needs Plant, and both can black start: neither is there before the other."""
    night = loop(black_start=["Plant", "Works"], damage={"Plant": 60})

    assert night.finish("Plant") == {"Plant", "Works"}


def test_black_starts_tried_once_after_all_jobs_bring_on_what_trying_after_each_does() -> None:
    """In random cities, some of the jobs in random order: growth only ever adds, so the end is the same."""
    started = 0
    for seed in range(RANDOM_WORLDS):
        rng = Random(seed)
        problem = random_task(rng, Features(), max_jobs=8).problem()
        dark = dark_part(problem)
        jobs = rng.sample(range(len(problem.jobs)), rng.randint(0, len(problem.jobs)))
        one_by_one, at_once, without, spare = (new_state(dark) for _ in range(4))
        queue = np.empty(len(dark.weight) + 1, np.int64)
        for job in jobs:
            finish_job(dark, one_by_one, spare, job, queue)
        finish_jobs(dark, at_once, spare, np.array(jobs, np.int64), queue)
        nobody_starts = dark._replace(starters=dark.starters[:0])
        finish_jobs(nobody_starts, without, spare, np.array(jobs, np.int64), queue)
        for name, array in at_once._asdict().items():
            assert array.tolist() == one_by_one._asdict()[name].tolist(), (seed, name)
        started += bool((at_once.on > without.on).any())
    assert started > RANDOM_WORLDS // 20


# The cheapest way -------------------------------------------------------------------------------------------


def test_a_way_adds_up_what_is_broken_upstream() -> None:
    """S-A (20), A (whole), A-B (30), B (40): A costs 20, B 20 + 30 + 40 = 90, C behind it no more."""
    night = Night.over(power="S*-A-B-C", people={"C": 1}, damage={"S-A": 20, "A-B": 30, "B": 40})

    assert night.costs() == {"A": 20, "B": 90, "C": 90}
    assert night.way_to("A", "B", "C") == [["S-A"], ["S-A", "A-B", "B"], ["S-A", "A-B", "B"]]


def test_a_way_takes_the_cheaper_feed() -> None:
    """D is fed over A (50) or over B (20) and C (25): 45."""
    night = Night.over(power="S*-A-D S-B-C-D", people={"D": 1}, damage={"A": 50, "B": 20, "C": 25})

    assert night.costs()["D"] == 45
    assert night.way_to("D") == [["B", "C"]]


def test_a_way_needs_every_group_and_of_each_the_cheaper_provider() -> None:
    """The pump (15) needs East (50) or West (40), and Radio (5): 15 + 40 + 5 = 60."""
    night = Night.over(
        power="East* West*",
        water="Pump*",
        telecom="Radio*",
        dependencies=[("Pump", "East", "power"), ("Pump", "West", "power"), ("Pump", "Radio")],
        people={"Pump": 1},
        damage={"East": 50, "West": 40, "Radio": 5, "Pump": 15},
    )

    assert night.costs() == {"East": 50, "Pump": 60, "Radio": 5, "West": 40}
    (way,) = night.way_to("Pump")
    assert sorted(way) == ["Pump", "Radio", "West"]
    assert way[-1] == "Pump"


def test_a_job_that_two_groups_share_is_counted_twice_and_done_once() -> None:
    """Both providers hang on Hub (60): the pump's way is said to cost 120, and its one job takes 60."""
    night = Night.over(
        power="S*-Hub-East Hub-West",
        water="Pump*",
        dependencies=[("Pump", "East"), ("Pump", "West")],
        people={"Pump": 1},
        damage={"Hub": 60},
    )

    assert night.costs()["Pump"] == 120
    assert night.way_to("Pump") == [["Hub"]]


def test_a_way_shrinks_as_its_jobs_are_done() -> None:
    night = Night.over(power="S*-A-B", people={"B": 1}, damage={"A": 20, "A-B": 30, "B": 40})

    assert night.costs() == {"A": 20, "B": 90}
    night.finish("A-B")
    assert night.costs() == {"A": 20, "B": 60}
    assert night.way_to("B") == [["A", "B"]]
    night.finish("A")
    assert night.costs()["B"] == 40
    assert night.way_to("B") == [["B"]]


def test_a_line_from_a_part_that_has_come_on_is_a_feed() -> None:
    """A is on again; B hangs on it over a line of 30 minutes, or on the source over one of 50."""
    night = Night.over(power="S*-A-B S-B", people={"B": 1}, damage={"A": 20, "A-B": 30, "S-B": 50})

    assert night.costs()["B"] == 50
    night.finish("A")
    assert night.costs()["B"] == 30
    assert night.way_to("B") == [["A-B"]]


def test_a_one_way_line_is_no_way_back() -> None:
    """B>A carries nothing from A to B; B is fed over its own line, 50 minutes, though A costs 20."""
    night = Night.over(power="S*-A B>A S-B", people={"B": 1}, damage={"S-A": 20, "B>A": 1, "S-B": 50})

    assert night.costs() == {"A": 20, "B": 50}


def test_where_nobody_can_do_a_job_there_is_no_way() -> None:
    """The pump needs gas, and there is no gas crew; the mill beside it needs gas or power."""
    night = Night.over(
        power="P*",
        water="Pump*-Tank Mill*",
        gas="G*",
        dependencies=[("Pump", "G"), ("Mill", "G", "either"), ("Mill", "P", "either")],
        people={"Tank": 1, "Mill": 1},
        damage={"G": 5, "P": 20},
        crews={"red": "power;water"},
    )

    assert night.costs() == {"G": INFINITE, "Mill": 20, "P": 20, "Pump": INFINITE, "Tank": INFINITE}


def test_a_black_start_waits_for_no_provider_but_its_way_brings_it() -> None:
    """Plant (60) may start first, so Works costs 60 + 30 for the main; Plant's own way has the main in it too."""
    night = loop()

    assert night.costs() == {"Plant": 60, "Works": 90}
    assert [sorted(way) for way in night.way_to("Plant", "Works")] == [["Field-Works", "Plant"]] * 2


def test_ways_to_many_targets_stand_one_behind_the_other() -> None:
    """300 streets behind Hub: more jobs in all than there is room for at first."""
    streets = [f"S{number:03d}" for number in range(300)]
    night = Night.over(
        power="S*-Hub " + " ".join(f"Hub-{street}" for street in streets),
        people=dict.fromkeys(streets, 1),
        damage={"Hub": 5, **{f"Hub-{street}": 10 for street in streets}},
    )

    assert night.way_to(*streets) == [["Hub", f"Hub-{street}"] for street in streets]


def test_the_jobs_on_the_way_to_a_node_bring_it_on() -> None:
    """In random cities, with loops, black starts and alternatives, whose crews can do every job."""
    checked = 0
    for seed in range(60):
        task = random_task(Random(seed), Features(most_nodes=20, all_skills=True), max_jobs=7, max_crews=1)
        night = Night((problem := task.problem()), dark := dark_part(problem), new_state(dark))
        for target, way in zip(night.nodes, night.way_to(*night.nodes), strict=True):
            tried = Night(problem, dark, new_state(dark))
            for job in way:
                tried.finish(job)
            assert tried.state.on[night.nodes.index(target)], (seed, target)
            assert len(set(way)) == len(way)
            checked += 1
    assert checked > 200
