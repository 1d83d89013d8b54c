"""Tie switches, spare feeds and relief in random cities: the judge against the slow oracle, which reads the tables."""

from __future__ import annotations

from random import Random

import numpy as np
import oracle
import pytest
from oracle_city import worlds_of
from random_standby import add_standby
from random_tables import Features, Row, Tables, random_finishes
from random_worlds import Story, random_story, union

from lifeline.evaluation import Evaluation, evaluate
from lifeline.plan import Plan, Visit
from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from lifeline.system import Settings, System

CREW = {"id": "the crew", "skills": "power;water;gas;telecom", "longitude": 0.0, "latitude": 0.0}
HORIZON = 480


def stories_with_relief(
    seed: str, worlds: int, features: Features, relief: int = 60
) -> tuple[Tables, list[Row], dict[str, int]]:
    """Return many cities side by side, all that is broken, and when what comes into service, or comes back."""
    rng = Random(seed)
    stories: list[Story] = []
    for _ in range(worlds):
        story = random_story(rng, features)
        tasks = add_standby(rng, story.tables, standby=60, relief=relief)
        standby = {
            row["id"] for name in ("nodes", "links") for row in story.tables[name] if row.get("standby")
        }
        tables = {**story.tables, "tasks": [{**task, "minutes": 30} for task in tasks]}
        ends = {part: end for part, end in story.finished.items() if part not in standby}
        brought = [str(task["component"] if task["component"] in standby else task["id"]) for task in tasks]
        stories.append(Story(tables, story.damage, {**ends, **random_finishes(rng, brought)}, HORIZON))
    tables = union([story.tables for story in stories])
    tables["crews"] = [dict(CREW)]
    damage: list[Row] = [
        {"component": f"{number}:{part}"} for number, story in enumerate(stories) for part in story.damaged
    ]
    finished = {
        f"{number}:{part}": minute
        for number, story in enumerate(stories)
        for part, minute in story.finished.items()
    }
    return tables, damage, finished


def problem_of(tables: Tables, damage: list[Row], **rules: str) -> RepairProblem:
    system = System.from_tables(tables, Settings(**rules))  # type: ignore[arg-type]
    shock = Shock.of(system, [str(row["component"]) for row in damage])
    return build_problem(system, shock, horizon_minutes=HORIZON)


def judged(problem: RepairProblem, finished: dict[str, int]) -> Evaluation:
    """Return what it is worth when these components are in service from these minutes on."""
    job_of = {job.component: job.id for job in problem.jobs if job.restores}
    ends = sorted((minute, job_of[part]) for part, minute in finished.items())
    return evaluate(problem, Plan(tuple(Visit("the crew", job, 0, 0, 0, end) for end, job in ends)))


@pytest.mark.parametrize(
    "features", [Features(), Features(buffers=False, cycles=False)], ids=["everything", "no buffers or loops"]
)
def test_hundreds_of_cities_with_switches_and_relief_recover_as_the_rule_says(features: Features) -> None:
    tables, damage, finished = stories_with_relief(f"{features}", 300, features)
    problem = problem_of(tables, damage)
    evaluation = judged(problem, finished)
    replays = []
    for number, city in enumerate(worlds_of(System.from_tables(tables))):
        mine = f"{number}:"
        broken = {str(row["component"]) for row in damage if str(row["component"]).startswith(mine)}
        ends = {part: end for part, end in finished.items() if part.startswith(mine)}
        replays.append(oracle.replay(city, broken, ends, HORIZON))

    assert evaluation.objective == sum(replay.objective for replay in replays) > 0
    assert evaluation.person_minutes == sum(replay.person_minutes for replay in replays)
    saved = sum(p.persons * HORIZON - replay.loss(p) for replay in replays for p in replay.stuck)
    assert evaluation.saved_person_minutes == saved
    # Switches and relief did matter: without them it costs something else.
    repairs = {
        part: end for part, end in finished.items() if part in {str(row["component"]) for row in damage}
    }
    assert judged(problem, repairs).objective > evaluation.objective
    before = problem.cascade.works_before
    names = problem.system.compiled.node_ids
    working = {str(names[node]) for node in np.flatnonzero(before[: len(names)])}
    assert working == set().union(*(replay.before for replay in replays))


def test_where_nothing_is_limited_the_flow_rule_tells_the_same_story_of_switches() -> None:
    features = Features(buffers=False, cycles=False, black_start=False)
    tables, damage, finished = stories_with_relief("flow", 150, features, relief=0)
    plain = judged(problem_of(tables, damage), finished)
    by_flow = judged(problem_of(tables, damage, power_rule="flow", water_rule="flow"), finished)

    assert by_flow.objective == plain.objective > 0


def test_the_search_sees_what_the_judge_sees() -> None:
    """Done at minute 1, jobs leave the search's dark part with the same people out as the judge has."""
    from solvers.dark import dark_part
    from solvers.dark_kernels import finish_jobs, new_state

    tables, damage, finished = stories_with_relief("search", 150, Features(buffers=False, black_start=False))
    problem = problem_of(tables, damage)
    dark = dark_part(problem)
    state, spare = new_state(dark), new_state(dark)
    done = [number for number, job in enumerate(problem.jobs) if job.component in finished and job.restores]
    finish_jobs(dark, state, spare, np.array(done, np.int64), np.empty(len(dark.weight) + 1, np.int64))
    evaluation = judged(problem, dict.fromkeys(finished, 1))

    at_first, still_dark = int(dark.weight.sum()), int(dark.weight[state.on == 0].sum())
    assert evaluation.objective == at_first + still_dark * (HORIZON - 1)
    assert at_first > still_dark > 0
