"""Relations between the answers to related questions, numbered as in the list of checks (R1 to R10, R15).

Where a relation speaks of the optimum, `exhaustive` finds it; each test draws from the domain in which its
relation holds, and says why the domain ends there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_city import City
from random_worlds import Row, Story, Tables, Task, stories, tasks, union

from lifeline.cascade import propagate
from lifeline.evaluation import evaluate
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from lifeline.system import Settings, System
from solvers import SOLVERS, Budget, Proposal, local_search, solve

BRIEF = Budget(evaluations=200)
few = settings(max_examples=15, deadline=None)
very_few = settings(max_examples=4, deadline=None)

IN_A_CHILD = ("cp_sat", "auto")
"Methods that start a process, which takes a second to load what it needs."

small_tasks = tasks(max_jobs=4, max_crews=2, most_nodes=12, shares=False)


def optimum(problem: RepairProblem) -> int:
    return best(problem).objective


def best(problem: RepairProblem) -> Proposal:
    return solve(problem, method="exhaustive")


def scaled(rows: list[Row], factor: int, *columns: str) -> list[Row]:
    """Return the rows with these columns multiplied, where a row has them."""
    return [
        {name: value * factor if name in columns else value for name, value in row.items()}  # type: ignore[operator]
        for row in rows
    ]


# R1 names and order -----------------------------------------------------------------------------------------


def shuffled(tables: Tables, rng: Random) -> Tables:
    return {name: rng.sample(rows, len(rows)) for name, rows in tables.items()}


def relabelled(task: Task, rng: Random) -> tuple[Task, dict[str, str]]:
    """Give every node and link another name, in another order."""
    parts = [str(row["id"]) for table in ("nodes", "links") for row in task.tables[table]]
    names = dict(
        zip(parts, rng.sample([f"part {i:03d}" for i in range(len(parts))], len(parts)), strict=True)
    )
    tables = {
        name: [
            {key: names.get(str(value), value) if key != "sector" else value for key, value in row.items()}
            for row in rows
        ]
        for name, rows in task.tables.items()
    }
    return Task(tables, task.horizon), names


@given(small_tasks, st.randoms(use_true_random=False))
@few
def test_r1_names_are_only_names(task: Task, rng: Random) -> None:
    """Ties break by id, so another plan may be chosen; the cascade and the optimum stay the same."""
    other, names = relabelled(task, rng)
    problem, renamed_problem = task.problem(), other.problem()
    dark = {names[node] for node in problem.cascade.without_service}
    assert renamed_problem.cascade.without_service == dark
    assert optimum(renamed_problem) == optimum(problem)


@given(tasks(max_jobs=5, most_nodes=15, roads=True, shifts=True), st.randoms(use_true_random=False))
@few
def test_r1_the_order_of_rows_does_not_change_a_byte_of_any_plan(task: Task, rng: Random) -> None:
    same_plans_in_another_order(task, rng, [method for method in SOLVERS if method not in IN_A_CHILD])


@given(tasks(max_jobs=5, most_nodes=15, roads=True, shifts=True), st.randoms(use_true_random=False))
@very_few
def test_r1_nor_of_a_plan_that_a_child_process_finds(task: Task, rng: Random) -> None:
    same_plans_in_another_order(task, rng, IN_A_CHILD)


def same_plans_in_another_order(task: Task, rng: Random, methods: Sequence[str]) -> None:
    one, other = task.problem(), Task(shuffled(task.tables, rng), task.horizon).problem()
    for method in methods:
        plans = [solve(problem, method=method, budget=BRIEF, seed=3).plan for problem in (one, other)]
        assert plans[0].to_json() == plans[1].to_json(), method


PRINT_PLANS = """
from random import Random
from random_worlds import Features, random_task
from solvers import SOLVERS, Budget, solve
for seed in range(4):
    problem = random_task(Random(seed), Features(roads=True, shifts=True), max_jobs=5).problem()
    for method in SOLVERS:
        print(method, solve(problem, method=method, budget=Budget(evaluations=200), seed=3).plan.sha256)
"""


def test_r1_no_hash_seed_changes_a_byte_of_any_plan() -> None:
    """Sets of strings come in another order in each of these processes."""
    tests = Path(__file__).parent
    path = os.pathsep.join([str(tests.parent), str(tests)])
    children = [
        subprocess.Popen(
            [sys.executable, "-c", PRINT_PLANS],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    first, second = [child.communicate(timeout=120)[0] for child in children]
    assert first.count("\n") == 4 * len(SOLVERS)
    assert first == second


# R2 to R4 people, time and clock ----------------------------------------------------------------------------


@given(small_tasks, st.integers(2, 1000))
@few
def test_r2_people_times_k_make_the_loss_k_times_as_large(task: Task, k: int) -> None:
    many = task.changed(customers=scaled(task.tables["customers"], k, "persons"))
    proposal = best(task.problem())
    assert evaluate(many.problem(), proposal.plan).objective == k * proposal.objective
    assert optimum(many.problem()) == k * proposal.objective


@given(tasks(max_jobs=4, max_crews=2, most_nodes=12, one_place=True, shifts=True), st.integers(2, 7))
@few
def test_r3_all_times_times_k_make_the_loss_k_times_as_large(task: Task, k: int) -> None:
    """Everything is at one place: travel is rounded up to whole minutes, which does not scale."""
    columns = ("repair_minutes", "buffer_minutes", "available_from_minute")
    columns += ("start_minute", "end_minute", "every_minutes")
    slow = Task({name: scaled(rows, k, *columns) for name, rows in task.tables.items()}, task.horizon * k)
    proposal = best(task.problem())
    times = ("depart", "arrive", "start", "finish")
    slow_visits = tuple(replace(v, **{t: k * getattr(v, t) for t in times}) for v in proposal.plan.visits)
    slow_plan = replace(proposal.plan, visits=slow_visits)
    assert check_plan(slow.problem(), slow_plan) == ()
    assert evaluate(slow.problem(), slow_plan).objective == k * proposal.objective
    assert optimum(slow.problem()) == k * proposal.objective


@pytest.mark.parametrize("start", ["2026-03-28T22:30:00+01:00", "2026-10-24T23:59:00+02:00"])
@given(task=tasks(max_jobs=5, most_nodes=15, shifts=True))
@settings(max_examples=8, deadline=None)
def test_r4_the_clock_at_minute_0_does_not_change_the_plan(start: str, task: Task) -> None:
    """Both nights the clocks in Berlin change while the crews work; minutes after time zero do not care."""
    system = task.problem().system
    moved = system.replace(settings=Settings(start=start, timezone="Europe/Berlin"))
    plans = [solve(rebuilt(task, s), method="local_search", budget=BRIEF) for s in (system, moved)]
    assert plans[0].plan.to_json() == plans[1].plan.to_json()
    assert plans[0].objective == plans[1].objective


def rebuilt(task: Task, system: System) -> RepairProblem:
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=task.horizon)


# R5 and R6 more help, less harm -----------------------------------------------------------------------------

EASIER = {
    "one more crew": lambda t: t.changed(
        crews=[*t.tables["crews"], {**t.tables["crews"][0], "id": "helpers", "available_from_minute": 60}]
    ),
    "every skill": lambda t: t.changed(
        crews=[{**row, "skills": "power;water;gas;telecom;road"} for row in t.tables["crews"]]
    ),
    "round the clock": lambda t: t.changed(shifts=[]),
    "longer shifts": lambda t: t.changed(
        shifts=[{**row, "end_minute": int(str(row["end_minute"])) + 30} for row in t.tables["shifts"]]
    ),
    "there at once": lambda t: t.changed(
        crews=[{**row, "available_from_minute": 0} for row in t.tables["crews"]]
    ),
    "shorter repairs": lambda t: t.changed(
        damage=[
            {**row, "repair_minutes": (int(str(row["repair_minutes"])) + 1) // 2}
            for row in t.tables["damage"]
        ]
    ),
}


@pytest.mark.parametrize("name", EASIER)
@given(task=tasks(max_jobs=4, max_crews=2, most_nodes=12, monotone=True, shifts=True))
@settings(max_examples=8, deadline=None)
def test_r5_more_help_never_hurts_the_best_plan(name: str, task: Task) -> None:
    """Without roads: a crew that leaves earlier may leave before a road is open, and drive round."""
    assert optimum(EASIER[name](task).problem()) <= optimum(task.problem())


@given(task=tasks(max_jobs=8, max_crews=3, most_nodes=20, shifts=True))
@few
def test_r5_a_search_that_starts_from_the_old_plan_never_returns_a_worse_one(task: Task) -> None:
    """A search with one more crew may lose its way (Graham 1969), so the old plan is where it starts."""
    old = solve(task.problem(), method="local_search", budget=BRIEF)
    helped = EASIER["one more crew"](task).problem()
    new = local_search.solve(helped, budget=Budget(evaluations=50), seed=1, start=old.plan.sequences())
    assert evaluate(helped, new.plan).objective <= old.objective


def milder(task: Task) -> Task:
    """Return the same task with every other piece of damage never done."""
    return task.changed(damage=task.tables["damage"][::2])


@given(
    tasks(max_jobs=5, max_crews=2, most_nodes=15, monotone=True, cycles=False, black_start=False, shifts=True)
)
@few
def test_r6_more_damage_never_helps(task: Task) -> None:
    """Without loops: what is stuck is not counted. Without roads: a stop left out would open none."""
    less, more = milder(task).problem(), task.problem()
    assert less.cascade.without_service <= more.cascade.without_service
    assert optimum(less) <= optimum(more)


@given(stories(most_nodes=25))
@settings(max_examples=25, deadline=None)
def test_r6_more_damage_never_lights_a_node_at_minute_0(story: Story) -> None:
    system = story.system()
    less = propagate(system, Shock.of(system, story.damaged[::2]))
    assert less.without_service <= propagate(system, Shock.of(system, story.damaged)).without_service


# R7 to R10 nothing, twice, apart and together ---------------------------------------------------------------


@given(small_tasks)
@settings(max_examples=10, deadline=None)
def test_r7_where_nothing_is_broken_there_is_nothing_to_do_or_lose(task: Task) -> None:
    problem = task.changed(damage=[]).problem()
    for method in SOLVERS:
        proposal = solve(problem, method=method)
        assert proposal.plan.visits == (), method
        assert evaluate(problem, proposal.plan).objective == 0, method


@given(task=tasks(max_jobs=6, all_skills=True, cycles=False))
@few
def test_r7_when_all_is_repaired_everybody_is_served_as_before(task: Task) -> None:
    """Without loops of dependencies nothing can be stuck; the horizon is later than the last repair."""
    problem = Task(task.tables, horizon=100_000).problem()
    evaluation = evaluate(problem, solve(problem, method="nearest").plan)
    assert problem.cascade.stuck == frozenset()
    assert evaluation.recovery()["persons_without"].iloc[-1] == 0
    assert (evaluation.etr["minute"] <= evaluation.finish_minute).all()
    later = Task(task.tables, horizon=200_000).problem()
    assert evaluate(later, evaluation.plan).objective == evaluation.objective


@given(stories(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_r8_a_cascade_of_a_cascade_and_any_order_of_failing_end_the_same(story: Story, rng: Random) -> None:
    system = story.system()
    cascade = propagate(system, story.shock(system))
    again = propagate(system, Shock.of(system, cascade.without_service | set(story.damaged)))
    assert again.without_service == cascade.without_service
    assert (cascade.waves["wave"] <= len(system.nodes)).all()

    clock = oracle.Clock(City.of(system), story.damaged, finished={})
    one_by_one = oracle.State(clock.before - set(story.damaged), set(story.damaged), clock.state.empty)
    while failing := sorted(one_by_one.working - oracle.may_work(clock.city, one_by_one)):
        one_by_one.working.remove(rng.choice(failing))
    assert clock.before - one_by_one.working == cascade.without_service


@given(small_tasks)
@few
def test_r9_customers_without_people_and_an_undamaged_town_elsewhere_change_nothing(task: Task) -> None:
    node = task.tables["nodes"][0]
    nobody: Row = {"id": "nobody", "persons": 0, "district": "d0"}
    town: Row = {
        "id": "far away",
        "sector": node["sector"],
        "source": True,
        "longitude": 1.0,
        "latitude": 1.0,
    }
    somebody: Row = {"id": "somebody", "persons": 50, "district": "d0"}
    served = [
        {"customer": "nobody", "service": node["sector"], "node": node["id"]},
        {"customer": "somebody", "service": node["sector"], "node": "far away"},
    ]
    larger = task.changed(
        nodes=[*task.tables["nodes"], town],
        customers=[*task.tables["customers"], nobody, somebody],
        supplies=[*task.tables["supplies"], *served],
    )
    assert optimum(larger.problem()) == optimum(task.problem())


def with_own_skills(task: Task, name: str) -> Task:
    """Let the crews of a task do its own jobs and no other's."""
    sector = {row["id"]: row["sector"] for table in ("nodes", "links") for row in task.tables[table]}
    damage = [{**row, "skill": f"{name} {sector[row['component']]}"} for row in task.tables["damage"]]
    crews = [
        {**row, "skills": ";".join(f"{name} {skill}" for skill in str(row["skills"]).split(";"))}
        for row in task.tables["crews"]
    ]
    return Task({**task.tables, "damage": damage, "crews": crews}, horizon=900)


@given(*2 * [tasks(max_jobs=2, max_crews=2, most_nodes=8, shares=False)])
@few
def test_r9_two_cities_with_their_own_crews_lose_what_each_loses(one: Task, other: Task) -> None:
    one, other = with_own_skills(one, "one"), with_own_skills(other, "other")
    both = Task(union([one.tables, other.tables]), horizon=900)
    assert optimum(both.problem()) == optimum(one.problem()) + optimum(other.problem())


@given(small_tasks, st.integers(0, 3))
@few
def test_r10_two_customers_at_one_supply_count_as_the_one_they_were(task: Task, part: int) -> None:
    """With one node each: persons split over several nodes are rounded for each customer on its own."""
    first, *others = task.tables["customers"]
    persons = int(str(first["persons"]))
    halves = [{**first, "persons": part}, {**first, "id": "the others", "persons": persons - part}]
    theirs = [
        {**row, "customer": "the others"} for row in task.tables["supplies"] if row["customer"] == first["id"]
    ]
    split = task.changed(customers=[*halves, *others], supplies=[*task.tables["supplies"], *theirs])
    assert optimum(split.problem()) == optimum(task.problem())


# R15 going on -----------------------------------------------------------------------------------------------


@given(tasks(max_jobs=8, most_nodes=20, roads=True, shifts=True))
@few
def test_r15_going_on_as_planned_loses_what_was_planned_and_a_new_search_no_more(task: Task) -> None:
    problem = task.problem()
    old = solve(problem, method="local_search", budget=BRIEF)
    assert schedule(problem, old.plan.sequences()) == old.plan
    new = local_search.solve(problem, budget=Budget(evaluations=30), seed=9, start=old.plan.sequences())
    assert evaluate(problem, new.plan).objective <= evaluate(problem, old.plan).objective
