"""The smallest scenario: every figure is worked out by hand in its README.md, which these tests quote."""

from __future__ import annotations

import pytest

from lifeline.cascade import Cascade, propagate
from lifeline.evaluation import Evaluation, evaluate
from lifeline.plan import Plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from lifeline.system import System
from scenarios import list_scenarios, load_scenario

LINE_FIRST = {"red": ["line-ash-brook", "cliff-substation"], "blue": ["main-brook-cliff"]}
NEAREST_FIRST = {"red": ["cliff-substation", "line-ash-brook"], "blue": ["main-brook-cliff"]}


@pytest.fixture(scope="module")
def towns() -> System:
    return load_scenario("three_towns")


@pytest.fixture(scope="module")
def problem(towns: System) -> RepairProblem:
    return build_problem(towns, Shock.from_table(towns, towns.damage))


@pytest.fixture(scope="module")
def readme() -> str:
    return next(scenario for scenario in list_scenarios() if scenario.name == "three_towns").readme


def test_there_are_nine_components(towns: System) -> None:
    assert len(towns.nodes) + len(towns.links) == 9


def test_nobody_is_without_anything_before_the_storm(towns: System) -> None:
    before = propagate(towns, Shock.of(towns, []))

    assert before.without_service == frozenset()
    assert before.people_without == {"power": 0, "telecom": 0, "water": 0}


def test_right_after_the_storm_brook_and_cliff_are_dark(towns: System) -> None:
    """3,000 people without power, the same without water; the mast runs on its battery."""
    after: Cascade = propagate(towns, Shock.from_table(towns, towns.damage))

    assert after.without_service == {"cliff-substation", "brook-substation", "cliff-tank", "brook-pump"}
    assert after.people_without == {"power": 3000, "telecom": 0, "water": 3000}


def test_waves_and_reasons_are_those_of_the_readme(towns: System, readme: str) -> None:
    waves = propagate(towns, Shock.from_table(towns, towns.damage)).waves
    fell = {row["component"]: (row["minute"], row["wave"], row["cause"]) for row in waves.to_dict("records")}

    assert fell["brook-substation"] == (0, 1, "line-ash-brook")
    assert fell["cliff-tank"] == (0, 1, "main-brook-cliff")
    assert fell["brook-pump"] == (0, 2, "brook-substation")
    assert fell["cliff-mast"] == (120, 1, "cliff-substation")
    for component, (minute, wave, _) in fell.items():
        when = f"minute {minute}" if minute else str(wave)
        broken_link = component.startswith(("line", "main"))
        assert broken_link or f"| {when} | `{component}` |" in readme


def test_the_pump_stops_because_of_the_line(towns: System) -> None:
    after = propagate(towns, Shock.from_table(towns, towns.damage))

    assert after.cause_of("brook-pump").broken == "line-ash-brook"


@pytest.mark.parametrize(
    ("sequences", "person_hours", "cliff_hours"),
    [
        pytest.param(LINE_FIRST, 12_000, 8_000, id="best"),
        pytest.param(NEAREST_FIRST, 22_500, 8_500, id="poor"),
    ],
)
def test_plans_cost_what_the_readme_says(
    problem: RepairProblem, readme: str, sequences: dict[str, list[str]], person_hours: int, cliff_hours: int
) -> None:
    """12,000 person-hours when the line comes first, 22,500 when the nearest job does."""
    found: Evaluation = evaluate(problem, schedule(problem, sequences))

    assert found.person_hours == person_hours
    assert found.by_district["Cliff"] == cliff_hours * 60
    assert f"**{person_hours:,}**" in readme


@pytest.mark.parametrize("sequences", [LINE_FIRST, NEAREST_FIRST])
def test_every_visit_stands_in_the_readme(
    problem: RepairProblem, readme: str, sequences: dict[str, list[str]]
) -> None:
    plan: Plan = schedule(problem, sequences)

    for visit in plan.visits:
        row = f"| `{visit.crew}` | `{visit.job}` | {visit.depart} | {visit.arrive}"
        assert any(
            line.startswith(row) and line.endswith(f"| {visit.finish} |") for line in readme.splitlines()
        )


@pytest.mark.parametrize("sequences", [LINE_FIRST, NEAREST_FIRST])
def test_every_person_hour_stands_in_the_readme(
    problem: RepairProblem, readme: str, sequences: dict[str, list[str]]
) -> None:
    """Each town's service is off from the storm on (telecom: from minute 120) until its ETR."""
    etr = evaluate(problem, schedule(problem, sequences)).etr
    people = {"ash": 3000, "brook": 2000, "cliff": 1000}

    lost = etr[etr["minute"] > 0]
    assert len(lost) == 5
    for row in lost.to_dict("records"):
        town, service, until = row["customer"], row["service"], row["minute"]
        since = 120 if service == "telecom" else 0
        hours = people[town] * (until - since) // 60
        line = f"| {town.capitalize()} | {service} | {people[town]:,} | {since} – {until} | {hours:,} |"
        assert line in readme


def test_drives_take_twenty_minutes_from_town_to_town(problem: RepairProblem) -> None:
    """13 km at 39 km/h; a broken line's middle is 10 minutes away. Sites: blue, red, then the jobs by id."""
    minutes = problem.travel.minutes([])[0]

    assert [crew.id for crew in problem.crews] == ["blue", "red"]
    assert [job.id for job in problem.jobs] == ["cliff-substation", "line-ash-brook", "main-brook-cliff"]
    assert minutes[0].tolist() == [0, 20, 20, 10, 10]
    assert minutes[1].tolist() == [20, 0, 0, 30, 10]
