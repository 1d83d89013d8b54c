"""Explanations where jobs wait for more than a crew and a road: steps, partners, parts, orders, closed sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import oracle
import pytest
from random_conditions import random_working_problem
from random_worlds import Features, random_task
from worlds import town

from lifeline import Evaluation, Plan, RepairProblem, Shock, System, build_problem, evaluate, schedule
from lifeline.binding import Binding
from lifeline.errors import InfeasiblePlan
from lifeline.etr import returns
from lifeline.explain import (
    Delay,
    UndoneExplained,
    VisitExplained,
    delay_of,
    delayed,
    explain_job,
    explain_plan,
)
from lifeline.plan_check import check_plan
from lifeline.purpose import Needed, Price
from lifeline.undoable import undoable_reasons

HERE = dict.fromkeys(("P1", "P2", "P3"), (0.0, 0.0))
Rows = list[dict[str, Any]]


def problem_of(horizon_minutes: int | None = None, /, **more: Any) -> RepairProblem:
    """30 people behind P1-P2 and 10 behind P1-P3, an hour of work each, all in one place; `more` may name tables."""
    world: dict[str, Any] = {
        "power": "P1*-P2 P1-P3",
        "people": {"P2": 30, "P3": 10},
        "places": HERE,
        "crews": {"sparks": "power"},
        "damage": {"P1-P2": 60, "P1-P3": 60},
    }
    tables = {
        name: more.pop(name) for name in ("steps", "uses", "stock", "closures", "locks") if name in more
    }
    system = town(**(world | more))
    system = System.from_tables({**system.tables, **tables}, system.settings)
    return build_problem(system, Shock.from_table(system, system.damage), horizon_minutes=horizon_minutes)


def judged(problem: RepairProblem, sequences: Mapping[str, Sequence[str]]) -> Evaluation:
    plan = schedule(problem, sequences)
    assert check_plan(problem, plan) == ()
    return evaluate(problem, plan)


def of_job(evaluation: Evaluation, job: str) -> VisitExplained:
    explained = explain_job(evaluation, job)
    assert isinstance(explained, VisitExplained)
    return explained


def hours(person_hours: int) -> Price:
    return Price(person_hours * 60 * 1000, person_hours * 60)


IN_STEPS: Rows = [
    {"component": "P1-P2", "step": "isolate", "minutes": 30},
    {"component": "P1-P2", "step": "mend", "minutes": 60, "after": "isolate"},
]
STEPS = ["P1-P2/isolate", "P1-P2/mend"]


def test_a_first_step_is_for_the_people_of_the_last() -> None:
    """Isolated at 30, mended at 90: without the first step the second is never done, and 30 people wait for ever."""
    plan = judged(problem_of(steps=IN_STEPS), {"sparks": [*STEPS, "P1-P3"]})
    explained = of_job(plan, STEPS[0])
    assert explained.needed_by == (Needed(STEPS[1], 90, 30),)
    assert explained.without.person_minutes == 30 * (plan.problem.horizon_minutes - 90)
    rows = returns(plan).set_index("customer")
    assert rows.loc["people of P2", "needs"] == tuple(STEPS)
    assert rows.loc["people of P2", "job"] == STEPS[1]


def test_an_hours_delay_of_a_step_holds_up_the_crew_that_waits_for_it() -> None:
    """Sparks isolates until 30, volts mends from 30 to 90. An hour later: 90 to 150, 30 people for an hour."""
    problem = problem_of(
        steps=IN_STEPS,
        crews={"sparks": "power", "volts": "power"},
        damage={"P1-P2": 60},
    )
    plan = judged(problem, {"sparks": [STEPS[0]], "volts": [STEPS[1]]})
    (isolate,) = (visit for visit in plan.plan.visits if visit.job == STEPS[0])
    assert delay_of(plan, isolate) == Delay(60, hours(30), (STEPS[1],))


def test_the_job_before_it_binds() -> None:
    """Volts is there at 0 and begins at 30, when sparks has isolated."""
    problem = problem_of(
        60, steps=IN_STEPS, crews={"sparks": "power", "volts": "power"}, damage={"P1-P2": 60}
    )
    late = of_job(judged(problem, {"sparks": [STEPS[0]], "volts": [STEPS[1]]}), STEPS[1]).late
    assert late[0] == Binding("after", (STEPS[0],), 30, 30)


def test_a_partner_binds() -> None:
    """Mending takes two crews; volts is done with P1-P3 only at 60."""
    steps: Rows = [{"component": "P1-P2", "step": "mend", "minutes": 60, "with_skills": "gas"}]
    problem = problem_of(90, steps=steps, crews={"sparks": "power", "volts": "power;gas"})
    plan = judged(problem, {"sparks": ["P1-P2/mend"], "volts": ["P1-P3", "P1-P2/mend+1"]})
    assert of_job(plan, "P1-P2/mend").late[0] == Binding("partner", ("volts",), 60, 60)


def test_parts_that_come_later_bind() -> None:
    """Two poles, one at 0 and one at 200: who begins second waits for it."""
    uses: Rows = [{"job": job, "part": "pole", "quantity": 1} for job in ("P1-P2", "P1-P3")]
    stock: Rows = [
        {"part": "pole", "from_minute": 0, "quantity": 1},
        {"part": "pole", "from_minute": 200, "quantity": 1},
    ]
    plan = judged(problem_of(90, uses=uses, stock=stock), {"sparks": ["P1-P2", "P1-P3"]})
    assert of_job(plan, "P1-P3").late[0] == Binding("parts", ("pole",), 140, 200)


def test_a_delay_leaves_everybody_his_parts() -> None:
    """Put off by an hour, P1-P2 still has the pole of minute 0; P1-P3 of the other crew has that of 200 as before."""
    uses: Rows = [{"job": job, "part": "pole", "quantity": 1} for job in ("P1-P2", "P1-P3")]
    stock: Rows = [
        {"part": "pole", "from_minute": 0, "quantity": 1},
        {"part": "pole", "from_minute": 200, "quantity": 1},
    ]
    problem = problem_of(uses=uses, stock=stock, crews={"sparks": "power", "volts": "power"})
    plan = judged(problem, {"sparks": ["P1-P2"], "volts": ["P1-P3"]})
    (first,) = (visit for visit in plan.plan.visits if visit.job == "P1-P2")
    assert delay_of(plan, first) == Delay(60, hours(30), ())


def test_an_order_about_when_to_begin_binds() -> None:
    locks: Rows = [{"job": "P1-P2", "kind": "not_before", "value": "100"}]
    plan = judged(problem_of(90, locks=locks), {"sparks": ["P1-P2", "P1-P3"]})
    assert of_job(plan, "P1-P2").late[0] == Binding("order", (), 100, 100)


def test_a_closed_site_binds() -> None:
    """Nobody may be there from 30 to 75: 30 minutes of work before, 30 after, done at 105."""
    closures: Rows = [{"id": "blasting", "component": "P1-P2", "from_minute": 30, "until_minute": 75}]
    plan = judged(problem_of(90, closures=closures), {"sparks": ["P1-P2", "P1-P3"]})
    assert of_job(plan, "P1-P2").late[0] == Binding("closed", (), 45)


def test_a_job_that_an_order_wants_now_cannot_be_put_off() -> None:
    locks: Rows = [{"job": "P1-P2", "kind": "not_after", "value": "30"}]
    plan = judged(problem_of(locks=locks), {"sparks": ["P1-P2", "P1-P3"]})
    assert of_job(plan, "P1-P2").delay == Delay(60, None, ())
    assert of_job(plan, "P1-P2").best_place is None  # second, it would begin at 60


def test_a_delay_past_a_crews_leaving_drops_its_last_job() -> None:
    """Sparks leaves at 150. An hour later P1-P2 ends at 120, and P1-P3 would at 180: its 10 people are never back."""
    problem = problem_of(crews={"sparks": {"skills": "power", "available_until_minute": 150}})
    plan = judged(problem, {"sparks": ["P1-P2", "P1-P3"]})
    (first,) = (visit for visit in plan.plan.visits if visit.job == "P1-P2")
    lost = 30 * 60 + 10 * (problem.horizon_minutes - 120)
    assert delay_of(plan, first) == Delay(60, Price(1000 * lost, lost), (), ("P1-P3",))


def test_where_the_crew_leaves_before_it_could_be_done_there_is_no_place() -> None:
    problem = problem_of(crews={"sparks": {"skills": "power", "available_until_minute": 90}})
    plan = evaluate(problem, schedule(problem, {"sparks": ["P1-P2", "P1-P3"]}))
    explained = explain_job(plan, "P1-P3")
    assert isinstance(explained, UndoneExplained)
    assert (explained.because, explained.places_tried) == (Binding("no_place"), 0)
    assert explain_plan(plan).undone == (("P1-P3", Binding("no_place")),)


def test_a_job_whose_parts_never_come_is_not_called_cut_off() -> None:
    problem = problem_of(uses=[{"job": "P1-P3", "part": "pole", "quantity": 1}])
    (reason,) = undoable_reasons(problem)
    assert (reason.kind, reason.jobs) == ("unassignable", ("P1-P3",))
    explained = explain_job(judged(problem, {"sparks": ["P1-P2"]}), "P1-P3")
    assert isinstance(explained, UndoneExplained)
    assert explained.because == Binding("unassignable", text=problem.unassignable["P1-P3"])


def test_what_has_been_begun_is_not_put_off() -> None:
    system = problem_of().system
    shock = Shock.from_table(system, system.damage)
    done = schedule(problem_of(), {"sparks": ["P1-P2"]}).visits
    problem = build_problem(system, shock, history=done)
    plan = judged(problem, {"sparks": ["P1-P2", "P1-P3"]})
    explained = of_job(plan, "P1-P2")
    assert (explained.delay, explained.best_place) == (Delay(60, None, ()), None)
    assert of_job(plan, "P1-P3").delay == Delay(60, hours(10), ())


# Random worlds ----------------------------------------------------------------------------------------------


def random_plan(problem: RepairProblem, rng: Random) -> Plan | None:
    sequences: dict[str, list[str]] = {crew.id: [] for crew in problem.crews}
    for job in sorted(problem.to_do, key=lambda _: rng.random()):
        able = problem.can_do[:, problem.job_index[job.id]].nonzero()[0].tolist()
        sequences[problem.crews[rng.choice(able)].id].append(job.id)
    try:
        return schedule(problem, sequences)
    except InfeasiblePlan:
        return None


def worth(problem: RepairProblem, plan: Plan) -> int:
    """Return the objective as the oracle replays it: a component is back when the job that restores it is done."""
    mends = {job.id: job.component for job in problem.jobs if job.restores and job.component}
    finished = {mends[visit.job]: visit.finish for visit in plan.visits if visit.job in mends}
    damaged = problem.shock.components
    return oracle.replay(problem.system, damaged, finished, problem.horizon_minutes).objective


@pytest.mark.parametrize("seed", range(12))
def test_random_plans_with_conditions_are_explained_and_delays_cost_what_the_oracle_says(seed: int) -> None:
    rng = Random(seed)
    explained = 0
    while explained < 4:
        problem = random_working_problem(rng, random_task(rng, Features(), max_jobs=4))
        plan = None if problem is None else random_plan(problem, rng)
        if problem is None or plan is None or not plan.visits:
            continue
        explained += 1
        evaluation = evaluate(problem, plan)
        for job in problem.jobs:
            explain_job(evaluation, job.id)
        explain_plan(evaluation, random_plan(problem, rng))
        returns(evaluation)
        for visit in plan.visits:
            delay = delay_of(evaluation, visit)
            if delay.price is None:
                continue
            later = delayed(problem, plan, visit.job)
            assert delay.price.objective == worth(problem, later) - worth(problem, plan)
            assert [broken for broken in check_plan(problem, later) if broken.rule != "job_forgotten"] == []
            start = {one.job: one.start for one in later.visits}
            for one in plan.visits:
                late = 60 if one == visit else 0
                assert one.job in delay.dropped or start[one.job] >= one.start + late


def test_a_plan_put_off_by_nothing_is_the_plan_whatever_jobs_wait_for() -> None:
    rng = Random(7)
    found = 0
    while found < 60:
        problem = random_working_problem(rng, random_task(rng, Features(), max_jobs=5))
        plan = None if problem is None else random_plan(problem, rng)
        if problem is None or plan is None or not plan.visits:
            continue
        found += 1
        assert delayed(problem, plan, plan.visits[0].job, 0).visits == plan.visits
