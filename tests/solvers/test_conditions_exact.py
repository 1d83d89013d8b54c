"""What is proven where jobs wait for others, partners, parts, safe hours and orders, and where work has begun.

Every plan there is against CP-SAT and against the bound, on random small worlds; the relations that the optimum keeps;
and worlds small enough to work by hand.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import islice
from random import Random
from typing import Any

import pytest
from random_conditions import Work, random_working_problem, with_work
from random_worlds import Features, Row, Tables, Task, random_task
from worlds import town

from lifeline.errors import ConflictingOrders, InvalidInput
from lifeline.evaluation import evaluate
from lifeline.plan import Plan, Visit
from lifeline.plan_check import check_plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from solvers import Budget, exhaustive, solve
from solvers.bounds import lower_bound
from solvers.cp_search import Effort, Finding, find
from solvers.cp_task import Task as PlainTask
from solvers.cp_task import task_of
from solvers.dark import dark_part

RANDOM_WORLDS = int(os.environ.get("LIFELINE_RANDOM_WORLDS", "60"))
"Worlds on which CP-SAT is held against every plan; 500 and more for a thorough look, a normal run looks at fewer."

PARTS = 6
MOST_JOBS = 5


def optimum(problem: RepairProblem) -> int:
    return solve(problem, method="exhaustive").objective


def a_problem(seed: int) -> RepairProblem | None:
    """Return a world with few enough jobs to try every plan; every third one goes on from a history."""
    rng = Random(seed)
    features = Features(
        most_nodes=10, roads=rng.random() < 0.15, shifts=rng.random() < 0.5, buffers=rng.random() < 0.4
    )
    task = random_task(rng, features, max_jobs=3, max_crews=3)
    problem = random_working_problem(rng, task)
    if problem is not None and seed % 3 == 0:
        problem = begun(problem, 60 * rng.randint(1, 4))
    return problem if problem is not None and 1 <= len(problem.to_do) <= MOST_JOBS else None


def begun(problem: RepairProblem, minute: int) -> RepairProblem:
    """Return the same problem at a minute, with what has begun by then under the rule `nearest` as its history."""
    plan = solve(problem, method="nearest").plan
    crews = [
        replace(crew, available_from_minute=max(minute, crew.available_from_minute))
        if (crew.available_until_minute or 10**9) > minute
        else crew
        for crew in problem.crews
    ]
    return build_problem(
        problem.system,
        problem.shock,
        crews=crews,
        horizon_minutes=problem.horizon_minutes,
        history=[visit for visit in plan.visits if visit.start < minute],
    )


def found_by_cp_sat(problem: RepairProblem) -> tuple[PlainTask, Finding]:
    task = task_of(problem, dark_part(problem))
    return task, find(task, None, Effort(60.0, None, 1), lambda report: None)


def plan_of(problem: RepairProblem, finding: Finding) -> Plan:
    """Return the plan of what CP-SAT found, parts given out as it decided; jobs that can wait are left out."""
    assert finding.rounds is not None
    names = [job.id for job in problem.jobs]
    sequences = {
        crew.id: [names[job] for job in jobs]
        for crew, jobs in zip(problem.crews, finding.rounds, strict=True)
    }
    others = [job for job in problem.conditions.uses if job not in finding.claims]
    return schedule(problem, sequences, claims=[names[job] for job in (*finding.claims, *others)])


@pytest.mark.parametrize("part", range(PARTS))
def test_cp_sat_finds_the_best_of_all_plans_and_no_bound_is_above_it(part: int) -> None:
    """R11 and R13 with everything on: optimum, CP-SAT's bound and its plan, judged, are one where it is exact."""
    looked = exact = 0
    for seed in range(part * RANDOM_WORLDS // PARTS, (part + 1) * RANDOM_WORLDS // PARTS):
        problem = a_problem(seed)
        if problem is None:
            continue
        best = solve(problem, method="exhaustive")
        task, finding = found_by_cp_sat(problem)
        assert check_plan(problem, best.plan) == (), seed
        assert finding.is_optimal, seed
        assert finding.bound <= best.objective, seed
        assert lower_bound(problem).objective <= best.objective, seed
        if task.is_exact:
            assert evaluate(problem, plan_of(problem, finding)).objective == finding.bound, seed
            # Every plan that is tried lets each crew get back; the model also knows the plans that do not.
            assert finding.bound == best.objective or (problem.can_do > problem.within_reach).any(), seed
        looked += 1
        exact += task.is_exact
    assert 2 * exact >= looked > 0


@pytest.mark.parametrize("seed", [15, 33, 77, 83, 101, 102, 103, 104])
def test_no_plan_that_is_found_is_below_the_bound(seed: int) -> None:
    """R13. With fast crews, these seeds once had a plan below what was claimed."""
    rng = Random(seed)
    features = Features.of(monotone=True, roads=rng.random() < 0.4, shifts=rng.random() < 0.5)
    problem = random_working_problem(rng, random_task(rng, features, max_jobs=4, max_crews=3))
    assert problem is not None
    found = solve(problem, method="local_search", budget=Budget(evaluations=100))

    assert lower_bound(problem).objective <= found.objective
    assert found.bound is not None
    assert found.bound <= found.objective


def test_a_task_is_the_same_after_a_journey_as_text() -> None:
    for seed in range(12):
        problem = a_problem(seed)
        if problem is not None:
            task = task_of(problem, dark_part(problem))
            assert PlainTask.from_plain(json.loads(json.dumps(asdict(task)))) == task


# Relations of the optimum -----------------------------------------------------------------------------------


def tasks(work: Work, *, most_jobs: int = 4, **features: Any) -> Iterator[tuple[Random, Task]]:
    """Yield worlds with few jobs, one after the other."""
    for seed in range(10_000):
        rng = Random(seed)
        task = random_task(
            rng, Features.of(monotone=True, most_nodes=10, **features), max_jobs=3, max_crews=2
        )
        task = with_work(rng, task, work)
        try:
            problem = task.problem()
        except InvalidInput:
            continue
        if 1 <= len(problem.to_do) <= most_jobs:
            yield rng, task


def without(task: Task, table: str, column: str, blank: object) -> Task:
    return task.changed(**{table: [{**row, column: blank} for row in task.tables[table]]})


EASIER: dict[str, Callable[[Task], Task]] = {
    "one more crew": lambda t: t.changed(
        crews=[*t.tables["crews"], {**t.tables["crews"][0], "id": "helpers", "available_from_minute": 60}]
    ),
    "every skill": lambda t: without(t, "crews", "skills", "power;water;gas;telecom;road"),
    "nobody leaves": lambda t: without(t, "crews", "available_until_minute", ""),
    "more parts": lambda t: t.changed(
        stock=[
            *t.tables.get("stock", []),
            *({"depot": depot, "part": "pole", "from_minute": 7, "quantity": 1} for depot in ("", "south")),
        ]
    ),
    "no orders": lambda t: t.changed(locks=[]),
    "nothing before": lambda t: without(t, "steps", "after", ""),
    "half the lag": lambda t: t.changed(
        steps=[{**row, "lag_minutes": int(str(row["lag_minutes"])) // 2} for row in t.tables["steps"]]
    ),
    "nobody beside": lambda t: without(t, "steps", "with_skills", ""),
    "nothing closed": lambda t: t.changed(closures=[]),
    "faster work": lambda t: without(t, "crew_speeds", "speed_permille", 3000),
    "longer shifts": lambda t: t.changed(
        shifts=[{**row, "end_minute": int(str(row["end_minute"])) + 30} for row in t.tables["shifts"]]
    ),
}
"""More help or fewer conditions. Rests stay off: where they fall follows from the shifts, so longer ones may hurt."""


@pytest.mark.parametrize("name", EASIER)
def test_r5_more_help_and_fewer_conditions_never_hurt_the_best_plan(name: str) -> None:
    looked = 0
    for _, task in tasks(Work(rests=0), shifts=True):
        easier = EASIER[name](task)
        if easier == task or len(easier.problem().to_do) > MOST_JOBS:
            continue
        assert optimum(easier.problem()) <= optimum(task.problem())
        looked += 1
        if looked == 6:
            break
    assert looked == 6


TIMES = (
    "repair_minutes",
    "buffer_minutes",
    "available_from_minute",
    "available_until_minute",
    "start_minute",
)
TIMES += ("end_minute", "every_minutes", "minutes", "lag_minutes", "from_minute", "until_minute")
TIMES += ("longest_stretch_minutes", "least_rest_minutes")
TIMES_IN_LOCKS = ("start", "not_before", "not_after")


def slower(task: Task, factor: int) -> Task:
    """Return a world in which everything takes so many times as long."""
    tables = {
        name: [
            {key: value * factor if key in TIMES else value for key, value in row.items()}  # type: ignore[operator]
            for row in rows
        ]
        for name, rows in task.tables.items()
    }
    for row in tables["locks"]:
        if row["kind"] in TIMES_IN_LOCKS:
            row["value"] = str(int(str(row["value"])) * factor)
    return Task(tables, task.horizon * factor)


def test_r3_all_times_times_k_make_the_loss_k_times_as_large() -> None:
    """At one place and with crews half as fast at most: minutes of travel and of fast work are rounded up."""
    worlds = islice(tasks(Work(), shifts=True, one_place=True), 10)
    for rng, task in worlds:
        task = without(task, "crew_speeds", "speed_permille", 500)
        factor = rng.randint(2, 7)
        assert optimum(slower(task, factor).problem()) == factor * optimum(task.problem())


OF_A_WORLD = ("id", "from_node", "to_node", "dependent", "provider", "customer", "node", "component", "crew")
OF_A_WORLD += ("depot", "job", "part")
SKILLS = ("skill", "skills", "with_skills")


def named_apart(tables: Tables, name: str) -> Tables:
    """Return the tables with everything in them, skills too, called after a world."""
    steps = {str(row["step"]) for row in tables["steps"]}
    sector = {str(row["id"]): str(row["sector"]) for table in ("nodes", "links") for row in tables[table]}

    def apart(table: str, row: Row) -> Row:
        renamed = {key: f"{name}:{value}" if key in OF_A_WORLD else value for key, value in row.items()}
        for key in SKILLS:
            if row.get(key):
                renamed[key] = ";".join(f"{name}:{skill}" for skill in str(row[key]).split(";"))
        if table == "damage":
            renamed["skill"] = f"{name}:{row.get('skill') or sector[str(row['component'])]}"
        if table == "steps":
            befores = str(row["after"]).split(";") if row["after"] else []
            renamed["after"] = ";".join(part if part in steps else f"{name}:{part}" for part in befores)
        if table == "locks" and row["kind"] in ("crew", "not_crew", "after"):
            renamed["value"] = f"{name}:{row['value']}"
        return renamed

    return {table: [apart(table, row) for row in rows] for table, rows in tables.items()}


def test_r9_two_cities_with_their_own_crews_and_depots_lose_what_each_loses() -> None:
    worlds = tasks(Work(), most_jobs=3, shares=False)
    for _ in range(6):
        one, other = (
            Task(named_apart(next(worlds)[1].tables, name), horizon=900) for name in ("one", "other")
        )
        tables = {
            name: [*one.tables.get(name, []), *other.tables.get(name, [])]
            for name in {*one.tables, *other.tables}
        }
        both = Task(tables, horizon=900)
        assert optimum(both.problem()) == optimum(one.problem()) + optimum(other.problem())


# Worlds worked by hand --------------------------------------------------------------------------------------


def problem_of(
    power: str, *, history: Sequence[Visit] = (), more: Mapping[str, list[Row]] | None = None, **chains: Any
) -> RepairProblem:
    """Return a town in which everything is at one place, with a horizon of 6,000 minutes and `more` tables."""
    names = [name.rstrip("*") for name in power.split()]
    system = town(power=power, places=dict.fromkeys(names, (0.0, 0.0)), **chains).replace(**(more or {}))
    shock = Shock.from_table(system, system.damage)
    return build_problem(system, shock, horizon_minutes=6000, history=history)


def proven(problem: RepairProblem) -> int:
    """Return the optimum, on which every plan tried, CP-SAT and its plan agree."""
    best = optimum(problem)
    task, finding = found_by_cp_sat(problem)
    assert task.is_exact
    assert finding.bound == best
    assert evaluate(problem, plan_of(problem, finding)).objective == best
    assert lower_bound(problem).objective <= best
    return best


def test_partners_begin_with_the_last_and_end_with_the_slowest() -> None:
    """Red takes 30 minutes for the 60 of its trade; the crane comes at 30 and takes 60: A is back at 90, for 10."""
    problem = problem_of(
        "A*",
        people={"A": 10},
        damage={"A": 60},
        crews={"red": "power", "tall": {"skills": "crane", "available_from_minute": 30}},
        more={
            "crew_speeds": [{"crew": "red", "skill": "power", "speed_permille": 2000}],
            "steps": [{"component": "A", "step": "lift", "minutes": 60, "with_skills": "crane"}],
        },
    )

    assert proven(problem) == 1000 * 10 * 90


def test_the_one_pole_goes_to_the_job_that_more_people_wait_for() -> None:
    """One pole is there, one comes at 100. A (60 minutes, 10 people) gets it, and B (30, 5) the other: back at 60 and
    130, 10 x 60 + 5 x 130 = 1,250. The other way round it were 5 x 30 + 10 x 160 = 1,750.
    """
    problem = problem_of(
        "A* B*",
        people={"A": 10, "B": 5},
        damage={"A": 60, "B": 30},
        crews={"amber": "power", "blue": "power"},
        more={
            "uses": [{"job": job, "part": "pole", "quantity": 1} for job in "AB"],
            "stock": [
                {"depot": "", "part": "pole", "from_minute": minute, "quantity": 1} for minute in (0, 100)
            ],
        },
    )

    assert proven(problem) == 1000 * 1250


def test_work_pauses_while_the_site_is_closed() -> None:
    """A (60 minutes, 10 people) is closed from 30 to 90: begun at 0 it is done at 120, and B (20, 1) at 140: 1,340.
    B first: at 20, and A has 10 minutes before 30 and 50 from 90 on: 20 + 10 x 140 = 1,420.
    """
    problem = problem_of(
        "A* B*",
        people={"A": 10, "B": 1},
        damage={"A": 60, "B": 20},
        crews={"red": "power"},
        more={"closures": [{"id": "fire", "component": "A", "from_minute": 30, "until_minute": 90}]},
    )

    assert proven(problem) == 1000 * 1340


def test_a_crew_that_leaves_does_what_it_can_before() -> None:
    """Of two hours of work one is done by minute 100: A's, for 10; B's 8 people wait to the horizon."""
    problem = problem_of(
        "A* B*",
        people={"A": 10, "B": 8},
        damage={"A": 60, "B": 60},
        crews={"red": {"skills": "power", "available_until_minute": 100}},
    )

    assert proven(problem) == 1000 * (10 * 60 + 8 * 6000)


def test_while_a_step_must_wait_the_crew_does_something_else() -> None:
    """A's steps take 30 each, the second begins 60 after the first: 30, then B (40 minutes) until 70, then 90 to 120.
    10 x 120 + 1 x 70 = 1,270; B behind it would be 1,200 + 160.
    """
    steps = [
        {"component": "A", "step": "drain", "minutes": 30},
        {"component": "A", "step": "fill", "minutes": 30, "after": "drain", "lag_minutes": 60},
    ]
    problem = problem_of(
        "A* B*",
        people={"A": 10, "B": 1},
        damage={"A": 60, "B": 40},
        crews={"red": "power"},
        more={"steps": steps},
    )

    assert proven(problem) == 1000 * 1270


def ordered(*locks: tuple[str, str, str]) -> RepairProblem:
    """A (60 minutes, 10 people) and B (30, 1), one crew, and these orders."""
    return problem_of(
        "A* B*",
        people={"A": 10, "B": 1},
        damage={"A": 60, "B": 30},
        crews={"red": "power"},
        more={"locks": [{"job": job, "kind": kind, "value": value} for job, kind, value in locks]},
    )


@pytest.mark.parametrize(
    ("lock", "cost"),
    [
        (("A", "not_before", "0"), 10 * 60 + 90),
        (("B", "first", ""), 30 + 10 * 90),
        (("B", "not_after", "20"), 30 + 10 * 90),
        (("A", "after", "B"), 30 + 10 * 90),
        (("A", "start", "40"), 30 + 10 * 100),
        (("A", "not_before", "25"), 30 + 10 * 90),
        (("A", "not_before", "10"), 10 * 70 + 100),
    ],
)
def test_orders_cost_what_they_cost(lock: tuple[str, str, str], cost: int) -> None:
    assert proven(ordered(lock)) == 1000 * cost


def test_orders_that_no_plan_keeps_end_in_a_message() -> None:
    """One crew cannot begin both jobs by minute 10."""
    with pytest.raises(ConflictingOrders, match="must start at minute 10 at the latest"):
        exhaustive.solve(ordered(("A", "not_after", "10"), ("B", "not_after", "10")), budget=Budget())


def test_what_has_begun_is_done_in_every_plan_and_blocks_nobody() -> None:
    """Red is at A until 90 (it began late) and then does B: 10 x 90 + 1 x 120 = 1,020."""
    at_work = Visit("red", "A", 0, 0, 30, 90)
    problem = build_again(ordered(), [at_work])
    found = solve(problem, method="cp_sat")

    assert proven(problem) == 1000 * 1020
    assert (found.objective, found.bound) == (1_020_000, 1_020_000)
    assert found.plan.visits == (at_work, Visit("red", "B", 90, 90, 90, 120))


def build_again(problem: RepairProblem, history: Sequence[Visit]) -> RepairProblem:
    return build_problem(problem.system, problem.shock, horizon_minutes=6000, history=history)


@pytest.mark.parametrize("method", ["exhaustive", "cp_sat", "auto"])
def test_where_all_has_been_begun_there_is_one_plan(method: str) -> None:
    history = [Visit("red", "A", 0, 0, 0, 60), Visit("red", "B", 60, 60, 60, 90)]
    found = solve(build_again(ordered(), history), method=method)

    assert found.plan.visits == tuple(history)
    assert (found.objective, found.bound) == (690_000, 690_000)


def test_cp_sat_hands_out_parts_as_it_decided() -> None:
    """Left to themselves B would be there for its pole before A, to which one has to drive: A gets it all the same.

    A is 1 km away, 3 minutes with detours at 30 km/h: it is done at 63, for 10; B waits until 100: 5 x 130.
    """
    system = town(
        power="A* B*",
        places={"A": (0.009, 0.0), "B": (0.0, 0.0)},
        people={"A": 10, "B": 5},
        damage={"A": 60, "B": 30},
        crews={"amber": "power", "blue": "power"},
    ).replace(
        uses=[{"job": job, "part": "pole", "quantity": 1} for job in "AB"],
        stock=[{"depot": "", "part": "pole", "from_minute": minute, "quantity": 1} for minute in (0, 100)],
    )
    problem = build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=6000)
    found = solve(problem, method="cp_sat")

    assert found.objective == found.bound == 1000 * (10 * 63 + 5 * 130)
    assert check_plan(problem, found.plan) == ()
