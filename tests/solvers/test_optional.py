"""Tasks that may be left out: one more never makes the best plan worse, and an idle one is not in the plan."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from random_conditions import Work, random_working_problem
from random_standby import add_standby
from random_worlds import Features, Task, random_task

from lifeline.evaluation import evaluate
from lifeline.plan_check import check_plan
from lifeline.schedule import schedule
from solvers import solve
from solvers.cp_search import Effort, find
from solvers.cp_task import task_of
from solvers.dark import dark_part
from solvers.optional import without_idle_options
from solvers.priority import outlook_on

NO_LOOPS = Features(most_nodes=10, cycles=False, black_start=False, all_skills=True)
WORLDS = 15


def random_options(seed: int) -> tuple[Task, list[dict[str, object]]]:
    """Return a task of up to two repairs and two crews in a city where something stands by, and tasks for that."""
    rng = Random(seed)
    task = random_task(rng, NO_LOOPS, max_jobs=2, max_crews=2)
    tables = {name: [dict(row) for row in rows] for name, rows in task.tables.items()}
    damaged = [str(row["component"]) for row in tables["damage"]]
    options = add_standby(rng, tables, standby=70, relief=70, but_not=damaged)[:2]
    return replace(task, tables=tables), [{**row, "minutes": 15 * rng.randint(1, 8)} for row in options]


def test_one_more_task_never_makes_the_best_plan_worse() -> None:
    """R5, in cities without loops, where everybody counts with and without it; the bound holds with it too."""
    better = 0
    for seed in range(WORLDS):
        task, options = random_options(seed)
        last = None
        for count in range(len(options) + 1):
            problem = task.changed(tasks=options[:count]).problem()
            best = solve(problem, method="exhaustive")
            assert check_plan(problem, best.plan) == ()
            assert (best.bound or 0) <= best.objective, seed
            assert last is None or best.objective <= last, seed
            better += last is not None and best.objective < last
            last = best.objective
    assert better


def test_idle_tasks_are_left_out_and_no_plan_gets_worse() -> None:
    kept = dropped = 0
    for seed in range(25):
        task = random_task(Random(seed), NO_LOOPS)
        found = random_working_problem(Random(seed), task, Work(standby=100, relief=100, first=0))
        if found is None:
            continue
        whole = schedule(found, outlook_on(found).sequences("most_customers"))
        shorter = without_idle_options(found, whole)
        assert evaluate(found, shorter).objective <= evaluate(found, whole).objective
        assert check_plan(found, shorter) == (), seed
        options = {job.id for job in found.jobs if job.is_optional}
        left, there = ({visit.job for visit in plan.visits} & options for plan in (shorter, whole))
        assert left <= there
        kept, dropped = kept + len(left), dropped + len(there - left)
    assert kept > 0 < dropped


def test_cp_sat_proves_the_best_plan_of_every_order() -> None:
    """Tasks are jobs like any other to the model: its bound is what trying everything finds."""
    for seed in range(WORLDS):
        task, options = random_options(seed)
        tables = {**task.tables, "tasks": options}
        for row in tables["dependencies"]:
            row["buffer_minutes"] = 0
        problem = replace(task, tables=tables).problem()
        effort = Effort(deterministic_seconds=20.0, seconds=None, seed=1)
        found = find(task_of(problem, dark_part(problem)), None, effort, lambda report: None)
        assert found.bound == solve(problem, method="exhaustive").objective, seed
