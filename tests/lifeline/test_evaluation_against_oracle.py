"""The judge against the slow oracle: random repairs replayed in hundreds of small cities."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from fractions import Fraction
from random import Random

import oracle
import pytest
from hypothesis import given, settings
from oracle import ReplayResult
from oracle_city import worlds_of
from random_worlds import Features, Row, Story, Tables, random_story, stories, union

from lifeline.evaluation import NOT_BACK, Evaluation, evaluate
from lifeline.plan import Plan, Visit
from lifeline.repair import build_problem
from lifeline.shock import Shock
from lifeline.system import System

CREW = {"id": "the crew", "skills": "power;water;gas;telecom", "longitude": 0.0, "latitude": 0.0}
FEATURES = {
    "everything": Features(),
    "no buffers": Features(buffers=False),
    "no loops": Features(cycles=False, black_start=False),
}


def evaluate_side_by_side(worlds: list[Story], horizon: int) -> tuple[Evaluation, list[ReplayResult]]:
    """Replay the repairs of all worlds at once with lifeline, and world by world with the oracle.

    The judge takes a plan at its word, so one crew may be everywhere at once here; what it never mends is not
    in the plan.
    """
    tables = union([story.tables for story in worlds])
    tables["crews"] = [dict(CREW)]
    system = System.from_tables(tables)
    damaged = [[f"{number}:{part}" for part in story.damaged] for number, story in enumerate(worlds)]
    finished = [
        {f"{number}:{part}": minute for part, minute in story.finished.items()}
        for number, story in enumerate(worlds)
    ]
    shock = Shock.of(system, [part for parts in damaged for part in parts])
    problem = build_problem(system, shock, horizon_minutes=horizon)
    ends = sorted((minute, part) for of_world in finished for part, minute in of_world.items())
    visits = tuple(visit(part, minute) for minute, part in ends)
    replays = [
        oracle.replay(city, damaged[number], finished[number], horizon)
        for number, city in enumerate(worlds_of(system))
    ]
    return evaluate(problem, Plan(visits, ())), replays


def visit(job: str, finish: int) -> Visit:
    return Visit(crew="the crew", job=job, depart=0, arrive=0, start=0, finish=finish)


def assert_same_worth(evaluation: Evaluation, replays: list[ReplayResult]) -> None:
    """Hold every figure of an evaluation against the replays of its worlds."""
    assert evaluation.objective == sum(replay.objective for replay in replays)
    assert evaluation.person_minutes == sum(replay.person_minutes for replay in replays)
    assert evaluation.person_hours == pytest.approx(evaluation.person_minutes / 60)
    saved = sum(p.persons * replay.horizon - replay.loss(p) for replay in replays for p in replay.stuck)
    assert evaluation.saved_person_minutes == saved
    by_service, by_district, by_customer = Counter[str](), Counter[str](), Counter[str]()
    for replay in replays:
        for portion in replay.counted:
            by_service[portion.service] += replay.loss(portion)
            by_district[portion.district] += replay.loss(portion)
            by_customer[portion.customer] += replay.loss(portion)
    assert +Counter(evaluation.by_service) == +by_service
    assert +Counter(evaluation.by_district) == +by_district
    assert +Counter(evaluation.by_customer) == +by_customer
    back = {row.customer + row.service: row.minute for row in evaluation.etr.itertuples(index=False)}
    expected = {a + b: minute for replay in replays for (a, b), minute in replay.etr().items()}
    assert back == {key: NOT_BACK if minute is None else minute for key, minute in expected.items()}


def assert_same_switches(evaluation: Evaluation, replays: list[ReplayResult]) -> None:
    """Hold when each node goes off and on, up to the horizon, against the replays."""
    names = evaluation.problem.system.compiled.node_ids
    horizon = evaluation.problem.horizon_minutes
    told: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for minute, node, is_on, _visit in evaluation.switches.tolist():
        if node < len(names) and minute < horizon:
            told[str(names[node])].append((minute, bool(is_on)))
    expected = {}
    for replay in replays:
        for node, history in replay.node_history.items():
            before = node in replay.before
            changes = [(minute, is_on) for minute, is_on in history if minute < horizon]
            expected[node] = changes[1:] if changes[0][1] == before else changes
    assert told == {node: changes for node, changes in expected.items() if changes}


def assert_same_curves(evaluation: Evaluation, replay: ReplayResult) -> None:
    """Hold the recovery curves of one world against the oracle at each minute at which anything changes."""
    horizon = replay.horizon
    minutes = {minute for history in replay.portion_history.values() for minute, _ in history}
    minutes |= {minute - 1 for minute in minutes if minute} | {horizon - 1}
    curves = evaluation.curves
    for minute in sorted(minute for minute in minutes if minute < horizon):
        waiting: Counter[tuple[str, str]] = Counter()
        for portion in replay.counted:
            waiting[portion.service, portion.district] += replay.persons_without([portion], minute)
        at = curves[curves["minute"] <= minute].groupby(["service", "district"])["persons_without"].last()
        assert +Counter({pair: int(persons) for pair, persons in at.items()}) == +waiting
        recovery = evaluation.recovery()
        assert recovery[recovery["minute"] <= minute]["persons_without"].iloc[-1] == waiting.total()


@given(stories())
@settings(max_examples=60, deadline=None)
def test_a_plan_is_worth_what_the_rule_says(story: Story) -> None:
    evaluation, replays = evaluate_side_by_side([story], story.horizon)
    assert_same_worth(evaluation, replays)
    assert_same_switches(evaluation, replays)
    assert_same_curves(evaluation, replays[0])


@pytest.mark.parametrize("features", FEATURES.values(), ids=list(FEATURES))
def test_hundreds_of_cities_recover_as_the_rule_says(features: Features) -> None:
    rng = Random(f"{features}")
    evaluation, replays = evaluate_side_by_side(
        [random_story(rng, features) for _ in range(400)], horizon=480
    )
    assert_same_worth(evaluation, replays)
    assert_same_switches(evaluation, replays)
    assert evaluation.objective > 0


@given(stories())
@settings(max_examples=40, deadline=None)
def test_the_minute_when_half_and_all_are_back(story: Story) -> None:
    evaluation, (replay,) = evaluate_side_by_side([story], story.horizon)
    moments = sorted({minute for history in replay.portion_history.values() for minute, _ in history} | {0})
    waiting = {minute: replay.persons_without(replay.counted, minute) for minute in moments}
    for fraction in (Fraction(1, 2), Fraction(9, 10), Fraction(1)):
        allowed = (1 - fraction) * max(waiting.values())
        too_many = [minute for minute in moments if waiting[minute] > allowed]
        first = [minute for minute in moments if minute > too_many[-1]] if too_many else [0]
        assert evaluation.minute_when_back(float(fraction)) == (first[0] if first else NOT_BACK)
    assert evaluation.minute_when_back(1.0, service="road") == 0  # in these cities nobody waits for roads


def test_a_start_in_the_minute_in_which_the_buffer_runs_out_is_no_start() -> None:
    """W1 mended at 60 could run on its buffer of 60 minutes, which is used up in that very minute."""
    nodes: list[Row] = [
        {"id": "P1", "sector": "power", "source": True, "longitude": 0.0, "latitude": 0.0},
        {"id": "W1", "sector": "water", "source": True, "longitude": 0.0, "latitude": 0.0},
    ]
    tables: Tables = {
        "nodes": nodes,
        "dependencies": [{"dependent": "W1", "provider": "P1", "buffer_minutes": 60}],
        "customers": [{"id": "zone", "persons": 10}],
        "supplies": [{"customer": "zone", "service": "water", "node": "W1"}],
    }
    damage: list[Row] = [{"component": "P1"}, {"component": "W1"}]
    in_time = Story(tables, damage, {"P1": 100, "W1": 59}, horizon=480)
    evaluation, replays = evaluate_side_by_side([in_time], horizon=480)
    assert_same_switches(evaluation, replays)
    assert evaluation.person_minutes == 10 * (59 + 40)  # on for one minute from 59 on, then again from 100 on
    too_late = replace(in_time, finished={"P1": 100, "W1": 60})
    evaluation, replays = evaluate_side_by_side([too_late], horizon=480)
    assert_same_switches(evaluation, replays)
    assert evaluation.person_minutes == 10 * 100


@pytest.mark.parametrize("seed", range(3))
def test_what_the_jobs_unblock_is_all_that_is_not_lost(seed: int) -> None:
    """Without buffers what is dark at minute 0 comes back once, through one job, and nothing else goes dark."""
    rng = Random(seed)
    worlds = [random_story(rng, Features(buffers=False)) for _ in range(100)]
    evaluation, replays = evaluate_side_by_side(worlds, horizon=200)
    dark = [p for replay in replays for p in replay.counted if not replay.portion_history[p][0][1]]
    persons = sum(portion.persons for portion in dark)
    assert evaluation.jobs["person_minutes_unblocked"].sum() + evaluation.person_minutes == persons * 200
    back = [p.persons for replay in replays for p in replay.counted if len(replay.portion_history[p]) == 2]
    assert evaluation.jobs["persons_back"].sum() == sum(back)
